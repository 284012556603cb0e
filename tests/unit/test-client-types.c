/* SPDX-License-Identifier: Apache-2.0 */
/* libvifclient against a SIMULATED vifd: bindings in, details out. */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include <vif/client.h>

#include "tests/unit/client-fixture.h"

/* Types. */

static void
fill_binding(struct vif_binding *binding, const char *port_id)
{
    vif_binding_init(binding);
    binding->port_id = strdup(port_id);
}

static void
test_binding_becomes_json(void **state)
{
    (void) state;
    struct vif_binding binding;

    fill_binding(&binding, "p1");
    char *text = vif_binding_to_json(&binding);
    assert_string_equal(text,
                        "{\"port_id\":\"p1\",\"vnic_type\":\"normal\"}");
    free(text);

    binding.instance_id = strdup("i");
    binding.instance_name = strdup("n");
    binding.project_id = strdup("pr");
    binding.network_id = strdup("ne");
    binding.vnic_type = VIF_VNIC_MACVTAP;
    binding.physical_network = strdup("ph");
    binding.plugin = strdup("pl");
    binding.bridge = strdup("br");
    binding.datapath_type = strdup("netdev");
    binding.interface_id = strdup("if");
    vif_attrs_set(&binding.external_ids, "a", "3");
    binding.has_mac = vif_mac_from_string("fa:16:3e:00:00:01", &binding.mac);
    binding.mtu = 1450;
    binding.model = strdup("e1000");
    binding.queues = 4;
    binding.vcpus = 2;
    binding.device_name = strdup("tap1");
    binding.create_device = false;
    binding.uid = 64055;
    binding.gid = 0;
    binding.prepare = true;
    vif_attrs_set(&binding.profile, "list", "[\"switchdev\"]");
    vif_attrs_set(&binding.profile, "number", "3");
    vif_attrs_set(&binding.profile, "quoted", "\"3\"");
    vif_attrs_set(&binding.profile, "word", "0000:03:00.1");
    vif_attrs_set(&binding.hints, "yes", "true");

    text = vif_binding_to_json(&binding);
    json_t *is = json_loads(text, 0, NULL);
    json_t *wanted = json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:{s:s},"
        " s:s, s:i, s:s, s:i, s:i, s:s, s:b, s:{s:i, s:i}, s:b,"
        " s:{s:[s], s:i, s:s, s:s}, s:{s:b}}",
        "port_id", "p1", "instance_id", "i", "instance_name", "n",
        "project_id", "pr", "network_id", "ne", "vnic_type", "macvtap",
        "physical_network", "ph", "plugin", "pl", "bridge", "br",
        "datapath_type", "netdev", "interface_id", "if",
        "external_ids", "a", "3", "mac_address", "fa:16:3e:00:00:01",
        "mtu", 1450, "model", "e1000", "queues", 4, "vcpus", 2,
        "device_name", "tap1", "create_device", 0,
        "device_owner", "uid", 64055, "gid", 0, "prepare", 1,
        "profile", "list", "switchdev", "number", 3, "quoted", "3",
        "word", "0000:03:00.1", "hints", "yes", 1);
    assert_non_null(wanted);
    if (!json_equal(is, wanted)) {
        fail_msg("%s", text);
    }
    json_decref(is);
    json_decref(wanted);
    free(text);
    vif_binding_destroy(&binding);
}

/* Members that are objects, as vifd has them, and nothing where nothing was
 * asked for. */
