/* SPDX-License-Identifier: Apache-2.0 */

/* What the tests of the journal share: see journal-place.h. */

#include <config.h>

#include "tests/unit/journal-place.h"

#include <glob.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/cleanup.h"
#include "openvswitch/dynamic-string.h"
#include "tests/unit/failing-vfs.h"
#include "tests/unit/until.h"
#include "util.h"

int
place_set_up(void **state)
{
    struct place *place = xzalloc(sizeof *place);

    snprintf(place->directory, sizeof place->directory,
             "/tmp/vifd-journal.XXXXXX");
    if (!mkdtemp(place->directory)) {
        return -1;
    }
    snprintf(place->path, sizeof place->path, "%s/state/journal.db",
             place->directory);
    *state = place;
    return 0;
}

int
place_tear_down(void **state)
{
    struct place *place = *state;
    glob_t found = { .gl_pathc = 0 };
    char name[128];

    failing_vfs_hold_writes(false);
    failing_vfs_fail_writes(SQLITE_OK, 0);
    snprintf(name, sizeof name, "%s*", place->path);
    if (!glob(name, 0, NULL, &found)) {
        for (size_t i = 0; i < found.gl_pathc; i++) {
            unlink(found.gl_pathv[i]);
        }
        globfree(&found);
    }
    rmdir(place->path);
    snprintf(name, sizeof name, "%s/state", place->directory);
    rmdir(name);
    if (rmdir(place->directory)) {
        return -1;
    }
    free(place);
    return 0;
}

struct journal *
open_journal(const struct place *place)
{
    struct journal *journal;
    struct vif_error *error = journal_sqlite_open(place->path, &journal);

    if (error) {
        fail_msg("%s", error->message);
    }
    assert_non_null(journal);
    return journal;
}

char *
refusal(const struct place *place, enum vif_error_code code)
{
    struct journal *journal;
    CLEANUP_ERROR struct vif_error *error
        = journal_sqlite_open(place->path, &journal);

    assert_non_null(error);
    assert_null(journal);
    assert_int_equal(error->code, code);
    assert_non_null(strstr(error->message, place->path));
    return xstrdup(error->message);
}

void
assert_contains(const char *text, const char *part)
{
    if (!strstr(text, part)) {
        fail_msg("no \"%s\" in \"%s\"", part, text);
    }
}

char *
sqlite(const struct place *place, const char *sql)
{
    sqlite3_stmt *statement;
    char *text = NULL;
    sqlite3 *db;

    assert_int_equal(sqlite3_open_v2(place->path, &db, SQLITE_OPEN_READWRITE
                                     | SQLITE_OPEN_CREATE, NULL), SQLITE_OK);
    sqlite3_busy_timeout(db, UNTIL_MS);
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL)) {
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    }
    if (sqlite3_step(statement) == SQLITE_ROW) {
        text = nullable_xstrdup((const char *)
                                sqlite3_column_text(statement, 0));
    }
    assert_int_equal(sqlite3_finalize(statement), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    return text;
}

void
sqlite_run(const struct place *place, const char *sql)
{
    free(sqlite(place, sql));
}

void
got_verdict(void *verdict_, struct vif_error *error)
{
    struct verdict *verdict = verdict_;

    assert_int_equal(verdict->position, 0);
    verdict->position = verdict->order ? ++*verdict->order : 1;
    verdict->error = error;
}

void
await(struct journal *journal, const struct verdict *verdict)
{
    UNTIL(verdict->position, journal->class->run(journal),
          journal->class->wait(journal));
}

void
commit(struct journal *journal)
{
    struct verdict verdict = { NULL, 0, NULL };

    journal_commit(journal, got_verdict, &verdict);
    await(journal, &verdict);
    if (verdict.error) {
        fail_msg("%s", verdict.error->message);
    }
}

struct vif_error *
commit_failing(struct journal *journal, enum vif_error_code code)
{
    struct verdict verdict = { NULL, 0, NULL };

    journal_commit(journal, got_verdict, &verdict);
    await(journal, &verdict);
    assert_non_null(verdict.error);
    assert_int_equal(verdict.error->code, code);
    return verdict.error;
}

static void
append_record(enum journal_table table, const char *key, const char *value,
              void *ds)
{
    ds_put_format(ds, "%s %s=%s;", journal_table_name(table), key, value);
}

void
assert_holds(struct journal *journal, const char *expected)
{
    struct ds ds = DS_EMPTY_INITIALIZER;
    struct vif_error *error
        = journal->class->load(journal, append_record, &ds);

    assert_null(error);
    assert_string_equal(ds_cstr(&ds), expected);
    ds_destroy(&ds);
}
