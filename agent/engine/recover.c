/* SPDX-License-Identifier: Apache-2.0 */

/* After a start: reads the journal and takes up what was under way.  A plug
 * or change that was not proven is undone, a removal goes on, and what was in
 * place is verified, or after a reboot put in place again. */

#include <config.h>

#include "engine/engine-private.h"

#include "openvswitch/vlog.h"
#include "smap.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(recover);

static void
collect_record(enum journal_table table, const char *key, const char *value,
               void *records_)
{
    struct smap *records = records_;

    smap_add(&records[table], key, value);
}

/* Devices begin a boot as the hardware and the kernel make them: what was
 * captured before says nothing now.  Rows of databases are still there. */
static bool
is_void(const struct engine *engine, const struct step_class *class)
{
    return engine->config.rebooted && !class->start;
}

static void
void_originals(struct port *port)
{
    for (size_t i = 0; i < port->n_steps; i++) {
        struct pstep *step = port->steps[i];

        if (!step->shared && is_void(port->engine, step->class)) {
            vif_attrs_destroy(&step->original);
            vif_attrs_destroy(&step->output);
            step->void_original = true;
        }
    }
    port->restore_due = port->current.valid && !port->unplugging;
    port->overdue = true;
    port_touch(port);
}

static void
void_resources(struct engine *engine)
{
    struct shash_node *node;

    SHASH_FOR_EACH (node, &engine->resources) {
        struct resource *resource = node->data;

        if (is_void(engine, resource->class)) {
            vif_attrs_destroy(&resource->original);
            resource->void_original = true;
            engine_touch(engine, JOURNAL_RESOURCE, node->name);
        }
    }
}

/* Makes the shared steps of 'port' holders of their resources again. */
static void
recover_holders(struct port *port)
{
    for (size_t i = 0; i < port->n_steps; i++) {
        struct pstep *step = port->steps[i];
        struct resource *resource;

        if (!step->shared
            || (!step->has_cur && step->phase < PHASE_ARMED)) {
            continue;
        }
        resource = resource_lookup(port->engine, step->class, step->object);
        /* The record of what is taken back may have gone before the port's. */
        if (!resource && step->has_cur
            && !(port->transition == TRANSITION_DROP
                 && step->action == ACTION_DROP)) {
            resource = resource_create(port->engine, step->class,
                                       step->object);
            vif_attrs_clone(&resource->args, &step->cur);
            resource->phase = RESOURCE_READY;
        }
        if (resource) {
            resource_hold(resource, step);
        }
    }
}

static void
recover_meta_claims(struct port *port, const struct plan_meta *meta)
{
    struct engine *engine = port->engine;

    for (size_t i = 0; i < meta->n_claims; i++) {
        const struct port *holder = shash_find_data(&engine->claims,
                                                    meta->claims[i]);
        if (!holder) {
            claims_put(port, meta->claims[i]);
        } else if (holder != port) {
            VLOG_ERR("journal: ports %s and %s both claim %s", holder->id,
                     port->id, meta->claims[i]);
        }
    }
}

static void
recover_port(struct port *port)
{
    struct engine *engine = port->engine;

    if (engine->config.rebooted) {
        void_originals(port);
    }
    recover_holders(port);
    recover_meta_claims(port, &port->current);
    recover_meta_claims(port, &port->target);

    switch (port->transition) {
    case TRANSITION_FORWARD:
    case TRANSITION_UNDO:
        VLOG_INFO("port %s: its plug was not finished; undoing it",
                  port->id);
        port->transition = TRANSITION_UNDO;
        port->state = PORT_UNDOING;
        break;
    case TRANSITION_DROP:
        VLOG_INFO("port %s: %s goes on", port->id,
                  port->unplugging ? "its unplug" : "its change");
        port->state = port->unplugging ? PORT_UNPLUGGING : PORT_CHANGING;
        /* What it keeps is looked at when what it gives back is gone. */
        port->recheck_later = !port->unplugging;
        break;
    case TRANSITION_NONE:
    case TRANSITION_CHECK:
    case TRANSITION_REBUILD:
    default:
        port->recovering = true;
        engine->n_recovering++;
        port->drifted = port->state == PORT_DRIFTED;
        /* The record was made just before the state was reached. */
        port->state = port_settled_state(port);
        if (!port->restore_due) {
            job_submit_internal(port, REQUEST_CHECK);
        }
        break;
    }
    if (port->restore_due) {
        job_submit_internal(port, REQUEST_REPAIR);
    }
    engine_kick(port);
}

