/* SPDX-License-Identifier: Apache-2.0 */

/* The journal as the main loop has it: collects changes into batches, hands
 * them to the journal's thread, and their verdicts back; and knows whether
 * there is a file to write to at all.  What is written how is
 * journal-file.c's; what the records mean is the engine's. */

#include <config.h>

#include "engine/journal.h"

#include <stdlib.h>
#include <string.h>

#include "engine/journal-thread.h"
#include "lib/cleanup.h"
#include "openvswitch/vlog.h"
#include "ovs-thread.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(journal);

static struct journal_sqlite *
journal_sqlite_cast(const struct journal *journal)
{
    return CONTAINER_OF(journal, struct journal_sqlite, up);
}

static void
journal_sqlite_put(struct journal *journal, enum journal_table table,
                   const char *key, const char *value)
{
    journal_batch_add(journal_sqlite_cast(journal)->open, JOURNAL_PUT, table,
                      key, value);
}

static void
journal_sqlite_insert(struct journal *journal, enum journal_table table,
                      const char *key, const char *value)
{
    journal_batch_add(journal_sqlite_cast(journal)->open, JOURNAL_INSERT,
                      table, key, value);
}

static void
journal_sqlite_del(struct journal *journal, enum journal_table table,
                   const char *key)
{
    journal_batch_add(journal_sqlite_cast(journal)->open, JOURNAL_DEL, table,
                      key, NULL);
}

/* Nothing can be written: 'batch' has its verdict at once. */
static void
refuse(struct journal_sqlite *journal, struct journal_batch *batch)
{
    batch->error = vif_error_clone(journal->refusal);
    batch->trouble = journal->trouble;
    pthread_mutex_lock(&journal->mutex);
    journal->stats.failed++;
    ovs_list_push_back(&journal->finished, &batch->node);
    latch_set(&journal->latch);
    pthread_mutex_unlock(&journal->mutex);
}

static void
seal(struct journal_sqlite *journal, struct journal_batch *batch)
{
    bool first;

    if (journal->refusal) {
        refuse(journal, batch);
        return;
    }
    pthread_mutex_lock(&journal->mutex);
    first = ovs_list_is_empty(&journal->sealed);
    ovs_list_push_back(&journal->sealed, &batch->node);
    if (journal->checkpointing && !journal->must_checkpoint) {
        journal_file_interrupt(journal->file);
    }
    if (first) {
        pthread_cond_signal(&journal->wake);
    }
    pthread_mutex_unlock(&journal->mutex);
}

static void
journal_sqlite_commit(struct journal *journal_, journal_done_cb *done,
                      void *aux)
{
    struct journal_sqlite *journal = journal_sqlite_cast(journal_);
    struct journal_batch *batch = journal->open;

    journal->open = journal_batch_create();
    batch->done = done;
    batch->aux = aux;
    seal(journal, batch);
}

static void
hand_back(struct journal_sqlite *journal, struct journal_batch *batch)
{
    struct vif_error *error = TAKE(batch->error);

    if (!error) {
        journal->trouble = JOURNAL_FINE;
    } else if (batch->trouble != JOURNAL_FINE) {
        journal->trouble = batch->trouble;
        if (!journal->refusal && !journal_trouble_passes(batch->trouble)) {
            journal->refusal = vif_error_clone(error);
        }
    }
    if (batch->done) {
        batch->done(batch->aux, error);
    } else {
        vif_error_destroy(error);
    }
    journal_batch_destroy(batch);
}

/* Takes over what is known of the file that was opened, or was not. */
static void
take_opening(struct journal_sqlite *journal, struct journal_opening *opening,
             const struct vif_error *error)
{
    vif_error_destroy(journal->refusal);
    journal->refusal = error ? vif_error_clone(error) : NULL;
    journal->trouble = opening->trouble;
    if (opening->key[0] || opening->file) {
        ovs_strlcpy(journal->key, opening->key, sizeof journal->key);
    }
    if (opening->file) {
        ovs_strlcpy(journal->boot_id, journal_file_boot_id(opening->file),
                    sizeof journal->boot_id);
        journal->rebooted = journal_file_rebooted(opening->file);
    }
    if (opening->replace) {
        free(journal->aside);
        journal->aside = TAKE(opening->aside);
    }
    free(TAKE(opening->aside));
}

static void
hand_back_order(struct journal_sqlite *journal, struct journal_order *order)
{
    take_opening(journal, &order->opening, order->error);
    order->done(order->aux, TAKE(order->error));
    free(order);
}

