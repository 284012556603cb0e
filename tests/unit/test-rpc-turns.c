/* SPDX-License-Identifier: Apache-2.0 */
/* Whose turn it is, when many ask for much. */

#include <config.h>

#include "rpc/turns.h"

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
#include "rpc/pace.h"
#include "tests/unit/rpc-world.h"
#include "util.h"

#define ONE_CLIENT 512          /* Ports that one client has fresh at most. */

static unsigned int n_answers;  /* Of all guests. */

/* A caller, and what it was told last. */
struct guest {
    struct rpc_caller caller;
    unsigned int n_done, n_busy, n_superseded, n_late;
    unsigned int last_answer;   /* Its number among all. */
    double retry_after_ms;
};

static void
guest_send(struct rpc_caller *caller, struct json *message)
{
    struct guest *guest = CONTAINER_OF(caller, struct guest, caller);
    const char *code = json_at(message, "error.data.code");

    guest->last_answer = ++n_answers;
    guest->n_busy += !strcmp(code, "busy");
    guest->n_superseded += !strcmp(code, "superseded");
    guest->n_late += !strcmp(code, "deadline");
    guest->n_done += !strcmp(code, "absent");
    if (strcmp(code, "absent")) {
        guest->retry_after_ms =
            atof(json_at(message, "error.data.retry_after_ms"));
    }
    json_destroy(message);
}

static void
guest_init(struct guest *guest, const struct world *world, uint32_t uid)
{
    struct rpc_peer peer = peer_user(uid);

    memset(guest, 0, sizeof *guest);
    rpc_caller_init(&guest->caller, &world->host, &peer, guest_send);
}

static void
say(struct guest *guest, const char *line)
{
    rpc_caller_line(&guest->caller, line, strlen(line));
}

static void
plug(struct guest *guest, unsigned int number, const char *more)
{
    CLEANUP_FREE char *line = xasprintf(
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"plug\",\"params\":"
        "{\"binding\":{\"port_id\":\"p%06u\",\"device_name\":\"t%06u\"%s}}}",
        number, number, more);

    say(guest, line);
}

static void
plug_many(struct guest *guest, unsigned int first, unsigned int n)
{
    for (unsigned int i = 0; i < n; i++) {
        plug(guest, first + i, "");
    }
}

static void
unplug(struct guest *guest, unsigned int number)
{
    CLEANUP_FREE char *line = xasprintf(
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"unplug\",\"params\":"
        "{\"port_id\":\"p%06u\"}}", number);

    say(guest, line);
}

static bool
is_plugged(const struct world *world, unsigned int number)
{
    CLEANUP_FREE char *id = xasprintf("p%06u", number);
    struct engine_port_view view;

    return engine_find_port(world->engine, id, &view);
}

static int
setup(void **state)
{
    struct world *world = xmalloc(sizeof *world);

    n_answers = 0;
    world_init(world, "access: [{}]\n");
    world->hold = true;
    *state = world;
    return 0;
}

static int
setup_small(void **state)
{
    struct world *world = xmalloc(sizeof *world);

    n_answers = 0;
    world_init(world, "access: [{}]\nmax_requests: 32\n");
    world->hold = true;
    *state = world;
    return 0;
}

static int
teardown(void **state)
{
    world_destroy(*state);
    free(*state);
    return 0;
}

/* Who asks for one port does not wait for who asked for two thousand before,
 * only for those of them that the engine has. */
static void
test_one_does_not_wait_for_many(void **state)
{
    struct world *world = *state;
    struct guest many, one;

    guest_init(&many, world, 1000);
    guest_init(&one, world, 1001);
    plug_many(&many, 0, 2000);
    world_run(world);
    assert_int_equal(world->n_held, ONE_CLIENT);
    plug(&one, 5000, "");
    world_run(world);
    assert_int_equal(world->n_held, ONE_CLIENT + 1);

    world_release(world);
    assert_int_equal(one.n_done, 1);
    assert_in_range(one.last_answer, 1, ONE_CLIENT + 1);
    assert_int_equal(many.n_done, 2000);
    rpc_caller_destroy(&many.caller);
    rpc_caller_destroy(&one.caller);
}

/* With much in front of both, each of two has every second turn. */
static void
test_turns_alternate(void **state)
{
    struct world *world = *state;
    struct guest first, second;

    guest_init(&first, world, 1000);
    guest_init(&second, world, 1000);
    plug_many(&first, 0, 1500);
    plug_many(&second, 2000, 500);
    world_release(world);
    assert_int_equal(first.n_done + second.n_done, 2000);
    /* What a turn has ends in any order. */
    assert_in_range(second.last_answer, 500, 1500);
    assert_int_equal(first.last_answer, 2000);
    rpc_caller_destroy(&first.caller);
    rpc_caller_destroy(&second.caller);
}

