/* SPDX-License-Identifier: Apache-2.0 */
/* A port's arguments against its Interface row; rows found by name and id.
 * Without a server: the rows live in a transaction that is never sent. */

#include <config.h>

#include "ovs/wanted.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/cleanup.h"
#include "ovs/rows.h"
#include "ovsdb-idl.h"
#include "smap.h"
#include "uuid.h"

#define KEY "5d6bc5e8-0000-4000-8000-000000000001"

struct world {
    struct ovs_schema schema;
    struct ovsdb_idl *idl;
    struct ovsdb_idl_txn *txn;
};

static int
set_up(void **state)
{
    struct world *w = calloc(1, sizeof *w);

    assert_non_null(w);
    ovs_schema_init(&w->schema, KEY);
    w->idl = ovsdb_idl_create_unconnected(&w->schema.class_, false);
    ovs_schema_set_modes(&w->schema, w->idl);
    w->txn = ovsdb_idl_txn_create(w->idl);
    *state = w;
    return 0;
}

static int
tear_down(void **state)
{
    struct world *w = *state;

    ovsdb_idl_txn_destroy(w->txn);
    ovsdb_idl_destroy(w->idl);
    ovs_schema_destroy(&w->schema);
    free(w);
    return 0;
}

static struct ovs_row *
insert(struct world *w, enum ovs_table table)
{
    return ovs_row_insert(w->txn, &w->schema, table, NULL);
}

static void
set_args(struct vif_attrs *args)
{
    vif_attrs_set(args, "bridge", "br-int");
    vif_attrs_set(args, "device", "required");
    vif_attrs_set(args, "type", "system");
    vif_attrs_set(args, "mtu_request", "1450");
    vif_attrs_set(args, "external_ids:iface-id", "a");
    vif_attrs_set(args, "external_ids:attached-mac", "fa:16:3e:00:00:01");
}

static void
assert_differs(const struct ovs_row *row, const struct vif_attrs *args,
               const char *text)
{
    struct vif_error *error CLEANUP_ERROR = wanted_compare(row, args);

    assert_non_null(error);
    assert_int_equal(error->code, VIF_ERR_CONFLICT);
    assert_string_equal(error->message, text);
}

static void
compares_each_column(void **state)
{
    struct vif_attrs args CLEANUP_ATTRS = VIF_ATTRS_INIT;
    struct ovs_row *row = insert(*state, OVS_TABLE_INTERFACE);

    ovs_row_set_string(row, INTERFACE_NAME, "tap1");
    set_args(&args);
    wanted_fill(row, &args);
    assert_null(wanted_compare(row, &args));

    ovs_row_set_integer(row, INTERFACE_MTU_REQUEST, 1500);
    assert_differs(row, &args, "interface 'tap1' has mtu_request '1500' "
                   "instead of '1450'");
    ovs_row_set_empty(row, INTERFACE_MTU_REQUEST);
    assert_differs(row, &args, "interface 'tap1' has mtu_request '' "
                   "instead of '1450'");
    ovs_row_set_integer(row, INTERFACE_MTU_REQUEST, 1450);
    assert_null(wanted_compare(row, &args));

    ovs_row_set_string(row, INTERFACE_TYPE, "internal");
    assert_differs(row, &args, "interface 'tap1' has type 'internal' "
                   "instead of ''");
    ovs_row_set_string(row, INTERFACE_TYPE, "system");
    assert_null(wanted_compare(row, &args));
    ovs_row_set_string(row, INTERFACE_TYPE, NULL);
    assert_null(wanted_compare(row, &args));

    /* None is wanted, none is there. */
    vif_attrs_set(&args, "mtu_request", "");
    assert_differs(row, &args, "interface 'tap1' has mtu_request '1450' "
                   "instead of ''");
    ovs_row_set_empty(row, INTERFACE_MTU_REQUEST);
    assert_null(wanted_compare(row, &args));

    /* Somebody else's keys are none of our business. */
    struct smap ids = SMAP_CONST2(&ids, "iface-id", "b", "theirs", "x");
    ovs_row_set_map(row, INTERFACE_EXTERNAL_IDS, &ids);
    assert_differs(row, &args, "interface 'tap1' has "
                   "external_ids:attached-mac '' instead of "
                   "'fa:16:3e:00:00:01'");
    vif_attrs_set(&args, "external_ids:attached-mac", NULL);
    assert_differs(row, &args, "interface 'tap1' has external_ids:iface-id "
                   "'b' instead of 'a'");
}

