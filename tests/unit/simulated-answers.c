/* SPDX-License-Identifier: Apache-2.0 */
/* SIMULATED: what simulated-vifd answers.  See simulated-answers.h. */

#include <config.h>

#include "tests/unit/simulated-answers.h"

#include <stdio.h>
#include <stdlib.h>

#include <vif/client.h>

json_t *simulated_ports;

json_t *
simulated_error(int code, const char *name, const char *message)
{
    return json_pack("{s:i, s:s, s:{s:s, s:b}}", "code", code, "message",
                     message, "data", "code", name, "retry", 0);
}

static json_t *
error_of_story(const char *id, const char *where)
{
    json_t *error;

    if (starts_with(id, "refused-")) {
        error = simulated_error(-32003, "conflict",
                                "tap1 belongs to somebody else");
        json_object_set_new(json_object_get(error, "data"), "where",
                            json_string(where));
        return error;
    } else if (starts_with(id, "failed-")) {
        error = simulated_error(-32007, "kernel",
                                "set MTU of tap1: kernel: Invalid argument");
        json_object_update_new(
            json_object_get(error, "data"),
            json_pack("{s:s, s:s, s:s, s:s, s:s}", "errno", "EINVAL",
                      "source", "mtu greater than device maximum",
                      "where", "params.binding.mtu",
                      "outcome", "failed-clean", "port_id", id));
        return error;
    } else if (starts_with(id, "undoing-")) {
        error = simulated_error(-32008, "ovsdb",
                                "ovs-vswitchd does not answer");
        json_object_update_new(
            json_object_get(error, "data"),
            json_pack("{s:b, s:i, s:s, s:s}", "retry", 1,
                      "retry_after_ms", 2000, "outcome", "failed-undoing",
                      "port_id", id));
        return error;
    }
    return NULL;
}

/* A reference to member 'key' of 'binding', else 'fallback'. */
static json_t *
member_or(const json_t *binding, const char *key, json_t *fallback)
{
    json_t *value = json_object_get(binding, key);

    if (value) {
        json_decref(fallback);
        return json_incref(value);
    }
    return fallback;
}

/* What a VF has instead of a tap. */
static void
make_direct(json_t *details)
{
    json_object_update_new(details, json_pack(
        "{s:s, s:s, s:s, s:{s:s, s:s, s:s, s:b}, s:{s:i}, s:i}",
        "vnic_type", "direct", "plugin", "sriov", "vif_type", "hw_veb",
        "devices", "device", "pci/0000:03:10.2", "pci_slot", "0000:03:10.2",
        "pf", "pci/0000:03:00.0", "managed", 1,
        "profile", "vf_num", 0, "numa_node", 0));
    json_object_del(details, "ofport");
    json_object_del(details, "ifindex");
}

static json_t *
details(const char *id, const json_t *binding, const char *state)
{
    bool evil = starts_with(id, "evil-");
    json_int_t queues
        = json_integer_value(json_object_get(binding, "queues"));

    json_t *object = json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:s,"
        " s:{s:o, s:b, s:s}, s:o, s:{s:s+}, s:o, s:o,"
        " s:{s:I, s:I, s:b, s:s}, s:i, s:i, s:s, s:[s], s:s}",
        "port_id", id, "outcome", "done", "state", state,
        "vnic_type", "normal", "plugin", "ovs", "vif_type", "ovs",
        "vif_details", "bridge_name",
        member_or(binding, "bridge", json_string("br-int")),
        "port_filter", 1, "connectivity", "l2",
        "profile", member_or(binding, "profile", json_object()),
        "devices", "tap", "tap", id,
        "mac_address",
        member_or(binding, "mac_address", json_string("fa:16:3e:00:00:01")),
        "mtu", member_or(binding, "mtu", json_integer(1450)),
        "queues", "requested", queues, "effective",
        queues > 4 ? (json_int_t) 4 : queues ? queues : (json_int_t) 1,
        "multiqueue", queues > 1,
        "why", queues > 4 ? "the instance has no more vCPUs" : "",
        "ofport", strcmp(state, "waiting-for-device") ? 7 : -1,
        "ifindex", 12, "interface_id", id,
        "warnings", evil ? "\033[2Jgotcha\r\nbell\a \xc2\x9b" : "queue 1 idle",
        "libvirt_xml",
        "<interface type='ethernet'>\n  <target dev='tap1'/>\n</interface>");
    if (!object) {
        abort();
    }
    if (!evil) {
        json_array_clear(json_object_get(object, "warnings"));
    }
    if (json_object_get(binding, "vf")) {
        make_direct(object);
    }
    return object;
}

