/* SPDX-License-Identifier: Apache-2.0 */
/* vifctl watch */

#include <config.h>

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/complaint.h"
#include "ctl/details.h"
#include "ctl/invocation.h"
#include "ctl/session.h"
#include "lib/cleanup.h"

static const struct argument watch_arguments[] = {
    { .name = "PORT", .kind = ARGUMENT_PORT, .repeated = true,
      .help = "Only these ports; all of them if none is given" },
    { .name = "--replay", .kind = ARGUMENT_FLAG,
      .help = "Begin with the state of every port that there is" },
    { .name = "--count", .letter = 'n', .kind = ARGUMENT_NUMBER,
      .value = "N", .min = 1, .max = UINT_MAX,
      .help = "End after so many events" },
    ARGUMENTS_END
};

static void
cleanup_event(struct vif_event **eventp)
{
    vif_event_destroy(*eventp);
}

/* Whether the user asked for the port of 'event'. */
static bool
is_wanted(const struct session *session, const struct vif_event *event)
{
    const char *port_id;
    size_t cursor = 0;

    if (!invocation_has(session->invocation, "PORT") || !event->port_id) {
        return true;
    }
    while ((port_id = invocation_next(session->invocation, "PORT",
                                      &cursor)) != NULL) {
        if (!strcmp(port_id, event->port_id)) {
            return true;
        }
    }
    return false;
}

/* The columns, with the width of what is usually in them. */
static const struct {
    const char *tag;
    const char *title;
    size_t width;
} columns[] = {
    { "time", "time", 27 },
    { "port_id", "port", 36 },
    { "event", "event", 9 },
    { "from", "from", 10 },
    { "to", "to", 10 },
};

static void
reserve_columns(struct session *session)
{
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
        writer_reserve(session->writer, columns[i].tag, columns[i].title,
                       columns[i].width);
    }
}

static enum tone
event_tone(const struct vif_event *event)
{
    return (event->error || !strcmp(event->event, "failed")
            || !strcmp(event->event, "drifted") ? TONE_BAD
            : !strcmp(event->event, "plugged") ? TONE_GOOD
            : TONE_PLAIN);
}

static void
write_row(struct session *session, const struct vif_event *event)
{
    struct writer *writer = session->writer;

    writer_start(writer, BLOCK_ROW, "event", NULL);
    writer_attr(writer, "time", "time", event->time, TONE_PLAIN);
    writer_attr(writer, "port_id", "port", event->port_id, TONE_PLAIN);
    writer_attr(writer, "event", "event", event->event, event_tone(event));
    writer_attr(writer, "from", "from", event->from, TONE_PLAIN);
    writer_attr(writer, "to", "to", event->to, state_tone(event->to));
    writer_attr(writer, "error", "why",
                event->error ? event->error->message : NULL, TONE_PLAIN);
    writer_end(writer);
}

static void
write_event(struct session *session, const struct vif_event *event)
{
    CLEANUP_JSON json_t *params = json_loads(event->json, 0, NULL);

    if (event->lost) {
        session_say(session, TONE_NOTICE, "%llu events were lost",
                    (unsigned long long) event->lost);
    }
    if (!writer_answer_in_stream(session->writer, params)
        && event->port_id) {
        write_row(session, event);
    }
    fflush(session->out.stream);
}

static unsigned long
count_wanted(const struct session *session)
{
    const char *count = invocation_get(session->invocation, "--count");

    return count ? strtoul(count, NULL, 10) : ULONG_MAX;
}

static enum status
stop_following(struct session *session, unsigned long seen,
               const struct vif_error *error)
{
    if (error->code == VIF_ERR_DEADLINE) {
        session_say(session, TONE_PLAIN, "watch: the time is over, after "
                    "%lu events", seen);
    } else {
        complain_lost(session, "watch", "watch", error);
    }
    return session_status(error, false);
}

static enum status
follow(struct session *session)
{
    unsigned long wanted = count_wanted(session);
    unsigned long seen = 0;

    while (seen < wanted && !ferror(session->out.stream)) {
        CLEANUP(cleanup_event) struct vif_event *event = NULL;
        CLEANUP_ERROR struct vif_error *error
            = vif_client_next_event(session->client, session->deadline,
                                    &event);

        if (error) {
            return stop_following(session, seen, error);
        }
        if (is_wanted(session, event)) {
            write_event(session, event);
            seen += event->port_id != NULL;
        }
    }
    return STATUS_DONE;
}

static enum status
watch_execute(struct session *session, const struct invocation *invocation)
{
    bool replay = invocation_has(invocation, "--replay");
    CLEANUP_JSON json_t *result = NULL;

    session_set_default_timeout(session, -1);
    enum status status = session_call(session, "watch",
                                      json_pack("{s:b}", "replay", replay),
                                      "watch", &result);
    if (!status) {
        writer_start(session->writer, BLOCK_STREAM, "events", NULL);
        reserve_columns(session);
        status = follow(session);
        writer_end(session->writer);
    }
    return status;
}

const struct command watch_command = {
    .word = "watch",
    .help = "Follow what happens to ports, as it happens",
    .about =
"Writes a line for each event, with --format json one JSON object a line,\n"
"and goes on until it is interrupted or vifd ends.",
    .arguments = { watch_arguments },
    .examples = {
        { "watch", "all ports" },
        { "watch --replay --format json", "for a program: first what is" },
        { "watch --count 1 --timeout 30 7f1c3a52-7b0e-4c38-8a4e-2f4d8e7e6a11",
          "wait for the next change of one port" },
    },
    .execute = watch_execute,
};
