/* SPDX-License-Identifier: Apache-2.0 */

/* Methods that go through the engine and take ports one by one. */

#include <config.h>

#include "rpc/methods.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "binding/json-array.h"
#include "engine/engine.h"
#include "lib/cleanup.h"
#include "openvswitch/json.h"
#include "report/details.h"
#include "rpc/call.h"
#include "rpc/params.h"
#include "rpc/ports.h"
#include "rpc/results.h"
#include "sset.h"
#include "util.h"

#define WINDOW 256              /* Of one call at the engine at once. */

/* What a call does to each of its ports. */
struct each {
    struct rpc_call *call;
    enum request_kind kind;
    bool several;               /* The answer is an array. */
    bool verdicts;              /* A port that is not well is an answer, not
                                 * an error. */
    uint32_t timeout_ms;
    enum wait_for wait;

    struct each_port *ports;
    size_t n, n_submitted, n_done;
    bool submitting;            /* Within each_submit(). */

    struct vif_error *error;    /* The first failure, and what it adds. */
    struct json *more;
};

struct each_port {
    struct each *each;
    char *port_id;
    struct json *row;           /* NULL until it is done. */
};

static struct json *
verdict_to_json(const struct port_result *result)
{
    struct json *row = json_object_create();

    json_object_put_string(row, "port_id", result->port_id);
    json_object_put(row, "ok",
                    json_boolean_create(result->outcome == OUTCOME_DONE));
    json_object_put_string(row, "state", port_state_name(result->state));
    json_object_put_string(row, "outcome", outcome_name(result->outcome));
    json_object_put(row, "changed", json_boolean_create(result->changed));
    if (result->error) {
        json_object_put(row, "error",
                        error_to_json(rpc_code_of(result->error),
                                      result->error, NULL));
    }
    return row;
}

static struct json *
each_take_rows(struct each *each)
{
    struct json *rows = json_array_create_empty();

    for (size_t i = 0; i < each->n; i++) {
        json_array_add(rows, TAKE(each->ports[i].row));
    }
    return rows;
}

static void
each_free(void *each_)
{
    struct each *each = each_;

    for (size_t i = 0; i < each->n; i++) {
        json_destroy(each->ports[i].row);
        free(each->ports[i].port_id);
    }
    free(each->ports);
    vif_error_destroy(each->error);
    json_destroy(each->more);
    free(each);
}

static void
each_answer(struct each *each)
{
    struct json *rows = each_take_rows(each);

    if (each->error) {
        if (each->several) {
            json_object_put(each->more, "ports", json_clone(rows));
        }
        rpc_call_error(each->call, TAKE(each->error), TAKE(each->more));
    } else if (each->several) {
        struct json *result = json_object_create();
        json_object_put(result, "ports", json_clone(rows));
        rpc_call_result(each->call, result);
    } else {
        rpc_call_result(each->call, json_clone(json_array_at(rows, 0)));
    }
    json_destroy(rows);
    each_free(each);
}

static void each_submit(struct each *);

static void
each_done(void *port_, const struct port_result *result, size_t n OVS_UNUSED)
{
    struct each_port *port = port_;
    struct each *each = port->each;

    if (each->verdicts) {
        port->row = verdict_to_json(result);
    } else {
        port->row = rpc_result_to_json(result);
        if (result->outcome != OUTCOME_DONE && !each->error) {
            each->error = rpc_error_of(result, NULL);
            each->more = rpc_failure_to_json(result);
        }
    }
    if (result->outcome == OUTCOME_DONE && each->kind != REQUEST_CHECK) {
        rpc_log_done(each->call, result);
    }
    each->n_done++;
    each_submit(each);
}

