/* SPDX-License-Identifier: Apache-2.0 */

/* The journal's commits: what is committed is there, what is not committed is
 * not, and each commit has its own verdict.  The file is in
 * test-journal-file.c, dying in test-journal-crash.c. */

#include <config.h>

#include "engine/journal.h"

#include <errno.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "lib/cleanup.h"
#include "tests/unit/failing-vfs.h"
#include "tests/unit/journal-place.h"
#include "tests/unit/until.h"
#include "util.h"

static void
test_committed_records_are_there_after_reopening(void **state)
{
    const struct place *place = *state;
    struct journal *journal = open_journal(place);
    CLEANUP_FREE char *ports = NULL;

    journal_put(journal, JOURNAL_PORT, "b", "1");
    journal_put(journal, JOURNAL_PORT, "a", "{\"n\": \"ü\"}");
    journal_insert(journal, JOURNAL_CLAIM, "tap:t1", "a");
    commit(journal);
    journal_put(journal, JOURNAL_PORT, "b", "2");
    journal_put(journal, JOURNAL_PORT, "c", "3");
    journal_del(journal, JOURNAL_PORT, "c");
    journal_del(journal, JOURNAL_PORT, "never was");
    journal_put(journal, JOURNAL_RESOURCE, "ovs-bridge|br", "");
    commit(journal);

    /* An operator may look while vifd is running. */
    ports = sqlite(place, "SELECT count(*) FROM port");
    assert_string_equal(ports, "2");
    journal_sqlite_close(journal);

    journal = open_journal(place);
    assert_holds(journal, "port a={\"n\": \"ü\"};port b=2;"
                          "resource ovs-bridge|br=;claim tap:t1=a;");
    journal_sqlite_close(journal);
}

static void
test_what_is_not_committed_is_not_there(void **state)
{
    const struct place *place = *state;
    struct journal *journal = open_journal(place);

    journal_put(journal, JOURNAL_PORT, "a", "1");
    commit(journal);
    journal_put(journal, JOURNAL_PORT, "a", "2");
    journal_put(journal, JOURNAL_PORT, "b", "2");
    journal_sqlite_close(journal);

    journal = open_journal(place);
    assert_holds(journal, "port a=1;");
    journal_sqlite_close(journal);
}

static void
test_closing_waits_for_what_was_sealed(void **state)
{
    const struct place *place = *state;
    struct journal *journal = open_journal(place);

    journal_put(journal, JOURNAL_PORT, "a", "1");
    journal_commit(journal, NULL, NULL);
    journal_sqlite_close(journal);

    journal = open_journal(place);
    assert_holds(journal, "port a=1;");
    journal_sqlite_close(journal);
}

static void
test_commit_of_nothing_has_a_verdict_too(void **state)
{
    struct journal *journal = open_journal(*state);

    commit(journal);
    journal_sqlite_close(journal);
}

static void
test_inserting_a_key_twice_fails_that_commit_alone(void **state)
{
    struct journal *journal = open_journal(*state);
    struct vif_error *error;

    journal_insert(journal, JOURNAL_CLAIM, "tap:t1", "a");
    commit(journal);

    journal_put(journal, JOURNAL_PORT, "b", "1");
    journal_insert(journal, JOURNAL_CLAIM, "tap:t2", "b");
    journal_insert(journal, JOURNAL_CLAIM, "tap:t1", "b");
    error = commit_failing(journal, VIF_ERR_CONFLICT);
    assert_string_equal(error->message,
                        "the journal has claim \"tap:t1\" already");
    vif_error_destroy(error);
    assert_holds(journal, "claim tap:t1=a;");

    journal_insert(journal, JOURNAL_CLAIM, "tap:t2", "b");
    commit(journal);
    assert_holds(journal, "claim tap:t1=a;claim tap:t2=b;");
    journal_sqlite_close(journal);
}

/* Many commits of one turn share a transaction, and still one that fails
 * fails alone and verdicts come in order. */
static void
test_pipelined_commits_have_their_own_verdicts(void **state)
{
    enum { N = 300, WRONG = 150 };
    struct journal *journal = open_journal(*state);
    struct verdict verdicts[N];
    struct journal_stats stats;
    int order = 0;

    journal_insert(journal, JOURNAL_CLAIM, "taken", "x");
    commit(journal);
    failing_vfs_hold_writes(true);
    for (int i = 0; i < N; i++) {
        char key[16];

        verdicts[i] = (struct verdict) { &order, 0, NULL };
        snprintf(key, sizeof key, "p%03d", i);
        journal_put(journal, JOURNAL_PORT, key, "1");
        journal_insert(journal, JOURNAL_CLAIM, i == WRONG ? "taken" : key,
                       key);
        journal_commit(journal, got_verdict, &verdicts[i]);
    }
    failing_vfs_hold_writes(false);
    await(journal, &verdicts[N - 1]);

    for (int i = 0; i < N; i++) {
        assert_int_equal(verdicts[i].position, i + 1);
        if (i == WRONG) {
            assert_int_equal(verdicts[i].error->code, VIF_ERR_CONFLICT);
            vif_error_destroy(verdicts[i].error);
        } else {
            assert_null(verdicts[i].error);
        }
    }
    journal_sqlite_get_stats(journal, &stats);
    assert_int_equal(stats.commits, N);         /* And the first. */
    assert_int_equal(stats.records, 2 * (N - 1) + 1);
    assert_int_equal(stats.failed, 1);
    journal_sqlite_close(journal);
}

