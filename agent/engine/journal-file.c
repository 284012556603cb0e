/* SPDX-License-Identifier: Apache-2.0 */

/* The journal's SQLite database: transactions, reading, checkpoints.  How it
 * is opened and what must hold of it is in journal-open.c.  Must know nothing
 * of threads. */

#include <config.h>

#include "engine/journal-file-private.h"

#include <stdlib.h>
#include <unistd.h>

#include "crash-point.h"
#include "util.h"

const char *
journal_file_path(const struct journal_file *file)
{
    return file->path;
}

const char *
journal_file_key(const struct journal_file *file)
{
    return file->key;
}

const char *
journal_file_boot_id(const struct journal_file *file)
{
    return file->boot_id;
}

bool
journal_file_rebooted(const struct journal_file *file)
{
    return file->rebooted;
}

enum journal_trouble
journal_file_trouble(const struct journal_file *file)
{
    return file->trouble;
}

/* Runs 'statement' once, to its end, and makes it ready for the next time. */
static bool
run_statement(sqlite3_stmt *statement)
{
    int code = sqlite3_step(statement);

    /* With a statement of sqlite3_prepare_v3(), the reset repeats the code
     * of the failure and keeps its message. */
    sqlite3_reset(statement);
    return code == SQLITE_DONE || code == SQLITE_ROW;
}

/* Takes the transaction back, if SQLite has not done so already, and returns
 * 'error'. */
static struct vif_error *
give_up(struct journal_file *file, struct vif_error *error)
{
    if (!sqlite3_get_autocommit(file->db)) {
        run_statement(file->rollback);
    }
    return error;
}

struct vif_error *
journal_file_begin(struct journal_file *file)
{
    struct vif_error *error = NULL;

    if (file->damage) {
        file->trouble = JOURNAL_CORRUPT;
        return vif_error_clone(file->damage);
    }
    error = journal_check_place(file);
    if (error) {
        return error;
    }
    if (!run_statement(file->begin)) {
        return give_up(file, journal_sql_error(file, "write"));
    }
    return NULL;
}

static struct vif_error *
apply_error(struct journal_file *file, const struct journal_record *record)
{
    if ((sqlite3_errcode(file->db) & 0xff) == SQLITE_CONSTRAINT) {
        return vif_error_create(VIF_ERR_CONFLICT,
                                "the journal has %s \"%s\" already",
                                journal_table_name(record->table),
                                record->key);
    }
    return journal_sql_error(file, "write");
}

struct vif_error *
journal_file_apply(struct journal_file *file,
                   const struct journal_record *record)
{
    sqlite3_stmt *statement = file->change[record->table][record->op];
    struct vif_error *error = NULL;

    /* The record outlives the call: no copies. */
    if (sqlite3_bind_text(statement, 1, record->key, -1, SQLITE_STATIC)
        || (record->op != JOURNAL_DEL
            && sqlite3_bind_text(statement, 2, record->value, -1,
                                 SQLITE_STATIC))) {
        error = give_up(file, journal_sql_error(file, "write"));
    } else if (!run_statement(statement)) {
        error = give_up(file, apply_error(file, record));
    }
    sqlite3_clear_bindings(statement);
    return error;
}

struct vif_error *
journal_file_commit(struct journal_file *file)
{
    crash_point("journal", "commit", "before");
    if (!run_statement(file->commit)) {
        return give_up(file, journal_sql_error(file, "write"));
    }
    crash_point("journal", "commit", "after");
    return NULL;
}

static struct vif_error *
load_table(struct journal_file *file, enum journal_table table,
           journal_visit_cb *visit, void *aux)
{
    sqlite3_stmt *statement = file->all[table];
    struct vif_error *error = NULL;
    int code;

    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
        const char *key = (const char *) sqlite3_column_text(statement, 0);
        const char *value = (const char *) sqlite3_column_text(statement, 1);

        if (!key || !value) {
            code = SQLITE_NOMEM;        /* Neither is NULL in the table. */
            break;
        }
        visit(table, key, value, aux);
    }
    if (code != SQLITE_DONE) {
        error = journal_sql_error(file, "read");
    }
    sqlite3_reset(statement);
    return error;
}

struct vif_error *
journal_file_load(struct journal_file *file, journal_visit_cb *visit,
                  void *aux)
{
    for (unsigned int table = 0; table < JOURNAL_N_TABLES; table++) {
        struct vif_error *error = load_table(file, table, visit, aux);

        if (error) {
            return error;
        }
    }
    return NULL;
}

size_t
journal_file_backlog(const struct journal_file *file)
{
    return file->n_log - file->n_moved;
}

/* The first commit after a complete checkpoint starts the log from its
 * beginning and waits for the disk once, even with synchronous=NORMAL.
 * Better a commit of nobody's than the next plug's. */
static int
restart_log(struct journal_file *file)
{
    return (run_statement(file->count_checkpoint)
            ? SQLITE_OK
            : sqlite3_errcode(file->db) & 0xff);
}

/* Called by SQLite after each commit, with the pages that are in the log. */
int
journal_file_committed(void *file_, sqlite3 *db OVS_UNUSED,
                       const char *name OVS_UNUSED, int n_log)
{
    struct journal_file *file = file_;

    file->n_log = n_log;
    if (file->n_log < file->n_moved) {
        file->n_moved = 0;              /* Started from its beginning. */
    }
    return SQLITE_OK;
}

struct vif_error *
journal_file_checkpoint(struct journal_file *file)
{
    int n_log = 0, n_moved = 0;
    int code = sqlite3_wal_checkpoint_v2(file->db, "main",
                                         SQLITE_CHECKPOINT_PASSIVE,
                                         &n_log, &n_moved);

    if (code == SQLITE_OK) {
        file->n_log = n_log;
        file->n_moved = n_moved;
        if (n_log && n_moved == n_log) {
            code = restart_log(file);
        }
    }

    journal_note_written(file);
    switch (code & 0xff) {
    case SQLITE_OK:
    case SQLITE_INTERRUPT:
    case SQLITE_BUSY:           /* Somebody reads or writes: another time. */
        return NULL;

    default:
        return journal_sql_error(file, "tidy up");
    }
}

void
journal_file_interrupt(struct journal_file *file)
{
    sqlite3_interrupt(file->db);
}

void
journal_file_close(struct journal_file *file)
{
    if (!file) {
        return;
    }

    for (size_t i = 0; i < ARRAY_SIZE(file->statements); i++) {
        sqlite3_finalize(file->statements[i]);
    }
    sqlite3_close(file->db);
    if (file->lock_fd >= 0) {
        close(file->lock_fd);           /* Gives the lock back. */
    }
    vif_error_destroy(file->damage);
    free(file->path);
    free(file->wal_path);
    free(file);
}
