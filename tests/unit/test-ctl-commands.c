/* SPDX-License-Identifier: Apache-2.0 */
/* The commands of vifctl that look, and those for ports that are there, in
 * every format, against a SIMULATED vifd: given these ports, when that is
 * asked, then this is what the operator reads. */

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
test_plan(void **state)
{
    const struct run *run = vifctl(*state, 0, "plan p1 --steps");

    assert_string_equal(
        run->out,
        "  port        p1\n"
        "  plugin      ovs\n"
        "  MTU         1450\n"
        "  vif type    ovs\n"
        "  claims      tap:tap1\n"
        "  takes back  tap tap0\n"
        "\n"
        "NO  ACTION  STEP      OBJECT  AFTER  SHARED\n"
        " 1  add     tap       tap1        -  no\n"
        " 2  alter   ovs-port  tap1        1  no\n"
        "\n"
        "1 tap tap1\n"
        "  mtu  1450\n"
        "\n"
        "2 ovs-port tap1\n"
        "  bridge     br-int\n"
        "  and later  ifindex from 1\n");
    assert_string_equal(run->err, "vifctl: warning: this is a plan\n");

    json_t *json = vifctl_json(*state, 0, "plan p1 -j");
    assert_at(json, "steps.1.late.ifindex.step", "0");
    json_decref(json);
    assert_contains(vifctl(*state, 0, "plan p1 -f kv")->out,
                    "steps.1.after.0=0\n");

    run = vifctl(*state, 1, "plan refused-1");
    assert_string_equal(run->err,
                        "vifctl: plan refused-1: tap1 belongs to somebody "
                        "else\n"
                        "  look at:    params.binding.device_name\n");
}

static void
test_list(void **state)
{
    const struct run *run = vifctl(*state, 0, "list");
    assert_string_equal(run->out, "");
    assert_string_equal(run->err, "vifctl: there are no ports\n");

    vifctl(*state, 0, "plug 7f1c3a52-7b0e-4c38-8a4e-2f4d8e7e6a11 --prepare "
           "--bridge br-int --instance i1 --instance-name vm-1");
    vifctl(*state, 0, "plug p2 --instance i2");
    run = vifctl(*state, 0, "list");
    assert_contains(run->out, "PORT                                  STATE ");
    assert_contains(run->out,
                    "7f1c3a52-7b0e-4c38-8a4e-2f4d8e7e6a11  prepared  ");
    assert_contains(run->out, " d ");
    assert_contains(run->out,
                    "normal  ovs     br-int  tap1         7  vm-1\n");
    assert_contains(run->out, "normal  ovs     -       tap1         7  i2\n");

    json_t *json = vifctl_json(*state, 0, "list --state active -j");
    assert_at(json, "ports.0.port_id", "\"p2\"");
    assert_at(json, "ports.0.instance_id", "\"i2\"");
    assert_int_equal(json_array_size(json_object_get(json, "ports")), 1);
    json_decref(json);
    run = vifctl(*state, 0, "list --state drifted");
    assert_string_equal(run->err, "vifctl: there are no such ports\n");
    assert_contains(vifctl(*state, 0, "list -f kv")->out,
                    "ports.1.since=2024-05-01T12:00:00.250Z\n");
}

static void
test_show(void **state)
{
    vifctl(*state, 0, "plug p1 --instance abc");
    const struct run *run = vifctl(*state, 0, "show p1 --steps");
    assert_contains(run->out, "  since          2024-05-01T12:00:00.250Z, "
                              "for ");
    assert_contains(run->out, "  instance       abc\n");
    assert_contains(run->out, "STEP  OBJECT  PHASE  SHARED\n"
                              "tap   tap1    done   no\n");
    assert_contains(run->out, "tap tap1\n"
                              "  told mtu       1450\n"
                              "  told up        true\n"
                              "  found existed  false\n"
                              "  made ifindex   12\n");
    assert_contains(run->out, "libvirt\n<interface type='ethernet'>\n");
    assert_lacks(vifctl(*state, 0, "show p1")->out, "told");

    json_t *json = vifctl_json(*state, 0, "show p1 -j");
    assert_at(json, "steps.0.output.ifindex", "\"12\"");
    json_decref(json);
    assert_contains(vifctl(*state, 0, "show p1 -f kv")->out,
                    "\nbinding.instance_id=abc\n");

    /* Several, of which one is not there. */
    vifctl(*state, 0, "plug p2");
    run = vifctl(*state, 1, "show p1 p2 p3");
    assert_contains(run->out, "  port           p1\n");
    assert_contains(run->out, "  port           p2\n");
    assert_string_equal(run->err,
                        "vifctl: show p3: there is no port \"p3\"\n"
                        "  look at:    params.port_id\n");
    json = vifctl_json(*state, 1, "show p1 p3 -j");
    assert_at(json, "ports.0.port_id", "\"p1\"");
    assert_at(json, "ports.1.error.code", "-32005");
    json_decref(json);
}

