/* SPDX-License-Identifier: Apache-2.0 */

/* Methods about vifd itself. */

#include <config.h>

#include "rpc/methods.h"

#include <unistd.h>

#include <vif/plugin.h>

#include "agent/config.h"
#include "openvswitch/json.h"
#include "rpc/call.h"
#include "rpc/line.h"
#include "rpc/params.h"
#include "util.h"

struct vif_error *
rpc_hello(struct rpc_call *call, struct json **resultp)
{
    struct rpc_params params;

    rpc_params_init(&params, call->request.params);
    uint32_t version = rpc_params_uint(&params, "version", UINT32_MAX,
                                       RPC_PROTOCOL_VERSION);
    const char *client = rpc_params_text(&params, "client");
    struct vif_error *error = rpc_params_finish(&params);
    if (error) {
        return error;
    } else if (version != RPC_PROTOCOL_VERSION) {
        return vif_error_with_where(
            vif_error_create(VIF_ERR_UNSUPPORTED, "vifd speaks version %d of "
                             "its protocol, not %"PRIu32,
                             RPC_PROTOCOL_VERSION, version),
            "params.version");
    }
    if (client) {
        struct rpc_caller *caller = call->caller;
        snprintf(caller->name, sizeof caller->name,
                 "%.24s (uid %"PRIu32", pid %d)", rpc_log_text(client),
                 caller->peer.uid, caller->peer.pid);
    }

    struct json *names = json_array_create_empty();
    size_t n;
    const struct rpc_method *methods = rpc_methods(&n);
    for (size_t i = 0; i < n; i++) {
        json_array_add(names, json_string_create(methods[i].name));
    }

    struct json *limits = json_object_create();
    json_object_put(limits, "line", json_integer_create(LINE_MAX_BYTES));
    json_object_put(limits, "depth", json_integer_create(LINE_MAX_DEPTH));
    json_object_put(limits, "in_flight",
                    json_integer_create(call->host->config->max_in_flight));

    *resultp = json_object_create();
    json_object_put(*resultp, "version",
                    json_integer_create(RPC_PROTOCOL_VERSION));
    json_object_put_string(*resultp, "server", "vifd");
    json_object_put_string(*resultp, "release", PACKAGE_VERSION);
    json_object_put(*resultp, "methods", names);
    json_object_put(*resultp, "limits", limits);
    return NULL;
}

/* The params of a method that takes none. */
static struct vif_error *
expect_no_params(const struct rpc_call *call)
{
    struct rpc_params params;

    rpc_params_init(&params, call->request.params);
    return rpc_params_finish(&params);
}

struct vif_error *
rpc_version(struct rpc_call *call, struct json **resultp)
{
    struct vif_error *error = expect_no_params(call);
    if (!error) {
        *resultp = json_object_create();
        json_object_put_string(*resultp, "server", "vifd");
        json_object_put_string(*resultp, "release", PACKAGE_VERSION);
        json_object_put(*resultp, "version",
                        json_integer_create(RPC_PROTOCOL_VERSION));
        json_object_put(*resultp, "plugin_abi",
                        json_integer_create(VIF_PLUGIN_ABI));
        json_object_put(*resultp, "pid", json_integer_create(getpid()));
    }
    return error;
}

struct vif_error *
rpc_capabilities(struct rpc_call *call, struct json **resultp)
{
    struct vif_error *error = expect_no_params(call);
    if (!error) {
        *resultp = call->host->capabilities(call->host->aux);
    }
    return error;
}

static void
reload_done(void *call_, const struct vif_error *error,
            const char *const *frozen, size_t n_frozen)
{
    struct rpc_call *call = call_;

    if (error) {
        rpc_call_error(call, vif_error_clone(error), NULL);
        return;
    }

    struct json *names = json_array_create_empty();
    for (size_t i = 0; i < n_frozen; i++) {
        json_array_add(names, json_string_create(frozen[i]));
    }
    struct json *result = json_object_create();
    json_object_put(result, "reloaded", json_boolean_create(true));
    json_object_put(result, "restart_needed", names);
    rpc_call_result(call, result);
}

struct vif_error *
rpc_reload(struct rpc_call *call, struct json **resultp OVS_UNUSED)
{
    struct vif_error *error = expect_no_params(call);
    if (!error) {
        call->host->reload(call->host->aux, reload_done, call);
    }
    return error;
}

static void
rebuild_done(void *call_, const struct vif_error *error, struct json *result)
{
    struct rpc_call *call = call_;

    if (error) {
        json_destroy(result);
        rpc_call_error(call, vif_error_clone(error), NULL);
    } else {
        rpc_call_result(call, result);
    }
}

struct vif_error *
rpc_rebuild(struct rpc_call *call, struct json **resultp OVS_UNUSED)
{
    struct rpc_params params;

    rpc_params_init(&params, call->request.params);
    const char *key = rpc_params_text(&params, "key");
    struct vif_error *error = rpc_params_finish(&params);
    if (!error) {
        call->host->rebuild(call->host->aux, key, rebuild_done, call);
    }
    return error;
}
