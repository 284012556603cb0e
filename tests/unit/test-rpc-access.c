/* SPDX-License-Identifier: Apache-2.0 */
/* Who may do what. */

#include <config.h>

#include "rpc/access.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <vif/attrs.h>
#include <vif/binding.h>

#include "agent/config.h"
#include "lib/cleanup.h"
#include "openvswitch/util.h"
#include "util.h"

#define VIFD_UID 77
#define SOCKET_GID 500

static struct access
make_access(const char *yaml)
{
    struct access access = {
        .own_uid = VIFD_UID, .socket_gid = SOCKET_GID,
    };
    struct config *config;

    assert_null(config_parse(yaml, strlen(yaml), "f", &config));
    access.config = config;
    return access;
}

static void
destroy_access(struct access *access)
{
    config_destroy(CONST_CAST(struct config *, access->config));
}

static bool
may(const struct access *access, const struct rpc_peer *peer,
    const char *method, const char *physical_network)
{
    const struct access_object object = {
        .physical_network = physical_network,
        .uid = VIF_NO_ID, .gid = VIF_NO_ID,
    };

    return access_may(access, peer, method, &object);
}

static uint32_t kvm[] = { 36, 500 };

static const struct rpc_peer root = { .uid = 0, .gid = 0 };
static const struct rpc_peer vifd = { .uid = VIFD_UID, .gid = 9 };
static const struct rpc_peer nova = {
    .uid = 1000, .gid = 1000, .groups = kvm, .n_groups = 2,
};
static const struct rpc_peer primary = { .uid = 1001, .gid = SOCKET_GID };
static const struct rpc_peer stranger = { .uid = 1002, .gid = 1002 };

static void
test_without_rules(void **state OVS_UNUSED)
{
    struct access access = make_access("");

    assert_true(may(&access, &root, "plug", NULL));
    assert_true(may(&access, &vifd, "plug", "physnet1"));
    assert_true(may(&access, &nova, "plug", NULL));
    assert_true(may(&access, &primary, "plug", "physnet1"));
    assert_false(may(&access, &stranger, "plug", NULL));
    assert_false(access_may_somewhere(&access, &stranger, "list"));

    access.socket_gid = UINT32_MAX;
    assert_false(may(&access, &nova, "plug", NULL));
    destroy_access(&access);
}

static void
test_empty_list(void **state OVS_UNUSED)
{
    struct access access = make_access("access: []\n");

    assert_true(may(&access, &root, "plug", NULL));
    assert_true(may(&access, &vifd, "plug", NULL));
    assert_false(may(&access, &nova, "plug", NULL));
    assert_false(access_may_everywhere(&access, &primary, "list"));
    destroy_access(&access);
}

static void
test_rules(void **state OVS_UNUSED)
{
    struct access access = make_access(
        "access:\n"
        "- groups: [36]\n"
        "  methods: [plug, unplug]\n"
        "  physical_networks: [physnet1, null]\n"
        "- users: [1002]\n"
        "  methods: [watch]\n"
        "- methods: [list]\n"
        "  physical_networks: [physnet2]\n");

    /* By a supplementary group. */
    assert_true(may(&access, &nova, "plug", "physnet1"));
    assert_true(may(&access, &nova, "unplug", NULL));
    assert_false(may(&access, &nova, "plug", "physnet2"));
    assert_false(may(&access, &nova, "show", "physnet1"));
    assert_true(access_may_somewhere(&access, &nova, "plug"));
    assert_false(access_may_everywhere(&access, &nova, "plug"));

    /* By user, everywhere. */
    assert_true(may(&access, &stranger, "watch", "anything"));
    assert_true(may(&access, &stranger, "watch", NULL));
    assert_true(access_may_everywhere(&access, &stranger, "watch"));
    assert_false(may(&access, &nova, "watch", NULL));

    /* Everybody. */
    assert_true(may(&access, &primary, "list", "physnet2"));
    assert_false(may(&access, &primary, "list", NULL));
    assert_true(access_may_somewhere(&access, &stranger, "list"));
    destroy_access(&access);
}

/* A null is not the name "null", nor is "*" any network's name. */
static void
test_null_network(void **state OVS_UNUSED)
{
    struct access only_null = make_access(
        "access: [{physical_networks: [null]}]\n");
    struct access only_name = make_access(
        "access: [{physical_networks: ['null']}]\n");
    struct access none = make_access("access: [{physical_networks: []}]\n");

    assert_true(may(&only_null, &stranger, "plug", NULL));
    assert_false(may(&only_null, &stranger, "plug", "null"));
    assert_false(may(&only_null, &stranger, "plug", "*"));
    assert_true(may(&only_name, &stranger, "plug", "null"));
    assert_false(may(&only_name, &stranger, "plug", NULL));
    assert_false(access_may_somewhere(&none, &stranger, "plug"));
    destroy_access(&only_null);
    destroy_access(&only_name);
    destroy_access(&none);
}

