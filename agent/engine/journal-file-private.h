/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_JOURNAL_FILE_PRIVATE_H
#define ENGINE_JOURNAL_FILE_PRIVATE_H 1

/* What journal-file.c and journal-open.c share; for nobody else. */

#include <sqlite3.h>
#include <sys/types.h>
#include <time.h>

#include "engine/journal-file.h"
#include "uuid.h"

/* When a failure that may pass is worth another try. */
#define JOURNAL_RETRY_MS 1000

/* How long a commit waits for an operator's sqlite3 that writes. */
#define JOURNAL_BUSY_MS 500

/* Which file it is, and when somebody has written into it last. */
struct journal_stamp {
    dev_t dev;
    ino_t ino;
    off_t size;
    struct timespec mtime;
};

struct journal_file {
    char *path, *wal_path;
    int lock_fd;
    sqlite3 *db;
    char key[UUID_LEN + 1];
    char boot_id[UUID_LEN + 1];
    bool rebooted;
    enum journal_trouble trouble;   /* Of the last failure. */
    struct vif_error *damage;   /* Found once; for good. */
    struct journal_stamp stamp, wal_stamp;
    size_t page_size;           /* Bytes. */
    size_t n_log, n_moved;      /* Pages in the log, and those of them that
                                 * are in the database by now. */

    /* Prepared once.  'statements' is all of them, for closing. */
    union {
        struct {
            sqlite3_stmt *change[JOURNAL_META + 1][JOURNAL_N_OPS];
            sqlite3_stmt *all[JOURNAL_META + 1];
            sqlite3_stmt *begin, *commit, *rollback, *count_checkpoint;
        };
        sqlite3_stmt *statements[(JOURNAL_META + 1) * (JOURNAL_N_OPS + 1)
                                 + 4];
    };
};

/* For sqlite3_wal_hook(), with the file. */
int journal_file_committed(void *file, sqlite3 *, const char *name,
                           int n_log);

/* Errors, which note the trouble in the file.  'doing' reads like "write". */
struct vif_error *journal_sql_error(struct journal_file *,
                                    const char *doing) VIF_WARN_UNUSED;
struct vif_error *journal_system_error(struct journal_file *, int errnum,
                                       const char *doing,
                                       const char *path) VIF_WARN_UNUSED;
struct vif_error *journal_fail(struct journal_file *, enum journal_trouble,
                               const char *fmt, ...)
    VIF_PRINTF(3, 4) VIF_WARN_UNUSED;

/* journal-sql.c: statements that are not needed often. */
struct vif_error *journal_execute(struct journal_file *,
                                  const char *sql) VIF_WARN_UNUSED;
struct vif_error *journal_prepare(struct journal_file *, const char *sql,
                                  sqlite3_stmt **) VIF_WARN_UNUSED;
/* The first column of the only row, or NULL if there is no row. */
struct vif_error *journal_query_text(struct journal_file *, const char *sql,
                                     char **textp) VIF_WARN_UNUSED;
struct vif_error *journal_query_meta(struct journal_file *, const char *name,
                                     char **valuep) VIF_WARN_UNUSED;

/* journal-schema.c: an empty file gets the tables; any other has them, or is
 * brought up to date, or refused. */
struct vif_error *journal_ensure_schema(
    struct journal_file *, const struct journal_opening *) VIF_WARN_UNUSED;

/* journal-place.c: where the files are. */

/* Renames "PATH", if 'whole', and what SQLite has put beside it.  Stores the
 * new name of "PATH" into '*asidep', or NULL if nothing was there. */
struct vif_error *journal_put_aside(struct journal_file *, bool whole,
                                    char **asidep) VIF_WARN_UNUSED;
/* A name that is not taken: "PATH.SUFFIX", "PATH.SUFFIX-2" ... */
char *journal_free_name(const char *path, const char *suffix);

/* Remembers which files these are. */
void journal_note_place(struct journal_file *);
/* vifd itself has just written into the database. */
void journal_note_written(struct journal_file *);
/* Whether they are still there, and as vifd has left them. */
struct vif_error *journal_check_place(struct journal_file *) VIF_WARN_UNUSED;

#endif /* engine/journal-file-private.h */
