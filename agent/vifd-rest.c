/* SPDX-License-Identifier: Apache-2.0 */

/* What is done when there is nothing to do: the memory that a burst of
 * requests took is given back.  malloc() keeps it, scattered over the heap
 * among what stays; going through the heap takes a millisecond or two, and so
 * it is done once after a burst, when the engine has come to rest.  With it go
 * the pages of the program that the burst, or the start, has touched. */

#include <config.h>

#include "agent/vifd-private.h"

#include <malloc.h>

#include "agent/text-pages.h"
#include "engine/lanes.h"
#include "openvswitch/poll-loop.h"
#include "timeval.h"

/* A burst: so many operations since the last time. */
#define BURST 64

/* At rest for so long. */
#define REST_MS 200

void
vifd_run_rest(struct vifd *vifd)
{
    struct lanes_stats stats;
    long long now = time_msec();

    lanes_get_stats(vifd->lanes, &stats);
    if (vifd->rested && stats.queued - vifd->rest_queued < BURST) {
        return;
    }
    if (!vifd->rest_due || !engine_idle(vifd->engine)
        || stats.queued != vifd->rest_seen) {
        vifd->rest_seen = stats.queued;
        vifd->rest_due = now + REST_MS;
    } else if (now >= vifd->rest_due) {
        malloc_trim(0);
        text_pages_release(vifd->text);
        vifd->rested = true;
        vifd->rest_queued = stats.queued;
        vifd->rest_due = 0;
    }
}

void
vifd_wait_rest(const struct vifd *vifd)
{
    if (vifd->rest_due) {
        poll_timer_wait_until(vifd->rest_due);
    }
}
