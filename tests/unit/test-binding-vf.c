/* SPDX-License-Identifier: Apache-2.0 */
/* What a binding asks of a VF, a macvtap, a switch's port profile, a driver
 * and NUMA nodes: what is refused, by name and value. */

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

#include "lib/binding-profile.h"
#include "lib/cleanup.h"
#include "tests/unit/some-binding.h"

#define ARRAY_SIZE(ARRAY) (sizeof (ARRAY) / sizeof *(ARRAY))

static struct vif_binding
make_direct(void)
{
    struct vif_binding b = make_binding();

    b.vnic_type = VIF_VNIC_DIRECT;
    return b;
}

static struct vif_binding
make_macvtap(const char *source)
{
    struct vif_binding b = make_binding();

    b.vnic_type = VIF_VNIC_MACVTAP;
    set_text(&b.macvtap.source, source);
    return b;
}

static void
test_vlan(void **state)
{
    (void) state;
    struct vif_binding b CLEANUP_BINDING = make_direct();

    b.vf.has_vlan = true;
    expect_accepted(&b);
    b.vf.vlan = 4094;
    b.vf.vlan_qos = 7;
    b.vf.vlan_8021ad = true;
    expect_accepted(&b);
    b.vf.vlan = 4095;
    expect_refusal(&b, "vf.vlan", "vf.vlan 4095: must be 0 to 4094");
    b.vf.vlan = 100;
    b.vf.vlan_qos = 8;
    expect_refusal(&b, "vf.vlan_qos", "vf.vlan_qos 8: must be 0 to 7");

    b.vf.vlan = 0;
    b.vf.vlan_qos = 3;
    expect_refusal(&b, "vf.vlan_qos", "vf.vlan_qos 3: there is no VLAN");
    b.vf.vlan_qos = 0;
    expect_refusal(&b, "vf.vlan_protocol", "'802.1ad': there is no VLAN");
    b.vf.vlan = 100;
    b.vf.has_vlan = false;
    expect_refusal(&b, "vf.vlan_protocol", "'802.1ad': there is no VLAN");
}

/* Where libvirt sets it, it is of 802.1Q and has no priority. */
static void
test_vlan_that_libvirt_sets(void **state)
{
    (void) state;
    struct vif_binding b CLEANUP_BINDING = make_macvtap(NULL);

    b.vf.has_vlan = true;
    b.vf.vlan = 100;
    b.vf.vlan_qos = 3;
    expect_accepted(&b);
    b.create_device = false;
    expect_refusal(&b, "vf.vlan_qos", "libvirt");
    b.vf.vlan_qos = 0;
    expect_accepted(&b);
    b.vf.vlan_8021ad = true;
    expect_refusal(&b, "vf.vlan_protocol", "libvirt");
}

static void
test_rates(void **state)
{
    static const struct {
        int min, max;           /* -1: not asked for. */
        bool good;
    } cases[] = {
        { -1, -1, true }, { 10, -1, true }, { -1, 10, true },
        { 10, 10, true }, { 10, 20, true }, { 20, 10, false },
        { 10, 0, true },        /* 0: no limit. */
        { 0, 10, true },
    };

    (void) state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct vif_binding b CLEANUP_BINDING = make_direct();

        b.vf.has_min_tx_rate = cases[i].min >= 0;
        b.vf.min_tx_rate = cases[i].min;
        b.vf.has_max_tx_rate = cases[i].max >= 0;
        b.vf.max_tx_rate = cases[i].max;
        if (cases[i].good) {
            expect_accepted(&b);
        } else {
            expect_refusal(&b, "vf.min_tx_rate", "vf.min_tx_rate 20: is "
                           "more than vf.max_tx_rate 10");
        }
    }
}

/* Each member by itself, asked for where no VF is. */
static void
test_vf_members_need_a_vf(void **state)
{
    static const struct {
        const char *where;
        struct vif_vf vf;
    } cases[] = {
        { "vf.vlan", { .has_vlan = true } },
        { "vf.vlan_qos", { .vlan_qos = 1 } },
        { "vf.vlan_protocol", { .vlan_8021ad = true } },
        { "vf.min_tx_rate", { .has_min_tx_rate = true } },
        { "vf.max_tx_rate", { .has_max_tx_rate = true } },
        { "vf.spoofchk", { .has_spoofchk = true } },
        { "vf.trust", { .has_trust = true } },
        { "vf.link_state", { .has_link_state = true } },
        { "vf.best_effort", { .best_effort = true } },
    };

    (void) state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct vif_binding b CLEANUP_BINDING = make_binding();

        b.vf = cases[i].vf;
        expect_refusal(&b, cases[i].where, "vnic_type 'normal' has no VF");
        b.vnic_type = VIF_VNIC_DIRECT_PHYSICAL;
        expect_refusal(&b, cases[i].where,
                       "vnic_type 'direct-physical' has no VF");
        b.vnic_type = VIF_VNIC_MACVTAP;
        set_text(&b.macvtap.source, "eth1");
        expect_refusal(&b, cases[i].where, "macvtap.source 'eth1'");
    }
}

