/* SPDX-License-Identifier: Apache-2.0 */
/* The plugin "macvtap", by its plans: given these NICs and this binding, then
 * this plan, to the last argument.  No kernel, no driver. */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "openvswitch/vlog.h"
#include "plugin/plugins.h"
#include "tests/unit/plan-cases.h"
#include "util.h"

#define MAC "52:54:00:12:34:56"
#define PORT "'port_id':'p1','vnic_type':'macvtap'"
#define USUAL PORT ",'physical_network':'physnet1','mac_address':'" MAC "'"

#define VF "pci/0000:03:01.0"
#define PF "pci/0000:03:00.0"
#define CLAIMS \
    "claim " VF "\n" \
    "claim vf-of/" PF "=" VF "\n"
#define MAC_CLAIM \
    "claim mac:" MAC "@physnet:physnet1\n"
#define DEVICE \
    "devices.pci_slot=0000:03:01.0\n" \
    "devices.pf=" PF "\n"
#define PROFILE \
    "profile.card_serial_number=\"1234\"\n" \
    "profile.pci_slot=0000:03:01.0\n" \
    "profile.pci_vendor_info=8086:154c\n" \
    "profile.pf_mac_address=02:00:00:00:03:00\n" \
    "profile.physical_network=physnet1\n" \
    "profile.vf_num=0\n"
#define ONE_QUEUE \
    "queues.effective=1\n" \
    "queues.multiqueue=false\n" \
    "queues.requested=0\n"
#define REFS \
    "devices.netdev=1.name\n" \
    "devices.node=2.node\n" \
    "ifindex=2.ifindex\n"

