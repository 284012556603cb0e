/* SPDX-License-Identifier: Apache-2.0 */
/* Bindings out of options: the table says which option sets which member. */

#include <config.h>

#include "ctl/bindings.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/input.h"
#include "ctl/invocation.h"
#include "ctl/session.h"
#include "lib/alloc.h"
#include "lib/cleanup.h"

static const char *const vnic_types[] = {
    "normal", "direct", "direct-physical", "macvtap", "vdpa",
    "virtio-forwarder", "remote-managed", NULL
};

static const char *const on_off[] = { "off", "on", NULL };
static const char *const link_states[] = { "auto", "enable", "disable",
                                           NULL };
static const char *const vlan_protocols[] = { "802.1Q", "802.1ad", NULL };
static const char *const macvtap_modes[] = {
    "bridge", "vepa", "private", "passthru", NULL
};
static const char *const numa_policies[] = {
    "legacy", "required", "preferred", "socket", NULL
};

const struct argument binding_arguments[] = {
    { .name = "PORT", .kind = ARGUMENT_TEXT, .member = "port_id",
      .help = "The id of the port: Neutron's UUID" },
    { .name = "--bridge", .kind = ARGUMENT_TEXT, .value = "BRIDGE",
      .member = "bridge",
      .help = "Open vSwitch bridge [as configured: br-int]" },
    { .name = "--mac", .kind = ARGUMENT_TEXT, .value = "ADDRESS",
      .member = "mac_address", .help = "The guest's MAC address" },
    { .name = "--mtu", .kind = ARGUMENT_NUMBER, .value = "BYTES",
      .min = 68, .max = 65535, .member = "mtu",
      .help = "MTU of the device [as configured]" },
    { .name = "--queues", .kind = ARGUMENT_NUMBER, .value = "N",
      .max = 256, .member = "queues", .help = "Queue pairs wanted [1]" },
    { .name = "--vcpus", .kind = ARGUMENT_NUMBER, .value = "N",
      .max = 65535, .member = "vcpus",
      .help = "vCPUs of the instance, which limit its queues" },
    { .name = "--vnic-type", .kind = ARGUMENT_CHOICE, .value = "TYPE",
      .choices = vnic_types, .member = "vnic_type",
      .help = "Neutron's binding:vnic_type [normal]" },
    { .name = "--plugin", .kind = ARGUMENT_TEXT, .value = "NAME",
      .member = "plugin", .help = "How to plug it [by the vnic type]" },
    { .name = "--physical-network", .kind = ARGUMENT_TEXT, .value = "NAME",
      .member = "physical_network", .help = "Physical network [none]" },
    { .name = "--datapath-type", .kind = ARGUMENT_TEXT, .value = "TYPE",
      .member = "datapath_type",
      .help = "Of the bridge: system or netdev [as it is]" },
    { .name = "--interface-id", .kind = ARGUMENT_TEXT, .value = "ID",
      .member = "interface_id",
      .help = "external_ids:iface-id [the port's id]" },
    { .name = "--external-id", .kind = ARGUMENT_PAIR, .value = "KEY=VALUE",
      .repeated = true, .member = "external_ids",
      .help = "Further external_ids of the Interface" },
    { .name = "--instance", .kind = ARGUMENT_TEXT, .value = "UUID",
      .member = "instance_id",
      .help = "The instance: external_ids:vm-uuid" },
    { .name = "--instance-name", .kind = ARGUMENT_TEXT, .value = "NAME",
      .member = "instance_name", .help = "Its name, for the log" },
    { .name = "--project", .kind = ARGUMENT_TEXT, .value = "ID",
      .member = "project_id", .help = "The project it belongs to" },
    { .name = "--network", .kind = ARGUMENT_TEXT, .value = "ID",
      .member = "network_id", .help = "The network of the port" },
    { .name = "--model", .kind = ARGUMENT_TEXT, .value = "MODEL",
      .member = "model", .help = "The guest's device model [virtio]" },
    { .name = "--device", .kind = ARGUMENT_TEXT, .value = "NAME",
      .member = "device_name",
      .help = "Name of the device [tap and the id, 14 characters]" },
    { .name = "--no-create-device", .kind = ARGUMENT_FLAG,
      .member = "create_device",
      .help = "libvirt makes the device, not vifd" },
    { .name = "--owner", .kind = ARGUMENT_TEXT, .value = "USER[:GROUP]",
      .member = "device_owner",
      .help = "Who may open the device: names or numbers" },
    { .name = "--vlan", .kind = ARGUMENT_NUMBER, .value = "ID",
      .max = 4094, .member = "vf.vlan", .help = "VLAN of the VF [none]" },
    { .name = "--vlan-qos", .kind = ARGUMENT_NUMBER, .value = "PRIORITY",
      .max = 7, .member = "vf.vlan_qos",
      .help = "Priority that the VF's VLAN tag has [0]" },
    { .name = "--vlan-protocol", .kind = ARGUMENT_CHOICE,
      .value = "PROTOCOL", .choices = vlan_protocols,
      .member = "vf.vlan_protocol",
      .help = "Of the VF's VLAN tag [802.1Q]" },
    { .name = "--min-tx-rate", .kind = ARGUMENT_NUMBER, .value = "MBIT",
      .max = UINT32_MAX, .member = "vf.min_tx_rate",
      .help = "Mbit/s that the VF may always send; 0: none in particular" },
    { .name = "--max-tx-rate", .kind = ARGUMENT_NUMBER, .value = "MBIT",
      .max = UINT32_MAX, .member = "vf.max_tx_rate",
      .help = "Mbit/s that the VF may send at most; 0: no limit" },
    { .name = "--spoofchk", .kind = ARGUMENT_CHOICE, .value = "ON",
      .choices = on_off, .member = "vf.spoofchk",
      .help = "Whether the VF may send from its own MAC address only" },
    { .name = "--trust", .kind = ARGUMENT_CHOICE, .value = "ON",
      .choices = on_off, .member = "vf.trust",
      .help = "Whether the VF may change its MAC address and the like" },
    { .name = "--link-state", .kind = ARGUMENT_CHOICE, .value = "STATE",
      .choices = link_states, .member = "vf.link_state",
      .help = "What the VF sees of the link" },
    { .name = "--best-effort", .kind = ARGUMENT_FLAG,
      .member = "vf.best_effort",
      .help = "Warn of what the VF's driver cannot do, do not fail" },
    { .name = "--driver", .kind = ARGUMENT_TEXT, .value = "NAME",
      .member = "driver",
      .help = "Driver to bind to the VF, as vfio-pci [left to libvirt]" },
    { .name = "--macvtap-mode", .kind = ARGUMENT_CHOICE, .value = "MODE",
      .choices = macvtap_modes, .member = "macvtap.mode",
      .help = "Mode of the macvtap [passthru on a VF, else bridge]" },
    { .name = "--macvtap-source", .kind = ARGUMENT_TEXT, .value = "NAME",
      .member = "macvtap.source",
      .help = "Device below the macvtap [the VF that the port gets]" },
    { .name = "--macvtap-vlan", .kind = ARGUMENT_NUMBER, .value = "ID",
      .max = 4094, .member = "macvtap.vlan",
      .help = "VLAN that the device below the macvtap is of [none]" },
    { .name = "--physical-interface", .kind = ARGUMENT_TEXT,
      .value = "NAME", .member = "macvtap.physical_interface",
      .help = "What that VLAN is on" },
    { .name = "--port-profile", .kind = ARGUMENT_PAIR, .value = "KEY=VALUE",
      .repeated = true, .member = "port_profile",
      .help = "Of the switch's port profile: type=802.1Qbh ..." },
    { .name = "--numa-node", .kind = ARGUMENT_NUMBER, .value = "NODE",
      .max = 63, .repeated = true, .member = "numa.nodes",
      .help = "A NUMA node that the instance is on [none]" },
    { .name = "--numa-policy", .kind = ARGUMENT_CHOICE, .value = "POLICY",
      .choices = numa_policies, .member = "numa.policy",
      .help = "How near to those nodes the device must be [legacy]" },
    { .name = "--prepare", .kind = ARGUMENT_FLAG, .member = "prepare",
      .help = "Put in place, carry no traffic until 'vifctl activate'" },
    { .name = "--profile", .kind = ARGUMENT_PAIR, .value = "KEY=VALUE",
      .repeated = true, .member = "profile",
      .help = "Of binding:profile; VALUE is JSON or text" },
    { .name = "--hint", .kind = ARGUMENT_PAIR, .value = "KEY=VALUE",
      .repeated = true, .member = "hints",
      .help = "Kept and given back; VALUE is JSON or text" },
    ARGUMENTS_END
};

