/* SPDX-License-Identifier: Apache-2.0 */

/* One operation of one step: sent to the executor with copies of everything
 * it needs, its result noted when it comes back. */

#include <config.h>

#include "engine/engine-private.h"

#include <string.h>

#include "util.h"

/* Called by the executor in the main loop, perhaps from within submit(). */
static void
pstep_task_done(struct step_task *task)
{
    struct pstep *step = task->aux;

    if (!step) {                /* The engine has gone meanwhile. */
        step_task_destroy(task);
        return;
    }
    step->task_over = true;
    engine_kick(step->port);
}

static void
pstep_task_committed(struct step_task *task)
{
    struct pstep *step = task->aux;

    if (step) {
        step->committed = true;
        engine_kick(step->port);
    }
}

/* Fills the parts of 'task' that a step and a resource have in common; NULL
 * maps are left empty. */
void
engine_task_fill(struct step_task *task, const struct vif_attrs *args,
                 const struct vif_attrs *previous,
                 const struct vif_attrs *original,
                 const struct vif_attrs *output,
                 const char *object, const char *port_id,
                 long long deadline_us)
{
    struct step *step = &task->step;

    step->object = xstrdup(object);
    step->port_id = xstrdup(port_id);
    vif_attrs_clone(&step->args, args);
    if (previous) {
        step->has_previous = true;
        vif_attrs_clone(&step->previous, previous);
    }
    vif_attrs_clone(&step->original, original);
    if (output) {
        vif_attrs_clone(&step->output, output);
    }
    step->deadline = deadline_us / 1000;
}

/* Starts 'op' with 'args'; the result comes back as a kick of the port.
 * 'deadline_us' is CLOCK_MONOTONIC. */
void
pstep_submit(struct pstep *step, enum step_op op,
             const struct vif_attrs *args, const struct vif_attrs *previous,
             long long deadline_us)
{
    const struct engine *engine = step->port->engine;
    const struct job *job = step->port->job;
    struct executor *executor = engine->executor;
    struct step_task *task = step_task_create(step->class, op);

    ovs_assert(!step->task);
    task->step.background = !job || job->hard_us <= engine_now(engine);
    engine_task_fill(task, args, previous, &step->original,
                     op == STEP_CAPTURE ? NULL : &step->output,
                     step->object, step->port->id, deadline_us);
    task->step.prove = job && op == STEP_VERIFY && !job->light;
    task->step.committed_will_do = (op == STEP_REVERT
                                    && job_wants_no_proof(job));
    if (step->class->lane) {
        char lane[sizeof task->lane];
        const char *name = step->class->lane(args, lane);

        ovs_strlcpy(task->lane, name ? name : "", sizeof task->lane);
    }
    task->gated = step->gated;
    task->done = pstep_task_done;
    task->committed = pstep_task_committed;
    task->aux = step;

    step->task = task;
    step->task_over = false;
    step->committed = false;
    executor->class->submit(executor, task);
}

/* 'step' is armed or releasing, and nothing of that was begun.  Of a
 * replacement, the old one has gone before the new one is armed. */
void
pstep_disarm(struct pstep *step)
{
    if (step->phase == PHASE_ARMED && step->action == ACTION_REPLACE) {
        step->phase = PHASE_RELEASING;
        step->armed_commit = step->port->engine->commit_durable;
    } else {
        step->phase = PHASE_IDLE;
    }
}

/* If a task of 'step' is over, stores what it was and how it ended, takes
 * over what it found, and returns true.  '*errorp' is the caller's. */
bool
pstep_take_result(struct pstep *step, enum step_op *op,
                  struct vif_error **errorp)
{
    struct step_task *task = step->task;

    if (!task || !step->task_over) {
        return false;
    }
    step->task = NULL;
    step->task_over = false;
    *op = task->op;
    *errorp = task->error;
    task->error = NULL;

    long long host_us = MAX(task->finished_us - task->started_us, 0);
    long long all_us = engine_now(step->port->engine) - task->queued_us;
    step->host_us += host_us;
    step->own_us += MAX(all_us - host_us, 0);

