/* SPDX-License-Identifier: Apache-2.0 */
/* What may go wrong between vifd, ovsdb-server and ovs-vswitchd: one of them
 * hangs, dies, comes back, or says no; and somebody else is faster. */

#include <config.h>

#include "ovs/ovs.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

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

static bool
port_exists(const struct ovs *ovs, const char *name)
{
    struct ovs_port_view view;

    return ovs_find_port(ovs, name, &view);
}

/* Stops the process and waits until it has stopped. */
static void
stop(int pid)
{
    int status;

    assert_int_equal(kill(pid, SIGSTOP), 0);
    assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
    assert_true(WIFSTOPPED(status));
}

/* Submits 'want' and waits until its transaction has been sent. */
static void
send_want(struct ovs *ovs, struct own_want *want)
{
    uint64_t before = stats_of(ovs).transactions;

    ovs_submit(ovs, &want->intent);
    OVS_UNTIL(ovs, stats_of(ovs).transactions > before);
}

/* ovs-vswitchd. */

static void
switch_silent(void **state)
{
    struct ovs *ovs = *state;

    own_plug(ovs, "f-old");
    own_plug(ovs, "f-old2");
    stop(own_ovs.vswitchd);

    /* A plug and a removal are on their way when it falls silent. */
    WANT(first, OVS_PORT_ENSURE, "f-first");
    WANT(old, OVS_PORT_REMOVE, "f-old");
    ovs_submit(ovs, &old.intent);
    send_want(ovs, &first);
    long long start = time_msec();
    OVS_UNTIL(ovs, ovs_health(ovs) == OVS_SWITCH_SILENT);
    assert_true(time_msec() - start < 5000);
    assert_int_equal(first.n_committed, 1);
    assert_int_equal(first.n_done, 0);
    OVS_UNTIL(ovs, old.n_done);
    assert_ok(old.error);
    assert_true(old.intent.wrote && !old.intent.proven);

    /* What comes now fails at once, unsent. */
    struct ovs_stats before = stats_of(ovs);
    start = time_msec();
    WANT(second, OVS_PORT_ENSURE, "f-second");
    assert_error(own_want_run(ovs, &second), VIF_ERR_UNAVAILABLE,
                 "ovs-vswitchd does not answer");
    assert_true(second.error->retry);
    WANT(probe, OVS_PROBE, "f-old2");
    assert_error(own_want_run(ovs, &probe), VIF_ERR_UNAVAILABLE,
                 "ovs-vswitchd does not answer");
    assert_true(time_msec() - start < 5000);
    assert_int_equal(stats_of(ovs).transactions, before.transactions);
    assert_int_not_equal(own_vsctl_status("get", "port", "f-second", "name",
                                          NULL), 0);

    /* A removal is carried out and not proven. */
    WANT(old2, OVS_PORT_REMOVE, "f-old2");
    assert_ok(own_want_run(ovs, &old2));
    assert_true(old2.intent.wrote && !old2.intent.proven);
    assert_int_not_equal(own_vsctl_status("get", "port", "f-old2", "name",
                                          NULL), 0);

    /* It comes back by itself. */
    kill(own_ovs.vswitchd, SIGCONT);
    OVS_UNTIL(ovs, first.n_done);
    assert_ok(first.error);
    assert_true(first.intent.proven && first.intent.ofport > 0);
    assert_int_equal(ovs_health(ovs), OVS_OK);
    assert_ok(own_want_run(ovs, &second));
    own_unplug(ovs, "f-first");
    own_unplug(ovs, "f-second");
}

static void
switch_dead_and_back(void **state)
{
    struct ovs *ovs = *state;

    own_plug(ovs, "f-life");
    own_ovs_kill(&own_ovs.vswitchd);

    /* The old ofport is still in the database: it proves nothing. */
    WANT(probe, OVS_PROBE, "f-life");
    ovs_submit(ovs, &probe.intent);
    OVS_UNTIL(ovs, ovs_health(ovs) == OVS_SWITCH_SILENT);
    assert_int_equal(probe.n_done, 0);

    WANT(unplug, OVS_PORT_REMOVE, "f-life");
    assert_ok(own_want_run(ovs, &unplug));
    assert_false(unplug.intent.proven);

    own_ovs_start_vswitchd();
    OVS_UNTIL(ovs, probe.n_done);
    assert_error(probe.error, VIF_ERR_NOT_FOUND, "no port 'f-life'");
    assert_int_equal(ovs_health(ovs), OVS_OK);
}

