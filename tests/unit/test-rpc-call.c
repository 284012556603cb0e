/* SPDX-License-Identifier: Apache-2.0 */
/* What holds for every method, from the line that asks to the message that
 * answers; and the methods about vifd itself. */

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
#include "lib/cleanup.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "openvswitch/vlog.h"
#include "rpc/events.h"
#include "rpc/methods.h"
#include "tests/unit/rpc-guest.h"
#include "tests/unit/rpc-world.h"
#include "util.h"

static void
test_hello(void **state)
{
    struct world *world = *state;
    struct guest guest;

    guest_init(&guest, world, peer_root());
    const struct json *answer = ask(world, &guest, "hello",
                                    "{\"version\":1,\"client\":\"a\\nb\"}");
    expect_at(answer, "result.version", "1");
    expect_at(answer, "result.server", "vifd");
    expect_at(answer, "result.release", PACKAGE_VERSION);
    expect_at(answer, "result.methods.1", "plug");
    expect_at(answer, "result.limits.line", "1048576");
    expect_at(answer, "result.limits.depth", "64");
    expect_at(answer, "result.limits.in_flight", "1024");
    assert_string_equal(guest.caller.name, "a?b (uid 0, pid 1)");

    answer = ask(world, &guest, "hello", "{\"version\":2}");
    expect_at(answer, "error.data.code", "unsupported");
    expect_at(answer, "error.data.where", "params.version");
    guest_destroy(&guest);
}

static void
test_version_capabilities(void **state)
{
    struct world *world = *state;
    struct guest guest;

    guest_init(&guest, world, peer_root());
    expect_at(ask(world, &guest, "version", "{}"), "result.release",
              PACKAGE_VERSION);
    expect_at(ask(world, &guest, "capabilities", "{}"), "result.it", "can");
    guest_destroy(&guest);
}

static void
test_protocol_errors(void **state)
{
    static const struct {
        const char *line, *code, *id;
    } cases[] = {
        { "nonsense", "-32700", "null" },
        { "[]", "-32600", "null" },
        { "{\"jsonrpc\":\"2.0\",\"id\":5,\"method\":\"fly\"}", "-32601",
          "5" },
        { "{\"jsonrpc\":\"2.0\",\"id\":\"x\",\"method\":\"version\","
          "\"params\":{\"a\":1}}", "-32602", "x" },
    };
    struct guest guest;

    guest_init(&guest, *state, peer_root());
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        say(&guest, cases[i].line);
        assert_int_equal(guest.n_sent, 1);
        expect_at(guest.sent[0], "error.code", cases[i].code);
        expect_at(guest.sent[0], "id", cases[i].id);
        expect_at(guest.sent[0], "error.data.code", "invalid");
        guest_forget(&guest);
    }
    rpc_caller_refuse_line(&guest.caller,
                           vif_error_create(VIF_ERR_INVALID, "too long"));
    expect_at(guest.sent[0], "error.code", "-32700");
    guest_forget(&guest);

    /* An empty line is nothing; a line with a null byte is wrong. */
    rpc_caller_line(&guest.caller, "", 0);
    rpc_caller_line(&guest.caller, "  ", 2);
    assert_int_equal(guest.n_sent, 0);
    rpc_caller_line(&guest.caller, "\0x", 2);
    expect_at(guest.sent[0], "error.code", "-32700");
    assert_int_equal(guest.caller.n_calls, 0);
    guest_destroy(&guest);
}

static void
test_notification_is_carried_out(void **state)
{
    struct world *world = *state;
    struct guest guest;
    struct engine_port_view view;

    guest_init(&guest, world, peer_root());
    say(&guest, "{\"jsonrpc\":\"2.0\",\"method\":\"plug\",\"params\":"
        "{\"binding\":{\"port_id\":\"p\"}}}");
    say(&guest, "{\"jsonrpc\":\"2.0\",\"method\":\"fly\"}");
    world_run(world);
    assert_int_equal(guest.n_sent, 0);
    assert_int_equal(guest.caller.n_calls, 0);
    assert_true(engine_find_port(world->engine, "p", &view));
    guest_destroy(&guest);
}