static void
journal_sqlite_run(struct journal *journal_)
{
    struct journal_sqlite *journal = journal_sqlite_cast(journal_);
    struct ovs_list finished = OVS_LIST_INITIALIZER(&finished);
    struct journal_order *order = NULL;
    struct journal_batch *batch;

    /* In this order: what ends in between sets the latch again. */
    if (!latch_poll(&journal->latch)) {
        return;
    }
    pthread_mutex_lock(&journal->mutex);
    ovs_list_push_back_all(&finished, &journal->finished);
    if (journal->order && journal->order->over) {
        order = TAKE(journal->order);
    }
    pthread_mutex_unlock(&journal->mutex);

    LIST_FOR_EACH_POP (batch, node, &finished) {
        hand_back(journal, batch);
    }
    if (order) {
        hand_back_order(journal, order);
    }
}

static void
journal_sqlite_wait(struct journal *journal)
{
    latch_wait(&journal_sqlite_cast(journal)->latch);
}

/* Keeps the thread away from the file while it reads: what is sealed is
 * written before, what is sealed meanwhile waits. */
static struct vif_error *
journal_sqlite_load(struct journal *journal_, journal_visit_cb *visit,
                    void *aux)
{
    struct journal_sqlite *journal = journal_sqlite_cast(journal_);
    struct vif_error *error;

    if (journal->refusal) {
        return vif_error_clone(journal->refusal);
    }
    pthread_mutex_lock(&journal->mutex);
    while (!ovs_list_is_empty(&journal->sealed) || journal->writing
           || journal->checkpointing) {
        pthread_cond_wait(&journal->quiet, &journal->mutex);
    }
    error = journal_file_load(journal->file, visit, aux);
    pthread_mutex_unlock(&journal->mutex);
    return error;
}

static const struct vif_error *
journal_sqlite_refusal(const struct journal *journal)
{
    return journal_sqlite_cast(journal)->refusal;
}

static const struct journal_class journal_sqlite_class = {
    .load = journal_sqlite_load,
    .put = journal_sqlite_put,
    .insert = journal_sqlite_insert,
    .del = journal_sqlite_del,
    .commit = journal_sqlite_commit,
    .refusal = journal_sqlite_refusal,
    .run = journal_sqlite_run,
    .wait = journal_sqlite_wait,
};

const char *
journal_sqlite_key(const struct journal *journal)
{
    return journal_sqlite_cast(journal)->key;
}

const char *
journal_sqlite_path(const struct journal *journal)
{
    return journal_sqlite_cast(journal)->path;
}

const char *
journal_sqlite_aside(const struct journal *journal)
{
    return journal_sqlite_cast(journal)->aside;
}

enum journal_trouble
journal_sqlite_trouble(const struct journal *journal)
{
    return journal_sqlite_cast(journal)->trouble;
}

bool
journal_sqlite_rebooted(const struct journal *journal)
{
    return journal_sqlite_cast(journal)->rebooted;
}

static void
boot_settled(void *aux OVS_UNUSED, struct vif_error *error)
{
    if (error) {
        VLOG_WARN("cannot record that this boot was dealt with: %s",
                  error->message);
        vif_error_destroy(error);
    }
}

void
journal_sqlite_settle_boot(struct journal *journal_)
{
    struct journal_sqlite *journal = journal_sqlite_cast(journal_);
    struct journal_batch *batch = journal_batch_create();

    journal_batch_add(batch, JOURNAL_PUT, JOURNAL_META, "boot_id",
                      journal->boot_id);
    batch->done = boot_settled;
    seal(journal, batch);
}

void
journal_sqlite_refuse(struct journal *journal_, enum journal_trouble trouble,
                      struct vif_error *why)
{
    struct journal_sqlite *journal = journal_sqlite_cast(journal_);

    vif_error_destroy(journal->refusal);
    journal->refusal = journal_advise(why, trouble);
    journal->trouble = trouble;
}

static struct journal_order *
order_create(const struct journal_sqlite *journal, journal_done_cb *done,
             void *aux)
{
    struct journal_order *order = xzalloc(sizeof *order);

    order->opening.path = journal->path;
    order->done = done;
    order->aux = aux;
    return order;
}

