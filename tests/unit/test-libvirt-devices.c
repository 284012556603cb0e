/* SPDX-License-Identifier: Apache-2.0 */
/* The element for a port on a VF, a PF or a macvtap, compared with what Nova's
 * libvirt driver writes where that works, and held against libvirt's own
 * schema. */

#include <config.h>

#include "report/libvirt-xml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <libxml/parser.h>

#include <vif/attrs.h>
#include <vif/binding.h>

#include "binding/binding-json.h"
#include "lib/cleanup.h"
#include "openvswitch/json.h"
#include "tests/unit/libvirt-schema.h"
#include "util.h"

#define MAX_DETAILS 5

#define MAC "  <mac address=\"52:54:00:12:34:56\"/>\n"
#define WITH_MAC "'mac_address':'52:54:00:12:34:56'"
#define VF_SOURCE                                                       \
    "  <source>\n"                                                      \
    "    <address type=\"pci\" domain=\"0x0000\" bus=\"0x03\" "          \
    "slot=\"0x10\" function=\"0x2\"/>\n"                                \
    "  </source>\n"

#define QBG "'port_profile':{'type':'802.1Qbg','managerid':'8'," \
    "'typeid':'23','typeidversion':'2'," \
    "'instanceid':'72b00fee-2fbb-46e6-9d9d-3ef4f6d1a1bd'}"
#define QBH "'port_profile':{'type':'802.1Qbh','profileid':'profile1'}"
#define QBH_ELEMENT                                     \
    "  <virtualport type=\"802.1Qbh\">\n"               \
    "    <parameters profileid=\"profile1\"/>\n"        \
    "  </virtualport>\n"

#define VLAN_100                                        \
    "  <vlan>\n"                                        \
    "    <tag id=\"100\"/>\n"                           \
    "  </vlan>\n"

