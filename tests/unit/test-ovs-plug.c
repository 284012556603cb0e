/* SPDX-License-Identifier: Apache-2.0 */
/* Ports of a real Open vSwitch: put there, found again, changed in place,
 * moved, adopted, refused, removed; many at once, each with its verdict. */

#include <config.h>

#include "ovs/ovs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/cleanup.h"
#include "tests/unit/own-ovs.h"
#include "util.h"
#include "uuid.h"

static struct ovs_stats
stats_of(const struct ovs *ovs)
{
    struct ovs_stats stats;

    ovs_get_stats(ovs, &stats);
    return stats;
}

#define WANT(NAME, KIND, PORT)                                  \
    struct own_want NAME CLEANUP(own_want_destroy);             \
    own_want_init(&NAME, KIND, PORT)

static void
assert_ok(const struct vif_error *error)
{
    if (error) {
        fail_msg("%s", error->message);
    }
}

static void
assert_error(const struct vif_error *error, enum vif_error_code code,
             const char *part)
{
    assert_non_null(error);
    if (error->code != code || !strstr(error->message, part)) {
        fail_msg("\"%s\" (%s)", error->message,
                 vif_error_code_name(error->code));
    }
}

static void
plug_and_unplug(void **state)
{
    struct ovs *ovs = *state;
    struct ovs_stats before = stats_of(ovs);
    char uuid[UUID_LEN + 1];

    WANT(plug, OVS_PORT_ENSURE, "p-one");
    vif_attrs_set(&plug.args, "mtu_request", "1450");
    assert_ok(own_want_run(ovs, &plug));
    assert_int_equal(plug.n_committed, 1);
    assert_true(plug.intent.proven);
    assert_true(plug.intent.wrote);
    assert_false(plug.intent.existed);
    assert_true(plug.intent.ofport > 0);
    assert_int_equal(stats_of(ovs).transactions - before.transactions, 1);

    assert_string_equal(own_vsctl("port-to-br", "p-one", NULL), "br-int");
    snprintf(uuid, sizeof uuid, UUID_FMT, UUID_ARGS(&plug.intent.port_uuid));
    assert_string_equal(own_vsctl("get", "port", "p-one", "_uuid", NULL),
                        uuid);
    snprintf(uuid, sizeof uuid, UUID_FMT,
             UUID_ARGS(&plug.intent.iface_uuid));
    assert_string_equal(own_vsctl("get", "interface", "p-one", "_uuid",
                                  NULL), uuid);
    assert_string_equal(own_vsctl("get", "interface", "p-one", "external_ids",
                                  NULL),
                        "{iface-id=id-p-one, iface-status=active}");
    assert_string_equal(own_vsctl("get", "interface", "p-one", "mtu_request",
                                  NULL), "1450");
    assert_string_equal(own_vsctl("get", "port", "p-one", "external_ids",
                                  NULL),
                        "{vifd=\""OWN_OVS_KEY"\", vifd-port=port-p-one}");

    WANT(unplug, OVS_PORT_REMOVE, "p-one");
    unplug.intent.port_uuid = plug.intent.port_uuid;
    assert_ok(own_want_run(ovs, &unplug));
    assert_true(unplug.intent.proven && unplug.intent.existed);
    assert_int_not_equal(own_vsctl_status("get", "port", "p-one", "name",
                                          NULL), 0);

    /* Once more: nothing is there, and that is proven. */
    assert_ok(own_want_run(ovs, &unplug));
    assert_false(unplug.intent.wrote);
    assert_true(unplug.intent.proven);
}

static void
found_again(void **state)
{
    struct ovs *ovs = *state;
    struct ovs_port_view view;

    own_plug(ovs, "p-find");
    assert_true(ovs_find_port(ovs, "p-find", &view));
    assert_string_equal(view.bridge, "br-int");
    assert_true(view.ours && view.ofport > 0);
    assert_string_equal(view.port_id, "port-p-find");
    assert_true(ovs_find_port_by_iface_id(ovs, "id-p-find", &view));
    assert_string_equal(view.name, "p-find");
    assert_true(ovs_find_port_by_port_id(ovs, "port-p-find", &view));
    assert_string_equal(view.name, "p-find");
    assert_false(ovs_find_port_by_iface_id(ovs, "id-p-nobody", &view));

    own_vsctl("set", "interface", "p-find", "external_ids:iface-id=other",
              NULL);
    OVS_UNTIL(ovs, ovs_find_port_by_iface_id(ovs, "other", &view));
    assert_string_equal(view.name, "p-find");
    assert_false(ovs_find_port_by_iface_id(ovs, "id-p-find", &view));

    own_unplug(ovs, "p-find");
    assert_false(ovs_find_port_by_port_id(ovs, "port-p-find", &view));
    assert_false(ovs_find_port_by_iface_id(ovs, "other", &view));
    assert_false(ovs_find_port(ovs, "p-find", &view));
}

