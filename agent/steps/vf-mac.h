/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STEPS_VF_MAC_H
#define STEPS_VF_MAC_H 1

/* A VF's netdev, and giving it a MAC address, against drivers that do not let
 * it have one of its own once its PF was told one, and do not notice what the
 * PF was told either. */

#include <vif/binding.h>
#include <vif/error.h>

#include "kernel/rtnl.h"
#include "steps/device-path.h"

struct vf_netdev {
    const char *name;           /* The VF's device name; the caller's. */
    const char *pf;             /* The PF's. */
    struct rtnl *rtnl;
    long long deadline;         /* CLOCK_MONOTONIC ms; 0: one that is not
                                 * there is not waited for. */

    /* vf_netdev_look() fills the rest. */
    struct device_path_netdev path;
    struct rtnl_link link;
};

/* Looks, and may wait a little for a driver that has just been bound.
 * VIF_ERR_NOT_FOUND, with why, if it is not here. */
struct vif_error *vf_netdev_look(struct vf_netdev *) VIF_WARN_UNUSED;

/* After vf_netdev_look(): VIF_ERR_IN_USE if something sits on it. */
struct vif_error *vf_netdev_check_bare(struct vf_netdev *) VIF_WARN_UNUSED;

/* Gives it an address that its PF was told before, or that the driver does
 * not mind.  Tries, in this order, until it has it: to set it; to take the
 * netdev down and up (or up and down) again, at which igbvf, ixgbevf and iavf
 * ask the PF; to unbind and bind the VF's driver, if nothing sits on the
 * netdev.  'link' is up to date then. */
struct vif_error *vf_netdev_set_mac(struct vf_netdev *,
                                    const struct vif_mac *) VIF_WARN_UNUSED;

/* Gives it one that its PF has for the VF again, or that the driver does not
 * mind: sets it, or takes the netdev down and up again. */
struct vif_error *vf_netdev_renew_mac(struct vf_netdev *,
                                      const struct vif_mac *)
    VIF_WARN_UNUSED;

/* Gives it one that it had before: if its driver minds, has the PF give it to
 * the VF first.  Never binds its driver. */
struct vif_error *vf_netdev_restore_mac(struct vf_netdev *,
                                        const struct vif_mac *)
    VIF_WARN_UNUSED;

#endif /* steps/vf-mac.h */
