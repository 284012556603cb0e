/* SPDX-License-Identifier: Apache-2.0 */
/* Bindings as values: names, what counts as the same, the name of the device
 * and the number of queues. */

#include <config.h>

#include <vif/binding.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/cleanup.h"
#include "tests/unit/some-binding.h"

#define ARRAY_SIZE(ARRAY) (sizeof (ARRAY) / sizeof *(ARRAY))

static void
test_vnic_type_names(void **state)
{
    (void) state;
    for (int i = 0; i < VIF_N_VNIC_TYPES; i++) {
        enum vif_vnic_type type = VIF_N_VNIC_TYPES;

        assert_true(vif_vnic_type_from_name(vif_vnic_type_name(i), &type));
        assert_int_equal(type, i);
    }

    enum vif_vnic_type type;
    assert_false(vif_vnic_type_from_name("Normal", &type));
    assert_false(vif_vnic_type_from_name("", &type));
}

static void
test_other_names(void **state)
{
    (void) state;
    for (int i = 0; i < VIF_N_LINK_STATES; i++) {
        enum vif_link_state link_state = VIF_N_LINK_STATES;

        assert_true(vif_link_state_from_name(vif_link_state_name(i),
                                             &link_state));
        assert_int_equal(link_state, i);
    }
    for (int i = VIF_MACVTAP_BRIDGE; i < VIF_N_MACVTAP_MODES; i++) {
        enum vif_macvtap_mode mode = VIF_N_MACVTAP_MODES;

        assert_true(vif_macvtap_mode_from_name(vif_macvtap_mode_name(i),
                                               &mode));
        assert_int_equal(mode, i);
    }

    /* What was not asked for has a name, but cannot be asked for. */
    enum vif_macvtap_mode mode = VIF_MACVTAP_VEPA;
    assert_string_equal(vif_macvtap_mode_name(VIF_MACVTAP_DEFAULT),
                        "default");
    assert_false(vif_macvtap_mode_from_name("default", &mode));
    assert_int_equal(mode, VIF_MACVTAP_VEPA);
    assert_string_equal(vif_link_state_name(VIF_N_LINK_STATES), "unknown");
    assert_string_equal(vif_macvtap_mode_name(VIF_N_MACVTAP_MODES),
                        "unknown");
}

static void
test_macs(void **state)
{
    static const char *const good[] = {
        "fa:16:3e:00:00:01", "00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff",
    };
    static const char *const bad[] = {
        "", "fa:16:3e:00:00", "fa:16:3e:00:00:1", "fa:16:3e:00:00:01:",
        "fa:16:3e:00:00:01:02", "fa-16-3e-00-00-01", "fa16.3e00.0001",
        "fa:16:3e:00:00:0g", " fa:16:3e:00:00:01", "fa:16:3e:00:00:01 ",
        "fa:16:3e:0x:00:01", "fa:16:3e:+1:00:01", "fa::16:3e:00:00:01",
    };
    char buf[VIF_MAC_BUFSIZE];
    struct vif_mac mac;

    (void) state;
    for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
        assert_true(vif_mac_from_string(good[i], &mac));
        assert_string_equal(vif_mac_format(&mac, buf), good[i]);
    }
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        assert_false(vif_mac_from_string(bad[i], &mac));
    }

    assert_true(vif_mac_from_string("FA:16:3E:AB:CD:EF", &mac));
    assert_string_equal(vif_mac_format(&mac, buf), "fa:16:3e:ab:cd:ef");
    assert_false(vif_mac_is_multicast(&mac));
    assert_false(vif_mac_is_zero(&mac));
    assert_true(vif_mac_from_string("01:00:5e:00:00:01", &mac));
    assert_true(vif_mac_is_multicast(&mac));
}

static void
test_device_name(void **state)
{
    (void) state;
    struct vif_binding b CLEANUP_BINDING = make_binding();
    char buf[VIF_DEVICE_NAME_BUFSIZE];

    assert_string_equal(vif_binding_device_name(&b, buf), "tapb679325f-ca");
    assert_int_equal(strlen(buf), 14);
    set_text(&b.port_id, "p1");
    assert_string_equal(vif_binding_device_name(&b, buf), "tapp1");
    set_text(&b.device_name, "vnet0");
    assert_string_equal(vif_binding_device_name(&b, buf), "vnet0");
}

