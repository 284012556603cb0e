/* SPDX-License-Identifier: Apache-2.0 */
/* vifctl list */

#include <config.h>

#include <stdlib.h>

#include "ctl/details.h"
#include "ctl/invocation.h"
#include "ctl/session.h"
#include "ctl/units.h"
#include "lib/cleanup.h"

static const char *const states[] = {
    "planned", "plugging", "waiting-for-device", "prepared", "active",
    "changing", "drifted", "unplugging", "undoing", NULL
};

static const struct argument list_arguments[] = {
    { .name = "--state", .kind = ARGUMENT_CHOICE, .value = "STATE",
      .choices = states, .help = "Only ports in this state" },
    ARGUMENTS_END
};

static void
write_port(struct session *session, const json_t *port)
{
    struct writer *writer = session->writer;
    const char *since = json_string_value(json_object_get(port, "since"));
    char buf[UNITS_BUFSIZE];
    int64_t us;

    if (since && units_parse_time(since, &us)) {
        since = units_duration(units_now() - us, buf);
    }
    writer_start(writer, BLOCK_ROW, "port", NULL);
    writer_member(writer, port, "port_id", "port", TONE_PLAIN);
    details_write_state(session, port);
    writer_attr(writer, "since", "for", since, TONE_PLAIN);
    writer_member(writer, port, "vnic_type", "type", TONE_PLAIN);
    writer_member(writer, port, "plugin", "plugin", TONE_PLAIN);
    writer_member(writer, port, "bridge", "bridge", TONE_PLAIN);
    writer_member(writer, port, "device", "device", TONE_PLAIN);
    details_write_ofport(session, port, "ofport");
    details_write_instance(session, port);
    writer_end(writer);
}

static void
list_write(struct session *session, const json_t *result)
{
    const json_t *ports = json_object_get(result, "ports");
    const json_t *port;
    size_t i;

    writer_start(session->writer, BLOCK_ROWS, "ports", NULL);
    json_array_foreach (ports, i, port) {
        write_port(session, port);
    }
    writer_end(session->writer);
    if (!json_array_size(ports)) {
        session_say(session, TONE_PLAIN, "there are no %sports",
                    invocation_has(session->invocation, "--state")
                    ? "such " : "");
    }
}

static enum status
list_execute(struct session *session, const struct invocation *invocation)
{
    const char *state = invocation_get(invocation, "--state");
    CLEANUP_JSON json_t *result = NULL;
    json_t *params = json_object();

    if (state) {
        json_object_set_new(params, "state", json_string(state));
    }
    enum status status = session_call(session, "list", params,
                                      "list the ports", &result);
    if (!status && !writer_answer(session->writer, result)) {
        list_write(session, result);
    }
    return status;
}

const struct command list_command = {
    .word = "list",
    .help = "List the ports that vifd has",
    .arguments = { list_arguments },
    .examples = {
        { "list", "every port, its state, and where it is" },
        { "list --state drifted", "those that somebody else has changed" },
        { "list --format json | jq -r '.ports[].port_id'", "in a script" },
    },
    .execute = list_execute,
};
