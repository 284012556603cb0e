/* SPDX-License-Identifier: Apache-2.0 */
/* vifctl unplug */

#include <config.h>

#include <stdlib.h>

#include "ctl/batch.h"
#include "ctl/bindings.h"
#include "ctl/details.h"
#include "ctl/invocation.h"
#include "ctl/session.h"
#include "lib/cleanup.h"

static const char *const waits[] = { "released", "committed", NULL };

static const struct argument unplug_arguments[] = {
    { .name = "PORT", .kind = ARGUMENT_PORT, .repeated = true,
      .help = "The ids of the ports" },
    { .name = "--file", .letter = 'F', .kind = ARGUMENT_FILE,
      .value = "FILE",
      .help = "Read ids, one a line, or bindings as for plug; - is standard "
              "input" },
    { .name = "--all", .kind = ARGUMENT_FLAG,
      .help = "Every port that vifd has; needs --yes" },
    { .name = "--yes", .kind = ARGUMENT_FLAG,
      .help = "Do so without asking" },
    { .name = "--wait", .kind = ARGUMENT_CHOICE, .value = "FOR",
      .choices = waits,
      .help = "Answer when the switch has let go of it, or once it is out of "
              "the database [released]" },
    ARGUMENTS_END
};

static const char *
unplug_validate(const struct invocation *invocation)
{
    bool all = invocation_has(invocation, "--all");
    int sources = (invocation_has(invocation, "PORT") + all
                   + invocation_has(invocation, "--file"));

    return (sources != 1 ? "give PORT..., --file or --all"
            : all && !invocation_has(invocation, "--yes")
            ? "--all takes every guest off the network: say --yes, too"
            : NULL);
}

/* The ids of all ports that there are. */
static enum status
list_ports(struct session *session, json_t **port_ids)
{
    CLEANUP_JSON json_t *result = NULL;
    enum status status = session_call(session, "list", json_object(),
                                      "list the ports", &result);
    json_t *port;
    size_t i;

    *port_ids = json_array();
    json_array_foreach (json_object_get(result, "ports"), i, port) {
        json_array_append(*port_ids, json_object_get(port, "port_id"));
    }
    return status;
}

static enum status
add_listed(struct session *session, struct batch *batch)
{
    CLEANUP_JSON json_t *port_ids = NULL;
    enum status status
        = (invocation_has(session->invocation, "--all")
           ? list_ports(session, &port_ids)
           : bindings_read_ports(session, &port_ids));
    json_t *id;
    size_t i;

    json_array_foreach (port_ids, i, id) {
        const char *port_id = json_string_value(id);

        batch_add(batch, port_id,
                  batch_port_params(session, port_id, true));
    }
    batch->many = true;
    return status;
}

static enum status
unplug_execute(struct session *session, const struct invocation *invocation)
{
    struct batch batch;
    enum status status = STATUS_DONE;

    batch_init(&batch, "unplug", "unplugging", "unplugged");
    if (invocation_has(invocation, "PORT")) {
        batch_add_ports(session, &batch, true);
    } else {
        status = add_listed(session, &batch);
    }
    if (!status) {
        status = batch_execute(session, &batch, details_write_verdict);
    }
    batch_destroy(&batch);
    return status;
}

const struct command unplug_command = {
    .word = "unplug",
    .help = "Take ports back: off the switch, and their devices away",
    .about =
"It works by the port's id alone, whatever has been renamed, moved or\n"
"removed since.  A port that is not plugged is no failure, so that it can be\n"
"repeated.",
    .arguments = { unplug_arguments },
    .examples = {
        { "unplug 7f1c3a52-7b0e-4c38-8a4e-2f4d8e7e6a11", "one port" },
        { "unplug --file ports.json", "the ports that 'plug' was given" },
        { "unplug --all --yes", "before the host is taken out of service" },
    },
    .validate = unplug_validate,
    .execute = unplug_execute,
};
