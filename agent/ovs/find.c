/* SPDX-License-Identifier: Apache-2.0 */

/* Looking things up in the replica, and whose port it is that was found.
 * Changes nothing. */

#include <config.h>

#include "ovs/ovs-private.h"

#include <string.h>

#include "ovs/wanted.h"
#include "util.h"

#define IFACE_ID_KEY "external_ids:iface-id"

const char *
ovs_wanted_iface_id(const struct vif_attrs *args)
{
    return args ? vif_attrs_get(args, IFACE_ID_KEY) : NULL;
}

static const char *
iface_id_of(const struct ovs_row *interface)
{
    return ovs_row_map_get(interface, INTERFACE_EXTERNAL_IDS, "iface-id");
}

static bool
same(const char *a, const char *b)
{
    return a && b && !strcmp(a, b);
}

/* Views. */

bool
ovs_synced(const struct ovs *ovs)
{
    return ovs->replica.synced;
}

bool
ovs_bridge_exists(const struct ovs *ovs, const char *name)
{
    return replica_bridge(&ovs->replica, name) != NULL;
}

bool
ovs_bridge_is_ours(const struct ovs *ovs, const char *name)
{
    const struct ovs_row *bridge = replica_bridge(&ovs->replica, name);

    return bridge && replica_is_ours(&ovs->replica, bridge,
                                     BRIDGE_EXTERNAL_IDS);
}

const char *
ovs_bridge_datapath_type(const struct ovs *ovs, const char *name)
{
    const struct ovs_row *bridge = replica_bridge(&ovs->replica, name);
    const char *type
        = bridge ? ovs_row_string(bridge, BRIDGE_DATAPATH_TYPE) : NULL;

    return type && !*type ? "system" : type;
}

static const char *
bridge_name(const struct replica *replica, const struct ovs_row *port)
{
    const struct ovs_row *bridge = replica_bridge_of(replica, port);

    return bridge ? ovs_row_string(bridge, BRIDGE_NAME) : "";
}

static bool
view_port(const struct replica *replica, const struct ovs_row *port,
          const struct ovs_row *interface, struct ovs_port_view *view)
{
    if (!port || !interface) {
        return false;
    }
    *view = (struct ovs_port_view) {
        .name = ovs_row_string(interface, INTERFACE_NAME),
        .bridge = bridge_name(replica, port),
        .port_uuid = *ovs_row_uuid(port),
        .iface_uuid = *ovs_row_uuid(interface),
        .type = ovs_row_string(interface, INTERFACE_TYPE),
        .error = ovs_row_string(interface, INTERFACE_ERROR),
        .ofport = ovs_row_integer(interface, INTERFACE_OFPORT, 0),
        .ours = replica_is_ours(replica, port, PORT_EXTERNAL_IDS),
        .port_id = replica_port_id(replica, port),
        .iface_id = iface_id_of(interface),
    };
    return true;
}

bool
ovs_find_port(const struct ovs *ovs, const char *name,
              struct ovs_port_view *view)
{
    const struct ovs_row *interface = replica_interface(&ovs->replica, name);

    return interface && view_port(&ovs->replica,
                                  replica_port_of(&ovs->replica, interface),
                                  interface, view);
}

bool
ovs_find_port_by_iface_id(const struct ovs *ovs, const char *iface_id,
                          struct ovs_port_view *view)
{
    const struct ovs_row *interface = ovs_row_by_id(
        &ovs->replica.schema, OVS_TABLE_INTERFACE, iface_id, NULL);

    return interface && view_port(&ovs->replica,
                                  replica_port_of(&ovs->replica, interface),
                                  interface, view);
}

bool
ovs_find_port_by_port_id(const struct ovs *ovs, const char *port_id,
                         struct ovs_port_view *view)
{
    const struct ovs_row *port = ovs_row_by_id(
        &ovs->replica.schema, OVS_TABLE_PORT, port_id, NULL);

    return port && view_port(&ovs->replica, port,
                             replica_interface_of(&ovs->replica, port), view);
}

