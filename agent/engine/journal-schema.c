/* SPDX-License-Identifier: Apache-2.0 */

/* The layout of the journal's file: made in a new one, brought up to date in
 * one of an older version, refused in one of a newer.  What the records mean,
 * and that those of an older vifd stay readable, is record.c's. */

#include <config.h>

#include "engine/journal-file-private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crash-point.h"
#include "lib/cleanup.h"
#include "openvswitch/vlog.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(journal_schema);

/* Raised when an older vifd could not read the file. */
#define SCHEMA_VERSION 2

/* From version 1 to 2, and so on. */
static const char *const migrations[] = {
    "CREATE TABLE note (key TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL)",
    NULL,
};

const struct journal_schema journal_schema = { SCHEMA_VERSION, migrations };

/* Tables with a rowid: with records of 2.5 kB an update writes a page to the
 * log, where WITHOUT ROWID writes four, because its records overflow. */
static struct vif_error *
create_tables(struct journal_file *file)
{
    struct vif_error *error = NULL;

    for (unsigned int i = 0; !error && i <= JOURNAL_META; i++) {
        CLEANUP_FREE char *sql
            = xasprintf("CREATE TABLE %s (key TEXT NOT NULL PRIMARY KEY, "
                        "value TEXT NOT NULL)",
                        i == JOURNAL_META ? "meta" : journal_table_name(i));

        error = journal_execute(file, sql);
    }
    return error;
}

static struct vif_error *
create_schema(struct journal_file *file, const struct journal_opening *opening,
              unsigned int version)
{
    struct vif_error *error = journal_execute(file, "BEGIN IMMEDIATE");
    const char *unfinished
        = opening->replace ? ", ('" JOURNAL_UNFINISHED_KEY "', '1')" : "";
    char key[UUID_LEN + 1];
    struct uuid uuid;

    uuid_generate(&uuid);
    snprintf(key, sizeof key, UUID_FMT, UUID_ARGS(&uuid));
    error = error ? error : create_tables(file);
    if (!error) {
        CLEANUP_FREE char *sql
            = xasprintf("INSERT INTO meta VALUES ('schema', '%u'), "
                        "('release', '%s'), ('key', '%s'), "
                        "('boot_id', '%s'), ('checkpoints', '0')%s; COMMIT",
                        version, PACKAGE_VERSION,
                        opening->new_key ? opening->new_key : key,
                        file->boot_id, unfinished);

        error = journal_execute(file, sql);
    }
    return error;
}

/* Keeps a copy of the file as it is, beside it. */
static struct vif_error *
back_up(struct journal_file *file, unsigned int version)
{
    CLEANUP_FREE char *suffix = xasprintf("v%u", version);
    CLEANUP_FREE char *copy = journal_free_name(file->path, suffix);
    CLEANUP_CLOSE int fd = open(copy, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
                                0600);

    if (fd < 0) {
        return journal_system_error(file, errno, "make", copy);
    }

    char *sql = sqlite3_mprintf("VACUUM INTO %Q", copy);
    struct vif_error *error = journal_execute(file, sql);

    sqlite3_free(sql);
    if (error) {
        unlink(copy);
    } else {
        VLOG_INFO("%s has version %u; a copy of it is kept as %s", file->path,
                  version, copy);
    }
    return vif_error_wrap(error, "keep a copy as %s", copy);
}

static struct vif_error *
migrate(struct journal_file *file, const struct journal_schema *schema,
        unsigned int version)
{
    struct vif_error *error = back_up(file, version);

    error = error ? error : journal_execute(file, "BEGIN IMMEDIATE");
    for (unsigned int i = version; !error && i < schema->version; i++) {
        error = journal_execute(file, schema->migrations[i - 1]);
    }
    if (!error) {
        CLEANUP_FREE char *sql
            = xasprintf("UPDATE meta SET value = '%u' WHERE key = 'schema'; "
                        "UPDATE meta SET value = '%s' WHERE key = 'release'",
                        schema->version, PACKAGE_VERSION);

        error = journal_execute(file, sql);
    }
    crash_point("journal", "migrate", "before");
    error = error ? error : journal_execute(file, "COMMIT");
    if (error) {
        sqlite3_exec(file->db, "ROLLBACK", NULL, NULL, NULL);
        return vif_error_wrap(error, "bring journal %s from version %u to %u",
                              file->path, version, schema->version);
    }
    VLOG_INFO("%s was brought from version %u to %u", file->path, version,
              schema->version);
    return NULL;
}