/* What a port claims though neither of its plans does is a device that it was
 * giving back: it stays claimed until that is done. */
static void
recover_held_claims(struct engine *engine, const struct smap *records)
{
    struct smap_node *record;

    SMAP_FOR_EACH (record, records) {
        struct port *port = port_lookup(engine, record->value);

        if (port) {
            claims_put(port, record->key);
        }
    }
}

/* Touches the records of claims that do not agree with the ports'. */
static void
recover_claims(struct engine *engine, const struct smap *records)
{
    struct smap_node *record;
    struct shash_node *claim;

    SMAP_FOR_EACH (record, records) {
        sset_add(&engine->claims_durable, record->key);
        if (!shash_find(&engine->claims, record->key)) {
            engine_touch(engine, JOURNAL_CLAIM, record->key);
        }
    }
    SHASH_FOR_EACH (claim, &engine->claims) {
        if (!smap_get(records, claim->name)) {
            engine_touch(engine, JOURNAL_CLAIM, claim->name);
        }
    }
}

static struct vif_error *
recover_records(struct engine *engine, const struct smap *records)
{
    struct smap_node *node;
    struct vif_error *error;
    struct port *port;

    SMAP_FOR_EACH (node, &records[JOURNAL_RESOURCE]) {
        error = resource_from_record(engine, node->key, node->value);
        if (error) {
            return error;
        }
    }
    SMAP_FOR_EACH (node, &records[JOURNAL_PORT]) {
        error = port_from_record(engine, node->key, node->value, &port);
        if (error) {
            return error;
        }
    }
    if (engine->config.rebooted) {
        void_resources(engine);
    }
    recover_held_claims(engine, &records[JOURNAL_CLAIM]);
    HMAP_FOR_EACH (port, node, &engine->ports) {
        if (!port->in_journal) {
            continue;           /* Somebody asked for it meanwhile. */
        }
        recover_port(port);
        if (port->transition == TRANSITION_NONE) {
            claims_trim(port);
        }
    }
    recover_claims(engine, &records[JOURNAL_CLAIM]);
    SMAP_FOR_EACH (node, &records[JOURNAL_NOTE]) {
        notes_put(engine, node->key, node->value);
    }
    engine_kick_resources(engine);
    return NULL;
}

/* What was read before a record that could not be.  Nothing has been begun. */
static void
forget_all(struct engine *engine)
{
    struct port *port;

    jobs_abandon(engine);
    resources_free(engine);
    claims_forget(engine);
    notes_forget(engine);
    HMAP_FOR_EACH_SAFE (port, node, &engine->ports) {
        port_free(port);
    }
    sset_clear(&engine->claims_durable);
    for (int i = 0; i < JOURNAL_N_TABLES; i++) {
        sset_clear(&engine->touched[i]);
    }
}

struct vif_error *
engine_recover(struct engine *engine)
{
    struct smap records[JOURNAL_N_TABLES];
    struct vif_error *error;

    for (int i = 0; i < JOURNAL_N_TABLES; i++) {
        smap_init(&records[i]);
    }
    error = engine->journal->class->load(engine->journal, collect_record,
                                         records);
    if (!error) {
        error = recover_records(engine, records);
    }
    if (error) {
        forget_all(engine);
    }
    for (int i = 0; i < JOURNAL_N_TABLES; i++) {
        smap_destroy(&records[i]);
    }
    return error;
}

bool
engine_recovering(const struct engine *engine)
{
    return engine->n_recovering > 0;
}
