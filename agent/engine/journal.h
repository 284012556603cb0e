/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_JOURNAL_H
#define ENGINE_JOURNAL_H 1

/* What vifd must not forget: one record for each port, shared resource, claim
 * of a device and note.  A record is JSON or other text that the engine alone
 * understands; the journal stores it and makes it durable.
 *
 * Writes are collected and committed together: journal_put() and friends only
 * queue; journal_commit() seals what was queued since the last one into one
 * transaction, which becomes durable as a whole or not at all, and in order.
 * Nothing here blocks: the file belongs to a thread of its own. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <vif/error.h>

struct journal;

enum journal_table {
    JOURNAL_PORT,               /* Key: port id. */
    JOURNAL_RESOURCE,           /* Key: "kind|object". */
    JOURNAL_CLAIM,              /* Key: device.  Value: port id. */
    JOURNAL_NOTE,               /* Of an operator: see engine_set_note(). */
    JOURNAL_N_TABLES
};
const char *journal_table_name(enum journal_table);

typedef void journal_visit_cb(enum journal_table, const char *key,
                              const char *value, void *aux);
typedef void journal_done_cb(void *aux, struct vif_error *error /* owned */);

/* Why a journal takes no commits. */
enum journal_trouble {
    JOURNAL_FINE,
    JOURNAL_FULL, /* The disk, or a quota. */
    JOURNAL_READ_ONLY,
    JOURNAL_LOCKED,     /* Another program has it locked. */
    JOURNAL_NO_MEMORY,  /* The library that writes it has none. */
    JOURNAL_UNREADABLE, /* It cannot be opened or read. */
    JOURNAL_MISSING,    /* There is none, or it was taken away. */
    JOURNAL_CORRUPT,
    JOURNAL_NEWER,      /* Written by a newer vifd. */
    JOURNAL_UNFINISHED, /* Making it anew was interrupted. */
    JOURNAL_N_TROUBLES
};

/* "full", "read-only" ... */
const char *journal_trouble_name(enum journal_trouble);

/* Whether it may pass by itself: then what failed is worth another try.  The
 * others last until somebody repairs the journal. */
bool journal_trouble_passes(enum journal_trouble);

/* Adds to 'error' what an operator can do about 'trouble'. */
struct vif_error *journal_advise(struct vif_error *error,
                                 enum journal_trouble) VIF_WARN_UNUSED;

struct journal_class {
    /* Calls 'visit' for each record.  Blocks; only at start. */
    struct vif_error *(*load)(struct journal *, journal_visit_cb *, void *aux);

    /* Queue a change.  'put' replaces; 'insert' makes the commit fail if the
     * key exists (the unique key on the device).  Strings are copied. */
    void (*put)(struct journal *, enum journal_table, const char *key,
                const char *value);
    void (*insert)(struct journal *, enum journal_table, const char *key,
                   const char *value);
    void (*del)(struct journal *, enum journal_table, const char *key);

    /* Seals the queue; 'done' is called from journal_run() when it is
     * durable, or with an error and then nothing of it is in the journal. */
    void (*commit)(struct journal *, journal_done_cb *done, void *aux);

    /* Why no commit can succeed before somebody repairs the journal, or NULL.
     * Lives until journal_run().  Optional. */
    const struct vif_error *(*refusal)(const struct journal *);

    void (*run)(struct journal *);
    void (*wait)(struct journal *);
};

struct journal {
    const struct journal_class *class;
};

static inline void
journal_put(struct journal *journal, enum journal_table table,
            const char *key, const char *value)
{
    journal->class->put(journal, table, key, value);
}

static inline void
journal_insert(struct journal *journal, enum journal_table table,
               const char *key, const char *value)
{
    journal->class->insert(journal, table, key, value);
}

static inline void
journal_del(struct journal *journal, enum journal_table table,
            const char *key)
{
    journal->class->del(journal, table, key);
}

