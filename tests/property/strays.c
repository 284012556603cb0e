/* SPDX-License-Identifier: Apache-2.0 */
/* Things with the mark of a port that does not have them: see strays.h. */

#include <config.h>

#include "strays.h"

#include <stdio.h>
#include <string.h>

#include "turns.h"
#include "util.h"

enum { MAX_STRAYS = 4 };

struct stray {
    struct thing *thing;
    unsigned int port;
    char token[TOKEN_SIZE];
};

/* A netdev or a row that is not there and that no port wants. */
static struct thing *
choose_thing(struct world *world)
{
    struct dice *dice = &world->dice;
    bool row = dice_chance(dice, 50);
    struct thing *thing = host_thing(&world->host,
                                     row ? THING_ROW : THING_NETDEV,
                                     dice_below(dice, row ? N_ROWS
                                                : N_NETDEVS));

    return (thing->exists
            || engine_holder(world->engine,
                             thing_classes[thing->kind].kind, thing->name)
            ? NULL : thing);
}

static size_t
make_strays(struct world *world, struct stray strays[MAX_STRAYS])
{
    size_t n = 0;

    for (size_t i = 0; i < MAX_STRAYS; i++) {
        struct thing *thing = choose_thing(world);

        if (thing) {
            struct stray *stray = &strays[n++];

            stray->thing = thing;
            stray->port = dice_below(&world->dice, N_PORTS);
            thing_appear(&world->host, thing, (int) stray->port);
            for (size_t j = 0; j < thing_n_attrs(thing); j++) {
                thing->attrs[j] = ours(0);
            }
            thing->uuid = world->host.next_number++;
            snprintf(stray->token, sizeof stray->token, "token p%u %s %u;",
                     stray->port, thing->name, world->host.next_number++);
            TRACE(world, "p%u has left %s behind", stray->port, thing->name);
        }
    }
    return n;
}

static void
collected(void *world_, const struct port_result *result, size_t n OVS_UNUSED)
{
    struct world *world = world_;

    TRACE(world, "%s: collected: %s%s%s", result->port_id,
          outcome_name(result->outcome), result->error ? ": " : "",
          result->error ? result->error->message : "");
    if (result->outcome != OUTCOME_DONE) {
        return;
    }
    for (size_t i = 0; i < N_THINGS; i++) {
        const struct thing *thing = &world->host.things[i];
        const struct thing_class *class = &thing_classes[thing->kind];

        if (class->made && !class->shared && thing->exists
            && thing->maker == port_number(result->port_id)
            && !engine_port_has(world->engine, result->port_id, class->kind,
                                thing->name, NULL, NULL)) {
            world_fail(world, "done-means-collected", "%s: %s is there",
                       result->port_id, thing->name);
        }
    }
}

/* Has those of 'port' collected that are still there. */
static void
collect(struct world *world, const struct stray *strays, size_t n,
        unsigned int port)
{
    struct engine_orphan orphans[MAX_STRAYS];
    size_t n_orphans = 0;
    char id[4];

    port_name(port, id);
    for (size_t i = 0; i < n; i++) {
        const struct thing *thing = strays[i].thing;
        const char *kind = thing_classes[thing->kind].kind;

        if (strays[i].port != port || !thing->exists
            || engine_port_has(world->engine, id, kind, thing->name, NULL,
                               NULL)) {
            continue;
        }

        struct engine_orphan *orphan = &orphans[n_orphans++];
        memset(orphan, 0, sizeof *orphan);
        orphan->kind = kind;
        orphan->object = thing->name;
        vif_attrs_set(&orphan->original, "token", strays[i].token);
        vif_attrs_set_uint(&orphan->original, "uuid", thing->uuid);
        watch_stray(&world->watch, thing, port, strays[i].token);
    }
    if (n_orphans) {
        engine_collect(world->engine, id, orphans, n_orphans, 0, collected,
                       world);
        world->engine_due = true;
    }
    for (size_t i = 0; i < n_orphans; i++) {
        vif_attrs_destroy(&orphans[i].original);
    }
}

static void
collect_all(struct world *world, const struct stray *strays, size_t n)
{
    for (unsigned int port = 0; port < N_PORTS; port++) {
        collect(world, strays, n, port);
    }
}

static bool
may(const struct history *history, enum may what)
{
    return history->may & 1u << what;
}

static void
misfortune(struct world *world, const struct history *history)
{
    struct dice *dice = &world->dice;

    if (may(history, MAY_FAIL) && dice_chance(dice, 60)) {
        executor_add_fault(&world->executor, &(struct fault) {
            .mode = dice_chance(dice, 50) ? FAULT_REFUSED : FAULT_AFTER,
            .kinds = 0xff,
            .ops = 1u << STEP_REVERT,
            .port = -1,
            .count = (uint8_t) (1 + dice_below(dice, 3)),
        });
    }
    if (may(history, MAY_JOURNAL) && dice_chance(dice, 40)) {
        world->journal.failing = 1 + dice_below(dice, 3);
    }
}

void
strays_live(struct world *world, const struct history *history)
{
    struct stray strays[MAX_STRAYS];
    struct dice *dice = &world->dice;

    dice_seed(dice, history->seed ^ history->number, 2);
    TRACE(world, "--- strays");
    size_t n = make_strays(world, strays);
    misfortune(world, history);
    collect_all(world, strays, n);
    world_turns(world, dice_below(dice, 80));
    if (may(history, MAY_CRASH) && dice_chance(dice, 60)) {
        world_crash(world, (may(history, MAY_REBOOT)
                            && dice_chance(dice, 30)));
    }
    executor_heal(&world->executor);
    journal_heal(&world->journal);
    world_settle(world);

    /* What was refused, or forgotten in a crash, is tried again. */
    collect_all(world, strays, n);
    world_settle(world);
    for (size_t i = 0; i < n; i++) {
        if (strays[i].thing->exists
            && strays[i].thing->maker == (int) strays[i].port) {
            world_fail(world, "collects-all", "p%u: %s is still there",
                       strays[i].port, strays[i].thing->name);
        }
    }
    world->all_changed = true;
    world_settle(world);
    oracle_rest(&world->oracle, true);
}
