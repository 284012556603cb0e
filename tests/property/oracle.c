/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps the books of what was asked: see oracle.h. */

#include <config.h>

#include "oracle.h"

#include <stdio.h>
#include <string.h>

#include "util.h"
#include "world.h"

void
oracle_init(struct oracle *oracle, struct world *world)
{
    memset(oracle, 0, sizeof *oracle);
    oracle->world = world;
    for (size_t i = 0; i < N_PORTS; i++) {
        oracle->ports[i].wishes[0].gone = true;
        oracle->ports[i].n = 1;
        oracle->ports[i].state = PORT_GONE;
    }
}

bool
oracle_view(struct oracle *oracle, unsigned int port,
            struct engine_port_view *view)
{
    char id[4];

    port_name(port, id);
    return engine_find_port(oracle->world->engine, id, view)
           && view->state != PORT_GONE && view->state != PORT_PLANNED;
}

bool
oracle_has_row(struct oracle *oracle, const struct thing *row)
{
    const char *kind = thing_classes[THING_ROW].kind;
    struct engine_port_view view;

    if (!oracle_view(oracle, (unsigned int) row->maker, &view)) {
        return false;
    }
    for (size_t i = 0; i < view.n_steps; i++) {
        struct engine_step_view step;

        engine_get_step(oracle->world->engine, view.port_id, i, &step);
        if (!strcmp(step.kind, kind) && !strcmp(step.object, row->name)) {
            return true;
        }
    }
    return false;
}

/* How many requests about 'port' are not answered. */
static size_t
count_pending(const struct oracle *oracle, unsigned int port)
{
    size_t n = 0;

    for (size_t i = 0; i < oracle->n_asked; i++) {
        const struct asked *asked = &oracle->asked[i];

        for (size_t j = 0; asked->pending && j < asked->n; j++) {
            n += asked->ports[j] == port;
        }
    }
    return n;
}

bool
port_is_busy(const struct oracle *oracle, unsigned int port)
{
    return count_pending(oracle, port) > 0;
}

bool
asked_since(const struct oracle *oracle, const struct asked *asked,
            unsigned int port)
{
    for (const struct asked *later = asked + 1;
         later < &oracle->asked[oracle->n_asked]; later++) {
        for (size_t i = 0; i < later->n; i++) {
            if (later->ports[i] == port) {
                return true;
            }
        }
    }
    return false;
}

bool
wish_equal(const struct wish *a, const struct wish *b)
{
    return a->gone == b->gone
           && (a->gone || shape_equal(&a->shape, &b->shape));
}

bool
model_has(const struct port_model *model, const struct wish *wish)
{
    for (size_t i = 0; i < model->n; i++) {
        if (wish_equal(&model->wishes[i], wish)) {
            return true;
        }
    }
    return false;
}

void
model_add(struct port_model *model, const struct wish *wish)
{
    if (!model_has(model, wish)) {
        ovs_assert(model->n < MAX_WISHES);
        model->wishes[model->n++] = *wish;
    }
}

void
model_set(struct port_model *model, const struct wish *wish)
{
    model->wishes[0] = *wish;
    model->n = 1;
}

bool
changes_port(enum request_kind kind)
{
    return kind != REQUEST_CHECK && kind != REQUEST_REPAIR;
}

bool
is_unplug(enum request_kind kind)
{
    return kind == REQUEST_UNPLUG || kind == REQUEST_ABORT;
}

/* What a port will be like if a request of 'kind' is done. */
static struct wish
wish_of(const struct port_model *model, enum request_kind kind,
        const struct shape *shape)
{
    struct wish wish = { .gone = is_unplug(kind) };

    if (kind == REQUEST_PLUG) {
        wish.shape = *shape;
    } else if (kind == REQUEST_ACTIVATE) {
        wish = model->wishes[0];
        wish.shape.prepare = 0;
    }
    return wish;
}

/* Whether a plug of 'port' with 'wish' asks for what is there, so that nothing
 * need be written. */
static bool
is_same(struct oracle *oracle, unsigned int port, const struct wish *wish)
{
    const struct port_model *model = &oracle->ports[port];
    struct engine_port_view view;

    return model->n == 1 && !model->committed_only
           && wish_equal(&model->wishes[0], wish)
           && oracle->world->host.ticks == model->proven
           && !port_is_busy(oracle, port)
           && !engine_recovering(oracle->world->engine)
           && oracle_view(oracle, port, &view)
           && IN_PLACE & 1u << view.state;
}

