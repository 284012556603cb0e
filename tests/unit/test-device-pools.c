/* SPDX-License-Identifier: Apache-2.0 */
/* Claims on devices and what follows from them, and how devices are counted
 * in pools. */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/config.h"
#include "inventory/pools.h"
#include "openvswitch/dynamic-string.h"
#include "tests/unit/some-nics.h"
#include "util.h"

#define PF "pci/0000:03:00.0"
#define VF0 "pci/0000:03:01.0"
#define VF1 "pci/0000:03:01.1"
#define PF2 "pci/0000:04:00.0"

/* A host with two PFs of four VFs each. */
static int
set_up(void **state)
{
    struct some_host *host = some_host_create();

    some_nics_add(&host->inventory, "0000:03:00.0", 4, 8);
    some_nics_add(&host->inventory, "0000:04:00.0", 4, 8);
    *state = host;
    return 0;
}

static const struct device_host *
view(struct some_host *host, const char *device_spec)
{
    some_host_configure(host, device_spec);
    return &host->view;
}

static void
assert_state(struct some_host *host, const char *name,
             enum device_state expected, const char *expected_holder)
{
    const char *holder;
    enum device_state state = device_claims_state(
        &host->claims, &host->inventory,
        some_nics_get(&host->inventory, name), &holder);

    if (state != expected) {
        fail_msg("%s is %s", name, device_state_name(state));
    }
    if (expected_holder) {
        assert_string_equal(holder, expected_holder);
    } else {
        assert_null(holder);
    }
}

static void
test_claim_names(void **state)
{
    struct some_host *host = *state;
    char names[DEVICE_MAX_CLAIMS][DEVICE_CLAIM_SIZE];

    assert_int_equal(device_claim_names(some_nics_get(&host->inventory, PF),
                                        NULL, names), 1);
    assert_string_equal(names[0], PF);
    assert_int_equal(device_claim_names(some_nics_get(&host->inventory, VF1),
                                        "r1", names), 3);
    assert_string_equal(names[0], VF1);
    assert_string_equal(names[1], "vf-of/" PF "=" VF1);
    assert_string_equal(names[2], "pci-request/r1=" VF1);

    /* The longest there are fit. */
    char id[DEVICE_REQUEST_ID_MAX + 1];
    memset(id, 'i', DEVICE_REQUEST_ID_MAX);
    id[DEVICE_REQUEST_ID_MAX] = '\0';
    struct device device = *some_nics_get(&host->inventory, VF1);
    memset(device.name, 'n', DEVICE_NAME_SIZE - 1);
    memset(device.parent, 'p', DEVICE_NAME_SIZE - 1);
    assert_int_equal(device_claim_names(&device, id, names), 3);
    assert_int_equal(strlen(names[1]), 6 + 63 + 1 + 63);
    assert_int_equal(strlen(names[2]), 12 + 64 + 1 + 63);
}

/* PF and VF exclude one another. */
static void
test_vf_held(void **state)
{
    struct some_host *host = *state;

    assert_state(host, VF0, DEVICE_FREE, NULL);
    assert_state(host, PF, DEVICE_FREE, NULL);

    some_host_claim(host, "tap:tap1", "a");
    some_host_claim(host, VF0, "b");
    assert_state(host, VF0, DEVICE_HELD, "b");
    assert_state(host, PF, DEVICE_EXCLUDED, "b");
    assert_state(host, VF1, DEVICE_FREE, NULL);
    assert_state(host, PF2, DEVICE_FREE, NULL);
}

static void
test_pf_held(void **state)
{
    struct some_host *host = *state;

    some_host_claim(host, PF, "a");
    assert_state(host, PF, DEVICE_HELD, "a");
    assert_state(host, VF0, DEVICE_EXCLUDED, "a");
    assert_state(host, VF1, DEVICE_EXCLUDED, "a");
    assert_state(host, PF2, DEVICE_FREE, NULL);
    assert_state(host, "pci/0000:04:01.0", DEVICE_FREE, NULL);
}

