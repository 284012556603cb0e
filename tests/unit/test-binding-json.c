/* SPDX-License-Identifier: Apache-2.0 */
/* Bindings to and from JSON: nothing is lost, nothing unknown or of the wrong
 * type gets in, and the error says where. */

#include <config.h>

#include "binding/binding-json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "binding/binding-value.h"
#include "binding/json-array.h"
#include "lib/cleanup.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "openvswitch/util.h"
#include "util.h"

/* Every member, none with its default; sorted, as json_to_string() has it. */
static const char full[] =
    "{\"bridge\":\"br-tenant\",\"create_device\":false,"
    "\"datapath_type\":\"netdev\",\"device_name\":\"tap0\","
    "\"device_owner\":{\"gid\":36,\"uid\":107},\"driver\":\"vfio-pci\","
    "\"external_ids\":{\"a\":\"1\",\"b c\":\"\"},"
    "\"hints\":{\"x\":[1,{\"y\":null}]},"
    "\"instance_id\":\"i\",\"instance_name\":\"n\","
    "\"interface_id\":\"if\",\"mac_address\":\"fa:16:3e:00:00:0a\","
    "\"macvtap\":{\"mode\":\"vepa\",\"physical_interface\":\"eth1\","
    "\"source\":\"macvtap0\",\"vlan\":7},"
    "\"model\":\"e1000\",\"mtu\":9000,\"network_id\":\"net\","
    "\"numa\":{\"nodes\":[0,63],\"policy\":\"required\"},"
    "\"physical_network\":\"physnet1\",\"plugin\":\"ovs\","
    "\"port_id\":\"p\",\"port_profile\":{\"type\":\"802.1Qbh\"},"
    "\"prepare\":true,"
    "\"profile\":{\"capabilities\":[\"switchdev\"],"
    "\"pci_slot\":\"0000:03:00.1\",\"trusted\":\"true\",\"vf_num\":3},"
    "\"project_id\":\"proj\",\"queues\":4,\"vcpus\":8,"
    "\"vf\":{\"best_effort\":true,\"link_state\":\"disable\","
    "\"max_tx_rate\":0,\"min_tx_rate\":4294967295,\"spoofchk\":false,"
    "\"trust\":true,\"vlan\":4094,\"vlan_protocol\":\"802.1ad\","
    "\"vlan_qos\":7},"
    "\"vnic_type\":\"direct\"}";

static struct json *
parse(const char *text)
{
    struct json *json = json_from_string(text);

    assert_int_equal(json->type, *text == '[' ? JSON_ARRAY : JSON_OBJECT);
    return json;
}

static struct vif_error *
read_text(const char *text, struct vif_binding *binding)
{
    struct json *json = parse(text);
    struct vif_error *error = binding_from_json(json, "params.binding",
                                                binding);

    json_destroy(json);
    return error;
}

static char *
write_text(const struct vif_binding *binding)
{
    struct json *json = binding_to_json(binding);
    char *text = json_to_string(json, JSSF_SORT);

    json_destroy(json);
    return text;
}

static void
test_nothing_is_lost(void **state OVS_UNUSED)
{
    struct vif_binding first, second;

    assert_null(read_text(full, &first));
    CLEANUP_FREE char *text = write_text(&first);
    assert_string_equal(text, full);

    assert_null(read_text(text, &second));
    assert_true(vif_binding_equal(&first, &second));
    vif_binding_destroy(&first);
    vif_binding_destroy(&second);
}

static void
test_members(void **state OVS_UNUSED)
{
    struct vif_binding b;

    assert_null(read_text(full, &b));
    assert_string_equal(b.port_id, "p");
    assert_int_equal(b.vnic_type, VIF_VNIC_DIRECT);
    assert_int_equal(b.mtu, 9000);
    assert_int_equal(b.uid, 107);
    assert_int_equal(b.gid, 36);
    assert_true(b.has_mac);
    assert_int_equal(b.mac.octets[5], 10);
    assert_false(b.create_device);
    assert_true(b.prepare);
    assert_string_equal(vif_attrs_get(&b.external_ids, "a"), "1");
    assert_string_equal(vif_attrs_get(&b.profile, "pci_slot"),
                        "0000:03:00.1");
    assert_string_equal(vif_attrs_get(&b.profile, "vf_num"), "3");
    assert_string_equal(vif_attrs_get(&b.profile, "trusted"), "\"true\"");
    assert_string_equal(vif_attrs_get(&b.hints, "x"), "[1,{\"y\":null}]");
    assert_true(b.vf.has_vlan && b.vf.vlan == 4094 && b.vf.vlan_qos == 7);
    assert_true(b.vf.vlan_8021ad && b.vf.best_effort);
    assert_true(b.vf.has_min_tx_rate && b.vf.min_tx_rate == UINT32_MAX);
    assert_true(b.vf.has_max_tx_rate && !b.vf.max_tx_rate);
    assert_true(b.vf.has_spoofchk && !b.vf.spoofchk);
    assert_true(b.vf.has_trust && b.vf.trust);
    assert_true(b.vf.has_link_state);
    assert_int_equal(b.vf.link_state, VIF_LINK_DISABLE);
    assert_int_equal(b.macvtap.mode, VIF_MACVTAP_VEPA);
    assert_string_equal(b.macvtap.source, "macvtap0");
    assert_string_equal(b.macvtap.physical_interface, "eth1");
    assert_int_equal(b.macvtap.vlan, 7);
    assert_string_equal(vif_attrs_get(&b.port_profile, "type"), "802.1Qbh");
    assert_string_equal(b.driver, "vfio-pci");
    assert_true(b.numa_nodes == (UINT64_C(1) << 63 | 1));
    assert_string_equal(b.numa_policy, "required");
    vif_binding_destroy(&b);
}

