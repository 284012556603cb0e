/* SPDX-License-Identifier: Apache-2.0 */
/* The QoS row that ports share, on a real Open vSwitch: it comes with the
 * first of them and goes with the last, whoever else is at work. */

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
#include <unistd.h>

#include <cmocka.h>

#include "lib/cleanup.h"
#include "tests/unit/own-ovs.h"
#include "util.h"

#define ROW "{vifd=\"" OWN_OVS_KEY "\"}"

static void
want_init(struct own_want *want, enum ovs_intent_kind kind, const char *name)
{
    own_want_init(want, kind, name);
    vif_attrs_set(&want->args, "qos", "linux-noop");
}

#define WANT(NAME, KIND, PORT)                                  \
    struct own_want NAME CLEANUP(own_want_destroy);             \
    want_init(&NAME, KIND, PORT)

static void
assert_done(struct ovs *ovs, struct own_want *want)
{
    const struct vif_error *error = own_want_run(ovs, want);

    if (error) {
        fail_msg("%s: %s", want->intent.name, error->message);
    }
}

static void
plug(struct ovs *ovs, const char *name)
{
    WANT(want, OVS_PORT_ENSURE, name);

    assert_done(ovs, &want);
}

static void
unplug(struct ovs *ovs, const char *name)
{
    WANT(want, OVS_PORT_REMOVE, name);

    assert_done(ovs, &want);
}

static uint64_t
n_transactions(const struct ovs *ovs)
{
    struct ovs_stats stats;

    ovs_get_stats(ovs, &stats);
    return stats.transactions;
}

static const char *
qos_of(const char *port)
{
    return own_vsctl("get", "port", port, "qos", NULL);
}

static void
assert_row(bool is_there)
{
    assert_string_equal(own_vsctl("--bare", "--columns=type", "list", "qos",
                                  NULL), is_there ? "linux-noop" : "");
}

static void
shared_by_all(void **state)
{
    struct ovs *ovs = *state;

    assert_row(false);
    plug(ovs, "q-one");
    assert_row(true);
    assert_string_equal(qos_of("q-one"), OWN_OVS_KEY);
    assert_string_equal(own_vsctl("get", "qos", OWN_OVS_KEY, "external_ids",
                                  NULL), ROW);
    plug(ovs, "q-two");
    assert_string_equal(qos_of("q-two"), OWN_OVS_KEY);
    assert_row(true);

    /* A port that does not ask for it is none of those who share it. */
    own_plug(ovs, "q-three");
    assert_string_equal(qos_of("q-three"), "[]");

    unplug(ovs, "q-one");
    assert_row(true);
    uint64_t before = n_transactions(ovs);
    unplug(ovs, "q-two");
    assert_row(false);
    assert_int_equal(n_transactions(ovs) - before, 1);
    unplug(ovs, "q-three");
}

static void
many_in_one_transaction(void **state)
{
    struct ovs *ovs = *state;
    enum { N = 20 };
    struct own_want wants[N];
    uint64_t before = n_transactions(ovs);
    char name[16];

    for (int i = 0; i < N; i++) {
        snprintf(name, sizeof name, "q-many%d", i);
        want_init(&wants[i], OVS_PORT_ENSURE, name);
        ovs_submit(ovs, &wants[i].intent);
    }
    for (int i = 0; i < N; i++) {
        OVS_UNTIL(ovs, wants[i].n_done);
        assert_null(wants[i].error);
    }
    assert_int_equal(n_transactions(ovs) - before, 1);
    assert_row(true);

    for (int i = 0; i < N; i++) {
        wants[i].intent.kind = OVS_PORT_REMOVE;
        own_want_submit(ovs, &wants[i]);
    }
    for (int i = 0; i < N; i++) {
        OVS_UNTIL(ovs, wants[i].n_done);
        assert_null(wants[i].error);
        own_want_destroy(&wants[i]);
    }
    assert_int_equal(n_transactions(ovs) - before, 2);
    assert_row(false);
}

/* The last one goes in the transaction in which another one comes. */
static void
one_comes_as_the_last_goes(void **state)
{
    struct ovs *ovs = *state;

    plug(ovs, "q-last");
    WANT(goes, OVS_PORT_REMOVE, "q-last");
    WANT(comes, OVS_PORT_ENSURE, "q-next");
    uint64_t before = n_transactions(ovs);
    ovs_submit(ovs, &goes.intent);
    ovs_submit(ovs, &comes.intent);
    OVS_UNTIL(ovs, goes.n_done && comes.n_done);
    assert_null(goes.error);
    assert_null(comes.error);
    assert_int_equal(n_transactions(ovs) - before, 1);
    assert_row(true);
    assert_string_equal(qos_of("q-next"), OWN_OVS_KEY);
    unplug(ovs, "q-next");
    assert_row(false);
}

/* Somebody gives a port of his own our row: it is his as well. */
static void
kept_for_a_stranger(void **state)
{
    struct ovs *ovs = *state;
    struct ovs_port_view view;

    plug(ovs, "q-ours");
    own_vsctl("add-port", "br-int", "q-theirs", "--", "set", "interface",
              "q-theirs", "type=dummy", "--", "set", "port", "q-theirs",
              "qos=" OWN_OVS_KEY, NULL);
    OVS_UNTIL(ovs, ovs_find_port(ovs, "q-theirs", &view));
    unplug(ovs, "q-ours");
    assert_row(true);

    /* With him gone it goes when vifd removes something the next time, even
     * if that is not there any more. */
    own_vsctl("del-port", "q-theirs", NULL);
    OVS_UNTIL(ovs, !ovs_find_port(ovs, "q-theirs", &view));
    assert_row(true);
    unplug(ovs, "q-ours");
    assert_row(false);
}