const struct argument binding_file_arguments[] = {
    { .name = "--file", .letter = 'F', .kind = ARGUMENT_FILE,
      .value = "FILE",
      .help = "Read bindings as JSON: one, a list, or one a line; - is "
              "standard input" },
    ARGUMENTS_END
};

const char *
bindings_validate_or_none(const struct invocation *invocation)
{
    return (invocation_has(invocation, "--file")
            && invocation_has(invocation, "PORT")
            ? "give either PORT or --file, not both" : NULL);
}

const char *
bindings_validate(const struct invocation *invocation)
{
    return (!invocation_has(invocation, "--file")
            && !invocation_has(invocation, "PORT") ? "give PORT or --file"
            : bindings_validate_or_none(invocation));
}

const char *
binding_port_id(const json_t *binding)
{
    const char *id = json_string_value(json_object_get(binding, "port_id"));

    return id ? id : "?";
}

/* One option. */

/* The number that 'text' is, or that 'name_to_id' finds for it. */
static bool
read_id(const char *text, bool (*name_to_id)(const char *, unsigned long *),
        unsigned long *id)
{
    char *end;

    errno = 0;
    *id = strtoul(text, &end, 10);
    if (*text >= '0' && *text <= '9' && !*end) {
        return !errno && *id < UINT32_MAX;
    }
    return *text && name_to_id(text, id);
}

