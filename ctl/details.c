/* SPDX-License-Identifier: Apache-2.0 */
/* What is known of a port, for a human.  See details.h. */

#include <config.h>

#include "ctl/details.h"

#include <stdlib.h>
#include <string.h>

#include "ctl/session.h"
#include "ctl/units.h"
#include "lib/alloc.h"
#include "lib/cleanup.h"

static const struct {
    const char *state;
    enum tone tone;
} state_tones[] = {
    { "active", TONE_GOOD },
    { "gone", TONE_FAINT },
    { "drifted", TONE_BAD },
    { "undoing", TONE_BAD },
};

enum tone
state_tone(const char *state)
{
    for (size_t i = 0; i < sizeof state_tones / sizeof *state_tones; i++) {
        if (state && !strcmp(state_tones[i].state, state)) {
            return state_tones[i].tone;
        }
    }
    return TONE_NOTICE;
}

void
details_write_state(struct session *session, const json_t *object)
{
    const char *state = json_string_value(json_object_get(object, "state"));

    writer_attr(session->writer, "state", "state", state, state_tone(state));
}

/* Members of the answer, in the order in which a human reads them. */
static const struct {
    const char *tag;
    const char *title;
} members[] = {
    { "vnic_type", "vnic type" },
    { "plugin", "plugin" },
    { "devices", "device" },
    { "mac_address", "MAC address" },
    { "mtu", "MTU" },
    { "queues", "queues" },
    { "ofport", "OpenFlow port" },
    { "ifindex", "ifindex" },
    { "numa_node", "NUMA node" },
    { "interface_id", "interface id" },
    { "vif_type", "vif type" },
    { "vif_details", "vif details" },
    { "profile", "profile" },
};

/* "4", "4 (multi-queue)", "2 of 8: the instance has no more vCPUs". */
static char *
queues_in_words(const json_t *queues)
{
    json_int_t requested
        = json_integer_value(json_object_get(queues, "requested"));
    json_int_t effective
        = json_integer_value(json_object_get(queues, "effective"));
    const char *why = json_string_value(json_object_get(queues, "why"));

    if (!json_is_object(queues)) {
        return NULL;
    }
    if (requested > effective) {
        return vif_xasprintf("%lld of %lld%s%s", (long long) effective,
                             (long long) requested, why && *why ? ": " : "",
                             why ? why : "");
    }
    return vif_xasprintf("%lld%s", (long long) effective,
                         json_is_true(json_object_get(queues, "multiqueue"))
                         ? " (multi-queue)" : "");
}

/* What the answer may have of a device, in the order in which a human reads
 * it.  The first that there is names it in a table of ports. */
static const struct {
    const char *tag;
    const char *title;
} device_members[] = {
    { "tap", "device" },
    { "macvtap", "macvtap" },
    { "node", "opened as" },
    { "device", "device" },
    { "pci_slot", "PCI address" },
    { "netdev", "netdev" },
    { "driver", "driver" },
    { "managed", "libvirt binds" },
    { "pf", "PF" },
};
#define N_DEVICE_MEMBERS (sizeof device_members / sizeof *device_members)

static bool
is_device_member(const char *tag)
{
    for (size_t i = 0; i < N_DEVICE_MEMBERS; i++) {
        if (!strcmp(device_members[i].tag, tag)) {
            return true;
        }
    }
    return false;
}

void
details_write_device(struct session *session, const json_t *details)
{
    json_t *devices = json_object_get(details, "devices");
    CLEANUP_FREE char *words = NULL;

    for (size_t i = 0; i < N_DEVICE_MEMBERS && !words; i++) {
        words = value_in_words(json_object_get(devices,
                                               device_members[i].tag));
    }
    if (!words) {
        words = value_in_words(devices);
    }
    writer_attr(session->writer, "devices", "device", words, TONE_PLAIN);
}

