/* SPDX-License-Identifier: Apache-2.0 */
/* The connection to vifd: hello, requests out, answers and events in.  Knows
 * JSON-RPC; what a method means is not its business. */

#include <config.h>

#include <vif/client.h>

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "client/channel.h"
#include "client/event.h"
#include "client/failure.h"
#include "client/requests.h"
#include "client/text.h"
#include "lib/alloc.h"
#include "lib/cleanup.h"

/* Requests in flight before vifd has said how many it takes, or if it does
 * not say, and the most that we believe. */
#define DEFAULT_IN_FLIGHT 16
#define MAX_IN_FLIGHT 65536

/* The shortest line that a daemon may restrict us to: "hello" must fit. */
#define MIN_LINE 512

struct vif_client {
    char *path;
    struct channel channel;
    struct requests requests;
    struct event_queue events;
    uint64_t last_id;
    struct vif_error *broken;   /* Why the connection is of no use now. */

    char *release;              /* What "hello" said. */
    json_t *methods;
    size_t line_max;            /* Bytes of a request. */
};

static void
cleanup_json(json_t **jsonp)
{
    json_decref(*jsonp);
}
#define CLEANUP_JSON CLEANUP(cleanup_json)

static void
cleanup_answer(struct vif_answer **answerp)
{
    vif_answer_destroy(*answerp);
}
#define CLEANUP_ANSWER CLEANUP(cleanup_answer)

int64_t
vif_client_deadline(int64_t timeout_ms)
{
    int64_t now = channel_now();

    return (timeout_ms < 0 || timeout_ms > VIF_CLIENT_NO_DEADLINE - now
            ? VIF_CLIENT_NO_DEADLINE : now + timeout_ms);
}

const char *
vif_client_default_path(void)
{
    const char *path = getenv(VIF_CLIENT_SOCKET_ENV);

    return path && *path ? path : VIFD_RUNDIR "/vifd.sock";
}

void
vif_answer_destroy(struct vif_answer *answer)
{
    if (answer) {
        free(answer->result);
        vif_error_destroy(answer->error);
        free(answer->port_id);
        free(answer->error_json);
        free(answer);
    }
}

/* What comes in. */

static struct vif_error *
protocol_error(const char *what)
{
    return vif_error_create(VIF_ERR_INTERNAL, "vifd broke the protocol: %s",
                            what);
}

static struct vif_answer *
answer_from_json(const json_t *message)
{
    struct vif_answer *answer = vif_xcalloc(1, sizeof *answer);
    const json_t *error = json_object_get(message, "error");

    answer->id = json_integer_value(json_object_get(message, "id"));
    if (json_is_object(error)) {
        const json_t *data = json_object_get(error, "data");

        answer->error = failure_from_json(error);
        answer->port_id = text_member(data, "port_id");
        answer->error_json = text_from_json(error);
    } else {
        answer->result = text_from_json(json_object_get(message, "result"));
    }
    return answer;
}

static struct vif_error *
receive_answer(struct vif_client *client, const json_t *message)
{
    const json_t *id = json_object_get(message, "id");
    const json_t *error = json_object_get(message, "error");

    /* JSON-RPC 1.0 has both members, one of them null. */
    if (!json_is_object(error) && !json_object_get(message, "result")) {
        return protocol_error("an answer has neither result nor error");
    } else if (json_is_null(id) && json_is_object(error)) {
        return vif_error_wrap(failure_from_json(error),
                              "vifd ends the connection");
    }

    struct vif_answer *answer = answer_from_json(message);
    if (!json_is_integer(id) || !requests_answered(&client->requests,
                                                   answer)) {
        vif_answer_destroy(answer);
        return protocol_error("it answered what was not asked");
    }
    return NULL;
}

/* Notifications other than "event" are of a later version: not ours. */
static void
receive_notification(struct vif_client *client, const char *method,
                     const json_t *params)
{
    if (!strcmp(method, "event")) {
        struct vif_event *event = event_from_json(params);

        if (event) {
            event_queue_put(&client->events, event);
        }
    }
}

static struct vif_error *
receive_line(struct vif_client *client, const char *line, size_t length)
{
    CLEANUP_JSON json_t *message = json_loadb(line, length,
                                              JSON_REJECT_DUPLICATES, NULL);
    const char *method = json_string_value(json_object_get(message,
                                                           "method"));

    if (!json_is_object(message)) {
        return protocol_error("a line is no JSON object");
    } else if (method) {
        receive_notification(client, method,
                             json_object_get(message, "params"));
        return NULL;
    }
    return receive_answer(client, message);
}

static struct vif_error *
receive(struct vif_client *client)
{
    bool too_long;
    size_t length;
    char *line;

    while ((line = channel_get_line(&client->channel, &length,
                                    &too_long)) != NULL) {
        struct vif_error *error = receive_line(client, line, length);
        if (error) {
            return error;
        }
    }
    return (too_long
            ? vif_error_create(VIF_ERR_INTERNAL, "vifd broke the protocol: "
                               "a line is longer than %d bytes",
                               VIF_CLIENT_ANSWER_MAX)
            : NULL);
}

