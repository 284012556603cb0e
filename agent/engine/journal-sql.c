/* SPDX-License-Identifier: Apache-2.0 */

/* What SQLite and the kernel say about the journal's file, as errors and as
 * kinds of trouble; and statements that are not needed often. */

#include <config.h>

#include "engine/journal-file-private.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/cleanup.h"
#include "util.h"

struct vif_error *
journal_fail(struct journal_file *file, enum journal_trouble trouble,
             const char *fmt, ...)
{
    struct vif_error *error;
    va_list args;

    va_start(args, fmt);
    error = vif_error_create_va(VIF_ERR_JOURNAL, fmt, args);
    va_end(args);
    file->trouble = trouble;
    return (journal_trouble_passes(trouble)
            ? vif_error_with_retry(error, JOURNAL_RETRY_MS) : error);
}

static enum journal_trouble
trouble_of_errno(int errnum)
{
    switch (errnum) {
    case ENOSPC:
    case EDQUOT:
        return JOURNAL_FULL;

    case EROFS:
        return JOURNAL_READ_ONLY;

    case ENOENT:
        return JOURNAL_MISSING;

    default:
        return JOURNAL_UNREADABLE;
    }
}

struct vif_error *
journal_system_error(struct journal_file *file, int errnum, const char *doing,
                     const char *path)
{
    struct vif_error *error = journal_fail(file, trouble_of_errno(errnum),
                                           "%s %s: %s", doing, path,
                                           ovs_strerror(errnum));

    error->errnum = errnum;
    return error;
}

/* Of the failure of the last call on 'file->db', with the error number that
 * belongs to it, or 0. */
static enum journal_trouble
trouble_of_sqlite(const struct journal_file *file, int *errnum)
{
    *errnum = 0;
    if (sqlite3_extended_errcode(file->db) == SQLITE_IOERR_SHORT_READ) {
        return JOURNAL_CORRUPT;         /* It is shorter than it was. */
    }
    switch (sqlite3_errcode(file->db) & 0xff) {
    case SQLITE_FULL:
        *errnum = ENOSPC;
        return JOURNAL_FULL;

    case SQLITE_NOMEM:
        *errnum = ENOMEM;
        return JOURNAL_NO_MEMORY;

    case SQLITE_READONLY:
        return JOURNAL_READ_ONLY;

    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return JOURNAL_LOCKED;

    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
        *errnum = sqlite3_system_errno(file->db);
        return (*errnum ? trouble_of_errno(*errnum) : JOURNAL_UNREADABLE);

    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_ERROR:          /* A table or a column is not there. */
        return JOURNAL_CORRUPT;

    default:
        return JOURNAL_UNREADABLE;
    }
}

struct vif_error *
journal_sql_error(struct journal_file *file, const char *doing)
{
    int errnum;
    enum journal_trouble trouble = trouble_of_sqlite(file, &errnum);
    const char *words = sqlite3_errmsg(file->db);
    struct vif_error *error = journal_fail(file, trouble, "%s journal %s: %s",
                                           doing, file->path, words);

    error->errnum = errnum;
    error = vif_error_with_source(error, words);
    if (trouble == JOURNAL_CORRUPT && !file->damage) {
        file->damage = vif_error_clone(error);
    }
    return error;
}

struct vif_error *
journal_execute(struct journal_file *file, const char *sql)
{
    return sqlite3_exec(file->db, sql, NULL, NULL, NULL)
           ? journal_sql_error(file, "open")
           : NULL;
}

struct vif_error *
journal_prepare(struct journal_file *file, const char *sql,
                sqlite3_stmt **statement)
{
    return sqlite3_prepare_v3(file->db, sql, -1, SQLITE_PREPARE_PERSISTENT,
                              statement, NULL)
           ? journal_sql_error(file, "open")
           : NULL;
}

struct vif_error *
journal_query_text(struct journal_file *file, const char *sql, char **textp)
{
    sqlite3_stmt *statement;
    struct vif_error *error = journal_prepare(file, sql, &statement);
    int code;

    *textp = NULL;
    if (error) {
        return error;
    }
    code = sqlite3_step(statement);
    if (code == SQLITE_ROW) {
        *textp = nullable_xstrdup((const char *)
                                  sqlite3_column_text(statement, 0));
        code = sqlite3_errcode(file->db);   /* No memory for the text? */
    }
    if (code != SQLITE_ROW && code != SQLITE_DONE) {
        error = journal_sql_error(file, "open");
    }
    sqlite3_finalize(statement);
    return error;
}

struct vif_error *
journal_query_meta(struct journal_file *file, const char *name, char **valuep)
{
    CLEANUP_FREE char *sql
        = xasprintf("SELECT value FROM meta WHERE key = '%s'", name);

    return journal_query_text(file, sql, valuep);
}
