/* SPDX-License-Identifier: Apache-2.0 */
/* Modules for the tests of the loader, one for each MODULE_... macro: some
 * that load, and one for each reason not to be loaded. */

#include <vif/plugin.h>

#include <stddef.h>

/* How each differs from MODULE_alpha. */
#if defined MODULE_beta
#define NAME "beta"
#define TYPES (1u << VIF_VNIC_DIRECT | 1u << VIF_VNIC_VDPA)
#define MISSING missing_a_database
#elif defined MODULE_bad_plan
#define NAME "bad-plan"
#define TYPES 0
#elif defined MODULE_lazy
#define NAME "lazy"
#define TYPES 0
#elif defined MODULE_both
#define NAME "both"
#define TYPES 0
#define SUMMARY NULL
#elif defined MODULE_device
#define NAME "device"
#define PLAN plan_device
#elif defined MODULE_abi
#define ABI (VIF_PLUGIN_ABI + 1)
#elif defined MODULE_size
#define SIZE (sizeof(struct vif_plugin) - 8)
#elif defined MODULE_badname
#define NAME "../alpha"
#elif defined MODULE_nameless
#define NAME NULL
#elif defined MODULE_types
#define TYPES (1u << VIF_N_VNIC_TYPES)
#elif defined MODULE_planless
#define PLAN NULL
#endif

#ifndef ABI
#define ABI VIF_PLUGIN_ABI
#endif
#ifndef SIZE
#define SIZE sizeof(struct vif_plugin)
#endif
#ifndef NAME
#define NAME "alpha"
#endif
#ifndef SUMMARY
#define SUMMARY "a plugin for tests"
#endif
#ifndef TYPES
#define TYPES (1u << VIF_VNIC_DIRECT)
#endif
#ifndef PLAN
#define PLAN make_plan
#endif
#ifndef MISSING
#define MISSING NULL
#endif

#ifdef MODULE_unresolved
struct vif_plan *vif_plan_of_nobody(void);
#define PLAN_CREATE vif_plan_of_nobody
#else
#define PLAN_CREATE host->plan_create
#endif

struct vif_error *make_plan(const struct vif_host *,
                            const struct vif_binding *,
                            const struct vif_plan *previous,
                            struct vif_plan **);
const char *missing_a_database(const struct vif_host *);

struct vif_error *
make_plan(const struct vif_host *host, const struct vif_binding *binding,
          const struct vif_plan *previous, struct vif_plan **planp)
{
    (void) binding;
    (void) previous;
#ifdef MODULE_lazy
    (void) host;
    (void) planp;
    return NULL;
#else
    *planp = PLAN_CREATE();
    unsigned int step = host->plan_add_step(*planp, "kind", NAME);

#ifdef MODULE_bad_plan
    host->plan_step_after(*planp, step, step);
#else
    host->attrs_set(host->plan_step_args(*planp, step), "bridge",
                    host->bridge ? host->bridge : "none");
#endif
#ifdef MODULE_both
    return host->error_create(VIF_ERR_REFUSED, "not today");
#else
    return NULL;
#endif
#endif
}

#ifdef MODULE_device
static void
say(const struct vif_host *host, struct vif_plan *plan, const char *key,
    const char *value)
{
    host->attrs_set(host->plan_details(plan), key, value);
}

/* The plan tells everything about the device that the port gets. */
static struct vif_error *
plan_device(const struct vif_host *host, const struct vif_binding *binding,
            const struct vif_plan *previous, struct vif_plan **planp)
{
    const struct vif_device *device;
    struct vif_error *error = host->device_for(host->aux, binding, &device);

    (void) previous;
    if (error) {
        return error;
    }
    struct vif_plan *plan = *planp = host->plan_create();
    host->plan_add_step(plan, "kind", device->name);
    for (size_t i = 0; i < device->n_claims; i++) {
        host->plan_claim(plan, device->claims[i]);
    }
    say(host, plan, "type", device->type);
    say(host, plan, "pci_slot", device->pci_slot);
    say(host, plan, "pci_vendor_info", device->pci_vendor_info);
    say(host, plan, "driver", device->driver);
    say(host, plan, "netdev", device->netdev);
    say(host, plan, "mac", device->mac);
    say(host, plan, "pf", device->pf);
    say(host, plan, "pf_netdev", device->pf_netdev);
    say(host, plan, "pf_mac", device->pf_mac);
    say(host, plan, "serial", device->serial);
    say(host, plan, "physical_network", device->physical_network);
    host->attrs_setf(host->plan_details(plan), "numbers",
                     "vf %d node %d trusted %d managed %d",
                     device->vf_number, device->numa_node, device->trusted,
                     device->managed);
    for (size_t i = 0; i < device->n_capabilities; i++) {
        host->attrs_setf(host->plan_details(plan), "capability", "%zu %s", i,
                         device->capabilities[i]);
    }
    return NULL;
}
#endif

const char *
missing_a_database(const struct vif_host *host)
{
    return host->ovsdb_ready(host->aux) ? NULL : "a database";
}

#ifndef MODULE_no_entry
VIF_PLUGIN_EXPORT const struct vif_plugin vif_plugin_entry = {
    .abi = ABI,
    .size = SIZE,
    .name = NAME,
    .summary = SUMMARY,
    .vnic_types = TYPES,
    .plan = PLAN,
    .missing = MISSING,
};
#endif
