/* SPDX-License-Identifier: Apache-2.0 */

/* The lanes as the main loop sees them: tasks are gathered for a turn, given
 * to the workers at its end, and handed back when they are over.  How a task
 * is carried out is lane-worker.c's, in which order lane-queue.c's. */

#include <config.h>

#include "engine/lanes-private.h"

#include <stdlib.h>
#include <time.h>

#include "crash-point.h"
#include "kernel/rtnl.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "ovs-thread.h"
#include "timeval.h"
#include "util.h"
#include "uuid.h"

VLOG_DEFINE_THIS_MODULE(lanes);

static struct lanes *
lanes_cast(struct executor *executor)
{
    return CONTAINER_OF(executor, struct lanes, up);
}

void
lanes_wake_workers(struct lanes *lanes)
{
    size_t n_idle = lanes->n_workers - lanes->n_busy;

    for (size_t i = MIN(n_idle, lanes->queue.n_ready); i > 0; i--) {
        pthread_cond_signal(&lanes->more);
    }
}

/* With the mutex held: starts workers for what the idle ones cannot take, as
 * far as there may be more.  Only the main loop starts threads. */
static void
start_workers(struct lanes *lanes)
{
    while (lanes->queue.n_ready > lanes->n_workers - lanes->n_busy
           && lanes->n_workers - lanes->n_stuck < lanes->max_active
           && lanes->n_workers < lanes->max_workers) {
        worker_start(lanes);
    }
}

/* The executor. */

static const struct step_class *
lanes_lookup(struct executor *executor OVS_UNUSED, const char *kind)
{
    return step_class_lookup(kind);
}

/* A step of the main loop is over. */
static void
finish_loop_task(struct step_task *task)
{
    crash_point(task->step.class->kind, step_op_name(task->op), "after");
    task->done(task);
}

static void
start_loop_task(struct lanes *lanes, struct step_task *task)
{
    struct step_env env = { .ovs = lanes->ovs, .key = lanes->key };
    const struct step_class *class = task->step.class;

    task->finish = finish_loop_task;
    task->started_us = task->queued_us;
    crash_point(class->kind, step_op_name(task->op), "before");
    class->start(task, &env);
}

/* With the mutex held. */
static void
release_gathered(struct lanes *lanes)
{
    struct lane_job *job;

    if (!ovs_list_is_empty(&lanes->gathered)) {
        LIST_FOR_EACH_POP (job, node, &lanes->gathered) {
            lane_queue_push(&lanes->queue, job);
        }
        lanes_wake_workers(lanes);
        start_workers(lanes);
    }
}

static void
lanes_submit(struct executor *executor, struct step_task *task)
{
    struct lanes *lanes = lanes_cast(executor);
    struct lane_job *job;

    task->queued_us = time_usec();
    if (task->step.class->start) {
        start_loop_task(lanes, task);
        return;
    }

    job = xzalloc(sizeof *job);
    job->task = task;
    job->state = JOB_GATHERED;
    task->exec = job;
    ovs_list_push_back(&lanes->gathered, &job->node);
    lanes->n_submitted++;
    if (task->gated) {
        /* It is in a hurry: the turn goes on with writing the journal. */
        job->gate = GATE_CLOSED;
        pthread_mutex_lock(&lanes->mutex);
        release_gathered(lanes);
        pthread_mutex_unlock(&lanes->mutex);
    }
}

/* With the mutex held. */
static void
set_gate(struct lanes *lanes, struct lane_job *job, enum lane_gate gate)
{
    if (job->gate == GATE_CLOSED) {
        job->gate = gate;
        pthread_cond_broadcast(&lanes->gate);
    }
}

static void
lanes_armed(struct executor *executor, struct step_task *task)
{
    struct lanes *lanes = lanes_cast(executor);

    pthread_mutex_lock(&lanes->mutex);
    set_gate(lanes, task->exec, GATE_OPEN);
    pthread_mutex_unlock(&lanes->mutex);
}

/* With the mutex held: hands 'job', which nobody has begun, back unbegun. */
static void
withdraw(struct lanes *lanes, struct lane_job *job, const char *why)
{
    struct step_task *task = job->task;

    if (job->state == JOB_GATHERED) {
        ovs_list_remove(&job->node);
        job->state = JOB_OVER;
    } else {
        lane_queue_remove(&lanes->queue, job);
    }
    task->started_us = task->finished_us = time_usec();
    task->error = vif_error_create(VIF_ERR_SUPERSEDED, "%s", why);
    ovs_list_push_back(&lanes->over, &job->node);
    latch_set(&lanes->latch);
}

static void
cancel_loop_task(struct lanes *lanes, struct step_task *task)
{
    struct step_env env = { .ovs = lanes->ovs, .key = lanes->key };

    if (task->step.class->cancel) {
        task->step.class->cancel(task, &env);
    }
}

