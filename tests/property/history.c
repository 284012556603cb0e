/* SPDX-License-Identifier: Apache-2.0 */
/* Makes random histories: see history.h. */

#include <config.h>

#include "history.h"

#include <stdio.h>
#include <string.h>

#include "dice.h"
#include "util.h"

#define MAY(NAME) (1u << MAY_##NAME)
#define MAY_ALL ((1u << N_MAYS) - 1)

const struct family families[] = {
    { "plain", 0, 8,
      "plugs, changes, unplugs, groups, many at once; nothing fails" },
    { "faults", MAY(FAIL), 10,
      "operations fail before, half way or after, transiently or for long" },
    { "deadlines", MAY(LINGER) | MAY(HANG), 12,
      "slow and stuck calls, hanging server, writes that land late" },
    { "strangers", MAY(STRANGERS) | MAY(HOLD), 12,
      "others change, take and remove things; devices vanish; guests" },
    { "journal", MAY(JOURNAL) | MAY(FAIL), 8,
      "the journal fails and is slow" },
    { "crashes", MAY(CRASH), 12,
      "the daemon dies at any point and starts again" },
    { "proofs", MAY(CRASH) | MAY(STRANGERS), 8,
      "the daemon dies at any point, others change things" },
    { "reboots", MAY(CRASH) | MAY(REBOOT), 8,
      "the machine too" },
    { "rush", MAY(RUSH) | MAY(LINGER) | MAY(CRASH) | MAY(JOURNAL), 10,
      "few things, which ports take from one another; slow; crashes" },
    { "everything", MAY_ALL, 20, "all of that together" },
};
const size_t n_families = ARRAY_SIZE(families);

const struct family *
family_find(const char *name)
{
    for (size_t i = 0; i < n_families; i++) {
        if (!strcmp(families[i].name, name)) {
            return &families[i];
        }
    }
    return NULL;
}

/* The making of a history. */
struct maker {
    struct history *history;
    struct dice dice;
    unsigned int may;
    bool has_last[N_PORTS];
    struct shape last[N_PORTS];     /* What was asked for last. */
};

static bool
may(const struct maker *maker, enum may what)
{
    return maker->may & 1u << what;
}

static void
make_shape(struct maker *maker, unsigned int port, struct shape *shape)
{
    struct dice *dice = &maker->dice;

    *shape = maker->last[port];
    if (may(maker, MAY_RUSH)) {
        shape_random(shape, dice, dice_below(dice, 2));
        shape->card = 0;
        shape->graph = (uint8_t) dice_below(dice, 16);
    } else if (!maker->has_last[port] || dice_chance(dice, 25)) {
        shape_random(shape, dice, port);
        shape->prepare = dice_chance(dice, 12);
    } else if (dice_chance(dice, 65)) {
        shape_vary(shape, dice);
    }
    maker->has_last[port] = true;
    maker->last[port] = *shape;
}

static enum request_kind
make_request_kind(struct dice *dice)
{
    static const struct {
        enum request_kind kind;
        unsigned int weight;
    } kinds[] = {
        { REQUEST_PLUG, 58 }, { REQUEST_UNPLUG, 22 }, { REQUEST_CHECK, 6 },
        { REQUEST_REPAIR, 6 }, { REQUEST_ACTIVATE, 5 }, { REQUEST_ABORT, 3 },
    };
    unsigned int roll = dice_below(dice, 100);

    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        if (roll < kinds[i].weight) {
            return kinds[i].kind;
        }
        roll -= kinds[i].weight;
    }
    OVS_NOT_REACHED();
}

static void
make_request(struct maker *maker, struct event *event)
{
    struct dice *dice = &maker->dice;
    unsigned int n_ports = maker->history->n_ports;
    unsigned int first = dice_below(dice, n_ports);

    event->kind = EVENT_REQUEST;
    event->request = make_request_kind(dice);
    event->wait = dice_chance(dice, 10) ? WAIT_COMMITTED : WAIT_PROVEN;
    event->n = dice_chance(dice, 20)
               ? 1 + dice_below(dice, MIN(n_ports, MAX_GROUP)) : 1;
    if (may(maker, MAY_LINGER) && dice_chance(dice, 40)) {
        event->timeout_ms = 5 + dice_below(dice, 400);
    }
    for (size_t i = 0; i < event->n; i++) {
        event->ports[i] = (first + (unsigned int) i) % n_ports;
        if (event->request == REQUEST_PLUG) {
            make_shape(maker, event->ports[i], &event->shapes[i]);
        }
    }
}