static void
test_check_and_repair(void **state)
{
    vifctl(*state, 0, "plug p1");
    const struct run *run = vifctl(*state, 0, "check");
    assert_string_equal(run->out, "PORT  AS ASKED  STATE   TROUBLE\n"
                                  "p1    yes       active  -\n");
    assert_string_equal(run->err, "vifctl: 1 of 1 ports are as asked\n");

    vifctl(*state, 0, "plug drifted-2");
    run = vifctl(*state, 1, "check");
    assert_contains(run->out, "drifted-2  no        drifted  tap1 has MTU "
                              "9000, not 1450\n");
    assert_string_equal(run->err, "vifctl: 1 of 2 ports are as asked\n");
    json_t *json = vifctl_json(*state, 1, "check drifted-2 -j");
    assert_at(json, "ports.0.ok", "false");
    json_decref(json);
    assert_contains(vifctl(*state, 1, "check p1 drifted-2 -f kv")->out,
                    "ports.1.ok=false\n");
    run = vifctl(*state, 1, "check p1 nobody");
    assert_contains(run->err, "check nobody: there is no port \"nobody\"");
    assert_contains(run->out, "p1 ");

    run = vifctl(*state, 0, "repair drifted-2 --timeout 20");
    assert_contains(run->out, "drifted-2  yes       active  -\n");
    json = vifctl_json(*state, 0, "repair -j");
    assert_at(json, "ports.1.changed", "true");
    json_decref(json);
}

static void
test_gc(void **state)
{
    const struct run *run = vifctl(*state, 0, "gc --dry-run");

    assert_string_equal(run->out,
                        "KIND      OBJECT  PORT  BRIDGE  IFINDEX\n"
                        "ovs-port  tap1    p1    br-int        -\n"
                        "tap       tap2    p2    -             7\n");
    assert_string_equal(run->err, "vifctl: 2 belong to no port\n");

    run = vifctl(*state, 1, "gc");
    assert_contains(run->out, "p1    br-int        -  yes");
    assert_contains(run->out, "p2    -             7  no          it stays");
    assert_string_equal(run->err, "vifctl: 1 of 2 were taken back\n");
    json_t *json = vifctl_json(*state, 1, "gc -j");
    assert_at(json, "orphans.0.collected", "true");
    assert_at(json, "orphans.1.error.message", "\"it stays\"");
    json_decref(json);

    run = vifctl(*state, 0, "gc -n --interval 0.001");
    assert_contains(run->err, "nothing of vifd's is without a port");
    run = vifctl(*state, 1, "gc --interval 61");
    assert_contains(run->err, "interval_ms");
    vifctl(*state, 2, "gc --interval soon");
    vifctl(*state, 2, "gc p1");
}

static void
test_repair_of_the_journal(void **state)
{
    const struct run *run = vifctl(*state, 1, "repair --journal");

    assert_string_equal(run->out,
                        "OBJECT  PORT  WHY IT IS NOT KNOWN AGAIN\n"
                        "tap3    p3    no row\n");
    assert_contains(run->err, "kept as /j/journal.db.broken-1\n");
    assert_contains(run->err, "3 ports were known, 2 are known again, 1 "
                              "things are not\n");

    json_t *json = vifctl_json(*state, 1, "repair --journal --key new -j");
    assert_at(json, "key", "\"new\"");
    json_decref(json);
    run = vifctl(*state, 1, "repair --journal --key bad");
    assert_contains(run->err, "make the journal anew: the key \"bad\" is");
    vifctl(*state, 2, "repair --journal p1");
    vifctl(*state, 2, "repair --key new");
}

static void
test_activate_and_abort(void **state)
{
    vifctl(*state, 0, "plug p1 --prepare");
    assert_contains(vifctl(*state, 0, "activate p1")->out,
                    "  state          active\n");
    assert_contains(vifctl(*state, 0, "activate p1 -f kv")->out,
                    "state=active\n");
    json_t *json = vifctl_json(*state, 0, "activate p1 -j");
    assert_at(json, "state", "\"active\"");
    json_decref(json);
    assert_contains(vifctl(*state, 1, "activate p2")->err,
                    "activate p2: there is no port \"p2\"");

    assert_contains(vifctl(*state, 0, "abort p1")->out, "  state  gone\n");
    assert_contains(vifctl(*state, 0, "abort p1 p2")->err,
                    "took back 2 ports");
    json = vifctl_json(*state, 0, "abort p1 -j");
    assert_at(json, "outcome", "\"done\"");
    json_decref(json);
}

