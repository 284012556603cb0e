/* SPDX-License-Identifier: Apache-2.0 */
/* Lives through a history: see life.h. */

#include <config.h>

#include "life.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "strays.h"
#include "turns.h"
#include "util.h"

static void
submit(struct world *world, enum request_kind kind, enum wait_for wait,
       const unsigned int *ports, const struct shape *shapes, size_t n,
       unsigned int timeout_ms)
{
    struct vif_binding bindings[MAX_GROUP];
    struct request request = {
        .kind = kind, .bindings = bindings, .n = n, .wait = wait,
        .timeout_ms = timeout_ms, .done = oracle_answered,
    };

    request.aux = oracle_ask(&world->oracle, kind, wait, ports, shapes, n,
                             timeout_ms);
    if (!request.aux) {
        return;
    }
    for (size_t i = 0; i < n; i++) {
        const struct shape none = { 0 };

        shape_to_binding(shapes ? &shapes[i] : &none, ports[i],
                         &bindings[i]);
    }
    engine_submit(world->engine, &request);
    for (size_t i = 0; i < n; i++) {
        vif_binding_destroy(&bindings[i]);
    }
    world->engine_due = true;
}

/* To activate a port whose binding is not known would be a guess. */
static bool
may_activate(const struct oracle *oracle, unsigned int port)
{
    return oracle->ports[port].n == 1 && !oracle->ports[port].wishes[0].gone
           && !port_is_busy(oracle, port);
}

static void
live_request(struct world *world, const struct event *event, uint8_t selected)
{
    unsigned int ports[MAX_GROUP];
    struct shape shapes[MAX_GROUP];
    size_t n = 0;

    for (size_t i = 0; i < event->n; i++) {
        if (selected & 1u << event->ports[i]
            && (event->request != REQUEST_ACTIVATE
                || may_activate(&world->oracle, event->ports[i]))) {
            ports[n] = event->ports[i];
            shapes[n++] = event->shapes[i];
        }
    }
    if (n) {
        submit(world, event->request, event->wait, ports,
               event->request == REQUEST_PLUG ? shapes : NULL, n,
               event->timeout_ms);
    }
    notes_live(world);
}

static void
live_preview(struct world *world, const struct event *event)
{
    struct vif_binding binding;
    struct engine_preview *preview;

    shape_to_binding(&event->shapes[0], event->ports[0], &binding);
    world->slots.previewing = true;
    vif_error_destroy(engine_plan(world->engine, &binding, &preview));
    world->slots.previewing = false;
    engine_preview_destroy(preview);
    vif_binding_destroy(&binding);
}

/* Goes on for a moment, until the result of some 'op' is on its way, and then
 * 'n_more' turns.  Returns what it was done with, or NULL. */
static struct thing *
await_effect(struct world *world, enum step_op op, unsigned int n_more)
{
    long long until = world->now_us + 20000;
    struct thing *thing;

    while (!(thing = executor_awaits(&world->executor, op))
           && (world_turn(world) || world_pass_time(world, until))) {
        continue;
    }
    while (thing && n_more-- > 0
           && (world_turn(world) || world_pass_time(world, until))) {
        continue;
    }
    return thing;
}

static void
live_stranger(struct world *world, const struct event *event)
{
    struct thing *thing = NULL;

    if (event->late) {
        thing = await_effect(world, STEP_VERIFY, 0);
    }
    if (!thing) {
        thing = &world->host.things[event->thing];
    }
    if (host_stranger(&world->host, thing, event->act, event->value)) {
        world_notify(world, thing);
    }
}

/* As the daemon ends: refuses new work and gives the rest some time. */
static void
wind_up(struct world *world)
{
    long long until = world->now_us + 2000000;

    engine_stop_accepting(world->engine, "vifd is about to end");
    while (!world_at_rest(world)
           && (world_turn(world) || world_pass_time(world, until))) {
        continue;
    }
}

static void
live_crash(struct world *world, const struct event *event)
{
    struct thing *thing = NULL;

    if (event->orderly) {
        wind_up(world);
    } else if (event->proving) {
        /* A few turns later, what the journal says by then need not be what
         * was answered. */
        thing = await_effect(world, STEP_APPLY, dice_below(&world->dice, 8));
    }
    world_crash(world, event->kind == EVENT_REBOOT);
    if (thing && event->disturbing
        && host_stranger(&world->host, thing, STRANGER_REMOVE, 0)) {
        world_notify(world, thing);
    }
    if (!event->settle) {
        return;
    }
    executor_release(&world->executor);
    for (unsigned int i = 0; i < 2000; i++) {
        if (world_at_rest(world)) {
            oracle_recovered(&world->oracle);
            return;
        }
        if (!world_turn(world) && !world_pass_time(world, LLONG_MAX - 1)) {
            return;
        }
    }
}

static void
live_event(struct world *world, const struct event *event, uint8_t ports)
{
    switch (event->kind) {
    case EVENT_REQUEST:
        live_request(world, event, ports);
        break;
    case EVENT_PREVIEW:
        live_preview(world, event);
        break;
    case EVENT_FAULT:
        executor_add_fault(&world->executor, &event->fault);
        break;
    case EVENT_RELEASE:
        executor_release(&world->executor);
        break;
    case EVENT_HANG:
        world->executor.server_hung = true;
        break;
    case EVENT_JOURNAL:
        world->journal.failing = event->failing;
        world->journal.slow_ms = event->slow_ms;
        break;
    case EVENT_STRANGER:
        live_stranger(world, event);
        break;
    case EVENT_DEAF:
        world->losing = world->deaf = true;
        break;
    case EVENT_ALL_CHANGED:
        world->losing = false;
        world->all_changed = true;
        break;
    case EVENT_WAIT:
        world_until(world, world->now_us + event->ms * 1000LL);
        break;
    case EVENT_CRASH:
    case EVENT_REBOOT:
        live_crash(world, event);
        break;
    }
    world->engine_due = true;
}

