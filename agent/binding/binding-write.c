/* SPDX-License-Identifier: Apache-2.0 */

/* Members of a binding as JSON.  What has its default is left out. */

#include <config.h>

#include "binding/binding-fields.h"

#include <string.h>

#include "binding/binding-value.h"
#include "openvswitch/json.h"
#include "openvswitch/util.h"
#include "util.h"

/* The number in a member of 1, 2 or 4 bytes. */
static uint32_t
load(const void *member, size_t size)
{
    uint32_t value;
    uint16_t half;

    switch (size) {
    case 1:
        return *(const uint8_t *) member;
    case 2:
        memcpy(&half, member, sizeof half);
        return half;
    default:
        ovs_assert(size == sizeof value);
        memcpy(&value, member, sizeof value);
        return value;
    }
}

static struct json *
number_to_json(const struct field *field, const void *member)
{
    uint32_t value = load(member, field->size);
    uint32_t absent = field->kind == FIELD_ID ? VIF_NO_ID : 0;

    return (field->has || value != absent ? json_integer_create(value)
            : NULL);
}

static struct json *
bool_to_json(const struct field *field, const void *member)
{
    bool value = *(const bool *) member;

    return (field->has || value != (field->kind == FIELD_TRUE)
            ? json_boolean_create(value) : NULL);
}

static struct json *
word_to_json(const struct field *field, const void *member)
{
    const struct field_words *words = field->words;
    uint32_t value = load(member, field->size);

    return (field->has || words->always || value
            ? json_string_create(words->name(value)) : NULL);
}

static struct json *
mac_to_json(const struct vif_mac *mac)
{
    char text[VIF_MAC_BUFSIZE];

    return json_string_create(vif_mac_format(mac, text));
}

static struct json *
bits_to_json(uint64_t bits)
{
    if (!bits) {
        return NULL;
    }

    struct json *array = json_array_create_empty();
    for (unsigned int i = 0; i < 64; i++) {
        if (bits >> i & 1) {
            json_array_add(array, json_integer_create(i));
        }
    }
    return array;
}

static struct json *
map_to_json(const struct vif_attrs *map, bool strings_only)
{
    if (!map->n) {
        return NULL;
    }

    struct json *object = json_object_create();
    for (size_t i = 0; i < map->n; i++) {
        const struct vif_attr *attr = &map->attrs[i];
        json_object_put(object, attr->key,
                        strings_only ? json_string_create(attr->value)
                        : binding_value_from_text(attr->value));
    }
    return object;
}

static struct json *
object_to_json(const struct field_table *members,
               const struct vif_binding *binding)
{
    struct json *object = fields_write(members, binding);

    if (shash_is_empty(json_object(object))) {
        json_destroy(object);
        return NULL;
    }
    return object;
}

/* NULL if the member has its default. */
static struct json *
field_to_json(const struct field *field, const struct vif_binding *binding)
{
    const void *member = field_at(binding, field->offset);

    if (field->has && !*(const bool *) field_at(binding, field->has)) {
        return NULL;
    }
    switch (field->kind) {
    case FIELD_TEXT:
    case FIELD_NULLABLE_TEXT: {
        const char *text = *(char *const *) member;
        return text ? json_string_create(text) : NULL;
    }
    case FIELD_NUMBER:
    case FIELD_POSITIVE:
    case FIELD_ID:
        return number_to_json(field, member);
    case FIELD_BOOL:
    case FIELD_TRUE:
        return bool_to_json(field, member);
    case FIELD_WORD:
        return word_to_json(field, member);
    case FIELD_MAC:
        return mac_to_json(member);
    case FIELD_BITS:
        return bits_to_json(*(const uint64_t *) member);
    case FIELD_STRINGS:
        return map_to_json(member, true);
    case FIELD_VALUES:
        return map_to_json(member, false);
    case FIELD_OBJECT:
        return object_to_json(field->members, binding);
    }
    OVS_NOT_REACHED();
}

struct json *
fields_write(const struct field_table *table,
             const struct vif_binding *binding)
{
    struct json *object = json_object_create();

    for (size_t i = 0; i < table->n; i++) {
        struct json *value = field_to_json(&table->fields[i], binding);
        if (value) {
            json_object_put(object, table->fields[i].name, value);
        }
    }
    return object;
}
