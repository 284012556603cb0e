/* SPDX-License-Identifier: Apache-2.0 */

/* The session with ovsdb-server, and what changes in the replica.  Must not
 * know what is wanted of the database. */

#include <config.h>

#include "ovs/replica.h"

#include <malloc.h>
#include <string.h>

#include "ovsdb-data.h"
#include "ovsdb-idl.h"
#include "stream.h"
#include "timeval.h"
#include "util.h"

/* After this long without a word from a server that is not on this host it is
 * asked whether it lives.  A server under load must not be taken for dead: the
 * price is a new session and all of the database again. */
#define PROBE_INTERVAL_MS 30000

void
replica_init(struct replica *replica, const char *remote, const char *key)
{
    memset(replica, 0, sizeof *replica);
    ovs_schema_init(&replica->schema, key);
    replica->idl = ovsdb_idl_create_unconnected(&replica->schema.class_,
                                                false);
    ovs_schema_set_modes(&replica->schema, replica->idl);
    replica->remote = xstrdup(remote);
    replica->out_since = time_msec();
    sset_init(&replica->ports);
    sset_init(&replica->bridges);
    sset_init(&replica->doubled);

    ovsdb_idl_set_remote(replica->idl, remote, true);
    if (stream_or_pstream_needs_probes(remote) > 0) {
        ovsdb_idl_set_probe_interval(replica->idl, PROBE_INTERVAL_MS);
    }
}

void
replica_destroy(struct replica *replica)
{
    ovsdb_idl_destroy(replica->idl);
    ovs_schema_destroy(&replica->schema);
    sset_destroy(&replica->ports);
    sset_destroy(&replica->bridges);
    sset_destroy(&replica->doubled);
    free(replica->remote);
}

/* The session. */

static void
track_session(struct replica *replica)
{
    bool connected = ovsdb_idl_is_connected(replica->idl);
    unsigned int seqno = ovsdb_idl_get_seqno(replica->idl);

    replica->lost = replica->synced && !connected;
    replica->resynced = (!replica->synced && connected
                         && seqno != replica->stale_seqno);
    if (replica->lost) {
        replica->synced = false;
        replica->stale_seqno = seqno;
        replica->out_since = time_msec();
    } else if (replica->resynced) {
        replica->synced = replica->ever_synced = true;
    } else if (!replica->synced && !connected) {
        /* Whatever arrived before the connection broke again is not all. */
        replica->stale_seqno = seqno;
    }
}

/* Changes. */

static bool
row_is_new(const struct ovs_row *row)
{
    return row->header_.change_seqno[OVSDB_IDL_CHANGE_INSERT] > 0;
}

static bool
row_is_deleted(const struct ovs_row *row)
{
    return row->header_.change_seqno[OVSDB_IDL_CHANGE_DELETE] > 0;
}

static bool
column_changed(const struct ovs_row *row, int column)
{
    return ovsdb_idl_track_is_updated(
        &row->header_, &row->header_.table->class_->columns[column]);
}

static const struct ovs_row *
tracked_row(const struct ovsdb_idl_row *row)
{
    return row ? CONTAINER_OF(row, struct ovs_row, header_) : NULL;
}

#define FOR_EACH_TRACKED(ROW, REPLICA, TABLE)                             \
    for (ROW = tracked_row(ovsdb_idl_track_get_first(                     \
                               (REPLICA)->idl,                            \
                               &(REPLICA)->schema.tables[TABLE]));        \
         ROW;                                                             \
         ROW = tracked_row(ovsdb_idl_track_get_next(&(ROW)->header_)))

/* Notes for each port of 'bridge' that it is there.  A port that was on
 * another bridge before has been moved; nothing else in the database says so,
 * for the Port's own row does not change. */
