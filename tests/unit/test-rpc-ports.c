/* SPDX-License-Identifier: Apache-2.0 */
/* The methods about ports and devices, from the line that asks to the message
 * that answers. */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/cleanup.h"
#include "openvswitch/json.h"
#include "openvswitch/vlog.h"
#include "tests/unit/rpc-guest.h"
#include "tests/unit/rpc-world.h"
#include "tests/unit/some-nics.h"
#include "util.h"

static void
test_life_of_a_port(void **state)
{
    struct world *world = *state;
    struct guest guest;
    const struct json *answer;

    guest_init(&guest, world, peer_root());
    answer = ask(world, &guest, "plug", "{\"binding\":{\"port_id\":\"p\","
                 "\"device_name\":\"tap0\",\"mtu\":1400,"
                 "\"instance_name\":\"instance-7\","
                 "\"profile\":{\"a\":[1]}}}");
    expect_at(answer, "id", "1");
    expect_at(answer, "result.port_id", "p");
    expect_at(answer, "result.outcome", "done");
    expect_at(answer, "result.state", "active");
    expect_at(answer, "result.devices.tap", "tap0");
    expect_at(answer, "result.ofport", "42");
    expect_at(answer, "result.changed", "true");

    answer = ask(world, &guest, "list", "{}");
    expect_at(answer, "result.ports.0.port_id", "p");
    expect_at(answer, "result.ports.0.device", "tap0");
    expect_at(answer, "result.ports.0.bridge", "br-t");
    expect_at(answer, "result.ports.0.ofport", "42");
    expect_at(answer, "result.ports.0.instance_id", "null");
    expect_at(answer, "result.ports.0.instance_name", "instance-7");
    expect_at(answer, "result.ports.1", "absent");
    expect_at(ask(world, &guest, "list", "{\"state\":\"drifted\"}"),
              "result.ports", "[]");
    expect_says(ask(world, &guest, "list", "{\"state\":\"happy\"}"),
                "\"happy\" is no state");

    answer = ask(world, &guest, "show", "{\"port_id\":\"p\"}");
    expect_at(answer, "result.state", "active");
    expect_at(answer, "result.binding.mtu", "1400");
    expect_at(answer, "result.binding.profile.a", "[1]");
    expect_at(answer, "result.steps.0.kind", "thing");
    expect_at(answer, "result.steps.0.args.mtu", "1400");
    expect_at(answer, "result.steps.0.output.number", "42");
    expect_at(answer, "result.error", "null");
    expect_at(answer, "result.outcome", "absent");

    answer = ask(world, &guest, "check", "{}");
    expect_at(answer, "result.ports.0.ok", "true");
    expect_at(answer, "result.ports.0.state", "active");
    expect_at(answer, "result.ports.0.changed", "false");
    answer = ask(world, &guest, "repair", "{\"port_id\":\"p\"}");
    expect_at(answer, "result.ports.0.ok", "true");

    answer = ask(world, &guest, "unplug", "{\"port_id\":\"p\"}");
    expect_at(answer, "result.state", "gone");
    expect_at(answer, "result.outcome", "done");
    answer = ask(world, &guest, "unplug", "{\"port_id\":\"p\"}");
    expect_at(answer, "result.warnings.0", "the port was not plugged");
    expect_at(ask(world, &guest, "show", "{\"port_id\":\"p\"}"),
              "error.data.code", "not-found");
    guest_destroy(&guest);
}

static void
test_plan(void **state)
{
    struct world *world = *state;
    struct guest guest;
    struct engine_port_view view;

    guest_init(&guest, world, peer_root());
    const struct json *answer = ask(
        world, &guest, "plan",
        "{\"binding\":{\"port_id\":\"p\",\"device_name\":\"tap0\"}}");
    expect_at(answer, "result.plugin", "test");
    expect_at(answer, "result.steps.0.kind", "thing");
    expect_at(answer, "result.steps.0.object", "tap0");
    expect_at(answer, "result.steps.0.action", "add");
    expect_at(answer, "result.claims.0", "tap0");
    assert_false(engine_find_port(world->engine, "p", &view));

    answer = ask(world, &guest, "plan", "{\"binding\":{\"port_id\":\"p\","
                 "\"model\":\"unknown\"}}");
    expect_at(answer, "error.data.where", "params.binding.model");
    expect_at(answer, "error.code", "-32602");
    guest_destroy(&guest);
}

