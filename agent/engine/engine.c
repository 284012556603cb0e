/* SPDX-License-Identifier: Apache-2.0 */

/* The engine's turn: results have come in and kicked their ports; each of
 * those is advanced as far as it goes, and what has to be remembered is
 * written in one commit.  Also the ways in: requests and notifications. */

#include <config.h>

#include "engine/engine-private.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(engine);

/* Ports advanced in one turn before the main loop gets its chance. */
#define MAX_ADVANCES 100000

struct engine *
engine_create(const struct engine_config *config, struct executor *executor,
              struct journal *journal, struct planner *planner)
{
    struct engine *engine = xzalloc(sizeof *engine);

    engine->config = *config;
    engine->executor = executor;
    engine->journal = journal;
    engine->planner = planner;
    hmap_init(&engine->ports);
    hmap_init(&engine->objects);
    shash_init(&engine->claims);
    shash_init(&engine->resources);
    notes_init(engine);
    ovs_list_init(&engine->kicked);
    heap_init(&engine->timers);
    for (int i = 0; i < JOURNAL_N_TABLES; i++) {
        sset_init(&engine->touched[i]);
    }
    sset_init(&engine->claims_durable);
    /* What is read from the journal counts as commit 1. */
    engine->commit_seq = engine->commit_durable = 1;
    engine->turn = 1;
    return engine;
}

/* Tasks under way belong to the executor and free themselves. */
static void
port_detach_tasks(struct port *port)
{
    for (size_t i = 0; i < port->n_steps; i++) {
        struct pstep *step = port->steps[i];

        if (step->task) {
            if (step->task_over) {
                step_task_destroy(step->task);
            } else {
                step->task->aux = NULL;
            }
            step->task = NULL;
        }
    }
}

void
engine_destroy(struct engine *engine)
{
    struct port *port;

    if (!engine) {
        return;
    }
    jobs_abandon(engine);
    HMAP_FOR_EACH (port, node, &engine->ports) {
        port_detach_tasks(port);
    }
    resources_free(engine);
    HMAP_FOR_EACH_SAFE (port, node, &engine->ports) {
        port_free(port);
    }
    if (engine->commit) {
        engine->commit->engine = NULL;
    }
    hmap_destroy(&engine->ports);
    hmap_destroy(&engine->objects);
    shash_destroy(&engine->claims);
    shash_destroy(&engine->resources);
    notes_destroy(engine);
    heap_destroy(&engine->timers);
    for (int i = 0; i < JOURNAL_N_TABLES; i++) {
        sset_destroy(&engine->touched[i]);
    }
    sset_destroy(&engine->claims_durable);
    vif_error_destroy(engine->journal_error);
    free(engine->not_accepting);
    free(engine);
}

void
engine_set_config(struct engine *engine, const struct engine_config *config)
{
    engine->config = *config;
}

void
engine_set_event_cb(struct engine *engine, engine_event_cb *cb, void *aux)
{
    engine->event_cb = cb;
    engine->event_aux = aux;
}

/* 'port' is to be looked at in this turn or the next. */
void
engine_kick(struct port *port)
{
    if (!port->kicked) {
        port->kicked = true;
        ovs_list_push_back(&port->engine->kicked, &port->kick_node);
    }
}

void
engine_kick_resources(struct engine *engine)
{
    engine->resources_kicked = true;
}

void
engine_submit(struct engine *engine, struct request *request)
{
    group_enqueue(group_create(engine, request));
}

static void
port_start_recheck(struct port *port)
{
    if (port->recheck_us && port->recheck_us <= engine_now(port->engine)
        && port->transition == TRANSITION_NONE && !port->job) {
        port->recheck_us = 0;
        if (port->current.valid) {
            job_submit_internal(port, (port->restore_again ? REQUEST_REPAIR
                                       : REQUEST_CHECK));
        }
        port->restore_again = false;
    }
}

static void
port_set_timer(struct port *port)
{
    struct heap *timers = &port->engine->timers;
    long long next = MIN(job_next_deadline(port), backward_next_retry(port));

    if (port->recheck_us && port->transition == TRANSITION_NONE) {
        next = MIN(next, port->recheck_us);
    }
    if (next == LLONG_MAX) {
        if (port->timed) {
            heap_remove(timers, &port->timer);
            port->timed = false;
        }
    } else if (port->timed) {
        heap_change(timers, &port->timer, UINT64_MAX - next);
    } else {
        heap_insert(timers, &port->timer, UINT64_MAX - next);
        port->timed = true;
    }
}

static bool
port_is_over(const struct port *port)
{
    return (port->transition == TRANSITION_NONE && !port->current.valid
            && !port->job && ovs_list_is_empty(&port->queue));
}

static void
port_advance(struct port *port)
{
    job_check_deadlines(port);
    port_start_recheck(port);
    switch (port->transition) {
    case TRANSITION_NONE:
        job_start_next(port);
        break;
    case TRANSITION_CHECK:
        check_advance(port);
        break;
    case TRANSITION_REBUILD:
        rebuild_advance(port);
        break;
    case TRANSITION_FORWARD:
        forward_advance(port);
        break;
    case TRANSITION_UNDO:
        undo_advance(port);
        break;
    case TRANSITION_DROP:
        drop_advance(port);
        break;
    default:
        OVS_NOT_REACHED();
    }
    if (port_is_over(port)) {
        port_free(port);
    } else {
        port_set_timer(port);
    }
}

static void
engine_run_timers(struct engine *engine)
{
    long long now = engine_now(engine);

    while (!heap_is_empty(&engine->timers)) {
        struct heap_node *first = heap_max(&engine->timers);
        struct port *port = CONTAINER_OF(first, struct port, timer);

        if ((long long) (UINT64_MAX - first->priority) > now) {
            break;
        }
        heap_remove(&engine->timers, first);
        port->timed = false;
        engine_kick(port);
    }
    if (resources_next_timer(engine) <= now) {
        engine_kick_resources(engine);
    }
}

