/* SPDX-License-Identifier: Apache-2.0 */

/* The daemon as a whole. */

#include <config.h>

#include "agent/vifd-private.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/budget.h"
#include "agent/config.h"
#include "agent/descriptors.h"
#include "agent/marks.h"
#include "agent/reload.h"
#include "agent/systemd.h"
#include "agent/text-pages.h"
#include "engine/journal.h"
#include "engine/lanes.h"
#include "kernel/rtnl.h"
#include "lib/cleanup.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "ovs/ovs.h"
#include "privilege/privilege.h"
#include "report/capabilities.h"
#include "rpc/server.h"
#include "rpc/turns.h"
#include "steps/tap-args.h"
#include "steps/link-mark.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(vifd);

/* How long ovs-vswitchd may not answer before it counts as silent. */
#define OVS_SLOT_MS 1000

/* When everything is done, clients have this long to read their answers. */
#define FLUSH_MS 1000

/* How long a worker that is stuck in the kernel is waited for at the end. */
#define LANES_END_MS 1000

/* What happens outside. */

static void
tap_changed(const struct vifd *vifd, const struct rtnl_link *link,
            const char *port_id)
{
    const struct vif_attrs *asked = engine_asked(vifd->engine, "tap",
                                                 link->name);
    const char *holder = engine_holder(vifd->engine, "tap", link->name);

    engine_object_seen(vifd->engine, "tap", link->name,
                       asked && port_id && !strcmp(port_id, holder)
                       && tap_args_seen(asked, link));
}

/* A link that was renamed is known by its mark. */
static void
link_changed(void *vifd_, const struct rtnl_link *link)
{
    struct vifd *vifd = vifd_;
    const char *key = journal_sqlite_key(vifd->journal);
    const char *port_id = link_mark_port_id(link, key);
    const char *shared = link_mark_shared_name(link, key);

    vifd_device_link(vifd, link);
    vifd_netdev_link(vifd, link);
    vifd_upper_link(vifd, link);
    if (link->is_tap) {
        tap_changed(vifd, link, port_id);
    }
    if (shared && strcmp(shared, link->name)) {
        engine_object_changed(vifd->engine, "vlan", shared);
    }
    if (port_id && !engine_holder(vifd->engine, link_mark_step_kind(link),
                                  link->name)) {
        engine_port_changed(vifd->engine, port_id);
        vifd_collect_link(vifd, link);
    }
}

static void
link_deleted(void *vifd_, int ifindex OVS_UNUSED, const char *name)
{
    static const char *const kinds[] = { "tap", "macvtap", "vlan" };
    const struct vifd *vifd = vifd_;

    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        engine_object_changed(vifd->engine, kinds[i], name);
    }
}

static void
all_links_changed(void *vifd_)
{
    static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(6, 10);
    const struct vifd *vifd = vifd_;

    VLOG_INFO_RL(&rl, "notifications of links were lost: looking at every "
                 "port");
    engine_all_changed(vifd->engine);
    vifd_devices_lost(vifd);
}

static void
all_rows_changed(void *vifd_)
{
    struct vifd *vifd = vifd_;

    vifd->collected = false;
    if (vifd->engine) {
        engine_all_changed(vifd->engine);
    }
}

/* What could not be taken back need not wait any longer. */
static void
ovs_well_again(void *vifd_)
{
    struct vifd *vifd = vifd_;

    if (vifd->engine) {
        engine_retry(vifd->engine);
    }
}

static void
row_changed(void *vifd_, const char *kind, const char *name)
{
    struct vifd *vifd = vifd_;

    if (vifd->engine) {
        engine_object_changed(vifd->engine, kind, name);
        if (vifd->collected && !strcmp(kind, "ovs-port")) {
            vifd_collect_row(vifd, name);
        }
    }
}

static void
port_event(void *vifd_, const struct engine_event *event)
{
    const struct vifd *vifd = vifd_;

    if (event->to == PORT_DRIFTED) {
        VLOG_WARN("%s: drifted: %s", event->port_id,
                  event->error ? event->error->message : "no reason known");
    } else {
        VLOG_DBG("%s: %s, was %s", event->port_id, port_state_name(event->to),
                 port_state_name(event->from));
    }
    if (vifd->server) {
        rpc_server_event(vifd->server, event);
    }
}

/* Start. */

static struct json *
capabilities(void *vifd_)
{
    const struct vifd *vifd = vifd_;

    return capabilities_to_json(vifd->config, vifd->plugins, vifd->ovs,
                                &vifd->device_claims);
}

static struct vif_error *
open_listener(const struct config *config, struct rpc_listener *listener)
{
    struct vif_error *error = rpc_listen_activated(listener);

    if (!error && listener->fd < 0) {
        error = rpc_listen(config->socket, config->socket_mode,
                           config->socket_gid, listener);
    }
    return error;
}

static struct vif_error *
open_plugins(struct vifd *vifd)
{
    const struct plugins_config config = vifd_plugins_config(vifd);

    vifd->plugins = plugins_create(&config);
    return plugins_load(vifd->plugins, vifd->config->plugins);
}

