/* SPDX-License-Identifier: Apache-2.0 */

/* See keeper.h. */

#include <config.h>

#include "inventory/keeper.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inventory/read.h"
#include "kernel/uevent.h"
#include "latch.h"
#include "lib/alloc.h"
#include "openvswitch/shash.h"
#include "openvswitch/vlog.h"
#include "ovs-thread.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(inventory);

/* More devices than that in one round: it is as quick to read all. */
#define MAX_TARGETS 64

struct target {
    char name[DEVICE_NAME_SIZE];
    bool vfs;
    struct inventory part;      /* What was read. */
};

/* What the thread does: its own until 'done' is set. */
struct round {
    char *root;
    bool all;
    struct inventory whole;     /* If 'all'. */
    struct target *targets;     /* Else. */
    size_t n_targets;
    struct vif_error *error;
    struct latch done;

    struct ovs_mutex mutex;
    bool finished;  /* By the thread. */
    bool abandoned; /* By the main loop: the thread frees it. */
};

struct inventory_keeper {
    char *root;
    void (*tell)(void *aux, const struct inventory_event *);
    void *aux;

    struct inventory inventory;
    bool known;                 /* It was read once. */
    struct vif_error *error;    /* Of the last round. */

    struct round *round;        /* Under way, or NULL. */
    pthread_t thread;
    bool due_all;               /* For the next round. */
    struct shash due;           /* By name of device: non-NULL with VFs. */
};

/* The thread. */

static void
round_destroy(struct round *round)
{
    for (size_t i = 0; i < round->n_targets; i++) {
        inventory_destroy(&round->targets[i].part);
    }
    free(round->targets);
    inventory_destroy(&round->whole);
    vif_error_destroy(round->error);
    latch_destroy(&round->done);
    ovs_mutex_destroy(&round->mutex);
    free(round->root);
    free(round);
}

static void
round_read(struct round *round)
{
    if (round->all) {
        round->error = inventory_read(round->root, &round->whole);
    }
    for (size_t i = 0; i < round->n_targets && !round->error; i++) {
        struct target *target = &round->targets[i];

        round->error = inventory_read_device(round->root, target->name,
                                             target->vfs, &target->part);
    }
}

static void *
round_main(void *round_)
{
    struct round *round = round_;

    round_read(round);
    ovs_mutex_lock(&round->mutex);
    bool abandoned = round->abandoned;
    round->finished = true;
    if (!abandoned) {
        latch_set(&round->done);
    }
    ovs_mutex_unlock(&round->mutex);
    if (abandoned) {
        round_destroy(round);
    }
    return NULL;
}

static struct round *
round_create(const struct inventory_keeper *keeper)
{
    struct round *round = vif_xcalloc(1, sizeof *round);
    const struct shash_node *node;

    round->root = vif_xstrdup(keeper->root);
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
    latch_init(&round->done);
    ovs_mutex_init(&round->mutex);
    return round;
}

/* The main loop. */

static void
begin_round(struct inventory_keeper *keeper)
{
    if (!keeper->round && (keeper->due_all || !shash_is_empty(&keeper->due))) {
        keeper->round = round_create(keeper);
        keeper->due_all = false;
        shash_clear(&keeper->due);
        keeper->thread = ovs_thread_create("inventory", round_main,
                                           keeper->round);
    }
}

struct inventory_keeper *
inventory_keeper_start(const char *root,
                       void (*tell)(void *aux, const struct inventory_event *),
                       void *aux)
{
    struct inventory_keeper *keeper = vif_xcalloc(1, sizeof *keeper);

    keeper->root = vif_xstrdup(root);
    keeper->tell = tell;
    keeper->aux = aux;
    keeper->due_all = true;
    shash_init(&keeper->due);
    begin_round(keeper);
    return keeper;
}

static void
abandon_round(struct inventory_keeper *keeper)
{
    struct round *round = keeper->round;

    ovs_mutex_lock(&round->mutex);
    bool finished = round->finished;
    round->abandoned = true;
    ovs_mutex_unlock(&round->mutex);
    if (finished) {
        xpthread_join(keeper->thread, NULL);
        round_destroy(round);
    } else {
        pthread_detach(keeper->thread);
    }
}