static void
test_defaults(void **state OVS_UNUSED)
{
    struct vif_binding b, fresh;

    assert_null(read_text("{\"port_id\":\"p\",\"physical_network\":null,"
                          "\"vnic_type\":\"normal\","
                          "\"create_device\":true,\"prepare\":false,"
                          "\"device_owner\":{},\"profile\":{},\"vf\":{"
                          "\"vlan_qos\":0,\"vlan_protocol\":\"802.1Q\","
                          "\"best_effort\":false},\"macvtap\":{\"vlan\":0},"
                          "\"port_profile\":{},\"numa\":{\"nodes\":[]}}",
                          &b));
    vif_binding_init(&fresh);
    fresh.port_id = xstrdup("p");
    assert_true(vif_binding_equal(&b, &fresh));

    CLEANUP_FREE char *text = write_text(&b);
    assert_string_equal(text, "{\"port_id\":\"p\",\"vnic_type\":\"normal\"}");
    vif_binding_destroy(&b);
    vif_binding_destroy(&fresh);
}

static void
test_refusals(void **state OVS_UNUSED)
{
    static const struct {
        const char *members, *where, *says;
    } cases[] = {
        { "\"mtu\":\"9000\"", "mtu", "must be a whole number, not a string" },
        { "\"mtu\":1.5", "mtu", "not a fraction" },
        { "\"mtu\":-1", "mtu", "-1 is not within 0 and 4294967295" },
        { "\"queues\":4294967296", "queues", "4294967296 is not within" },
        { "\"mtu\":0", "mtu", "0 is not allowed" },
        { "\"queues\":0", "queues", "0 is not allowed" },
        { "\"vcpus\":0", "vcpus", "0 is not allowed" },
        { "\"mtu\":9223372036854775808", "mtu", "too large a number" },
        { "\"nonsense\":1", "nonsense", "is no member of a binding" },
        { "\"vnic_type\":\"baremetal\"", "vnic_type",
          "\"baremetal\" is no vnic type" },
        { "\"vnic_type\":7", "vnic_type", "must be a string" },
        { "\"mac_address\":\"fa:16\"", "mac_address", "is no MAC address" },
        { "\"bridge\":null", "bridge", "must be a string, not null" },
        { "\"create_device\":1", "create_device", "must be true or false" },
        { "\"device_owner\":{\"uid\":4294967295}", "device_owner.uid",
          "is not within 0 and 4294967294" },
        { "\"device_owner\":{\"name\":\"qemu\"}", "device_owner.name",
          "is unknown" },
        { "\"device_owner\":[]", "device_owner", "must be an object" },
        { "\"external_ids\":{\"a\":1}", "external_ids.a",
          "must be a string, not a number" },
        { "\"external_ids\":{\"\":\"x\"}", "external_ids", "an empty key" },
        { "\"vf\":[]", "vf", "must be an object, not an array" },
        { "\"vf\":{\"vlan\":4095}", "vf.vlan",
          "4095 is not within 0 and 4094" },
        { "\"vf\":{\"vlan\":\"100\"}", "vf.vlan",
          "must be a whole number, not a string" },
        { "\"vf\":{\"vlan_qos\":8}", "vf.vlan_qos", "8 is not within" },
        { "\"vf\":{\"vlan_protocol\":\"802.1AD\"}", "vf.vlan_protocol",
          "\"802.1AD\" is no VLAN protocol: there are 802.1Q and 802.1ad" },
        { "\"vf\":{\"max_tx_rate\":4294967296}", "vf.max_tx_rate",
          "4294967296 is not within" },
        { "\"vf\":{\"spoofchk\":\"on\"}", "vf.spoofchk",
          "must be true or false, not a string" },
        { "\"vf\":{\"link_state\":\"up\"}", "vf.link_state",
          "\"up\" is no link state" },
        { "\"vf\":{\"mac\":1}", "vf.mac", "is unknown: there are vlan, " },
        { "\"macvtap\":{\"mode\":\"default\"}", "macvtap.mode",
          "\"default\" is no macvtap mode" },
        { "\"macvtap\":{\"source\":null}", "macvtap.source",
          "must be a string, not null" },
        { "\"port_profile\":{\"managerid\":8}", "port_profile.managerid",
          "must be a string, not a number" },
        { "\"driver\":true", "driver", "must be a string" },
        { "\"numa\":[0]", "numa", "must be an object" },
        { "\"numa\":{\"nodes\":1}", "numa.nodes",
          "must be an array of numbers, not a number" },
        { "\"numa\":{\"nodes\":[0,64]}", "numa.nodes[1]",
          "64 is not within 0 and 63" },
        { "\"numa\":{\"node\":0}", "numa.node",
          "is unknown: there are nodes and policy" },
        { "\"profile\":[]", "profile", "must be an object, not an array" },
        { "\"instance_name\":\"\\udc00\"", "instance_name",
          "invalid UTF-8" },
        { "\"profile\":{\"a\":[\"\\udc00\"]}", "profile.a",
          "invalid UTF-8" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        CLEANUP_FREE char *text = xasprintf("{\"port_id\":\"p\",%s}",
                                            cases[i].members);
        CLEANUP_FREE char *where = xasprintf("params.binding.%s",
                                             cases[i].where);
        struct vif_binding b;
        CLEANUP_ERROR struct vif_error *error = read_text(text, &b);

        assert_non_null(error);
        assert_int_equal(error->code, VIF_ERR_INVALID);
        assert_string_equal(error->where, where);
        assert_non_null(strstr(error->message, cases[i].says));
        assert_int_equal(strncmp(error->message, where, strlen(where)), 0);
    }
}

static void
test_required(void **state OVS_UNUSED)
{
    struct vif_binding b;
    CLEANUP_ERROR struct vif_error *missing = read_text("{\"mtu\":1500}", &b);
    CLEANUP_ERROR struct vif_error *array = read_text("[]", &b);

    assert_string_equal(missing->where, "params.binding.port_id");
    assert_string_equal(array->where, "params.binding");
    assert_non_null(strstr(array->message, "must be an object, not an array"));
}

/* Open vSwitch's accessors abort the program on a wrong type. */
static void
test_any_type_anywhere(void **state OVS_UNUSED)
{
    static const char *const values[] = {
        "null", "true", "1", "1.5", "\"x\"", "[]", "{}", "[[1]]",
        "{\"uid\":[]}", "{\"a\":{}}",
    };
    struct json *names = parse(full);
    const struct shash_node *node;
    size_t accepted = 0;

    SHASH_FOR_EACH (node, json_object(names)) {
        for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
            CLEANUP_FREE char *text = xasprintf("{\"%s\":%s%s}", node->name,
                                                values[i],
                                                strcmp(node->name, "port_id")
                                                ? ",\"port_id\":\"p\"" : "");
            struct vif_binding b;
            CLEANUP_ERROR struct vif_error *error = read_text(text, &b);

            if (!error) {
                accepted++;
                vif_binding_destroy(&b);
            }
        }
    }
    json_destroy(names);

    /* 13 texts take "x" and one of them null; 3 numbers, 2 booleans, the
     * four objects and the two maps of strings {}, and the two open maps
     * three objects each. */
    assert_int_equal(accepted, 13 + 1 + 3 + 2 + 4 + 2 + 2 * 3);
}