static void
test_binding_of_a_device_becomes_json(void **state)
{
    (void) state;
    struct vif_binding binding;

    fill_binding(&binding, "p1");
    binding.vf = (struct vif_vf) {
        .has_vlan = true, .vlan = 100, .vlan_qos = 3, .vlan_8021ad = true,
        .has_min_tx_rate = true, .has_max_tx_rate = true,
        .max_tx_rate = UINT32_MAX, .has_spoofchk = true, .has_trust = true,
        .trust = true, .has_link_state = true,
        .link_state = VIF_LINK_DISABLE, .best_effort = true,
    };
    binding.macvtap.mode = VIF_MACVTAP_PASSTHRU;
    binding.macvtap.source = strdup("macvtap0");
    binding.macvtap.physical_interface = strdup("eth1");
    binding.macvtap.vlan = 7;
    vif_attrs_set(&binding.port_profile, "managerid", "8");
    binding.driver = strdup("vfio-pci");
    binding.numa_nodes = UINT64_C(1) << 63 | 1;
    binding.numa_policy = strdup("socket");

    char *text = vif_binding_to_json(&binding);
    json_t *is = json_loads(text, 0, NULL);
    json_t *wanted = json_pack(
        "{s:s, s:s, s:{s:i, s:i, s:s, s:i, s:I, s:b, s:b, s:s, s:b},"
        " s:{s:s, s:s, s:s, s:i}, s:{s:s}, s:s, s:{s:[i, i], s:s}}",
        "port_id", "p1", "vnic_type", "normal",
        "vf", "vlan", 100, "vlan_qos", 3, "vlan_protocol", "802.1ad",
        "min_tx_rate", 0, "max_tx_rate", (json_int_t) UINT32_MAX,
        "spoofchk", 0, "trust", 1, "link_state", "disable", "best_effort", 1,
        "macvtap", "mode", "passthru", "source", "macvtap0",
        "physical_interface", "eth1", "vlan", 7,
        "port_profile", "managerid", "8", "driver", "vfio-pci",
        "numa", "nodes", 0, 63, "policy", "socket");
    assert_non_null(wanted);
    if (!json_equal(is, wanted)) {
        fail_msg("%s", text);
    }
    json_decref(is);
    json_decref(wanted);
    free(text);
    vif_binding_destroy(&binding);
}

static void
test_details_of_a_device(void **state)
{
    (void) state;
    struct vif_details *details;
    struct vif_binding binding;
    struct fixture f;

    connect_to(&f, NULL);
    fill_binding(&binding, "p1");
    binding.vf.has_vlan = true;
    no_error(vif_client_plug(f.client, &binding, NULL, &details));
    assert_string_equal(vif_details_device(details, "pci_slot"),
                        "0000:03:10.2");
    assert_string_equal(vif_details_device(details, "managed"), "true");
    assert_string_equal(vif_attrs_get(&details->profile, "vf_num"), "0");
    assert_int_equal(details->numa_node, 0);
    vif_details_destroy(details);

    no_error(vif_details_from_json("{}", &details));
    assert_int_equal(details->numa_node, -1);
    vif_details_destroy(details);
    expect(vif_details_from_json("{\"numa_node\":\"0\"}", &details),
           VIF_ERR_INVALID, "numa_node");
    vif_binding_destroy(&binding);
    close_all(&f);
}

static void
test_fit(void **state)
{
    (void) state;
    struct vif_binding binding;
    struct fixture f;
    char *answer;

    connect_to(&f, NULL);
    fill_binding(&binding, "p1");
    no_error(vif_client_fit(f.client, &binding, 1, NULL, &answer));
    assert_non_null(strstr(answer, "\"fits\":true"));
    assert_non_null(strstr(answer, "pci/0000:03:01.0"));
    free(answer);

    /* That there is none is an answer. */
    binding.numa_nodes = 2;
    no_error(vif_client_fit(f.client, &binding, 1, NULL, &answer));
    assert_non_null(strstr(answer, "\"fits\":false"));
    free(answer);
    no_error(vif_client_fit(f.client, &binding, 1, NULL, NULL));
    vif_binding_destroy(&binding);
    close_all(&f);
}

static void
test_drain(void **state)
{
    (void) state;
    struct fixture f;
    char *answer;

    connect_to(&f, NULL);
    no_error(vif_client_drain(f.client, "eno1", NULL, &answer));
    assert_non_null(strstr(answer, "\"drained\":true"));
    free(answer);
    no_error(vif_client_undrain(f.client, "eno1", NULL, &answer));
    assert_non_null(strstr(answer, "\"drained\":false"));
    free(answer);
    no_error(vif_client_undrain(f.client, "eno1", NULL, NULL));
    expect(vif_client_drain(f.client, "eno9", NULL, &answer),
           VIF_ERR_NOT_FOUND, "no device");
    assert_null(answer);
    expect(vif_client_drain(f.client, "\xff", NULL, NULL), VIF_ERR_INVALID,
           "UTF-8");
    close_all(&f);
}

