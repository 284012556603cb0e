/* SPDX-License-Identifier: Apache-2.0 */

/* Beginning a job, when it is the first in the queue of a port in which
 * nothing is under way: plans it and sets the port on its way, or refuses. */

#include <config.h>

#include "engine/engine-private.h"

#include "lib/cleanup.h"
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

/* The job of 'port' that can be begun, if one can. */
static struct job *
next_job(const struct port *port)
{
    return (port->transition != TRANSITION_NONE || port->job
            || port->engine->held || ovs_list_is_empty(&port->queue) ? NULL
            : CONTAINER_OF(ovs_list_front(&port->queue), struct job, node));
}

/* Whether the planner can plan what 'job' asks for. */
static bool
is_plannable(const struct job *job)
{
    struct planner *planner = job->port->engine->planner;
    const struct vif_binding *binding = &job->binding;

    switch (job->group->kind) {
    case REQUEST_PLUG:
    case REQUEST_REBUILD:
        break;
    case REQUEST_ACTIVATE:
        binding = &job->port->current.binding;
        if (job->port->current.valid) {
            break;
        }
        return true;
    case REQUEST_UNPLUG:
    case REQUEST_ABORT:
    case REQUEST_CHECK:
    case REQUEST_REPAIR:
    case REQUEST_COLLECT:
    default:
        return true;
    }
    return !planner->ready || planner->ready(planner, binding);
}

/* Whether 'job' can be begun, and those that are begun with it.  One that is
 * refused anyway need not wait. */
static bool
may_start(const struct job *job)
{
    const struct group *group = job->group;

    if (group->error) {
        return true;
    }
    for (size_t i = 0; i < group->n && group_is_all_or_none(group); i++) {
        const struct job *other = group->jobs[i];

        if (!other->port || next_job(other->port) != other
            || !is_plannable(other)) {
            return false;
        }
    }
    return is_plannable(job);
}

static void
start_job(struct job *job)
{
    struct port *port = job->port;

    ovs_list_remove(&job->node);
    job->queued = false;
    if (job->internal) {
        job_start_clock(job, 0);
    }
    if (port->state == PORT_GONE) {
        port->state = PORT_PLANNED;     /* Another life. */
    }

    struct vif_error *error = refuse_start(job);
    error = error ? error : start[job->group->kind](port, job);
    if (error) {
        if (!port->current.valid) {
            port_set_state(port, PORT_GONE, error);
        }
        job_answer(job, OUTCOME_FAILED_CLEAN, error);
    }
}

/* Begins the ports of a plug that is all or none, which wait for nothing more,
 * in one turn: what they claim is chosen for all of them together. */
static void
start_group(struct group *group)
{
    struct planner *planner = group->engine->planner;
    size_t n = group->n;
    CLEANUP_FREE struct job **jobs = xmemdup(group->jobs, n * sizeof *jobs);
    CLEANUP_FREE const struct vif_binding **bindings
        = xmalloc(n * sizeof *bindings);

    for (size_t i = 0; i < n; i++) {
        bindings[i] = &jobs[i]->binding;
    }
    if (planner->announce) {
        planner->announce(planner, bindings, n);
    }
    for (size_t i = 0; i < n; i++) {
        start_job(jobs[i]);     /* The last one may free the group. */
    }
    if (planner->announce) {
        planner->announce(planner, NULL, 0);
    }
}

/* In 'port' nothing is under way: begins what waits first, if anything. */
void
job_start_next(struct port *port)
{
    struct job *job;

    while ((job = next_job(port)) != NULL && may_start(job)) {
        if (group_is_all_or_none(job->group) && !job->group->error) {
            start_group(job->group);
        } else {
            start_job(job);
        }
    }
}
