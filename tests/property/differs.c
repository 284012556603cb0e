/* SPDX-License-Identifier: Apache-2.0 */
/* Compares the simulated host with what was asked for.  From the shape alone:
 * neither the planner nor the engine is asked, except for which slots the
 * port was given. */

#include <config.h>

#include <stdio.h>
#include <string.h>

#include "oracle.h"
#include "util.h"
#include "world.h"

struct comparison {
    struct world *world;
    unsigned int port;
    const struct shape *shape;
    uint64_t excused;
    bool expected[N_THINGS];
    char *buf;
    size_t size;
};

static bool
is_excused(const struct comparison *comparison, const struct thing *thing)
{
    return thing->touched > comparison->excused;
}

/* Expects 'thing', of the port itself, with 'attrs'. */
static bool
expect(struct comparison *comparison, const struct thing *thing,
       const uint32_t attrs[N_ATTRS])
{
    const struct thing_class *class = &thing_classes[thing->kind];
    char text[160];

    comparison->expected[thing - comparison->world->host.things] = true;
    if (is_excused(comparison, thing)) {
        return true;
    }
    if (!thing->exists || thing->maker != (int) comparison->port) {
        snprintf(comparison->buf, comparison->size, "%s %s is missing (%s)",
                 class->kind, thing->name,
                 thing_describe(thing, text, sizeof text));
        return false;
    }
    for (size_t i = 0; i < N_ATTRS && class->attrs[i].name; i++) {
        if (attrs[i] != UINT32_MAX && thing->attrs[i] != attrs[i]) {
            snprintf(comparison->buf, comparison->size,
                     "%s of %s %s is %u, not %u", class->attrs[i].name,
                     class->kind, thing->name, thing->attrs[i], attrs[i]);
            return false;
        }
    }
    return true;
}

/* Stores into 'slots' those that the port was given. */
static size_t
given_slots(struct comparison *comparison, struct thing *slots[N_SLOTS])
{
    struct world *world = comparison->world;
    struct engine_port_view view;
    size_t n = 0;

    if (!oracle_view(&world->oracle, comparison->port, &view)) {
        return 0;
    }
    for (size_t i = 0; i < view.n_steps && n < N_SLOTS; i++) {
        struct engine_step_view step;

        engine_get_step(world->engine, view.port_id, i, &step);
        if (!strcmp(step.kind, thing_classes[THING_SLOT].kind)) {
            slots[n++] = host_find(&world->host, step.kind, step.object);
        }
    }
    return n;
}

static const struct thing *
shape_netdev(struct world *world, const struct shape *shape)
{
    return shape->netdev
           ? host_thing(&world->host, THING_NETDEV, shape->netdev - 1u)
           : NULL;
}

static bool
expect_slots(struct comparison *comparison, struct thing *slots[N_SLOTS],
             size_t n)
{
    struct world *world = comparison->world;
    const struct shape *shape = comparison->shape;
    const struct thing *netdev = shape_netdev(world, shape);
    bool wants_index = shape_slot_wants_index(shape);
    const uint32_t attrs[N_ATTRS] = {
        ours(shape->mode), ours(shape->a), ours(shape->b),
        !wants_index ? 0 : is_excused(comparison, netdev) ? UINT32_MAX
        : netdev->number,
    };

    if (n != shape->slots) {
        snprintf(comparison->buf, comparison->size,
                 "%zu slots were given, not %u", n, shape->slots);
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        if (thing_card(slots[i], &world->host) != shape->card) {
            snprintf(comparison->buf, comparison->size,
                     "slot %s is on the wrong card", slots[i]->name);
            return false;
        }
        if (!expect(comparison, slots[i], attrs)) {
            return false;
        }
    }
    return true;
}

/* The netdev refers to the first slot of the plan, which may be any. */
static bool
expect_netdev(struct comparison *comparison, struct thing *slots[N_SLOTS],
              size_t n)
{
    const struct shape *shape = comparison->shape;
    const struct thing *netdev = shape_netdev(comparison->world, shape);
    uint32_t attrs[N_ATTRS] = {
        ours(shape->flavour), ours(shape->hard), ours(shape->mtu), 0,
    };

    if (!netdev) {
        return true;
    }
    if (shape_netdev_wants_node(shape)) {
        attrs[3] = n ? slots[0]->number : 0;
        for (size_t i = 0; i < n; i++) {
            if (is_excused(comparison, slots[i])) {
                attrs[3] = UINT32_MAX;
            } else if (slots[i]->number == netdev->attrs[3]) {
                attrs[3] = slots[i]->number;
                break;
            }
        }
    }
    return expect(comparison, netdev, attrs);
}