static void
test_values_that_have_no_name(void **state)
{
    (void) state;
    struct vif_binding b CLEANUP_BINDING = make_direct();

    b.vf.has_link_state = true;
    b.vf.link_state = VIF_N_LINK_STATES;
    expect_refusal(&b, "vf.link_state", "vf.link_state 3 is unknown");
    b.vf.has_link_state = false;
    b.vf.link_state = VIF_LINK_AUTO;
    b.macvtap.mode = VIF_N_MACVTAP_MODES;
    expect_refusal(&b, "macvtap.mode", "macvtap.mode 5 is unknown");
}

static void
test_macvtap_needs_the_vnic_type(void **state)
{
    (void) state;
    struct vif_binding b CLEANUP_BINDING = make_direct();

    set_text(&b.macvtap.source, "macvtap0");
    expect_refusal(&b, "macvtap.source",
                   "a port of vnic_type 'direct' has no macvtap");
    set_text(&b.macvtap.source, NULL);
    b.macvtap.mode = VIF_MACVTAP_VEPA;
    expect_refusal(&b, "macvtap.mode", "'direct' has no macvtap");
    b.vnic_type = VIF_VNIC_MACVTAP;
    expect_accepted(&b);

    /* Neutron's agent. */
    b.vnic_type = VIF_VNIC_NORMAL;
    expect_refusal(&b, "macvtap.mode", "plugin 'macvtap'");
    set_text(&b.macvtap.source, "macvtap0");
    expect_refusal(&b, "macvtap.source", "plugin 'macvtap'");
    set_text(&b.plugin, "ovs");
    expect_refusal(&b, "macvtap.source", "plugin 'macvtap'");
    set_text(&b.plugin, "macvtap");
    expect_accepted(&b);
}

static void
test_macvtap_source(void **state)
{
    static const struct {
        const char *source, *interface;
        uint16_t vlan;
        const char *where, *says;   /* NULL: accepted. */
    } cases[] = {
        { "eth1", NULL, 0, NULL, NULL },
        { "eth1", "eth1", 0, NULL, NULL },
        { "macvtap0", "eth1", 100, NULL, NULL },
        { "macvtap0", "eth1", 4094, NULL, NULL },
        { "macvtap0", "eth1", 4095, "macvtap.vlan",
          "macvtap.vlan 4095: must be 0 to 4094" },
        { "macvtap0", "eth1", 0, "macvtap.source",
          "'macvtap0': must be macvtap.physical_interface 'eth1'" },
        { "eth1", "eth1", 100, "macvtap.source",
          "a VLAN device cannot have the name" },
        { "eth1", NULL, 100, "macvtap.vlan", "macvtap.vlan 100" },
        { NULL, NULL, 100, "macvtap.vlan", "a VF's VLAN is vf.vlan" },
        { NULL, "eth1", 0, "macvtap.physical_interface",
          "'eth1': there is no macvtap.source" },
        { "tapb679325f-ca", NULL, 0, "macvtap.source",
          "is the name of the port's own device" },
        { "", NULL, 0, "macvtap.source", "empty" },
        { "eth1", "eth/1", 0, "macvtap.physical_interface", "'eth/1'" },
        { "a-name-with-16-c", NULL, 0, "macvtap.source",
          "longer than 15 characters" },
        { "e\n", NULL, 0, "macvtap.source", "macvtap.source '...'" },
    };

    (void) state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct vif_binding b CLEANUP_BINDING = make_macvtap(cases[i].source);

        set_text(&b.macvtap.physical_interface, cases[i].interface);
        b.macvtap.vlan = cases[i].vlan;
        if (cases[i].where) {
            expect_refusal(&b, cases[i].where, cases[i].says);
        } else {
            expect_accepted(&b);
        }
    }
}

