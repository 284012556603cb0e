/* SPDX-License-Identifier: Apache-2.0 */

/* The journal's thread: writes what the main loop has sealed, tidies up when
 * there is nothing to write, and opens the file again when it is told to. */

#include <config.h>

#include "engine/journal-thread.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/cleanup.h"
#include "openvswitch/vlog.h"
#include "ovs-rcu.h"
#include "ovs-thread.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(journal_thread);

/* Pages in the log from which on a checkpoint is worth it, once there has
 * been nothing to write for CHECKPOINT_IDLE_MS... */
#define CHECKPOINT_PAGES 256
#define CHECKPOINT_IDLE_MS 50
/* ...and from which on it must be, idle or not. */
#define CHECKPOINT_PAGES_MAX 8192

/* Batches. */

struct journal_batch *
journal_batch_create(void)
{
    struct journal_batch *batch = xzalloc(sizeof *batch);

    ovs_list_init(&batch->records);
    return batch;
}

void
journal_batch_destroy(struct journal_batch *batch)
{
    struct journal_record *record;

    if (!batch) {
        return;
    }
    LIST_FOR_EACH_POP (record, node, &batch->records) {
        free(record);
    }
    vif_error_destroy(batch->error);
    free(batch);
}

void
journal_batch_add(struct journal_batch *batch, enum journal_op op,
                  unsigned int table, const char *key, const char *value)
{
    size_t key_size = strlen(key) + 1;
    size_t value_size = value ? strlen(value) + 1 : 0;
    struct journal_record *record
        = xmalloc(sizeof *record + key_size + value_size);

    record->op = op;
    record->table = table;
    memcpy(record->key, key, key_size);
    record->value = (value
                     ? memcpy(record->key + key_size, value, value_size)
                     : NULL);
    ovs_list_push_back(&batch->records, &record->node);
    batch->n_records++;
}

/* The journal's thread. */

static struct vif_error *
apply_batch(struct journal_file *file, const struct journal_batch *batch)
{
    const struct journal_record *record;

    LIST_FOR_EACH (record, node, &batch->records) {
        struct vif_error *error = journal_file_apply(file, record);

        if (error) {
            return error;
        }
    }
    return NULL;
}

/* Writes all of 'batches' as one transaction. */
static struct vif_error *
write_together(struct journal_file *file, const struct ovs_list *batches)
{
    const struct journal_batch *batch;
    struct vif_error *error = journal_file_begin(file);

    if (error) {
        return error;
    }
    LIST_FOR_EACH (batch, node, batches) {
        error = apply_batch(file, batch);
        if (error) {
            return error;
        }
    }
    return journal_file_commit(file);
}

static struct vif_error *
write_alone(struct journal_file *file, const struct journal_batch *batch)
{
    struct vif_error *error = journal_file_begin(file);

    error = error ? error : apply_batch(file, batch);
    return error ? error : journal_file_commit(file);
}

static void
note_trouble(const struct journal_file *file, struct journal_batch *batch)
{
    if (batch->error && batch->error->code == VIF_ERR_JOURNAL) {
        batch->trouble = (file ? journal_file_trouble(file)
                          : JOURNAL_UNREADABLE);
        batch->error = journal_advise(batch->error, batch->trouble);
    }
}

/* Writes 'batches', together if that works, and gives each its verdict.  One
 * that inserts a key that is there must not spoil the others: then each is
 * written alone.  Any other failure would be the same for each. */
static void
write_batches(struct journal_file *file, struct ovs_list *batches)
{
    CLEANUP_ERROR struct vif_error *error
        = (file ? write_together(file, batches)
           : vif_error_create(VIF_ERR_JOURNAL, "the journal is not open"));
    bool alone = (error && error->code == VIF_ERR_CONFLICT
                  && !ovs_list_is_short(batches));
    struct journal_batch *batch;

    if (error) {
        LIST_FOR_EACH (batch, node, batches) {
            batch->error = (alone ? write_alone(file, batch)
                            : vif_error_clone(error));
            note_trouble(file, batch);
        }
    }
}