static void
give_order(struct journal_sqlite *journal, struct journal_order *order)
{
    pthread_mutex_lock(&journal->mutex);
    ovs_assert(!journal->order);
    journal->order = order;
    pthread_cond_signal(&journal->wake);
    pthread_mutex_unlock(&journal->mutex);
}

void
journal_sqlite_reopen(struct journal *journal_, bool create,
                      journal_done_cb *done, void *aux)
{
    struct journal_sqlite *journal = journal_sqlite_cast(journal_);
    struct journal_order *order = order_create(journal, done, aux);

    order->opening.create = create;
    give_order(journal, order);
}

void
journal_sqlite_replace(struct journal *journal_, const char *key,
                       journal_done_cb *done, void *aux)
{
    struct journal_sqlite *journal = journal_sqlite_cast(journal_);
    struct journal_order *order = order_create(journal, done, aux);

    order->opening.replace = true;
    if (key) {
        ovs_strlcpy(order->key, key, sizeof order->key);
        order->opening.new_key = order->key;
    }
    give_order(journal, order);
}

void
journal_sqlite_finish(struct journal *journal_, journal_done_cb *done,
                      void *aux)
{
    struct journal_batch *batch = journal_batch_create();

    journal_batch_add(batch, JOURNAL_DEL, JOURNAL_META, JOURNAL_UNFINISHED_KEY,
                      NULL);
    batch->done = done;
    batch->aux = aux;
    seal(journal_sqlite_cast(journal_), batch);
}

void
journal_sqlite_get_stats(const struct journal *journal_,
                         struct journal_stats *stats)
{
    struct journal_sqlite *journal = journal_sqlite_cast(journal_);

    pthread_mutex_lock(&journal->mutex);
    *stats = journal->stats;
    pthread_mutex_unlock(&journal->mutex);
}

static void
init_conditions(struct journal_sqlite *journal)
{
    pthread_condattr_t monotonic;

    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&journal->wake, &monotonic);
    pthread_cond_init(&journal->quiet, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

static struct journal_sqlite *
journal_create(const char *path)
{
    struct journal_sqlite *journal = xzalloc(sizeof *journal);

    journal->up.class = &journal_sqlite_class;
    journal->path = xstrdup(path);
    journal->open = journal_batch_create();
    pthread_mutex_init(&journal->mutex, NULL);
    init_conditions(journal);
    ovs_list_init(&journal->sealed);
    ovs_list_init(&journal->finished);
    latch_init(&journal->latch);
    return journal;
}

static struct vif_error *
start(const char *path, bool strict, struct journal **journalp)
{
    struct journal_opening opening = { .path = path, .create = strict };
    CLEANUP_ERROR struct vif_error *error = journal_file_open(&opening);

    *journalp = NULL;
    if (error && (strict || error->code != VIF_ERR_JOURNAL)) {
        free(opening.aside);
        return TAKE(error);
    }

    struct journal_sqlite *journal = journal_create(path);

    error = journal_advise(error, opening.trouble);
    journal->file = opening.file;
    take_opening(journal, &opening, error);
    journal->thread = ovs_thread_create("journal", journal_main, journal);
    *journalp = &journal->up;
    return NULL;
}

struct vif_error *
journal_sqlite_open(const char *path, struct journal **journalp)
{
    return start(path, true, journalp);
}

struct vif_error *
journal_sqlite_start(const char *path, struct journal **journalp)
{
    return start(path, false, journalp);
}

void
journal_sqlite_close(struct journal *journal_)
{
    struct journal_sqlite *journal;
    struct journal_batch *batch;

    if (!journal_) {
        return;
    }

    journal = journal_sqlite_cast(journal_);
    pthread_mutex_lock(&journal->mutex);
    journal->closing = true;
    pthread_cond_signal(&journal->wake);
    pthread_mutex_unlock(&journal->mutex);
    xpthread_join(journal->thread, NULL);

    LIST_FOR_EACH_POP (batch, node, &journal->finished) {
        journal_batch_destroy(batch);
    }
    if (journal->order) {
        vif_error_destroy(journal->order->error);
        free(journal->order->opening.aside);
        free(journal->order);
    }
    journal_batch_destroy(journal->open);
    journal_file_close(journal->file);
    vif_error_destroy(journal->refusal);
    free(journal->path);
    free(journal->aside);
    latch_destroy(&journal->latch);
    pthread_cond_destroy(&journal->wake);
    pthread_cond_destroy(&journal->quiet);
    pthread_mutex_destroy(&journal->mutex);
    free(journal);
}
