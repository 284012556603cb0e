/* SPDX-License-Identifier: Apache-2.0 */

/* The lanes with real threads and simulated steps: what may overlap, what may
 * not, what runs together, and what happens when a call does not come back. */

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

#include "lib/cleanup.h"
#include "tests/unit/lane-tasks.h"
#include "util.h"

static void
test_task_runs_in_a_worker_and_is_handed_back(void **state)
{
    struct lanes *lanes = lane_make(4, 8, NEVER_STUCK_MS);
    struct lane_outcome a;

    (void) state;
    assert_int_equal(lane_stats_of(lanes).workers, 0); /* None before need. */
    lane_submit(lanes, &sim_plain_class, STEP_APPLY, "a", "x", &a);
    assert_false(a.over);
    TURNS_UNTIL(lanes, a.over);
    assert_null(a.error);
    assert_true(a.verified);            /* Outputs come back. */
    assert_true(a.queued_us > 0);
    assert_true(a.started_us >= a.queued_us);
    assert_true(a.finished_us >= a.started_us);
    assert_int_equal(lane_world()->n_calls, 2);
    assert_string_equal(lane_world()->calls[0].function, "apply");
    assert_string_equal(lane_world()->calls[1].function, "verify");
    assert_int_equal(lane_stats_of(lanes).workers, 1);
    assert_int_equal(lane_stats_of(lanes).queued, 1);
    assert_int_equal(lane_stats_of(lanes).done, 1);
    lane_end(lanes);
}

static void
test_error_of_a_step_is_handed_back(void **state)
{
    struct lanes *lanes = lane_make(1, 1, NEVER_STUCK_MS);
    struct step_task *task;
    struct lane_outcome a;

    (void) state;
    task = lane_make_task(&sim_plain_class, STEP_CAPTURE, "a", "x", &a);
    vif_attrs_set(&task->step.args, "fail", "a stranger has it");
    lane_submit_task(lanes, task);
    TURNS_UNTIL(lanes, a.over);
    assert_string_equal(a.error->message, "a stranger has it");
    vif_error_destroy(a.error);
    lane_end(lanes);
}

static void
test_step_of_the_main_loop_is_started_at_once(void **state)
{
    struct lanes *lanes = lane_make(1, 1, NEVER_STUCK_MS);
    struct step_task *task;
    struct lane_outcome a;

    (void) state;
    task = lane_submit(lanes, &sim_loop_class, STEP_APPLY, "a", "", &a);
    assert_ptr_equal(sim_loop.started, task);
    assert_null(sim_loop.env.rtnl);
    assert_string_equal(sim_loop.env.key, "key");
    assert_false(a.over);

    lane_cancel(lanes, task);
    assert_ptr_equal(sim_loop.cancelled, task);
    assert_false(a.over);

    step_task_done(task, vif_error_create(VIF_ERR_OVSDB, "constraint"));
    assert_true(a.over);
    assert_string_equal(a.error->message, "constraint");
    assert_true(a.started_us >= a.queued_us && a.queued_us > 0);
    assert_true(a.finished_us >= a.started_us);
    vif_error_destroy(a.error);
    assert_int_equal(lane_stats_of(lanes).workers, 0);
    lane_end(lanes);
}

static void
test_tasks_of_one_lane_keep_their_order(void **state)
{
    enum { N = 200 };
    struct lanes *lanes = lane_make(4, 8, NEVER_STUCK_MS);
    struct lane_outcome outcomes[N];

    (void) state;
    for (int i = 0; i < N; i++) {
        char object[16];

        snprintf(object, sizeof object, "%d", i);
        lane_submit(lanes, &sim_plain_class, STEP_CAPTURE, object, "x",
                    &outcomes[i]);
    }
    TURNS_UNTIL(lanes, outcomes[N - 1].over);
    for (int i = 0; i < N; i++) {
        assert_int_equal(outcomes[i].position, i + 1);
        assert_int_equal(atoi(lane_world()->calls[i].object), i);
    }
    assert_int_equal(lane_world()->most_running, 1);
    lane_end(lanes);
}

