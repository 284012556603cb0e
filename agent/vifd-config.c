/* SPDX-License-Identifier: Apache-2.0 */

/* The daemon's configuration: read at start and again when asked, and handed
 * to the parts in the form that each wants. */

#include <config.h>

#include "agent/vifd-private.h"

#include <stdlib.h>
#include <unistd.h>

#include "agent/budget.h"
#include "agent/config.h"
#include "agent/descriptors.h"
#include "agent/reload.h"
#include "agent/systemd.h"
#include "dirs.h"
#include "engine/journal.h"
#include "openvswitch/vlog.h"
#include "ovs/ovs.h"
#include "rpc/methods.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(configuration);

/* Somebody who waits for a reload; the second one of a pair waits for the
 * load after the one under way. */
struct waiter {
    struct ovs_list node;
    rpc_reload_cb *done;
    void *aux;
};

/* The default file need not be there. */
const char *
vifd_config_path(const struct vifd_options *options)
{
    static const char def[] = VIFD_SYSCONFDIR "/vifd/vifd.yaml";

    return (options->config ? options->config
            : access(def, F_OK) ? NULL : def);
}

static struct vif_error *
apply_options(const struct vifd_options *options, struct config *config)
{
    const struct {
        const char *name, *value;
    } overrides[] = {
        { "socket", options->socket },
        { "journal", options->journal },
        { "plugins", options->plugins },
        { "ovsdb", options->ovsdb },
        { "user", options->user },
    };

    for (size_t i = 0; i < ARRAY_SIZE(overrides); i++) {
        if (overrides[i].value) {
            struct vif_error *error = config_override(
                config, overrides[i].name, overrides[i].value);
            if (error) {
                return error;
            }
        }
    }
    return NULL;
}

/* Also run by the reload's thread: touches nothing but 'options'. */
struct vif_error *
vifd_load_config(void *options_, struct config **configp)
{
    const struct vifd_options *options = options_;
    const char *path = vifd_config_path(options);
    struct vif_error *error = config_load(path, configp);

    if (error) {
        return error;
    }
    error = apply_options(options, *configp);
    if (!error) {
        error = vif_error_wrap(rpc_methods_check_access(*configp), "%s",
                               path ? path : "defaults");
    }
    if (error) {
        config_destroy(*configp);
        *configp = NULL;
    }
    return error;
}

struct vif_error *
vifd_check_config(const struct vifd_options *options)
{
    struct vifd_options copy = *options;
    struct config *config;
    struct vif_error *error = vifd_load_config(&copy, &config);

    config_destroy(config);
    return error;
}

char *
vifd_ovsdb_remote(const struct vifd *vifd)
{
    return (vifd->config->ovsdb ? xstrdup(vifd->config->ovsdb)
            : xasprintf("unix:%s/db.sock", ovs_rundir()));
}

/* What the configuration says of the process itself. */
void
vifd_set_limits(struct vifd *vifd)
{
    budget_set_limit(vifd->budget,
                     vifd->config->memory_limit * UINT64_C(1048576));
    descriptors_check_clients(vifd->config->max_clients);
}

static long long
engine_clock(void *aux OVS_UNUSED)
{
    return time_usec();
}

struct engine_config
vifd_engine_config(const struct vifd *vifd)
{
    const struct config *config = vifd->config;

    return (struct engine_config) {
        .timeout_ms = config->default_timeout_ms,
        .max_requests = config->max_requests,
        .max_ports = config->max_ports,
        .retry_min_ms = config->retry_min_ms,
        .retry_max_ms = config->retry_max_ms,
        .rebooted = journal_sqlite_rebooted(vifd->journal),
        .now_us = engine_clock,
    };
}

/* What plugins may ask about the host. */

static bool
ovsdb_ready(void *vifd_)
{
    const struct vifd *vifd = vifd_;

    return vifd->ovs && ovs_synced(vifd->ovs);
}

static bool
bridge_exists(void *vifd_, const char *bridge)
{
    const struct vifd *vifd = vifd_;

    return vifd->ovs && ovs_bridge_exists(vifd->ovs, bridge);
}

