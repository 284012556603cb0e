/* SPDX-License-Identifier: Apache-2.0 */
/* Bindings: what is refused and how it is said. */

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
#define BYTES_64 \
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void
test_defaults(void **state)
{
    (void) state;
    struct vif_binding b CLEANUP_BINDING;

    vif_binding_init(&b);
    assert_int_equal(b.vnic_type, VIF_VNIC_NORMAL);
    assert_true(b.create_device);
    assert_false(b.prepare);
    assert_true(b.uid == VIF_NO_ID && b.gid == VIF_NO_ID);

    struct vif_error *error CLEANUP_ERROR = vif_binding_check(&b);
    assert_string_equal(error->message, "port_id is missing");
    assert_string_equal(error->where, "port_id");
    assert_int_equal(error->code, VIF_ERR_INVALID);
}

/* Each string member: what it takes and what it does not. */
static void
test_strings_are_checked(void **state)
{
    static const struct {
        size_t member;
        const char *where, *value, *fault;      /* NULL fault: accepted. */
    } cases[] = {
#define CASE(MEMBER, VALUE, FAULT) \
        { offsetof(struct vif_binding, MEMBER), #MEMBER, VALUE, FAULT }
        CASE(port_id, "a", NULL),
        CASE(port_id, "vm1.eth0_x-y", NULL),
        CASE(port_id, "0123456789012345678901234567890123456789"
                      "012345678901234567890123", NULL),
        CASE(port_id, "0123456789012345678901234567890123456789"
                      "0123456789012345678901234", "longer than 64"),
        CASE(port_id, "", "empty"),
        CASE(port_id, "a/b", "may only contain"),
        CASE(port_id, "a b", "may only contain"),
        CASE(port_id, "\xc3\xa4", "may only contain"),
        CASE(instance_id, "", "empty"),
        CASE(instance_id, "h\xc3\xb6lle \xe2\x82\xac \xf0\x9f\x8c\x8d", NULL),
        CASE(instance_name, "a\x1b[31mred", "control character"),
        CASE(instance_name, "a\x7f", "control character"),
        CASE(instance_name, "a\nb", "control character"),
        CASE(instance_name, BYTES_64 BYTES_64 BYTES_64 BYTES_64,
             "longer than 255 bytes"),
        CASE(project_id, "\xff", "not UTF-8"),
        CASE(project_id, "\xc3", "not UTF-8"),
        CASE(project_id, "\xc0\x80", "not UTF-8"),
        CASE(project_id, "\xe0\x80\x80", "not UTF-8"),
        CASE(project_id, "\xed\xa0\x80", "not UTF-8"),
        CASE(project_id, "\xf4\x90\x80\x80", "not UTF-8"),
        CASE(project_id, "\xf0\x9f\x8c", "not UTF-8"),
        CASE(network_id, "net 1", NULL),
        CASE(physical_network, "", "empty"),
        CASE(physical_network, "physnet1", NULL),
        CASE(plugin, "ovs", NULL),
        CASE(plugin, "../evil", "may only contain"),
        CASE(bridge, "br-int", NULL),
        CASE(bridge, "0123456789abcde", NULL),
        CASE(bridge, "0123456789abcdef", "longer than 15"),
        CASE(bridge, "br/int", "white space"),
        CASE(bridge, "..", "no name"),
        CASE(datapath_type, "system", NULL),
        CASE(datapath_type, "netdev", NULL),
        CASE(datapath_type, "System", "must be"),
        CASE(datapath_type, "", "must be"),
        CASE(interface_id, PORT_ID, NULL),
        CASE(interface_id, "", "empty"),
        CASE(model, "virtio", NULL),
        CASE(model, "e1000e", NULL),
        CASE(model, "<evil/>", "may only contain"),
        CASE(device_name, "tap1", NULL),
        CASE(device_name, "tap%d", "'%'"),
        CASE(device_name, "tap 1", "white space"),
        CASE(device_name, "eth0:1", "':'"),
        CASE(device_name, ".", "no name"),
        CASE(device_name, "", "empty"),
        CASE(device_name, "abcdefghijklmnop", "longer than 15"),
        CASE(driver, "", "empty"),
        CASE(driver, "../vfio-pci", "may only contain"),
        CASE(driver, BYTES_64, "longer than 55"),
#undef CASE
    };

    (void) state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct vif_binding b CLEANUP_BINDING = make_binding();
        set_text((char **) ((char *) &b + cases[i].member), cases[i].value);
        struct vif_error *error CLEANUP_ERROR = vif_binding_check(&b);

        if (!cases[i].fault) {
            if (error) {
                fail_msg("%s", error->message);
            }
            continue;
        }
        if (!error) {
            fail_msg("%s '%s' was accepted", cases[i].where, cases[i].value);
            return;
        }
        assert_int_equal(error->code, VIF_ERR_INVALID);
        assert_string_equal(error->where, cases[i].where);
        if (!strstr(error->message, cases[i].fault)
            || !strstr(error->message, cases[i].where)) {
            fail_msg("'%s' lacks '%s'", error->message, cases[i].fault);
        }
        for (const char *p = error->message; *p; p++) {
            assert_true((unsigned char) *p >= ' ' && *p != 0x7f);
        }
    }
}

