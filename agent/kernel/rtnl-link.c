/* SPDX-License-Identifier: Apache-2.0 */

/* Links as rtnetlink writes them: a message taken apart into a struct
 * rtnl_link, a struct rtnl_change put into a message.  Sends nothing. */

#include <config.h>

#include "kernel/rtnl-private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <linux/rtnetlink.h>

#include "lib/alloc.h"

/* The attributes that are read.  IFLA_IFALIAS and the names come with their
 * terminator; nla_parse() checks that. */
static struct nla_policy link_policy[IFLA_MAX + 1] = {
    [IFLA_IFNAME] = { .type = NLA_STRING, .minlen = 1,
                      .maxlen = RTNL_NAME_SIZE },
    [IFLA_IFALIAS] = { .type = NLA_STRING, .minlen = 1,
                       .maxlen = RTNL_ALIAS_SIZE },
    [IFLA_MTU] = { .type = NLA_U32 },
    [IFLA_GROUP] = { .type = NLA_U32 },
    [IFLA_MASTER] = { .type = NLA_U32 },
    [IFLA_LINK] = { .type = NLA_U32 },
    [IFLA_CARRIER] = { .type = NLA_U8 },
    [IFLA_LINKINFO] = { .type = NLA_NESTED },
    [IFLA_PARENT_DEV_NAME] = { .type = NLA_STRING, .minlen = 1 },
    [IFLA_PARENT_DEV_BUS_NAME] = { .type = NLA_STRING, .minlen = 1 },
};

static struct nla_policy kind_policy[IFLA_INFO_MAX + 1] = {
    [IFLA_INFO_KIND] = { .type = NLA_STRING, .minlen = 1 },
    [IFLA_INFO_DATA] = { .type = NLA_NESTED },
};

static struct nla_policy tun_policy[IFLA_TUN_MAX + 1] = {
    [IFLA_TUN_OWNER] = { .type = NLA_U32 },
    [IFLA_TUN_GROUP] = { .type = NLA_U32 },
    [IFLA_TUN_TYPE] = { .type = NLA_U8 },
    [IFLA_TUN_PI] = { .type = NLA_U8 },
    [IFLA_TUN_VNET_HDR] = { .type = NLA_U8 },
    [IFLA_TUN_PERSIST] = { .type = NLA_U8 },
    [IFLA_TUN_MULTI_QUEUE] = { .type = NLA_U8 },
    [IFLA_TUN_NUM_QUEUES] = { .type = NLA_U32 },
    [IFLA_TUN_NUM_DISABLED_QUEUES] = { .type = NLA_U32 },
};

static uint32_t
get_u32(struct nlattr *attr, uint32_t def)
{
    return attr ? nla_get_u32(attr) : def;
}

static bool
get_flag(struct nlattr *attr)
{
    return attr && nla_get_u8(attr);
}

/* Copies as much of a string as fits. */
static void
get_string(struct nlattr *attr, char *buf, size_t size)
{
    if (attr) {
        size_t length = strnlen(nla_get_string(attr), size - 1);

        memcpy(buf, nla_get_string(attr), length);
        buf[length] = '\0';
    }
}

/* The driver tells the number of queues only of a multi-queue tap.  A
 * single-queue one has carrier exactly while somebody has it open, unless
 * that somebody switched it off (TUNSETCARRIER, Linux 5.0). */
static uint32_t
n_queues(struct nlattr *tb[], bool multi_queue, bool carrier)
{
    return (multi_queue
            ? get_u32(tb[IFLA_TUN_NUM_QUEUES], 0)
              + get_u32(tb[IFLA_TUN_NUM_DISABLED_QUEUES], 0)
            : carrier);
}

/* IFLA_INFO_DATA of kind "tun": drivers/net/tun.c, tun_fill_info(). */
static bool
parse_tun(struct nlattr *attr, struct rtnl_link *link)
{
    struct nlattr *tb[IFLA_TUN_MAX + 1];

    if (nla_parse_nested(tb, IFLA_TUN_MAX, attr, tun_policy) < 0) {
        return false;
    }
    if (!tb[IFLA_TUN_TYPE] || nla_get_u8(tb[IFLA_TUN_TYPE]) != IFF_TAP) {
        return true;
    }

    link->is_tap = true;
    link->multi_queue = get_flag(tb[IFLA_TUN_MULTI_QUEUE]);
    link->persist = get_flag(tb[IFLA_TUN_PERSIST]);
    link->vnet_hdr = get_flag(tb[IFLA_TUN_VNET_HDR]);
    link->no_pi = !get_flag(tb[IFLA_TUN_PI]);
    link->owner = get_u32(tb[IFLA_TUN_OWNER], UINT32_MAX);
    link->owner_group = get_u32(tb[IFLA_TUN_GROUP], UINT32_MAX);
    link->n_queues = n_queues(tb, link->multi_queue, link->carrier);
    return true;
}

static bool
parse_kind(struct nlattr *attr, struct rtnl_link *link)
{
    static const struct {
        const char *kind;
        bool (*parse)(struct nlattr *, struct rtnl_link *);
    } kinds[] = {
        { "macvtap", rtnl_parse_macvtap },
        { "tun", parse_tun },
        { "vlan", rtnl_parse_vlan },
    };
    struct nlattr *tb[IFLA_INFO_MAX + 1];

    if (!attr) {
        return true;
    }
    if (nla_parse_nested(tb, IFLA_INFO_MAX, attr, kind_policy) < 0) {
        return false;
    }
    get_string(tb[IFLA_INFO_KIND], link->kind, sizeof link->kind);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (!strcmp(link->kind, kinds[i].kind) && tb[IFLA_INFO_DATA]) {
            return kinds[i].parse(tb[IFLA_INFO_DATA], link);
        }
    }
    return true;
}

