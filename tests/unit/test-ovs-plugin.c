/* SPDX-License-Identifier: Apache-2.0 */
/* The plugin "ovs", by its plans: given this configuration and this binding,
 * then this plan, to the last argument.  No kernel, no Open vSwitch. */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/cleanup.h"
#include "openvswitch/vlog.h"
#include "plugin/plugins.h"
#include "steps/step.h"
#include "tests/unit/plan-text.h"
#include "util.h"

#include <vif/plan.h>

#define PORT "b679325f-ca89-4ee0-a8be-6db1409b69ea"
#define VM "0f1aa4b6-15a5-4a4b-8a3c-2e3a5c9b1f00"
#define MAC "52:54:00:12:34:56"
#define USUAL "'port_id':'" PORT "','instance_id':'" VM "'," \
              "'mac_address':'" MAC "'"

/* What os-vif writes. */
#define IDS " external_ids:attached-mac=" MAC \
            " external_ids:iface-id=" PORT \
            " external_ids:iface-status=active" \
            " external_ids:vm-uuid=" VM

#define CLAIMS \
    "claim netdev:tapb679325f-ca\n" \
    "claim ovs-port:tapb679325f-ca\n" \
    "claim iface-id:" PORT "\n" \
    "claim mac:" MAC "@bridge:br-int\n"

#define QUEUES(REQUESTED, EFFECTIVE, MULTIQUEUE) \
    "queues.effective=" #EFFECTIVE "\n" \
    "queues.multiqueue=" #MULTIQUEUE "\n" \
    "queues.requested=" #REQUESTED "\n"

#define VIF_DETAILS(BRIDGE, CREATE_TAP) \
    "vif_details.bridge_name=" BRIDGE "\n" \
    "vif_details.connectivity=l2\n" \
    "vif_details.ovs_create_tap=" CREATE_TAP "\n" \
    "vif_details.ovs_hybrid_plug=false\n" \
    "vif_details.port_filter=false\n" \
    "vif_type=ovs\n"

/* Of the bridge, which need not be of the type in the configuration. */
#define DATAPATH "vif_details.datapath_type=0.datapath_type\n"

static char *
with_double_quotes(const char *s)
{
    char *copy = xstrdup(s);

    for (char *p = copy; *p; p++) {
        if (*p == '\'') {
            *p = '"';
        }
    }
    return copy;
}

/* What a case may change of test_host_config(). */
struct change {
    const char *datapath_type;
    uint32_t mtu, max_queues;
    bool no_bridge;
    bool ovsdb_is_away;
};

static struct vif_error *
make_plan(const struct change *change, const char *binding,
          const struct vif_plan *previous, struct vif_plan **planp)
{
    struct test_host host;
    struct plugins_config config = test_host_config(&host);
    char *json CLEANUP_FREE = with_double_quotes(binding);

    config.datapath_type = change->datapath_type;
    config.mtu = change->mtu ? change->mtu : config.mtu;
    config.max_queues = change->max_queues;
    config.bridge = change->no_bridge ? NULL : config.bridge;
    host.ovsdb_ready = !change->ovsdb_is_away;

    struct plugins *plugins = plugins_create(&config);

    load_built_plugin(plugins, "ovs");
    struct vif_error *error = plan_json(plugins, json, previous, planp);
    plugins_destroy(plugins);
    return error;
}

