/* SPDX-License-Identifier: Apache-2.0 */
/* vifctl plug and unplug in every format, for one port and for a thousand,
 * against a SIMULATED vifd. */

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

#include "tests/unit/vifctl-ports.h"

static void
test_plug_in_a_table(void **state)
{
    const struct run *run = vifctl(*state, 0, "plug p1 --queues 8");

    assert_string_equal(
        run->out,
        "  port           p1\n"
        "  state          active\n"
        "  vnic type      normal\n"
        "  plugin         ovs\n"
        "  device         tapp1\n"
        "  MAC address    fa:16:3e:00:00:01\n"
        "  MTU            1450\n"
        "  queues         4 of 8: the instance has no more vCPUs\n"
        "  OpenFlow port  7\n"
        "  ifindex        12\n"
        "  interface id   p1\n"
        "  vif type       ovs\n"
        "  vif details    bridge_name=br-int, port_filter=yes, "
        "connectivity=l2\n"
        "  took           7.31 ms\n"
        "\n"
        "ACTION  STEP      OBJECT  HOST     VIFD\n"
        "add     tap       tap1    0.73 ms  0.04 ms\n"
        "add     ovs-port  tap1    6.42 ms  0.12 ms\n");
    assert_string_equal(run->err, "");
    run = vifctl(*state, 0, "plug p1 --queues 8");
    assert_contains(run->out, "nothing: everything was in place");
}

static void
test_plug_in_json_and_kv(void **state)
{
    json_t *json = vifctl_json(*state, 0, "plug p1 --format json");

    assert_at(json, "port_id", "\"p1\"");
    assert_at(json, "vif_details.port_filter", "true");
    assert_at(json, "changed", "true");
    json_decref(json);

    const struct run *run = vifctl(*state, 0, "plug p1 -f kv");
    assert_contains(run->out, "port_id=p1\n");
    assert_contains(run->out, "vif_details.bridge_name=br-int\n");
    assert_contains(run->out, "steps.1.kind=ovs-port\n");
    assert_contains(run->out, "libvirt_xml=<interface type='ethernet'>\\n");
    assert_contains(run->out, "changed=false\n");
}

static void
test_plug_sends_every_option(void **state)
{
    vifctl(*state, 0,
           "plug p1 --bridge br --mac fa:16:3e:00:00:09 --mtu 9000 "
           "--queues 2 --vcpus 3 --vnic-type normal --plugin ovs "
           "--physical-network ph --datapath-type netdev --interface-id if "
           "--external-id a=1 --external-id b=x=y --instance i "
           "--instance-name n --project pr --network ne --model virtio "
           "--device tap9 --no-create-device --owner root:0 --prepare "
           "--profile list=[1] --profile word=0000:03:00.1 --hint h=true "
           "--wait committed --timeout 20");
    json_t *json = vifctl_json(*state, 0, "show p1 -j");
    json_t *binding = json_object_get(json, "binding");
    json_t *wanted = json_pack(
        "{s:s, s:s, s:s, s:i, s:i, s:i, s:s, s:s, s:s, s:s, s:s,"
        " s:{s:s, s:s}, s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:{s:i, s:i},"
        " s:b, s:{s:[i], s:s}, s:{s:b}}",
        "port_id", "p1", "bridge", "br", "mac_address", "fa:16:3e:00:00:09",
        "mtu", 9000, "queues", 2, "vcpus", 3, "vnic_type", "normal",
        "plugin", "ovs", "physical_network", "ph", "datapath_type", "netdev",
        "interface_id", "if", "external_ids", "a", "1", "b", "x=y",
        "instance_id", "i", "instance_name", "n", "project_id", "pr",
        "network_id", "ne", "model", "virtio", "device_name", "tap9",
        "create_device", 0, "device_owner", "uid", 0, "gid", 0,
        "prepare", 1, "profile", "list", 1, "word", "0000:03:00.1",
        "hints", "h", 1);

    assert_non_null(wanted);
    if (!json_equal(binding, wanted)) {
        char *text = json_dumps(binding, 0);
        fail_msg("%s", text);
    }
    json_decref(wanted);
    json_decref(json);

    const struct run *run
        = vifctl(*state, 0, "plug p2 --owner :12 --no-create-device");
    assert_lacks(run->out, "OpenFlow port");
    json = vifctl_json(*state, 0, "show p2 -j");
    assert_at(json, "binding.device_owner", "{\"gid\":12}");
    assert_at(json, "state", "\"waiting-for-device\"");
    json_decref(json);

    run = vifctl(*state, 2, "plug p --owner no-such-user");
    assert_contains(run->err, "there is no user 'no-such-user'");
    run = vifctl(*state, 2, "plug p --owner 0:no-such-group");
    assert_contains(run->err, "there is no group 'no-such-group'");
    run = vifctl(*state, 2, "plug p --owner 4294967295");
    assert_contains(run->err, "there is no user '4294967295'");
}

