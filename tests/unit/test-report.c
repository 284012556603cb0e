/* SPDX-License-Identifier: Apache-2.0 */
/* Answers: the types of details, what is in the answer to each kind of
 * request, and how a failure reads. */

#include <config.h>

#include "report/details.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <vif/attrs.h>
#include <vif/binding.h>
#include <vif/error.h>

#include "engine/engine.h"
#include "lib/cleanup.h"
#include "openvswitch/json.h"
#include "util.h"

/* Fails unless 'json', which is destroyed, is what 'wanted' says with single
 * quotes for double ones. */
static void
expect_json(struct json *json, const char *wanted)
{
    char *text CLEANUP_FREE = xstrdup(wanted);

    for (char *p = text; *p; p++) {
        *p = *p == '\'' ? '"' : *p;
    }
    struct json *expected = json_from_string(text);
    if (expected->type == JSON_STRING) {
        fail_msg("%s", json_string(expected));
    }
    if (!json_equal(json, expected)) {
        char *is CLEANUP_FREE = json_to_string(json, JSSF_SORT);
        char *should CLEANUP_FREE = json_to_string(expected, JSSF_SORT);

        print_error("--- is\n%s\n--- should be\n%s\n", is, should);
        fail();
    }
    json_destroy(expected);
    json_destroy(json);
}

static void
test_details_have_types(void **state OVS_UNUSED)
{
    static const char *const details[][2] = {
        { "vif_type", "ovs" },
        { "mtu", "1500" },
        { "ofport", "-1" },
        { "ifindex", "42" },
        { "queues.effective", "4" },
        { "queues.multiqueue", "true" },
        { "queues.requested", "8" },
        { "queues.why", "4 queue pairs instead of 8" },
        { "vif_details.port_filter", "false" },
        { "vif_details.bridge_name", "br-int" },
        { "vif_details.vlan", "100" },
        { "devices.tap", "tap1" },
        { "profile.trusted", "true" },
        { "profile.capabilities", "[\"switchdev\"]" },
        { "profile.pci_slot", "0000:03:00.1" },
        { "profile.os.dotted", "\"1\"" },
    };
    struct vif_attrs attrs CLEANUP_ATTRS = VIF_ATTRS_INIT;

    expect_json(attrs_to_json(&attrs), "{}");
    for (size_t i = 0; i < ARRAY_SIZE(details); i++) {
        vif_attrs_set(&attrs, details[i][0], details[i][1]);
    }
    expect_json(attrs_to_json(&attrs),
                "{'vif_type':'ovs','mtu':1500,'ofport':-1,'ifindex':42,"
                "'queues':{'effective':4,'multiqueue':true,'requested':8,"
                "'why':'4 queue pairs instead of 8'},"
                "'vif_details':{'port_filter':false,'bridge_name':'br-int',"
                "'vlan':'100'},'devices':{'tap':'tap1'},"
                "'profile':{'trusted':true,'capabilities':['switchdev'],"
                "'pci_slot':'0000:03:00.1','os.dotted':'1'}}");
}

/* The two ways in which Neutron's drivers write a VLAN, and a VF number 0. */
static void
test_details_of_devices_have_types(void **state OVS_UNUSED)
{
    static const char *const vf[][2] = {
        { "vif_type", "hw_veb" },
        { "vif_details.vlan", "0" },
        { "vif_details.profileid", "7" },
        { "profile.vf_num", "0" },
        { "profile.capabilities", "[]" },
        { "profile.card_serial_number", "\"123\"" },
        { "profile.physical_network", "null" },
        { "devices.device", "pci/0000:03:10.0" },
        { "devices.managed", "true" },
        { "numa_node", "0" },
    };
    struct vif_attrs attrs CLEANUP_ATTRS = VIF_ATTRS_INIT;

    for (size_t i = 0; i < ARRAY_SIZE(vf); i++) {
        vif_attrs_set(&attrs, vf[i][0], vf[i][1]);
    }
    expect_json(attrs_to_json(&attrs),
                "{'vif_type':'hw_veb','vif_details':{'vlan':'0',"
                "'profileid':'7'},'profile':{'vf_num':0,'capabilities':[],"
                "'card_serial_number':'123','physical_network':null},"
                "'devices':{'device':'pci/0000:03:10.0','managed':true},"
                "'numa_node':0}");

    struct vif_attrs agent CLEANUP_ATTRS = VIF_ATTRS_INIT;
    vif_attrs_set(&agent, "vif_type", "macvtap");
    vif_attrs_set(&agent, "vif_details.vlan", "100");
    expect_json(attrs_to_json(&agent),
                "{'vif_type':'macvtap','vif_details':{'vlan':100}}");
}

static void
test_values_of_the_wrong_type_are_null(void **state OVS_UNUSED)
{
    struct vif_attrs attrs CLEANUP_ATTRS = VIF_ATTRS_INIT;

    vif_attrs_set(&attrs, "mtu", "");
    vif_attrs_set(&attrs, "ofport", "12 or so");
    vif_attrs_set(&attrs, "ifindex", "99999999999999999999");
    vif_attrs_set(&attrs, "queues.multiqueue", "yes");
    expect_json(attrs_to_json(&attrs),
                "{'mtu':null,'ofport':null,'ifindex':null,"
                "'queues':{'multiqueue':null}}");
}

