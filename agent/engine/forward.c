/* SPDX-License-Identifier: Apache-2.0 */

/* Going forward: the steps of the target plan are armed, applied and
 * verified.  Arming needs only a step's arguments; applying needs that the
 * steps it comes after are done and that its arming is durable.  When all are
 * done the record that says so is committed, and only then is the target
 * current.  Whatever goes wrong before that leads to undo.c. */

#include <config.h>

#include "engine/engine-private.h"

#include <string.h>

#include "util.h"

/* How often a step is put right that somebody else changes. */
#define MAX_MENDS 3

/* With so many requests under way, steps may begin before their arming is
 * durable.  With more it is not a commit that a port waits for, and many
 * links that are made at once keep everybody else from the kernel's lock. */
#define FEW_JOBS 2

/* Something will be written: from now on the port is seen to change. */
static void
forward_changes(struct port *port)
{
    if (!port->changed) {
        port->changed = true;
        port_set_state(port, (port->current.valid ? PORT_CHANGING
                              : PORT_PLUGGING), NULL);
    }
    port->in_journal = true;
    port_touch(port);
}

void
forward_start(struct port *port)
{
    port->changed = false;
    port->committing = port->unwanted = port->unsaid = false;
    unused_start(port);
    port_set_transition(port, TRANSITION_FORWARD);
    if (!port->current.valid) {
        forward_changes(port);
    }
}

/* A step that was armed and not begun has nothing to be undone.  A shared step
 * holds its thing as soon as it is armed. */
static void
forward_disarm(struct pstep *step)
{
    if (!step->shared && !step->begun
        && (step->phase == PHASE_ARMED || step->phase == PHASE_RELEASING)) {
        pstep_disarm(step);
    }
}

/* Gives up going forward because of 'error', which is taken over. */
void
forward_fail(struct port *port, struct vif_error *error)
{
    struct job *job = port->job;

    if (job) {
        if (!job->error) {
            job->error = error;
            error = NULL;
        }
        job_fail_group(job, job->error);
    }
    if (port->committing && port->commit) {
        /* Its record may be durable any moment; only then can it be known
         * what has to be undone. */
        port->unwanted = true;
        if (error && !job) {
            port_set_trouble(port, error);
            error = NULL;
        }
        vif_error_destroy(error);
        return;
    }
    vif_error_destroy(error);
    port->committing = false;
    for (size_t i = 0; i < port->n_steps; i++) {
        forward_disarm(port->steps[i]);
        pstep_cancel(port->steps[i]);
    }
    if (port->changed) {
        port_set_state(port, PORT_UNDOING, job ? job->error : NULL);
        port_touch(port);
    }
    port_set_transition(port, TRANSITION_UNDO);
}

/* The journal could not take what the port had to write. */
void
forward_commit_failed(struct port *port, const struct vif_error *error)
{
    port->committing = false;
    forward_fail(port, vif_error_clone(error));
}

static struct vif_error *
wrap_step(struct vif_error *error, const struct pstep *step)
{
    return vif_error_wrap(error, "%s %s", step->class->kind, step->object);
}

static void
forward_submit(struct pstep *step, enum step_op op,
               const struct vif_attrs *args,
               const struct vif_attrs *previous)
{
    const struct job *job = step->port->job;

    pstep_submit(step, op, args, previous, job->soft_us);
}

static void
pstep_arm(struct pstep *step)
{
    step->phase = PHASE_ARMED;
    step->armed_commit = 0;
    step->begun = false;
    forward_changes(step->port);
}

/* Arms 'step', which is new, with what there must be for it to succeed. */
static void
forward_presume(struct pstep *step)
{
    struct step presumed = {
        .class = step->class,
        .object = step->object,
        .port_id = step->port->id,
        .args = step->new,
    };

    step->class->presume(&presumed);
    vif_attrs_destroy(&step->original);
    step->original = presumed.original;
    step->void_original = false;
    pstep_arm(step);
}

/* Whether 'step', which is new, need not be looked at before it is armed.  Not
 * if another port of the request may turn out to be wrong by a look: then
 * nothing is to be seen of any. */
