/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_DEVLINK_H
#define KERNEL_DEVLINK_H 1

/* What devlink knows of a device (Documentation/networking/devlink). */

#include <stdbool.h>

#include <netlink/msg.h>

#include <vif/error.h>

struct genl;

#define DEVLINK_FAMILY "devlink"
#define DEVLINK_GROUP "config"

#define DEVLINK_HANDLE_SIZE 64

enum devlink_mode {
    DEVLINK_MODE_UNKNOWN,       /* Or the device has no eswitch. */
    DEVLINK_MODE_LEGACY,
    DEVLINK_MODE_SWITCHDEV,
    DEVLINK_MODE_SWITCHDEV_INACTIVE,
};

struct devlink_answer {
    bool known;                 /* Devlink has a device of that handle. */
    enum devlink_mode mode;
};

/* Asks for 'handle', "pci/0000:03:00.0".  Blocks for as long as somebody else
 * has devlink do something with that device, be it minutes. */
struct vif_error *devlink_get(struct genl *, const char *handle,
                              struct devlink_answer *) VIF_WARN_UNUSED;

/* A notification: the device that it is about.  The kernel does not tell that
 * the mode of an eswitch changes; it tells that ports come and go with it.
 * False if it is about something else. */
bool devlink_notified(const struct nlmsghdr *,
                      char handle[DEVLINK_HANDLE_SIZE]);

#endif /* kernel/devlink.h */