static inline void
journal_commit(struct journal *journal, journal_done_cb *done, void *aux)
{
    journal->class->commit(journal, done, aux);
}

static inline const struct vif_error *
journal_refusal(const struct journal *journal)
{
    return journal->class->refusal ? journal->class->refusal(journal) : NULL;
}

/* The real one: SQLite, WAL, synchronous=NORMAL, so that kill -9 loses
 * nothing that was reported durable; one thread of its own, so it is opened
 * after any fork.  In a new file a fresh installation UUID ("key") is made.
 *
 * journal_sqlite_open() makes the file if there is none.  It refuses, by name,
 * one of a newer version, one that is no journal, and one that another process
 * has open as its journal (VIF_ERR_CONFLICT).  File mode 0600, directory made
 * 0700 if absent.  A file of an older version is brought up to date, and a
 * copy of it as it was is kept beside it, as "FILE.vVERSION".
 *
 * A commit that inserts a key that is there fails with VIF_ERR_CONFLICT; one
 * that cannot be written, with VIF_ERR_JOURNAL and SQLite's words.  Each
 * commit has a verdict of its own: later ones are tried all the same, unless
 * the file has turned out to be damaged (journal_refusal()). */
struct vif_error *journal_sqlite_open(const char *path,
                                      struct journal **journalp)
    VIF_WARN_UNUSED;

/* The same for a daemon that goes on without a journal: makes no file, and
 * returns an error only if another process has the journal.  Whatever else is
 * wrong is the new journal's refusal, until journal_sqlite_reopen() or
 * journal_sqlite_replace() has succeeded. */
struct vif_error *journal_sqlite_start(
    const char *path, struct journal **journalp) VIF_WARN_UNUSED;

/* How the last commit, or the last attempt to open the file, ended. */
enum journal_trouble journal_sqlite_trouble(const struct journal *);

/* What was read from the file cannot be made sense of, as 'why' tells, which
 * is taken over: refuses from now on, as if the file could not be opened. */
void journal_sqlite_refuse(struct journal *, enum journal_trouble,
                           struct vif_error *why);

/* Tries again to open the file; with 'create' makes one if there is none.
 * 'done' is called from journal_run().  One at a time, of these two. */
void journal_sqlite_reopen(struct journal *, bool create,
                           journal_done_cb *done, void *aux);

/* Puts the file aside, if there is one, as "FILE.broken-TIME", and makes a new
 * one with 'key' (NULL: a new one), which counts as unfinished until
 * journal_sqlite_finish() is durable: found so at a start, it is refused. */
void journal_sqlite_replace(struct journal *, const char *key,
                            journal_done_cb *done, void *aux);
void journal_sqlite_finish(struct journal *, journal_done_cb *done, void *aux);

/* Where the last replacement has put what was there; NULL if nothing was. */
const char *journal_sqlite_aside(const struct journal *);

/* Waits until what was sealed is written.  'done' is not called any more.
 * NULL is allowed. */
void journal_sqlite_close(struct journal *);

/* The installation's UUID; "" if the journal cannot be used and does not tell.
 * Lives as long as the journal; another one after a replacement. */
const char *journal_sqlite_key(const struct journal *);

const char *journal_sqlite_path(const struct journal *);

/* Whether this is another boot (/proc/sys/kernel/random/boot_id) than the one
 * of which the journal knows that the host is as it says.  That is not
 * decided by opening: who dies while putting things in order after a reboot
 * finds the same answer again.  When all is in order, call
 * journal_sqlite_settle_boot(), which queues and commits by itself. */
bool journal_sqlite_rebooted(const struct journal *);
void journal_sqlite_settle_boot(struct journal *);

struct journal_stats {
    uint64_t commits, records;  /* Durable. */
    uint64_t failed;            /* Commits. */
    uint64_t transactions;      /* SQLite's: each for one or more commits. */
    long long max_us;           /* The longest transaction. */
};
void journal_sqlite_get_stats(const struct journal *, struct journal_stats *);

#endif /* engine/journal.h */
