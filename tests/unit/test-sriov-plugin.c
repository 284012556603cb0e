/* SPDX-License-Identifier: Apache-2.0 */
/* The plugin "sriov", by its plans: given these NICs and this binding, then
 * this plan, to the last argument.  No kernel, no driver. */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "binding/binding-value.h"
#include "lib/cleanup.h"
#include "openvswitch/json.h"
#include "openvswitch/vlog.h"
#include "plugin/plugins.h"
#include "tests/unit/plan-cases.h"
#include "tests/unit/some-nics.h"
#include "util.h"

#include <vif/plan.h>

#define MAC "52:54:00:12:34:56"
#define USUAL "'port_id':'p1','vnic_type':'direct'," \
              "'physical_network':'physnet1'"
#define WHOLE "'port_id':'p1','vnic_type':'direct-physical'," \
              "'physical_network':'physnet1'"

#define VF "pci/0000:03:01.0"
#define TRUSTED "pci/0000:03:01.2"
#define PF "pci/0000:03:00.0"
#define VF_STEP "0 vf " VF
#define OF_PF " pf=" PF
#define DRIVER_STEP "1 pci-driver " VF " after=0" OF_PF "\n"
#define CLAIMS \
    "claim " VF "\n" \
    "claim vf-of/" PF "=" VF "\n"
#define MAC_CLAIM "claim mac:" MAC "@physnet:physnet1\n"

#define DEVICES \
    "devices.device=" VF "\n" \
    "devices.managed=true\n" \
    "devices.pci_slot=0000:03:01.0\n" \
    "devices.pf=" PF "\n"
#define PROFILE PROFILE_OF("0000:03:01.0")
#define PROFILE_OF(SLOT) \
    "profile.card_serial_number=\"1234\"\n" \
    "profile.pci_slot=" SLOT "\n" \
    "profile.pci_vendor_info=8086:154c\n" \
    "profile.pf_mac_address=02:00:00:00:03:00\n" \
    "profile.physical_network=physnet1\n"
#define VIF_DETAILS \
    "vif_details.connectivity=l2\n" \
    "vif_details.port_filter=false\n"
#define VLAN(ID) "vif_details.vlan=" #ID "\n"
#define HW_VEB(ID) VIF_DETAILS VLAN(ID) "vif_type=hw_veb\n"
#define NO_MAC "warning: no mac_address was given: the VF keeps the one " \
               "that it has\n"

