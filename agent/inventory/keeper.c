/* SPDX-License-Identifier: Apache-2.0 */

/* See keeper.h. */

#include <config.h>

#include "inventory/keeper.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/chore.h"
#include "inventory/devlink-ask.h"
#include "inventory/read.h"
#include "kernel/ethtool.h"
#include "kernel/genl-monitor.h"
#include "kernel/genl.h"
#include "kernel/sysfs-watch.h"
#include "lib/alloc.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/shash.h"
#include "openvswitch/vlog.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(inventory);

/* More devices than that in one round: it is as quick to read all. */
#define MAX_TARGETS 64

/* After a round that failed. */
#define RETRY_MS 1000

/* How long the first look waits for devlink. */
#define FIRST_MS 2000

struct target {
    char name[DEVICE_NAME_SIZE];
    bool vfs;
    struct inventory part;      /* What was read. */
};

/* What the thread does: its own until that is over. */
struct round {
    char *root;
    bool netlink;
    bool all;
    struct inventory whole;     /* If 'all'. */
    struct target *targets;     /* Else. */
    size_t n_targets;
    struct vif_error *error;
};

struct inventory_keeper {
    char *root;
    bool netlink;
    void (*tell)(void *aux, const struct inventory_event *);
    void *aux;

    struct inventory inventory;
    bool known;                 /* It was read once. */
    bool published;             /* And is shown. */
    long long publish;          /* If not: at the latest then. */
    struct vif_error *error;    /* Of the last round. */
    long long retry;            /* If so: the next one, at the latest. */

    struct genl_monitor *monitor;   /* NULL: nothing is heard. */
    struct sysfs_watch *watch;      /* Likewise. */

    struct devlink_ask *devlink;    /* NULL: it is not asked. */
    struct chore_thread *chores;
    struct round *round;        /* Under way, or NULL. */
    bool due_all;               /* For the next round. */
    struct shash due;           /* By name of device: non-NULL with VFs. */
};

/* The thread. */

static void
round_destroy(void *round_)
{
    struct round *round = round_;

    for (size_t i = 0; i < round->n_targets; i++) {
        inventory_destroy(&round->targets[i].part);
    }
    free(round->targets);
    inventory_destroy(&round->whole);
    vif_error_destroy(round->error);
    free(round->root);
    free(round);
}

static void
read_targets(struct round *round, const struct inventory_source *source)
{
    if (round->all) {
        round->error = inventory_read(source, &round->whole);
    }
    for (size_t i = 0; i < round->n_targets && !round->error; i++) {
        struct target *target = &round->targets[i];

        round->error = inventory_read_device(source, target->name,
                                             target->vfs, &target->part);
    }
}

static void
round_read(void *round_)
{
    struct round *round = round_;
    struct inventory_source source = { .root = round->root };

    if (round->netlink) {
        round->error = genl_open(ETHTOOL_FAMILY, &source.ethtool);
    }
    if (!round->error) {
        read_targets(round, &source);
    }
    genl_close(source.ethtool);
}

static struct round *
round_create(const struct inventory_keeper *keeper)
{
    struct round *round = vif_xcalloc(1, sizeof *round);
    const struct shash_node *node;

    round->root = vif_xstrdup(keeper->root);
    round->netlink = keeper->netlink;
    /* After a failure it is not known what is missing. */
    round->all = (keeper->due_all || !keeper->known || keeper->error
                  || shash_count(&keeper->due) > MAX_TARGETS);
    if (!round->all) {
        round->targets = vif_xcalloc(shash_count(&keeper->due),
                                     sizeof *round->targets);
        SHASH_FOR_EACH (node, &keeper->due) {
            struct target *target = &round->targets[round->n_targets++];

            ovs_strlcpy(target->name, node->name, sizeof target->name);
            target->vfs = node->data != NULL;
        }
    }
    return round;
}

/* The main loop. */

static bool
round_is_due(const struct inventory_keeper *keeper)
{
    return (keeper->due_all || !shash_is_empty(&keeper->due)
            || (keeper->error && time_msec() >= keeper->retry));
}

static void
begin_round(struct inventory_keeper *keeper)
{
    if (!keeper->round && round_is_due(keeper)) {
        keeper->round = round_create(keeper);
        keeper->due_all = false;
        shash_clear(&keeper->due);
        chore_start(keeper->chores, round_read, round_destroy, keeper->round);
    }
}

static void
devlink_heard(void *keeper, const char *handle)
{
    inventory_keeper_device(keeper, handle, false);
}

static void
features_heard(void *keeper, int ifindex)
{
    inventory_keeper_netdev(keeper, ifindex);
}

static void
vfs_written(void *keeper, const char *name)
{
    inventory_keeper_device(keeper, name, true);
}