static json_t *
details_of_plug(const char *id, const json_t *binding, bool changed)
{
    const char *state
        = (json_is_true(json_object_get(binding, "prepare")) ? "prepared"
           : json_is_false(json_object_get(binding, "create_device"))
           ? "waiting-for-device" : "active");
    json_t *object = details(id, binding, state);

    json_object_update_new(object, json_pack(
        "{s:[{s:s, s:s, s:s, s:i, s:i}, {s:s, s:s, s:s, s:i, s:i}],"
        " s:i, s:b}", "steps",
        "kind", "tap", "object", "tap1", "action", "add", "own_us", 41,
        "host_us", 730,
        "kind", "ovs-port", "object", "tap1", "action", "add",
        "own_us", 120, "host_us", 6420,
        "total_us", 7311, "changed", changed));
    return object;
}

/* One binding; false if the story has no answer. */
static json_t *
plug_one(const json_t *binding, const char *where, json_t **error)
{
    const char *id = json_string_value(json_object_get(binding, "port_id"));

    if (!id) {
        *error = simulated_error(-32000, "invalid",
                                 "params.binding.port_id: is missing");
        json_object_set_new(json_object_get(*error, "data"), "where",
                            json_string("params.binding.port_id"));
        return NULL;
    }
    *error = error_of_story(id, where);
    if (*error) {
        simulated_notify("failed", id, "plugging", "undoing",
               json_incref(*error));
        return NULL;
    }

    json_t *old = json_object_get(simulated_ports, id);
    bool changed = !old || !json_equal(json_object_get(old, "binding"),
                                       binding);
    json_t *result = details_of_plug(id, binding, changed);
    json_object_set_new(simulated_ports, id,
                        json_pack("{s:O, s:O}", "binding", binding, "state",
                                  json_object_get(result, "state")));
    simulated_notify("plugged", id, "plugging", "active", NULL);
    return result;
}

static json_t *
plug_all(const json_t *bindings, json_t **error)
{
    json_t *list = json_array();
    const json_t *binding;
    size_t i;

    json_array_foreach (bindings, i, binding) {
        json_t *result = plug_one(binding, "params.bindings[0]", error);

        if (!result) {
            const char *id
                = json_string_value(json_object_get(binding, "port_id"));
            json_t *data = json_object_get(*error, "data");

            json_object_set_new(data, "outcome",
                                json_string("failed-clean"));
            json_object_set_new(data, "ports", json_pack(
                "[{s:s, s:s, s:s, s:{s:s}}]", "port_id", id ? id : "?",
                "outcome", "failed-clean", "state", "gone", "error",
                "message", "this is the culprit"));
            json_decref(list);
            return NULL;
        }
        json_array_append_new(list, result);
    }
    return json_pack("{s:o}", "ports", list);
}

static json_t *
do_plug(const json_t *params, json_t **error)
{
    const json_t *bindings = json_object_get(params, "bindings");

    return (bindings ? plug_all(bindings, error)
            : plug_one(json_object_get(params, "binding"),
                       "params.binding.device_name", error));
}

const char *
simulated_port_of(const json_t *params)
{
    const char *id = json_string_value(json_object_get(params, "port_id"));

    return id ? id : "";
}

