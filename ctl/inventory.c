/* SPDX-License-Identifier: Apache-2.0 */
/* vifctl inventory */

#include <config.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/invocation.h"
#include "ctl/session.h"
#include "lib/alloc.h"
#include "lib/cleanup.h"

static const struct argument inventory_arguments[] = {
    { .name = "--pools", .letter = 'p', .kind = ARGUMENT_FLAG,
      .help = "Count devices that are alike instead" },
    { .name = "--capabilities", .letter = 'c', .kind = ARGUMENT_FLAG,
      .help = "Show what devices can do, and devlink's view, instead" },
    ARGUMENTS_END
};

static const char *
text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text ? text : "";
}

/* The PF that a VF belongs below, or the device itself. */
static const char *
family_of(const json_t *device)
{
    const char *pf = text_of(device, "pf");

    return *pf ? pf : text_of(device, "device");
}

/* A PF, its VFs by number, and the next one. */
static int
compare_devices(const void *a_, const void *b_)
{
    const json_t *a = *(const json_t *const *) a_;
    const json_t *b = *(const json_t *const *) b_;
    int order = strcmp(family_of(a), family_of(b));

    if (!order) {
        order = (*text_of(a, "pf") != '\0') - (*text_of(b, "pf") != '\0');
    }
    if (!order) {
        json_int_t x = json_integer_value(json_object_get(a, "vf_number"));
        json_int_t y = json_integer_value(json_object_get(b, "vf_number"));

        order = x < y ? -1 : x > y;
    }
    return order ? order : strcmp(text_of(a, "device"), text_of(b, "device"));
}

/* null is a network, too: that of ports that are on none. */
static void
write_network(struct writer *writer, const json_t *object)
{
    const json_t *network = json_object_get(object, "physical_network");

    writer_attr(writer, "physical_network", "network",
                json_is_null(network) ? "(null)"
                : json_string_value(network), TONE_PLAIN);
}

static void
write_ids(struct writer *writer, const json_t *object)
{
    const char *vendor = text_of(object, "vendor_id");

    if (*vendor) {
        writer_attrf(writer, "ids", "ids", TONE_PLAIN, "%s:%s", vendor,
                     text_of(object, "product_id"));
    } else {
        writer_attr(writer, "ids", "ids", NULL, TONE_PLAIN);
    }
}

/* A VF stands below its PF. */
static void
write_name(struct writer *writer, const json_t *device)
{
    writer_attrf(writer, "device", "device", TONE_PLAIN, "%s%s",
                 *text_of(device, "pf") ? "  " : "",
                 text_of(device, "device"));
    writer_member(writer, device, "type", "type", TONE_PLAIN);
}

static void
write_can(struct writer *writer, const json_t *device)
{
    CLEANUP_FREE char *can = vif_xstrdup("");
    const json_t *capability;
    size_t i;

    writer_start(writer, BLOCK_ROW, "device", NULL);
    write_name(writer, device);
    writer_member(writer, json_object_get(device, "netdev"), "name", "netdev",
                  TONE_PLAIN);
    writer_member(writer, device, "devlink", "devlink", TONE_PLAIN);
    writer_member(writer, device, "eswitch", "eswitch", TONE_PLAIN);
    json_array_foreach (json_object_get(device, "capabilities"), i,
                        capability) {
        char *longer = vif_xasprintf("%s%s%s", can, i ? "," : "",
                                     json_string_value(capability));

        free(can);
        can = longer;
    }
    writer_attr(writer, "capabilities", "capabilities", *can ? can : NULL,
                TONE_PLAIN);
    writer_end(writer);
}

