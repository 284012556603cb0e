/* SPDX-License-Identifier: Apache-2.0 */
/* What a port asks of a device, by vnic type and profile. */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "inventory/binding-request.h"
#include "lib/cleanup.h"
#include "util.h"

/* The port "p" on "net" with one member in its profile. */
static struct vif_binding
make_binding(enum vif_vnic_type type, const char *key, const char *value)
{
    struct vif_binding binding;

    vif_binding_init(&binding);
    binding.port_id = xstrdup("p");
    binding.physical_network = xstrdup("net");
    binding.vnic_type = type;
    if (key) {
        vif_attrs_set(&binding.profile, key, value);
    }
    return binding;
}

static void
test_vnic_types(void **state OVS_UNUSED)
{
    static const struct {
        enum vif_vnic_type vnic_type;
        bool needed;
        enum device_type type;
        bool remote_managed;
    } cases[VIF_N_VNIC_TYPES] = {
        { VIF_VNIC_NORMAL, false, DEVICE_VF, false },
        { VIF_VNIC_DIRECT, true, DEVICE_VF, false },
        { VIF_VNIC_DIRECT_PHYSICAL, true, DEVICE_PF, false },
        { VIF_VNIC_MACVTAP, true, DEVICE_VF, false },
        { VIF_VNIC_VDPA, true, DEVICE_VDPA, false },
        { VIF_VNIC_VIRTIO_FORWARDER, true, DEVICE_VF, false },
        { VIF_VNIC_REMOTE_MANAGED, true, DEVICE_VF, true },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct vif_binding binding = make_binding(cases[i].vnic_type, NULL,
                                                  NULL);
        struct binding_request r;
        bool needed;

        assert_null(binding_request_init(&r, &binding, &needed));
        assert_int_equal(needed, cases[i].needed);
        assert_int_equal(r.request.type, cases[i].type);
        assert_int_equal(r.request.remote_managed, cases[i].remote_managed);
        assert_string_equal(r.request.holder, "p");
        assert_string_equal(r.request.physical_network, "net");
        assert_int_equal(r.request.vendor, -1);
        assert_int_equal(r.request.trusted, SPEC_UNSAID);
        assert_null(r.request.device);
        assert_int_equal(r.request.needs_netdev,
                         cases[i].vnic_type == VIF_VNIC_MACVTAP);
        vif_binding_destroy(&binding);
    }
}

/* Of a VF with that profile libvirt takes the netdev, for a macvtap. */
static void
test_port_profile(void **state OVS_UNUSED)
{
    static const char *const types[] = { "802.1Qbh", "802.1Qbg" };

    for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
        struct vif_binding binding = make_binding(VIF_VNIC_DIRECT, NULL,
                                                  NULL);
        struct binding_request r;
        bool needed;

        vif_attrs_set(&binding.port_profile, "type", types[i]);
        assert_null(binding_request_init(&r, &binding, &needed));
        assert_int_equal(r.request.needs_netdev, i == 1);
        vif_binding_destroy(&binding);
    }
}

static void
test_profile(void **state OVS_UNUSED)
{
    static const struct {
        const char *key, *value;
        bool good;
    } cases[] = {
        { "pci_slot", "0000:03:01.2", true },
        { "pci_slot", "03:01.2", false },
        { "pci_vendor_info", "8086:154C", true },
        { "pci_vendor_info", "8086:154", false },
        { "pci_vendor_info", "8086-154c", false },
        { "pci_vendor_info", "8086:154g", false },
        { "pci_vendor_info", ":::::::::", false },
        { "pci_request_id", "b1f0", true },
        { "pci_request_id", "a=b", false },
        { "trusted", "true", true },
        { "trusted", "True", true },
        { "trusted", "\"true\"", true },
        { "trusted", "FALSE", true },
        { "trusted", "1", false },
        { "trusted", "", false },
        { "trusted", "trueish", false },
        { "capabilities", "[\"switchdev\"]", true },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct vif_binding binding = make_binding(VIF_VNIC_DIRECT,
                                                  cases[i].key,
                                                  cases[i].value);
        struct binding_request r;
        bool needed;
        struct vif_error *error = binding_request_init(&r, &binding, &needed);

        if (!error != cases[i].good) {
            fail_msg("%s %s", cases[i].key, cases[i].value);
        }
        assert_true(!error || error->code == VIF_ERR_INVALID);
        vif_error_destroy(error);

        /* A port that needs no device may say what it likes. */
        binding.vnic_type = VIF_VNIC_NORMAL;
        assert_null(binding_request_init(&r, &binding, &needed));
        vif_binding_destroy(&binding);
    }
}

