/* SPDX-License-Identifier: Apache-2.0 */

/* Tasks for lanes with simulated steps, and what came of them. */

#include <config.h>

#include "tests/unit/lane-tasks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/cleanup.h"
#include "util.h"

int lane_n_over;

static void
lane_task_done(struct step_task *task)
{
    struct lane_outcome *outcome = task->aux;

    assert_false(outcome->over);
    outcome->over = true;
    outcome->position = ++lane_n_over;
    outcome->error = TAKE(task->error);
    outcome->queued_us = task->queued_us;
    outcome->started_us = task->started_us;
    outcome->finished_us = task->finished_us;
    outcome->verified = vif_attrs_get(&task->step.output, "verify") != NULL;
    step_task_destroy(task);
}

struct step_task *
lane_make_task(const struct step_class *class, enum step_op op,
               const char *object, const char *lane,
               struct lane_outcome *outcome)
{
    struct step_task *task = step_task_create(class, op);

    memset(outcome, 0, sizeof *outcome);
    task->step.object = xstrdup(object);
    task->step.port_id = xstrdup(lane);
    ovs_strlcpy(task->lane, lane, sizeof task->lane);
    task->done = lane_task_done;
    task->aux = outcome;
    return task;
}

void
lane_submit_task(struct lanes *lanes, struct step_task *task)
{
    struct executor *executor = lanes_executor(lanes);

    executor->class->submit(executor, task);
}

struct step_task *
lane_submit(struct lanes *lanes, const struct step_class *class,
            enum step_op op, const char *object, const char *lane,
            struct lane_outcome *outcome)
{
    struct step_task *task = lane_make_task(class, op, object, lane, outcome);

    lane_submit_task(lanes, task);
    return task;
}

void
lane_cancel(struct lanes *lanes, struct step_task *task)
{
    struct executor *executor = lanes_executor(lanes);

    executor->class->cancel(executor, task);
}

bool
lane_is_stuck(struct lanes *lanes, const char *lane)
{
    struct executor *executor = lanes_executor(lanes);

    return executor->class->stuck(executor, lane);
}

struct lanes *
lane_make(unsigned int workers, unsigned int max_workers,
          unsigned int stuck_ms)
{
    const struct lanes_config config = {
        .workers = workers,
        .max_workers = max_workers,
        .stuck_ms = stuck_ms,
        .key = "key",
    };
    struct lanes *lanes;

    assert_null(lanes_create(&config, NULL, &lanes));
    return lanes;
}

struct lanes_stats
lane_stats_of(const struct lanes *lanes)
{
    struct lanes_stats stats;

    lanes_get_stats(lanes, &stats);
    return stats;
}

const struct sim_world *
lane_world(void)
{
    static struct sim_world copy;

    sim_get(&copy);
    return &copy;
}

/* Nobody was left behind, nothing was wrong that is always wrong. */
void
lane_end(struct lanes *lanes)
{
    assert_int_equal(lanes_destroy(lanes, UNTIL_MS), 0);
    assert_int_equal(lane_world()->overlaps, 0);
    assert_int_equal(lane_world()->wrong_env, 0);
    assert_int_equal(lane_world()->n_rtnl, 0);
}

int
lane_set_up(void **state)
{
    (void) state;
    sim_reset();
    lane_n_over = 0;
    return 0;
}