static void
test_prepared_port(void **state)
{
    struct world *world = *state;
    struct guest guest;

    guest_init(&guest, world, peer_root());
    expect_at(ask(world, &guest, "plug",
                  "{\"binding\":{\"port_id\":\"p\",\"prepare\":true}}"),
              "result.state", "prepared");
    expect_at(ask(world, &guest, "activate", "{\"port_id\":\"p\"}"),
              "result.state", "active");
    expect_at(ask(world, &guest, "abort", "{\"port_id\":\"p\"}"),
              "error.data.code", "refused");
    expect_at(ask(world, &guest, "activate", "{\"port_id\":\"q\"}"),
              "error.data.code", "not-found");
    guest_destroy(&guest);
}

/* All or none: the culprit is named, whoever failed first. */
static void
test_group(void **state)
{
    static const char three[] =
        "{\"bindings\":[{\"port_id\":\"a\",\"device_name\":\"tap-a\"},"
        "{\"port_id\":\"b\",\"device_name\":\"tap-b\"},"
        "{\"port_id\":\"c\",\"device_name\":\"tap-c\"}]}";
    struct world *world = *state;
    struct guest guest;

    guest_init(&guest, world, peer_root());
    world->broken = "tap-b";
    const struct json *answer = ask(world, &guest, "plug", three);
    expect_at(answer, "error.data.port_id", "b");
    expect_says(answer, "port b: ");
    expect_says(answer, "the thing is broken");
    expect_at(answer, "error.data.outcome", "failed-clean");
    expect_at(answer, "error.data.ports.0.port_id", "a");
    expect_at(answer, "error.data.ports.0.outcome", "failed-clean");
    expect_at(answer, "error.data.ports.1.error.data.code", "ovsdb");
    expect_at(ask(world, &guest, "list", "{}"), "result.ports", "[]");

    world->broken = NULL;
    answer = ask(world, &guest, "plug", three);
    expect_at(answer, "result.ports.0.port_id", "a");
    expect_at(answer, "result.ports.2.state", "active");

    answer = ask(world, &guest, "unplug",
                 "{\"port_ids\":[\"c\",\"a\",\"x\"]}");
    expect_at(answer, "result.ports.0.port_id", "c");
    expect_at(answer, "result.ports.2.warnings.0", "the port was not plugged");
    answer = ask(world, &guest, "list", "{}");
    expect_at(answer, "result.ports.0.port_id", "b");
    expect_at(answer, "result.ports.1", "absent");
    guest_destroy(&guest);
}

/* Ids that begin alike make the same name for a tap, which ports on VFs do not
 * have. */
static void
test_names_of_taps_are_of_ports_that_have_one(void **state)
{
#define LIKE(N, TYPE) "{\"port_id\":\"0123456789abcdef" #N "\"," \
                      "\"vnic_type\":\"" TYPE "\"}"
    struct world *world = *state;
    struct guest guest;

    guest_init(&guest, world, peer_root());
    const struct json *answer
        = ask(world, &guest, "plug", "{\"bindings\":[" LIKE(1, "normal") ","
              LIKE(2, "normal") "]}");
    expect_at(answer, "error.data.where", "params.bindings[1].device_name");
    expect_says(answer, "is there twice");
    answer = ask(world, &guest, "plug", "{\"bindings\":[" LIKE(1, "direct")
                 "," LIKE(2, "direct") "]}");
    expect_at(answer, "result.ports.1.port_id", "0123456789abcdef2");
    guest_destroy(&guest);
}

/* More ports than the engine is given at once, and more than one answer. */
static void
test_check_of_many(void **state)
{
    struct world *world = *state;
    struct guest guest;

    guest_init(&guest, world, peer_root());
    for (int i = 0; i < 300; i++) {
        CLEANUP_FREE char *params = xasprintf(
            "{\"binding\":{\"port_id\":\"port%03d\","
            "\"device_name\":\"tap%d\"}}", i, i);
        ask(world, &guest, "plug", params);
    }
    const struct json *answer = ask(world, &guest, "check", "{}");
    expect_at(answer, "result.ports.299.port_id", "port299");
    expect_at(answer, "result.ports.299.ok", "true");
    expect_at(answer, "result.ports.300", "absent");
    guest_destroy(&guest);
}

