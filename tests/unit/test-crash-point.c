/* SPDX-License-Identifier: Apache-2.0 */

/* The crash points, compiled in for this program whatever the build is: a
 * child is killed at the point and the pass that its environment names, and
 * the log lists all points.  With them the journal's promise is looked at
 * from both sides of a commit. */

#include <config.h>

#include "crash-point.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/lanes.h"
#include "lib/cleanup.h"
#include "tests/unit/failing-vfs.h"
#include "tests/unit/journal-place.h"
#include "tests/unit/simulated-steps.h"
#include "tests/unit/until.h"
#include "util.h"

/* What the children do. */

static int
commit_three_times(const char *path)
{
    struct place place = { .directory = "" };
    struct journal *journal;

    ovs_strlcpy(place.path, path, sizeof place.path);
    journal = open_journal(&place);
    for (int i = 1; i <= 3; i++) {
        char value[16];

        snprintf(value, sizeof value, "%d", i);
        journal_put(journal, JOURNAL_PORT, "p", value);
        commit(journal);
    }
    journal_sqlite_close(journal);
    return 0;
}

static int n_over;

static void
count_over(struct step_task *task)
{
    n_over++;
    step_task_destroy(task);
}

static void
submit(struct lanes *lanes, const struct step_class *class, enum step_op op)
{
    struct executor *executor = lanes_executor(lanes);
    struct step_task *task = step_task_create(class, op);

    task->step.object = xstrdup("a");
    task->step.port_id = xstrdup("");
    task->done = count_over;
    executor->class->submit(executor, task);
}

static void
turn_until_over(struct lanes *lanes, int n)
{
    UNTIL(n_over == n, lanes_run(lanes), lanes_wait(lanes));
}

/* Every operation of a step of the lanes, two reverts together, and a step of
 * the main loop. */
static int
run_steps(void)
{
    const struct lanes_config config = {
        .workers = 1, .max_workers = 1, .stuck_ms = UNTIL_MS, .key = "key",
    };
    struct lanes *lanes;
    int n = 0;

    sim_reset();
    assert_null(lanes_create(&config, NULL, &lanes));
    for (enum step_op op = 0; op < N_STEP_OPS; op++) {
        submit(lanes, &sim_bulk_class, op);
        turn_until_over(lanes, ++n);
    }
    submit(lanes, &sim_bulk_class, STEP_REVERT);
    submit(lanes, &sim_bulk_class, STEP_REVERT);
    turn_until_over(lanes, n += 2);
    submit(lanes, &sim_loop_class, STEP_APPLY);
    step_task_done(sim_loop.started, NULL);
    return lanes_destroy(lanes, UNTIL_MS);
}

/* The story tellers. */

/* Runs this program as a child with 'what' to do; returns its status. */
static int
run_child(const struct place *place, const char *what, const char *at,
          const char *log)
{
    pid_t pid = fork();
    int status;

    assert_true(pid >= 0);
    if (!pid) {
        int null = open("/dev/null", O_WRONLY);

        dup2(null, STDERR_FILENO);
        setenv("VIFD_CRASH_AT", at, 1);
        setenv("VIFD_CRASH_LOG", log, 1);
        execl("/proc/self/exe", "child", what, place->path, NULL);
        _exit(127);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

static void
assert_killed(int status)
{
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGKILL);
}

static void
assert_ended_well(int status)
{
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void
test_journal_holds_exactly_what_was_committed(void **state)
{
    static const struct {
        const char *at, *holds;
    } cases[] = {
        { "journal/commit/before", "" },
        { "journal/commit/after:1", "port p=1;" },
        { "journal/commit/before:2", "port p=1;" },
        { "journal/commit/after:2", "port p=2;" },
        { "journal/commit/before:3", "port p=2;" },
        { "journal/commit/after:3", "port p=3;" },
    };
    const struct place *place = *state;

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct journal *journal;

        assert_killed(run_child(place, "journal", cases[i].at, ""));
        journal = open_journal(place);
        assert_holds(journal, cases[i].holds);
        journal_del(journal, JOURNAL_PORT, "p");
        commit(journal);
        journal_sqlite_close(journal);
    }
    assert_ended_well(run_child(place, "journal", "journal/commit/after:4",
                                ""));
    assert_ended_well(run_child(place, "journal", "", ""));
}

static void
test_log_lists_the_points_of_a_run(void **state)
{
    static const char expected[] =
        "sim-bulk/capture/before\nsim-bulk/capture/after\n"
        "sim-bulk/apply/before\nsim-bulk/apply/after\n"
        "sim-bulk/verify/before\nsim-bulk/verify/after\n"
        "sim-bulk/verify/before\nsim-bulk/verify/after\n"
        "sim-bulk/revert/before\nsim-bulk/revert/after\n"
        "sim-bulk/revert/before\nsim-bulk/revert/after\n"
        "sim-loop/apply/before\nsim-loop/apply/after\n";
    const struct place *place = *state;
    CLEANUP_FREE char *log = xasprintf("%s/log", place->directory);
    char text[sizeof expected + 1] = "";
    int fd;

    assert_ended_well(run_child(place, "steps", "", log));
    fd = open(log, O_RDONLY);
    assert_true(read(fd, text, sizeof text - 1) > 0);
    close(fd);
    assert_int_equal(unlink(log), 0);
    assert_string_equal(text, expected);
}

static void
test_steps_can_be_killed_at_each_point(void **state)
{
    static const char *const points[] = {
        "sim-bulk/capture/before", "sim-bulk/apply/after",
        "sim-bulk/verify/after:2", "sim-bulk/revert/before:2",
        "sim-loop/apply/before", "sim-loop/apply/after:1",
    };
    const struct place *place = *state;

    for (size_t i = 0; i < ARRAY_SIZE(points); i++) {
        assert_killed(run_child(place, "steps", points[i], ""));
    }
    assert_ended_well(run_child(place, "steps", "sim-bulk/revert/after:3",
                                ""));
    assert_ended_well(run_child(place, "steps", "sim-bulk/revert", ""));
}

static void
test_wrong_environment_is_not_ignored(void **state)
{
    static const char *const wrong[] = { "x:0", "x:-1", "x:two", ":1" };
    const struct place *place = *state;
    int status;

    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
        status = run_child(place, "steps", wrong[i], "");
        assert_true(WIFSIGNALED(status));
        assert_int_equal(WTERMSIG(status), SIGABRT);
    }
    status = run_child(place, "steps", "", "/no/such/directory/log");
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
}

int
main(int argc, char *argv[])
{
#define TEST(NAME) \
    cmocka_unit_test_setup_teardown(NAME, place_set_up, place_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_journal_holds_exactly_what_was_committed),
        TEST(test_log_lists_the_points_of_a_run),
        TEST(test_steps_can_be_killed_at_each_point),
        TEST(test_wrong_environment_is_not_ignored),
    };

    if (argc == 3) {
        return (!strcmp(argv[1], "journal") ? commit_three_times(argv[2])
                : run_steps());
    }
    failing_vfs_install();
    return cmocka_run_group_tests_name("crash-point", tests, NULL, NULL);
}
