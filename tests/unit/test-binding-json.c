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
    "\"device_owner\":{\"gid\":36,\"uid\":107},"
    "\"external_ids\":{\"a\":\"1\",\"b c\":\"\"},"
    "\"hints\":{\"x\":[1,{\"y\":null}]},"
    "\"instance_id\":\"i\",\"instance_name\":\"n\","
    "\"interface_id\":\"if\",\"mac_address\":\"fa:16:3e:00:00:0a\","
    "\"model\":\"e1000\",\"mtu\":9000,\"network_id\":\"net\","
    "\"physical_network\":\"physnet1\",\"plugin\":\"ovs\","
    "\"port_id\":\"p\",\"prepare\":true,"
    "\"profile\":{\"capabilities\":[\"switchdev\"],"
    "\"pci_slot\":\"0000:03:00.1\",\"trusted\":\"true\",\"vf_num\":3},"
    "\"project_id\":\"proj\",\"queues\":4,\"vcpus\":8,"
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
    vif_binding_destroy(&b);
}

static void
test_defaults(void **state OVS_UNUSED)
{
    struct vif_binding b, fresh;

    assert_null(read_text("{\"port_id\":\"p\",\"physical_network\":null,"
                          "\"vnic_type\":\"normal\","
                          "\"create_device\":true,\"prepare\":false,"
                          "\"device_owner\":{},\"profile\":{}}", &b));
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

    /* 12 texts take "x" and one of them null; 3 numbers, 2 booleans, the
     * owner {}, external_ids {}, and the two open maps three objects each. */
    assert_int_equal(accepted, 12 + 1 + 3 + 2 + 1 + 1 + 2 * 3);
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
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_values),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
