/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_JOURNAL_THREAD_H
#define ENGINE_JOURNAL_THREAD_H 1

/* What the journal's two threads share; for journal-sqlite.c, which is the
 * main loop's side, and journal-thread.c, which is the other. */

#include <pthread.h>

#include "engine/journal-file.h"
#include "latch.h"

/* What journal_commit() seals: written as a whole or not at all. */
struct journal_batch {
    struct ovs_list node;
    struct ovs_list records;    /* struct journal_record. */
    size_t n_records;
    journal_done_cb *done;      /* NULL: nobody asks. */
    void *aux;
    struct vif_error *error;    /* The verdict ... */
    enum journal_trouble trouble;   /* ... and which kind of failure. */
};

struct journal_batch *journal_batch_create(void);
void journal_batch_destroy(struct journal_batch *);     /* NULL is allowed. */
void journal_batch_add(struct journal_batch *, enum journal_op,
                       unsigned int table, const char *key,
                       const char *value);

/* What the thread is to do with the file as a whole. */
struct journal_order {
    struct journal_opening opening;
    char key[UUID_LEN + 1];     /* For 'opening'. */
    journal_done_cb *done;
    void *aux;
    bool over;
    struct vif_error *error;    /* The verdict. */
};

struct journal_sqlite {
    struct journal up;
    struct journal_batch *open; /* Being collected.  The main loop's. */
    pthread_t thread;

    /* How things stand, for the main loop alone. */
    char *path, *aside;
    char key[UUID_LEN + 1], boot_id[UUID_LEN + 1];
    bool rebooted;
    struct vif_error *refusal;  /* NULL: commits may succeed. */
    enum journal_trouble trouble;   /* Of the last commit or opening. */

    pthread_mutex_t mutex;      /* Guards what follows, up to 'stats'. */
    pthread_cond_t wake;        /* For the thread. */
    pthread_cond_t quiet;       /* The thread has nothing to do. */
    struct ovs_list sealed;     /* To be written. */
    struct ovs_list finished;   /* To be handed back. */
    struct journal_order *order;    /* To be carried out, or handed back. */
    bool writing, checkpointing;    /* The thread is using 'file'. */
    bool must_checkpoint;       /* No commit may end the checkpoint early. */
    bool closing;
    struct journal_stats stats;

    struct latch latch;         /* Set: something is to be handed back. */
    struct journal_file *file;  /* Whose, see 'writing'; NULL: none is open,
                                 * and nothing is sealed. */
};

/* The thread, with the journal as its argument. */
void *journal_main(void *journal);

#endif /* engine/journal-thread.h */
