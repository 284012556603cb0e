/* SPDX-License-Identifier: Apache-2.0 */

/* Methods about the devices of the host. */

#include <config.h>

#include "rpc/methods.h"

#include <stdlib.h>
#include <string.h>

#include "binding/json-array.h"
#include "inventory/binding-request.h"
#include "inventory/fit.h"
#include "lib/cleanup.h"
#include "report/details.h"
#include "report/fit.h"
#include "report/inventory.h"
#include "rpc/call.h"
#include "rpc/message.h"
#include "rpc/params.h"
#include "rpc/ports.h"
#include "util.h"

static bool
may(void *call_, const char *method, const char *const *networkp)
{
    const struct rpc_call *call = call_;
    const struct access *access = &call->host->access;
    const struct rpc_peer *peer = &call->caller->peer;

    return (networkp ? access_may_on_network(access, peer, method, *networkp)
            : access_may_everywhere(access, peer, method));
}

struct vif_error *
rpc_inventory(struct rpc_call *call, struct json **resultp)
{
    struct rpc_params params;
    struct device_host host;

    rpc_params_init(&params, call->request.params);
    struct vif_error *error = rpc_params_finish(&params);
    if (!error) {
        error = call->host->devices(call->host->aux, &host);
    }
    if (!error) {
        *resultp = inventory_to_json(&host, may, call);
    }
    return error;
}

/* What "fit" is asked: the ports that need a device. */
struct question {
    struct vif_binding bindings[FIT_MAX_REQUESTS];
    size_t n_bindings;
    struct binding_request needs[FIT_MAX_REQUESTS];
    size_t n_needs;
    enum numa_policy numa_policy;
    uint64_t numa_nodes;
};

static void
question_destroy(struct question *q)
{
    for (size_t i = 0; i < q->n_bindings; i++) {
        vif_binding_destroy(&q->bindings[i]);
    }
}

static struct vif_error *
read_port(const struct rpc_call *call, const struct json *json, size_t i,
          struct question *q)
{
    CLEANUP_FREE char *where = xasprintf("params.bindings[%"PRIuSIZE"]", i);
    struct vif_binding *binding = &q->bindings[i];
    struct vif_error *error = rpc_read_binding(call, json, where, binding);
    bool needed;

    if (error) {
        return error;
    }
    q->n_bindings++;
    for (size_t j = 0; j < i && !error; j++) {
        if (!strcmp(binding->port_id, q->bindings[j].port_id)) {
            error = vif_error_with_where(
                vif_error_create(VIF_ERR_INVALID, "%s: port %s is there "
                                 "twice", where, binding->port_id), where);
        }
    }
    if (!error) {
        error = binding_request_init(&q->needs[q->n_needs], binding, &needed);
        q->n_needs += !error && needed;
        if (error) {
            CLEANUP_FREE char *path = xasprintf("%s.%s", where, error->where);
            error = vif_error_with_where(vif_error_wrap(error, "%s", where),
                                         path);
        }
    }
    return error;
}

static struct vif_error *
read_ports(const struct rpc_call *call, const struct json *json,
           struct question *q)
{
    struct vif_error *error = NULL;

    if (!json || json->type != JSON_ARRAY || !json_array_size(json)
        || json_array_size(json) > FIT_MAX_REQUESTS) {
        return vif_error_with_where(
            vif_error_create(VIF_ERR_INVALID, "params.bindings: must be an "
                             "array of 1 to %d bindings", FIT_MAX_REQUESTS),
            "params.bindings");
    }
    for (size_t i = 0; i < json_array_size(json) && !error; i++) {
        error = read_port(call, json_array_at(json, i), i, q);
    }
    return error;
}

/* The NUMA nodes of the instance. */
static struct vif_error *
read_nodes(const struct json *json, uint64_t *nodesp)
{
    size_t n = json && json->type == JSON_ARRAY ? json_array_size(json) : 0;
    bool good = !json || json->type == JSON_ARRAY;

    *nodesp = 0;
    for (size_t i = 0; i < n && good; i++) {
        const struct json *node = json_array_at(json, i);

        good = (node->type == JSON_INTEGER && node->integer >= 0
                && node->integer < DEVICE_MAX_NUMA_NODES);
        if (good) {
            *nodesp |= UINT64_C(1) << node->integer;
        }
    }
    return (good ? NULL
            : vif_error_with_where(
                vif_error_create(VIF_ERR_INVALID, "params.numa_nodes: must "
                                 "be an array of numbers below %d",
                                 DEVICE_MAX_NUMA_NODES),
                "params.numa_nodes"));
}

static struct vif_error *
answer(const struct device_host *host, const struct question *q,
       struct json **resultp)
{
    struct device_request requests[FIT_MAX_REQUESTS];
    struct fit_answer answers[FIT_MAX_REQUESTS];

    for (size_t i = 0; i < q->n_needs; i++) {
        requests[i] = q->needs[i].request;
        if (q->numa_nodes) {
            requests[i].numa_policy = q->numa_policy;
            requests[i].numa_nodes = q->numa_nodes;
        }
    }
    struct vif_error *error = device_fit(host, requests, q->n_needs, answers);
    if (error && error->code == VIF_ERR_INVALID) {
        return error;
    }

    *resultp = json_object_create();
    json_object_put(*resultp, "fits", json_boolean_create(!error));
    json_object_put(*resultp, "ports",
                    fit_ports_to_json(requests, answers, q->n_needs));
    if (error) {
        json_object_put(*resultp, "error",
                        error_to_json(rpc_code_of(error), error, NULL));
        vif_error_destroy(error);
    }
    return NULL;
}

struct vif_error *
rpc_fit(struct rpc_call *call, struct json **resultp)
{
    static const char *const policies[] = {
        [NUMA_LEGACY] = "legacy", [NUMA_REQUIRED] = "required",
        [NUMA_PREFERRED] = "preferred", [NUMA_SOCKET] = "socket", NULL,
    };
    CLEANUP_FREE struct question *q = xzalloc(sizeof *q);
    struct rpc_params params;
    struct device_host host;

    rpc_params_init(&params, call->request.params);
    const struct json *bindings = rpc_params_any(&params, "bindings");
    const struct json *nodes = rpc_params_any(&params, "numa_nodes");
    q->numa_policy = rpc_params_word(&params, "numa_policy", policies,
                                     NUMA_LEGACY);
    struct vif_error *error = rpc_params_finish(&params);
    error = error ? error : read_nodes(nodes, &q->numa_nodes);
    error = error ? error : read_ports(call, bindings, q);
    error = error ? error : call->host->devices(call->host->aux, &host);
    error = error ? error : answer(&host, q, resultp);
    question_destroy(q);
    return error;
}
