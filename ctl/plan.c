/* SPDX-License-Identifier: Apache-2.0 */
/* vifctl plan */

#include <config.h>

#include <stdlib.h>

#include "ctl/batch.h"
#include "ctl/bindings.h"
#include "ctl/details.h"
#include "ctl/invocation.h"
#include "ctl/session.h"
#include "lib/alloc.h"
#include "lib/cleanup.h"

/* The steps by which 'after' refers to others are counted from 1, as a human
 * does. */
static char *
after_in_words(const json_t *after)
{
    CLEANUP_JSON json_t *counted = json_array();
    const json_t *element;
    size_t i;

    json_array_foreach (after, i, element) {
        json_array_append_new(counted,
                              json_integer(json_integer_value(element) + 1));
    }
    return value_in_words(counted);
}

/* "ifindex from 1": an argument that is known once step 1 is done. */
static char *
late_in_words(const json_t *late)
{
    CLEANUP_JSON json_t *words = json_array();
    const char *key;
    json_t *from;

    json_object_foreach ((json_t *) late, key, from) {
        json_int_t step = json_integer_value(json_object_get(from, "step"));

        json_array_append_new(words,
                              json_sprintf("%s from %lld", key,
                                           (long long) step + 1));
    }
    return value_in_words(words);
}

static void
write_steps(struct session *session, const json_t *steps)
{
    struct writer *writer = session->writer;
    const json_t *step;
    size_t i;

    if (!json_array_size(steps)) {
        return;
    }
    writer_start(writer, BLOCK_ROWS, "steps", NULL);
    json_array_foreach (steps, i, step) {
        CLEANUP_FREE char *after
            = after_in_words(json_object_get(step, "after"));

        writer_start(writer, BLOCK_ROW, "step", NULL);
        writer_attrf(writer, "number", "no", TONE_PLAIN, "%zu", i + 1);
        writer_member(writer, step, "action", "action", TONE_PLAIN);
        writer_member(writer, step, "kind", "step", TONE_PLAIN);
        writer_member(writer, step, "object", "object", TONE_PLAIN);
        writer_attr(writer, "after", "after", after, TONE_PLAIN);
        writer_member(writer, step, "shared", "shared", TONE_PLAIN);
        writer_end(writer);
    }
    writer_end(writer);
}

/* The values that a step is given, one a line. */
static void
write_values(struct session *session, size_t number, const json_t *step)
{
    const char *kind = json_string_value(json_object_get(step, "kind"));
    const char *object = json_string_value(json_object_get(step, "object"));
    CLEANUP_FREE char *title = vif_xasprintf("%zu %s %s", number,
                                             kind ? kind : "?",
                                             object ? object : "?");
    CLEANUP_FREE char *late = late_in_words(json_object_get(step, "late"));
    json_t *args = json_object_get(step, "args");
    const char *key;
    json_t *value;

    writer_start(session->writer, BLOCK_FIELDS, "step", title);
    json_object_foreach (args, key, value) {
        writer_member(session->writer, args, key, key, TONE_PLAIN);
    }
    writer_attr(session->writer, "late", "and later", late, TONE_PLAIN);
    writer_end(session->writer);
}

static void
plan_write(struct session *session, const json_t *plan)
{
    struct writer *writer = session->writer;
    const json_t *steps = json_object_get(plan, "steps");
    const json_t *step;
    size_t i;

    writer_start(writer, BLOCK_FIELDS, "plan", NULL);
    writer_member(writer, plan, "port_id", "port", TONE_HEADING);
    writer_member(writer, plan, "plugin", "plugin", TONE_PLAIN);
    details_write_members(session, json_object_get(plan, "details"));
    writer_member(writer, plan, "claims", "claims", TONE_PLAIN);
    writer_member(writer, plan, "dropped", "takes back", TONE_NOTICE);
    writer_end(writer);
    write_steps(session, steps);
    if (invocation_has(session->invocation, "--steps")) {
        json_array_foreach (steps, i, step) {
            write_values(session, i + 1, step);
        }
    }
    details_write_warnings(session, plan);
}

static const struct argument plan_arguments[] = {
    { .name = "--steps", .kind = ARGUMENT_FLAG,
      .help = "Also the values that each step is given" },
    ARGUMENTS_END
};

static enum status
plan_execute(struct session *session, const struct invocation *invocation)
{
    CLEANUP_JSON json_t *bindings = NULL;
    struct batch batch;
    json_t *binding;
    size_t i;

    (void) invocation;
    batch_init(&batch, "plan", "planning", "planned");
    enum status status = bindings_read(session, &bindings, &batch.many);
    json_array_foreach (bindings, i, binding) {
        batch_add(&batch, binding_port_id(binding),
                  json_pack("{s:O}", "binding", binding));
    }
    if (!status) {
        status = batch_execute(session, &batch, plan_write);
    }
    batch_destroy(&batch);
    return status;
}

const struct command plan_command = {
    .word = "plan",
    .help = "Show what 'plug' would do, without doing it",
    .about =
"The steps are those that a plug with the same arguments would take now:\n"
"what is added, kept, altered or replaced, and in which order.",
    .arguments = { binding_arguments, binding_file_arguments,
                   plan_arguments },
    .examples = {
        { "plan 7f1c3a52-7b0e-4c38-8a4e-2f4d8e7e6a11 --queues 8 --vcpus 2",
          "what would be made, and how many queues it would get" },
        { "plan 7f1c3a52-7b0e-4c38-8a4e-2f4d8e7e6a11 --steps",
          "with every value that is written" },
    },
    .validate = bindings_validate,
    .execute = plan_execute,
};
