/* SPDX-License-Identifier: Apache-2.0 */
/* A binding as the JSON that vifd takes.  Members that have their default are
 * left out: what a default is, vifd says. */

#include <config.h>

#include <stddef.h>
#include <stdlib.h>

#include <jansson.h>

#include <vif/client.h>

#include "client/text.h"
#include "lib/alloc.h"

struct member {
    const char *name;
    size_t offset;
};

#define MEMBER(NAME) { #NAME, offsetof(struct vif_binding, NAME) }

static const struct member texts[] = {
    MEMBER(port_id), MEMBER(instance_id), MEMBER(instance_name),
    MEMBER(project_id), MEMBER(network_id), MEMBER(physical_network),
    MEMBER(plugin), MEMBER(bridge), MEMBER(datapath_type),
    MEMBER(interface_id), MEMBER(model), MEMBER(device_name),
};

static const struct member numbers[] = {
    MEMBER(mtu), MEMBER(queues), MEMBER(vcpus),
};

#define ARRAY_SIZE(ARRAY) (sizeof (ARRAY) / sizeof *(ARRAY))

static const void *
member_of(const struct vif_binding *binding, const struct member *member)
{
    return (const char *) binding + member->offset;
}

/* A string that is no UTF-8 becomes null, which vifd refuses by name. */
static void
put(json_t *object, const char *key, json_t *value)
{
    json_object_set_new(object, key, value ? value : json_null());
}

static void
put_map(json_t *object, const char *key, const struct vif_attrs *map,
        bool strings_only)
{
    if (!map->n) {
        return;
    }

    json_t *inner = json_object();
    for (size_t i = 0; i < map->n; i++) {
        const struct vif_attr *attr = &map->attrs[i];

        put(inner, attr->key, strings_only ? json_string(attr->value)
                                           : text_to_free_value(attr->value));
    }
    put(object, key, inner);
}

static void
put_owner(json_t *object, const struct vif_binding *binding)
{
    json_t *owner = json_object();

    if (binding->uid != VIF_NO_ID) {
        put(owner, "uid", json_integer(binding->uid));
    }
    if (binding->gid != VIF_NO_ID) {
        put(owner, "gid", json_integer(binding->gid));
    }
    if (json_object_size(owner)) {
        put(object, "device_owner", owner);
    } else {
        json_decref(owner);
    }
}

static json_t *
binding_to_object(const struct vif_binding *binding)
{
    json_t *object = json_object();

    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        const char *text = *(char *const *) member_of(binding, &texts[i]);

        if (text) {
            put(object, texts[i].name, json_string(text));
        }
    }
    for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
        uint32_t n = *(const uint32_t *) member_of(binding, &numbers[i]);

        if (n) {
            put(object, numbers[i].name, json_integer(n));
        }
    }
    put_map(object, "external_ids", &binding->external_ids, true);
    put_map(object, "profile", &binding->profile, false);
    put_map(object, "hints", &binding->hints, false);

    put(object, "vnic_type",
        json_string(vif_vnic_type_name(binding->vnic_type)));
    if (binding->has_mac) {
        char mac[VIF_MAC_BUFSIZE];

        put(object, "mac_address",
            json_string(vif_mac_format(&binding->mac, mac)));
    }
    if (!binding->create_device) {
        put(object, "create_device", json_false());
    }
    put_owner(object, binding);
    if (binding->prepare) {
        put(object, "prepare", json_true());
    }
    return object;
}

char *
vif_binding_to_json(const struct vif_binding *binding)
{
    json_t *object = binding_to_object(binding);
    char *text = text_from_json(object);

    json_decref(object);
    return text;
}

char *
vif_client_plug_params(const struct vif_binding *bindings, size_t n,
                       const struct vif_call_options *options)
{
    json_t *params = json_object();

    if (n == 1) {
        put(params, "binding", binding_to_object(bindings));
    } else {
        json_t *array = json_array();

        for (size_t i = 0; i < n; i++) {
            json_array_append_new(array, binding_to_object(&bindings[i]));
        }
        put(params, "bindings", array);
    }
    if (options && options->wait == VIF_WAIT_COMMITTED) {
        put(params, "wait", json_string("committed"));
    }
    if (options && options->timeout_ms) {
        put(params, "timeout_ms", json_integer(options->timeout_ms));
    }

    char *text = text_from_json(params);
    json_decref(params);
    return text;
}