static bool
forward_may_presume(const struct pstep *step)
{
    return (step->class->presume && step->port->job->group->n == 1
            && step->port->engine->n_jobs <= FEW_JOBS);
}

/* Whether apply() of 'step' may be called although its arming is not
 * durable. */
static bool
forward_may_be_early(const struct pstep *step)
{
    return (step->class->begins_early && step->action == ACTION_ADD
            && step->port->engine->n_gated < FEW_JOBS
            && forward_may_presume(step));
}

/* Whether apply() of 'step' may be called now. */
static bool
forward_may_apply(const struct pstep *step, bool durable)
{
    return pstep_after_done(step) && (durable || forward_may_be_early(step));
}

/* The arming of 'step', whose apply() awaits that, is durable. */
static void
forward_open_gate(struct pstep *step)
{
    struct engine *engine = step->port->engine;

    if (step->gated && !step->task_over
        && engine_durable(engine, step->armed_commit)) {
        step->gated = false;
        step->begun = true;
        engine->n_gated--;
        engine->executor->class->armed(engine->executor, step->task);
    }
}

/* Before 'step' is put in place again. */
static void
forward_recapture(struct pstep *step)
{
    forward_submit(step, STEP_CAPTURE, &step->new,
                   step->void_original ? NULL : &step->cur);
}

/* In a step of which verify() said 'error': puts it right, unless nothing
 * could be found out. */
static void
forward_repair(struct pstep *step, struct vif_error *error)
{
    if (error_is_passing(error)) {
        forward_fail(step->port, wrap_step(error, step));
        return;
    }
    vif_error_destroy(error);
    step->action = ACTION_REPAIR;
    forward_recapture(step);
}

/* Looks at how an operation of 'step' ended.  False: the port is not going
 * forward any more. */
static bool
forward_result(struct pstep *step)
{
    struct port *port = step->port;
    struct vif_error *error;
    enum step_op op;

    if (!pstep_take_result(step, &op, &error)) {
        return true;
    }
    if (op == STEP_VERIFY && error) {
        forward_repair(step, error);
    } else if (error) {
        forward_fail(port, wrap_step(error, step));
    } else if (op == STEP_CAPTURE) {
        pstep_arm(step);
    } else if (op == STEP_REVERT) {
        forward_recapture(step);
    } else {
        step->phase = PHASE_DONE;
        step->absent = false;
    }
    return port->transition == TRANSITION_FORWARD;
}

/* Decides what a step has to do, once its arguments are known. */
static bool
forward_decide(struct pstep *step)
{
    struct port *port = step->port;
    struct vif_error *error = NULL;
    char lane[64];

    if (step->action != ACTION_UNDECIDED) {
        return true;
    }
    if (!pstep_resolve(step, &step->new)) {
        return false;
    }
    step->action = pstep_decide(step, &step->new);
    if ((step->void_original || step->absent) && step->has_cur
        && !step->shared && step->action != ACTION_KEEP) {
        step->action = ACTION_REPAIR;   /* It is not there to be changed. */
    }
    if (step->action == ACTION_UNDECIDED) {
        error = vif_error_create(VIF_ERR_IN_USE, "cannot be changed so while "
                                 "it may be in use: unplug the port first");
    } else if (step->n_refs && step->class->check) {
        error = step->class->check(&step->new, false);
    }
    if (!error) {
        error = engine_check_lane(port->engine, step->class, &step->new,
                                  lane);
    }
    if (error) {
        forward_fail(port, wrap_step(error, step));
        return false;
    }
    return true;
}

/* Arms a shared step: a new one holds its thing from now on, an altered one
 * waits until the journal says that it will be. */
static void
forward_shared_arm(struct pstep *step)
{
    struct vif_error *error = NULL;

    if (step->action == ACTION_ADD) {
        error = resource_acquire(step);
    } else if (step->action != ACTION_KEEP) {
        error = resource_check_alter(step);
    }
    if (error) {
        forward_fail(step->port, wrap_step(error, step));
        return;
    }
    step->phase = PHASE_ARMED;
    if (step->action != ACTION_KEEP) {
        step->armed_commit = 0;
        forward_changes(step->port);
    }
}