static void
unchanged_writes_nothing(void **state)
{
    struct ovs *ovs = *state;
    enum { N = 50 };
    struct own_want wants[N];
    char name[16];

    for (int i = 0; i < N; i++) {
        snprintf(name, sizeof name, "p-same%d", i);
        own_want_init(&wants[i], OVS_PORT_ENSURE, name);
        ovs_submit(ovs, &wants[i].intent);
    }
    for (int i = 0; i < N; i++) {
        OVS_UNTIL(ovs, wants[i].n_done);
        assert_ok(wants[i].error);
    }
    own_changes.n = 0;
    struct ovs_stats before = stats_of(ovs);
    char *versions CLEANUP_FREE = own_row_versions();

    for (int i = 0; i < N; i++) {
        wants[i].intent.kind = i % 2 ? OVS_PORT_ENSURE : OVS_PROBE;
        own_want_submit(ovs, &wants[i]);
    }
    for (int i = 0; i < N; i++) {
        OVS_UNTIL(ovs, wants[i].n_done);
        assert_ok(wants[i].error);
        assert_true(wants[i].intent.proven);
        assert_false(wants[i].intent.wrote);
        assert_true(wants[i].intent.ofport > 0);
    }

    /* All of them shared one transaction, and no row is another one. */
    struct ovs_stats after = stats_of(ovs);
    assert_int_equal(after.transactions - before.transactions, 1);
    assert_int_equal(after.writes, before.writes);
    assert_int_equal(own_changes.n, 0);
    char *versions_after CLEANUP_FREE = own_row_versions();
    assert_string_equal(versions_after, versions);

    for (int i = 0; i < N; i++) {
        own_unplug(ovs, wants[i].intent.name);
        own_want_destroy(&wants[i]);
    }
}

static void
changed_in_place(void **state)
{
    struct ovs *ovs = *state;
    struct vif_attrs previous CLEANUP_ATTRS = VIF_ATTRS_INIT;

    WANT(want, OVS_PORT_ENSURE, "p-alter");
    vif_attrs_set(&want.args, "external_ids:vm-uuid", "vm-1");
    vif_attrs_set(&want.args, "mtu_request", "1450");
    assert_ok(own_want_run(ovs, &want));
    own_vsctl("set", "interface", "p-alter", "external_ids:theirs=1", "--",
              "set", "port", "p-alter", "tag=5", "other_config:a=b", NULL);

    vif_attrs_clone(&previous, &want.args);
    vif_attrs_set(&want.args, "external_ids:vm-uuid", NULL);
    vif_attrs_set(&want.args, "external_ids:attached-mac",
                  "fa:16:3e:00:00:01");
    vif_attrs_set(&want.args, "mtu_request", "1500");
    want.intent.previous = &previous;
    assert_ok(own_want_run(ovs, &want));
    assert_true(want.intent.wrote && want.intent.existed);
    assert_string_equal(own_vsctl("get", "interface", "p-alter",
                                  "external_ids", NULL),
                        "{attached-mac=\"fa:16:3e:00:00:01\", "
                        "iface-id=id-p-alter, iface-status=active, "
                        "theirs=\"1\"}");
    assert_string_equal(own_vsctl("get", "interface", "p-alter",
                                  "mtu_request", NULL), "1500");
    assert_string_equal(own_vsctl("get", "port", "p-alter", "tag",
                                  "other_config", NULL), "5\n{a=b}");
    own_unplug(ovs, "p-alter");
}

/* Somebody moves the port: nothing but Bridge.ports says so.  It is noticed,
 * and put right with one transaction that keeps the Port row as it is. */
