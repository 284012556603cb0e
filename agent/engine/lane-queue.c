/* SPDX-License-Identifier: Apache-2.0 */

/* The order of tasks: see lane-queue.h. */

#include <config.h>

#include "engine/lane-queue.h"

#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "util.h"

/* A lane exists as long as it has a task. */
struct lane {
    struct hmap_node node;
    char *name;
    struct lane_job *first;     /* Ready or running. */
    struct ovs_list behind;
};

void
lane_queue_init(struct lane_queue *queue)
{
    hmap_init(&queue->lanes);
    ovs_list_init(&queue->ready);
    queue->n_ready = 0;
}

void
lane_queue_destroy(struct lane_queue *queue)
{
    ovs_assert(hmap_is_empty(&queue->lanes) && !queue->n_ready);
    hmap_destroy(&queue->lanes);
}

static struct lane *
find_lane(const struct lane_queue *queue, const char *name)
{
    struct lane *lane;

    HMAP_FOR_EACH_WITH_HASH (lane, node, hash_string(name, 0),
                             &queue->lanes) {
        if (!strcmp(lane->name, name)) {
            return lane;
        }
    }
    return NULL;
}

static struct lane *
add_lane(struct lane_queue *queue, const char *name)
{
    struct lane *lane = xzalloc(sizeof *lane);

    lane->name = xstrdup(name);
    ovs_list_init(&lane->behind);
    hmap_insert(&queue->lanes, &lane->node, hash_string(name, 0));
    return lane;
}

static void
remove_lane(struct lane_queue *queue, struct lane *lane)
{
    hmap_remove(&queue->lanes, &lane->node);
    free(lane->name);
    free(lane);
}

static void
make_ready(struct lane_queue *queue, struct lane_job *job)
{
    job->state = JOB_READY;
    ovs_list_push_back(&queue->ready, &job->node);
    queue->n_ready++;
}

void
lane_queue_push(struct lane_queue *queue, struct lane_job *job)
{
    const char *name = job->task->lane;
    struct lane *lane = name[0] ? find_lane(queue, name) : NULL;

    if (lane) {
        job->lane = lane;
        job->state = JOB_BEHIND;
        ovs_list_push_back(&lane->behind, &job->node);
        return;
    }
    if (name[0]) {
        job->lane = add_lane(queue, name);
        job->lane->first = job;
    }
    make_ready(queue, job);
}

/* The first of 'lane' has gone. */
static void
advance_lane(struct lane_queue *queue, struct lane *lane)
{
    if (ovs_list_is_empty(&lane->behind)) {
        remove_lane(queue, lane);
        return;
    }
    lane->first = CONTAINER_OF(ovs_list_pop_front(&lane->behind),
                               struct lane_job, node);
    make_ready(queue, lane->first);
}

static void
take(struct lane_queue *queue, struct lane_job *job)
{
    ovs_list_remove(&job->node);
    queue->n_ready--;
    job->state = JOB_RUNNING;
}

static bool
is_batchable(const struct step_task *task)
{
    return task->op == STEP_REVERT && task->step.class->revert_many;
}

size_t
lane_queue_take(struct lane_queue *queue,
                struct lane_job *batch[LANE_BATCH_MAX])
{
    struct lane_job *job;
    size_t n = 0;

    LIST_FOR_EACH_SAFE (job, node, &queue->ready) {
        const struct step_task *task = job->task;

        if (n && (!is_batchable(task)
                  || task->step.class != batch[0]->task->step.class)) {
            continue;
        }
        take(queue, job);
        batch[n++] = job;
        if (!is_batchable(task) || n == LANE_BATCH_MAX) {
            break;
        }
    }
    return n;
}

void
lane_queue_over(struct lane_queue *queue, struct lane_job *job)
{
    job->state = JOB_OVER;
    if (job->lane) {
        advance_lane(queue, job->lane);
        job->lane = NULL;
    }
}

void
lane_queue_remove(struct lane_queue *queue, struct lane_job *job)
{
    bool ready = job->state == JOB_READY;

    ovs_assert(ready || job->state == JOB_BEHIND);
    ovs_list_remove(&job->node);
    queue->n_ready -= ready;
    job->state = JOB_OVER;
    if (ready && job->lane) {
        advance_lane(queue, job->lane);
    }
    job->lane = NULL;
}

struct lane_job *
lane_queue_any(const struct lane_queue *queue)
{
    const struct lane *lane;

    if (!ovs_list_is_empty(&queue->ready)) {
        return CONTAINER_OF(ovs_list_front(&queue->ready), struct lane_job,
                            node);
    }
    HMAP_FOR_EACH (lane, node, &queue->lanes) {
        if (!ovs_list_is_empty(&lane->behind)) {
            return CONTAINER_OF(ovs_list_front(&lane->behind),
                                struct lane_job, node);
        }
    }
    return NULL;
}

const struct step_task *
lane_queue_running(const struct lane_queue *queue, const char *name)
{
    const struct lane *lane = find_lane(queue, name);

    return (lane && lane->first->state == JOB_RUNNING
            ? lane->first->task
            : NULL);
}