static json_t *
not_found(const char *id)
{
    char message[256];

    snprintf(message, sizeof message, "there is no port \"%.100s\"", id);
    json_t *error = simulated_error(-32005, "not-found", message);
    json_object_set_new(json_object_get(error, "data"), "where",
                        json_string("params.port_id"));
    return error;
}

static json_t *
do_unplug(const json_t *params, json_t **error)
{
    const char *id = simulated_port_of(params);
    bool there = json_object_get(simulated_ports, id) != NULL;

    *error = error_of_story(id, "params.port_id");
    if (*error) {
        return NULL;
    }
    json_object_del(simulated_ports, id);
    simulated_notify("unplugged", id, "unplugging", "gone", NULL);
    return json_pack("{s:s, s:s, s:s, s:o, s:[], s:i, s:b}", "port_id", id,
                     "outcome", "done", "state", "gone", "warnings",
                     there ? json_array()
                           : json_pack("[s]", "it was not plugged"),
                     "steps", "total_us", 1234567, "changed", there);
}

static json_t *
do_activate(const json_t *params, json_t **error)
{
    const char *id = simulated_port_of(params);
    json_t *port = json_object_get(simulated_ports, id);

    if (!port) {
        *error = not_found(id);
        return NULL;
    }
    json_object_set_new(port, "state", json_string("active"));
    simulated_notify("plugged", id, "prepared", "active", NULL);
    return details(id, json_object_get(port, "binding"), "active");
}

static json_t *
do_list(const json_t *params, json_t **error)
{
    const json_t *state = json_object_get(params, "state");
    json_t *list = json_array();
    const char *id;
    json_t *port;

    (void) error;
    json_object_foreach (simulated_ports, id, port) {
        const json_t *binding = json_object_get(port, "binding");

        if (!state || json_equal(state, json_object_get(port, "state"))) {
            json_array_append_new(list, json_pack(
                "{s:s, s:O, s:s, s:s, s:s, s:O?, s:O?, s:O?, s:i, s:s}",
                "port_id", id,
                "state", json_object_get(port, "state"),
                "vnic_type", "normal", "plugin", "ovs", "device", "tap1",
                "bridge", json_object_get(binding, "bridge"),
                "instance_id", json_object_get(binding, "instance_id"),
                "instance_name", json_object_get(binding, "instance_name"),
                "ofport", 7,
                "since", "2024-05-01T12:00:00.250Z"));
        }
    }
    return json_pack("{s:o}", "ports", list);
}

static json_t *
do_show(const json_t *params, json_t **error)
{
    const char *id = simulated_port_of(params);
    json_t *port = json_object_get(simulated_ports, id);

    if (!port) {
        *error = not_found(id);
        return NULL;
    }
    json_t *binding = json_object_get(port, "binding");
    json_t *object = details(id, binding, json_string_value(
                                 json_object_get(port, "state")));
    json_object_del(object, "outcome");
    json_object_update_new(object, json_pack(
        "{s:O, s:s, s:n, s:[{s:s, s:s, s:s, s:b, s:{s:s, s:s}, s:{s:s},"
        " s:{s:s}}]}", "binding", binding,
        "since", "2024-05-01T12:00:00.250Z", "error", "steps",
        "kind", "tap", "object", "tap1", "phase", "done", "shared", 0,
        "args", "mtu", "1450", "up", "true", "original", "existed", "false",
        "output", "ifindex", "12"));
    return object;
}