static const struct plan_case plans[] = {
    { "on a VF",
      "{" USUAL "}",
      "0 vf " VF " mac=" MAC " pf=" PF " vf=0 vlan=0\n"
      "1 vf-netdev " VF " after=0 mac=" MAC " mtu=1500 pf=" PF " up=true\n"
      "2 macvtap tapp1 after=1 late:lower_ifindex=1.ifindex mac=" MAC
      " mode=passthru mtu=1500 queues=1 up=true\n"
      CLAIMS
      MAC_CLAIM
      "claim netdev:tapp1\n"
      "devices.device=" VF "\n"
      "devices.macvtap=tapp1\n"
      DEVICE
      "mac_address=" MAC "\n"
      "mtu=1500\n"
      "numa_node=0\n"
      PROFILE
      ONE_QUEUE
      "vif_details.connectivity=l2\n"
      "vif_details.macvtap_mode=passthru\n"
      "vif_details.port_filter=false\n"
      "vif_details.vlan=0\n"
      "vif_type=hw_veb\n"
      REFS },

    { "on a VF, everything given",
      "{" USUAL ",'vf':{'vlan':100},'mtu':1400,'queues':4,"
      "'device_owner':{'uid':64055,'gid':107},'device_name':'vnet0',"
      "'profile':{'arq_uuid':'a1'}}",
      "0 vf " VF " mac=" MAC " pf=" PF " vf=0 vlan=100\n"
      "1 vf-netdev " VF " after=0 mac=" MAC " mtu=1400 pf=" PF " up=true\n"
      "2 macvtap vnet0 after=1 late:lower_ifindex=1.ifindex gid=107 mac="
      MAC " mode=passthru mtu=1400 queues=4 uid=64055 up=true\n"
      CLAIMS
      MAC_CLAIM
      "claim netdev:vnet0\n"
      "devices.device=" VF "\n"
      "devices.macvtap=vnet0\n"
      DEVICE
      "mac_address=" MAC "\n"
      "mtu=1400\n"
      "numa_node=0\n"
      "profile.arq_uuid=a1\n"
      PROFILE
      "queues.effective=4\n"
      "queues.multiqueue=true\n"
      "queues.requested=4\n"
      "vif_details.connectivity=l2\n"
      "vif_details.macvtap_mode=passthru\n"
      "vif_details.port_filter=false\n"
      "vif_details.vlan=100\n"
      "vif_type=hw_veb\n"
      REFS },

    { "in mode bridge the VF keeps its address",
      "{" USUAL ",'macvtap':{'mode':'bridge'}}",
      "0 vf " VF " pf=" PF " vf=0 vlan=0\n"
      "1 vf-netdev " VF " after=0 mtu=1500 pf=" PF " up=true\n"
      "2 macvtap tapp1 after=1 late:lower_ifindex=1.ifindex mac=" MAC
      " mode=bridge mtu=1500 queues=1 up=true\n"
      CLAIMS
      MAC_CLAIM
      "claim netdev:tapp1\n"
      "devices.device=" VF "\n"
      "devices.macvtap=tapp1\n"
      DEVICE
      "mac_address=" MAC "\n"
      "mtu=1500\n"
      "numa_node=0\n"
      PROFILE
      ONE_QUEUE
      "vif_details.connectivity=l2\n"
      "vif_details.macvtap_mode=bridge\n"
      "vif_details.port_filter=false\n"
      "vif_details.vlan=0\n"
      "vif_type=hw_veb\n"
      REFS },

    { "a migration target",
      "{" USUAL ",'prepare':true}",
      "0 vf " VF " pf=" PF " vf=0 vlan=0\n"
      "1 vf-netdev " VF " after=0 mtu=1500 pf=" PF " up=false\n"
      "2 macvtap tapp1 after=1"
      " late:lower_ifindex=1.ifindex mode=passthru"
      " mtu=1500 queues=1 up=false\n"
      CLAIMS
      MAC_CLAIM
      "claim netdev:tapp1\n"
      "devices.device=" VF "\n"
      "devices.macvtap=tapp1\n"
      DEVICE
      "mac_address=" MAC "\n"
      "mtu=1500\n"
      "numa_node=0\n"
      PROFILE
      ONE_QUEUE
      "vif_details.connectivity=l2\n"
      "vif_details.macvtap_mode=passthru\n"
      "vif_details.port_filter=false\n"
      "vif_details.vlan=0\n"
      "vif_type=hw_veb\n"
      REFS },

    { "libvirt makes it",
      "{" USUAL ",'create_device':false}",
      "0 vf " VF " mac=" MAC " pf=" PF " vf=0 vlan=0\n"
      "1 vf-netdev " VF " after=0 mac=" MAC " mtu=1500 pf=" PF " up=true\n"
      CLAIMS
      MAC_CLAIM
      "devices.device=" VF "\n"
      DEVICE
      "mac_address=" MAC "\n"
      "mtu=1500\n"
      "numa_node=0\n"
      PROFILE
      ONE_QUEUE
      "vif_details.connectivity=l2\n"
      "vif_details.macvtap_mode=passthru\n"
      "vif_details.port_filter=false\n"
      "vif_details.vlan=0\n"
      "vif_type=hw_veb\n"
      "devices.netdev=1.name\n" },

    { "a switch is told by libvirt",
      "{" USUAL ",'port_profile':{'type':'802.1Qbh','profileid':'x'}}",
      CLAIMS
      MAC_CLAIM
      "devices.device=" VF "\n"
      "devices.netdev=ens1f0v0\n"
      DEVICE
      "mac_address=" MAC "\n"
      "mtu=1500\n"
      "numa_node=0\n"
      PROFILE
      ONE_QUEUE
      "vif_details.connectivity=l2\n"
      "vif_details.macvtap_mode=passthru\n"
      "vif_details.port_filter=false\n"
      "vif_details.profileid=x\n"
      "vif_type=802.1qbh\n" },

    { "no address",
      "{" PORT ",'physical_network':'physnet1'}",
      "0 vf " VF " pf=" PF " vf=0 vlan=0\n"
      "1 vf-netdev " VF " after=0 mtu=1500 pf=" PF " up=true\n"
      "2 macvtap tapp1 after=1"
      " late:lower_ifindex=1.ifindex mode=passthru"
      " mtu=1500 queues=1 up=true\n"
      CLAIMS
      "claim netdev:tapp1\n"
      "devices.device=" VF "\n"
      "devices.macvtap=tapp1\n"
      DEVICE
      "mtu=1500\n"
      "numa_node=0\n"
      PROFILE
      ONE_QUEUE
      "vif_details.connectivity=l2\n"
      "vif_details.macvtap_mode=passthru\n"
      "vif_details.port_filter=false\n"
      "vif_details.vlan=0\n"
      "vif_type=hw_veb\n"
      "mac_address=0.mac\n"
      REFS
      "warning: no mac_address was given: the VF keeps"
      " the one that it has\n" },

    { "on an interface",
      "{" PORT ",'mac_address':'" MAC "','macvtap':{'source':'eth1'}}",
      "0 macvtap tapp1 link=eth1 mac=" MAC
      " mode=bridge mtu=1500 queues=1 up=true\n"
      "claim netdev:tapp1\n"
      "claim mac:" MAC "@link:eth1\n"
      "devices.macvtap=tapp1\n"
      "mac_address=" MAC "\n"
      "mtu=1500\n"
      ONE_QUEUE
      "vif_details.connectivity=l2\n"
      "vif_details.macvtap_mode=bridge\n"
      "vif_details.macvtap_source=eth1\n"
      "vif_details.physical_interface=eth1\n"
      "vif_details.port_filter=false\n"
      "vif_type=macvtap\n"
      "devices.node=0.node\n"
      "ifindex=0.ifindex\n" },

    { "on a VLAN",
      "{" PORT ",'mac_address':'" MAC "','network_id':'n1',"
      "'macvtap':{'source':'eth1.100','physical_interface':'eth1',"
      "'vlan':100,'mode':'vepa'}}",
      "0 vlan eth1.100 shared id=100 link=eth1\n"
      "1 macvtap tapp1 after=0 late:lower_ifindex=0.ifindex mac=" MAC
      " mode=vepa mtu=1500 queues=1 up=true\n"
      "claim netdev:tapp1\n"
      "claim mac:" MAC "@network:n1\n"
      "devices.macvtap=tapp1\n"
      "mac_address=" MAC "\n"
      "mtu=1500\n"
      ONE_QUEUE
      "vif_details.connectivity=l2\n"
      "vif_details.macvtap_mode=vepa\n"
      "vif_details.macvtap_source=eth1.100\n"
      "vif_details.physical_interface=eth1\n"
      "vif_details.port_filter=false\n"
      "vif_details.vlan=100\n"
      "vif_type=macvtap\n"
      "devices.node=1.node\n"
      "ifindex=1.ifindex\n" },

    { "on a VLAN, as Neutron's agent has it, by libvirt",
      "{'port_id':'p1','vnic_type':'normal','plugin':'macvtap',"
      "'create_device':false,'macvtap':{'source':'eth1.100',"
      "'physical_interface':'eth1','vlan':100}}",
      "0 vlan eth1.100 shared id=100 link=eth1\n"
      "mtu=1500\n"
      ONE_QUEUE
      "vif_details.connectivity=l2\n"
      "vif_details.macvtap_mode=bridge\n"
      "vif_details.macvtap_source=eth1.100\n"
      "vif_details.physical_interface=eth1\n"
      "vif_details.port_filter=false\n"
      "vif_details.vlan=100\n"
      "vif_type=macvtap\n" },

    { "a migration target on an interface",
      "{" PORT ",'mac_address':'" MAC "','prepare':true,"
      "'macvtap':{'source':'eth1','mode':'passthru'}}",
      "0 macvtap tapp1 link=eth1 mode=passthru mtu=1500"
      " queues=1 up=false\n"
      "claim netdev:tapp1\n"
      "claim mac:" MAC "@link:eth1\n"
      "devices.macvtap=tapp1\n"
      "mac_address=" MAC "\n"
      "mtu=1500\n"
      ONE_QUEUE
      "vif_details.connectivity=l2\n"
      "vif_details.macvtap_mode=passthru\n"
      "vif_details.macvtap_source=eth1\n"
      "vif_details.physical_interface=eth1\n"
      "vif_details.port_filter=false\n"
      "vif_type=macvtap\n"
      "devices.node=0.node\n"
      "ifindex=0.ifindex\n" },
};