static void
write_device(struct writer *writer, const json_t *device)
{
    const char *state = text_of(device, "state");
    bool usable = json_is_true(json_object_get(device, "usable"));
    bool drained = json_is_true(json_object_get(device, "drained"));
    const json_t *netdev = json_object_get(device, "netdev");

    writer_start(writer, BLOCK_ROW, "device", NULL);
    write_name(writer, device);
    writer_member(writer, device, "vf_number", "vf", TONE_PLAIN);
    write_ids(writer, device);
    writer_member(writer, netdev, "name", "netdev", TONE_PLAIN);
    writer_member(writer, device, "driver", "driver", TONE_PLAIN);
    writer_member(writer, device, "numa_node", "numa", TONE_PLAIN);
    write_network(writer, device);
    if (!usable && strcmp(state, "held") && !drained) {
        writer_attr(writer, "state", "state", NULL, TONE_PLAIN);
    } else {
        writer_attrf(writer, "state", "state",
                     !strcmp(state, "free") ? TONE_GOOD : TONE_PLAIN, "%s%s",
                     state, drained && strcmp(state, "drained")
                            ? ", drained" : "");
    }
    writer_member(writer, device, "port_id", "port", TONE_PLAIN);
    writer_end(writer);
}

static void
write_devices(struct session *session, const json_t *devices,
              void (*write)(struct writer *, const json_t *device))
{
    size_t n = json_array_size(devices);
    CLEANUP_FREE const json_t **sorted = vif_xcalloc(n + 1, sizeof *sorted);

    for (size_t i = 0; i < n; i++) {
        sorted[i] = json_array_get(devices, i);
    }
    qsort(sorted, n, sizeof *sorted, compare_devices);

    writer_start(session->writer, BLOCK_ROWS, "devices", NULL);
    for (size_t i = 0; i < n; i++) {
        write(session->writer, sorted[i]);
    }
    writer_end(session->writer);
    if (!n) {
        session_say(session, TONE_NOTICE, "there are no devices");
    }
}

static void
write_pools(struct session *session, const json_t *pools)
{
    static const char *const counts[] = {
        "devices", "free", "held", "excluded", "drained", "leaving", NULL
    };
    struct writer *writer = session->writer;
    const json_t *pool;
    size_t i;

    writer_start(writer, BLOCK_ROWS, "pools", NULL);
    json_array_foreach (pools, i, pool) {
        writer_start(writer, BLOCK_ROW, "pool", NULL);
        write_network(writer, pool);
        writer_member(writer, pool, "type", "type", TONE_PLAIN);
        writer_member(writer, pool, "pf", "pf", TONE_PLAIN);
        writer_member(writer, pool, "netdev", "netdev", TONE_PLAIN);
        write_ids(writer, pool);
        writer_member(writer, pool, "numa_node", "numa", TONE_PLAIN);
        writer_member(writer, pool, "trusted", "trusted", TONE_PLAIN);
        for (size_t j = 0; counts[j]; j++) {
            writer_member(writer, pool, counts[j], counts[j], TONE_PLAIN);
        }
        writer_end(writer);
    }
    writer_end(writer);
    if (!json_array_size(pools)) {
        session_say(session, TONE_NOTICE, "no device may be used: "
                    "device_spec in vifd.yaml means none");
    }
}

static enum status
inventory_execute(struct session *session,
                  const struct invocation *invocation)
{
    CLEANUP_JSON json_t *result = NULL;
    enum status status = session_call(session, "inventory", json_object(),
                                      "list the devices", &result);

    if (status || writer_answer(session->writer, result)) {
        return status;
    } else if (invocation_has(invocation, "--pools")) {
        write_pools(session, json_object_get(result, "pools"));
    } else {
        write_devices(session, json_object_get(result, "devices"),
                      invocation_has(invocation, "--capabilities")
                      ? write_can : write_device);
    }
    return STATUS_DONE;
}

const struct command inventory_command = {
    .word = "inventory",
    .help = "List the NICs of the host, and what may be used for what",
    .about =
"Each PF with its VFs below it, the physical network that device_spec in\n"
"vifd.yaml says it is connected to, and who holds it.  A device without a\n"
"state is used by nobody, because device_spec does not mean it; one that is\n"
"drained is given to no port until 'vifctl undrain'.",
    .arguments = { inventory_arguments },
    .examples = {
        { "inventory", "PFs and their VFs" },
        { "inventory --pools", "how many are free for which network" },
        { "inventory --capabilities", "offloads, RDMA, switchdev" },
        { "inventory -j | jq '.devices[] | select(.state == \"held\")'",
          "in a script" },
    },
    .execute = inventory_execute,
};
