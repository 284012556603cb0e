/* SPDX-License-Identifier: Apache-2.0 */
/* libvifclient against a SIMULATED vifd: many requests at once, in a loop of
 * the caller's own, and notifications. */

#include <config.h>

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <vif/client.h>

#include "tests/unit/client-fixture.h"

/* Many at once. */

static uint64_t
submit_plug(struct vif_client *client, const char *port_id)
{
    char params[200];
    uint64_t id;

    snprintf(params, sizeof params, "{\"binding\":{\"port_id\":\"%s\"}}",
             port_id);
    no_error(vif_client_submit(client, "plug", params, &id));
    return id;
}

/* As a caller with its own poll loop does it. */
static struct vif_answer *
take_by_poll(struct vif_client *client)
{
    for (;;) {
        struct pollfd pollfd = {
            .fd = vif_client_fd(client),
            .events = vif_client_poll_events(client),
        };
        struct vif_answer *answer = vif_client_take(client, 0);

        if (answer) {
            return answer;
        }
        assert_int_equal(poll(&pollfd, 1, LONG_MS), 1);
        no_error(vif_client_run(client));
    }
}

static void
test_many_requests_never_exceed_what_vifd_takes(void **state)
{
    (void) state;
    /* SIMULATED: it answers eight at a time, the last one first, and
     * complains about a ninth. */
    static const char *const quirks[] = { "in-flight=8", "hold=8", NULL };
    uint64_t ids[24];
    struct fixture f;

    connect_to(&f, quirks);
    for (size_t i = 0; i < 24; i++) {
        char port_id[16];

        snprintf(port_id, sizeof port_id, "port%zu", i);
        ids[i] = submit_plug(f.client, port_id);
        assert_true(!i || ids[i] > ids[i - 1]);
    }
    assert_int_equal(vif_client_pending(f.client), 24);
    for (size_t i = 0; i < 24; i++) {
        struct vif_answer *answer = take_by_poll(f.client);

        if (answer->error) {
            fail_msg("%s", answer->error->message);
        }
        assert_int_equal(answer->id, ids[i / 8 * 8 + 7 - i % 8]);
        vif_answer_destroy(answer);
    }
    assert_int_equal(vif_client_pending(f.client), 0);
    assert_null(vif_client_take(f.client, 0));
    close_all(&f);
}

static void
test_answers_are_taken_in_any_order(void **state)
{
    (void) state;
    struct vif_answer *answer;
    struct fixture f;

    connect_to(&f, NULL);
    uint64_t first = submit_plug(f.client, "one");
    uint64_t second = submit_plug(f.client, "failed-two");
    uint64_t third = submit_plug(f.client, "three");

    /* A call in between gets its own answer. */
    no_error(vif_client_call(f.client, "version", NULL, soon(), &answer));
    assert_true(answer->id > third);
    vif_answer_destroy(answer);

    answer = vif_client_take(f.client, second);
    assert_non_null(answer);
    assert_int_equal(answer->error->code, VIF_ERR_KERNEL);
    assert_string_equal(answer->port_id, "failed-two");
    vif_answer_destroy(answer);
    assert_null(vif_client_take(f.client, second));

    no_error(vif_client_wait(f.client, vif_client_deadline(0)));
    answer = vif_client_take(f.client, 0);
    assert_int_equal(answer->id, first);
    vif_answer_destroy(answer);
    answer = vif_client_take(f.client, third);
    assert_non_null(answer);
    vif_answer_destroy(answer);
    expect(vif_client_wait(f.client, vif_client_deadline(SHORT_MS)),
           VIF_ERR_DEADLINE, "in time");
    close_all(&f);
}

static void
test_forgotten_requests(void **state)
{
    (void) state;
    static const char *const quirks[] = { "in-flight=1", NULL };
    struct vif_answer *answer;
    struct fixture f;

    connect_to(&f, quirks);
    uint64_t sent = submit_plug(f.client, "late-1");
    uint64_t unsent = submit_plug(f.client, "two");
    uint64_t last = submit_plug(f.client, "three");
    no_error(vif_client_run(f.client));

    assert_true(vif_client_forget(f.client, unsent));
    assert_true(vif_client_forget(f.client, last));
    assert_false(vif_client_forget(f.client, sent));
    assert_false(vif_client_forget(f.client, sent));
    assert_int_equal(vif_client_pending(f.client), 0);

    /* The slot of what was forgotten is still vifd's. */
    uint64_t next = submit_plug(f.client, "four");
    assert_int_equal(vif_client_pending(f.client), 1);
    expect(vif_client_wait(f.client, vif_client_deadline(SHORT_MS)),
           VIF_ERR_DEADLINE, "in time");
    assert_true(vif_client_forget(f.client, next));
    assert_false(vif_client_forget(f.client, next));
    assert_false(vif_client_forget(f.client, 0));
    close_all(&f);

    /* An answer that is there already goes, too. */
    connect_to(&f, NULL);
    uint64_t done = submit_plug(f.client, "five");
    no_error(vif_client_wait(f.client, soon()));
    assert_false(vif_client_forget(f.client, done));
    answer = vif_client_take(f.client, done);
    assert_null(answer);
    close_all(&f);
}

