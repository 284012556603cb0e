/* SPDX-License-Identifier: Apache-2.0 */
/* See own-netns.h. */

#include <config.h>

#include "tests/unit/own-netns.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>

#include <cmocka.h>

#include "kernel/rtnl-private.h"

static bool
write_text(const char *file, const char *text)
{
    int fd CLEANUP_CLOSE = open(file, O_WRONLY | O_CLOEXEC);

    return fd >= 0 && write(fd, text, strlen(text)) == (ssize_t) strlen(text);
}

/* As root of a user namespace. */
static bool
enter_unprivileged(void)
{
    char uid_map[32], gid_map[32];

    snprintf(uid_map, sizeof uid_map, "0 %u 1", geteuid());
    snprintf(gid_map, sizeof gid_map, "0 %u 1", getegid());
    return (!unshare(CLONE_NEWUSER | CLONE_NEWNET)
            && write_text("/proc/self/setgroups", "deny")
            && write_text("/proc/self/uid_map", uid_map)
            && write_text("/proc/self/gid_map", gid_map));
}

bool
own_netns_enter(void)
{
    if ((unshare(CLONE_NEWNET) && !enter_unprivileged())
        || access("/dev/net/tun", R_OK | W_OK)) {
        printf("1..0 # SKIP no network namespace or no /dev/net/tun: %s\n",
               strerror(errno));
        return false;
    }
    return true;
}

int
own_netns_set_up(void **state)
{
    struct rtnl *rtnl;

    assert_null(rtnl_open(&rtnl));
    *state = rtnl;
    return 0;
}

int
own_netns_tear_down(void **state)
{
    struct rtnl *rtnl = *state;
    struct rtnl_link *links CLEANUP_FREE = NULL;
    size_t n;

    assert_null(rtnl_dump(rtnl, &links, &n));

    int *ifindexes CLEANUP_FREE = calloc(n + 1, sizeof *ifindexes);
    struct vif_error **errors CLEANUP_FREE = calloc(n + 1, sizeof *errors);
    size_t n_left = 0;
    for (size_t i = 0; i < n; i++) {
        if (strcmp(links[i].name, "lo")) {
            ifindexes[n_left++] = links[i].ifindex;
        }
    }
    rtnl->moved = NULL;
    rtnl_delete_many(rtnl, ifindexes, errors, n_left);
    for (size_t i = 0; i < n_left; i++) {
        vif_error_destroy(errors[i]);
    }
    rtnl_close(rtnl);
    return 0;
}

int
own_netns_add_veth(struct rtnl *rtnl, const char *name, const char *peer)
{
    struct nl_msg *msg CLEANUP_MSG
        = rtnl_link_msg(RTM_NEWLINK, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL,
                        0);
    const struct ifinfomsg ifi = { .ifi_family = AF_UNSPEC };
    struct rtnl_link link;

    nla_put_string(msg, IFLA_IFNAME, name);
    struct nlattr *kind = nla_nest_start(msg, IFLA_LINKINFO);
    nla_put_string(msg, IFLA_INFO_KIND, "veth");
    struct nlattr *veth = nla_nest_start(msg, IFLA_INFO_DATA);
    struct nlattr *other = nla_nest_start(msg, VETH_INFO_PEER);
    nlmsg_append(msg, (void *) &ifi, sizeof ifi, NLMSG_ALIGNTO);
    nla_put_string(msg, IFLA_IFNAME, peer);
    nla_nest_end(msg, other);
    nla_nest_end(msg, veth);
    nla_nest_end(msg, kind);
    assert_null(rtnl_request(rtnl, msg, NULL, NULL));
    assert_null(rtnl_get_by_name(rtnl, name, &link));
    return link.ifindex;
}

int
own_netns_open_tap(const char *name, int flags)
{
    struct ifreq ifr = { .ifr_flags = IFF_TAP | IFF_NO_PI | flags };
    int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

    assert_true(fd >= 0);
    snprintf(ifr.ifr_name, sizeof ifr.ifr_name, "%s", name);
    if (ioctl(fd, TUNSETIFF, &ifr)) {
        int error = -errno;

        close(fd);
        return error;
    }
    return fd;
}

int
own_netns_make_tap(struct rtnl *rtnl, const char *name, bool multi_queue)
{
    const struct rtnl_tap tap = {
        .name = name,
        .multi_queue = multi_queue,
        .owner = UINT32_MAX,
        .group = UINT32_MAX,
    };
    const struct rtnl_change change = {
        .set_mtu = true, .mtu = 1450,
        .set_mac = true, .mac = { { 0xfa, 0x16, 0x3e, 0, 0, 1 } },
        .set_up = true, .up = true,
        .set_alias = true, .alias = "test",
    };
    int ifindex;

    assert_null(rtnl_tap_create(rtnl, &tap, &change, &ifindex));
    return ifindex;
}