static json_t *
do_plan(const json_t *params, json_t **error)
{
    const json_t *binding = json_object_get(params, "binding");
    const char *id = json_string_value(json_object_get(binding, "port_id"));

    *error = error_of_story(id ? id : "", "params.binding.device_name");
    return *error ? NULL : json_pack(
        "{s:s, s:s, s:[{s:s, s:s, s:s, s:b, s:[], s:{s:s}, s:{}},"
        " {s:s, s:s, s:s, s:b, s:[i], s:{s:s}, s:{s:{s:i, s:s}}}],"
        " s:[s], s:[s], s:{s:s, s:i}, s:[s]}",
        "port_id", id ? id : "?", "plugin", "ovs", "steps",
        "kind", "tap", "object", "tap1", "action", "add", "shared", 0,
        "after", "args", "mtu", "1450", "late",
        "kind", "ovs-port", "object", "tap1", "action", "alter",
        "shared", 0, "after", 0, "args", "bridge", "br-int", "late",
        "ifindex", "step", 0, "output", "ifindex",
        "dropped", "tap tap0", "claims", "tap:tap1",
        "details", "vif_type", "ovs", "mtu", 1450,
        "warnings", "this is a plan");
}

static json_t *
verdict(const char *id, bool repair)
{
    bool ok = repair || !starts_with(id, "drifted-");
    json_t *object = json_pack("{s:s, s:b, s:s, s:s, s:b}", "port_id", id,
                               "ok", ok, "state", ok ? "active" : "drifted",
                               "outcome", ok ? "done" : "failed-clean",
                               "changed", repair);

    if (!ok) {
        json_object_set_new(object, "error",
                            simulated_error(-32007, "kernel",
                                            "tap1 has MTU 9000, not 1450"));
    }
    return object;
}

static json_t *
verify(const json_t *params, bool repair, json_t **error)
{
    const char *only = json_string_value(json_object_get(params, "port_id"));
    json_t *list = json_array();
    const char *id;
    json_t *port;

    if (only && !json_object_get(simulated_ports, only)) {
        *error = not_found(only);
        json_decref(list);
        return NULL;
    }
    json_object_foreach (simulated_ports, id, port) {
        if (!only || !strcmp(only, id)) {
            json_array_append_new(list, verdict(id, repair));
        }
    }
    return json_pack("{s:o}", "ports", list);
}

static json_t *
do_check(const json_t *params, json_t **error)
{
    return verify(params, false, error);
}

static json_t *
do_repair(const json_t *params, json_t **error)
{
    return verify(params, true, error);
}

static json_t *
do_rebuild(const json_t *params, json_t **error)
{
    const char *key = json_string_value(json_object_get(params, "key"));

    if (key && !strcmp(key, "bad")) {
        *error = json_pack("{s:i, s:s}", "code", -32000, "message",
                           "the key \"bad\" is neither a UUID nor \"new\"");
        return NULL;
    }
    return json_pack("{s:s, s:s, s:s, s:i, s:[s, s], s:[{s:s, s:s, s:{s:s}}]}",
                     "path", "/j/journal.db", "key", key ? key : "k",
                     "aside", "/j/journal.db.broken-1", "known", 3,
                     "rebuilt", "p1", "p2", "lost", "port_id", "p3",
                     "object", "tap3", "error", "message", "no row");
}

static json_t *
do_capabilities(const json_t *params, json_t **error)
{
    (void) params;
    (void) error;
    return json_pack(
        "{s:{s:{s:b, s:[s]}, s:{s:b, s:[], s:s}}, s:[{s:s, s:s, s:b}],"
        " s:[{s:s, s:s}], s:{s:s, s:s, s:[s, s]}, s:{s:s, s:b}, s:{s:i},"
        " s:[s]}",
        "vnic_types", "normal", "available", 1, "plugins", "ovs",
        "direct", "available", 0, "plugins", "missing",
        "no plugin for it is loaded",
        "plugins", "name", "ovs", "summary", "taps on Open vSwitch",
        "loaded", 1,
        "steps", "kind", "tap", "summary", "a tap device",
        "ovs", "version", "3.1.0", "health", "ok", "datapath_types",
        "netdev", "system", "kernel", "release", "6.1.0", "tun", 1,
        "limits", "ports", 4096, "drained", "pci/0000:03:00.0");
}