static void
test_answers_before_the_end_can_be_taken(void **state)
{
    (void) state;
    struct fixture f;

    connect_to(&f, NULL);
    uint64_t good = submit_plug(f.client, "good");
    uint64_t cut = submit_plug(f.client, "cut-1");
    struct vif_error *error;
    do {
        error = vif_client_run(f.client);
        if (!error) {
            struct pollfd pollfd = { .fd = vif_client_fd(f.client),
                                     .events = POLLIN };
            assert_int_equal(poll(&pollfd, 1, LONG_MS), 1);
        }
    } while (!error);
    expect(error, VIF_ERR_UNAVAILABLE, "closed");

    no_error(vif_client_wait(f.client, soon()));
    struct vif_answer *answer = vif_client_take(f.client, good);
    assert_non_null(answer);
    vif_answer_destroy(answer);
    assert_null(vif_client_take(f.client, cut));
    close_all(&f);
}

/* Notifications. */

static void
test_watch_sees_what_others_do(void **state)
{
    (void) state;
    struct vif_client *other;
    struct vif_event *event;
    struct fixture f;

    connect_to(&f, NULL);
    no_error(vif_client_open(f.simulated.socket, soon(), &other));
    no_error(vif_client_call(other, "plug",
                             "{\"binding\":{\"port_id\":\"before\"}}",
                             soon(), NULL));
    no_error(vif_client_watch(f.client, true, soon()));
    no_error(vif_client_next_event(f.client, soon(), &event));
    assert_string_equal(event->event, "state");
    assert_string_equal(event->port_id, "before");
    assert_string_equal(event->to, "active");
    vif_event_destroy(event);

    expect(vif_client_call(other, "plug",
                           "{\"binding\":{\"port_id\":\"failed-1\"}}",
                           soon(), NULL), VIF_ERR_KERNEL, "MTU");
    no_error(vif_client_next_event(f.client, soon(), &event));
    assert_string_equal(event->event, "failed");
    assert_string_equal(event->from, "plugging");
    assert_string_equal(event->time, "2024-05-01T12:00:00.250Z");
    assert_int_equal(event->error->code, VIF_ERR_KERNEL);
    assert_int_equal(event->lost, 0);
    assert_non_null(strstr(event->json, "\"failed-1\""));
    vif_event_destroy(event);

    expect(vif_client_next_event(f.client, vif_client_deadline(SHORT_MS),
                                 &event), VIF_ERR_DEADLINE, "in time");
    assert_null(event);
    assert_null(vif_client_take_event(f.client));
    vif_client_close(other);
    close_all(&f);
}

static void
test_vifd_says_what_it_dropped(void **state)
{
    (void) state;
    static const char *const quirks[] = { "lossy", NULL };
    struct vif_event *event;
    struct fixture f;

    connect_to(&f, quirks);
    no_error(vif_client_watch(f.client, false, soon()));
    no_error(vif_client_next_event(f.client, soon(), &event));
    assert_string_equal(event->event, "lost");
    assert_null(event->port_id);
    assert_int_equal(event->lost, 7);
    vif_event_destroy(event);
    close_all(&f);
}

static void
test_events_that_nobody_takes_are_bounded(void **state)
{
    (void) state;
    enum { N = VIF_CLIENT_EVENTS_MAX + 100 };
    struct vif_event *event;
    struct vif_client *other;
    struct fixture f;
    size_t n = 0;

    connect_to(&f, NULL);
    no_error(vif_client_open(f.simulated.socket, soon(), &other));
    no_error(vif_client_watch(f.client, false, soon()));
    for (size_t i = 0; i < N; i++) {
        no_error(vif_client_call(other, "plug",
                                 "{\"binding\":{\"port_id\":\"same\"}}",
                                 soon(), NULL));
        no_error(vif_client_run(f.client));
    }
    /* All events have been read when a later answer has. */
    no_error(vif_client_call(f.client, "version", NULL, soon(), NULL));
    while ((event = vif_client_take_event(f.client)) != NULL) {
        assert_int_equal(event->lost, n ? 0 : 100);
        vif_event_destroy(event);
        n++;
    }
    assert_int_equal(n, VIF_CLIENT_EVENTS_MAX);
    vif_client_close(other);
    close_all(&f);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_many_requests_never_exceed_what_vifd_takes),
        cmocka_unit_test(test_answers_are_taken_in_any_order),
        cmocka_unit_test(test_forgotten_requests),
        cmocka_unit_test(test_answers_before_the_end_can_be_taken),
        cmocka_unit_test(test_watch_sees_what_others_do),
        cmocka_unit_test(test_vifd_says_what_it_dropped),
        cmocka_unit_test(test_events_that_nobody_takes_are_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