static void
test_numbers_are_checked(void **state)
{
    (void) state;
    struct vif_binding b CLEANUP_BINDING = make_binding();

    static const uint32_t good_mtus[] = { 0, 68, 1500, 9000, 65535 };
    for (size_t i = 0; i < ARRAY_SIZE(good_mtus); i++) {
        b.mtu = good_mtus[i];
        assert_null(vif_binding_check(&b));
    }
    b.mtu = 67;
    expect_refusal(&b, "mtu", "mtu 67: must be 68 to 65535");
    b.mtu = 65536;
    expect_refusal(&b, "mtu", "65536");
    b.mtu = 0;

    b.queues = 256;
    assert_null(vif_binding_check(&b));
    b.queues = 257;
    expect_refusal(&b, "queues", "257");
    b.queues = 0;

    b.vnic_type = VIF_N_VNIC_TYPES;
    expect_refusal(&b, "vnic_type", "unknown");
}

static void
test_addresses_are_checked(void **state)
{
    (void) state;
    struct vif_binding b CLEANUP_BINDING = make_binding();

    assert_true(vif_mac_from_string("01:00:5e:00:00:01", &b.mac));
    expect_refusal(&b, "mac_address", "01:00:5e:00:00:01");
    assert_true(vif_mac_from_string("00:00:00:00:00:00", &b.mac));
    expect_refusal(&b, "mac_address", "zero");
    b.has_mac = false;
    assert_null(vif_binding_check(&b));
}

static void
test_maps_are_bounded(void **state)
{
    (void) state;
    struct vif_binding b CLEANUP_BINDING = make_binding();
    char *big CLEANUP_FREE = calloc(1, 70000);

    vif_attrs_set(&b.profile, "local_link_information", "[{\n\t\"a\":1}]");
    assert_null(vif_binding_check(&b));
    vif_attrs_set(&b.external_ids, "a", "1\n2");
    expect_refusal(&b, "external_ids.a", "control character");
    vif_attrs_set(&b.external_ids, "a", "\xff");
    expect_refusal(&b, "external_ids.a", "UTF-8");
    vif_attrs_set(&b.external_ids, "a", NULL);
    vif_attrs_set(&b.external_ids, "", "x");
    expect_refusal(&b, "external_ids", "empty");
    vif_attrs_set(&b.external_ids, "", NULL);

    memset(big, 'x', 4096);
    vif_attrs_set(&b.external_ids, "big", big);
    assert_null(vif_binding_check(&b));
    memset(big, 'x', 4097);
    vif_attrs_set(&b.external_ids, "big", big);
    expect_refusal(&b, "external_ids.big", "longer than 4096 bytes");
    vif_attrs_set(&b.external_ids, "big", NULL);
    memset(big, 'x', 65537);
    vif_attrs_set(&b.hints, "big", big);
    expect_refusal(&b, "hints.big", "longer than 65536 bytes");
    vif_attrs_set(&b.hints, "big", NULL);

    for (int i = 0; i < 64; i++) {
        char key[8];

        snprintf(key, sizeof key, "k%d", i);
        vif_attrs_set(&b.external_ids, key, "");
    }
    assert_null(vif_binding_check(&b));
    vif_attrs_set(&b.external_ids, "one-more", "");
    expect_refusal(&b, "external_ids", "65 entries");
}

static void
test_contradictions(void **state)
{
    (void) state;
    struct vif_binding b CLEANUP_BINDING = make_binding();

    b.uid = 107;
    assert_null(vif_binding_check(&b));
    b.create_device = false;
    expect_refusal(&b, "device_owner", "create_device is false");
    b.uid = VIF_NO_ID;
    assert_null(vif_binding_check(&b));

    set_text(&b.port_id, "pci:3");
    expect_refusal(&b, "port_id", "tappci:3");
    set_text(&b.device_name, "tap3");
    assert_null(vif_binding_check(&b));
    set_text(&b.device_name, NULL);
    b.vnic_type = VIF_VNIC_DIRECT;
    expect_refusal(&b, "create_device", "vnic_type 'direct' has none");
    b.create_device = true;
    assert_null(vif_binding_check(&b));
    b.gid = 36;
    expect_refusal(&b, "device_owner", "vnic_type 'direct' has no tap");
}

