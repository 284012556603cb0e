/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INVENTORY_READ_PRIVATE_H
#define INVENTORY_READ_PRIVATE_H 1

/* Between the files that read the inventory.  'dir' is sysfs's root, 'folder'
 * a device's below it. */

#include "inventory/device.h"

struct inventory_source;

#define READ_PATH_SIZE 256

/* Finds 'netdev' and 'n_netdevs' of 'device', whose driver is known. */
void read_device_netdev(int dir, const char *folder, struct device *device);

/* Adds what ethtool knows.  Sysfs may be behind: a netdev that is
 * on its way to another network namespace, or out of the world, is not
 * 'device''s any more. */
void read_device_netlink(const struct inventory_source *, struct device *);

#endif /* inventory/read-private.h */