static void
test_plans(void **state)
{
    check_plans(*state, plans, ARRAY_SIZE(plans));
}

static const struct refusal_case refusals[] = {
    { "{'port_id':'p1','plugin':'macvtap','vnic_type':'direct'}",
      "unsupported", "vnic_type", "'normal' with macvtap.source" },
    { "{" PORT ",'physical_network':'physnet1',"
      "'macvtap':{'mode':'bridge'}}",
      "invalid", "mac_address", "must have mode 'passthru'" },
    { "{" PORT ",'physical_network':'physnet7'}",
      "not-found", NULL, "physnet7" },
};

static void
test_refusals(void **state)
{
    check_refusals(*state, refusals, ARRAY_SIZE(refusals));
}

/* Where it needs no VF it needs nothing. */
static void
test_nothing_is_missing(void **state)
{
    struct plan_world *world = *state;
    struct plugin_view view;

    inventory_destroy(&world->inventory);
    plugins_get(world->plugins, 0, &view);
    assert_string_equal(view.name, "macvtap");
    assert_null(view.missing);
}

static int
set_up(void **state)
{
    *state = plan_world_create("macvtap");
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
        TEST(test_nothing_is_missing),
    };

    vlog_set_levels(NULL, VLF_ANY_DESTINATION, VLL_OFF);
    return cmocka_run_group_tests_name("macvtap plugin", tests, NULL, NULL);
}