static const struct {
    const char *name;
    struct change change;
    const char *binding;
    const char *plan;
} plans[] = {
    { "what quickstart plugs", { 0 },
      "{" USUAL ",'queues':4,'vcpus':4}",
      "0 ovs-bridge br-int shared create=false keep=true\n"
      "1 tap tapb679325f-ca mac=" MAC " mtu=1500 multi_queue=true"
      " qdisc=noqueue queues=4 up=true\n"
      "2 ovs-port tapb679325f-ca after=0,1 bridge=br-int device=required"
      IDS " mtu_request= qos=linux-noop type=\n"
      CLAIMS
      "devices.tap=tapb679325f-ca\n"
      "interface_id=" PORT "\n"
      "mac_address=" MAC "\n"
      "mtu=1500\n"
      QUEUES(4, 4, true)
      VIF_DETAILS("br-int", "true")
      DATAPATH
      "ofport=2.ofport\n"
      "ifindex=1.ifindex\n" },

    { "one queue, because none was asked for", { .mtu = 9000 },
      "{" USUAL ",'vcpus':4}",
      "0 ovs-bridge br-int shared create=false keep=true\n"
      "1 tap tapb679325f-ca mac=" MAC " mtu=9000 multi_queue=false"
      " qdisc=noqueue queues=1 up=true\n"
      "2 ovs-port tapb679325f-ca after=0,1 bridge=br-int device=required"
      IDS " mtu_request= qos=linux-noop type=\n"
      CLAIMS
      "devices.tap=tapb679325f-ca\n"
      "interface_id=" PORT "\n"
      "mac_address=" MAC "\n"
      "mtu=9000\n"
      QUEUES(0, 1, false)
      VIF_DETAILS("br-int", "true")
      DATAPATH
      "ofport=2.ofport\n"
      "ifindex=1.ifindex\n" },

    { "the consumer makes the device", { 0 },
      "{" USUAL ",'create_device':false,'mtu':1450}",
      "0 ovs-bridge br-int shared create=false keep=true\n"
      "1 ovs-port tapb679325f-ca after=0 bridge=br-int device=later"
      IDS " mtu_request= qos=linux-noop type=\n"
      CLAIMS
      "devices.tap=tapb679325f-ca\n"
      "interface_id=" PORT "\n"
      "mac_address=" MAC "\n"
      "mtu=1450\n"
      QUEUES(0, 1, false)
      VIF_DETAILS("br-int", "false")
      DATAPATH
      "ofport=1.ofport\n" },

    { "a migration target stays down", { 0 },
      "{" USUAL ",'prepare':true,'device_owner':{'uid':64055,'gid':107}}",
      "0 ovs-bridge br-int shared create=false keep=true\n"
      "1 tap tapb679325f-ca gid=107 mac=" MAC " mtu=1500 multi_queue=false"
      " qdisc=noqueue queues=1 uid=64055 up=false\n"
      "2 ovs-port tapb679325f-ca after=0,1 bridge=br-int device=required"
      IDS " mtu_request= qos=linux-noop type=\n"
      CLAIMS
      "devices.tap=tapb679325f-ca\n"
      "interface_id=" PORT "\n"
      "mac_address=" MAC "\n"
      "mtu=1500\n"
      QUEUES(0, 1, false)
      VIF_DETAILS("br-int", "true")
      DATAPATH
      "ofport=2.ofport\n"
      "ifindex=1.ifindex\n" },

    { "everything given", { .max_queues = 2 },
      "{" USUAL ",'plugin':'ovs','bridge':'br-new1',"
      "'datapath_type':'netdev','interface_id':'lsp1',"
      "'external_ids':{'zone':'z1'},'device_name':'vnet0','queues':8,"
      "'profile':{'trusted':true,'pci_slot':'0000:03:00.1'}}",
      "0 ovs-bridge br-new1 shared create=true datapath_type=netdev"
      " keep=false\n"
      "1 tap vnet0 mac=" MAC " mtu=1500 multi_queue=true"
      " qdisc=noqueue queues=2 up=true\n"
      "2 ovs-port vnet0 after=0,1 bridge=br-new1 device=required"
      " external_ids:attached-mac=" MAC
      " external_ids:iface-id=lsp1"
      " external_ids:iface-status=active"
      " external_ids:vm-uuid=" VM
      " external_ids:zone=z1"
      " mtu_request= qos=linux-noop type=\n"
      "claim netdev:vnet0\n"
      "claim ovs-port:vnet0\n"
      "claim iface-id:lsp1\n"
      "claim mac:" MAC "@bridge:br-new1\n"
      "devices.tap=vnet0\n"
      "interface_id=lsp1\n"
      "mac_address=" MAC "\n"
      "mtu=1500\n"
      "profile.pci_slot=0000:03:00.1\n"
      "profile.trusted=true\n"
      "queues.effective=2\n"
      "queues.multiqueue=true\n"
      "queues.requested=8\n"
      "queues.why=2 queue pairs instead of 8: the configuration allows no "
      "more\n"
      "vif_details.bridge_name=br-new1\n"
      "vif_details.connectivity=l2\n"
      "vif_details.datapath_type=netdev\n"
      "vif_details.ovs_create_tap=true\n"
      "vif_details.ovs_hybrid_plug=false\n"
      "vif_details.port_filter=false\n"
      "vif_type=ovs\n"
      "ofport=2.ofport\n"
      "ifindex=1.ifindex\n"
      "warning: 2 queue pairs instead of 8: the configuration allows no "
      "more\n" },

    { "hardly anything given", { .datapath_type = "system" },
      "{'port_id':'p1','bridge':'br-new'}",
      "0 ovs-bridge br-new shared create=true datapath_type=system"
      " keep=false\n"
      "1 tap tapp1 mtu=1500 multi_queue=false qdisc=noqueue"
      " queues=1 up=true\n"
      "2 ovs-port tapp1 after=0,1 bridge=br-new device=required"
      " external_ids:iface-id=p1 external_ids:iface-status=active"
      " mtu_request= qos=linux-noop type=\n"
      "claim netdev:tapp1\n"
      "claim ovs-port:tapp1\n"
      "claim iface-id:p1\n"
      "devices.tap=tapp1\n"
      "interface_id=p1\n"
      "mtu=1500\n"
      QUEUES(0, 1, false)
      "vif_details.bridge_name=br-new\n"
      "vif_details.connectivity=l2\n"
      "vif_details.ovs_create_tap=true\n"
      "vif_details.ovs_hybrid_plug=false\n"
      "vif_details.port_filter=false\n"
      "vif_type=ovs\n"
      DATAPATH
      "ofport=2.ofport\n"
      "ifindex=1.ifindex\n"
      "warning: no mac_address was given: the port carries no attached-mac, "
      "without which Neutron's Open vSwitch agent ignores it\n" },
};

