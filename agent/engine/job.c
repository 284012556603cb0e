/* SPDX-License-Identifier: Apache-2.0 */

/* Jobs: one port's part of a request.  They wait in the port's queue, have
 * one deadline for everything, and are answered exactly once.  A plug of
 * several ports is all or none: its jobs wait for one another before the
 * point of no return, and the failure of one is the failure of all. */

#include <config.h>

#include "engine/engine-private.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"

/* Of a request's time, this share is for going forward; the rest is left for
 * taking back, so that a failure can still be a clean one. */
#define SOFT_PERCENT 90

static bool
is_plug(enum request_kind kind)
{
    return (kind == REQUEST_PLUG || kind == REQUEST_ACTIVATE
            || kind == REQUEST_REPAIR);
}

static bool
is_unplug(enum request_kind kind)
{
    return kind == REQUEST_UNPLUG || kind == REQUEST_ABORT;
}

bool
group_is_all_or_none(const struct group *group)
{
    return group->n > 1 && group->kind == REQUEST_PLUG;
}

/* From now on 'job' has 'timeout_ms', or as long as is configured. */
void
job_start_clock(struct job *job, unsigned int timeout_ms)
{
    const struct engine *engine = job->group->engine;
    long long now = engine_now(engine);
    long long timeout_us = 1000LL * (timeout_ms ? timeout_ms
                                     : engine->config.timeout_ms);

    job->start_us = now;
    job->soft_us = now + timeout_us / 100 * SOFT_PERCENT;
    job->hard_us = now + timeout_us;
}

/* Makes the jobs of 'request', whose bindings are taken over. */
struct group *
group_create(struct engine *engine, const struct request *request)
{
    struct group *group = xzalloc(sizeof *group);

    group->engine = engine;
    group->kind = request->kind;
    group->wait = request->wait;
    group->done = request->done;
    group->aux = request->aux;
    group->n = request->n;
    group->jobs = xcalloc(MAX(group->n, 1), sizeof *group->jobs);
    for (size_t i = 0; i < group->n; i++) {
        struct job *job = xzalloc(sizeof *job);

        job->group = group;
        job->index = i;
        job->internal = !request->done;
        job->binding = request->bindings[i];
        vif_binding_init(&request->bindings[i]);
        job->port_id = xstrdup(job->binding.port_id
                               ? job->binding.port_id : "");
        job_start_clock(job, request->timeout_ms);
        group->jobs[i] = job;
    }
    return group;
}

static void
group_free(struct group *group)
{
    for (size_t i = 0; i < group->n; i++) {
        struct job *job = group->jobs[i];

        vif_binding_destroy(&job->binding);
        orphans_free(job->orphans, job->n_orphans);
        vif_error_destroy(job->error);
        job_destroy_result(job);
        free(job);
    }
    free(group->jobs);
    vif_error_destroy(group->error);
    free(group);
}

static void
group_deliver(struct group *group)
{
    struct port_result *results = xcalloc(group->n, sizeof *results);
    bool none = group->error != NULL;

    for (size_t i = 0; i < group->n; i++) {
        results[i] = group->jobs[i]->result;
        none &= results[i].error || !results[i].changed;
    }
    for (size_t i = 0; i < group->n && none; i++) {
        if (!results[i].error) {
            /* It was as asked before, and so is as before. */
            results[i].outcome = OUTCOME_FAILED_CLEAN;
            results[i].error = group->error;
        }
    }
    group->done(group->aux, results, group->n);
    free(results);
}

/* Calls back once all are answered, frees once all are over. */
static void
group_advance(struct group *group)
{
    if (group->n_answered == group->n && !group->delivered) {
        group->delivered = true;
        if (group->done) {
            group_deliver(group);
        }
    }
    if (group->n_detached == group->n) {
        group_free(group);
    }
}

/* The failure of 'job' is the failure of all of its request, if that is all
 * or none. */
