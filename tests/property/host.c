/* SPDX-License-Identifier: Apache-2.0 */
/* The things of the simulated host: see host.h. */

#include <config.h>

#include "host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dice.h"
#include "util.h"
#include "world.h"

const struct thing_class thing_classes[N_THING_KINDS] = {
    [THING_NETDEV] = {
        .kind = "netdev", .names = "n%u",
        .first = 0, .n = N_NETDEVS, .made = true,
        .attrs = { { "flavour", STEP_REPLACE },
                   { "hard", STEP_REFUSE_IN_USE },
                   { "mtu", STEP_ALTER },
                   { "node", STEP_ALTER } },
        .number = "index", .step_class = &netdev_class,
    },
    [THING_SLOT] = {
        .kind = "slot", .names = "s%u",
        .first = N_NETDEVS, .n = N_SLOTS,
        .attrs = { { "mode", STEP_REPLACE },
                   { "a", STEP_ALTER },
                   { "b", STEP_ALTER },
                   { "peer", STEP_ALTER } },
        .extra = "card", .number = "node", .step_class = &slot_class,
    },
    [THING_ROW] = {
        .kind = "row", .names = "r%u",
        .first = N_NETDEVS + N_SLOTS, .n = N_ROWS,
        .made = true, .main_loop = true,
        .attrs = { { "bridge", STEP_ALTER },
                   { "tag", STEP_ALTER },
                   { "index", STEP_ALTER },
                   { "carry", STEP_ALTER } },
        .extra = "late", .number = "ofport", .step_class = &row_class,
    },
    [THING_BRIDGE] = {
        .kind = "bridge", .names = "b%u",
        .first = N_NETDEVS + N_SLOTS + N_ROWS, .n = N_BRIDGES,
        .made = true, .shared = true, .main_loop = true,
        .extra = "create", .step_class = &bridge_class,
    },
    [THING_CARD] = {
        .kind = "card", .names = "c%u",
        .first = N_NETDEVS + N_SLOTS + N_ROWS + N_BRIDGES, .n = N_CARDS,
        .shared = true,
        .attrs = { { "value", STEP_ALTER } },
        .extra = "card", .step_class = &card_class,
    },
};

uint32_t
ours(unsigned int value)
{
    return FIRST_OURS + value;
}

uint32_t
attrs_number(const struct vif_attrs *attrs, const char *key, uint32_t def)
{
    return (uint32_t) vif_attrs_get_uint(attrs, key, def);
}

struct thing *
host_thing(struct host *host, enum thing_kind kind, unsigned int n)
{
    return &host->things[thing_classes[kind].first + n];
}

struct thing *
host_find(struct host *host, const char *kind, const char *name)
{
    for (size_t i = 0; i < N_THING_KINDS; i++) {
        const struct thing_class *class = &thing_classes[i];

        if (strcmp(class->kind, kind)) {
            continue;
        }
        for (unsigned int j = 0; j < class->n; j++) {
            struct thing *thing = &host->things[class->first + j];

            if (!strcmp(thing->name, name)) {
                return thing;
            }
        }
    }
    return NULL;
}

/* The card that a slot is on, or a card's own number. */
unsigned int
thing_card(const struct thing *thing, const struct host *host)
{
    unsigned int position = (unsigned int) (thing - host->things)
                            - thing_classes[thing->kind].first;

    return thing->kind == THING_SLOT ? position / (N_SLOTS / N_CARDS)
                                     : position;
}

const struct step_class *
host_lookup(const char *kind)
{
    for (size_t i = 0; i < N_THING_KINDS; i++) {
        if (!strcmp(thing_classes[i].kind, kind)) {
            return thing_classes[i].step_class;
        }
    }
    return NULL;
}

/* The first argument of 'class' that 'args' lacks. */
bool
argument_missing(const struct thing_class *class,
                 const struct vif_attrs *args, const char **keyp)
{
    for (size_t i = 0; i < N_ATTRS && class->attrs[i].name; i++) {
        if (!vif_attrs_get(args, class->attrs[i].name)) {
            *keyp = class->attrs[i].name;
            return true;
        }
    }
    *keyp = class->extra;
    return class->extra && !vif_attrs_get(args, class->extra);
}

size_t
thing_n_attrs(const struct thing *thing)
{
    size_t n = 0;

    while (n < N_ATTRS && thing_classes[thing->kind].attrs[n].name) {
        n++;
    }
    return n;
}

/* Whether an attribute has a value that some port asked for: a late one,
 * whenever it is filled in. */
bool
thing_is_configured(const struct thing *thing)
{
    for (size_t i = 0; i < thing_n_attrs(thing); i++) {
        if (thing->attrs[i] >= FIRST_OURS) {
            return true;
        }
    }
    return false;
}

void
thing_appear(struct host *host, struct thing *thing, int maker)
{
    thing->exists = true;
    thing->maker = maker;
    thing->number = host->next_number++;
    thing->open = false;
    thing->ready = false;
    thing->ghost = false;
}

void
host_init(struct host *host, struct world *world, struct dice *dice)
{
    memset(host, 0, sizeof *host);
    host->world = world;
    host->next_number = FIRST_NUMBER;
    for (size_t i = 0; i < N_THING_KINDS; i++) {
        const struct thing_class *class = &thing_classes[i];

        for (unsigned int j = 0; j < class->n; j++) {
            struct thing *thing = &host->things[class->first + j];

            thing->kind = (enum thing_kind) i;
            snprintf(thing->name, sizeof thing->name, class->names, j);
            thing->maker = MAKER_NOBODY;
            /* One bridge was there before vifd came. */
            if (!class->made || (i == THING_BRIDGE && !j)) {
                thing_appear(host, thing, MAKER_NOBODY);
            }
            for (size_t k = 0; k < N_ATTRS && class->attrs[k].name; k++) {
                /* What a late argument fills in is 0 without it. */
                uint32_t value = k == N_ATTRS - 1
                                 ? 0 : dice_below(dice, FIRST_OURS);

                thing->factory[k] = class->made ? 0 : value;
                thing->attrs[k] = thing->factory[k];
                thing->native[k] = 1u << thing->factory[k];
            }
        }
    }
}

unsigned int
row_bridge_number(const struct thing *row)
{
    return row->attrs[0] - FIRST_OURS;
}

const char *
thing_describe(const struct thing *thing, char *buf, size_t size)
{
    const struct thing_class *class = &thing_classes[thing->kind];
    int n = snprintf(buf, size, "%s %s:", class->kind, thing->name);

    if (!thing->exists) {
        snprintf(buf + n, size - (size_t) n, " not there");
        return buf;
    }
    n += snprintf(buf + n, size - (size_t) n, " #%u of %d", thing->number,
                  thing->maker);
    for (size_t i = 0; i < thing_n_attrs(thing); i++) {
        n += snprintf(buf + n, size - (size_t) n, " %s=%u",
                      class->attrs[i].name, thing->attrs[i]);
    }
    if (thing->open) {
        snprintf(buf + n, size - (size_t) n, " open");
    }
    return buf;
}