/* What Neutron and Nova say of the port beside what is asked for. */
static void
test_profile(void **state)
{
    (void) state;
    static const struct {
        const char *key, *value, *says;     /* NULL: fine. */
    } cases[] = {
        { "pci_slot", "0000:03:00.1", NULL },
        { "pci_slot", "abcd:EF:1f.7", NULL },
        { "pci_slot", "0000:03:00.8", "'0000:03:00.8': is no PCI address" },
        { "pci_slot", "03:00.1", "is no PCI address" },
        { "pci_slot", "0000:03:00.1/..", "is no PCI address" },
        { "pci_slot", "", "is no PCI address" },
        { "pci_slot", "3", "is no PCI address" },
        { "physical_network", "physnet1", NULL },
        { "physical_network", "null", NULL },
        { "physical_network", "PhysNet1", NULL },
        { "physical_network", "\"physnet1\"", NULL },
        { "physical_network", "physnet2",
          "'physnet2' contradicts physical_network 'physnet1'" },
        { "physical_network", "physnet", "contradicts" },
        { "physical_network", "physnet11", "contradicts" },
        { "physical_network", "\"physnet1", "contradicts" },
        { "device_mac_address", "fa:16:3e:12:34:56", NULL },
        { "device_mac_address", "FA:16:3E:12:34:56", NULL },
        { "device_mac_address", "fa:16:3e:12:34:57",
          "contradicts mac_address 'fa:16:3e:12:34:56'" },
        { "device_mac_address", "fa:16", "is no MAC address" },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct vif_binding b CLEANUP_BINDING = make_binding();
        char where[64];

        set_text(&b.physical_network, "physnet1");
        b.has_mac = vif_mac_from_string("fa:16:3e:12:34:56", &b.mac);
        vif_attrs_set(&b.profile, cases[i].key, cases[i].value);
        snprintf(where, sizeof where, "profile.%s", cases[i].key);
        if (cases[i].says) {
            expect_refusal(&b, where, cases[i].says);
        } else {
            assert_null(vif_binding_check(&b));
        }
    }
}

/* Who gets a device gets it on the network of the member, and nobody shall
 * take the profile for it. */
static void
test_network_of_the_profile_alone(void **state)
{
    (void) state;
    static const enum vif_vnic_type types[] = {
        VIF_VNIC_DIRECT, VIF_VNIC_DIRECT_PHYSICAL, VIF_VNIC_MACVTAP,
        VIF_VNIC_VDPA,
    };
    struct vif_binding b CLEANUP_BINDING = make_binding();

    vif_attrs_set(&b.profile, "physical_network", "physnet1");
    assert_null(vif_binding_check(&b));
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        b.vnic_type = types[i];
        expect_refusal(&b, "profile.physical_network",
                       "the port has no physical_network");
    }
    b.vnic_type = VIF_VNIC_MACVTAP;
    set_text(&b.macvtap.source, "eth1");
    assert_null(vif_binding_check(&b));
    b.vnic_type = VIF_VNIC_DIRECT;
    set_text(&b.macvtap.source, NULL);
    vif_attrs_set(&b.profile, "physical_network", "null");
    assert_null(vif_binding_check(&b));
}

/* Every port's binding stays in memory for as long as it is plugged. */
static void
test_size(void **state)
{
    (void) state;
    struct vif_binding b CLEANUP_BINDING = make_binding();
    char value[4001], key[8];

    memset(value, 'x', sizeof value - 1);
    value[sizeof value - 1] = '\0';
    for (int i = 0; i < 16; i++) {
        snprintf(key, sizeof key, "k%d", i);
        vif_attrs_set(&b.hints, key, value);
    }
    assert_null(vif_binding_check(&b));
    vif_attrs_set(&b.profile, "more", value);

    struct vif_error *error = vif_binding_check(&b);
    assert_non_null(error);
    assert_non_null(strstr(error->message, "at most 65536"));
    vif_error_destroy(error);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_strings_are_checked),
        cmocka_unit_test(test_numbers_are_checked),
        cmocka_unit_test(test_addresses_are_checked),
        cmocka_unit_test(test_maps_are_bounded),
        cmocka_unit_test(test_contradictions),
        cmocka_unit_test(test_profile),
        cmocka_unit_test(test_network_of_the_profile_alone),
        cmocka_unit_test(test_size),
    };

    return cmocka_run_group_tests_name("binding check", tests, NULL, NULL);
}
