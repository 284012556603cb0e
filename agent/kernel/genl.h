/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_GENL_H
#define KERNEL_GENL_H 1

/* A socket to one family of generic netlink, "devlink" or "ethtool": what the
 * families have in common.  As with 'struct rtnl', it belongs to one thread
 * at a time and blocks until the kernel has answered. */

#include <stdbool.h>
#include <stdint.h>

#include <netlink/attr.h>
#include <netlink/msg.h>

#include <vif/error.h>

struct genl;

/* '*genlp' is NULL, without an error, if the kernel has no such family. */
struct vif_error *genl_open(const char *family, struct genl **genlp)
    VIF_WARN_UNUSED;
void genl_close(struct genl *);         /* NULL is allowed. */

/* Talks as family 'id' to whoever is at the other end of 'fd', which the
 * caller keeps. */
struct genl *genl_create_for_test(int fd, uint32_t port, int timeout_ms,
                                  uint16_t id);

/* What the kernel calls a family, and its group of notifications 'group'; 0
 * for what it does not have. */
struct genl_family {
    uint16_t id;
    uint32_t group;
};
struct vif_error *genl_find(const char *family, const char *group,
                            struct genl_family *) VIF_WARN_UNUSED;
struct vif_error *genl_find_for_test(int fd, uint32_t port, int timeout_ms,
                                     const char *family, const char *group,
                                     struct genl_family *);

/* A message to the family.  Never NULL; the caller frees (CLEANUP_MSG). */
struct nl_msg *genl_msg(const struct genl *, uint8_t command);

/* Sends 'msg', which asks for no acknowledgement, and calls 'reply' for the
 * answer. */
struct vif_error *genl_request(struct genl *, struct nl_msg *msg,
                               struct vif_error *(*reply)(
                                   const struct nlmsghdr *, void *aux),
                               void *aux);

/* Takes a message apart: its command and 'max' attributes.  False if it makes
 * no sense. */
bool genl_parse(const struct nlmsghdr *, uint8_t *commandp,
                struct nlattr *tb[], int max, struct nla_policy *);

/* The kernel's answer was none: an error that says so. */
struct vif_error *genl_malformed(const char *family);

#endif /* kernel/genl.h */
