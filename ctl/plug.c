/* SPDX-License-Identifier: Apache-2.0 */
/* vifctl plug */

#include <config.h>

#include <string.h>

#include "ctl/batch.h"
#include "ctl/bindings.h"
#include "ctl/details.h"
#include "ctl/invocation.h"
#include "ctl/session.h"
#include "lib/cleanup.h"

static const char *const waits[] = { "ofport", "committed", NULL };

static const struct argument plug_arguments[] = {
    { .name = "--wait", .kind = ARGUMENT_CHOICE, .value = "FOR",
      .choices = waits,
      .help = "Answer when the switch uses it, or once written [ofport]" },
    { .name = "--atomic", .kind = ARGUMENT_FLAG,
      .help = "All ports of the file or none, in one request" },
    { .name = "--xml", .kind = ARGUMENT_FLAG,
      .help = "Print only libvirt's <interface> element" },
    ARGUMENTS_END
};

static const char *
plug_validate(const struct invocation *invocation)
{
    bool programs = (invocation_has(invocation, "--json")
                     || invocation_has(invocation, "--format"));

    return (invocation_has(invocation, "--atomic")
            && !invocation_has(invocation, "--file")
            ? "--atomic is about the ports of a --file"
            : invocation_has(invocation, "--xml") && programs
            ? "--xml is a format of its own"
            : bindings_validate(invocation));
}

/* The options of the request, beside the bindings. */
static json_t *
plug_params(const struct session *session, const char *key, json_t *value)
{
    const char *wait = invocation_get(session->invocation, "--wait");
    int64_t ms = session_daemon_timeout_ms(session);
    json_t *params = json_pack("{s:O}", key, value);

    if (wait) {
        json_object_set_new(params, "wait", json_string(wait));
    }
    if (ms) {
        json_object_set_new(params, "timeout_ms", json_integer(ms));
    }
    return params;
}

static void
write_xml(struct session *session, const json_t *details)
{
    const char *xml
        = json_string_value(json_object_get(details, "libvirt_xml"));

    details_write_warnings(session, details);
    writer_start(session->writer, BLOCK_TEXT, "libvirt_xml", NULL);
    writer_attr(session->writer, "libvirt_xml", NULL, xml, TONE_PLAIN);
    writer_end(session->writer);
}

static void
write_one(struct session *session, const json_t *details)
{
    if (invocation_has(session->invocation, "--xml")) {
        write_xml(session, details);
    } else {
        details_write_verdict(session, details);
    }
}

/* Each port has a request and a verdict of its own. */
static enum status
plug_each(struct session *session, const json_t *bindings, bool many)
{
    struct batch batch;
    json_t *binding;
    size_t i;

    batch_init(&batch, "plug", "plugging", "plugged");
    batch.many = many;
    json_array_foreach (bindings, i, binding) {
        batch_add(&batch, binding_port_id(binding),
                  plug_params(session, "binding", binding));
    }
    enum status status = batch_execute(session, &batch, write_one);
    batch_destroy(&batch);
    return status;
}

/* One request, one verdict. */
static enum status
plug_all_or_none(struct session *session, json_t *bindings)
{
    CLEANUP_JSON json_t *result = NULL;
    enum status status = session_call(session, "plug",
                                      plug_params(session, "bindings",
                                                  bindings),
                                      "plug all or none", &result);
    json_t *details;
    size_t i;

    if (!status && !writer_answer(session->writer, result)) {
        json_array_foreach (json_object_get(result, "ports"), i, details) {
            write_one(session, details);
        }
    }
    return status;
}

static enum status
plug_execute(struct session *session, const struct invocation *invocation)
{
    CLEANUP_JSON json_t *bindings = NULL;
    bool many;
    enum status status = bindings_read(session, &bindings, &many);

    if (status) {
        return status;
    }
    return (invocation_has(invocation, "--atomic")
            ? plug_all_or_none(session, bindings)
            : plug_each(session, bindings, many));
}

const struct command plug_command = {
    .word = "plug",
    .help = "Put a port in place, or change one that is in place",
    .about =
"vifd makes the device, puts it on the switch, and answers when it has seen\n"
"that the switch uses it.  What fails is taken back.  The same request again\n"
"writes nothing; one with other values changes the port in place.\n\n"
"With --file many ports are plugged at once, each with a verdict of its own;\n"
"options for a binding apply to each of them.",
    .arguments = { binding_arguments, binding_file_arguments,
                   plug_arguments },
    .examples = {
        { "plug 7f1c3a52-7b0e-4c38-8a4e-2f4d8e7e6a11 --bridge br-int "
          "--mac fa:16:3e:00:00:01 --queues 4", "one port" },
        { "plug --file ports.json --timeout 30",
          "all the ports of a file, each for itself" },
        { "plug --file instance.json --atomic",
          "all the ports of an instance, or none" },
        { "plug --file - --format json < ports.jsonl",
          "in a script" },
        { "plug 7f1c3a52-7b0e-4c38-8a4e-2f4d8e7e6a11 --prepare",
          "on the target of a live migration" },
    },
    .validate = plug_validate,
    .execute = plug_execute,
};
