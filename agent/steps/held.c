/* SPDX-License-Identifier: Apache-2.0 */

/* See held.h.  Of VFIO the helper knows (agent/privilege/vfio.c): the nodes
 * below /dev/vfio are root's, and who has them open is in other users'
 * processes. */

#include <config.h>

#include "steps/held.h"

#include <string.h>

#include "kernel/rtnl.h"
#include "steps/device-path.h"
#include "steps/link-mark.h"
#include "util.h"

/* One that seems to have no driver may be on its way out of VFIO's, and wait
 * there for its guest. */
static bool
has_host_driver(const char *device_name)
{
    char driver[DEVICE_DRIVER_SIZE];

    return (device_path_driver(device_name, driver)
            && !strstr(driver, "vfio"));
}

struct vif_error *
device_check_unheld(const char *device_name)
{
    struct privilege_pci_address address;

    /* Only PCI functions are driven by VFIO. */
    return (device_path_pci(device_name, &address)
            && !has_host_driver(device_name)
            ? privilege_pci_check_unheld(&address) : NULL);
}

/* Links that are made for one guest or container each.  A bridge or a VLAN
 * device is the host's own, and what a VF's netdev is put into by itself as
 * soon as it turns up. */
static bool
is_guests(const struct rtnl_link *link)
{
    static const char *const kinds[] = {
        "macvtap", "macvlan", "ipvtap", "ipvlan",
    };

    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        if (!strcmp(link->kind, kinds[i])) {
            return true;
        }
    }
    return false;
}

struct look {
    const struct step *step;
    const struct step_env *env;
};

static struct vif_error *
check_upper(void *look_, const char *upper)
{
    const struct look *look = look_;
    struct rtnl_link link;
    struct vif_error *error = rtnl_get_by_name(look->env->rtnl, upper, &link);

    if (error && error->code == VIF_ERR_NOT_FOUND) {
        vif_error_destroy(error);
        return NULL;
    } else if (error || !is_guests(&link)) {
        return error;
    }

    const char *port_id = link_mark_port_id(&link, look->env->key);
    if (port_id && !strcmp(port_id, look->step->port_id)) {
        return NULL;
    }
    return vif_error_create(VIF_ERR_IN_USE, "%s is in use: %s %s sits on its "
                            "network device: detach it from the guest first",
                            look->step->object, link.kind, link.name);
}

struct vif_error *
device_check_links(struct step *step, const struct step_env *env)
{
    struct look look = { step, env };

    return device_path_each_upper(step->object, check_upper, &look);
}

struct vif_error *
device_check_unused(struct step *step, const struct step_env *env)
{
    struct vif_error *error = device_check_unheld(step->object);

    return error ? error : device_check_links(step, env);
}

struct vif_error *
device_check_new(struct step *step, const struct step_env *env)
{
    return (step->has_previous || step->original.n ? NULL
            : device_check_unused(step, env));
}
