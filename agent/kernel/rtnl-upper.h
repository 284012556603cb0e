/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_RTNL_UPPER_H
#define KERNEL_RTNL_UPPER_H 1

/* Links that sit on another one, the lower: macvtaps and VLAN devices.  They
 * go when it goes.
 *
 * The kernel ignores an alias while it makes a link (rtnl_create_link(),
 * net/core/rtnetlink.c), but takes name and group: what must be recognised
 * after a crash is made with a group of its own, and gets its alias then. */

#include <stdint.h>

#include <vif/binding.h>
#include <vif/error.h>

#include "kernel/rtnl.h"

struct rtnl_upper {
    const char *name;
    int lower;                      /* ifindex. */
    uint32_t group;                 /* 0: the default one. */
    uint32_t mtu;                   /* 0: the lower's. */
};

/* Each makes a link that did not exist, and leaves it down.  VIF_ERR_CONFLICT
 * if the name is taken; VIF_ERR_UNSUPPORTED, with the name of the module, if
 * the kernel does not know the kind. */

/* 'mac' may be NULL.  In mode passthru the kernel gives it the lower's. */
struct vif_error *rtnl_macvtap_create(struct rtnl *, const struct rtnl_upper *,
                                      enum vif_macvtap_mode,
                                      const struct vif_mac *mac)
    VIF_WARN_UNUSED;

/* Of 802.1Q. */
struct vif_error *rtnl_vlan_create(struct rtnl *, const struct rtnl_upper *,
                                   uint16_t id) VIF_WARN_UNUSED;

#endif /* kernel/rtnl-upper.h */