    if (task->op == STEP_CAPTURE) {
        if (!*errorp) {
            vif_attrs_swap(&step->original, &task->step.original);
            step->void_original &= task->step.has_previous;
        }
    } else if (!*errorp || task->op == STEP_APPLY) {
        /* What apply() found out before it failed helps to take it back. */
        vif_attrs_swap(&step->output, &task->step.output);
    }
    if ((task->untouched || step->gated) && task->op == STEP_APPLY
        && !step->backward && step->phase == PHASE_ARMED) {
        pstep_disarm(step);
    }
    if (step->gated) {          /* It failed before it made anything last. */
        step->gated = false;
        step->port->engine->n_gated--;
    }
    step_task_destroy(task);
    return true;
}

void
pstep_cancel(struct pstep *step)
{
    struct executor *executor = step->port->engine->executor;

    if (step->task && !step->task_over) {
        executor->class->cancel(executor, step->task);
    }
}

/* Stores into 'args' what the step's arguments are, late ones included.
 * False while a step that it refers to is not done. */
bool
pstep_resolve(struct pstep *step, struct vif_attrs *args)
{
    const struct port *port = step->port;

    for (size_t i = 0; i < step->n_refs; i++) {
        if (port->steps[step->refs[i].step]->phase != PHASE_DONE) {
            return false;
        }
    }
    vif_attrs_destroy(args);
    vif_attrs_clone(args, &step->args);
    for (size_t i = 0; i < step->n_refs; i++) {
        const struct vif_plan_ref *ref = &step->refs[i];

        vif_attrs_set(args, ref->key,
                      vif_attrs_get(&port->steps[ref->step]->output,
                                    ref->output));
    }
    return true;
}

/* What late argument 'ref' of what 'step' has in place is by now, if it is not
 * what it was: a device that was put back has another number.  Else NULL. */
static const char *
pstep_new_value(const struct pstep *step, const struct vif_plan_ref *ref)
{
    const struct port *port = step->port;

    for (size_t i = 0; i < port->n_steps; i++) {
        const struct pstep *other = port->steps[i];
        const char *value = vif_attrs_get(&other->output, ref->output);

        if (other->has_cur && other->position == ref->step && value
            && !nullable_string_is_equal(value, vif_attrs_get(&step->cur,
                                                              ref->key))) {
            return value;
        }
    }
    return NULL;
}

/* The first late argument of what 'step' has in place that is outdated, or
 * NULL. */
const char *
pstep_outdated(const struct pstep *step)
{
    for (size_t i = 0; i < step->n_cur_refs; i++) {
        if (pstep_new_value(step, &step->cur_refs[i])) {
            return step->cur_refs[i].key;
        }
    }
    return NULL;
}

/* Brings the late arguments of what 'step' has in place up to date, without
 * touching the thing.  True if something was not as it is now. */
bool
pstep_refresh_current(struct pstep *step)
{
    bool changed = false;

    for (size_t i = 0; i < step->n_cur_refs; i++) {
        const char *value = pstep_new_value(step, &step->cur_refs[i]);

        if (value) {
            vif_attrs_set(&step->cur, step->cur_refs[i].key, value);
            changed = true;
        }
    }
    return changed;
}

/* Whether all steps that 'step' comes after are done. */
bool
pstep_after_done(const struct pstep *step)
{
    const struct port *port = step->port;

    for (size_t i = 0; i < port->n_target; i++) {
        if (step->after & (UINT32_C(1) << i)
            && port->steps[i]->phase != PHASE_DONE) {
            return false;
        }
    }
    return true;
}

/* The lane in which a step of 'class' with 'args' runs, into 'lane' (empty if
 * one of its own), and an error if nothing may be sent there now. */
struct vif_error *
engine_check_lane(struct engine *engine, const struct step_class *class,
                  const struct vif_attrs *args, char lane[64])
{
    const char *name = class->lane ? class->lane(args, lane) : NULL;

    if (!name) {
        lane[0] = '\0';
        return NULL;
    }
    if (engine->executor->class->stuck(engine->executor, name)) {
        return vif_error_with_retry(
            vif_error_create(VIF_ERR_BUSY, "an earlier operation on %s has "
                             "not come back from the kernel", name),
            engine->config.retry_max_ms);
    }
    return NULL;
}
