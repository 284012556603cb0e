/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INVENTORY_READ_H
#define INVENTORY_READ_H 1

/* Reads the inventory from sysfs.  Blocks, because drivers answer: a worker
 * calls it.  Nothing is shared; several may read at once.
 *
 * A device that goes while it is read is left out; what a driver does not
 * tell is unknown.  Only a root that cannot be opened is an error.  A NIC is
 * what has PCI's class 02, network controllers, or is on the bus
 * 'netdevsim'. */

#include "inventory/inventory.h"

#define SYSFS_ROOT "/sys"

/* All of it.  The caller destroys '*inventory', also after an error. */
struct vif_error *inventory_read(const char *root,
                                 struct inventory *inventory)
    VIF_WARN_UNUSED;

/* The device 'name' alone, or with 'vfs' a PF with its VFs: what
 * inventory_update() takes.  Empty if it is not there, or no NIC. */
struct vif_error *inventory_read_device(const char *root, const char *name,
                                        bool vfs, struct inventory *part)
    VIF_WARN_UNUSED;

#endif /* inventory/read.h */
