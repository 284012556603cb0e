/* SPDX-License-Identifier: Apache-2.0 */

/* What somebody else does to devices that ports have: the engine is told of
 * those that are not as they were asked to be, and verifies their ports.  Of
 * what is as it was asked, which is mostly what vifd has just done itself, it
 * is told only if the port has drifted, so that this is seen to be over. */

#include <config.h>

#include "agent/vifd-private.h"

#include <string.h>

#include "agent/vf-watch.h"
#include "inventory/keeper.h"
#include "kernel/rtnl.h"
#include "lib/cleanup.h"
#include "steps/vf-args.h"
#include "util.h"

static bool
has_drifted(const struct vifd *vifd, const char *kind, const char *object)
{
    const char *holder = engine_holder(vifd->engine, kind, object);
    struct engine_port_view view;

    return (holder && engine_find_port(vifd->engine, holder, &view)
            && view.state == PORT_DRIFTED);
}

static void
tell(const struct vifd *vifd, const char *kind, const char *object,
     bool as_asked)
{
    if (!as_asked || has_drifted(vifd, kind, object)) {
        engine_object_changed(vifd->engine, kind, object);
    }
}

/* Attributes of VFs. */

/* What the driver does not report cannot be compared. */
static bool
is_as_asked(const struct vif_attrs *asked, const struct vf_view *view)
{
    struct vf_args args;
    CLEANUP_ERROR struct vif_error *error = vf_args_read(asked, &args);

    if (error || args.number >= view->n) {
        return false;
    }

    struct rtnl_vf found = view->vfs[args.number];
    vf_normalize(&found);
    vf_normalize(&args.values);
    for (enum rtnl_vf_field i = 0; i < RTNL_VF_N_FIELDS; i++) {
        if (vf_has(&args.values, i) && vf_has(&found, i)
            && !vf_equal(&args.values, &found, i)) {
            return false;
        }
    }
    return true;
}

struct seen {
    const struct vifd *vifd;
    const struct vf_view *view;
};

static void
compare_vf(void *seen_, const char *name)
{
    const struct seen *seen = seen_;
    const struct vif_attrs *asked = engine_asked(seen->vifd->engine, "vf",
                                                 name);

    if (asked) {
        tell(seen->vifd, "vf", name, is_as_asked(asked, seen->view));
    }
}

static void
vfs_read(void *vifd_, const struct vf_view *view)
{
    const struct vifd *vifd = vifd_;
    struct seen seen = { vifd, view };

    device_claims_for_each_vf(&vifd->device_claims, view->pf, compare_vf,
                              &seen);
}

/* A PF's VFs are of interest if ports have some. */
static void
pf_changed(const struct vifd *vifd, const struct device *pf)
{
    if (pf->netdev.ifindex
        && device_claims_count_vfs(&vifd->device_claims, pf->name)) {
        vf_watch_link(vifd->vf_watch, pf->name, pf->netdev.ifindex);
    }
}

/* Links. */

static bool
mac_is_as_asked(const struct vif_attrs *asked, bool has_mac,
                const struct vif_mac *found)
{
    const char *text = vif_attrs_get(asked, "mac");
    struct vif_mac mac;

    return (!text || !vif_mac_from_string(text, &mac)
            || (has_mac && !memcmp(found, &mac, sizeof mac)));
}

static bool
link_is_as_asked(const struct vif_attrs *asked, const struct rtnl_link *link)
{
    uint32_t mtu = vif_attrs_get_uint(asked, "mtu", 0);

    return (mac_is_as_asked(asked, link->has_mac, &link->mac)
            && (!mtu || mtu == link->mtu)
            && (!vif_attrs_get(asked, "up")
                || vif_attrs_get_bool(asked, "up", true) == link->up));
}

/* While the port is being plugged, what is not as it shall be is put right. */
static void
netdev_changed(const struct vifd *vifd, const char *name,
               const struct rtnl_link *link)
{
    const struct vif_attrs *asked = engine_asked(vifd->engine, "vf-netdev",
                                                 name);
    struct engine_port_view view;

    if (asked
        && engine_find_port(vifd->engine,
                            engine_holder(vifd->engine, "vf-netdev", name),
                            &view)) {
        bool good = link_is_as_asked(asked, link);

        if (view.state == PORT_PLUGGING || view.state == PORT_CHANGING) {
            engine_object_seen(vifd->engine, "vf-netdev", name, good);
        } else {
            tell(vifd, "vf-netdev", name, good);
        }
    }
}

void
vifd_netdev_link(const struct vifd *vifd, const struct rtnl_link *link)
{
    const struct inventory *inventory = inventory_keeper_get(vifd->devices,
                                                             NULL);
    const struct device *device
        = inventory ? inventory_find_netdev(inventory, link->ifindex) : NULL;

    if (device && device->type == DEVICE_PF) {
        pf_changed(vifd, device);
    } else if (device) {
        netdev_changed(vifd, device->name, link);
    }
}

/* Links that steps make: their objects are names of netdevs. */
void
vifd_upper_link(const struct vifd *vifd, const struct rtnl_link *link)
{
    static const char *const made[] = { "macvtap", "vlan" };

    for (size_t i = 0; i < ARRAY_SIZE(made); i++) {
        if (!strcmp(link->kind, made[i])) {
            const struct vif_attrs *asked = engine_asked(
                vifd->engine, made[i], link->name);

            engine_object_seen(vifd->engine, made[i], link->name,
                               asked && link_is_as_asked(asked, link));
        }
    }
}

/* Devices. */

static bool
vf_is_there(const struct inventory_event *event,
            const struct vif_attrs *asked OVS_UNUSED)
{
    return event->after && event->before && !(event->what & INVENTORY_TYPE);
}

static bool
driver_is_as_asked(const struct inventory_event *event,
                   const struct vif_attrs *asked)
{
    const char *driver = vif_attrs_get(asked, "driver");

    return (event->after && event->before
            && (!driver || !strcmp(driver, event->after->driver)));
}

static bool
netdev_is_as_asked(const struct inventory_event *event,
                   const struct vif_attrs *asked)
{
    const struct device *after = event->after;

    return (after && event->before && after->netdev.ifindex
            && after->netdev.ifindex == event->before->netdev.ifindex
            && mac_is_as_asked(asked, after->netdev.has_mac,
                               &after->netdev.mac));
}

/* What of a device each kind of step is about. */
static const struct {
    const char *kind;
    bool (*as_asked)(const struct inventory_event *,
                     const struct vif_attrs *asked);
} kinds[] = {
    { "vf", vf_is_there },
    { "vf-netdev", netdev_is_as_asked },
    { "pci-driver", driver_is_as_asked },
};

void
vifd_device_event(const struct vifd *vifd,
                  const struct inventory_event *event)
{
    const struct device *device = event->after ? event->after : event->before;

    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        const struct vif_attrs *asked = engine_asked(
            vifd->engine, kinds[i].kind, device->name);

        if (asked) {
            tell(vifd, kinds[i].kind, device->name,
                 kinds[i].as_asked(event, asked));
        }
    }
    /* A PF that was reset or has another netdev may have forgotten. */
    if (event->after && device->type == DEVICE_PF) {
        pf_changed(vifd, device);
    }
}

void
vifd_start_vfs(struct vifd *vifd)
{
    vifd->vf_watch = vf_watch_create(vfs_read, vifd);
}