static void
test_access(void **state)
{
    struct world *world = *state;
    struct guest root, physnet1, reader, nobody;

    guest_init(&root, world, peer_root());
    guest_init(&physnet1, world, peer_user(1000));
    guest_init(&reader, world, peer_user(1001));
    guest_init(&nobody, world, peer_user(1003));
    ask(world, &root, "plug", "{\"binding\":{\"port_id\":\"none\"}}");
    ask(world, &root, "plug", "{\"binding\":{\"port_id\":\"one\","
        "\"physical_network\":\"physnet1\"}}");

    /* Only one's own network is there. */
    const struct json *answer = ask(world, &physnet1, "list", "{}");
    expect_at(answer, "result.ports.0.port_id", "one");
    expect_at(answer, "result.ports.1", "absent");
    expect_at(ask(world, &physnet1, "show", "{\"port_id\":\"none\"}"),
              "error.data.code", "not-found");
    expect_at(ask(world, &physnet1, "unplug", "{\"port_id\":\"none\"}"),
              "error.data.code", "not-found");
    expect_at(ask(world, &physnet1, "check", "{\"port_id\":\"none\"}"),
              "error.data.code", "not-found");
    answer = ask(world, &physnet1, "check", "{}");
    expect_at(answer, "result.ports.0.port_id", "one");
    expect_at(answer, "result.ports.1", "absent");

    /* Nor may a port be taken over by naming one's own network. */
    expect_at(ask(world, &physnet1, "plug", "{\"binding\":"
                  "{\"port_id\":\"none\",\"physical_network\":"
                  "\"physnet1\"}}"), "error.data.code", "not-found");
    expect_at(ask(world, &physnet1, "plug",
                  "{\"binding\":{\"port_id\":\"new\"}}"),
              "error.data.where", "params.binding.physical_network");
    expect_at(ask(world, &physnet1, "plug", "{\"binding\":"
                  "{\"port_id\":\"new\",\"physical_network\":"
                  "\"physnet1\"}}"), "result.state", "active");
    answer = ask(world, &physnet1, "plug", "{\"binding\":{"
                 "\"port_id\":\"new\",\"physical_network\":\"physnet1\","
                 "\"vnic_type\":\"macvtap\",\"macvtap\":{\"source\":"
                 "\"eth0\"}}}");
    expect_at(answer, "error.data.where", "params.binding.macvtap.source");
    expect_says(answer, "interface \"eth0\" of the host");
    expect_at(ask(world, &physnet1, "plan",
                  "{\"binding\":{\"port_id\":\"q\"}}"),
              "error.data.code", "access");
    answer = ask(world, &physnet1, "reload", "{}");
    expect_at(answer, "error.data.code", "access");
    expect_says(answer, "\"reload\", which needs a rule for all physical "
                "networks and all PCI addresses: see");

    /* Who may look may not do. */
    expect_at(ask(world, &reader, "show", "{\"port_id\":\"none\"}"),
              "result.state", "active");
    expect_at(ask(world, &reader, "unplug", "{\"port_id\":\"none\"}"),
              "error.data.code", "access");
    answer = ask(world, &reader, "capabilities", "{}");
    expect_at(answer, "error.data.code", "access");
    expect_says(answer, "may not call \"capabilities\": see");

    expect_at(ask(world, &nobody, "list", "{}"), "error.data.code",
              "access");
    expect_at(ask(world, &nobody, "hello", "{}"), "result.server", "vifd");
    expect_at(ask(world, &nobody, "version", "{}"), "result.server", "vifd");
    guest_destroy(&root);
    guest_destroy(&physnet1);
    guest_destroy(&reader);
    guest_destroy(&nobody);
}

static void
test_inventory(void **state)
{
    struct world *world = *state;
    struct guest root, physnet1, reader;
    CLEANUP_INVENTORY struct inventory inventory = INVENTORY_INIT;

    some_nics_add(&inventory, "0000:03:00.0", 1, 8);
    world->inventory = &inventory;
    guest_init(&root, world, peer_root());
    guest_init(&physnet1, world, peer_user(1000));
    guest_init(&reader, world, peer_user(1001));

    const struct json *answer = ask(world, &root, "inventory", "{}");
    expect_at(answer, "result.devices.0.device", "pci/0000:03:00.0");
    expect_at(answer, "result.devices.1.physical_network", "physnet1");
    expect_at(answer, "result.pools.0.free", "1");
    answer = ask(world, &physnet1, "inventory", "{}");
    expect_at(answer, "result.devices.0.device", "pci/0000:03:01.0");
    expect_at(answer, "result.devices.1", "absent");
    expect_at(ask(world, &reader, "inventory", "{}"), "error.data.code",
              "access");
    expect_at(ask(world, &root, "inventory", "{\"a\":1}"),
              "error.data.where", "params.a");
    guest_destroy(&root);
    guest_destroy(&physnet1);
    guest_destroy(&reader);
}