/* A binding in which nothing has its default. */
static struct vif_binding
make_full_binding(void)
{
    struct vif_binding b = make_binding();

    set_text(&b.instance_name, "vm1");
    set_text(&b.project_id, "project");
    set_text(&b.network_id, "network");
    b.vnic_type = VIF_VNIC_MACVTAP;
    set_text(&b.physical_network, "physnet1");
    set_text(&b.plugin, "ovs");
    set_text(&b.bridge, "br-ex");
    set_text(&b.datapath_type, "netdev");
    set_text(&b.interface_id, "iface");
    vif_attrs_set(&b.external_ids, "k", "v");
    b.mtu = 1400;
    set_text(&b.model, "e1000");
    b.queues = 4;
    b.vcpus = 8;
    set_text(&b.device_name, "vnet0");
    b.uid = 107;
    b.gid = 108;
    b.vf = (struct vif_vf) {
        .has_vlan = true, .vlan = 100, .vlan_qos = 3, .vlan_8021ad = true,
        .has_min_tx_rate = true, .min_tx_rate = 10,
        .has_max_tx_rate = true, .max_tx_rate = 20,
        .has_spoofchk = true, .spoofchk = true,
        .has_trust = true, .trust = true,
        .has_link_state = true, .link_state = VIF_LINK_ENABLE,
        .best_effort = true,
    };
    b.macvtap.mode = VIF_MACVTAP_VEPA;
    set_text(&b.macvtap.source, "macvtap0");
    set_text(&b.macvtap.physical_interface, "eth1");
    b.macvtap.vlan = 100;
    vif_attrs_set(&b.port_profile, "type", "802.1Qbh");
    set_text(&b.driver, "vfio-pci");
    b.numa_nodes = 5;
    set_text(&b.numa_policy, "required");
    b.prepare = true;
    vif_attrs_set(&b.profile, "p", "q");
    vif_attrs_set(&b.hints, "h", "i");
    return b;
}

static void
expect_same(const struct vif_binding *a, const struct vif_binding *b)
{
    assert_true(vif_binding_equal(a, b));
    assert_true(vif_binding_equal(b, a));
}

static void
expect_different(const struct vif_binding *a, const struct vif_binding *b)
{
    assert_false(vif_binding_equal(a, b));
    assert_false(vif_binding_equal(b, a));
}

static void
test_clone_is_equal_and_independent(void **state)
{
    (void) state;
    struct vif_binding a CLEANUP_BINDING = make_full_binding();
    struct vif_binding b CLEANUP_BINDING;

    vif_binding_clone(&b, &a);
    expect_same(&a, &b);
    b.port_id[0] = 'x';
    expect_different(&a, &b);
    b.port_id[0] = a.port_id[0];
    vif_attrs_set(&b.external_ids, "k", "w");
    expect_different(&a, &b);
    assert_string_equal(vif_attrs_get(&a.external_ids, "k"), "v");

    vif_binding_destroy(&b);
    assert_null(b.port_id);
    assert_true(b.create_device);
}

/* Every member counts, one at a time. */
static void
test_each_member_makes_a_difference(void **state)
{
    static const size_t strings[] = {
        offsetof(struct vif_binding, port_id),
        offsetof(struct vif_binding, instance_id),
        offsetof(struct vif_binding, instance_name),
        offsetof(struct vif_binding, project_id),
        offsetof(struct vif_binding, network_id),
        offsetof(struct vif_binding, physical_network),
        offsetof(struct vif_binding, plugin),
        offsetof(struct vif_binding, bridge),
        offsetof(struct vif_binding, datapath_type),
        offsetof(struct vif_binding, interface_id),
        offsetof(struct vif_binding, model),
        offsetof(struct vif_binding, device_name),
        offsetof(struct vif_binding, macvtap.source),
        offsetof(struct vif_binding, macvtap.physical_interface),
        offsetof(struct vif_binding, driver),
        offsetof(struct vif_binding, numa_policy),
    };
    static const size_t halves[] = {
        offsetof(struct vif_binding, vf.vlan),
        offsetof(struct vif_binding, macvtap.vlan),
    };
    static const size_t numbers[] = {
        offsetof(struct vif_binding, vnic_type),
        offsetof(struct vif_binding, mtu),
        offsetof(struct vif_binding, queues),
        offsetof(struct vif_binding, vcpus),
        offsetof(struct vif_binding, uid),
        offsetof(struct vif_binding, gid),
        offsetof(struct vif_binding, vf.min_tx_rate),
        offsetof(struct vif_binding, vf.max_tx_rate),
        offsetof(struct vif_binding, vf.link_state),
        offsetof(struct vif_binding, macvtap.mode),
        offsetof(struct vif_binding, numa_nodes),
    };
    static const size_t bools[] = {
        offsetof(struct vif_binding, has_mac),
        offsetof(struct vif_binding, create_device),
        offsetof(struct vif_binding, prepare),
        offsetof(struct vif_binding, vf.has_vlan),
        offsetof(struct vif_binding, vf.vlan_8021ad),
        offsetof(struct vif_binding, vf.has_min_tx_rate),
        offsetof(struct vif_binding, vf.has_max_tx_rate),
        offsetof(struct vif_binding, vf.has_spoofchk),
        offsetof(struct vif_binding, vf.spoofchk),
        offsetof(struct vif_binding, vf.has_trust),
        offsetof(struct vif_binding, vf.trust),
        offsetof(struct vif_binding, vf.has_link_state),
        offsetof(struct vif_binding, vf.best_effort),
    };
    static const size_t maps[] = {
        offsetof(struct vif_binding, external_ids),
        offsetof(struct vif_binding, profile),
        offsetof(struct vif_binding, hints),
        offsetof(struct vif_binding, port_profile),
    };
    struct vif_binding a CLEANUP_BINDING = make_full_binding();

    (void) state;
#define MEMBER(TYPE, OFFSET) (*(TYPE *) ((char *) &b + (OFFSET)))
#define FOR_EACH(ARRAY)                                         \
    for (size_t i = 0; i < ARRAY_SIZE(ARRAY); i++)
    FOR_EACH (strings) {
        struct vif_binding b CLEANUP_BINDING = make_full_binding();
        set_text(&MEMBER(char *, strings[i]), "other");
        expect_different(&a, &b);
        set_text(&MEMBER(char *, strings[i]), NULL);
        expect_different(&a, &b);
    }
    FOR_EACH (numbers) {
        struct vif_binding b CLEANUP_BINDING = make_full_binding();
        MEMBER(uint32_t, numbers[i]) += 1;
        expect_different(&a, &b);
    }
    FOR_EACH (halves) {
        struct vif_binding b CLEANUP_BINDING = make_full_binding();
        MEMBER(uint16_t, halves[i]) += 1;
        expect_different(&a, &b);
    }
    FOR_EACH (bools) {
        struct vif_binding b CLEANUP_BINDING = make_full_binding();
        MEMBER(bool, bools[i]) = !MEMBER(bool, bools[i]);
        expect_different(&a, &b);
    }
    FOR_EACH (maps) {
        struct vif_binding b CLEANUP_BINDING = make_full_binding();
        vif_attrs_set(&MEMBER(struct vif_attrs, maps[i]), "new", "x");
        expect_different(&a, &b);
    }
#undef FOR_EACH
#undef MEMBER

    struct vif_binding b CLEANUP_BINDING = make_full_binding();
    b.mac.octets[5]++;
    expect_different(&a, &b);
    b.mac = a.mac;
    b.vf.vlan_qos++;
    expect_different(&a, &b);
}