/* A session that began before vifd's, so that the server reads it first. */
static int stranger;

static void
stranger_says(const char *request)
{
    assert_int_equal(send(stranger, request, strlen(request), MSG_NOSIGNAL),
                     strlen(request));
}

static int
open_with_stranger(void **state)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    char reply[64];

    ovs_strlcpy(address.sun_path, own_ovs.remote + strlen("unix:"),
                sizeof address.sun_path);
    stranger = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(connect(stranger, (struct sockaddr *) &address,
                             sizeof address), 0);
    stranger_says("{\"method\":\"echo\",\"params\":[],\"id\":0}");
    assert_true(recv(stranger, reply, sizeof reply, 0) > 0);
    return own_ovs_open(state);
}

static int
close_with_stranger(void **state)
{
    close(stranger);
    return own_ovs_close(state);
}

/* Whether the server waits, and will look at its sessions from the first. */
static bool
server_waits(void)
{
    char path[64], state = 0;

    snprintf(path, sizeof path, "/proc/%d/stat", own_ovs.server);
    FILE *stat = fopen(path, "r");
    assert_non_null(stat);
    assert_int_equal(fscanf(stat, "%*d (%*[^)]) %c", &state), 1);
    fclose(stat);
    return state == 'S';
}

/* Removes the last port of ours while a stranger makes another refer to the
 * row.  False if the server, which may be anywhere when it stops, has read
 * the stranger's request after ours. */
static bool
remove_while_stranger_comes(struct ovs *ovs)
{
    plug(ovs, "q-race");

    uint64_t before = n_transactions(ovs);
    UNTIL(server_waits(), (void) 0, poll_timer_wait(2));
    kill(own_ovs.server, SIGSTOP);
    assert_int_equal(waitpid(own_ovs.server, NULL, WUNTRACED),
                     own_ovs.server);
    stranger_says("{\"method\":\"transact\",\"id\":1,\"params\":["
                  "\"Open_vSwitch\",{\"op\":\"update\","
                  "\"table\":\"Port\","
                  "\"where\":[[\"name\",\"==\",\"q-quick\"]],\"row\":"
                  "{\"qos\":[\"uuid\",\"" OWN_OVS_KEY "\"]}}]}");
    WANT(want, OVS_PORT_REMOVE, "q-race");
    ovs_submit(ovs, &want.intent);
    OVS_UNTIL(ovs, n_transactions(ovs) > before);
    kill(own_ovs.server, SIGCONT);
    OVS_UNTIL(ovs, want.n_done);
    assert_null(want.error);
    assert_int_not_equal(own_vsctl_status("port-to-br", "q-race", NULL), 0);
    return n_transactions(ovs) - before == 2;
}

/* The reference comes while the row's deletion is on its way: the server
 * refuses that, which is no reason for the unplug to fail. */
static void
kept_for_a_stranger_who_comes_meanwhile(void **state)
{
    struct ovs *ovs = *state;
    struct ovs_port_view view;
    int i = 0;

    own_vsctl("add-port", "br-int", "q-quick", "--", "set", "interface",
              "q-quick", "type=dummy", NULL);
    OVS_UNTIL(ovs, ovs_find_port(ovs, "q-quick", &view));
    while (!remove_while_stranger_comes(ovs)) {
        assert_true(++i < 50);
        assert_row(false);
    }
    assert_row(true);
    assert_string_equal(qos_of("q-quick"), OWN_OVS_KEY);

    own_vsctl("del-port", "q-quick", NULL);
    OVS_UNTIL(ovs, !ovs_find_port(ovs, "q-quick", &view));
    unplug(ovs, "q-race");
    assert_row(false);
}

/* Who limits a port's bandwidth puts another row in its place. */
static void
replaced_by_somebody(void **state)
{
    struct ovs *ovs = *state;

    plug(ovs, "q-slow");
    own_vsctl("--id=@q", "create", "qos", "type=linux-htb", "--", "set",
              "port", "q-slow", "qos=@q", NULL);
    char *theirs CLEANUP_FREE = xstrdup(qos_of("q-slow"));
    assert_string_not_equal(theirs, OWN_OVS_KEY);

    /* That is neither compared nor changed. */
    WANT(again, OVS_PORT_ENSURE, "q-slow");
    assert_done(ovs, &again);
    assert_false(again.intent.wrote);
    assert_string_equal(qos_of("q-slow"), theirs);

    unplug(ovs, "q-slow");
    assert_string_equal(own_vsctl("--bare", "--columns=type", "list", "qos",
                                  NULL), "linux-htb");
    own_vsctl("destroy", "qos", theirs, NULL);
}

/* The port is deleted by somebody who does not care about its QoS row. */
static void
left_behind(void **state)
{
    struct ovs *ovs = *state;
    struct ovs_port_view view;

    plug(ovs, "q-gone");
    own_vsctl("del-port", "q-gone", NULL);
    OVS_UNTIL(ovs, !ovs_find_port(ovs, "q-gone", &view));
    assert_row(true);
    unplug(ovs, "q-gone");
    assert_row(false);
}

#define TEST(FUNCTION) \
    cmocka_unit_test_setup_teardown(FUNCTION, own_ovs_open, own_ovs_close)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(shared_by_all),
        TEST(many_in_one_transaction),
        TEST(one_comes_as_the_last_goes),
        TEST(kept_for_a_stranger),
        cmocka_unit_test_setup_teardown(
            kept_for_a_stranger_who_comes_meanwhile, open_with_stranger,
            close_with_stranger),
        TEST(replaced_by_somebody),
        TEST(left_behind),
    };

    return own_ovs_run(tests);
}