static void
lanes_cancel(struct executor *executor, struct step_task *task)
{
    struct lanes *lanes = lanes_cast(executor);
    struct lane_job *job = task->exec;

    if (task->step.class->start) {
        cancel_loop_task(lanes, task);
        return;
    }

    pthread_mutex_lock(&lanes->mutex);
    if (job->state != JOB_RUNNING && job->state != JOB_OVER) {
        withdraw(lanes, job, "it is not wanted any more");
    } else {
        set_gate(lanes, job, GATE_REFUSED);
    }
    pthread_mutex_unlock(&lanes->mutex);
}

static bool
is_stuck(const struct lanes *lanes, long long since_us)
{
    return time_usec() - since_us >= lanes->stuck_ms * 1000LL;
}

static bool
lanes_stuck(struct executor *executor, const char *lane)
{
    struct lanes *lanes = lanes_cast(executor);
    const struct step_task *task;
    bool stuck;

    pthread_mutex_lock(&lanes->mutex);
    task = lane_queue_running(&lanes->queue, lane);
    stuck = task && is_stuck(lanes, task->started_us);
    pthread_mutex_unlock(&lanes->mutex);
    return stuck;
}

static const struct executor_class lanes_class = {
    .lookup = lanes_lookup,
    .submit = lanes_submit,
    .armed = lanes_armed,
    .cancel = lanes_cancel,
    .stuck = lanes_stuck,
};

struct executor *
lanes_executor(struct lanes *lanes)
{
    return &lanes->up;
}

/* The turns of the main loop. */

static void
log_stuck(const struct worker *worker, const struct lanes *lanes)
{
    for (size_t i = 0; i < worker->n; i++) {
        const struct step_task *task = worker->batch[i]->task;

        VLOG_WARN("port %s: %s of %s %s has not come back for %u ms",
                  task->step.port_id, step_op_name(task->op),
                  task->step.class->kind, task->step.object,
                  lanes->stuck_ms);
    }
}

/* With the mutex held: gives up for new work the workers whose call does not
 * come back. */
static void
find_stuck(struct lanes *lanes)
{
    struct worker *worker;

    LIST_FOR_EACH (worker, node, &lanes->workers) {
        if (worker->n && !worker->stuck
            && is_stuck(lanes, worker->since_us)) {
            worker->stuck = true;
            lanes->n_stuck++;
            log_stuck(worker, lanes);
        }
    }
}

static void
hand_back(struct lanes *lanes, struct lane_job *job)
{
    struct step_task *task = job->task;
    long long ms = (task->finished_us - task->started_us) / 1000;

    if (ms >= lanes->stuck_ms) {
        VLOG_INFO("port %s: %s of %s %s has come back after %lld ms",
                  task->step.port_id, step_op_name(task->op),
                  task->step.class->kind, task->step.object, ms);
    }
    lanes->n_handed_back++;
    task->exec = NULL;
    free(job);
    task->done(task);
}

/* What became of a turn of the workers: jobs that are over, workers that have
 * ended. */
static void
reap(struct lanes *lanes, struct ovs_list *over, struct ovs_list *ended)
{
    struct worker *worker;
    struct lane_job *job;

    LIST_FOR_EACH_POP (worker, node, ended) {
        xpthread_join(worker->thread, NULL);
        rtnl_close(worker->rtnl);
        free(worker);
    }
    LIST_FOR_EACH_POP (job, node, over) {
        hand_back(lanes, job);
    }
}

void
lanes_run(struct lanes *lanes)
{
    struct ovs_list over = OVS_LIST_INITIALIZER(&over);
    struct ovs_list ended = OVS_LIST_INITIALIZER(&ended);

    /* In this order: what is over in between sets the latch again. */
    latch_poll(&lanes->latch);
    pthread_mutex_lock(&lanes->mutex);
    ovs_list_push_back_all(&over, &lanes->over);
    ovs_list_push_back_all(&ended, &lanes->ended);
    find_stuck(lanes);
    start_workers(lanes);
    pthread_mutex_unlock(&lanes->mutex);

    reap(lanes, &over, &ended);
}

void
lanes_wait(struct lanes *lanes)
{
    const struct worker *worker;

    pthread_mutex_lock(&lanes->mutex);
    release_gathered(lanes);
    LIST_FOR_EACH (worker, node, &lanes->workers) {
        if (worker->n && !worker->stuck) {
            poll_timer_wait_until(worker->since_us / 1000 + lanes->stuck_ms
                                  + 1);
        }
    }
    pthread_mutex_unlock(&lanes->mutex);
    latch_wait(&lanes->latch);
}