/* A PF with VFs 1 and 10, and a NIC that nobody may use. */
static json_t *
do_inventory(const json_t *params, json_t **error)
{
    (void) params;
    (void) error;
    return json_pack(
        "{s:[{s:s, s:s, s:s, s:s, s:{s:s}, s:s, s:i, s:b, s:s, s:s, s:s,"
        " s:s, s:[s, s]},"
        " {s:s, s:s, s:s, s:i, s:b, s:n, s:s},"
        " {s:s, s:s, s:s, s:i, s:b, s:s, s:s, s:s},"
        " {s:s, s:s, s:s, s:s, s:b, s:s}],"
        " s:[{s:s, s:s, s:s, s:i, s:i, s:i, s:i, s:i}]}",
        "devices",
        "device", "pci/0000:03:00.0", "type", "type-PF", "vendor_id", "8086",
        "product_id", "1572", "netdev", "name", "eno1", "driver", "i40e",
        "numa_node", 0, "usable", 1, "physical_network", "physnet1",
        "state", "excluded", "devlink", "pci/0000:03:00.0",
        "eswitch", "switchdev", "capabilities", "tso", "switchdev",
        "device", "pci/0000:03:02.2", "type", "type-VF",
        "pf", "pci/0000:03:00.0", "vf_number", 10, "usable", 1,
        "physical_network", "state", "free",
        "device", "pci/0000:03:03.1", "type", "type-VF",
        "pf", "pci/0000:03:00.0", "vf_number", 1, "usable", 1,
        "physical_network", "physnet1", "state", "held", "port_id", "p1",
        "device", "pci/0000:04:00.0", "type", "type-PCI", "vendor_id",
        "15b3", "product_id", "101d", "usable", 0, "state", "free",
        "pools", "physical_network", "physnet1", "type", "type-VF", "pf",
        "pci/0000:03:00.0", "devices", 2, "free", 1, "held", 1,
        "excluded", 0, "leaving", 0);
}

/* One device for the first port; with a NUMA node, none. */
static json_t *
do_fit(const json_t *params, json_t **error)
{
    const json_t *bindings = json_object_get(params, "bindings");
    const json_t *first = json_array_get(bindings, 0);
    json_t *id = json_object_get(first, "port_id");

    (void) error;
    if (!json_object_get(first, "numa")) {
        return json_pack("{s:b, s:[{s:O, s:s, s:[]}]}", "fits", 1, "ports",
                         "port_id", id, "device", "pci/0000:03:01.0",
                         "filters");
    }
    return json_pack("{s:b, s:[{s:O, s:n, s:[{s:s, s:s, s:i},"
                     " {s:s, s:s, s:i}]}], s:{s:i, s:s}}", "fits", 0,
                     "ports", "port_id", id, "device", "filters",
                     "filter", "device_spec", "asks", "device_spec",
                     "left", 8, "filter", "numa", "asks",
                     "NUMA policy required, node 1", "left", 0,
                     "error", "code", -32000, "message", "no device fits");
}

static json_t *
do_reload(const json_t *params, json_t **error)
{
    (void) params;
    (void) error;
    return json_pack("{s:b, s:[s]}", "reloaded", 1, "restart_needed",
                     "socket");
}

static json_t *
do_version(const json_t *params, json_t **error)
{
    (void) params;
    (void) error;
    return json_pack("{s:s, s:s, s:i}", "server", "vifd", "release",
                     "0.0.simulated", "version", 1);
}

static json_t *
do_hello(const json_t *params, json_t **error)
{
    const char *in_flight = quirk("in-flight=");
    const char *line = quirk("line=");

    (void) params;
    if (quirk("refuse")) {
        *error = simulated_error(-32002, "access", "you may not speak to me");
        return NULL;
    }
    return json_pack("{s:i, s:s, s:s, s:[s, s, s], s:{s:i, s:i, s:i}}",
                     "version", quirk("old") ? 7 : 1, "server", "vifd",
                     "release", "0.0.simulated", "methods", "hello", "plug",
                     "unplug", "limits",
                     "line", line ? atoi(line) : VIF_CLIENT_REQUEST_MAX,
                     "depth", 64, "in_flight",
                     in_flight ? atoi(in_flight) : 32);
}

