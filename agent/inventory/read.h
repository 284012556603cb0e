/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INVENTORY_READ_H
#define INVENTORY_READ_H 1

/* Reads the inventory from sysfs and ethtool, and apart from that what devlink
 * knows.  Blocks, because drivers answer, and devlink for as long as it has a
 * device do something, be it to write its firmware: a worker calls it.
 * Nothing is shared but the sockets; several may read at once.
 *
 * A device that goes while it is read is left out; what a driver does not
 * tell is unknown.  An error is a root or a bus that cannot be listed, and
 * that there was no descriptor or no memory to open an attribute with: what
 * seems to be missing then may be there.  A NIC is what has PCI's class 02,
 * network controllers, or is on the bus 'netdevsim'.
 *
 * How many VFs a PF has is how many links to them sysfs has, whatever
 * sriov_numvfs says: that is written before they are there, and to read it
 * means to wait for whoever is changing it, who may be waiting for a guest. */

#include "inventory/inventory.h"

struct genl;

#define SYSFS_ROOT "/sys"

struct inventory_source {
    const char *root;           /* SYSFS_ROOT, or a test's folder. */
    struct genl *ethtool;       /* NULL: what it knows is unknown. */
};

/* All of it.  The caller destroys '*inventory', also after an error. */
struct vif_error *inventory_read(const struct inventory_source *,
                                 struct inventory *inventory)
    VIF_WARN_UNUSED;

/* The device 'name' alone, or with 'vfs' a PF with its VFs: what
 * inventory_update() takes.  Empty if it is not there, or no NIC. */
struct vif_error *inventory_read_device(const struct inventory_source *,
                                        const char *name, bool vfs,
                                        struct inventory *part)
    VIF_WARN_UNUSED;

/* Asks devlink, if the kernel has it, for what it knows of these devices:
 * 'in_devlink' and 'eswitch'. */
void inventory_read_devlink(struct genl *devlink, struct inventory *);

#endif /* inventory/read.h */
