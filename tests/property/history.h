/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROPERTY_HISTORY_H
#define PROPERTY_HISTORY_H 1

/* What happens to a world: a list of events, all made before the first of
 * them happens, each with dice of its own.  So some can be left out and the
 * others stay what they were. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/engine.h"
#include "fault.h"
#include "host.h"
#include "oracle.h"
#include "shape.h"

enum { MAX_EVENTS = 48 };

enum event_kind {
    EVENT_REQUEST,
    EVENT_PREVIEW,
    EVENT_FAULT,
    EVENT_RELEASE,          /* What hangs goes on. */
    EVENT_HANG,             /* The server hangs. */
    EVENT_JOURNAL,          /* The journal fails, or is slow. */
    EVENT_STRANGER,
    EVENT_DEAF,             /* Notifications get lost. */
    EVENT_ALL_CHANGED,
    EVENT_WAIT,
    EVENT_CRASH,
    EVENT_REBOOT,
};

struct event {
    enum event_kind kind;
    uint64_t seed;          /* Of the order in which things happen next. */
    unsigned int turns;     /* How many, before the next event. */

    enum request_kind request;
    enum wait_for wait;
    unsigned int timeout_ms;
    size_t n;
    unsigned int ports[MAX_GROUP];
    struct shape shapes[MAX_GROUP];

    struct fault fault;
    unsigned int failing, slow_ms;      /* EVENT_JOURNAL. */
    unsigned int thing, value;
    enum stranger_act act;
    unsigned int ms;        /* EVENT_WAIT. */
    bool orderly;           /* EVENT_CRASH: ends what is under way first. */
    bool settle;            /* EVENT_CRASH: recovers before what follows. */
    bool late;              /* EVENT_STRANGER: after a look at something. */
    bool proving;           /* EVENT_CRASH: while a proof is awaited ... */
    bool disturbing;        /* ... of something that is gone then. */
};

/* What may happen in a history: bit (1u << MAY_...). */
enum may {
    MAY_FAIL,               /* Operations fail. */
    MAY_LINGER,             /* They are slow or hang; deadlines are short. */
    MAY_HANG,               /* The server of the main loop's steps hangs. */
    MAY_STRANGERS,          /* Others change things; devices vanish. */
    MAY_HOLD,               /* Guests hold devices open. */
    MAY_JOURNAL,            /* The journal fails or is slow. */
    MAY_CRASH,
    MAY_REBOOT,
    MAY_RUSH,               /* Few things, which ports take from one another
                             * as soon as they are free. */
    N_MAYS
};

struct family {
    const char *name;
    unsigned int may;
    unsigned int share;     /* Per cent of the histories. */
    const char *what;
};
extern const struct family families[];
extern const size_t n_families;
const struct family *family_find(const char *name);

struct history {
    const struct family *family;
    uint64_t seed, number;
    unsigned int may;       /* What the family may and this one does. */
    unsigned int n_ports;
    struct event events[MAX_EVENTS];
    size_t n;
    bool restart;           /* Starts the engine again at the end. */
};

void history_make(struct history *, const struct family *, uint64_t seed,
                  uint64_t number);
const char *event_describe(const struct event *, char *buf, size_t size);

#endif /* history.h */
