/* SPDX-License-Identifier: Apache-2.0 */
/* libvifclient by its public functions alone, against a SIMULATED vifd:
 * connecting, and one call after the other. */

#include <config.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include <vif/client.h>

#include "tests/unit/client-fixture.h"

/* What "hello" ends with when vifd has one of the quirks. */
static void
expect_hello(const char *quirk, int64_t ms, enum vif_error_code code,
             const char *part)
{
    const char *const quirks[] = { quirk, NULL };
    struct vif_client *client = (void *) 1;
    struct simulated simulated;

    simulated_start(&simulated, quirks);
    expect(vif_client_open(simulated.socket, vif_client_deadline(ms),
                           &client), code, part);
    assert_null(client);
    simulated_stop(&simulated);
}

/* Connecting. */

static void
test_hello_tells_what_vifd_is(void **state)
{
    (void) state;
    struct fixture f;

    connect_to(&f, NULL);
    assert_string_equal(vif_client_release(f.client), "0.0.simulated");
    assert_string_equal(vif_client_path(f.client), f.simulated.socket);
    assert_true(vif_client_has_method(f.client, "plug"));
    assert_false(vif_client_has_method(f.client, "fly"));
    close_all(&f);
}

static void
test_path_comes_from_the_environment(void **state)
{
    (void) state;
    unsetenv("VIFD_SOCKET");
    assert_non_null(strstr(vif_client_default_path(), "/vifd/vifd.sock"));
    setenv("VIFD_SOCKET", "", 1);
    assert_non_null(strstr(vif_client_default_path(), "/vifd/vifd.sock"));
    setenv("VIFD_SOCKET", "/somewhere/else", 1);
    assert_string_equal(vif_client_default_path(), "/somewhere/else");
    unsetenv("VIFD_SOCKET");
}

static void
test_nobody_listens(void **state)
{
    (void) state;
    struct simulated simulated;
    struct vif_client *client;
    char long_path[200];

    simulated_absent(&simulated);
    struct vif_error *error = vif_client_open(simulated.socket, soon(),
                                              &client);
    assert_non_null(error);
    assert_int_equal(error->errnum, ENOENT);
    assert_true(error->retry);
    expect(error, VIF_ERR_UNAVAILABLE, simulated.socket);

    const char *file = simulated_file(&simulated, "other", "not a socket");
    error = vif_client_open(file, soon(), &client);
    assert_non_null(error);
    assert_int_equal(error->errnum, ECONNREFUSED);
    expect(error, VIF_ERR_UNAVAILABLE, file);

    memset(long_path, 'x', sizeof long_path - 1);
    long_path[sizeof long_path - 1] = '\0';
    expect(vif_client_open(long_path, soon(), &client), VIF_ERR_INVALID,
           "199");
    expect(vif_client_open("", soon(), &client), VIF_ERR_INVALID, "not 0");
    simulated_stop(&simulated);
}

static void
test_hello_goes_wrong(void **state)
{
    (void) state;
    expect_hello("silent", SHORT_MS, VIF_ERR_DEADLINE, "in time");
    expect_hello("old", LONG_MS, VIF_ERR_UNSUPPORTED, "version 7");
    expect_hello("refuse", LONG_MS, VIF_ERR_ACCESS, "may not speak");
    expect_hello("hang-up", LONG_MS, VIF_ERR_UNAVAILABLE, "closed");
    expect_hello("babble", LONG_MS, VIF_ERR_INTERNAL, "no JSON object");
}

/* A listener that accepts nobody, its queue full. */
static int
full_listener(const char *path, int fds[], size_t n)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);

    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    assert_int_equal(bind(listener, (struct sockaddr *) &address,
                          sizeof address), 0);
    assert_int_equal(listen(listener, 0), 0);
    for (size_t i = 0; i < n; i++) {
        fds[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
        if (connect(fds[i], (struct sockaddr *) &address, sizeof address)) {
            assert_int_equal(errno, EAGAIN);
            fds[i + 1] = -1;
            return listener;
        }
    }
    fail_msg("%s takes %zu connections", path, n);
    return -1;
}

static void
test_deadline_while_connecting(void **state)
{
    (void) state;
    struct simulated simulated;
    struct vif_client *client;
    int fds[16];

    simulated_absent(&simulated);
    int listener = full_listener(simulated.socket, fds, 15);
    int64_t start = vif_client_deadline(0);
    expect(vif_client_open(simulated.socket, vif_client_deadline(SHORT_MS),
                           &client), VIF_ERR_DEADLINE, "in time");
    assert_in_range(vif_client_deadline(0) - start, SHORT_MS - 10,
                    LONG_MS / 2);
    for (size_t i = 0; fds[i] >= 0; i++) {
        close(fds[i]);
    }
    close(listener);
    simulated_stop(&simulated);
}

