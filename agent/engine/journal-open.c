/* SPDX-License-Identifier: Apache-2.0 */

/* Opening the journal's file: who may have it, whether it is there, how SQLite
 * is told to treat it. */

#include <config.h>

#include "engine/journal-file-private.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "util.h"

static struct vif_error *
make_directory(struct journal_file *file)
{
    CLEANUP_FREE char *copy = xstrdup(file->path);
    const char *directory = dirname(copy);

    if (mkdir(directory, 0700) && errno != EEXIST) {
        return journal_system_error(file, errno, "make directory", directory);
    }
    return NULL;
}

/* The process that 'fd' says has the lock, or 0. */
static long
read_holder(int fd)
{
    char buf[32];
    ssize_t n = pread(fd, buf, sizeof buf - 1, 0);

    buf[MAX(n, 0)] = '\0';
    return strtol(buf, NULL, 10);
}

static struct vif_error *
write_holder(struct journal_file *file, const char *path)
{
    char buf[32];
    int len = snprintf(buf, sizeof buf, "%ld\n", (long) getpid());

    return (ftruncate(file->lock_fd, 0)
            || pwrite(file->lock_fd, buf, len, 0) != len)
           ? journal_system_error(file, errno, "write", path)
           : NULL;
}

/* One process has the journal for itself, by a lock on a file beside it.  Not
 * on the file itself: an operator may look at that with sqlite3. */
static struct vif_error *
lock_journal(struct journal_file *file)
{
    CLEANUP_FREE char *path = xasprintf("%s-lock", file->path);

    file->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file->lock_fd < 0) {
        return journal_system_error(file, errno, "open", path);
    }
    if (!flock(file->lock_fd, LOCK_EX | LOCK_NB)) {
        return write_holder(file, path);
    }
    return errno == EWOULDBLOCK
           ? vif_error_create(VIF_ERR_CONFLICT, "journal %s belongs to "
                              "another vifd that is running (process %ld)",
                              file->path, read_holder(file->lock_fd))
           : journal_system_error(file, errno, "lock", path);
}

/* Makes the file if 'make' and there is none, and sees to it that it is vifd's
 * alone to read: SQLite gives the files that it adds the same mode. */
static struct vif_error *
make_private_file(struct journal_file *file, bool make)
{
    CLEANUP_CLOSE int fd = open(
        file->path, O_RDWR | O_CLOEXEC | (make ? O_CREAT : 0), 0600);
    struct stat st;

    if (fd < 0 || fstat(fd, &st)) {
        return journal_system_error(file, errno, "open journal", file->path);
    }
    if (!S_ISREG(st.st_mode)) {
        return journal_fail(file, JOURNAL_CORRUPT, "open journal %s: not a "
                            "regular file", file->path);
    }
    if (st.st_mode & 077 && fchmod(fd, 0600)) {
        return journal_system_error(file, errno, "change the mode of journal",
                                    file->path);
    }
    return NULL;
}

static struct vif_error *
read_boot_id(struct journal_file *file)
{
    static const char path[] = "/proc/sys/kernel/random/boot_id";
    CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, file->boot_id, UUID_LEN);

    if (n < 0) {
        return journal_system_error(file, errno, "read", path);
    }
    file->boot_id[n] = '\0';
    return NULL;
}

/* The write-ahead log makes a commit one write without waiting for the disk;
 * after a crash of the process all of it is there, after one of the host all
 * but the last moments, and the file whole in any case.  Checkpoints are for
 * the caller to choose.  The cache is small on purpose: vifd reads the
 * journal once. */
static struct vif_error *
set_pragmas(struct journal_file *file)
{
    CLEANUP_FREE char *mode = NULL, *page_size = NULL;
    struct vif_error *error = journal_query_text(
        file, "PRAGMA journal_mode = WAL", &mode);

    error = (error ? error
             : journal_query_text(file, "PRAGMA page_size", &page_size));
    if (error) {
        return error;
    }
    if (!mode || strcmp(mode, "wal")) {
        return journal_fail(file, JOURNAL_UNREADABLE, "open journal %s: this "
                            "file system does not allow a write-ahead log",
                            file->path);
    }
    file->page_size = page_size ? strtoul(page_size, NULL, 10) : 0;
    sqlite3_wal_hook(file->db, journal_file_committed, file);
    return journal_execute(
        file,
        "PRAGMA synchronous = NORMAL;"
        "PRAGMA cache_size = -256;"             /* KiB. */
        "PRAGMA mmap_size = 0;"
        "PRAGMA temp_store = MEMORY;"
        "PRAGMA journal_size_limit = 4194304;");    /* Bytes. */
}

