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
bindings_validate(const struct invocation *invocation)
{
    bool file = invocation_has(invocation, "--file");
    bool port = invocation_has(invocation, "PORT");

    return (file && port ? "give either PORT or --file, not both"
            : !file && !port ? "give PORT or --file"
            : NULL);
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

/* KEY=VALUE into the object 'member' of 'binding'. */
static char *
set_pair(json_t *binding, const char *member, const char *text)
{
    const char *equals = strchr(text, '=');
    CLEANUP_FREE char *key = vif_xasprintf("%.*s", (int) (equals - text),
                                           text);
    bool any_type = strcmp(member, "external_ids") != 0;
    json_t *value = (any_type ? json_loads(equals + 1, JSON_DECODE_ANY, NULL)
                     : NULL);
    json_t *object = json_object_get(binding, member);

    if (!json_is_object(object)) {
        object = json_object();
        json_object_set_new(binding, member, object);
    }
    return (json_object_set_new(object, key,
                                value ? value : json_string(equals + 1))
            ? vif_xasprintf("'%s' is no UTF-8", text) : NULL);
}

static char *
set_member(json_t *binding, const struct value *value)
{
    const struct argument *argument = value->argument;
    const char *member = argument->member;
    json_t *json = NULL;
    char *why = NULL;

    if (argument->kind == ARGUMENT_PAIR) {
        return set_pair(binding, member, value->text);
    } else if (argument->kind == ARGUMENT_FLAG) {
        json = json_boolean(strncmp(argument->name, "--no-", 5) != 0);
    } else if (argument->kind == ARGUMENT_NUMBER) {
        json = json_integer(strtol(value->text, NULL, 10));
    } else if (!strcmp(member, "device_owner")) {
        why = read_owner(value->text, &json);
    } else {
        json = json_string(value->text);
    }
    if (json_object_set_new(binding, member, json) && !why) {
        why = vif_xasprintf("%s: '%s' is no UTF-8", argument->name,
                            value->text);
    }
    return why;
}

/* Lays the options of 'invocation' over 'binding'.  Returns what is wrong, to
 * be freed by the caller, or NULL. */
static char *
set_members(json_t *binding, const struct invocation *invocation)
{
    for (size_t i = 0; i < invocation->n; i++) {
        const struct value *value = &invocation->values[i];

        if (value->argument->member) {
            char *why = set_member(binding, value);
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