static void
test_deadlines(void **state)
{
    (void) state;
    int64_t now = vif_client_deadline(0);

    assert_in_range(vif_client_deadline(1000) - now, 1000, 1000 + LONG_MS);
    assert_true(vif_client_deadline(-1) == VIF_CLIENT_NO_DEADLINE);
    assert_true(vif_client_deadline(INT64_MAX) == VIF_CLIENT_NO_DEADLINE);
}

/* Calls. */

static void
test_call_gives_the_result(void **state)
{
    (void) state;
    struct vif_answer *answer;
    struct fixture f;

    connect_to(&f, NULL);
    no_error(vif_client_call(f.client, "list", NULL, soon(), &answer));
    assert_string_equal(answer->result, "{\"ports\":[]}");
    assert_null(answer->error);
    assert_null(answer->error_json);
    assert_true(answer->id > 0);
    vif_answer_destroy(answer);
    no_error(vif_client_call(f.client, "version", "{ }", soon(), NULL));
    close_all(&f);
}

static void
test_params_that_are_no_object_are_not_sent(void **state)
{
    (void) state;
    struct vif_answer *answer = (void *) 1;
    struct fixture f;

    connect_to(&f, NULL);
    expect(vif_client_call(f.client, "list", "{\"a\":", soon(), &answer),
           VIF_ERR_INVALID, "no JSON");
    assert_null(answer);
    expect(vif_client_call(f.client, "list", "[1]", soon(), NULL),
           VIF_ERR_INVALID, "no JSON object");
    expect(vif_client_call(f.client, "li\xffst", "{}", soon(), NULL),
           VIF_ERR_INVALID, "UTF-8");
    no_error(vif_client_call(f.client, "list", "{}", soon(), NULL));
    close_all(&f);
}

static void
test_error_carries_all_that_vifd_said(void **state)
{
    (void) state;
    struct vif_answer *answer;
    struct vif_error *error;
    struct fixture f;

    connect_to(&f, NULL);
    error = vif_client_call(f.client, "plug",
                            "{\"binding\":{\"port_id\":\"failed-1\"}}",
                            soon(), &answer);
    assert_non_null(error);
    assert_int_equal(error->code, VIF_ERR_KERNEL);
    assert_int_equal(error->errnum, EINVAL);
    assert_false(error->retry);
    assert_string_equal(error->message,
                        "set MTU of tap1: kernel: Invalid argument");
    assert_string_equal(error->source, "mtu greater than device maximum");
    assert_string_equal(error->where, "params.binding.mtu");
    assert_int_equal(error->outcome, VIF_OUTCOME_FAILED_CLEAN);
    assert_string_equal(vif_outcome_name(error->outcome), "failed-clean");
    assert_string_equal(answer->port_id, "failed-1");
    assert_null(answer->error);
    assert_null(answer->result);

    struct vif_error *again = vif_client_error_from_json(answer->error_json);
    assert_string_equal(again->message, error->message);
    assert_int_equal(again->errnum, EINVAL);
    vif_error_destroy(again);
    vif_error_destroy(error);
    vif_answer_destroy(answer);

    error = vif_client_call(f.client, "plug",
                            "{\"binding\":{\"port_id\":\"undoing-1\"}}",
                            soon(), NULL);
    assert_non_null(error);
    assert_true(error->retry);
    assert_int_equal(error->retry_ms, 2000);
    assert_int_equal(error->outcome, VIF_OUTCOME_FAILED_UNDOING);
    expect(error, VIF_ERR_OVSDB, "does not answer");
    close_all(&f);
}

static void
test_error_that_says_little(void **state)
{
    (void) state;
    struct fixture f;

    connect_to(&f, NULL);
    expect(vif_client_call(f.client, "fly", NULL, soon(), NULL),
           VIF_ERR_UNSUPPORTED, "no such method");
    close_all(&f);

    expect(vif_client_error_from_json("{\"code\":-32003}"),
           VIF_ERR_CONFLICT, "no reason");
    expect(vif_client_error_from_json("{\"code\":-32602,\"message\":\"m\"}"),
           VIF_ERR_INVALID, "m");
    expect(vif_client_error_from_json("{\"code\":-32603,\"message\":\"m\"}"),
           VIF_ERR_INTERNAL, "m");
    expect(vif_client_error_from_json(
               "{\"message\":\"flat\",\"code\":\"in-use\"}"),
           VIF_ERR_IN_USE, "flat");
    expect(vif_client_error_from_json("no json"), VIF_ERR_INTERNAL,
           "no reason");
    expect(vif_client_error_from_json(
               "{\"data\":{\"code\":\"new\",\"errno\":\"ENEW\","
               "\"outcome\":\"new\",\"retry_after_ms\":-1}}"),
           VIF_ERR_INTERNAL, "no reason");
}

