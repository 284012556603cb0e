/* SPDX-License-Identifier: Apache-2.0 */
/* Which device a port gets, or why none: each filter, each NUMA policy. */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "inventory/fit.h"
#include "lib/cleanup.h"
#include "tests/unit/fit-asserts.h"
#include "tests/unit/some-nics.h"
#include "util.h"

#define PF1 "pci/0000:03:00.0"
#define PF1_VF0 "pci/0000:03:01.0"
#define PF1_VF1 "pci/0000:03:01.1"
#define PF2 "pci/0000:04:00.0"
#define PF2_VF0 "pci/0000:04:01.0"

static void
test_physical_network(void **state)
{
    struct some_host *host = *state;
    struct device_request r = some_host_request();

    assert_gets(host, &r, PF1_VF0);
    r.physical_network = "PhysNet1";        /* As Nova compares tags. */
    assert_gets(host, &r, PF1_VF0);
    r.physical_network = NULL;
    assert_gets(host, &r, PF2_VF0);
    r.physical_network = "physnet2";
    assert_refused(host, &r, VIF_ERR_NOT_FOUND,
                   "device_spec 8, physical_network physnet2 0");

    /* What is said to be on none is not what nothing is said of. */
    some_host_configure(host, "- {address: '*:03:*.*'}\n");
    r.physical_network = NULL;
    assert_refused(host, &r, VIF_ERR_NOT_FOUND,
                   "device_spec 4, physical_network null 0");
    some_host_configure(host, "");
    assert_refused(host, &r, VIF_ERR_NOT_FOUND, "device_spec 0");
}

static void
test_type(void **state)
{
    struct some_host *host = *state;
    struct device_request r = some_host_request();

    r.type = DEVICE_PF;
    assert_gets(host, &r, PF1);
    r.type = DEVICE_VDPA;
    assert_refused(host, &r, VIF_ERR_NOT_FOUND, "device_spec 8, "
                   "physical_network physnet1 4, type vdpa 0");

    /* The parent of a vDPA device is for those who ask for vDPA. */
    some_nics_get(&host->inventory, PF1_VF0)->type = DEVICE_VDPA;
    assert_gets(host, &r, PF1_VF0);
    r.type = DEVICE_VF;
    assert_gets(host, &r, PF1_VF1);

    /* A NIC without SR-IOV is for no port. */
    some_nics_add(&host->inventory, "0000:05:00.0", 0, 0);
    some_host_configure(
        host, "- {address: '05:00.0', physical_network: physnet1}\n");
    r.type = DEVICE_PF;
    assert_refused(host, &r, VIF_ERR_NOT_FOUND, "device_spec 1, "
                   "physical_network physnet1 1, type type-PF 0");
    r.type = DEVICE_PCI;
    struct fit_answer answer;
    CLEANUP_ERROR struct vif_error *error = device_fit(&host->view, &r, 1,
                                                       &answer);
    assert_string_equal(error->message, "port p: a port cannot have a device "
                        "of type type-PCI");
}

static void
test_vendor_and_product(void **state)
{
    struct some_host *host = *state;
    struct device_request r = some_host_request();

    r.vendor = 0x8086;
    r.product = 0x154c;
    assert_gets(host, &r, PF1_VF0);
    some_nics_get(&host->inventory, PF1_VF0)->product = 0x1889;
    assert_gets(host, &r, PF1_VF1);
    r.product = 0x1572;
    assert_refused(host, &r, VIF_ERR_NOT_FOUND, "device_spec 8, "
                   "physical_network physnet1 4, type type-VF 3, vendor_id "
                   "8086 3, product_id 1572 0");
    r.vendor = 0x15b3;
    assert_refused(host, &r, VIF_ERR_NOT_FOUND, "device_spec 8, "
                   "physical_network physnet1 4, type type-VF 3, vendor_id "
                   "15b3 0");
}

/* A request that does not ask gets any; one that does only what is said to be
 * so. */