static void
test_inventory(void **state)
{
    assert_string_equal(
        vifctl(*state, 0, "inventory")->out,
        "DEVICE              TYPE      VF  IDS        NETDEV  DRIVER  NUMA  "
        "NETWORK   STATE     PORT\n"
        "pci/0000:03:00.0    type-PF    -  8086:1572  eno1    i40e       0  "
        "physnet1  excluded  -\n"
        "  pci/0000:03:03.1  type-VF    1  -          -       -          -  "
        "physnet1  held      p1\n"
        "  pci/0000:03:02.2  type-VF   10  -          -       -          -  "
        "(null)    free      -\n"
        "pci/0000:04:00.0    type-PCI   -  15b3:101d  -       -          -  "
        "-         -         -\n");
    assert_contains(vifctl(*state, 0, "inventory --pools")->out,
                    "physnet1  type-VF  pci/0000:03:00.0");
    const char *can = vifctl(*state, 0, "inventory --capabilities")->out;
    assert_contains(can, "DEVICE              TYPE      NETDEV  "
                    "DEVLINK           ESWITCH    CAPABILITIES\n");
    assert_contains(can, "pci/0000:03:00.0    type-PF   eno1    "
                    "pci/0000:03:00.0  switchdev  tso,switchdev\n");
    json_t *json = vifctl_json(*state, 0, "inventory -j");
    assert_at(json, "devices.1.vf_number", "10");
    json_decref(json);
}

static void
test_fit(void **state)
{
    assert_string_equal(vifctl(*state, 0, "fit p1 --vnic-type direct")->out,
                        "PORT  DEVICE\np1    pci/0000:03:01.0\n");
    const struct run *run = vifctl(*state, 1, "fit p1 --numa-node 1 "
                                   "--numa-policy required");
    assert_string_equal(run->out,
                        "p1\n"
                        "ASKS                          LEFT\n"
                        "device_spec                      8\n"
                        "NUMA policy required, node 1     0\n");
    assert_contains(run->err, "no device fits");
    json_t *json = vifctl_json(*state, 0, "fit p1 -j");
    assert_at(json, "ports.0.device", "\"pci/0000:03:01.0\"");
    json_decref(json);
    vifctl(*state, 2, "fit p1 --numa-node 64");
    vifctl(*state, 2, "fit p1 --file -");

    /* A port that does not exist yet. */
    assert_string_equal(vifctl(*state, 0, "fit --vnic-type direct")->out,
                        "PORT      DEVICE\nnew-port  pci/0000:03:01.0\n");
    char line[128];
    snprintf(line, sizeof line, "fit --file %s",
             simulated_file(*state, "input", "{\"port_id\":\"p2\"}"));
    assert_string_equal(vifctl(*state, 0, line)->out,
                        "PORT  DEVICE\np2    pci/0000:03:01.0\n");
}

static void
test_drain(void **state)
{
    const struct run *run = vifctl(*state, 0, "drain eno1");

    assert_string_equal(run->out,
                        "PORT  DEVICE            STATE   INSTANCE\n"
                        "p1    pci/0000:03:03.1  active  vm-1\n");
    assert_contains(run->err, "no port is given pci/0000:03:00.0 or a VF of "
                    "it any more; still there: 1");
    assert_contains(vifctl(*state, 0, "undrain eno1")->err,
                    "ports may have pci/0000:03:00.0 and its VFs");
    json_t *json = vifctl_json(*state, 0, "drain eno1 -j");
    assert_at(json, "ports.0.port_id", "\"p1\"");
    json_decref(json);
    assert_contains(vifctl(*state, 1, "drain eno9")->err, "no device");
    vifctl(*state, 2, "drain");
    vifctl(*state, 2, "undrain eno1 eno2");
}

static void
test_capabilities(void **state)
{
    const struct run *run = vifctl(*state, 0, "capabilities");

    assert_string_equal(
        run->out,
        "VNIC TYPE  WORKS  PLUGINS  MISSING\n"
        "normal     yes    ovs      -\n"
        "direct     no     -        no plugin for it is loaded\n"
        "\n"
        "DRAINED PF\n"
        "pci/0000:03:00.0\n"
        "\n"
        "Plugins\n"
        "NAME  SUMMARY               LOADED  MISSING  REFUSED  FILE\n"
        "ovs   taps on Open vSwitch  yes     -        -        -\n"
        "\n"
        "Steps\n"
        "KIND  SUMMARY\n"
        "tap   a tap device\n"
        "\n"
        "Open vSwitch\n"
        "  version         3.1.0\n"
        "  health          ok\n"
        "  datapath types  netdev, system\n"
        "\n"
        "Kernel\n"
        "  release  6.1.0\n"
        "  tun      yes\n"
        "\n"
        "Limits\n"
        "  ports  4096\n");
    json_t *json = vifctl_json(*state, 0, "capabilities -j");
    assert_at(json, "vnic_types.direct.available", "false");
    json_decref(json);
    assert_contains(vifctl(*state, 0, "capabilities -f kv")->out,
                    "vnic_types.normal.plugins.0=ovs\n");
}

