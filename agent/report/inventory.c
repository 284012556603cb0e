/* SPDX-License-Identifier: Apache-2.0 */

/* See inventory.h. */

#include <config.h>

#include "report/inventory.h"

#include <stdlib.h>
#include <string.h>

#include "inventory/pools.h"
#include "lib/cleanup.h"
#include "openvswitch/json.h"
#include "util.h"

/* Members that are not known are not there. */
static void
put_text(struct json *object, const char *name, const char *value)
{
    if (value && *value) {
        json_object_put_string(object, name, value);
    }
}

static void
put_number(struct json *object, const char *name, long long value)
{
    if (value >= 0) {
        json_object_put(object, name, json_integer_create(value));
    }
}

static void
put_id(struct json *object, const char *name, unsigned int id)
{
    if (id) {
        json_object_put_format(object, name, "%04x", id);
    }
}

static void
put_answer(struct json *object, const char *name, enum spec_answer answer)
{
    if (answer != SPEC_UNSAID) {
        json_object_put(object, name, json_boolean_create(answer == SPEC_YES));
    }
}

static void
put_network(struct json *object, const char *network)
{
    json_object_put(object, "physical_network",
                    network ? json_string_create(network)
                    : json_null_create());
}

static struct json *
netdev_to_json(const struct device_netdev *netdev)
{
    struct json *object = json_object_create();
    char mac[VIF_MAC_BUFSIZE];

    put_text(object, "name", netdev->name);
    put_number(object, "ifindex", netdev->ifindex);
    if (netdev->has_mac) {
        put_text(object, "mac", vif_mac_format(&netdev->mac, mac));
    }
    put_text(object, "switch_id", netdev->switch_id);
    put_text(object, "port_name", netdev->port_name);
    return object;
}

static void
put_capabilities(struct json *object, uint32_t capabilities)
{
    const char *names[N_DEVICE_CAPABILITIES];
    size_t n = device_capability_names(capabilities, names);

    if (n) {
        struct json *array = json_array_create_empty();

        for (size_t i = 0; i < n; i++) {
            json_array_add(array, json_string_create(names[i]));
        }
        json_object_put(object, "capabilities", array);
    }
}

/* Devlink has a PF's VFs that have no address by the PF's. */
static void
put_devlink(struct json *object, const struct inventory *inventory,
            const struct device *device)
{
    const char *handle = device_devlink_handle(device);
    const struct device *known = inventory_find(inventory, handle);

    if (known && known->in_devlink) {
        put_text(object, "devlink", handle);
    }
    put_text(object, "eswitch", device_eswitch_name(device->eswitch));
}

/* What the device is. */
static struct json *
device_to_json(const struct inventory *inventory, const struct device *device)
{
    struct json *object = json_object_create();

    put_text(object, "device", device->name);
    put_text(object, "type", device_type_name(device->type));
    put_text(object, "pf", device->parent);
    put_number(object, "vf_number", device->vf_number);
    if (device->type == DEVICE_PF) {
        put_number(object, "vfs", device->n_vfs);
        if (device->max_vfs) {
            put_number(object, "max_vfs", device->max_vfs);
        }
        put_id(object, "vf_product_id", device->vf_product);
    }
    put_id(object, "vendor_id", device->vendor);
    put_id(object, "product_id", device->product);
    put_text(object, "driver", device->driver);
    put_number(object, "numa_node", device->numa_node);
    put_number(object, "iommu_group", device->iommu_group);
    put_text(object, "card_serial_number", device->serial);
    if (device->serial_errnum) {
        put_text(object, "card_serial_number_error",
                 ovs_strerror(device->serial_errnum));
    }
    put_devlink(object, inventory, device);
    put_capabilities(object, inventory_capabilities(inventory, device));
    if (device->netdev.ifindex) {
        json_object_put(object, "netdev", netdev_to_json(&device->netdev));
    }
    if (device->n_netdevs > 1) {
        put_number(object, "netdevs", device->n_netdevs);
    }
    return object;
}

/* What the operator says of it. */
static void
put_spec(struct json *object, const struct device_spec *spec)
{
    json_object_put(object, "usable", json_boolean_create(spec != NULL));
    if (!spec) {
        return;
    }
    put_number(object, "device_spec_line", spec->line);
    if (spec->has_physical_network) {
        put_network(object, spec->physical_network);
    }
    put_answer(object, "trusted", spec->trusted);
    put_answer(object, "live_migratable", spec->live_migratable);
    json_object_put(object, "remote_managed",
                    json_boolean_create(spec->remote_managed));
    json_object_put(object, "managed", json_boolean_create(spec->managed));
}

static struct json *
devices_to_json(const struct device_host *host, inventory_may_cb *may,
                void *aux)
{
    struct json *array = json_array_create_empty();

    for (size_t i = 0; i < host->inventory->n; i++) {
        const struct device *device = &host->inventory->devices[i];
        const struct device_spec *spec = device_host_spec(host, device);
        const char *network = spec ? spec->physical_network : NULL;
        const char *const *networkp
            = spec && spec->has_physical_network ? &network : NULL;
        const char *holder;

        if (!may(aux, "inventory", networkp)) {
            continue;
        }
        enum device_state state = device_claims_state(
            host->claims, host->inventory, device, &holder);
        struct json *object = device_to_json(host->inventory, device);
        put_spec(object, spec);
        put_text(object, "state", device_state_name(state));
        if (device_claims_is_drained(host->claims, device)) {
            json_object_put(object, "drained", json_boolean_create(true));
        }
        if (holder && may(aux, "show", networkp)) {
            put_text(object, "port_id", holder);
        }
        json_array_add(array, object);
    }
    return array;
}

static struct json *
pool_to_json(const struct device_pool *pool)
{
    struct json *object = json_object_create();

    if (pool->has_physical_network) {
        put_network(object, pool->physical_network);
    }
    put_text(object, "type", device_type_name(pool->type));
    put_text(object, "pf", pool->pf);
    put_text(object, "netdev", pool->netdev);
    put_id(object, "vendor_id", pool->vendor);
    put_id(object, "product_id", pool->product);
    put_number(object, "numa_node", pool->numa_node);
    put_answer(object, "trusted", pool->trusted);
    put_answer(object, "live_migratable", pool->live_migratable);
    json_object_put(object, "remote_managed",
                    json_boolean_create(pool->remote_managed));
    json_object_put(object, "managed", json_boolean_create(pool->managed));
    put_number(object, "devices", pool->n);
    put_number(object, "free", pool->n_free);
    put_number(object, "held", pool->n_held);
    put_number(object, "excluded", pool->n_excluded);
    put_number(object, "drained", pool->n_drained);
    put_number(object, "leaving", pool->n_leaving);
    return object;
}

static struct json *
pools_to_json(const struct device_host *host, inventory_may_cb *may,
              void *aux)
{
    struct json *array = json_array_create_empty();
    CLEANUP_FREE struct device_pool *pools = NULL;
    size_t n = device_pools(host, &pools);

    for (size_t i = 0; i < n; i++) {
        if (may(aux, "inventory", pools[i].has_physical_network
                                  ? &pools[i].physical_network : NULL)) {
            json_array_add(array, pool_to_json(&pools[i]));
        }
    }
    return array;
}

struct json *
inventory_to_json(const struct device_host *host, inventory_may_cb *may,
                  void *aux)
{
    struct json *result = json_object_create();

    json_object_put(result, "devices", devices_to_json(host, may, aux));
    json_object_put(result, "pools", pools_to_json(host, may, aux));
    return result;
}
