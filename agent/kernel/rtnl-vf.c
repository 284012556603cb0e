/* SPDX-License-Identifier: Apache-2.0 */

/* See rtnl-vf.h.  Attributes are taken apart here and not by libnl 3.7, whose
 * VFs have a VLAN protocol in the wrong byte order.  Knows nothing about
 * drivers. */

#include <config.h>

#include "kernel/rtnl-vf.h"

#include <string.h>

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include "kernel/rtnl-private.h"
#include "lib/alloc.h"

/* IFLA_VFINFO_LIST's length has 16 bits: a message that is longer may have
 * one that has begun again at 0. */
#define NEST_MAX UINT16_MAX

/* What "not reported" is for an attribute of 32 bits: rtnl_fill_vfinfo() of
 * net/core/rtnetlink.c presets -1. */
#define NOT_REPORTED UINT32_MAX

/* All begin with the VF's number. */
static struct nla_policy vf_policy[IFLA_VF_MAX + 1] = {
    [IFLA_VF_MAC] = { .minlen = sizeof(struct ifla_vf_mac) },
    [IFLA_VF_VLAN] = { .minlen = sizeof(struct ifla_vf_vlan) },
    [IFLA_VF_VLAN_LIST] = { .type = NLA_NESTED },
    [IFLA_VF_RATE] = { .minlen = sizeof(struct ifla_vf_rate) },
    [IFLA_VF_TX_RATE] = { .minlen = sizeof(struct ifla_vf_tx_rate) },
    [IFLA_VF_SPOOFCHK] = { .minlen = sizeof(struct ifla_vf_spoofchk) },
    [IFLA_VF_TRUST] = { .minlen = sizeof(struct ifla_vf_trust) },
    [IFLA_VF_LINK_STATE] = { .minlen = sizeof(struct ifla_vf_link_state) },
};

static void
has(struct rtnl_vf *vf, enum rtnl_vf_field field)
{
    vf->fields |= RTNL_VF_BIT(field);
}

/* The second number of an attribute that has two, the VF's and a value. */
static uint32_t
value_of(struct nlattr *attr)
{
    uint32_t numbers[2] = { 0, NOT_REPORTED };

    if (attr) {
        memcpy(numbers, nla_data(attr), sizeof numbers);
    }
    return numbers[1];
}

static void
read_mac(struct nlattr *attr, struct rtnl_vf *vf)
{
    struct ifla_vf_mac mac;

    memcpy(&mac, nla_data(attr), sizeof mac);
    memcpy(vf->mac.octets, mac.mac, sizeof vf->mac.octets);
    has(vf, RTNL_VF_MAC);
}

/* A list has been told since Linux 4.9, with the protocol; before that, and
 * by all kernels as well, a single VLAN without one. */
static void
read_vlan(struct nlattr *single, struct nlattr *list, struct rtnl_vf *vf)
{
    if (list) {
        struct nlattr *attr = nla_data(list);
        int left = nla_len(list);

        if (nla_ok(attr, left) && nla_type(attr) == IFLA_VF_VLAN_INFO
            && nla_len(attr) >= (int) sizeof(struct ifla_vf_vlan_info)) {
            struct ifla_vf_vlan_info info;

            memcpy(&info, nla_data(attr), sizeof info);
            vf->vlan = (struct rtnl_vf_vlan) {
                .id = info.vlan, .qos = info.qos,
                .is_8021ad = ntohs(info.vlan_proto) == ETH_P_8021AD,
            };
            has(vf, RTNL_VF_VLAN);
            return;
        }
    }
    if (single) {
        struct ifla_vf_vlan vlan;

        memcpy(&vlan, nla_data(single), sizeof vlan);
        vf->vlan = (struct rtnl_vf_vlan) { .id = vlan.vlan, .qos = vlan.qos };
        has(vf, RTNL_VF_VLAN);
    }
}

/* Kernels before 3.15 tell the maximum alone. */
static void
read_rates(struct nlattr *both, struct nlattr *max, struct rtnl_vf *vf)
{
    if (both) {
        struct ifla_vf_rate rate;

        memcpy(&rate, nla_data(both), sizeof rate);
        vf->min_tx_rate = rate.min_tx_rate;
        vf->max_tx_rate = rate.max_tx_rate;
        has(vf, RTNL_VF_MIN_TX_RATE);
        has(vf, RTNL_VF_MAX_TX_RATE);
    } else if (max) {
        vf->max_tx_rate = value_of(max);
        has(vf, RTNL_VF_MAX_TX_RATE);
    }
}

static void
read_flag(struct nlattr *attr, enum rtnl_vf_field field, uint32_t *flag,
          struct rtnl_vf *vf)
{
    uint32_t value = value_of(attr);

    if (value != NOT_REPORTED) {
        *flag = value != 0;
        has(vf, field);
    }
}