/* Whether there are idle workers already or not. */
static void
test_lanes_overlap_as_far_as_there_are_workers(void **state)
{
    enum { N = 6, WORKERS = 4 };
    struct lanes *lanes = lane_make(WORKERS, 8, NEVER_STUCK_MS);
    struct lane_outcome outcomes[N];

    (void) state;
    for (int idle = 0; idle <= WORKERS; idle++) {
        lane_n_over = 0;
        sim_hold("*");
        for (int i = 0; i < N; i++) {
            char lane[16];

            snprintf(lane, sizeof lane, "x%d", i);
            lane_submit(lanes, &sim_plain_class, STEP_CAPTURE, "a",
                        i % 2 ? lane : "", &outcomes[i]);
        }
        TURNS_UNTIL(lanes, sim_n_running() == WORKERS);
        assert_int_equal(lane_stats_of(lanes).busy, WORKERS);
        sim_let_go("*");
        TURNS_UNTIL(lanes, lane_n_over == N);
    }
    assert_int_equal(lane_world()->most_running, WORKERS);
    lane_end(lanes);
}

/* One worker is idle, others have yet to be started. */
static void
test_second_task_does_not_wait_for_the_first(void **state)
{
    struct lanes *lanes = lane_make(2, 2, NEVER_STUCK_MS);
    struct lane_outcome first, a, b;

    (void) state;
    lane_submit(lanes, &sim_plain_class, STEP_CAPTURE, "first", "", &first);
    TURNS_UNTIL(lanes, first.over);
    assert_int_equal(lane_stats_of(lanes).workers, 1);

    sim_hold("a");
    lane_submit(lanes, &sim_plain_class, STEP_CAPTURE, "a", "", &a);
    lane_submit(lanes, &sim_plain_class, STEP_CAPTURE, "b", "", &b);
    TURNS_UNTIL(lanes, b.over);
    assert_false(a.over);
    sim_let_go("a");
    TURNS_UNTIL(lanes, a.over);
    lane_end(lanes);
}

static void
assert_superseded(struct lane_outcome *outcome)
{
    assert_non_null(outcome->error);
    assert_int_equal(outcome->error->code, VIF_ERR_SUPERSEDED);
    assert_true(outcome->finished_us == outcome->started_us);
    vif_error_destroy(TAKE(outcome->error));
}

static void
test_cancelled_tasks_that_have_not_begun_come_back(void **state)
{
    struct lanes *lanes = lane_make(1, 1, NEVER_STUCK_MS);
    struct step_task *running, *behind, *ready, *gathered;
    struct lane_outcome a, b, c, d, e, f;

    (void) state;
    sim_hold("a");
    running = lane_submit(lanes, &sim_plain_class, STEP_CAPTURE, "a", "x", &a);
    behind = lane_submit(lanes, &sim_plain_class, STEP_CAPTURE, "b", "x", &b);
    lane_submit(lanes, &sim_plain_class, STEP_CAPTURE, "c", "x", &c);
    ready = lane_submit(lanes, &sim_plain_class, STEP_CAPTURE, "d", "y", &d);
    lane_submit(lanes, &sim_plain_class, STEP_CAPTURE, "e", "y", &e);
    TURNS_UNTIL(lanes, sim_is_running("a"));

    gathered = lane_submit(lanes, &sim_plain_class, STEP_CAPTURE, "f", "z",
                           &f);
    lane_cancel(lanes, gathered);
    lane_cancel(lanes, ready);
    lane_cancel(lanes, behind);
    lane_cancel(lanes, running);
    TURNS_UNTIL(lanes, b.over && d.over && f.over);
    assert_superseded(&b);
    assert_superseded(&d);
    assert_superseded(&f);
    assert_false(a.over || c.over || e.over);

    sim_let_go("a");
    TURNS_UNTIL(lanes, a.over && c.over && e.over);
    assert_null(a.error);               /* It was under way: its own end. */
    assert_null(c.error);
    assert_null(e.error);
    assert_int_equal(lane_world()->n_calls, 3);
    lane_end(lanes);
}

