/* SPDX-License-Identifier: Apache-2.0 */

/* Probes: transactions of no intent, sent while something is wrong that only
 * a transaction can show to be over.
 *
 *   - ovsdb-server refused one in a way in which it would have refused any:
 *     its disk is full, or its database read-only.
 *
 *   - ovs-vswitchd is silent though its process may well run.  When its own
 *     write to the database fails, cur_cfg included, it does not repeat it
 *     before it is asked for something new. */

#include <config.h>

#include "ovs/ovs-private.h"

#include <limits.h>
#include <stdlib.h>

#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(ovs_probe);

#define REFUSAL_MS 1000
#define SILENCE_MS 5000

void
probe_refused(struct ovs *ovs, const char *source)
{
    if (!ovs->refusal) {
        VLOG_WARN("ovsdb-server at %s refuses every transaction: %s; "
                  "refusing plugs until it takes one",
                  ovs->replica.remote, source);
    }
    free(ovs->refusal);
    ovs->refusal = xstrdup(source);
    ovs->probed_at = time_msec();
}

void
probe_taken(struct ovs *ovs)
{
    if (ovs->refusal) {
        VLOG_INFO("ovsdb-server takes transactions again");
        free(ovs->refusal);
        ovs->refusal = NULL;
    }
}

/* When the next one is due, or LLONG_MAX. */
static long long
next_probe(const struct ovs *ovs)
{
    bool may_run = (ovs->process != SWITCH_GONE
                    && ovs->process != SWITCH_STOPPED);

    return (!ovs->replica.synced || ovs->flight
                    || !replica_switch(&ovs->replica)
                ? LLONG_MAX
            : ovs->refusal           ? ovs->probed_at + REFUSAL_MS
            : ovs->silent && may_run ? ovs->probed_at + SILENCE_MS
                                     : LLONG_MAX);
}

void
probe_run(struct ovs *ovs)
{
    if (time_msec() >= next_probe(ovs)) {
        ovs->probed_at = time_msec();
        commit_probe(ovs);
    }
}

void
probe_wait(const struct ovs *ovs)
{
    long long next = next_probe(ovs);

    if (next != LLONG_MAX) {
        poll_timer_wait_until(next);
    }
}