/* The switch acts upon every one of them, whoever has put it there. */
static void
has_no_options_but_those_wanted(void **state)
{
    struct vif_attrs args CLEANUP_ATTRS = VIF_ATTRS_INIT;
    struct vif_attrs found CLEANUP_ATTRS = VIF_ATTRS_INIT;
    struct ovs_row *row = insert(*state, OVS_TABLE_INTERFACE);
    struct smap options = SMAP_CONST2(&options, "path", "/a", "n_rxq", "4");

    ovs_row_set_string(row, INTERFACE_NAME, "tap1");
    set_args(&args);
    vif_attrs_set(&args, "options:path", "/a");
    wanted_fill(row, &args);
    assert_null(wanted_compare(row, &args));

    ovs_row_set_map(row, INTERFACE_OPTIONS, &options);
    assert_differs(row, &args, "interface 'tap1' has options:n_rxq '4' "
                   "instead of ''");
    wanted_read(row, &args, &found);
    assert_string_equal(vif_attrs_get(&found, "options:n_rxq"), "4");
    assert_true(wanted_write(row, &args, NULL));

    /* As it was before: adopted, and given back. */
    assert_null(wanted_compare(row, &found));
    assert_false(wanted_write(row, &found, NULL));
}

static void
writes_only_what_differs(void **state)
{
    struct vif_attrs args CLEANUP_ATTRS = VIF_ATTRS_INIT;
    struct vif_attrs previous CLEANUP_ATTRS = VIF_ATTRS_INIT;
    struct ovs_row *row = insert(*state, OVS_TABLE_INTERFACE);

    ovs_row_set_string(row, INTERFACE_NAME, "tap1");
    set_args(&args);
    wanted_fill(row, &args);
    assert_false(wanted_write(row, &args, NULL));
    assert_false(wanted_write(row, &args, &args));

    /* A key that was dropped and still has our value is taken out; one that
     * somebody has given another value stays. */
    vif_attrs_clone(&previous, &args);
    vif_attrs_set(&args, "mtu_request", NULL);
    assert_true(wanted_write(row, &args, &previous));
    assert_int_equal(ovs_row_integer(row, INTERFACE_MTU_REQUEST, -1), -1);
    assert_false(wanted_write(row, &args, &previous));
    ovs_row_set_integer(row, INTERFACE_MTU_REQUEST, 9000);
    assert_false(wanted_write(row, &args, &previous));

    vif_attrs_set(&args, "type", "internal");
    assert_true(wanted_write(row, &args, &previous));
    assert_string_equal(ovs_row_string(row, INTERFACE_TYPE), "internal");
}

static void
reads_what_was_there(void **state)
{
    struct vif_attrs args CLEANUP_ATTRS = VIF_ATTRS_INIT;
    struct vif_attrs found CLEANUP_ATTRS = VIF_ATTRS_INIT;
    struct ovs_row *row = insert(*state, OVS_TABLE_INTERFACE);
    struct smap ids = SMAP_CONST2(&ids, "iface-id", "b", "theirs", "x");

    ovs_row_set_map(row, INTERFACE_EXTERNAL_IDS, &ids);
    ovs_row_set_integer(row, INTERFACE_MTU_REQUEST, 9000);
    set_args(&args);
    wanted_read(row, &args, &found);
    assert_int_equal(found.n, 2);
    assert_string_equal(vif_attrs_get(&found, "mtu_request"), "9000");
    assert_string_equal(vif_attrs_get(&found, "external_ids:iface-id"), "b");
    assert_true(wanted_is_column("type"));
    assert_true(wanted_is_column("external_ids:any"));
    assert_false(wanted_is_column("bridge"));
}