static void
test_plug_xml_alone(void **state)
{
    static const char xml[] = "<interface type='ethernet'>\n"
                              "  <target dev='tap1'/>\n</interface>\n";

    assert_string_equal(vifctl(*state, 0, "plug p1 --xml")->out, xml);
    assert_string_equal(vifctl(*state, 0, "show p1 --xml")->out, xml);
}

static void
run_with_file(struct simulated *simulated, struct run *run, int status,
              const char *words, const char *text)
{
    char all[256];

    snprintf(all, sizeof all, "%s --file %s", words,
             simulated_file(simulated, "input", text));
    run_vifctl(run, simulated, all);
    assert_status(run, status);
}

static void
test_plug_many_from_a_file(void **state)
{
    struct run run;

    run_with_file(*state, &run, 1, "plug --bridge br-x",
                  "{\"port_id\":\"a\"}\n{\"port_id\":\"failed-b\"}\n"
                  "{\"port_id\":\"c\",\"bridge\":\"br-y\"}\n");
    assert_string_equal(run.out,
                        "PORT      STATE   DEVICE  OFPORT  TOOK\n"
                        "a         active  tapa         7  7.31 ms\n"
                        "failed-b  failed  -            -  -\n"
                        "c         active  tapc         7  7.31 ms\n");
    assert_contains(run.err,
                    "vifctl: plug failed-b: set MTU of tap1: kernel: "
                    "Invalid argument\n"
                    "  in full:    mtu greater than device maximum\n"
                    "  look at:    params.binding.mtu\n"
                    "  outcome:    the host is as it was before "
                    "(failed-clean)\n"
                    "  try again:  not before what is in the way has gone\n");
    assert_contains(run.err, "vifctl: plugged 2 of 3 ports in ");
    assert_contains(run.err, "; 1 failed\n");
    assert_lacks(run.err, "\033");
    run_destroy(&run);

    /* Options are laid over each binding. */
    json_t *json = vifctl_json(*state, 0, "show c -j");
    assert_at(json, "binding.bridge", "\"br-x\"");
    json_decref(json);
}

static void
test_plug_many_for_programs(void **state)
{
    struct run run;

    run_with_file(*state, &run, 1, "plug -j",
                  "[{\"port_id\":\"a\"},{\"port_id\":\"failed-b\"}]");
    json_t *json = json_loads(run.out, 0, NULL);
    assert_at(json, "ports.0.port_id", "\"a\"");
    assert_at(json, "ports.0.state", "\"active\"");
    assert_at(json, "ports.1.port_id", "\"failed-b\"");
    assert_at(json, "ports.1.error.data.errno", "\"EINVAL\"");
    assert_contains(run.err, "plug failed-b");
    assert_lacks(run.err, "plugged 1");
    json_decref(json);
    run_destroy(&run);

    /* A list is answered by a list, one binding by itself. */
    run_with_file(*state, &run, 0, "plug -j", "[{\"port_id\":\"a\"}]");
    json = json_loads(run.out, 0, NULL);
    assert_at(json, "ports.0.port_id", "\"a\"");
    json_decref(json);
    run_destroy(&run);
    run_with_file(*state, &run, 0, "plug -j", "{\"port_id\":\"a\"}");
    json = json_loads(run.out, 0, NULL);
    assert_at(json, "port_id", "\"a\"");
    json_decref(json);
    run_destroy(&run);
}

static void
test_plug_from_standard_input(void **state)
{
    const struct run_options options = {
        .input = "{\"port_id\":\"a\"} {\"port_id\":\"b\"}",
    };
    struct run run;

    run_vifctl_with(&run, *state, &options, "plug -F - -f kv");
    assert_status(&run, 0);
    assert_contains(run.out, "ports.0.port_id=a\n");
    assert_contains(run.out, "ports.1.port_id=b\n");
    run_destroy(&run);
}

static void
test_plug_all_or_none(void **state)
{
    struct run run;

    run_with_file(*state, &run, 0, "plug --atomic -j",
                  "[{\"port_id\":\"a\"},{\"port_id\":\"b\"}]");
    json_t *json = json_loads(run.out, 0, NULL);
    assert_at(json, "ports.1.port_id", "\"b\"");
    json_decref(json);
    run_destroy(&run);

    run_with_file(*state, &run, 0, "plug --atomic",
                  "[{\"port_id\":\"a\"},{\"port_id\":\"b\"}]");
    assert_contains(run.out, "tapa\n");
    assert_contains(run.out, "tapb\n");
    run_destroy(&run);

    run_with_file(*state, &run, 1, "plug --atomic",
                  "[{\"port_id\":\"failed-a\"},{\"port_id\":\"b\"}]");
    assert_contains(run.err, "vifctl: plug all or none: set MTU");
    assert_contains(run.err, "  port:       failed-a: this is the culprit\n");
    assert_string_equal(run.out, "");
    run_destroy(&run);

    run_with_file(*state, &run, 1, "plug --atomic -j",
                  "[{\"port_id\":\"failed-a\"},{\"port_id\":\"b\"}]");
    json = json_loads(run.out, 0, NULL);
    assert_at(json, "error.data.ports.0.port_id", "\"failed-a\"");
    json_decref(json);
    run_destroy(&run);
}