static struct vif_error *
prepare_table(struct journal_file *file, unsigned int table)
{
    static const char *const change[] = {
        [JOURNAL_PUT] = "INSERT INTO %s VALUES (?1, ?2) "
                        "ON CONFLICT (key) DO UPDATE "
                        "SET value = excluded.value",
        [JOURNAL_INSERT] = "INSERT INTO %s VALUES (?1, ?2)",
        [JOURNAL_DEL] = "DELETE FROM %s WHERE key = ?1",
    };
    const char *name = (table == JOURNAL_META ? "meta"
                        : journal_table_name(table));
    struct vif_error *error = NULL;

    for (size_t op = 0; !error && op < ARRAY_SIZE(change); op++) {
        CLEANUP_FREE char *sql = xasprintf(change[op], name);

        error = journal_prepare(file, sql, &file->change[table][op]);
    }
    if (!error) {
        CLEANUP_FREE char *sql
            = xasprintf("SELECT key, value FROM %s ORDER BY key", name);

        error = journal_prepare(file, sql, &file->all[table]);
    }
    return error;
}

static struct vif_error *
prepare_statements(struct journal_file *file)
{
    const struct {
        const char *sql;
        sqlite3_stmt **statement;
    } others[] = {
        { "BEGIN IMMEDIATE", &file->begin },
        { "COMMIT", &file->commit },
        { "ROLLBACK", &file->rollback },
        { "UPDATE meta SET value = value + 1 WHERE key = 'checkpoints'",
          &file->count_checkpoint },
    };
    struct vif_error *error = NULL;

    for (unsigned int i = 0; !error && i <= JOURNAL_META; i++) {
        error = prepare_table(file, i);
    }
    for (size_t i = 0; !error && i < ARRAY_SIZE(others); i++) {
        error = journal_prepare(file, others[i].sql, others[i].statement);
    }
    return error;
}

static struct vif_error *
open_database(struct journal_file *file)
{
    if (sqlite3_open_v2(file->path, &file->db,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL)) {
        return journal_sql_error(file, "open");
    }
    sqlite3_extended_result_codes(file->db, 1);
    sqlite3_busy_timeout(file->db, JOURNAL_BUSY_MS);
    return NULL;
}

static bool
is_missing(const char *path)
{
    return access(path, F_OK) && errno == ENOENT;
}

/* Prepares the place.  What is left of a journal that is not there any more
 * would be taken for a part of a new one. */
static struct vif_error *
prepare_place(struct journal_file *file, struct journal_opening *opening)
{
    bool missing = is_missing(file->path);
    struct vif_error *error = NULL;

    if (opening->create || opening->replace) {
        error = make_directory(file);
    } else if (missing) {
        return journal_system_error(file, ENOENT, "open journal", file->path);
    }
    error = error ? error : lock_journal(file);
    if (!error && (opening->replace || missing)) {
        error = journal_put_aside(file, opening->replace, &opening->aside);
    }
    return error;
}

static struct vif_error *
open_file(struct journal_file *file, struct journal_opening *opening)
{
    struct vif_error *error = prepare_place(file, opening);

    error = (error ? error
             : make_private_file(file, opening->create || opening->replace));
    error = error ? error : read_boot_id(file);
    error = error ? error : open_database(file);
    error = error ? error : set_pragmas(file);
    error = error ? error : journal_ensure_schema(file, opening);
    error = error ? error : prepare_statements(file);
    return error;
}

struct vif_error *
journal_file_open(struct journal_opening *opening)
{
    struct journal_file *file = xzalloc(sizeof *file);
    struct vif_error *error;

    file->path = xstrdup(opening->path);
    file->wal_path = xasprintf("%s-wal", file->path);
    file->lock_fd = -1;
    opening->file = NULL;
    opening->aside = NULL;

    error = open_file(file, opening);
    opening->trouble = error ? file->trouble : JOURNAL_FINE;
    ovs_strlcpy(opening->key, file->key, sizeof opening->key);
    if (error) {
        journal_file_close(file);
        return error;
    }
    journal_note_place(file);
    opening->file = file;
    return NULL;
}
