/* SPDX-License-Identifier: Apache-2.0 */

/* Making links that sit on another one, and reading what is special about
 * them. */

#include <config.h>

#include "kernel/rtnl-upper.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include "kernel/rtnl-private.h"
#include "lib/alloc.h"

/* The kernel's numbers, by ours. */
static const uint32_t modes[VIF_N_MACVTAP_MODES] = {
    [VIF_MACVTAP_BRIDGE] = MACVLAN_MODE_BRIDGE,
    [VIF_MACVTAP_VEPA] = MACVLAN_MODE_VEPA,
    [VIF_MACVTAP_PRIVATE] = MACVLAN_MODE_PRIVATE,
    [VIF_MACVTAP_PASSTHRU] = MACVLAN_MODE_PASSTHRU,
};

/* Reading. */

bool
rtnl_parse_macvtap(struct nlattr *data, struct rtnl_link *link)
{
    static struct nla_policy policy[IFLA_MACVLAN_MAX + 1] = {
        [IFLA_MACVLAN_MODE] = { .type = NLA_U32 },
    };
    struct nlattr *tb[IFLA_MACVLAN_MAX + 1];

    if (nla_parse_nested(tb, IFLA_MACVLAN_MAX, data, policy) < 0) {
        return false;
    }
    for (int i = 0; tb[IFLA_MACVLAN_MODE] && i < VIF_N_MACVTAP_MODES; i++) {
        if (modes[i] && modes[i] == nla_get_u32(tb[IFLA_MACVLAN_MODE])) {
            link->macvtap_mode = i;
        }
    }
    return true;
}

bool
rtnl_parse_vlan(struct nlattr *data, struct rtnl_link *link)
{
    static struct nla_policy policy[IFLA_VLAN_MAX + 1] = {
        [IFLA_VLAN_ID] = { .type = NLA_U16 },
        [IFLA_VLAN_PROTOCOL] = { .type = NLA_U16 },
    };
    struct nlattr *tb[IFLA_VLAN_MAX + 1];

    if (nla_parse_nested(tb, IFLA_VLAN_MAX, data, policy) < 0) {
        return false;
    }
    link->vlan_id = tb[IFLA_VLAN_ID] ? nla_get_u16(tb[IFLA_VLAN_ID]) : 0;
    link->vlan_is_8021ad = (tb[IFLA_VLAN_PROTOCOL]
                            && nla_get_u16(tb[IFLA_VLAN_PROTOCOL])
                               == htons(ETH_P_8021AD));
    return true;
}

/* Making. */

/* The kernel loads the module by itself if it is there. */
static struct vif_error *
explain(struct vif_error *error, const char *module)
{
    if (error && error->errnum == EOPNOTSUPP && error->source
        && strstr(error->source, "Unknown device type")) {
        error->code = VIF_ERR_UNSUPPORTED;
        return vif_error_wrap(error, "the kernel has no %s module (modprobe "
                              "%s)", module, module);
    }
    return error;
}

static struct vif_error *
check(const struct rtnl_upper *upper)
{
    size_t length = strlen(upper->name);

    /* The kernel would choose a name for "" and for "macvtap%d". */
    if (!length || length >= RTNL_NAME_SIZE || strchr(upper->name, '%')) {
        return vif_error_create(VIF_ERR_INVALID, "'%s' cannot be the name of "
                                "a link: it must have 1 to %d characters and "
                                "no '%%'", upper->name, RTNL_NAME_SIZE - 1);
    } else if (upper->lower <= 0) {
        return vif_error_create(VIF_ERR_INVALID, "%d is no index of a link",
                                upper->lower);
    }
    return NULL;
}

static struct nlattr *
nest(struct nl_msg *msg, int type)
{
    struct nlattr *attr = nla_nest_start(msg, type);

    if (!attr) {
        vif_out_of_memory();
    }
    return attr;
}

/* A request for a link of 'kind' that has one attribute of its own. */
static struct vif_error *
create(struct rtnl *rtnl, const struct rtnl_upper *upper,
       const struct vif_mac *mac, const char *kind, int type,
       const void *value, size_t length)
{
    struct nl_msg *msg CLEANUP_MSG
        = rtnl_link_msg(RTM_NEWLINK, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL,
                        0);

    rtnl_put(msg, IFLA_IFNAME, upper->name, strlen(upper->name) + 1);
    rtnl_put_u32(msg, IFLA_LINK, upper->lower);
    if (upper->group) {
        rtnl_put_u32(msg, IFLA_GROUP, upper->group);
    }
    if (upper->mtu) {
        rtnl_put_u32(msg, IFLA_MTU, upper->mtu);
    }
    if (mac) {
        rtnl_put(msg, IFLA_ADDRESS, mac->octets, sizeof mac->octets);
    }

    struct nlattr *info = nest(msg, IFLA_LINKINFO);
    rtnl_put(msg, IFLA_INFO_KIND, kind, strlen(kind) + 1);
    struct nlattr *data = nest(msg, IFLA_INFO_DATA);
    rtnl_put(msg, type, value, length);
    nla_nest_end(msg, data);
    nla_nest_end(msg, info);
    return rtnl_request(rtnl, msg, NULL, NULL);
}

struct vif_error *
rtnl_macvtap_create(struct rtnl *rtnl, const struct rtnl_upper *upper,
                    enum vif_macvtap_mode mode, const struct vif_mac *mac)
{
    struct vif_error *error = check(upper);

    if (!error) {
        error = explain(create(rtnl, upper, mac, "macvtap",
                               IFLA_MACVLAN_MODE, &modes[mode],
                               sizeof modes[mode]), "macvtap");
    }
    return vif_error_wrap(error, "create macvtap %s", upper->name);
}

struct vif_error *
rtnl_vlan_create(struct rtnl *rtnl, const struct rtnl_upper *upper,
                 uint16_t id)
{
    struct vif_error *error = check(upper);

    if (!error) {
        error = explain(create(rtnl, upper, NULL, "vlan", IFLA_VLAN_ID, &id,
                               sizeof id), "8021q");
    }
    return vif_error_wrap(error, "create VLAN device %s", upper->name);
}