static void
moved(void **state)
{
    struct ovs *ovs = *state;
    struct vif_error *error CLEANUP_ERROR = NULL;

    WANT(want, OVS_PORT_ENSURE, "p-move");
    assert_ok(own_want_run(ovs, &want));
    char *uuid CLEANUP_FREE = xstrdup(
        own_vsctl("get", "port", "p-move", "_uuid", NULL));
    own_changes.last[0] = '\0';
    own_vsctl("remove", "bridge", "br-int", "ports", uuid, "--", "add",
              "bridge", "br-other", "ports", uuid, "--", "set", "port",
              "p-move", "tag=7", NULL);
    OVS_UNTIL(ovs, !strcmp(own_changes.last, "ovs-port p-move"));
    error = ovs_port_compare(ovs, "p-move", &want.args);
    assert_error(error, VIF_ERR_CONFLICT,
                 "bridge 'br-other' instead of 'br-int'");

    assert_ok(own_want_run(ovs, &want));
    assert_true(want.intent.existed);
    assert_string_equal(own_vsctl("port-to-br", "p-move", NULL), "br-int");
    assert_string_equal(own_vsctl("get", "port", "p-move", "_uuid", "tag",
                                  NULL) + strlen(uuid), "\n7");

    /* And by us. */
    vif_attrs_set(&want.args, "bridge", "br-other");
    assert_ok(own_want_run(ovs, &want));
    assert_string_equal(own_vsctl("port-to-br", "p-move", NULL), "br-other");
    own_unplug(ovs, "p-move");
    assert_int_not_equal(own_vsctl_status("port-to-br", "p-move", NULL), 0);
}

static void
adopted(void **state)
{
    struct ovs *ovs = *state;
    struct ovs_port_view view;

    own_vsctl("add-port", "br-other", "p-adopt", "tag=9", "--", "set",
              "interface", "p-adopt", "type=dummy",
              "external_ids:iface-id=id-p-adopt", NULL);
    OVS_UNTIL(ovs, ovs_find_port(ovs, "p-adopt", &view));
    own_plug(ovs, "p-adopt");
    assert_string_equal(own_vsctl("port-to-br", "p-adopt", NULL), "br-int");
    assert_string_equal(own_vsctl("get", "port", "p-adopt", "tag",
                                  "external_ids", NULL), "9\n{}");
    own_unplug(ovs, "p-adopt");
    assert_false(ovs_find_port(ovs, "p-adopt", &view));
}

static void
stranger_refused(void **state)
{
    struct ovs *ovs = *state;
    struct ovs_port_view view;

    own_vsctl("add-port", "br-int", "p-theirs", "--", "set", "interface",
              "p-theirs", "type=dummy", "external_ids:iface-id=theirs", "--",
              "add-port", "br-int", "p-plain", "--", "set", "interface",
              "p-plain", "type=dummy", "--", "add-bond", "br-int", "p-bond",
              "p-m1", "p-m2", "--", "set", "interface", "p-m1", "type=dummy",
              "--", "set", "interface", "p-m2", "type=dummy", NULL);
    OVS_UNTIL(ovs, ovs_find_port(ovs, "p-m1", &view));
    own_plug(ovs, "p-ours");

    static const struct {
        const char *name, *iface_id, *part;
    } cases[] = {
        { "p-theirs", "id-p-theirs", "its iface-id is 'theirs'" },
        { "p-plain", "id-p-plain", "has no iface-id" },
        { "p-bond", "id-p-bond", "is a bond" },
        { "p-m1", "id-p-m1", "part of the bond 'p-bond'" },
        { "br-other", "id", "there is a bridge 'br-other'" },
        { "p-new", "theirs", "'p-theirs' on bridge 'br-int' has the same" },
        { "p-ours", "id-p-ours", "that of port port-p-ours" },
    };
    struct ovs_stats before = stats_of(ovs);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        WANT(want, OVS_PORT_ENSURE, cases[i].name);
        vif_attrs_set(&want.args, "external_ids:iface-id",
                      cases[i].iface_id);
        want.intent.port_id = "port-other";
        assert_error(own_want_run(ovs, &want), VIF_ERR_CONFLICT,
                     cases[i].part);
        assert_int_equal(want.n_committed, 0);

        /* And it is not ours to remove. */
        WANT(remove, OVS_PORT_REMOVE, cases[i].name);
        vif_attrs_set(&remove.args, "external_ids:iface-id", "nobody");
        remove.intent.port_id = "port-other";
        assert_ok(own_want_run(ovs, &remove));
        assert_false(remove.intent.wrote);
    }
    assert_int_equal(stats_of(ovs).writes, before.writes);

    own_unplug(ovs, "p-ours");
    own_vsctl("del-port", "p-theirs", "--", "del-port", "p-plain", "--",
              "del-port", "p-bond", NULL);
}

