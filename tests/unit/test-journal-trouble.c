/* SPDX-License-Identifier: Apache-2.0 */

/* A journal that cannot be used: what vifd then has in place of one, how it
 * comes to have one again, and journals of other versions. */

#include <config.h>

#include "engine/journal.h"

#include <fcntl.h>
#include <glob.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/journal-file.h"
#include "lib/cleanup.h"
#include "tests/unit/failing-vfs.h"
#include "tests/unit/journal-place.h"
#include "util.h"
#include "uuid.h"

#define KEY "0a3c8a1e-54a5-4f0c-8e33-0d7b0a1f5d21"

static struct journal *
start_journal(const struct place *place)
{
    struct journal *journal;
    struct vif_error *error = journal_sqlite_start(place->path, &journal);

    assert_null(error);
    assert_non_null(journal);
    return journal;
}

static void
assert_refuses(struct journal *journal, enum journal_trouble trouble,
               const char *words)
{
    const struct vif_error *why = journal_refusal(journal);

    assert_int_equal(journal_sqlite_trouble(journal), trouble);
    assert_non_null(why);
    assert_int_equal(why->code, VIF_ERR_JOURNAL);
    assert_contains(why->message, words);

    journal_put(journal, JOURNAL_PORT, "a", "1");
    vif_error_destroy(commit_failing(journal, VIF_ERR_JOURNAL));
}

/* Every name that there is in the place of the journal, behind "journal.db",
 * without what SQLite and the lock have. */
static size_t
count_others(const struct place *place)
{
    CLEANUP_FREE char *pattern = xasprintf("%s.*", place->path);
    glob_t found = { .gl_pathc = 0 };
    size_t n = glob(pattern, 0, NULL, &found) ? 0 : found.gl_pathc;

    globfree(&found);
    return n;
}

static void
overwrite(const struct place *place, off_t offset)
{
    int fd = open(place->path, O_RDWR);
    struct stat st;
    char rubbish[4096];

    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, &st), 0);
    memset(rubbish, '?', sizeof rubbish);
    for (; offset < st.st_size; offset += sizeof rubbish) {
        assert_int_equal(pwrite(fd, rubbish, sizeof rubbish, offset),
                         sizeof rubbish);
    }
    close(fd);
}

static void
test_no_file_is_made_before_somebody_wants_it(void **state)
{
    const struct place *place = *state;
    struct journal *journal = start_journal(place);
    struct verdict verdict = { .order = NULL };

    assert_refuses(journal, JOURNAL_MISSING, "No such file");
    assert_string_equal(journal_sqlite_key(journal), "");
    assert_int_not_equal(access(place->path, F_OK), 0);

    journal_sqlite_reopen(journal, false, got_verdict, &verdict);
    await(journal, &verdict);
    assert_non_null(verdict.error);
    vif_error_destroy(verdict.error);
    assert_refuses(journal, JOURNAL_MISSING, "No such file");

    verdict = (struct verdict) { .order = NULL };
    journal_sqlite_reopen(journal, true, got_verdict, &verdict);
    await(journal, &verdict);
    assert_null(verdict.error);
    assert_null(journal_refusal(journal));
    assert_int_equal(strlen(journal_sqlite_key(journal)), UUID_LEN);
    journal_put(journal, JOURNAL_PORT, "a", "1");
    commit(journal);
    assert_holds(journal, "port a=1;");
    journal_sqlite_close(journal);
}

static void
test_trouble_at_the_start(void **state)
{
    const struct place *place = *state;
    struct journal *journal;

    journal_sqlite_close(open_journal(place));
    overwrite(place, 0);
    journal = start_journal(place);
    assert_refuses(journal, JOURNAL_CORRUPT, "file is not a database");
    assert_contains(journal_refusal(journal)->message,
                    "vifctl repair --journal");
    journal_sqlite_close(journal);

    assert_int_equal(truncate(place->path, 0), 0);
    journal = start_journal(place);
    assert_refuses(journal, JOURNAL_MISSING, "it is empty");
    journal_sqlite_close(journal);

    assert_int_equal(unlink(place->path), 0);
    assert_int_equal(mkdir(place->path, 0700), 0);
    journal = start_journal(place);
    assert_refuses(journal, JOURNAL_UNREADABLE, "directory");
    journal_sqlite_close(journal);
    assert_int_equal(rmdir(place->path), 0);
}

