/* SPDX-License-Identifier: Apache-2.0 */

/* Plug: one port, or several of which all are plugged or none. */

#include <config.h>

#include "rpc/methods.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "binding/json-array.h"
#include "engine/engine.h"
#include "lib/binding-profile.h"
#include "lib/cleanup.h"
#include "openvswitch/json.h"
#include "report/details.h"
#include "rpc/call.h"
#include "rpc/params.h"
#include "rpc/ports.h"
#include "rpc/results.h"
#include "sset.h"
#include "util.h"

struct plug {
    struct rpc_call *call;
    bool several;
};

/* The failure to answer with: of the port that was the culprit, not of one
 * that failed because of it.  The latter's error is the former's, wrapped, so
 * that it is longer. */
static size_t
find_culprit(const struct port_result *results, size_t n)
{
    size_t culprit = n;

    for (size_t i = 0; i < n; i++) {
        if (results[i].outcome != OUTCOME_DONE
            && (culprit == n
                || (strlen(results[i].error->message)
                    < strlen(results[culprit].error->message)))) {
            culprit = i;
        }
    }
    return culprit;
}

static void
plug_failed(struct plug *plug, const struct port_result *results, size_t n,
            size_t culprit)
{
    CLEANUP_FREE char *prefix =
        (plug->several ? xasprintf("params.bindings[%"PRIuSIZE"]", culprit)
         : xstrdup("params.binding"));
    struct vif_error *error = rpc_error_of(&results[culprit], prefix);
    struct json *more = rpc_failure_to_json(&results[culprit]);

    if (plug->several) {
        struct json *ports = json_array_create_empty();
        enum outcome outcome = OUTCOME_FAILED_CLEAN;

        for (size_t i = 0; i < n; i++) {
            json_array_add(ports, rpc_result_to_json(&results[i]));
            outcome = MAX(outcome, results[i].outcome);
        }
        json_object_put(more, "ports", ports);
        json_object_put_string(more, "outcome", outcome_name(outcome));
        error = vif_error_wrap(error, "port %s", results[culprit].port_id);
    }
    rpc_call_error(plug->call, error, more);
}

static void
plug_done(void *plug_, const struct port_result *results, size_t n)
{
    struct plug *plug = plug_;
    size_t culprit = find_culprit(results, n);

    if (culprit < n) {
        plug_failed(plug, results, n, culprit);
    } else {
        struct json *ports = json_array_create_empty();

        for (size_t i = 0; i < n; i++) {
            rpc_log_done(plug->call, &results[i]);
            json_array_add(ports, details_to_json(&results[i]));
        }
        if (plug->several) {
            struct json *result = json_object_create();
            json_object_put(result, "ports", ports);
            rpc_call_result(plug->call, result);
        } else {
            rpc_call_result(plug->call,
                            json_clone(json_array_at(ports, 0)));
            json_destroy(ports);
        }
    }
    free(plug);
}

static void
destroy_bindings(struct vif_binding *bindings, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        vif_binding_destroy(&bindings[i]);
    }
    free(bindings);
}

/* What no two ports of one request may have in common. */
static struct vif_error *
check_distinct(struct sset *seen, const char *where, const char *member,
               const char *value)
{
    CLEANUP_FREE char *key = xasprintf("%s %s", member, value);

    if (sset_add(seen, key)) {
        return NULL;
    }

    CLEANUP_FREE char *path = xasprintf("%s.%s", where, member);
    return vif_error_with_where(
        vif_error_create(VIF_ERR_INVALID, "%s: \"%s\" is there twice", path,
                         value), path);
}

static struct vif_error *
check_against_others(struct sset *seen, const char *where,
                     const struct vif_binding *binding)
{
    char name[VIF_DEVICE_NAME_BUFSIZE];
    struct vif_error *error = check_distinct(seen, where, "port_id",
                                             binding->port_id);

    return (error || !binding_has_tap(binding->vnic_type) ? error
            : check_distinct(seen, where, "device_name",
                             vif_binding_device_name(binding, name)));
}

/* Reads "bindings" into an array of '*np' of them. */
static struct vif_error *
read_bindings(const struct rpc_call *call, const struct json *json,
              struct vif_binding **bindingsp, size_t *np)
{
    if (json->type != JSON_ARRAY || !json_array_size(json)
        || json_array_size(json) > RPC_MAX_PORTS) {
        return vif_error_with_where(
            vif_error_create(VIF_ERR_INVALID, "params.bindings: must be an "
                             "array of 1 to %d bindings", RPC_MAX_PORTS),
            "params.bindings");
    }

    size_t n = json_array_size(json);
    struct vif_binding *bindings = xcalloc(n, sizeof *bindings);
    struct sset seen = SSET_INITIALIZER(&seen);
    struct vif_error *error = NULL;
    size_t i;

    for (i = 0; i < n && !error; i++) {
        CLEANUP_FREE char *where = xasprintf("params.bindings[%"PRIuSIZE"]",
                                             i);
        error = rpc_read_binding(call, json_array_at(json, i), where,
                                 &bindings[i]);
        if (!error) {
            error = check_against_others(&seen, where, &bindings[i]);
        }
    }
    sset_destroy(&seen);
    if (error) {
        destroy_bindings(bindings, i);
        return error;
    }
    *bindingsp = bindings;
    *np = n;
    return NULL;
}

static struct vif_error *
read_one_or_several(const struct rpc_call *call, const struct json *one,
                    const struct json *several,
                    struct vif_binding **bindingsp, size_t *np)
{
    if (!one == !several) {
        return vif_error_with_where(
            vif_error_create(VIF_ERR_INVALID, "params: needs either binding "
                             "or bindings"), "params");
    } else if (several) {
        return read_bindings(call, several, bindingsp, np);
    }

    struct vif_binding *binding = xcalloc(1, sizeof *binding);
    struct vif_error *error = rpc_read_binding(call, one, "params.binding",
                                               binding);
    if (error) {
        free(binding);
        return error;
    }
    *bindingsp = binding;
    *np = 1;
    return NULL;
}

struct vif_error *
rpc_plug(struct rpc_call *call, struct json **resultp OVS_UNUSED)
{
    static const char *const waits[] = { "ofport", "committed", NULL };
    struct rpc_params params;

    rpc_params_init(&params, call->request.params);
    const struct json *one = rpc_params_any(&params, "binding");
    const struct json *several = rpc_params_any(&params, "bindings");
    int wait = rpc_params_word(&params, "wait", waits, 0);
    uint32_t timeout_ms = rpc_params_uint(&params, "timeout_ms",
                                          RPC_MAX_TIMEOUT_MS, 0);
    struct vif_error *error = rpc_params_finish(&params);
    if (error) {
        return error;
    }

    struct vif_binding *bindings = NULL;
    size_t n = 0;
    error = read_one_or_several(call, one, several, &bindings, &n);
    if (error) {
        return error;
    }
    error = rpc_call_admit(call, n);
    if (error) {
        destroy_bindings(bindings, n);
        return error;
    }

    struct plug *plug = xmalloc(sizeof *plug);
    plug->call = call;
    plug->several = several != NULL;
    call->pending = plug;
    call->abandon = free;

    struct request request = {
        .kind = REQUEST_PLUG,
        .bindings = bindings,
        .n = n,
        .wait = wait ? WAIT_COMMITTED : WAIT_PROVEN,
        .timeout_ms = timeout_ms,
        .done = plug_done,
        .aux = plug,
    };
    rpc_call_submit(call, &request);
    free(bindings);
    return NULL;
}