static const struct {
    const char *name;
    const char *binding;        /* Members beside the port's id. */
    const char *details[MAX_DETAILS][2];
    const char *xml;            /* NULL: none. */
} cases[] = {
    { "a VF with a VLAN",
      "'vnic_type':'direct'," WITH_MAC ",'vf':{'vlan':100}",
      { { "vif_type", "hw_veb" }, { "vif_details.vlan", "100" },
        { "devices.pci_slot", "0000:03:10.2" } },
      "<interface type=\"hostdev\" managed=\"yes\">\n"
      MAC VF_SOURCE VLAN_100 "</interface>" },
    /* Nova's mistake: a tag 0. */
    { "a VF on a flat network",
      "'vnic_type':'direct'," WITH_MAC,
      { { "vif_type", "hw_veb" }, { "vif_details.vlan", "0" },
        { "devices.pci_slot", "0000:03:10.2" } },
      "<interface type=\"hostdev\" managed=\"yes\">\n"
      MAC VF_SOURCE "</interface>" },
    /* Nova's mistake: a <driver> where there is none.  Nor is there a model,
     * nor an MTU. */
    { "a VF with what only a tap can have",
      "'vnic_type':'direct'," WITH_MAC ",'model':'virtio','queues':4",
      { { "vif_type", "hw_veb" }, { "queues.effective", "4" },
        { "mtu", "9000" }, { "devices.pci_slot", "0000:03:10.2" } },
      "<interface type=\"hostdev\" managed=\"yes\">\n"
      MAC VF_SOURCE "</interface>" },
    { "a VF that keeps its address",
      "'vnic_type':'direct'",
      { { "vif_type", "hw_veb" }, { "mac_address", "52:54:00:12:34:56" },
        { "devices.pci_slot", "0000:03:10.2" } },
      "<interface type=\"hostdev\" managed=\"yes\">\n"
      MAC VF_SOURCE "</interface>" },
    { "a VF whose driver vifd has bound",
      "'vnic_type':'direct'," WITH_MAC ",'driver':'vfio-pci'",
      { { "vif_type", "hw_veb" }, { "devices.pci_slot", "0000:03:10.2" } },
      "<interface type=\"hostdev\" managed=\"no\">\n"
      MAC VF_SOURCE "</interface>" },
    { "a VF that is not libvirt's to manage",
      "'vnic_type':'direct'," WITH_MAC,
      { { "vif_type", "hw_veb" }, { "devices.pci_slot", "0000:03:10.2" },
        { "devices.managed", "false" } },
      "<interface type=\"hostdev\" managed=\"no\">\n"
      MAC VF_SOURCE "</interface>" },
    /* libvirt would set the VLAN again, without them. */
    { "a VF with a VLAN of a priority",
      "'vnic_type':'direct'," WITH_MAC ",'vf':{'vlan':100,'vlan_qos':3}",
      { { "vif_type", "hw_veb" }, { "vif_details.vlan", "100" },
        { "devices.pci_slot", "0000:03:10.2" } },
      "<hostdev mode=\"subsystem\" type=\"pci\" managed=\"yes\">\n"
      "  <source>\n"
      "    <address domain=\"0x0000\" bus=\"0x03\" slot=\"0x10\" "
      "function=\"0x2\"/>\n"
      "  </source>\n"
      "</hostdev>" },
    { "a VF with a VLAN of 802.1ad, whose driver vifd has bound",
      "'vnic_type':'direct'," WITH_MAC ",'driver':'vfio-pci',"
      "'vf':{'vlan':100,'vlan_protocol':'802.1ad'}",
      { { "vif_type", "hw_veb" }, { "vif_details.vlan", "100" },
        { "devices.pci_slot", "0000:03:10.2" } },
      "<hostdev mode=\"subsystem\" type=\"pci\" managed=\"no\">\n"
      "  <source>\n"
      "    <address domain=\"0x0000\" bus=\"0x03\" slot=\"0x10\" "
      "function=\"0x2\"/>\n"
      "  </source>\n"
      "</hostdev>" },
    { "a PF",
      "'vnic_type':'direct-physical'," WITH_MAC,
      { { "vif_type", "hostdev_physical" },
        { "devices.pci_slot", "0000:03:00.0" } },
      "<hostdev mode=\"subsystem\" type=\"pci\" managed=\"yes\">\n"
      "  <source>\n"
      "    <address domain=\"0x0000\" bus=\"0x03\" slot=\"0x00\" "
      "function=\"0x0\"/>\n"
      "  </source>\n"
      "</hostdev>" },
    { "a VF with a port profile",
      "'vnic_type':'direct'," WITH_MAC "," QBH,
      { { "vif_type", "802.1qbh" }, { "vif_details.profileid", "profile1" },
        { "devices.pci_slot", "0000:03:10.2" } },
      "<interface type=\"hostdev\" managed=\"yes\">\n"
      MAC VF_SOURCE QBH_ELEMENT "</interface>" },
    { "a macvtap with a port profile",
      "'vnic_type':'macvtap'," WITH_MAC "," QBH,
      { { "vif_type", "802.1qbh" }, { "devices.netdev", "enp3s0f0v0" },
        { "devices.pci_slot", "0000:03:10.2" } },
      "<interface type=\"direct\">\n" MAC
      "  <model type=\"virtio\"/>\n"
      "  <source dev=\"enp3s0f0v0\" mode=\"passthrough\"/>\n"
      QBH_ELEMENT "</interface>" },
    /* Nova's mistake: a <parameters> for each. */
    { "a macvtap for a virtual Ethernet port aggregator",
      "'vnic_type':'direct'," WITH_MAC "," QBG,
      { { "vif_type", "802.1qbg" }, { "devices.netdev", "eth1" },
        { "devices.pci_slot", "0000:03:10.2" } },
      "<interface type=\"direct\">\n" MAC
      "  <model type=\"virtio\"/>\n"
      "  <source dev=\"eth1\" mode=\"vepa\"/>\n"
      "  <virtualport type=\"802.1Qbg\">\n"
      "    <parameters instanceid=\"72b00fee-2fbb-46e6-9d9d-3ef4f6d1a1bd\" "
      "managerid=\"8\" typeid=\"23\" typeidversion=\"2\"/>\n"
      "  </virtualport>\n"
      "</interface>" },
    { "a macvtap on a VF, left to libvirt",
      "'vnic_type':'macvtap','create_device':false,'queues':4," WITH_MAC
      ",'vf':{'vlan':100}",
      { { "vif_type", "hw_veb" }, { "vif_details.vlan", "100" },
        { "queues.effective", "4" }, { "devices.netdev", "enp3s0f0v0" },
        { "devices.pci_slot", "0000:03:10.2" } },
      "<interface type=\"direct\">\n" MAC
      "  <model type=\"virtio\"/>\n"
      "  <driver name=\"vhost\" queues=\"4\"/>\n"
      "  <source dev=\"enp3s0f0v0\" mode=\"passthrough\"/>\n"
      VLAN_100 "</interface>" },
    { "a macvtap on a VF, left to libvirt, in another mode",
      "'vnic_type':'macvtap','create_device':false," WITH_MAC
      ",'macvtap':{'mode':'private'}",
      { { "vif_type", "hw_veb" }, { "vif_details.vlan", "0" },
        { "mtu", "1500" }, { "devices.netdev", "enp3s0f0v0" } },
      "<interface type=\"direct\">\n" MAC
      "  <model type=\"virtio\"/>\n"
      "  <source dev=\"enp3s0f0v0\" mode=\"private\"/>\n"
      "</interface>" },
    { "a macvtap on a VF, made by vifd",
      "'vnic_type':'macvtap'," WITH_MAC ",'vf':{'vlan':100}",
      { { "vif_type", "hw_veb" }, { "vif_details.vlan", "100" },
        { "mtu", "1450" }, { "devices.netdev", "enp3s0f0v0" },
        { "devices.macvtap", "tapb679325f-ca" } },
      "<interface type=\"ethernet\">\n" MAC
      "  <model type=\"virtio\"/>\n"
      "  <mtu size=\"1450\"/>\n"
      "  <target dev=\"tapb679325f-ca\" managed=\"no\"/>\n"
      "</interface>" },
    { "the macvtap agent's, left to libvirt",
      "'vnic_type':'macvtap','create_device':false," WITH_MAC
      ",'macvtap':{'source':'eth1.100'}",
      { { "vif_type", "macvtap" }, { "vif_details.macvtap_mode", "bridge" },
        { "vif_details.vlan", "100" },
        { "vif_details.macvtap_source", "eth1.100" } },
      "<interface type=\"direct\">\n" MAC
      "  <model type=\"virtio\"/>\n"
      "  <source dev=\"eth1.100\" mode=\"bridge\"/>\n"
      "</interface>" },
    { "the macvtap agent's, of vnic_type normal",
      "'plugin':'macvtap','create_device':false," WITH_MAC
      ",'macvtap':{'source':'eth1.100','mode':'vepa'}",
      { { "vif_type", "macvtap" },
        { "vif_details.macvtap_source", "eth1.100" } },
      "<interface type=\"direct\">\n" MAC
      "  <model type=\"virtio\"/>\n"
      "  <source dev=\"eth1.100\" mode=\"vepa\"/>\n"
      "</interface>" },
    { "the macvtap agent's, made by vifd",
      "'vnic_type':'macvtap'," WITH_MAC
      ",'macvtap':{'source':'eth1.100'}",
      { { "vif_type", "macvtap" }, { "devices.macvtap", "tapb679325f-ca" },
        { "vif_details.macvtap_source", "eth1.100" } },
      "<interface type=\"ethernet\">\n" MAC
      "  <model type=\"virtio\"/>\n"
      "  <target dev=\"tapb679325f-ca\" managed=\"no\"/>\n"
      "</interface>" },
    { "a VF behind a bridge that makes up a domain",
      "'vnic_type':'direct'",
      { { "vif_type", "hw_veb" },
        { "devices.pci_slot", "abcd:ff:1f.7" } },
      "<interface type=\"hostdev\" managed=\"yes\">\n"
      "  <source>\n"
      "    <address type=\"pci\" domain=\"0xabcd\" bus=\"0xff\" "
      "slot=\"0x1f\" function=\"0x7\"/>\n"
      "  </source>\n"
      "</interface>" },
    { "a VF that is not on PCI", "'vnic_type':'direct'",
      { { "vif_type", "hw_veb" },
        { "devices.device", "netdevsim/netdevsim1/3" } }, NULL },
    { "what is no address", "'vnic_type':'direct'",
      { { "vif_type", "hw_veb" }, { "devices.pci_slot", "03:10.2" } },
      NULL },
    { "a VF on a switch", "'vnic_type':'vdpa'",
      { { "vif_type", "ovs" }, { "devices.pci_slot", "0000:03:10.2" } },
      NULL },
};

