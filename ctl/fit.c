/* SPDX-License-Identifier: Apache-2.0 */
/* vifctl fit */

#include <config.h>

#include <stdlib.h>

#include "ctl/bindings.h"
#include "ctl/invocation.h"
#include "ctl/session.h"
#include "lib/cleanup.h"

/* Of a port that does not exist yet, and that nobody has named. */
#define NEW_PORT "new-port"

static void
write_ports(struct writer *writer, const json_t *ports)
{
    const json_t *port;
    size_t i;

    writer_start(writer, BLOCK_ROWS, "ports", NULL);
    json_array_foreach (ports, i, port) {
        writer_start(writer, BLOCK_ROW, "port", NULL);
        writer_member(writer, port, "port_id", "port", TONE_PLAIN);
        writer_member(writer, port, "device", "device", TONE_GOOD);
        writer_end(writer);
    }
    writer_end(writer);
}

/* How many devices each filter left. */
static void
write_filters(struct writer *writer, const json_t *port)
{
    const json_t *filters = json_object_get(port, "filters");
    const json_t *filter;
    size_t i;

    writer_start(writer, BLOCK_ROWS, "filters",
                 json_string_value(json_object_get(port, "port_id")));
    json_array_foreach (filters, i, filter) {
        bool any = json_integer_value(json_object_get(filter, "left")) > 0;

        writer_start(writer, BLOCK_ROW, "filter", NULL);
        writer_member(writer, filter, "asks", "asks", TONE_PLAIN);
        writer_member(writer, filter, "left", "left",
                      any ? TONE_PLAIN : TONE_BAD);
        writer_end(writer);
    }
    writer_end(writer);
}

static void
fit_write(struct session *session, const json_t *result, bool fits)
{
    const json_t *ports = json_object_get(result, "ports");
    const json_t *error = json_object_get(result, "error");
    const char *message
        = json_string_value(json_object_get(error, "message"));
    const json_t *port;
    size_t i;

    if (!json_array_size(ports)) {
        session_say(session, TONE_GOOD, "no device is needed");
    } else if (fits) {
        write_ports(session->writer, ports);
    } else {
        json_array_foreach (ports, i, port) {
            write_filters(session->writer, port);
        }
        session_say(session, TONE_BAD, "%s",
                    message ? message : "they do not fit");
    }
}

static enum status
fit_execute(struct session *session, const struct invocation *invocation)
{
    CLEANUP_JSON json_t *bindings = NULL;
    CLEANUP_JSON json_t *result = NULL;
    bool many;
    enum status status = bindings_read(session, &bindings, &many);

    if (!status && !invocation_has(invocation, "PORT")
        && !invocation_has(invocation, "--file")) {
        json_object_set_new(json_array_get(bindings, 0), "port_id",
                            json_string(NEW_PORT));
    }
    if (!status) {
        status = session_call(session, "fit",
                              json_pack("{s:O}", "bindings", bindings),
                              "find devices for the ports", &result);
    }
    if (status) {
        return status;
    }

    bool fits = json_is_true(json_object_get(result, "fits"));
    if (!writer_answer(session->writer, result)) {
        fit_write(session, result, fits);
    }
    return fits ? STATUS_DONE : STATUS_FAILED;
}

const struct command fit_command = {
    .word = "fit",
    .help = "Ask whether this host has devices for some ports",
    .about =
"All of the ports together, or none.  Shows which device each would get now,\n"
"or how many devices were left after each thing that is asked of them.\n"
"Nothing is claimed.  Without PORT or --file it is about a new port.",
    .arguments = { binding_arguments, binding_file_arguments },
    .examples = {
        { "fit --vnic-type direct --physical-network physnet1",
          "one VF, for a new port" },
        { "fit -F ports.json --numa-node 0 --numa-policy required",
          "all ports of an instance that is on node 0" },
    },
    .validate = bindings_validate_or_none,
    .execute = fit_execute,
};
