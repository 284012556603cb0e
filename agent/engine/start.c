/* SPDX-License-Identifier: Apache-2.0 */

/* Beginning a job, when it is the first in the queue of a port in which
 * nothing is under way: plans it and sets the port on its way, or refuses. */

#include <config.h>

#include "engine/engine-private.h"

#include "util.h"

static const char *
planner_claimed_by(void *engine, const char *device)
{
    return engine_claimed_by(engine, device);
}

/* Plans 'binding' and makes it the port's target. */
struct vif_error *
job_plan(struct port *port, const struct vif_binding *binding)
{
    struct engine *engine = port->engine;
    struct vif_plan *previous = port_current_plan(port);
    struct vif_plan *plan = NULL;
    struct vif_error *error
        = engine->planner->plan(engine->planner, binding, previous,
                                planner_claimed_by, engine, &plan);

    if (!error) {
        error = port_adopt_plan(port, binding, plan);
    }
    vif_plan_destroy(previous);
    vif_plan_destroy(plan);
    return error;
}

static struct vif_error *
start_plug(struct port *port, struct job *job)
{
    struct vif_error *error = job_plan(port, &job->binding);

    if (!error) {
        port->job = job;
        forward_start(port);
    }
    return error;
}

static struct vif_error *
start_activate(struct port *port, struct job *job)
{
    struct vif_binding binding;

    if (!port->current.valid) {
        return vif_error_create(VIF_ERR_NOT_FOUND, "there is no such port");
    }
    vif_binding_clone(&binding, &port->current.binding);
    binding.prepare = false;
    vif_binding_destroy(&job->binding);
    job->binding = binding;
    return start_plug(port, job);
}

static struct vif_error *
start_repair(struct port *port, struct job *job)
{
    if (!port->current.valid) {
        return vif_error_create(VIF_ERR_NOT_FOUND, "there is no such port");
    }
    port_retarget_current(port);
    port->job = job;
    forward_start(port);
    return NULL;
}

static struct vif_error *
start_check(struct port *port, struct job *job)
{
    if (!port->current.valid) {
        return vif_error_create(VIF_ERR_NOT_FOUND, "there is no such port");
    }
    port->job = job;
    check_start(port);
    return NULL;
}

static struct vif_error *
start_unplug(struct port *port, struct job *job)
{
    if (!port->current.valid) {
        job_warn(job, "the port was not plugged");
        port_set_state(port, PORT_GONE, NULL);
        job_answer(job, OUTCOME_DONE, NULL);
        return NULL;
    }
    port_drop_all(port);
    port->job = job;
    drop_start(port, true);
    return NULL;
}

static struct vif_error *
start_abort(struct port *port, struct job *job)
{
    if (port->current.valid && !port->current.binding.prepare) {
        return vif_error_create(VIF_ERR_REFUSED, "the port is %s, not "
                                "prepared: unplug it instead",
                                port_state_name(port->state));
    }
    return start_unplug(port, job);
}

static struct vif_error *(*const start[])(struct port *, struct job *) = {
    [REQUEST_PLUG] = start_plug,
    [REQUEST_UNPLUG] = start_unplug,
    [REQUEST_ACTIVATE] = start_activate,
    [REQUEST_ABORT] = start_abort,
    [REQUEST_CHECK] = start_check,
    [REQUEST_REPAIR] = start_repair,
    [REQUEST_COLLECT] = start_collect,
    [REQUEST_REBUILD] = start_rebuild,
};

/* Why 'job', which has waited, must not be begun now. */
static struct vif_error *
refuse_start(const struct job *job)
{
    const struct engine *engine = job->group->engine;
    const struct vif_error *refusal = journal_refusal(engine->journal);

    if (job->group->error) {
        return vif_error_clone(job->group->error);
    }
    return (refusal && job->group->kind != REQUEST_CHECK
            ? vif_error_wrap(vif_error_clone(refusal), "nothing new is begun")
            : NULL);
}

/* In 'port' nothing is under way: begins what waits first, if anything. */
void
job_start_next(struct port *port)
{
    while (port->transition == TRANSITION_NONE && !port->job
           && !port->engine->held && !ovs_list_is_empty(&port->queue)) {
        struct job *job = CONTAINER_OF(ovs_list_pop_front(&port->queue),
                                       struct job, node);
        struct vif_error *error;

        job->queued = false;
        if (job->internal) {
            job_start_clock(job, 0);
        }
        if (port->state == PORT_GONE) {
            port->state = PORT_PLANNED;     /* Another life. */
        }
        error = refuse_start(job);
        error = error ? error : start[job->group->kind](port, job);
        if (error) {
            if (!port->current.valid) {
                port_set_state(port, PORT_GONE, error);
            }
            job_answer(job, OUTCOME_FAILED_CLEAN, error);
        }
    }
}
