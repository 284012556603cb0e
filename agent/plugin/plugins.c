/* SPDX-License-Identifier: Apache-2.0 */
/* The plugins that are loaded, and the planner in front of them: it picks the
 * plugin, shows it the host, and trusts nothing that it returns.  Must not
 * know what is in a plan. */

#include <config.h>

#include "plugin/plugins.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <vif/plugin.h>

#include "engine/planner.h"
#include "inventory/binding-request.h"
#include "lib/cleanup.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/vlog.h"
#include "plugin/device-choice.h"
#include "plugin/memo.h"
#include "plugin/module.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(plugins);

#define MAX_MODULES 64          /* More is no plugin directory. */

struct plugins {
    struct planner planner;
    struct plugins_config config;       /* Its strings are ours. */
    struct device_choice announced;     /* Of the request being planned. */
    struct module *modules;
    size_t n_modules;
};

/* Configuration. */

static void
free_config(struct plugins *plugins)
{
    free(CONST_CAST(char *, plugins->config.bridge));
    free(CONST_CAST(char *, plugins->config.datapath_type));
}

static void
copy_config(struct plugins *plugins, const struct plugins_config *config)
{
    plugins->config = *config;
    plugins->config.bridge = nullable_xstrdup(config->bridge);
    plugins->config.datapath_type = nullable_xstrdup(config->datapath_type);
}

void
plugins_set_config(struct plugins *plugins,
                   const struct plugins_config *config)
{
    free_config(plugins);
    copy_config(plugins, config);
}

/* The host as a plugin sees it. */

/* 'aux' of struct vif_host, during one call. */
struct host_aux {
    const struct plugins_config *config;
    const char *(*claimed_by)(void *aux, const char *device);
    void *claimed_by_aux;
    struct device_choice *choice;
};

static bool
host_ovsdb_ready(void *aux_)
{
    const struct host_aux *aux = aux_;

    return aux->config->ovsdb_ready(aux->config->aux);
}

static bool
host_bridge_exists(void *aux_, const char *bridge)
{
    const struct host_aux *aux = aux_;

    return aux->config->bridge_exists(aux->config->aux, bridge);
}

static const char *
host_bridge_datapath_type(void *aux_, const char *bridge)
{
    const struct host_aux *aux = aux_;
    const char *type = aux->config->bridge_datapath_type(aux->config->aux,
                                                         bridge);

    return type && !*type ? "system" : type;
}

static bool
host_bridge_may_create(void *aux_, const char *bridge)
{
    const struct host_aux *aux = aux_;

    return aux->config->bridge_may_create(aux->config->aux, bridge);
}

static const char *
host_claimed_by(void *aux_, const char *device)
{
    const struct host_aux *aux = aux_;

    return (aux->claimed_by ? aux->claimed_by(aux->claimed_by_aux, device)
            : NULL);
}

static struct vif_error *
host_device_for(void *aux_, const struct vif_binding *binding,
                const struct vif_device **devicep)
{
    const struct host_aux *aux = aux_;

    if (!aux->choice) {
        return vif_error_create(VIF_ERR_INTERNAL, "devices are for plans");
    }
    return device_choice_get(aux->choice, aux->config->devices,
                             aux->config->aux, binding, devicep);
}

static const char *
host_devices_missing(void *aux_, enum vif_vnic_type type)
{
    const struct host_aux *aux = aux_;

    return device_choice_missing(aux->config->devices, aux->config->aux,
                                 type);
}

static struct vif_host
make_host(struct host_aux *aux)
{
    return (struct vif_host) {
        .size = sizeof(struct vif_host),
        .bridge = aux->config->bridge,
        .datapath_type = aux->config->datapath_type,
        .mtu = aux->config->mtu,
        .max_queues = aux->config->max_queues,
        .aux = aux,
        .ovsdb_ready = host_ovsdb_ready,
        .bridge_exists = host_bridge_exists,
        .bridge_datapath_type = host_bridge_datapath_type,
        .bridge_may_create = host_bridge_may_create,
        .claimed_by = host_claimed_by,
        .device_for = host_device_for,
        .devices_missing = host_devices_missing,
        .plan_create = vif_plan_create,
        .plan_destroy = vif_plan_destroy,
        .plan_add_step = vif_plan_add_step,
        .plan_step_args = vif_plan_step_args,
        .plan_step_after = vif_plan_step_after,
        .plan_step_share = vif_plan_step_share,
        .plan_step_ref = vif_plan_step_ref,
        .plan_claim = vif_plan_claim,
        .plan_details = vif_plan_details,
        .plan_details_ref = vif_plan_details_ref,
        .plan_warn = vif_plan_warn,
        .attrs_set = vif_attrs_set,
        .attrs_setf = vif_attrs_setf,
        .attrs_get = vif_attrs_get,
        .error_create = vif_error_create,
        .error_with_where = vif_error_with_where,
        .binding_device_name = vif_binding_device_name,
        .binding_queues = vif_binding_queues,
        .mac_format = vif_mac_format,
    };
}

