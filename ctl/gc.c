/* SPDX-License-Identifier: Apache-2.0 */
/* vifctl gc */

#include <config.h>

#include <stdint.h>
#include <stdlib.h>

#include "ctl/invocation.h"
#include "ctl/session.h"
#include "lib/cleanup.h"

static const struct argument gc_arguments[] = {
    { .name = "--dry-run", .letter = 'n', .kind = ARGUMENT_FLAG,
      .help = "Only list what would be taken back" },
    { .name = "--interval", .kind = ARGUMENT_SECONDS, .value = "SECONDS",
      .help = "Time between the two looks (2)" },
    ARGUMENTS_END
};

static json_t *
gc_params(const struct session *session, const struct invocation *invocation)
{
    json_t *params = json_pack("{s:b}", "dry_run",
                               invocation_has(invocation, "--dry-run"));
    const char *interval = invocation_get(invocation, "--interval");
    int64_t timeout_ms = session_daemon_timeout_ms(session);

    if (interval) {
        json_object_set_new(params, "interval_ms", json_integer(
                                (int64_t) (strtod(interval, NULL) * 1000)));
    }
    if (timeout_ms) {
        json_object_set_new(params, "timeout_ms", json_integer(timeout_ms));
    }
    return params;
}

static void
write_orphan(struct session *session, const json_t *orphan, bool dry_run)
{
    struct writer *writer = session->writer;
    bool collected = json_is_true(json_object_get(orphan, "collected"));

    writer_start(writer, BLOCK_ROW, "orphan", NULL);
    writer_member(writer, orphan, "kind", "kind", TONE_PLAIN);
    writer_member(writer, orphan, "object", "object", TONE_PLAIN);
    writer_member(writer, orphan, "port_id", "port", TONE_PLAIN);
    writer_member(writer, orphan, "bridge", "bridge", TONE_PLAIN);
    writer_member(writer, orphan, "ifindex", "ifindex", TONE_PLAIN);
    if (!dry_run) {
        writer_attr(writer, "collected", "taken back",
                    collected ? "yes" : "no",
                    collected ? TONE_GOOD : TONE_BAD);
        writer_member(writer, json_object_get(orphan, "error"), "message",
                      "trouble", TONE_PLAIN);
    }
    writer_end(writer);
}

/* How many are still there because they could not be taken back. */
static size_t
count_left(const json_t *orphans)
{
    const json_t *orphan;
    size_t i, n = 0;

    json_array_foreach (orphans, i, orphan) {
        n += !json_is_true(json_object_get(orphan, "collected"));
    }
    return n;
}

static void
gc_write(struct session *session, const json_t *orphans, bool dry_run)
{
    size_t n = json_array_size(orphans);
    size_t n_left = count_left(orphans);
    const json_t *orphan;
    size_t i;

    writer_start(session->writer, BLOCK_ROWS, "orphans", NULL);
    json_array_foreach (orphans, i, orphan) {
        write_orphan(session, orphan, dry_run);
    }
    writer_end(session->writer);
    if (!n) {
        session_say(session, TONE_GOOD, "nothing of vifd's is without a "
                    "port");
    } else if (dry_run) {
        session_say(session, TONE_NOTICE, "%zu belong to no port", n);
    } else {
        session_say(session, n_left ? TONE_BAD : TONE_GOOD,
                    "%zu of %zu were taken back", n - n_left, n);
    }
}

static enum status
gc_execute(struct session *session, const struct invocation *invocation)
{
    bool dry_run = invocation_has(invocation, "--dry-run");
    CLEANUP_JSON json_t *result = NULL;
    enum status status = session_call(session, "gc",
                                      gc_params(session, invocation),
                                      "look for what belongs to no port",
                                      &result);
    const json_t *orphans = json_object_get(result, "orphans");

    if (status) {
        return status;
    }
    if (!writer_answer(session->writer, result)) {
        gc_write(session, orphans, dry_run);
    }
    return !dry_run && count_left(orphans) ? STATUS_FAILED : STATUS_DONE;
}

const struct command gc_command = {
    .word = "gc",
    .help = "Take back what is vifd's and belongs to no port",
    .about =
"Taps and macvtaps with vifd's mark and ports of Open vSwitch with its key,\n"
"of which vifd knows no port: its journal was lost, or somebody made a copy.\n"
"What is listed was there in two looks; what others made is never touched,\n"
"and a macvtap that somebody has open stays.",
    .arguments = { gc_arguments },
    .examples = {
        { "gc --dry-run", "what there is" },
        { "gc", "take it back" },
    },
    .execute = gc_execute,
};