static void
count_batches(struct journal_stats *stats, const struct ovs_list *batches,
              long long us)
{
    const struct journal_batch *batch;

    LIST_FOR_EACH (batch, node, batches) {
        if (batch->error) {
            stats->failed++;
        } else {
            stats->commits++;
            stats->records += batch->n_records;
        }
    }
    stats->transactions++;
    stats->max_us = MAX(stats->max_us, us);
}

/* Called and returns with the mutex held; not meanwhile. */
static void
write_sealed(struct journal_sqlite *journal)
{
    struct ovs_list batches = OVS_LIST_INITIALIZER(&batches);
    long long start = time_usec();
    bool first;

    ovs_list_push_back_all(&batches, &journal->sealed);
    journal->writing = true;
    pthread_mutex_unlock(&journal->mutex);

    write_batches(journal->file, &batches);

    pthread_mutex_lock(&journal->mutex);
    journal->writing = false;
    count_batches(&journal->stats, &batches, time_usec() - start);
    first = ovs_list_is_empty(&journal->finished);
    ovs_list_push_back_all(&journal->finished, &batches);
    if (first) {
        latch_set(&journal->latch);
    }
}

/* Likewise. */
static void
checkpoint(struct journal_sqlite *journal, bool must)
{
    static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(1, 1);
    CLEANUP_ERROR struct vif_error *error = NULL;

    journal->checkpointing = true;
    journal->must_checkpoint = must;
    pthread_mutex_unlock(&journal->mutex);

    /* Nobody waits for it, so nobody else can be told. */
    error = journal_file_checkpoint(journal->file);
    if (error) {
        VLOG_WARN_RL(&rl, "%s", error->message);
    }

    pthread_mutex_lock(&journal->mutex);
    journal->checkpointing = false;
}

static bool
order_is_due(const struct journal_sqlite *journal)
{
    return journal->order && !journal->order->over;
}

/* Likewise: opens the file, in place of the one that is open, if any. */
static void
carry_out(struct journal_sqlite *journal)
{
    struct journal_order *order = journal->order;

    journal->writing = true;
    pthread_mutex_unlock(&journal->mutex);

    journal_file_close(journal->file);
    order->error = journal_advise(journal_file_open(&order->opening),
                                  order->opening.trouble);

    pthread_mutex_lock(&journal->mutex);
    journal->writing = false;
    journal->file = order->opening.file;
    order->over = true;
    latch_set(&journal->latch);
}

/* Waits for something to do, at most 'timeout_ms' if that is not 0.
 * Returns false if there is nothing and the journal is not closing either. */
static bool
wait_for_work(struct journal_sqlite *journal, unsigned int timeout_ms)
{
    struct timespec until;
    int error = 0;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += timeout_ms * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;

    pthread_cond_broadcast(&journal->quiet);
    while (ovs_list_is_empty(&journal->sealed) && !journal->closing
           && !order_is_due(journal) && error != ETIMEDOUT) {
        error = (timeout_ms
                 ? pthread_cond_timedwait(&journal->wake, &journal->mutex,
                                          &until)
                 : pthread_cond_wait(&journal->wake, &journal->mutex));
    }
    return (!ovs_list_is_empty(&journal->sealed) || journal->closing
            || order_is_due(journal));
}

static void
block_signals(void)
{
    sigset_t all;

    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, NULL);
}

void *
journal_main(void *journal_)
{
    struct journal_sqlite *journal = journal_;
    bool tried = false;     /* A checkpoint since the last write. */

    block_signals();
    ovsrcu_quiesce_start();     /* For good: RCU never waits for a disk. */

    pthread_mutex_lock(&journal->mutex);
    for (;;) {
        size_t backlog = (journal->file
                          ? journal_file_backlog(journal->file) : 0);
        bool due = !tried && backlog >= CHECKPOINT_PAGES;

        if (due && backlog >= CHECKPOINT_PAGES_MAX) {
            checkpoint(journal, true);
            tried = true;
        } else if (!wait_for_work(journal, due ? CHECKPOINT_IDLE_MS : 0)) {
            checkpoint(journal, false);
            tried = true;
        } else if (!ovs_list_is_empty(&journal->sealed)) {
            write_sealed(journal);
            tried = false;
        } else if (order_is_due(journal)) {
            carry_out(journal);
            tried = false;
        } else {
            break;                          /* Closing. */
        }
    }
    pthread_mutex_unlock(&journal->mutex);
    return NULL;
}

