/* SPDX-License-Identifier: Apache-2.0 */

/* What undo and drop have in common: they never give up.  An operation that
 * fails is tried again, less and less often, in the background if the request
 * is over, and until it succeeds the port's devices stay claimed. */

#include <config.h>

#include "engine/engine-private.h"

#include <limits.h>

#include "openvswitch/dynamic-string.h"
#include "openvswitch/vlog.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(backward);

/* Deadline of an operation when the request that caused it is over. */
#define BACKGROUND_US 10000000

static long long
backward_deadline(const struct port *port)
{
    long long now = engine_now(port->engine);

    return (port->job && port->job->hard_us > now ? port->job->hard_us
            : now + BACKGROUND_US);
}

void
backward_submit(struct pstep *step, enum backward backward, enum step_op op,
                const struct vif_attrs *args,
                const struct vif_attrs *previous)
{
    step->backward = backward;
    pstep_submit(step, op, args, previous, backward_deadline(step->port));
}

/* The pause after the failure number 'n_before' + 1 in a row. */
long long
retry_pause_us(const struct engine_config *config, unsigned int n_before)
{
    long long ms = (long long) config->retry_min_ms << MIN(n_before, 16u);

    return MAX(1, MIN(ms, config->retry_max_ms)) * 1000LL;
}

/* Notes that an operation of going back failed, and when to try again. */
void
backward_failed(struct pstep *step, struct vif_error *error)
{
    struct engine *engine = step->port->engine;

    step->retry_us = (engine_now(engine)
                      + retry_pause_us(&engine->config, step->n_failures));
    if (!step->n_failures++) {
        VLOG_WARN("port %s: take back %s %s: %s; will try again",
                  step->port->id, step->class->kind, step->object,
                  error->message);
    }
    vif_error_destroy(step->trouble);
    step->trouble = error;
    port_set_trouble(step->port, vif_error_clone(error));
}

void
backward_succeeded(struct pstep *step)
{
    step->n_failures = 0;
    step->retry_us = 0;
    vif_error_destroy(step->trouble);
    step->trouble = NULL;
}

/* Whether 'error' says that nothing could be tried or found out, as opposed to
 * something being wrong. */
bool
error_is_passing(const struct vif_error *error)
{
    return (error->code == VIF_ERR_UNAVAILABLE || error->code == VIF_ERR_BUSY
            || error->code == VIF_ERR_DEADLINE
            || (error->code == VIF_ERR_KERNEL && error->retry)
            || error->code == VIF_ERR_SUPERSEDED
            || error->code == VIF_ERR_JOURNAL);
}

bool
backward_is_due(const struct pstep *step)
{
    return step->retry_us <= engine_now(step->port->engine);
}

/* When the port next has something to try again, or LLONG_MAX.  What is due
 * and was not begun waits for something else of the port. */
long long
backward_next_retry(const struct port *port)
{
    long long now = engine_now(port->engine);
    long long next = LLONG_MAX;

    for (size_t i = 0; i < port->n_steps; i++) {
        const struct pstep *step = port->steps[i];

        if (!step->task && step->retry_us > now) {
            next = MIN(next, step->retry_us);
        }
    }
    return next;
}

void
engine_retry(struct engine *engine)
{
    struct shash_node *node;
    struct port *port;

    HMAP_FOR_EACH (port, node, &engine->ports) {
        for (size_t i = 0; i < port->n_steps; i++) {
            port->steps[i]->retry_us = 0;
        }
        engine_kick(port);
    }
    SHASH_FOR_EACH (node, &engine->resources) {
        struct resource *resource = node->data;

        resource->retry_us = 0;
    }
    engine_kick_resources(engine);
}

/* Names what is not taken back yet, and why, as far as it is known. */
char *
port_whats_left(const struct port *port)
{
    struct ds ds = DS_EMPTY_INITIALIZER;

    for (size_t i = 0; i < port->n_steps; i++) {
        const struct pstep *step = port->steps[i];
        bool touched = (step->phase > PHASE_IDLE && !step->undone
                        && step->has_new)
                       || (step->action == ACTION_DROP && !step->undone);

        if (!touched && !step->task) {
            continue;
        }
        ds_put_format(&ds, "%s%s %s", ds.length ? ", " : "",
                      step->class->kind, step->object);
        if (step->task) {
            ds_put_format(&ds, " (%s has not returned)",
                          step_op_name(step->task->op));
        } else if (step->trouble) {
            ds_put_format(&ds, " (%s)", step->trouble->message);
        }
    }
    if (!ds.length) {
        ds_put_cstr(&ds, "the journal's record of the port");
    }
    return ds_steal_cstr(&ds);
}