static struct step_task *
submit_gated(struct lanes *lanes, const char *object,
             struct lane_outcome *outcome)
{
    struct step_task *task = lane_make_task(&sim_plain_class, STEP_APPLY,
                                            object, object, outcome);

    task->gated = true;
    lane_submit_task(lanes, task);
    return task;
}

/* Begun in the turn in which it is submitted, it waits for its arming and for
 * nobody else's. */
static void
test_what_is_gated_lasts_once_it_is_armed(void **state)
{
    struct lanes *lanes = lane_make(4, 4, NEVER_STUCK_MS);
    struct executor *executor = lanes_executor(lanes);
    struct lane_outcome a, b, c, d;
    struct step_task *armed, *refused;

    (void) state;
    armed = submit_gated(lanes, "a", &a);
    refused = submit_gated(lanes, "b", &b);
    submit_gated(lanes, "c", &c);
    lane_submit(lanes, &sim_plain_class, STEP_CAPTURE, "d", "d", &d);
    TURNS_UNTIL(lanes, lane_stats_of(lanes).busy == 3 && d.over);
    assert_int_equal(lane_world()->n_calls, 1);
    assert_false(a.over || b.over || c.over);

    executor->class->armed(executor, armed);
    lane_cancel(lanes, refused);
    TURNS_UNTIL(lanes, a.over && b.over);
    assert_null(a.error);
    assert_true(a.verified);
    assert_int_equal(b.error->code, VIF_ERR_SUPERSEDED);
    vif_error_destroy(TAKE(b.error));
    assert_int_equal(lane_world()->n_calls, 3);
    assert_false(c.over);

    lane_end(lanes);            /* Whoever ends waits for no journal. */
    assert_int_equal(c.error->code, VIF_ERR_SUPERSEDED);
    vif_error_destroy(TAKE(c.error));
    assert_int_equal(lane_world()->n_calls, 3);
}

static void
test_cancelling_what_is_over_changes_nothing(void **state)
{
    struct lanes *lanes = lane_make(1, 1, NEVER_STUCK_MS);
    struct step_task *task;
    struct lane_outcome a;

    (void) state;
    task = lane_submit(lanes, &sim_plain_class, STEP_CAPTURE, "a", "x", &a);
    UNTIL(lane_world()->n_calls == 1 && lane_stats_of(lanes).busy == 0,
          sim_run(), lanes_wait(lanes);
          sim_wait());
    lane_cancel(lanes, task); /* Not handed back yet. */
    assert_false(a.over);
    TURNS_UNTIL(lanes, a.over);
    assert_null(a.error);
    lane_end(lanes);
}

/* 150 reverts of one turn: in batches of at most 64, those of one lane one
 * after the other, each with its own error. */