static void
test_plug_gives_details(void **state)
{
    (void) state;
    struct vif_call_options options;
    struct vif_details *details;
    struct vif_binding binding;
    struct fixture f;

    connect_to(&f, NULL);
    fill_binding(&binding, "p1");
    binding.queues = 8;
    binding.mtu = 9000;
    vif_attrs_set(&binding.profile, "trusted", "true");
    vif_call_options_init(&options);
    options.wait = VIF_WAIT_COMMITTED;
    options.timeout_ms = 1000;
    no_error(vif_client_plug(f.client, &binding, &options, &details));

    assert_string_equal(details->port_id, "p1");
    assert_string_equal(details->outcome, "done");
    assert_string_equal(details->state, "active");
    assert_true(details->changed);
    assert_string_equal(details->vnic_type, "normal");
    assert_string_equal(details->plugin, "ovs");
    assert_string_equal(details->vif_type, "ovs");
    assert_string_equal(vif_attrs_get(&details->vif_details, "port_filter"),
                        "true");
    assert_string_equal(vif_attrs_get(&details->profile, "trusted"), "true");
    assert_string_equal(vif_details_device(details, "tap"), "tapp1");
    assert_null(vif_details_device(details, "vf"));
    assert_true(details->has_mac);
    assert_int_equal(details->mac.octets[5], 1);
    assert_int_equal(details->mtu, 9000);
    assert_int_equal(details->queues.requested, 8);
    assert_int_equal(details->queues.effective, 4);
    assert_true(details->queues.multiqueue);
    assert_string_equal(details->queues.why,
                        "the instance has no more vCPUs");
    assert_int_equal(details->ofport, 7);
    assert_int_equal(details->ifindex, 12);
    assert_string_equal(details->interface_id, "p1");
    assert_int_equal(details->n_warnings, 0);
    assert_non_null(strstr(details->libvirt_xml, "<interface"));
    assert_int_equal(details->n_steps, 2);
    assert_string_equal(details->steps[1].kind, "ovs-port");
    assert_string_equal(details->steps[1].object, "tap1");
    assert_string_equal(details->steps[1].action, "add");
    assert_int_equal(details->steps[1].own_us, 120);
    assert_int_equal(details->steps[1].host_us, 6420);
    assert_int_equal(details->total_us, 7311);

    char *bridge = vif_details_get(details, "vif_details.bridge_name");
    assert_string_equal(bridge, "br-int");
    free(bridge);
    vif_details_destroy(details);
    no_error(vif_client_plug(f.client, &binding, NULL, NULL));
    vif_binding_destroy(&binding);
    close_all(&f);
}

static void
test_life_of_a_port_by_types(void **state)
{
    (void) state;
    struct vif_details *details;
    struct vif_binding binding;
    struct fixture f;

    connect_to(&f, NULL);
    fill_binding(&binding, "p1");
    binding.prepare = true;
    no_error(vif_client_plug(f.client, &binding, NULL, &details));
    assert_string_equal(details->state, "prepared");
    vif_details_destroy(details);
    no_error(vif_client_activate(f.client, "p1", NULL, &details));
    assert_string_equal(details->state, "active");
    vif_details_destroy(details);
    no_error(vif_client_show(f.client, "p1", NULL, &details));
    assert_string_equal(details->steps[0].kind, "tap");
    assert_null(details->outcome);
    vif_details_destroy(details);
    no_error(vif_client_abort(f.client, "p1", NULL, NULL));
    expect(vif_client_show(f.client, "p1", NULL, &details),
           VIF_ERR_NOT_FOUND, "no port");
    assert_null(details);
    no_error(vif_client_unplug(f.client, "p1", NULL, &details));
    assert_int_equal(details->n_warnings, 1);
    assert_string_equal(details->warnings[0], "it was not plugged");
    vif_details_destroy(details);
    char *inventory;
    no_error(vif_client_inventory(f.client, NULL, &inventory));
    assert_non_null(strstr(inventory, "\"pools\""));
    free(inventory);

    char *rebuilt;
    no_error(vif_client_rebuild(f.client, "new", NULL, &rebuilt));
    assert_non_null(strstr(rebuilt, "\"known\""));
    free(rebuilt);
    expect(vif_client_rebuild(f.client, "bad", NULL, &rebuilt),
           VIF_ERR_INVALID, "neither a UUID");
    assert_null(rebuilt);
    expect(vif_client_rebuild(f.client, "\xff", NULL, NULL),
           VIF_ERR_INVALID, "no UTF-8");
    expect(vif_client_unplug(f.client, "\xff", NULL, &details),
           VIF_ERR_INVALID, "UTF-8");
    assert_null(details);
    vif_binding_destroy(&binding);
    close_all(&f);
}