/* It is not to be seen whether it is dead or only slow: it gets more time. */
static void
switch_hangs(void **state OVS_UNUSED)
{
    const struct ovs_config config = {
        .remote = own_ovs.remote, .key = OWN_OVS_KEY, .slot_ms = 300,
        .hang_ms = 1000,
    };
    own_ovs_hide_vswitchd();

    struct ovs *ovs = ovs_create(&config);
    long long start = time_msec();

    OVS_UNTIL(ovs, ovs_health(ovs) == OVS_OK);
    stop(own_ovs.vswitchd);
    WANT(plug, OVS_PORT_ENSURE, "f-hang");
    send_want(ovs, &plug);
    WANT(behind, OVS_PORT_ENSURE, "f-behind");
    ovs_submit(ovs, &behind.intent);
    OVS_UNTIL(ovs, ovs_health(ovs) == OVS_SWITCH_SILENT);
    assert_true(time_msec() - start >= 1300);
    OVS_UNTIL(ovs, behind.n_done);
    assert_error(behind.error, VIF_ERR_UNAVAILABLE, "ovs-vswitchd");
    kill(own_ovs.vswitchd, SIGCONT);
    OVS_UNTIL(ovs, plug.n_done);
    assert_ok(plug.error);
    own_unplug(ovs, "f-hang");
    ovs_destroy(ovs);
    own_ovs_kill(&own_ovs.vswitchd);
}

/* The deadlines of a plug that was committed, of one that was never sent, and
 * of a removal, which is done all the same. */
static void
switch_slow(void **state)
{
    struct ovs *ovs = *state;

    own_plug(ovs, "f-there");
    stop(own_ovs.vswitchd);
    WANT(plug, OVS_PORT_ENSURE, "f-slow");
    WANT(unplug, OVS_PORT_REMOVE, "f-there");
    WANT(queued, OVS_PORT_ENSURE, "f-queued");
    plug.intent.deadline = unplug.intent.deadline = time_msec() + 100;
    queued.intent.deadline = time_msec() + 100;
    ovs_submit(ovs, &unplug.intent);
    send_want(ovs, &plug);
    ovs_submit(ovs, &queued.intent);
    OVS_UNTIL(ovs, plug.n_done && unplug.n_done && queued.n_done);
    assert_error(plug.error, VIF_ERR_DEADLINE, "did not take it up in time");
    assert_error(queued.error, VIF_ERR_DEADLINE, "nothing was sent");
    assert_ok(unplug.error);
    assert_false(unplug.intent.proven);

    kill(own_ovs.vswitchd, SIGCONT);
    OVS_UNTIL(ovs, ovs_health(ovs) == OVS_OK);
    own_unplug(ovs, "f-slow");
}

/* ovsdb-server. */

/* The transaction is in the server's socket when the plug's time is up.  The
 * row lands when the server wakes, and is removed. */
static void
server_hangs(void **state)
{
    struct ovs *ovs = *state;

    stop(own_ovs.server);
    WANT(plug, OVS_PORT_ENSURE, "f-late");
    plug.intent.deadline = time_msec() + 100;
    send_want(ovs, &plug);
    OVS_UNTIL(ovs, plug.n_done);
    assert_error(plug.error, VIF_ERR_DEADLINE, "in doubt");

    OVS_UNTIL(ovs, ovs_health(ovs) == OVS_SERVER_SILENT);
    WANT(other, OVS_PORT_ENSURE, "f-other");
    assert_error(own_want_run(ovs, &other), VIF_ERR_UNAVAILABLE,
                 "has not answered a transaction");

    /* The engine takes it back: not done before that is certain. */
    WANT(revert, OVS_PORT_REMOVE, "f-late");
    revert.intent.port_uuid = plug.intent.port_uuid;
    revert.intent.deadline = time_msec() + 100;
    ovs_submit(ovs, &revert.intent);
    OVS_UNTIL(ovs, revert.n_done);
    assert_error(revert.error, VIF_ERR_DEADLINE, "nothing was sent");
    own_want_submit(ovs, &revert);

    kill(own_ovs.server, SIGCONT);
    OVS_UNTIL(ovs, revert.n_done);
    assert_ok(revert.error);
    assert_false(port_exists(ovs, "f-late"));
    assert_int_not_equal(own_vsctl_status("get", "port", "f-late", "name",
                                          NULL), 0);
    assert_ok(own_want_run(ovs, &other));
    own_unplug(ovs, "f-other");
}

