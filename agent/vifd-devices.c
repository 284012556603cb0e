/* SPDX-License-Identifier: Apache-2.0 */

/* The devices of the host, for the daemon: what the kernel tells of them goes
 * to who keeps the inventory, and who asks gets it together with the spec and
 * the claims. */

#include <config.h>

#include "agent/vifd-private.h"

#include "agent/config.h"
#include "agent/vf-watch.h"
#include "inventory/binding-request.h"
#include "inventory/keeper.h"
#include "inventory/pools.h"
#include "inventory/read.h"
#include "kernel/rtnl.h"
#include "kernel/uevent.h"
#include "openvswitch/vlog.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(vifd_devices);

static void
device_changed(void *vifd, const struct inventory_event *event)
{
    static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(60, 120);
    static const char *const words[] = {
        [INVENTORY_APPEARED] = "has appeared",
        [INVENTORY_VANISHED] = "has vanished",
        [INVENTORY_CHANGED] = "has changed",
    };
    const struct device *device = event->after ? event->after : event->before;

    VLOG_DBG_RL(&rl, "%s %s", device->name, words[event->type]);
    vifd_device_event(vifd, event);
}

static void
uevent_happened(void *vifd_, const struct uevent *event)
{
    const struct vifd *vifd = vifd_;

    inventory_keeper_uevent(vifd->devices, event);
}

static void
uevents_lost(void *vifd_)
{
    static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(6, 10);
    const struct vifd *vifd = vifd_;

    VLOG_INFO_RL(&rl, "notifications of devices were lost: reading all of "
                 "them again");
    inventory_keeper_all(vifd->devices);
}

/* Listens first, so that nothing falls between. */
struct vif_error *
vifd_start_devices(struct vifd *vifd)
{
    static const struct uevent_monitor_callbacks callbacks = {
        .happened = uevent_happened,
        .lost = uevents_lost,
    };
    struct vif_error *error = uevent_monitor_open(&callbacks, vifd,
                                                  &vifd->uevents);

    if (!error) {
        vifd->devices = inventory_keeper_start(SYSFS_ROOT, true,
                                               device_changed, vifd);
        vifd_start_vfs(vifd);
    }
    return error;
}

void
vifd_stop_devices(struct vifd *vifd)
{
    uevent_monitor_close(vifd->uevents);
    inventory_keeper_stop(vifd->devices);
    vf_watch_destroy(vifd->vf_watch);
    device_claims_destroy(&vifd->device_claims);
}

void
vifd_run_devices(struct vifd *vifd)
{
    uevent_monitor_run(vifd->uevents);
    inventory_keeper_run(vifd->devices);
    vf_watch_run(vifd->vf_watch);
    if (!vifd->devices_ready && vifd_devices_ready(vifd)) {
        vifd->devices_ready = true;
        engine_planner_ready(vifd->engine);
    }
}

void
vifd_wait_devices(const struct vifd *vifd)
{
    uevent_monitor_wait(vifd->uevents);
    inventory_keeper_wait(vifd->devices);
    vf_watch_wait(vifd->vf_watch);
}

void
vifd_device_link(const struct vifd *vifd, const struct rtnl_link *link)
{
    inventory_keeper_link(vifd->devices, link);
}

void
vifd_devices_lost(const struct vifd *vifd)
{
    inventory_keeper_all(vifd->devices);
}

/* Of a port or, as a note, of the operator. */
static void
claim_changed(void *vifd_, const char *name, const char *holder)
{
    struct vifd *vifd = vifd_;

    if (!device_claim_is(name)) {
        return;
    } else if (holder) {
        device_claims_put(&vifd->device_claims, name, holder);
    } else {
        device_claims_remove(&vifd->device_claims, name);
    }
}

void
vifd_watch_claims(struct vifd *vifd)
{
    engine_set_claim_cb(vifd->engine, claim_changed, vifd);
    engine_set_note_cb(vifd->engine, claim_changed, vifd);
}

bool
vifd_devices_ready(void *vifd_)
{
    const struct vifd *vifd = vifd_;
    const struct vif_error *failure;

    return inventory_keeper_get(vifd->devices, &failure) || failure;
}

/* What is known of a port that holds a device. */
static bool
find_holder(void *vifd_, const char *port, struct device_holder *holder)
{
    const struct vifd *vifd = vifd_;
    struct engine_port_view view;

    if (!engine_find_port(vifd->engine, port, &view) || !view.binding) {
        return false;
    }
    holder->leaving = (view.state == PORT_UNPLUGGING
                       || view.state == PORT_UNDOING);
    return binding_request_tags(view.binding, &holder->asked);
}

struct vif_error *
vifd_devices(void *vifd_, struct device_host *host)
{
    struct vifd *vifd = vifd_;
    const struct vif_error *failure;
    const struct inventory *inventory
        = inventory_keeper_get(vifd->devices, &failure);

    if (!inventory && failure) {
        return vif_error_clone(failure);
    } else if (!inventory) {
        return vif_error_with_retry(
            vif_error_create(VIF_ERR_UNAVAILABLE, "the devices of the host "
                             "are still being read"), 100);
    }

    *host = (struct device_host) {
        .inventory = inventory,
        .specs = &vifd->config->device_spec,
        .claims = &vifd->device_claims,
        .holder = find_holder,
        .aux = vifd,
    };
    return NULL;
}
