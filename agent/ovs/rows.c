/* SPDX-License-Identifier: Apache-2.0 */

/* Reading and writing single values of rows.  Must not know what a value
 * means to vifd. */

#include <config.h>

#include "ovs/rows.h"

#include <string.h>

#include "openvswitch/json.h"
#include "ovsdb-data.h"
#include "smap.h"
#include "util.h"

static struct ovs_row *
ovs_row_cast(const struct ovsdb_idl_row *row)
{
    return row ? CONTAINER_OF(row, struct ovs_row, header_) : NULL;
}

const struct uuid *
ovs_row_uuid(const struct ovs_row *row)
{
    return &row->header_.uuid;
}

const char *
ovs_datum_map_get(const struct ovsdb_datum *datum, const char *key)
{
    for (size_t i = 0; i < datum->n; i++) {
        if (!strcmp(json_string(datum->keys[i].s), key)) {
            return json_string(datum->values[i].s);
        }
    }
    return NULL;
}

/* Reading. */

static const struct ovsdb_idl_column *
row_column(const struct ovs_row *row, int column)
{
    return &row->header_.table->class_->columns[column];
}

const struct ovsdb_datum *
ovs_row_datum(const struct ovs_row *row, int column)
{
    if (row->header_.new_datum) {
        return ovsdb_idl_read(&row->header_, row_column(row, column));
    } else if (row->header_.tracked_old_datum) {
        return &row->header_.tracked_old_datum[column];
    }
    return ovsdb_datum_default(&row_column(row, column)->type);
}

const char *
ovs_row_string(const struct ovs_row *row, int column)
{
    const struct ovsdb_datum *datum = ovs_row_datum(row, column);

    return datum->n ? json_string(datum->keys[0].s) : "";
}

int64_t
ovs_row_integer(const struct ovs_row *row, int column, int64_t def)
{
    const struct ovsdb_datum *datum = ovs_row_datum(row, column);

    return datum->n ? datum->keys[0].integer : def;
}

bool
ovs_row_boolean(const struct ovs_row *row, int column)
{
    const struct ovsdb_datum *datum = ovs_row_datum(row, column);

    return datum->n && datum->keys[0].boolean;
}

const char *
ovs_row_map_get(const struct ovs_row *row, int column, const char *key)
{
    return ovs_datum_map_get(ovs_row_datum(row, column), key);
}

bool
ovs_row_has_uuid(const struct ovs_row *row, int column,
                 const struct uuid *uuid)
{
    const union ovsdb_atom atom = { .uuid = *uuid };

    return ovsdb_datum_find_key(ovs_row_datum(row, column), &atom,
                                OVSDB_TYPE_UUID, NULL);
}

/* Writing. */

struct ovs_row *
ovs_row_insert(struct ovsdb_idl_txn *txn, const struct ovs_schema *schema,
               enum ovs_table table, const struct uuid *uuid)
{
    const struct ovsdb_idl_table_class *class = &schema->tables[table];

    return ovs_row_cast(uuid
                        ? ovsdb_idl_txn_insert_persist_uuid(txn, class, uuid)
                        : ovsdb_idl_txn_insert(txn, class, NULL));
}

void
ovs_row_verify(const struct ovs_row *row, int column)
{
    ovsdb_idl_txn_verify(&row->header_, row_column(row, column));
}

/* Writes the single 'atom', which it takes over. */
static void
set_atom(const struct ovs_row *row, int column, union ovsdb_atom atom)
{
    struct ovsdb_datum datum;

    ovsdb_datum_init_empty(&datum);
    datum.n = 1;
    datum.keys = xmemdup(&atom, sizeof atom);
    ovsdb_idl_txn_write(&row->header_, row_column(row, column), &datum);
}

void
ovs_row_set_empty(const struct ovs_row *row, int column)
{
    const struct ovsdb_idl_column *c = row_column(row, column);
    struct ovsdb_datum datum;

    ovsdb_datum_init_default(&datum, &c->type);
    ovsdb_idl_txn_write(&row->header_, c, &datum);
}

void
ovs_row_set_string(const struct ovs_row *row, int column, const char *value)
{
    if (value) {
        set_atom(row, column,
                 (union ovsdb_atom) { .s = ovsdb_atom_string_create(value) });
    } else {
        ovs_row_set_empty(row, column);
    }
}

void
ovs_row_set_integer(const struct ovs_row *row, int column, int64_t value)
{
    set_atom(row, column, (union ovsdb_atom) { .integer = value });
}

void
ovs_row_set_uuid(const struct ovs_row *row, int column,
                 const struct uuid *uuid)
{
    set_atom(row, column, (union ovsdb_atom) { .uuid = *uuid });
}

void
ovs_row_set_map(const struct ovs_row *row, int column,
                const struct smap *map)
{
    struct ovsdb_datum datum;

    ovsdb_datum_from_smap(&datum, map);
    ovsdb_idl_txn_write(&row->header_, row_column(row, column), &datum);
}

/* A datum of one element, as the IDL's functions for mutations take it over:
 * itself, too, is freed by them. */
static struct ovsdb_datum *
element(union ovsdb_atom key)
{
    struct ovsdb_datum *datum = xmalloc(sizeof *datum);

    ovsdb_datum_init_empty(datum);
    datum->n = 1;
    datum->keys = xmemdup(&key, sizeof key);
    return datum;
}

void
ovs_row_map_put(const struct ovs_row *row, int column, const char *key,
                const char *value)
{
    struct ovsdb_datum *datum
        = element((union ovsdb_atom) { .s = ovsdb_atom_string_create(key) });

    if (value) {
        datum->values = xmalloc(sizeof *datum->values);
        datum->values[0].s = ovsdb_atom_string_create(value);
        ovsdb_idl_txn_write_partial_map(&row->header_,
                                        row_column(row, column), datum);
    } else {
        ovsdb_idl_txn_delete_partial_map(&row->header_,
                                         row_column(row, column), datum);
    }
}

void
ovs_row_add_uuid(const struct ovs_row *row, int column,
                 const struct uuid *uuid)
{
    ovsdb_idl_txn_write_partial_set(
        &row->header_, row_column(row, column),
        element((union ovsdb_atom) { .uuid = *uuid }));
}

void
ovs_row_remove_uuid(const struct ovs_row *row, int column,
                    const struct uuid *uuid)
{
    ovsdb_idl_txn_delete_partial_set(
        &row->header_, row_column(row, column),
        element((union ovsdb_atom) { .uuid = *uuid }));
}

void
ovs_row_delete(const struct ovs_row *row)
{
    ovsdb_idl_txn_delete(&row->header_);
}
