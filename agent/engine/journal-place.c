/* SPDX-License-Identifier: Apache-2.0 */

/* Where the journal's files are: whether they are still those that were
 * opened, and how they are put aside.  SQLite keeps two files beside the
 * database, "-wal" and "-shm"; what was committed last is in the first one
 * alone. */

#include <config.h>

#include "engine/journal-file-private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "crash-point.h"
#include "lib/cleanup.h"
#include "util.h"

/* Of a write-ahead log: https://www.sqlite.org/fileformat2.html#walformat. */
#define WAL_HEADER_SIZE 32
#define WAL_FRAME_HEADER_SIZE 24

static bool
exists(const char *path)
{
    return !access(path, F_OK) || errno != ENOENT;
}

char *
journal_free_name(const char *path, const char *suffix)
{
    char *name = xasprintf("%s.%s", path, suffix);

    for (int i = 2; exists(name); i++) {
        free(name);
        name = xasprintf("%s.%s-%d", path, suffix, i);
    }
    return name;
}

struct vif_error *
journal_put_aside(struct journal_file *file, bool whole, char **asidep)
{
    /* The database first: without it nobody takes the log for one. */
    static const char *const suffixes[] = { "", "-wal", "-shm" };
    char suffix[sizeof "broken-20260131T102030Z"];
    time_t now = time(NULL);
    struct tm tm;

    gmtime_r(&now, &tm);
    strftime(suffix, sizeof suffix, "broken-%Y%m%dT%H%M%SZ", &tm);

    CLEANUP_FREE char *aside = journal_free_name(file->path, suffix);
    for (size_t i = whole ? 0 : 1; i < ARRAY_SIZE(suffixes); i++) {
        CLEANUP_FREE char *from = xasprintf("%s%s", file->path, suffixes[i]);
        CLEANUP_FREE char *to = xasprintf("%s%s", aside, suffixes[i]);

        if (!rename(from, to)) {
            if (!*asidep) {
                *asidep = xstrdup(aside);
            }
        } else if (errno != ENOENT) {
            return journal_system_error(file, errno, "put aside", from);
        }
        crash_point("journal", "aside", suffixes[i][0] ? suffixes[i] + 1
                    : "db");
    }
    return NULL;
}

static void
make_stamp(const struct stat *st, struct journal_stamp *stamp)
{
    *stamp = (struct journal_stamp) {
        .dev = st->st_dev,
        .ino = st->st_ino,
        .size = st->st_size,
        .mtime = st->st_mtim,
    };
}

void
journal_note_place(struct journal_file *file)
{
    struct stat st;

    if (!stat(file->path, &st)) {
        make_stamp(&st, &file->stamp);
    }
    if (!stat(file->wal_path, &st)) {
        make_stamp(&st, &file->wal_stamp);
    }
}

static bool
same_file(const struct stat *st, const struct journal_stamp *stamp)
{
    return st->st_dev == stamp->dev && st->st_ino == stamp->ino;
}

void
journal_note_written(struct journal_file *file)
{
    struct stat st;

    if (!stat(file->path, &st) && same_file(&st, &file->stamp)) {
        make_stamp(&st, &file->stamp);
    }
}

static bool
is_unchanged(const struct stat *st, const struct journal_stamp *stamp)
{
    return (st->st_size == stamp->size
            && st->st_mtim.tv_sec == stamp->mtime.tv_sec
            && st->st_mtim.tv_nsec == stamp->mtime.tv_nsec);
}

/* 'words' are SQLite's: the first line of its verdict is a heading. */
static struct vif_error *
damaged(struct journal_file *file, const char *words)
{
    const char *line = strrchr(words, '\n');
    struct vif_error *error = journal_fail(
        file, JOURNAL_CORRUPT, "write journal %s: somebody has written into "
        "the file, which is damaged now: %s", file->path,
        line ? line + 1 : words);

    error = vif_error_with_source(error, words);
    vif_error_destroy(file->damage);
    file->damage = vif_error_clone(error);
    return error;
}

/* Somebody else has written into the file, which an operator may: reads all
 * of it. */
static struct vif_error *
check_contents(struct journal_file *file)
{
    CLEANUP_FREE char *verdict = NULL;
    CLEANUP_ERROR struct vif_error *error = NULL;

    sqlite3_db_release_memory(file->db);
    error = journal_query_text(file, "PRAGMA quick_check(1)", &verdict);
    if (error && file->trouble != JOURNAL_CORRUPT) {
        return TAKE(error);
    } else if (error || !verdict || strcmp(verdict, "ok")) {
        return damaged(file, (error ? error->source
                              : verdict ? verdict : "no verdict"));
    }
    return NULL;
}

static struct vif_error *
taken_away(struct journal_file *file, const char *what)
{
    return journal_fail(file, JOURNAL_MISSING, "write journal %s: %s was "
                        "moved or deleted while vifd was using it",
                        file->path, what);
}

struct vif_error *
journal_check_place(struct journal_file *file)
{
    off_t n_log = WAL_HEADER_SIZE + (off_t) file->n_log
                  * (WAL_FRAME_HEADER_SIZE + file->page_size);
    struct stat st, wal;

    /* Commits would succeed all the same, and be lost. */
    if (stat(file->path, &st) || !same_file(&st, &file->stamp)) {
        return taken_away(file, "the file");
    }
    if (stat(file->wal_path, &wal) || !same_file(&wal, &file->wal_stamp)) {
        return taken_away(file, "its write-ahead log");
    }
    if (!is_unchanged(&st, &file->stamp)
        || (file->n_log && wal.st_size < n_log)) {
        struct vif_error *error = check_contents(file);

        if (error) {
            return error;
        }
        make_stamp(&st, &file->stamp);
        file->n_log = MIN(file->n_log, file->n_moved);
    }
    return NULL;
}
