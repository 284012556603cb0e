/* SPDX-License-Identifier: Apache-2.0 */
/* What everything in the simulated world uses: see world.h. */

#include <config.h>

#include "world.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "verdict.h"

const struct mutation_class mutations[N_MUTATIONS] = {
#define MUTATION(ENUM, NAME, FAMILY, WHAT) \
    [MUT_##ENUM] = { NAME, FAMILY, WHAT },
    MUTATIONS
#undef MUTATION
};

struct verdict *verdict;

void
world_fail(struct world *world, const char *invariant, const char *fmt, ...)
{
    va_list args;

    snprintf(verdict->invariant, sizeof verdict->invariant, "%s", invariant);
    va_start(args, fmt);
    vsnprintf(verdict->text, sizeof verdict->text, fmt, args);
    va_end(args);
    TRACE(world, "*** %s: %s", verdict->invariant, verdict->text);
    fflush(stdout);
    _exit(VERDICT_STATUS);
}

void
world_trace(const struct world *world, const char *fmt, ...)
{
    va_list args;

    printf("%11.3f ms  ", (double) (world->now_us - START_US) / 1000);
    va_start(args, fmt);
    vprintf(fmt, args);
    va_end(args);
    putchar('\n');
}

void
world_notify(struct world *world, const struct thing *thing)
{
    if (world->losing) {
        world->all_changed = true;
    } else {
        world->changed |= 1u << (thing - world->host.things);
    }
}

bool
world_mutates(struct world *world, enum mutation mutation,
              unsigned int percent)
{
    if (world->mutation != mutation || mutation == MUT_NONE
        || !dice_chance(&world->dice, percent)) {
        return false;
    }
    world->mutated++;
    return true;
}