static struct vif_error *
damaged(struct journal_file *file, const char *what)
{
    return journal_fail(file, JOURNAL_CORRUPT, "open journal %s: the file is "
                        "damaged: %s", file->path, what);
}

static struct vif_error *
newer(struct journal_file *file, const struct journal_schema *schema,
      unsigned int version)
{
    CLEANUP_FREE char *release = NULL;

    vif_error_destroy(journal_query_meta(file, "release", &release));
    return journal_fail(file, JOURNAL_NEWER, "open journal %s: it has version "
                        "%u, written by vifd %s; this is vifd %s, which knows "
                        "versions up to %u", file->path, version,
                        release ? release : "of another release",
                        PACKAGE_VERSION, schema->version);
}

/* Reads the key first: it is worth knowing whatever else is wrong. */
static struct vif_error *
read_identity(struct journal_file *file)
{
    CLEANUP_FREE char *key = NULL, *boot_id = NULL;
    struct vif_error *error = journal_query_meta(file, "key", &key);
    struct uuid uuid;

    error = error ? error : journal_query_meta(file, "boot_id", &boot_id);
    if (error) {
        return error;
    }
    if (!key || !uuid_from_string(&uuid, key)) {
        return damaged(file, "it has no installation key");
    }
    ovs_strlcpy(file->key, key, sizeof file->key);
    file->rebooted = !boot_id || strcmp(boot_id, file->boot_id);
    return NULL;
}

/* A journal that was not made by this very call. */
static struct vif_error *
check_schema(struct journal_file *file, const struct journal_schema *schema)
{
    CLEANUP_FREE char *meta = NULL, *text = NULL, *unfinished = NULL;
    struct vif_error *error;
    unsigned int version;

    error = journal_query_text(file, "SELECT name FROM sqlite_schema WHERE "
                                     "type = 'table' AND name = 'meta'",
                               &meta);
    if (!error && !meta) {
        error = journal_fail(file, JOURNAL_CORRUPT, "open journal %s: it is a "
                             "database, but not a journal of vifd",
                             file->path);
    }
    error = error ? error : read_identity(file);
    error = error ? error : journal_query_meta(file, "schema", &text);
    error = (error ? error
             : journal_query_meta(file, JOURNAL_UNFINISHED_KEY, &unfinished));
    if (error) {
        return error;
    }

    if (!text || !str_to_uint(text, 10, &version) || !version) {
        return damaged(file, "it does not tell its version");
    } else if (version > schema->version) {
        return newer(file, schema, version);
    } else if (unfinished) {
        return journal_fail(file, JOURNAL_UNFINISHED, "open journal %s: it "
                            "was being made anew, and that was interrupted",
                            file->path);
    }
    return (version < schema->version ? migrate(file, schema, version)
            : NULL);
}

struct vif_error *
journal_ensure_schema(struct journal_file *file,
                      const struct journal_opening *opening)
{
    const struct journal_schema *schema
        = opening->schema ? opening->schema : &journal_schema;
    CLEANUP_FREE char *tables = NULL;
    struct vif_error *error
        = journal_query_text(file, "SELECT count(*) FROM sqlite_schema",
                             &tables);

    if (error || !tables || strcmp(tables, "0")) {
        return error ? error : check_schema(file, schema);
    } else if (!opening->create && !opening->replace) {
        /* As good as none: vifd may have died while it made its first. */
        return journal_fail(file, JOURNAL_MISSING, "open journal %s: it is "
                            "empty", file->path);
    }
    error = create_schema(file, opening, schema->version);
    return error ? error : read_identity(file);
}