static void
get_parent(struct nlattr *tb[], char parent[RTNL_PARENT_SIZE])
{
    struct nlattr *bus = tb[IFLA_PARENT_DEV_BUS_NAME];
    struct nlattr *name = tb[IFLA_PARENT_DEV_NAME];

    if (bus && name) {
        int n = snprintf(parent, RTNL_PARENT_SIZE, "%s/%s",
                         nla_get_string(bus), nla_get_string(name));

        if (n < 0 || n >= RTNL_PARENT_SIZE) {
            parent[0] = '\0';
        }
    }
}

bool
rtnl_link_parse(const struct nlmsghdr *const_nlh, struct rtnl_link *link)
{
    struct nlmsghdr *nlh = (struct nlmsghdr *) const_nlh;
    struct nlattr *tb[IFLA_MAX + 1];

    memset(link, 0, sizeof *link);
    link->owner = link->owner_group = UINT32_MAX;
    if ((nlh->nlmsg_type != RTM_NEWLINK && nlh->nlmsg_type != RTM_DELLINK)
        || nlmsg_parse(nlh, sizeof(struct ifinfomsg), tb, IFLA_MAX,
                       link_policy) < 0) {
        return false;
    }

    const struct ifinfomsg *ifi = nlmsg_data(nlh);
    if (ifi->ifi_family != AF_UNSPEC || ifi->ifi_index <= 0
        || !tb[IFLA_IFNAME]) {
        return false;
    }

    link->ifindex = ifi->ifi_index;
    link->up = ifi->ifi_flags & IFF_UP;
    link->running = ifi->ifi_flags & IFF_LOWER_UP;
    link->mtu = get_u32(tb[IFLA_MTU], 0);
    link->group = get_u32(tb[IFLA_GROUP], 0);
    link->carrier = get_flag(tb[IFLA_CARRIER]);
    link->master = get_u32(tb[IFLA_MASTER], 0);
    link->lower = tb[IFLA_LINK_NETNSID] ? 0 : get_u32(tb[IFLA_LINK], 0);
    get_string(tb[IFLA_IFNAME], link->name, sizeof link->name);
    get_string(tb[IFLA_IFALIAS], link->alias, sizeof link->alias);
    get_parent(tb, link->parent);
    if (tb[IFLA_ADDRESS]
        && nla_len(tb[IFLA_ADDRESS]) == sizeof link->mac.octets) {
        memcpy(link->mac.octets, nla_data(tb[IFLA_ADDRESS]),
               sizeof link->mac.octets);
        link->has_mac = true;
    }
    return parse_kind(tb[IFLA_LINKINFO], link);
}

struct nl_msg *
rtnl_msg(int type, int flags, const void *header, size_t size)
{
    struct nl_msg *msg = nlmsg_alloc_simple(type, flags);

    if (!msg || nlmsg_append(msg, (void *) header, size, NLMSG_ALIGNTO)) {
        vif_out_of_memory();
    }
    return msg;
}

struct nl_msg *
rtnl_link_msg(int type, int flags, int ifindex)
{
    const struct ifinfomsg ifi = {
        .ifi_family = AF_UNSPEC,
        .ifi_index = ifindex,
    };

    return rtnl_msg(type, flags, &ifi, sizeof ifi);
}

void
rtnl_msg_cleanup(struct nl_msg **msgp)
{
    nlmsg_free(*msgp);
}

void
rtnl_put(struct nl_msg *msg, int type, const void *value, size_t length)
{
    if (nla_put(msg, type, length, value)) {
        vif_out_of_memory();
    }
}

void
rtnl_put_u32(struct nl_msg *msg, int type, uint32_t value)
{
    rtnl_put(msg, type, &value, sizeof value);
}

/* Without the counters that nobody here reads (Linux 4.4). */
struct nl_msg *
rtnl_question(int ifindex)
{
    struct nl_msg *msg = rtnl_link_msg(RTM_GETLINK, 0, ifindex);

    rtnl_put_u32(msg, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
    return msg;
}

struct nl_msg *
rtnl_change_msg(int ifindex, const struct rtnl_change *change)
{
    struct nl_msg *msg = rtnl_link_msg(RTM_NEWLINK, NLM_F_ACK, ifindex);
    struct ifinfomsg *ifi = nlmsg_data(nlmsg_hdr(msg));

    if (change->set_up) {
        ifi->ifi_change = IFF_UP;
        ifi->ifi_flags = change->up ? IFF_UP : 0;
    }
    if (change->set_mtu) {
        rtnl_put_u32(msg, IFLA_MTU, change->mtu);
    }
    if (change->set_group) {
        rtnl_put_u32(msg, IFLA_GROUP, change->group);
    }
    if (change->set_mac) {
        rtnl_put(msg, IFLA_ADDRESS, change->mac.octets,
                 sizeof change->mac.octets);
    }
    if (change->set_alias) {
        rtnl_put(msg, IFLA_IFALIAS, change->alias,
                 strlen(change->alias) + 1);
    }
    return msg;
}