static char *
thousand_bindings(void)
{
    size_t size;
    char *text;
    FILE *stream = open_memstream(&text, &size);

    for (int i = 0; i < 1000; i++) {
        fprintf(stream, "{\"port_id\":\"%08x-7b0e-4c38-8a4e-2f4d8e7e6a11\","
                "\"bridge\":\"br-int\",\"queues\":4}\n", i);
    }
    fclose(stream);
    return text;
}

static void
test_thousand_ports(void **state)
{
    char *text = thousand_bindings();
    struct run run;

    run_with_file(*state, &run, 0, "plug", text);
    assert_contains(run.out, "\n000003e7-7b0e-4c38-8a4e-2f4d8e7e6a11  active"
                             "  tap000003e7-7b0e-4c38-8a4e-2f4d8e7e6a11");
    assert_contains(run.err, "vifctl: plugged 1000 ports in ");
    run_destroy(&run);

    json_t *json = vifctl_json(*state, 0, "list -j");
    assert_int_equal(json_array_size(json_object_get(json, "ports")), 1000);
    json_decref(json);

    run_with_file(*state, &run, 0, "unplug -j", text);
    json = json_loads(run.out, 0, NULL);
    assert_int_equal(json_array_size(json_object_get(json, "ports")), 1000);
    assert_at(json, "ports.999.state", "\"gone\"");
    json_decref(json);
    run_destroy(&run);
    assert_contains(vifctl(*state, 0, "list")->err, "there are no ports");
    free(text);
}

static void
test_thirty_failures_are_not_all_told(void **state)
{
    char text[2000] = "";
    struct run run;

    for (int i = 0; i < 30; i++) {
        sprintf(text + strlen(text), "{\"port_id\":\"failed-%d\"}\n", i);
    }
    run_with_file(*state, &run, 1, "plug", text);
    assert_contains(run.err, "plug failed-19: ");
    assert_lacks(run.err, "plug failed-20: ");
    assert_contains(run.err, "and 10 more failed; --format json says of "
                             "each why");
    run_destroy(&run);
}

static void
test_unplug(void **state)
{
    vifctl(*state, 0, "plug p1");
    const struct run *run = vifctl(*state, 0, "unplug p1");
    assert_string_equal(run->out,
                        "  port   p1\n"
                        "  state  gone\n"
                        "  took   1.23 s\n");
    run = vifctl(*state, 0, "unplug p1");
    assert_lacks(run->out, "changed");
    assert_contains(run->err, "vifctl: warning: it was not plugged\n");

    vifctl(*state, 0, "plug p1");
    vifctl(*state, 0, "plug p2");
    run = vifctl(*state, 0, "unplug p1 p3 --timeout 20");
    assert_contains(run->out, "PORT  STATE  TOOK\n");
    assert_contains(run->out, "p3    gone   1.23 s\n");
    assert_contains(run->err, "p3: warning: it was not plugged");
    assert_contains(run->err, "unplugged 2 ports");

    run = vifctl(*state, 0, "unplug p3 p4 p5");
    assert_contains(run->err, "p3 and 2 more: warning: it was not plugged");
    run = vifctl(*state, 0, "unplug --all --yes -f kv");
    assert_contains(run->out, "ports.0.port_id=p2\n");
    run = vifctl(*state, 0, "unplug --all --yes");
    assert_contains(run->err, "unplugged 0 ports");

    run = vifctl(*state, 1, "unplug undoing-1");
    assert_contains(run->err, "  try again:  yes, in 2.00 s\n");
    assert_contains(run->err, "(failed-undoing)");
}

static void
test_unplug_takes_words(void **state)
{
    struct run run;

    vifctl(*state, 0, "plug p1");
    run_with_file(*state, &run, 0, "unplug -j", "# all of them\np1 p2\n");
    json_t *json = json_loads(run.out, 0, NULL);
    assert_at(json, "ports.0.changed", "true");
    assert_at(json, "ports.1.changed", "false");
    json_decref(json);
    run_destroy(&run);

    run_with_file(*state, &run, 2, "unplug", "[{\"name\":\"p1\"}]");
    assert_contains(run.err, "entry 1 has no id of a port");
    run_destroy(&run);
}

#define TEST(NAME) \
    cmocka_unit_test_setup_teardown(NAME, ports_start, ports_stop)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_plug_in_a_table),
        TEST(test_plug_in_json_and_kv),
        TEST(test_plug_sends_every_option),
        TEST(test_plug_xml_alone),
        TEST(test_plug_many_from_a_file),
        TEST(test_plug_many_for_programs),
        TEST(test_plug_from_standard_input),
        TEST(test_plug_all_or_none),
        TEST(test_thousand_ports),
        TEST(test_thirty_failures_are_not_all_told),
        TEST(test_unplug),
        TEST(test_unplug_takes_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