static struct vif_error *
ended(const struct vif_client *client)
{
    struct vif_error *error
        = vif_error_create(VIF_ERR_UNAVAILABLE,
                           "vifd closed the connection%s",
                           channel_has_part(&client->channel)
                           ? " in the middle of a line" : "");

    return vif_error_with_retry(error, 0);
}

/* What goes out, and the two together. */

/* As much as vifd takes becomes output; the socket buffers the rest. */
static void
launch(struct vif_client *client)
{
    struct request *request;

    while ((request = requests_launch(&client->requests)) != NULL) {
        channel_put_line(&client->channel, request->line, request->length);
        request_destroy(request);
    }
}

static struct vif_error *
run_once(struct vif_client *client)
{
    launch(client);

    struct vif_error *error = channel_run(&client->channel);
    if (!error) {
        error = receive(client);
    }
    if (!error && client->channel.ended) {
        error = ended(client);
    }
    launch(client);
    return error;
}

struct vif_error *
vif_client_run(struct vif_client *client)
{
    if (!client->broken) {
        client->broken = run_once(client);
    }
    return vif_error_clone(client->broken);
}

int
vif_client_fd(const struct vif_client *client)
{
    return client->channel.fd;
}

/* What run_once() leaves is either written or waits for an answer; only what
 * was submitted since waits for nothing but a call. */
short
vif_client_poll_events(const struct vif_client *client)
{
    const struct requests *requests = &client->requests;
    bool ready = (requests->first
                  && requests->n_flights < requests->max_in_flight);

    return POLLIN | (ready || channel_has_output(&client->channel)
                     ? POLLOUT : 0);
}

static struct vif_error *
wait_for_input(struct vif_client *client, int64_t deadline)
{
    launch(client);
    return channel_wait(&client->channel, deadline);
}

/* Waits until there is the answer to 'id' (0: any) or, with 'any_event', an
 * event.  Looks at least once, so that a deadline that has passed still gets
 * what is there. */
static struct vif_error *
wait_until(struct vif_client *client, uint64_t id, bool any_answer,
           bool any_event, int64_t deadline)
{
    for (;;) {
        struct vif_error *error = vif_client_run(client);

        for (struct waiting_answer *w = client->requests.answers; w;
             w = w->next) {
            if (any_answer || w->answer->id == id) {
                vif_error_destroy(error);
                return NULL;
            }
        }
        if (any_event && client->events.n) {
            vif_error_destroy(error);
            return NULL;
        }
        if (!error) {
            error = wait_for_input(client, deadline);
        }
        if (error) {
            return error;
        }
    }
}

struct vif_error *
vif_client_wait(struct vif_client *client, int64_t deadline)
{
    return wait_until(client, 0, true, true, deadline);
}

/* Requests. */

/* NULL if 'method' is no UTF-8. */
static char *
request_line(uint64_t id, const char *method, json_t *params)
{
    CLEANUP_JSON json_t *request = json_pack("{s:s, s:I, s:s, s:O}",
                                             "jsonrpc", "2.0",
                                             "id", (json_int_t) id,
                                             "method", method,
                                             "params", params);

    return request ? text_from_json(request) : NULL;
}

struct vif_error *
vif_client_submit(struct vif_client *client, const char *method,
                  const char *params, uint64_t *idp)
{
    json_error_t why;
    CLEANUP_JSON json_t *object = json_loads(params ? params : "{}",
                                             JSON_REJECT_DUPLICATES, &why);

    *idp = 0;
    if (client->broken) {
        return vif_error_clone(client->broken);
    } else if (!object) {
        return vif_error_create(VIF_ERR_INVALID,
                                "the params of '%s' are no JSON: %s "
                                "(line %d, column %d)", method, why.text,
                                why.line, why.column);
    } else if (!json_is_object(object)) {
        return vif_error_create(VIF_ERR_INVALID,
                                "the params of '%s' are no JSON object",
                                method);
    }

    CLEANUP_FREE char *line = request_line(client->last_id + 1, method,
                                           object);
    size_t length = line ? strlen(line) : 0;
    if (!line) {
        return vif_error_create(VIF_ERR_INVALID,
                                "the name of the method is no UTF-8");
    } else if (length > client->line_max) {
        return vif_error_create(VIF_ERR_INVALID,
                                "the request '%s' has %zu bytes; vifd takes "
                                "%zu", method, length, client->line_max);
    }
    *idp = ++client->last_id;
    requests_put(&client->requests, *idp, TAKE(line), length);
    return NULL;
}

struct vif_answer *
vif_client_take(struct vif_client *client, uint64_t id)
{
    return requests_take(&client->requests, id);
}

size_t
vif_client_pending(const struct vif_client *client)
{
    return requests_pending(&client->requests);
}

bool
vif_client_forget(struct vif_client *client, uint64_t id)
{
    return requests_forget(&client->requests, id);
}

struct vif_error *
vif_client_call(struct vif_client *client, const char *method,
                const char *params, int64_t deadline,
                struct vif_answer **answerp)
{
    uint64_t id;