static void
heard_no_more(void *keeper)
{
    static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(6, 10);

    VLOG_INFO_RL(&rl, "notifications of devices were lost: reading all of "
                 "them again");
    inventory_keeper_all(keeper);
}

/* Without these the inventory can be had all the same, but grows old. */
static void
listen_to_kernel(struct inventory_keeper *keeper)
{
    static const struct genl_monitor_callbacks heard = {
        devlink_heard, features_heard, heard_no_more,
    };
    static const struct sysfs_watch_callbacks seen = {
        vfs_written, heard_no_more,
    };
    struct vif_error *errors[] = {
        (keeper->netlink ? genl_monitor_open(&heard, keeper, &keeper->monitor)
         : NULL),
        sysfs_watch_open(&seen, keeper, &keeper->watch),
    };

    for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
        if (errors[i]) {
            VLOG_WARN("not all changes of devices will be noticed: %s",
                      errors[i]->message);
            vif_error_destroy(errors[i]);
        }
    }
}

struct inventory_keeper *
inventory_keeper_start(const char *root, bool netlink,
                       void (*tell)(void *aux, const struct inventory_event *),
                       void *aux)
{
    struct inventory_keeper *keeper = vif_xcalloc(1, sizeof *keeper);

    keeper->root = vif_xstrdup(root);
    keeper->netlink = netlink;
    keeper->tell = tell;
    keeper->aux = aux;
    keeper->due_all = true;
    shash_init(&keeper->due);
    keeper->chores = chore_thread_create("inventory");
    keeper->devlink = netlink ? devlink_ask_create() : NULL;
    listen_to_kernel(keeper);       /* Before the first look. */
    begin_round(keeper);
    return keeper;
}

void
inventory_keeper_stop(struct inventory_keeper *keeper)
{
    if (keeper) {
        chore_thread_destroy(keeper->chores);
        devlink_ask_destroy(keeper->devlink);
        genl_monitor_close(keeper->monitor);
        sysfs_watch_close(keeper->watch);
        inventory_destroy(&keeper->inventory);
        vif_error_destroy(keeper->error);
        shash_destroy(&keeper->due);
        free(keeper->root);
        free(keeper);
    }
}

/* A device whose VFs have no uevents is watched, and read again as soon as it
 * is, because they may have changed in between. */
static void
watch_vfs(struct inventory_keeper *keeper, const struct device *device)
{
    static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(1, 5);
    const char *slash = strchr(device->name, '/');

    if (!keeper->watch || device->is_pci || device->type != DEVICE_PF) {
        return;
    }
    CLEANUP_FREE char *path = vif_xasprintf(
        "%s/bus/%.*s/devices/%s/sriov_numvfs", keeper->root,
        (int) (slash - device->name), device->name, slash + 1);
    bool new;
    CLEANUP_ERROR struct vif_error *error = sysfs_watch_add(
        keeper->watch, device->name, path, &new);

    if (error) {
        VLOG_WARN_RL(&rl, "%s", error->message);
    } else if (new) {
        inventory_keeper_device(keeper, device->name, true);
    }
}

static unsigned int
count_vfs(const struct inventory *inventory, const char *pf)
{
    unsigned int n = 0;

    for (size_t i = 0; i < inventory->n; i++) {
        n += !strcmp(inventory->devices[i].parent, pf);
    }
    return n;
}

/* A round may find a VF gone whose link was still there when its PF was read,
 * and nothing tells when that goes: what counts is which VFs there are. */
static void
recount_vanished(struct inventory *inventory)
{
    for (size_t i = 0; i < inventory->n; i++) {
        struct device *pf = &inventory->devices[i];

        if (pf->type == DEVICE_PF && pf->n_vfs
            && !count_vfs(inventory, pf->name)) {
            pf->n_vfs = 0;
        }
    }
}

/* VFs may come and go one by one, and their PF's number of them meanwhile:
 * they are read together until both agree. */
static void
settle(struct inventory_keeper *keeper, const struct device *device)
{
    const char *pf_name = device_is_vf(device) ? device->parent
                          : device->name;
    const struct device *pf = inventory_find(&keeper->inventory, pf_name);

    if (pf && pf->type == DEVICE_PF
        && pf->n_vfs != count_vfs(&keeper->inventory, pf_name)) {
        inventory_keeper_device(keeper, pf_name, true);
    }
}

static void
note_change(void *keeper_, const struct inventory_event *event)
{
    struct inventory_keeper *keeper = keeper_;

    settle(keeper, event->after ? event->after : event->before);
    if (event->type == INVENTORY_VANISHED && keeper->watch) {
        sysfs_watch_remove(keeper->watch, event->before->name);
    }
    if (keeper->published) {
        keeper->tell(keeper->aux, event);
    }
}

/* What devlink knows comes later. */
static void
ask_devlink(struct inventory_keeper *keeper, const struct inventory *before,
            struct inventory *part)
{
    for (size_t i = 0; i < part->n && keeper->devlink; i++) {
        devlink_ask_copy(&part->devices[i], before);
        devlink_ask_about(keeper->devlink, &part->devices[i]);
    }
}

