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
    MEMBER(driver),
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

/* 'inner' as member 'key', unless there is nothing in it. */
static void
put_object(json_t *object, const char *key, json_t *inner)
{
    if (json_object_size(inner)) {
        put(object, key, inner);
    } else {
        json_decref(inner);
    }
}

static void
put_number(json_t *object, const char *key, bool has, uint32_t value)
{
    if (has) {
        put(object, key, json_integer(value));
    }
}

static void
put_bool(json_t *object, const char *key, bool has, bool value)
{
    if (has) {
        put(object, key, json_boolean(value));
    }
}

static void
put_text(json_t *object, const char *key, const char *text)
{
    if (text) {
        put(object, key, json_string(text));
    }
}

static json_t *
owner_to_object(const struct vif_binding *binding)
{
    json_t *owner = json_object();

    put_number(owner, "uid", binding->uid != VIF_NO_ID, binding->uid);
    put_number(owner, "gid", binding->gid != VIF_NO_ID, binding->gid);
    return owner;
}

static json_t *
vf_to_object(const struct vif_vf *vf)
{
    json_t *object = json_object();

    put_number(object, "vlan", vf->has_vlan, vf->vlan);
    put_number(object, "vlan_qos", vf->vlan_qos > 0, vf->vlan_qos);
    put_text(object, "vlan_protocol", vf->vlan_8021ad ? "802.1ad" : NULL);
    put_number(object, "min_tx_rate", vf->has_min_tx_rate, vf->min_tx_rate);
    put_number(object, "max_tx_rate", vf->has_max_tx_rate, vf->max_tx_rate);
    put_bool(object, "spoofchk", vf->has_spoofchk, vf->spoofchk);
    put_bool(object, "trust", vf->has_trust, vf->trust);
    put_text(object, "link_state", vf->has_link_state
             ? vif_link_state_name(vf->link_state) : NULL);
    put_bool(object, "best_effort", vf->best_effort, true);
    return object;
}

static json_t *
macvtap_to_object(const struct vif_macvtap *macvtap)
{
    json_t *object = json_object();

    put_text(object, "mode", macvtap->mode != VIF_MACVTAP_DEFAULT
             ? vif_macvtap_mode_name(macvtap->mode) : NULL);
    put_text(object, "source", macvtap->source);
    put_text(object, "physical_interface", macvtap->physical_interface);
    put_number(object, "vlan", macvtap->vlan > 0, macvtap->vlan);
    return object;
}

static json_t *
numa_to_object(const struct vif_binding *binding)
{
    json_t *object = json_object();
    json_t *nodes = json_array();

    for (int i = 0; i < VIF_MAX_NUMA_NODES; i++) {
        if (binding->numa_nodes >> i & 1) {
            json_array_append_new(nodes, json_integer(i));
        }
    }
    if (json_array_size(nodes)) {
        put(object, "nodes", nodes);
    } else {
        json_decref(nodes);
    }
    put_text(object, "policy", binding->numa_policy);
    return object;
}

static json_t *
binding_to_object(const struct vif_binding *binding)
{
    json_t *object = json_object();

    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        put_text(object, texts[i].name,
                 *(char *const *) member_of(binding, &texts[i]));
    }
    for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
        uint32_t n = *(const uint32_t *) member_of(binding, &numbers[i]);

        put_number(object, numbers[i].name, n > 0, n);
    }
    put_map(object, "external_ids", &binding->external_ids, true);
    put_map(object, "port_profile", &binding->port_profile, true);
    put_map(object, "profile", &binding->profile, false);
    put_map(object, "hints", &binding->hints, false);

    put(object, "vnic_type",
        json_string(vif_vnic_type_name(binding->vnic_type)));
    if (binding->has_mac) {
        char mac[VIF_MAC_BUFSIZE];

        put(object, "mac_address",
            json_string(vif_mac_format(&binding->mac, mac)));
    }
    put_bool(object, "create_device", !binding->create_device, false);
    put_object(object, "device_owner", owner_to_object(binding));
    put_object(object, "vf", vf_to_object(&binding->vf));
    put_object(object, "macvtap", macvtap_to_object(&binding->macvtap));
    put_object(object, "numa", numa_to_object(binding));
    put_bool(object, "prepare", binding->prepare, true);
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

/* The array of 'bindings'. */
static json_t *
bindings_to_array(const struct vif_binding *bindings, size_t n)
{
    json_t *array = json_array();

    for (size_t i = 0; i < n; i++) {
        json_array_append_new(array, binding_to_object(&bindings[i]));
    }
    return array;
}

char *
vif_client_fit_params(const struct vif_binding *bindings, size_t n)
{
    json_t *params = json_object();

    put(params, "bindings", bindings_to_array(bindings, n));

    char *text = text_from_json(params);
    json_decref(params);
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
        put(params, "bindings", bindings_to_array(bindings, n));
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
