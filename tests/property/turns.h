/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROPERTY_TURNS_H
#define PROPERTY_TURNS_H 1

/* How a simulated world begins, moves on, and comes to rest. */

#include <stdbool.h>
#include <stdint.h>

#include "world.h"

void world_init(struct world *, uint64_t seed, enum mutation, bool verbose);

/* The daemon ends without a chance to do anything; world_crash() starts it
 * again. */
void world_stop(struct world *);
void world_crash(struct world *, bool reboot);

/* Lets one thing happen that can happen now.  False if nothing can. */
bool world_turn(struct world *);
/* Lets time pass until something can happen, but not past 'limit'. */
bool world_pass_time(struct world *, long long limit);

void world_turns(struct world *, unsigned int turns);
void world_until(struct world *, long long until);

bool world_at_rest(struct world *);
/* Lives on until nothing is under way and nothing is to come. */
void world_settle(struct world *);

#endif /* turns.h */
