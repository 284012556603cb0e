/* SPDX-License-Identifier: Apache-2.0 */

/* Undo: a plug or a change failed, and the current plan, or nothing, is to be
 * in place again, in three passes:
 *
 *  1. What the target brought is reverted, from high rank to low: rows of
 *     databases before the devices that they name.  Not yet, what an altered
 *     thing may have been moved onto: it must not go under it.
 *  2. What the target altered or replaced is put in place as it was, in the
 *     order of the current plan.  A device that comes back has another number
 *     than before, so late arguments are resolved again, and whoever has them
 *     is altered too, though the target may not have touched it.
 *  3. The rest of what the target brought is reverted. */

#include <config.h>

#include "engine/engine-private.h"

#include <limits.h>

#include "lib/cleanup.h"
#include "util.h"

/* So often a switch may refuse in a row to have the old thing back. */
#define MAX_RESTORES 5

/* The new thing may be there and must not be. */
static bool
needs_revert(const struct pstep *step)
{
    return (step->has_new && !step->undone && step->phase >= PHASE_ARMED
            && (step->action == ACTION_ADD
                || step->action == ACTION_REPLACE));
}

/* Whether the thing was to become another one where it is. */
static bool
is_altered(const struct pstep *step)
{
    return (step->action == ACTION_ALTER
            || (step->action == ACTION_REPAIR
                && !vif_attrs_equal(&step->cur, &step->new)));
}

/* Whether the old thing may not be there, or not as it was. */
static bool
needs_restore(const struct pstep *step)
{
    return (step->stale
            || (step->has_new && step->has_cur && !step->restored
                && !step->void_original     /* Repair follows. */
                && ((is_altered(step) && step->phase >= PHASE_ARMED)
                    || (step->action == ACTION_REPLACE
                        && step->phase >= PHASE_RELEASING))));
}

/* The steps of the target that step 'i' of it comes after, at once or by way
 * of others. */
static uint32_t
predecessors(const struct port *port, size_t i)
{
    uint32_t all = port->steps[i]->after;

    for (size_t j = i; j-- > 0; ) {
        if (all & (UINT32_C(1) << j)) {
            all |= port->steps[j]->after;
        }
    }
    return all;
}

/* Whether step 'i' of the target sits on something that was replaced: that
 * comes before it in the plan and is of no higher rank. */
static bool
sits_on_replaced(const struct port *port, size_t i)
{
    uint32_t before = predecessors(port, i);

    for (size_t j = 0; j < i; j++) {
        const struct pstep *other = port->steps[j];

        if (before & (UINT32_C(1) << j) && other->action == ACTION_REPLACE
            && other->class->rank <= port->steps[i]->class->rank) {
            return true;
        }
    }
    return false;
}

/* The steps of the target that have to stay until what was altered is put in
 * place as it was: an altered one came after them.  What sits on something
 * that was replaced cannot stay, because that has to come back first. */
static uint32_t
staying(const struct port *port)
{
    uint32_t moved_onto = 0, going = 0;

    for (size_t i = 0; i < port->n_target; i++) {
        const struct pstep *step = port->steps[i];
        uint32_t before = predecessors(port, i);

        if (is_altered(step) && needs_restore(step)) {
            moved_onto |= before;
        }
        if (step->action == ACTION_REPLACE || sits_on_replaced(port, i)) {
            going |= UINT32_C(1) << i;
        }
    }
    return moved_onto & ~going;
}

/* Whether somebody else has seen to it that the old thing cannot be put back:
 * that is drift, and trying again does not help. */
static bool
is_loss(const struct vif_error *error)
{
    return error->code == VIF_ERR_NOT_FOUND || error->code == VIF_ERR_CONFLICT;
}

/* Whether a switch has now said often enough that it cannot use what is in
 * its database as it was before: somebody took the device away meanwhile,
 * whose own step was not changed and so is not put back either. */
static bool
is_given_up(const struct pstep *step)
{
    return (step->trouble->code == VIF_ERR_OVSDB
            && step->n_failures >= MAX_RESTORES);
}

static void
undo_failed(struct pstep *step, enum backward backward,
            struct vif_error *error)
{
    bool lost = backward != BACKWARD_REVERT && is_loss(error);