static void
read_link_state(struct nlattr *attr, struct rtnl_vf *vf)
{
    /* if_link.h has them in the order of enum vif_link_state. */
    uint32_t value = value_of(attr);

    if (value < VIF_N_LINK_STATES) {
        vf->link_state = value;
        has(vf, RTNL_VF_LINK_STATE);
    }
}
_Static_assert((int) IFLA_VF_LINK_STATE_AUTO == (int) VIF_LINK_AUTO
               && (int) IFLA_VF_LINK_STATE_ENABLE == (int) VIF_LINK_ENABLE
               && (int) IFLA_VF_LINK_STATE_DISABLE == (int) VIF_LINK_DISABLE,
               "the kernel's numbers are ours");

/* Takes an IFLA_VF_INFO apart.  False if it makes no sense. */
static bool
read_vf(struct nlattr *info, unsigned int *numberp, struct rtnl_vf *vf)
{
    struct nlattr *tb[IFLA_VF_MAX + 1];
    uint32_t number;

    memset(vf, 0, sizeof *vf);
    if (nla_parse_nested(tb, IFLA_VF_MAX, info, vf_policy) < 0
        || !tb[IFLA_VF_MAC]) {
        return false;
    }
    memcpy(&number, nla_data(tb[IFLA_VF_MAC]), sizeof number);
    *numberp = number;

    read_mac(tb[IFLA_VF_MAC], vf);
    read_vlan(tb[IFLA_VF_VLAN], tb[IFLA_VF_VLAN_LIST], vf);
    read_rates(tb[IFLA_VF_RATE], tb[IFLA_VF_TX_RATE], vf);
    read_flag(tb[IFLA_VF_SPOOFCHK], RTNL_VF_SPOOFCHK, &vf->spoofchk, vf);
    read_flag(tb[IFLA_VF_TRUST], RTNL_VF_TRUST, &vf->trust, vf);
    read_link_state(tb[IFLA_VF_LINK_STATE], vf);
    return true;
}

static struct vif_error *
nonsense(void)
{
    return vif_error_create(VIF_ERR_KERNEL, "the kernel described VFs in a "
                            "way that makes no sense");
}

/* Who is told what the answer says. */
struct listener {
    struct rtnl_pf *pf;
    rtnl_vf_cb *tell;
    void *aux;
};

/* Tells of each VF in 'list'.  A driver that refuses to describe one makes
 * the kernel leave it out. */
static struct vif_error *
read_list(struct nlattr *list, const struct listener *listener, size_t *np)
{
    struct nlattr *attr;
    int left;

    *np = 0;
    nla_for_each_nested(attr, list, left) {
        unsigned int number;
        struct rtnl_vf vf;

        if (nla_type(attr) != IFLA_VF_INFO || !read_vf(attr, &number, &vf)) {
            return nonsense();
        }
        listener->tell(listener->aux, number, &vf);
        ++*np;
    }
    return left > 0 ? nonsense() : NULL;
}

/* The attributes are walked through by hand: after a list whose length has
 * begun again at 0 come bytes that are no attributes. */
static struct vif_error *
take_pf(const struct nlmsghdr *const_nlh, void *listener_)
{
    struct nlmsghdr *nlh = (struct nlmsghdr *) const_nlh;
    const struct listener *listener = listener_;
    struct rtnl_pf *pf = listener->pf;
    struct nlattr *attr;
    size_t n = 0;
    int left;

    if (nlmsg_datalen(nlh) < (int) sizeof(struct ifinfomsg)) {
        return nonsense();
    }
    nlmsg_for_each_attr(attr, nlh, sizeof(struct ifinfomsg), left) {
        if (nla_type(attr) == IFLA_NUM_VF && nla_len(attr) >= 4) {
            pf->n_vfs = nla_get_u32(attr);
        } else if (nla_type(attr) == IFLA_VFINFO_LIST) {
            CLEANUP_ERROR struct vif_error *error
                = read_list(attr, listener, &n);

            pf->tells = true;
            if (nlh->nlmsg_len > NEST_MAX && (error || n < pf->n_vfs)) {
                return vif_error_create(
                    VIF_ERR_UNSUPPORTED, "the kernel's description of %u VFs "
                    "takes more than the 64 KiB that an attribute can have: "
                    "have fewer VFs, or a kernel that leaves their "
                    "statistics out (RTEXT_FILTER_SKIP_STATS)", pf->n_vfs);
            } else if (error) {
                return TAKE(error);
            }
        }
    }
    return rtnl_link_parse(nlh, &pf->link) ? NULL : nonsense();
}

static struct vif_error *
get_pf(struct rtnl *rtnl, int ifindex, struct rtnl_pf *pf, rtnl_vf_cb *tell,
       void *aux)
{
    struct nl_msg *msg CLEANUP_MSG = rtnl_link_msg(RTM_GETLINK, 0, ifindex);

    memset(pf, 0, sizeof *pf);
    struct listener listener = { pf, tell, aux };
    rtnl_put_u32(msg, IFLA_EXT_MASK,
                 RTEXT_FILTER_VF | RTEXT_FILTER_SKIP_STATS);
    struct vif_error *error = rtnl_request(rtnl, msg, take_pf, &listener);
    if (!error && !pf->link.ifindex) {
        error = vif_error_create(VIF_ERR_KERNEL, "the kernel acknowledged "
                                 "the question and did not answer it");
    }
    return error;
}

