/* SPDX-License-Identifier: Apache-2.0 */

/* One request from line to answer. */

#include <config.h>

#include "rpc/call.h"

#include <stdlib.h>
#include <string.h>

#include "agent/budget.h"
#include "agent/config.h"
#include "engine/engine.h"
#include "lib/cleanup.h"
#include "openvswitch/json.h"
#include "openvswitch/vlog.h"
#include "report/details.h"
#include "rpc/line.h"
#include "rpc/methods.h"
#include "rpc/turns.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(rpc);

static struct vlog_rate_limit refused_rl = VLOG_RATE_LIMIT_INIT(60, 100);

const char *
rpc_log_text(const char *text)
{
    static char buf[208];

    ovs_strlcpy(buf, text, sizeof buf);
    for (char *p = buf; *p; p++) {
        if ((unsigned char) *p < ' ' || *p == 0x7f) {
            *p = '?';
        }
    }
    return buf;
}

void
rpc_caller_init(struct rpc_caller *caller, const struct rpc_host *host,
                const struct rpc_peer *peer,
                void (*send)(struct rpc_caller *, struct json *))
{
    memset(caller, 0, sizeof *caller);
    caller->host = host;
    caller->peer = *peer;
    snprintf(caller->name, sizeof caller->name, "uid %"PRIu32", pid %d",
             peer->uid, peer->pid);
    caller->queue = rpc_queue_create(
        host->turns, peer->uid, access_is_privileged(&host->access, peer));
    ovs_list_init(&caller->calls);
    caller->send = send;
}

void
rpc_caller_destroy(struct rpc_caller *caller)
{
    struct rpc_call *call;

    LIST_FOR_EACH_POP (call, node, &caller->calls) {
        call->caller = NULL;
    }
    rpc_queue_unref(caller->queue);
    free(caller->peer.groups);
}

static struct rpc_call *
call_create(struct rpc_caller *caller)
{
    struct rpc_call *call = xzalloc(sizeof *call);

    call->host = caller->host;
    call->caller = caller;
    call->queue = rpc_queue_ref(caller->queue);
    ovs_strlcpy(call->name, caller->name, sizeof call->name);
    ovs_list_push_back(&caller->calls, &call->node);
    ovs_list_push_back(caller->host->calls, &call->host_node);
    caller->n_calls++;
    return call;
}

static void
call_free(struct rpc_call *call)
{
    ovs_list_remove(&call->host_node);
    rpc_queue_unref(call->queue);
    rpc_request_destroy(&call->request);
    free(call);
}

/* Whether there is memory for what is under way and 'n' more ports. */
static struct vif_error *
check_memory(const struct rpc_call *call, size_t n)
{
    struct rpc_turns_stats stats;

    rpc_turns_get_stats(call->host->turns, &stats);
    return budget_check(call->host->budget, call->method->use,
                        stats.n_waiting + stats.n_running + n);
}

struct vif_error *
rpc_call_admit(const struct rpc_call *call, size_t n)
{
    struct vif_error *error = check_memory(call, n);

    return (error ? error
            : rpc_queue_admit(call->queue, n, call->n_bytes,
                              call->host->config->max_requests));
}

void
rpc_call_submit(struct rpc_call *call, struct request *request)
{
    /* Those of a call of many requests count with the first. */
    size_t n_bytes = call->n_bytes;

    call->n_bytes = 0;
    json_destroy(call->request.params);
    call->request.params = NULL;
    rpc_queue_submit(call->queue, request, n_bytes,
                     call->host->config->default_timeout_ms);
}

/* Sends 'message', which it takes over, if somebody waits for it. */
static void
call_finish(struct rpc_call *call, struct json *message)
{
    struct rpc_caller *caller = call->caller;

    if (caller) {
        ovs_list_remove(&call->node);
        caller->n_calls--;
    }
    if (caller && call->request.id) {
        caller->send(caller, message);
    } else {
        json_destroy(message);
    }
    call_free(call);
}

void
rpc_calls_abandon(struct ovs_list *calls)
{
    struct rpc_call *call, *next;

    LIST_FOR_EACH_SAFE (call, next, host_node, calls) {
        if (call->abandon) {
            call->abandon(call->pending);
        }
        if (call->caller) {
            ovs_list_remove(&call->node);
            call->caller->n_calls--;
        }
        call_free(call);
    }
}

/* An answer of one who does not know, or cannot do, all that it should says
 * so. */
