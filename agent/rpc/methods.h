/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RPC_METHODS_H
#define RPC_METHODS_H 1

/* The methods: one function each, and one table.  doc/protocol.md describes
 * them for those who call. */

#include <stddef.h>

#include <vif/error.h>

#include "agent/budget.h"

struct config;
struct json;
struct rpc_call;

#define RPC_PROTOCOL_VERSION 1

/* Whom a method is for, decided before it runs. */
enum rpc_access {
    RPC_ACCESS_NONE,        /* Everybody who can connect. */
    RPC_ACCESS_SOMEWHERE,   /* A rule allows it for some physical network. */
    RPC_ACCESS_EVERYWHERE,  /* A rule allows it for all: it is not about one
                             * network. */
    RPC_ACCESS_PORT,        /* As SOMEWHERE; the method asks again for each
                             * port, when it knows its physical network. */
};

struct rpc_method {
    const char *name;
    enum rpc_access access;
    enum budget_use use;    /* What memory is asked for: before it runs, and
                             * again when the number of ports is known. */

    /* Returns an error, which becomes the answer; or NULL and a result; or
     * NULL without a result, and answers 'call' later, or has already done
     * so. */
    struct vif_error *(*run)(struct rpc_call *call, struct json **resultp);
};

const struct rpc_method *rpc_method_find(const char *name);
const struct rpc_method *rpc_methods(size_t *np);

/* Whether every method that the rules of 'config' name exists. */
struct vif_error *rpc_methods_check_access(const struct config *config)
    VIF_WARN_UNUSED;

#define RPC_MAX_PORTS 4096      /* In one request. */
#define RPC_MAX_TIMEOUT_MS 3600000

/* methods-plug.c and methods-port.c: what goes through the engine. */
struct vif_error *rpc_plug(struct rpc_call *, struct json **);
struct vif_error *rpc_unplug(struct rpc_call *, struct json **);
struct vif_error *rpc_activate(struct rpc_call *, struct json **);
struct vif_error *rpc_abort(struct rpc_call *, struct json **);
struct vif_error *rpc_check(struct rpc_call *, struct json **);
struct vif_error *rpc_repair(struct rpc_call *, struct json **);

/* methods-look.c: what only looks. */
struct vif_error *rpc_plan(struct rpc_call *, struct json **);
struct vif_error *rpc_list(struct rpc_call *, struct json **);
struct vif_error *rpc_show(struct rpc_call *, struct json **);
struct vif_error *rpc_watch(struct rpc_call *, struct json **);

/* methods-devices.c: the devices of the host. */
struct vif_error *rpc_inventory(struct rpc_call *, struct json **);
struct vif_error *rpc_fit(struct rpc_call *, struct json **);

/* methods-drain.c */
struct vif_error *rpc_drain(struct rpc_call *, struct json **);
struct vif_error *rpc_undrain(struct rpc_call *, struct json **);

/* methods-daemon.c: what is about vifd itself. */
struct vif_error *rpc_hello(struct rpc_call *, struct json **);
struct vif_error *rpc_version(struct rpc_call *, struct json **);
struct vif_error *rpc_gc(struct rpc_call *, struct json **);
struct vif_error *rpc_capabilities(struct rpc_call *, struct json **);
struct vif_error *rpc_reload(struct rpc_call *, struct json **);
struct vif_error *rpc_rebuild(struct rpc_call *, struct json **);

#endif /* rpc/methods.h */