static void
open_ovs(struct vifd *vifd)
{
    CLEANUP_FREE char *remote = vifd_ovsdb_remote(vifd);

    vifd->ovs = ovs_create(&(struct ovs_config) {
        .remote = remote,
        .key = journal_sqlite_key(vifd->journal),
        .slot_ms = OVS_SLOT_MS,
        .changed = row_changed,
        .all_changed = all_rows_changed,
        .well_again = ovs_well_again,
        .aux = vifd,
    });
}

static struct vif_error *
open_lanes(struct vifd *vifd)
{
    return lanes_create(&(struct lanes_config) {
        .workers = vifd->config->workers,
        .max_workers = vifd->config->max_workers,
        .stuck_ms = vifd->config->stuck_ms,
        .key = journal_sqlite_key(vifd->journal),
    }, vifd->ovs, &vifd->lanes);
}

static struct vif_error *
open_monitor(struct vifd *vifd)
{
    static const struct rtnl_monitor_callbacks callbacks = {
        .changed = link_changed,
        .deleted = link_deleted,
        .lost = all_links_changed,
    };

    return rtnl_monitor_open(&callbacks, vifd, &vifd->monitor);
}

static void
open_server(struct vifd *vifd, const struct rpc_listener *listener)
{
    vifd->host = (struct rpc_host) {
        .engine = vifd->engine,
        .config = vifd->config,
        .access = {
            .config = vifd->config,
            .own_uid = geteuid(),
            .socket_gid = listener->gid,
        },
        .capabilities = capabilities,
        .reload = vifd_start_reload,
        .gc = vifd_gc,
        .devices = vifd_devices,
        .journal = vifd_journal_to_json,
        .rebuild = vifd_start_rebuild,
        .aux = vifd,
        .calls = &vifd->calls,
        .budget = vifd->budget,
        .turns = rpc_turns_create(vifd->engine, time_usec),
    };
    vifd->server = rpc_server_create(&vifd->host, listener);
    VLOG_INFO("listening on %s", listener->path ? listener->path
              : "the socket of the service manager");
}

/* Everything behind the socket. */
static struct vif_error *
open_parts(struct vifd *vifd)
{
    struct vif_error *error = vif_error_wrap(
        journal_sqlite_start(vifd->config->journal, &vifd->journal),
        "open the journal");

    if (!error) {
        error = vif_error_wrap(open_plugins(vifd), "load the plugins");
    }
    if (!error) {
        open_ovs(vifd);
        error = vif_error_wrap(open_lanes(vifd), "start the workers");
    }
    if (!error) {
        error = vif_error_wrap(open_monitor(vifd), "watch links");
    }
    if (!error) {
        error = vifd_start_devices(vifd);
    }
    if (error) {
        return error;
    }

    const struct engine_config config = vifd_engine_config(vifd);
    vifd->engine = engine_create(&config, lanes_executor(vifd->lanes),
                                 vifd->journal,
                                 plugins_planner(vifd->plugins));
    engine_set_event_cb(vifd->engine, port_event, vifd);
    vifd_watch_claims(vifd);
    vifd_start_journal(vifd);
    return NULL;
}

static struct vif_error *
start(struct vifd *vifd)
{
    struct rpc_listener listener;

    /* The socket first: it is the lock that says that another vifd is at
     * work here. */
    struct vif_error *error = vifd_load_config(&vifd->options, &vifd->config);
    if (!error) {
        error = open_listener(vifd->config, &listener);
    }
    if (error) {
        return error;
    }
    descriptors_raise();
    vifd->budget = budget_create("/proc/self", "/sys/fs/cgroup");
    vifd->text = text_pages_open();
    vifd_set_limits(vifd);
    error = vifd_drop_rights(vifd, &listener);
    error = error ? error : open_parts(vifd);
    if (error) {
        rpc_listener_close(&listener);
        return error;
    }
    vifd->reload = reload_create(vifd_load_config, &vifd->options);
    vifd->marks_look = marks_look_create();
    open_server(vifd, &listener);
    error = vifd_filter_calls(vifd);
    if (error) {
        return error;
    }

    VLOG_INFO("vifd %s", PACKAGE_VERSION);
    systemd_notify("READY=1");
    return NULL;
}

struct vif_error *
vifd_create(const struct vifd_options *options, struct vifd **vifdp)
{
    struct vifd *vifd = xzalloc(sizeof *vifd);

    vifd->options = *options;
    vifd->started_ms = time_msec();
    ovs_list_init(&vifd->waiters);
    ovs_list_init(&vifd->next_waiters);
    ovs_list_init(&vifd->calls);
    ovs_list_init(&vifd->gcs);
    sset_init(&vifd->orphans);

    struct vif_error *error = start(vifd);
    if (error) {
        vifd_destroy(vifd);
        vifd = NULL;
    }
    *vifdp = vifd;
    return error;
}