static void
test_plans(void **state OVS_UNUSED)
{
    for (size_t i = 0; i < ARRAY_SIZE(plans); i++) {
        struct vif_plan *plan = NULL;
        struct vif_error *error = make_plan(&plans[i].change,
                                            plans[i].binding, NULL, &plan);
        if (error) {
            fail_msg("%s: %s", plans[i].name, error->message);
            return;
        }
        char *text CLEANUP_FREE = plan_to_text(plan);
        if (strcmp(text, plans[i].plan)) {
            print_error("--- wanted\n%s", plans[i].plan);
            print_error("--- planned\n%s", text);
            fail_msg("%s", plans[i].name);
        }
        assert_string_equal(plan->plugin, "ovs");
        vif_plan_destroy(plan);
    }
}

static const struct {
    struct change change;
    const char *binding;
    const char *code, *where, *text;
} refusals[] = {
    { { 0 }, "{" USUAL ",'plugin':'ovs','vnic_type':'direct'}",
      "unsupported", "vnic_type", "plugin ovs: it plugs vnic_type 'normal'" },
    { { 0 }, "{" USUAL ",'vnic_type':'direct'}",
      "unsupported", "vnic_type", "possible here: normal" },
    { { 0 }, "{" USUAL ",'external_ids':{'iface-id':'x'}}",
      "refused", "external_ids.iface-id", "from interface_id" },
    { { 0 }, "{" USUAL ",'external_ids':{'attached-mac':'x'}}",
      "refused", "external_ids.attached-mac", "from mac_address" },
    { { 0 }, "{" USUAL ",'external_ids':{'vm-uuid':'x'}}",
      "refused", "external_ids.vm-uuid", "from instance_id" },
    { { 0 }, "{" USUAL ",'external_ids':{'iface-status':'inactive'}}",
      "refused", "external_ids.iface-status", "vifd writes itself" },
    { { .no_bridge = true }, "{" USUAL "}",
      "invalid", "bridge", "vifd.yaml names none" },
    { { 0 }, "{" USUAL ",'datapath_type':'netdev'}",
      "refused", "datapath_type",
      "bridge 'br-int' has datapath type 'system', not 'netdev'" },
    { { 0 }, "{" USUAL ",'bridge':'br-old','datapath_type':'system'}",
      "refused", "datapath_type",
      "bridge 'br-old' has datapath type 'netdev', not 'system'" },
    { { 0 }, "{" USUAL ",'bridge':'br-gone'}",
      "not-found", "bridge", "bridge 'br-gone' does not exist" },
};

static void
test_refusals(void **state OVS_UNUSED)
{
    for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
        struct vif_plan *plan = NULL;

        expect_error(make_plan(&refusals[i].change, refusals[i].binding, NULL,
                               &plan),
                     refusals[i].code, refusals[i].where, refusals[i].text);
        assert_null(plan);
    }
}

static char *
plan_text(const struct change *change, const char *binding,
          const struct vif_plan *previous)
{
    struct vif_plan *plan = NULL;
    struct vif_error *error = make_plan(change, binding, previous, &plan);

    if (error) {
        fail_msg("%s", error->message);
    }
    char *text = plan_to_text(plan);
    vif_plan_destroy(plan);
    return text;
}

/* While OVSDB is away the plan is the same as with it, and a missing bridge
 * is left for the step to find. */