static void
make_fault(struct maker *maker, struct event *event)
{
    static const enum fault_mode failing[] = {
        FAULT_BEFORE, FAULT_REFUSED, FAULT_MIDDLE, FAULT_AFTER, FAULT_VERIFY,
    };
    static const enum fault_mode lingering[] = {
        FAULT_SLOW, FAULT_STUCK_BEFORE, FAULT_STUCK_AFTER,
    };
    struct dice *dice = &maker->dice;
    struct fault *fault = &event->fault;
    bool fails = may(maker, MAY_FAIL)
                 && (!may(maker, MAY_LINGER) || dice_chance(dice, 50));

    event->kind = EVENT_FAULT;
    fault->mode = fails ? failing[dice_below(dice, ARRAY_SIZE(failing))]
                  : lingering[dice_below(dice, ARRAY_SIZE(lingering))];
    fault->kinds = (uint8_t) (dice_chance(dice, 50) ? 0xff
                              : 1u << dice_below(dice, N_THING_KINDS));
    fault->ops = (uint8_t) (dice_chance(dice, 30) ? 0xff
                            : dice_chance(dice, 40) ? 1u << STEP_REVERT
                            : dice_chance(dice, 60) ? 1u << STEP_APPLY
                            : 1u << dice_below(dice, N_STEP_OPS));
    fault->port = (int8_t) (dice_chance(dice, 50) ? -1
                            : (int) dice_below(dice,
                                               maker->history->n_ports));
    fault->skip = (uint8_t) dice_below(dice, 4);
    fault->count = (uint8_t) (dice_chance(dice, 60) ? 1
                              : dice_chance(dice, 70)
                              ? 1 + dice_below(dice, 5) : 200);
    fault->ms = (uint16_t) (1 + dice_below(dice, 3000));
}

static void
make_stranger(struct maker *maker, struct event *event)
{
    struct dice *dice = &maker->dice;

    event->kind = EVENT_STRANGER;
    event->thing = dice_below(dice, N_THINGS);
    event->value = dice_below(dice, N_ATTRS * FIRST_OURS);
    if (!may(maker, MAY_STRANGERS)
        || (may(maker, MAY_HOLD) && dice_chance(dice, 30))) {
        event->thing = thing_classes[THING_NETDEV].first
                       + dice_below(dice, N_NETDEVS);
        event->act = dice_chance(dice, 60) ? STRANGER_OPEN : STRANGER_CLOSE;
        return;
    }
    event->act = (enum stranger_act) dice_below(dice, STRANGER_OPEN);
    if (dice_chance(dice, 40)) {
        event->act = STRANGER_CHANGE;
    }
    event->late = dice_chance(dice, 30);
    if (dice_chance(dice, 8)) {
        event->kind = dice_chance(dice, 50) ? EVENT_DEAF : EVENT_ALL_CHANGED;
    }
}

static void
make_journal(struct maker *maker, struct event *event)
{
    struct dice *dice = &maker->dice;

    event->kind = EVENT_JOURNAL;
    if (dice_chance(dice, 70)) {
        event->failing = 1 + dice_below(dice, 3);
    } else {
        event->slow_ms = dice_below(dice, 2000);
    }
}

/* The guest makes the device of a row that waits for it. */
static void
make_guest(struct maker *maker, struct event *event)
{
    event->kind = EVENT_STRANGER;
    event->act = STRANGER_DEVICE;
    event->thing = thing_classes[THING_ROW].first
                   + dice_below(&maker->dice, N_ROWS);
}