static void
test_trusted(void **state)
{
    struct some_host *host = *state;
    struct device_request r = some_host_request();

    r.trusted = SPEC_YES;
    assert_refused(host, &r, VIF_ERR_NOT_FOUND, "device_spec 8, "
                   "physical_network physnet1 4, type type-VF 3, trusted "
                   "true 0");
    r.trusted = SPEC_NO;
    assert_refused(host, &r, VIF_ERR_NOT_FOUND, "device_spec 8, "
                   "physical_network physnet1 4, type type-VF 3, trusted "
                   "false 0");

    some_host_configure(
        host, "- {address: '03:01.0', physical_network: physnet1, "
        "trusted: true}\n"
        "- {address: '03:01.1', physical_network: physnet1, "
        "trusted: false}\n");
    assert_gets(host, &r, PF1_VF1);
    r.trusted = SPEC_YES;
    assert_gets(host, &r, PF1_VF0);
    r.trusted = SPEC_UNSAID;
    assert_gets(host, &r, PF1_VF0);
}

static void
test_live_migratable(void **state)
{
    struct some_host *host = *state;
    struct device_request r = some_host_request();

    r.live_migratable = SPEC_YES;
    assert_refused(host, &r, VIF_ERR_NOT_FOUND, "device_spec 8, "
                   "physical_network physnet1 4, type type-VF 3, "
                   "remote_managed false 3, live_migratable true 0");
    some_host_configure(
        host, "- {address: '03:01.1', physical_network: physnet1, "
        "live_migratable: yes}\n"
        "- {physical_network: physnet1}\n");
    assert_gets(host, &r, PF1_VF1);
    r.live_migratable = SPEC_UNSAID;
    assert_gets(host, &r, PF1_VF0);
}

static void
test_remote_managed(void **state)
{
    struct some_host *host = *state;
    struct device_request r = some_host_request();

    some_host_configure(
        host, "- {address: '03:01.1', physical_network: physnet1, "
        "remote_managed: true}\n"
        "- {physical_network: physnet1}\n");
    r.remote_managed = true;
    /* The card has no serial number: not by that spec, nor by another. */
    assert_refused(host, &r, VIF_ERR_NOT_FOUND, "device_spec 7, "
                   "physical_network physnet1 7, type type-VF 5, "
                   "remote_managed true 0");
    strcpy(some_nics_get(&host->inventory, PF1)->serial, "S1");
    assert_gets(host, &r, PF1_VF1);
    some_host_claim(host, PF1_VF1, "q");
    some_host_claim(host, "vf-of/" PF1 "=" PF1_VF1, "q");
    assert_refused(host, &r, VIF_ERR_CONFLICT, "device_spec 8, "
                   "physical_network physnet1 8, type type-VF 6, "
                   "remote_managed true 1, free 0");
    r.remote_managed = false;
    assert_gets(host, &r, PF2_VF0);     /* On the PF with fewer held. */
}

static void
test_given_device(void **state)
{
    struct some_host *host = *state;
    struct device_request r = some_host_request();

    r.device = PF1_VF1;
    assert_gets(host, &r, PF1_VF1);
    r.device = PF2_VF0;                 /* Of another network. */
    assert_refused(host, &r, VIF_ERR_NOT_FOUND, "device_spec 8, device "
                   PF2_VF0 " 1, physical_network physnet1 0");
    r.device = "pci/0000:09:00.0";      /* Not there. */
    assert_refused(host, &r, VIF_ERR_NOT_FOUND, "device_spec 8, device "
                   "pci/0000:09:00.0 0");
    r.device = PF1_VF0;
    some_host_claim(host, PF1_VF0, "q");
    assert_refused(host, &r, VIF_ERR_CONFLICT, "device_spec 8, device "
                   PF1_VF0 " 1, physical_network physnet1 1, type type-VF 1, "
                   "remote_managed false 1, free 0");
}

/* An id that has a device keeps it, also when all that is left of the daemon
 * is its claims. */
