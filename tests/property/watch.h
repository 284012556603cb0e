/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROPERTY_WATCH_H
#define PROPERTY_WATCH_H 1

/* Watches that the engine keeps the contract of struct step_class: capture
 * before apply, one operation at a time, arguments resolved, the right lane,
 * and what is needed to take something back is in the journal before it is
 * put in place. */

#include <stdbool.h>
#include <stdint.h>

#include "host.h"

struct step_task;
struct world;

enum { TOKEN_SIZE = 32 };

/* What the host knows of one step: a thing and who has it. */
struct watched {
    bool busy;
    bool captured;
    bool reverted;          /* Since the last capture. */
    bool maybe;             /* Put in place, or perhaps. */
    bool verified;          /* Since the last operation that wrote. */
    bool unsure;            /* After a crash: verify or revert come first. */
    bool rebooted;          /* It was there, and its original is void. */
    bool stray;             /* Nobody has put it in place: watch_stray(). */
    char token[TOKEN_SIZE]; /* Of the original. */
};

struct watch {
    struct world *world;
    struct watched steps[N_PORTS + 1][N_THINGS];    /* Last: shared. */
    unsigned int writes[N_PORTS + 1];   /* apply() and revert() begun. */
};

void watch_init(struct watch *, struct world *);
void watch_submit(struct watch *, const struct thing *,
                  const struct step_task *);
void watch_begin(struct watch *, const struct thing *,
                 const struct step_task *);
void watch_end(struct watch *, const struct thing *,
               const struct step_task *, bool success);
/* 'thing' has the mark of 'port', which does not have it; the engine is to
 * collect it, with 'token' as its original. */
void watch_stray(struct watch *, const struct thing *, unsigned int port,
                 const char *token);
void watch_crash(struct watch *, bool rebooted);

#endif /* watch.h */
