/* SPDX-License-Identifier: Apache-2.0 */

/* Drop: what is not wanted any more is removed, after a change or for an
 * unplug.  That it shall go is durable before anything is touched; from then
 * on there is no way back, and a crash goes on here.  The order is by rank,
 * rows of databases first, whatever the plan's order was. */

#include <config.h>

#include "engine/engine-private.h"

#include <limits.h>

#include "util.h"

/* Starts to drop the steps that are marked so.  After a change the record
 * that says so is durable already. */
void
drop_start(struct port *port, bool unplug)
{
    uint64_t commit = unplug ? 0 : port->commit;

    port->unplugging = unplug;
    port_set_transition(port, TRANSITION_DROP);
    if (unplug) {
        port->changed = true;
        port_set_state(port, PORT_UNPLUGGING, NULL);
        port_touch(port);
    }
    port->commit = commit;
}

/* Nothing has been removed: the port stays as it is. */
static void
drop_refuse(struct port *port, struct vif_error *error)
{
    struct job *job = port->job;

    for (size_t i = 0; i < port->n_steps; i++) {
        port->steps[i]->action = ACTION_KEEP;
    }
    port_forget_found(port);
    port->in_journal = port->current.valid;
    port->unplugging = false;
    port_touch(port);
    port_set_transition(port, TRANSITION_NONE);
    port_settle(port);
    port->recheck_us = engine_now(port->engine) + RECHECK_DELAY_US;
    if (job) {
        job_answer(job, OUTCOME_FAILED_CLEAN, error);
    } else {
        vif_error_destroy(error);
    }
}

void
drop_commit_failed(struct port *port, const struct vif_error *error)
{
    if (port->unplugging) {
        drop_refuse(port, vif_error_clone(error));
    }
}

static bool
is_refusal(const struct vif_error *error)
{
    return error->code == VIF_ERR_IN_USE || error->code == VIF_ERR_REFUSED;
}

static bool
drop_has_begun(const struct port *port)
{
    for (size_t i = 0; i < port->n_steps; i++) {
        const struct pstep *step = port->steps[i];

        if (step->undone || step->leaving || step->task || step->n_failures) {
            return true;
        }
    }
    return false;
}

/* False: the removal was refused and the port is not being dropped. */
static bool
drop_result(struct pstep *step)
{
    struct port *port = step->port;
    struct vif_error *error;
    enum step_op op;

    if (!pstep_take_result(step, &op, &error)) {
        return true;
    }
    step->backward = BACKWARD_NONE;
    if (!error) {
        backward_succeeded(step);
        step->undone = true;
    } else if (port->unplugging && port->job && is_refusal(error)
               && !drop_has_begun(port)) {
        drop_refuse(port, vif_error_wrap(error, "%s %s", step->class->kind,
                                         step->object));
        return false;
    } else {
        backward_failed(step, error);
    }
    return true;
}

static bool
needs_drop(const struct pstep *step)
{
    return step->action == ACTION_DROP && !step->undone;
}

static void
drop_step(struct pstep *step)
{
    if (step->shared) {
        if (resource_release(step)) {
            step->undone = true;
            engine_kick(step->port);
        }
    } else if (backward_is_due(step)) {
        backward_submit(step, BACKWARD_REVERT, STEP_REVERT, &step->cur,
                        NULL);
    }
}

static void
drop_finish(struct port *port)
{
    struct job *job = port->job;

    if (job) {
        job_collect(job, port);
    }
    if (port->unplugging) {
        port->in_journal = false;
    }
    port_finish_drop(port);
    port->unplugging = false;
    port_touch(port);
    port_set_trouble(port, NULL);
    port_set_transition(port, TRANSITION_NONE);
    port_settle(port);
    if (job) {
        job_answer(job, OUTCOME_DONE, NULL);
    }
}

void
drop_advance(struct port *port)
{
    int rank = INT_MIN;

    if (!engine_durable(port->engine, port->commit)) {
        return;
    }
    for (size_t i = 0; i < port->n_steps; i++) {
        struct pstep *step = port->steps[i];

        if (!drop_result(step)) {
            return;
        }
        if (step->task || needs_drop(step)) {
            rank = MAX(rank, step->class->rank);
        }
    }
    if (rank == INT_MIN) {
        drop_finish(port);
        return;
    }
    for (size_t i = 0; i < port->n_steps; i++) {
        struct pstep *step = port->steps[i];

        if (!step->task && needs_drop(step) && step->class->rank == rank) {
            drop_step(step);
        }
    }
}