static void
put_journal(const struct rpc_call *call, struct json *object)
{
    const struct rpc_host *host = call->host;
    struct json *journal = host->journal ? host->journal(host->aux) : NULL;

    if (journal && object->type == JSON_OBJECT) {
        json_object_put(object, "journal", journal);
    } else {
        json_destroy(journal);
    }
}

void
rpc_call_result(struct rpc_call *call, struct json *result)
{
    put_journal(call, result);
    call_finish(call, rpc_result_message(call->request.id,
                                         call->request.version_1, result));
}

static void
call_error_as(struct rpc_call *call, int code, struct vif_error *error,
              struct json *more)
{
    const struct json *port_id =
        more ? shash_find_data(json_object(more), "port_id") : NULL;

    VLOG_WARN_RL(&refused_rl, "%s%s%s for %s: %s",
                 port_id ? json_string(port_id) : "", port_id ? ": " : "",
                 call->method ? call->method->name : "request", call->name,
                 rpc_log_text(error->message));
    call_finish(call, rpc_error_message(call->request.id,
                                        call->request.version_1,
                                        error_to_json(code, error, more)));
    vif_error_destroy(error);
}

void
rpc_call_error(struct rpc_call *call, struct vif_error *error,
               struct json *more)
{
    bool params = (error->code == VIF_ERR_INVALID && error->where
                   && !strncmp(error->where, "params", strlen("params")));

    more = more ? more : json_object_create();
    put_journal(call, more);
    call_error_as(call, params ? RPC_INVALID_PARAMS : rpc_code_of(error),
                  error, more);
}

/* Whether the caller may call the method at all. */
static struct vif_error *
check_access(const struct rpc_call *call)
{
    const struct access *access = &call->host->access;
    const struct rpc_peer *peer = &call->caller->peer;
    const char *name = call->method->name;
    bool may = false;

    switch (call->method->access) {
    case RPC_ACCESS_NONE:
        may = true;
        break;
    case RPC_ACCESS_SOMEWHERE:
    case RPC_ACCESS_PORT:
        may = access_may_somewhere(access, peer, name);
        break;
    case RPC_ACCESS_EVERYWHERE:
        may = access_may_everywhere(access, peer, name);
        break;
    }
    return may ? NULL : vif_error_create(
        VIF_ERR_ACCESS, "user %"PRIu32" may not call \"%s\"%s: see \"access\" "
        "in vifd's configuration", peer->uid, name,
        call->method->access == RPC_ACCESS_EVERYWHERE
        ? ", which needs a rule for all physical networks and all PCI "
          "addresses" : "");
}

static void
call_run(struct rpc_call *call)
{
    call->method = rpc_method_find(call->request.method);
    if (!call->method) {
        call_error_as(call, RPC_UNKNOWN_METHOD,
                      vif_error_with_where(
                          vif_error_create(VIF_ERR_INVALID, "there is no "
                                           "method \"%s\"",
                                           call->request.method), "method"),
                      NULL);
        return;
    }

    struct vif_error *error = check_access(call);
    struct json *result = NULL;
    if (!error) {
        error = check_memory(call, 0);
    }
    if (!error) {
        VLOG_DBG("%s: %s", call->name, call->method->name);
        error = call->method->run(call, &result);
    }
    if (error) {
        rpc_call_error(call, error, NULL);
    } else if (result) {
        rpc_call_result(call, result);
    }
}

void
rpc_caller_line(struct rpc_caller *caller, const char *line, size_t length)
{
    if (!line[strspn(line, " \t")] && strlen(line) == length) {
        return;                 /* An empty line is nobody's request. */
    }

    struct rpc_call *call = call_create(caller);
    int code = RPC_PARSE_ERROR;
    call->n_bytes = length;
    struct vif_error *error = line_check(line, length);
    if (error) {
        bool of_id = error->where && !strcmp(error->where, "id");
        call->request.id = (of_id ? json_null_create()
                            : rpc_request_find_id(line, length));
    } else {
        error = rpc_request_parse(line, &call->request, &code);
    }

    if (error) {
        call_error_as(call, code, error, NULL);
    } else {
        call_run(call);
    }
}

void
rpc_caller_refuse_line(struct rpc_caller *caller, struct vif_error *error)
{
    struct rpc_call *call = call_create(caller);

    call->request.id = json_null_create();
    call_error_as(call, (error->code == VIF_ERR_INVALID ? RPC_PARSE_ERROR
                         : rpc_code_of(error)), error, NULL);
}