static void
test_names_that_are_both_a_value_and_an_object(void **state OVS_UNUSED)
{
    struct vif_attrs attrs CLEANUP_ATTRS = VIF_ATTRS_INIT;

    vif_attrs_set(&attrs, "devices", "none");
    vif_attrs_set(&attrs, "devices.tap", "tap1");
    expect_json(attrs_to_json(&attrs), "{'devices':{'tap':'tap1'}}");
}

static void
test_the_answer_to_a_plug(void **state OVS_UNUSED)
{
    struct vif_binding binding CLEANUP(vif_binding_destroy);
    struct vif_attrs details CLEANUP_ATTRS = VIF_ATTRS_INIT;
    const char *const warnings[] = { "be careful" };
    struct step_timing timings[] = {
        { (char *) "tap", (char *) "tap1", "add", 12, 345 },
        { (char *) "ovs-port", (char *) "tap1", "keep", 1, 2 },
    };
    const struct port_result result = {
        .port_id = "p1",
        .outcome = OUTCOME_DONE,
        .state = PORT_ACTIVE,
        .binding = &binding,
        .plugin = "ovs",
        .details = &details,
        .warnings = warnings,
        .n_warnings = 1,
        .timings = timings,
        .n_timings = 2,
        .total_us = 4711,
        .changed = true,
    };

    vif_binding_init(&binding);
    vif_attrs_set(&binding.hints, "color", "[1,2]");
    vif_attrs_set(&details, "devices.tap", "tap1");
    vif_attrs_set(&details, "vif_type", "ovs");
    /* A plugin that would like to answer for the engine. */
    vif_attrs_set(&details, "outcome", "failed-clean");
    vif_attrs_set(&details, "state", "gone");
    expect_json(details_to_json(&result),
                "{'port_id':'p1','outcome':'done','state':'active',"
                "'vnic_type':'normal','plugin':'ovs','vif_type':'ovs',"
                "'vif_details':{},'profile':{},'queues':{},"
                "'devices':{'tap':'tap1'},'hints':{'color':[1,2]},"
                "'warnings':['be careful'],'libvirt_xml':"
                "'<interface type=\\\"ethernet\\\">\\n"
                "  <model type=\\\"virtio\\\"/>\\n"
                "  <target dev=\\\"tap1\\\" managed=\\\"no\\\"/>\\n"
                "</interface>',"
                "'steps':[{'kind':'tap','object':'tap1','action':'add',"
                "'own_us':12,'host_us':345},"
                "{'kind':'ovs-port','object':'tap1','action':'keep',"
                "'own_us':1,'host_us':2}],"
                "'total_us':4711,'changed':true}");
}

static void
test_the_answer_to_an_unplug(void **state OVS_UNUSED)
{
    struct vif_attrs details CLEANUP_ATTRS = VIF_ATTRS_INIT;
    const struct port_result result = {
        .port_id = "p1",
        .outcome = OUTCOME_DONE,
        .state = PORT_GONE,
        .details = &details,
        .changed = true,
        .total_us = 5,
    };

    vif_attrs_set(&details, "datapath", "unconfirmed");
    expect_json(details_to_json(&result),
                "{'port_id':'p1','outcome':'done','state':'gone',"
                "'datapath':'unconfirmed','warnings':[],'steps':[],"
                "'total_us':5,'changed':true}");
}

static void
test_a_failure(void **state OVS_UNUSED)
{
    struct vif_error *error CLEANUP_ERROR
        = vif_error_from_errno(EBUSY, "kernel");
    struct json *more = json_object_create();

    error = vif_error_with_source(error, "extack words");
    error = vif_error_with_where(error, "params.binding.mtu");
    error = vif_error_with_retry(error, 250);
    json_object_put_string(more, "outcome", "failed-clean");
    expect_json(error_to_json(-32007, error, more),
                "{'code':-32007,'message':'kernel: Device or resource busy',"
                "'data':{'code':'kernel','errno':'EBUSY','retry':true,"
                "'retry_after_ms':250,'source':'extack words',"
                "'where':'params.binding.mtu','outcome':'failed-clean'}}");
}

static void
test_a_failure_with_little_to_say(void **state OVS_UNUSED)
{
    struct vif_error *error CLEANUP_ERROR
        = vif_error_create(VIF_ERR_INVALID, "no");

    expect_json(error_to_json(-32602, error, NULL),
                "{'code':-32602,'message':'no',"
                "'data':{'code':'invalid','retry':false}}");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_details_have_types),
        cmocka_unit_test(test_details_of_devices_have_types),
        cmocka_unit_test(test_values_of_the_wrong_type_are_null),
        cmocka_unit_test(test_names_that_are_both_a_value_and_an_object),
        cmocka_unit_test(test_the_answer_to_a_plug),
        cmocka_unit_test(test_the_answer_to_an_unplug),
        cmocka_unit_test(test_a_failure),
        cmocka_unit_test(test_a_failure_with_little_to_say),
    };

    return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