/* Something that is not asked of the engine.  False: nothing may happen. */
static bool
make_misfortune(struct maker *maker, struct event *event)
{
    struct dice *dice = &maker->dice;

    for (int i = 0; i < 8; i++) {
        switch ((enum may) dice_below(dice, N_MAYS)) {
        case MAY_FAIL:
            if (may(maker, MAY_FAIL)) {
                make_fault(maker, event);
                return true;
            }
            break;
        case MAY_LINGER:
            if (may(maker, MAY_LINGER)) {
                make_fault(maker, event);
                if (dice_chance(dice, 20)) {
                    event->kind = EVENT_RELEASE;
                }
                return true;
            }
            break;
        case MAY_HANG:
            if (may(maker, MAY_HANG)) {
                event->kind = dice_chance(dice, 60) ? EVENT_HANG
                              : EVENT_RELEASE;
                return true;
            }
            break;
        case MAY_STRANGERS:
        case MAY_HOLD:
            if (may(maker, MAY_STRANGERS) || may(maker, MAY_HOLD)) {
                make_stranger(maker, event);
                return true;
            }
            break;
        case MAY_JOURNAL:
            if (may(maker, MAY_JOURNAL)) {
                make_journal(maker, event);
                return true;
            }
            break;
        case MAY_RUSH:
            break;
        case MAY_CRASH:
            if (may(maker, MAY_CRASH)) {
                event->kind = EVENT_CRASH;
                event->orderly = dice_chance(dice, 15);
                event->settle = dice_chance(dice, 40);
                event->proving = dice_chance(dice, 50);
                event->disturbing = (may(maker, MAY_STRANGERS)
                                     && dice_chance(dice, 30));
                return true;
            }
            break;
        case MAY_REBOOT:
            if (may(maker, MAY_REBOOT)) {
                event->kind = EVENT_REBOOT;
                event->settle = dice_chance(dice, 40);
                return true;
            }
            break;
        case N_MAYS:
        default:
            OVS_NOT_REACHED();
        }
    }
    return false;
}

static void
make_event(struct maker *maker, struct event *event)
{
    struct dice *dice = &maker->dice;
    unsigned int roll = dice_below(dice, 100);

    memset(event, 0, sizeof *event);
    event->seed = dice_next(dice);
    roll = dice_below(dice, 100);
    event->turns = roll < 30 ? dice_below(dice, 6)
                   : roll < 65 ? dice_below(dice, 60)
                   : 100 + dice_below(dice, 200);
    if (may(maker, MAY_RUSH)) {
        event->turns = dice_below(dice, 40);
    }
    if (maker->may && dice_chance(dice, may(maker, MAY_RUSH) ? 20 : 42)
        && make_misfortune(maker, event)) {
        return;
    }
    roll = dice_below(dice, 100);
    if (roll < 4) {
        make_guest(maker, event);
    } else if (roll < 7) {
        event->kind = EVENT_WAIT;
        event->ms = 1 + dice_below(dice, 3000);
    } else if (roll < 10) {
        make_request(maker, event);
        event->kind = EVENT_PREVIEW;
        event->n = 1;
        make_shape(maker, event->ports[0], &event->shapes[0]);
    } else {
        make_request(maker, event);
    }
}

void
history_make(struct history *history, const struct family *family,
             uint64_t seed, uint64_t number)
{
    struct maker maker = { .history = history };
    uint64_t stream = ((uint64_t) (family - families) << 48) + number;

    memset(history, 0, sizeof *history);
    history->family = family;
    history->seed = seed;
    history->number = number;
    dice_seed(&maker.dice, seed, stream);
    /* A history in which everything happens shows little of anything. */
    for (unsigned int i = 0; i < N_MAYS; i++) {
        if (family->may & 1u << i
            && (family->may != MAY_ALL || dice_chance(&maker.dice, 55))) {
            maker.may |= 1u << i;
        }
    }
    history->may = maker.may;
    history->n_ports = 1 + dice_below(&maker.dice, N_PORTS);
    history->n = 3 + dice_below(&maker.dice, 14);
    if (dice_chance(&maker.dice, 10)) {
        history->n += dice_below(&maker.dice, 20);
    }
    history->restart = dice_chance(&maker.dice, 50);
    for (size_t i = 0; i < history->n; i++) {
        make_event(&maker, &history->events[i]);
    }
}

static const char *
request_name(enum request_kind kind)
{
    static const char *const names[] = {
        [REQUEST_PLUG] = "plug", [REQUEST_UNPLUG] = "unplug",
        [REQUEST_ACTIVATE] = "activate", [REQUEST_ABORT] = "abort",
        [REQUEST_CHECK] = "check", [REQUEST_REPAIR] = "repair",
    };

    return names[kind];
}