static void
test_reverts_of_one_turn_run_together(void **state)
{
    enum { N = 150, SAME_LANE = 2 };
    struct lanes *lanes = lane_make(1, 1, NEVER_STUCK_MS);
    struct lane_outcome outcomes[N];

    (void) state;
    for (int i = 0; i < N; i++) {
        char object[16], lane[16];
        struct step_task *task;

        snprintf(object, sizeof object, "%d", i);
        snprintf(lane, sizeof lane, "x%d", i < SAME_LANE ? 0 : i);
        task = lane_make_task(&sim_bulk_class, STEP_REVERT, object, lane,
                              &outcomes[i]);
        if (i % 10 == 7) {
            vif_attrs_set(&task->step.args, "fail", object);
        }
        lane_submit_task(lanes, task);
    }
    TURNS_UNTIL(lanes, lane_n_over == N);

    for (int i = 0; i < N; i++) {
        if (i % 10 == 7) {
            assert_int_equal(atoi(outcomes[i].error->message), i);
            vif_error_destroy(outcomes[i].error);
        } else {
            assert_null(outcomes[i].error);
        }
    }
    assert_true(outcomes[0].position < outcomes[1].position);
    assert_int_equal(lane_world()->n_batches, 3);
    assert_int_equal(lane_world()->batches[0], 64);
    assert_int_equal(lane_world()->batches[1], 64);
    assert_int_equal(lane_world()->batches[2], N - 128);
    assert_int_equal(lane_stats_of(lanes).batched_reverts, N);
    lane_end(lanes);
}

static void
test_only_reverts_of_one_kind_run_together(void **state)
{
    struct lanes *lanes = lane_make(1, 1, NEVER_STUCK_MS);
    struct lane_outcome o[8];

    (void) state;
    lane_submit(lanes, &sim_bulk_class, STEP_REVERT, "bulk-0", "", &o[0]);
    lane_submit(lanes, &sim_other_class, STEP_REVERT, "other-0", "", &o[1]);
    lane_submit(lanes, &sim_bulk_class, STEP_APPLY, "bulk-apply", "", &o[2]);
    lane_submit(lanes, &sim_plain_class, STEP_REVERT, "plain", "", &o[3]);
    lane_submit(lanes, &sim_bulk_class, STEP_REVERT, "bulk-1", "", &o[4]);
    lane_submit(lanes, &sim_other_class, STEP_REVERT, "other-1", "", &o[5]);
    lane_submit(lanes, &sim_other_class, STEP_REVERT, "other-2", "", &o[6]);
    lane_submit(lanes, &sim_bulk_class, STEP_VERIFY, "bulk-verify", "", &o[7]);
    TURNS_UNTIL(lanes, lane_n_over == 8);

    assert_int_equal(lane_world()->n_batches, 2);
    assert_int_equal(lane_world()->batches[0], 2);
    assert_int_equal(lane_world()->batches[1], 3);
    for (size_t i = 0; i < lane_world()->n_calls; i++) {
        const struct sim_call *call = &lane_world()->calls[i];
        bool many = (!strncmp(call->object, "other-", 6)
                     || (!strncmp(call->object, "bulk-", 5)
                         && call->object[6] == '\0'));

        assert_int_equal(many, !strcmp(call->function, "revert-many"));
    }
    lane_end(lanes);
}

static void
test_stuck_worker_is_replaced(void **state)
{
    struct lanes *lanes = lane_make(1, 2, 30);
    struct lane_outcome a, b, c;

    (void) state;
    sim_hold("a");
    lane_submit(lanes, &sim_plain_class, STEP_CAPTURE, "a", "x", &a);
    lane_submit(lanes, &sim_plain_class, STEP_CAPTURE, "b", "x", &b);
    lane_submit(lanes, &sim_plain_class, STEP_CAPTURE, "c", "y", &c);
    assert_false(lane_is_stuck(lanes, "x"));
    TURNS_UNTIL(lanes, c.over);         /* By the replacement. */
    assert_true(lane_is_stuck(lanes, "x"));
    assert_false(lane_is_stuck(lanes, "y"));
    assert_false(lane_is_stuck(lanes, ""));
    assert_false(a.over || b.over);
    assert_int_equal(lane_stats_of(lanes).workers, 2);
    assert_int_equal(lane_stats_of(lanes).stuck, 1);

    sim_let_go("a");
    TURNS_UNTIL(lanes, a.over && b.over);
    assert_null(a.error);
    assert_null(b.error);
    assert_true(a.finished_us - a.started_us >= 30000);
    assert_false(lane_is_stuck(lanes, "x"));
    TURNS_UNTIL(lanes, lane_stats_of(lanes).workers == 1); /* One too many. */
    assert_int_equal(lane_stats_of(lanes).stuck, 0);

    lane_submit(lanes, &sim_plain_class, STEP_CAPTURE, "c", "y", &c);
    TURNS_UNTIL(lanes, c.over);
    lane_end(lanes);
}

