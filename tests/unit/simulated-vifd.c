/* SPDX-License-Identifier: Apache-2.0 */
/* SIMULATED: a stand-in for vifd that speaks its protocol and touches nothing
 * but memory, so that client and vifctl can be tested without Open vSwitch,
 * and shown what a real daemon hardly ever does.
 *
 *     simulated-vifd SOCKET [QUIRK]...
 *
 * It writes "ready" when it listens, and ends with its parent.  Quirks:
 *
 *     silent        answers nothing, not even hello
 *     mute          answers nothing but hello
 *     old           speaks another version of the protocol
 *     refuse        answers hello with an error
 *     hang-up       closes every connection at once
 *     babble        says something that is no JSON
 *     stray         answers what was not asked
 *     in-flight=N   takes N requests at a time and complains about more
 *     line=N        takes lines of N bytes
 *     hold=N        keeps the answers to plug back until there are N
 *     lossy         tells every watcher that 7 events were lost
 *
 * A port whose id starts with one of the following has a story of its own:
 *
 *     refused-      conflict, before anything was begun, with a place
 *     failed-       kernel error with errno, source, failed-clean
 *     undoing-      failed-undoing, try again in 2 s
 *     silent-       no answer
 *     cut-          half an answer, then the connection ends
 *     huge-         an answer longer than any client takes
 *     late-         answered after the next one
 *     evil-         control characters in every text
 *     drifted-      is not as asked in "check"; "repair" mends it */

#include <config.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <jansson.h>

#include <vif/client.h>

#include "tests/unit/simulated-answers.h"

#define MAX_CLIENTS 16
#define MAX_HELD 4096

struct caller {
    int fd;                 /* -1: the slot is free. */
    char *in;
    size_t in_length;
    bool watching;
    size_t n_in_flight;
    char *late;             /* An answer that lets another one go first. */
};

static struct caller callers[MAX_CLIENTS];

static const char *quirk_names[16];
static size_t n_quirks;
static size_t hold;
static struct { struct caller *caller; char *text; } held[MAX_HELD];
static size_t n_held;

const char *
quirk(const char *name)
{
    size_t length = strlen(name);

    for (size_t i = 0; i < n_quirks; i++) {
        if (!strncmp(quirk_names[i], name, length)) {
            return quirk_names[i] + length;
        }
    }
    return NULL;
}

/* Writing.  A client that reads nothing stops the whole: that is a test. */

static void
hang_up(struct caller *caller)
{
    close(caller->fd);
    free(caller->in);
    free(caller->late);
    *caller = (struct caller) { .fd = -1 };
}

static void
put_bytes(struct caller *caller, const char *bytes, size_t n)
{
    while (n && caller->fd >= 0) {
        ssize_t written = send(caller->fd, bytes, n, MSG_NOSIGNAL);

        if (written < 0) {
            return;
        }
        bytes += written;
        n -= written;
    }
}

static void
put_text(struct caller *caller, char *text)
{
    put_bytes(caller, text, strlen(text));
    put_bytes(caller, "\n", 1);
    free(text);
}

void
simulated_notify(const char *event, const char *port_id, const char *from,
       const char *to, json_t *error)
{
    json_t *message = json_pack(
        "{s:s, s:s, s:{s:s, s:s, s:s, s:s, s:s, s:o*}}",
        "jsonrpc", "2.0", "method", "event", "params",
        "event", event, "port_id", port_id, "from", from, "to", to,
        "time", "2024-05-01T12:00:00.250Z", "error", error);

    for (size_t i = 0; i < MAX_CLIENTS; i++) {
        if (callers[i].fd >= 0 && callers[i].watching) {
            put_text(&callers[i], json_dumps(message, JSON_COMPACT));
        }
    }
    json_decref(message);
}

static void
start_watching(struct caller *caller, const json_t *params)
{
    const char *id;
    json_t *port;

    caller->watching = true;
    if (quirk("lossy")) {
        put_text(caller, strdup("{\"jsonrpc\":\"2.0\",\"method\":\"event\","
                                "\"params\":{\"event\":\"lost\",\"lost\":7,"
                                "\"time\":\"2024-05-01T12:00:00Z\"}}"));
    }
    if (json_is_true(json_object_get(params, "replay"))) {
        json_object_foreach (simulated_ports, id, port) {
            const char *state
                = json_string_value(json_object_get(port, "state"));

            simulated_notify("state", id, state, state, NULL);
        }
    }
}

/* The id of the port that 'params' are about, for its story. */
static const char *
subject(const json_t *params)
{
    const json_t *binding = json_object_get(params, "binding");

    return simulated_port_of(binding ? binding : params);
}

static void
send_huge(struct caller *caller)
{
    static char block[65536];

    memset(block, 'x', sizeof block);
    for (size_t n = 0; n <= VIF_CLIENT_ANSWER_MAX; n += sizeof block) {
        put_bytes(caller, block, sizeof block);
    }
}

static void
release_held(void)
{
    /* The last one first: answers come in any order. */
    while (n_held) {
        n_held--;
        held[n_held].caller->n_in_flight--;
        put_text(held[n_held].caller, held[n_held].text);
    }
}