static void
test_values(void **state OVS_UNUSED)
{
    struct vif_binding binding = make_binding(VIF_VNIC_DIRECT, "pci_slot",
                                              "0000:0A:01.2");
    struct binding_request r;
    bool needed;

    vif_attrs_set(&binding.profile, "pci_vendor_info", "15b3:101E");
    vif_attrs_set(&binding.profile, "pci_request_id", "id");
    vif_attrs_set(&binding.profile, "trusted", "\"False\"");
    assert_null(binding_request_init(&r, &binding, &needed));
    assert_string_equal(r.request.device, "pci/0000:0a:01.2");
    assert_int_equal(r.request.vendor, 0x15b3);
    assert_int_equal(r.request.product, 0x101e);
    assert_string_equal(r.request.request_id, "id");
    assert_int_equal(r.request.trusted, SPEC_NO);
    vif_binding_destroy(&binding);
}

static void
test_trust(void **state OVS_UNUSED)
{
    struct vif_binding binding = make_binding(VIF_VNIC_DIRECT, "trusted",
                                              "false");
    struct binding_request r;
    bool needed;

    binding.vf.trust = true;
    assert_null(binding_request_init(&r, &binding, &needed));
    assert_int_equal(r.request.trusted, SPEC_NO);
    binding.vf.has_trust = true;
    assert_null(binding_request_init(&r, &binding, &needed));
    assert_int_equal(r.request.trusted, SPEC_YES);
    binding.vf.trust = false;
    vif_attrs_set(&binding.profile, "trusted", "true");
    assert_null(binding_request_init(&r, &binding, &needed));
    assert_int_equal(r.request.trusted, SPEC_NO);
    vif_binding_destroy(&binding);
}

static void
test_numa(void **state OVS_UNUSED)
{
    struct vif_binding binding = make_binding(VIF_VNIC_DIRECT, NULL, NULL);
    struct binding_request r;
    bool needed;

    assert_null(binding_request_init(&r, &binding, &needed));
    assert_int_equal(r.request.numa_nodes, 0);
    assert_int_equal(r.request.numa_policy, NUMA_LEGACY);
    binding.numa_nodes = 5;
    binding.numa_policy = xstrdup("required");
    assert_null(binding_request_init(&r, &binding, &needed));
    assert_int_equal(r.request.numa_nodes, 5);
    assert_int_equal(r.request.numa_policy, NUMA_REQUIRED);
    binding.numa_policy[0] = 'R';
    CLEANUP_ERROR struct vif_error *error = binding_request_init(&r, &binding,
                                                                 &needed);
    assert_non_null(error);
    assert_int_equal(error->code, VIF_ERR_INVALID);
    assert_string_equal(error->where, "numa.policy");
    vif_binding_destroy(&binding);
}

static void
test_a_named_interface_needs_no_device(void **state OVS_UNUSED)
{
    struct vif_binding binding = make_binding(VIF_VNIC_MACVTAP, NULL, NULL);
    struct binding_request r;
    bool needed;

    binding.macvtap.source = xstrdup("eth1");
    assert_null(binding_request_init(&r, &binding, &needed));
    assert_false(needed);
    vif_binding_destroy(&binding);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vnic_types),
        cmocka_unit_test(test_port_profile),
        cmocka_unit_test(test_profile),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_trust),
        cmocka_unit_test(test_numa),
        cmocka_unit_test(test_a_named_interface_needs_no_device),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