/* Each with a line of its own, and those of another plugin by their names. */
static void
write_devices(struct session *session, const json_t *details)
{
    json_t *devices = json_object_get(details, "devices");
    const json_t *profile = json_object_get(details, "profile");
    const char *tag;
    json_t *value;

    for (size_t i = 0; i < N_DEVICE_MEMBERS; i++) {
        if (json_object_get(devices, device_members[i].tag)) {
            writer_member(session->writer, devices, device_members[i].tag,
                          device_members[i].title, TONE_PLAIN);
        }
    }
    json_object_foreach (devices, tag, value) {
        if (!is_device_member(tag)) {
            writer_member(session->writer, devices, tag, tag, TONE_PLAIN);
        }
    }
    if (json_object_get(devices, "pf")) {
        writer_member(session->writer, profile, "vf_num", "VF number",
                      TONE_PLAIN);
    }
}

void
details_write_instance(struct session *session, const json_t *row)
{
    const char *id = json_string_value(json_object_get(row, "instance_id"));
    const char *name
        = json_string_value(json_object_get(row, "instance_name"));

    writer_attr(session->writer, "instance", "instance", name ? name : id,
                TONE_PLAIN);
}

void
details_write_ofport(struct session *session, const json_t *object,
                     const char *title)
{
    const json_t *ofport = json_object_get(object, "ofport");
    bool known = json_integer_value(ofport) > 0;
    CLEANUP_FREE char *words = known ? value_in_words(ofport) : NULL;

    writer_attr(session->writer, "ofport", title, words, TONE_PLAIN);
}

void
details_write_members(struct session *session, const json_t *details)
{
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        const char *tag = members[i].tag;
        const char *title = members[i].title;

        if (!strcmp(tag, "queues")) {
            CLEANUP_FREE char *words
                = queues_in_words(json_object_get(details, tag));

            writer_attr(session->writer, tag, title, words, TONE_PLAIN);
        } else if (!strcmp(tag, "devices")) {
            write_devices(session, details);
        } else if (!strcmp(tag, "ofport")) {
            details_write_ofport(session, details, title);
        } else {
            writer_member(session->writer, details, tag, title, TONE_PLAIN);
        }
    }
}

void
details_write_warnings(struct session *session, const json_t *details)
{
    const json_t *warning;
    size_t i;

    json_array_foreach (json_object_get(details, "warnings"), i, warning) {
        CLEANUP_FREE char *text = value_in_words(warning);

        session_say(session, TONE_NOTICE, "warning: %s", text ? text : "");
    }
}

static void
write_duration(struct writer *writer, const json_t *object, const char *tag,
               const char *title)
{
    const json_t *us = json_object_get(object, tag);
    char buf[UNITS_BUFSIZE];

    writer_attr(writer, tag, title,
                us ? units_duration(json_integer_value(us), buf) : NULL,
                TONE_PLAIN);
}

/* What each step took: own time apart from the host's. */
static void
write_timings(struct session *session, const json_t *details)
{
    const json_t *steps = json_object_get(details, "steps");
    const json_t *step;
    size_t i;

    if (!json_array_size(steps)) {
        return;
    }
    writer_start(session->writer, BLOCK_ROWS, "steps", NULL);
    json_array_foreach (steps, i, step) {
        writer_start(session->writer, BLOCK_ROW, "step", NULL);
        writer_member(session->writer, step, "action", "action", TONE_PLAIN);
        writer_member(session->writer, step, "kind", "step", TONE_PLAIN);
        writer_member(session->writer, step, "object", "object", TONE_PLAIN);
        write_duration(session->writer, step, "host_us", "host");
        write_duration(session->writer, step, "own_us", "vifd");
        writer_end(session->writer);
    }
    writer_end(session->writer);
}

void
details_write_verdict(struct session *session, const json_t *details)
{
    struct writer *writer = session->writer;
    const char *state = json_string_value(json_object_get(details, "state"));
    bool gone = state && !strcmp(state, "gone");
    bool unchanged = json_is_false(json_object_get(details, "changed"));

    writer_start(writer, BLOCK_FIELDS, "port", NULL);
    writer_member(writer, details, "port_id", "port", TONE_HEADING);
    details_write_state(session, details);
    if (unchanged && !gone) {
        writer_attr(writer, "changed", "changed",
                    "nothing: everything was in place", TONE_PLAIN);
    }
    details_write_members(session, details);
    write_duration(writer, details, "total_us", "took");
    writer_end(writer);
    write_timings(session, details);
    details_write_warnings(session, details);
}