    backward_failed(step, error);
    if (lost || (backward != BACKWARD_REVERT && is_given_up(step))) {
        step->restored = step->lost = step->absent = true;
        step->stale = false;
        step->retry_us = 0;
    }
}

/* Looks at how an operation ended.  One that was still under way when going
 * forward ended says nothing: an armed step is reverted whether it was
 * applied or not. */
static void
undo_result(struct pstep *step)
{
    enum backward backward = step->backward;
    struct vif_error *error;
    enum step_op op;

    if (!pstep_take_result(step, &op, &error)) {
        return;
    }
    step->backward = BACKWARD_NONE;
    if (backward == BACKWARD_NONE) {
        vif_error_destroy(error);
    } else if (error) {
        undo_failed(step, backward, error);
    } else {
        backward_succeeded(step);
        if (backward == BACKWARD_REVERT) {
            step->undone = true;
        } else if (backward == BACKWARD_CAPTURE) {
            step->recaptured = true;
            step->armed_commit = 0;
            port_touch(step->port);
        } else {
            step->restored = true;
            step->stale = false;
        }
    }
}

/* Starts taking back what 'step' did.  A shared thing is let go instead. */
static void
undo_revert(struct pstep *step)
{
    if (step->shared) {
        if (resource_release(step)) {
            step->undone = true;
            engine_kick(step->port);
        }
    } else if (backward_is_due(step)) {
        vif_attrs_set_bool(&step->new, "undo", true);
        backward_submit(step, BACKWARD_REVERT, STEP_REVERT, &step->new,
                        NULL);
        vif_attrs_set(&step->new, "undo", NULL);
    }
}

static void
undo_restore_shared(struct pstep *step)
{
    struct vif_error *error = NULL;

    if (!step->restoring && resource_is_as(step, &step->cur)) {
        step->restored = true;
        engine_kick(step->port);
        return;
    }
    if (!step->restoring && backward_is_due(step)) {
        error = resource_alter(step, &step->cur);
        step->restoring = !error;
    }
    if (step->restoring
        && resource_ask(step, true, &error) == RESOURCE_YES) {
        backward_succeeded(step);
        step->restored = true;
        engine_kick(step->port);
    }
    if (error) {
        step->restoring = false;
        backward_failed(step, error);
    }
}

/* Starts putting the old thing in place again. */
static void
undo_restore(struct pstep *step)
{
    if (step->shared) {
        undo_restore_shared(step);
    } else if (!backward_is_due(step)) {
        return;
    } else if (step->stale) {
        if (!engine_durable(step->port->engine, step->armed_commit)) {
            return;
        }
        backward_submit(step, BACKWARD_APPLY, STEP_APPLY, &step->cur,
                        &step->cur);
    } else if (is_altered(step)) {
        pstep_refresh_current(step);
        backward_submit(step, BACKWARD_APPLY, STEP_APPLY, &step->cur,
                        &step->new);
    } else if (!step->recaptured) {
        backward_submit(step, BACKWARD_CAPTURE, STEP_CAPTURE, &step->cur,
                        &step->cur);
    } else if (engine_durable(step->port->engine, step->armed_commit)) {
        pstep_refresh_current(step);
        backward_submit(step, BACKWARD_APPLY, STEP_APPLY, &step->cur, NULL);
    }
}

/* Each pass returns true while there is something left for it to do. */
static bool
undo_revert_pass(struct port *port, uint32_t stays)
{
    int rank = INT_MIN;

    for (size_t i = 0; i < port->n_steps; i++) {
        const struct pstep *step = port->steps[i];
        bool stay = i < port->n_target && stays & (UINT32_C(1) << i);

        if (step->task || (needs_revert(step) && !stay)) {
            rank = MAX(rank, step->class->rank);
        }
    }
    for (size_t i = 0; i < port->n_steps; i++) {
        struct pstep *step = port->steps[i];
        bool stay = i < port->n_target && stays & (UINT32_C(1) << i);

        if (!step->task && needs_revert(step) && !stay
            && step->class->rank == rank) {
            undo_revert(step);
        }
    }
    return rank > INT_MIN;
}

