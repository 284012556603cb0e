/* SPDX-License-Identifier: Apache-2.0 */

/* The methods "drain" and "undrain". */

#include <config.h>

#include "rpc/methods.h"

#include <stdlib.h>
#include <string.h>

#include "engine/engine.h"
#include "inventory/pools.h"
#include "openvswitch/json.h"
#include "rpc/access.h"
#include "rpc/call.h"
#include "rpc/params.h"
#include "rpc/ports.h"
#include "timeval.h"
#include "util.h"

/* Which PF. */

/* By the device's name, its PCI address or, at this moment, its netdev's
 * name. */
static const struct device *
find_device(const struct inventory *inventory, const char *text)
{
    const struct device *device = inventory_find(inventory, text);
    struct pci_address address;
    char name[DEVICE_NAME_SIZE];

    if (!device && pci_address_from_string(text, &address)) {
        device = inventory_find(inventory, device_pci_name(&address, name));
    }
    return device ? device : inventory_find_netdev_name(inventory, text);
}

/* A PF that was drained may have gone since. */
static bool
find_drained(const struct device_claims *claims, const char *text,
             char name[DEVICE_NAME_SIZE])
{
    struct pci_address address;

    if (pci_address_from_string(text, &address)) {
        device_pci_name(&address, name);
    } else {
        ovs_strlcpy(name, text, DEVICE_NAME_SIZE);
    }
    return device_claims_drained(claims, name) != NULL;
}

static struct vif_error *
find_pf(const struct device_host *host, const char *text,
        char name[DEVICE_NAME_SIZE])
{
    const struct device *device = find_device(host->inventory, text);

    if (device && device->type == DEVICE_PF) {
        ovs_strlcpy(name, device->name, DEVICE_NAME_SIZE);
        return NULL;
    } else if (device && device->parent[0]) {
        return vif_error_create(VIF_ERR_INVALID, "params.device: %s is a VF "
                                "of %s: a PF is drained as a whole",
                                device->name, device->parent);
    } else if (device) {
        return vif_error_create(VIF_ERR_INVALID, "params.device: %s is no "
                                "PF", device->name);
    }
    return (find_drained(host->claims, text, name) ? NULL
            : vif_error_create(VIF_ERR_NOT_FOUND, "params.device: there is "
                               "no device \"%.64s\"", text));
}

/* Whoever drains takes from all networks that the PF and its VFs are for. */
static bool
may_drain(const struct rpc_call *call, const struct device_host *host,
          const char *pf)
{
    const struct access *access = &call->host->access;
    const struct rpc_peer *peer = &call->caller->peer;
    const char *method = call->method->name;
    bool meant = false;

    for (size_t i = 0; i < host->inventory->n; i++) {
        const struct device *device = &host->inventory->devices[i];
        const struct device_spec *spec = NULL;
        char address[PCI_ADDRESS_SIZE];

        if (!strcmp(device->name, pf) || !strcmp(device->parent, pf)) {
            spec = device_host_spec(host, device);
        }
        if (spec && spec->has_physical_network) {
            const struct access_object object = {
                .physical_network = spec->physical_network,
                .pci_address = (device->is_pci
                                ? pci_address_format(&device->pci, address)
                                : NULL),
                .uid = VIF_NO_ID, .gid = VIF_NO_ID,
            };

            meant = true;
            if (!access_may(access, peer, method, &object)) {
                return false;
            }
        }
    }
    return meant || access_may_everywhere(access, peer, method);
}

/* Who is still there. */

struct drain {
    struct rpc_call *call;
    char pf[DEVICE_NAME_SIZE];

    const struct device_host *host;     /* While the answer is made. */
    struct json *ports;
};

static void
put_port(struct drain *drain, const char *device, const char *port_id)
{
    struct engine_port_view view;

    if (port_id && engine_find_port(drain->call->host->engine, port_id,
                                    &view)) {
        struct json *row = json_object_create();

        json_object_put_string(row, "port_id", port_id);
        json_object_put_string(row, "device", device);
        json_object_put_string(row, "state", port_state_name(view.state));
        rpc_put_instance(row, view.binding);
        json_array_add(drain->ports, row);
    }
}

static void
put_vf(void *drain_, const char *vf)
{
    struct drain *drain = drain_;

    put_port(drain, vf, device_claims_holder(drain->host->claims, vf));
}

static void
answer(struct drain *drain, const struct device_host *host)
{
    const char *since = device_claims_drained(host->claims, drain->pf);
    struct json *result = json_object_create();

    drain->host = host;
    drain->ports = json_array_create_empty();
    put_port(drain, drain->pf, device_claims_holder(host->claims, drain->pf));
    device_claims_for_each_vf(host->claims, drain->pf, put_vf, drain);

    json_object_put_string(result, "device", drain->pf);
    json_object_put(result, "drained", json_boolean_create(since != NULL));
    if (since) {
        json_object_put_string(result, "since", since);
    }
    json_object_put(result, "ports", drain->ports);
    rpc_call_result(drain->call, result);
}

static void
drain_done(void *drain_, const struct vif_error *failure)
{
    struct drain *drain = drain_;
    struct rpc_call *call = drain->call;
    struct device_host host;
    struct vif_error *error = failure ? vif_error_clone(failure) : NULL;

    error = error ? error : call->host->devices(call->host->aux, &host);
    if (error) {
        rpc_call_error(call, error, NULL);
    } else {
        answer(drain, &host);
    }
    free(drain);
}

/* Asked. */

static void
begin(struct rpc_call *call, const struct device_host *host, const char *pf,
      bool drained)
{
    const char *before = device_claims_drained(host->claims, pf);
    char now[RPC_TIME_BUFSIZE], name[DEVICE_CLAIM_SIZE];
    struct drain *drain = xzalloc(sizeof *drain);

    drain->call = call;
    ovs_strlcpy(drain->pf, pf, sizeof drain->pf);
    call->pending = drain;
    call->abandon = free;
    rpc_format_time(time_wall_usec(), now);
    engine_set_note(call->host->engine, device_drain_name(pf, name),
                    !drained ? NULL : before ? before : now, drain_done,
                    drain);
}

static struct vif_error *
change(struct rpc_call *call, bool drained)
{
    struct rpc_params params;
    struct device_host host;
    char pf[DEVICE_NAME_SIZE];

    rpc_params_init(&params, call->request.params);
    const char *text = rpc_params_text(&params, "device");
    struct vif_error *error = rpc_params_finish(&params);
    if (!error && !text) {
        error = vif_error_create(VIF_ERR_INVALID, "params.device: which PF?");
        return vif_error_with_where(error, "params.device");
    }
    error = error ? error : call->host->devices(call->host->aux, &host);
    if (error) {
        return error;
    }
    error = find_pf(&host, text, pf);
    if (!error && !may_drain(call, &host, pf)) {
        error = vif_error_create(VIF_ERR_ACCESS, "params.device: no rule "
                                 "allows %s to %s %s", call->name,
                                 call->method->name, pf);
    }
    if (error) {
        return vif_error_with_where(error, "params.device");
    }
    begin(call, &host, pf, drained);
    return NULL;
}

struct vif_error *
rpc_drain(struct rpc_call *call, struct json **resultp OVS_UNUSED)
{
    return change(call, true);
}

struct vif_error *
rpc_undrain(struct rpc_call *call, struct json **resultp OVS_UNUSED)
{
    return change(call, false);
}
