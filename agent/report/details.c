/* SPDX-License-Identifier: Apache-2.0 */
/* Details, which the engine keeps as text, with the types that a client
 * expects.  One table says which name has which type; what is not in it is a
 * string. */

#include <config.h>

#include "report/details.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "binding/binding-value.h"
#include "engine/engine.h"
#include "lib/cleanup.h"
#include "lib/utf8.h"
#include "openvswitch/json.h"
#include "report/libvirt-xml.h"
#include "util.h"

/* Types. */

enum detail_type {
    DETAIL_TEXT,
    DETAIL_BOOL,
    DETAIL_INTEGER,
};

/* Of vif_details those that Neutron's drivers write.  They do not agree on
 * "vlan": the macvtap driver's is a number, the SR-IOV driver's a string. */
static const struct {
    const char *name;
    enum detail_type type;
    const char *vif_type;       /* NULL: any. */
} detail_types[] = {
    { "devices.managed", DETAIL_BOOL, NULL },
    { "ifindex", DETAIL_INTEGER, NULL },
    { "mtu", DETAIL_INTEGER, NULL },
    { "numa_node", DETAIL_INTEGER, NULL },
    { "ofport", DETAIL_INTEGER, NULL },
    { "queues.effective", DETAIL_INTEGER, NULL },
    { "queues.multiqueue", DETAIL_BOOL, NULL },
    { "queues.requested", DETAIL_INTEGER, NULL },
    { "vif_details.ovs_create_tap", DETAIL_BOOL, NULL },
    { "vif_details.ovs_hybrid_plug", DETAIL_BOOL, NULL },
    { "vif_details.port_filter", DETAIL_BOOL, NULL },
    { "vif_details.vhostuser_ovs_plug", DETAIL_BOOL, NULL },
    { "vif_details.vlan", DETAIL_INTEGER, "macvtap" },
};

static enum detail_type
detail_type_of(const char *name, const char *vif_type)
{
    for (size_t i = 0; i < ARRAY_SIZE(detail_types); i++) {
        const char *only = detail_types[i].vif_type;

        if (!strcmp(name, detail_types[i].name)
            && (!only || (vif_type && !strcmp(only, vif_type)))) {
            return detail_types[i].type;
        }
    }
    return DETAIL_TEXT;
}

static struct json *
integer_from_text(const char *text)
{
    char *end;

    errno = 0;
    long long value = strtoll(text, &end, 10);
    return (errno || end == text || *end ? json_null_create()
            : json_integer_create(value));
}

/* A value that is not of its name's type is null: there is none that a client
 * could rely on. */
static struct json *
typed_value(const char *name, const char *text, const char *vif_type)
{
    /* A profile is given back as it came. */
    if (!strncmp(name, "profile.", strlen("profile."))) {
        return binding_value_from_text(text);
    }

    switch (detail_type_of(name, vif_type)) {
    case DETAIL_INTEGER:
        return integer_from_text(text);
    case DETAIL_BOOL:
        return (!strcmp(text, "true") || !strcmp(text, "false")
                ? json_boolean_create(*text == 't') : json_null_create());
    case DETAIL_TEXT:
        break;
    }
    return json_string_create(text);
}

/* The object that is member 'name' of 'object', made if it is not there. */
static struct json *
get_object(struct json *object, const char *name)
{
    struct json *member = shash_find_data(json_object(object), name);

    if (!member || member->type != JSON_OBJECT) {
        member = json_object_create();
        json_object_put(object, name, member);
    }
    return member;
}

struct json *
attrs_to_json(const struct vif_attrs *attrs)
{
    const char *vif_type = vif_attrs_get(attrs, "vif_type");
    struct json *object = json_object_create();

    for (size_t i = 0; i < attrs->n; i++) {
        const char *name = attrs->attrs[i].key;
        const char *dot = strchr(name, '.');
        struct json *value = typed_value(name, attrs->attrs[i].value,
                                         vif_type);

        if (dot) {
            char *outer CLEANUP_FREE = xmemdup0(name, dot - name);

            json_object_put(get_object(object, outer), dot + 1, value);
        } else {
            json_object_put(object, name, value);
        }
    }
    return object;
}