/* Two things are left over; the second cannot be taken back. */
static json_t *
do_gc(const json_t *params, json_t **error)
{
    bool dry_run = json_is_true(json_object_get(params, "dry_run"));
    json_t *row = json_pack("{s:s, s:s, s:s, s:s, s:s, s:b}", "kind",
                            "ovs-port", "object", "tap1", "port_id", "p1",
                            "bridge", "br-int", "uuid", "u1", "collected",
                            !dry_run);
    json_t *tap = json_pack("{s:s, s:s, s:s, s:i, s:b}", "kind", "tap",
                            "object", "tap2", "port_id", "p2", "ifindex", 7,
                            "collected", 0);
    json_int_t interval = json_integer_value(
        json_object_get(params, "interval_ms"));

    if (interval > 60000) {
        json_decref(row);
        json_decref(tap);
        *error = simulated_error(-32602, "invalid", "params.interval_ms: must "
                                 "be 0 to 60000");
        return NULL;
    } else if (interval == 1) {
        json_decref(row);
        json_decref(tap);
        return json_pack("{s:[]}", "orphans");
    }
    if (!dry_run) {
        json_object_set_new(tap, "error",
                            simulated_error(-32007, "kernel", "it stays"));
    }
    return json_pack("{s:[o, o]}", "orphans", row, tap);
}

static json_t *
answer_drain(const json_t *params, json_t **error, bool drained)
{
    const char *device = json_string_value(json_object_get(params, "device"));

    if (!device || strcmp(device, "eno1")) {
        *error = json_pack("{s:i, s:s, s:{s:s}}", "code", -32003, "message",
                           "there is no device \"eno9\"", "data", "code",
                           "not-found");
        return NULL;
    }
    json_t *answer = json_pack("{s:s, s:b, s:[{s:s, s:s, s:s, s:s, s:s}]}",
                               "device", "pci/0000:03:00.0",
                               "drained", drained, "ports",
                               "port_id", "p1", "device", "pci/0000:03:03.1",
                               "state", "active", "instance_id", "i1",
                               "instance_name", "vm-1");
    return answer;
}

static json_t *
do_drain(const json_t *params, json_t **error)
{
    return answer_drain(params, error, true);
}

static json_t *
do_undrain(const json_t *params, json_t **error)
{
    return answer_drain(params, error, false);
}

static json_t *
do_watch(const json_t *params, json_t **error)
{
    (void) params;
    (void) error;
    return json_pack("{s:b}", "watching", 1);
}

static const struct {
    const char *name;
    json_t *(*call)(const json_t *params, json_t **error);
} methods[] = {
    { "hello", do_hello }, { "plug", do_plug }, { "unplug", do_unplug },
    { "plan", do_plan }, { "list", do_list }, { "show", do_show },
    { "check", do_check }, { "gc", do_gc }, { "repair", do_repair },
    { "rebuild", do_rebuild },
    { "activate", do_activate }, { "abort", do_unplug },
    { "capabilities", do_capabilities }, { "inventory", do_inventory },
    { "fit", do_fit }, { "drain", do_drain }, { "undrain", do_undrain },
    { "reload", do_reload },
    { "version", do_version }, { "watch", do_watch },
};

json_t *
simulated_call(const char *method, const json_t *params, json_t **error)
{
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        if (!strcmp(methods[i].name, method)) {
            return methods[i].call(params, error);
        }
    }
    *error = json_pack("{s:i, s:s}", "code", -32601, "message",
                       "there is no such method");
    return NULL;
}