/* Choosing. */

/* The module whose plugin is called 'name', or a refused one whose file is;
 * NULL if there is none. */
static const struct module *
find_by_name(const struct plugins *plugins, const char *name)
{
    const struct module *refused = NULL;

    for (size_t i = 0; i < plugins->n_modules; i++) {
        const struct module *module = &plugins->modules[i];

        if (module->entry && !strcmp(module->entry->name, name)) {
            return module;
        }
        if (!module->entry && !strcmp(module->name, name)) {
            refused = module;
        }
    }
    return refused;
}

static const struct module *
find_by_vnic_type(const struct plugins *plugins, enum vif_vnic_type type)
{
    for (size_t i = 0; i < plugins->n_modules; i++) {
        const struct module *module = &plugins->modules[i];

        if (module->entry && module->entry->vnic_types & (1u << type)) {
            return module;
        }
    }
    return NULL;
}

static void
append_word(struct ds *s, const char *word)
{
    ds_put_format(s, "%s%s", s->length ? ", " : "", word);
}

static struct vif_error *
no_such_plugin(const struct plugins *plugins, const char *name)
{
    struct ds loaded = DS_EMPTY_INITIALIZER;

    for (size_t i = 0; i < plugins->n_modules; i++) {
        if (plugins->modules[i].entry) {
            append_word(&loaded, plugins->modules[i].entry->name);
        }
    }

    struct vif_error *error = vif_error_with_where(
        vif_error_create(VIF_ERR_UNSUPPORTED, "there is no plugin '%s'; "
                         "loaded: %s", name,
                         loaded.length ? ds_cstr(&loaded) : "none"),
        "plugin");
    ds_destroy(&loaded);
    return error;
}

static struct vif_error *
no_plugin_for(const struct plugins *plugins, enum vif_vnic_type type)
{
    struct ds possible = DS_EMPTY_INITIALIZER;

    for (int i = 0; i < VIF_N_VNIC_TYPES; i++) {
        if (find_by_vnic_type(plugins, i)) {
            append_word(&possible, vif_vnic_type_name(i));
        }
    }

    struct vif_error *error = vif_error_with_where(
        vif_error_create(VIF_ERR_UNSUPPORTED, "no plugin takes vnic_type "
                         "'%s'; possible here: %s", vif_vnic_type_name(type),
                         possible.length ? ds_cstr(&possible) : "none"),
        "vnic_type");
    ds_destroy(&possible);
    return error;
}

/* NULL, and an error, if there is none for 'binding'. */
static const struct vif_plugin *
choose(const struct plugins *plugins, const struct vif_binding *binding,
       struct vif_error **errorp)
{
    const struct module *module;

    if (!binding->plugin) {
        module = find_by_vnic_type(plugins, binding->vnic_type);
        if (!module) {
            *errorp = no_plugin_for(plugins, binding->vnic_type);
            return NULL;
        }
    } else {
        module = find_by_name(plugins, binding->plugin);
        if (!module) {
            *errorp = no_such_plugin(plugins, binding->plugin);
            return NULL;
        }
        if (!module->entry) {
            *errorp = vif_error_with_where(
                vif_error_create(VIF_ERR_UNSUPPORTED, "plugin '%s' was "
                                 "refused: %s", module->name,
                                 module->refused), "plugin");
        }
    }
    return module->entry;
}

/* Planning. */

/* Calls plan() of 'plugin' and looks at what it returns as at anything else
 * that comes from outside. */
static struct vif_error *
call_plan(const struct vif_plugin *plugin, const struct vif_host *host,
          const struct vif_binding *binding, const struct vif_plan *previous,
          struct vif_plan **planp)
{
    struct vif_plan *plan = NULL;
    struct vif_error *error = plugin->plan(host, binding, previous, &plan);

    if (!error && plan) {
        error = vif_plan_check(plan);
    }
    if (error || !plan) {
        if (!error) {
            error = vif_error_create(VIF_ERR_INTERNAL, "it returned neither "
                                     "a plan nor an error");
        }
        vif_plan_destroy(plan);
        return vif_error_wrap(error, "plugin %s", plugin->name);
    }

    free(plan->plugin);
    plan->plugin = xstrdup(plugin->name);
    memo_add(plan, binding);
    *planp = plan;
    return NULL;
}