static size_t
describe_mask(char *buf, size_t size, unsigned int mask, unsigned int n,
              const char *(*name)(unsigned int))
{
    size_t used = 0;

    if (mask == 0xff) {
        return (size_t) snprintf(buf, size, "any");
    }
    for (unsigned int i = 0; i < n; i++) {
        if (mask & 1u << i) {
            used += (size_t) snprintf(buf + used, size - used, "%s%s",
                                      used ? "/" : "", name(i));
        }
    }
    return used;
}

static const char *
op_name(unsigned int op)
{
    return step_op_name((enum step_op) op);
}

static const char *
kind_name(unsigned int kind)
{
    return thing_classes[kind].kind;
}

static void
describe_fault(const struct fault *fault, char *buf, size_t size)
{
    char ops[64], kinds[64], port[16] = "";

    describe_mask(ops, sizeof ops, fault->ops, N_STEP_OPS, op_name);
    describe_mask(kinds, sizeof kinds, fault->kinds, N_THING_KINDS,
                  kind_name);
    if (fault->port >= 0) {
        snprintf(port, sizeof port, " of p%d", fault->port);
    }
    snprintf(buf, size, "from now on: after %u of them, %s of %s%s %s,"
             " %u times%s", fault->skip, ops, kinds, port,
             fault_mode_name(fault->mode), fault->count,
             fault->mode == FAULT_SLOW ? " (by up to 3 s)" : "");
}

static void
describe_request(const struct event *event, char *buf, size_t size)
{
    size_t n = (size_t) snprintf(buf, size, "%s",
                                 event->kind == EVENT_PREVIEW ? "preview"
                                 : request_name(event->request));

    for (size_t i = 0; i < event->n; i++) {
        char shape[160] = "";

        if (event->request == REQUEST_PLUG || event->kind == EVENT_PREVIEW) {
            shape_describe(&event->shapes[i], shape, sizeof shape);
        }
        n += (size_t) snprintf(buf + n, size - n, " p%u%s%s%s",
                               event->ports[i], shape[0] ? " {" : "", shape,
                               shape[0] ? "}" : "");
    }
    if (event->timeout_ms) {
        n += (size_t) snprintf(buf + n, size - n, " within %u ms",
                               event->timeout_ms);
    }
    if (event->wait == WAIT_COMMITTED && event->request == REQUEST_PLUG) {
        snprintf(buf + n, size - n, " until committed");
    }
}

const char *
event_describe(const struct event *event, char *buf, size_t size)
{
    const struct thing_class *class = NULL;

    switch (event->kind) {
    case EVENT_REQUEST:
    case EVENT_PREVIEW:
        describe_request(event, buf, size);
        break;
    case EVENT_FAULT:
        describe_fault(&event->fault, buf, size);
        break;
    case EVENT_RELEASE:
        snprintf(buf, size, "what hangs goes on");
        break;
    case EVENT_HANG:
        snprintf(buf, size, "the server of rows and bridges hangs");
        break;
    case EVENT_JOURNAL:
        snprintf(buf, size, "the journal: the next %u commits fail, each"
                 " takes up to %u ms", event->failing, event->slow_ms);
        break;
    case EVENT_STRANGER:
        for (size_t i = 0; i < N_THING_KINDS; i++) {
            if (event->thing >= thing_classes[i].first) {
                class = &thing_classes[i];
            }
        }
        snprintf(buf, size, "a stranger %s %s %u (value %u)%s",
                 stranger_act_name(event->act), class->kind,
                 event->thing - class->first, event->value,
                 event->late ? ", or what was just looked at" : "");
        break;
    case EVENT_DEAF:
        snprintf(buf, size, "notifications get lost from now on");
        break;
    case EVENT_ALL_CHANGED:
        snprintf(buf, size, "notifications were lost: all may have changed");
        break;
    case EVENT_WAIT:
        snprintf(buf, size, "%u ms pass", event->ms);
        break;
    case EVENT_CRASH:
    case EVENT_REBOOT:
        snprintf(buf, size, "the %s%s",
                 event->kind == EVENT_REBOOT ? "machine reboots"
                 : event->orderly ? "daemon ends and starts again"
                 : event->proving ? "daemon dies over a proof and starts again"
                 : "daemon dies and starts again",
                 event->settle ? ", and recovers fully" : "");
        break;
    }
    return buf;
}
