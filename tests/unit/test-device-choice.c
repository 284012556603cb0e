/* SPDX-License-Identifier: Apache-2.0 */
/* The devices that plugins are told: what is said of each, that the ports of
 * a request are looked at together, and that a plan never has another device
 * than "fit" says.
 *
 * VIFD_TEST_SEED and VIFD_TEST_HISTORIES choose others than the usual. */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/config.h"
#include "engine/planner.h"
#include "inventory/binding-request.h"
#include "inventory/fit.h"
#include "lib/cleanup.h"
#include "openvswitch/vlog.h"
#include "plugin/plugins.h"
#include "tests/property/dice.h"
#include "tests/unit/plan-text.h"
#include "tests/unit/some-nics.h"
#include "util.h"

#define PF1 "pci/0000:03:00.0"
#define PF1_VF0 "pci/0000:03:01.0"
#define PF1_VF1 "pci/0000:03:01.1"
#define N_PORTS 5

/* Two PFs with three VFs each; the first is on physnet1, the second on
 * physnet2. */
struct fixture {
    char *dir;
    struct test_host test;
    struct plugins *plugins;
    struct planner *planner;
    struct inventory inventory;
    struct device_claims claims;
    struct config *config;
    struct device_host host;
    const struct vif_binding *plugged;  /* Of each port that has a device. */
};

static void
configure(struct fixture *f, const char *text)
{
    config_destroy(f->config);
    assert_null(config_parse(text, strlen(text), "f.yaml", &f->config));
    f->host.specs = &f->config->device_spec;
}

static bool
find_holder(void *f_, const char *port OVS_UNUSED,
            struct device_holder *holder)
{
    const struct fixture *f = f_;

    return f->plugged && binding_request_tags(f->plugged, &holder->asked);
}

static int
set_up(void **state)
{
    struct fixture *f = xzalloc(sizeof *f);
    struct plugins_config config = test_host_config(&f->test);

    f->dir = make_test_dir();
    copy_file(VIFD_TEST_MODULES "/device.so", f->dir, "device.so");
    f->plugins = plugins_create(&config);
    assert_null(plugins_load(f->plugins, f->dir));
    f->planner = plugins_planner(f->plugins);

    some_nics_add(&f->inventory, "0000:03:00.0", 3, 8);
    some_nics_add(&f->inventory, "0000:04:00.0", 3, 8);
    configure(f, "device_spec:\n"
              "- {address: '0000:03:00.0', physical_network: physnet1,\n"
              "   trusted: true, managed: false}\n"
              "- {address: '0000:04:00.0', physical_network: physnet2}\n");
    f->host.inventory = &f->inventory;
    f->host.claims = &f->claims;
    f->host.holder = find_holder;
    f->host.aux = f;
    f->test.devices = &f->host;
    *state = f;
    return 0;
}

static int
tear_down(void **state)
{
    struct fixture *f = *state;

    plugins_destroy(f->plugins);
    remove_test_dir(f->dir);
    inventory_destroy(&f->inventory);
    device_claims_destroy(&f->claims);
    config_destroy(f->config);
    free(f->dir);
    free(f);
    return 0;
}

static struct vif_binding
make_binding(const char *port_id, enum vif_vnic_type type,
             const char *pci_slot)
{
    struct vif_binding binding;

    vif_binding_init(&binding);
    binding.port_id = xstrdup(port_id);
    binding.vnic_type = type;
    binding.plugin = xstrdup("device");
    binding.physical_network = xstrdup("physnet1");
    if (pci_slot) {
        vif_attrs_set(&binding.profile, "pci_slot", pci_slot);
    }
    return binding;
}

static struct vif_error *
plan(struct fixture *f, const struct vif_binding *binding,
     struct vif_plan **planp)
{
    *planp = NULL;
    return f->planner->plan(f->planner, binding, NULL, NULL, NULL, planp);
}

/* The name of the device that is planned for 'binding'; NULL, and an error
 * that says 'error', if it gets none. */
static char *
device_of(struct fixture *f, const struct vif_binding *binding,
          const char *error)
{
    struct vif_plan *made;
    CLEANUP_ERROR struct vif_error *refusal = plan(f, binding, &made);

    if (refusal) {
        if (!error || !strstr(refusal->message, error)) {
            fail_msg("%s", refusal->message);
        }
        assert_null(made);
        return NULL;
    }
    assert_null(error);
    char *name = xstrdup(made->steps[0].object);
    vif_plan_destroy(made);
    return name;
}

