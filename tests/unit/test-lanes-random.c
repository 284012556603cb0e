/* SPDX-License-Identifier: Apache-2.0 */

/* The lanes with thousands of tasks of random lanes and kinds, some cancelled,
 * some held for longer than counts as stuck.  VIFD_SEED repeats a run. */

#include <config.h>

#include "engine/lanes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/lane-tasks.h"
#include "timeval.h"
#include "util.h"

#define N_RANDOM 5000
#define N_LANES 12

struct random_task {
    struct lane_outcome outcome;
    struct step_task *task;
    int lane; /* -1: none. */
    bool cancelled;
};

static struct random_task tasks[N_RANDOM];

static void
submit_random(struct lanes *lanes, int i)
{
    static const struct step_class *const classes[]
        = { &sim_plain_class, &sim_bulk_class, &sim_other_class };
    struct random_task *random = &tasks[i];
    char object[16], lane[16] = "";

    random->lane = rand() % (N_LANES + 2) - 2;
    random->cancelled = false;
    snprintf(object, sizeof object, "%d", i);
    if (random->lane >= 0) {
        snprintf(lane, sizeof lane, "lane%d", random->lane);
    }
    random->task = lane_make_task(classes[rand() % ARRAY_SIZE(classes)],
                                  rand() % 2 ? STEP_REVERT : STEP_CAPTURE,
                                  object, lane, &random->outcome);
    if (!(rand() % 20)) {
        vif_attrs_set(&random->task->step.args, "fail", object);
    }
    vif_attrs_set_uint(&random->task->step.args, "spin", rand() % 30);
    lane_submit_task(lanes, random->task);
}

static void
cancel_random(struct lanes *lanes, int n_submitted)
{
    int i = rand() % n_submitted;

    if (!tasks[i].outcome.over) {
        tasks[i].cancelled = true;
        lane_cancel(lanes, tasks[i].task);
    }
}

static void
one_turn(struct lanes *lanes)
{
    lanes_run(lanes);
    lanes_wait(lanes);
    poll_immediate_wake();
    poll_block();
}

/* All calls are held up for a while.  If there were enough tasks meanwhile,
 * some of them can, and so must, overlap. */
static void
hold_or_let_go(struct lanes *lanes, int *held_since, int now)
{
    if (*held_since < 0) {
        sim_hold("*");
        *held_since = now;
        return;
    }
    if (now - *held_since >= 100) {
        TURNS_UNTIL(lanes, sim_n_running() >= 4);
    }
    sim_let_go("*");
    *held_since = -1;
}

/* Those of a lane began in the order in which they were submitted, and those
 * that ran came back in that order too. */
static void
assert_lanes_in_order(void)
{
    int last_begun[N_LANES], last_over[N_LANES];
    const struct sim_world *w = lane_world();

    memset(last_begun, -1, sizeof last_begun);
    memset(last_over, 0, sizeof last_over);
    for (size_t i = 0; i < w->n_calls; i++) {
        int number = atoi(w->calls[i].object);
        int lane = tasks[number].lane;

        if (lane >= 0) {
            assert_true(number > last_begun[lane]);
            last_begun[lane] = number;
        }
    }
    for (int i = 0; i < N_RANDOM; i++) {
        const struct random_task *task = &tasks[i];

        if (task->lane >= 0 && !task->cancelled) {
            assert_true(task->outcome.position > last_over[task->lane]);
            last_over[task->lane] = task->outcome.position;
        }
    }
}

static void
check_and_free_outcome(const struct random_task *random, int i)
{
    struct vif_error *error = random->outcome.error;

    assert_true(random->outcome.over);
    if (error && error->code == VIF_ERR_SUPERSEDED) {
        assert_true(random->cancelled);
    } else if (error) {
        assert_int_equal(atoi(error->message), i);
    }
    vif_error_destroy(error);
}

static void
test_random_tasks(void **state)
{
    const char *seed_text = getenv("VIFD_SEED");
    unsigned int seed = (seed_text ? strtoul(seed_text, NULL, 10)
                                   : time_usec() & 0xffffff);
    struct lanes *lanes = lane_make(4, 8, 5);
    int n_superseded = 0, held_since = -1;

    (void) state;
    print_message("# VIFD_SEED=%u\n", seed);
    srand(seed);
    for (int i = 0; i < N_RANDOM; i++) {
        submit_random(lanes, i);
        if (!(rand() % 10)) {
            cancel_random(lanes, i + 1);
        }
        if (!(rand() % 200)) {
            hold_or_let_go(lanes, &held_since, i);
        }
        if (!(rand() % 8)) {
            one_turn(lanes);
        }
    }
    if (held_since >= 0) {
        sim_let_go("*");
    }
    TURNS_UNTIL(lanes, lane_n_over == N_RANDOM);

    for (int i = 0; i < N_RANDOM; i++) {
        n_superseded += (tasks[i].outcome.error
                         && tasks[i].outcome.error->code
                                == VIF_ERR_SUPERSEDED);
        check_and_free_outcome(&tasks[i], i);
    }
    assert_int_equal(lane_world()->n_calls + n_superseded, N_RANDOM);
    assert_lanes_in_order();
    assert_true(lane_world()->most_running <= 8);
    assert_true(lane_world()->n_batches > 0);
    assert_int_equal(lane_stats_of(lanes).queued, N_RANDOM);
    assert_int_equal(lane_stats_of(lanes).done, N_RANDOM);
    lane_end(lanes);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_random_tasks, lane_set_up),
    };

    return cmocka_run_group_tests_name("lanes-random", tests, NULL, NULL);
}