static void
test_a_full_disk_is_no_reason_to_refuse_for_good(void **state)
{
    const struct place *place = *state;
    struct journal *journal = open_journal(place);
    struct vif_error *error;

    failing_vfs_fail_writes(SQLITE_FULL, 0);
    journal_put(journal, JOURNAL_PORT, "a", "1");
    error = commit_failing(journal, VIF_ERR_JOURNAL);
    assert_contains(error->message, "free some space");
    assert_true(error->retry);
    vif_error_destroy(error);
    assert_int_equal(journal_sqlite_trouble(journal), JOURNAL_FULL);
    assert_null(journal_refusal(journal));

    failing_vfs_fail_writes(SQLITE_OK, 0);
    journal_put(journal, JOURNAL_PORT, "a", "1");
    commit(journal);
    assert_int_equal(journal_sqlite_trouble(journal), JOURNAL_FINE);
    journal_sqlite_close(journal);
}

static void
test_rubbish_under_an_open_journal_is_found_and_never_forgotten(void **state)
{
    const struct place *place = *state;
    struct journal *journal = open_journal(place);
    char value[2000];

    memset(value, 'v', sizeof value - 1);
    value[sizeof value - 1] = '\0';
    for (int i = 0; i < 20; i++) {
        char key[16];

        snprintf(key, sizeof key, "p%d", i);
        journal_put(journal, JOURNAL_PORT, key, value);
    }
    commit(journal);

    /* An operator may write, and may move the log into the file. */
    sqlite_run(place, "PRAGMA wal_checkpoint(TRUNCATE)");
    journal_put(journal, JOURNAL_PORT, "q", "1");
    commit(journal);
    sqlite_run(place, "PRAGMA wal_checkpoint(TRUNCATE)");

    overwrite(place, 4096);
    journal_put(journal, JOURNAL_PORT, "q", "2");
    vif_error_destroy(commit_failing(journal, VIF_ERR_JOURNAL));
    assert_refuses(journal, JOURNAL_CORRUPT, "somebody has written into");
    journal_sqlite_close(journal);
}

/* Replaces the journal by one with 'key'. */
static void
replace(struct journal *journal, const char *key)
{
    struct verdict verdict = { .order = NULL };

    journal_sqlite_replace(journal, key, got_verdict, &verdict);
    await(journal, &verdict);
    assert_null(verdict.error);
    assert_null(journal_refusal(journal));
}

static void
test_a_new_one_in_place_of_a_broken_one(void **state)
{
    const struct place *place = *state;
    struct verdict verdict = { .order = NULL };
    struct journal *journal;
    struct stat st;

    journal_sqlite_close(open_journal(place));
    overwrite(place, 0);
    journal = start_journal(place);
    replace(journal, KEY);
    assert_string_equal(journal_sqlite_key(journal), KEY);
    assert_non_null(journal_sqlite_aside(journal));
    assert_contains(journal_sqlite_aside(journal), "journal.db.broken-");
    assert_int_equal(stat(journal_sqlite_aside(journal), &st), 0);
    journal_put(journal, JOURNAL_PORT, "a", "1");
    commit(journal);
    journal_sqlite_close(journal);

    /* Nobody has said that it is whole. */
    journal = start_journal(place);
    assert_refuses(journal, JOURNAL_UNFINISHED, "was interrupted");
    assert_string_equal(journal_sqlite_key(journal), KEY);
    replace(journal, journal_sqlite_key(journal));
    journal_put(journal, JOURNAL_PORT, "b", "2");
    commit(journal);
    journal_sqlite_finish(journal, got_verdict, &verdict);
    await(journal, &verdict);
    assert_null(verdict.error);
    journal_sqlite_close(journal);

    journal = start_journal(place);
    assert_null(journal_refusal(journal));
    assert_string_equal(journal_sqlite_key(journal), KEY);
    assert_holds(journal, "port b=2;");
    journal_sqlite_close(journal);
    assert_true(count_others(place) >= 2);      /* Nothing was deleted. */
}

/* What is left of a journal's log is not taken for that of a new one. */
static void
test_a_log_without_its_file_is_put_aside(void **state)
{
    const struct place *place = *state;
    CLEANUP_FREE char *wal = xasprintf("%s-wal", place->path);
    int fd;

    journal_sqlite_close(open_journal(place));
    assert_int_equal(unlink(place->path), 0);
    fd = open(wal, O_WRONLY | O_CREAT, 0600);
    assert_int_equal(write(fd, "x", 1), 1);
    close(fd);
    journal_sqlite_close(open_journal(place));
    assert_int_equal(count_others(place), 1);
}

/* Versions. */

/* As vifd 0.1.0 makes it: stays here when the layout changes. */
static const char version_1[] =
    "CREATE TABLE port (key TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL);"
    "CREATE TABLE resource (key TEXT NOT NULL PRIMARY KEY,"
    "                       value TEXT NOT NULL);"
    "CREATE TABLE claim (key TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL);"
    "CREATE TABLE meta (key TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL);"
    "INSERT INTO meta VALUES ('schema', '1'), ('release', '0.1.0'),"
    "  ('key', '" KEY "'), ('boot_id', 'x'), ('checkpoints', '0');"
    "INSERT INTO port VALUES ('a', '1'), ('b', '2');"
    "INSERT INTO claim VALUES ('netdev:t', 'a')";