static struct ovs_row *
insert_port(struct world *w, const char *name, const char *key,
            const char *port_id)
{
    struct ovs_row *row = insert(w, OVS_TABLE_PORT);
    struct smap ids = SMAP_CONST2(&ids, OVS_KEY_OWNER, key, OVS_KEY_PORT_ID,
                                  port_id);

    ovs_row_set_string(row, PORT_NAME, name);
    ovs_row_set_map(row, PORT_EXTERNAL_IDS, &ids);
    return row;
}

/* The indexes follow what is written, and forget rows that are gone. */
static void
finds_rows(void **state)
{
    struct world *w = *state;
    const struct ovs_schema *s = &w->schema;
    struct ovs_row *a = insert_port(w, "a", KEY, "1");
    struct ovs_row *b = insert_port(w, "b", KEY, "1");
    struct ovs_row *c = insert_port(w, "c", "other", "1");

    assert_ptr_equal(ovs_row_by_name(s, OVS_TABLE_PORT, "a"), a);
    assert_ptr_equal(ovs_row_by_name(s, OVS_TABLE_PORT, "c"), c);
    assert_null(ovs_row_by_name(s, OVS_TABLE_PORT, "d"));
    assert_null(ovs_row_by_name(s, OVS_TABLE_INTERFACE, "a"));

    struct ovs_row *first = ovs_row_by_id(s, OVS_TABLE_PORT, "1", NULL);
    struct ovs_row *second = ovs_row_by_id(s, OVS_TABLE_PORT, "1", first);
    assert_true((first == a && second == b) || (first == b && second == a));
    assert_null(ovs_row_by_id(s, OVS_TABLE_PORT, "1", second));
    assert_null(ovs_row_by_id(s, OVS_TABLE_PORT, "2", NULL));
    assert_ptr_equal(ovs_row_by_uuid(s, w->idl, OVS_TABLE_PORT,
                                     ovs_row_uuid(b)), b);

    ovs_row_set_string(b, PORT_NAME, "bb");
    assert_null(ovs_row_by_name(s, OVS_TABLE_PORT, "b"));
    assert_ptr_equal(ovs_row_by_name(s, OVS_TABLE_PORT, "bb"), b);
    ovs_row_set_empty(b, PORT_EXTERNAL_IDS);
    assert_ptr_equal(ovs_row_by_id(s, OVS_TABLE_PORT, "1", NULL), a);
    assert_null(ovs_row_by_id(s, OVS_TABLE_PORT, "1", a));

    ovsdb_idl_txn_destroy(w->txn);
    w->txn = ovsdb_idl_txn_create(w->idl);
    assert_null(ovs_row_by_name(s, OVS_TABLE_PORT, "a"));
    assert_null(ovs_row_by_id(s, OVS_TABLE_PORT, "1", NULL));
    assert_int_equal(hmap_count(&s->by_name[OVS_TABLE_PORT]), 0);
}

static void
finds_uuids_in_sets(void **state)
{
    struct ovs_row *port = insert(*state, OVS_TABLE_PORT);
    struct uuid a, b;

    uuid_generate(&a);
    uuid_generate(&b);
    assert_false(ovs_row_has_uuid(port, PORT_INTERFACES, &a));
    ovs_row_set_uuid(port, PORT_INTERFACES, &a);
    assert_true(ovs_row_has_uuid(port, PORT_INTERFACES, &a));
    assert_false(ovs_row_has_uuid(port, PORT_INTERFACES, &b));
    assert_int_equal(ovs_row_integer(insert(*state, OVS_TABLE_INTERFACE),
                                     INTERFACE_OFPORT, 0), 0);
}

#define TEST(FUNCTION) \
    cmocka_unit_test_setup_teardown(FUNCTION, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(compares_each_column),
        TEST(has_no_options_but_those_wanted),
        TEST(writes_only_what_differs),
        TEST(reads_what_was_there),
        TEST(finds_rows),
        TEST(finds_uuids_in_sets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