void
lanes_get_stats(const struct lanes *lanes_, struct lanes_stats *stats)
{
    struct lanes *lanes = CONST_CAST(struct lanes *, lanes_);

    pthread_mutex_lock(&lanes->mutex);
    *stats = (struct lanes_stats) {
        .workers = lanes->n_workers,
        .busy = lanes->n_busy,
        .stuck = lanes->n_stuck,
        .queued = lanes->n_submitted,
        .done = lanes->n_handed_back,
        .batched_reverts = lanes->n_batched,
    };
    pthread_mutex_unlock(&lanes->mutex);
}

/* Beginning and end. */

static void
init_conditions(struct lanes *lanes)
{
    pthread_condattr_t monotonic;

    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&lanes->more, &monotonic);
    pthread_cond_init(&lanes->gate, &monotonic);
    pthread_cond_init(&lanes->end, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

struct vif_error *
lanes_create(const struct lanes_config *config, struct ovs *ovs,
             struct lanes **lanesp)
{
    struct lanes *lanes = xzalloc(sizeof *lanes);

    lanes->up.class = &lanes_class;
    lanes->ovs = ovs;
    ovs_list_init(&lanes->gathered);
    lanes->max_active = MAX(config->workers, 1);
    lanes->max_workers = MAX(config->max_workers, lanes->max_active);
    lanes->stuck_ms = config->stuck_ms;
    lanes->key_size = MAX(strlen(config->key), UUID_LEN) + 1;
    lanes->key = xmalloc(lanes->key_size);
    ovs_strlcpy(lanes->key, config->key, lanes->key_size);
    latch_init(&lanes->latch);
    pthread_mutex_init(&lanes->mutex, NULL);
    init_conditions(lanes);
    lane_queue_init(&lanes->queue);
    ovs_list_init(&lanes->over);
    ovs_list_init(&lanes->workers);
    ovs_list_init(&lanes->ended);
    *lanesp = lanes;
    return NULL;
}

void
lanes_set_key(struct lanes *lanes, const char *key)
{
    pthread_mutex_lock(&lanes->mutex);
    ovs_strlcpy(lanes->key, key, lanes->key_size);
    pthread_mutex_unlock(&lanes->mutex);
}

void
lanes_free(struct lanes *lanes)
{
    lane_queue_destroy(&lanes->queue);
    pthread_cond_destroy(&lanes->more);
    pthread_cond_destroy(&lanes->gate);
    pthread_cond_destroy(&lanes->end);
    pthread_mutex_destroy(&lanes->mutex);
    latch_destroy(&lanes->latch);
    free(lanes->key);
    free(lanes);
}

/* With the mutex held: what nobody has begun is not going to be. */
static void
withdraw_all(struct lanes *lanes)
{
    struct lane_job *job;

    LIST_FOR_EACH_SAFE (job, node, &lanes->gathered) {
        withdraw(lanes, job, "vifd is ending");
    }
    while ((job = lane_queue_any(&lanes->queue)) != NULL) {
        withdraw(lanes, job, "vifd is ending");
    }
}

/* With the mutex held. */
static void
wait_for_workers(struct lanes *lanes, unsigned int timeout_ms)
{
    struct timespec until;
    int error = 0;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += timeout_ms / 1000;
    until.tv_nsec += timeout_ms % 1000 * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;

    while (lanes->n_workers && !error) {
        error = pthread_cond_timedwait(&lanes->end, &lanes->mutex, &until);
    }
}

/* With the mutex held: nobody joins the workers that are left. */
static unsigned int
leave_behind(struct lanes *lanes)
{
    struct worker *worker;

    LIST_FOR_EACH (worker, node, &lanes->workers) {
        pthread_detach(worker->thread);
    }
    lanes->orphaned = true;
    return lanes->n_workers;
}

/* The last one to go, of the main loop and the workers, frees all. */
static void
leave(struct lanes *lanes)
{
    bool last;

    pthread_mutex_lock(&lanes->mutex);
    lanes->main_has_left = true;
    last = !lanes->n_workers;
    pthread_mutex_unlock(&lanes->mutex);
    if (last) {
        lanes_free(lanes);
    }
}

unsigned int
lanes_destroy(struct lanes *lanes, unsigned int timeout_ms)
{
    struct ovs_list over = OVS_LIST_INITIALIZER(&over);
    struct ovs_list ended = OVS_LIST_INITIALIZER(&ended);
    unsigned int n_left;

    if (!lanes) {
        return 0;
    }

    pthread_mutex_lock(&lanes->mutex);
    lanes->stopping = true;
    withdraw_all(lanes);
    pthread_cond_broadcast(&lanes->more);
    pthread_cond_broadcast(&lanes->gate);
    wait_for_workers(lanes, timeout_ms);
    ovs_list_push_back_all(&over, &lanes->over);
    ovs_list_push_back_all(&ended, &lanes->ended);
    n_left = leave_behind(lanes);
    pthread_mutex_unlock(&lanes->mutex);

    reap(lanes, &over, &ended);
    leave(lanes);
    return n_left;
}