static void
test_driver(void **state)
{
    static const char long_name[]
        = "a-name-with-56-characters-which-no-module-of-a-kernel-has";
    struct vif_binding b CLEANUP_BINDING = make_direct();

    (void) state;
    set_text(&b.driver, "vfio-pci");
    expect_accepted(&b);
    set_text(&b.driver, "mlx5_vfio_pci");
    expect_accepted(&b);
    set_text(&b.driver, "../vfio");
    expect_refusal(&b, "driver", "driver '../vfio': may only contain");
    set_text(&b.driver, "");
    expect_refusal(&b, "driver", "empty");
    set_text(&b.driver, long_name);
    expect_refusal(&b, "driver", "longer than 55");

    set_text(&b.driver, "vfio-pci");
    b.vnic_type = VIF_VNIC_MACVTAP;
    expect_refusal(&b, "driver", "driver 'vfio-pci': for a port of "
                   "vnic_type 'direct', not 'macvtap'");
    b.vnic_type = VIF_VNIC_NORMAL;
    expect_refusal(&b, "driver", "not 'normal'");
}

static void
test_numa_policy(void **state)
{
    static const char *const good[] = {
        NULL, "legacy", "required", "preferred", "socket",
    };
    struct vif_binding b CLEANUP_BINDING = make_direct();

    (void) state;
    b.numa_nodes = UINT64_MAX;
    for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
        set_text(&b.numa_policy, good[i]);
        expect_accepted(&b);
    }
    set_text(&b.numa_policy, "strict");
    expect_refusal(&b, "numa.policy", "numa.policy 'strict': must be");
    set_text(&b.numa_policy, "");
    expect_refusal(&b, "numa.policy", "must be 'legacy'");
}

#define UUID "72b00fee-2fbb-46e6-9d9d-3ef4f6d1a1bd"

static void
test_port_profile(void **state)
{
    static const struct {
        const char *pairs[5][2];
        const char *where, *says;   /* NULL: accepted. */
    } cases[] = {
        { { { "type", "802.1Qbh" }, { "profileid", "p" } }, NULL, NULL },
        { { { "profileid", "p" } }, "port_profile.type", "is missing" },
        { { { "type", "802.1qbh" } }, "port_profile.type",
          "'802.1qbh': must be" },
        { { { "type", "802.1Qbh" } }, "port_profile.profileid",
          "is missing: type '802.1Qbh' needs it" },
        { { { "type", "802.1Qbh" }, { "profileid", "" } },
          "port_profile.profileid", "empty" },
        { { { "type", "802.1Qbh" },
            { "profileid", "1234567890123456789012345678901234567890" } },
          "port_profile.profileid", "longer than 39" },
        { { { "type", "802.1Qbh" }, { "profileid", "p" },
            { "managerid", "8" } },
          "port_profile.managerid", "has no such key" },
        { { { "type", "802.1Qbg" }, { "managerid", "8" },
            { "typeid", "0xFFFFFF" }, { "typeidversion", "255" },
            { "instanceid", UUID } }, NULL, NULL },
        { { { "type", "802.1Qbg" }, { "managerid", "0x8" },
            { "typeid", "23" }, { "typeidversion", "2" } }, NULL, NULL },
        { { { "type", "802.1Qbg" }, { "managerid", "256" },
            { "typeid", "23" }, { "typeidversion", "2" } },
          "port_profile.managerid", "'256': must be a number from 0 to 255" },
        { { { "type", "802.1Qbg" }, { "managerid", "-1" },
            { "typeid", "23" }, { "typeidversion", "2" } },
          "port_profile.managerid", "'-1'" },
        { { { "type", "802.1Qbg" }, { "managerid", "8" },
            { "typeid", "16777216" }, { "typeidversion", "2" } },
          "port_profile.typeid", "from 0 to 16777215" },
        { { { "type", "802.1Qbg" }, { "managerid", "8" },
            { "typeid", "0x" }, { "typeidversion", "2" } },
          "port_profile.typeid", "'0x'" },
        { { { "type", "802.1Qbg" }, { "managerid", "8" },
            { "typeid", "23" } },
          "port_profile.typeidversion", "is missing" },
        { { { "type", "802.1Qbg" }, { "managerid", "8" },
            { "typeid", "23" }, { "typeidversion", "2" },
            { "instanceid", UUID "0" } },
          "port_profile.instanceid", "must be a UUID" },
        { { { "type", "802.1Qbg" }, { "managerid", "8" },
            { "typeid", "23" }, { "typeidversion", "2" },
            { "instanceid", "72b00fee" } },
          "port_profile.instanceid", "must be a UUID" },
        { { { "type", "802.1Qbg" }, { "managerid", "99999999999999999999" } },
          "port_profile.managerid", "99999999999999999999" },
    };

    (void) state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct vif_binding b CLEANUP_BINDING = make_direct();

        for (size_t j = 0; j < 5 && cases[i].pairs[j][0]; j++) {
            vif_attrs_set(&b.port_profile, cases[i].pairs[j][0],
                          cases[i].pairs[j][1]);
        }
        if (cases[i].where) {
            expect_refusal(&b, cases[i].where, cases[i].says);
        } else {
            expect_accepted(&b);
        }
    }
}

