/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RPC_PACE_H
#define RPC_PACE_H 1

/* How fast requests end, so that somebody who is told to try again can be told
 * when.  Knows nothing of clocks: each call says what time it is, in
 * microseconds. */

#include <stddef.h>

/* What ended in the current stretch of time and in the one before it. */
struct pace {
    long long start_us, previous_us;
    size_t n, n_previous;
};

/* From now on: what was before an idle time says nothing. */
void pace_start(struct pace *, long long now_us);

/* 'n' more have ended. */
void pace_note(struct pace *, size_t n, long long now_us);

/* In how many milliseconds 'n' more will have ended, if it goes on as it did;
 * from PACE_MIN_MS to PACE_MAX_MS. */
#define PACE_MIN_MS 50
#define PACE_MAX_MS 30000
unsigned int pace_estimate_ms(const struct pace *, size_t n,
                              long long now_us);

#endif /* rpc/pace.h */
