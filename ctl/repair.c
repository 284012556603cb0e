/* SPDX-License-Identifier: Apache-2.0 */
/* vifctl repair */

#include <config.h>

#include "ctl/invocation.h"
#include "ctl/session.h"
#include "ctl/verify.h"
#include "lib/cleanup.h"

static const struct argument repair_arguments[] = {
    { .name = "--journal", .kind = ARGUMENT_FLAG,
      .help = "Make vifd's journal anew, from what is plugged" },
    { .name = "--key", .kind = ARGUMENT_TEXT, .value = "UUID",
      .help = "With --journal: the key of what is ours, if there are several; "
              "\"new\" to begin afresh" },
    ARGUMENTS_END
};

static void
write_lost(struct session *session, const json_t *lost)
{
    struct writer *writer = session->writer;

    writer_start(writer, BLOCK_ROW, "lost", NULL);
    writer_member(writer, lost, "object", "object", TONE_PLAIN);
    writer_member(writer, lost, "port_id", "port", TONE_PLAIN);
    writer_member(writer, json_object_get(lost, "error"), "message",
                  "why it is not known again", TONE_PLAIN);
    writer_end(writer);
}

static void
write_rebuilt(struct session *session, const json_t *result)
{
    const json_t *lost = json_object_get(result, "lost");
    const char *aside = json_string_value(json_object_get(result, "aside"));
    size_t n_rebuilt = json_array_size(json_object_get(result, "rebuilt"));
    size_t n_lost = json_array_size(lost);
    const json_t *one;
    size_t i;

    if (n_lost) {
        writer_start(session->writer, BLOCK_ROWS, "lost", NULL);
        json_array_foreach (lost, i, one) {
            write_lost(session, one);
        }
        writer_end(session->writer);
    }
    if (aside) {
        session_say(session, TONE_NOTICE, "the old journal is kept as %s",
                    aside);
    }
    session_say(session, n_lost ? TONE_BAD : TONE_GOOD, "the journal is "
                "whole: %lld ports were known, %zu are known again, %zu "
                "things are not",
                (long long) json_integer_value(json_object_get(result,
                                                               "known")),
                n_rebuilt, n_lost);
}

static enum status
rebuild_execute(struct session *session, const struct invocation *invocation)
{
    const char *key = invocation_get(invocation, "--key");
    CLEANUP_JSON json_t *result = NULL;
    enum status status
        = session_call(session, "rebuild",
                       key ? json_pack("{s:s}", "key", key) : json_object(),
                       "make the journal anew", &result);

    if (status) {
        return status;
    }
    if (!writer_answer(session->writer, result)) {
        write_rebuilt(session, result);
    }
    return (json_array_size(json_object_get(result, "lost")) ? STATUS_FAILED
            : STATUS_DONE);
}

static enum status
repair_execute(struct session *session, const struct invocation *invocation)
{
    bool journal = invocation_has(invocation, "--journal");

    if (journal ? invocation_has(invocation, "PORT")
        : invocation_has(invocation, "--key")) {
        session_say(session, TONE_BAD, "--journal is about all ports, and "
                    "--key about --journal");
        return STATUS_USAGE;
    }
    return (journal ? rebuild_execute(session, invocation)
            : verify_execute(session, "repair", "repairing"));
}

const struct command repair_command = {
    .word = "repair",
    .help = "Put ports in place again, or make the journal anew",
    .about =
"Like 'check', but what is not as asked is put in place again.  Ports that\n"
"are as asked are not touched.\n"
"\n"
"With --journal it is the journal that is repaired: when it is damaged, was\n"
"lost or was written by a newer vifd, it is put aside, and one is made that\n"
"knows what is plugged.  Nothing that is plugged is touched.",
    .arguments = { verify_arguments, repair_arguments },
    .examples = {
        { "repair", "all ports" },
        { "repair 7f1c3a52-7b0e-4c38-8a4e-2f4d8e7e6a11", "one port" },
        { "repair --journal", "what vifd knows of its ports" },
    },
    .execute = repair_execute,
};