static void
test_version_1(void **state)
{
    struct world *world = *state;
    struct guest guest;

    guest_init(&guest, world, peer_root());
    say(&guest, "{\"id\":3,\"method\":\"list\",\"params\":[]}");
    expect_at(guest.sent[0], "result.ports", "[]");
    expect_at(guest.sent[0], "error", "null");
    expect_at(guest.sent[0], "jsonrpc", "absent");
    say(&guest, "{\"id\":4,\"method\":\"show\",\"params\":"
        "[{\"port_id\":\"p\"}]}");
    expect_at(guest.sent[1], "result", "null");
    expect_at(guest.sent[1], "error.data.code", "not-found");
    guest_destroy(&guest);
}

/* What is wrong in a request is named by its path. */
static void
test_paths(void **state)
{
    static const struct {
        const char *method, *params, *where;
    } cases[] = {
        { "plug", "{}", "params" },
        { "plug", "{\"binding\":{},\"bindings\":[]}", "params" },
        { "plug", "{\"binding\":{}}", "params.binding.port_id" },
        { "plug", "{\"binding\":{\"port_id\":\"p\",\"mtu\":1}}",
          "params.binding.mtu" },
        { "plug", "{\"binding\":{\"port_id\":\"p\",\"model\":\"unknown\"}}",
          "params.binding.model" },
        { "plug", "{\"bindings\":[]}", "params.bindings" },
        { "plug", "{\"bindings\":[{\"port_id\":\"p\"},{\"port_id\":\"q\","
          "\"mtu\":\"x\"}]}", "params.bindings[1].mtu" },
        { "plug", "{\"bindings\":[{\"port_id\":\"p\"},"
          "{\"port_id\":\"p\"}]}", "params.bindings[1].port_id" },
        { "plug", "{\"binding\":{\"port_id\":\"p\"},\"wait\":\"never\"}",
          "params.wait" },
        { "plug", "{\"binding\":{\"port_id\":\"p\"},\"timeout_ms\":-1}",
          "params.timeout_ms" },
        { "unplug", "{}", "params" },
        { "unplug", "{\"port_id\":7}", "params.port_id" },
        { "unplug", "{\"port_id\":\"\"}", "params.port_id" },
        { "unplug", "{\"port_ids\":[\"a\",\"a\"]}", "params.port_ids[1]" },
        { "unplug", "{\"port_ids\":[\"a\",{}]}", "params.port_ids[1]" },
        { "activate", "{\"port_ids\":[\"a\"]}", "params.port_ids" },
        { "check", "{\"port\":\"a\"}", "params.port" },
        { "show", "{}", "params" },
        { "watch", "{\"replay\":1}", "params.replay" },
        { "reload", "{\"now\":true}", "params.now" },
    };
    struct world *world = *state;
    struct guest guest;

    guest_init(&guest, world, peer_root());
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        const struct json *answer = ask(world, &guest, cases[i].method,
                                        cases[i].params);
        expect_at(answer, "error.code", "-32602");
        expect_at(answer, "error.data.where", cases[i].where);
    }
    guest_destroy(&guest);
}

static void
test_failure(void **state)
{
    struct world *world = *state;
    struct guest guest;

    guest_init(&guest, world, peer_root());
    world->broken = "tap0";
    const struct json *answer = ask(
        world, &guest, "plug",
        "{\"binding\":{\"port_id\":\"p\",\"device_name\":\"tap0\"}}");
    expect_at(answer, "error.data.code", "ovsdb");
    expect_at(answer, "error.data.port_id", "p");
    expect_at(answer, "error.data.outcome", "failed-clean");
    expect_at(answer, "error.data.source", "no such thing");
    expect_says(answer, "the thing is broken");
    expect_at(ask(world, &guest, "list", "{}"), "result.ports", "[]");

    /* Refused before anything was begun. */
    answer = ask(world, &guest, "plug", "{\"binding\":{\"port_id\":\"p\","
                 "\"model\":\"unknown\"}}");
    expect_at(answer, "error.data.port_id", "p");
    expect_at(answer, "error.data.outcome", "absent");
    guest_destroy(&guest);
}

static void
test_caller_leaves(void **state)
{
    struct world *world = *state;
    struct guest guest;
    struct engine_port_view view;

    guest_init(&guest, world, peer_root());
    world->hold = true;
    say(&guest, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"plug\","
        "\"params\":{\"binding\":{\"port_id\":\"p\"}}}");
    world_run(world);
    assert_int_equal(guest.caller.n_calls, 1);
    guest_destroy(&guest);

    /* Capture and apply are two tasks. */
    world_release(world);
    assert_true(engine_find_port(world->engine, "p", &view));
    assert_int_equal(view.state, PORT_ACTIVE);
    assert_true(ovs_list_is_empty(&world->calls));
}

