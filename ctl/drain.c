/* SPDX-License-Identifier: Apache-2.0 */
/* vifctl drain, vifctl undrain */

#include <config.h>

#include "ctl/details.h"
#include "ctl/invocation.h"
#include "ctl/session.h"
#include "lib/cleanup.h"

static const struct argument pf_arguments[] = {
    { .name = "PF", .kind = ARGUMENT_PF, .required = true,
      .help = "Its device, PCI address, or the name of its netdev" },
    ARGUMENTS_END
};

static void
write_ports(struct session *session, const json_t *ports)
{
    struct writer *writer = session->writer;
    const json_t *port;
    size_t i;

    writer_start(writer, BLOCK_ROWS, "ports", NULL);
    json_array_foreach (ports, i, port) {
        writer_start(writer, BLOCK_ROW, "port", NULL);
        writer_member(writer, port, "port_id", "port", TONE_PLAIN);
        writer_member(writer, port, "device", "device", TONE_PLAIN);
        details_write_state(session, port);
        details_write_instance(session, port);
        writer_end(writer);
    }
    writer_end(writer);
}

static void
write_drain(struct session *session, const json_t *result)
{
    const json_t *ports = json_object_get(result, "ports");
    const char *pf = json_string_value(json_object_get(result, "device"));
    size_t n = json_array_size(ports);

    write_ports(session, ports);
    if (!json_is_true(json_object_get(result, "drained"))) {
        session_say(session, TONE_GOOD, "ports may have %s and its VFs", pf);
    } else if (n) {
        session_say(session, TONE_NOTICE, "no port is given %s or a VF of it "
                    "any more; still there: %zu", pf, n);
    } else {
        session_say(session, TONE_GOOD, "no port is given %s or a VF of it "
                    "any more, and none has one", pf);
    }
}

/* 'method' is what the command is called, too. */
static enum status
execute(struct session *session, const struct invocation *invocation,
        const char *method)
{
    CLEANUP_JSON json_t *result = NULL;
    json_t *params = json_pack("{s:s}", "device",
                               invocation_get(invocation, "PF"));
    enum status status = session_call(session, method, params, method,
                                      &result);

    if (!status && !writer_answer(session->writer, result)) {
        write_drain(session, result);
    }
    return status;
}

static enum status
drain_execute(struct session *session, const struct invocation *invocation)
{
    return execute(session, invocation, "drain");
}

static enum status
undrain_execute(struct session *session, const struct invocation *invocation)
{
    return execute(session, invocation, "undrain");
}

const struct command drain_command = {
    .word = "drain",
    .help = "Give no port a PF or its VFs any more, and list who has one",
    .about =
"For a PF that is to be taken out of service, such as for new firmware.\n"
"What ports have they keep, and may change; to move them away is up to you.\n"
"It stays so, whatever is started again, until 'vifctl undrain'.",
    .arguments = { pf_arguments },
    .examples = {
        { "drain eno1", "by the name that its netdev has now" },
        { "drain 0000:03:00.0 -j | jq '.ports | length'",
          "how many are left: ask again until it is 0" },
    },
    .execute = drain_execute,
};

const struct command undrain_command = {
    .word = "undrain",
    .help = "Give ports a PF and its VFs again",
    .arguments = { pf_arguments },
    .examples = {
        { "undrain eno1", "after the new firmware" },
    },
    .execute = undrain_execute,
};