static void
test_commits_of_one_turn_share_transactions(void **state)
{
    enum { N = 1000 };
    struct journal *journal = open_journal(*state);
    struct journal_stats stats;

    /* The disk is slow: the first transaction has all that was sealed when
     * it began, the second all the rest. */
    failing_vfs_hold_writes(true);
    for (int i = 0; i < N; i++) {
        journal_put(journal, JOURNAL_PORT, "p", "1");
        journal_commit(journal, NULL, NULL);
    }
    failing_vfs_hold_writes(false);
    commit(journal);
    journal_sqlite_get_stats(journal, &stats);
    assert_int_equal(stats.commits, N + 1);
    assert_in_range(stats.transactions, 1, 3);
    journal_sqlite_close(journal);
}

static void
test_full_disk_fails_the_commit_and_passes(void **state)
{
    static const struct {
        int code, errnum;
        const char *words;
    } faults[] = {
        { SQLITE_FULL, ENOSPC, "database or disk is full" },
        { SQLITE_IOERR_WRITE, 0, "disk I/O error" },
    };
    struct journal *journal = open_journal(*state);
    char big[20000];

    memset(big, 'x', sizeof big - 1);
    big[sizeof big - 1] = '\0';
    journal_put(journal, JOURNAL_PORT, "a", "1");
    commit(journal);
    for (size_t i = 0; i < ARRAY_SIZE(faults); i++) {
        struct vif_error *error;

        /* Fails in the middle of the transaction's pages. */
        failing_vfs_fail_writes(faults[i].code, 3);
        journal_put(journal, JOURNAL_PORT, "a", "2");
        journal_put(journal, JOURNAL_PORT, "big", big);
        error = commit_failing(journal, VIF_ERR_JOURNAL);
        assert_contains(error->message, "journal.db");
        assert_contains(error->message, faults[i].words);
        assert_string_equal(error->source, faults[i].words);
        assert_true(error->retry);
        if (faults[i].errnum) {
            assert_int_equal(error->errnum, faults[i].errnum);
        }
        vif_error_destroy(error);
        assert_holds(journal, "port a=1;");

        failing_vfs_fail_writes(SQLITE_OK, 0);
        journal_put(journal, JOURNAL_PORT, "a", "3");
        commit(journal);
        assert_holds(journal, "port a=3;");
        journal_put(journal, JOURNAL_PORT, "a", "1");
        commit(journal);
    }
    journal_sqlite_close(journal);

    journal = open_journal(*state);
    assert_holds(journal, "port a=1;");
    journal_sqlite_close(journal);
}

static void
test_operator_who_writes_delays_but_does_not_break(void **state)
{
    const struct place *place = *state;
    struct journal *journal = open_journal(place);
    struct vif_error *error;
    sqlite3 *db;

    sqlite3_open(place->path, &db);
    assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL),
                     SQLITE_OK);
    journal_put(journal, JOURNAL_PORT, "a", "1");
    error = commit_failing(journal, VIF_ERR_JOURNAL);
    assert_contains(error->message, "locked");
    assert_true(error->retry);
    vif_error_destroy(error);
    sqlite3_close(db);

    journal_put(journal, JOURNAL_PORT, "a", "2");
    commit(journal);
    assert_holds(journal, "port a=2;");
    journal_sqlite_close(journal);
}

/* The log is moved into the database when there is time for it, and does not
 * grow for ever when there is none. */
static void
test_log_is_tidied_up_when_idle(void **state)
{
    const struct place *place = *state;
    struct journal *journal = open_journal(place);
    CLEANUP_FREE char *wal = xasprintf("%s-wal", place->path);
    bool tidied = false;
    char value[2500];
    struct stat st;

    memset(value, 'v', sizeof value - 1);
    value[sizeof value - 1] = '\0';
    for (int i = 0; i < 1000; i++) {
        char key[16];

        snprintf(key, sizeof key, "p%d", i);
        journal_put(journal, JOURNAL_PORT, key, value);
    }
    commit(journal);

    /* Nothing tells when a checkpoint is over: look again in a while. */
    UNTIL(tidied,
          CLEANUP_FREE char *n = sqlite(place, "SELECT value FROM meta "
                                        "WHERE key = 'checkpoints'");
          tidied = strcmp(n, "0") != 0,
          poll_timer_wait(10));
    /* Who was reading then may have kept it from using the log anew. */
    tidied = false;
    UNTIL(tidied,
          journal_put(journal, JOURNAL_PORT, "p1", "small");
          commit(journal);
          assert_int_equal(stat(wal, &st), 0);
          tidied = st.st_size > 0 && st.st_size <= 4 << 20,
          poll_timer_wait(10));
    journal_sqlite_close(journal);
    assert_int_equal(stat(wal, &st), -1);
}

int
main(void)
{
#define TEST(NAME) \
    cmocka_unit_test_setup_teardown(NAME, place_set_up, place_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_committed_records_are_there_after_reopening),
        TEST(test_what_is_not_committed_is_not_there),
        TEST(test_closing_waits_for_what_was_sealed),
        TEST(test_commit_of_nothing_has_a_verdict_too),
        TEST(test_inserting_a_key_twice_fails_that_commit_alone),
        TEST(test_pipelined_commits_have_their_own_verdicts),
        TEST(test_commits_of_one_turn_share_transactions),
        TEST(test_full_disk_fails_the_commit_and_passes),
        TEST(test_operator_who_writes_delays_but_does_not_break),
        TEST(test_log_is_tidied_up_when_idle),
    };

    failing_vfs_install();
    return cmocka_run_group_tests_name("journal", tests, NULL, NULL);
}