static const struct plan_case plans[] = {
    { "a flat network", "{" USUAL ",'mac_address':'" MAC "'}",
      VF_STEP " mac=" MAC OF_PF " vf=0 vlan=0\n"
      DRIVER_STEP CLAIMS MAC_CLAIM
      DEVICES
      "mac_address=" MAC "\n"
      "numa_node=0\n"
      PROFILE "profile.vf_num=0\n"
      HW_VEB(0) },

    { "everything a VF has, and a driver",
      "{" USUAL ",'mac_address':'" MAC "','network_id':'n1',"
      "'vf':{'vlan':100,'vlan_qos':3,'vlan_protocol':'802.1ad',"
      "'min_tx_rate':10,'max_tx_rate':100,'spoofchk':false,'trust':true,"
      "'link_state':'enable','best_effort':true},'driver':'vfio-pci',"
      "'profile':{'pci_slot':'0000:03:01.2','arq_uuid':'a1',"
      "'pci_request_id':'r1','vf_num':9}}",
      "0 vf " TRUSTED " best_effort=true link_state=enable mac=" MAC
      " max_tx_rate=100 min_tx_rate=10" OF_PF " spoofchk=false trust=true"
      " vf=2 vlan=100 vlan_protocol=802.1ad vlan_qos=3\n"
      "1 pci-driver " TRUSTED " after=0 driver=vfio-pci" OF_PF "\n"
      "claim " TRUSTED "\n"
      "claim vf-of/" PF "=" TRUSTED "\n"
      "claim pci-request/r1=" TRUSTED "\n"
      "claim mac:" MAC "@network:n1\n"
      "devices.device=" TRUSTED "\n"
      "devices.managed=false\n"
      "devices.pci_slot=0000:03:01.2\n"
      "devices.pf=" PF "\n"
      "mac_address=" MAC "\n"
      "numa_node=0\n"
      "profile.arq_uuid=a1\n"
      "profile.card_serial_number=\"1234\"\n"
      "profile.pci_request_id=r1\n"
      "profile.pci_slot=0000:03:01.2\n"
      "profile.pci_vendor_info=8086:154c\n"
      "profile.pf_mac_address=02:00:00:00:03:00\n"
      "profile.physical_network=physnet1\n"
      "profile.vf_num=2\n"
      HW_VEB(100) },

    { "no address, and trusted as Nova says it",
      "{" USUAL ",'vf':{'vlan':0,'link_state':'auto'},"
      "'profile':{'trusted':'True'}}",
      "0 vf " TRUSTED " link_state=auto" OF_PF " trust=true vf=2 vlan=0\n"
      "1 pci-driver " TRUSTED " after=0" OF_PF "\n"
      "claim " TRUSTED "\n"
      "claim vf-of/" PF "=" TRUSTED "\n"
      "devices.device=" TRUSTED "\n"
      "devices.managed=true\n"
      "devices.pci_slot=0000:03:01.2\n"
      "devices.pf=" PF "\n"
      "numa_node=0\n"
      PROFILE_OF("0000:03:01.2")
      "profile.trusted=True\n"
      "profile.vf_num=2\n"
      HW_VEB(0)
      "mac_address=0.mac\n"
      NO_MAC },

    { "a migration target has no address yet, and no link",
      "{" USUAL ",'mac_address':'" MAC "','prepare':true,"
      "'vf':{'vlan':7,'link_state':'enable'}}",
      VF_STEP " link_state=disable" OF_PF " vf=0 vlan=7\n"
      DRIVER_STEP CLAIMS MAC_CLAIM
      DEVICES
      "mac_address=" MAC "\n"
      "numa_node=0\n"
      PROFILE "profile.vf_num=0\n"
      HW_VEB(7) },

    { "a driver that is not libvirt's business, another VF, mtu and queues",
      "{'port_id':'p1','vnic_type':'direct','physical_network':'physnet2',"
      "'mac_address':'" MAC "','mtu':9000,'queues':4,"
      "'profile':{'pci_slot':'0000:04:01.2'}}",
      "0 vf pci/0000:04:01.2 mac=" MAC " pf=pci/0000:04:00.0 vf=2 vlan=0\n"
      "1 pci-driver pci/0000:04:01.2 after=0 pf=pci/0000:04:00.0\n"
      "claim pci/0000:04:01.2\n"
      "claim vf-of/pci/0000:04:00.0=pci/0000:04:01.2\n"
      "claim mac:" MAC "@physnet:physnet2\n"
      "devices.device=pci/0000:04:01.2\n"
      "devices.managed=false\n"
      "devices.pci_slot=0000:04:01.2\n"
      "devices.pf=pci/0000:04:00.0\n"
      "mac_address=" MAC "\n"
      "profile.pci_slot=0000:04:01.2\n"
      "profile.pci_vendor_info=8086:154c\n"
      "profile.pf_mac_address=02:00:00:00:04:00\n"
      "profile.physical_network=physnet2\n"
      "profile.vf_num=2\n"
      HW_VEB(0)
      "warning: mtu 9000 is not set: the guest's driver sets that of a "
      "device that it has\n"
      "warning: queues 4 are not set: the guest's driver takes those that "
      "the device has\n" },

    { "not on PCI, of no physical network",
      "{'port_id':'p1','vnic_type':'direct','mac_address':'" MAC "'}",
      "0 vf netdevsim/netdevsim1/0 mac=" MAC " pf=netdevsim/netdevsim1 vf=0"
      " vlan=0\n"
      "claim netdevsim/netdevsim1/0\n"
      "claim vf-of/netdevsim/netdevsim1=netdevsim/netdevsim1/0\n"
      "claim mac:" MAC "@pf:netdevsim/netdevsim1\n"
      "devices.device=netdevsim/netdevsim1/0\n"
      "devices.pf=netdevsim/netdevsim1\n"
      "mac_address=" MAC "\n"
      "profile.pf_mac_address=02:00:00:00:05:00\n"
      "profile.physical_network=null\n"
      "profile.vf_num=0\n"
      HW_VEB(0) },

    { "libvirt associates 802.1Qbh",
      "{" USUAL ",'mac_address':'" MAC "',"
      "'port_profile':{'type':'802.1Qbh','profileid':'gold'}}",
      "0 pci-driver " VF OF_PF "\n"
      CLAIMS MAC_CLAIM
      DEVICES
      "mac_address=" MAC "\n"
      "numa_node=0\n"
      PROFILE "profile.vf_num=0\n"
      VIF_DETAILS
      "vif_details.profileid=gold\n"
      "vif_type=802.1qbh\n" },

    { "802.1Qbg, on the VF's netdev, and spoofchk all the same",
      "{" USUAL ",'mac_address':'" MAC "','vf':{'spoofchk':false},"
      "'port_profile':{'type':'802.1Qbg','managerid':'8','typeid':'23',"
      "'typeidversion':'5'}}",
      VF_STEP OF_PF " spoofchk=false vf=0\n"
      DRIVER_STEP CLAIMS MAC_CLAIM
      "devices.device=" VF "\n"
      "devices.managed=true\n"
      "devices.netdev=ens1f0v0\n"
      "devices.pci_slot=0000:03:01.0\n"
      "devices.pf=" PF "\n"
      "mac_address=" MAC "\n"
      "numa_node=0\n"
      PROFILE "profile.vf_num=0\n"
      "vif_details.connectivity=l2\n"
      "vif_details.managerid=8\n"
      "vif_details.port_filter=false\n"
      "vif_details.typeid=23\n"
      "vif_details.typeidversion=5\n"
      "vif_type=802.1qbg\n" },

    { "a whole PF", "{" WHOLE "}",
      "0 pci-driver " PF OF_PF "\n"
      "claim " PF "\n"
      "devices.device=" PF "\n"
      "devices.managed=true\n"
      "devices.pci_slot=0000:03:00.0\n"
      "mac_address=02:00:00:00:03:00\n"
      "numa_node=0\n"
      "profile.card_serial_number=\"1234\"\n"
      "profile.device_mac_address=02:00:00:00:03:00\n"
      "profile.pci_slot=0000:03:00.0\n"
      "profile.pci_vendor_info=8086:1572\n"
      "profile.physical_network=physnet1\n"
      VIF_DETAILS
      "vif_type=hostdev_physical\n" },

    { "a whole PF for a port with another address",
      "{" WHOLE ",'mac_address':'" MAC "'}",
      "0 pci-driver " PF OF_PF "\n"
      "claim " PF "\n"
      MAC_CLAIM
      "devices.device=" PF "\n"
      "devices.managed=true\n"
      "devices.pci_slot=0000:03:00.0\n"
      "mac_address=02:00:00:00:03:00\n"
      "numa_node=0\n"
      "profile.card_serial_number=\"1234\"\n"
      "profile.device_mac_address=02:00:00:00:03:00\n"
      "profile.pci_slot=0000:03:00.0\n"
      "profile.pci_vendor_info=8086:1572\n"
      "profile.physical_network=physnet1\n"
      VIF_DETAILS
      "vif_type=hostdev_physical\n"
      "warning: mac_address is 02:00:00:00:03:00, the PF's own, not " MAC
      ": a guest that gets a whole PF sets its address itself\n" },
};