struct asked *
oracle_ask(struct oracle *oracle, enum request_kind kind, enum wait_for wait,
           const unsigned int *ports, const struct shape *shapes, size_t n,
           unsigned int timeout_ms)
{
    struct world *world = oracle->world;
    struct asked *asked;

    if (oracle->n_asked == MAX_ASKED) {
        return NULL;
    }
    for (size_t i = 0; i < oracle->n_asked; i++) {
        oracle->asked[i].torn = false;  /* It cannot be told any more. */
    }
    asked = &oracle->asked[oracle->n_asked];
    memset(asked, 0, sizeof *asked);
    asked->world = world;
    asked->kind = kind;
    asked->wait = wait;
    asked->n = n;
    asked->deadline_us = world->now_us
                         + 1000LL * (timeout_ms ? timeout_ms
                                     : world->config.timeout_ms);
    asked->since = world->host.ticks;
    asked->hits = world->executor.n_hits;
    for (size_t i = 0; i < n; i++) {
        asked->ports[i] = ports[i];
        asked->wishes[i] = wish_of(&oracle->ports[ports[i]], kind,
                                   shapes ? &shapes[i] : NULL);
        asked->same[i] = kind == REQUEST_PLUG
                         && is_same(oracle, ports[i], &asked->wishes[i]);
        asked->writes[i] = world->watch.writes[ports[i]];
    }
    oracle->n_asked++;
    asked->pending = true;
    return asked;
}

void
oracle_event(void *world_, const struct engine_event *event)
{
    struct world *world = world_;
    int port = port_number(event->port_id);
    struct port_model *model;

    if (port < 0) {
        world_fail(world, "event-port", "an event of port %s",
                   event->port_id);
    }
    model = &world->oracle.ports[port];
    TRACE(world, "%s: %s -> %s%s%s", event->port_id,
          port_state_name(event->from), port_state_name(event->to),
          event->error ? ": " : "",
          event->error ? event->error->message : "");
    if (!port_state_may(event->from, event->to)
        || (event->from != model->state
            && !(event->from == PORT_PLANNED
                 && model->state == PORT_GONE))) {
        world_fail(world, "states", "%s: %s -> %s, and it was %s",
                   event->port_id, port_state_name(event->from),
                   port_state_name(event->to),
                   port_state_name(model->state));
    }
    model->state = event->to;
}

void
oracle_turn(struct oracle *oracle)
{
    const struct world *world = oracle->world;

    for (size_t i = 0; i < oracle->n_asked; i++) {
        const struct asked *asked = &oracle->asked[i];

        if (asked->pending
            && world->now_us > asked->deadline_us + SLACK_US) {
            world_fail(oracle->world, "answered-in-time",
                       "p%u is not answered %lld us after the deadline",
                       asked->ports[0],
                       world->now_us - asked->deadline_us);
        }
    }
}

void
oracle_crashed(struct oracle *oracle)
{
    for (size_t i = 0; i < oracle->n_asked; i++) {
        struct asked *asked = &oracle->asked[i];

        asked->torn = asked->pending && asked->kind == REQUEST_PLUG
                      && asked->n > 1;
        for (size_t j = 0; asked->pending && j < asked->n; j++) {
            struct port_model *model = &oracle->ports[asked->ports[j]];

            /* Whether it was done can be told only if it is a change. */
            asked->torn &= model->n == 1
                           && count_pending(oracle, asked->ports[j]) == 1
                           && !asked_since(oracle, asked, asked->ports[j])
                           && !wish_equal(&model->wishes[0],
                                          &asked->wishes[j]);
        }
    }
    for (size_t i = 0; i < N_PORTS; i++) {
        struct port_model *model = &oracle->ports[i];

        model->unsettled = true;
        if (model->doubtful) {
            model_add(model, &model->doubt);
        }
    }
    for (size_t i = 0; i < oracle->n_asked; i++) {
        struct asked *asked = &oracle->asked[i];

        for (size_t j = 0; asked->pending && j < asked->n; j++) {
            struct port_model *model = &oracle->ports[asked->ports[j]];

            if (changes_port(asked->kind)) {
                model_add(model, &asked->wishes[j]);
            }
        }
        asked->pending = false;
    }
}

void
oracle_recovering(struct oracle *oracle)
{
    for (unsigned int i = 0; i < N_PORTS; i++) {
        struct engine_port_view view;

        oracle->ports[i].state = oracle_view(oracle, i, &view)
                                 ? view.state : PORT_GONE;
    }
}
