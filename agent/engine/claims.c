/* SPDX-License-Identifier: Apache-2.0 */

/* Which port has which device.  A claim is taken in the turn that plans, is
 * journalled with a unique key before anything touches the device, and is
 * free again only when what the port did to the device has been taken back
 * and that has been verified. */

#include <config.h>

#include "engine/engine-private.h"

#include <string.h>

#include "util.h"

static void
tell(const struct engine *engine, const char *name, const char *holder)
{
    if (engine->claim_cb) {
        engine->claim_cb(engine->claim_aux, name, holder);
    }
}

void
engine_set_claim_cb(struct engine *engine, engine_claim_cb *cb, void *aux)
{
    const struct shash_node *node;

    engine->claim_cb = cb;
    engine->claim_aux = aux;
    SHASH_FOR_EACH (node, &engine->claims) {
        const struct port *holder = node->data;

        tell(engine, node->name, holder->id);
    }
}

/* 'device', which nobody has, belongs to 'port' from now on. */
void
claims_put(struct port *port, const char *device)
{
    const struct shash_node *node = shash_add(&port->engine->claims, device,
                                              port);

    tell(port->engine, node->name, port->id);
}

static void
claims_delete(struct engine *engine, struct shash_node *node)
{
    tell(engine, node->name, NULL);
    shash_delete(&engine->claims, node);
}

/* Forgets all of them, with nothing to be journalled. */
void
claims_forget(struct engine *engine)
{
    struct shash_node *node;

    SHASH_FOR_EACH_SAFE (node, &engine->claims) {
        claims_delete(engine, node);
    }
}

/* Takes what 'plan' claims for 'port': all or, with an error, nothing.  Where
 * the error is, is the claim that could not be had. */
struct vif_error *
claims_take(struct port *port, const struct vif_plan *plan)
{
    struct engine *engine = port->engine;

    for (size_t i = 0; i < plan->n_claims; i++) {
        const struct port *holder = shash_find_data(&engine->claims,
                                                    plan->claims[i]);
        if (holder && holder != port) {
            bool leaving = (holder->state == PORT_UNPLUGGING
                            || holder->state == PORT_UNDOING);
            struct vif_error *error = vif_error_create(
                VIF_ERR_CONFLICT, "%s belongs to port %s", plan->claims[i],
                holder->id);
            error = vif_error_with_where(error, plan->claims[i]);
            return leaving ? vif_error_with_retry(error, 0) : error;
        }
    }
    for (size_t i = 0; i < plan->n_claims; i++) {
        if (!shash_find(&engine->claims, plan->claims[i])) {
            claims_put(port, plan->claims[i]);
            engine_touch(engine, JOURNAL_CLAIM, plan->claims[i]);
        }
    }
    return NULL;
}

static bool
meta_claims(const struct plan_meta *meta, const char *device)
{
    for (size_t i = 0; i < meta->n_claims; i++) {
        if (!strcmp(meta->claims[i], device)) {
            return true;
        }
    }
    return false;
}

/* Frees the claims of 'port' that neither its current nor its target plan
 * has, unless a step is still to be dropped. */
void
claims_trim(struct port *port)
{
    struct engine *engine = port->engine;
    struct shash_node *node;

    for (size_t i = 0; i < port->n_steps; i++) {
        if (port->steps[i]->action == ACTION_DROP
            && port->steps[i]->has_cur) {
            return;
        }
    }
    SHASH_FOR_EACH_SAFE (node, &engine->claims) {
        if (node->data == port && !meta_claims(&port->current, node->name)
            && !meta_claims(&port->target, node->name)) {
            engine_touch(engine, JOURNAL_CLAIM, node->name);
            claims_delete(engine, node);
        }
    }
}