/* What is held up at the engine counts for a second. */
static void
test_what_is_stuck_holds_up_nobody(void **state)
{
    struct world *world = *state;
    struct guest guest;

    guest_init(&guest, world, 1000);
    plug_many(&guest, 0, 700);
    world_run(world);
    assert_int_equal(world->n_held, ONE_CLIENT);
    world_pass_ms(500);
    world_run(world);
    assert_int_equal(world->n_held, ONE_CLIENT);
    world_pass_ms(501);
    world_run(world);
    assert_int_equal(world->n_held, 700);
    world_release(world);
    assert_int_equal(guest.n_done, 700);
    rpc_caller_destroy(&guest.caller);
}

/* 32 places, of which 2 are root's.  A user has three quarters of what is
 * there, the next one finds room, and so does root. */
static void
test_full(void **state)
{
    struct world *world = *state;
    struct guest greedy, again, other, root;

    guest_init(&greedy, world, 1000);
    guest_init(&again, world, 1000);
    guest_init(&other, world, 1001);
    guest_init(&root, world, 0);
    plug_many(&greedy, 0, 40);
    assert_int_equal(greedy.n_busy, 40 - 22);
    assert_true(greedy.retry_after_ms >= PACE_MIN_MS);
    assert_true(greedy.retry_after_ms <= PACE_MAX_MS);

    /* Another connection of that user is the same user. */
    plug(&again, 50, "");
    assert_int_equal(again.n_busy, 1);
    plug_many(&other, 100, 6);
    assert_int_equal(other.n_busy, 0);
    plug_many(&root, 200, 5);
    assert_int_equal(root.n_busy, 1);

    world_release(world);
    assert_int_equal(greedy.n_done + other.n_done + root.n_done, 32);
    plug_many(&again, 60, 10);
    world_run(world);
    assert_int_equal(again.n_done, 10);
    rpc_caller_destroy(&greedy.caller);
    rpc_caller_destroy(&again.caller);
    rpc_caller_destroy(&other.caller);
    rpc_caller_destroy(&root.caller);
}

/* A request for more than there can ever be room for will stay wrong. */
static void
test_too_large(void **state)
{
    struct world *world = *state;
    struct ds line = DS_EMPTY_INITIALIZER;
    struct guest guest;

    guest_init(&guest, world, 0);
    ds_put_cstr(&line, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"plug\","
                "\"params\":{\"bindings\":[");
    for (int i = 0; i < 33; i++) {
        ds_put_format(&line, "%s{\"port_id\":\"p%d\"}", i ? "," : "", i);
    }
    ds_put_cstr(&line, "]}}");
    say(&guest, ds_cstr(&line));
    assert_int_equal(n_answers, 1);
    assert_int_equal(guest.n_busy + guest.n_done, 0);
    assert_int_equal(world->n_held, 0);
    ds_destroy(&line);
    rpc_caller_destroy(&guest.caller);
}

/* Requests that are large are few. */
static void
test_too_many_bytes(void **state)
{
    struct world *world = *state;
    struct ds hints = DS_EMPTY_INITIALIZER;
    struct guest guest;
    struct rpc_turns_stats stats;

    /* White space: a line may be long although the binding is small. */
    ds_put_char_multiple(&hints, ' ', 1000 * 1000);
    guest_init(&guest, world, 1000);
    for (int i = 0; i < 100; i++) {
        plug(&guest, i, ds_cstr(&hints));
    }
    rpc_turns_get_stats(world->host.turns, &stats);
    assert_in_range(stats.n_bytes, 40 * 1000 * 1000, 64 * 1024 * 1024);
    assert_int_equal(guest.n_busy, stats.n_refused);
    assert_in_range(guest.n_busy, 30, 60);
    world_release(world);
    rpc_turns_get_stats(world->host.turns, &stats);
    assert_int_equal(stats.n_bytes, 0);
    ds_destroy(&hints);
    rpc_caller_destroy(&guest.caller);
}

/* Whoever asks, the last one for a port is the one that counts. */
static void
test_requests_for_one_port_keep_their_order(void **state)
{
    struct world *world = *state;
    struct guest many, one;
    struct engine_port_view view;

    guest_init(&many, world, 1000);
    guest_init(&one, world, 1001);
    plug_many(&many, 0, 600);
    plug(&many, 1000, ",\"mtu\":1400");
    plug(&one, 1000, ",\"mtu\":1300");
    world_release(world);
    assert_true(engine_find_port(world->engine, "p001000", &view));
    assert_int_equal(view.binding->mtu, 1300);
    assert_int_equal(one.n_done, 1);
    rpc_caller_destroy(&many.caller);
    rpc_caller_destroy(&one.caller);
}

