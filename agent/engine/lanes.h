/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_LANES_H
#define ENGINE_LANES_H 1

/* Lanes: worker threads that carry out the steps which may block in the
 * kernel.  The daemon's executor.  Steps of the main loop are started here as
 * well, in the caller's turn and whatever their lane: what they talk to keeps
 * their order.
 *
 * Tasks of one lane never overlap and keep their order; tasks of different
 * lanes overlap as far as there are workers.  A worker whose call does not
 * come back is given up for new work and replaced, up to a maximum; its task
 * stays the only one of its lane until it returns.  A worker that takes a
 * revert of a class with revert_many() takes along others of that class that
 * are ready, at most 64.  So that they find one another, tasks set off
 * together at the end of the turn, in lanes_wait().
 *
 * Workers touch nothing but their task, their own rtnetlink socket and the
 * queue.  They are started by ovs_thread_create(), after any fork.  Neither
 * locale, signals nor libopenvswitch's json, IDL or poll loop are theirs. */

#include <stdint.h>

#include "engine/executor.h"

struct lanes;
struct ovs;

struct lanes_config {
    unsigned int workers;       /* Threads kept; at least 1. */
    unsigned int max_workers;   /* With replacements for stuck ones. */
    unsigned int stuck_ms;      /* After this long a call counts as stuck. */
    const char *key;            /* Ownership key, for struct step_env. */
};

/* 'ovs' may be NULL (tests).  The executor is at lanes_executor(). */
struct vif_error *lanes_create(const struct lanes_config *, struct ovs *ovs,
                               struct lanes **lanesp);

/* Another ownership key, a UUID, while there is no task. */
void lanes_set_key(struct lanes *, const char *key);

/* Hands back what nobody has begun, with VIF_ERR_SUPERSEDED, and waits at
 * most 'timeout_ms' for calls under way.  Returns the number of workers that
 * had to be left behind in theirs: they, their tasks and what they use are
 * freed when they come back, and nobody is told.  NULL is allowed. */
unsigned int lanes_destroy(struct lanes *, unsigned int timeout_ms);
struct executor *lanes_executor(struct lanes *);

/* In the main loop: hands finished tasks back ('done' may submit others),
 * finds stuck lanes. */
void lanes_run(struct lanes *);
void lanes_wait(struct lanes *);

struct lanes_stats {
    unsigned int workers, busy, stuck;      /* Now. */
    /* Of the workers' tasks, ever: submitted, handed back, and reverted by a
     * revert_many(). */
    uint64_t queued, done, batched_reverts;
};
void lanes_get_stats(const struct lanes *, struct lanes_stats *);

#endif /* engine/lanes.h */
