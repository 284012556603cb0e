/* SPDX-License-Identifier: Apache-2.0 */
/* See plan-cases.h. */

#include <config.h>

#include "tests/unit/plan-cases.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/cleanup.h"
#include "plugin/plugins.h"
#include "steps/step.h"
#include "tests/unit/some-nics.h"
#include "util.h"

#include <vif/plan.h>

/* The host. */

static const char spec[] =
    "device_spec:\n"
    "- {address: '0000:03:01.2', physical_network: physnet1,\n"
    "   trusted: true}\n"
    "- {address: '0000:03:00.0', physical_network: physnet1}\n"
    "- {address: '0000:04:00.0', physical_network: physnet2,\n"
    "   managed: false}\n"
    "- {address: '0000:05:00.0', physical_network: physnet3}\n"
    "- {address: 'netdevsim/netdevsim1', physical_network: null}\n";

static void
set_netdev(struct device *device, const char *name, const char *mac)
{
    static int ifindex;

    device->netdev.ifindex = ++ifindex;
    ovs_strlcpy(device->netdev.name, name, sizeof device->netdev.name);
    assert_true(vif_mac_from_string(mac, &device->netdev.mac));
    device->netdev.has_mac = true;
    device->n_netdevs = 1;
}

static void
add_pf(struct plan_world *world, const char *address, const char *netdev,
       const char *mac)
{
    char *name CLEANUP_FREE = xasprintf("pci/%s", address);

    some_nics_add(&world->inventory, address, 3, 7);
    set_netdev(some_nics_get(&world->inventory, name), netdev, mac);
}

static void
add_netdevsim(struct plan_world *world)
{
    struct device pf;

    device_init(&pf);
    pf.type = DEVICE_PF;
    pf.n_vfs = 2;
    pf.max_vfs = 4;
    ovs_strlcpy(pf.name, "netdevsim/netdevsim1", sizeof pf.name);
    set_netdev(&pf, "eni1", "02:00:00:00:05:00");
    inventory_put(&world->inventory, &pf);
    for (int i = 0; i < 2; i++) {
        struct device vf;

        device_init(&vf);
        vf.type = DEVICE_VF;
        vf.vf_number = i;
        ovs_strlcpy(vf.parent, pf.name, sizeof vf.parent);
        snprintf(vf.name, sizeof vf.name, "netdevsim/netdevsim1/%d", i);
        inventory_put(&world->inventory, &vf);
    }
}

struct plan_world *
plan_world_create(const char *plugin)
{
    struct plan_world *world = xzalloc(sizeof *world);
    struct plugins_config config = test_host_config(&world->test);

    world->plugins = plugins_create(&config);
    load_built_plugin(world->plugins, plugin);
    add_pf(world, "0000:03:00.0", "ens1f0", "02:00:00:00:03:00");
    ovs_strlcpy(some_nics_get(&world->inventory, "pci/0000:03:00.0")->serial,
                "1234", VPD_SERIAL_SIZE);
    set_netdev(some_nics_get(&world->inventory, "pci/0000:03:01.0"),
               "ens1f0v0", "02:00:00:00:03:10");
    add_pf(world, "0000:04:00.0", "ens2f0", "02:00:00:00:04:00");
    some_nics_set_numa(&world->inventory, "0000:04:00.0", DEVICE_UNKNOWN);
    add_netdevsim(world);

    assert_null(config_parse(spec, strlen(spec), "spec.yaml",
                             &world->config));
    world->host.specs = &world->config->device_spec;
    world->host.inventory = &world->inventory;
    world->host.claims = &world->claims;
    world->test.devices = &world->host;
    return world;
}

void
plan_world_destroy(struct plan_world *world)
{
    plugins_destroy(world->plugins);
    inventory_destroy(&world->inventory);
    device_claims_destroy(&world->claims);
    config_destroy(world->config);
    free(world);
}

void
plan_world_add_switchdev(struct plan_world *world)
{
    add_pf(world, "0000:05:00.0", "ens3f0", "02:00:00:00:05:00");

    struct device *pf = some_nics_get(&world->inventory, "pci/0000:05:00.0");
    pf->in_devlink = true;
    pf->eswitch = DEVICE_ESWITCH_SWITCHDEV;
    pf->capabilities |= 1u << DEVICE_SWITCHDEV;
}

struct vif_error *
plan_world_plan(const struct plan_world *world, const char *binding,
                const struct vif_plan *previous, struct vif_plan **planp)
{
    char *json CLEANUP_FREE = xstrdup(binding);

    for (char *p = json; *p; p++) {
        *p = *p == '\'' ? '"' : *p;
    }
    return plan_json(world->plugins, json, previous, planp);
}

/* Cases. */

static struct vif_plan *
must_plan(const struct plan_world *world, const struct plan_case *c,
          const struct vif_plan *previous)
{
    struct vif_plan *plan = NULL;
    struct vif_error *error = plan_world_plan(world, c->binding, previous,
                                              &plan);
    if (error) {
        fail_msg("%s: %s", c->name, error->message);
    }
    return plan;
}

static void
check_text(const struct plan_case *c, const struct vif_plan *plan)
{
    char *text CLEANUP_FREE = plan_to_text(plan);

    if (strcmp(text, c->plan)) {
        print_error("--- wanted\n%s", c->plan);
        print_error("--- planned\n%s", text);
        fail_msg("%s", c->name);
    }
}

/* What is planned is what the steps take. */
static void
check_args(const struct plan_case *c, const struct vif_plan *plan)
{
    for (size_t i = 0; i < plan->n_steps; i++) {
        const struct vif_plan_step *step = &plan->steps[i];
        const struct step_class *class = step_class_lookup(step->kind);

        if (!class) {
            fail_msg("%s: no kind of step '%s'", c->name, step->kind);
            return;
        }
        struct vif_error *error CLEANUP_ERROR
            = class->check(&step->args, step->n_refs > 0);
        if (error) {
            fail_msg("%s: %s: %s", c->name, step->kind, error->message);
        }
    }
}

void
check_plans(const struct plan_world *world, const struct plan_case *cases,
            size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct vif_plan *plan = must_plan(world, &cases[i], NULL);
        struct vif_plan *again = must_plan(world, &cases[i], plan);

        check_text(&cases[i], plan);
        check_text(&cases[i], again);
        check_args(&cases[i], plan);
        vif_plan_destroy(plan);
        vif_plan_destroy(again);
    }
}

void
check_refusals(const struct plan_world *world,
               const struct refusal_case *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct vif_plan *plan = NULL;

        expect_error(plan_world_plan(world, cases[i].binding, NULL, &plan),
                     cases[i].code, cases[i].where, cases[i].text);
        assert_null(plan);
    }
}