/* A VF that is held and has gone (sriov_numvfs was set to 0) is held all the
 * same, and its PF is needed to give it back. */
static void
test_vf_gone(void **state)
{
    struct some_host *host = *state;
    char names[DEVICE_MAX_CLAIMS][DEVICE_CLAIM_SIZE];
    size_t n = device_claim_names(some_nics_get(&host->inventory, VF0), "r",
                                  names);

    for (size_t i = 0; i < n; i++) {
        some_host_claim(host, names[i], "a");
    }
    inventory_remove(&host->inventory, VF0);
    assert_state(host, PF, DEVICE_EXCLUDED, "a");
    assert_string_equal(device_claims_holder(&host->claims, VF0), "a");
    assert_int_equal(device_claims_count_vfs(&host->claims, PF), 1);
    assert_string_equal(device_claims_bound(&host->claims, "r"), VF0);
}

/* Names that begin alike are not the same. */
static void
test_similar_names(void **state)
{
    struct some_host *host = *state;

    some_host_claim(host, "pci-request/r10=" VF0, "a");
    some_host_claim(host, "vf-of/" PF "0=" VF0, "a");
    some_host_claim(host, VF0 "0", "a");
    assert_null(device_claims_bound(&host->claims, "r1"));
    assert_null(device_claims_bound(&host->claims, "r100"));
    assert_non_null(device_claims_bound(&host->claims, "r10"));
    assert_int_equal(device_claims_count_vfs(&host->claims, PF), 0);
    assert_state(host, VF0, DEVICE_FREE, NULL);
    assert_state(host, PF, DEVICE_FREE, NULL);
}

/* "physnet1 type-VF pci/0000:03:00.0 4/2 free" for each pool. */
static void
assert_pools(const struct device_host *host, const char *expected)
{
    struct ds ds = DS_EMPTY_INITIALIZER;
    struct device_pool *pools;
    size_t n = device_pools(host, &pools);

    for (size_t i = 0; i < n; i++) {
        const struct device_pool *pool = &pools[i];

        ds_put_format(&ds, "%s %s %s: %u, %u free, %u held, %u excluded, "
                      "%u leaving\n",
                      !pool->has_physical_network ? "-"
                      : pool->physical_network ? pool->physical_network
                      : "null",
                      device_type_name(pool->type), pool->pf, pool->n,
                      pool->n_free, pool->n_held, pool->n_excluded,
                      pool->n_leaving);
    }
    assert_string_equal(ds_cstr(&ds), expected);
    ds_destroy(&ds);
    free(pools);
}

static void
test_pools(void **state)
{
    struct some_host *host = *state;

    assert_pools(view(host, ""), "");
    assert_pools(
        view(host, "- {address: '0000:03:00.0', physical_network: b}\n"
             "- {product_id: 154c, physical_network: a}\n"
             "- {physical_network: null}\n"),
        "null type-PF pci/0000:04:00.0: 1, 1 free, 0 held, 0 excluded, "
        "0 leaving\n"
        "a type-VF pci/0000:04:00.0: 4, 4 free, 0 held, 0 excluded, "
        "0 leaving\n"
        "b type-PF pci/0000:03:00.0: 1, 1 free, 0 held, 0 excluded, "
        "0 leaving\n"
        "b type-VF pci/0000:03:00.0: 4, 4 free, 0 held, 0 excluded, "
        "0 leaving\n");
}

