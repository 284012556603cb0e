/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROPERTY_WORLD_H
#define PROPERTY_WORLD_H 1

/* One simulated world: a host, an executor, a journal and a planner, a clock,
 * and the engine among them.  Everything happens in one thread and follows
 * from one seed. */

#include <stdbool.h>
#include <stdint.h>

#include "dice.h"
#include "engine/engine.h"
#include "engine/planner.h"
#include "host.h"
#include "mutation.h"
#include "notes.h"
#include "oracle.h"
#include "sim-executor.h"
#include "sim-journal.h"
#include "slots.h"
#include "watch.h"

enum { STUCK_US = 1000000, START_US = 1000000000 };

struct world {
    struct dice dice;
    long long now_us;
    enum mutation mutation;
    bool verbose;

    struct host host;
    struct sim_executor executor;
    struct sim_journal journal;
    struct planner planner;
    struct slots slots;
    struct notes notes;
    struct watch watch;
    struct oracle oracle;
    struct engine *engine;
    struct engine_config config;

    bool rebooted;              /* Until the engine has noted that. */
    bool dying;                 /* engine_destroy() is under way. */
    bool engine_due;            /* There may be something for it to do. */
    uint32_t changed;           /* Bit I: thing I, to be notified. */
    bool all_changed;           /* Notifications were lost. */
    bool losing;                /* They get lost now. */
    bool deaf;                  /* Some have been lost. */
    long long wake_us;          /* When engine_wait() wants to be woken. */
    unsigned int mutated;       /* How often the mutation showed. */
};

/* An invariant does not hold.  Tells the parent and ends the process. */
_Noreturn void world_fail(struct world *, const char *invariant,
                          const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* A line of the trace, if there is one. */
#define TRACE(WORLD, ...)                       \
    do {                                        \
        if ((WORLD)->verbose) {                 \
            world_trace(WORLD, __VA_ARGS__);    \
        }                                       \
    } while (0)
void world_trace(const struct world *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Something on the host has changed: the engine will hear of it, or not. */
void world_notify(struct world *, const struct thing *);

/* Whether the mutation 'mutation' is on and shows now. */
bool world_mutates(struct world *, enum mutation, unsigned int percent);

/* planner.c */
void planner_init(struct planner *);

#endif /* world.h */