/* Everything at once: one rule must allow all of it. */
static void
test_devices_and_owners(void **state OVS_UNUSED)
{
    struct access access = make_access(
        "access:\n"
        "- users: [1000]\n"
        "  methods: [plug]\n"
        "  physical_networks: [physnet1]\n"
        "  pci_addresses: ['0000:03:00.*', '0000:AF:0[01].?']\n"
        "  owner_users: [107]\n"
        "- users: [1000]\n"
        "  methods: [plug]\n"
        "  physical_networks: [physnet2]\n"
        "  pci_addresses: [null]\n"
        "  owner_users: [107, 108]\n"
        "  owner_groups: [36]\n"
        "- users: [1002]\n"
        "  pci_addresses: []\n"
        "- users: [1001]\n"
        "  owner_users: []\n");
    static const struct {
        const struct rpc_peer *peer;
        const char *network, *pci;
        uint32_t uid, gid;
        const char *culprit;    /* NULL: may. */
    } cases[] = {
        { &nova, "physnet1", "0000:03:00.1", VIF_NO_ID, VIF_NO_ID, NULL },
        { &nova, "physnet1", "0000:03:00.1", 107, VIF_NO_ID, NULL },
        { &nova, "physnet1", "0000:af:01.7", 107, VIF_NO_ID, NULL },
        { &nova, "physnet1", "0000:03:01.1", 107, VIF_NO_ID,
          "profile.pci_slot" },
        { &nova, "physnet1", "0000:af:02.0", 107, VIF_NO_ID,
          "profile.pci_slot" },
        { &nova, "physnet1", NULL, 107, VIF_NO_ID, "profile.pci_slot" },
        { &nova, "physnet1", "0000:03:00.1", 0, VIF_NO_ID, "device_owner" },
        { &nova, "physnet1", "0000:03:00.1", 107, 36, "device_owner" },
        { &nova, "physnet1", "0000:03:00.1", VIF_NO_ID, 0, "device_owner" },
        { &nova, "physnet2", NULL, 108, 36, NULL },
        { &nova, "physnet2", NULL, VIF_NO_ID, 36, NULL },
        { &nova, "physnet2", NULL, 108, 0, "device_owner" },
        { &nova, "physnet2", "0000:03:00.1", 107, VIF_NO_ID,
          "profile.pci_slot" },
        { &nova, "physnet3", NULL, VIF_NO_ID, VIF_NO_ID, "physical_network" },
        { &nova, NULL, NULL, VIF_NO_ID, VIF_NO_ID, "physical_network" },
        { &stranger, NULL, NULL, VIF_NO_ID, VIF_NO_ID, "profile.pci_slot" },
        { &stranger, NULL, "0000:03:00.1", VIF_NO_ID, VIF_NO_ID,
          "profile.pci_slot" },
        { &primary, "any", "0000:99:00.1", VIF_NO_ID, VIF_NO_ID, NULL },
        { &primary, "any", "0000:99:00.1", 1001, VIF_NO_ID, "device_owner" },
        { &root, "any", "0000:99:00.1", 0, 0, NULL },
        { &vifd, "any", "0000:99:00.1", 0, 0, NULL },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        const struct access_object object = {
            .physical_network = cases[i].network,
            .pci_address = cases[i].pci,
            .uid = cases[i].uid, .gid = cases[i].gid,
        };

        if (access_may(&access, cases[i].peer, "plug", &object)
            != !cases[i].culprit) {
            fail_msg("case %"PRIuSIZE, i);
        }
        if (cases[i].culprit) {
            assert_string_equal(access_culprit(&access, cases[i].peer, "plug",
                                               &object), cases[i].culprit);
        }
    }
    assert_false(access_may_somewhere(&access, &stranger, "plug"));
    assert_true(access_may_somewhere(&access, &nova, "plug"));
    assert_false(access_may_everywhere(&access, &nova, "plug"));
    assert_true(access_may_everywhere(&access, &primary, "plug"));
    destroy_access(&access);
}