/* Hands the engine as many ports as it may have at once. */
static void
each_submit(struct each *each)
{
    if (each->submitting) {
        return;
    }
    each->submitting = true;
    while (each->n_submitted < each->n
           && each->n_submitted - each->n_done < WINDOW) {
        struct each_port *port = &each->ports[each->n_submitted++];
        struct vif_binding binding;
        struct request request = {
            .kind = each->kind,
            .bindings = &binding,
            .n = 1,
            .timeout_ms = each->timeout_ms,
            .wait = each->wait,
            .done = each_done,
            .aux = port,
        };

        vif_binding_init(&binding);
        binding.port_id = xstrdup(port->port_id);
        rpc_call_submit(each->call, &request);
        vif_binding_destroy(&binding);
    }
    each->submitting = false;

    if (each->n_done == each->n) {
        each_answer(each);
    }
}

/* Starts 'kind' for the ports in 'ids', whose strings it copies. */
static struct vif_error *
each_start(struct rpc_call *call, enum request_kind kind, bool several,
           uint32_t timeout_ms, enum wait_for wait, const char *const *ids,
           size_t n)
{
    struct vif_error *error = rpc_call_admit(call, MIN(n, WINDOW));
    if (error) {
        return error;
    }

    struct each *each = xzalloc(sizeof *each);

    each->call = call;
    each->kind = kind;
    each->several = several;
    each->verdicts = kind == REQUEST_CHECK || kind == REQUEST_REPAIR;
    each->timeout_ms = timeout_ms;
    each->wait = wait;
    each->ports = xcalloc(MAX(n, 1), sizeof *each->ports);
    each->n = n;
    call->pending = each;
    call->abandon = each_free;
    for (size_t i = 0; i < n; i++) {
        each->ports[i].each = each;
        each->ports[i].port_id = xstrdup(ids[i]);
    }
    each_submit(each);
    return NULL;
}

/* Whether 'port_id' could be one, and the caller may call the method for it.*/
static struct vif_error *
check_port_id(const struct rpc_call *call, const char *port_id,
              const char *where)
{
    size_t length = strlen(port_id);
    if (!length || length > VIF_PORT_ID_MAX) {
        return vif_error_with_where(
            vif_error_create(VIF_ERR_INVALID, "%s: must have 1 to %d "
                             "characters", where, VIF_PORT_ID_MAX), where);
    }
    return rpc_authorize_port(call, port_id, where);
}

/* How many ids "port_ids" has. */
static struct vif_error *
count_port_ids(const struct json *json, size_t *np)
{
    *np = json->type == JSON_ARRAY ? json_array_size(json) : 0;
    return (*np && *np <= RPC_MAX_PORTS ? NULL
            : vif_error_with_where(
                vif_error_create(VIF_ERR_INVALID, "params.port_ids: must be "
                                 "an array of 1 to %d strings",
                                 RPC_MAX_PORTS), "params.port_ids"));
}

/* Reads "port_ids" into 'ids', which has room for them; the strings live as
 * long as 'json'. */
static struct vif_error *
read_port_ids(const struct rpc_call *call, const struct json *json,
              const char **ids)
{
    struct sset seen = SSET_INITIALIZER(&seen);
    struct vif_error *error = NULL;

    for (size_t i = 0; i < json_array_size(json) && !error; i++) {
        const struct json *id = json_array_at(json, i);
        CLEANUP_FREE char *where = xasprintf("params.port_ids[%"PRIuSIZE"]",
                                             i);
        if (id->type != JSON_STRING || !sset_add(&seen, json_string(id))) {
            error = vif_error_create(VIF_ERR_INVALID, "%s: %s", where,
                                     id->type != JSON_STRING
                                     ? "must be a string" : "is there twice");
            error = vif_error_with_where(error, where);
        } else {
            ids[i] = json_string(id);
            error = check_port_id(call, ids[i], where);
        }
    }
    sset_destroy(&seen);
    return error;
}

/* The method for the port "port_id", or for those in "port_ids" if
 * 'may_be_several'. */