/* The device's maker is late. */
static void
device_later(void **state)
{
    struct ovs *ovs = *state;
    struct ovs_port_view view;

    WANT(want, OVS_PORT_ENSURE, "p-later");
    vif_attrs_set(&want.args, "type", "");
    vif_attrs_set(&want.args, "device", "later");
    assert_ok(own_want_run(ovs, &want));
    assert_true(want.intent.proven);
    assert_int_equal(want.intent.ofport, -1);

    /* Here the device appears by becoming one that needs no link. */
    own_changes.n = 0;
    own_vsctl("set", "interface", "p-later", "type=dummy", NULL);
    OVS_UNTIL(ovs, ovs_find_port(ovs, "p-later", &view) && view.ofport > 0);
    assert_true(own_changes.n > 0);
    assert_string_equal(own_changes.last, "ovs-port p-later");
    own_unplug(ovs, "p-later");
}

static void
two_hundred_at_once(void **state)
{
    struct ovs *ovs = *state;
    enum { N = 200, STRANGER = 17, DEVICE = 99, BRIDGE = 150 };
    static struct own_want wants[N];
    struct ovs_port_view view;
    char name[16];

    own_vsctl("add-port", "br-int", "p-many17", "--", "set", "interface",
              "p-many17", "type=dummy", "external_ids:iface-id=theirs",
              NULL);
    OVS_UNTIL(ovs, ovs_find_port(ovs, "p-many17", &view));
    struct ovs_stats before = stats_of(ovs);
    for (int i = 0; i < N; i++) {
        snprintf(name, sizeof name, "p-many%d", i);
        own_want_init(&wants[i], OVS_PORT_ENSURE, name);
    }
    vif_attrs_set(&wants[DEVICE].args, "type", "");
    vif_attrs_set(&wants[BRIDGE].args, "bridge", "br-none");
    for (int i = 0; i < N; i++) {
        ovs_submit(ovs, &wants[i].intent);
    }
    for (int i = 0; i < N; i++) {
        OVS_UNTIL(ovs, wants[i].n_done);
    }
    assert_error(wants[STRANGER].error, VIF_ERR_CONFLICT, "'theirs'");
    assert_error(wants[DEVICE].error, VIF_ERR_OVSDB,
                 "could not open network device p-many99");
    assert_non_null(strstr(wants[DEVICE].error->source,
                           "could not open network device p-many99"));
    assert_error(wants[BRIDGE].error, VIF_ERR_NOT_FOUND, "'br-none'");
    for (int i = 0; i < N; i++) {
        if (i != STRANGER && i != DEVICE && i != BRIDGE) {
            assert_ok(wants[i].error);
            assert_true(wants[i].intent.proven);
            assert_true(wants[i].intent.ofport > 0);
        }
    }
    struct ovs_stats after = stats_of(ovs);
    assert_int_equal(after.transactions - before.transactions, 1);
    assert_int_equal(after.largest_batch, N - 2);

    before = after;
    for (int i = 0; i < N; i++) {
        wants[i].intent.kind = OVS_PORT_REMOVE;
        own_want_submit(ovs, &wants[i]);
    }
    for (int i = 0; i < N; i++) {
        OVS_UNTIL(ovs, wants[i].n_done);
        assert_int_equal(wants[i].intent.wrote,
                         i != STRANGER && i != BRIDGE);
        own_want_destroy(&wants[i]);
    }
    assert_int_equal(stats_of(ovs).transactions - before.transactions, 1);
    assert_string_equal(own_vsctl("list-ports", "br-int", NULL), "p-many17");
    own_vsctl("del-port", "p-many17", NULL);
}

