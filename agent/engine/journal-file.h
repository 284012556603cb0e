/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_JOURNAL_FILE_H
#define ENGINE_JOURNAL_FILE_H 1

/* The journal's file: an SQLite database in WAL mode that one process has for
 * itself.  Everything here blocks; the file belongs to one thread at a time.
 * For journal-sqlite.c alone, which knows about threads and verdicts. */

#include <stdbool.h>
#include <stddef.h>

#include <vif/error.h>

#include "engine/journal.h"
#include "openvswitch/list.h"
#include "uuid.h"

struct journal_file;

/* Besides the tables of journal.h: what the journal says about itself. */
#define JOURNAL_META JOURNAL_N_TABLES

/* There while the file is being made from what is on the host. */
#define JOURNAL_UNFINISHED_KEY "unfinished"

enum journal_op {
    JOURNAL_PUT,
    JOURNAL_INSERT,
    JOURNAL_DEL,
    JOURNAL_N_OPS
};

/* One change. */
struct journal_record {
    struct ovs_list node;
    enum journal_op op;
    unsigned int table;         /* enum journal_table or JOURNAL_META. */
    const char *value;          /* NULL for JOURNAL_DEL. */
    char key[];                 /* The value follows in the same memory. */
};

/* The layout of the file, which counts from 1: 'migrations[i]' is SQL that
 * brings version i + 1 to the next one. */
struct journal_schema {
    unsigned int version;
    const char *const *migrations;
};
extern const struct journal_schema journal_schema;

/* What to open, and how that went. */
struct journal_opening {
    const char *path;
    bool create;                /* Make a file if there is none. */
    bool replace;               /* Put aside what is there and make a new one,
                                 * which is unfinished. */
    const char *new_key;        /* Of one that is made; NULL: any. */
    const struct journal_schema *schema;    /* NULL: this vifd's. */

    struct journal_file *file;  /* NULL after an error. */
    enum journal_trouble trouble;
    char key[UUID_LEN + 1];     /* After an error too, if it could be read. */
    char *aside;                /* Where it was put, or NULL; the caller's. */
};

/* Opens it for this process alone.  What is not meant to be put aside is left
 * as it is found. */
struct vif_error *journal_file_open(struct journal_opening *);
void journal_file_close(struct journal_file *); /* NULL is allowed. */

/* How the last thing that failed did so. */
enum journal_trouble journal_file_trouble(const struct journal_file *);

const char *journal_file_path(const struct journal_file *);
const char *journal_file_key(const struct journal_file *);
const char *journal_file_boot_id(const struct journal_file *);  /* Now's. */
bool journal_file_rebooted(const struct journal_file *);

struct vif_error *journal_file_load(struct journal_file *, journal_visit_cb *,
                                    void *aux);

/* One transaction: begin, any number of applies, then commit.  Whichever
 * fails has taken back all of it: nothing of it is in the file.  A key that
 * was to be inserted and is there is VIF_ERR_CONFLICT.
 *
 * Beginning fails, too, if the file is not the one any more that was opened,
 * or if somebody has written into it and it is damaged since.  Once a file is
 * found to be damaged, it stays so. */
struct vif_error *journal_file_begin(struct journal_file *);
struct vif_error *journal_file_apply(struct journal_file *,
                                     const struct journal_record *);
struct vif_error *journal_file_commit(struct journal_file *);

/* How much of the write-ahead log waits to be moved into the database. */
size_t journal_file_backlog(const struct journal_file *);   /* Pages. */

/* Moves it.  Ends early, without an error, when another thread calls
 * journal_file_interrupt() meanwhile. */
struct vif_error *journal_file_checkpoint(struct journal_file *);
void journal_file_interrupt(struct journal_file *);

#endif /* engine/journal-file.h */
