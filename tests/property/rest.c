/* SPDX-License-Identifier: Apache-2.0 */
/* Judges what is there when nothing is under way. */

#include <config.h>

#include "oracle.h"

#include <stdio.h>
#include <string.h>

#include "world.h"

/* What the engine says that 'port' is like. */
static struct wish
said(struct oracle *oracle, unsigned int port, enum port_state *state)
{
    struct engine_port_view view;
    struct wish wish = { .gone = true };

    *state = PORT_GONE;
    if (oracle_view(oracle, port, &view)) {
        wish.gone = false;
        *state = view.state;
        if (!shape_from_binding(view.binding, &wish.shape)) {
            world_fail(oracle->world, "binding-garbled", "p%u", port);
        }
    }
    return wish;
}

/* A group that was under way when the daemon died is in place or not, as a
 * whole. */
static void
check_torn(struct oracle *oracle, struct asked *asked)
{
    size_t n_done = 0;

    asked->torn = false;
    for (size_t i = 0; i < asked->n; i++) {
        enum port_state state;
        struct wish wish = said(oracle, asked->ports[i], &state);

        n_done += wish_equal(&wish, &asked->wishes[i]);
    }
    if (n_done && n_done < asked->n) {
        world_fail(oracle->world, "all-or-none",
                   "after a crash, %zu of %zu ports of a request are"
                   " plugged", n_done, asked->n);
    }
}

void
oracle_recovered(struct oracle *oracle)
{
    for (size_t i = 0; i < oracle->n_asked; i++) {
        if (oracle->asked[i].torn) {
            check_torn(oracle, &oracle->asked[i]);
        }
    }
}

/* What the engine tells of a port that is as asked. */
static void
rest_details(struct oracle *oracle, unsigned int port,
             const struct shape *shape)
{
    struct world *world = oracle->world;
    struct vif_attrs details = VIF_ATTRS_INIT;
    char id[4];

    if (!shape->row) {
        return;
    }
    port_name(port, id);
    engine_get_details(world->engine, id, &details);
    if (attrs_number(&details, "ofport", 0)
        != host_thing(&world->host, THING_ROW, shape->row - 1u)->number) {
        world_fail(world, "details", "p%u: the ofport is wrong", port);
    }
    vif_attrs_destroy(&details);
}

static void
rest_port(struct oracle *oracle, unsigned int port, bool verified)
{
    struct world *world = oracle->world;
    struct port_model *model = &oracle->ports[port];
    enum port_state state;
    struct wish wish = said(oracle, port, &state);
    const char *differs;
    char buf[256];

    if (!model_has(model, &wish)) {
        world_fail(world, "as-before-or-as-asked", "p%u is neither: %s",
                   port, wish.gone ? "gone"
                   : shape_describe(&wish.shape, buf, sizeof buf));
    }
    model_set(model, &wish);
    model->committed_only = model->unsettled = model->doubtful = false;
    if (state != PORT_GONE && !(1u << state & RESTING)) {
        world_fail(world, "rests", "p%u is %s and nothing is under way",
                   port, port_state_name(state));
    }
    if (claims_differ(world, port, &wish, buf, sizeof buf)) {
        world_fail(world, "claims-match", "p%u: %s", port, buf);
    }
    /* Who has been told everything has seen everything. */
    differs = host_differs(world, port, &wish,
                           (verified || !world->deaf ? UINT64_MAX
                            : model->proven), buf, sizeof buf);
    if (differs && state != PORT_DRIFTED) {
        world_fail(world, verified ? "sees-drift" : "as-before-or-as-asked",
                   "p%u is %s: %s", port, port_state_name(state), differs);
    }
    if (verified && 1u << state & IN_PLACE) {
        rest_details(oracle, port, &wish.shape);
    }
    if (!differs && verified && state == PORT_DRIFTED) {
        world_fail(world, "sees-drift", "p%u is as asked, and drifted",
                   port);
    }
}

/* What ports share is there for somebody. */
static void
rest_shared(struct oracle *oracle)
{
    struct world *world = oracle->world;
    bool held[N_BRIDGES] = { false }, moded[N_CARDS] = { false };
    char buf[160];

    for (unsigned int i = 0; i < N_PORTS; i++) {
        const struct wish *wish = &oracle->ports[i].wishes[0];

        if (!wish->gone && wish->shape.bridge) {
            held[wish->shape.bridge - 1] = true;
        }
        if (!wish->gone && wish->shape.card_mode) {
            moded[wish->shape.card] = true;
        }
    }
    for (unsigned int i = 0; i < N_BRIDGES; i++) {
        const struct thing *bridge = host_thing(&world->host, THING_BRIDGE,
                                                i);

        if (bridge->exists && bridge->maker == MAKER_SHARED && !held[i]) {
            world_fail(world, "nothing-left", "nobody holds %s",
                       thing_describe(bridge, buf, sizeof buf));
        }
    }
    for (unsigned int i = 0; i < N_CARDS; i++) {
        const struct thing *card = host_thing(&world->host, THING_CARD, i);

        if (!moded[i] && (card->attrs[0] >= FIRST_OURS
                          || !(card->native[0] & 1u << card->attrs[0]))) {
            world_fail(world, "nothing-left", "nobody holds %s",
                       thing_describe(card, buf, sizeof buf));
        }
    }
}

void
oracle_rest(struct oracle *oracle, bool verified)
{
    for (size_t i = 0; i < oracle->n_asked; i++) {
        if (oracle->asked[i].pending) {
            world_fail(oracle->world, "answered-once",
                       "p%u is not answered and nothing is under way",
                       oracle->asked[i].ports[0]);
        }
    }
    for (unsigned int i = 0; i < N_PORTS; i++) {
        rest_port(oracle, i, verified);
    }
    rest_shared(oracle);
    if (oracle->world->journal.open.n) {
        world_fail(oracle->world, "writes-are-sealed",
                   "records wait for a commit that nobody makes");
    }
}

void
oracle_empty(struct oracle *oracle)
{
    struct world *world = oracle->world;
    const struct sim_journal *journal = &world->journal;
    struct engine_stats stats;
    char buf[256];

    engine_get_stats(world->engine, &stats);
    if (stats.n_ports || stats.n_resources || stats.n_claims) {
        world_fail(world, "nothing-left", "the engine still has %zu ports,"
                   " %zu resources, %zu claims", stats.n_ports,
                   stats.n_resources, stats.n_claims);
    }
    for (size_t i = 0; i < journal->n_records; i++) {
        if (journal->records[i].table != JOURNAL_NOTE
            || !world->notes.value) {
            world_fail(world, "nothing-left", "the journal still has %s",
                       journal->records[i].key);
        }
    }
    if (host_leftovers(world, buf, sizeof buf)) {
        world_fail(world, "nothing-left", "the host still has %s", buf);
    }
}