/* The answer. */

static void
put_optional_string(struct json *object, const char *name, const char *value)
{
    if (value) {
        json_object_put_string(object, name, value);
    }
}

/* What there is as long as the port is, whatever the plugin said. */
static void
put_binding(struct json *object, const struct port_result *result)
{
    static const char *const objects[] = {
        "vif_details", "profile", "devices", "queues",
    };
    const struct vif_binding *b = result->binding;

    for (size_t i = 0; i < ARRAY_SIZE(objects); i++) {
        get_object(object, objects[i]);
    }
    json_object_put_string(object, "vnic_type",
                           vif_vnic_type_name(b->vnic_type));
    if (b->hints.n) {
        struct json *hints = json_object_create();

        for (size_t i = 0; i < b->hints.n; i++) {
            json_object_put(hints, b->hints.attrs[i].key,
                            binding_value_from_text(b->hints.attrs[i].value));
        }
        json_object_put(object, "hints", hints);
    }
    if (result->details) {
        char *xml CLEANUP_FREE = libvirt_interface_xml(b, result->details);

        put_optional_string(object, "libvirt_xml", xml);
    }
}

static struct json *
warnings_to_json(const struct port_result *result)
{
    struct json *array = json_array_create_empty();

    for (size_t i = 0; i < result->n_warnings; i++) {
        json_array_add(array, json_string_create(result->warnings[i]));
    }
    return array;
}

static struct json *
steps_to_json(const struct port_result *result)
{
    struct json *array = json_array_create_empty();

    for (size_t i = 0; i < result->n_timings; i++) {
        const struct step_timing *timing = &result->timings[i];
        struct json *step = json_object_create();

        json_object_put_string(step, "kind", timing->kind);
        json_object_put_string(step, "object", timing->object);
        json_object_put_string(step, "action", timing->action);
        json_object_put(step, "own_us", json_integer_create(timing->own_us));
        json_object_put(step, "host_us",
                        json_integer_create(timing->host_us));
        json_array_add(array, step);
    }
    return array;
}

/* The details come first: no plugin can replace a member of vifd's own. */
struct json *
details_to_json(const struct port_result *result)
{
    struct json *object = (result->details ? attrs_to_json(result->details)
                           : json_object_create());

    if (result->binding) {
        put_binding(object, result);
    }
    json_object_put_string(object, "port_id", result->port_id);
    json_object_put_string(object, "outcome", outcome_name(result->outcome));
    json_object_put_string(object, "state", port_state_name(result->state));
    put_optional_string(object, "plugin", result->plugin);
    json_object_put(object, "warnings", warnings_to_json(result));
    json_object_put(object, "steps", steps_to_json(result));
    json_object_put(object, "total_us",
                    json_integer_create(result->total_us));
    json_object_put(object, "changed", json_boolean_create(result->changed));
    return object;
}

/* Failures. */

/* 'text' may quote what a client sent, cut in the middle of a character. */
static void
put_mended(struct json *object, const char *name, const char *text)
{
    if (text) {
        json_object_put(object, name,
                        json_string_create_nocopy(vif_utf8_mend(text)));
    }
}

struct json *
error_to_json(int code, const struct vif_error *error, struct json *more)
{
    struct json *object = json_object_create();
    struct json *detail = more ? more : json_object_create();

    json_object_put_string(detail, "code", vif_error_code_name(error->code));
    json_object_put(detail, "retry", json_boolean_create(error->retry));
    if (error->retry_ms) {
        json_object_put(detail, "retry_after_ms",
                        json_integer_create(error->retry_ms));
    }
    if (error->errnum) {
        put_optional_string(detail, "errno",
                            strerrorname_np(error->errnum));
    }
    put_mended(detail, "source", error->source);
    put_mended(detail, "where", error->where);

    json_object_put(object, "code", json_integer_create(code));
    put_mended(object, "message", error->message);
    json_object_put(object, "data", detail);
    return object;
}