static void
test_plans(void **state)
{
    check_plans(*state, plans, ARRAY_SIZE(plans));
}

static const struct refusal_case refusals[] = {
    { "{'port_id':'p1','plugin':'sriov'}", "unsupported", "vnic_type",
      "plugin sriov: it plugs vnic_type 'direct' and 'direct-physical'" },
    { "{'port_id':'p1','plugin':'sriov','vnic_type':'vdpa'}",
      "unsupported", "vnic_type", "and no other" },
    { "{'port_id':'p1','vnic_type':'direct',"
      "'physical_network':'physnet9'}", "not-found", NULL,
      "physical_network physnet9" },
    { "{'port_id':'p1','vnic_type':'direct-physical'}",
      "unsupported", "vnic_type", "netdevsim/netdevsim1 is not on PCI" },
    { "{'port_id':'p1','vnic_type':'direct','driver':'vfio-pci'}",
      "unsupported", "driver", "no driver 'vfio-pci' can be bound to it" },
    { "{" USUAL ",'vf':{'vlan':5},"
      "'port_profile':{'type':'802.1Qbh','profileid':'gold'}}",
      "invalid", "vf.vlan", "the VLAN of a port with a port_profile" },
    { "{" USUAL ",'profile':{'capabilities':['tso','switchdev']}}",
      "unsupported", "profile.capabilities",
      "the PF of " VF " is not in switchdev mode" },
    { "{'port_id':'p1','vnic_type':'direct',"
      "'physical_network':'physnet3'}", "unsupported", NULL,
      "the PF of pci/0000:05:01.0 is in switchdev mode" },
};