static void
test_there_is_a_maximum_of_replacements(void **state)
{
    enum { MAX_WORKERS = 3 };
    struct lanes *lanes = lane_make(1, MAX_WORKERS, 10);
    struct lane_outcome held[MAX_WORKERS], last;

    (void) state;
    sim_hold("held");
    for (int i = 0; i < MAX_WORKERS; i++) {
        lane_submit(lanes, &sim_plain_class, STEP_CAPTURE, "held", "",
                    &held[i]);
    }
    lane_submit(lanes, &sim_plain_class, STEP_CAPTURE, "last", "", &last);
    TURNS_UNTIL(lanes, lane_stats_of(lanes).stuck == MAX_WORKERS);
    assert_int_equal(lane_stats_of(lanes).workers, MAX_WORKERS);
    assert_false(sim_is_running("last"));

    sim_let_go("held");
    TURNS_UNTIL(lanes, lane_n_over == MAX_WORKERS + 1);
    TURNS_UNTIL(lanes, lane_stats_of(lanes).workers == 1);
    lane_end(lanes);
}

static void
test_all_lanes_of_a_stuck_batch_are_stuck(void **state)
{
    struct lanes *lanes = lane_make(1, 2, 20);
    struct lane_outcome a, b, c;

    (void) state;
    sim_hold("a");
    lane_submit(lanes, &sim_bulk_class, STEP_REVERT, "a", "x", &a);
    lane_submit(lanes, &sim_bulk_class, STEP_REVERT, "b", "y", &b);
    lane_submit(lanes, &sim_plain_class, STEP_REVERT, "c", "z", &c);
    TURNS_UNTIL(lanes, lane_is_stuck(lanes, "x") && c.over);
    assert_true(lane_is_stuck(lanes, "y"));
    assert_false(lane_is_stuck(lanes, "z"));
    sim_let_go("a");
    TURNS_UNTIL(lanes, a.over && b.over);
    assert_false(lane_is_stuck(lanes, "y"));
    lane_end(lanes);
}

static void
test_no_socket_to_the_kernel_is_an_error_of_the_task(void **state)
{
    struct lanes *lanes = lane_make(1, 1, NEVER_STUCK_MS);
    struct lane_outcome a, b;

    (void) state;
    sim_fail_rtnl_open(1);
    lane_submit(lanes, &sim_plain_class, STEP_CAPTURE, "a", "", &a);
    TURNS_UNTIL(lanes, a.over);
    assert_string_equal(a.error->message,
                        "open a socket to the kernel: no more sockets");
    vif_error_destroy(a.error);
    assert_int_equal(lane_world()->n_calls, 0);

    lane_submit(lanes, &sim_plain_class, STEP_CAPTURE, "b", "", &b);
    TURNS_UNTIL(lanes, b.over);
    assert_null(b.error);
    assert_int_equal(lane_world()->n_rtnl, 1);
    lane_end(lanes);
}

/* A task whose end submits the next. */
struct chain {
    struct lanes *lanes;
    int left;
};

static void
submit_next(struct step_task *task)
{
    struct chain *chain = task->aux;

    assert_null(task->error);
    step_task_destroy(task);
    if (chain->left-- > 0) {
        struct lane_outcome unused;

        task = lane_make_task(&sim_plain_class, STEP_CAPTURE, "a", "x",
                              &unused);
        task->done = submit_next;
        task->aux = chain;
        lane_submit_task(chain->lanes, task);
    }
}