/* Sends 'text', the answer, in the way that the port's story wants. */
static void
deliver(struct caller *caller, const char *method, const char *id, char *text)
{
    if (hold && !strcmp(method, "plug")) {
        caller->n_in_flight++;
        held[n_held].caller = caller;
        held[n_held++].text = text;
        if (n_held >= hold) {
            release_held();
        }
        return;
    }
    if (starts_with(id, "late-") && !caller->late) {
        caller->late = text;
        return;
    }
    if (starts_with(id, "cut-")) {
        put_bytes(caller, text, strlen(text) / 2);
        free(text);
        hang_up(caller);
        return;
    }
    if (starts_with(id, "huge-")) {
        send_huge(caller);
    }
    put_text(caller, text);
    if (caller->fd >= 0 && caller->late) {
        put_text(caller, caller->late);
        caller->late = NULL;
    }
}

static bool
has_too_many(const struct caller *caller)
{
    const char *limit = quirk("in-flight=");

    return limit && caller->n_in_flight >= (size_t) atoi(limit);
}

static void
handle_request(struct caller *caller, const json_t *request)
{
    const char *method
        = json_string_value(json_object_get(request, "method"));
    json_t *params = json_object_get(request, "params");
    json_t *id = json_object_get(request, "id");
    const char *port_id = subject(params);
    json_t *error = NULL;
    json_t *result = NULL;

    if (quirk("silent") || starts_with(port_id, "silent-")
        || (quirk("mute") && strcmp(method, "hello") != 0)) {
        return;
    }
    if (has_too_many(caller)) {
        error = simulated_error(-32010, "busy",
                                "SIMULATED: too many in flight");
    } else {
        result = simulated_call(method, params, &error);
    }

    json_t *answer = json_pack("{s:s, s:O, s:o*, s:o*}", "jsonrpc", "2.0",
                               "id", id, "result", result, "error", error);
    if (quirk("stray") && strcmp(method, "hello") != 0) {
        json_object_set_new(answer, "id", json_integer(4711));
    }
    char *text = json_dumps(answer, JSON_COMPACT);
    json_decref(answer);
    deliver(caller, method, port_id, text);
    if (caller->fd >= 0 && !strcmp(method, "watch")) {
        start_watching(caller, params);
    }
}

static void
handle_line(struct caller *caller, const char *line)
{
    json_t *request = json_loads(line, 0, NULL);

    if (quirk("babble")) {
        put_text(caller, strdup("220 mail.example.org ESMTP"));
    } else if (!request) {
        put_text(caller, strdup("{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":"
                                "{\"code\":-32700,\"message\":\"not JSON\"}}"
                                ));
    } else {
        handle_request(caller, request);
    }
    json_decref(request);
}

/* Reading. */

static void
read_from(struct caller *caller)
{
    char block[65536];
    ssize_t n = recv(caller->fd, block, sizeof block, 0);

    if (n <= 0) {
        hang_up(caller);
        return;
    }
    caller->in = realloc(caller->in, caller->in_length + n + 1);
    memcpy(caller->in + caller->in_length, block, n);
    caller->in_length += n;
    caller->in[caller->in_length] = '\0';

    char *end;
    while (caller->fd >= 0 && caller->in_length
           && (end = strchr(caller->in, '\n')) != NULL) {
        char *line = strndup(caller->in, end - caller->in);

        caller->in_length -= end + 1 - caller->in;
        memmove(caller->in, end + 1, caller->in_length + 1);
        handle_line(caller, line);
        free(line);
    }
}

static void
accept_from(int listener)
{
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

    if (fd < 0 || quirk("hang-up")) {
        close(fd);
        return;
    }
    for (size_t i = 0; i < MAX_CLIENTS; i++) {
        if (callers[i].fd < 0) {
            callers[i].fd = fd;
            return;
        }
    }
    close(fd);
}

static void
serve(int listener)
{
    struct pollfd fds[MAX_CLIENTS + 1] = { { .fd = listener,
                                             .events = POLLIN } };

    for (size_t i = 0; i < MAX_CLIENTS; i++) {
        fds[i + 1] = (struct pollfd) { .fd = callers[i].fd,
                                       .events = POLLIN };
    }
    if (poll(fds, MAX_CLIENTS + 1, -1) <= 0) {
        return;
    }
    for (size_t i = 0; i < MAX_CLIENTS; i++) {
        if (fds[i + 1].revents && callers[i].fd == fds[i + 1].fd) {
            read_from(&callers[i]);
        }
    }
    if (fds[0].revents) {
        accept_from(listener);
    }
}

int
main(int argc, char *argv[])
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (argc < 2 || strlen(argv[1]) >= sizeof address.sun_path) {
        fprintf(stderr, "usage: simulated-vifd SOCKET [QUIRK]...\n");
        return 2;
    }
    strcpy(address.sun_path, argv[1]);
    for (int i = 2; i < argc && n_quirks < 16; i++) {
        quirk_names[n_quirks++] = argv[i];
    }
    hold = quirk("hold=") ? (size_t) atoi(quirk("hold=")) : 0;
    for (size_t i = 0; i < MAX_CLIENTS; i++) {
        callers[i].fd = -1;
    }
    simulated_ports = json_object();

    if (bind(listener, (struct sockaddr *) &address, sizeof address)
        || listen(listener, 16)) {
        perror(argv[1]);
        return 1;
    }
    puts("ready");
    fflush(stdout);
    for (;;) {
        serve(listener);
    }
}