static void
assert_text(struct fixture *f, const struct vif_binding *binding,
            const char *expected)
{
    struct vif_plan *made;

    assert_null(plan(f, binding, &made));
    CLEANUP_FREE char *text = plan_to_text(made);
    assert_string_equal(text, expected);
    vif_plan_destroy(made);
}

static void
test_what_is_said_of_a_vf(void **state)
{
    struct fixture *f = *state;
    struct vif_binding binding = make_binding("p", VIF_VNIC_DIRECT,
                                              "0000:03:01.1");
    struct device *vf = some_nics_get(&f->inventory, PF1_VF1);
    struct device *pf = some_nics_get(&f->inventory, PF1);

    strcpy(vf->driver, "igbvf");
    vf->netdev = (struct device_netdev) {
        .ifindex = 7, .name = "enp3s1f1", .has_mac = true,
        .mac = { { 2, 0, 0, 0, 0, 1 } },
    };
    pf->netdev = (struct device_netdev) {
        .ifindex = 6, .name = "enp3s0", .has_mac = true,
        .mac = { { 2, 0, 0, 0, 0, 2 } },
    };
    strcpy(pf->serial, "SN1");
    vf->capabilities = 1u << DEVICE_TSO;
    pf->capabilities = 1u << DEVICE_LRO;
    pf->eswitch = DEVICE_ESWITCH_SWITCHDEV;
    vif_attrs_set(&binding.profile, "pci_request_id", "id1");
    assert_text(f, &binding,
                "0 kind " PF1_VF1 "\n"
                "claim " PF1_VF1 "\n"
                "claim vf-of/" PF1 "=" PF1_VF1 "\n"
                "claim pci-request/id1=" PF1_VF1 "\n"
                "capability=1 switchdev\n"
                "driver=igbvf\n"
                "mac=02:00:00:00:00:01\n"
                "netdev=enp3s1f1\n"
                "numbers=vf 1 node 0 trusted 1 managed 0\n"
                "pci_slot=0000:03:01.1\n"
                "pci_vendor_info=8086:154c\n"
                "pf=" PF1 "\n"
                "pf_mac=02:00:00:00:00:02\n"
                "pf_netdev=enp3s0\n"
                "physical_network=physnet1\n"
                "serial=SN1\n"
                "type=type-VF\n");
    vif_binding_destroy(&binding);
}

static void
test_what_is_said_of_a_pf(void **state)
{
    struct fixture *f = *state;
    struct vif_binding binding = make_binding("p", VIF_VNIC_DIRECT_PHYSICAL,
                                              NULL);

    some_nics_set_numa(&f->inventory, "0000:03:00.0", -1);
    assert_text(f, &binding,
                "0 kind " PF1 "\n"
                "claim " PF1 "\n"
                "numbers=vf -1 node -1 trusted 1 managed 0\n"
                "pci_slot=0000:03:00.0\n"
                "pci_vendor_info=8086:1572\n"
                "physical_network=physnet1\n"
                "type=type-PF\n");
    vif_binding_destroy(&binding);
}

/* The port has PF1_VF0, and keeps it as what it was. */
static void
check_kept(struct fixture *f, const struct vif_binding *binding,
           const char *spec, const char *numbers)
{
    struct vif_plan *made;

    configure(f, spec);
    assert_null(plan(f, binding, &made));
    CLEANUP_FREE char *text = plan_to_text(made);
    assert_non_null(strstr(text, "claim " PF1_VF0 "\n"));
    assert_non_null(strstr(text, "physical_network=physnet1\n"));
    assert_non_null(strstr(text, numbers));
    vif_plan_destroy(made);
}

static void
test_a_device_that_the_spec_means_otherwise(void **state)
{
    struct fixture *f = *state;
    struct vif_binding binding = make_binding("p", VIF_VNIC_DIRECT, NULL);

    device_claims_put(&f->claims, PF1_VF0, "p");
    f->plugged = &binding;
    check_kept(f, &binding, "device_spec: []\n", "trusted 0 managed 1");
    check_kept(f, &binding, "device_spec:\n"
               "- {address: '0000:03:01.0'}\n"
               "- {physical_network: physnet1}\n", "trusted 0 managed 1");
    check_kept(f, &binding, "device_spec:\n"
               "- {address: '0000:03:01.0', physical_network: physnet9,\n"
               "   trusted: true, managed: false}\n"
               "- {physical_network: physnet1}\n", "trusted 0 managed 1");
    vif_attrs_set(&binding.profile, "trusted", "true");
    check_kept(f, &binding, "device_spec:\n"
               "- {address: '0000:03:01.0', physical_network: physnet1,\n"
               "   trusted: false}\n", "trusted 1 managed 1");
    vif_binding_destroy(&binding);
}