static struct vif_error *
plugins_plan(struct planner *planner, const struct vif_binding *binding,
             const struct vif_plan *previous,
             const char *(*claimed_by)(void *aux, const char *device),
             void *claimed_by_aux, struct vif_plan **planp)
{
    struct plugins *plugins = CONTAINER_OF(planner, struct plugins, planner);
    CLEANUP_DEVICE_CHOICE struct device_choice alone = {
        .bindings = &binding, .n = 1,
    };
    struct host_aux aux = {
        &plugins->config, claimed_by, claimed_by_aux,
        device_choice_has(&plugins->announced, binding) ? &plugins->announced
        : &alone,
    };
    struct vif_host host = make_host(&aux);
    struct vif_error *error = NULL;
    const struct vif_plugin *plugin = choose(plugins, binding, &error);

    return (plugin ? call_plan(plugin, &host, binding, previous, planp)
            : error);
}

static bool
plugins_ready(struct planner *planner, const struct vif_binding *binding)
{
    const struct plugins *plugins = CONTAINER_OF(planner, struct plugins,
                                                 planner);
    const struct plugins_config *config = &plugins->config;

    return (!config->devices_ready || config->devices_ready(config->aux)
            || !binding_needs_device(binding));
}

static void
plugins_announce(struct planner *planner,
                 const struct vif_binding *const *bindings, size_t n)
{
    struct plugins *plugins = CONTAINER_OF(planner, struct plugins, planner);

    device_choice_destroy(&plugins->announced);
    device_choice_init(&plugins->announced, bindings, n);
}

/* Life. */

struct plugins *
plugins_create(const struct plugins_config *config)
{
    struct plugins *plugins = xzalloc(sizeof *plugins);

    plugins->planner.plan = plugins_plan;
    plugins->planner.ready = plugins_ready;
    plugins->planner.announce = plugins_announce;
    copy_config(plugins, config);
    return plugins;
}

void
plugins_destroy(struct plugins *plugins)
{
    if (plugins) {
        for (size_t i = 0; i < plugins->n_modules; i++) {
            module_close(&plugins->modules[i]);
        }
        free(plugins->modules);
        device_choice_destroy(&plugins->announced);
        free_config(plugins);
        free(plugins);
    }
}

static int
is_module(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);

    return length > 3 && !strcmp(entry->d_name + length - 3, ".so");
}

static int
compare_names(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static void
load_one(struct plugins *plugins, const char *dir, const char *file)
{
    struct module module;

    module_open(&module, dir, file);
    if (module.entry) {
        const struct module *other = find_by_name(plugins,
                                                  module.entry->name);
        if (other && other->entry) {
            module_refuse(&module, "the name '%s' is taken by %s",
                          other->entry->name, other->path);
        }
    }

    if (!module.entry) {
        VLOG_ERR("plugin %s (%s) is refused: %s", module.name, module.path,
                 module.refused);
    } else {
        VLOG_INFO("plugin %s: %s (%s)", module.entry->name,
                  module.entry->summary ? module.entry->summary : "",
                  module.path);
    }
    plugins->modules[plugins->n_modules++] = module;
}

struct vif_error *
plugins_load(struct plugins *plugins, const char *dir)
{
    struct dirent **entries;
    struct vif_error *error = module_check_dir(dir);

    if (error) {
        return error;
    }

    int n = scandir(dir, &entries, is_module, compare_names);
    if (n < 0) {
        return vif_error_from_errno(errno, "plugin directory %s", dir);
    }
    if (n > MAX_MODULES) {
        error = vif_error_create(VIF_ERR_REFUSED, "plugin directory %s has "
                                 "%d modules, more than %d", dir, n,
                                 MAX_MODULES);
    } else {
        plugins->modules = xcalloc(n, sizeof *plugins->modules);
    }
    for (int i = 0; i < n; i++) {
        if (!error) {
            load_one(plugins, dir, entries[i]->d_name);
        }
        free(entries[i]);
    }
    free(entries);
    return error;
}

struct planner *
plugins_planner(struct plugins *plugins)
{
    return &plugins->planner;
}

/* Looking. */

size_t
plugins_count(const struct plugins *plugins)
{
    return plugins->n_modules;
}

void
plugins_get(const struct plugins *plugins, size_t i, struct plugin_view *view)
{
    const struct module *module = &plugins->modules[i];
    const struct vif_plugin *entry = module->entry;

    *view = (struct plugin_view) {
        .name = entry ? entry->name : module->name,
        .file = module->path,
        .refused = module->refused,
        .summary = "",
    };
    if (entry) {
        struct host_aux aux = { .config = &plugins->config };
        struct vif_host host = make_host(&aux);

        view->summary = entry->summary ? entry->summary : "";
        view->vnic_types = entry->vnic_types;
        view->missing = entry->missing ? entry->missing(&host) : NULL;
    }
}
