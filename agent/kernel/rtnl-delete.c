/* SPDX-License-Identifier: Apache-2.0 */

/* Deleting links.  The kernel waits some ten milliseconds for each request
 * (an RCU grace period), however many links it deletes; hence by group.  What
 * must never happen is that a link goes that nobody asked for. */

#include <config.h>

#include "kernel/rtnl-private.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include <linux/if_link.h>
#include <linux/rtnetlink.h>

/* Groups to try before links are deleted one by one. */
#define MAX_GROUPS 4

static struct vif_error *
delete_one(struct rtnl *rtnl, int ifindex)
{
    struct nl_msg *msg CLEANUP_MSG = rtnl_link_msg(RTM_DELLINK, NLM_F_ACK,
                                                   ifindex);

    return rtnl_request(rtnl, msg, NULL, NULL);
}

/* With index 0 and no attribute the kernel refuses; with an attribute it
 * would take that instead. */
static struct vif_error *
check_index(int ifindex)
{
    return (ifindex > 0 ? NULL
            : vif_error_create(VIF_ERR_INVALID, "%d is no index of a link",
                               ifindex));
}

struct vif_error *
rtnl_delete(struct rtnl *rtnl, int ifindex)
{
    struct vif_error *error = check_index(ifindex);

    return vif_error_wrap(error ? error : delete_one(rtnl, ifindex),
                          "delete link %d", ifindex);
}

/* One link of a batch. */
struct victim {
    int ifindex;
    struct vif_error **errorp;  /* The caller's place for the result. */
    bool settled;               /* Deleted or not there. */
    bool moved;                 /* Into a group of ours. */
};

struct batch {
    struct victim victims[RTNL_MAX_REQUESTS];
    size_t n;
    uint32_t group;
    bool strangers;             /* Others are in 'group'. */
};

static struct victim *
batch_find(struct batch *batch, int ifindex)
{
    for (size_t i = 0; i < batch->n; i++) {
        if (batch->victims[i].ifindex == ifindex) {
            return &batch->victims[i];
        }
    }
    return NULL;
}

static size_t
batch_unsettled(const struct batch *batch)
{
    size_t n = 0;

    for (size_t i = 0; i < batch->n; i++) {
        n += !batch->victims[i].settled;
    }
    return n;
}

/* Sends what 'make' makes for each victim that is not settled, and gives the
 * result to 'take'. */
static void
batch_request(struct rtnl *rtnl, struct batch *batch,
              struct nl_msg *(*make)(const struct batch *, int ifindex),
              void (*take)(struct victim *, struct vif_error *))
{
    struct nl_msg *msgs[RTNL_MAX_REQUESTS];
    struct vif_error *errors[RTNL_MAX_REQUESTS];
    struct victim *victims[RTNL_MAX_REQUESTS];
    size_t n = 0;

    for (size_t i = 0; i < batch->n; i++) {
        struct victim *victim = &batch->victims[i];

        if (!victim->settled) {
            msgs[n] = make(batch, victim->ifindex);
            victims[n++] = victim;
        }
    }
    if (n) {
        rtnl_request_many(rtnl, msgs, errors, n);
    }
    for (size_t i = 0; i < n; i++) {
        take(victims[i], errors[i]);
        nlmsg_free(msgs[i]);
    }
}

static struct nl_msg *
make_move(const struct batch *batch, int ifindex)
{
    const struct rtnl_change change = {
        .set_group = true,
        .group = batch->group,
    };

    return rtnl_change_msg(ifindex, &change);
}

static void
take_move(struct victim *victim, struct vif_error *error)
{
    victim->moved |= !error;
    if (error && error->code == VIF_ERR_NOT_FOUND) {
        victim->settled = true;
        *victim->errorp = error;
    } else {
        vif_error_destroy(error);       /* It will be deleted by itself. */
    }
}

static struct nl_msg *
make_look(const struct batch *batch __attribute__((unused)), int ifindex)
{
    return rtnl_question(ifindex);
}

static void
take_look(struct victim *victim, struct vif_error *error)
{
    victim->settled = error && error->code == VIF_ERR_NOT_FOUND;
    vif_error_destroy(error);
}