/* The first would have what the second can do with alone. */
static void
test_ports_of_a_request_are_looked_at_together(void **state)
{
    struct fixture *f = *state;
    struct vif_binding bindings[] = {
        make_binding("p1", VIF_VNIC_DIRECT, NULL),
        make_binding("p2", VIF_VNIC_DIRECT, "0000:03:01.0"),
    };
    const struct vif_binding *const both[] = { &bindings[0], &bindings[1] };
    CLEANUP_FREE char *alone = device_of(f, both[0], NULL);

    assert_string_equal(alone, PF1_VF0);
    f->planner->announce(f->planner, both, 2);
    CLEANUP_FREE char *first = device_of(f, both[0], NULL);
    /* What the engine does in between. */
    device_claims_put(&f->claims, PF1_VF1, "p1");
    CLEANUP_FREE char *second = device_of(f, both[1], NULL);
    assert_string_equal(first, PF1_VF1);
    assert_string_equal(second, PF1_VF0);
    f->planner->announce(f->planner, NULL, 0);

    device_claims_put(&f->claims, PF1_VF0, "p2");
    device_claims_remove(&f->claims, PF1_VF1);
    CLEANUP_FREE char *third = device_of(f, both[0], NULL);
    assert_string_equal(third, PF1_VF1);
    for (size_t i = 0; i < ARRAY_SIZE(bindings); i++) {
        vif_binding_destroy(&bindings[i]);
    }
}

static void
test_refusals(void **state)
{
    struct fixture *f = *state;
    struct vif_binding bindings[] = {
        make_binding("p1", VIF_VNIC_DIRECT, "0000:04:01.0"),
        make_binding("p2", VIF_VNIC_DIRECT, "somewhere"),
        make_binding("p3", VIF_VNIC_NORMAL, NULL),
        make_binding("p4", VIF_VNIC_DIRECT, NULL),
    };
    const struct vif_binding *all[ARRAY_SIZE(bindings)];

    assert_null(device_of(f, &bindings[0],
                          "plugin device: port p1: no device fits; left "
                          "after each filter: device_spec 8, device "
                          "pci/0000:04:01.0 1, physical_network physnet1 "
                          "0"));
    assert_null(device_of(f, &bindings[1], "\"somewhere\" is no PCI "
                          "address"));
    assert_null(device_of(f, &bindings[2], "a port with vnic_type 'normal' "
                          "has no device"));

    /* One that gets none is the end of all, but each says its own. */
    for (size_t i = 0; i < ARRAY_SIZE(bindings); i++) {
        all[i] = &bindings[i];
    }
    f->planner->announce(f->planner, all, ARRAY_SIZE(bindings));
    assert_null(device_of(f, &bindings[3], "port p1: no device fits"));
    assert_null(device_of(f, &bindings[1], "\"somewhere\""));
    f->planner->announce(f->planner, NULL, 0);
    for (size_t i = 0; i < ARRAY_SIZE(bindings); i++) {
        vif_binding_destroy(&bindings[i]);
    }
}

/* A port that needs no device does not wait for them. */
static void
test_devices_that_are_not_read_yet(void **state)
{
    struct fixture *f = *state;
    struct vif_binding direct = make_binding("p", VIF_VNIC_DIRECT, NULL);
    struct vif_binding normal = make_binding("q", VIF_VNIC_NORMAL, NULL);
    struct vif_binding named = make_binding("r", VIF_VNIC_MACVTAP, NULL);

    named.macvtap.source = xstrdup("eth1");
    assert_true(f->planner->ready(f->planner, &direct));
    f->test.devices = NULL;
    assert_false(f->planner->ready(f->planner, &direct));
    assert_true(f->planner->ready(f->planner, &normal));
    assert_true(f->planner->ready(f->planner, &named));
    assert_null(device_of(f, &direct, "not read yet"));
    vif_binding_destroy(&direct);
    vif_binding_destroy(&normal);
    vif_binding_destroy(&named);
}

/* Random requests: what is planned is what "fit" says. */

