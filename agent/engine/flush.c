/* SPDX-License-Identifier: Apache-2.0 */

/* Keeping the journal true.  Whoever changes something that must not be
 * forgotten touches its key; once a turn all touched records are written from
 * what is in memory then, as one commit.  One commit is under way at a time:
 * what is touched meanwhile goes into the next, so that commits grow with the
 * load.  A commit that fails leaves its keys touched and is tried again, and
 * until one succeeds nothing new is begun. */

#include <config.h>

#include "engine/engine-private.h"

#include <stdlib.h>
#include <string.h>

#include "lib/cleanup.h"
#include "openvswitch/vlog.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(journal_flush);

#define JOURNAL_RETRY_US 1000000

const struct vif_error *
engine_journal_error(const struct engine *engine)
{
    const struct vif_error *refusal = journal_refusal(engine->journal);

    /* While requests are held, it is about to be decided. */
    return engine->held ? NULL : refusal ? refusal : engine->journal_error;
}

bool
engine_is_written(const struct engine *engine)
{
    for (int i = 0; i < JOURNAL_N_TABLES; i++) {
        if (!sset_is_empty(&engine->touched[i])) {
            return false;
        }
    }
    return !engine->commit;
}

void
engine_rewrite(struct engine *engine)
{
    struct shash_node *node;
    struct port *port;

    HMAP_FOR_EACH (port, node, &engine->ports) {
        if (port->in_journal) {
            port_touch(port);
        }
    }
    SHASH_FOR_EACH (node, &engine->resources) {
        const struct resource *resource = node->data;

        if (resource->in_journal) {
            engine_touch(engine, JOURNAL_RESOURCE, node->name);
        }
    }
    SHASH_FOR_EACH (node, &engine->claims) {
        engine_touch(engine, JOURNAL_CLAIM, node->name);
    }
    SHASH_FOR_EACH (node, &engine->notes) {
        engine_touch(engine, JOURNAL_NOTE, node->name);
    }
    sset_clear(&engine->claims_durable);
    vif_error_destroy(TAKE(engine->journal_error));
}

void
engine_touch(struct engine *engine, enum journal_table table,
             const char *key)
{
    sset_add(&engine->touched[table], key);
}

/* Whether 'port' is about to have more to write: then its record waits, so
 * that steps which do not depend on one another share a commit.  Not so if
 * others might take meanwhile what the record still gives to the port. */
static bool
port_is_capturing(const struct port *port)
{
    if (port->transition != TRANSITION_FORWARD || port->overdue) {
        return false;
    }
    for (size_t i = 0; i < port->n_steps; i++) {
        const struct step_task *task = port->steps[i]->task;

        if (task && task->op == STEP_CAPTURE) {
            return true;
        }
    }
    return false;
}

static void
seal_port(struct port *port, uint64_t seq)
{
    for (size_t i = 0; i < port->n_steps; i++) {
        struct pstep *step = port->steps[i];

        /* PHASE_DONE: captured again to be put back by undo.c. */
        if ((step->phase != PHASE_IDLE || step->stale)
            && !step->armed_commit) {
            step->armed_commit = seq;
        }
    }
    if (!port->commit
        && (port->committing || port->unsaid
            || port->transition == TRANSITION_DROP)) {
        port->commit = seq;
    }
}

/* Each writes the truth about 'key' and returns false if it has to wait. */
static bool
flush_port(struct engine *engine, struct commit *commit, const char *key)
{
    struct port *port = port_lookup(engine, key);

    if (port && port_is_capturing(port)) {
        return false;
    }
    if (port && port->in_journal) {
        char *record = port_to_record(port);

        journal_put(engine->journal, JOURNAL_PORT, key, record);
        free(record);
    } else {
        journal_del(engine->journal, JOURNAL_PORT, key);
    }
    if (port) {
        port->overdue = false;
        port->open_record = (port->transition == TRANSITION_UNDO
                             || (port->transition == TRANSITION_FORWARD
                                 && !port->committing));
        seal_port(port, commit->seq);
    }
    return true;
}

/* Whether all who have 'resource' are about to have more to write: then its
 * record goes with theirs.  Nobody waits for it meanwhile. */
static bool
holders_are_capturing(const struct resource *resource)
{
    for (size_t i = 0; i < resource->n_holders; i++) {
        if (!port_is_capturing(resource->holders[i]->port)) {
            return false;
        }
    }
    return resource->n_holders > 0;
}

static bool
flush_resource(struct engine *engine, struct commit *commit, const char *key)
{
    struct resource *resource = shash_find_data(&engine->resources, key);

    if (resource && resource->in_journal && holders_are_capturing(resource)) {
        return false;
    }
    if (resource && resource->in_journal) {
        char *record = resource_to_record(resource);

        journal_put(engine->journal, JOURNAL_RESOURCE, key, record);
        free(record);
        if (!resource->armed_commit) {
            resource->armed_commit = commit->seq;
        }
    } else {
        journal_del(engine->journal, JOURNAL_RESOURCE, key);
    }
    return true;
}

