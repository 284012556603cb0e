/* SPDX-License-Identifier: Apache-2.0 */

/* Notes: what an operator has said that ports do not tell, such as that a PF
 * is drained.  They are journalled like ports and outlive restarts and
 * reboots; what they mean, the engine does not know. */

#include <config.h>

#include "engine/engine-private.h"

#include <stdlib.h>
#include <string.h>

#include "lib/cleanup.h"
#include "util.h"

/* An operator cannot mean more. */
#define MAX_NOTES 4096

/* Somebody who wants to hear that a change is durable. */
struct note_waiter {
    struct ovs_list node;       /* In engine->note_waiters. */
    uint64_t commit;            /* 0: not sealed yet. */
    char *key;
    char *previous;             /* The value before the change, or NULL. */
    engine_note_done_cb *done;
    void *aux;
};

static void
waiter_free(struct note_waiter *waiter)
{
    free(waiter->key);
    free(waiter->previous);
    free(waiter);
}

void
notes_init(struct engine *engine)
{
    shash_init(&engine->notes);
    ovs_list_init(&engine->note_waiters);
}

void
notes_destroy(struct engine *engine)
{
    struct note_waiter *waiter;

    LIST_FOR_EACH_POP (waiter, node, &engine->note_waiters) {
        waiter_free(waiter);
    }
    shash_destroy_free_data(&engine->notes);
}

static void
tell(const struct engine *engine, const char *key, const char *value)
{
    if (engine->note_cb) {
        engine->note_cb(engine->note_aux, key, value);
    }
}

void
engine_set_note_cb(struct engine *engine, engine_note_cb *cb, void *aux)
{
    const struct shash_node *node;

    engine->note_cb = cb;
    engine->note_aux = aux;
    SHASH_FOR_EACH (node, &engine->notes) {
        tell(engine, node->name, node->data);
    }
}

/* Without the journal. */
void
notes_put(struct engine *engine, const char *key, const char *value)
{
    struct shash_node *node = shash_find(&engine->notes, key);

    if (!value && node) {
        tell(engine, key, NULL);
        free(node->data);
        shash_delete(&engine->notes, node);
    } else if (value) {
        char *before = node ? node->data : NULL;

        if (!node) {
            node = shash_add(&engine->notes, key, NULL);
        }
        node->data = xstrdup(value);
        tell(engine, node->name, node->data);
        free(before);
    }
}

void
notes_forget(struct engine *engine)
{
    struct shash_node *node;

    SHASH_FOR_EACH_SAFE (node, &engine->notes) {
        notes_put(engine, node->name, NULL);
    }
}

static struct vif_error *
refuse(const struct engine *engine, const char *key)
{
    const struct vif_error *broken = engine_journal_error(engine);

    if (broken) {
        return vif_error_wrap(vif_error_clone(broken), "nothing new is "
                              "begun");
    } else if (engine->held || engine->not_accepting) {
        return vif_error_with_retry(
            vif_error_create(VIF_ERR_UNAVAILABLE, "%s",
                             engine->not_accepting ? engine->not_accepting
                             : "it is not known yet whether the journal can "
                               "be used"), 1000);
    } else if (!shash_find(&engine->notes, key)
               && shash_count(&engine->notes) >= MAX_NOTES) {
        return vif_error_create(VIF_ERR_REFUSED, "there are %d notes, as "
                                "many as there may be", MAX_NOTES);
    }
    return NULL;
}

void
engine_set_note(struct engine *engine, const char *key, const char *value,
                engine_note_done_cb *done, void *aux)
{
    CLEANUP_ERROR struct vif_error *error = refuse(engine, key);
    const char *before = shash_find_data(&engine->notes, key);

    if (error) {
        done(aux, error);
        return;
    }

    struct note_waiter *waiter = xzalloc(sizeof *waiter);
    waiter->key = xstrdup(key);
    waiter->previous = nullable_xstrdup(before);
    waiter->done = done;
    waiter->aux = aux;
    ovs_list_push_back(&engine->note_waiters, &waiter->node);
    notes_put(engine, key, value);
    engine_touch(engine, JOURNAL_NOTE, key);
}

const char *
engine_note(const struct engine *engine, const char *key)
{
    return shash_find_data(&engine->notes, key);
}

/* Writes the truth about 'key' into 'commit'. */
bool
flush_note(struct engine *engine, struct commit *commit, const char *key)
{
    const char *value = engine_note(engine, key);
    struct note_waiter *waiter;

    if (value) {
        journal_put(engine->journal, JOURNAL_NOTE, key, value);
    } else {
        journal_del(engine->journal, JOURNAL_NOTE, key);
    }
    LIST_FOR_EACH (waiter, node, &engine->note_waiters) {
        if (!waiter->commit && !strcmp(waiter->key, key)) {
            waiter->commit = commit->seq;
        }
    }
    return true;
}

/* The change that 'waiter' waits for was not journalled: it is as before, or,
 * if somebody has set it anew meanwhile, would be as before for them. */
static void
take_back(struct engine *engine, const struct note_waiter *waiter)
{
    struct note_waiter *later;

    LIST_FOR_EACH (later, node, &engine->note_waiters) {
        if (later->commit != waiter->commit
            && !strcmp(later->key, waiter->key)) {
            free(later->previous);
            later->previous = nullable_xstrdup(waiter->previous);
            return;
        }
    }
    notes_put(engine, waiter->key, waiter->previous);
}

/* Commit 'seq' is durable, or has failed because of 'error': then what it was
 * to change is as before, which is written as soon as that is possible. */
void
notes_committed(struct engine *engine, uint64_t seq,
                const struct vif_error *error)
{
    struct note_waiter *waiter, *next;

    /* The latest first, so that the oldest value is what remains. */
    LIST_FOR_EACH_REVERSE (waiter, node, &engine->note_waiters) {
        if (error && waiter->commit == seq) {
            take_back(engine, waiter);
        }
    }
    LIST_FOR_EACH_SAFE (waiter, next, node, &engine->note_waiters) {
        if (waiter->commit == seq) {
            ovs_list_remove(&waiter->node);
            waiter->done(waiter->aux, error);
            waiter_free(waiter);
        }
    }
}
