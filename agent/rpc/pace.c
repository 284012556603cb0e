/* SPDX-License-Identifier: Apache-2.0 */

/* How fast requests end. */

#include <config.h>

#include "rpc/pace.h"

#include "util.h"

#define STRETCH_US 1000000

void
pace_start(struct pace *pace, long long now_us)
{
    *pace = (struct pace) { .start_us = now_us, .previous_us = now_us };
}

void
pace_note(struct pace *pace, size_t n, long long now_us)
{
    if (now_us - pace->start_us >= STRETCH_US) {
        pace->previous_us = pace->start_us;
        pace->n_previous = pace->n;
        pace->start_us = now_us;
        pace->n = 0;
    }
    pace->n += n;
}

/* As long as nothing has ended, the next is as far away as the beginning. */
unsigned int
pace_estimate_ms(const struct pace *pace, size_t n, long long now_us)
{
    size_t ended = pace->n + pace->n_previous;
    double each_us = (now_us - pace->previous_us) / (double) MAX(ended, 1);
    double ms = each_us * n / 1000;

    return (ms < PACE_MIN_MS ? PACE_MIN_MS
            : ms > PACE_MAX_MS ? PACE_MAX_MS : (unsigned int) ms);
}
