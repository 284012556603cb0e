/* SPDX-License-Identifier: Apache-2.0 */

/* Members of a binding out of JSON, which may be anything. */

#include <config.h>

#include "binding/binding-fields.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "binding/binding-json.h"
#include "binding/binding-value.h"
#include "binding/json-array.h"
#include "binding/json-kind.h"
#include "lib/cleanup.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "openvswitch/util.h"
#include "unicode.h"
#include "util.h"

/* "WHERE.NAME", to be freed by the caller. */
static char *
path_to(const char *where, const char *name)
{
    return xasprintf("%s%s%.64s", where, *where && *name ? "." : "", name);
}

struct vif_error *
fields_refuse(const char *where, const char *name, const char *format, ...)
{
    CLEANUP_FREE char *path = path_to(where, name);
    struct vif_error *error;
    va_list args;

    va_start(args, format);
    error = vif_error_create_va(VIF_ERR_INVALID, format, args);
    va_end(args);
    if (*path) {
        error = vif_error_wrap(error, "%s", path);
        error = vif_error_with_where(error, path);
    }
    return error;
}

/* Stores the string that 'json' is into '*sp'; it lives as long as 'json'. */
static struct vif_error *
read_string(const struct json *json, const char *where, const char *name,
            const char **sp)
{
    *sp = NULL;
    if (json->type != JSON_STRING) {
        return fields_refuse(where, name, "must be a string, not %s",
                             json_kind(json));
    }

    const char *s = json_string(json);
    if (strlen(s) > BINDING_MAX_STRING) {
        return fields_refuse(where, name, "is longer than %d bytes",
                             BINDING_MAX_STRING);
    }
    /* Escapes such as \udc00 make text that is no UTF-8. */
    CLEANUP_FREE char *invalid = utf8_validate(s, NULL);
    if (invalid) {
        return fields_refuse(where, name, "has an %s", invalid);
    }
    *sp = s;
    return NULL;
}

static struct vif_error *
read_text(const struct json *json, const char *where, const char *name,
          char **textp)
{
    const char *s;
    struct vif_error *error = read_string(json, where, name, &s);
    if (!error) {
        free(*textp);
        *textp = xstrdup(s);
    }
    return error;
}

/* Numbers. */

static struct vif_error *
read_uint(const struct json *json, const char *where, const char *name,
          uint32_t max, uint32_t *valuep)
{
    if (json->type != JSON_INTEGER) {
        return fields_refuse(where, name, "must be a whole number, not %s",
                             json_kind(json));
    }

    int64_t value = json_integer(json);
    if (value < 0 || value > max) {
        return fields_refuse(where, name, "%"PRId64" is not within 0 and "
                             "%"PRIu32, value, max);
    }
    *valuep = value;
    return NULL;
}

/* Into a member of 1, 2 or 4 bytes. */
static void
store(void *member, size_t size, uint32_t value)
{
    uint16_t half = value;
    uint8_t byte = value;

    memcpy(member, size == 4 ? (void *) &value
           : size == 2 ? (void *) &half : (void *) &byte, size);
}

static struct vif_error *
read_number(const struct field *field, const struct json *json,
            const char *where, void *member)
{
    uint32_t value = 0;
    struct vif_error *error = read_uint(json, where, field->name, field->max,
                                        &value);
    if (error) {
        return error;
    } else if (!value && field->kind == FIELD_POSITIVE) {
        return fields_refuse(where, field->name, "0 is not allowed: leave it "
                             "out for the default");
    }
    store(member, field->size, value);
    return NULL;
}

static struct vif_error *
read_bool(const struct json *json, const char *where, const char *name,
          bool *valuep)
{
    if (json->type != JSON_TRUE && json->type != JSON_FALSE) {
        return fields_refuse(where, name, "must be true or false, not %s",
                             json_kind(json));
    }
    *valuep = json_boolean(json);
    return NULL;
}

static struct vif_error *
read_word(const struct field *field, const struct json *json,
          const char *where, void *member)
{
    const struct field_words *words = field->words;
    const char *s;
    struct vif_error *error = read_string(json, where, field->name, &s);
    if (error) {
        return error;
    }

    for (unsigned int i = words->first; i < words->n; i++) {
        if (!strcmp(words->name(i), s)) {
            store(member, field->size, i);
            return NULL;
        }
    }
    return fields_refuse(where, field->name, "\"%.64s\" is no %s", s,
                         words->what);
}

static struct vif_error *
read_mac(const struct json *json, const char *where, const char *name,
         struct vif_mac *mac)
{
    const char *s;
    struct vif_error *error = read_string(json, where, name, &s);
    if (!error && !vif_mac_from_string(s, mac)) {
        error = fields_refuse(where, name, "\"%.64s\" is no MAC address such "
                              "as fa:16:3e:00:00:01", s);
    }
    return error;
}

static struct vif_error *
read_bits(const struct json *json, const char *where, const char *name,
          uint64_t *bits)
{
    if (json->type != JSON_ARRAY) {
        return fields_refuse(where, name, "must be an array of numbers, not "
                             "%s", json_kind(json));
    }

    *bits = 0;
    for (size_t i = 0; i < json_array_size(json); i++) {
        CLEANUP_FREE char *element = xasprintf("%s[%"PRIuSIZE"]", name, i);
        uint32_t bit;
        struct vif_error *error = read_uint(json_array_at(json, i), where,
                                            element, 63, &bit);
        if (error) {
            return error;
        }
        *bits |= UINT64_C(1) << bit;
    }
    return NULL;
}

