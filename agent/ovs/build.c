/* SPDX-License-Identifier: Apache-2.0 */

/* One intent into the rows of a transaction, from what the replica says now.
 * Must not know what else is in the batch, nor what becomes of it.  First
 * everything is checked, then written, so that a refused intent leaves
 * nothing in the transaction. */

#include <config.h>

#include "ovs/ovs-private.h"

#include <string.h>

#include "ovs/wanted.h"
#include "smap.h"
#include "sset.h"
#include "util.h"

/* Puts 'port' on 'bridge' or takes it off.  A mutation of a bridge that has
 * vanished succeeds and changes nothing, and the port is collected as
 * garbage; so the transaction relies on the bridge's name and fails then. */
static void
hold(const struct ovs_row *bridge, const struct ovs_row *port)
{
    ovs_row_verify(bridge, BRIDGE_NAME);
    ovs_row_add_uuid(bridge, BRIDGE_PORTS, ovs_row_uuid(port));
}

static void
release(const struct ovs_row *bridge, const struct ovs_row *port)
{
    ovs_row_verify(bridge, BRIDGE_NAME);
    ovs_row_remove_uuid(bridge, BRIDGE_PORTS, ovs_row_uuid(port));
}

/* Takes 'port' off all bridges but 'keep', which may be NULL.  Somebody may
 * have put it on several.  False if it was on no other. */
static bool
release_others(const struct replica *replica, const struct ovs_row *port,
               const struct ovs_row *keep)
{
    const struct ovs_row *bridge;
    bool any = false;

    HMAP_FOR_EACH (bridge, name_node,
                   &replica->schema.by_name[OVS_TABLE_BRIDGE]) {
        if (bridge != keep && ovs_row_has_uuid(bridge, BRIDGE_PORTS,
                                               ovs_row_uuid(port))) {
            release(bridge, port);
            any = true;
        }
    }
    return any;
}

/* Ports. */

static void
insert_port(struct ovs *ovs, struct ovsdb_idl_txn *txn,
            struct ovs_intent *intent, const struct ovs_row *bridge)
{
    const struct ovs_schema *schema = &ovs->replica.schema;
    struct smap ids = SMAP_INITIALIZER(&ids);

    struct ovs_row *interface = ovs_row_insert(
        txn, schema, OVS_TABLE_INTERFACE, &intent->iface_uuid);
    ovs_row_set_string(interface, INTERFACE_NAME, intent->name);
    wanted_fill(interface, intent->args);

    struct ovs_row *port = ovs_row_insert(txn, schema, OVS_TABLE_PORT,
                                          &intent->port_uuid);
    ovs_row_set_string(port, PORT_NAME, intent->name);
    ovs_row_set_uuid(port, PORT_INTERFACES, &intent->iface_uuid);
    smap_add(&ids, OVS_KEY_OWNER, ovs->key);
    smap_add(&ids, OVS_KEY_PORT_ID, intent->port_id);
    if (vif_attrs_get(intent->args, "memo")) {
        smap_add(&ids, OVS_KEY_MEMO, vif_attrs_get(intent->args, "memo"));
    }
    ovs_row_set_map(port, PORT_EXTERNAL_IDS, &ids);
    smap_destroy(&ids);
    if (vif_attrs_get(intent->args, "qos")) {
        noop_qos_refer(ovs, txn, port);
    }

    hold(bridge, port);
    intent->wrote = intent->own.inserting = true;
}

/* Keeps in our row what the port was asked to be.  False if it is there. */
static bool
write_memo(const struct replica *replica, const struct ovs_row *port,
           const struct ovs_intent *intent)
{
    const char *memo = vif_attrs_get(intent->args, "memo");
    const char *found = ovs_row_map_get(port, PORT_EXTERNAL_IDS, OVS_KEY_MEMO);

    if (!replica_is_ours(replica, port, PORT_EXTERNAL_IDS)
        || nullable_string_is_equal(memo, found)) {
        return false;
    }
    ovs_row_map_put(port, PORT_EXTERNAL_IDS, OVS_KEY_MEMO, memo);
    ovs_row_verify(port, PORT_NAME);
    return true;
}

/* The port is there: alters what differs, and moves it if it is on another
 * bridge.  The Port row moves as it is, with its tag and other_config. */