static void
test_object_of_a_binding(void **state OVS_UNUSED)
{
    struct vif_binding binding;
    struct access_object object;

    vif_binding_init(&binding);
    binding.physical_network = xstrdup("physnet1");
    binding.uid = 5;
    vif_attrs_set(&binding.profile, "pci_slot", "0000:03:00.1");
    object = access_object_of(&binding, true);
    assert_string_equal(object.physical_network, "physnet1");
    assert_string_equal(object.pci_address, "0000:03:00.1");
    assert_int_equal(object.uid, 5);
    assert_int_equal(object.gid, VIF_NO_ID);
    object = access_object_of(&binding, false);
    assert_int_equal(object.uid, VIF_NO_ID);
    assert_false(object.any_device);
    vif_binding_destroy(&binding);
}

/* An interface of the host may be on any network. */
static void
test_interfaces_of_the_host(void **state OVS_UNUSED)
{
    struct access access = make_access(
        "access:\n"
        "- users: [1000]\n"
        "  physical_networks: [physnet1]\n"
        "- users: [1001]\n");
    struct vif_binding binding;

    vif_binding_init(&binding);
    binding.physical_network = xstrdup("physnet1");
    binding.macvtap.source = xstrdup("eth0");

    const struct access_object object = access_object_of(&binding, true);
    assert_string_equal(object.interface, "eth0");
    assert_false(access_may(&access, &nova, "plug", &object));
    assert_string_equal(access_culprit(&access, &nova, "plug", &object),
                        "macvtap.source");
    assert_true(access_may(&access, &primary, "plug", &object));
    assert_true(access_may(&access, &root, "plug", &object));

    /* Looking at it is something else. */
    const struct access_object seen = access_object_of(&binding, false);
    assert_true(access_may(&access, &nova, "show", &seen));
    vif_binding_destroy(&binding);
    destroy_access(&access);
}

/* A device that vifd chooses may be any on the network: to have that, one must
 * be allowed all of them. */
static void
test_devices_that_vifd_chooses(void **state OVS_UNUSED)
{
    struct access access = make_access(
        "access:\n"
        "- users: [1000]\n"
        "  pci_addresses: ['0000:03:00.*', null]\n"
        "- users: [1001]\n"
        "  pci_addresses: ['*']\n");
    struct vif_binding binding;

    vif_binding_init(&binding);
    struct access_object object = access_object_of(&binding, true);
    assert_false(object.any_device);
    assert_true(access_may(&access, &nova, "plug", &object));

    binding.vnic_type = VIF_VNIC_DIRECT;
    object = access_object_of(&binding, true);
    assert_true(object.any_device);
    assert_false(access_may(&access, &nova, "plug", &object));
    assert_string_equal(access_culprit(&access, &nova, "plug", &object),
                        "profile.pci_slot");
    assert_true(access_may(&access, &primary, "plug", &object));
    vif_attrs_set(&binding.profile, "pci_slot", "0000:03:00.1");
    object = access_object_of(&binding, true);
    assert_true(access_may(&access, &nova, "plug", &object));
    vif_attrs_set(&binding.profile, "pci_slot", "0000:04:00.1");
    object = access_object_of(&binding, true);
    assert_false(access_may(&access, &nova, "plug", &object));

    /* One on an interface that it names. */
    vif_attrs_set(&binding.profile, "pci_slot", NULL);
    binding.vnic_type = VIF_VNIC_MACVTAP;
    binding.macvtap.source = xstrdup("eth1");
    assert_false(access_object_of(&binding, true).any_device);
    vif_binding_destroy(&binding);
    destroy_access(&access);
}

static void
test_bad_rules(void **state OVS_UNUSED)
{
    static const struct {
        const char *yaml, *says;
    } cases[] = {
        { "access: [{pci_addresses: [mlx5]}]", "\"mlx5\" is no pattern" },
        { "access: [{pci: []}]", "\"pci\" is none of: users" },
        { "access: [{owner_users: [nobody-at-all]}]", "no user" },
        { "access: [{owner_groups: [null]}]", "null is no group" },
        { "vhostuser_directories: [relative]", "no absolute path" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct config *config;
        CLEANUP_ERROR struct vif_error *error = config_parse(
            cases[i].yaml, strlen(cases[i].yaml), "f", &config);

        assert_non_null(error);
        if (!strstr(error->message, cases[i].says)) {
            fail_msg("%s", error->message);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_rules),
        cmocka_unit_test(test_empty_list),
        cmocka_unit_test(test_rules),
        cmocka_unit_test(test_null_network),
        cmocka_unit_test(test_devices_and_owners),
        cmocka_unit_test(test_object_of_a_binding),
        cmocka_unit_test(test_interfaces_of_the_host),
        cmocka_unit_test(test_devices_that_vifd_chooses),
        cmocka_unit_test(test_bad_rules),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