void
ovs_for_each_ours(const struct ovs *ovs,
                  void (*cb)(void *aux, const struct ovs_port_view *),
                  void *aux)
{
    const struct replica *replica = &ovs->replica;
    const struct ovs_row *port;

    HMAP_FOR_EACH (port, id_node, &replica->schema.by_id[OVS_TABLE_PORT]) {
        struct ovs_port_view view;

        if (view_port(replica, port, replica_interface_of(replica, port),
                      &view)) {
            cb(aux, &view);
        }
    }
}

void
ovs_for_each_owned(const struct ovs *ovs,
                   void (*cb)(void *aux, const struct ovs_owned_port *),
                   void *aux)
{
    const struct replica *replica = &ovs->replica;
    const struct ovs_row *port;

    HMAP_FOR_EACH (port, name_node, &replica->schema.by_name[OVS_TABLE_PORT]) {
        const struct ovs_owned_port owned = {
            .name = ovs_row_string(port, PORT_NAME),
            .key = ovs_row_map_get(port, PORT_EXTERNAL_IDS, OVS_KEY_OWNER),
            .port_id = ovs_row_map_get(port, PORT_EXTERNAL_IDS,
                                       OVS_KEY_PORT_ID),
            .memo = ovs_row_map_get(port, PORT_EXTERNAL_IDS, OVS_KEY_MEMO),
        };

        if (owned.key) {
            cb(aux, &owned);
        }
    }
}

/* Comparing. */

static struct vif_error *
compare_bridge(const struct replica *replica, const struct ovs_row *port,
               const char *name, const char *wanted)
{
    const struct ovs_row *bridge = replica_bridge_of(replica, port);
    const struct ovs_row *other
        = replica_other_bridge_of(replica, port, bridge);

    if (wanted && strcmp(wanted, bridge_name(replica, port)) && !other) {
        return vif_error_create(VIF_ERR_CONFLICT,
                                "port '%s' has bridge '%s' instead of '%s'",
                                name, bridge_name(replica, port), wanted);
    } else if (wanted && other) {
        return vif_error_create(VIF_ERR_CONFLICT, "port '%s' has two "
                                "bridges, '%s' and '%s', instead of '%s'",
                                name, bridge_name(replica, port),
                                ovs_row_string(other, BRIDGE_NAME), wanted);
    }
    return NULL;
}

struct vif_error *
ovs_port_compare(const struct ovs *ovs, const char *name,
                 const struct vif_attrs *args)
{
    const struct ovs_row *port = replica_port(&ovs->replica, name);
    const struct ovs_row *interface
        = port ? replica_interface_of(&ovs->replica, port) : NULL;

    if (!interface) {
        return vif_error_create(VIF_ERR_NOT_FOUND,
                                "there is no port '%s' in OVSDB", name);
    }

    struct vif_error *error = compare_bridge(&ovs->replica, port, name,
                                             vif_attrs_get(args, "bridge"));
    return error ? error : wanted_compare(interface, args);
}

void
ovs_port_read(const struct ovs *ovs, const char *name,
              const struct vif_attrs *args, struct vif_attrs *found)
{
    const struct ovs_row *port = replica_port(&ovs->replica, name);
    const struct ovs_row *interface
        = port ? replica_interface_of(&ovs->replica, port) : NULL;

    if (interface) {
        vif_attrs_set(found, "bridge", bridge_name(&ovs->replica, port));
        wanted_read(interface, args, found);
    }
}

/* Whose it is. */

/* Why 'port', which has the wanted name, is not that of 'port_id'; NULL if
 * it is or may be adopted. */