struct vif_error *
rtnl_get_vfs(struct rtnl *rtnl, int ifindex, struct rtnl_pf *pf,
             rtnl_vf_cb *tell, void *aux)
{
    return vif_error_wrap(get_pf(rtnl, ifindex, pf, tell, aux),
                          "read the VFs of link %d", ifindex);
}

/* The VF that is looked for. */
struct search {
    unsigned int number;
    struct rtnl_pf *pf;
};

static void
find_vf(void *search_, unsigned int number, const struct rtnl_vf *vf)
{
    const struct search *search = search_;

    if (number == search->number) {
        search->pf->vf = *vf;
        search->pf->found = true;
    }
}

struct vif_error *
rtnl_get_vf(struct rtnl *rtnl, int ifindex, unsigned int number,
            struct rtnl_pf *pf)
{
    pf->found = false;
    struct search search = { number, pf };
    return vif_error_wrap(get_pf(rtnl, ifindex, pf, find_vf, &search),
                          "read VF %u of link %d", number, ifindex);
}

static struct nlattr *
begin(struct nl_msg *msg, int type)
{
    struct nlattr *nest = nla_nest_start(msg, type);

    if (!nest) {
        vif_out_of_memory();
    }
    return nest;
}

static void
put_mac(struct nl_msg *msg, uint32_t number, const struct rtnl_vf *vf)
{
    struct ifla_vf_mac mac = { .vf = number };

    memcpy(mac.mac, vf->mac.octets, sizeof vf->mac.octets);
    rtnl_put(msg, IFLA_VF_MAC, &mac, sizeof mac);
}

/* The older form for the older protocol: kernels before 4.9 have no other. */
static void
put_vlan(struct nl_msg *msg, uint32_t number, const struct rtnl_vf *vf)
{
    if (!vf->vlan.is_8021ad) {
        const struct ifla_vf_vlan vlan = {
            .vf = number, .vlan = vf->vlan.id, .qos = vf->vlan.qos,
        };

        rtnl_put(msg, IFLA_VF_VLAN, &vlan, sizeof vlan);
        return;
    }

    /* The padding at its end goes to the kernel as well. */
    struct ifla_vf_vlan_info info;
    memset(&info, 0, sizeof info);
    info.vf = number;
    info.vlan = vf->vlan.id;
    info.qos = vf->vlan.qos;
    info.vlan_proto = htons(ETH_P_8021AD);

    struct nlattr *list = begin(msg, IFLA_VF_VLAN_LIST);
    rtnl_put(msg, IFLA_VF_VLAN_INFO, &info, sizeof info);
    nla_nest_end(msg, list);
}

static void
put_rates(struct nl_msg *msg, uint32_t number, const struct rtnl_vf *vf)
{
    const struct ifla_vf_rate rate = {
        .vf = number,
        .min_tx_rate = vf->min_tx_rate, .max_tx_rate = vf->max_tx_rate,
    };

    rtnl_put(msg, IFLA_VF_RATE, &rate, sizeof rate);
}

/* An attribute that has two numbers, the VF's and a value. */
static void
put_value(struct nl_msg *msg, int type, uint32_t number, uint32_t value)
{
    const uint32_t numbers[2] = { number, value };

    rtnl_put(msg, type, numbers, sizeof numbers);
}

static void
put_spoofchk(struct nl_msg *msg, uint32_t number, const struct rtnl_vf *vf)
{
    put_value(msg, IFLA_VF_SPOOFCHK, number, vf->spoofchk);
}

static void
put_trust(struct nl_msg *msg, uint32_t number, const struct rtnl_vf *vf)
{
    put_value(msg, IFLA_VF_TRUST, number, vf->trust);
}

static void
put_link_state(struct nl_msg *msg, uint32_t number, const struct rtnl_vf *vf)
{
    put_value(msg, IFLA_VF_LINK_STATE, number, vf->link_state);
}

struct vif_error *
rtnl_set_vf(struct rtnl *rtnl, int ifindex, unsigned int number,
            enum rtnl_vf_request request, const struct rtnl_vf *values)
{
    static void (*const put[])(struct nl_msg *, uint32_t,
                               const struct rtnl_vf *) = {
        [RTNL_VF_SET_MAC] = put_mac,
        [RTNL_VF_SET_VLAN] = put_vlan,
        [RTNL_VF_SET_RATES] = put_rates,
        [RTNL_VF_SET_SPOOFCHK] = put_spoofchk,
        [RTNL_VF_SET_TRUST] = put_trust,
        [RTNL_VF_SET_LINK_STATE] = put_link_state,
    };
    _Static_assert(sizeof put / sizeof *put == RTNL_VF_N_REQUESTS,
                   "one for each request");
    struct nl_msg *msg CLEANUP_MSG = rtnl_link_msg(RTM_NEWLINK, NLM_F_ACK,
                                                   ifindex);
    struct nlattr *list = begin(msg, IFLA_VFINFO_LIST);
    struct nlattr *info = begin(msg, IFLA_VF_INFO);

    put[request](msg, number, values);
    nla_nest_end(msg, info);
    nla_nest_end(msg, list);
    return rtnl_request(rtnl, msg, NULL, NULL);
}
