/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RPC_CALL_H
#define RPC_CALL_H 1

/* One request from the line it came in to the line that answers it.  Between
 * the two lies a method (methods.h), which may answer at once or later.
 * Knows nothing of sockets: a caller is whoever hands in lines and takes
 * messages. */

#include <stdbool.h>
#include <stddef.h>

#include <vif/error.h>

#include "agent/orphans.h"
#include "openvswitch/list.h"
#include "rpc/access.h"
#include "rpc/message.h"

struct budget;
struct config;
struct device_host;
struct engine;
struct json;
struct request;
struct rpc_call;
struct rpc_method;
struct rpc_queue;
struct rpc_turns;

/* How a reload ended: 'error' (the old configuration stays), or the names of
 * options that changed but need a restart. */
typedef void rpc_reload_cb(void *aux, const struct vif_error *error,
                           const char *const *frozen, size_t n_frozen);

/* How making the journal anew ended: 'error' or 'result', which is the
 * callee's. */
typedef void rpc_rebuild_cb(void *aux, const struct vif_error *error,
                            struct json *result);

/* What methods act upon.  The daemon fills it in. */
struct rpc_host {
    struct engine *engine;
    const struct config *config;
    struct access access;

    struct json *(*capabilities)(void *aux);
    /* Calls 'done' once, now or later. */
    void (*reload)(void *aux, rpc_reload_cb *done, void *done_aux);
    void (*gc)(void *aux, const struct gc_request *, gc_done_cb *done,
               void *done_aux);
    /* What may be asked about devices, valid for this turn; or why not yet. */
    struct vif_error *(*devices)(void *aux, struct device_host *);
    /* What is wrong with the journal, or NULL.  Optional. */
    struct json *(*journal)(void *aux);
    /* Makes it anew; 'key' may be NULL.  Calls 'done' once, now or later. */
    void (*rebuild)(void *aux, const char *key, rpc_rebuild_cb *done,
                    void *done_aux);
    void *aux;

    struct ovs_list *calls;     /* All struct rpc_call not answered yet. */
    struct rpc_turns *turns;    /* The way to the engine. */
    struct budget *budget;      /* Memory; NULL: as much as anybody wants. */
};

/* Somebody who calls: one client. */
struct rpc_caller {
    const struct rpc_host *host;
    struct rpc_peer peer;
    char name[64];              /* For the log: "uid 0, pid 4711". */

    struct rpc_queue *queue;    /* Of its requests for the engine. */
    struct ovs_list calls;      /* struct rpc_call: not answered yet. */
    size_t n_calls;
    bool watching;              /* Asked for notifications. */
    bool replay;                /* Set by "watch": every port first. */

    /* Takes 'message' over.  Called for answers; not for notifications. */
    void (*send)(struct rpc_caller *, struct json *message);
};

/* 'peer' is taken over. */
void rpc_caller_init(struct rpc_caller *, const struct rpc_host *,
                     const struct rpc_peer *peer,
                     void (*send)(struct rpc_caller *, struct json *));

/* What is under way goes on; its answers go nowhere. */
void rpc_caller_destroy(struct rpc_caller *);

/* A line has come: checks it, finds the method, calls it.  Every line with a
 * request gets an answer, now or later, unless it is a notification. */
void rpc_caller_line(struct rpc_caller *, const char *line, size_t length);

/* A line was not taken because of 'error', which is taken over: too long, too
 * much at once.  It is answered all the same. */
void rpc_caller_refuse_line(struct rpc_caller *, struct vif_error *error);

struct rpc_call {
    const struct rpc_host *host;
    struct rpc_caller *caller;  /* NULL once it has left. */
    struct ovs_list node;       /* In caller->calls. */
    struct rpc_request request;
    size_t n_bytes;             /* Of the line it came in. */
    const struct rpc_method *method;    /* NULL if unknown. */
    char name[64];              /* Of the caller. */
    struct rpc_queue *queue;    /* The caller's. */

    /* For a method that answers later: frees 'pending', which is its own,
     * when no answer will come any more. */
    void (*abandon)(void *pending);
    void *pending;
    struct ovs_list host_node;  /* In host->calls. */
};

/* Each answers and frees the call.  'result', 'error' and 'more', further
 * members of the error's "data", are taken over; 'more' may be NULL. */
void rpc_call_result(struct rpc_call *, struct json *result);
void rpc_call_error(struct rpc_call *, struct vif_error *error,
                    struct json *more);

/* Whether there is room, and memory, for 'n' more ports.  To be asked once for
 * each call before its first rpc_call_submit(). */
struct vif_error *rpc_call_admit(const struct rpc_call *, size_t n)
    VIF_WARN_UNUSED;

/* Hands 'request', whose bindings are taken over, to the engine when it is the
 * caller's turn; the params are not needed any more. */
void rpc_call_submit(struct rpc_call *, struct request *);

/* Frees all calls that are not answered yet: the engine has gone. */
void rpc_calls_abandon(struct ovs_list *calls);

/* Text from outside in a form that is fit for one line of log: control
 * characters become '?', and it ends after some 200 bytes.  Static buffer. */
const char *rpc_log_text(const char *);

#endif /* rpc/call.h */