void
job_fail_group(struct job *job, const struct vif_error *error)
{
    struct group *group = job->group;

    if (!group_is_all_or_none(group) || group->error) {
        return;
    }
    group->error = vif_error_wrap(vif_error_clone(error),
                                  "port %s of the same request",
                                  job->port_id);
    for (size_t i = 0; i < group->n; i++) {
        if (group->jobs[i]->port) {
            engine_kick(group->jobs[i]->port);
        }
    }
}

static void
job_set_answer(struct job *job, const struct port *port,
               enum outcome outcome, struct vif_error *error)
{
    if (job->answered) {
        vif_error_destroy(error);
        return;
    }
    job->answered = true;
    job_fill_result(job, port, outcome, error);
    job->group->n_answered++;
    if (!job->internal) {
        job->group->engine->n_outcomes[outcome]++;
    }
}

/* Ends 'job'.  Whoever asked gets 'outcome' and 'error', which is taken over,
 * unless there was an answer before.  The port may go on by itself. */
void
job_answer(struct job *job, enum outcome outcome, struct vif_error *error)
{
    struct port *port = job->port;

    job_set_answer(job, port, outcome, error);
    if (outcome != OUTCOME_DONE && job->result.error) {
        job_fail_group(job, job->result.error);
    }
    if (job->queued) {
        ovs_list_remove(&job->node);
        job->queued = false;
    }
    if (port) {
        if (port->job == job) {
            port->job = NULL;
        }
        engine_kick(port);
    }
    if (!job->internal) {
        job->group->engine->n_jobs--;
    }
    job->port = NULL;
    job->group->n_detached++;
    group_advance(job->group);
}

/* Whether what 'job' removes need only be durable. */
bool
job_wants_no_proof(const struct job *job)
{
    return (job && job->group->kind == REQUEST_UNPLUG
            && job->group->wait == WAIT_COMMITTED);
}

/* Of 'job', only the proof is outstanding.  If that was not to be waited for,
 * answers once all ports of the request are as far, and goes on. */
void
job_committed(struct job *job)
{
    struct group *group = job->group;

    if (job->sent) {
        return;
    }
    job->sent = true;
    group->n_committed++;
    if (group->wait != WAIT_COMMITTED || group->error
        || group->n_committed < group->n || group->n_proven == group->n) {
        return;
    }
    for (size_t i = 0; i < group->n; i++) {
        if (group->jobs[i]->port) {
            job_set_answer(group->jobs[i], group->jobs[i]->port, OUTCOME_DONE,
                           NULL);
        }
    }
    group_advance(group);
}

void
job_proven(struct job *job)
{
    struct group *group = job->group;

    if (job->proven) {
        return;
    }
    job->proven = true;
    group->n_proven++;
    for (size_t i = 0; i < group->n && group->n_proven == group->n; i++) {
        if (group->jobs[i]->port) {
            engine_kick(group->jobs[i]->port);
        }
    }
}

bool
job_may_commit(const struct job *job)
{
    return (!group_is_all_or_none(job->group)
            || job->group->n_proven == job->group->n);
}

/* Whether 'port' is, or is just becoming, one that 'abort' takes back. */
static bool
may_abort(const struct port *port)
{
    return (port->current.valid ? port->current.binding.prepare
            : !port->job || port->job->binding.prepare);
}

/* A newer wish supersedes those before it that would bring the port. */
static void
supersede(struct port *port, enum request_kind kind)
{
    struct job *job;

    if (kind == REQUEST_ABORT && !may_abort(port)) {
        return;             /* It will be refused. */
    }

    LIST_FOR_EACH_SAFE (job, node, &port->queue) {
        if (is_plug(job->group->kind) && !job->internal) {
            job_answer(job, OUTCOME_FAILED_CLEAN,
                       vif_error_create(VIF_ERR_SUPERSEDED,
                                        "the port was unplugged meanwhile"));
        }
    }
    if (port->transition == TRANSITION_FORWARD && !port->committing) {
        forward_fail(port, vif_error_create(
            VIF_ERR_SUPERSEDED, "the port was unplugged meanwhile"));
    }
}

