/* SPDX-License-Identifier: Apache-2.0 */
/* vifctl and ports on devices: what is asked of a VF, a macvtap and NUMA
 * nodes, and how the answer reads. */

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

/* Fails unless "vifctl plug p1 WORDS" sends 'wanted', JSON with single quotes
 * for double ones, beside the id. */
static void
expect_sent(struct simulated *simulated, const char *words,
            const char *wanted)
{
    char line[512], text[512];

    snprintf(line, sizeof line, "plug p1 %s", words);
    vifctl(simulated, 0, line);
    snprintf(text, sizeof text, "{'port_id':'p1',%s}", wanted);
    for (char *p = text; *p; p++) {
        *p = *p == '\'' ? '"' : *p;
    }

    json_t *json = vifctl_json(simulated, 0, "show p1 -j");
    json_t *expected = json_loads(text, 0, NULL);
    assert_non_null(expected);
    if (!json_equal(json_object_get(json, "binding"), expected)) {
        fail_msg("%s: %s, not %s", words,
                 json_dumps(json_object_get(json, "binding"), 0), text);
    }
    json_decref(expected);
    json_decref(json);
}

static void
test_plug_sends_what_a_vf_shall_be(void **state)
{
    expect_sent(*state, "--vnic-type direct --vlan 100 --vlan-qos 3 "
                "--vlan-protocol 802.1ad --min-tx-rate 10 "
                "--max-tx-rate 4294967295 --spoofchk on --trust off "
                "--link-state disable --best-effort --driver vfio-pci",
                "'vnic_type':'direct','driver':'vfio-pci','vf':{'vlan':100,"
                "'vlan_qos':3,'vlan_protocol':'802.1ad','min_tx_rate':10,"
                "'max_tx_rate':4294967295,'spoofchk':true,'trust':false,"
                "'link_state':'disable','best_effort':true}");
    expect_sent(*state, "--vlan 0 --max-tx-rate 0",
                "'vf':{'vlan':0,'max_tx_rate':0}");
    expect_sent(*state, "--vnic-type macvtap --macvtap-mode vepa "
                "--macvtap-source macvtap0 --macvtap-vlan 7 "
                "--physical-interface eth1",
                "'vnic_type':'macvtap','macvtap':{'mode':'vepa',"
                "'source':'macvtap0','vlan':7,"
                "'physical_interface':'eth1'}");
    /* The values of a port profile are strings. */
    expect_sent(*state, "--port-profile type=802.1Qbg "
                "--port-profile managerid=8",
                "'port_profile':{'type':'802.1Qbg','managerid':'8'}");
    expect_sent(*state, "--numa-node 1 --numa-policy socket --numa-node 0",
                "'numa':{'nodes':[1,0],'policy':'socket'}");
}

/* Options replace what the file has, one by one. */
static void
test_options_are_laid_over_a_file(void **state)
{
    char line[512];

    snprintf(line, sizeof line,
             "plug --vlan 7 --numa-node 3 --numa-node 2 --file %s",
             simulated_file(*state, "input", "{\"port_id\":\"p1\",\"vf\":"
                            "{\"vlan\":5,\"trust\":true},\"numa\":"
                            "{\"nodes\":[0],\"policy\":\"required\"}}"));
    vifctl(*state, 0, line);

    json_t *json = vifctl_json(*state, 0, "show p1 -j");
    assert_at(json, "binding.vf", "{\"vlan\":7,\"trust\":true}");
    assert_at(json, "binding.numa",
              "{\"nodes\":[3,2],\"policy\":\"required\"}");
    json_decref(json);
}

static void
test_tables_show_the_device(void **state)
{
    static const char *const lines[] = {
        "device         pci/0000:03:10.2\n",
        "PCI address    0000:03:10.2\n",
        "libvirt binds  yes\n",
        "PF             pci/0000:03:00.0\n",
        "VF number      0\n",
        "NUMA node      0\n",
    };
    const struct run *run = vifctl(*state, 0, "plug p1 --vlan 100");

    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        assert_contains(run->out, lines[i]);
    }
    assert_lacks(run->out, "OpenFlow port");
    run = vifctl(*state, 0, "show p1");
    assert_contains(run->out, "VF number      0\n");
    assert_contains(run->out, "VF attributes  vlan=100\n");

    /* A row has room for one name. */
    run = vifctl(*state, 0, "unplug p1 p2");
    char line[256];
    snprintf(line, sizeof line, "plug --file %s",
             simulated_file(*state, "input",
                            "{\"port_id\":\"p1\",\"vf\":{}}\n"
                            "{\"port_id\":\"p2\"}\n"));
    run = vifctl(*state, 0, line);
    assert_contains(run->out, "  pci/0000:03:10.2  ");
    assert_contains(run->out, "  tapp2  ");
    assert_lacks(run->out, "pci_slot");
}

#define PORTS(NAME) \
    cmocka_unit_test_setup_teardown(NAME, ports_start, ports_stop)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        PORTS(test_plug_sends_what_a_vf_shall_be),
        PORTS(test_options_are_laid_over_a_file),
        PORTS(test_tables_show_the_device),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