/* Objects. */

static struct vif_error *
read_key(const char *key, const char *where)
{
    size_t length = strlen(key);
    if (!length) {
        return fields_refuse(where, "", "has an empty key");
    } else if (length > BINDING_MAX_KEY) {
        return fields_refuse(where, "", "has a key longer than %d bytes",
                             BINDING_MAX_KEY);
    }
    CLEANUP_FREE char *invalid = utf8_validate(key, NULL);
    return (invalid ? fields_refuse(where, "", "has a key with an %s",
                                    invalid) : NULL);
}

static struct vif_error *
read_value(const struct json *json, const char *where, const char *name,
           char **textp)
{
    CLEANUP_FREE char *text = binding_value_to_text(json);
    if (strlen(text) > BINDING_MAX_VALUE) {
        return fields_refuse(where, name, "is longer than %d bytes",
                             BINDING_MAX_VALUE);
    }
    CLEANUP_FREE char *invalid = utf8_validate(text, NULL);
    if (invalid) {
        return fields_refuse(where, name, "has an %s", invalid);
    }
    *textp = TAKE(text);
    return NULL;
}

static struct vif_error *
read_map(const struct json *json, const char *where, const char *name,
         bool strings_only, struct vif_attrs *map)
{
    if (json->type != JSON_OBJECT) {
        return fields_refuse(where, name, "must be an object, not %s",
                             json_kind(json));
    } else if (shash_count(json_object(json)) > BINDING_MAX_KEYS) {
        return fields_refuse(where, name, "has more than %d keys",
                             BINDING_MAX_KEYS);
    }

    CLEANUP_FREE char *inner = path_to(where, name);
    const struct shash_node *node;
    SHASH_FOR_EACH (node, json_object(json)) {
        struct vif_error *error = read_key(node->name, inner);
        if (error) {
            return error;
        }

        CLEANUP_FREE char *text = NULL;
        error = (strings_only
                 ? read_text(node->data, inner, node->name, &text)
                 : read_value(node->data, inner, node->name, &text));
        if (error) {
            return error;
        }
        vif_attrs_set(map, node->name, text);
    }
    return NULL;
}

static struct vif_error *
read_object(const struct field *field, const struct json *json,
            const char *where, struct vif_binding *binding)
{
    CLEANUP_FREE char *inner = path_to(where, field->name);

    return fields_read(field->members, json, inner, binding);
}

static struct vif_error *
read_field(const struct field *field, const struct json *json,
           const char *where, struct vif_binding *binding)
{
    void *member = field_at(binding, field->offset);
    const char *name = field->name;

    switch (field->kind) {
    case FIELD_NULLABLE_TEXT:
        if (json->type == JSON_NULL) {
            return NULL;
        }
        return read_text(json, where, name, member);
    case FIELD_TEXT:
        return read_text(json, where, name, member);
    case FIELD_NUMBER:
    case FIELD_POSITIVE:
    case FIELD_ID:
        return read_number(field, json, where, member);
    case FIELD_BOOL:
    case FIELD_TRUE:
        return read_bool(json, where, name, member);
    case FIELD_WORD:
        return read_word(field, json, where, member);
    case FIELD_MAC:
        return read_mac(json, where, name, member);
    case FIELD_BITS:
        return read_bits(json, where, name, member);
    case FIELD_STRINGS:
        return read_map(json, where, name, true, member);
    case FIELD_VALUES:
        return read_map(json, where, name, false, member);
    case FIELD_OBJECT:
        return read_object(field, json, where, binding);
    }
    OVS_NOT_REACHED();
}

/* Any table. */

static const struct field *
find_field(const struct field_table *table, const char *name)
{
    for (size_t i = 0; i < table->n; i++) {
        if (!strcmp(table->fields[i].name, name)) {
            return &table->fields[i];
        }
    }
    return NULL;
}

static struct vif_error *
refuse_unknown(const struct field_table *table, const char *where,
               const char *name)
{
    struct ds names = DS_EMPTY_INITIALIZER;

    if (table->whole) {
        return fields_refuse(where, name, "is no member of a binding");
    }
    for (size_t i = 0; i < table->n; i++) {
        ds_put_format(&names, "%s%s",
                      !i ? "" : i + 1 < table->n ? ", " : " and ",
                      table->fields[i].name);
    }

    struct vif_error *error = fields_refuse(where, name, "is unknown: there "
                                            "are %s", ds_cstr(&names));
    ds_destroy(&names);
    return error;
}

struct vif_error *
fields_read(const struct field_table *table, const struct json *json,
            const char *where, struct vif_binding *binding)
{
    if (json->type != JSON_OBJECT) {
        return fields_refuse(where, "", "must be an object, not %s",
                             json_kind(json));
    }

    const struct shash_node *node;
    SHASH_FOR_EACH (node, json_object(json)) {
        const struct field *field = find_field(table, node->name);
        struct vif_error *error =
            (field ? read_field(field, node->data, where, binding)
             : refuse_unknown(table, where, node->name));
        if (error) {
            return error;
        } else if (field->has) {
            *(bool *) field_at(binding, field->has) = true;
        }
    }
    return NULL;
}