/* The steps of the current plan that are not in place, by position. */
static uint32_t
missing(const struct port *port)
{
    uint32_t positions = 0;

    for (size_t i = 0; i < port->n_steps; i++) {
        const struct pstep *step = port->steps[i];

        if (step->has_cur && needs_restore(step)) {
            positions |= UINT32_C(1) << step->position;
        }
    }
    return positions;
}

static bool
undo_restore_pass(struct port *port)
{
    uint32_t positions = missing(port);

    for (size_t i = 0; i < port->n_steps; i++) {
        struct pstep *step = port->steps[i];

        if (!step->task && step->has_cur && needs_restore(step)
            && !(step->cur_after & positions)) {
            undo_restore(step);
        }
    }
    if (positions) {
        return true;
    }
    for (size_t i = 0; i < port->n_steps; i++) {
        struct pstep *step = port->steps[i];

        if (step->has_cur && !step->shared && !step->void_original
            && !step->absent && pstep_refresh_current(step)) {
            step->stale = true;
            step->armed_commit = 0;
            port_touch(port);
        }
    }
    return missing(port);
}

/* What could not be put back, or NULL. */
static struct vif_error *
undo_loss(const struct port *port)
{
    for (size_t i = 0; i < port->n_steps; i++) {
        const struct pstep *step = port->steps[i];

        if (step->lost) {
            return vif_error_wrap(vif_error_clone(step->trouble),
                                  "put back %s %s", step->class->kind,
                                  step->object);
        }
    }
    return NULL;
}

/* The answer to 'job', whose port is not as before because of 'loss'. */
static void
undo_answer_loss(struct job *job, const struct vif_error *loss)
{
    struct vif_error *error;

    error = job->error
            ? vif_error_create(job->error->code, "%s; then: %s",
                               job->error->message, loss->message)
            : vif_error_clone(loss);
    job_answer(job, OUTCOME_FAILED_UNDOING, error);
}

/* What is wrong with what 'port', which has it since before, has in place:
 * what could not be put back, or what a repair could not put right.  NULL if
 * nothing is known to be wrong. */
static const struct vif_error *
undo_drift(const struct port *port, const struct vif_error *loss)
{
    const struct job *job = port->job;
    bool repair = job && job->group->kind == REQUEST_REPAIR && job->error;

    return (loss ? loss
            : repair && !error_is_passing(job->error) ? job->error : NULL);
}

/* A change of 'port', which is there as it was before, has been undone. */
static void
undo_settle(struct port *port, const struct vif_error *loss)
{
    const struct vif_error *drift = undo_drift(port, loss);
    long long now = engine_now(port->engine);

    if (drift) {
        port->drifted = true;
        port_set_trouble(port, vif_error_clone(drift));
    } else if (port->changed && !port->drifted) {
        port_set_trouble(port, NULL);
    }
    port_settle(port);
    port->recheck_us = now + RECHECK_DELAY_US;
    if (port->restore_due && !drift && port->job && port->job->internal) {
        port->restore_again = true;
        port->recheck_us = now + port->engine->config.retry_max_ms * 1000LL;
    }
}

/* Nothing of the target is left. */
static void
undo_finish(struct port *port)
{
    struct vif_error *loss CLEANUP_ERROR = undo_loss(port);
    struct job *job = port->job;
    bool existed = port->current.valid;

    if (job) {
        job_collect(job, port);
    }
    port_finish_undo(port);
    if (!existed) {
        port->in_journal = false;
    }
    if (port->changed || port->open_record) {
        port_touch(port);
    }
    port_set_transition(port, TRANSITION_NONE);
    if (!existed) {
        port_set_state(port, PORT_GONE, job ? job->error : NULL);
    } else {
        undo_settle(port, loss);
    }
    if (job && loss) {
        undo_answer_loss(job, loss);
    } else if (job) {
        job_answer(job, OUTCOME_FAILED_CLEAN,
                   job->error ? vif_error_clone(job->error) : NULL);
    }
}

void
undo_advance(struct port *port)
{
    for (size_t i = 0; i < port->n_steps; i++) {
        undo_result(port->steps[i]);
    }
    if (port->unsaid) {
        if (!engine_durable(port->engine, port->commit)) {
            return;
        }
        port->unsaid = false;
    }
    if (!undo_revert_pass(port, staying(port)) && !undo_restore_pass(port)
        && !undo_revert_pass(port, 0)) {
        undo_finish(port);
    }
}
