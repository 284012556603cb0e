/* SPDX-License-Identifier: Apache-2.0 */

/* See ethtool.h. */

#include <config.h>

#include "kernel/ethtool.h"

#include <errno.h>
#include <string.h>

#include <linux/ethtool_netlink.h>

#include "kernel/genl.h"
#include "kernel/rtnl-private.h"

static struct nla_policy features_policy[ETHTOOL_A_FEATURES_MAX + 1] = {
    [ETHTOOL_A_FEATURES_HEADER] = { .type = NLA_NESTED },
    [ETHTOOL_A_FEATURES_ACTIVE] = { .type = NLA_NESTED },
};

static struct nla_policy header_policy[ETHTOOL_A_HEADER_MAX + 1] = {
    [ETHTOOL_A_HEADER_DEV_INDEX] = { .type = NLA_U32 },
};

static struct nla_policy bitset_policy[ETHTOOL_A_BITSET_MAX + 1] = {
    [ETHTOOL_A_BITSET_BITS] = { .type = NLA_NESTED },
};

static struct nla_policy bit_policy[ETHTOOL_A_BITSET_BIT_MAX + 1] = {
    [ETHTOOL_A_BITSET_BIT_NAME] = { .type = NLA_STRING, .minlen = 1 },
};

struct answer {
    ethtool_feature_cb *feature;
    void *aux;
};

/* The bits of a set without a mask are those that are set. */
static bool
visit_bits(struct nlattr *bits, const struct answer *answer)
{
    struct nlattr *attr;
    int left;

    nla_for_each_nested (attr, bits, left) {
        struct nlattr *tb[ETHTOOL_A_BITSET_BIT_MAX + 1];

        if (nla_parse_nested(tb, ETHTOOL_A_BITSET_BIT_MAX, attr,
                             bit_policy) < 0
            || !tb[ETHTOOL_A_BITSET_BIT_NAME]) {
            return false;
        }
        answer->feature(answer->aux,
                        nla_get_string(tb[ETHTOOL_A_BITSET_BIT_NAME]));
    }
    return true;
}

static bool
parse_active(struct nlattr *active, const struct answer *answer)
{
    struct nlattr *tb[ETHTOOL_A_BITSET_MAX + 1];

    return (nla_parse_nested(tb, ETHTOOL_A_BITSET_MAX, active,
                             bitset_policy) >= 0
            && tb[ETHTOOL_A_BITSET_NOMASK]
            && (!tb[ETHTOOL_A_BITSET_BITS]      /* None is set. */
                || visit_bits(tb[ETHTOOL_A_BITSET_BITS], answer)));
}

static struct vif_error *
take_answer(const struct nlmsghdr *nlh, void *answer)
{
    struct nlattr *tb[ETHTOOL_A_FEATURES_MAX + 1];
    uint8_t command;

    if (!genl_parse(nlh, &command, tb, ETHTOOL_A_FEATURES_MAX,
                    features_policy)
        || command != ETHTOOL_MSG_FEATURES_GET_REPLY
        || !tb[ETHTOOL_A_FEATURES_ACTIVE]
        || !parse_active(tb[ETHTOOL_A_FEATURES_ACTIVE], answer)) {
        return genl_malformed(ETHTOOL_FAMILY);
    }
    return NULL;
}

struct vif_error *
ethtool_features(struct genl *genl, int ifindex, const char *name,
                 ethtool_feature_cb *feature, void *aux, bool *presentp)
{
    struct answer answer = { feature, aux };
    CLEANUP_MSG struct nl_msg *msg = genl_msg(genl, ETHTOOL_MSG_FEATURES_GET);
    struct nlattr *header = nla_nest_start(msg, ETHTOOL_A_FEATURES_HEADER
                                                | NLA_F_NESTED);

    rtnl_put_u32(msg, ETHTOOL_A_HEADER_DEV_INDEX, ifindex);
    rtnl_put(msg, ETHTOOL_A_HEADER_DEV_NAME, name, strlen(name) + 1);
    nla_nest_end(msg, header);

    struct vif_error *error = genl_request(genl, msg, take_answer, &answer);
    *presentp = !error || error->errnum != ENODEV;
    if (!*presentp) {
        vif_error_destroy(error);
        return NULL;
    }
    return vif_error_wrap(error, "ask ethtool for the features of %s", name);
}

bool
ethtool_notified(const struct nlmsghdr *nlh, int *ifindexp)
{
    struct nlattr *tb[ETHTOOL_A_FEATURES_MAX + 1];
    struct nlattr *header[ETHTOOL_A_HEADER_MAX + 1];
    uint8_t command;

    if (!genl_parse(nlh, &command, tb, ETHTOOL_A_FEATURES_MAX,
                    features_policy)
        || command != ETHTOOL_MSG_FEATURES_NTF
        || !tb[ETHTOOL_A_FEATURES_HEADER]
        || nla_parse_nested(header, ETHTOOL_A_HEADER_MAX,
                            tb[ETHTOOL_A_FEATURES_HEADER],
                            header_policy) < 0
        || !header[ETHTOOL_A_HEADER_DEV_INDEX]) {
        return false;
    }
    *ifindexp = nla_get_u32(header[ETHTOOL_A_HEADER_DEV_INDEX]);
    return *ifindexp > 0;
}
