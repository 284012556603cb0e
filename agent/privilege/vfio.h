/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PRIVILEGE_VFIO_H
#define PRIVILEGE_VFIO_H 1

/* PCI functions that have a driver of VFIO: whether a guest has one open, and
 * keeping guests out while something is done to it.  The helper's side. */

#include <sys/stat.h>

#include <vif/error.h>

#include "privilege/privilege.h"

struct vfio_hold {
    char group[16];             /* Its IOMMU group; "" if nothing is held. */
    int group_fd;               /* The group's node, open; or -1. */
    int device_fd;              /* The function's own node (O_PATH), shut to
                                 * all but root; or -1. */
    mode_t device_mode;         /* As that was. */
    struct vfio_hold *next;     /* Of those that this process has. */
};
#define VFIO_HOLD_INIT { .group_fd = -1, .device_fd = -1 }
#define CLEANUP_VFIO_HOLD CLEANUP(vfio_release)

/* If function 'address' has a driver of VFIO, or is leaving one: makes sure
 * that nobody has it open, and that nobody opens it until vfio_release().
 * VIF_ERR_IN_USE, which names who, if somebody has.  Else it does nothing.
 * 'hold', which must be VFIO_HOLD_INIT, must stay where it is until it is
 * released, also after an error.
 *
 * Waits for other threads of this process that hold functions of the same
 * group. */
struct vif_error *vfio_hold(const struct privilege_host *,
                            const char *address, struct vfio_hold *)
    VIF_WARN_UNUSED;
void vfio_release(struct vfio_hold *);

#endif /* privilege/vfio.h */
