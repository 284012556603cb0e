/* SPDX-License-Identifier: Apache-2.0 */

/* Queueing disciplines, of which vifd wants none. */

#include <config.h>

#include "kernel/rtnl-private.h"

#include <errno.h>

#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>

/* The device's own, in place of what it has; made if it has none.  Its handle
 * is the kernel's to choose. */
static struct nl_msg *
noqueue_msg(int ifindex)
{
    const struct tcmsg tcm = {
        .tcm_family = AF_UNSPEC,
        .tcm_ifindex = ifindex,
        .tcm_parent = TC_H_ROOT,
    };
    struct nl_msg *msg = rtnl_msg(RTM_NEWQDISC,
                                  NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE,
                                  &tcm, sizeof tcm);

    rtnl_put(msg, TCA_KIND, "noqueue", sizeof "noqueue");
    return msg;
}

struct vif_error *
rtnl_set_noqueue(struct rtnl *rtnl, int ifindex)
{
    struct nl_msg *msg CLEANUP_MSG = noqueue_msg(ifindex);
    struct vif_error *error = rtnl_request(rtnl, msg, NULL, NULL);

    /* EOPNOTSUPP: no traffic control in this kernel (CONFIG_NET_SCHED).
     * ENOENT: no "noqueue" to be asked for, before Linux 4.3. */
    if (error && (error->errnum == EOPNOTSUPP || error->errnum == ENOENT)) {
        vif_error_destroy(error);
        return NULL;
    }
    return vif_error_wrap(error, "take the queueing discipline of link %d",
                          ifindex);
}