static struct vif_error *
admit(const struct engine *engine, const struct group *group,
      const struct job *job)
{
    const struct engine_config *config = &engine->config;
    struct vif_error *error = NULL;

    if (engine->not_accepting) {
        return vif_error_with_retry(
            vif_error_create(VIF_ERR_UNAVAILABLE, "%s",
                             engine->not_accepting), 1000);
    }
    if (engine_journal_error(engine) && group->kind != REQUEST_CHECK) {
        return vif_error_wrap(vif_error_clone(engine_journal_error(engine)),
                              "nothing new is begun");
    }
    if (engine->n_jobs > config->max_requests) {
        return vif_error_with_retry(
            vif_error_create(VIF_ERR_BUSY, "%u requests are under way, as "
                             "many as are allowed", config->max_requests),
            100);
    }
    if (group->kind == REQUEST_PLUG || group->kind == REQUEST_REBUILD) {
        error = vif_binding_check(&job->binding);
        if (!error && !port_lookup(engine, job->port_id)
            && hmap_count(&engine->ports) >= config->max_ports) {
            error = vif_error_create(VIF_ERR_REFUSED, "%u ports are plugged, "
                                     "as many as are allowed",
                                     config->max_ports);
        }
    } else if (!job->port_id[0]) {
        error = vif_error_create(VIF_ERR_INVALID, "a port id is missing");
    }
    return error;
}

static struct vif_error *
check_duplicates(const struct group *group)
{
    struct sset ids = SSET_INITIALIZER(&ids);
    struct vif_error *error = NULL;

    for (size_t i = 0; i < group->n && !error; i++) {
        if (!sset_add(&ids, group->jobs[i]->port_id)) {
            error = vif_error_create(VIF_ERR_INVALID,
                                     "port %s stands in the request twice",
                                     group->jobs[i]->port_id);
        }
    }
    sset_destroy(&ids);
    return error;
}

static void
group_refuse(struct group *group, const struct vif_error *error)
{
    size_t n = group->n;

    for (size_t i = 0; i < n; i++) {
        /* The last one frees the group. */
        job_answer(group->jobs[i], OUTCOME_FAILED_CLEAN,
                   vif_error_clone(error));
    }
}

/* Puts each job into its port's queue, or refuses them. */
void
group_enqueue(struct group *group)
{
    struct engine *engine = group->engine;
    struct vif_error *refusal = check_duplicates(group);

    for (size_t i = 0; i < group->n; i++) {
        engine->n_jobs += !group->jobs[i]->internal;
    }
    for (size_t i = 0; i < group->n && !refusal; i++) {
        struct job *job = group->jobs[i];
        const struct port *port = port_lookup(engine, job->port_id);

        refusal = job->internal ? NULL : admit(engine, group, job);
        if (!refusal && port && ovs_list_size(&port->queue) >= MAX_QUEUE
            && !is_unplug(group->kind)) {
            refusal = vif_error_with_retry(
                vif_error_create(VIF_ERR_BUSY, "%d requests wait for port "
                                 "%s already", MAX_QUEUE, port->id), 100);
        }
    }
    if (refusal) {
        group_refuse(group, refusal);
        vif_error_destroy(refusal);
        return;
    }
    for (size_t i = 0; i < group->n; i++) {
        struct job *job = group->jobs[i];
        struct port *port = port_lookup(engine, job->port_id);

        if (!port) {
            port = port_create(engine, job->port_id);
        }
        if (is_unplug(group->kind)) {
            supersede(port, group->kind);
        }
        job->port = port;
        job->queued = true;
        ovs_list_push_back(&port->queue, &job->node);
        engine_kick(port);
    }
}

/* For recovery and after notifications; nobody is answered. */
void
job_submit_internal(struct port *port, enum request_kind kind)
{
    struct vif_binding binding;
    struct request request = {
        .kind = kind,
        .bindings = &binding,
        .n = 1,
    };

    vif_binding_init(&binding);
    binding.port_id = xstrdup(port->id);
    struct group *group = group_create(port->engine, &request);

    group->jobs[0]->light = !port->recovering;
    group_enqueue(group);
    vif_binding_destroy(&binding);
}