static void
test_without_ovsdb(void **state OVS_UNUSED)
{
    const struct change here = { 0 };
    const struct change away = { .ovsdb_is_away = true };
    static const char *const bridges[] = { "br-int", "br-old", "br-new" };

    for (size_t i = 0; i < ARRAY_SIZE(bridges); i++) {
        char *binding CLEANUP_FREE = xasprintf(
            "{" USUAL ",'bridge':'%s','datapath_type':'%s'}", bridges[i],
            i == 1 ? "netdev" : "system");
        char *with CLEANUP_FREE = plan_text(&here, binding, NULL);
        char *without CLEANUP_FREE = plan_text(&away, binding, NULL);
        assert_string_equal(with, without);
    }

    char *gone CLEANUP_FREE = plan_text(&away, "{" USUAL ","
                                        "'bridge':'br-gone'}", NULL);
    assert_non_null(strstr(gone, "0 ovs-bridge br-gone shared create=false"));
}

/* The same binding gives the same plan, whatever the port has now: else a
 * repeated plug would change things. */
static void
test_planning_again_changes_nothing(void **state OVS_UNUSED)
{
    const struct change change = { 0 };

    for (size_t i = 0; i < ARRAY_SIZE(plans); i++) {
        struct vif_plan *plan = NULL;
        struct vif_error *error = make_plan(&plans[i].change,
                                            plans[i].binding, NULL, &plan);
        assert_null(error);
        char *again CLEANUP_FREE = plan_text(&plans[i].change,
                                             plans[i].binding, plan);
        assert_string_equal(again, plans[i].plan);
        char *other CLEANUP_FREE = plan_text(&change, "{" USUAL ","
                                             "'queues':4,'vcpus':4}", plan);
        assert_string_equal(other, plans[0].plan);
        vif_plan_destroy(plan);
    }
}

/* What is planned is what the steps take. */
static void
test_steps_take_their_arguments(void **state OVS_UNUSED)
{
    for (size_t i = 0; i < ARRAY_SIZE(plans); i++) {
        struct vif_plan *plan = NULL;

        assert_null(make_plan(&plans[i].change, plans[i].binding, NULL,
                              &plan));
        for (size_t j = 0; j < plan->n_steps; j++) {
            const struct vif_plan_step *step = &plan->steps[j];
            const struct step_class *class = step_class_lookup(step->kind);

            assert_non_null(class);
            struct vif_error *error CLEANUP_ERROR
                = class->check(&step->args, step->n_refs > 0);
            if (error) {
                fail_msg("%s: %s: %s", plans[i].name, step->kind,
                         error->message);
            }
        }
        vif_plan_destroy(plan);
    }
}

/* Ports on one bridge need not agree on what is only for its making: the
 * configuration may have been read again between them. */
static void
test_ports_share_a_bridge(void **state OVS_UNUSED)
{
    const struct step_class *class = step_class_lookup("ovs-bridge");

    for (size_t i = 0; i < ARRAY_SIZE(plans); i++) {
        for (size_t j = 0; j < ARRAY_SIZE(plans); j++) {
            struct vif_plan *a = NULL, *b = NULL;

            assert_null(make_plan(&plans[i].change, plans[i].binding, NULL,
                                  &a));
            assert_null(make_plan(&plans[j].change, plans[j].binding, NULL,
                                  &b));
            assert_int_equal(class->compare(&a->steps[0].args,
                                            &b->steps[0].args), STEP_KEEP);
            vif_plan_destroy(a);
            vif_plan_destroy(b);
        }
    }
}

static void
test_what_is_missing(void **state OVS_UNUSED)
{
    struct test_host host;
    struct plugins_config config = test_host_config(&host);
    struct plugins *plugins = plugins_create(&config);
    struct plugin_view view;

    load_built_plugin(plugins, "ovs");
    plugins_get(plugins, 0, &view);
    assert_string_equal(view.name, "ovs");
    assert_null(view.missing);
    host.ovsdb_ready = 0;
    plugins_get(plugins, 0, &view);
    assert_string_equal(view.missing, "no answer from Open vSwitch's "
                        "database");
    plugins_destroy(plugins);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plans),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_without_ovsdb),
        cmocka_unit_test(test_planning_again_changes_nothing),
        cmocka_unit_test(test_steps_take_their_arguments),
        cmocka_unit_test(test_ports_share_a_bridge),
        cmocka_unit_test(test_what_is_missing),
    };

    vlog_set_levels(NULL, VLF_ANY_DESTINATION, VLL_OFF);
    return cmocka_run_group_tests_name("ovs plugin", tests, NULL, NULL);
}
