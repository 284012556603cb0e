/* SPDX-License-Identifier: Apache-2.0 */

/* What devlink knows of devices. */

#include <config.h>

#include "inventory/read.h"

#include "kernel/devlink.h"
#include "lib/cleanup.h"
#include "openvswitch/vlog.h"

VLOG_DEFINE_THIS_MODULE(inventory_devlink);

static void
read_devlink(struct genl *devlink, struct device *device)
{
    static const enum device_eswitch modes[] = {
        [DEVLINK_MODE_UNKNOWN] = DEVICE_ESWITCH_UNKNOWN,
        [DEVLINK_MODE_LEGACY] = DEVICE_ESWITCH_LEGACY,
        [DEVLINK_MODE_SWITCHDEV] = DEVICE_ESWITCH_SWITCHDEV,
        [DEVLINK_MODE_SWITCHDEV_INACTIVE]
            = DEVICE_ESWITCH_SWITCHDEV_INACTIVE,
    };
    static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(6, 10);
    struct devlink_answer answer;
    CLEANUP_ERROR struct vif_error *error = devlink_get(devlink, device->name,
                                                        &answer);

    if (error) {
        VLOG_INFO_RL(&rl, "%s", error->message);
    }
    device->in_devlink = answer.known;
    device->eswitch = modes[answer.mode];
}

/* One that is not there has no devices. */
void
inventory_read_devlink(struct genl *devlink, struct inventory *inventory)
{
    for (size_t i = 0; i < inventory->n && devlink; i++) {
        read_devlink(devlink, &inventory->devices[i]);
    }
}