/* 'members' with single quotes for double ones. */
static void
read_binding(const char *members, struct vif_binding *binding)
{
    char *text CLEANUP_FREE = xasprintf("{'port_id':'p1',%s}", members);

    for (char *p = text; *p; p++) {
        *p = *p == '\'' ? '"' : *p;
    }

    struct json *json = json_from_string(text);
    struct vif_error *error CLEANUP_ERROR = binding_from_json(json, "",
                                                              binding);
    json_destroy(json);
    assert_null(error);

    struct vif_error *wrong CLEANUP_ERROR = vif_binding_check(binding);
    if (wrong) {
        fail_msg("%s: %s", members, wrong->message);
    }
}

static char *
element_for(size_t i)
{
    struct vif_attrs details CLEANUP_ATTRS = VIF_ATTRS_INIT;
    struct vif_binding binding CLEANUP(vif_binding_destroy);

    read_binding(cases[i].binding, &binding);
    for (size_t j = 0; j < MAX_DETAILS && cases[i].details[j][0]; j++) {
        vif_attrs_set(&details, cases[i].details[j][0],
                      cases[i].details[j][1]);
    }
    return libvirt_interface_xml(&binding, &details);
}

static void
test_elements(void **state OVS_UNUSED)
{
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        char *xml CLEANUP_FREE = element_for(i);

        if (!xml || !cases[i].xml ? xml != cases[i].xml
            : strcmp(xml, cases[i].xml) != 0) {
            fail_msg("%s: is\n%s\nshould be\n%s", cases[i].name,
                     xml ? xml : "none",
                     cases[i].xml ? cases[i].xml : "none");
        }
    }
}

static void
test_elements_are_valid(void **state OVS_UNUSED)
{
    libvirt_schema_open();
    assert_false(libvirt_schema_takes("<interface type='hostdev'>"
                                      "</interface>"));
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        if (cases[i].xml && !libvirt_schema_takes(cases[i].xml)) {
            fail_msg("%s: not valid: %s", cases[i].name, cases[i].xml);
        }
    }
    libvirt_schema_close();
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_elements),
        cmocka_unit_test(test_elements_are_valid),
    };
    int status = cmocka_run_group_tests_name("libvirt devices", tests, NULL,
                                             NULL);

    xmlCleanupParser();
    return status;
}
