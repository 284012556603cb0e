/* SPDX-License-Identifier: Apache-2.0 */

/* libvifclient and a daemon that says anything.  Every call comes back, with
 * a result that can be read or an error.
 *
 * The input is a value of the binding's hints up to a null byte, then what the
 * daemon says when the client waits for it, up to a null byte, and so on; when
 * there is no more it hangs up. */

#include <config.h>

#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <vif/client.h>

#include "tests/fuzz/fuzz.h"

#define TIMEOUT_MS 5000

/* More than any daemon has to say here: the rest would be more of the same. */
#define MAX_EVENTS 64

static struct sockaddr_un address = { .sun_family = AF_UNIX };
static int listener = -1;

static void
check(bool right, const char *what)
{
    if (!right) {
        fprintf(stderr, "wrong: %s\n", what);
        abort();
    }
}

/* The daemon: it has its turn whenever the client waits, so that there is
 * nothing to wait for. */

static struct fuzz_input to_say;
static int peer = -1;

static void
let_daemon_speak(void)
{
    char buf[65536];

    if (peer < 0) {
        peer = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        check(peer >= 0, "accept");
    }
    while (recv(peer, buf, sizeof buf, 0) > 0) {
        continue;
    }
    if (to_say.n) {
        struct fuzz_input piece = fuzz_take_until(&to_say, '\0');

        (void) !send(peer, piece.bytes, piece.n, MSG_NOSIGNAL);
    } else {
        shutdown(peer, SHUT_RDWR);
    }
}

/* In place of the client's poll(): ld --wrap=poll. */
int __wrap_poll(struct pollfd *, nfds_t, int timeout);

int
__wrap_poll(struct pollfd *fds, nfds_t n, int timeout)
{
    check(n == 1 && timeout >= 0 && timeout <= TIMEOUT_MS, "a poll");
    let_daemon_speak();
    fds->revents = fds->events;
    return 1;
}

static void
daemon_begin(struct fuzz_input input)
{
    to_say = input;
    peer = -1;
}

static void
daemon_end(void)
{
    if (peer < 0) {
        peer = accept(listener, NULL, NULL);
    }
    close(peer);
}

static void
unlink_socket(void)
{
    unlink(address.sun_path);
}

static void
begin_listening(void)
{
    snprintf(address.sun_path, sizeof address.sun_path,
             "/tmp/fuzz-client-%ld.sock", (long) getpid());
    unlink_socket();
    listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    check(listener >= 0
          && !bind(listener, (struct sockaddr *) &address, sizeof address)
          && !listen(listener, 1), "listen");
    atexit(unlink_socket);
}

/* The client. */

static void
check_error(struct vif_error *error)
{
    check(!error || (error->message && *error->message), "an error's text");
    vif_error_destroy(error);
}

static void
check_details(struct vif_error *error, struct vif_details *details)
{
    check(!error == (details != NULL), "an error, or details");
    if (details) {
        free(vif_details_get(details, "queues.why"));
        vif_details_device(details, "tap");
        for (size_t i = 0; i < details->n_warnings; i++) {
            check(details->warnings[i] != NULL, "a warning");
        }
    }
    check_error(error);
    vif_details_destroy(details);
}

static void
take_events(struct vif_client *client)
{
    struct vif_event *event;

    for (int i = 0; i < MAX_EVENTS
         && (event = vif_client_take_event(client)) != NULL; i++) {
        check(event->event != NULL, "an event");
        vif_event_destroy(event);
    }
}

static void
call_all(struct vif_client *client, const struct vif_binding bindings[2])
{
    struct vif_call_options options;
    struct vif_details *details[2] = { NULL, NULL };
    struct vif_answer *answer = NULL;

    vif_call_options_init(&options);
    options.deadline = vif_client_deadline(TIMEOUT_MS);

    struct vif_error *error = vif_client_plug(client, &bindings[0], &options,
                                              &details[0]);
    check_details(error, details[0]);
    error = vif_client_plug_all(client, bindings, 2, &options, details);
    for (int i = 0; i < 2; i++) {
        check(!error == (details[i] != NULL), "all or none");
        vif_details_destroy(details[i]);
    }
    check_error(error);
    error = vif_client_show(client, "a", &options, &details[0]);
    check_details(error, details[0]);
    check_error(vif_client_watch(client, true, options.deadline));
    error = vif_client_call(client, "list", NULL, options.deadline, &answer);
    check(error || (answer && answer->result), "an answer");
    if (answer && answer->error_json) {
        check_error(vif_client_error_from_json(answer->error_json));
    }
    check_error(error);
    vif_answer_destroy(answer);
    take_events(client);
}

static char *
take_text(struct fuzz_input *input)
{
    struct fuzz_input piece = fuzz_take_until(input, '\0');

    return strndup((const char *) piece.bytes, piece.n);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct fuzz_input input = { bytes, n };
    struct vif_binding bindings[2];
    struct vif_client *client;

    if (listener < 0) {
        begin_listening();
    }
    for (int i = 0; i < 2; i++) {
        vif_binding_init(&bindings[i]);
        bindings[i].port_id = strdup(i ? "b" : "a");
    }
    char *hint = take_text(&input);
    vif_attrs_set(&bindings[0].hints, "hint", hint);
    vif_attrs_set(&bindings[1].external_ids, "hint", hint);
    daemon_begin(input);

    struct vif_error *error = vif_client_open(
        address.sun_path, vif_client_deadline(TIMEOUT_MS), &client);
    check(!error == (client != NULL), "an error, or a client");
    check_error(error);
    if (client) {
        vif_client_has_method(client, "plug");
        call_all(client, bindings);
        vif_client_close(client);
    }

    daemon_end();
    free(hint);
    for (int i = 0; i < 2; i++) {
        vif_binding_destroy(&bindings[i]);
    }
    return 0;
}