/* What is under way when the daemon ends: nothing is answered, nothing leaks
 * (which the sanitizers see). */
static void
test_abandoned(void **state)
{
    struct world *world = *state;
    struct guest guest;

    guest_init(&guest, world, peer_root());
    ask(world, &guest, "plug", "{\"binding\":{\"port_id\":\"old\"}}");
    guest_forget(&guest);
    world->hold = true;
    say(&guest, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"plug\","
        "\"params\":{\"bindings\":[{\"port_id\":\"p\"}]}}");
    say(&guest, "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"check\"}");
    say(&guest, "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"reload\"}");
    world_run(world);
    assert_int_equal(guest.caller.n_calls, 3);
    rpc_calls_abandon(&world->calls);
    assert_int_equal(guest.caller.n_calls, 0);
    assert_int_equal(guest.n_sent, 0);
    guest_destroy(&guest);
}

static void
test_reload(void **state)
{
    static const char *const frozen[] = { "journal", "workers" };
    struct world *world = *state;
    struct guest guest;

    guest_init(&guest, world, peer_root());
    say(&guest, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"reload\"}");
    assert_int_equal(guest.n_sent, 0);
    world->reload_done(world->reload_aux, NULL, frozen, 2);
    expect_at(guest.sent[0], "result.reloaded", "true");
    expect_at(guest.sent[0], "result.restart_needed",
              "[\"journal\",\"workers\"]");

    say(&guest, "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"reload\"}");
    CLEANUP_ERROR struct vif_error *error
        = vif_error_create(VIF_ERR_INVALID, "f.yaml:1:1: nonsense");
    world->reload_done(world->reload_aux, error, NULL, 0);
    expect_at(guest.sent[1], "error.message", "f.yaml:1:1: nonsense");
    guest_destroy(&guest);
}

static void
test_watch(void **state)
{
    struct world *world = *state;
    struct guest root, physnet1;

    guest_init(&root, world, peer_root());
    guest_init(&physnet1, world, peer_user(1000));
    ask(world, &root, "plug", "{\"binding\":{\"port_id\":\"a\"}}");
    ask(world, &root, "plug", "{\"binding\":{\"port_id\":\"b\","
        "\"physical_network\":\"physnet1\"}}");

    expect_at(ask(world, &physnet1, "watch", "{\"replay\":true}"),
              "result.watching", "true");
    assert_true(physnet1.caller.watching);
    assert_true(physnet1.caller.replay);
    guest_forget(&physnet1);
    rpc_events_replay(&physnet1.caller);
    assert_int_equal(physnet1.n_sent, 1);
    expect_at(physnet1.sent[0], "method", "event");
    expect_at(physnet1.sent[0], "id", "absent");
    expect_at(physnet1.sent[0], "params.event", "state");
    expect_at(physnet1.sent[0], "params.port_id", "b");
    expect_at(physnet1.sent[0], "params.to", "active");

    assert_true(rpc_event_visible(&physnet1.caller, "b"));
    assert_false(rpc_event_visible(&physnet1.caller, "a"));
    assert_false(rpc_event_visible(&physnet1.caller, "gone"));
    assert_true(rpc_event_visible(&root.caller, "gone"));
    guest_destroy(&root);
    guest_destroy(&physnet1);
}

