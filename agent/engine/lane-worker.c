/* SPDX-License-Identifier: Apache-2.0 */

/* A worker: a thread that takes tasks which are ready, carries them out, and
 * gives them back.  It must not touch anything of the main loop's. */

#include <config.h>

#include "engine/lanes-private.h"

#include <signal.h>
#include <stdlib.h>

#include "crash-point.h"
#include "kernel/rtnl.h"
#include "lib/cleanup.h"
#include "ovs-rcu.h"
#include "ovs-thread.h"
#include "timeval.h"
#include "util.h"

/* With the mutex held: takes what is ready, if anything. */
static bool
take_batch(struct worker *worker)
{
    struct lanes *lanes = worker->lanes;

    worker->n = lane_queue_take(&lanes->queue, worker->batch);
    if (!worker->n) {
        return false;
    }
    worker->since_us = time_usec();
    for (size_t i = 0; i < worker->n; i++) {
        worker->batch[i]->task->started_us = worker->since_us;
    }
    lanes->n_busy++;
    if (worker->n > 1) {
        lanes->n_batched += worker->n;
    }
    return true;
}

static void
revert_together(struct worker *worker, const struct step_env *env)
{
    const struct step_class *class = worker->batch[0]->task->step.class;
    struct vif_error *errors[LANE_BATCH_MAX] = { NULL };
    struct step *steps[LANE_BATCH_MAX];

    for (size_t i = 0; i < worker->n; i++) {
        steps[i] = &worker->batch[i]->task->step;
    }
    crash_point(class->kind, step_op_name(STEP_REVERT), "before");
    class->revert_many(steps, errors, worker->n, env);
    crash_point(class->kind, step_op_name(STEP_REVERT), "after");
    for (size_t i = 0; i < worker->n; i++) {
        worker->batch[i]->task->error = errors[i];
    }
}

/* For step_env, without the mutex. */
static struct vif_error *
await_arming(void *worker_)
{
    struct worker *worker = worker_;
    struct lanes *lanes = worker->lanes;
    const struct lane_job *job = worker->batch[0];
    bool open;

    pthread_mutex_lock(&lanes->mutex);
    while (job->gate == GATE_CLOSED && !lanes->stopping) {
        pthread_cond_wait(&lanes->gate, &lanes->mutex);
    }
    open = job->gate == GATE_OPEN;
    pthread_mutex_unlock(&lanes->mutex);
    return (open ? NULL
            : vif_error_create(VIF_ERR_SUPERSEDED, "it is not wanted any "
                               "more"));
}

/* Without the mutex: may take as long as it takes.  The tasks are this
 * worker's, but for 'started_us', which others may read. */
static void
run_batch(struct worker *worker)
{
    struct step_env env = { .key = worker->lanes->key };
    struct step_task *first = worker->batch[0]->task;
    CLEANUP_ERROR struct vif_error *error = NULL;
    long long now;

    if (!worker->rtnl) {
        error = vif_error_wrap(rtnl_open(&worker->rtnl),
                               "open a socket to the kernel");
    }
    env.rtnl = worker->rtnl;
    if (first->gated) {
        env.await_arming = await_arming;
        env.aux = worker;
    }

    if (error) {
        for (size_t i = 0; i < worker->n; i++) {
            worker->batch[i]->task->error = vif_error_clone(error);
        }
    } else if (worker->n > 1) {
        revert_together(worker, &env);
    } else {
        first->error = step_run(&first->step, first->op, &env);
    }

    now = time_usec();
    for (size_t i = 0; i < worker->n; i++) {
        worker->batch[i]->task->finished_us = now;
    }
}

/* Nobody is there any more to be handed the task. */
static void
drop_job(struct lane_job *job)
{
    step_task_destroy(job->task);
    free(job);
}

/* It was replaced while it was stuck, and is back. */
static bool
is_surplus(const struct lanes *lanes)
{
    return lanes->n_workers - lanes->n_stuck > lanes->max_active;
}

static bool
is_wanted(const struct lanes *lanes)
{
    return !lanes->stopping && !is_surplus(lanes);
}

/* With the mutex held.  Returns true if the main loop must be told. */
static bool
give_batch(struct worker *worker)
{
    struct lanes *lanes = worker->lanes;
    bool first = ovs_list_is_empty(&lanes->over);

    for (size_t i = 0; i < worker->n; i++) {
        struct lane_job *job = worker->batch[i];

        lane_queue_over(&lanes->queue, job);
        if (lanes->orphaned) {
            drop_job(job);
        } else {
            ovs_list_push_back(&lanes->over, &job->node);
        }
    }
    worker->n = 0;
    lanes->n_busy--;
    if (worker->stuck) {
        worker->stuck = false;
        lanes->n_stuck--;
    }
    /* This one takes one task itself; there may be more by now. */
    if (lanes->queue.n_ready > is_wanted(lanes)) {
        lanes_wake_workers(lanes);
    }
    return first && !lanes->orphaned;
}

/* With the mutex held, but not meanwhile.  Returns false when the worker is
 * to end. */
static bool
wait_for_batch(struct worker *worker)
{
    struct lanes *lanes = worker->lanes;

    while (is_wanted(lanes)) {
        if (take_batch(worker)) {
            return true;
        }
        pthread_cond_wait(&lanes->more, &lanes->mutex);
    }
    return false;
}

/* With the mutex held; gives it back. */
static void
end_worker(struct worker *worker)
{
    struct lanes *lanes = worker->lanes;
    bool last;

    ovs_list_remove(&worker->node);
    lanes->n_workers--;
    last = lanes->main_has_left && !lanes->n_workers;
    if (lanes->orphaned) {
        rtnl_close(worker->rtnl);
        free(worker);
    } else {
        ovs_list_push_back(&lanes->ended, &worker->node);
        latch_set(&lanes->latch);
        pthread_cond_signal(&lanes->end);
    }
    pthread_mutex_unlock(&lanes->mutex);
    if (last) {
        lanes_free(lanes);
    }
}

static void *
worker_main(void *worker_)
{
    struct worker *worker = worker_;
    struct lanes *lanes = worker->lanes;
    sigset_t all;

    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, NULL);     /* They are the main loop's.*/
    ovsrcu_quiesce_start();     /* For good: RCU never waits for a driver. */

    pthread_mutex_lock(&lanes->mutex);
    while (wait_for_batch(worker)) {
        pthread_mutex_unlock(&lanes->mutex);
        run_batch(worker);
        pthread_mutex_lock(&lanes->mutex);
        if (give_batch(worker)) {
            /* Without the mutex, which the main loop takes at once. */
            pthread_mutex_unlock(&lanes->mutex);
            latch_set(&lanes->latch);
            pthread_mutex_lock(&lanes->mutex);
        }
    }
    end_worker(worker);
    return NULL;
}

void
worker_start(struct lanes *lanes)
{
    struct worker *worker = xzalloc(sizeof *worker);

    worker->lanes = lanes;
    ovs_list_push_back(&lanes->workers, &worker->node);
    lanes->n_workers++;
    worker->thread = ovs_thread_create("lane", worker_main, worker);
}
