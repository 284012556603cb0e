/* SPDX-License-Identifier: Apache-2.0 */
/* The answer to "inventory": what is in it, and what is hidden from whom. */

#include <config.h>

#include "report/inventory.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/config.h"
#include "binding/json-array.h"
#include "inventory/pools.h"
#include "lib/cleanup.h"
#include "openvswitch/json.h"
#include "tests/unit/some-nics.h"
#include "util.h"

#define PF "pci/0000:03:00.0"
#define VF0 "pci/0000:03:01.0"

/* Somebody may call both methods for 'network' ("": for all; NULL: for ports
 * on none), and "show" only if 'show'. */
struct somebody {
    const char *network;
    bool show;
};

static bool
may(void *somebody_, const char *method, const char *const *networkp)
{
    const struct somebody *somebody = somebody_;

    if (!strcmp(method, "show") && !somebody->show) {
        return false;
    } else if (somebody->network && !*somebody->network) {
        return true;
    }
    return networkp && nullable_string_is_equal(*networkp,
                                                somebody->network);
}

/* One PF on physnet1 with two VFs, one of which "p" holds; one on none; one
 * that nothing is said about. */
static struct json *
answer(struct somebody somebody)
{
    static const char text[] =
        "device_spec:\n"
        "- {address: '0000:03:00.0', physical_network: physnet1, "
        "trusted: true}\n"
        "- {address: '0000:04:00.0', physical_network: null}\n";
    CLEANUP_INVENTORY struct inventory inventory = INVENTORY_INIT;
    CLEANUP_DEVICE_CLAIMS struct device_claims claims = { NULL, 0, 0 };
    struct config *config;

    some_nics_add(&inventory, "0000:03:00.0", 2, 8);
    some_nics_add(&inventory, "0000:04:00.0", 0, 0);
    some_nics_add(&inventory, "0000:05:00.0", 0, 0);
    struct device *pf = some_nics_get(&inventory, PF);
    pf->netdev.ifindex = 7;
    strcpy(pf->netdev.name, "eno1");
    strcpy(pf->driver, "i40e");
    strcpy(pf->serial, "S1");
    pf->in_devlink = true;
    pf->eswitch = DEVICE_ESWITCH_SWITCHDEV;
    pf->capabilities = 1u << DEVICE_TSO | 1u << DEVICE_RDMA;
    some_nics_get(&inventory, "pci/0000:05:00.0")->serial_errnum = EACCES;
    device_claims_add(&claims, VF0, "p");
    assert_null(config_parse(text, strlen(text), "f.yaml", &config));

    struct json *result = inventory_to_json(&(struct device_host) {
        .inventory = &inventory,
        .specs = &config->device_spec,
        .claims = &claims,
    }, may, &somebody);
    config_destroy(config);
    return result;
}

static void
assert_json(const struct json *json, const char *expected)
{
    CLEANUP_FREE char *text = json_to_string(json, JSSF_SORT);
    CLEANUP_FREE char *quoted = xstrdup(expected);

    for (char *s = quoted; *s; s++) {
        *s = *s == '\'' ? '"' : *s;
    }
    assert_string_equal(text, quoted);
}

static const struct json *
at(const struct json *result, const char *list, size_t i)
{
    const struct json *array = shash_find_data(json_object(result), list);

    assert_true(i < json_array_size(array));
    return json_array_at(array, i);
}

static size_t
count(const struct json *result, const char *list)
{
    return json_array_size(shash_find_data(json_object(result), list));
}

