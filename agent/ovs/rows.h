/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OVS_ROWS_H
#define OVS_ROWS_H 1

/* The rows of the replica: which tables and columns of the Open_vSwitch
 * database vifd keeps, how they are found by name and by id, how they are
 * read and written.  Knows OVSDB's types, but not what vifd wants of a row.
 *
 * The replica is libopenvswitch's IDL with table classes of our own instead
 * of the generated ones (vswitch-idl.h), from which the columns' types are
 * taken.  The generated classes have room for every column of the schema and
 * keep each value twice; a port costs 3.2 KB there before it has any value,
 * and changing one of a bridge's thousand ports costs work for all thousand,
 * because "Bridge.ports" is turned into an array of pointers each time.  Here
 * a port costs a quarter of the memory, and the work does not grow with the
 * number of ports.  The price: values are read with the functions below, not
 * as members of a struct. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "openvswitch/hmap.h"
#include "openvswitch/uuid.h"
#include "ovs/strings.h"
#include "ovsdb-idl-provider.h"

struct smap;

enum ovs_table {
    OVS_TABLE_SWITCH,           /* "Open_vSwitch", with a single row. */
    OVS_TABLE_BRIDGE,
    OVS_TABLE_PORT,
    OVS_TABLE_INTERFACE,
    OVS_TABLE_QOS,
    OVS_N_TABLES
};

/* Columns, counted from 0 in each table. */
enum {
    SWITCH_BRIDGES, SWITCH_CUR_CFG, SWITCH_NEXT_CFG, SWITCH_OVS_VERSION,
    SWITCH_DB_VERSION, SWITCH_DATAPATH_TYPES, SWITCH_IFACE_TYPES,
    SWITCH_DPDK_INITIALIZED, SWITCH_N_COLUMNS
};
enum {
    BRIDGE_NAME, BRIDGE_PORTS, BRIDGE_DATAPATH_TYPE, BRIDGE_EXTERNAL_IDS,
    BRIDGE_N_COLUMNS
};
enum {
    PORT_NAME, PORT_INTERFACES, PORT_EXTERNAL_IDS, PORT_QOS, PORT_N_COLUMNS
};
enum {
    INTERFACE_NAME, INTERFACE_TYPE, INTERFACE_EXTERNAL_IDS, INTERFACE_OFPORT,
    INTERFACE_ERROR, INTERFACE_MTU_REQUEST, INTERFACE_OPTIONS,
    INTERFACE_N_COLUMNS
};
enum { QOS_TYPE, QOS_EXTERNAL_IDS, QOS_N_COLUMNS };
enum {
    OVS_N_COLUMNS = SWITCH_N_COLUMNS + BRIDGE_N_COLUMNS + PORT_N_COLUMNS
                    + INTERFACE_N_COLUMNS + QOS_N_COLUMNS
};

/* Keys of external_ids in Port, Bridge and QoS by which vifd knows what it has
 * inserted: the installation's key and, for a port, its id. */
#define OVS_KEY_OWNER "vifd"
#define OVS_KEY_PORT_ID "vifd-port"
/* And of a port: what it was asked to be, so that it can be made known again
 * to a vifd that has lost its journal. */
#define OVS_KEY_MEMO "vifd-binding"

/* A row.  Lives in the IDL; a pointer is good until the next replica_run().
 *
 * While it has them it is in the indexes of its schema, kept up to date by
 * the IDL's parse and unparse functions, so also within a transaction. */
struct ovs_row {
    struct ovsdb_idl_row header_;
    struct hmap_node name_node; /* In 'by_name'. */
    struct hmap_node id_node;   /* In 'by_id'. */
    struct uuid holder;         /* Port: the Bridge that it is on, or zero;
                                 * kept by replica.c. */
    bool known;                 /* Open_vSwitch: seen before; likewise. */
};

/* The tables and columns of one replica, with its indexes. */
struct ovs_schema {
    struct ovsdb_idl_class class_;
    struct ovsdb_idl_table_class tables[OVS_N_TABLES];
    struct ovsdb_idl_column columns[OVS_N_COLUMNS];

    struct hmap by_name[OVS_N_TABLES];
    /* Port: "vifd-port" of those with our key.  Interface: "iface-id". */
    struct hmap by_id[OVS_N_TABLES];
    struct strings strings;
    const char *key;            /* Ours. */
};

/* 'key' must live as long as 'schema'.  The IDL made from it must be gone
 * before ovs_schema_destroy(). */
void ovs_schema_init(struct ovs_schema *, const char *key);
void ovs_schema_destroy(struct ovs_schema *);
void ovs_schema_set_key(struct ovs_schema *, const char *key);
void ovs_schema_set_modes(const struct ovs_schema *, struct ovsdb_idl *);
const struct ovsdb_idl_column *ovs_schema_column(const struct ovs_schema *,
                                                 enum ovs_table, int column);

/* Finding.  NULL if there is none. */
struct ovs_row *ovs_row_by_name(const struct ovs_schema *, enum ovs_table,
                                const char *name);
/* The first one, or the next one after 'previous'. */
struct ovs_row *ovs_row_by_id(const struct ovs_schema *, enum ovs_table,
                              const char *id, const struct ovs_row *previous);
struct ovs_row *ovs_row_by_uuid(const struct ovs_schema *,
                                const struct ovsdb_idl *, enum ovs_table,
                                const struct uuid *);
const struct uuid *ovs_row_uuid(const struct ovs_row *);

/* Reading.  Strings belong to the row.  Works too for a row that has been
 * deleted and is only tracked still. */
const struct ovsdb_datum *ovs_row_datum(const struct ovs_row *, int column);
const char *ovs_datum_map_get(const struct ovsdb_datum *, const char *key);
const char *ovs_row_string(const struct ovs_row *, int column); /* Or "". */
int64_t ovs_row_integer(const struct ovs_row *, int column, int64_t def);
bool ovs_row_boolean(const struct ovs_row *, int column);
const char *ovs_row_map_get(const struct ovs_row *, int column,
                            const char *key);
bool ovs_row_has_uuid(const struct ovs_row *, int column,
                      const struct uuid *);

/* Writing, within a transaction.  A NULL string or value empties the column
 * or takes the key out.  The functions for sets and maps write mutations,
 * which neither carry the rest of the value nor collide with what others
 * write. */
struct ovs_row *ovs_row_insert(struct ovsdb_idl_txn *,
                               const struct ovs_schema *, enum ovs_table,
                               const struct uuid *);    /* NULL: any. */
void ovs_row_verify(const struct ovs_row *, int column);
void ovs_row_set_string(const struct ovs_row *, int column, const char *);
void ovs_row_set_integer(const struct ovs_row *, int column, int64_t);
void ovs_row_set_empty(const struct ovs_row *, int column);
void ovs_row_set_uuid(const struct ovs_row *, int column,
                      const struct uuid *);
void ovs_row_set_map(const struct ovs_row *, int column, const struct smap *);
void ovs_row_map_put(const struct ovs_row *, int column, const char *key,
                     const char *value);
void ovs_row_add_uuid(const struct ovs_row *, int column,
                      const struct uuid *);
void ovs_row_remove_uuid(const struct ovs_row *, int column,
                         const struct uuid *);
/* A row of a root table, which the server does not collect by itself.  It must
 * not be read or written any more before the transaction is sent. */
void ovs_row_delete(const struct ovs_row *);

#endif /* ovs/rows.h */