/* Takes over what a round has read. */
static void
take(struct inventory_keeper *keeper, struct round *round)
{
    struct inventory before = keeper->inventory;
    bool first = !keeper->known;

    if (round->all) {
        ask_devlink(keeper, &before, &round->whole);
        keeper->inventory = round->whole;
        round->whole = (struct inventory) INVENTORY_INIT;
    } else {
        inventory_clone(&keeper->inventory, &before);
        for (size_t i = 0; i < round->n_targets; i++) {
            struct target *target = &round->targets[i];

            ask_devlink(keeper, &before, &target->part);
            inventory_update(&keeper->inventory, target->name, target->vfs,
                             &target->part);
        }
        recount_vanished(&keeper->inventory);
    }
    keeper->known = true;
    if (first) {
        VLOG_INFO("%"PRIuSIZE" network devices", keeper->inventory.n);
        keeper->publish = time_msec() + FIRST_MS;
    } else {
        inventory_diff(&before, &keeper->inventory, note_change, keeper);
    }
    inventory_destroy(&before);
    for (size_t i = 0; i < keeper->inventory.n; i++) {
        watch_vfs(keeper, &keeper->inventory.devices[i]);
    }
}

static void
run_round(struct inventory_keeper *keeper)
{
    struct round *round = keeper->round;

    if (chore_take(keeper->chores)) {
        keeper->round = NULL;
        vif_error_destroy(keeper->error);
        keeper->error = TAKE(round->error);
        if (!keeper->error) {
            take(keeper, round);
        } else {
            static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(1, 5);

            VLOG_WARN_RL(&rl, "%s", keeper->error->message);
            keeper->retry = time_msec() + RETRY_MS;
        }
        round_destroy(round);
    }
}

static void
take_answer(struct inventory_keeper *keeper, const struct inventory *answer)
{
    CLEANUP_INVENTORY struct inventory before = INVENTORY_INIT;

    inventory_clone(&before, &keeper->inventory);
    for (size_t i = 0; i < keeper->inventory.n; i++) {
        devlink_ask_copy(&keeper->inventory.devices[i], answer);
    }
    inventory_diff(&before, &keeper->inventory, note_change, keeper);
}

static void
run_devlink(struct inventory_keeper *keeper)
{
    struct inventory answer;

    if (keeper->devlink && devlink_ask_run(keeper->devlink, &answer)) {
        take_answer(keeper, &answer);
        inventory_destroy(&answer);
    }
}

/* The first time it is complete, unless devlink keeps it waiting. */
static void
publish(struct inventory_keeper *keeper)
{
    keeper->published |= (keeper->known
                          && (!keeper->devlink
                              || devlink_ask_idle(keeper->devlink)
                              || time_msec() >= keeper->publish));
}

void
inventory_keeper_run(struct inventory_keeper *keeper)
{
    if (keeper->monitor) {
        genl_monitor_run(keeper->monitor);
    }
    if (keeper->watch) {
        sysfs_watch_run(keeper->watch);
    }
    run_round(keeper);
    run_devlink(keeper);
    publish(keeper);
    begin_round(keeper);
}

void
inventory_keeper_wait(struct inventory_keeper *keeper)
{
    if (keeper->monitor) {
        genl_monitor_wait(keeper->monitor);
    }
    if (keeper->watch) {
        sysfs_watch_wait(keeper->watch);
    }
    if (keeper->round) {
        chore_wait(keeper->chores);
    } else if (keeper->error) {
        poll_timer_wait_until(keeper->retry);
    }
    if (keeper->devlink) {
        devlink_ask_wait(keeper->devlink);
    }
    if (keeper->known && !keeper->published) {
        poll_timer_wait_until(keeper->publish);
    }
}

const struct inventory *
inventory_keeper_get(const struct inventory_keeper *keeper,
                     const struct vif_error **errorp)
{
    if (errorp) {
        *errorp = keeper->error;
    }
    return keeper->published ? &keeper->inventory : NULL;
}

bool
inventory_keeper_idle(const struct inventory_keeper *keeper)
{
    return (!keeper->round && !keeper->due_all
            && shash_is_empty(&keeper->due)
            && (!keeper->devlink || devlink_ask_idle(keeper->devlink)));
}

/* What has changed. */

void
inventory_keeper_device(struct inventory_keeper *keeper, const char *name,
                        bool vfs)
{
    struct shash_node *node = shash_find(&keeper->due, name);

    if (!node) {
        node = shash_add(&keeper->due, name, NULL);
    }
    if (vfs) {
        node->data = keeper;
    }
}

void
inventory_keeper_all(struct inventory_keeper *keeper)
{
    keeper->due_all = true;
}