/* A plug that waits and is withdrawn is never begun, by whomever. */
static void
test_unplug_ends_a_plug_that_waits(void **state)
{
    struct world *world = *state;
    struct guest many, one;

    guest_init(&many, world, 1000);
    guest_init(&one, world, 1001);
    plug_many(&many, 0, 600);
    unplug(&one, 599);
    assert_int_equal(many.n_superseded, 1);
    world_release(world);
    assert_int_equal(many.n_done, 599);
    assert_int_equal(one.n_done, 1);
    assert_false(is_plugged(world, 599));
    rpc_caller_destroy(&many.caller);
    rpc_caller_destroy(&one.caller);
}

/* The clock runs while a request waits. */
static void
test_deadline_while_waiting(void **state)
{
    struct world *world = *state;
    struct guest many;

    guest_init(&many, world, 1000);
    plug_many(&many, 0, 600);
    for (int i = 0; i < 10; i++) {
        CLEANUP_FREE char *line = xasprintf(
            "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"unplug\","
            "\"params\":{\"port_id\":\"q%d\",\"timeout_ms\":500}}", i);
        say(&many, line);
    }
    assert_int_equal(n_answers, 0);
    world_pass_ms(501);
    rpc_turns_run(world->host.turns);
    assert_int_equal(many.n_late, 10);
    assert_int_equal(n_answers, 10);
    assert_true(many.retry_after_ms >= PACE_MIN_MS);
    world_release(world);
    assert_int_equal(many.n_done, 600);
    rpc_caller_destroy(&many.caller);
}

/* Who leaves changes nothing. */
static void
test_what_a_client_that_left_asked_for_goes_on(void **state)
{
    struct world *world = *state;
    struct guest many;

    guest_init(&many, world, 1000);
    plug_many(&many, 0, 600);
    rpc_caller_destroy(&many.caller);
    world_release(world);
    assert_true(is_plugged(world, 0));
    assert_true(is_plugged(world, 599));
    assert_int_equal(n_answers, 0);
}

/* vifd stops: everything that waits is refused by the engine. */
static void
test_stop(void **state)
{
    struct world *world = *state;
    struct guest many;

    guest_init(&many, world, 1000);
    plug_many(&many, 0, 600);
    rpc_turns_stop(world->host.turns);
    engine_stop_accepting(world->engine, "over");
    rpc_turns_run(world->host.turns);
    assert_int_equal(n_answers, 600 - ONE_CLIENT);
    world_release(world);
    assert_int_equal(many.n_done, ONE_CLIENT);
    rpc_caller_destroy(&many.caller);
}

static void
test_pace(void **state OVS_UNUSED)
{
    struct pace pace;

    pace_start(&pace, 0);
    /* Nothing has ended: as long again as it has been. */
    assert_int_equal(pace_estimate_ms(&pace, 1, 500000), 500);
    assert_int_equal(pace_estimate_ms(&pace, 1, 0), PACE_MIN_MS);

    pace_note(&pace, 100, 500000);
    assert_int_equal(pace_estimate_ms(&pace, 50, 1000000), 500);
    pace_note(&pace, 100, 1500000);
    assert_int_equal(pace_estimate_ms(&pace, 1000, 2000000), 10000);
    assert_int_equal(pace_estimate_ms(&pace, 1000000, 2000000), PACE_MAX_MS);

    /* What was long ago does not count. */
    pace_note(&pace, 1, 9000000);
    pace_note(&pace, 1, 9500000);
    pace_note(&pace, 1, 10000000);
    assert_int_equal(pace_estimate_ms(&pace, 1, 10000000), 333);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_one_does_not_wait_for_many,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_turns_alternate, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_what_is_stuck_holds_up_nobody,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_full, setup_small, teardown),
        cmocka_unit_test_setup_teardown(test_too_large, setup_small,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_too_many_bytes, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(
            test_requests_for_one_port_keep_their_order, setup, teardown),
        cmocka_unit_test_setup_teardown(test_unplug_ends_a_plug_that_waits,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_deadline_while_waiting, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(
            test_what_a_client_that_left_asked_for_goes_on, setup, teardown),
        cmocka_unit_test_setup_teardown(test_stop, setup, teardown),
        cmocka_unit_test(test_pace),
    };

    vlog_set_levels(NULL, VLF_ANY_DESTINATION, VLL_OFF);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