/* Nobody asks for the row any more. */
static void
ghost_deleted(void **state)
{
    struct ovs *ovs = *state;

    stop(own_ovs.server);
    WANT(plug, OVS_PORT_ENSURE, "f-ghost");
    plug.intent.deadline = time_msec() + 50;
    send_want(ovs, &plug);
    OVS_UNTIL(ovs, plug.n_done);
    assert_error(plug.error, VIF_ERR_DEADLINE, "in doubt");
    kill(own_ovs.server, SIGCONT);
    OVS_UNTIL(ovs, stats_of(ovs).ghosts_deleted == 1);
    assert_int_not_equal(own_vsctl_status("get", "port", "f-ghost", "name",
                                          NULL), 0);
}

static void
note_gone(void *n_gone, const struct uuid *uuid OVS_UNUSED)
{
    ++*(int *) n_gone;
}

/* A ghost that does not turn up is forgotten; one that is wanted, too. */
static void
ghost_forgotten(void **state OVS_UNUSED)
{
    int n_gone = 0;
    const struct ovs_config config = {
        .remote = own_ovs.remote, .key = OWN_OVS_KEY, .slot_ms = 300,
        .ghost_ms = 100, .ghost_gone = note_gone, .aux = &n_gone,
    };
    struct ovs *ovs = ovs_create(&config);
    struct uuid uuid;

    OVS_UNTIL(ovs, ovs_health(ovs) == OVS_OK);
    uuid_generate(&uuid);
    ovs_ghost_add(ovs, &uuid);
    ovs_ghost_add(ovs, &uuid);
    OVS_UNTIL(ovs, n_gone);

    WANT(plug, OVS_PORT_ENSURE, "f-wanted");
    ovs_ghost_add(ovs, &plug.intent.port_uuid);
    assert_ok(own_want_run(ovs, &plug));
    ovs_ghost_add(ovs, &uuid);
    OVS_UNTIL(ovs, n_gone == 2);
    assert_int_equal(stats_of(ovs).ghosts_deleted, 0);
    assert_true(port_exists(ovs, "f-wanted"));

    /* Turns up, because it is there already. */
    ovs_ghost_add(ovs, &plug.intent.port_uuid);
    OVS_UNTIL(ovs, n_gone == 3);
    assert_int_equal(stats_of(ovs).ghosts_deleted, 1);
    assert_false(port_exists(ovs, "f-wanted"));
    ovs_destroy(ovs);
}

/* vifd dies while the server hangs, and is told by its journal what it may
 * have sent. */
static void
ghost_of_a_former_life(void **state)
{
    struct ovs *ovs = own_ovs_create();
    const struct ovs_config config = {
        .remote = own_ovs.remote, .key = OWN_OVS_KEY, .slot_ms = 300,
    };

    stop(own_ovs.server);
    WANT(plug, OVS_PORT_ENSURE, "f-former");
    send_want(ovs, &plug);
    ovs_destroy(ovs);

    ovs = ovs_create(&config);
    WANT(revert, OVS_PORT_REMOVE, "f-former");
    revert.intent.port_uuid = plug.intent.port_uuid;
    ovs_submit(ovs, &revert.intent);
    ovs_ghost_add(ovs, &plug.intent.port_uuid);
    kill(own_ovs.server, SIGCONT);
    OVS_UNTIL(ovs, revert.n_done);
    assert_ok(revert.error);
    assert_int_not_equal(own_vsctl_status("get", "port", "f-former", "name",
                                          NULL), 0);
    ovs_destroy(ovs);

    /* The same is needed again: it is no ghost. */
    plug.intent.own.stage = 0;
    assert_ok(own_want_run(*state, &plug));
    own_unplug(*state, "f-former");
}

/* It dies with the transaction unanswered; whether it was carried out is seen
 * when it is back. */
static void
server_dies(void **state)
{
    struct ovs *ovs = *state;

    own_plug(ovs, "f-stays");
    stop(own_ovs.server);
    WANT(plug, OVS_PORT_ENSURE, "f-doubt");
    send_want(ovs, &plug);
    WANT(queued, OVS_PORT_ENSURE, "f-behind");
    ovs_submit(ovs, &queued.intent);
    own_ovs_kill(&own_ovs.server);
    OVS_UNTIL(ovs, ovs_health(ovs) == OVS_DISCONNECTED);
    assert_false(ovs_cancel(ovs, &plug.intent));

    own_ovs_start_server();
    OVS_UNTIL(ovs, plug.n_done && queued.n_done);
    assert_ok(plug.error);
    assert_ok(queued.error);
    assert_int_equal(own_changes.n_all, 1);
    assert_true(port_exists(ovs, "f-stays"));
    assert_string_equal(own_vsctl("port-to-br", "f-doubt", NULL), "br-int");
    own_unplug(ovs, "f-doubt");
    own_unplug(ovs, "f-behind");
    own_unplug(ovs, "f-stays");
}