static void
test_fit(void **state)
{
    struct world *world = *state;
    struct guest root, physnet1;
    CLEANUP_INVENTORY struct inventory inventory = INVENTORY_INIT;

    some_nics_add(&inventory, "0000:03:00.0", 1, 8);
    world->inventory = &inventory;
    guest_init(&root, world, peer_root());
    guest_init(&physnet1, world, peer_user(1000));

#define PORT(ID, MORE) "{\"port_id\":\"" ID "\",\"vnic_type\":" MORE "}"
#define ON1 "\"direct\",\"physical_network\":\"physnet1\""
    /* A port without a device takes none. */
    const struct json *answer = ask(
        world, &root, "fit", "{\"bindings\":[" PORT("a", "\"normal\"") ","
        PORT("b", ON1) "],\"numa_nodes\":[0],\"numa_policy\":\"required\"}");
    expect_at(answer, "result.fits", "true");
    expect_at(answer, "result.ports.0.port_id", "b");
    expect_at(answer, "result.ports.0.device", "pci/0000:03:01.0");
    expect_at(answer, "result.ports.1", "absent");

    /* Why not. */
    answer = ask(world, &root, "fit", "{\"bindings\":[" PORT("b", ON1)
                 "],\"numa_nodes\":[1],\"numa_policy\":\"required\"}");
    expect_at(answer, "result.fits", "false");
    expect_at(answer, "result.ports.0.device", "null");
    expect_at(answer, "result.ports.0.filters.0.asks", "device_spec");
    expect_at(answer, "result.ports.0.filters.0.left", "1");
    expect_at(answer, "result.ports.0.filters.4.filter", "numa");
    expect_at(answer, "result.ports.0.filters.4.left", "0");
    expect_at(answer, "result.error.data.code", "not-found");
    answer = ask(world, &root, "fit", "{\"bindings\":[" PORT("a", ON1) ","
                 PORT("b", ON1) "]}");
    expect_at(answer, "result.error.data.code", "conflict");

    /* Nonsense. */
    expect_at(ask(world, &root, "fit", "{}"), "error.data.where",
              "params.bindings");
    expect_at(ask(world, &root, "fit", "{\"bindings\":[" PORT("a", ON1) ","
                  PORT("a", ON1) "]}"),
              "error.data.where", "params.bindings[1]");
    expect_at(ask(world, &root, "fit", "{\"bindings\":[" PORT("a", ON1)
                  "],\"numa_nodes\":[64]}"),
              "error.data.where", "params.numa_nodes");
    expect_at(ask(world, &root, "fit", "{\"bindings\":[" PORT("a", ON1
                  ",\"profile\":{\"pci_slot\":\"3:0.1\"}") "]}"),
              "error.data.where", "params.bindings[0].profile.pci_slot");
    expect_at(ask(world, &root, "fit", "{\"bindings\":[" PORT("a", ON1
                  ",\"profile\":{\"pci_request_id\":\"=\"}") "]}"),
              "error.data.where",
              "params.bindings[0].profile.pci_request_id");

    /* Others' networks are not one's business. */
    expect_at(ask(world, &physnet1, "fit", "{\"bindings\":["
                  PORT("a", ON1) "]}"), "result.fits", "true");
    expect_at(ask(world, &physnet1, "fit", "{\"bindings\":["
                  PORT("a", "\"direct\"") "]}"), "error.data.code", "access");
#undef PORT
#undef ON1
    guest_destroy(&root);
    guest_destroy(&physnet1);
}

int
main(void)
{
#define TEST(NAME) \
    cmocka_unit_test_setup_teardown(NAME, guests_start, guests_stop)
    const struct CMUnitTest tests[] = {
        TEST(test_life_of_a_port),
        TEST(test_plan),
        TEST(test_prepared_port),
        TEST(test_group),
        TEST(test_names_of_taps_are_of_ports_that_have_one),
        TEST(test_check_of_many),
        TEST(test_access),
        TEST(test_inventory),
        TEST(test_fit),
    };

    vlog_set_levels(NULL, VLF_ANY_DESTINATION, VLL_OFF);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