void
engine_run(struct engine *engine)
{
    int budget = MAX_ADVANCES;

    engine->turn++;
    engine->journal->class->run(engine->journal);
    engine_run_timers(engine);
    while ((engine->resources_kicked || !ovs_list_is_empty(&engine->kicked))
           && budget-- > 0) {
        if (engine->resources_kicked) {
            engine->resources_kicked = false;
            resources_advance(engine);
        }
        if (!ovs_list_is_empty(&engine->kicked)) {
            struct port *port = CONTAINER_OF(
                ovs_list_pop_front(&engine->kicked), struct port, kick_node);

            port->kicked = false;
            port_advance(port);
        }
    }
    if (budget <= 0) {
        VLOG_ERR("the engine does not come to rest");
    }
    engine_flush(engine);
}

static bool
is_kicked(const struct engine *engine)
{
    return engine->resources_kicked || !ovs_list_is_empty(&engine->kicked);
}

void
engine_run_if_kicked(struct engine *engine)
{
    if (is_kicked(engine)) {
        engine_run(engine);
    }
}

void
engine_wait(struct engine *engine)
{
    long long next = resources_next_timer(engine);

    engine->journal->class->wait(engine->journal);
    if (!heap_is_empty(&engine->timers)) {
        next = MIN(next, (long long) (UINT64_MAX
                                      - heap_max(&engine->timers)->priority));
    }
    if (engine->journal_error && !engine->commit) {
        next = MIN(next, engine->journal_retry_us);
    }
    if (next < LLONG_MAX) {
        poll_timer_wait_until((next + 999) / 1000);
    }
    if (is_kicked(engine)) {
        poll_immediate_wake();
    }
}

static void
port_recheck_soon(struct port *port)
{
    if (port->transition != TRANSITION_NONE) {
        port->recheck_later = true;
        return;
    }

    /* A look that could find out nothing is made again sooner; putting it
     * in place again, which causes notifications itself, is not. */
    long long soon = engine_now(port->engine) + RECHECK_DELAY_US;
    if (!port->recheck_us
        || (soon < port->recheck_us && !port->restore_again)) {
        port->recheck_us = soon;
        engine_kick(port);
    }
}

/* Whether a notification about 'step' may be somebody else's doing, or come
 * too late for what is being looked at.  While it is carried out it is our
 * own, and its verification comes after it: a database tells of our own
 * changes until the very end. */
static bool
is_news(const struct pstep *step)
{
    enum transition transition = step->port->transition;

    return (transition == TRANSITION_NONE || transition == TRANSITION_CHECK
            || step->phase == PHASE_DONE
            || (step->task_over && !step->class->start)
            || (transition == TRANSITION_FORWARD
                && step->action == ACTION_KEEP));
}

void
engine_object_changed(struct engine *engine, const char *kind,
                      const char *object)
{
    const struct pstep *step = pstep_lookup(engine, kind, object);

    if (step) {
        if (is_news(step)) {
            port_recheck_soon(step->port);
        }
        return;
    }

    char *key = xasprintf("%s|%s", kind, object);
    struct resource *resource = shash_find_data(&engine->resources, key);

    free(key);
    for (size_t i = 0; resource && i < resource->n_holders; i++) {
        port_recheck_soon(resource->holders[i]->port);
    }
}

const struct vif_attrs *
engine_asked(const struct engine *engine, const char *kind,
             const char *object)
{
    const struct pstep *step = pstep_lookup(engine, kind, object);

    if (!step) {
        return NULL;
    }
    if (step->port->transition == TRANSITION_FORWARD
        && step->action != ACTION_UNDECIDED && step->action != ACTION_DROP) {
        return &step->new;
    }
    return step->has_cur ? &step->cur : NULL;
}

void
engine_object_seen(struct engine *engine, const char *kind,
                   const char *object, bool as_asked)
{
    struct pstep *step = pstep_lookup(engine, kind, object);

    /* There is more to one that is kept than can be seen at a glance. */
    if (step && step->port->transition == TRANSITION_FORWARD
        && step->action != ACTION_KEEP) {
        step->suspect = !as_asked;
        engine_kick(step->port);
    } else {
        engine_object_changed(engine, kind, object);
    }
}

void
engine_port_changed(struct engine *engine, const char *port_id)
{
    struct port *port = port_lookup(engine, port_id);

    if (port) {
        port_recheck_soon(port);
    }
}

void
engine_all_changed(struct engine *engine)
{
    struct port *port;

    HMAP_FOR_EACH (port, node, &engine->ports) {
        port_recheck_soon(port);
    }
}

void
engine_hold(struct engine *engine, bool hold)
{
    struct port *port;

    engine->held = hold;
    HMAP_FOR_EACH (port, node, &engine->ports) {
        engine_kick(port);
    }
}

void
engine_planner_ready(struct engine *engine)
{
    struct port *port;

    HMAP_FOR_EACH (port, node, &engine->ports) {
        if (!ovs_list_is_empty(&port->queue)) {
            engine_kick(port);
        }
    }
}

void
engine_stop_accepting(struct engine *engine, const char *why)
{
    free(engine->not_accepting);
    engine->not_accepting = xstrdup(why);
}

bool
engine_idle(const struct engine *engine)
{
    return (engine_is_written(engine) && !engine->n_transitions
            && !engine->n_jobs && ovs_list_is_empty(&engine->kicked)
            && !engine->resources_kicked
            && !resources_busy(engine));
}