void
inventory_keeper_stop(struct inventory_keeper *keeper)
{
    if (keeper) {
        if (keeper->round) {
            abandon_round(keeper);
        }
        inventory_destroy(&keeper->inventory);
        vif_error_destroy(keeper->error);
        shash_destroy(&keeper->due);
        free(keeper->root);
        free(keeper);
    }
}

/* Takes over what a round has read. */
static void
take(struct inventory_keeper *keeper, struct round *round)
{
    struct inventory before = keeper->inventory;
    bool first = !keeper->known;

    if (round->all) {
        keeper->inventory = round->whole;
        round->whole = (struct inventory) INVENTORY_INIT;
    } else {
        inventory_clone(&keeper->inventory, &before);
        for (size_t i = 0; i < round->n_targets; i++) {
            const struct target *target = &round->targets[i];

            inventory_update(&keeper->inventory, target->name, target->vfs,
                             &target->part);
        }
    }
    keeper->known = true;
    if (first) {
        VLOG_INFO("%"PRIuSIZE" network devices", keeper->inventory.n);
    } else {
        inventory_diff(&before, &keeper->inventory, keeper->tell,
                       keeper->aux);
    }
    inventory_destroy(&before);
}

void
inventory_keeper_run(struct inventory_keeper *keeper)
{
    struct round *round = keeper->round;

    if (round && latch_poll(&round->done)) {
        xpthread_join(keeper->thread, NULL);
        keeper->round = NULL;
        vif_error_destroy(keeper->error);
        keeper->error = TAKE(round->error);
        if (!keeper->error) {
            take(keeper, round);
        } else {
            static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(1, 5);

            VLOG_WARN_RL(&rl, "%s", keeper->error->message);
        }
        round_destroy(round);
    }
    begin_round(keeper);
}

void
inventory_keeper_wait(struct inventory_keeper *keeper)
{
    if (keeper->round) {
        latch_wait(&keeper->round->done);
    }
}

const struct inventory *
inventory_keeper_get(const struct inventory_keeper *keeper,
                     const struct vif_error **errorp)
{
    if (errorp) {
        *errorp = keeper->error;
    }
    return keeper->known ? &keeper->inventory : NULL;
}

bool
inventory_keeper_idle(const struct inventory_keeper *keeper)
{
    return (!keeper->round && !keeper->due_all
            && shash_is_empty(&keeper->due));
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

bool
inventory_device_of_path(const char *devpath, char name[DEVICE_NAME_SIZE])
{
    bool found = false;

    for (const char *s = devpath; *s; s += strcspn(s, "/")) {
        struct pci_address address;
        char word[32];

        s += *s == '/';
        size_t length = strcspn(s, "/");
        if (length >= sizeof word) {
            continue;
        }
        memcpy(word, s, length);
        word[length] = '\0';
        if (pci_address_from_string(word, &address)) {
            device_pci_name(&address, name);
            found = true;
        } else if (!strncmp(word, "netdevsim", 9) && word[9]) {
            snprintf(name, DEVICE_NAME_SIZE, "netdevsim/%s", word);
            found = true;
        }
    }
    return found;
}

/* A PF says "change" when the number of its VFs has changed (sriov_enable()
 * of drivers/pci/iov.c), and "add" before it has any; a VF says "add" before
 * it is linked to its PF. */
void
inventory_keeper_uevent(struct inventory_keeper *keeper,
                        const struct uevent *event)
{
    static const char *const subsystems[] = { "pci", "net", "vdpa",
                                              "netdevsim" };
    char name[DEVICE_NAME_SIZE];

    for (size_t i = 0; i < ARRAY_SIZE(subsystems); i++) {
        if (!strcmp(event->subsystem, subsystems[i])
            && inventory_device_of_path(event->devpath, name)) {
            inventory_keeper_device(keeper, name,
                                    event->action == UEVENT_CHANGE);
            return;
        }
    }
}

void
inventory_keeper_link(struct inventory_keeper *keeper, int ifindex,
                      const struct vif_mac *mac)
{
    const struct device *device = inventory_find_netdev(&keeper->inventory,
                                                        ifindex);

    if (device && mac
        && memcmp(mac, &device->netdev.mac, sizeof *mac)) {
        inventory_keeper_device(keeper, device->name, false);
    }
}