static void
alter_port(struct ovs *ovs, struct ovs_intent *intent,
           const struct ovs_row *port, const struct ovs_row *bridge)
{
    const struct ovs_row *interface = replica_interface_of(&ovs->replica,
                                                           port);

    intent->existed = true;
    if (wanted_write(interface, intent->args, intent->previous)) {
        /* An update of a row that has vanished would change nothing. */
        ovs_row_verify(interface, INTERFACE_NAME);
        intent->wrote = true;
    }
    if (write_memo(&ovs->replica, port, intent)) {
        intent->wrote = true;
    }
    if (release_others(&ovs->replica, port, bridge)) {
        intent->wrote = true;
    }
    if (!ovs_row_has_uuid(bridge, BRIDGE_PORTS, ovs_row_uuid(port))) {
        hold(bridge, port);
        intent->wrote = true;
    }
}

static struct vif_error *
build_port_ensure(struct ovs *ovs, struct ovsdb_idl_txn *txn,
                  struct ovs_intent *intent)
{
    const struct replica *replica = &ovs->replica;
    const char *bridge_name = vif_attrs_get(intent->args, "bridge");
    const struct ovs_row *bridge = replica_bridge(replica, bridge_name);

    if (!bridge) {
        return vif_error_create(VIF_ERR_NOT_FOUND,
                                "there is no bridge '%s' in OVSDB",
                                bridge_name);
    }

    struct vif_error *error = ovs_port_admit(
        ovs, intent->name, intent->port_id,
        ovs_wanted_iface_id(intent->args), &intent->port_uuid);
    if (error) {
        return error;
    }

    const struct ovs_row *port = replica_port(replica, intent->name);
    if (port) {
        alter_port(ovs, intent, port, bridge);
    } else if (uuid_is_zero(&intent->port_uuid)
               || replica_row(replica, OVS_TABLE_PORT, &intent->port_uuid)
               || replica_row(replica, OVS_TABLE_INTERFACE,
                              &intent->iface_uuid)) {
        return vif_error_create(VIF_ERR_INTERNAL, "the UUIDs chosen for the "
                                "rows of port '%s' are not free",
                                intent->name);
    } else {
        insert_port(ovs, txn, intent, bridge);
    }
    return NULL;
}

static void
build_port_remove(struct ovs *ovs, struct ovs_intent *intent)
{
    const struct ovs_row *port = ovs_find_removable(ovs, intent);

    if (port && release_others(&ovs->replica, port, NULL)) {
        intent->wrote = intent->existed = true;
    } else if (!uuid_is_zero(&intent->port_uuid)) {
        /* Another session of ours may have sent it, before a crash. */
        ovs_ghost_add(ovs, &intent->port_uuid);
    }
}

/* Bridges. */

/* The kernel or ovs-vswitchd may lack the datapath, which ovs-vswitchd tells
 * its log alone. */
static struct vif_error *
check_datapath_type(const struct ovs *ovs, const char *name, const char *type)
{
    const char *wanted = type && *type ? type : "system";
    struct ovs_info info;

    ovs_get_info(ovs, &info);
    for (size_t i = 0; i < info.n_datapath_types; i++) {
        if (!strcmp(info.datapath_types[i], wanted)) {
            return NULL;
        }
    }
    return info.n_datapath_types
           ? vif_error_create(VIF_ERR_UNSUPPORTED, "bridge '%s' cannot be "
                              "made: ovs-vswitchd has no datapath of type "
                              "'%s'", name, wanted)
           : NULL;
}

/* A bridge has a port and an interface of its own name; ovs-vsctl(8), add-br,
 * makes the same rows. */
static void
insert_bridge(struct ovs *ovs, struct ovsdb_idl_txn *txn,
              struct ovs_intent *intent)
{
    const struct ovs_schema *schema = &ovs->replica.schema;
    const char *type = vif_attrs_get(intent->args, "datapath_type");
    struct smap ids = SMAP_INITIALIZER(&ids);

    struct ovs_row *interface = ovs_row_insert(txn, schema,
                                               OVS_TABLE_INTERFACE, NULL);
    ovs_row_set_string(interface, INTERFACE_NAME, intent->name);
    ovs_row_set_string(interface, INTERFACE_TYPE, "internal");

