/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RPC_TURNS_H
#define RPC_TURNS_H 1

/* Whose turn it is: requests on their way to the engine.
 *
 * Each client has a queue, and the engine takes from one after the other, so
 * that somebody with a single request does not wait for somebody else's
 * thousand: only for those that the engine has already, and of these nobody
 * has more than as many as there is room for.  A request that has been at the
 * engine for a second counts no more: something holds it up, and that shall
 * hold up nobody else.
 *
 * Requests for one port keep the order in which they came, whoever sent them.
 * An unplug ends those that wait and would bring its port.
 *
 * What waits and what is under way is bounded in number and in bytes: a user
 * gets up to three times what is left, so that there is room for the next
 * one, and root's and vifd's own user's last places are theirs alone.
 *
 * The clock of a request runs while it waits. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <vif/error.h>

struct engine;
struct request;
struct rpc_queue;
struct rpc_turns;

/* 'now_us' is CLOCK_MONOTONIC; tests have their own. */
struct rpc_turns *rpc_turns_create(struct engine *,
                                   long long (*now_us)(void));

/* Forgets what waits and what is under way; no callback is called.  To be
 * done when the engine calls none any more, either.  NULL is allowed. */
void rpc_turns_destroy(struct rpc_turns *);

/* A queue for a client of user 'uid'; 'privileged' is for root and vifd's own
 * user.  It goes with the last reference. */
struct rpc_queue *rpc_queue_create(struct rpc_turns *, uint32_t uid,
                                   bool privileged);
struct rpc_queue *rpc_queue_ref(struct rpc_queue *);
void rpc_queue_unref(struct rpc_queue *);

/* Whether there is room for 'n' more ports and 'bytes' of requests; else an
 * error that says when there may be.  'max_requests' is as configured. */
struct vif_error *rpc_queue_admit(struct rpc_queue *, size_t n,
                                  size_t bytes, size_t max_requests)
    VIF_WARN_UNUSED;

/* Like engine_submit(), now or when it is this queue's turn.  'bytes' is what
 * the request counts for, and 'timeout_ms' the deadline it has if it names
 * none. */
void rpc_queue_submit(struct rpc_queue *, struct request *, size_t bytes,
                      unsigned int timeout_ms);

/* Hands over what may go; ends what waited too long. */
void rpc_turns_run(struct rpc_turns *);
void rpc_turns_wait(struct rpc_turns *);

/* Nothing waits any more: the engine is told all, to be refused by it. */
void rpc_turns_stop(struct rpc_turns *);

struct rpc_turns_stats {
    size_t n_waiting, n_running, n_bytes;   /* Ports; bytes of both. */
    uint64_t n_refused;                     /* Since the start. */
};
void rpc_turns_get_stats(const struct rpc_turns *, struct rpc_turns_stats *);

#endif /* rpc/turns.h */
