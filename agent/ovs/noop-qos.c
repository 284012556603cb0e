/* SPDX-License-Identifier: Apache-2.0 */

/* The QoS row that tells ovs-vswitchd to leave a port's device as it is.
 *
 * To a port without one, ovs-vswitchd takes away whatever queueing discipline
 * its device has been given, and the kernel puts its default in that place:
 * for a multi-queue tap 256 queues, of 5 MB and 1.5 ms (netdev_set_qos() in
 * OVS's bridge.c).  A row of type "linux-noop" prevents that, and one is
 * enough for all ports of an installation, since it has nothing to be set.
 * Its UUID is the installation's key, so that there can be no two.
 *
 * It comes with the first port that refers to it.  OVSDB does not collect QoS
 * rows as it does ports, so that it goes in the transaction that removes the
 * last such port; one that somebody else deletes leaves it behind until vifd
 * removes a port the next time.  Rows of another key are another's. */

#include <config.h>

#include "ovs/ovs-private.h"

#include "smap.h"
#include "util.h"

/* False if the key is none that a journal gave. */
static bool
get_uuid(const struct ovs *ovs, struct uuid *uuid)
{
    return uuid_from_string(uuid, ovs->key);
}

void
noop_qos_refer(struct ovs *ovs, struct ovsdb_idl_txn *txn,
               const struct ovs_row *port)
{
    struct uuid uuid;

    if (!get_uuid(ovs, &uuid)) {
        return;
    }
    if (!replica_row(&ovs->replica, OVS_TABLE_QOS, &uuid)) {
        struct ovs_row *qos = ovs_row_insert(txn, &ovs->replica.schema,
                                             OVS_TABLE_QOS, &uuid);
        struct smap ids = SMAP_INITIALIZER(&ids);

        smap_add(&ids, OVS_KEY_OWNER, ovs->key);
        ovs_row_set_string(qos, QOS_TYPE, "linux-noop");
        ovs_row_set_map(qos, QOS_EXTERNAL_IDS, &ids);
        smap_destroy(&ids);
    }
    ovs_row_set_uuid(port, PORT_QOS, &uuid);
}

/* Whether a port refers to the row 'uuid' that is none of the 'n_leaving',
 * those that do and that the transaction removes.  One more than these is
 * soon found, as long as most of our ports refer to it. */
static bool
is_wanted(const struct replica *replica, const struct uuid *uuid,
          size_t n_leaving)
{
    const struct ovs_row *port;
    size_t n = 0;

    HMAP_FOR_EACH (port, name_node,
                   &replica->schema.by_name[OVS_TABLE_PORT]) {
        if (ovs_row_has_uuid(port, PORT_QOS, uuid) && ++n > n_leaving) {
            return true;
        }
    }
    return false;
}

/* The port that 'intent' removes, if it refers to the row 'uuid', or NULL. */
static const struct ovs_row *
leaving_port(const struct ovs *ovs, const struct ovs_intent *intent,
             const struct uuid *uuid)
{
    const struct ovs_row *port = (intent->kind == OVS_PORT_REMOVE
                                  ? ovs_find_removable(ovs, intent) : NULL);

    return port && ovs_row_has_uuid(port, PORT_QOS, uuid) ? port : NULL;
}

/* Whether 'intents' remove ports and none refers to the row 'uuid' then. */
static bool
becomes_unused(const struct ovs *ovs, const struct ovs_list *intents,
               const struct uuid *uuid)
{
    const struct ovs_intent *intent;
    bool any_removal = false;
    size_t n_leaving = 0;

    LIST_FOR_EACH (intent, own.node, intents) {
        any_removal |= intent->kind == OVS_PORT_REMOVE;
        n_leaving += leaving_port(ovs, intent, uuid) != NULL;
    }
    return any_removal && !is_wanted(&ovs->replica, uuid, n_leaving);
}

bool
noop_qos_drop(struct ovs *ovs, const struct ovs_list *intents)
{
    const struct ovs_intent *intent;
    struct uuid uuid;

    if (!get_uuid(ovs, &uuid)) {
        return false;
    }

    const struct ovs_row *qos = replica_row(&ovs->replica, OVS_TABLE_QOS,
                                            &uuid);
    if (!qos || !becomes_unused(ovs, intents, &uuid)) {
        return false;
    }

    /* The server counts references before it collects the ports. */
    LIST_FOR_EACH (intent, own.node, intents) {
        const struct ovs_row *port = leaving_port(ovs, intent, &uuid);

        if (port) {
            ovs_row_set_empty(port, PORT_QOS);
        }
    }
    ovs_row_delete(qos);
    return true;
}
