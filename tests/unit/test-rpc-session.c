/* SPDX-License-Identifier: Apache-2.0 */
/* A client at the other end of a socket: half messages, many at once, too
 * many at once, one that does not read, one that leaves. */

#include <config.h>

#include "rpc/session.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "agent/config.h"
#include "lib/cleanup.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "tests/unit/rpc-world.h"
#include "timeval.h"
#include "util.h"

#define VERSION "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"version\"}\n"

struct fixture {
    struct world world;
    struct rpc_session *session;
    int client;                 /* The test's end. */
    bool alive;                 /* As rpc_session_run() said last. */
    struct ds read;             /* What has come and was not looked at. */
};

static int
setup_with(void **state, const char *yaml)
{
    struct fixture *f = xzalloc(sizeof *f);
    struct rpc_peer peer = peer_root();
    int fds[2];

    world_init(&f->world, yaml);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds),
                     0);
    f->client = fds[1];
    f->session = rpc_session_create(&f->world.host, &f->world.traffic, &peer,
                                    fds[0]);
    f->alive = true;
    ds_init(&f->read);
    *state = f;
    return 0;
}

static int
setup(void **state)
{
    return setup_with(state, "max_in_flight: 4\n");
}

static int
teardown(void **state)
{
    struct fixture *f = *state;

    if (f->client >= 0) {
        close(f->client);
    }
    rpc_session_destroy(f->session);
    world_destroy(&f->world);
    ds_destroy(&f->read);
    free(f);
    return 0;
}

/* A turn of the main loop; false if the client has left. */
static bool
turn(struct fixture *f)
{
    f->alive = rpc_session_run(f->session, 1000000);
    world_run(&f->world);
    if (f->alive) {
        rpc_session_wait(f->session);
        poll_timer_wait(0);
        poll_block();
    }
    return f->alive;
}

static void
turns(struct fixture *f, int n)
{
    for (int i = 0; i < n && turn(f); i++) {
        continue;
    }
}

static void
put(const struct fixture *f, const char *text)
{
    size_t n = strlen(text);

    assert_int_equal(send(f->client, text, n, MSG_NOSIGNAL), n);
}

/* Reads what there is; false at the end of the stream. */
static bool
drain(struct fixture *f)
{
    char buf[65536];

    for (;;) {
        ssize_t n = recv(f->client, buf, sizeof buf, 0);
        if (n <= 0) {
            return n < 0 && errno == EAGAIN;
        }
        ds_put_buffer(&f->read, buf, n);
    }
}

/* The next message, which the caller destroys, or NULL. */
static struct json *
get(struct fixture *f)
{
    drain(f);

    char *start = ds_cstr(&f->read);
    char *end = strchr(start, '\n');
    if (!end) {
        return NULL;
    }
    *end = '\0';
    struct json *message = json_from_string(start);
    assert_int_equal(message->type, JSON_OBJECT);

    size_t used = end + 1 - start;
    memmove(f->read.string, f->read.string + used, f->read.length - used);
    ds_truncate(&f->read, f->read.length - used);
    return message;
}

static void
expect(struct fixture *f, const char *path, const char *wanted)
{
    struct json *message = get(f);

    assert_non_null(message);
    assert_string_equal(json_at(message, path), wanted);
    json_destroy(message);
}

static void
test_one(void **state)
{
    struct fixture *f = *state;

    put(f, VERSION);
    turns(f, 2);
    expect(f, "result.server", "vifd");
    assert_null(get(f));
    assert_true(rpc_session_idle(f->session));
}

static void
test_half_messages(void **state)
{
    struct fixture *f = *state;
    static const char text[] = VERSION;

    for (size_t i = 0; i < sizeof text - 1; i++) {
        assert_null(get(f));
        assert_int_equal(send(f->client, &text[i], 1, 0), 1);
        turns(f, 2);
    }
    expect(f, "result.server", "vifd");
}

static void
test_many_at_once(void **state)
{
    struct fixture *f = *state;

    for (int i = 0; i < 100; i++) {
        put(f, VERSION);
    }
    turns(f, 3);
    for (int i = 0; i < 100; i++) {
        expect(f, "id", "1");
    }
    assert_null(get(f));
}

static void
test_too_long_a_line(void **state)
{
    struct fixture *f = *state;
    CLEANUP_FREE char *much = xmalloc(65537);

    memset(much, ' ', 65536);
    much[65536] = '\0';
    for (int i = 0; i < 40; i++) {
        put(f, much);
        turns(f, 2);
    }
    put(f, "\n" VERSION);
    turns(f, 2);
    expect(f, "error.code", "-32700");
    expect(f, "result.server", "vifd");
    assert_null(get(f));
}

static void
put_plug(const struct fixture *f, int i)
{
    CLEANUP_FREE char *line = xasprintf(
        "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"plug\",\"params\":"
        "{\"binding\":{\"port_id\":\"p%d\",\"device_name\":\"tap%d\"}}}\n",
        i, i, i);

    put(f, line);
}