static void
test_silence_ends_at_the_deadline(void **state)
{
    (void) state;
    struct vif_answer *answer = (void *) 1;
    struct fixture f;

    connect_to(&f, NULL);
    int64_t start = vif_client_deadline(0);
    expect(vif_client_call(f.client, "show", "{\"port_id\":\"silent-1\"}",
                           vif_client_deadline(SHORT_MS), &answer),
           VIF_ERR_DEADLINE, "in time");
    assert_null(answer);
    assert_in_range(vif_client_deadline(0) - start, SHORT_MS - 10,
                    LONG_MS / 2);
    assert_int_equal(vif_client_pending(f.client), 0);
    no_error(vif_client_call(f.client, "list", NULL, soon(), NULL));
    close_all(&f);
}

static void
test_late_answer_is_dropped(void **state)
{
    (void) state;
    struct vif_answer *answer;
    struct fixture f;

    connect_to(&f, NULL);
    expect(vif_client_call(f.client, "plug",
                           "{\"binding\":{\"port_id\":\"late-1\"}}",
                           vif_client_deadline(SHORT_MS), NULL),
           VIF_ERR_DEADLINE, "in time");
    /* Brings the late one with it. */
    no_error(vif_client_call(f.client, "version", NULL, soon(), &answer));
    assert_non_null(strstr(answer->result, "simulated"));
    vif_answer_destroy(answer);
    no_error(vif_client_call(f.client, "version", NULL, soon(), NULL));
    assert_null(vif_client_take(f.client, 0));
    close_all(&f);
}

static void
test_connection_that_ends_stays_ended(void **state)
{
    (void) state;
    static const struct {
        const char *port;
        enum vif_error_code code;
        const char *part;
    } stories[] = {
        { "cut-1", VIF_ERR_UNAVAILABLE, "in the middle of a line" },
        { "huge-1", VIF_ERR_INTERNAL, "longer than" },
    };

    for (size_t i = 0; i < 2; i++) {
        struct vif_answer *answer = (void *) 1;
        char params[100];
        struct fixture f;

        connect_to(&f, NULL);
        snprintf(params, sizeof params, "{\"binding\":{\"port_id\":\"%s\"}}",
                 stories[i].port);
        expect(vif_client_call(f.client, "plug", params, soon(), &answer),
               stories[i].code, stories[i].part);
        assert_null(answer);
        expect(vif_client_call(f.client, "list", NULL, soon(), NULL),
               stories[i].code, stories[i].part);
        expect(vif_client_wait(f.client, soon()), stories[i].code,
               stories[i].part);
        close_all(&f);
    }
}

static void
test_daemon_that_dies(void **state)
{
    (void) state;
    struct fixture f;

    connect_to(&f, NULL);
    simulated_stop(&f.simulated);
    expect(vif_client_call(f.client, "list", NULL, soon(), NULL),
           VIF_ERR_UNAVAILABLE, "closed the connection");
    vif_client_close(f.client);
}

static void
test_answer_that_was_not_asked_for(void **state)
{
    (void) state;
    static const char *const quirks[] = { "stray", NULL };
    struct fixture f;

    connect_to(&f, quirks);
    expect(vif_client_call(f.client, "list", NULL, soon(), NULL),
           VIF_ERR_INTERNAL, "not asked");
    close_all(&f);
}

static void
test_request_that_is_too_long_is_not_sent(void **state)
{
    (void) state;
    static const char *const quirks[] = { "line=1000", NULL };
    char params[1100];
    struct fixture f;

    connect_to(&f, quirks);
    snprintf(params, sizeof params, "{\"x\":\"%01000d\"}", 1);
    expect(vif_client_call(f.client, "list", params, soon(), NULL),
           VIF_ERR_INVALID, "takes 1000");
    no_error(vif_client_call(f.client, "list", NULL, soon(), NULL));
    close_all(&f);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hello_tells_what_vifd_is),
        cmocka_unit_test(test_path_comes_from_the_environment),
        cmocka_unit_test(test_nobody_listens),
        cmocka_unit_test(test_hello_goes_wrong),
        cmocka_unit_test(test_deadline_while_connecting),
        cmocka_unit_test(test_deadlines),
        cmocka_unit_test(test_call_gives_the_result),
        cmocka_unit_test(test_params_that_are_no_object_are_not_sent),
        cmocka_unit_test(test_error_carries_all_that_vifd_said),
        cmocka_unit_test(test_error_that_says_little),
        cmocka_unit_test(test_silence_ends_at_the_deadline),
        cmocka_unit_test(test_late_answer_is_dropped),
        cmocka_unit_test(test_connection_that_ends_stays_ended),
        cmocka_unit_test(test_daemon_that_dies),
        cmocka_unit_test(test_answer_that_was_not_asked_for),
        cmocka_unit_test(test_request_that_is_too_long_is_not_sent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
