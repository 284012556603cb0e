/* SPDX-License-Identifier: Apache-2.0 */
/* vifctl show */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "ctl/batch.h"
#include "ctl/details.h"
#include "ctl/invocation.h"
#include "ctl/session.h"
#include "ctl/units.h"
#include "lib/alloc.h"
#include "lib/cleanup.h"

static const struct argument show_arguments[] = {
    { .name = "PORT", .kind = ARGUMENT_PORT, .repeated = true,
      .required = true, .help = "The ids of the ports" },
    { .name = "--steps", .kind = ARGUMENT_FLAG,
      .help = "Also what each step was told, found and made" },
    { .name = "--xml", .kind = ARGUMENT_FLAG,
      .help = "Print only libvirt's <interface> element" },
    ARGUMENTS_END
};

static const char *
show_validate(const struct invocation *invocation)
{
    bool programs = (invocation_has(invocation, "--json")
                     || invocation_has(invocation, "--format"));

    return (invocation_has(invocation, "--xml") && programs
            ? "--xml is a format of its own" : NULL);
}

/* Members of the binding that the details do not have. */
static const struct {
    const char *tag;
    const char *title;
} binding_members[] = {
    { "instance_id", "instance" },
    { "instance_name", "instance name" },
    { "project_id", "project" },
    { "network_id", "network" },
    { "physical_network", "physical net" },
    { "external_ids", "external ids" },
    { "device_owner", "device owner" },
    { "vf", "VF attributes" },
    { "driver", "driver asked" },
    { "macvtap", "macvtap asked" },
    { "port_profile", "port profile" },
    { "numa", "NUMA asked" },
    { "hints", "hints" },
};

static void
write_since(struct session *session, const json_t *port)
{
    const char *since = json_string_value(json_object_get(port, "since"));
    char buf[UNITS_BUFSIZE];
    int64_t us;

    if (since && units_parse_time(since, &us)) {
        writer_attrf(session->writer, "since", "since", TONE_PLAIN,
                     "%s, for %s", since,
                     units_duration(units_now() - us, buf));
    }
}

static void
write_port(struct session *session, const json_t *port)
{
    struct writer *writer = session->writer;
    const json_t *binding = json_object_get(port, "binding");

    writer_start(writer, BLOCK_FIELDS, "port", NULL);
    writer_member(writer, port, "port_id", "port", TONE_HEADING);
    details_write_state(session, port);
    writer_member(writer, json_object_get(port, "error"), "message",
                  "trouble", TONE_BAD);
    write_since(session, port);
    details_write_members(session, port);
    for (size_t i = 0; i < sizeof binding_members / sizeof *binding_members;
         i++) {
        writer_member(writer, binding, binding_members[i].tag,
                      binding_members[i].title, TONE_PLAIN);
    }
    writer_end(writer);
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
        writer_start(writer, BLOCK_ROW, "step", NULL);
        writer_member(writer, step, "kind", "step", TONE_PLAIN);
        writer_member(writer, step, "object", "object", TONE_PLAIN);
        writer_member(writer, step, "phase", "phase", TONE_PLAIN);
        writer_member(writer, step, "shared", "shared", TONE_PLAIN);
        writer_end(writer);
    }
    writer_end(writer);
}

/* The maps of one step, a member a line. */
static void
write_step_maps(struct session *session, const json_t *step)
{
    static const struct {
        const char *tag;
        const char *verb;
    } maps[] = {
        { "args", "told" },
        { "original", "found" },
        { "output", "made" },
    };
    const char *kind = json_string_value(json_object_get(step, "kind"));
    const char *object = json_string_value(json_object_get(step, "object"));
    CLEANUP_FREE char *title = vif_xasprintf("%s %s", kind ? kind : "?",
                                             object ? object : "?");

    writer_start(session->writer, BLOCK_FIELDS, "step", title);
    for (size_t i = 0; i < sizeof maps / sizeof *maps; i++) {
        json_t *map = json_object_get(step, maps[i].tag);
        const char *key;
        json_t *value;

        json_object_foreach (map, key, value) {
            CLEANUP_FREE char *words = value_in_words(value);
            CLEANUP_FREE char *label = vif_xasprintf("%s %s", maps[i].verb,
                                                     key);

            writer_attr(session->writer, maps[i].tag, label, words,
                        TONE_PLAIN);
        }
    }
    writer_end(session->writer);
}

static void
write_xml(struct session *session, const json_t *port, const char *title)
{
    const char *xml = json_string_value(json_object_get(port,
                                                        "libvirt_xml"));

    if (xml) {
        writer_start(session->writer, BLOCK_TEXT, "libvirt_xml", title);
        writer_attr(session->writer, "libvirt_xml", NULL, xml, TONE_PLAIN);
        writer_end(session->writer);
    }
}

static void
show_write(struct session *session, const json_t *port)
{
    const json_t *steps = json_object_get(port, "steps");
    const json_t *step;
    size_t i;

    if (invocation_has(session->invocation, "--xml")) {
        write_xml(session, port, NULL);
        return;
    }
    write_port(session, port);
    write_steps(session, steps);
    if (invocation_has(session->invocation, "--steps")) {
        json_array_foreach (steps, i, step) {
            write_step_maps(session, step);
        }
    }
    write_xml(session, port, "libvirt");
    details_write_warnings(session, port);
}

/* Each port in full, one after the other: no table could hold them. */
static enum status
show_many(struct session *session, struct batch *batch)
{
    enum status status = batch_run(session, batch);

    if (status) {
        return status;
    }
    CLEANUP_JSON json_t *all = batch_results(batch);
    if (!writer_answer(session->writer, all)) {
        for (size_t i = 0; i < batch->n; i++) {
            if (batch->items[i].result && !batch->items[i].error) {
                show_write(session, batch->items[i].result);
            }
        }
    }
    return batch_complain(session, batch);
}

static enum status
show_execute(struct session *session, const struct invocation *invocation)
{
    struct batch batch;

    (void) invocation;
    batch_init(&batch, "show", "looking at", "looked at");
    batch_add_ports(session, &batch, false);
    enum status status = (batch.many ? show_many(session, &batch)
                          : batch_execute(session, &batch, show_write));
    batch_destroy(&batch);
    return status;
}

const struct command show_command = {
    .word = "show",
    .help = "Show all that is known of a port",
    .arguments = { show_arguments },
    .examples = {
        { "show 7f1c3a52-7b0e-4c38-8a4e-2f4d8e7e6a11",
          "its state, its details, its steps" },
        { "show 7f1c3a52-7b0e-4c38-8a4e-2f4d8e7e6a11 --xml > interface.xml",
          "for 'virsh attach-device'" },
        { "show 7f1c3a52-7b0e-4c38-8a4e-2f4d8e7e6a11 -f kv | grep ^ofport=",
          "one value" },
    },
    .validate = show_validate,
    .execute = show_execute,
};