/* With as many requests under way as there may be, nothing further is read,
 * nothing is lost, and the loop does not spin. */
static void
test_limit_in_flight(void **state)
{
    struct fixture *f = *state;

    f->world.hold = true;
    for (int i = 0; i < 10; i++) {
        put_plug(f, i);
    }
    turns(f, 5);
    assert_int_equal(rpc_session_caller(f->session)->n_calls, 4);
    assert_null(get(f));

    world_release(&f->world);
    turns(f, 10);
    for (int i = 0; i < 10; i++) {
        expect(f, "result.state", "active");
    }
    assert_true(rpc_session_idle(f->session));
}

/* Who does not read answers is not read from; when they read again all goes
 * on. */
static void
test_slow_reader_of_answers(void **state)
{
    struct fixture *f = *state;
    const int n = 20000;
    int sent = 0, got = 0;
    struct json *message;

    while (sent < n) {
        ssize_t size = send(f->client, VERSION, strlen(VERSION),
                            MSG_NOSIGNAL);
        if (size < 0) {
            assert_int_equal(errno, EAGAIN);
            turns(f, 2);
            size = send(f->client, VERSION, strlen(VERSION), MSG_NOSIGNAL);
            if (size < 0) {
                break;          /* vifd has stopped reading. */
            }
        }
        assert_int_equal(size, strlen(VERSION));
        sent++;
    }
    assert_true(sent < n);

    while (got < sent) {
        turns(f, 1);
        while ((message = get(f))) {
            json_destroy(message);
            got++;
        }
    }
    turns(f, 2);
    assert_null(get(f));
    assert_true(rpc_session_idle(f->session));
}

/* Who does not read notifications loses some, and is told how many. */
static void
test_slow_watcher(void **state)
{
    struct fixture *f = *state;
    CLEANUP_FREE char *event = xmalloc(1000);
    const int n = 4000;
    int got = 0;
    long long lost = 0;
    struct json *message;

    memset(event, ' ', 999);
    memcpy(event, "{\"event\":1}", 11);
    event[999] = '\0';
    put(f, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"watch\"}\n");
    turns(f, 2);
    expect(f, "result.watching", "true");
    assert_true(rpc_session_caller(f->session)->watching);

    for (int i = 0; i < n; i++) {
        rpc_session_notify(f->session, event);
    }
    for (int i = 0; i < 1000 && got + lost < n; i++) {
        turns(f, 1);
        while ((message = get(f))) {
            if (!strcmp(json_at(message, "params.event"), "lost")) {
                lost += atoll(json_at(message, "params.lost"));
            } else {
                got++;
            }
            json_destroy(message);
        }
    }
    assert_true(lost > 0);
    assert_true(got > 1000);
    assert_int_equal(got + lost, n);

    /* And then all is well again. */
    rpc_session_notify(f->session, event);
    turns(f, 2);
    expect(f, "event", "1");
    assert_null(get(f));
}

static void
test_leaves_in_the_middle(void **state)
{
    struct fixture *f = *state;
    struct engine_port_view view;

    f->world.hold = true;
    put_plug(f, 1);
    turns(f, 2);
    put(f, "{\"jsonrpc\":");
    close(f->client);
    f->client = -1;
    turns(f, 5);
    assert_false(f->alive);

    rpc_session_destroy(f->session);
    f->session = NULL;
    world_release(&f->world);
    assert_true(engine_find_port(f->world.engine, "p1", &view));
    assert_int_equal(view.state, PORT_ACTIVE);
}

/* What was sent before leaving is still done: also the last line, complete
 * but for its end. */
static void
test_says_and_leaves(void **state)
{
    struct fixture *f = *state;
    struct engine_port_view view;

    put_plug(f, 1);
    put(f, "{\"jsonrpc\":\"2.0\",\"method\":\"plug\",\"params\":"
        "{\"binding\":{\"port_id\":\"p2\"}}}");
    close(f->client);
    f->client = -1;
    turns(f, 5);
    assert_false(f->alive);
    assert_true(engine_find_port(f->world.engine, "p1", &view));
    assert_true(engine_find_port(f->world.engine, "p2", &view));
}

/* As "nc -N" does: no more to say, but waiting for the answer. */
static void
test_half_closed(void **state)
{
    struct fixture *f = *state;

    f->world.hold = true;
    put_plug(f, 1);
    assert_int_equal(shutdown(f->client, SHUT_WR), 0);
    turns(f, 5);
    assert_true(f->alive);

    world_release(&f->world);
    turns(f, 5);
    assert_false(f->alive);
    expect(f, "result.state", "active");
    assert_true(drain(f));
}

static void
test_half_closed_watcher(void **state)
{
    struct fixture *f = *state;

    put(f, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"watch\"}\n");
    assert_int_equal(shutdown(f->client, SHUT_WR), 0);
    turns(f, 3);
    assert_true(f->alive);
    expect(f, "result.watching", "true");
    rpc_session_notify(f->session, "{\"event\":1}");
    turns(f, 2);
    expect(f, "event", "1");

    close(f->client);
    f->client = -1;
    turns(f, 3);
    assert_false(f->alive);
}