static bool
expect_row(struct comparison *comparison)
{
    struct world *world = comparison->world;
    const struct shape *shape = comparison->shape;
    const struct thing *netdev = shape_netdev(world, shape);
    const uint32_t attrs[N_ATTRS] = {
        ours(shape->bridge - 1u), ours(shape->tag),
        !netdev ? 0 : is_excused(comparison, netdev) ? UINT32_MAX
        : netdev->number,
        ours(shape->prepare ? 0 : 1),
    };

    return !shape->row
           || expect(comparison, host_thing(&world->host, THING_ROW,
                                            shape->row - 1u), attrs);
}

static bool
expect_shared(struct comparison *comparison)
{
    struct world *world = comparison->world;
    const struct shape *shape = comparison->shape;

    if (shape->bridge) {
        const struct thing *bridge = host_thing(&world->host, THING_BRIDGE,
                                                shape->bridge - 1u);

        if (!bridge->exists && !is_excused(comparison, bridge)) {
            snprintf(comparison->buf, comparison->size,
                     "bridge %s is missing", bridge->name);
            return false;
        }
    }
    if (shape->card_mode) {
        const struct thing *card = host_thing(&world->host, THING_CARD,
                                              shape->card);

        if (card->attrs[0] != ours(shape->card_mode)
            && !is_excused(comparison, card)) {
            snprintf(comparison->buf, comparison->size,
                     "value of card %s is %u, not %u", card->name,
                     card->attrs[0], ours(shape->card_mode));
            return false;
        }
    }
    return true;
}

/* Nothing else is there that the port has made. */
static bool
expect_nothing_else(struct comparison *comparison)
{
    const struct host *host = &comparison->world->host;

    for (size_t i = 0; i < N_THINGS; i++) {
        const struct thing *thing = &host->things[i];
        const struct thing_class *class = &thing_classes[thing->kind];

        if (!comparison->expected[i] && !class->shared && !thing->ghost
            && thing->maker == (int) comparison->port
            && (class->made ? thing->exists : thing_is_configured(thing))) {
            char text[160];

            snprintf(comparison->buf, comparison->size, "%s is left over",
                     thing_describe(thing, text, sizeof text));
            return false;
        }
    }
    return true;
}

const char *
host_differs(struct world *world, unsigned int port, const struct wish *wish,
             uint64_t excused, char *buf, size_t size)
{
    struct comparison comparison = {
        .world = world, .port = port, .shape = &wish->shape,
        .excused = excused, .buf = buf, .size = size,
    };
    struct thing *slots[N_SLOTS];
    size_t n = wish->gone ? 0 : given_slots(&comparison, slots);

    return (wish->gone
            || (expect_slots(&comparison, slots, n)
                && expect_netdev(&comparison, slots, n)
                && expect_row(&comparison)
                && expect_shared(&comparison)))
           && expect_nothing_else(&comparison) ? NULL : buf;
}

const char *
claims_differ(struct world *world, unsigned int port,
              const struct wish *wish, char *buf, size_t size)
{
    const struct shape *shape = &wish->shape;
    unsigned int n_slots = 0;
    char id[4];

    port_name(port, id);
    for (size_t i = 0; i < N_THINGS; i++) {
        const struct thing *thing = &world->host.things[i];
        const struct thing_class *class = &thing_classes[thing->kind];
        unsigned int number = (unsigned int) i - class->first;
        const char *holder;
        char device[32];
        bool wanted = false, mine;

        snprintf(device, sizeof device, "%s:%s", class->kind, thing->name);
        holder = engine_claimed_by(world->engine, device);
        mine = holder && !strcmp(holder, id);
        switch (thing->kind) {
        case THING_NETDEV:
            wanted = !wish->gone && shape->netdev == number + 1;
            break;
        case THING_ROW:
            wanted = !wish->gone && shape->row == number + 1;
            break;
        case THING_SLOT:
            wanted = mine;
            n_slots += mine;
            break;
        case THING_BRIDGE:
        case THING_CARD:
        case N_THING_KINDS:
            break;
        }
        if (wanted != mine) {
            snprintf(buf, size, "%s is claimed by %s", device,
                     holder ? holder : "nobody");
            return buf;
        }
    }
    if (n_slots != (wish->gone ? 0 : shape->slots)) {
        snprintf(buf, size, "%u slots are claimed", n_slots);
        return buf;
    }
    return NULL;
}

const char *
host_leftovers(struct world *world, char *buf, size_t size)
{
    for (size_t i = 0; i < N_THINGS; i++) {
        const struct thing *thing = &world->host.things[i];
        const struct thing_class *class = &thing_classes[thing->kind];
        bool left = class->made && thing->exists
                    && thing->maker != MAKER_STRANGER
                    && thing->maker != MAKER_NOBODY;

        for (size_t j = 0; !class->made && j < N_ATTRS
             && class->attrs[j].name; j++) {
            left |= thing->attrs[j] >= FIRST_OURS
                    || !(thing->native[j] & 1u << thing->attrs[j]);
        }
        if (left) {
            return thing_describe(thing, buf, size);
        }
    }
    return NULL;
}