/* Each part of the key makes another pool. */
static void
test_pool_keys(void **state)
{
    struct some_host *host = *state;
    struct device_pool *pools;

    some_nics_get(&host->inventory, VF0)->numa_node = 1;
    some_nics_get(&host->inventory, VF1)->type = DEVICE_VDPA;
    some_nics_get(&host->inventory, "pci/0000:03:01.2")->product = 0x1889;
    size_t n = device_pools(
        view(host, "- {address: '03:01.3', trusted: true}\n"
             "- {address: '04:01.0', live_migratable: false}\n"
             "- {address: '04:01.1', managed: false}\n"
             "- {address: '04:01.2', physical_network: x}\n"
             "- {product_id: 154c}\n- {product_id: 1889}\n"), &pools);
    assert_int_equal(n, 8);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(pools[i].n, 1);
    }
    assert_string_equal(pools[0].physical_network, "x");
    free(pools);
}

static void
test_pool_counts(void **state)
{
    struct some_host *host = *state;

    some_host_claim(host, VF0, "a");
    some_host_claim(host, PF2, "b");
    assert_pools(
        view(host, "- {physical_network: a}\n"),
        "a type-PF pci/0000:03:00.0: 1, 0 free, 0 held, 1 excluded, "
        "0 leaving\n"
        "a type-VF pci/0000:03:00.0: 4, 3 free, 1 held, 0 excluded, "
        "0 leaving\n"
        "a type-PF pci/0000:04:00.0: 1, 0 free, 1 held, 0 excluded, "
        "0 leaving\n"
        "a type-VF pci/0000:04:00.0: 4, 0 free, 0 held, 4 excluded, "
        "0 leaving\n");

    /* What leaves the spec is gone, but for what is held: that stays until it
     * is freed. */
    assert_pools(
        view(host, "- {address: '0000:04:00.0', physical_network: a}\n"),
        "a type-PF pci/0000:04:00.0: 1, 0 free, 1 held, 0 excluded, "
        "0 leaving\n"
        "a type-VF pci/0000:04:00.0: 4, 0 free, 0 held, 4 excluded, "
        "0 leaving\n"
        "- type-VF pci/0000:03:00.0: 1, 0 free, 1 held, 0 excluded, "
        "1 leaving\n");
    device_claims_destroy(&host->claims);
    assert_pools(
        view(host, "- {address: '0000:04:00.0', physical_network: a}\n"),
        "a type-PF pci/0000:04:00.0: 1, 1 free, 0 held, 0 excluded, "
        "0 leaving\n"
        "a type-VF pci/0000:04:00.0: 4, 4 free, 0 held, 0 excluded, "
        "0 leaving\n");
}

/* A NIC that gets VFs is in another pool from then on (LP 1892361). */
static void
test_type_changes(void **state)
{
    struct some_host *host = *state;

    some_nics_add(&host->inventory, "0000:05:00.0", 0, 0);
    const char *spec = "- {address: '05:*.*', physical_network: a}\n";
    assert_pools(view(host, spec), "a type-PCI pci/0000:05:00.0: 1, 1 free, "
                 "0 held, 0 excluded, 0 leaving\n");
    some_nics_add(&host->inventory, "0000:05:00.0", 1, 2);
    assert_pools(view(host, spec),
                 "a type-PF pci/0000:05:00.0: 1, 1 free, 0 held, 0 excluded, "
                 "0 leaving\n"
                 "a type-VF pci/0000:05:00.0: 1, 1 free, 0 held, 0 excluded, "
                 "0 leaving\n");
}

/* Managed by the card: only VFs, and only if the card can be named. */
static void
test_remote_managed(void **state)
{
    struct some_host *host = *state;
    const char *spec = "- {remote_managed: true, physical_network: a}\n";

    assert_pools(view(host, spec), "");
    strcpy(some_nics_get(&host->inventory, PF)->serial, "S1");
    strcpy(some_nics_get(&host->inventory, "pci/0000:04:01.1")->serial, "S2");
    assert_pools(view(host, spec),
                 "a type-VF pci/0000:03:00.0: 4, 4 free, 0 held, 0 excluded, "
                 "0 leaving\n"
                 "a type-VF pci/0000:04:00.0: 1, 1 free, 0 held, 0 excluded, "
                 "0 leaving\n");
}