static void
test_request_id(void **state)
{
    struct some_host *host = *state;
    struct device_request r = some_host_request();
    char names[DEVICE_MAX_CLAIMS][DEVICE_CLAIM_SIZE];

    r.request_id = "r1";
    assert_gets(host, &r, PF1_VF0);     /* It has none yet. */

    size_t n = device_claim_names(some_nics_get(&host->inventory, PF1_VF1),
                                  "r1", names);
    for (size_t i = 0; i < n; i++) {
        some_host_claim(host, names[i], "p");
    }
    assert_gets(host, &r, PF1_VF1);
    r.request_id = "r2";
    r.holder = "q";
    assert_gets(host, &r, PF1_VF0);

    /* Another port cannot have it by its id. */
    r.request_id = "r1";
    r.holder = "p";
    device_claims_destroy(&host->claims);
    for (size_t i = 0; i < n; i++) {
        some_host_claim(host, names[i], "q");
    }
    assert_refused(host, &r, VIF_ERR_CONFLICT, "device_spec 8, "
                   "pci_request_id r1 1, physical_network physnet1 1, "
                   "type type-VF 1, remote_managed false 1, free 0");

    r.request_id = "a=b";
    struct fit_answer answer;
    CLEANUP_ERROR struct vif_error *error = device_fit(&host->view, &r, 1,
                                                       &answer);
    assert_int_equal(error->code, VIF_ERR_INVALID);
}

/* By policy: the node of PF1, that of PF2, and who gets what for an instance
 * on node 0. */
static void
test_numa(void **state)
{
    static const struct {
        enum numa_policy policy;
        int node1, node2;
        const char *gets;           /* NULL: none. */
    } cases[] = {
        { NUMA_REQUIRED, 0, 0, PF1_VF0 },
        { NUMA_REQUIRED, 1, 0, PF2_VF0 },
        { NUMA_REQUIRED, 1, 2, NULL },
        { NUMA_REQUIRED, -1, -1, NULL },
        { NUMA_LEGACY, -1, 0, PF2_VF0 },
        { NUMA_LEGACY, 1, -1, PF2_VF0 },
        { NUMA_LEGACY, 2, 1, NULL },
        { NUMA_PREFERRED, 2, 0, PF2_VF0 },
        { NUMA_PREFERRED, 2, -1, PF2_VF0 },
        { NUMA_PREFERRED, -1, 0, PF2_VF0 },
        { NUMA_PREFERRED, 2, 1, PF1_VF0 },
        { NUMA_SOCKET, 1, 0, PF2_VF0 },
        { NUMA_SOCKET, 2, 1, PF2_VF0 },
        { NUMA_SOCKET, 2, -1, NULL },
        { NUMA_SOCKET, 2, 7, NULL },
    };
    struct some_host *host = *state;

    some_host_configure(host, "- {physical_network: physnet1}\n");
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct device_request r = some_host_request();
        struct fit_answer answer;

        some_nics_set_numa(&host->inventory, "0000:03:00.0",
                           cases[i].node1);
        some_nics_set_numa(&host->inventory, "0000:04:00.0",
                           cases[i].node2);
        r.numa_policy = cases[i].policy;
        r.numa_nodes = 1;
        CLEANUP_ERROR struct vif_error *error
            = device_fit(&host->view, &r, 1, &answer);
        if (!error != (cases[i].gets != NULL)
            || (!error && strcmp(answer.device->name, cases[i].gets))) {
            fail_msg("case %"PRIuSIZE": %s", i,
                     error ? error->message : answer.device->name);
        }

        /* An instance that is nowhere gets any. */
        r.numa_nodes = 0;
        assert_gets(host, &r, PF1_VF0);
    }

    struct device_request r = some_host_request();
    r.numa_policy = NUMA_REQUIRED;
    r.numa_nodes = 1 << 3 | 1 << 5;
    assert_refused(host, &r, VIF_ERR_NOT_FOUND, "device_spec 8, "
                   "physical_network physnet1 8, type type-VF 6, "
                   "remote_managed false 6, NUMA policy required, node 3 5 "
                   "0");
}

/* VF and PF exclude one another, and which is free comes last. */
static void
test_exclusion(void **state)
{
    struct some_host *host = *state;
    struct device_request r = some_host_request();

    some_host_claim(host, PF1_VF0, "q");
    assert_gets(host, &r, PF1_VF1);
    r.type = DEVICE_PF;
    assert_refused(host, &r, VIF_ERR_CONFLICT, "device_spec 8, "
                   "physical_network physnet1 4, type type-PF 1, "
                   "remote_managed false 1, free 0");
    device_claims_destroy(&host->claims);
    some_host_claim(host, PF1, "q");
    r.type = DEVICE_VF;
    assert_refused(host, &r, VIF_ERR_CONFLICT, "device_spec 8, "
                   "physical_network physnet1 4, type type-VF 3, "
                   "remote_managed false 3, free 0");
}

