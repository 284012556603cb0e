/* SPDX-License-Identifier: Apache-2.0 */

/* A binding, or the array of a group's, as JSON: it is refused, or it is the
 * same after it was written and read again, can be planned twice with the same
 * result, and makes a libvirt element.  What a plan asks of a step the step
 * takes. */

#include <config.h>

#include <stdlib.h>

#include "agent/config.h"
#include "binding/binding-json.h"
#include "binding/json-array.h"
#include "engine/planner.h"
#include "inventory/claims.h"
#include "inventory/pools.h"
#include "openvswitch/json.h"
#include "openvswitch/vlog.h"
#include "plugin/plugins.h"
#include "report/libvirt-xml.h"
#include "steps/step.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/some-nics.h"
#include "util.h"

#define MAX_BINDINGS 8

/* The host: every bridge is there but one. */

static bool
is_ready(void *aux OVS_UNUSED)
{
    return true;
}

static bool
exists(void *aux OVS_UNUSED, const char *bridge)
{
    return strcmp(bridge, "br-none") != 0;
}

static const char *
datapath_type(void *aux OVS_UNUSED, const char *bridge)
{
    return exists(NULL, bridge) ? "" : NULL;
}

static bool
may_create(void *aux OVS_UNUSED, const char *bridge OVS_UNUSED)
{
    return true;
}

/* Two NICs with four VFs each, and one that is on no physical network. */
static struct vif_error *
devices(void *aux OVS_UNUSED, struct device_host *host)
{
    static const char spec[] =
        "device_spec:\n"
        "- {address: '0000:03:00.0', physical_network: physnet1,\n"
        "   trusted: true}\n"
        "- {address: '0000:04:00.0', physical_network: physnet1,\n"
        "   managed: false}\n"
        "- {address: '0000:05:00.0', physical_network: null}\n";
    static struct device_claims claims;
    static struct inventory inventory;
    static struct config *config;

    if (!config) {
        ovs_assert(!config_parse(spec, strlen(spec), "spec", &config));
        some_nics_add(&inventory, "0000:03:00.0", 4, 7);
        some_nics_add(&inventory, "0000:04:00.0", 4, 7);
        some_nics_add(&inventory, "0000:05:00.0", 4, 7);
    }
    *host = (struct device_host) {
        .inventory = &inventory,
        .specs = &config->device_spec,
        .claims = &claims,
    };
    return NULL;
}

static struct planner *
get_planner(void)
{
    static struct plugins *plugins;

    if (!plugins) {
        const struct plugins_config config = {
            .bridge = "br-int",
            .mtu = 1500,
            .ovsdb_ready = is_ready,
            .bridge_exists = exists,
            .bridge_datapath_type = datapath_type,
            .bridge_may_create = may_create,
            .devices_ready = is_ready,
            .devices = devices,
        };

        plugins = plugins_create(&config);
        struct vif_error *error = plugins_load(plugins, VIFD_BUILT_PLUGINS);
        if (error) {
            ovs_fatal(0, "%s", error->message);
        }
    }
    return plugins_planner(plugins);
}

static const char *
claimed_by(void *aux OVS_UNUSED, const char *device OVS_UNUSED)
{
    return NULL;
}

static struct vif_error *
make_plan(const struct vif_binding *binding, const struct vif_plan *previous,
          struct vif_plan **planp)
{
    struct planner *planner = get_planner();

    return planner->plan(planner, binding, previous, claimed_by, NULL, planp);
}

static void
check_steps(const struct vif_plan *plan, const struct vif_plan *again)
{
    ovs_assert(plan->n_steps == again->n_steps);
    for (size_t i = 0; i < plan->n_steps; i++) {
        const struct vif_plan_step *step = &plan->steps[i];
        const struct step_class *class = step_class_lookup(step->kind);

        ovs_assert(class);
        struct vif_error *error = class->check(&step->args, step->n_refs > 0);
        if (error) {
            ovs_fatal(0, "step %s of the plan: %s", step->kind,
                      error->message);
        }
        ovs_assert(vif_attrs_equal(&step->args, &again->steps[i].args));
        ovs_assert(class->compare(&step->args, &again->steps[i].args)
                   == STEP_KEEP);
    }
}

static void
check_plan(const struct vif_binding *binding)
{
    struct vif_plan *plan, *again;
    struct vif_error *error = make_plan(binding, NULL, &plan);

    if (error) {
        vif_error_destroy(error);
        return;
    }
    ovs_assert(!make_plan(binding, plan, &again));
    check_steps(plan, again);
    free(libvirt_interface_xml(binding, vif_plan_details(plan)));
    vif_plan_destroy(plan);
    vif_plan_destroy(again);
}

static void
check_round_trip(const struct vif_binding *binding)
{
    struct json *json = binding_to_json(binding);
    struct vif_binding copy;

    ovs_assert(!binding_from_json(json, "", &copy));
    ovs_assert(vif_binding_equal(binding, &copy));
    vif_binding_destroy(&copy);
    json_destroy(json);
}

static void
check_binding(const struct json *json, const char *where)
{
    struct vif_binding binding;
    struct vif_error *error = binding_from_json(json, where, &binding);

    if (!error) {
        check_round_trip(&binding);
        error = vif_binding_check(&binding);
    }
    if (!error) {
        check_plan(&binding);
    } else {
        ovs_assert(error->message && *error->message);
    }
    vif_error_destroy(error);
    vif_binding_destroy(&binding);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    char *text = xmemdup0((const char *) bytes, n);
    struct json *json = json_from_string(text);

    vlog_set_levels(NULL, VLF_ANY_DESTINATION, VLL_OFF);
    if (json->type == JSON_ARRAY) {
        for (size_t i = 0; i < MIN(json_array_size(json), MAX_BINDINGS);
             i++) {
            check_binding(json_array_at(json, i), "params.bindings[]");
        }
    } else {
        check_binding(json, "params.binding");
    }
    json_destroy(json);
    free(text);
    return 0;
}