static bool
flush_claim(struct engine *engine, struct commit *commit, const char *key)
{
    const struct port *port = shash_find_data(&engine->claims, key);

    if (port && port_is_capturing(port)) {
        return false;
    }
    if (sset_contains(&engine->claims_durable, key)) {
        journal_del(engine->journal, JOURNAL_CLAIM, key);
    }
    if (port) {
        journal_insert(engine->journal, JOURNAL_CLAIM, key, port->id);
        sset_add(&commit->claimed, key);
    }
    return true;
}

static bool (*const flush_one[JOURNAL_N_TABLES])(struct engine *,
                                                 struct commit *,
                                                 const char *key) = {
    [JOURNAL_PORT] = flush_port,
    [JOURNAL_RESOURCE] = flush_resource,
    [JOURNAL_CLAIM] = flush_claim,
    [JOURNAL_NOTE] = flush_note,
};

static void
commit_destroy(struct commit *commit)
{
    for (int i = 0; i < JOURNAL_N_TABLES; i++) {
        sset_destroy(&commit->keys[i]);
    }
    sset_destroy(&commit->claimed);
    free(commit);
}

static void
commit_succeeded(struct engine *engine, struct commit *commit)
{
    const char *key;

    engine->commit_durable = commit->seq;
    if (engine->journal_error) {
        VLOG_INFO("the journal works again");
        vif_error_destroy(engine->journal_error);
        engine->journal_error = NULL;
    }
    SSET_FOR_EACH (key, &commit->keys[JOURNAL_CLAIM]) {
        if (sset_contains(&commit->claimed, key)) {
            sset_add(&engine->claims_durable, key);
        } else {
            sset_find_and_delete(&engine->claims_durable, key);
        }
    }
    notes_committed(engine, commit->seq, NULL);
}

static void
commit_failed(struct engine *engine, struct commit *commit,
              struct vif_error *error)
{
    const char *key;

    if (!engine->journal_error
        || strcmp(engine->journal_error->message, error->message)) {
        VLOG_ERR("%s; new requests are refused until it works again",
                 error->message);
    }
    vif_error_destroy(engine->journal_error);
    engine->journal_error = error;
    engine->journal_retry_us = engine_now(engine) + JOURNAL_RETRY_US;
    for (int i = 0; i < JOURNAL_N_TABLES; i++) {
        SSET_FOR_EACH (key, &commit->keys[i]) {
            sset_add(&engine->touched[i], key);
        }
    }
    SSET_FOR_EACH (key, &commit->keys[JOURNAL_PORT]) {
        struct port *port = port_lookup(engine, key);

        for (size_t i = 0; port && i < port->n_steps; i++) {
            struct pstep *step = port->steps[i];

            if (step->armed_commit == commit->seq) {
                step->armed_commit = 0;
            }
        }
        if (port) {
            port->overdue = true;
        }
        if (port && port->transition == TRANSITION_FORWARD) {
            forward_commit_failed(port, error);
        } else if (port && port->commit == commit->seq) {
            port->commit = 0;
            if (port->transition == TRANSITION_DROP) {
                drop_commit_failed(port, error);
            }
        }
    }
    SSET_FOR_EACH (key, &commit->keys[JOURNAL_RESOURCE]) {
        struct resource *resource = shash_find_data(&engine->resources, key);

        if (resource && resource->armed_commit == commit->seq) {
            resource->armed_commit = 0;
            resource_commit_failed(resource, error);
        }
    }
    notes_committed(engine, commit->seq, error);
}

static void
commit_done(void *commit_, struct vif_error *error)
{
    struct commit *commit = commit_;
    struct engine *engine = commit->engine;
    const char *key;

    if (!engine) {
        vif_error_destroy(error);
        commit_destroy(commit);
        return;
    }
    engine->commit = NULL;
    if (error) {
        commit_failed(engine, commit,
                      vif_error_wrap(error, "write the journal"));
    } else {
        commit_succeeded(engine, commit);
    }
    SSET_FOR_EACH (key, &commit->keys[JOURNAL_PORT]) {
        struct port *port = port_lookup(engine, key);

        if (port) {
            engine_kick(port);
        }
    }
    if (!sset_is_empty(&commit->keys[JOURNAL_RESOURCE])) {
        engine_kick_resources(engine);
    }
    commit_destroy(commit);
}

/* Writes what was touched, unless a commit is under way or the last one
 * failed just now. */
void
engine_flush(struct engine *engine)
{
    if (engine->commit
        || (engine->journal_error
            && engine_now(engine) < engine->journal_retry_us)) {
        return;
    }

    struct commit *commit = xmalloc(sizeof *commit);
    bool any = false;

    commit->engine = engine;
    commit->seq = engine->commit_seq + 1;
    sset_init(&commit->claimed);
    for (int i = 0; i < JOURNAL_N_TABLES; i++) {
        const char *key, *next;

        sset_init(&commit->keys[i]);
        SSET_FOR_EACH_SAFE (key, next, &engine->touched[i]) {
            if (flush_one[i](engine, commit, key)) {
                sset_add(&commit->keys[i], key);
                sset_find_and_delete(&engine->touched[i], key);
                any = true;
            }
        }
    }
    if (!any) {
        /* If the journal still does not work, the next change will tell. */
        vif_error_destroy(engine->journal_error);
        engine->journal_error = NULL;
        commit_destroy(commit);
        return;
    }
    engine->commit_seq = commit->seq;
    engine->commit = commit;
    journal_commit(engine->journal, commit_done, commit);
}