static void
test_end_of_a_task_may_submit_another(void **state)
{
    struct chain chain = { lane_make(2, 2, NEVER_STUCK_MS), 300 };
    struct step_task *first = step_task_create(&sim_plain_class,
                                               STEP_CAPTURE);

    (void) state;
    first->aux = &chain;
    submit_next(first);
    TURNS_UNTIL(chain.lanes, chain.left < 0);
    assert_int_equal(lane_world()->n_calls, 300);
    lane_end(chain.lanes);
}

static void
test_ending_hands_back_what_has_not_begun(void **state)
{
    struct lanes *lanes = lane_make(1, 1, NEVER_STUCK_MS);
    struct lane_outcome a, b, c, d;

    (void) state;
    sim_hold("a");
    lane_submit(lanes, &sim_plain_class, STEP_CAPTURE, "a", "x", &a);
    lane_submit(lanes, &sim_plain_class, STEP_CAPTURE, "b", "x", &b);
    lane_submit(lanes, &sim_plain_class, STEP_CAPTURE, "c", "y", &c);
    TURNS_UNTIL(lanes, sim_is_running("a"));
    lane_submit(lanes, &sim_plain_class, STEP_CAPTURE, "d", "z", &d);

    /* "a" does not come back in time: it is left behind, and all that it
     * uses is freed when it does (which the address sanitizer sees). */
    assert_int_equal(lanes_destroy(lanes, 10), 1);
    assert_false(a.over);
    assert_superseded(&b);
    assert_superseded(&c);
    assert_superseded(&d);
    sim_let_go("a");
    UNTIL(lane_world()->n_rtnl == 0, sim_run(), sim_wait());
    assert_false(a.over);
}

static void
test_ending_waits_for_what_is_under_way(void **state)
{
    struct lanes *lanes = lane_make(3, 3, NEVER_STUCK_MS);
    struct lane_outcome outcomes[3];

    (void) state;
    for (int i = 0; i < 3; i++) {
        struct step_task *task = lane_make_task(&sim_plain_class, STEP_CAPTURE,
                                                "a", "", &outcomes[i]);

        vif_attrs_set(&task->step.args, "spin", "5000");
        lane_submit_task(lanes, task);
    }
    TURNS_UNTIL(lanes, lane_world()->n_calls == 3);
    lane_end(lanes);
    for (int i = 0; i < 3; i++) {
        assert_true(outcomes[i].over);
        assert_null(outcomes[i].error);
    }
    assert_int_equal(lanes_destroy(NULL, 0), 0);
}

int
main(void)
{
#define TEST(NAME) cmocka_unit_test_setup(NAME, lane_set_up)
    const struct CMUnitTest tests[] = {
        TEST(test_task_runs_in_a_worker_and_is_handed_back),
        TEST(test_error_of_a_step_is_handed_back),
        TEST(test_step_of_the_main_loop_is_started_at_once),
        TEST(test_tasks_of_one_lane_keep_their_order),
        TEST(test_lanes_overlap_as_far_as_there_are_workers),
        TEST(test_second_task_does_not_wait_for_the_first),
        TEST(test_cancelled_tasks_that_have_not_begun_come_back),
        TEST(test_what_is_gated_lasts_once_it_is_armed),
        TEST(test_cancelling_what_is_over_changes_nothing),
        TEST(test_reverts_of_one_turn_run_together),
        TEST(test_only_reverts_of_one_kind_run_together),
        TEST(test_stuck_worker_is_replaced),
        TEST(test_there_is_a_maximum_of_replacements),
        TEST(test_all_lanes_of_a_stuck_batch_are_stuck),
        TEST(test_no_socket_to_the_kernel_is_an_error_of_the_task),
        TEST(test_end_of_a_task_may_submit_another),
        TEST(test_ending_hands_back_what_has_not_begun),
        TEST(test_ending_waits_for_what_is_under_way),
    };

    return cmocka_run_group_tests_name("lanes", tests, NULL, NULL);
}