/* A group that nobody else uses by chance: 30 random bits, far from the small
 * numbers that people choose, and never 0, the group of all links. */
static bool
choose_group(uint32_t *groupp)
{
    uint32_t random;

    if (getrandom(&random, sizeof random, 0) != sizeof random) {
        return false;
    }
    *groupp = UINT32_C(0x40000000) | (random & UINT32_C(0x3fffffff));
    return true;
}

static struct vif_error *
look_for_strangers(const struct rtnl_link *link, void *batch_)
{
    struct batch *batch = batch_;

    if (link->group == batch->group && !batch_find(batch, link->ifindex)) {
        batch->strangers = true;
    }
    return NULL;
}

static void
forget_strangers(void *batch_)
{
    struct batch *batch = batch_;

    batch->strangers = false;
}

/* Moves the victims into a fresh group.  False if they are not alone there or
 * that cannot be known. */
static bool
fill_group(struct rtnl *rtnl, struct batch *batch)
{
    if (!choose_group(&batch->group)) {
        return false;
    }
    batch_request(rtnl, batch, make_move, take_move);
    if (!batch_unsettled(batch)) {
        return true;
    }
    if (rtnl->moved) {
        rtnl->moved(rtnl->moved_aux, batch->group);
    }

    forget_strangers(batch);
    struct vif_error *error = rtnl_walk(rtnl, look_for_strangers,
                                        forget_strangers, batch);
    bool known = !error;
    vif_error_destroy(error);
    return known && !batch->strangers;
}

/* Deletes every member of 'group'. */
static void
delete_group(struct rtnl *rtnl, uint32_t group)
{
    struct nl_msg *msg CLEANUP_MSG = rtnl_link_msg(RTM_DELLINK, NLM_F_ACK, 0);

    if (group) {        /* Group 0 is where every link is. */
        rtnl_put_u32(msg, IFLA_GROUP, group);
        /* Whether it worked is seen by looking for the links: one without a
         * way to be deleted fails all (EOPNOTSUPP). */
        vif_error_destroy(rtnl_request(rtnl, msg, NULL, NULL));
    }
}

static void
delete_by_group(struct rtnl *rtnl, struct batch *batch)
{
    for (int i = 0; i < MAX_GROUPS; i++) {
        if (fill_group(rtnl, batch)) {
            if (batch_unsettled(batch)) {
                delete_group(rtnl, batch->group);
                batch_request(rtnl, batch, make_look, take_look);
            }
            return;
        }
    }
}

/* Deletes 'victim' by itself.  If that fails it is left as any other link, in
 * the default group. */
static void
delete_by_itself(struct rtnl *rtnl, struct victim *victim)
{
    const struct rtnl_change leave = { .set_group = true };

    *victim->errorp = delete_one(rtnl, victim->ifindex);
    if (*victim->errorp && victim->moved) {
        vif_error_destroy(rtnl_set(rtnl, victim->ifindex, &leave));
    }
}

static void
batch_run(struct rtnl *rtnl, struct batch *batch)
{
    if (batch_unsettled(batch) > 1) {
        delete_by_group(rtnl, batch);
    }
    for (size_t i = 0; i < batch->n; i++) {
        struct victim *victim = &batch->victims[i];

        if (!victim->settled) {
            delete_by_itself(rtnl, victim);
        }
        *victim->errorp = vif_error_wrap(*victim->errorp, "delete link %d",
                                         victim->ifindex);
    }
}

void
rtnl_delete_many(struct rtnl *rtnl, const int *ifindexes,
                 struct vif_error **errors, size_t n)
{
    for (size_t done = 0; done < n; done += RTNL_MAX_REQUESTS) {
        struct batch batch = { .n = 0 };

        for (size_t i = done; i < n && batch.n < RTNL_MAX_REQUESTS; i++) {
            errors[i] = check_index(ifindexes[i]);
            batch.victims[batch.n++] = (struct victim) {
                .ifindex = ifindexes[i],
                .errorp = &errors[i],
                .settled = errors[i] != NULL,
            };
        }
        batch_run(rtnl, &batch);
    }
}