/* It dies when all is committed and only the proof is missing. */
static void
server_dies_before_the_proof(void **state)
{
    struct ovs *ovs = *state;

    stop(own_ovs.vswitchd);
    WANT(plug, OVS_PORT_ENSURE, "f-proof");
    ovs_submit(ovs, &plug.intent);
    OVS_UNTIL(ovs, plug.n_committed);
    own_ovs_kill(&own_ovs.server);
    OVS_UNTIL(ovs, ovs_health(ovs) == OVS_DISCONNECTED);
    own_ovs_start_server();
    kill(own_ovs.vswitchd, SIGCONT);
    OVS_UNTIL(ovs, plug.n_done);
    assert_ok(plug.error);
    assert_true(plug.intent.proven);
    own_unplug(ovs, "f-proof");
}

static void
server_away(void **state)
{
    struct ovs *ovs = *state;
    long long start;

    own_ovs_kill(&own_ovs.server);
    OVS_UNTIL(ovs, ovs_health(ovs) == OVS_DISCONNECTED);
    start = time_msec();
    WANT(plug, OVS_PORT_ENSURE, "f-away");
    assert_error(own_want_run(ovs, &plug), VIF_ERR_UNAVAILABLE,
                 "no session with ovsdb-server");
    assert_true(time_msec() - start > 1000);

    static const enum ovs_intent_kind kinds[] = {
        OVS_LOOK, OVS_BRIDGE_ENSURE, OVS_PORT_ENSURE, OVS_PORT_REMOVE,
        OVS_PROBE,
    };
    start = time_msec();
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        WANT(want, kinds[i], "f-away");
        assert_error(own_want_run(ovs, &want), VIF_ERR_UNAVAILABLE,
                     "no session with ovsdb-server");
        assert_true(want.error->retry);
    }
    assert_true(time_msec() - start < 1500);

    own_ovs_start_server();
    OVS_UNTIL(ovs, ovs_health(ovs) == OVS_OK);
    assert_ok(own_want_run(ovs, &plug));
    own_unplug(ovs, "f-away");
}

/* The server says no. */

/* Three of 64 have an MTU that the schema does not allow.  Nothing in the
 * replica tells which, so the batch is halved until each stands alone. */
static void
bisected(void **state)
{
    struct ovs *ovs = *state;
    enum { N = 64 };
    static struct own_want wants[N];
    struct ovs_stats before = stats_of(ovs);
    char name[16];

    for (int i = 0; i < N; i++) {
        snprintf(name, sizeof name, "f-half%d", i);
        own_want_init(&wants[i], OVS_PORT_ENSURE, name);
        if (i == 3 || i == 40 || i == 63) {
            vif_attrs_set(&wants[i].args, "mtu_request", "0");
        }
        ovs_submit(ovs, &wants[i].intent);
    }
    for (int i = 0; i < N; i++) {
        OVS_UNTIL(ovs, wants[i].n_done);
        if (i == 3 || i == 40 || i == 63) {
            assert_error(wants[i].error, VIF_ERR_OVSDB, wants[i].intent.name);
            assert_non_null(strstr(wants[i].error->source,
                                   "constraint violation: 0 is less than"));
        } else {
            assert_ok(wants[i].error);
            assert_true(wants[i].intent.proven);
        }
    }
    struct ovs_stats after = stats_of(ovs);
    assert_in_range(after.bisections - before.bisections, 8, 18);
    assert_in_range(after.transactions - before.transactions, 15, 60);
    for (int i = 0; i < N; i++) {
        if (!wants[i].error) {
            own_unplug(ovs, wants[i].intent.name);
        }
        own_want_destroy(&wants[i]);
    }
}

/* Somebody with a session older than ours, who is served first. */
static int
rival_open(void)
{
    struct sockaddr_un sun = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    ovs_strlcpy(sun.sun_path, own_ovs.remote + strlen("unix:"),
                sizeof sun.sun_path);
    assert_int_equal(connect(fd, (struct sockaddr *) &sun, sizeof sun), 0);
    return fd;
}