static struct vif_error *
run_for_named(struct rpc_call *call, enum request_kind kind,
              bool may_be_several)
{
    static const char *const waits[] = { "released", "committed", NULL };
    struct rpc_params params;

    rpc_params_init(&params, call->request.params);
    const char *id = rpc_params_text(&params, "port_id");
    enum wait_for wait = (kind == REQUEST_UNPLUG
                          && rpc_params_word(&params, "wait", waits, 0)
                          ? WAIT_COMMITTED : WAIT_PROVEN);
    const struct json *several = (may_be_several
                                  ? rpc_params_any(&params, "port_ids")
                                  : NULL);
    uint32_t timeout_ms = rpc_params_uint(&params, "timeout_ms",
                                          RPC_MAX_TIMEOUT_MS, 0);
    struct vif_error *error = rpc_params_finish(&params);
    if (error) {
        return error;
    } else if (!id == !several) {
        return vif_error_with_where(
            vif_error_create(VIF_ERR_INVALID, "params: needs %s",
                             may_be_several ? "either port_id or port_ids"
                             : "port_id"), "params");
    }

    size_t n = 1;
    error = several ? count_port_ids(several, &n) : NULL;
    if (error) {
        return error;
    }

    CLEANUP_FREE const char **ids = xcalloc(n, sizeof *ids);
    ids[0] = id;
    error = (several ? read_port_ids(call, several, ids)
             : check_port_id(call, id, "params.port_id"));
    return error ? error : each_start(call, kind, several != NULL,
                                      timeout_ms, wait, ids, n);
}

/* The method for the port "port_id", or for all there are.  The answer is an
 * array in either case. */
static struct vif_error *
run_for_one_or_all(struct rpc_call *call, enum request_kind kind)
{
    struct rpc_params params;

    rpc_params_init(&params, call->request.params);
    const char *id = rpc_params_text(&params, "port_id");
    uint32_t timeout_ms = rpc_params_uint(&params, "timeout_ms",
                                          RPC_MAX_TIMEOUT_MS, 0);
    struct vif_error *error = rpc_params_finish(&params);
    if (error) {
        return error;
    }
    if (id) {
        error = check_port_id(call, id, "params.port_id");
        if (error) {
            return error;
        }
        if (!engine_find_port(call->host->engine, id,
                              &(struct engine_port_view) { 0 })) {
            return vif_error_with_where(
                vif_error_create(VIF_ERR_NOT_FOUND, "there is no port "
                                 "\"%s\"", id), "params.port_id");
        }
        return each_start(call, kind, true, timeout_ms, WAIT_PROVEN, &id, 1);
    }

    /* Without a journal there may be more ports than are known. */
    const struct vif_error *why = engine_journal_error(call->host->engine);
    if (why && kind != REQUEST_CHECK) {
        return vif_error_wrap(vif_error_clone(why), "nothing new is begun");
    }

    CLEANUP_FREE struct engine_port_view *views = NULL;
    size_t n;
    rpc_visible_ports(call->caller, call->method->name, &views, &n);

    CLEANUP_FREE const char **ids = xcalloc(MAX(n, 1), sizeof *ids);
    for (size_t i = 0; i < n; i++) {
        ids[i] = views[i].port_id;
    }
    return each_start(call, kind, true, timeout_ms, WAIT_PROVEN, ids, n);
}

struct vif_error *
rpc_unplug(struct rpc_call *call, struct json **resultp OVS_UNUSED)
{
    return run_for_named(call, REQUEST_UNPLUG, true);
}

struct vif_error *
rpc_activate(struct rpc_call *call, struct json **resultp OVS_UNUSED)
{
    return run_for_named(call, REQUEST_ACTIVATE, false);
}

struct vif_error *
rpc_abort(struct rpc_call *call, struct json **resultp OVS_UNUSED)
{
    return run_for_named(call, REQUEST_ABORT, false);
}

struct vif_error *
rpc_check(struct rpc_call *call, struct json **resultp OVS_UNUSED)
{
    return run_for_one_or_all(call, REQUEST_CHECK);
}

struct vif_error *
rpc_repair(struct rpc_call *call, struct json **resultp OVS_UNUSED)
{
    return run_for_one_or_all(call, REQUEST_REPAIR);
}