static const char *
bridge_datapath_type(void *vifd_, const char *bridge)
{
    const struct vifd *vifd = vifd_;

    return vifd->ovs ? ovs_bridge_datapath_type(vifd->ovs, bridge) : NULL;
}

static bool
bridge_may_create(void *vifd_, const char *bridge)
{
    const struct vifd *vifd = vifd_;

    return config_may_create_bridge(vifd->config, bridge);
}

struct plugins_config
vifd_plugins_config(struct vifd *vifd)
{
    return (struct plugins_config) {
        .bridge = vifd->config->bridge,
        .datapath_type = vifd->config->datapath_type,
        .mtu = vifd->config->mtu,
        .max_queues = vifd->config->max_queues,
        .ovsdb_ready = ovsdb_ready,
        .bridge_exists = bridge_exists,
        .bridge_datapath_type = bridge_datapath_type,
        .bridge_may_create = bridge_may_create,
        .devices_ready = vifd_devices_ready,
        .devices = vifd_devices,
        .aux = vifd,
    };
}

/* Reload. */

static void
tell_waiters(struct vifd *vifd, const struct vif_error *error,
             const char *const *frozen, size_t n_frozen)
{
    struct ovs_list told = OVS_LIST_INITIALIZER(&told);
    struct waiter *waiter;

    /* Whoever is told may ask again. */
    ovs_list_push_back_all(&told, &vifd->waiters);
    ovs_list_push_back_all(&vifd->waiters, &vifd->next_waiters);
    LIST_FOR_EACH_POP (waiter, node, &told) {
        waiter->done(waiter->aux, error, frozen, n_frozen);
        free(waiter);
    }
}

static void
take_config(struct vifd *vifd, struct config *config)
{
    const char *frozen[64];
    size_t n = 0, i = 0;
    const char *name;

    while (n < ARRAY_SIZE(frozen)
           && (name = config_next_frozen(vifd->config, config, &i))) {
        VLOG_WARN("a change of %s takes effect when vifd is "
                  "started again", name);
        frozen[n++] = name;
    }

    struct config *old = vifd->config;
    vifd->config = config;
    vifd->host.config = vifd->host.access.config = config;

    const struct engine_config engine_config = vifd_engine_config(vifd);
    const struct plugins_config plugins_config = vifd_plugins_config(vifd);
    engine_set_config(vifd->engine, &engine_config);
    plugins_set_config(vifd->plugins, &plugins_config);
    vifd_set_limits(vifd);
    config_destroy(old);
    VLOG_INFO("read again");
    tell_waiters(vifd, NULL, frozen, n);
}

void
vifd_run_reload(struct vifd *vifd)
{
    struct config *config;
    struct vif_error *error;

    if (!reload_take(vifd->reload, &config, &error)) {
        return;
    }
    if (error) {
        VLOG_ERR("refused, the old one stays: %s",
                 error->message);
        error = vif_error_wrap(error, "the configuration was refused, the "
                               "old one stays");
        tell_waiters(vifd, error, NULL, 0);
        vif_error_destroy(error);
    } else {
        take_config(vifd, config);
    }
    systemd_notify("READY=1");
}

void
vifd_start_reload(void *vifd_, rpc_reload_cb *done, void *aux)
{
    struct vifd *vifd = vifd_;
    struct waiter *waiter = xmalloc(sizeof *waiter);

    waiter->done = done;
    waiter->aux = aux;
    systemd_notify_reloading();
    ovs_list_push_back(reload_start(vifd->reload) ? &vifd->waiters
                       : &vifd->next_waiters, &waiter->node);
}

static void
reload_was_logged(void *aux OVS_UNUSED,
                  const struct vif_error *error OVS_UNUSED,
                  const char *const *frozen OVS_UNUSED,
                  size_t n_frozen OVS_UNUSED)
{
}

void
vifd_reload(struct vifd *vifd)
{
    vifd_start_reload(vifd, reload_was_logged, NULL);
}

void
vifd_forget_waiters(struct vifd *vifd)
{
    struct waiter *waiter;

    LIST_FOR_EACH_POP (waiter, node, &vifd->waiters) {
        free(waiter);
    }
    LIST_FOR_EACH_POP (waiter, node, &vifd->next_waiters) {
        free(waiter);
    }
}
