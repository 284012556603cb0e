/* SPDX-License-Identifier: Apache-2.0 */

/* Looking at links and changing one.  One request each, or one dump; nothing
 * is remembered from one call to the next. */

#include <config.h>

#include "kernel/rtnl-private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include "lib/alloc.h"

/* How often a dump is begun before giving up.  On a host where links come and
 * go all the time each attempt may be interrupted; one of a thousand links
 * takes a few milliseconds. */
#define MAX_DUMPS 16

static struct vif_error *
take_link(const struct nlmsghdr *nlh, void *link_)
{
    struct rtnl_link *link = link_;

    return (rtnl_link_parse(nlh, link) ? NULL
            : vif_error_create(VIF_ERR_KERNEL, "the kernel described a link "
                               "in a way that makes no sense"));
}

static struct vif_error *
get(struct rtnl *rtnl, int ifindex, const char *name, struct rtnl_link *link)
{
    struct nl_msg *msg CLEANUP_MSG = rtnl_question(ifindex);

    if (name) {
        rtnl_put(msg, IFLA_IFNAME, name, strlen(name) + 1);
    }
    memset(link, 0, sizeof *link);
    struct vif_error *error = rtnl_request(rtnl, msg, take_link, link);
    return (error || link->ifindex ? error
            : vif_error_create(VIF_ERR_KERNEL, "the kernel acknowledged the "
                               "question and did not answer it"));
}

struct vif_error *
rtnl_get_by_name(struct rtnl *rtnl, const char *name, struct rtnl_link *link)
{
    if (!name[0] || strlen(name) >= RTNL_NAME_SIZE) {
        return vif_error_create(VIF_ERR_INVALID, "'%s' cannot be the name of "
                                "a link: it must have 1 to %d characters",
                                name, RTNL_NAME_SIZE - 1);
    }
    return vif_error_wrap(get(rtnl, 0, name, link), "look up link %s", name);
}

struct vif_error *
rtnl_get(struct rtnl *rtnl, int ifindex, struct rtnl_link *link)
{
    if (ifindex <= 0) {
        return vif_error_create(VIF_ERR_INVALID, "%d is no index of a link",
                                ifindex);
    }
    return vif_error_wrap(get(rtnl, ifindex, NULL, link), "look up link %d",
                          ifindex);
}

struct walk {
    rtnl_visit_cb *visit;
    void *aux;
};

static struct vif_error *
walk_one(const struct nlmsghdr *nlh, void *walk_)
{
    const struct walk *walk = walk_;
    struct rtnl_link link;
    struct vif_error *error = take_link(nlh, &link);

    return error ? error : walk->visit(&link, walk->aux);
}

struct vif_error *
rtnl_walk(struct rtnl *rtnl, rtnl_visit_cb *visit, void (*restart)(void *aux),
          void *aux)
{
    struct walk walk = { .visit = visit, .aux = aux };

    for (int i = 0; i < MAX_DUMPS; i++) {
        struct nl_msg *msg CLEANUP_MSG = rtnl_question(0);
        bool interrupted;
        struct vif_error *error = rtnl_request_dump(rtnl, msg, walk_one,
                                                    &walk, &interrupted);

        if (error || !interrupted) {
            return vif_error_wrap(error, "list links");
        }
        restart(aux);
    }

    struct vif_error *error
        = vif_error_create(VIF_ERR_BUSY, "list links: they change faster "
                           "than they can be listed");
    error->errnum = EINTR;
    error->retry = true;
    return error;
}

struct collection {
    struct rtnl_link *links;
    size_t n, allocated;
};

static struct vif_error *
collect(const struct rtnl_link *link, void *collection_)
{
    struct collection *c = collection_;

    if (c->n == c->allocated) {
        c->allocated = c->allocated ? 2 * c->allocated : 64;
        c->links = vif_xreallocarray(c->links, c->allocated,
                                     sizeof *c->links);
    }
    c->links[c->n++] = *link;
    return NULL;
}

static void
collect_again(void *collection_)
{
    struct collection *c = collection_;

    c->n = 0;
}

struct vif_error *
rtnl_dump(struct rtnl *rtnl, struct rtnl_link **linksp, size_t *np)
{
    struct collection c = { .links = NULL };
    struct vif_error *error = rtnl_walk(rtnl, collect, collect_again, &c);

    if (error) {
        free(c.links);
        c.links = NULL;
        c.n = 0;
    }
    *linksp = c.links;
    *np = c.n;
    return error;
}

struct vif_error *
rtnl_set(struct rtnl *rtnl, int ifindex, const struct rtnl_change *change)
{
    if (ifindex <= 0) {
        return vif_error_create(VIF_ERR_INVALID, "%d is no index of a link",
                                ifindex);
    }
    if (change->set_alias && strlen(change->alias) >= RTNL_ALIAS_SIZE) {
        return vif_error_create(VIF_ERR_INVALID, "alias '%.32s...' is longer "
                                "than %d characters", change->alias,
                                RTNL_ALIAS_SIZE - 1);
    }

    struct nl_msg *msg CLEANUP_MSG = rtnl_change_msg(ifindex, change);
    return vif_error_wrap(rtnl_request(rtnl, msg, NULL, NULL),
                          "change link %d", ifindex);
}