static void
test_what_is_left_out_equals_its_default(void **state)
{
    (void) state;
    struct vif_binding a CLEANUP_BINDING = make_binding();
    struct vif_binding b CLEANUP_BINDING = make_binding();

    set_text(&b.interface_id, PORT_ID);
    set_text(&b.model, "virtio");
    set_text(&b.device_name, "tapb679325f-ca");
    expect_same(&a, &b);
    a.has_mac = b.has_mac = false;
    b.mac.octets[0] = 2;
    expect_same(&a, &b);

    b.vf.has_vlan = true;           /* 0: no VLAN. */
    b.vf.max_tx_rate = 7;           /* Not asked for. */
    set_text(&b.numa_policy, "legacy");
    b.macvtap.mode = VIF_MACVTAP_PASSTHRU;
    expect_same(&a, &b);
    set_text(&a.macvtap.source, "eth1");
    set_text(&b.macvtap.source, "eth1");
    expect_different(&a, &b);
    b.macvtap.mode = VIF_MACVTAP_BRIDGE;
    expect_same(&a, &b);
}

static void
test_queues(void **state)
{
    static const struct {
        uint32_t queues, vcpus;
        const char *model;
        uint32_t max_queues;
        uint32_t effective;
        const char *why;        /* NULL: not cut. */
    } cases[] = {
        { 0, 0, NULL, 0, 1, NULL },
        { 0, 8, NULL, 0, 1, NULL },
        { 1, 1, NULL, 0, 1, NULL },
        { 4, 0, NULL, 0, 4, NULL },
        { 4, 4, "virtio", 4, 4, NULL },
        { 8, 4, NULL, 0, 4, "vCPUs" },
        { 8, 1, NULL, 0, 1, "vCPUs" },
        { 8, 0, NULL, 2, 2, "configuration" },
        { 8, 4, NULL, 2, 2, "configuration" },
        { 8, 2, NULL, 4, 2, "vCPUs" },
        { 256, 0, NULL, 0, 256, NULL },
        { 300, 0, NULL, 0, 256, "kernel" },
        { 300, 512, NULL, 400, 256, "kernel" },
        { 4, 4, "e1000", 0, 1, "model" },
        { 1, 4, "e1000", 0, 1, NULL },
        { 0, 4, "e1000", 0, 1, NULL },
    };

    (void) state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct vif_binding b CLEANUP_BINDING = make_binding();
        b.queues = cases[i].queues;
        b.vcpus = cases[i].vcpus;
        set_text(&b.model, cases[i].model);

        struct vif_queues q = vif_binding_queues(&b, cases[i].max_queues);
        assert_int_equal(q.requested, cases[i].queues);
        assert_int_equal(q.effective, cases[i].effective);
        assert_int_equal(q.multiqueue, q.effective > 1);
        if (cases[i].why) {
            assert_non_null(strstr(q.why, cases[i].why));
            assert_true(strlen(q.why) + 1 < sizeof q.why);
        } else {
            assert_string_equal(q.why, "");
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vnic_type_names),
        cmocka_unit_test(test_other_names),
        cmocka_unit_test(test_macs),
        cmocka_unit_test(test_device_name),
        cmocka_unit_test(test_clone_is_equal_and_independent),
        cmocka_unit_test(test_each_member_makes_a_difference),
        cmocka_unit_test(test_what_is_left_out_equals_its_default),
        cmocka_unit_test(test_queues),
    };

    return cmocka_run_group_tests_name("binding", tests, NULL, NULL);
}
