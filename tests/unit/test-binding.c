/* SPDX-License-Identifier: Apache-2.0 */
/* Bindings: what is refused and how it is said, what counts as the same, the
 * name of the device and the number of queues. */

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

#define ARRAY_SIZE(ARRAY) (sizeof (ARRAY) / sizeof *(ARRAY))
#define CLEANUP_BINDING CLEANUP(vif_binding_destroy)

#define PORT_ID "b679325f-ca89-4ee0-a8be-6db1409b69ea"

static void
set(char **member, const char *value)
{
    free(*member);
    *member = value ? strdup(value) : NULL;
}

static struct vif_binding
make_binding(void)
{
    struct vif_binding b;

    vif_binding_init(&b);
    set(&b.port_id, PORT_ID);
    set(&b.instance_id, "0f1aa4b6-15a5-4a4b-8a3c-2e3a5c9b1f00");
    b.has_mac = true;
    assert_true(vif_mac_from_string("fa:16:3e:00:00:01", &b.mac));
    return b;
}

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
#undef CASE
    };

    (void) state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct vif_binding b CLEANUP_BINDING = make_binding();
        set((char **) ((char *) &b + cases[i].member), cases[i].value);
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
expect_refusal(struct vif_binding *b, const char *where, const char *text)
{
    struct vif_error *error CLEANUP_ERROR = vif_binding_check(b);

    assert_non_null(error);
    assert_string_equal(error->where, where);
    if (!strstr(error->message, text)) {
        fail_msg("'%s' lacks '%s'", error->message, text);
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
    expect_refusal(&b, "external_ids.big", "too long");
    vif_attrs_set(&b.external_ids, "big", NULL);
    memset(big, 'x', 65537);
    vif_attrs_set(&b.hints, "big", big);
    expect_refusal(&b, "hints.big", "too long");
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

    set(&b.port_id, "pci:3");
    expect_refusal(&b, "port_id", "tappci:3");
    set(&b.device_name, "tap3");
    assert_null(vif_binding_check(&b));
    set(&b.device_name, NULL);
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
        { "physical_network", "physnet2",
          "'physnet2' contradicts physical_network 'physnet1'" },
        { "device_mac_address", "fa:16:3e:12:34:56", NULL },
        { "device_mac_address", "FA:16:3E:12:34:56", NULL },
        { "device_mac_address", "fa:16:3e:12:34:57",
          "contradicts mac_address 'fa:16:3e:12:34:56'" },
        { "device_mac_address", "fa:16", "is no MAC address" },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct vif_binding b CLEANUP_BINDING = make_binding();
        char where[64];

        set(&b.physical_network, "physnet1");
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

static void
test_device_name(void **state)
{
    (void) state;
    struct vif_binding b CLEANUP_BINDING = make_binding();
    char buf[VIF_DEVICE_NAME_BUFSIZE];

    assert_string_equal(vif_binding_device_name(&b, buf), "tapb679325f-ca");
    assert_int_equal(strlen(buf), 14);
    set(&b.port_id, "p1");
    assert_string_equal(vif_binding_device_name(&b, buf), "tapp1");
    set(&b.device_name, "vnet0");
    assert_string_equal(vif_binding_device_name(&b, buf), "vnet0");
}

/* A binding in which nothing has its default. */
static struct vif_binding
make_full_binding(void)
{
    struct vif_binding b = make_binding();

    set(&b.instance_name, "vm1");
    set(&b.project_id, "project");
    set(&b.network_id, "network");
    b.vnic_type = VIF_VNIC_MACVTAP;
    set(&b.physical_network, "physnet1");
    set(&b.plugin, "ovs");
    set(&b.bridge, "br-ex");
    set(&b.datapath_type, "netdev");
    set(&b.interface_id, "iface");
    vif_attrs_set(&b.external_ids, "k", "v");
    b.mtu = 1400;
    set(&b.model, "e1000");
    b.queues = 4;
    b.vcpus = 8;
    set(&b.device_name, "vnet0");
    b.uid = 107;
    b.gid = 108;
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
    };
    static const size_t numbers[] = {
        offsetof(struct vif_binding, vnic_type),
        offsetof(struct vif_binding, mtu),
        offsetof(struct vif_binding, queues),
        offsetof(struct vif_binding, vcpus),
        offsetof(struct vif_binding, uid),
        offsetof(struct vif_binding, gid),
    };
    static const size_t bools[] = {
        offsetof(struct vif_binding, has_mac),
        offsetof(struct vif_binding, create_device),
        offsetof(struct vif_binding, prepare),
    };
    static const size_t maps[] = {
        offsetof(struct vif_binding, external_ids),
        offsetof(struct vif_binding, profile),
        offsetof(struct vif_binding, hints),
    };
    struct vif_binding a CLEANUP_BINDING = make_full_binding();

    (void) state;
#define MEMBER(TYPE, OFFSET) (*(TYPE *) ((char *) &b + (OFFSET)))
#define FOR_EACH(ARRAY)                                         \
    for (size_t i = 0; i < ARRAY_SIZE(ARRAY); i++)
    FOR_EACH (strings) {
        struct vif_binding b CLEANUP_BINDING = make_full_binding();
        set(&MEMBER(char *, strings[i]), "other");
        expect_different(&a, &b);
        set(&MEMBER(char *, strings[i]), NULL);
        expect_different(&a, &b);
    }
    FOR_EACH (numbers) {
        struct vif_binding b CLEANUP_BINDING = make_full_binding();
        MEMBER(uint32_t, numbers[i]) += 1;
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
}

static void
test_what_is_left_out_equals_its_default(void **state)
{
    (void) state;
    struct vif_binding a CLEANUP_BINDING = make_binding();
    struct vif_binding b CLEANUP_BINDING = make_binding();

    set(&b.interface_id, PORT_ID);
    set(&b.model, "virtio");
    set(&b.device_name, "tapb679325f-ca");
    expect_same(&a, &b);
    a.has_mac = b.has_mac = false;
    b.mac.octets[0] = 2;
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
        set(&b.model, cases[i].model);

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
        cmocka_unit_test(test_macs),
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_strings_are_checked),
        cmocka_unit_test(test_numbers_are_checked),
        cmocka_unit_test(test_addresses_are_checked),
        cmocka_unit_test(test_maps_are_bounded),
        cmocka_unit_test(test_contradictions),
        cmocka_unit_test(test_profile),
        cmocka_unit_test(test_size),
        cmocka_unit_test(test_device_name),
        cmocka_unit_test(test_clone_is_equal_and_independent),
        cmocka_unit_test(test_each_member_makes_a_difference),
        cmocka_unit_test(test_what_is_left_out_equals_its_default),
        cmocka_unit_test(test_queues),
    };

    return cmocka_run_group_tests_name("binding", tests, NULL, NULL);
}