static bool
user_to_id(const char *name, unsigned long *id)
{
    const struct passwd *user = getpwnam(name);

    *id = user ? user->pw_uid : 0;
    return user != NULL;
}

static bool
group_to_id(const char *name, unsigned long *id)
{
    const struct group *group = getgrnam(name);

    *id = group ? group->gr_gid : 0;
    return group != NULL;
}

/* "USER", "USER:GROUP" or ":GROUP". */
static char *
read_owner(const char *text, json_t **value)
{
    const char *colon = strchr(text, ':');
    size_t length = colon ? (size_t) (colon - text) : strlen(text);
    CLEANUP_FREE char *user = vif_xasprintf("%.*s", (int) length, text);
    unsigned long uid, gid;
    json_t *owner = json_object();

    *value = owner;
    if (length) {
        if (!read_id(user, user_to_id, &uid)) {
            return vif_xasprintf("--owner: there is no user '%s'", user);
        }
        json_object_set_new(owner, "uid", json_integer((json_int_t) uid));
    }
    if (colon) {
        if (!read_id(colon + 1, group_to_id, &gid)) {
            return vif_xasprintf("--owner: there is no group '%s'",
                                 colon + 1);
        }
        json_object_set_new(owner, "gid", json_integer((json_int_t) gid));
    }
    return NULL;
}

/* Members whose values are strings, whatever they look like. */
static bool
takes_strings_only(const char *member)
{
    return !strcmp(member, "external_ids") || !strcmp(member, "port_profile");
}

/* The object that is member 'name' of 'object', made if it is not there. */
static json_t *
get_object(json_t *object, const char *name)
{
    json_t *inner = json_object_get(object, name);

    if (!json_is_object(inner)) {
        inner = json_object();
        json_object_set_new(object, name, inner);
    }
    return inner;
}

/* KEY=VALUE into the object 'member' of 'binding'. */
static char *
set_pair(json_t *binding, const char *member, const char *text)
{
    const char *equals = strchr(text, '=');
    CLEANUP_FREE char *key = vif_xasprintf("%.*s", (int) (equals - text),
                                           text);
    json_t *value = (takes_strings_only(member) ? NULL
                     : json_loads(equals + 1, JSON_DECODE_ANY, NULL));

    return (json_object_set_new(get_object(binding, member), key,
                                value ? value : json_string(equals + 1))
            ? vif_xasprintf("'%s' is no UTF-8", text) : NULL);
}

/* The value of an option that is no pair. */
static char *
read_value(const struct value *value, json_t **json)
{
    const struct argument *argument = value->argument;

    if (argument->kind == ARGUMENT_FLAG) {
        *json = json_boolean(strncmp(argument->name, "--no-", 5) != 0);
    } else if (argument->kind == ARGUMENT_NUMBER) {
        *json = json_integer(strtol(value->text, NULL, 10));
    } else if (argument->choices == on_off) {
        *json = json_boolean(!strcmp(value->text, "on"));
    } else if (!strcmp(argument->member, "device_owner")) {
        return read_owner(value->text, json);
    } else {
        *json = json_string(value->text);
        if (!*json) {
            return vif_xasprintf("%s: '%s' is no UTF-8", argument->name,
                                 value->text);
        }
    }
    return NULL;
}