#define TEST(NAME)                                                  \
    cmocka_unit_test_setup_teardown(NAME, set_up, some_host_tear_down)

static void
count_drained(void *n_, const char *pf)
{
    unsigned int *n = n_;

    assert_string_equal(pf, PF);
    ++*n;
}

static void
test_drained(void **state)
{
    struct some_host *host = *state;
    const struct device *pf = inventory_find(&host->inventory, PF);
    const struct device *vf = inventory_find(&host->inventory, VF0);
    char name[DEVICE_CLAIM_SIZE];
    unsigned int n = 0;

    assert_string_equal(device_drain_name(PF, name), "drain/" PF);
    device_claims_put(&host->claims, name, "today");
    assert_string_equal(device_claims_drained(&host->claims, PF), "today");
    assert_null(device_claims_drained(&host->claims, "pci/0000:03:00"));
    device_claims_for_each_drained(&host->claims, count_drained, &n);
    assert_int_equal(n, 1);
    assert_int_equal(device_claims_state(&host->claims, &host->inventory, pf,
                                         NULL), DEVICE_DRAINED);
    assert_int_equal(device_claims_state(&host->claims, &host->inventory, vf,
                                         NULL), DEVICE_DRAINED);
    device_claims_put(&host->claims, VF0, "p");
    assert_int_equal(device_claims_state(&host->claims, &host->inventory, vf,
                                         NULL), DEVICE_HELD);
    assert_int_equal(device_claims_state(&host->claims, &host->inventory, pf,
                                         NULL), DEVICE_EXCLUDED);
    assert_string_equal(device_state_name(DEVICE_DRAINED), "drained");
}

/* One by one, in any order, is the same as all at once. */
static void
test_claims_that_come_and_go(void **state OVS_UNUSED)
{
    static const char *const names[] = {
        "pci/0000:03:01.0", "vf-of/pci/0000:03:00.0=pci/0000:03:01.0",
        "pci-request/id=pci/0000:03:01.0", "pci/0000:03:01.1",
        "netdevsim/netdevsim1/3",
    };
    CLEANUP_DEVICE_CLAIMS struct device_claims claims = { NULL, 0, 0 };

    device_claims_remove(&claims, names[0]);
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        assert_true(device_claim_is(names[i]));
        device_claims_put(&claims, names[i], "p");
    }
    device_claims_put(&claims, names[3], "q");
    assert_int_equal(claims.n, ARRAY_SIZE(names));
    for (size_t i = 1; i < claims.n; i++) {
        assert_true(strcmp(claims.claims[i - 1].name,
                           claims.claims[i].name) < 0);
    }
    assert_string_equal(device_claims_holder(&claims, names[3]), "q");
    assert_int_equal(device_claims_count_vfs(&claims, "pci/0000:03:00.0"), 1);

    device_claims_remove(&claims, "pci/0000:03:01");
    assert_int_equal(claims.n, ARRAY_SIZE(names));
    device_claims_remove(&claims, names[1]);
    assert_int_equal(device_claims_count_vfs(&claims, "pci/0000:03:00.0"), 0);
    assert_string_equal(device_claims_holder(&claims, names[0]), "p");
    assert_string_equal(device_claims_bound(&claims, "id"), names[0]);
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        device_claims_remove(&claims, names[i]);
    }
    assert_int_equal(claims.n, 0);

    assert_false(device_claim_is("netdev:tap1"));
    assert_false(device_claim_is("ovs-port:a/b"));
    assert_false(device_claim_is("something"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_claim_names),
        TEST(test_vf_held),
        TEST(test_pf_held),
        TEST(test_vf_gone),
        TEST(test_similar_names),
        TEST(test_pools),
        TEST(test_pool_keys),
        TEST(test_pool_counts),
        TEST(test_type_changes),
        TEST(test_remote_managed),
        TEST(test_claims_that_come_and_go),
        TEST(test_drained),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
