/* SPDX-License-Identifier: Apache-2.0 */
/* Draining a PF: by which names, who may, who is still there, and that the
 * engine keeps it as a note. */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/config.h"
#include "engine/engine.h"
#include "lib/cleanup.h"
#include "openvswitch/json.h"
#include "openvswitch/vlog.h"
#include "tests/unit/rpc-world.h"
#include "tests/unit/some-nics.h"
#include "util.h"

#define PF "pci/0000:03:00.0"
#define VF0 "pci/0000:03:01.0"
#define VF1 "pci/0000:03:01.1"

static struct world world;
static struct inventory inventory;
static struct json *answer;         /* The last one. */

static void
take_answer(struct rpc_caller *caller OVS_UNUSED, struct json *message)
{
    json_destroy(answer);
    answer = message;
}

/* A PF eno1 with two VFs on physnet1, and a NIC without VFs.  User 1000 is
 * for physnet1, 1001 for some of its devices. */
static int
set_up(void **state OVS_UNUSED)
{
    world_init(&world,
               "access:\n"
               "- users: [1000]\n"
               "  physical_networks: [physnet1]\n"
               "- users: [1001]\n"
               "  physical_networks: [physnet1]\n"
               "  pci_addresses: ['0000:03:00.0', '0000:03:01.0']\n"
               "device_spec: [{address: '0000:03:*.*', physical_network: "
               "physnet1}]\n");
    some_nics_add(&inventory, "0000:03:00.0", 2, 8);
    some_nics_add(&inventory, "0000:04:00.0", 2, 8);
    some_nics_add(&inventory, "0000:05:00.0", 0, 0);
    some_nics_get(&inventory, PF)->netdev = (struct device_netdev) {
        .ifindex = 3, .name = "eno1",
    };
    world.inventory = &inventory;
    return 0;
}

static int
tear_down(void **state OVS_UNUSED)
{
    world_destroy(&world);
    inventory_destroy(&inventory);
    json_destroy(answer);
    answer = NULL;
    return 0;
}

static void
ask(struct rpc_peer peer, const char *method, const char *params)
{
    CLEANUP_FREE char *line = xasprintf(
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%s\",\"params\":%s}",
        method, params);
    struct rpc_caller caller;

    rpc_caller_init(&caller, &world.host, &peer, take_answer);
    json_destroy(answer);
    answer = NULL;
    rpc_caller_line(&caller, line, strlen(line));
    world_run(&world);
    assert_non_null(answer);
    rpc_caller_destroy(&caller);
}

#define DEVICE(NAME) "{\"device\":\"" NAME "\"}"

static void
expect(const char *path, const char *wanted)
{
    assert_string_equal(json_at(answer, path), wanted);
}

static void
expect_refusal(const char *code, const char *text)
{
    expect("error.data.code", code);
    expect("error.data.where", "params.device");
    if (!strstr(json_at(answer, "error.message"), text)) {
        fail_msg("'%s' lacks '%s'", json_at(answer, "error.message"), text);
    }
}

static void
test_there_and_back(void **state OVS_UNUSED)
{
    ask(peer_root(), "drain", DEVICE(PF));
    expect("result.device", PF);
    expect("result.drained", "true");
    expect("result.ports", "[]");
    CLEANUP_FREE char *since = xstrdup(json_at(answer, "result.since"));
    assert_string_equal(engine_note(world.engine, "drain/" PF), since);

    /* Again changes nothing, whatever it is called. */
    ask(peer_root(), "drain", DEVICE("0000:03:00.0"));
    expect("result.since", since);
    ask(peer_root(), "drain", DEVICE("eno1"));
    expect("result.since", since);

    ask(peer_root(), "inventory", "{}");
    expect("result.devices.0.state", "drained");
    expect("result.devices.0.drained", "true");
    expect("result.devices.1.drained", "true");
    expect("result.pools.0.drained", "1");
    expect("result.pools.0.free", "0");

    ask(peer_root(), "undrain", DEVICE("eno1"));
    expect("result.device", PF);
    expect("result.drained", "false");
    expect("result.since", "absent");
    assert_null(engine_note(world.engine, "drain/" PF));
    ask(peer_root(), "undrain", DEVICE("eno1"));
    expect("result.drained", "false");
    ask(peer_root(), "inventory", "{}");
    expect("result.devices.0.state", "free");
    expect("result.devices.0.drained", "absent");
}

static void
test_who_is_there(void **state OVS_UNUSED)
{
    ask(peer_root(), "plug",
        "{\"binding\":{\"port_id\":\"p\",\"instance_id\":\"i\"}}");
    expect("result.outcome", "done");
    device_claims_put(&world.claims, VF1, "p");
    device_claims_put(&world.claims, "vf-of/" PF "=" VF1, "p");
    device_claims_put(&world.claims, "vf-of/" PF "1=" VF0, "p");

    ask(peer_root(), "drain", DEVICE("eno1"));
    expect("result.ports.0.port_id", "p");
    expect("result.ports.0.device", VF1);
    expect("result.ports.0.state", "active");
    expect("result.ports.0.instance_id", "i");
    expect("result.ports.0.instance_name", "null");
    expect("result.ports.1", "absent");

    /* The PF itself. */
    device_claims_remove(&world.claims, "vf-of/" PF "=" VF1);
    device_claims_put(&world.claims, PF, "p");
    ask(peer_root(), "undrain", DEVICE("eno1"));
    expect("result.ports.0.device", PF);
    expect("result.ports.1", "absent");
}