    if (answerp) {
        *answerp = NULL;
    }
    struct vif_error *error = vif_client_submit(client, method, params, &id);
    if (!error) {
        error = wait_until(client, id, false, false, deadline);
    }
    if (error) {
        if (id && vif_client_forget(client, id)) {
            error = vif_error_wrap(error, "'%s' was not sent", method);
        }
        return error;
    }

    CLEANUP_ANSWER struct vif_answer *answer = vif_client_take(client, id);
    error = TAKE(answer->error);
    if (answerp) {
        *answerp = TAKE(answer);
    }
    return error;
}

/* Notifications. */

struct vif_error *
vif_client_watch(struct vif_client *client, bool replay, int64_t deadline)
{
    return vif_client_call(client, "watch",
                           replay ? "{\"replay\":true}" : "{}", deadline,
                           NULL);
}

struct vif_event *
vif_client_take_event(struct vif_client *client)
{
    return event_queue_take(&client->events);
}

struct vif_error *
vif_client_next_event(struct vif_client *client, int64_t deadline,
                      struct vif_event **eventp)
{
    struct vif_error *error = wait_until(client, 0, false, true, deadline);

    *eventp = error ? NULL : vif_client_take_event(client);
    return error;
}

/* Connecting. */

static size_t
limit(const json_t *limits, const char *name, size_t def, size_t min,
      size_t max)
{
    const json_t *value = json_object_get(limits, name);
    json_int_t n = json_is_integer(value) ? json_integer_value(value)
                                          : (json_int_t) def;

    return (n < (json_int_t) min ? min
            : n > (json_int_t) max ? max
            : (size_t) n);
}

static struct vif_error *
learn_hello(struct vif_client *client, const char *result)
{
    CLEANUP_JSON json_t *hello = json_loads(result, 0, NULL);
    const json_t *limits = json_object_get(hello, "limits");
    json_int_t version = json_integer_value(json_object_get(hello,
                                                            "version"));

    if (version != VIF_CLIENT_PROTOCOL) {
        return vif_error_create(VIF_ERR_UNSUPPORTED,
                                "vifd speaks version %lld of its protocol, "
                                "this program version %d",
                                (long long) version, VIF_CLIENT_PROTOCOL);
    }
    client->release = text_member(hello, "release");
    client->methods = json_incref(json_object_get(hello, "methods"));
    client->line_max = limit(limits, "line", VIF_CLIENT_REQUEST_MAX, MIN_LINE,
                             VIF_CLIENT_REQUEST_MAX);
    client->requests.max_in_flight = limit(limits, "in_flight",
                                           DEFAULT_IN_FLIGHT, 1,
                                           MAX_IN_FLIGHT);
    return NULL;
}

static struct vif_error *
say_hello(struct vif_client *client, int64_t deadline)
{
    CLEANUP_ANSWER struct vif_answer *answer = NULL;
    CLEANUP_JSON json_t *params = json_pack("{s:i, s:s}",
                                            "version", VIF_CLIENT_PROTOCOL,
                                            "client",
                                            program_invocation_short_name);
    CLEANUP_FREE char *text = params ? text_from_json(params) : NULL;

    /* A program's name may be no UTF-8; then vifd need not know it. */
    struct vif_error *error
        = vif_client_call(client, "hello", text ? text : "{\"version\":1}",
                          deadline, &answer);
    return error || !answer ? error : learn_hello(client, answer->result);
}

struct vif_error *
vif_client_open(const char *path, int64_t deadline,
                struct vif_client **clientp)
{
    struct vif_client *client = vif_xcalloc(1, sizeof *client);

    *clientp = NULL;
    client->path = vif_xstrdup(path ? path : vif_client_default_path());
    client->channel.fd = -1;
    client->line_max = VIF_CLIENT_REQUEST_MAX;
    client->requests.max_in_flight = DEFAULT_IN_FLIGHT;

    struct vif_error *error = channel_open(&client->channel, client->path,
                                           deadline);
    if (!error) {
        error = vif_error_wrap(say_hello(client, deadline), "hello at %s",
                               client->path);
    }
    if (error) {
        vif_client_close(client);
        return error;
    }
    *clientp = client;
    return NULL;
}

void
vif_client_close(struct vif_client *client)
{
    if (client) {
        channel_close(&client->channel);
        requests_destroy(&client->requests);
        event_queue_destroy(&client->events);
        vif_error_destroy(client->broken);
        json_decref(client->methods);
        free(client->release);
        free(client->path);
        free(client);
    }
}

const char *
vif_client_path(const struct vif_client *client)
{
    return client->path;
}

const char *
vif_client_release(const struct vif_client *client)
{
    return client->release ? client->release : "unknown";
}

bool
vif_client_has_method(const struct vif_client *client, const char *method)
{
    const json_t *name;
    size_t i;

    json_array_foreach (client->methods, i, name) {
        const char *s = json_string_value(name);

        if (s && !strcmp(s, method)) {
            return true;
        }
    }
    return false;
}