static void
hold_ports(struct replica *replica, const struct ovs_row *bridge)
{
    const struct ovsdb_datum *ports = ovs_row_datum(bridge, BRIDGE_PORTS);

    for (size_t i = 0; i < ports->n; i++) {
        struct ovs_row *port = ovs_row_by_uuid(
            &replica->schema, replica->idl, OVS_TABLE_PORT,
            &ports->keys[i].uuid);

        if (port && !uuid_equals(&port->holder, ovs_row_uuid(bridge))) {
            if (!uuid_is_zero(&port->holder)) {
                sset_add(&replica->ports, ovs_row_string(port, PORT_NAME));
                sset_add(&replica->doubled, ovs_row_string(port, PORT_NAME));
            }
            port->holder = *ovs_row_uuid(bridge);
        }
    }
}

/* Whether the only row of its table has not been seen before, which happens
 * when everything was thrown away and received anew. */
static bool
replace_switch(struct replica *replica)
{
    struct ovs_row *row
        = CONST_CAST(struct ovs_row *, replica_switch(replica));
    bool is_new = row && !row->known;

    if (is_new) {
        row->known = true;
    }
    return is_new;
}

/* A bridge has lost or gained ports, or has gone: notes those of which it may
 * have been the second bridge, since nothing else says that. */
static void
note_doubled(struct replica *replica)
{
    const char *name, *next;

    SSET_FOR_EACH_SAFE (name, next, &replica->doubled) {
        const struct ovs_row *port = replica_port(replica, name);

        sset_add(&replica->ports, name);
        if (!port || !replica_other_bridge_of(
                replica, port, replica_bridge_of(replica, port))) {
            sset_find_and_delete(&replica->doubled, name);
        }
    }
}

static void
note_changes(struct replica *replica)
{
    const struct ovs_row *row;
    bool moved = false;

    replica->replaced = replace_switch(replica);
    FOR_EACH_TRACKED (row, replica, OVS_TABLE_BRIDGE) {
        if (!row_is_deleted(row) && (row_is_new(row)
                                     || column_changed(row, BRIDGE_PORTS))) {
            hold_ports(replica, row);
        }
        moved |= row_is_deleted(row) || column_changed(row, BRIDGE_PORTS);
        if (row_is_deleted(row) || row_is_new(row)
            || column_changed(row, BRIDGE_DATAPATH_TYPE)) {
            sset_add(&replica->bridges, ovs_row_string(row, BRIDGE_NAME));
        }
    }
    if (moved) {
        note_doubled(replica);
    }
    FOR_EACH_TRACKED (row, replica, OVS_TABLE_PORT) {
        sset_add(&replica->ports, ovs_row_string(row, PORT_NAME));
    }
    FOR_EACH_TRACKED (row, replica, OVS_TABLE_INTERFACE) {
        sset_add(&replica->ports, ovs_row_string(row, INTERFACE_NAME));
    }
    if (replica->replaced) {
        sset_clear(&replica->ports);
        sset_clear(&replica->bridges);
    }
}

void
replica_run(struct replica *replica)
{
    unsigned int before = ovsdb_idl_get_seqno(replica->idl);

    replica->replaced = false;
    sset_clear(&replica->ports);
    sset_clear(&replica->bridges);

    ovsdb_idl_run(replica->idl);
    track_session(replica);
    if (ovsdb_idl_get_seqno(replica->idl) != before) {
        note_changes(replica);
        ovsdb_idl_track_clear(replica->idl);
    }
    if (replica->replaced) {
        /* The answer that brought the rows was several times as large. */
        malloc_trim(0);
    }
}

void
replica_wait(const struct replica *replica)
{
    ovsdb_idl_wait(replica->idl);
}

unsigned int
replica_seqno(const struct replica *replica)
{
    return ovsdb_idl_get_seqno(replica->idl);
}

/* Looking. */

const struct ovs_row *
replica_switch(const struct replica *replica)
{
    return tracked_row(ovsdb_idl_first_row(
                           replica->idl,
                           &replica->schema.tables[OVS_TABLE_SWITCH]));
}

static int64_t
switch_integer(const struct replica *replica, int column)
{
    const struct ovs_row *row = replica_switch(replica);

    return row ? ovs_row_integer(row, column, 0) : 0;
}