/* Open vSwitch's accessors abort here, too. */
static void
test_any_type_within_an_object(void **state OVS_UNUSED)
{
    static const char *const members[] = {
        "vf\":{\"vlan", "vf\":{\"vlan_protocol", "vf\":{\"trust",
        "vf\":{\"link_state", "macvtap\":{\"mode", "macvtap\":{\"vlan",
        "numa\":{\"nodes", "numa\":{\"policy", "port_profile\":{\"type",
    };
    static const char *const values[] = {
        "null", "{}", "[{}]", "[[0]]", "1.5", "[\"0\"]", "-1", "[-1]",
    };

    for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
        for (size_t j = 0; j < ARRAY_SIZE(values); j++) {
            CLEANUP_FREE char *text = xasprintf("{\"port_id\":\"p\",\"%s\":"
                                                "%s}}", members[i],
                                                values[j]);
            struct vif_binding b;
            CLEANUP_ERROR struct vif_error *error = read_text(text, &b);

            if (!error) {
                fail_msg("accepted: %s", text);
            }
        }
    }
}

/* Nova says it in the profile; plugins read it in one place. */
static void
test_trusted_profile_becomes_trust(void **state OVS_UNUSED)
{
    struct vif_binding b;

    assert_null(read_text("{\"port_id\":\"p\",\"vnic_type\":\"direct\","
                          "\"profile\":{\"trusted\":\"True\"}}", &b));
    assert_true(b.vf.has_trust && b.vf.trust);
    CLEANUP_FREE char *text = write_text(&b);
    assert_non_null(strstr(text, "\"vf\":{\"trust\":true}"));
    vif_binding_destroy(&b);

    assert_null(read_text("{\"port_id\":\"p\",\"profile\":"
                          "{\"trusted\":true}}", &b));
    assert_false(b.vf.has_trust);
    vif_binding_destroy(&b);
}

