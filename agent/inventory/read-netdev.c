/* SPDX-License-Identifier: Apache-2.0 */

/* The netdev of a device.  In switchdev mode those that represent VFs and SFs
 * to the host hang below the same device as its own (since Linux 5.8), and
 * the switch's identity and the port's name tell them apart. */

#include <config.h>

#include "inventory/read-private.h"

#include <stdio.h>
#include <string.h>

#include "inventory/port-name.h"
#include "kernel/sysfs.h"

static void
read_netdev(int dir, const char *folder, const char *name,
            struct device_netdev *netdev)
{
    char text[64];

    memset(netdev, 0, sizeof *netdev);
    if (strlen(name) >= sizeof netdev->name) {
        return;
    }
    netdev->ifindex = sysfs_read_number(dir, 0, "%s/net/%s/ifindex", folder,
                                        name);
    strcpy(netdev->name, name);
    netdev->has_mac = (!sysfs_read_line(dir, text, sizeof text,
                                        "%s/net/%s/address", folder, name)
                       && vif_mac_from_string(text, &netdev->mac));
    sysfs_read_line(dir, netdev->switch_id, sizeof netdev->switch_id,
                    "%s/net/%s/phys_switch_id", folder, name);
    sysfs_read_line(dir, netdev->port_name, sizeof netdev->port_name,
                    "%s/net/%s/phys_port_name", folder, name);
}

/* How much a netdev looks like the device's own. */
enum likeness {
    REPRESENTOR,            /* It stands for something else. */
    OWN,
    OWN_UPLINK,             /* And says so. */
};

static enum likeness
likeness(const struct device_netdev *netdev)
{
    struct port_name port;

    if (!port_name_parse(netdev->port_name, &port)) {
        return OWN;
    } else if (port.kind == PORT_UPLINK) {
        return OWN_UPLINK;
    }
    /* Without a switch there is nothing to represent: a number is then just
     * a port's. */
    return netdev->switch_id[0] ? REPRESENTOR : OWN;
}

static void
read_netdevs(int dir, const char *folder, const struct sysfs_names *names,
             struct device *device)
{
    enum likeness best = OWN;

    for (size_t i = 0; i < names->n; i++) {
        struct device_netdev netdev;

        read_netdev(dir, folder, names->names[i], &netdev);
        if (netdev.ifindex <= 0) {
            continue;               /* It has just gone. */
        }
        enum likeness like = likeness(&netdev);
        if (like > best) {
            best = like;
            device->n_netdevs = 0;
        }
        if (like == best) {
            device->netdev = netdev;
            device->n_netdevs++;
        }
    }
    if (device->n_netdevs > 1) {
        memset(&device->netdev, 0, sizeof device->netdev);
    }
}

/* The netdevs of a virtio function hang below its virtio device. */
static bool
find_virtio(int dir, const char *folder, char *below, size_t size)
{
    CLEANUP_SYSFS_NAMES struct sysfs_names names;

    sysfs_list(dir, &names, "%s", folder);
    for (size_t i = 0; i < names.n; i++) {
        if (!strncmp(names.names[i], "virtio", 6)) {
            int n = snprintf(below, size, "%s/%s", folder, names.names[i]);
            return n > 0 && (size_t) n < size;
        }
    }
    return false;
}

void
read_device_netdev(int dir, const char *folder, struct device *device)
{
    CLEANUP_SYSFS_NAMES struct sysfs_names names, below_names = { NULL, 0 };
    char below[READ_PATH_SIZE];

    if (!sysfs_list(dir, &names, "%s/net", folder)) {
        read_netdevs(dir, folder, &names, device);
    } else if (!strncmp(device->driver, "virtio", 6)
               && find_virtio(dir, folder, below, sizeof below)
               && !sysfs_list(dir, &below_names, "%s/net", below)) {
        read_netdevs(dir, below, &below_names, device);
    }
}