static void
test_refusals(void **state)
{
    plan_world_add_switchdev(*state);
    check_refusals(*state, refusals, ARRAY_SIZE(refusals));
}

/* A PF of its own switch may be had as a whole. */
static void
test_whole_pf_in_switchdev_mode(void **state)
{
    struct vif_plan *plan = NULL;

    plan_world_add_switchdev(*state);
    assert_null(plan_world_plan(*state, "{'port_id':'p1',"
                                "'vnic_type':'direct-physical',"
                                "'physical_network':'physnet3'}", NULL,
                                &plan));
    assert_string_equal(plan->steps[0].object, "pci/0000:05:00.0");
    vif_plan_destroy(plan);
}

/* While a guest has the PF it has no netdev, and yet the answer stays. */
static void
test_pf_address_without_its_netdev(void **state)
{
    static const char binding[] = "{" WHOLE "}";
    struct plan_world *world = *state;
    struct vif_plan *before = NULL, *now = NULL;

    assert_null(plan_world_plan(world, binding, NULL, &before));
    struct device *pf = some_nics_get(&world->inventory, PF);
    memset(&pf->netdev, 0, sizeof pf->netdev);
    assert_null(plan_world_plan(world, binding, before, &now));
    char *text_before CLEANUP_FREE = plan_to_text(before);
    char *text_now CLEANUP_FREE = plan_to_text(now);
    assert_string_equal(text_now, text_before);
    vif_plan_destroy(now);

    assert_null(plan_world_plan(world, binding, NULL, &now));
    assert_null(vif_attrs_get(&now->details, "mac_address"));
    vif_plan_destroy(before);
    vif_plan_destroy(now);
}

/* What the device can do goes into the profile in place of what came. */
static void
test_capabilities(void **state)
{
    struct plan_world *world = *state;
    struct vif_plan *plan = NULL;

    some_nics_get(&world->inventory, VF)->capabilities
        = 1u << DEVICE_RX | 1u << DEVICE_TSO;
    assert_null(plan_world_plan(world, "{" USUAL ","
                                "'profile':{'capabilities':['gso']}}", NULL,
                                &plan));
    assert_string_equal(vif_attrs_get(&plan->details,
                                      "profile.capabilities"),
                        "[\"rx\",\"tso\"]");
    vif_plan_destroy(plan);
}

/* What a guest has: the netdev is gone, and with it what ethtool tells. */
static void
give_to_guest(struct plan_world *world)
{
    struct device *vf = some_nics_get(&world->inventory, VF);
    struct device *pf = some_nics_get(&world->inventory, PF);

    memset(&vf->netdev, 0, sizeof vf->netdev);
    vf->capabilities = 1u << DEVICE_RDMA;
    strcpy(vf->driver, "vfio-pci");
    memset(&pf->netdev, 0, sizeof pf->netdev);
}

/* Nothing is written when a port is plugged again while a guest has its VF,
 * nor when the operator says anew who binds the driver. */
static void
test_vf_in_a_guest(void **state)
{
    static const char binding[] = "{" USUAL "}";
    static const char other[] = "{" USUAL ",'profile':{'pci_slot':"
                                "'0000:03:01.1'}}";
    struct plan_world *world = *state;
    struct vif_plan *before = NULL, *now = NULL;
    struct config *config = world->config;

    some_nics_get(&world->inventory, VF)->capabilities
        = 1u << DEVICE_RX | 1u << DEVICE_TSO;
    assert_null(plan_world_plan(world, binding, NULL, &before));
    device_claims_put(&world->claims, VF, "p1");
    give_to_guest(world);
    for (size_t i = 0; i < config->device_spec.n; i++) {
        config->device_spec.specs[i].managed = false;
    }
    assert_null(plan_world_plan(world, binding, before, &now));
    char *text_before CLEANUP_FREE = plan_to_text(before);
    char *text_now CLEANUP_FREE = plan_to_text(now);
    assert_string_equal(text_now, text_before);
    vif_plan_destroy(now);

    /* Of another VF it tells nothing. */
    assert_null(plan_world_plan(world, other, before, &now));
    assert_null(vif_attrs_get(&now->details, "profile.capabilities"));
    assert_null(vif_attrs_get(&now->details, "profile.pf_mac_address"));
    assert_string_equal(vif_attrs_get(&now->details, "devices.managed"),
                        "false");
    vif_plan_destroy(before);
    vif_plan_destroy(now);
}

