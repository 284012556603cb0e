/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RPC_SESSION_H
#define RPC_SESSION_H 1

/* One connected client: its socket, what it has sent and not ended with a
 * newline yet, and what it has not read yet.
 *
 * Both are bounded.  A client that does not read its answers is no longer
 * read from, and dropped if those to come are too many; one that does not
 * read its notifications loses some and is told how many; one that has the
 * allowed number of requests under way is read from again when one of them is
 * answered.  When all clients together have sent too much that is not ended
 * with a newline, those with most of it lose it.  A client that leaves changes
 * nothing: what it asked for goes on. */

#include <stdbool.h>
#include <stddef.h>

#include "openvswitch/list.h"
#include "rpc/call.h"

struct rpc_session;

/* Bytes in the buffers of all sessions. */
struct rpc_traffic {
    size_t unread, unsent;
};

/* 'fd' must be non-blocking; it and 'peer' are taken over.  'traffic' is of
 * all sessions. */
struct rpc_session *rpc_session_create(const struct rpc_host *,
                                       struct rpc_traffic *traffic,
                                       const struct rpc_peer *peer, int fd);
void rpc_session_destroy(struct rpc_session *);     /* NULL is allowed. */

/* Reads, calls and writes what can be without blocking, and takes no further
 * request after 'budget_us' microseconds.  False if the client has left or is
 * to leave: then the session is to be destroyed. */
bool rpc_session_run(struct rpc_session *, long long budget_us);

/* Writes what can be without blocking. */
void rpc_session_flush(struct rpc_session *);
void rpc_session_wait(struct rpc_session *);

/* Whether there is more to take than the last turn had time for. */
bool rpc_session_busy(const struct rpc_session *);

struct rpc_caller *rpc_session_caller(struct rpc_session *);

/* Queues a notification, the text of a message, which is copied; drops it if
 * too many wait. */
void rpc_session_notify(struct rpc_session *, const char *text);

/* Whether everything has been answered and written. */
bool rpc_session_idle(const struct rpc_session *);

#endif /* rpc/session.h */
