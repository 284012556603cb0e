/* SPDX-License-Identifier: Apache-2.0 */

/* Numbers about the daemon, for ovs-appctl. */

#include <config.h>

#include "agent/vifd-private.h"

#include <inttypes.h>

#include "agent/budget.h"
#include "engine/journal.h"
#include "engine/lanes.h"
#include "openvswitch/dynamic-string.h"
#include "ovs/ovs.h"
#include "rpc/server.h"
#include "simap.h"
#include "util.h"

void
vifd_get_memory_usage(const struct vifd *vifd, struct simap *usage)
{
    struct engine_stats engine;
    struct rpc_server_stats server;

    engine_get_stats(vifd->engine, &engine);
    rpc_server_get_stats(vifd->server, &server);
    simap_increase(usage, "ports", engine.n_ports);
    simap_increase(usage, "requests", engine.n_requests);
    simap_increase(usage, "resources", engine.n_resources);
    simap_increase(usage, "claims", engine.n_claims);
    simap_increase(usage, "clients", server.n_clients);
}

void
vifd_format_stats(const struct vifd *vifd, struct ds *ds)
{
    struct engine_stats engine;
    struct ovs_stats ovs;
    struct lanes_stats lanes;
    struct journal_stats journal;
    struct rpc_server_stats server;

    engine_get_stats(vifd->engine, &engine);
    ovs_get_stats(vifd->ovs, &ovs);
    lanes_get_stats(vifd->lanes, &lanes);
    journal_sqlite_get_stats(vifd->journal, &journal);
    rpc_server_get_stats(vifd->server, &server);

    const struct {
        const char *name;
        uint64_t value;
    } rows[] = {
        { "memory_refused", budget_refused(vifd->budget) },
        { "clients", server.n_clients },
        { "calls", server.n_calls },
        { "ports", engine.n_ports },
        { "requests", engine.n_requests },
        { "resources", engine.n_resources },
        { "claims", engine.n_claims },
        { "orphans", sset_count(&vifd->orphans) },
        { "done", engine.n_done },
        { "failed_clean", engine.n_failed_clean },
        { "failed_undoing", engine.n_failed_undoing },
        { "ovs_transactions", ovs.transactions },
        { "ovs_writes", ovs.writes },
        { "ovs_intents", ovs.intents },
        { "ovs_bisections", ovs.bisections },
        { "ovs_retries", ovs.retries },
        { "ovs_reconnects", ovs.reconnects },
        { "ovs_ghosts_deleted", ovs.ghosts_deleted },
        { "ovs_largest_batch", ovs.largest_batch },
        { "workers", lanes.workers },
        { "workers_busy", lanes.busy },
        { "workers_stuck", lanes.stuck },
        { "tasks_queued", lanes.queued },
        { "tasks_done", lanes.done },
        { "tasks_reverted_together", lanes.batched_reverts },
        { "journal_commits", journal.commits },
        { "journal_records", journal.records },
        { "journal_failed", journal.failed },
        { "journal_longest_us", journal.max_us },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        ds_put_format(ds, "%s: %"PRIu64"\n", rows[i].name, rows[i].value);
    }
    ds_put_format(ds, "ovs_health: %s\n",
                  ovs_health_name(ovs_health(vifd->ovs)));
}