static void
test_plug_all_or_none(void **state)
{
    (void) state;
    struct vif_binding bindings[3];
    struct vif_details *details[3];
    struct vif_error *error;
    struct fixture f;

    connect_to(&f, NULL);
    fill_binding(&bindings[0], "p0");
    fill_binding(&bindings[1], "p1");
    fill_binding(&bindings[2], "failed-2");
    no_error(vif_client_plug_all(f.client, bindings, 2, NULL, details));
    assert_string_equal(details[0]->port_id, "p0");
    assert_string_equal(details[1]->port_id, "p1");
    vif_details_destroy(details[0]);
    vif_details_destroy(details[1]);
    no_error(vif_client_plug_all(f.client, bindings, 1, NULL, details));
    vif_details_destroy(details[0]);
    no_error(vif_client_plug_all(f.client, bindings, 2, NULL, NULL));

    error = vif_client_plug_all(f.client, bindings, 3, NULL, details);
    assert_non_null(error);
    assert_int_equal(error->outcome, VIF_OUTCOME_FAILED_CLEAN);
    expect(error, VIF_ERR_KERNEL, "MTU");
    assert_null(details[0]);
    assert_null(details[2]);
    for (size_t i = 0; i < 3; i++) {
        vif_binding_destroy(&bindings[i]);
    }
    close_all(&f);
}

static void
test_details_keep_what_they_do_not_know(void **state)
{
    (void) state;
    struct vif_details *details;
    char *text;

    no_error(vif_details_from_json(
                 "{\"port_id\":\"p\",\"new\":{\"a.b\":{\"c\":[1,2]}},"
                 "\"ofport\":null,\"vif_details\":{\"n\":3,\"s\":\"3\"}}",
                 &details));
    text = vif_details_get(details, "new.a.b.c");
    assert_string_equal(text, "[1,2]");
    free(text);
    assert_null(vif_details_get(details, "ofport"));
    assert_null(vif_details_get(details, "new.x"));
    assert_int_equal(details->ofport, 0);
    assert_string_equal(vif_attrs_get(&details->vif_details, "n"), "3");
    assert_string_equal(vif_attrs_get(&details->vif_details, "s"), "\"3\"");
    vif_details_destroy(details);

    no_error(vif_details_from_json("{}", &details));
    assert_null(details->port_id);
    assert_int_equal(details->n_steps, 0);
    vif_details_destroy(details);
    vif_details_destroy(NULL);
}

static void
test_details_of_the_wrong_type(void **state)
{
    (void) state;
    static const struct {
        const char *json;
        const char *where;
    } wrong[] = {
        { "{\"state\":3}", "state" },
        { "{\"changed\":\"yes\"}", "changed" },
        { "{\"mtu\":-1}", "mtu" },
        { "{\"mtu\":4294967296}", "mtu" },
        { "{\"mtu\":1.5}", "mtu" },
        { "{\"ofport\":\"7\"}", "ofport" },
        { "{\"mac_address\":\"zz\"}", "mac_address" },
        { "{\"devices\":[]}", "devices" },
        { "{\"queues\":3}", "queues" },
        { "{\"queues\":{\"requested\":\"3\"}}", "queues.requested" },
        { "{\"queues\":{\"effective\":-3}}", "queues.effective" },
        { "{\"queues\":{\"multiqueue\":1}}", "queues.multiqueue" },
        { "{\"warnings\":\"w\"}", "warnings" },
        { "{\"warnings\":[\"a\",3]}", "warnings" },
        { "{\"steps\":{}}", "steps" },
        { "{\"steps\":[{},3]}", "steps" },
    };

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct vif_details *details = (void *) 1;
        struct vif_error *error = vif_details_from_json(wrong[i].json,
                                                        &details);

        assert_non_null(error);
        assert_null(details);
        assert_string_equal(error->where, wrong[i].where);
        expect(error, VIF_ERR_INVALID, wrong[i].where);
    }
    struct vif_details *details;
    expect(vif_details_from_json("[]", &details), VIF_ERR_INVALID,
           "no JSON object");
    expect(vif_details_from_json("{", &details), VIF_ERR_INVALID,
           "no JSON object");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_binding_becomes_json),
        cmocka_unit_test(test_binding_of_a_device_becomes_json),
        cmocka_unit_test(test_details_of_a_device),
        cmocka_unit_test(test_fit),
        cmocka_unit_test(test_drain),
        cmocka_unit_test(test_plug_gives_details),
        cmocka_unit_test(test_life_of_a_port_by_types),
        cmocka_unit_test(test_plug_all_or_none),
        cmocka_unit_test(test_details_keep_what_they_do_not_know),
        cmocka_unit_test(test_details_of_the_wrong_type),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
