/* SPDX-License-Identifier: Apache-2.0 */

/* Rebuild: a port that the journal has lost is made known again from what was
 * asked for.  Each step of its plan is captured, as something that is in place
 * already, and verified; nothing on the host is changed, and what is not as it
 * should be makes the port a drifted one.  What stands in the journal by then
 * is what a plug would have written. */

#include <config.h>

#include "engine/engine-private.h"

#include "lib/cleanup.h"
#include "util.h"

struct vif_error *
start_rebuild(struct port *port, struct job *job)
{
    if (port->current.valid) {
        job_warn(job, "the port is known");
        job_answer(job, OUTCOME_DONE, NULL);
        return NULL;
    }

    struct vif_error *error = job_plan(port, &job->binding);
    if (!error) {
        /* Rows tell what is in place, whether or not somebody serves them. */
        job->light = true;
        port->job = job;
        port_set_state(port, PORT_PLUGGING, NULL);
        port_set_transition(port, TRANSITION_REBUILD);
    }
    return error;
}

/* Makes 'step' a holder of what others may hold already. */
static void
rebuild_hold(struct pstep *step)
{
    struct engine *engine = step->port->engine;
    struct resource *resource = resource_lookup(engine, step->class,
                                                step->object);

    /* Whether it was there before vifd, its revert() has to find out. */
    if (!resource) {
        resource = resource_create(engine, step->class, step->object);
        vif_attrs_clone(&resource->args, &step->new);
        resource->phase = RESOURCE_READY;
        resource->in_journal = true;
        engine_touch(engine, JOURNAL_RESOURCE, resource->node->name);
    }
    resource_hold(resource, step);
}

static void
rebuild_step_done(struct pstep *step, struct vif_error *error)
{
    step->phase = PHASE_DONE;
    step->action = ACTION_KEEP;
    step->trouble = error;
    engine_kick(step->port);        /* Others may refer to its outputs. */
}

static void
rebuild_shared(struct pstep *step)
{
    struct vif_error *error = NULL;

    if (!step->resource) {
        rebuild_hold(step);
    }
    if (resource_ask(step, false, &error) != RESOURCE_WAIT) {
        rebuild_step_done(step, error);
    }
}

static void
rebuild_own(struct pstep *step)
{
    const struct job *job = step->port->job;
    const struct engine *engine = step->port->engine;
    long long deadline_us = (job ? job->hard_us : engine_now(engine)
                             + engine->config.timeout_ms * 1000LL);
    struct vif_error *error;
    enum step_op op;

    if (!pstep_take_result(step, &op, &error)) {
        if (!step->task) {
            pstep_submit(step, STEP_CAPTURE, &step->new, &step->new,
                         deadline_us);
        }
    } else if (op == STEP_CAPTURE && !error) {
        pstep_submit(step, STEP_VERIFY, &step->new, NULL, deadline_us);
    } else {
        rebuild_step_done(step, error);
    }
}

/* What is wrong with the port; NULL if nothing is known to be. */
static struct vif_error *
take_trouble(struct port *port)
{
    struct vif_error *wrong = NULL;

    for (size_t i = 0; i < port->n_target; i++) {
        struct pstep *step = port->steps[i];
        CLEANUP_ERROR struct vif_error *trouble = TAKE(step->trouble);

        if (trouble && error_is_passing(trouble)) {
            port->recheck_us = (engine_now(port->engine)
                                + port->engine->config.retry_max_ms * 1000LL);
        } else if (trouble && !wrong) {
            wrong = vif_error_wrap(TAKE(trouble), "%s %s", step->class->kind,
                                   step->object);
        }
    }
    return wrong;
}

static void
rebuild_finish(struct port *port)
{
    struct vif_error *wrong = take_trouble(port);
    struct job *job = port->job;

    if (job) {
        job_collect(job, port);
    }
    port_finish_forward(port);
    port->drifted = wrong != NULL;
    port_set_trouble(port, wrong);
    port->in_journal = port->changed = true;
    /* Until now nobody could tell that a notification was about it. */
    port->recheck_later = true;
    port_touch(port);
    port_set_transition(port, TRANSITION_NONE);
    port_settle(port);
    if (job) {
        job_answer(job, OUTCOME_DONE, NULL);
    }
}

void
rebuild_advance(struct port *port)
{
    bool all = true;

    for (size_t i = 0; i < port->n_target; i++) {
        struct pstep *step = port->steps[i];

        if (step->phase == PHASE_DONE) {
            continue;
        }
        if (step->task || pstep_resolve(step, &step->new)) {
            if (step->shared) {
                rebuild_shared(step);
            } else {
                rebuild_own(step);
            }
        }
        all &= step->phase == PHASE_DONE;
    }
    if (all) {
        rebuild_finish(port);
    }
}