/* Nothing is broken any more, nobody disturbs. */
static void
heal(struct world *world)
{
    executor_heal(&world->executor);
    journal_heal(&world->journal);
    world->losing = false;
    TRACE(world, "--- everything heals");
    world_settle(world);
    oracle_rest(&world->oracle, false);
    world->all_changed = true;
    world_settle(world);
    oracle_rest(&world->oracle, true);
}

/* What has drifted is put right, unless somebody else's thing is in the
 * way. */
static void
repair(struct world *world)
{
    for (unsigned int i = 0; i < N_PORTS; i++) {
        struct engine_port_view view;

        if (oracle_view(&world->oracle, i, &view)
            && view.state == PORT_DRIFTED) {
            TRACE(world, "--- repair p%u", i);
            submit(world, REQUEST_REPAIR, WAIT_PROVEN, &i, NULL, 1, 0);
        }
    }
    world_settle(world);
    oracle_rest(&world->oracle, true);
}

/* All that the engine says about its ports, as one string. */
static void
look(struct world *world, char *buf, size_t size)
{
    size_t n = 0;

    buf[0] = '\0';
    for (unsigned int i = 0; i < N_PORTS; i++) {
        struct engine_port_view view;

        if (!oracle_view(&world->oracle, i, &view)) {
            continue;
        }
        n += (size_t) snprintf(buf + n, size - n, "%s %s %s\n", view.port_id,
                               port_state_name(view.state),
                               vif_attrs_get(&view.binding->profile,
                                             "shape"));
        /* The steps of a port that has drifted are not all in place; a start
         * may try to put them right. */
        for (size_t j = 0; j < view.n_steps && view.state != PORT_DRIFTED;
             j++) {
            struct engine_step_view step;
            const struct vif_attrs *maps[3];

            engine_get_step(world->engine, view.port_id, j, &step);
            maps[0] = step.args;
            maps[1] = step.original;
            maps[2] = step.output;
            n += (size_t) snprintf(buf + n, size - n, "  %s %s %s %d",
                                   step.kind, step.object, step.phase,
                                   step.shared);
            for (size_t k = 0; k < 3; k++) {
                for (size_t l = 0; l < maps[k]->n; l++) {
                    n += (size_t) snprintf(buf + n, size - n, " %s=%s",
                                           maps[k]->attrs[l].key,
                                           maps[k]->attrs[l].value);
                }
            }
            n += (size_t) snprintf(buf + n, size - n, "\n");
        }
        ovs_assert(n < size);
    }
}

/* What the journal has is what the engine had in memory. */
static void
restart(struct world *world)
{
    static char before[65536], after[65536];

    TRACE(world, "--- starts again");
    look(world, before, sizeof before);
    world_crash(world, false);
    world_settle(world);
    oracle_recovered(&world->oracle);
    oracle_rest(&world->oracle, true);
    look(world, after, sizeof after);
    if (strcmp(before, after)) {
        world_fail(world, "journal-is-memory", "before the restart:\n%s"
                   "after it:\n%s", before, after);
    }
}

static void
unplug_all(struct world *world)
{
    unsigned int ports[N_PORTS];
    struct engine_stats stats;
    size_t n = 0;

    TRACE(world, "--- unplug all");
    for (unsigned int i = 0; i < N_PORTS; i++) {
        struct engine_port_view view;

        if (oracle_view(&world->oracle, i, &view)) {
            ports[n++] = i;
        }
    }
    for (size_t i = 0; i < n; i++) {
        submit(world, REQUEST_UNPLUG, WAIT_PROVEN, &ports[i], NULL, 1, 0);
    }
    world_settle(world);
    engine_get_stats(world->engine, &stats);
    oracle_rest(&world->oracle, true);
    oracle_empty(&world->oracle);
}

static void
count(const struct world *world, const struct history *history,
      struct tally *tally)
{
    tally->histories++;
    tally->events += history->n;
    tally->requests += world->oracle.n_asked;
    for (size_t i = 0; i < 3; i++) {
        tally->outcomes[i] += world->oracle.outcomes[i];
    }
    tally->hits += world->executor.n_hits;
    tally->tasks += world->executor.n_done;
    tally->commits += world->journal.n_done;
    tally->mutated += world->mutated;
    for (size_t i = 0; i < history->n; i++) {
        tally->crashes += history->events[i].kind == EVENT_CRASH
                          || history->events[i].kind == EVENT_REBOOT;
    }
}

static void
live_all(struct world *world, const struct history *history,
         struct selection selection)
{
    char buf[1024];

    for (size_t i = 0; i < history->n; i++) {
        const struct event *event = &history->events[i];

        if (!(selection.events & UINT64_C(1) << i)) {
            continue;
        }
        TRACE(world, "%zu. %s", i, event_describe(event, buf, sizeof buf));
        dice_seed(&world->dice, event->seed, 0);
        live_event(world, event, selection.ports);
        world_turns(world, event->turns);
    }
    heal(world);
    repair(world);
    if (history->restart) {
        restart(world);
    }
    strays_live(world, history);
    unplug_all(world);
}

void
live(const struct history *history, struct selection selection,
     enum mutation mutation, bool verbose, struct tally *tally)
{
    static struct world world;

    world_init(&world, history->seed ^ history->number << 16, mutation,
               verbose);
    live_all(&world, history, selection);
    count(&world, history, tally);
    world_stop(&world);
    slots_destroy(&world.slots);
    journal_destroy(&world.journal);
    executor_reboot(&world.executor);
}
