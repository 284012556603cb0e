/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_UNTIL_H
#define TESTS_UNTIL_H 1

/* Waiting in tests, as the daemon's main loop waits: run, look, block until
 * something has happened.  Fails when that takes too long; never sleeps. */

#include "openvswitch/poll-loop.h"
#include "timeval.h"

#define UNTIL_MS 20000

/* Calls RUN and blocks in poll_block() after WAIT, in turns, until CONDITION
 * holds. */
#define UNTIL(CONDITION, RUN, WAIT)                                     \
    for (long long until__ = time_msec() + UNTIL_MS; ;) {               \
        RUN;                                                            \
        if (CONDITION) {                                                \
            break;                                                      \
        }                                                               \
        if (time_msec() >= until__) {                                   \
            fail_msg("not within %d ms: %s", UNTIL_MS, #CONDITION);     \
        }                                                               \
        WAIT;                                                           \
        poll_timer_wait_until(until__);                                 \
        poll_block();                                                   \
    }

#endif /* tests/unit/until.h */
