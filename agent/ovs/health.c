/* SPDX-License-Identifier: Apache-2.0 */

/* What is wrong with Open vSwitch, if anything: for whoever asks, and once
 * for the log.  Must not do anything about it. */

#include <config.h>

#include "ovs/ovs-private.h"

#include <inttypes.h>
#include <limits.h>

#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "ovsdb-idl.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(ovs_health);

/* What ovsdb-server may need for each intent of a batch. */
#define SERVER_INTENT_MS 10

static long long
server_silent_at(const struct ovs *ovs)
{
    return (!ovs->flight ? LLONG_MAX
            : ovs->flight->sent_at + ovs->config.slot_ms
              + SERVER_INTENT_MS * (long long) ovs->flight->n_sent);
}

bool
ovs_server_is_silent(const struct ovs *ovs)
{
    return time_msec() >= server_silent_at(ovs);
}

enum ovs_health
ovs_health(const struct ovs *ovs)
{
    return (!ovs->replica.synced || !replica_switch(&ovs->replica)
                ? OVS_DISCONNECTED
            : ovs_server_is_silent(ovs) ? OVS_SERVER_SILENT
            : ovs->refusal              ? OVS_SERVER_REFUSES
            : ovs->silent               ? OVS_SWITCH_SILENT
                                        : OVS_OK);
}

const char *
ovs_health_name(enum ovs_health health)
{
    static const char *const names[] = {
        [OVS_DISCONNECTED] = "disconnected",
        [OVS_SERVER_SILENT] = "server-silent",
        [OVS_SERVER_REFUSES] = "server-refuses",
        [OVS_SWITCH_SILENT] = "switch-silent",
        [OVS_OK] = "ok",
    };

    return (unsigned int) health < ARRAY_SIZE(names) ? names[health]
                                                     : "unknown";
}

static struct vif_error *
unavailable(const struct ovs *ovs)
{
    const char *remote = ovs->replica.remote;
    int error;

    switch (ovs_health(ovs)) {
    case OVS_DISCONNECTED:
        if (ovs->replica.synced) {
            return vif_error_create(
                VIF_ERR_UNAVAILABLE, "the database at %s has no row in table "
                "Open_vSwitch: 'ovs-vsctl init' has not been run", remote);
        }
        error = ovsdb_idl_get_last_error(ovs->replica.idl);
        return vif_error_create(VIF_ERR_UNAVAILABLE,
                                "no session with ovsdb-server at %s (%s)",
                                remote, error ? ovs_retval_to_string(error)
                                : "it does not answer");
    case OVS_SERVER_SILENT:
        return vif_error_create(VIF_ERR_UNAVAILABLE, "ovsdb-server at %s has "
                                "not answered a transaction for %lld ms",
                                remote, time_msec() - ovs->flight->sent_at);
    case OVS_SERVER_REFUSES:
        return vif_error_with_source(
            vif_error_create(VIF_ERR_UNAVAILABLE,
                             "ovsdb-server at %s refuses "
                             "every transaction: %s",
                             remote, ovs->refusal),
            ovs->refusal);
    case OVS_SWITCH_SILENT:
        return vif_error_create(
            VIF_ERR_UNAVAILABLE, "ovs-vswitchd does not answer: cur_cfg is "
            "still %"PRId64", next_cfg %"PRId64, ovs->cur_cfg,
            replica_next_cfg(&ovs->replica));
    case OVS_OK:
    default:
        return NULL;
    }
}

struct vif_error *
ovs_check_health(const struct ovs *ovs)
{
    return vif_error_with_retry(unavailable(ovs), OVS_RETRY_MS);
}

static void
follow_server(struct ovs *ovs)
{
    bool silent = ovs_server_is_silent(ovs);

    if (silent && !ovs->server_silent) {
        VLOG_WARN("ovsdb-server at %s has not answered a transaction for %lld "
                  "ms; refusing plugs until it does",
                  ovs->replica.remote, time_msec() - ovs->flight->sent_at);
    } else if (!silent && ovs->server_silent && ovs->replica.synced) {
        VLOG_INFO("ovsdb-server answers again");
    }
    ovs->server_silent = silent;
}

/* Tells who waits to try again when nothing is waited for any more. */
static void
follow_failures(struct ovs *ovs)
{
    if (ovs->failing && ovs_health(ovs) == OVS_OK && !ovs->flight
        && ovs_list_is_empty(&ovs->proving)) {
        ovs->failing = false;
        if (ovs->config.well_again) {
            ovs->config.well_again(ovs->config.aux);
        }
    }
}

void
health_run(struct ovs *ovs)
{
    follow_server(ovs);
    follow_failures(ovs);
}

void
health_wait(const struct ovs *ovs)
{
    if (ovs->flight && !ovs_server_is_silent(ovs)) {
        poll_timer_wait_until(server_silent_at(ovs));
    }
}