static void
test_replay(void **state)
{
    struct fixture *f = *state;

    put_plug(f, 7);
    turns(f, 3);
    expect(f, "result.state", "active");
    put(f, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"watch\","
        "\"params\":{\"replay\":true}}\n" VERSION);
    turns(f, 3);
    expect(f, "result.watching", "true");
    expect(f, "params.port_id", "p7");
    expect(f, "result.server", "vifd");
}

/* An idle session must sleep: its wait registers nothing that is ready. */
static void
test_does_not_spin(void **state)
{
    struct fixture *f = *state;

    /* Full of requests, and the client has hung up: the one state in which a
     * naive loop would be woken by the hang-up for ever. */
    f->world.hold = true;
    for (int i = 0; i < 10; i++) {
        put_plug(f, i);
    }
    turns(f, 3);
    close(f->client);
    f->client = -1;
    turns(f, 3);

    long long before = time_msec();
    assert_true(rpc_session_run(f->session, 1000000));
    rpc_session_wait(f->session);
    poll_timer_wait(50);
    poll_block();
    assert_true(time_msec() - before >= 45);
}

static int
setup_many(void **state)
{
    return setup_with(state, "max_in_flight: 1024\n");
}

/* Answers that nobody reads are kept as far as what may be under way can have
 * them; then the client is dropped, and the work goes on. */
static void
test_who_does_not_read_is_dropped(void **state)
{
    struct fixture *f = *state;
    struct ds hints = DS_EMPTY_INITIALIZER;
    unsigned int n = 0;

    for (int i = 0; i < 15; i++) {
        ds_put_format(&hints, "%s\"%d\":\"", i ? "," : "", i);
        ds_put_char_multiple(&hints, 'x', 4000);
        ds_put_char(&hints, '"');
    }
    f->world.hold = true;
    while (n < 200) {
        CLEANUP_FREE char *line = xasprintf(
            "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"plug\",\"params\":"
            "{\"binding\":{\"port_id\":\"p%u\",\"device_name\":\"t%u\","
            "\"profile\":{%s}}}}\n", n, n, ds_cstr(&hints));
        size_t length = strlen(line), sent = 0;

        while (sent < length) {
            ssize_t k = send(f->client, line + sent, length - sent,
                             MSG_NOSIGNAL);
            sent += MAX(k, 0);
            assert_true(turn(f));
        }
        n++;
    }
    assert_int_equal(rpc_session_caller(f->session)->n_calls, n);
    world_release(&f->world);
    assert_in_range(f->world.traffic.unsent, 8 * 1024 * 1024,
                    9 * 1024 * 1024);
    assert_false(turn(f));

    struct engine_stats stats;
    engine_get_stats(f->world.engine, &stats);
    assert_int_equal(stats.n_ports, n);
    ds_destroy(&hints);
}

/* With too much of all clients that is not a whole line, those that have much
 * of it lose it, and are told so. */
static void
test_too_much_that_is_not_whole(void **state)
{
    struct fixture *f = *state;
    CLEANUP_FREE char *half = xmalloc(100 * 1024);

    memset(half, 'x', 100 * 1024);
    half[100 * 1024 - 1] = '\0';
    f->world.traffic.unread = 64 * 1024 * 1024;    /* Of others. */
    put(f, "{\"jsonrpc\":\"2.0\",\"id\":1,");
    turns(f, 3);
    put(f, "\"method\":\"version\"}\n");
    turns(f, 3);
    struct json *message = get(f);
    assert_string_equal(json_at(message, "result.server"), "vifd");
    json_destroy(message);

    put(f, half);
    turns(f, 3);
    message = get(f);
    assert_string_equal(json_at(message, "error.data.code"), "busy");
    assert_string_equal(json_at(message, "error.data.retry_after_ms"), "1000");
    json_destroy(message);
    assert_int_equal(f->world.traffic.unread, 64 * 1024 * 1024);
    put(f, "the rest of it\n" VERSION);
    turns(f, 3);
    message = get(f);
    assert_string_equal(json_at(message, "result.server"), "vifd");
    json_destroy(message);
    f->world.traffic.unread = 0;
}

int
main(void)
{
#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_one),
        TEST(test_half_messages),
        TEST(test_many_at_once),
        TEST(test_too_long_a_line),
        TEST(test_limit_in_flight),
        TEST(test_slow_reader_of_answers),
        TEST(test_slow_watcher),
        TEST(test_leaves_in_the_middle),
        TEST(test_says_and_leaves),
        TEST(test_half_closed),
        TEST(test_half_closed_watcher),
        TEST(test_replay),
        TEST(test_does_not_spin),
        cmocka_unit_test_setup_teardown(test_who_does_not_read_is_dropped,
                                        setup_many, teardown),
        cmocka_unit_test_setup_teardown(test_too_much_that_is_not_whole,
                                        setup, teardown),
    };

    vlog_set_levels(NULL, VLF_ANY_DESTINATION, VLL_OFF);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
