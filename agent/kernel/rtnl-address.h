/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_RTNL_ADDRESS_H
#define KERNEL_RTNL_ADDRESS_H 1

/* Addresses of IP, as far as they tell that somebody uses a link. */

#include <stdbool.h>

#include <vif/error.h>

#include "kernel/rtnl.h"

/* Whether link 'ifindex' has one that somebody has given it: that lasts, and
 * is not for the link alone.  Those that the kernel makes up, or that a router
 * hands to whoever listens, say nothing. */
struct vif_error *rtnl_has_address(struct rtnl *, int ifindex, bool *hasp)
    VIF_WARN_UNUSED;

#endif /* kernel/rtnl-address.h */
