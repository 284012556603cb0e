/* SPDX-License-Identifier: Apache-2.0 */

/* Tables and columns of the replica, its indexes, and finding rows by them.
 * Must not know what a row is wanted for. */

#include <config.h>

#include "ovs/rows.h"

#include <string.h>

#include "hash.h"
#include "openvswitch/json.h"
#include "ovsdb-data.h"
#include "util.h"
#include "vswitch-idl.h"

/* Whether a change of the column is reported by change tracking. */
enum column_mode { QUIET, TRACK };

struct column_spec {
    enum ovs_table table;
    int column;
    const struct ovsdb_idl_column *from;    /* Name and type. */
    enum column_mode mode;
};

#define COLUMN(TABLE, NAME, LOWER, MODE)                        \
    { OVS_TABLE_##TABLE, TABLE##_##NAME, &LOWER, MODE }

static const struct column_spec column_specs[OVS_N_COLUMNS] = {
    COLUMN(SWITCH, BRIDGES, ovsrec_open_vswitch_col_bridges, QUIET),
    COLUMN(SWITCH, CUR_CFG, ovsrec_open_vswitch_col_cur_cfg, TRACK),
    COLUMN(SWITCH, NEXT_CFG, ovsrec_open_vswitch_col_next_cfg, QUIET),
    COLUMN(SWITCH, OVS_VERSION, ovsrec_open_vswitch_col_ovs_version, QUIET),
    COLUMN(SWITCH, DB_VERSION, ovsrec_open_vswitch_col_db_version, QUIET),
    COLUMN(SWITCH, DATAPATH_TYPES, ovsrec_open_vswitch_col_datapath_types,
           QUIET),
    COLUMN(SWITCH, IFACE_TYPES, ovsrec_open_vswitch_col_iface_types, QUIET),
    COLUMN(SWITCH, DPDK_INITIALIZED, ovsrec_open_vswitch_col_dpdk_initialized,
           QUIET),

    COLUMN(BRIDGE, NAME, ovsrec_bridge_col_name, TRACK),
    COLUMN(BRIDGE, PORTS, ovsrec_bridge_col_ports, TRACK),
    COLUMN(BRIDGE, DATAPATH_TYPE, ovsrec_bridge_col_datapath_type, TRACK),
    COLUMN(BRIDGE, EXTERNAL_IDS, ovsrec_bridge_col_external_ids, QUIET),

    COLUMN(PORT, NAME, ovsrec_port_col_name, TRACK),
    COLUMN(PORT, INTERFACES, ovsrec_port_col_interfaces, TRACK),
    COLUMN(PORT, EXTERNAL_IDS, ovsrec_port_col_external_ids, TRACK),
    COLUMN(PORT, QOS, ovsrec_port_col_qos, QUIET),

    COLUMN(INTERFACE, NAME, ovsrec_interface_col_name, TRACK),
    COLUMN(INTERFACE, TYPE, ovsrec_interface_col_type, TRACK),
    COLUMN(INTERFACE, EXTERNAL_IDS, ovsrec_interface_col_external_ids, TRACK),
    COLUMN(INTERFACE, OFPORT, ovsrec_interface_col_ofport, TRACK),
    COLUMN(INTERFACE, ERROR, ovsrec_interface_col_error, TRACK),
    COLUMN(INTERFACE, MTU_REQUEST, ovsrec_interface_col_mtu_request, TRACK),
    COLUMN(INTERFACE, OPTIONS, ovsrec_interface_col_options, TRACK),

    COLUMN(QOS, TYPE, ovsrec_qos_col_type, QUIET),
    COLUMN(QOS, EXTERNAL_IDS, ovsrec_qos_col_external_ids, QUIET),
};

struct table_spec {
    const char *name;
    bool is_root, is_singleton;
    int n_columns;
    int name_column, ids_column;        /* -1: not indexed. */
};

static const struct table_spec table_specs[OVS_N_TABLES] = {
    [OVS_TABLE_SWITCH] = { "Open_vSwitch", true, true, SWITCH_N_COLUMNS,
                           -1, -1 },
    [OVS_TABLE_BRIDGE] = { "Bridge", false, false, BRIDGE_N_COLUMNS,
                           BRIDGE_NAME, -1 },
    [OVS_TABLE_PORT] = { "Port", false, false, PORT_N_COLUMNS,
                         PORT_NAME, PORT_EXTERNAL_IDS },
    [OVS_TABLE_INTERFACE] = { "Interface", false, false, INTERFACE_N_COLUMNS,
                              INTERFACE_NAME, INTERFACE_EXTERNAL_IDS },
    [OVS_TABLE_QOS] = { "QoS", true, false, QOS_N_COLUMNS, -1, -1 },
};

static struct ovs_row *
ovs_row_cast(const struct ovsdb_idl_row *row)
{
    return row ? CONTAINER_OF(row, struct ovs_row, header_) : NULL;
}

/* Which table 'row' is in, and through it the schema. */
static enum ovs_table
row_table(const struct ovs_row *row)
{
    const char *name = row->header_.table->class_->name;
    unsigned int i = 0;

    while (table_specs[i].name != name) {
        i++;
    }
    return i;
}

static struct ovs_schema *
row_schema(const struct ovs_row *row)
{
    const struct ovsdb_idl_table_class *first
        = row->header_.table->class_ - row_table(row);

    return CONTAINER_OF(CONST_CAST(struct ovsdb_idl_table_class *, first),
                        struct ovs_schema, tables[0]);
}

/* Indexes. */

/* The id under which a row with 'ids' as its external_ids is found. */
static const char *
id_of(enum ovs_table table, const struct ovsdb_datum *ids, const char *key)
{
    const char *owner;

    switch (table) {
    case OVS_TABLE_INTERFACE:
        return ovs_datum_map_get(ids, "iface-id");

    case OVS_TABLE_PORT:
        owner = ovs_datum_map_get(ids, OVS_KEY_OWNER);
        return owner && *key && !strcmp(owner, key)
                 ? ovs_datum_map_get(ids, OVS_KEY_PORT_ID)
                 : NULL;

    case OVS_TABLE_SWITCH:
    case OVS_TABLE_BRIDGE:
    case OVS_TABLE_QOS:
    case OVS_N_TABLES:
    default:
        return NULL;
    }
}

static void
index_put(struct hmap *index, struct hmap_node *node, const char *value)
{
    if (value) {
        hmap_insert(index, node, hash_string(value, 0));
    }
}

static void
index_drop(struct hmap *index, struct hmap_node *node)
{
    if (!hmap_node_is_null(node)) {
        hmap_remove(index, node);
        hmap_node_nullify(node);
    }
}

/* What the IDL calls after it has changed a row, and before it does so again.
 * 'datum' is the row's own. */

static void
parse_nothing(struct ovsdb_idl_row *row OVS_UNUSED,
              const struct ovsdb_datum *datum OVS_UNUSED)
{
}

static void
unparse_nothing(struct ovsdb_idl_row *row OVS_UNUSED)
{
}

static void
parse_strings(struct ovsdb_idl_row *row, const struct ovsdb_datum *datum)
{
    strings_keep(&row_schema(ovs_row_cast(row))->strings,
                 CONST_CAST(struct ovsdb_datum *, datum));
}

static void
parse_name(struct ovsdb_idl_row *row_, const struct ovsdb_datum *datum)
{
    struct ovs_row *row = ovs_row_cast(row_);

    parse_strings(row_, datum);
    index_put(&row_schema(row)->by_name[row_table(row)], &row->name_node,
              datum->n ? json_string(datum->keys[0].s) : NULL);
}

static void
unparse_name(struct ovsdb_idl_row *row_)
{
    struct ovs_row *row = ovs_row_cast(row_);

    index_drop(&row_schema(row)->by_name[row_table(row)], &row->name_node);
}

static void
parse_ids(struct ovsdb_idl_row *row_, const struct ovsdb_datum *datum)
{
    struct ovs_row *row = ovs_row_cast(row_);
    struct ovs_schema *schema = row_schema(row);
    enum ovs_table table = row_table(row);

    parse_strings(row_, datum);
    index_put(&schema->by_id[table], &row->id_node,
              id_of(table, datum, schema->key));
}

static void
unparse_ids(struct ovsdb_idl_row *row_)
{
    struct ovs_row *row = ovs_row_cast(row_);

    index_drop(&row_schema(row)->by_id[row_table(row)], &row->id_node);
}

static void
row_init(struct ovsdb_idl_row *row_)
{
    struct ovs_row *row = ovs_row_cast(row_);

    hmap_node_nullify(&row->name_node);
    hmap_node_nullify(&row->id_node);
}

/* Schema. */

static struct ovsdb_idl_column
make_column(const struct column_spec *spec)
{
    const struct table_spec *table = &table_specs[spec->table];
    struct ovsdb_idl_column column = *spec->from;

    column.parse = parse_nothing;
    column.unparse = unparse_nothing;
    if (spec->column == table->name_column) {
        column.parse = parse_name;
        column.unparse = unparse_name;
    } else if (spec->column == table->ids_column) {
        column.parse = parse_ids;
        column.unparse = unparse_ids;
    } else if (column.type.key.type == OVSDB_TYPE_STRING) {
        column.parse = parse_strings;
    }
    return column;
}

void
ovs_schema_init(struct ovs_schema *schema, const char *key)
{
    struct ovsdb_idl_column *column = schema->columns;

    schema->key = key;
    strings_init(&schema->strings);
    for (size_t i = 0; i < OVS_N_TABLES; i++) {
        const struct table_spec *spec = &table_specs[i];

        schema->tables[i] = (struct ovsdb_idl_table_class) {
            .name = CONST_CAST(char *, spec->name),
            .is_root = spec->is_root,
            .is_singleton = spec->is_singleton,
            .columns = column,
            .n_columns = spec->n_columns,
            .allocation_size = sizeof(struct ovs_row),
            .row_init = row_init,
        };
        for (int j = 0; j < spec->n_columns; j++, column++) {
            const struct column_spec *from
                = &column_specs[column - schema->columns];

            ovs_assert(from->table == i && from->column == j);
            *column = make_column(from);
        }
        hmap_init(&schema->by_name[i]);
        hmap_init(&schema->by_id[i]);
    }
    schema->class_ = (struct ovsdb_idl_class) {
        .database = "Open_vSwitch",
        .tables = schema->tables,
        .n_tables = OVS_N_TABLES,
    };
}

void
ovs_schema_destroy(struct ovs_schema *schema)
{
    for (size_t i = 0; i < OVS_N_TABLES; i++) {
        hmap_destroy(&schema->by_name[i]);
        hmap_destroy(&schema->by_id[i]);
    }
    strings_destroy(&schema->strings);
}

void
ovs_schema_set_key(struct ovs_schema *schema, const char *key)
{
    struct ovs_row *port;

    schema->key = key;
    HMAP_FOR_EACH (port, name_node, &schema->by_name[OVS_TABLE_PORT]) {
        index_drop(&schema->by_id[OVS_TABLE_PORT], &port->id_node);
        index_put(&schema->by_id[OVS_TABLE_PORT], &port->id_node,
                  id_of(OVS_TABLE_PORT, ovs_row_datum(port, PORT_EXTERNAL_IDS),
                        key));
    }
}

void
ovs_schema_set_modes(const struct ovs_schema *schema, struct ovsdb_idl *idl)
{
    for (size_t i = 0; i < OVS_N_COLUMNS; i++) {
        const struct ovsdb_idl_column *column = &schema->columns[i];

        ovsdb_idl_add_column(idl, column);
        if (column_specs[i].mode == TRACK) {
            ovsdb_idl_track_add_column(idl, column);
        } else {
            ovsdb_idl_omit_alert(idl, column);
        }
    }
}

const struct ovsdb_idl_column *
ovs_schema_column(const struct ovs_schema *schema, enum ovs_table table,
                  int column)
{
    return &schema->tables[table].columns[column];
}

/* Finding. */

struct ovs_row *
ovs_row_by_name(const struct ovs_schema *schema, enum ovs_table table,
                const char *name)
{
    struct ovs_row *row;

    HMAP_FOR_EACH_WITH_HASH (row, name_node, hash_string(name, 0),
                             &schema->by_name[table]) {
        if (!strcmp(ovs_row_string(row, table_specs[table].name_column),
                    name)) {
            return row;
        }
    }
    return NULL;
}

static bool
row_has_id(const struct ovs_schema *schema, enum ovs_table table,
           const struct ovs_row *row, const char *id)
{
    const struct ovsdb_datum *ids
        = ovs_row_datum(row, table_specs[table].ids_column);
    const char *found = id_of(table, ids, schema->key);

    return found && !strcmp(found, id);
}

struct ovs_row *
ovs_row_by_id(const struct ovs_schema *schema, enum ovs_table table,
              const char *id, const struct ovs_row *previous)
{
    struct hmap_node *node
        = (previous ? hmap_next_with_hash(&previous->id_node)
           : hmap_first_with_hash(&schema->by_id[table], hash_string(id, 0)));

    for (; node; node = hmap_next_with_hash(node)) {
        struct ovs_row *row = CONTAINER_OF(node, struct ovs_row, id_node);

        if (row_has_id(schema, table, row, id)) {
            return row;
        }
    }
    return NULL;
}

struct ovs_row *
ovs_row_by_uuid(const struct ovs_schema *schema, const struct ovsdb_idl *idl,
                enum ovs_table table, const struct uuid *uuid)
{
    return ovs_row_cast(ovsdb_idl_get_row_for_uuid(
                            idl, &schema->tables[table], uuid));
}
