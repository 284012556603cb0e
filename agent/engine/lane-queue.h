/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_LANE_QUEUE_H
#define ENGINE_LANE_QUEUE_H 1

/* Which task may run now: of each lane the first, in the order in which they
 * became ready.  Knows nothing of threads: whoever uses a queue from several
 * locks it. */

#include <stdbool.h>
#include <stddef.h>

#include "openvswitch/hmap.h"
#include "openvswitch/list.h"
#include "steps/step.h"

/* Reverts that run as one, at most: see kernel/rtnl.h, rtnl_delete_many(). */
#define LANE_BATCH_MAX 64

enum lane_job_state {
    JOB_GATHERED,               /* Submitted in this turn. */
    JOB_BEHIND,                 /* Another of its lane comes first. */
    JOB_READY,
    JOB_RUNNING,
    JOB_OVER                    /* To be handed back. */
};

/* Whether a task may make things that last. */
enum lane_gate {
    GATE_OPEN,
    GATE_CLOSED,                /* Not yet: see step_await_arming(). */
    GATE_REFUSED
};

/* A task in the hands of the lanes: task->exec. */
struct lane_job {
    struct ovs_list node;       /* In the list of its state. */
    struct step_task *task;
    struct lane *lane;          /* NULL: no order with any other. */
    enum lane_job_state state;
    enum lane_gate gate;
};

struct lane_queue {
    struct hmap lanes;          /* Those that have a task. */
    struct ovs_list ready;
    size_t n_ready;
};

void lane_queue_init(struct lane_queue *);
void lane_queue_destroy(struct lane_queue *);   /* Must be empty. */

/* 'job' is the last of its lane. */
void lane_queue_push(struct lane_queue *, struct lane_job *);

/* The next task that is ready, as running.  With a revert of a class that has
 * revert_many() all others of that kind that are ready.  Returns their
 * number, 0 if nothing is ready. */
size_t lane_queue_take(struct lane_queue *,
                       struct lane_job *batch[LANE_BATCH_MAX]);

/* 'job', which was running, is over: the next of its lane may run. */
void lane_queue_over(struct lane_queue *, struct lane_job *);

/* Takes 'job' out, which is ready or behind. */
void lane_queue_remove(struct lane_queue *, struct lane_job *);

/* Any job that is ready or behind; NULL if there is none. */
struct lane_job *lane_queue_any(const struct lane_queue *);

/* The task that runs in the lane 'name', or NULL. */
const struct step_task *lane_queue_running(const struct lane_queue *,
                                           const char *name);

#endif /* engine/lane-queue.h */
