/* SPDX-License-Identifier: Apache-2.0 */

/* One table says what a binding is made of; reading, writing and refusing
 * walk it.  A new member of struct vif_binding is a new line here. */

#include <config.h>

#include "binding/binding-json.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "binding/json-array.h"
#include "binding/json-kind.h"
#include "lib/cleanup.h"
#include "openvswitch/json.h"
#include "openvswitch/util.h"
#include "unicode.h"
#include "util.h"

/* What a member is in JSON. */
enum field_kind {
    FIELD_TEXT,             /* String; NULL in the binding if absent. */
    FIELD_NULLABLE_TEXT,    /* String or null, which is the same as absent. */
    FIELD_UINT,             /* Number above 0; 0 in the binding if absent. */
    FIELD_FALSE,            /* Boolean that is false if absent. */
    FIELD_TRUE,             /* Boolean that is true if absent. */
    FIELD_VNIC_TYPE,
    FIELD_MAC,
    FIELD_OWNER,            /* {"uid": N, "gid": N}, each optional. */
    FIELD_STRINGS,          /* Object whose values are strings. */
    FIELD_VALUES,           /* Object with values of any kind. */
};

struct field {
    const char *name;
    enum field_kind kind;
    size_t offset;          /* Of the member in struct vif_binding. */
};

#define FIELD(NAME, KIND, MEMBER) \
    { NAME, KIND, offsetof(struct vif_binding, MEMBER) }

static const struct field fields[] = {
    FIELD("port_id", FIELD_TEXT, port_id),
    FIELD("instance_id", FIELD_TEXT, instance_id),
    FIELD("instance_name", FIELD_TEXT, instance_name),
    FIELD("project_id", FIELD_TEXT, project_id),
    FIELD("network_id", FIELD_TEXT, network_id),
    FIELD("vnic_type", FIELD_VNIC_TYPE, vnic_type),
    FIELD("physical_network", FIELD_NULLABLE_TEXT, physical_network),
    FIELD("plugin", FIELD_TEXT, plugin),
    FIELD("bridge", FIELD_TEXT, bridge),
    FIELD("datapath_type", FIELD_TEXT, datapath_type),
    FIELD("interface_id", FIELD_TEXT, interface_id),
    FIELD("external_ids", FIELD_STRINGS, external_ids),
    FIELD("mac_address", FIELD_MAC, mac),
    FIELD("mtu", FIELD_UINT, mtu),
    FIELD("model", FIELD_TEXT, model),
    FIELD("queues", FIELD_UINT, queues),
    FIELD("vcpus", FIELD_UINT, vcpus),
    FIELD("device_name", FIELD_TEXT, device_name),
    FIELD("create_device", FIELD_TRUE, create_device),
    FIELD("device_owner", FIELD_OWNER, uid),
    FIELD("prepare", FIELD_FALSE, prepare),
    FIELD("profile", FIELD_VALUES, profile),
    FIELD("hints", FIELD_VALUES, hints),
};

/* The one member that JSON must have. */
#define REQUIRED_FIELD "port_id"

static void *
field_of(const struct vif_binding *binding, const struct field *field)
{
    return CONST_CAST(char *, (const char *) binding) + field->offset;
}

static const struct field *
field_find(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
        if (!strcmp(fields[i].name, name)) {
            return &fields[i];
        }
    }
    return NULL;
}

/* An error at member 'name' of 'where'. */
static struct vif_error * VIF_PRINTF(3, 4) VIF_WARN_UNUSED
refuse(const char *where, const char *name, const char *format, ...)
{
    CLEANUP_FREE char *path = xasprintf("%s%s%.64s", where,
                                        *where && *name ? "." : "", name);
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
        return refuse(where, name, "must be a string, not %s",
                      json_kind(json));
    }

    const char *s = json_string(json);
    if (strlen(s) > BINDING_MAX_STRING) {
        return refuse(where, name, "is longer than %d bytes",
                      BINDING_MAX_STRING);
    }
    /* Escapes such as \udc00 make text that is no UTF-8. */
    CLEANUP_FREE char *invalid = utf8_validate(s, NULL);
    if (invalid) {
        return refuse(where, name, "has an %s", invalid);
    }
    *sp = s;
    return NULL;
}

static struct vif_error *
read_uint(const struct json *json, const char *where, const char *name,
          uint32_t max, uint32_t *valuep)
{
    if (json->type != JSON_INTEGER) {
        return refuse(where, name, "must be a whole number, not %s",
                      json_kind(json));
    }

    int64_t value = json_integer(json);
    if (value < 0 || value > max) {
        return refuse(where, name, "%"PRId64" is not within 0 and %"PRIu32,
                      value, max);
    }
    *valuep = value;
    return NULL;
}