/* One alone goes where the fewest VFs are held, then by number. */
static void
test_order(void **state)
{
    struct some_host *host = *state;
    struct device_request r = some_host_request();

    some_nics_add(&host->inventory, "0000:02:00.0", 12, 12);
    some_host_configure(host, "- {physical_network: physnet1}\n");
    some_host_claim(host, "pci/0000:02:01.0", "a");
    some_host_claim(host, "vf-of/pci/0000:02:00.0=pci/0000:02:01.0", "a");
    some_host_claim(host, PF1_VF0, "b");
    some_host_claim(host, "vf-of/" PF1 "=" PF1_VF0, "b");
    assert_gets(host, &r, PF2_VF0);
    some_host_claim(host, PF2_VF0, "c");
    some_host_claim(host, "vf-of/" PF2 "=" PF2_VF0, "c");
    assert_gets(host, &r, "pci/0000:02:01.1");
}

static void
give_netdevs(struct some_host *host)
{
    for (size_t i = 0; i < host->inventory.n; i++) {
        strcpy(host->inventory.devices[i].driver, "iavf");
        host->inventory.devices[i].netdev.ifindex = 10 + (int) i;
    }
}

static void
take_netdev(struct some_host *host, const char *name, const char *driver)
{
    struct device *device = some_nics_get(&host->inventory, name);

    device->netdev.ifindex = 0;
    strcpy(device->driver, driver);
}

/* A macvtap cannot sit on a VF without a netdev, wherever that is; such a one
 * is given when there is no other, because it may come back. */
static void
test_vf_without_netdev(void **state)
{
    struct some_host *host = *state;
    struct device_request r = some_host_request();

    some_host_configure(host, "- {physical_network: physnet1}\n");
    some_nics_set_numa(&host->inventory, "0000:04:00.0", 2);
    give_netdevs(host);
    r.needs_netdev = true;
    r.numa_policy = NUMA_PREFERRED;
    r.numa_nodes = 1;
    take_netdev(host, PF1_VF0, "vfio-pci");
    assert_gets(host, &r, PF1_VF1);
    take_netdev(host, PF1_VF1, "");
    assert_gets(host, &r, "pci/0000:03:01.2");
    take_netdev(host, "pci/0000:03:01.2", "vfio-pci");
    assert_gets(host, &r, PF2_VF0);

    for (size_t i = 0; i < host->inventory.n; i++) {
        host->inventory.devices[i].netdev.ifindex = 0;
    }
    assert_gets(host, &r, PF1_VF1);

    /* It has it already. */
    some_nics_get(&host->inventory, PF2_VF0)->netdev.ifindex = 7;
    some_host_claim(host, PF1_VF0, "p");
    assert_gets(host, &r, PF1_VF0);
}

/* What vfio-pci has may be in a guest that vifd knows nothing of. */
static void
test_vf_of_vfio(void **state)
{
    struct some_host *host = *state;
    struct device_request r = some_host_request();

    some_host_configure(host, "- {physical_network: physnet1}\n");
    give_netdevs(host);
    take_netdev(host, PF1_VF0, "vfio-pci");
    assert_gets(host, &r, PF1_VF1);
    take_netdev(host, PF1_VF1, "");
    assert_gets(host, &r, PF1_VF1);

    /* Being near counts for more. */
    some_nics_set_numa(&host->inventory, "0000:04:00.0", 2);
    take_netdev(host, PF1_VF1, "mlx5_vfio_pci");
    take_netdev(host, "pci/0000:03:01.2", "vfio-pci");
    assert_gets(host, &r, PF2_VF0);
    r.numa_policy = NUMA_PREFERRED;
    r.numa_nodes = 1;
    assert_gets(host, &r, PF1_VF0);
}

#define TEST(NAME)                                                        \
    cmocka_unit_test_setup_teardown(NAME, some_host_set_up,               \
                                    some_host_tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_physical_network),
        TEST(test_type),
        TEST(test_vendor_and_product),
        TEST(test_trusted),
        TEST(test_live_migratable),
        TEST(test_remote_managed),
        TEST(test_given_device),
        TEST(test_request_id),
        TEST(test_numa),
        TEST(test_exclusion),
        TEST(test_order),
        TEST(test_vf_without_netdev),
        TEST(test_vf_of_vfio),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
