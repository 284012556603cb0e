/* SPDX-License-Identifier: Apache-2.0 */

/* The journal's file: private, vifd's alone, and refused with a sentence that
 * names it when it is not what it should be. */

#include <config.h>

#include "engine/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/cleanup.h"
#include "tests/unit/failing-vfs.h"
#include "tests/unit/journal-place.h"
#include "util.h"
#include "uuid.h"

static unsigned int
mode_of(const char *path)
{
    struct stat st;

    assert_int_equal(stat(path, &st), 0);
    return st.st_mode & 07777;
}

static void
test_new_journal_is_private_and_has_a_key(void **state)
{
    const struct place *place = *state;
    struct journal *journal = open_journal(place);
    CLEANUP_FREE char *key = xstrdup(journal_sqlite_key(journal));
    CLEANUP_FREE char *directory = xasprintf("%s/state", place->directory);
    CLEANUP_FREE char *wal = xasprintf("%s-wal", place->path);
    struct uuid uuid;

    assert_true(uuid_from_string(&uuid, key));
    assert_int_equal(key[14], '4');             /* RFC 4122, 4.1.3. */
    assert_false(journal_sqlite_rebooted(journal));
    journal_put(journal, JOURNAL_PORT, "p", "{}");
    commit(journal);
    assert_int_equal(mode_of(place->path), 0600);
    assert_int_equal(mode_of(wal), 0600);
    assert_int_equal(mode_of(directory), 0700);
    journal_sqlite_close(journal);

    journal = open_journal(place);
    assert_string_equal(journal_sqlite_key(journal), key);
    assert_false(journal_sqlite_rebooted(journal));
    journal_sqlite_close(journal);
}

static void
test_file_that_others_could_read_is_closed_to_them(void **state)
{
    const struct place *place = *state;

    journal_sqlite_close(open_journal(place));
    assert_int_equal(chmod(place->path, 0644), 0);
    journal_sqlite_close(open_journal(place));
    assert_int_equal(mode_of(place->path), 0600);
}

static void
test_file_moved_away_is_noticed(void **state)
{
    const struct place *place = *state;
    struct journal *journal = open_journal(place);
    CLEANUP_FREE char *away = xasprintf("%s.away", place->path);
    struct vif_error *error;

    assert_int_equal(rename(place->path, away), 0);
    journal_put(journal, JOURNAL_PORT, "a", "1");
    error = commit_failing(journal, VIF_ERR_JOURNAL);
    assert_contains(error->message, "moved or deleted");
    vif_error_destroy(error);

    assert_int_equal(rename(away, place->path), 0);
    journal_put(journal, JOURNAL_PORT, "a", "2");
    commit(journal);
    assert_holds(journal, "port a=2;");
    journal_sqlite_close(journal);
}

static void
test_second_vifd_is_refused(void **state)
{
    const struct place *place = *state;
    struct journal *journal = open_journal(place);
    CLEANUP_FREE char *message = refusal(place, VIF_ERR_CONFLICT);
    CLEANUP_FREE char *process = xasprintf("process %ld", (long) getpid());

    assert_contains(message, process);
    journal_put(journal, JOURNAL_PORT, "a", "1");
    commit(journal);
    journal_sqlite_close(journal);
    journal_sqlite_close(open_journal(place));
}

static void
test_newer_version_is_refused_by_name(void **state)
{
    const struct place *place = *state;
    CLEANUP_FREE char *message = NULL;

    journal_sqlite_close(open_journal(place));
    sqlite_run(place, "UPDATE meta SET value = '7' WHERE key = 'schema'");
    sqlite_run(place, "UPDATE meta SET value = '9.1' WHERE key = 'release'");
    message = refusal(place, VIF_ERR_JOURNAL);
    assert_contains(message, "version 7, written by vifd 9.1");
    assert_contains(message, "vifd " PACKAGE_VERSION);

    /* Refusing has not touched it. */
    sqlite_run(place, "UPDATE meta SET value = '2' WHERE key = 'schema'");
    journal_sqlite_close(open_journal(place));
}

static void
test_journal_without_version_or_key_is_damaged(void **state)
{
    const struct place *place = *state;
    CLEANUP_FREE char *no_key = NULL, *no_version = NULL;

    journal_sqlite_close(open_journal(place));
    sqlite_run(place, "UPDATE meta SET value = 'x' WHERE key = 'key'");
    no_key = refusal(place, VIF_ERR_JOURNAL);
    assert_contains(no_key, "damaged");
    sqlite_run(place, "DELETE FROM meta WHERE key = 'schema'");
    no_version = refusal(place, VIF_ERR_JOURNAL);
    assert_contains(no_version, "damaged");
}

static void
make_directory_of(const struct place *place)
{
    CLEANUP_FREE char *directory = xasprintf("%s/state", place->directory);

    assert_int_equal(mkdir(directory, 0700), 0);
}

static void
write_file(const char *path, long offset, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT, 0600);

    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, text, strlen(text), offset), strlen(text));
    assert_int_equal(close(fd), 0);
}