static struct vif_error *
refuse_stranger(const struct replica *replica, const struct ovs_row *port,
                const struct ovs_row *interface, const char *port_id,
                const char *iface_id, const struct uuid *port_uuid)
{
    const char *name = ovs_row_string(interface, INTERFACE_NAME);
    const char *bridge = bridge_name(replica, port);
    const char *owner = replica_port_id(replica, port);
    const char *found = iface_id_of(interface);

    if (port_uuid && uuid_equals(port_uuid, ovs_row_uuid(port))) {
        return NULL;
    } else if (owner) {
        return same(owner, port_id) ? NULL : vif_error_create(
            VIF_ERR_CONFLICT, "port '%s' on bridge '%s' is that of port %s",
            name, bridge, owner);
    } else if (same(found, iface_id)) {
        return NULL;
    } else if (found) {
        return vif_error_create(
            VIF_ERR_CONFLICT, "port '%s' on bridge '%s' belongs to somebody "
            "else: its iface-id is '%s'", name, bridge, found);
    }
    return vif_error_create(
        VIF_ERR_CONFLICT, "port '%s' on bridge '%s' belongs to somebody "
        "else: it has no iface-id", name, bridge);
}

/* Whether a stranger's port has 'iface_id' under another name.  Two ports of
 * one iface-id would leave it to chance which of them gets the traffic. */
static struct vif_error *
refuse_double(const struct replica *replica, const char *name,
              const char *port_id, const char *iface_id)
{
    const struct ovs_row *interface = NULL;

    while ((interface = ovs_row_by_id(&replica->schema, OVS_TABLE_INTERFACE,
                                      iface_id, interface))) {
        const char *other = ovs_row_string(interface, INTERFACE_NAME);
        const struct ovs_row *port;

        if (!strcmp(other, name)) {
            continue;
        }
        port = replica_port_of(replica, interface);
        if (port && !same(replica_port_id(replica, port), port_id)) {
            return vif_error_create(
                VIF_ERR_CONFLICT, "port '%s' on bridge '%s' has the same "
                "iface-id '%s'", other, bridge_name(replica, port), iface_id);
        }
    }
    return NULL;
}

struct vif_error *
ovs_port_admit(const struct ovs *ovs, const char *name, const char *port_id,
               const char *iface_id, const struct uuid *port_uuid)
{
    const struct replica *replica = &ovs->replica;
    const struct ovs_row *interface = replica_interface(replica, name);
    const struct ovs_row *port = replica_port(replica, name);
    struct vif_error *error = NULL;

    if (replica_bridge(replica, name)) {
        return vif_error_create(VIF_ERR_CONFLICT,
                                "there is a bridge '%s'", name);
    } else if (port && !replica_interface_of(replica, port)) {
        return vif_error_create(VIF_ERR_CONFLICT,
                                "port '%s' is a bond of other interfaces",
                                name);
    } else if (interface && !port) {
        port = replica_port_of(replica, interface);
        return vif_error_create(VIF_ERR_CONFLICT,
                                "interface '%s' is part of the bond '%s'",
                                name, port ? ovs_row_string(port, PORT_NAME)
                                           : "");
    } else if (port) {
        error = refuse_stranger(replica, port, interface, port_id, iface_id,
                                port_uuid);
    }
    return (error ? error : iface_id
            ? refuse_double(replica, name, port_id, iface_id) : NULL);
}

/* The row that was inserted for the port or adopted: by its UUID; by our key,
 * if it was restored from a backup and has another UUID; or by name and
 * iface-id, if somebody has deleted it and made it anew. */
const struct ovs_row *
ovs_find_removable(const struct ovs *ovs, const struct ovs_intent *intent)
{
    const struct replica *replica = &ovs->replica;
    const struct ovs_row *port, *interface;

    port = replica_row(replica, OVS_TABLE_PORT, &intent->port_uuid);
    if (port || !intent->name) {
        return port;
    }

    port = replica_port(replica, intent->name);
    if (!port || same(replica_port_id(replica, port), intent->port_id)) {
        return port;
    }

    interface = replica_interface_of(replica, port);
    return (interface && !replica_is_ours(replica, port, PORT_EXTERNAL_IDS)
            && same(iface_id_of(interface),
                    ovs_wanted_iface_id(intent->args))
            ? port : NULL);
}