static void
test_all(void **state OVS_UNUSED)
{
    struct json *result = answer((struct somebody) { "", true });

    assert_int_equal(count(result, "devices"), 5);
    assert_json(at(result, "devices", 0),
                "{'capabilities':['tso','rdma','switchdev'],"
                "'card_serial_number':'S1','device':'" PF "',"
                "'device_spec_line':2,'devlink':'" PF "','driver':'i40e',"
                "'eswitch':'switchdev',"
                "'managed':true,'max_vfs':8,"
                "'netdev':{'ifindex':7,'name':'eno1'},'numa_node':0,"
                "'physical_network':'physnet1','port_id':'p',"
                "'product_id':'1572','remote_managed':false,"
                "'state':'excluded','trusted':true,'type':'type-PF',"
                "'usable':true,'vendor_id':'8086','vfs':2}");
    assert_json(at(result, "devices", 1),
                "{'capabilities':['switchdev'],'device':'" VF0 "',"
                "'device_spec_line':2,'managed':true,'numa_node':0,"
                "'pf':'" PF "','physical_network':'physnet1','port_id':'p',"
                "'product_id':'154c','remote_managed':false,'state':'held',"
                "'trusted':true,'type':'type-VF','usable':true,"
                "'vendor_id':'8086','vf_number':0}");
    assert_json(at(result, "devices", 4),
                "{'card_serial_number_error':'Permission denied',"
                "'device':'pci/0000:05:00.0',"
                "'numa_node':0,"
                "'product_id':'1572','state':'free','type':'type-PCI',"
                "'usable':false,'vendor_id':'8086'}");
    assert_int_equal(count(result, "pools"), 3);
    assert_json(at(result, "pools", 0),
                "{'devices':1,'drained':0,'excluded':0,'free':1,'held':0,"
                "'leaving':0,'managed':true,'numa_node':0,"
                "'pf':'pci/0000:04:00.0',"
                "'physical_network':null,'product_id':'1572',"
                "'remote_managed':false,'type':'type-PCI',"
                "'vendor_id':'8086'}");
    json_destroy(result);
}

/* A VF without an address of its own is devlink's by that of its PF. */
static void
test_devlink_of_netdevsim(void **state OVS_UNUSED)
{
    CLEANUP_INVENTORY struct inventory inventory = INVENTORY_INIT;
    CLEANUP_DEVICE_CLAIMS struct device_claims claims = { NULL, 0, 0 };
    const struct device_specs specs = { NULL, 0 };
    struct somebody all = { "", true };
    struct device device;

    device_init(&device);
    device.type = DEVICE_PF;
    strcpy(device.name, "netdevsim/netdevsim1");
    device.in_devlink = true;
    device.eswitch = DEVICE_ESWITCH_LEGACY;
    inventory_put(&inventory, &device);
    device_init(&device);
    device.type = DEVICE_VF;
    strcpy(device.name, "netdevsim/netdevsim1/0");
    strcpy(device.parent, "netdevsim/netdevsim1");
    device.vf_number = 0;
    inventory_put(&inventory, &device);

    struct json *result = inventory_to_json(&(struct device_host) {
        .inventory = &inventory, .specs = &specs, .claims = &claims,
    }, may, &all);
    assert_json(at(result, "devices", 0),
                "{'device':'netdevsim/netdevsim1',"
                "'devlink':'netdevsim/netdevsim1','eswitch':'legacy',"
                "'state':'free','type':'type-PF','usable':false,'vfs':0}");
    assert_json(at(result, "devices", 1),
                "{'device':'netdevsim/netdevsim1/0',"
                "'devlink':'netdevsim/netdevsim1',"
                "'pf':'netdevsim/netdevsim1','state':'free',"
                "'type':'type-VF','usable':false,'vf_number':0}");
    json_destroy(result);
}

static void
test_one_network(void **state OVS_UNUSED)
{
    struct json *result = answer((struct somebody) { "physnet1", false });

    assert_int_equal(count(result, "devices"), 3);
    assert_int_equal(count(result, "pools"), 2);
    /* That it is held, but not by whom. */
    assert_null(shash_find_data(json_object(at(result, "devices", 1)),
                                "port_id"));
    json_destroy(result);
}

static void
test_no_network(void **state OVS_UNUSED)
{
    struct json *result = answer((struct somebody) { NULL, true });

    assert_int_equal(count(result, "devices"), 1);
    assert_int_equal(count(result, "pools"), 1);
    json_destroy(result);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all),
        cmocka_unit_test(test_devlink_of_netdevsim),
        cmocka_unit_test(test_one_network),
        cmocka_unit_test(test_no_network),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
