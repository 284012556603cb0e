/* SPDX-License-Identifier: Apache-2.0 */

/* The engine's results as parts of answers. */

#include <config.h>

#include "rpc/results.h"

#include <string.h>

#include "engine/engine.h"
#include "lib/cleanup.h"
#include "openvswitch/json.h"
#include "openvswitch/vlog.h"
#include "report/details.h"
#include "rpc/call.h"
#include "rpc/methods.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(rpc_port);

void
rpc_log_done(const struct rpc_call *call, const struct port_result *result)
{
    VLOG_INFO("%s: %s by %s: done in %lld.%03lld ms, now %s%s",
              result->port_id, call->method->name, call->name,
              result->total_us / 1000, result->total_us % 1000,
              port_state_name(result->state),
              result->changed ? "" : ", nothing was changed");
    for (size_t i = 0; i < result->n_warnings; i++) {
        VLOG_WARN("%s: %s", result->port_id,
                  rpc_log_text(result->warnings[i]));
    }
}

struct json *
rpc_failure_to_json(const struct port_result *result)
{
    struct json *more = json_object_create();

    json_object_put_string(more, "port_id", result->port_id);
    /* A request that was refused before its first step has no outcome. */
    if (result->n_timings || result->outcome != OUTCOME_FAILED_CLEAN) {
        json_object_put_string(more, "outcome",
                               outcome_name(result->outcome));
    }
    json_object_put_string(more, "state", port_state_name(result->state));
    return more;
}

struct json *
rpc_result_to_json(const struct port_result *result)
{
    if (result->outcome == OUTCOME_DONE) {
        return details_to_json(result);
    }

    CLEANUP_ERROR struct vif_error *error = rpc_error_of(result, NULL);
    struct json *row = rpc_failure_to_json(result);
    json_object_put(row, "error",
                    error_to_json(rpc_code_of(error), error, NULL));
    return row;
}

/* The member of a binding that 'where' of an engine's error is about; NULL if
 * it is a claim or a thing that follows from no single one. */
static const char *
member_of(const char *where)
{
    static const struct {
        const char *claim, *member;
    } members[] = {
        { "tap ", "device_name" },
        { "netdev:", "device_name" },
        { "ovs-port:", "device_name" },
        { "iface-id:", "interface_id" },
        { "mac:", "mac_address" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
        if (!strncmp(where, members[i].claim, strlen(members[i].claim))) {
            return members[i].member;
        }
    }
    return where[strcspn(where, ":/ ")] ? NULL : where;
}

struct vif_error *
rpc_error_of(const struct port_result *result, const char *prefix)
{
    struct vif_error *error = vif_error_clone(result->error);
    const char *member = error->where ? member_of(error->where) : NULL;

    if (error->where && prefix) {
        CLEANUP_FREE char *where = xasprintf("%s%s%s", prefix,
                                             member ? "." : "",
                                             member ? member : "");
        error = vif_error_with_where(error, where);
    } else if (error->where && strcmp(error->where, member ? member : "")) {
        error = vif_error_with_where(error, member);
    }
    return error;
}
