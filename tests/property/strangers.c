/* SPDX-License-Identifier: Apache-2.0 */
/* What strangers and misfortune do to the simulated host. */

#include <config.h>

#include "host.h"

#include <string.h>

#include "util.h"

static const char *const act_names[N_STRANGER_ACTS] = {
    [STRANGER_TAKE] = "takes the name",
    [STRANGER_CHANGE] = "changes",
    [STRANGER_REMOVE] = "removes",
    [STRANGER_RETURN] = "gives back",
    [STRANGER_LEAVE] = "gives up the name",
    [STRANGER_OPEN] = "opens",
    [STRANGER_CLOSE] = "closes",
    [STRANGER_DEVICE] = "makes the device of",
};

const char *
stranger_act_name(enum stranger_act act)
{
    return act_names[act];
}

/* Sets every attribute to what the hardware has when it starts. */
static void
reset(struct thing *thing)
{
    for (size_t i = 0; i < N_ATTRS; i++) {
        thing->attrs[i] = thing->factory[i];
    }
    thing->maker = MAKER_NOBODY;
}

/* With a bridge its rows go. */
static void
vanish(struct host *host, struct thing *thing)
{
    thing->exists = false;
    thing->open = false;
    thing->touched = host->ticks;
    if (thing->kind == THING_BRIDGE) {
        for (unsigned int i = 0; i < N_ROWS; i++) {
            struct thing *row = host_thing(host, THING_ROW, i);

            if (row->exists && row_bridge_number(row) == (unsigned int)
                (thing - host_thing(host, THING_BRIDGE, 0))) {
                vanish(host, row);
            }
        }
    }
}

bool
host_stranger(struct host *host, struct thing *thing, enum stranger_act act,
              unsigned int value)
{
    const struct thing_class *class = &thing_classes[thing->kind];
    size_t n = thing_n_attrs(thing), i;

    host->ticks++;
    switch (act) {
    case STRANGER_TAKE:
        if (!class->made || thing->exists || thing->kind == THING_BRIDGE) {
            return false;
        }
        thing_appear(host, thing, MAKER_STRANGER);
        memcpy(thing->attrs, thing->factory, sizeof thing->attrs);
        break;

    case STRANGER_CHANGE:
        if (!n || !thing->exists || thing->maker == MAKER_STRANGER) {
            return false;
        }
        /* Nobody can change what cannot be changed. */
        i = value / FIRST_OURS % n;
        if (class->made && class->attrs[i].change != STEP_ALTER) {
            return false;
        }
        thing->attrs[i] = value % FIRST_OURS;
        thing->native[i] |= 1u << thing->attrs[i];
        break;

    case STRANGER_REMOVE:
        if (!thing->exists || thing->kind == THING_CARD
            || (class->made && thing->maker == MAKER_NOBODY)
            || thing->maker == MAKER_STRANGER) {
            return false;
        }
        vanish(host, thing);
        if (!class->made) {
            reset(thing);
        }
        break;

    case STRANGER_RETURN:
        if (class->made || thing->exists) {
            return false;
        }
        thing_appear(host, thing, MAKER_NOBODY);
        break;

    case STRANGER_LEAVE:
        if (!thing->exists || thing->maker != MAKER_STRANGER) {
            return false;
        }
        thing->exists = false;
        break;

    case STRANGER_OPEN:
    case STRANGER_CLOSE:
        if (thing->kind != THING_NETDEV || !thing->exists
            || thing->open == (act == STRANGER_OPEN)) {
            return false;
        }
        thing->open = act == STRANGER_OPEN;
        return true;

    case STRANGER_DEVICE:
        if (thing->kind != THING_ROW || !thing->exists || thing->ready) {
            return false;
        }
        thing->ready = true;
        return true;

    case N_STRANGER_ACTS:
        OVS_NOT_REACHED();
    }
    thing->touched = host->ticks;
    return true;
}

/* Rows and bridges are in a database and stay. */
void
host_reboot(struct host *host)
{
    host->ticks++;
    for (size_t i = 0; i < N_THINGS; i++) {
        struct thing *thing = &host->things[i];
        const struct thing_class *class = &thing_classes[thing->kind];

        thing->open = false;
        thing->ready = false;
        if (class->main_loop) {
            continue;
        }
        if (class->made) {
            thing->exists = false;
        } else {
            thing_appear(host, thing, MAKER_NOBODY);
            reset(thing);
            for (size_t j = 0; j < N_ATTRS; j++) {
                thing->native[j] = 1u << thing->factory[j];
            }
        }
    }
}
