/* SPDX-License-Identifier: Apache-2.0 */
/* How much memory is left: the least of what the process, its control groups
 * and the option leave.  The groups and the process are files of the test's
 * own, laid out as in /proc/self and /sys/fs/cgroup. */

#include <config.h>

#include "agent/budget.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/cleanup.h"
#include "util.h"

#define MIB (UINT64_C(1024) * 1024)

struct place {
    char directory[64];
    struct budget *budget;
};

static void
put(const struct place *place, const char *name, const char *text)
{
    CLEANUP_FREE char *path = xasprintf("%s/%s", place->directory, name);
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static void
make(const struct place *place, const char *name)
{
    CLEANUP_FREE char *path = xasprintf("%s/%s", place->directory, name);

    assert_int_equal(mkdir(path, 0700), 0);
}

/* So many MiB of the process's own; the rest of statm is of no interest. */
static void
use(const struct place *place, unsigned int mib)
{
    unsigned int pages = mib * MIB / sysconf(_SC_PAGESIZE);
    CLEANUP_FREE char *text = xasprintf("%u %u 100 10 0 20 0\n", pages + 300,
                                        pages + 100);

    put(place, "statm", text);
}

static void
open_budget(struct place *place)
{
    budget_destroy(place->budget);
    place->budget = budget_create(place->directory, place->directory);
}

/* MiB that are left with 'limit' as the option. */
static uint64_t
left(const struct place *place, unsigned int limit)
{
    budget_set_limit(place->budget, limit * MIB);       /* Looks again. */
    return budget_left(place->budget) / MIB;
}

static int
set_up(void **state)
{
    struct place *place = xzalloc(sizeof *place);

    strcpy(place->directory, "/tmp/vifd-test-budget-XXXXXX");
    assert_non_null(mkdtemp(place->directory));
    make(place, "system.slice");
    make(place, "system.slice/vifd.service");
    put(place, "cgroup", "4:memory:/elsewhere\n"
                         "0::/system.slice/vifd.service\n");
    put(place, "system.slice/vifd.service/memory.max", "max\n");
    put(place, "system.slice/memory.max", "max\n");
    use(place, 10);
    open_budget(place);
    *state = place;
    return 0;
}

static int
tear_down(void **state)
{
    static const char *const names[] = {
        "system.slice/vifd.service/memory.max", "system.slice/memory.max",
        "memory.max", "cgroup", "statm",
    };
    struct place *place = *state;

    budget_destroy(place->budget);
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        CLEANUP_FREE char *path = xasprintf("%s/%s", place->directory,
                                            names[i]);
        unlink(path);
    }
    CLEANUP_FREE char *slice = xasprintf("%s/system.slice", place->directory);
    CLEANUP_FREE char *service = xasprintf("%s/vifd.service", slice);
    rmdir(service);
    rmdir(slice);
    rmdir(place->directory);
    free(place);
    return 0;
}

static void
test_without_a_limit_there_is_always_more(void **state)
{
    struct place *place = *state;

    assert_true(left(place, 0) == UINT64_MAX / MIB);
    assert_null(budget_check(place->budget, BUDGET_ADD, 100000));
    assert_null(budget_check(NULL, BUDGET_ADD, 100000));
}

static void
test_the_option(void **state)
{
    struct place *place = *state;

    assert_int_equal(left(place, 64), 54);
    use(place, 70);
    assert_int_equal(left(place, 64), 0);
}

static void
test_the_least_of_the_groups_counts(void **state)
{
    struct place *place = *state;

    put(place, "system.slice/memory.max", "104857600\n");       /* 100 MiB. */
    assert_int_equal(left(place, 0), 90);
    put(place, "system.slice/vifd.service/memory.max", "52428800\n");
    assert_int_equal(left(place, 0), 40);
    assert_int_equal(left(place, 30), 20);
    put(place, "system.slice/vifd.service/memory.max", "max\n");
    assert_int_equal(left(place, 0), 90);
}

static void
test_the_group_of_a_container(void **state)
{
    struct place *place = *state;

    put(place, "cgroup", "0::/\n");
    put(place, "memory.max", "33554432\n");
    open_budget(place);
    assert_int_equal(left(place, 0), 22);
}

static void
test_no_group_of_version_2(void **state)
{
    struct place *place = *state;

    put(place, "cgroup", "4:memory:/elsewhere\n1:cpu:/\n");
    put(place, "memory.max", "1\n");
    open_budget(place);
    assert_true(left(place, 0) == UINT64_MAX / MIB);
}

static void
test_limits_of_the_process(void **state)
{
    struct place *place = *state;
    struct rlimit before, limit;

    assert_int_equal(getrlimit(RLIMIT_DATA, &before), 0);
    limit = before;
    limit.rlim_cur = 200 * MIB;
    assert_int_equal(setrlimit(RLIMIT_DATA, &limit), 0);
    assert_int_equal(left(place, 0), 199);      /* 20 pages are data. */
    assert_int_equal(setrlimit(RLIMIT_DATA, &before), 0);
    assert_true(left(place, 0) == UINT64_MAX / MIB);
}

static void
test_what_matters_most_is_refused_last(void **state)
{
    struct place *place = *state;

    assert_int_equal(left(place, 30), 20);
    assert_null(budget_check(place->budget, BUDGET_ADD, 1));
    struct vif_error *error = budget_check(place->budget, BUDGET_ADD, 1000);
    assert_non_null(error);
    assert_int_equal(error->code, VIF_ERR_BUSY);
    assert_true(error->retry && error->retry_ms);
    assert_non_null(strstr(error->message, "20 MiB are left of the 30 MiB "
                                           "that memory_limit"));
    vif_error_destroy(error);

    assert_int_equal(left(place, 20), 10);
    assert_non_null(error = budget_check(place->budget, BUDGET_ADD, 1));
    vif_error_destroy(error);
    assert_null(budget_check(place->budget, BUDGET_LOOK, 1));

    assert_int_equal(left(place, 15), 5);
    assert_non_null(error = budget_check(place->budget, BUDGET_LOOK, 1));
    vif_error_destroy(error);
    assert_null(budget_check(place->budget, BUDGET_FREE, 1));
    assert_int_equal(budget_refused(place->budget), 3);
}

int
main(void)
{
#define TEST(FUNCTION) \
    cmocka_unit_test_setup_teardown(FUNCTION, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_without_a_limit_there_is_always_more),
        TEST(test_the_option),
        TEST(test_the_least_of_the_groups_counts),
        TEST(test_the_group_of_a_container),
        TEST(test_no_group_of_version_2),
        TEST(test_limits_of_the_process),
        TEST(test_what_matters_most_is_refused_last),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