static struct vif_binding
random_binding(struct dice *dice, size_t i)
{
    static const enum vif_vnic_type types[] = {
        VIF_VNIC_DIRECT, VIF_VNIC_DIRECT, VIF_VNIC_MACVTAP,
        VIF_VNIC_DIRECT_PHYSICAL, VIF_VNIC_NORMAL,
    };
    static const char *const slots[] = {
        NULL, NULL, NULL, NULL, "0000:03:01.0", "0000:04:01.2",
    };
    char id[8];

    snprintf(id, sizeof id, "p%"PRIuSIZE, i);
    struct vif_binding binding = make_binding(
        id, types[dice_below(dice, ARRAY_SIZE(types))],
        slots[dice_below(dice, ARRAY_SIZE(slots))]);
    if (dice_chance(dice, 30)) {
        free(binding.physical_network);
        binding.physical_network = xstrdup("physnet2");
    }
    return binding;
}

static void
random_claims(struct fixture *f, struct dice *dice)
{
    static const char *const ids[] = { "p0", "p1", "p2", "x", "y" };

    device_claims_destroy(&f->claims);
    for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
        const struct device *device
            = &f->inventory.devices[dice_below(dice, f->inventory.n)];

        if (dice_chance(dice, 50)
            && !device_claims_holder(&f->claims, device->name)) {
            device_claims_put(&f->claims, device->name, ids[i]);
        }
    }
}

/* Asks as the method "fit" does.  True if all fit. */
static bool
ask_fit(struct fixture *f, const struct vif_binding *bindings, size_t n,
        const char *expected[N_PORTS])
{
    struct binding_request needs[N_PORTS];
    struct device_request requests[N_PORTS];
    struct fit_answer answers[N_PORTS];
    size_t who[N_PORTS], n_needs = 0;

    for (size_t i = 0; i < n; i++) {
        bool needed;

        expected[i] = NULL;
        assert_null(binding_request_init(&needs[i], &bindings[i], &needed));
        if (needed) {
            requests[n_needs] = needs[i].request;
            who[n_needs++] = i;
        }
    }
    CLEANUP_ERROR struct vif_error *error = device_fit(&f->host, requests,
                                                       n_needs, answers);
    for (size_t i = 0; i < n_needs && !error; i++) {
        expected[who[i]] = answers[i].device->name;
    }
    return !error;
}

static void
check_once(struct fixture *f, struct dice *dice)
{
    struct vif_binding bindings[N_PORTS];
    const struct vif_binding *all[N_PORTS];
    const char *expected[N_PORTS];
    size_t n = 1 + dice_below(dice, N_PORTS);

    random_claims(f, dice);
    for (size_t i = 0; i < n; i++) {
        bindings[i] = random_binding(dice, i);
        all[i] = &bindings[i];
    }
    bool fits = ask_fit(f, bindings, n, expected);
    if (n > 1 || dice_chance(dice, 50)) {
        f->planner->announce(f->planner, all, n);
    }
    for (size_t i = 0; i < n; i++) {
        if (bindings[i].vnic_type != VIF_VNIC_NORMAL) {
            CLEANUP_FREE char *device = device_of(f, all[i],
                                                  fits ? NULL : "device");

            assert_int_equal(device != NULL, fits);
            if (device) {
                assert_string_equal(device, expected[i]);
                device_claims_put(&f->claims, expected[i], "later");
            }
        }
    }
    f->planner->announce(f->planner, NULL, 0);
    for (size_t i = 0; i < n; i++) {
        vif_binding_destroy(&bindings[i]);
    }
}

static void
test_plans_and_fit_never_disagree(void **state)
{
    const char *seed_text = getenv("VIFD_TEST_SEED");
    const char *histories_text = getenv("VIFD_TEST_HISTORIES");
    uint64_t seed = seed_text ? strtoull(seed_text, NULL, 0) : 1;
    unsigned int n = histories_text ? strtoul(histories_text, NULL, 0) : 2000;

    for (unsigned int i = 0; i < n; i++) {
        struct dice dice;

        dice_seed(&dice, seed, i);
        check_once(*state, &dice);
    }
}

int
main(void)
{
#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_what_is_said_of_a_vf),
        TEST(test_what_is_said_of_a_pf),
        TEST(test_a_device_that_the_spec_means_otherwise),
        TEST(test_ports_of_a_request_are_looked_at_together),
        TEST(test_refusals),
        TEST(test_devices_that_are_not_read_yet),
        TEST(test_plans_and_fit_never_disagree),
    };
#undef TEST

    vlog_set_levels(NULL, VLF_ANY_DESTINATION, VLL_OFF);
    return cmocka_run_group_tests_name("device choice", tests, NULL, NULL);
}