/* False while a change of the thing that 'step' holds cannot begin. */
static bool
forward_shared_alter(struct pstep *step)
{
    struct vif_error *error;

    if (step->action == ACTION_KEEP || step->action == ACTION_ADD
        || step->altered) {
        return true;
    }
    if (!engine_durable(step->port->engine, step->armed_commit)) {
        return false;
    }
    step->altered = true;
    error = resource_alter(step, &step->new);
    if (error) {
        forward_fail(step->port, wrap_step(error, step));
    }
    return !error;
}

static void
forward_shared(struct pstep *step)
{
    struct port *port = step->port;
    struct vif_error *error = NULL;

    if (!pstep_after_done(step)) {
        return;
    }
    if (step->phase == PHASE_IDLE) {
        forward_shared_arm(step);
    }
    if (step->phase == PHASE_ARMED && forward_shared_alter(step)) {
        switch (resource_ask(step, true, &error)) {
        case RESOURCE_YES:
            /* Before others rely on it, it must be known for ever who holds
             * it: else it might be taken back under them after a crash. */
            if (step->action == ACTION_KEEP
                || engine_durable(port->engine, step->armed_commit)) {
                step->phase = PHASE_DONE;
            }
            break;
        case RESOURCE_NO:
            forward_fail(port, wrap_step(error, step));
            break;
        case RESOURCE_WAIT:
        default:
            break;
        }
    }
}

/* Puts 'step' right, which is done, if it was seen otherwise since.  Who does
 * that again and again is not fought: the port is verified once more when it
 * is plugged. */
static void
forward_mend(struct pstep *step)
{
    if (!step->suspect) {
        return;
    }
    if (step->action == ACTION_KEEP || step->shared
        || step->n_mended >= MAX_MENDS) {
        step->port->recheck_later = true;
        return;
    }
    step->suspect = false;
    step->n_mended++;
    forward_submit(step, STEP_APPLY, &step->new, &step->new);
}

/* Takes 'step', which has nothing under way, as far as it goes now. */
static void
forward_step(struct pstep *step)
{
    const struct engine *engine = step->port->engine;
    bool durable = engine_durable(engine, step->armed_commit);

    if (!forward_decide(step)) {
        return;
    }
    if (step->shared) {
        forward_shared(step);
        return;
    }
    switch (step->phase) {
    case PHASE_IDLE:
        switch (step->action) {
        case ACTION_KEEP:
            if (pstep_after_done(step)) {
                forward_submit(step, STEP_VERIFY, &step->new, NULL);
            }
            break;
        case ACTION_ADD:
            if (forward_may_presume(step)) {
                forward_presume(step);
                forward_step(step);
            } else {
                forward_submit(step, STEP_CAPTURE, &step->new, NULL);
            }
            break;
        case ACTION_ALTER:
            pstep_arm(step);
            break;
        case ACTION_REPLACE:
            step->phase = PHASE_RELEASING;
            step->armed_commit = 0;
            step->begun = false;
            forward_changes(step->port);
            break;
        case ACTION_REPAIR:
            forward_recapture(step);
            break;
        case ACTION_UNDECIDED:
        case ACTION_DROP:
        default:
            OVS_NOT_REACHED();
        }
        break;

    case PHASE_RELEASING:
        if (durable && pstep_after_done(step)) {
            step->begun = true;
            vif_attrs_set_bool(&step->cur, "replace", true);
            forward_submit(step, STEP_REVERT, &step->cur, NULL);
            vif_attrs_set(&step->cur, "replace", NULL);
        }
        break;

    case PHASE_ARMED:
        if (forward_may_apply(step, durable)) {
            bool was_there = (step->action == ACTION_ALTER
                              || step->action == ACTION_REPAIR);

            step->begun = durable;
            step->gated = !durable;
            step->port->engine->n_gated += step->gated;
            forward_submit(step, STEP_APPLY, &step->new,
                           was_there ? &step->cur : NULL);
        }
        break;

    case PHASE_DONE:
        forward_mend(step);
        break;

    default:
        break;
    }
}