static void
rival_send(int fd, const char *operations)
{
    char *text CLEANUP_FREE = xasprintf(
        "{\"method\":\"transact\",\"id\":1,\"params\":[\"Open_vSwitch\",%s]}",
        operations);

    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

/* The name is free in our replica, and taken when we come. */
static void
name_taken_meanwhile(void **state OVS_UNUSED)
{
    int fd CLEANUP_CLOSE = rival_open();
    struct ovs *ovs = own_ovs_create();

    stop(own_ovs.server);
    rival_send(fd, "{\"op\":\"insert\",\"table\":\"Interface\",\"uuid-name\":"
               "\"i\",\"row\":{\"name\":\"f-taken\",\"type\":\"dummy\"}},"
               "{\"op\":\"insert\",\"table\":\"Port\",\"uuid-name\":\"p\","
               "\"row\":{\"name\":\"f-taken\",\"interfaces\":[\"named-uuid\","
               "\"i\"]}},{\"op\":\"mutate\",\"table\":\"Bridge\",\"where\":[["
               "\"name\",\"==\",\"br-int\"]],\"mutations\":[[\"ports\","
               "\"insert\",[\"named-uuid\",\"p\"]]]}");
    WANT(one, OVS_PORT_ENSURE, "f-taken");
    WANT(two, OVS_PORT_ENSURE, "f-free");
    ovs_submit(ovs, &one.intent);
    send_want(ovs, &two);
    kill(own_ovs.server, SIGCONT);
    OVS_UNTIL(ovs, one.n_done && two.n_done);
    assert_error(one.error, VIF_ERR_CONFLICT, "it has no iface-id");
    assert_ok(two.error);
    assert_true(stats_of(ovs).retries > 0);
    own_unplug(ovs, "f-free");
    ovs_destroy(ovs);
    own_vsctl("del-port", "f-taken", NULL);
}

/* A mutation of a bridge that has vanished would succeed, and the port be
 * collected as garbage. */
static void
bridge_gone_meanwhile(void **state OVS_UNUSED)
{
    int fd CLEANUP_CLOSE = rival_open();

    own_vsctl("add-br", "br-brief", "--", "set", "bridge", "br-brief",
              "datapath_type=dummy", NULL);
    char *uuid CLEANUP_FREE = xstrdup(
        own_vsctl("get", "bridge", "br-brief", "_uuid", NULL));
    char *operation CLEANUP_FREE = xasprintf(
        "{\"op\":\"mutate\",\"table\":\"Open_vSwitch\",\"where\":[],"
        "\"mutations\":[[\"bridges\",\"delete\",[\"uuid\",\"%s\"]]]}", uuid);
    struct ovs *ovs = own_ovs_create();
    OVS_UNTIL(ovs, ovs_bridge_exists(ovs, "br-brief"));

    stop(own_ovs.server);
    rival_send(fd, operation);
    WANT(plug, OVS_PORT_ENSURE, "f-brief");
    vif_attrs_set(&plug.args, "bridge", "br-brief");
    send_want(ovs, &plug);
    kill(own_ovs.server, SIGCONT);
    OVS_UNTIL(ovs, plug.n_done);
    assert_error(plug.error, VIF_ERR_NOT_FOUND, "no bridge 'br-brief'");
    ovs_destroy(ovs);
}

/* Not ours to take back any more once it is sent. */
static void
cancelled(void **state)
{
    struct ovs *ovs = *state;

    WANT(unsent, OVS_PORT_ENSURE, "f-unsent");
    ovs_submit(ovs, &unsent.intent);
    assert_true(ovs_cancel(ovs, &unsent.intent));
    assert_false(ovs_cancel(ovs, &unsent.intent));

    stop(own_ovs.vswitchd);
    WANT(sent, OVS_PORT_ENSURE, "f-sent");
    WANT(waiting, OVS_PORT_ENSURE, "f-waiting");
    send_want(ovs, &sent);
    ovs_submit(ovs, &waiting.intent);
    assert_false(ovs_cancel(ovs, &sent.intent));
    assert_true(ovs_cancel(ovs, &waiting.intent));
    kill(own_ovs.vswitchd, SIGCONT);
    OVS_UNTIL(ovs, sent.n_done);
    assert_ok(sent.error);
    assert_int_equal(unsent.n_done + waiting.n_done, 0);
    own_unplug(ovs, "f-sent");
    assert_false(port_exists(ovs, "f-waiting"));
}

#define TEST(FUNCTION) \
    cmocka_unit_test_setup_teardown(FUNCTION, own_ovs_open, own_ovs_close)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(switch_silent),
        TEST(switch_dead_and_back),
        TEST(switch_hangs),
        TEST(switch_slow),
        TEST(server_hangs),
        TEST(ghost_deleted),
        TEST(ghost_forgotten),
        TEST(ghost_of_a_former_life),
        TEST(server_dies),
        TEST(server_dies_before_the_proof),
        TEST(server_away),
        TEST(bisected),
        TEST(name_taken_meanwhile),
        TEST(bridge_gone_meanwhile),
        TEST(cancelled),
    };

    return own_ovs_run(tests);
}