/* "vf.vlan" is the member "vlan" of the object "vf".  What may be repeated is
 * an array, the first of which replaces what a file has. */
static char *
set_member(json_t *binding, const struct value *value, bool first)
{
    const char *member = value->argument->member;
    const char *dot = strchr(member, '.');
    CLEANUP_JSON json_t *json = NULL;

    if (value->argument->kind == ARGUMENT_PAIR) {
        return set_pair(binding, member, value->text);
    }

    char *why = read_value(value, &json);
    if (why) {
        return why;
    }
    if (dot) {
        CLEANUP_FREE char *outer = vif_xasprintf("%.*s",
                                                 (int) (dot - member),
                                                 member);
        binding = get_object(binding, outer);
        member = dot + 1;
    }
    if (!value->argument->repeated) {
        json_object_set(binding, member, json);
        return NULL;
    }
    if (first) {
        json_object_set_new(binding, member, json_array());
    }
    json_array_append(json_object_get(binding, member), json);
    return NULL;
}

/* Whether value 'i' is the first of its option. */
static bool
is_first(const struct invocation *invocation, size_t i)
{
    for (size_t j = 0; j < i; j++) {
        if (invocation->values[j].argument
            == invocation->values[i].argument) {
            return false;
        }
    }
    return true;
}

/* Lays the options of 'invocation' over 'binding'.  Returns what is wrong, to
 * be freed by the caller, or NULL. */
static char *
set_members(json_t *binding, const struct invocation *invocation)
{
    for (size_t i = 0; i < invocation->n; i++) {
        const struct value *value = &invocation->values[i];

        if (value->argument->member) {
            char *why = set_member(binding, value, is_first(invocation, i));
            if (why) {
                return why;
            }
        }
    }
    return NULL;
}

static enum status
overlay(struct session *session, json_t *bindings)
{
    json_t *binding;
    size_t i;

    json_array_foreach (bindings, i, binding) {
        CLEANUP_FREE char *why = set_members(binding, session->invocation);

        if (why) {
            session_say(session, TONE_BAD, "%s", why);
            return STATUS_USAGE;
        }
    }
    return STATUS_DONE;
}

/* Files. */

/* Whether each element of 'list' is an object. */
static enum status
check_objects(struct session *session, const char *path, const json_t *list)
{
    const json_t *element;
    size_t i;

    json_array_foreach (list, i, element) {
        if (!json_is_object(element)) {
            session_say(session, TONE_BAD,
                        "%s: binding %zu is no JSON object", path, i + 1);
            return STATUS_USAGE;
        }
    }
    if (!json_array_size(list)) {
        session_say(session, TONE_BAD, "%s: there is no binding in it",
                    path);
        return STATUS_USAGE;
    }
    return STATUS_DONE;
}

static enum status
read_bindings(struct session *session, json_t *list, bool *many)
{
    const char *path = invocation_get(session->invocation, "--file");

    *many = false;
    if (!path) {
        json_array_append_new(list, json_object());
        return STATUS_DONE;
    }

    CLEANUP_FREE char *why = input_read_json(path, list, many);
    if (why) {
        session_say(session, TONE_BAD, "%s", why);
        return STATUS_USAGE;
    }
    return check_objects(session, path, list);
}

enum status
bindings_read(struct session *session, json_t **bindings, bool *many)
{
    CLEANUP_JSON json_t *list = json_array();
    enum status status = read_bindings(session, list, many);

    *bindings = NULL;
    if (!status) {
        status = overlay(session, list);
    }
    if (!status) {
        *bindings = TAKE(list);
    }
    return status;
}

enum status
bindings_read_ports(struct session *session, json_t **port_ids)
{
    const char *path = invocation_get(session->invocation, "--file");
    CLEANUP_JSON json_t *list = json_array();
    CLEANUP_FREE char *why = input_read_words_or_json(path, list);
    json_t *element;
    size_t i;

    *port_ids = NULL;
    if (why) {
        session_say(session, TONE_BAD, "%s", why);
        return STATUS_USAGE;
    }
    json_array_foreach (list, i, element) {
        json_t *id = (json_is_object(element)
                      ? json_object_get(element, "port_id") : element);

        if (!json_is_string(id)) {
            session_say(session, TONE_BAD, "%s: entry %zu has no id of a "
                        "port", path, i + 1);
            return STATUS_USAGE;
        }
        json_array_set(list, i, id);
    }
    *port_ids = TAKE(list);
    return STATUS_DONE;
}