static void
test_reload(void **state)
{
    const struct run *run = vifctl(*state, 0, "reload");

    assert_string_equal(run->err,
                        "vifctl: vifd has read its configuration again\n"
                        "vifctl: but not until it is started again: "
                        "socket\n");
    assert_string_equal(vifctl(*state, 0, "reload -j")->out,
                        "{\"reloaded\":true,\"restart_needed\":"
                        "[\"socket\"]}\n");
    assert_string_equal(vifctl(*state, 0, "reload -f kv")->out,
                        "reloaded=true\nrestart_needed.0=socket\n");
}

static void
test_version(void **state)
{
    const struct simulated *simulated = *state;
    char wanted[300];

    snprintf(wanted, sizeof wanted,
             "  vifctl    %s\n"
             "  vifd      0.0.simulated\n"
             "  protocol  1\n"
             "  socket    %s\n", PACKAGE_VERSION, simulated->socket);
    assert_string_equal(vifctl(*state, 0, "version")->out, wanted);
    json_t *json = vifctl_json(*state, 0, "version -j");
    assert_at(json, "release", "\"0.0.simulated\"");
    json_decref(json);
    assert_contains(vifctl(*state, 0, "version -f kv")->out, "version=1\n");
    snprintf(wanted, sizeof wanted, "vifctl %s\n", PACKAGE_VERSION);
    assert_string_equal(vifctl(*state, 0, "--version")->out, wanted);
}

static void
test_watch(void **state)
{
    vifctl(*state, 0, "plug p1");
    vifctl(*state, 0, "plug p2");
    const struct run *run = vifctl(*state, 0,
                                   "watch --replay --count 2 --timeout 20");
    assert_string_equal(
        run->out,
        "TIME                         PORT                                "
        "  EVENT      FROM        TO          WHY\n"
        "2024-05-01T12:00:00.250Z     p1                                  "
        "  state      active      active      -\n"
        "2024-05-01T12:00:00.250Z     p2                                  "
        "  state      active      active      -\n");

    run = vifctl(*state, 0, "watch --replay -n 2 -t 20 -j");
    const char *second = strchr(run->out, '\n') + 1;
    json_t *json = json_loads(second, 0, NULL);
    assert_at(json, "port_id", "\"p2\"");
    json_decref(json);

    run = vifctl(*state, 0, "watch --replay -n 1 -t 20 -f kv p2");
    assert_contains(run->out, "event=state\n");
    assert_contains(run->out, "port_id=p2\n");
    assert_lacks(run->out, "p1");

    run = vifctl(*state, 4, "watch -t 1");
    assert_string_equal(run->err, "vifctl: watch: the time is over, after 0 "
                                  "events\n");
}

static void
test_help(void **state)
{
    (void) state;
    struct run run;

    run_vifctl(&run, NULL, "help");
    assert_status(&run, 0);
    assert_contains(run.out, "\n  plug          Put a port in place");
    assert_lacks(run.out, "complete");
    run_destroy(&run);

    run_vifctl(&run, NULL, "help plug");
    assert_status(&run, 0);
    assert_contains(run.out, "usage: vifctl [OPTION]... plug [PORT]\n");
    assert_contains(run.out, "\n      --mtu BYTES ");
    assert_contains(run.out, "\nExamples:\n");
    run_destroy(&run);

    struct run same;
    run_vifctl(&run, NULL, "help show");
    run_vifctl(&same, NULL, "show --help");
    assert_string_equal(run.out, same.out);
    assert_status(&same, 0);
    run_destroy(&same);
    run_destroy(&run);

    run_vifctl(&run, NULL, "");
    assert_status(&run, 2);
    assert_contains(run.err, "usage: vifctl");
    assert_string_equal(run.out, "");
    run_destroy(&run);
}

#define TEST(NAME) \
    cmocka_unit_test_setup_teardown(NAME, ports_start, ports_stop)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_plan),
        TEST(test_list),
        TEST(test_show),
        TEST(test_check_and_repair),
        TEST(test_gc),
        TEST(test_repair_of_the_journal),
        TEST(test_activate_and_abort),
        TEST(test_inventory),
        TEST(test_fit),
        TEST(test_drain),
        TEST(test_capabilities),
        TEST(test_reload),
        TEST(test_version),
        TEST(test_watch),
        cmocka_unit_test(test_help),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
