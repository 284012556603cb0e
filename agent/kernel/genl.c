/* SPDX-License-Identifier: Apache-2.0 */

/* See genl.h. */

#include <config.h>

#include "kernel/genl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <linux/genetlink.h>

#include "kernel/rtnl-private.h"
#include "lib/alloc.h"

struct genl {
    struct rtnl *socket;
    uint16_t id;
};

static struct nl_msg *
message(uint16_t id, uint8_t command)
{
    const struct genlmsghdr genl = { .cmd = command, .version = 1 };

    return rtnl_msg(id, 0, &genl, sizeof genl);
}

struct nl_msg *
genl_msg(const struct genl *genl, uint8_t command)
{
    return message(genl->id, command);
}

bool
genl_parse(const struct nlmsghdr *const_nlh, uint8_t *commandp,
           struct nlattr *tb[], int max, struct nla_policy *policy)
{
    struct nlmsghdr *nlh = (struct nlmsghdr *) const_nlh;

    if (nlmsg_parse(nlh, GENL_HDRLEN, tb, max, policy) < 0) {
        return false;
    }
    const struct genlmsghdr *genl = nlmsg_data(nlh);
    *commandp = genl->cmd;
    return true;
}

struct vif_error *
genl_malformed(const char *family)
{
    return vif_error_create(VIF_ERR_KERNEL, "the kernel's answer of %s makes "
                            "no sense", family);
}

struct vif_error *
genl_request(struct genl *genl, struct nl_msg *msg, rtnl_reply_cb *reply,
             void *aux)
{
    return rtnl_request(genl->socket, msg, reply, aux);
}

/* Which number a family has. */

static struct nla_policy family_policy[CTRL_ATTR_MAX + 1] = {
    [CTRL_ATTR_FAMILY_ID] = { .type = NLA_U16 },
    [CTRL_ATTR_MCAST_GROUPS] = { .type = NLA_NESTED },
};

static struct nla_policy group_policy[CTRL_ATTR_MCAST_GRP_MAX + 1] = {
    [CTRL_ATTR_MCAST_GRP_NAME] = { .type = NLA_STRING, .minlen = 1 },
    [CTRL_ATTR_MCAST_GRP_ID] = { .type = NLA_U32 },
};

struct search {
    const char *family, *group;
    struct genl_family *found;
};

static void
find_group(struct nlattr *groups, struct search *search)
{
    struct nlattr *attr;
    int left;

    nla_for_each_nested (attr, groups, left) {
        struct nlattr *tb[CTRL_ATTR_MCAST_GRP_MAX + 1];

        if (nla_parse_nested(tb, CTRL_ATTR_MCAST_GRP_MAX, attr,
                             group_policy) >= 0
            && tb[CTRL_ATTR_MCAST_GRP_NAME] && tb[CTRL_ATTR_MCAST_GRP_ID]
            && !strcmp(nla_get_string(tb[CTRL_ATTR_MCAST_GRP_NAME]),
                       search->group)) {
            search->found->group = nla_get_u32(tb[CTRL_ATTR_MCAST_GRP_ID]);
        }
    }
}

static struct vif_error *
take_family(const struct nlmsghdr *nlh, void *search_)
{
    struct nlattr *tb[CTRL_ATTR_MAX + 1];
    struct search *search = search_;
    uint8_t command;

    if (!genl_parse(nlh, &command, tb, CTRL_ATTR_MAX, family_policy)
        || !tb[CTRL_ATTR_FAMILY_ID]) {
        return genl_malformed(search->family);
    }
    search->found->id = nla_get_u16(tb[CTRL_ATTR_FAMILY_ID]);
    if (search->group && tb[CTRL_ATTR_MCAST_GROUPS]) {
        find_group(tb[CTRL_ATTR_MCAST_GROUPS], search);
    }
    return NULL;
}

static struct vif_error *
find(struct rtnl *socket, const char *name, const char *group,
     struct genl_family *family)
{
    struct search search = { name, group, family };
    CLEANUP_MSG struct nl_msg *msg = message(GENL_ID_CTRL,
                                             CTRL_CMD_GETFAMILY);

    memset(family, 0, sizeof *family);
    rtnl_put(msg, CTRL_ATTR_FAMILY_NAME, name, strlen(name) + 1);
    struct vif_error *error = rtnl_request(socket, msg, take_family, &search);
    if (error && error->errnum == ENOENT) {
        vif_error_destroy(error);
        return NULL;
    }
    return vif_error_wrap(error, "ask for the netlink family \"%s\"", name);
}

struct vif_error *
genl_find(const char *name, const char *group, struct genl_family *family)
{
    struct rtnl *socket;
    struct vif_error *error = rtnl_open_protocol(NETLINK_GENERIC, &socket);

    memset(family, 0, sizeof *family);
    if (!error) {
        error = find(socket, name, group, family);
    }
    rtnl_close(socket);
    return error;
}

struct vif_error *
genl_find_for_test(int fd, uint32_t port, int timeout_ms, const char *name,
                   const char *group, struct genl_family *family)
{
    struct rtnl *socket = rtnl_create_for_test(fd, port, timeout_ms);
    struct vif_error *error = find(socket, name, group, family);

    rtnl_close(socket);
    return error;
}

static struct genl *
genl_create(struct rtnl *socket, uint16_t id)
{
    struct genl *genl = vif_xcalloc(1, sizeof *genl);

    genl->socket = socket;
    genl->id = id;
    return genl;
}

struct vif_error *
genl_open(const char *name, struct genl **genlp)
{
    struct genl_family family = { 0, 0 };
    struct rtnl *socket;
    struct vif_error *error = rtnl_open_protocol(NETLINK_GENERIC, &socket);

    *genlp = NULL;
    if (error) {
        return error;
    }
    error = find(socket, name, NULL, &family);
    if (!error && family.id) {
        *genlp = genl_create(socket, family.id);
    } else {
        rtnl_close(socket);
    }
    return error;
}

struct genl *
genl_create_for_test(int fd, uint32_t port, int timeout_ms, uint16_t id)
{
    return genl_create(rtnl_create_for_test(fd, port, timeout_ms), id);
}

void
genl_close(struct genl *genl)
{
    if (genl) {
        rtnl_close(genl->socket);
        free(genl);
    }
}
