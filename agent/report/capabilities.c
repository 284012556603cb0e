/* SPDX-License-Identifier: Apache-2.0 */
/* Gathers what configuration, plugins, steps, Open vSwitch and kernel have to
 * say about themselves.  Draws one conclusion only: whether a vnic type works
 * here. */

#include <config.h>

#include "report/capabilities.h"

#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <vif/binding.h>
#include <vif/plugin.h>

#include "agent/config.h"
#include "inventory/claims.h"
#include "lib/cleanup.h"
#include "openvswitch/json.h"
#include "ovs/ovs.h"
#include "plugin/plugins.h"
#include "steps/step.h"
#include "util.h"

/* Of one tap: MAX_TAP_QUEUES of drivers/net/tun.c. */
#define KERNEL_MAX_QUEUES 256

static void
put_nullable(struct json *object, const char *name, const char *value)
{
    json_object_put(object, name, value ? json_string_create(value)
                    : json_null_create());
}

/* vnic types. */

/* Appends the names of the plugins that take 'type' to 'names'.  Returns what
 * is missing, as a string that the caller frees: NULL if one of them works.
 * If none does, the first one's complaint counts, because it is the one that
 * would be asked. */
static char *
ask_plugins(const struct plugins *plugins, enum vif_vnic_type type,
            struct json *names)
{
    char *missing = NULL;
    bool works = false;

    for (size_t i = 0; i < plugins_count(plugins); i++) {
        struct plugin_view view;

        plugins_get(plugins, i, &view);
        if (!(view.vnic_types & (1u << type))) {
            continue;
        }
        json_array_add(names, json_string_create(view.name));
        if (!view.missing) {
            works = true;
        } else if (!missing) {
            missing = xasprintf("plugin %s: %s", view.name, view.missing);
        }
    }
    if (works) {
        free(missing);
        return NULL;
    }
    return missing ? missing : xstrdup("no plugin for it is loaded");
}

static struct json *
vnic_types_to_json(const struct plugins *plugins)
{
    struct json *types = json_object_create();

    for (int i = 0; i < VIF_N_VNIC_TYPES; i++) {
        struct json *type = json_object_create();
        struct json *names = json_array_create_empty();
        char *missing CLEANUP_FREE = ask_plugins(plugins, i, names);

        json_object_put(type, "available", json_boolean_create(!missing));
        json_object_put(type, "plugins", names);
        if (missing) {
            json_object_put_string(type, "missing", missing);
        }
        json_object_put(types, vif_vnic_type_name(i), type);
    }
    return types;
}

/* Plugins. */

static struct json *
vnic_type_names(uint32_t types)
{
    struct json *names = json_array_create_empty();

    for (int i = 0; i < VIF_N_VNIC_TYPES; i++) {
        if (types & (1u << i)) {
            json_array_add(names, json_string_create(vif_vnic_type_name(i)));
        }
    }
    return names;
}

static struct json *
plugins_to_json(const struct plugins *plugins)
{
    struct json *array = json_array_create_empty();

    for (size_t i = 0; i < plugins_count(plugins); i++) {
        struct json *plugin = json_object_create();
        struct plugin_view view;

        plugins_get(plugins, i, &view);
        json_object_put_string(plugin, "name", view.name);
        json_object_put_string(plugin, "file", view.file);
        json_object_put(plugin, "loaded", json_boolean_create(!view.refused));
        put_nullable(plugin, "refused", view.refused);
        json_object_put_string(plugin, "summary", view.summary);
        json_object_put(plugin, "vnic_types",
                        vnic_type_names(view.vnic_types));
        put_nullable(plugin, "missing", view.missing);
        json_array_add(array, plugin);
    }
    return array;
}

/* The rest. */

static struct json *
steps_to_json(void)
{
    struct json *array = json_array_create_empty();
    size_t n;
    const struct step_class *const *classes = step_classes(&n);

    for (size_t i = 0; i < n; i++) {
        struct json *step = json_object_create();

        json_object_put_string(step, "kind", classes[i]->kind);
        json_object_put_string(step, "summary", classes[i]->summary);
        json_array_add(array, step);
    }
    return array;
}

static struct json *
strings_to_json(const char *const *strings, size_t n)
{
    struct json *array = json_array_create_empty();

    for (size_t i = 0; i < n; i++) {
        json_array_add(array, json_string_create(strings[i]));
    }
    return array;
}

static struct json *
ovs_to_json(const struct ovs *ovs)
{
    struct json *object = json_object_create();
    struct ovs_info info;
    struct ovs_stats stats;

    ovs_get_info(ovs, &info);
    ovs_get_stats(ovs, &stats);
    json_object_put_string(object, "health",
                           ovs_health_name(ovs_health(ovs)));
    put_nullable(object, "version", info.ovs_version);
    put_nullable(object, "db_version", info.db_version);
    json_object_put(object, "dpdk", (info.dpdk_initialized
                                     ? json_boolean_create(
                                         !strcmp(info.dpdk_initialized,
                                                 "true"))
                                     : json_null_create()));
    json_object_put(object, "datapath_types",
                    strings_to_json(info.datapath_types,
                                    info.n_datapath_types));
    json_object_put(object, "iface_types",
                    strings_to_json(info.iface_types, info.n_iface_types));
    json_object_put(object, "transactions",
                    json_integer_create(stats.transactions));
    json_object_put(object, "writes", json_integer_create(stats.writes));
    return object;
}

/* Opening the nodes would make the kernel load the modules. */
static struct json *
kernel_to_json(void)
{
    struct json *object = json_object_create();
    struct utsname name;
    bool known = !uname(&name);

    put_nullable(object, "release", known ? name.release : NULL);
    put_nullable(object, "machine", known ? name.machine : NULL);
    json_object_put(object, "tun",
                    json_boolean_create(!access("/dev/net/tun", F_OK)));
    json_object_put(object, "vhost_net",
                    json_boolean_create(!access("/dev/vhost-net", F_OK)));
    return object;
}

static struct json *
limits_to_json(const struct config *config)
{
    const struct {
        const char *name;
        long long value;
    } limits[] = {
        { "ports", config->max_ports },
        { "requests", config->max_requests },
        { "clients", config->max_clients },
        { "in_flight", config->max_in_flight },
        { "queues", config->max_queues ? config->max_queues
                    : KERNEL_MAX_QUEUES },
        { "timeout_ms", config->default_timeout_ms },
    };
    struct json *object = json_object_create();

    for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
        json_object_put(object, limits[i].name,
                        json_integer_create(limits[i].value));
    }
    return object;
}

static void
add_drained(void *array, const char *pf)
{
    json_array_add(array, json_string_create(pf));
}

struct json *
capabilities_to_json(const struct config *config,
                     const struct plugins *plugins, const struct ovs *ovs,
                     const struct device_claims *claims)
{
    struct json *drained = json_array_create_empty();
    struct json *object = json_object_create();

    json_object_put(object, "vnic_types", vnic_types_to_json(plugins));
    json_object_put(object, "plugins", plugins_to_json(plugins));
    json_object_put(object, "plugin_abi",
                    json_integer_create(VIF_PLUGIN_ABI));
    json_object_put(object, "steps", steps_to_json());
    json_object_put(object, "ovs", ovs_to_json(ovs));
    json_object_put(object, "kernel", kernel_to_json());
    json_object_put(object, "limits", limits_to_json(config));
    device_claims_for_each_drained(claims, add_drained, drained);
    json_object_put(object, "drained", drained);
    return object;
}