static bool
forward_has_drops(const struct port *port)
{
    return port->n_steps > port->n_target;
}

/* Whether the target is what was there and not a word of it differs. */
static bool
forward_is_same(const struct port *port)
{
    return (!port->changed && !forward_has_drops(port)
            && plan_meta_equal(&port->current, &port->target));
}

/* All steps are proven, and those of the other ports of an all-or-none
 * request too: makes it durable, or says at once that nothing changed. */
static void
forward_commit(struct port *port)
{
    if (forward_is_same(port)) {
        if (port->open_record) {
            port_touch(port);
        }
        port_finish_forward(port);
        port_set_transition(port, TRANSITION_NONE);
        port_settle(port);
        if (port->job) {
            job_answer(port->job, OUTCOME_DONE, NULL);
        }
        return;
    }
    forward_changes(port);
    port->committing = true;
    port->commit = 0;
}

/* Too late to be put right. */
static void
forward_note_suspects(struct port *port)
{
    for (size_t i = 0; i < port->n_target; i++) {
        port->recheck_later |= port->steps[i]->suspect;
    }
}

/* What was put right may have come back under another number, after others
 * had been told the first: the check that follows says so. */
static void
forward_note_outdated(struct port *port)
{
    for (size_t i = 0; i < port->n_steps; i++) {
        port->recheck_later |= pstep_outdated(port->steps[i]) != NULL;
    }
}

/* The record that says that all is in place is durable. */
static void
forward_finish(struct port *port)
{
    bool drops = forward_has_drops(port);

    port->committing = false;
    if (port->unwanted) {
        port->unwanted = false;
        port->unsaid = true;
        forward_fail(port, vif_error_create(VIF_ERR_DEADLINE,
                                            "the request had ended"));
        return;
    }
    port_finish_forward(port);
    forward_note_outdated(port);
    if (drops) {
        drop_start(port, false);
    } else {
        port_set_transition(port, TRANSITION_NONE);
        port_settle(port);
        if (port->job) {
            job_answer(port->job, OUTCOME_DONE, NULL);
        }
    }
}

/* Whether what is still to come is only proof. */
static bool
forward_is_committed(const struct port *port)
{
    for (size_t i = 0; i < port->n_target; i++) {
        const struct pstep *step = port->steps[i];

        if (step->phase != PHASE_DONE && !(step->task && step->committed)) {
            return false;
        }
    }
    return true;
}

void
forward_advance(struct port *port)
{
    size_t n_done = 0;

    if (port->committing && engine_durable(port->engine, port->commit)) {
        forward_note_suspects(port);
        forward_finish(port);
        return;
    }
    if (port->unwanted) {
        return;
    }
    ovs_assert(port->job);
    if (port->job->group->error) {
        forward_fail(port, vif_error_clone(port->job->group->error));
        return;
    }
    if (port->committing || !unused_ask(port)) {
        return;
    }

    /* A step that got done may let an earlier one in the list go on only if
     * it comes after it, and positions grow with that: one pass does. */
    for (size_t i = 0; i < port->n_target; i++) {
        struct pstep *step = port->steps[i];

        if (!forward_result(step)) {
            return;
        }
        forward_open_gate(step);
        if (!step->task) {
            forward_step(step);
            if (port->transition != TRANSITION_FORWARD) {
                return;
            }
            if (step->task_over && !forward_result(step)) {
                return;
            }
        }
        n_done += step->phase == PHASE_DONE && !step->task;
    }
    if (n_done < port->n_target) {
        if (forward_is_committed(port)) {
            job_committed(port->job);
        }
        return;
    }
    job_proven(port->job);
    if (port->changed || forward_is_same(port)) {
        job_committed(port->job);
    }
    if (job_may_commit(port->job)) {
        forward_commit(port);
    }
}
