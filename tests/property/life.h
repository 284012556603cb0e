/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROPERTY_LIFE_H
#define PROPERTY_LIFE_H 1

/* Lives through a history in a simulated world. */

#include <stdbool.h>
#include <stdint.h>

#include "history.h"
#include "mutation.h"

/* Which of a history's events happen, and which ports they are about: for
 * shrinking. */
struct selection {
    uint64_t events;            /* Bit I: event I. */
    uint8_t ports;
};
#define SELECT_ALL ((struct selection) { UINT64_MAX, UINT8_MAX })

/* Counts what a run of histories has gone through. */
struct tally {
    uint64_t histories, events, requests, outcomes[3], hits, crashes;
    uint64_t commits, tasks, mutated;
};

/* Ends the process if an invariant does not hold: world_fail(). */
void live(const struct history *, struct selection, enum mutation,
          bool verbose, struct tally *);

#endif /* life.h */