/* In one transaction their order would be lost. */
static void
same_name_in_order(void **state)
{
    struct ovs *ovs = *state;

    WANT(plug, OVS_PORT_ENSURE, "p-order");
    WANT(unplug, OVS_PORT_REMOVE, "p-order");
    WANT(again, OVS_PORT_ENSURE, "p-order");
    ovs_submit(ovs, &plug.intent);
    ovs_submit(ovs, &unplug.intent);
    ovs_submit(ovs, &again.intent);
    OVS_UNTIL(ovs, again.n_done);
    assert_ok(plug.error);
    assert_ok(unplug.error);
    assert_ok(again.error);
    assert_true(unplug.intent.wrote && again.intent.wrote);
    assert_int_equal(own_vsctl_status("get", "port", "p-order", "name",
                                      NULL), 0);
    own_unplug(ovs, "p-order");
}

static void
bridge_made_and_removed(void **state)
{
    struct ovs *ovs = *state;

    WANT(want, OVS_BRIDGE_ENSURE, "br-new");
    vif_attrs_set(&want.args, "datapath_type", "dummy");
    assert_error(own_want_run(ovs, &want), VIF_ERR_NOT_FOUND, "'br-new'");

    want.intent.may_create = true;
    assert_ok(own_want_run(ovs, &want));
    assert_true(want.intent.wrote && want.intent.proven);
    assert_string_equal(own_vsctl("get", "bridge", "br-new", "datapath_type",
                                  "external_ids", NULL),
                        "dummy\n{vifd=\""OWN_OVS_KEY"\"}");

    /* Once more: no transaction. */
    struct ovs_stats before = stats_of(ovs);
    assert_ok(own_want_run(ovs, &want));
    assert_true(want.intent.existed && !want.intent.wrote);
    assert_int_equal(stats_of(ovs).transactions, before.transactions);

    /* Not while somebody uses it. */
    WANT(remove, OVS_BRIDGE_REMOVE, "br-new");
    remove.intent.port_uuid = want.intent.port_uuid;
    own_vsctl("add-port", "br-new", "p-guest", "--", "set", "interface",
              "p-guest", "type=dummy", NULL);
    OVS_UNTIL(ovs, ovs_find_port(ovs, "p-guest",
                                 &(struct ovs_port_view) { .name = NULL }));
    assert_ok(own_want_run(ovs, &remove));
    assert_true(remove.intent.existed && !remove.intent.wrote);

    own_vsctl("del-port", "p-guest", NULL);
    OVS_UNTIL(ovs, !ovs_find_port(ovs, "p-guest",
                                  &(struct ovs_port_view) { .name = NULL }));
    assert_ok(own_want_run(ovs, &remove));
    assert_true(!remove.intent.existed && remove.intent.wrote);
    assert_int_equal(own_vsctl_status("br-exists", "br-new", NULL), 2);

    /* A stranger's is not ours to remove. */
    WANT(theirs, OVS_BRIDGE_REMOVE, "br-other");
    assert_ok(own_want_run(ovs, &theirs));
    assert_true(theirs.intent.existed && !theirs.intent.wrote);

    WANT(odd, OVS_BRIDGE_ENSURE, "br-odd");
    odd.intent.may_create = true;
    vif_attrs_set(&odd.args, "datapath_type", "odd");
    assert_error(own_want_run(ovs, &odd), VIF_ERR_UNSUPPORTED, "'odd'");
}

static void
tells_what_it_has(void **state)
{
    struct ovs *ovs = *state;
    struct ovs_info info;

    own_plug(ovs, "p-info");        /* ovs-vswitchd has written by then. */
    ovs_get_info(ovs, &info);
    assert_true(info.n_datapath_types > 0 && info.n_iface_types > 0);
    assert_string_equal(info.dpdk_initialized, "false");
    assert_string_equal(ovs_bridge_datapath_type(ovs, "br-int"), "dummy");
    assert_null(ovs_bridge_datapath_type(ovs, "br-none"));
    own_unplug(ovs, "p-info");
}

#define TEST(FUNCTION) \
    cmocka_unit_test_setup_teardown(FUNCTION, own_ovs_open, own_ovs_close)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(plug_and_unplug),
        TEST(found_again),
        TEST(unchanged_writes_nothing),
        TEST(changed_in_place),
        TEST(moved),
        TEST(adopted),
        TEST(stranger_refused),
        TEST(device_later),
        TEST(two_hundred_at_once),
        TEST(same_name_in_order),
        TEST(bridge_made_and_removed),
        TEST(tells_what_it_has),
    };

    return own_ovs_run(tests);
}