/* The deadline passed while going forward: names what was waited for. */
static struct vif_error *
deadline_error(const struct port *port)
{
    const char *what = "other ports of the request";
    const char *object = "";

    for (size_t i = 0; i < port->n_target; i++) {
        const struct pstep *step = port->steps[i];

        if (step->phase != PHASE_DONE) {
            what = step->class->kind;
            object = step->object;
            if (step->task) {
                break;
            }
        }
    }
    return vif_error_with_retry(
        vif_error_create(VIF_ERR_DEADLINE, "the deadline passed while "
                         "waiting for %s%s%s", what, object[0] ? " " : "",
                         object), 0);
}

static bool
looks_only(const struct port *port)
{
    return (port->transition == TRANSITION_CHECK
            || port->transition == TRANSITION_REBUILD);
}

/* The time of the job at work is over: says what is left to be undone. */
static void
job_out_of_time(struct port *port)
{
    struct job *job = port->job;
    char *left = port_whats_left(port);
    struct vif_error *why = (job->error ? vif_error_clone(job->error)
                             : vif_error_create(VIF_ERR_DEADLINE,
                                                "the deadline passed"));
    struct vif_error *error;

    if (looks_only(port)) {
        for (size_t i = 0; i < port->n_steps; i++) {
            pstep_cancel(port->steps[i]);
        }
        error = vif_error_with_retry(
            vif_error_create(why->code, "%s; not verified yet: %s",
                             why->message, left),
            0);
        vif_error_destroy(why);
    } else {
        error = vif_error_create(why->code, "%s; still %s: %s", why->message,
                                 (port->transition == TRANSITION_DROP
                                  ? "to be removed" : "to be undone"), left);
        error = vif_error_with_source(error, why->source);
        error->errnum = why->errnum;
        error->retry = why->retry;
        vif_error_destroy(why);
    }
    free(left);
    if (port->committing) {
        port->unwanted = true;
    }
    job_answer(job, (looks_only(port) ? OUTCOME_FAILED_CLEAN
                     : OUTCOME_FAILED_UNDOING), error);
}

void
job_check_deadlines(struct port *port)
{
    long long now = engine_now(port->engine);
    struct job *job;

    LIST_FOR_EACH_SAFE (job, node, &port->queue) {
        if (job->group->error || (!job->internal && now >= job->hard_us)) {
            job_answer(job, OUTCOME_FAILED_CLEAN,
                       job->group->error ? vif_error_clone(job->group->error)
                       : vif_error_with_retry(
                           vif_error_create(
                               VIF_ERR_DEADLINE, "the deadline passed while "
                               "the port was %s",
                               port_state_name(port->state)), 0));
        }
    }
    if (port->job && now >= port->job->soft_us && !port->committing
        && port->transition == TRANSITION_FORWARD) {
        forward_fail(port, deadline_error(port));
    }
    if (port->job && now >= port->job->hard_us) {
        if (port->transition == TRANSITION_UNDO) {
            undo_advance(port);         /* What came in this very turn. */
        }
        if (port->job) {
            job_out_of_time(port);
        }
    }
}

/* CLOCK_MONOTONIC us of the next deadline of the port's jobs, or LLONG_MAX. */
long long
job_next_deadline(const struct port *port)
{
    long long next = LLONG_MAX;
    const struct job *job = port->job;

    if (job) {
        bool forward = (port->transition == TRANSITION_FORWARD
                        && !port->committing);

        next = forward ? job->soft_us : job->hard_us;
    }
    LIST_FOR_EACH (job, node, &port->queue) {
        if (!job->internal) {
            next = MIN(next, job->hard_us);
        }
    }
    return next;
}

/* The engine goes: frees jobs without answering them. */
void
jobs_abandon(struct engine *engine)
{
    struct port *port;

    HMAP_FOR_EACH (port, node, &engine->ports) {
        struct job *job;

        LIST_FOR_EACH_SAFE (job, node, &port->queue) {
            job->group->done = NULL;
            job_answer(job, OUTCOME_FAILED_CLEAN, NULL);
        }
        if (port->job) {
            port->job->group->done = NULL;
            job_answer(port->job, OUTCOME_FAILED_CLEAN, NULL);
        }
    }
}