static void
test_other_files_are_refused(void **state)
{
    const struct place *place = *state;
    CLEANUP_FREE char *other = NULL, *text = NULL, *directory = NULL;

    make_directory_of(place);
    sqlite_run(place, "CREATE TABLE recipes (name)");
    other = refusal(place, VIF_ERR_JOURNAL);
    assert_contains(other, "not a journal of vifd");

    assert_int_equal(unlink(place->path), 0);
    write_file(place->path, 0, "# vifd.yaml\nsocket: /run/vifd/vifd.sock\n");
    text = refusal(place, VIF_ERR_JOURNAL);
    assert_contains(text, "not a database");

    assert_int_equal(unlink(place->path), 0);
    assert_int_equal(mkdir(place->path, 0700), 0);
    directory = refusal(place, VIF_ERR_JOURNAL);
    assert_contains(directory, "directory");
}

/* Opens the journal as somebody who may not write it.  Root may write
 * everything, so a child gives root up. */
static void
assert_refused_to_nobody(const struct place *place, const char *words)
{
    pid_t pid = fork();
    int status;

    assert_true(pid >= 0);
    if (!pid) {
        struct vif_error *error;
        struct journal *journal;

        if (!geteuid() && (setgroups(0, NULL) || setgid(65534)
                           || setuid(65534))) {
            _exit(1);
        }
        error = journal_sqlite_open(place->path, &journal);
        _exit(error && error->code == VIF_ERR_JOURNAL
              && error->errnum == EACCES
              && strstr(error->message, words) ? 0 : 2);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void
test_journal_that_cannot_be_written_is_refused(void **state)
{
    const struct place *place = *state;
    CLEANUP_FREE char *directory = xasprintf("%s/state", place->directory);
    CLEANUP_FREE char *lock = xasprintf("%s-lock", place->path);

    journal_sqlite_close(open_journal(place));
    assert_int_equal(chmod(place->directory, 0755), 0);
    assert_int_equal(chmod(directory, 0755), 0);
    assert_int_equal(chmod(lock, 0444), 0);
    assert_refused_to_nobody(place, "journal.db-lock: Permission denied");

    assert_int_equal(chmod(lock, 0666), 0);
    assert_int_equal(chmod(place->path, 0444), 0);
    assert_refused_to_nobody(place, "journal.db: Permission denied");
}

static void
ignore_record(enum journal_table table, const char *key, const char *value,
              void *aux)
{
    (void) table, (void) key, (void) value, (void) aux;
}

/* Pages of records are overwritten with rubbish: reading them says so. */
static void
test_damaged_pages_are_reported(void **state)
{
    const struct place *place = *state;
    struct journal *journal = open_journal(place);
    CLEANUP_ERROR struct vif_error *error = NULL;
    char value[2000];
    struct stat st;

    memset(value, 'v', sizeof value - 1);
    value[sizeof value - 1] = '\0';
    for (int i = 0; i < 100; i++) {
        char key[16];

        snprintf(key, sizeof key, "p%d", i);
        journal_put(journal, JOURNAL_PORT, key, value);
    }
    commit(journal);
    journal_sqlite_close(journal);

    assert_int_equal(stat(place->path, &st), 0);
    for (long offset = 20 * 4096; offset < st.st_size; offset += 4096) {
        write_file(place->path, offset, "rubbish rubbish rubbish");
    }
    journal = open_journal(place);
    error = journal->class->load(journal, ignore_record, NULL);
    assert_non_null(error);
    assert_int_equal(error->code, VIF_ERR_JOURNAL);
    assert_contains(error->message, place->path);
    assert_contains(error->message, "malformed");
    journal_sqlite_close(journal);
}

static void
test_reboot_is_known_until_it_is_settled(void **state)
{
    const struct place *place = *state;
    struct journal *journal;

    journal_sqlite_close(open_journal(place));
    sqlite_run(place, "UPDATE meta SET value = "
                      "'b0b0b0b0-0000-4000-8000-000000000000' "
                      "WHERE key = 'boot_id'");
    journal = open_journal(place);
    assert_true(journal_sqlite_rebooted(journal));
    journal_put(journal, JOURNAL_PORT, "a", "half restored");
    commit(journal);
    journal_sqlite_close(journal);

    /* Died before everything was in order: it is still so. */
    journal = open_journal(place);
    assert_true(journal_sqlite_rebooted(journal));
    journal_put(journal, JOURNAL_PORT, "a", "not sealed yet");
    journal_sqlite_settle_boot(journal);
    journal_sqlite_close(journal);

    journal = open_journal(place);
    assert_false(journal_sqlite_rebooted(journal));
    assert_holds(journal, "port a=half restored;");
    journal_sqlite_close(journal);
}

int
main(void)
{
#define TEST(NAME) \
    cmocka_unit_test_setup_teardown(NAME, place_set_up, place_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_new_journal_is_private_and_has_a_key),
        TEST(test_file_that_others_could_read_is_closed_to_them),
        TEST(test_file_moved_away_is_noticed),
        TEST(test_second_vifd_is_refused),
        TEST(test_newer_version_is_refused_by_name),
        TEST(test_journal_without_version_or_key_is_damaged),
        TEST(test_other_files_are_refused),
        TEST(test_journal_that_cannot_be_written_is_refused),
        TEST(test_damaged_pages_are_reported),
        TEST(test_reboot_is_known_until_it_is_settled),
    };

    failing_vfs_install();
    return cmocka_run_group_tests_name("journal-file", tests, NULL, NULL);
}
