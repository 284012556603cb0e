/* SPDX-License-Identifier: Apache-2.0 */

/* The method "gc". */

#include <config.h>

#include "rpc/methods.h"

#include <inttypes.h>

#include "agent/orphans.h"
#include "openvswitch/json.h"
#include "report/details.h"
#include "rpc/call.h"
#include "rpc/message.h"
#include "rpc/params.h"
#include "util.h"
#include "uuid.h"

/* Between the two looks. */
#define DEFAULT_INTERVAL_MS 2000
#define MAX_INTERVAL_MS 60000

static struct json *
orphan_to_json(const struct orphan *orphan)
{
    struct json *row = json_object_create();

    json_object_put_string(row, "kind", orphan->kind);
    json_object_put_string(row, "object", orphan->object);
    json_object_put_string(row, "port_id", orphan->port_id);
    if (orphan->bridge) {
        json_object_put_string(row, "bridge", orphan->bridge);
        json_object_put_format(row, "uuid", UUID_FMT,
                               UUID_ARGS(&orphan->uuid));
    } else {
        json_object_put(row, "ifindex",
                        json_integer_create(orphan->ifindex));
    }
    json_object_put(row, "collected",
                    json_boolean_create(orphan->collected));
    if (orphan->error) {
        json_object_put(row, "error",
                        error_to_json(rpc_code_of(orphan->error),
                                      orphan->error, NULL));
    }
    return row;
}

static void
gc_done(void *call_, const struct vif_error *error,
        const struct orphan *const *orphans, size_t n)
{
    struct rpc_call *call = call_;

    if (error) {
        rpc_call_error(call, vif_error_clone(error), NULL);
        return;
    }

    struct json *rows = json_array_create_empty();
    for (size_t i = 0; i < n; i++) {
        json_array_add(rows, orphan_to_json(orphans[i]));
    }
    struct json *result = json_object_create();
    json_object_put(result, "orphans", rows);
    rpc_call_result(call, result);
}

struct vif_error *
rpc_gc(struct rpc_call *call, struct json **resultp OVS_UNUSED)
{
    struct rpc_params params;

    rpc_params_init(&params, call->request.params);
    const struct gc_request request = {
        .dry_run = rpc_params_bool(&params, "dry_run", false),
        .interval_ms = rpc_params_uint(&params, "interval_ms",
                                       MAX_INTERVAL_MS, DEFAULT_INTERVAL_MS),
        .timeout_ms = rpc_params_uint(&params, "timeout_ms",
                                      RPC_MAX_TIMEOUT_MS, 0),
    };
    struct vif_error *error = rpc_params_finish(&params);
    if (!error) {
        call->host->gc(call->host->aux, &request, gc_done, call);
    }
    return error;
}
