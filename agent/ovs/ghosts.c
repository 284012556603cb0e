/* SPDX-License-Identifier: Apache-2.0 */

/* Ghosts: rows that a transaction may have inserted, or may insert yet, of
 * which nobody wants to hear any more.  Whenever one turns up in the replica
 * it is deleted, by an intent like any other. */

#include <config.h>

#include "ovs/ovs-private.h"

#include <limits.h>
#include <string.h>

#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(ovs_ghosts);

/* See ovs_ghost_add() in ovs.h. */
#define GHOST_MS 60000

static long long
new_expiry(const struct ovs *ovs)
{
    return time_msec() + (ovs->config.ghost_ms ? ovs->config.ghost_ms
                          : GHOST_MS);
}

struct ghost {
    struct hmap_node node;      /* In ovs->ghosts, by UUID. */
    struct uuid uuid;
    long long expires;          /* ms; not before the replica is in step. */
    bool deleting;              /* 'intent' is submitted. */
    struct ovs_intent intent;
    struct ovs *ovs;
};

void
ghosts_init(struct ovs *ovs)
{
    hmap_init(&ovs->ghosts);
}

static void
ghost_free(struct ghost *ghost)
{
    hmap_remove(&ghost->ovs->ghosts, &ghost->node);
    free(CONST_CAST(char *, ghost->intent.name));
    free(ghost);
}

void
ghosts_destroy(struct ovs *ovs)
{
    struct ghost *ghost;

    HMAP_FOR_EACH_SAFE (ghost, node, &ovs->ghosts) {
        ghost_free(ghost);
    }
    hmap_destroy(&ovs->ghosts);
}

static struct ghost *
ghost_find(const struct ovs *ovs, const struct uuid *uuid)
{
    struct ghost *ghost;

    HMAP_FOR_EACH_WITH_HASH (ghost, node, uuid_hash(uuid), &ovs->ghosts) {
        if (uuid_equals(&ghost->uuid, uuid)) {
            return ghost;
        }
    }
    return NULL;
}

void
ovs_ghost_add(struct ovs *ovs, const struct uuid *uuid)
{
    struct ghost *ghost = ghost_find(ovs, uuid);

    if (!ghost) {
        ghost = xzalloc(sizeof *ghost);
        ghost->ovs = ovs;
        ghost->uuid = *uuid;
        hmap_insert(&ovs->ghosts, &ghost->node, uuid_hash(uuid));
        ovs->fresh = true;
    }
    ghost->expires = new_expiry(ovs);
}

void
ovs_ghost_forget(struct ovs *ovs, const struct uuid *uuid)
{
    struct ghost *ghost = ghost_find(ovs, uuid);

    if (!ghost) {
        return;
    } else if (!ghost->deleting || ovs_cancel(ovs, &ghost->intent)) {
        ghost_free(ghost);
    } else {
        ghost->expires = LLONG_MIN;     /* When the deletion is over. */
    }
}

static void
ghost_gone(struct ghost *ghost)
{
    struct ovs *ovs = ghost->ovs;
    struct uuid uuid = ghost->uuid;

    ghost_free(ghost);
    if (ovs->config.ghost_gone) {
        ovs->config.ghost_gone(ovs->config.aux, &uuid);
    }
}

static void
ghost_deleted(struct ovs_intent *intent, struct vif_error *error)
{
    struct ghost *ghost = intent->aux;

    ghost->deleting = false;
    if (error) {
        /* It is still there: ghosts_run() sees it the next time. */
        VLOG_WARN("row "UUID_FMT", left over from an unanswered transaction, "
                  "cannot be deleted: %s", UUID_ARGS(&ghost->uuid),
                  error->message);
        vif_error_destroy(error);
        if (ghost->expires == LLONG_MIN) {
            ghost_free(ghost);
        }
        return;
    }
    if (intent->wrote) {
        ghost->ovs->stats.ghosts_deleted++;
    }
    ghost_gone(ghost);
}

/* Deletes the row of 'ghost', if it has turned up. */
static void
ghost_look(struct ghost *ghost)
{
    struct ovs *ovs = ghost->ovs;
    const struct replica *replica = &ovs->replica;
    const struct ovs_row *port = replica_row(replica, OVS_TABLE_PORT,
                                             &ghost->uuid);
    const struct ovs_row *bridge = replica_row(replica, OVS_TABLE_BRIDGE,
                                               &ghost->uuid);

    if (port || bridge) {
        char *name = xstrdup(port ? ovs_row_string(port, PORT_NAME)
                             : ovs_row_string(bridge, BRIDGE_NAME));

        VLOG_INFO("deleting '%s', which a transaction has left behind that "
                  "was not answered in time", name);
        free(CONST_CAST(char *, ghost->intent.name));
        ghost->intent = (struct ovs_intent) {
            .kind = port ? OVS_PORT_REMOVE : OVS_BRIDGE_REMOVE,
            .name = name,
            .port_uuid = ghost->uuid,
            .deadline = LLONG_MAX,
            .done = ghost_deleted,
            .aux = ghost,
        };
        ghost->deleting = true;
        ovs_submit(ovs, &ghost->intent);
    }
}

void
ghosts_run(struct ovs *ovs)
{
    struct ghost *ghost;

    if (!ovs->replica.synced) {
        return;
    }
    HMAP_FOR_EACH_SAFE (ghost, node, &ovs->ghosts) {
        if (ovs->replica.resynced || ovs_server_is_silent(ovs)) {
            ghost->expires = MAX(ghost->expires, new_expiry(ovs));
        }
        if (!ghost->deleting) {
            ghost_look(ghost);
        }
        if (!ghost->deleting && time_msec() >= ghost->expires) {
            ghost_gone(ghost);
        }
    }
}

void
ghosts_wait(const struct ovs *ovs)
{
    const struct ghost *ghost;

    if (!ovs->replica.synced || ovs_server_is_silent(ovs)) {
        return;
    }
    HMAP_FOR_EACH (ghost, node, &ovs->ghosts) {
        if (!ghost->deleting) {
            poll_timer_wait_until(ghost->expires);
        }
    }
}