static void
test_where_a_port_profile_can_be(void **state)
{
    (void) state;
    struct vif_binding b CLEANUP_BINDING = make_binding();

    vif_attrs_set(&b.port_profile, "type", "802.1Qbh");
    vif_attrs_set(&b.port_profile, "profileid", "p");
    expect_refusal(&b, "port_profile", "vnic_type 'normal'");
    b.vnic_type = VIF_VNIC_MACVTAP;
    expect_accepted(&b);
    b.uid = 64055;
    expect_refusal(&b, "device_owner", "libvirt makes the macvtap");
    b.uid = VIF_NO_ID;
    b.create_device = false;
    expect_accepted(&b);
    b.vnic_type = VIF_VNIC_DIRECT;
    b.create_device = true;
    set_text(&b.driver, "vfio-pci");
    expect_accepted(&b);

    vif_attrs_destroy(&b.port_profile);
    vif_attrs_set(&b.port_profile, "type", "802.1Qbg");
    vif_attrs_set(&b.port_profile, "managerid", "8");
    vif_attrs_set(&b.port_profile, "typeid", "23");
    vif_attrs_set(&b.port_profile, "typeidversion", "2");
    expect_refusal(&b, "driver", "needs the netdev");
    set_text(&b.driver, NULL);
    expect_accepted(&b);
}

static void
test_trusted_profile(void **state)
{
    static const struct {
        const char *value;
        enum profile_answer answer;
    } cases[] = {
        { NULL, PROFILE_UNSAID },
        { "true", PROFILE_YES }, { "\"true\"", PROFILE_YES },
        { "True", PROFILE_YES }, { "false", PROFILE_NO },
        { "\"False\"", PROFILE_NO }, { "yes", PROFILE_WRONG },
        { "\"true", PROFILE_WRONG }, { "", PROFILE_WRONG },
        { "1", PROFILE_WRONG },
    };

    (void) state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct vif_binding b CLEANUP_BINDING = make_direct();
        enum profile_answer answer = cases[i].answer;
        bool said = answer == PROFILE_YES || answer == PROFILE_NO;

        vif_attrs_set(&b.profile, "trusted", cases[i].value);
        assert_int_equal(binding_profile_trusted(&b), answer);
        binding_complete(&b);
        assert_int_equal(b.vf.has_trust, said);
        assert_int_equal(b.vf.trust, answer == PROFILE_YES);
        if (answer == PROFILE_WRONG) {
            expect_refusal(&b, "profile.trusted", "must be true or false");
        } else {
            expect_accepted(&b);
        }
        if (said) {
            b.vf.trust = !b.vf.trust;
            expect_refusal(&b, "profile.trusted", "contradicts vf.trust");
            binding_complete(&b);
            expect_refusal(&b, "profile.trusted", "contradicts vf.trust");
        }

        /* Where there is no VF it is for whoever chooses a device. */
        struct vif_binding pf CLEANUP_BINDING = make_binding();
        pf.vnic_type = VIF_VNIC_DIRECT_PHYSICAL;
        vif_attrs_set(&pf.profile, "trusted", cases[i].value);
        binding_complete(&pf);
        assert_false(pf.vf.has_trust);
        expect_accepted(&pf);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vlan),
        cmocka_unit_test(test_vlan_that_libvirt_sets),
        cmocka_unit_test(test_rates),
        cmocka_unit_test(test_vf_members_need_a_vf),
        cmocka_unit_test(test_values_that_have_no_name),
        cmocka_unit_test(test_macvtap_needs_the_vnic_type),
        cmocka_unit_test(test_macvtap_source),
        cmocka_unit_test(test_driver),
        cmocka_unit_test(test_numa_policy),
        cmocka_unit_test(test_port_profile),
        cmocka_unit_test(test_where_a_port_profile_can_be),
        cmocka_unit_test(test_trusted_profile),
    };

    return cmocka_run_group_tests_name("binding vf", tests, NULL, NULL);
}
