/* SPDX-License-Identifier: Apache-2.0 */
/* The connection and what is told of it.  See session.h. */

#include <config.h>

#include "ctl/session.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/complaint.h"
#include "ctl/invocation.h"
#include "lib/alloc.h"
#include "lib/cleanup.h"

/* The longest that vifd takes for a request (doc/protocol.md). */
#define DAEMON_TIMEOUT_MAX_MS (3600 * 1000)

void
session_cleanup_json(json_t **jsonp)
{
    json_decref(*jsonp);
    *jsonp = NULL;
}

static void
cleanup_answer(struct vif_answer **answerp)
{
    vif_answer_destroy(*answerp);
}

static const char *
or_default(const char *text, const char *def)
{
    return text ? text : def;
}

void
session_init(struct session *session, const struct invocation *invocation)
{
    const char *colour = or_default(invocation_get(invocation, "--color"),
                                    "auto");
    const char *format = (invocation_has(invocation, "--json") ? "json"
                          : or_default(invocation_get(invocation,
                                                      "--format"), "table"));

    *session = (struct session) {
        .invocation = invocation,
        .path = or_default(invocation_get(invocation, "--socket"),
                           vif_client_default_path()),
    };
    terminal_init(&session->out, stdout, colour);
    terminal_init(&session->err, stderr, colour);
    session->writer = writer_create(format, &session->out);
    session_set_default_timeout(session, VIF_CLIENT_TIMEOUT_MS);
}

void
session_set_default_timeout(struct session *session, int64_t timeout_ms)
{
    session->timeout_ms = invocation_timeout_ms(session->invocation,
                                                timeout_ms);
    session->deadline = vif_client_deadline(session->timeout_ms);
}

void
session_renew_deadline(struct session *session)
{
    if (!invocation_has(session->invocation, "--timeout")) {
        session->deadline = vif_client_deadline(session->timeout_ms);
    }
}

void
session_destroy(struct session *session)
{
    terminal_progress(&session->err, "");
    writer_destroy(session->writer);
    vif_client_close(session->client);
}

/* vifd may refuse "hello" by access, too: then there is no errno. */
static bool
is_unreachable(const struct vif_error *error)
{
    return (error->code == VIF_ERR_UNAVAILABLE
            || (error->code == VIF_ERR_ACCESS && error->errnum));
}

enum status
session_status(const struct vif_error *error, bool answered)
{
    if (error->code == VIF_ERR_DEADLINE) {
        return STATUS_DEADLINE;
    }
    return (!answered && is_unreachable(error) ? STATUS_UNREACHABLE
            : STATUS_FAILED);
}

enum status
session_connect(struct session *session)
{
    if (session->client) {
        return STATUS_DONE;
    }

    CLEANUP_ERROR struct vif_error *error
        = vif_client_open(session->path, session->deadline,
                          &session->client);
    if (!error) {
        return STATUS_DONE;
    }
    complain_unreachable(session, error);
    return session_status(error, false);
}

int64_t
session_daemon_timeout_ms(const struct session *session)
{
    if (!invocation_has(session->invocation, "--timeout")) {
        return 0;
    }

    int64_t left = session->deadline - vif_client_deadline(0);
    int64_t most = left * 9 / 10;
    return (most < 1 ? 1
            : most > DAEMON_TIMEOUT_MAX_MS ? DAEMON_TIMEOUT_MAX_MS
            : most);
}

enum status
session_call(struct session *session, const char *method, json_t *params,
             const char *what, json_t **resultp)
{
    CLEANUP_JSON json_t *owned = params;
    enum status status = session_connect(session);

    *resultp = NULL;
    if (status) {
        return status;
    }

    CLEANUP(cleanup_answer) struct vif_answer *answer = NULL;
    CLEANUP_FREE char *text = json_dumps(owned, JSON_COMPACT);
    CLEANUP_ERROR struct vif_error *error
        = vif_client_call(session->client, method, text ? text : "",
                          session->deadline, &answer);
    if (error) {
        if (!answer) {
            complain_lost(session, method, what, error);
        } else {
            session_complain(session, method, what, error,
                             answer->error_json);
        }
        return session_status(error, answer != NULL);
    }
    *resultp = json_loads(answer->result, JSON_DECODE_ANY, NULL);
    session_say_journal(session, *resultp);
    return STATUS_DONE;
}

void
session_say_journal(struct session *session, const json_t *result)
{
    const char *message = json_string_value(json_object_get(
        json_object_get(result, "journal"), "message"));

    if (message) {
        session_say(session, TONE_BAD, "vifd refuses new work: %s", message);
    }
}

void
session_complain(struct session *session, const char *method,
                 const char *what, const struct vif_error *error,
                 const char *error_json)
{
    complain(session, method, what, error);
    if (error_json) {
        CLEANUP_JSON json_t *object = json_loads(error_json, 0, NULL);
        CLEANUP_JSON json_t *wrapped = json_pack("{s:O}", "error", object);

        complain_ports(session, object);
        writer_answer(session->writer, wrapped);
    }
}

void
session_say(struct session *session, enum tone tone, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    CLEANUP_FREE char *text = vif_xvasprintf(fmt, args);
    va_end(args);
    terminal_progress(&session->err, "");
    fflush(session->out.stream);
    fputs("vifctl: ", session->err.stream);
    terminal_put(&session->err, tone, text);
    fputc('\n', session->err.stream);
}
