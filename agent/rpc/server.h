/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RPC_SERVER_H
#define RPC_SERVER_H 1

/* The clients: lets them in, as many as are allowed, gives each its turn, and
 * hands notifications to those who watch. */

#include <stdbool.h>
#include <stddef.h>

#include "rpc/call.h"
#include "rpc/listen.h"

struct engine_event;
struct rpc_server;

/* 'listener' is taken over; 'host' must outlive the server, and its members
 * may change while the server is not running. */
struct rpc_server *rpc_server_create(const struct rpc_host *host,
                                     const struct rpc_listener *listener);
void rpc_server_destroy(struct rpc_server *);   /* NULL is allowed. */

void rpc_server_run(struct rpc_server *);
void rpc_server_wait(struct rpc_server *);

/* Writes what has become known in this turn. */
void rpc_server_flush(struct rpc_server *);

/* For engine_set_event_cb(). */
void rpc_server_event(struct rpc_server *, const struct engine_event *);

/* Lets nobody in any more; who is in is still answered. */
void rpc_server_stop(struct rpc_server *);

/* Whether every client has all of its answers. */
bool rpc_server_idle(const struct rpc_server *);

struct rpc_server_stats {
    size_t n_clients, n_calls;
};
void rpc_server_get_stats(const struct rpc_server *,
                          struct rpc_server_stats *);

#endif /* rpc/server.h */