void
vifd_destroy(struct vifd *vifd)
{
    if (!vifd) {
        return;
    }
    reload_destroy(vifd->reload);
    rpc_server_destroy(vifd->server);
    vifd->server = NULL;
    vifd_forget_rebuild(vifd);
    marks_look_destroy(vifd->marks_look);
    vif_error_destroy(vifd->journal_lost);
    rpc_calls_abandon(&vifd->calls);
    vifd_forget_waiters(vifd);
    vifd_forget_collect(vifd);
    rtnl_monitor_close(vifd->monitor);
    vifd_stop_devices(vifd);
    engine_destroy(vifd->engine);
    vifd->engine = NULL;
    rpc_turns_destroy(vifd->host.turns);
    if (vifd->lanes) {
        unsigned int left = lanes_destroy(vifd->lanes, LANES_END_MS);
        if (left) {
            VLOG_WARN("%u workers are still in the kernel and were left "
                      "behind", left);
        }
    }
    ovs_destroy(vifd->ovs);
    plugins_destroy(vifd->plugins);
    if (vifd->journal) {
        journal_sqlite_close(vifd->journal);
    }
    budget_destroy(vifd->budget);
    text_pages_close(vifd->text);
    config_destroy(vifd->config);
    privilege_end();
    free(vifd);
}

/* The loop. */

/* Says when everything that the journal had has been looked at. */
static void
run_recovery(struct vifd *vifd)
{
    if (vifd->recovering && !engine_recovering(vifd->engine)) {
        struct engine_stats stats;

        vifd->recovering = false;
        vifd_survey(vifd);
        if (journal_sqlite_rebooted(vifd->journal)) {
            journal_sqlite_settle_boot(vifd->journal);
        }
        engine_get_stats(vifd->engine, &stats);
        VLOG_INFO("all %"PRIuSIZE" ports have been looked at, %lld ms after "
                  "the start", stats.n_ports, time_msec() - vifd->started_ms);
        systemd_notify("STATUS=%"PRIuSIZE" ports", stats.n_ports);
    }
}

static void
run_stop(struct vifd *vifd)
{
    if (vifd->stop_deadline && !vifd->flush_deadline
        && engine_idle(vifd->engine)) {
        vifd->flush_deadline = MIN(vifd->stop_deadline,
                                   time_msec() + FLUSH_MS);
    }
}

void
vifd_run(struct vifd *vifd)
{
    vifd_run_helper(vifd);
    vifd_run_reload(vifd);
    rtnl_monitor_run(vifd->monitor);
    vifd_run_devices(vifd);
    rpc_server_run(vifd->server);
    lanes_run(vifd->lanes);
    engine_run(vifd->engine);
    ovs_run(vifd->ovs);
    engine_run_if_kicked(vifd->engine);
    rpc_server_flush(vifd->server);
    vifd_run_journal(vifd);
    vifd_run_rebuild(vifd);
    run_recovery(vifd);
    vifd_run_collect(vifd);
    vifd_run_rest(vifd);
    run_stop(vifd);
    systemd_watchdog_run();
}

void
vifd_wait(struct vifd *vifd)
{
    privilege_wait();
    reload_wait(vifd->reload);
    rtnl_monitor_wait(vifd->monitor);
    vifd_wait_devices(vifd);
    rpc_server_wait(vifd->server);
    lanes_wait(vifd->lanes);
    engine_wait(vifd->engine);
    ovs_wait(vifd->ovs);
    vifd_wait_collect(vifd);
    vifd_wait_journal(vifd);
    vifd_wait_rebuild(vifd);
    vifd_wait_rest(vifd);
    systemd_watchdog_wait();
    if (vifd->stop_deadline) {
        poll_timer_wait_until(vifd->flush_deadline ? vifd->flush_deadline
                              : vifd->stop_deadline);
    }
}

void
vifd_stop(struct vifd *vifd, const char *why)
{
    struct engine_stats stats;

    if (vifd->stop_deadline) {
        return;
    }
    engine_get_stats(vifd->engine, &stats);
    VLOG_INFO("stopping: %s; %"PRIuSIZE" requests are under way", why,
              stats.n_requests);
    systemd_notify("STOPPING=1\nSTATUS=finishing %"PRIuSIZE" requests",
                   stats.n_requests);
    rpc_server_stop(vifd->server);
    engine_stop_accepting(vifd->engine, "vifd is stopping");
    vifd->stop_deadline = time_msec() + vifd->config->shutdown_ms;
}

bool
vifd_stopped(const struct vifd *vifd)
{
    if (!vifd->stop_deadline) {
        return false;
    } else if (vifd->flush_deadline) {
        return (rpc_server_idle(vifd->server)
                || time_msec() >= vifd->flush_deadline);
    }
    if (time_msec() < vifd->stop_deadline) {
        return false;
    }

    struct engine_stats stats;
    engine_get_stats(vifd->engine, &stats);
    VLOG_WARN("%"PRIuSIZE" requests did not end in time: the next vifd takes "
              "them up from the journal", stats.n_requests);
    return true;
}

bool
vifd_failed(const struct vifd *vifd)
{
    return vifd->failed;
}