/* It is libvirt's again once vifd binds it no more. */
static void
test_managed_without_a_driver(void **state)
{
    struct plan_world *world = *state;
    struct vif_plan *before = NULL, *now = NULL;

    assert_null(plan_world_plan(world, "{" USUAL ",'driver':'vfio-pci'}",
                                NULL, &before));
    assert_string_equal(vif_attrs_get(&before->details, "devices.managed"),
                        "false");
    assert_null(plan_world_plan(world, "{" USUAL "}", before, &now));
    assert_string_equal(vif_attrs_get(&now->details, "devices.managed"),
                        "true");
    vif_plan_destroy(before);
    vif_plan_destroy(now);
}

/* The number is that of a VF of the PF with this address: both or none. */
static void
test_number_without_the_pf_address(void **state)
{
    static const char *const bindings[] = {
        "{" USUAL "}",
        "{" USUAL ",'profile':{'vf_num':9,"
        "'pf_mac_address':'02:00:00:00:00:09'}}",
    };
    struct plan_world *world = *state;
    struct device *pf = some_nics_get(&world->inventory, PF);

    memset(&pf->netdev, 0, sizeof pf->netdev);
    for (size_t i = 0; i < ARRAY_SIZE(bindings); i++) {
        struct vif_plan *plan = NULL;

        assert_null(plan_world_plan(world, bindings[i], NULL, &plan));
        assert_null(vif_attrs_get(&plan->details, "profile.pf_mac_address"));
        assert_null(vif_attrs_get(&plan->details, "profile.vf_num"));
        vif_plan_destroy(plan);
    }
}

/* A serial number is a string in the answer, whatever it looks like. */
static void
test_serial_numbers_are_strings(void **state)
{
    static const char *const serials[] = {
        "MT2042X00001", "0042", "-1", "1e5", "true", "null", "\"x", "[1]",
        "{", "a\"b\\c", "9\"\\", "MT 1 ",
    };
    struct plan_world *world = *state;

    for (size_t i = 0; i < ARRAY_SIZE(serials); i++) {
        struct vif_plan *plan = NULL;

        ovs_strlcpy(some_nics_get(&world->inventory, PF)->serial, serials[i],
                    VPD_SERIAL_SIZE);
        assert_null(plan_world_plan(world, "{" USUAL "}", NULL, &plan));
        struct json *value = binding_value_from_text(
            vif_attrs_get(&plan->details, "profile.card_serial_number"));
        assert_int_equal(value->type, JSON_STRING);
        assert_string_equal(json_string(value), serials[i]);
        json_destroy(value);
        vif_plan_destroy(plan);
    }
}

static const char *
what_is_missing(const struct plan_world *world)
{
    struct plugin_view view;

    plugins_get(world->plugins, 0, &view);
    return view.missing;
}

static void
test_what_is_missing(void **state)
{
    static const struct device_specs none = { NULL, 0 };
    struct plan_world *world = *state;

    assert_null(what_is_missing(world));
    world->host.specs = &none;
    assert_string_equal(what_is_missing(world), "device_spec in vifd.yaml "
                        "means no VF of this host");
    inventory_destroy(&world->inventory);
    assert_string_equal(what_is_missing(world), "the host has no VF");
    some_nics_add(&world->inventory, "0000:03:00.0", 0, 7);
    assert_string_equal(what_is_missing(world), "the host has no VF");
    world->host.specs = &world->config->device_spec;
    assert_null(what_is_missing(world));
    world->test.devices = NULL;
    assert_string_equal(what_is_missing(world), "the devices of the host are "
                        "not known");
}

static int
set_up(void **state)
{
    *state = plan_world_create("sriov");
    return 0;
}

static int
tear_down(void **state)
{
    plan_world_destroy(*state);
    return 0;
}

#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_plans),
        TEST(test_refusals),
        TEST(test_whole_pf_in_switchdev_mode),
        TEST(test_pf_address_without_its_netdev),
        TEST(test_capabilities),
        TEST(test_vf_in_a_guest),
        TEST(test_managed_without_a_driver),
        TEST(test_number_without_the_pf_address),
        TEST(test_serial_numbers_are_strings),
        TEST(test_what_is_missing),
    };

    vlog_set_levels(NULL, VLF_ANY_DESTINATION, VLL_OFF);
    return cmocka_run_group_tests_name("sriov plugin", tests, NULL, NULL);
}