static void
store_version_1(const struct place *place)
{
    CLEANUP_FREE char *directory = xasprintf("%s/state", place->directory);
    sqlite3 *db;

    assert_int_equal(mkdir(directory, 0700), 0);
    assert_int_equal(sqlite3_open(place->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, version_1, NULL, NULL, NULL),
                     SQLITE_OK);
    sqlite3_close(db);
}

static void
test_journal_of_the_first_version_can_be_read(void **state)
{
    const struct place *place = *state;
    struct journal *journal;

    store_version_1(place);
    journal = start_journal(place);
    assert_null(journal_refusal(journal));
    assert_string_equal(journal_sqlite_key(journal), KEY);
    assert_holds(journal, "port a=1;port b=2;claim netdev:t=a;");

    /* What came later has its place there now. */
    journal_put(journal, JOURNAL_NOTE, "n", "3");
    commit(journal);
    assert_holds(journal, "port a=1;port b=2;claim netdev:t=a;note n=3;");
    journal_sqlite_close(journal);
}

static const char *const good_migrations[] = {
    "CREATE TABLE note (key TEXT PRIMARY KEY, value TEXT); "
    "CREATE TABLE future (key TEXT)",
    "UPDATE port SET value = value || '!'; DROP TABLE future",
};
static const struct journal_schema third = { 3, good_migrations };

static struct vif_error *
open_as(const struct place *place, const struct journal_schema *schema,
        struct journal_opening *opening)
{
    struct vif_error *error;

    *opening = (struct journal_opening) {
        .path = place->path,
        .schema = schema,
    };
    error = journal_file_open(opening);
    journal_file_close(opening->file);
    free(opening->aside);
    return error;
}

static void
test_older_layout_is_brought_up_to_date_and_kept(void **state)
{
    const struct place *place = *state;
    struct place copy = *place;
    struct journal_opening opening;
    struct stat st;

    store_version_1(place);
    assert_null(open_as(place, &third, &opening));
    CLEANUP_FREE char *version
        = sqlite(place, "SELECT value FROM meta WHERE key = 'schema'");
    CLEANUP_FREE char *value
        = sqlite(place, "SELECT value FROM port WHERE key = 'b'");
    assert_string_equal(version, "3");
    assert_string_equal(value, "2!");

    snprintf(copy.path, sizeof copy.path, "%s.v1", place->path);
    assert_int_equal(stat(copy.path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    CLEANUP_FREE char *old
        = sqlite(&copy, "SELECT value FROM port WHERE key = 'b'");
    assert_string_equal(old, "2");

    /* Once. */
    assert_null(open_as(place, &third, &opening));
    assert_int_equal(count_others(place), 1);

    /* Who knows less than that refuses, and leaves it. */
    CLEANUP_ERROR struct vif_error *error
        = open_as(place, &journal_schema, &opening);
    assert_non_null(error);
    assert_int_equal(opening.trouble, JOURNAL_NEWER);
    assert_string_equal(opening.key, KEY);
    assert_contains(error->message, "version 3");
    assert_contains(error->message, "versions up to 2");
}

static void
test_migration_that_fails_changes_nothing(void **state)
{
    static const char *const migrations[] = {
        "UPDATE port SET value = 'x'; ALTER TABLE absent ADD COLUMN x",
    };
    static const struct journal_schema second = { 2, migrations };
    const struct place *place = *state;
    struct journal_opening opening;
    struct journal *journal;

    store_version_1(place);
    CLEANUP_ERROR struct vif_error *error
        = open_as(place, &second, &opening);
    assert_non_null(error);
    assert_contains(error->message, "from version 1 to 2");
    assert_contains(error->message, "no such table");

    journal = start_journal(place);
    assert_holds(journal, "port a=1;port b=2;claim netdev:t=a;");
    journal_sqlite_close(journal);
}

int
main(void)
{
#define TEST(NAME) \
    cmocka_unit_test_setup_teardown(NAME, place_set_up, place_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_no_file_is_made_before_somebody_wants_it),
        TEST(test_trouble_at_the_start),
        TEST(test_a_full_disk_is_no_reason_to_refuse_for_good),
        TEST(test_rubbish_under_an_open_journal_is_found_and_never_forgotten),
        TEST(test_a_new_one_in_place_of_a_broken_one),
        TEST(test_a_log_without_its_file_is_put_aside),
        TEST(test_journal_of_the_first_version_can_be_read),
        TEST(test_older_layout_is_brought_up_to_date_and_kept),
        TEST(test_migration_that_fails_changes_nothing),
    };

    failing_vfs_install();
    return cmocka_run_group_tests_name("journal-trouble", tests, NULL, NULL);
}
