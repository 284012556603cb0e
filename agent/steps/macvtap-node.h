/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STEPS_MACVTAP_NODE_H
#define STEPS_MACVTAP_NODE_H 1

/* The node /dev/tapIFINDEX, by which a guest opens its macvtap. */

#include <stdint.h>

#include <vif/error.h>

#define MACVTAP_NODE_SIZE 32
const char *macvtap_node_path(int ifindex, char buf[MACVTAP_NODE_SIZE]);

/* Gives it to 'uid' and 'gid'; VIF_NO_ID leaves one as it is.  Waits for it
 * for two seconds, or until 'deadline' (CLOCK_MONOTONIC ms): where /dev is no
 * devtmpfs, udev makes it.  VIF_ERR_REFUSED if another network namespace's
 * device has that node. */
struct vif_error *macvtap_node_give(int ifindex, uint32_t uid, uint32_t gid,
                                    long long deadline) VIF_WARN_UNUSED;

/* An error that says whose it is if that is somebody else. */
struct vif_error *macvtap_node_check(int ifindex, uint32_t uid, uint32_t gid)
    VIF_WARN_UNUSED;

#endif /* steps/macvtap-node.h */