static struct vif_error *
read_with_keys(size_t n, size_t value_size, const char *member)
{
    CLEANUP_FREE char *value = xmalloc(value_size + 1);
    struct ds text = DS_EMPTY_INITIALIZER;
    struct vif_binding b;

    memset(value, 'v', value_size);
    value[value_size] = '\0';
    ds_put_format(&text, "{\"port_id\":\"p\",\"%s\":{", member);
    for (size_t i = 0; i < n; i++) {
        ds_put_format(&text, "%s\"k%"PRIuSIZE"\":\"%s\"", i ? "," : "", i,
                      value);
    }
    ds_put_cstr(&text, "}}");

    struct vif_error *error = read_text(ds_cstr(&text), &b);
    if (!error) {
        vif_binding_destroy(&b);
    }
    ds_destroy(&text);
    return error;
}

static void
test_bounds(void **state OVS_UNUSED)
{
    assert_null(read_with_keys(BINDING_MAX_KEYS, 1, "hints"));
    assert_null(read_with_keys(1, BINDING_MAX_STRING, "external_ids"));
    assert_null(read_with_keys(1, BINDING_MAX_VALUE, "profile"));

    CLEANUP_ERROR struct vif_error *keys
        = read_with_keys(BINDING_MAX_KEYS + 1, 1, "hints");
    CLEANUP_ERROR struct vif_error *string
        = read_with_keys(1, BINDING_MAX_STRING + 1, "external_ids");
    CLEANUP_ERROR struct vif_error *value
        = read_with_keys(1, BINDING_MAX_VALUE + 1, "profile");
    assert_string_equal(keys->where, "params.binding.hints");
    assert_string_equal(string->where, "params.binding.external_ids.k0");
    assert_string_equal(value->where, "params.binding.profile.k0");
}

static void
test_values(void **state OVS_UNUSED)
{
    static const struct {
        const char *json, *text;
    } cases[] = {
        { "\"plain\"", "plain" },
        { "\"\"", "" },
        { "\"0000:03:00.1\"", "0000:03:00.1" },
        { "\"a\\\"b\\n\"", "a\"b\n" },
        { "\" 3\"", " 3" },
        { "\"3 \"", "3 " },
        { "\"03\"", "03" },
        { "\"{}x\"", "{}x" },
        { "\"1,2\"", "1,2" },
        { "\"][\"", "][" },
        { "3", "3" },
        { "\"3\"", "\"3\"" },
        { "true", "true" },
        { "\"true\"", "\"true\"" },
        { "null", "null" },
        { "\"null\"", "\"null\"" },
        { "[1,\"2\"]", "[1,\"2\"]" },
        { "{\"b\":{\"c\":[]}}", "{\"b\":{\"c\":[]}}" },
        { "\"[1]\"", "\"[1]\"" },
        { "\"\\\"x\\\"\"", "\"\\\"x\\\"\"" },
        { "-7", "-7" },
        { "0.5", "0.5" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        CLEANUP_FREE char *wrapped = xasprintf("[%s]", cases[i].json);
        struct json *array = parse(wrapped);
        const struct json *value = json_array_at(array, 0);
        CLEANUP_FREE char *text = binding_value_to_text(value);
        struct json *back = binding_value_from_text(cases[i].text);

        assert_string_equal(text, cases[i].text);
        assert_true(json_equal(value, back));
        json_destroy(array);
        json_destroy(back);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_is_lost),
        cmocka_unit_test(test_members),
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_required),
        cmocka_unit_test(test_any_type_anywhere),
        cmocka_unit_test(test_any_type_within_an_object),
        cmocka_unit_test(test_trusted_profile_becomes_trust),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_values),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