static void
test_what_can_be_drained(void **state OVS_UNUSED)
{
    ask(peer_root(), "drain", DEVICE("eno2"));
    expect_refusal("not-found", "there is no device \"eno2\"");
    ask(peer_root(), "drain", DEVICE(VF0));
    expect_refusal("invalid", VF0 " is a VF of " PF);
    ask(peer_root(), "undrain", DEVICE("0000:05:00.0"));
    expect_refusal("invalid", "is no PF");
    ask(peer_root(), "drain", "{}");
    expect_refusal("invalid", "which PF?");

    /* One that has gone meanwhile can be given free all the same. */
    ask(peer_root(), "drain", DEVICE("eno1"));
    inventory_update(&inventory, PF, true, &(struct inventory) { .n = 0 });
    ask(peer_root(), "undrain", DEVICE("eno1"));
    expect_refusal("not-found", "eno1");
    ask(peer_root(), "drain", DEVICE(PF));
    expect("result.drained", "true");
    ask(peer_root(), "undrain", DEVICE("0000:03:00.0"));
    expect("result.device", PF);
    expect("result.drained", "false");
    ask(peer_root(), "undrain", DEVICE(PF));
    expect_refusal("not-found", "there is no device");
}

static void
test_who_may(void **state OVS_UNUSED)
{
    ask(peer_user(1000), "drain", DEVICE(PF));
    expect("result.drained", "true");
    /* Not for the second VF. */
    ask(peer_user(1001), "undrain", DEVICE(PF));
    expect_refusal("access", "no rule allows uid 1001");
    ask(peer_user(1002), "undrain", DEVICE(PF));
    expect("error.data.code", "access");
    /* Of a PF that nobody may use, only who may everything. */
    ask(peer_user(1000), "drain", DEVICE("0000:04:00.0"));
    expect_refusal("access", "pci/0000:04:00.0");
    ask(peer_root(), "drain", DEVICE("0000:04:00.0"));
    expect("result.drained", "true");
    assert_non_null(engine_note(world.engine, "drain/" PF));
}

/* What could not be written has not happened. */
static void
test_a_journal_that_fails(void **state OVS_UNUSED)
{
    world.commit_fails = true;
    ask(peer_root(), "drain", DEVICE(PF));
    expect("error.data.code", "journal");
    assert_null(engine_note(world.engine, "drain/" PF));
    assert_null(device_claims_drained(&world.claims, PF));

    ask(peer_root(), "drain", DEVICE(PF));
    expect("error.data.code", "journal");
    world_pass_ms(1000);
    world_run(&world);
    ask(peer_root(), "drain", DEVICE(PF));
    expect("result.drained", "true");

    world.commit_fails = true;
    ask(peer_root(), "undrain", DEVICE(PF));
    expect("error.data.code", "journal");
    assert_non_null(device_claims_drained(&world.claims, PF));
}

struct done {
    bool over, failed;
};

static void
note_done(void *done_, const struct vif_error *error)
{
    struct done *done = done_;

    assert_false(done->over);
    done->over = true;
    done->failed = error != NULL;
}

/* The one that was set while the first was on its way stays. */
static void
test_notes_that_are_set_anew_meanwhile(void **state OVS_UNUSED)
{
    struct done first = { false, false }, second = { false, false };

    engine_set_note(world.engine, "n", "1", note_done, &first);
    engine_run(world.engine);           /* Its commit is under way. */
    assert_false(first.over);
    engine_set_note(world.engine, "n", "2", note_done, &second);
    world.commit_fails = true;
    engine_run(world.engine);
    assert_true(first.over && first.failed);
    assert_string_equal(engine_note(world.engine, "n"), "2");
    world_pass_ms(1000);
    world_run(&world);
    assert_true(second.over && !second.failed);
    assert_string_equal(engine_note(world.engine, "n"), "2");

    /* Both are on their way and neither gets there. */
    first = second = (struct done) { false, false };
    engine_set_note(world.engine, "n", "3", note_done, &first);
    engine_set_note(world.engine, "n", NULL, note_done, &second);
    assert_null(engine_note(world.engine, "n"));
    world.commit_fails = true;
    world_run(&world);
    assert_true(first.failed && second.failed);
    assert_string_equal(engine_note(world.engine, "n"), "2");
}

int
main(void)
{
#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_there_and_back),
        TEST(test_who_is_there),
        TEST(test_what_can_be_drained),
        TEST(test_who_may),
        TEST(test_a_journal_that_fails),
        TEST(test_notes_that_are_set_anew_meanwhile),
    };
#undef TEST

    vlog_set_levels(NULL, VLF_ANY_DESTINATION, VLL_OFF);
    return cmocka_run_group_tests_name("drain", tests, NULL, NULL);
}