int64_t
replica_cur_cfg(const struct replica *replica)
{
    return switch_integer(replica, SWITCH_CUR_CFG);
}

int64_t
replica_next_cfg(const struct replica *replica)
{
    return switch_integer(replica, SWITCH_NEXT_CFG);
}

size_t
replica_n_ports(const struct replica *replica)
{
    return hmap_count(&replica->schema.by_name[OVS_TABLE_PORT]);
}

const struct ovs_row *
replica_bridge(const struct replica *replica, const char *name)
{
    return ovs_row_by_name(&replica->schema, OVS_TABLE_BRIDGE, name);
}

const struct ovs_row *
replica_port(const struct replica *replica, const char *name)
{
    return ovs_row_by_name(&replica->schema, OVS_TABLE_PORT, name);
}

const struct ovs_row *
replica_interface(const struct replica *replica, const char *name)
{
    return ovs_row_by_name(&replica->schema, OVS_TABLE_INTERFACE, name);
}

const struct ovs_row *
replica_row(const struct replica *replica, enum ovs_table table,
            const struct uuid *uuid)
{
    return ovs_row_by_uuid(&replica->schema, replica->idl, table, uuid);
}

const struct ovs_row *
replica_port_of(const struct replica *replica,
                const struct ovs_row *interface)
{
    const struct ovs_row *port
        = replica_port(replica, ovs_row_string(interface, INTERFACE_NAME));
    const struct uuid *uuid = ovs_row_uuid(interface);

    if (port && ovs_row_has_uuid(port, PORT_INTERFACES, uuid)) {
        return port;
    }

    /* A member of a bond, whose Port has another name: rare enough. */
    HMAP_FOR_EACH (port, name_node,
                   &replica->schema.by_name[OVS_TABLE_PORT]) {
        if (ovs_row_has_uuid(port, PORT_INTERFACES, uuid)) {
            return port;
        }
    }
    return NULL;
}

static bool
bridge_has(const struct ovs_row *bridge, const struct ovs_row *port)
{
    return ovs_row_has_uuid(bridge, BRIDGE_PORTS, ovs_row_uuid(port));
}

const struct ovs_row *
replica_bridge_of(const struct replica *replica, const struct ovs_row *port)
{
    const struct ovs_row *bridge = replica_row(replica, OVS_TABLE_BRIDGE,
                                               &port->holder);

    return (bridge && bridge_has(bridge, port) ? bridge
            : replica_other_bridge_of(replica, port, NULL));
}

const struct ovs_row *
replica_other_bridge_of(const struct replica *replica,
                        const struct ovs_row *port,
                        const struct ovs_row *but)
{
    const struct ovs_row *bridge;

    HMAP_FOR_EACH (bridge, name_node,
                   &replica->schema.by_name[OVS_TABLE_BRIDGE]) {
        if (bridge != but && bridge_has(bridge, port)) {
            return bridge;
        }
    }
    return NULL;
}

const struct ovs_row *
replica_interface_of(const struct replica *replica,
                     const struct ovs_row *port)
{
    const struct ovs_row *interface
        = replica_interface(replica, ovs_row_string(port, PORT_NAME));

    return interface && ovs_row_has_uuid(port, PORT_INTERFACES,
                                         ovs_row_uuid(interface))
           ? interface : NULL;
}

bool
replica_is_ours(const struct replica *replica, const struct ovs_row *row,
                int ids_column)
{
    const char *owner = ovs_row_map_get(row, ids_column, OVS_KEY_OWNER);

    return (owner && *replica->schema.key
            && !strcmp(owner, replica->schema.key));
}

const char *
replica_port_id(const struct replica *replica, const struct ovs_row *port)
{
    return replica_is_ours(replica, port, PORT_EXTERNAL_IDS)
           ? ovs_row_map_get(port, PORT_EXTERNAL_IDS, OVS_KEY_PORT_ID) : NULL;
}