    struct ovs_row *port = ovs_row_insert(txn, schema, OVS_TABLE_PORT, NULL);
    ovs_row_set_string(port, PORT_NAME, intent->name);
    ovs_row_set_uuid(port, PORT_INTERFACES, ovs_row_uuid(interface));

    struct ovs_row *bridge = ovs_row_insert(txn, schema, OVS_TABLE_BRIDGE,
                                            &intent->port_uuid);
    ovs_row_set_string(bridge, BRIDGE_NAME, intent->name);
    ovs_row_set_uuid(bridge, BRIDGE_PORTS, ovs_row_uuid(port));
    if (type && *type) {
        ovs_row_set_string(bridge, BRIDGE_DATAPATH_TYPE, type);
    }
    smap_add(&ids, OVS_KEY_OWNER, ovs->key);
    ovs_row_set_map(bridge, BRIDGE_EXTERNAL_IDS, &ids);
    smap_destroy(&ids);

    ovs_row_add_uuid(replica_switch(&ovs->replica), SWITCH_BRIDGES,
                     ovs_row_uuid(bridge));
    intent->wrote = intent->own.inserting = true;
}

static struct vif_error *
build_bridge_ensure(struct ovs *ovs, struct ovsdb_idl_txn *txn,
                    struct ovs_intent *intent)
{
    const char *type = vif_attrs_get(intent->args, "datapath_type");
    struct vif_error *error;

    if (replica_bridge(&ovs->replica, intent->name)) {
        intent->existed = true;
        return NULL;
    } else if (!intent->may_create) {
        return vif_error_create(VIF_ERR_NOT_FOUND,
                                "there is no bridge '%s' in OVSDB, and vifd "
                                "may not make it", intent->name);
    } else if (replica_port(&ovs->replica, intent->name)
               || replica_interface(&ovs->replica, intent->name)) {
        return vif_error_create(VIF_ERR_CONFLICT, "there is a port '%s'",
                                intent->name);
    } else if (uuid_is_zero(&intent->port_uuid)) {
        return vif_error_create(VIF_ERR_INTERNAL, "no UUID was chosen for "
                                "the row of bridge '%s'", intent->name);
    }

    error = check_datapath_type(ovs, intent->name, type);
    if (!error) {
        insert_bridge(ovs, txn, intent);
    }
    return error;
}

/* Only a bridge that we have made, and that nobody else uses by now. */
static void
build_bridge_remove(struct ovs *ovs, struct ovs_intent *intent)
{
    const struct replica *replica = &ovs->replica;
    const struct ovs_row *bridge = replica_row(replica, OVS_TABLE_BRIDGE,
                                               &intent->port_uuid);

    if (!bridge && intent->name) {
        bridge = replica_bridge(replica, intent->name);
    }
    if (!bridge) {
        if (!uuid_is_zero(&intent->port_uuid)) {
            ovs_ghost_add(ovs, &intent->port_uuid);
        }
        return;
    }
    intent->existed = true;
    if (replica_is_ours(replica, bridge, BRIDGE_EXTERNAL_IDS)
        && ovs_row_datum(bridge, BRIDGE_PORTS)->n <= 1) {
        ovs_row_verify(bridge, BRIDGE_PORTS);
        ovs_row_remove_uuid(replica_switch(replica), SWITCH_BRIDGES,
                            ovs_row_uuid(bridge));
        intent->wrote = true;
    }
}

struct vif_error *
ovs_build(struct ovs *ovs, struct ovsdb_idl_txn *txn,
          struct ovs_intent *intent)
{
    struct vif_error *error = NULL;

    intent->existed = intent->own.inserting = false;
    switch (intent->kind) {
    case OVS_BRIDGE_ENSURE:
        error = build_bridge_ensure(ovs, txn, intent);
        break;
    case OVS_BRIDGE_REMOVE:
        build_bridge_remove(ovs, intent);
        break;
    case OVS_PORT_ENSURE:
        error = build_port_ensure(ovs, txn, intent);
        break;
    case OVS_PORT_REMOVE:
        build_port_remove(ovs, intent);
        break;
    case OVS_LOOK:
    case OVS_PROBE:
    case OVS_N_INTENT_KINDS:
    default:
        break;
    }
    return error;
}