static void
test_event_names(void **state OVS_UNUSED)
{
    static const struct {
        enum port_state from, to;
        const char *name;
    } cases[] = {
        { PORT_PLANNED, PORT_PLUGGING, "state" },
        { PORT_PLUGGING, PORT_ACTIVE, "plugged" },
        { PORT_PLUGGING, PORT_WAITING_FOR_DEVICE, "state" },
        { PORT_WAITING_FOR_DEVICE, PORT_ACTIVE, "plugged" },
        { PORT_CHANGING, PORT_ACTIVE, "plugged" },
        { PORT_ACTIVE, PORT_DRIFTED, "drifted" },
        { PORT_DRIFTED, PORT_ACTIVE, "state" },
        { PORT_PLUGGING, PORT_UNDOING, "failed" },
        { PORT_UNDOING, PORT_GONE, "state" },
        { PORT_PLANNED, PORT_GONE, "failed" },
        { PORT_ACTIVE, PORT_UNPLUGGING, "state" },
        { PORT_UNPLUGGING, PORT_GONE, "unplugged" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        CLEANUP_ERROR struct vif_error *why
            = vif_error_create(VIF_ERR_KERNEL, "why");
        const struct engine_event event = {
            .port_id = "p", .from = cases[i].from, .to = cases[i].to,
            .error = why,
        };
        CLEANUP_FREE char *text = rpc_event_text(&event);
        struct json *message = json_from_string(text);

        expect_at(message, "params.event", cases[i].name);
        expect_at(message, "params.from", port_state_name(cases[i].from));
        expect_at(message, "params.error.data.code", "kernel");
        json_destroy(message);
    }
}

/* What of 'text' stands after the first 'from' and before the next 'to', for
 * the caller to free. */
static char *
part_of(const char *text, const char *from, const char *to)
{
    const char *start = strstr(text, from);
    const char *end = start ? strstr(start, to) : NULL;

    if (!end) {
        fail_msg("doc/protocol.md has no \"%s\" with \"%s\" after it", from,
                 to);
    }
    return xmemdup0(start, end - start);
}

/* Whether 'name' has its chapter, and is in the index and in what hello
 * answers. */
static void
expect_documented(const char *text, const char *name)
{
    CLEANUP_FREE char *index = part_of(text, "- Methods:", "\n- [");
    CLEANUP_FREE char *hello = part_of(text, "\"methods\": [", "]");
    CLEANUP_FREE char *title = xasprintf("\n### %s\n", name);
    CLEANUP_FREE char *link = xasprintf("[%s](#%s)", name, name);
    CLEANUP_FREE char *word = xasprintf("\"%s\"", name);

    if (!strstr(text, title) || !strstr(index, link)
        || !strstr(hello, word)) {
        fail_msg("doc/protocol.md lacks %s in its chapters, its index or "
                 "hello's answer", name);
    }
}

/* doc/protocol.md has a chapter for each method and a row for each code of an
 * error. */
static void
test_protocol_is_documented(void **state OVS_UNUSED)
{
    FILE *file = fopen(VIFD_TOP_SRCDIR "/doc/protocol.md", "r");
    struct ds text = DS_EMPTY_INITIALIZER;
    size_t n;
    const struct rpc_method *methods = rpc_methods(&n);

    assert_non_null(file);
    for (int c; (c = getc(file)) != EOF; ) {
        ds_put_char(&text, c);
    }
    fclose(file);
    for (size_t i = 0; i < n; i++) {
        expect_documented(ds_cstr(&text), methods[i].name);
    }
    for (int code = 0; code < VIF_N_ERROR_CODES; code++) {
        CLEANUP_FREE char *row = xasprintf("\n| %d | `%s` |", code,
                                           vif_error_code_name(code));

        if (!strstr(ds_cstr(&text), row)) {
            fail_msg("doc/protocol.md says nothing of %s",
                     vif_error_code_name(code));
        }
    }
    ds_destroy(&text);
}

static void
test_access_rules_name_methods(void **state OVS_UNUSED)
{
    static const char good[] = "access: [{methods: [plug, '*']}]\n";
    static const char bad[] = "access: [{methods: [plug, unplugg]}]\n";
    struct config *config;

    assert_null(config_parse(good, strlen(good), "f", &config));
    assert_null(rpc_methods_check_access(config));
    config_destroy(config);

    assert_null(config_parse(bad, strlen(bad), "f", &config));
    CLEANUP_ERROR struct vif_error *error = rpc_methods_check_access(config);
    assert_string_equal(error->message,
                        "access.methods: vifd has no method \"unplugg\"");
    config_destroy(config);
}

int
main(void)
{
#define TEST(NAME) \
    cmocka_unit_test_setup_teardown(NAME, guests_start, guests_stop)
    const struct CMUnitTest tests[] = {
        TEST(test_hello),
        TEST(test_version_capabilities),
        TEST(test_protocol_errors),
        TEST(test_notification_is_carried_out),
        TEST(test_version_1),
        TEST(test_paths),
        TEST(test_failure),
        TEST(test_caller_leaves),
        TEST(test_abandoned),
        TEST(test_reload),
        TEST(test_watch),
        cmocka_unit_test(test_event_names),
        cmocka_unit_test(test_protocol_is_documented),
        cmocka_unit_test(test_access_rules_name_methods),
    };

    vlog_set_levels(NULL, VLF_ANY_DESTINATION, VLL_OFF);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