/* In a binding 0 stands for what was left out. */
static struct vif_error *
read_positive(const struct json *json, const char *where, const char *name,
              uint32_t *valuep)
{
    struct vif_error *error = read_uint(json, where, name, UINT32_MAX,
                                        valuep);

    return (error || *valuep ? error
            : refuse(where, name, "0 is not allowed: leave it out for the "
                     "default"));
}

static struct vif_error *
read_bool(const struct json *json, const char *where, const char *name,
          bool *valuep)
{
    if (json->type != JSON_TRUE && json->type != JSON_FALSE) {
        return refuse(where, name, "must be true or false, not %s",
                      json_kind(json));
    }
    *valuep = json_boolean(json);
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

static struct vif_error *
read_vnic_type(const struct json *json, const char *where, const char *name,
               enum vif_vnic_type *typep)
{
    const char *s;
    struct vif_error *error = read_string(json, where, name, &s);
    if (!error && !vif_vnic_type_from_name(s, typep)) {
        error = refuse(where, name, "\"%.64s\" is no vnic type", s);
    }
    return error;
}

static struct vif_error *
read_mac(const struct json *json, const char *where, const char *name,
         struct vif_binding *binding)
{
    const char *s;
    struct vif_error *error = read_string(json, where, name, &s);
    if (!error && !vif_mac_from_string(s, &binding->mac)) {
        error = refuse(where, name, "\"%.64s\" is no MAC address such as "
                       "fa:16:3e:00:00:01", s);
    }
    binding->has_mac = !error;
    return error;
}

static struct vif_error *
read_owner(const struct json *json, const char *where, const char *name,
           struct vif_binding *binding)
{
    if (json->type != JSON_OBJECT) {
        return refuse(where, name, "must be an object with uid and gid, not "
                      "%s", json_kind(json));
    }

    CLEANUP_FREE char *inner = xasprintf("%s%s%s", where, *where ? "." : "",
                                         name);
    const struct shash_node *node;
    SHASH_FOR_EACH (node, json_object(json)) {
        uint32_t *id = (!strcmp(node->name, "uid") ? &binding->uid
                        : !strcmp(node->name, "gid") ? &binding->gid
                        : NULL);
        struct vif_error *error =
            (id ? read_uint(node->data, inner, node->name, VIF_NO_ID - 1, id)
             : refuse(inner, node->name, "is unknown: there are uid and gid"));
        if (error) {
            return error;
        }
    }
    return NULL;
}

static struct vif_error *
read_key(const char *key, const char *where)
{
    size_t length = strlen(key);
    if (!length) {
        return refuse(where, "", "has an empty key");
    } else if (length > BINDING_MAX_KEY) {
        return refuse(where, "", "has a key longer than %d bytes",
                      BINDING_MAX_KEY);
    }
    CLEANUP_FREE char *invalid = utf8_validate(key, NULL);
    return invalid ? refuse(where, "", "has a key with an %s", invalid) : NULL;
}

static struct vif_error *
read_value(const struct json *json, const char *where, const char *name,
           char **textp)
{
    CLEANUP_FREE char *text = binding_value_to_text(json);
    if (strlen(text) > BINDING_MAX_VALUE) {
        return refuse(where, name, "is longer than %d bytes",
                      BINDING_MAX_VALUE);
    }
    CLEANUP_FREE char *invalid = utf8_validate(text, NULL);
    if (invalid) {
        return refuse(where, name, "has an %s", invalid);
    }
    *textp = TAKE(text);
    return NULL;
}

static struct vif_error *
read_map(const struct json *json, const char *where, const char *name,
         bool strings_only, struct vif_attrs *map)
{
    if (json->type != JSON_OBJECT) {
        return refuse(where, name, "must be an object, not %s",
                      json_kind(json));
    } else if (shash_count(json_object(json)) > BINDING_MAX_KEYS) {
        return refuse(where, name, "has more than %d keys", BINDING_MAX_KEYS);
    }

    CLEANUP_FREE char *inner = xasprintf("%s%s%s", where, *where ? "." : "",
                                         name);
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
read_field(const struct field *field, const struct json *json,
           const char *where, struct vif_binding *binding)
{
    void *member = field_of(binding, field);
    const char *name = field->name;

    switch (field->kind) {
    case FIELD_NULLABLE_TEXT:
        if (json->type == JSON_NULL) {
            return NULL;
        }
        return read_text(json, where, name, member);
    case FIELD_TEXT:
        return read_text(json, where, name, member);
    case FIELD_UINT:
        return read_positive(json, where, name, member);
    case FIELD_FALSE:
    case FIELD_TRUE:
        return read_bool(json, where, name, member);
    case FIELD_VNIC_TYPE:
        return read_vnic_type(json, where, name, member);
    case FIELD_MAC:
        return read_mac(json, where, name, binding);
    case FIELD_OWNER:
        return read_owner(json, where, name, binding);
    case FIELD_STRINGS:
        return read_map(json, where, name, true, member);
    case FIELD_VALUES:
        return read_map(json, where, name, false, member);
    }
    OVS_NOT_REACHED();
}

static struct vif_error *
read_fields(const struct json *json, const char *where,
            struct vif_binding *binding)
{
    if (json->type != JSON_OBJECT) {
        return refuse(where, "", "must be an object, not %s", json_kind(json));
    }

    const struct shash_node *node;
    SHASH_FOR_EACH (node, json_object(json)) {
        const struct field *field = field_find(node->name);
        struct vif_error *error =
            (field ? read_field(field, node->data, where, binding)
             : refuse(where, node->name, "is no member of a binding"));
        if (error) {
            return error;
        }
    }
    if (!binding->port_id) {
        return refuse(where, REQUIRED_FIELD, "is missing");
    }
    return NULL;
}

struct vif_error *
binding_from_json(const struct json *json, const char *where,
                  struct vif_binding *binding)
{
    vif_binding_init(binding);

    struct vif_error *error = read_fields(json, where, binding);
    if (error) {
        vif_binding_destroy(binding);
    }
    return error;
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
owner_to_json(const struct vif_binding *binding)
{
    if (binding->uid == VIF_NO_ID && binding->gid == VIF_NO_ID) {
        return NULL;
    }

    struct json *owner = json_object_create();
    if (binding->uid != VIF_NO_ID) {
        json_object_put(owner, "uid", json_integer_create(binding->uid));
    }
    if (binding->gid != VIF_NO_ID) {
        json_object_put(owner, "gid", json_integer_create(binding->gid));
    }
    return owner;
}

/* NULL if the member has its default. */
static struct json *
field_to_json(const struct field *field, const struct vif_binding *binding)
{
    const void *member = field_of(binding, field);
    char mac[VIF_MAC_BUFSIZE];

    switch (field->kind) {
    case FIELD_TEXT:
    case FIELD_NULLABLE_TEXT: {
        const char *text = *(char *const *) member;
        return text ? json_string_create(text) : NULL;
    }
    case FIELD_UINT: {
        uint32_t value = *(const uint32_t *) member;
        return value ? json_integer_create(value) : NULL;
    }
    case FIELD_FALSE:
    case FIELD_TRUE: {
        bool value = *(const bool *) member;
        return (value != (field->kind == FIELD_TRUE)
                ? json_boolean_create(value) : NULL);
    }
    case FIELD_VNIC_TYPE:
        return json_string_create(vif_vnic_type_name(binding->vnic_type));
    case FIELD_MAC:
        return (binding->has_mac
                ? json_string_create(vif_mac_format(&binding->mac, mac))
                : NULL);
    case FIELD_OWNER:
        return owner_to_json(binding);
    case FIELD_STRINGS:
        return map_to_json(member, true);
    case FIELD_VALUES:
        return map_to_json(member, false);
    }
    OVS_NOT_REACHED();
}

struct json *
binding_to_json(const struct vif_binding *binding)
{
    struct json *object = json_object_create();

    for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
        struct json *value = field_to_json(&fields[i], binding);
        if (value) {
            json_object_put(object, fields[i].name, value);
        }
    }
    return object;
}

/* The value whose JSON text is exactly 'text', or NULL. */
static struct json *
value_parse(const char *text)
{
    /* What a JSON text may begin with; spares most strings the parser. */
    if (!*text || !strchr("{[\"-0123456789tfn", *text)) {
        return NULL;
    }

    /* The parser takes arrays and objects only. */
    CLEANUP_FREE char *wrapped = xasprintf("[%s]", text);
    struct json *array = json_from_string(wrapped);
    struct json *value = NULL;
    if (array->type == JSON_ARRAY && json_array_size(array) == 1) {
        value = json_clone(json_array_at(array, 0));

        CLEANUP_FREE char *canonical = json_to_string(value, JSSF_SORT);
        if (strcmp(canonical, text)) {
            json_destroy(value);
            value = NULL;
        }
    }
    json_destroy(array);
    return value;
}

char *
binding_value_to_text(const struct json *value)
{
    if (value->type == JSON_STRING) {
        struct json *other = value_parse(json_string(value));
        if (!other) {
            return xstrdup(json_string(value));
        }
        json_destroy(other);
    }
    return json_to_string(value, JSSF_SORT);
}

struct json *
binding_value_from_text(const char *text)
{
    struct json *value = value_parse(text);
    return value ? value : json_string_create(text);
}
