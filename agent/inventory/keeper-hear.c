/* SPDX-License-Identifier: Apache-2.0 */

/* What the kernel tells, and which device is therefore to be read again. */

#include <config.h>

#include "inventory/keeper.h"

#include <stdio.h>
#include <string.h>

#include "kernel/rtnl.h"
#include "kernel/uevent.h"
#include "util.h"

bool
inventory_device_of_path(const char *devpath, char name[DEVICE_NAME_SIZE])
{
    bool found = false;

    for (const char *s = devpath; *s; s += strcspn(s, "/")) {
        struct pci_address address;
        char word[32];

        s += *s == '/';
        size_t length = strcspn(s, "/");
        if (length >= sizeof word) {
            continue;
        }
        memcpy(word, s, length);
        word[length] = '\0';
        if (pci_address_from_string(word, &address)) {
            device_pci_name(&address, name);
            found = true;
        } else if (!strncmp(word, "netdevsim", 9) && word[9]) {
            snprintf(name, DEVICE_NAME_SIZE, "netdevsim/%s", word);
            found = true;
        }
    }
    return found;
}

/* Of drivers/pci/iov.c: a VF says "add" before it is linked to its PF and
 * "change" after, and the PF says "change" when it has all that were asked
 * for.  When they go, only the VFs say so. */
void
inventory_keeper_uevent(struct inventory_keeper *keeper,
                        const struct uevent *event)
{
    static const char *const subsystems[] = {
        "pci", "net", "vdpa", "infiniband", "netdevsim",
    };
    char name[DEVICE_NAME_SIZE];

    for (size_t i = 0; i < ARRAY_SIZE(subsystems); i++) {
        if (!strcmp(event->subsystem, subsystems[i])
            && inventory_device_of_path(event->devpath, name)) {
            inventory_keeper_device(keeper, name,
                                    event->action == UEVENT_CHANGE);
            return;
        }
    }
}

void
inventory_keeper_netdev(struct inventory_keeper *keeper, int ifindex)
{
    const struct inventory *inventory = inventory_keeper_get(keeper, NULL);
    const struct device *device;

    if (!inventory) {
        inventory_keeper_all(keeper);   /* It may have been read already. */
    } else if ((device = inventory_find_netdev(inventory, ifindex))) {
        inventory_keeper_device(keeper, device->name, false);
    }
}

static bool
is_as_told(const struct device_netdev *netdev, const struct rtnl_link *link)
{
    return (!strcmp(netdev->name, link->name)
            && (!link->has_mac
                || !memcmp(&link->mac, &netdev->mac, sizeof link->mac)));
}

/* A netdev that comes from another network namespace says "add" before sysfs
 * has it, and is a link after (dev_change_net_namespace() of
 * net/core/dev.c). */
void
inventory_keeper_link(struct inventory_keeper *keeper,
                      const struct rtnl_link *link)
{
    const struct inventory *inventory = inventory_keeper_get(keeper, NULL);

    if (!inventory) {
        inventory_keeper_all(keeper);
        return;
    }
    const struct device *device = inventory_find_netdev(inventory,
                                                        link->ifindex);
    if (!device) {
        device = inventory_find(inventory, link->parent);
        if (device && !device->n_netdevs) {
            inventory_keeper_device(keeper, device->name, false);
        }
    } else if (!is_as_told(&device->netdev, link)) {
        inventory_keeper_device(keeper, device->name, false);
    }
}
