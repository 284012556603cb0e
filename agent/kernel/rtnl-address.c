/* SPDX-License-Identifier: Apache-2.0 */

/* See rtnl-address.h. */

#include <config.h>

#include "kernel/rtnl-address.h"

#include <sys/socket.h>

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include "kernel/rtnl-private.h"

/* Addresses may change while they are listed. */
#define MAX_ATTEMPTS 100

struct search {
    int ifindex;
    bool found;
};

static struct vif_error *
look_at(const struct nlmsghdr *header, void *search_)
{
    const struct ifaddrmsg *address = nlmsg_data(header);
    struct search *search = search_;

    if (header->nlmsg_type == RTM_NEWADDR
        && header->nlmsg_len >= NLMSG_LENGTH(sizeof *address)
        && address->ifa_index == (unsigned int) search->ifindex
        && address->ifa_flags & IFA_F_PERMANENT
        && address->ifa_scope != RT_SCOPE_LINK) {
        search->found = true;
    }
    return NULL;
}

struct vif_error *
rtnl_has_address(struct rtnl *rtnl, int ifindex, bool *hasp)
{
    const struct ifaddrmsg all = { .ifa_family = AF_UNSPEC };
    struct search search = { .ifindex = ifindex };
    struct vif_error *error = NULL;
    bool interrupted = true;

    for (int i = 0; i < MAX_ATTEMPTS && interrupted && !error
                    && !search.found; i++) {
        struct nl_msg *msg CLEANUP_MSG = rtnl_msg(RTM_GETADDR, 0, &all,
                                                  sizeof all);

        error = rtnl_request_dump(rtnl, msg, look_at, &search, &interrupted);
    }
    if (!error && interrupted && !search.found) {
        error = vif_error_create(VIF_ERR_BUSY, "they change faster than they "
                                 "can be listed");
        error->retry = true;
    }
    *hasp = search.found;
    return vif_error_wrap(error, "look for addresses of link %d", ifindex);
}
