/* SPDX-License-Identifier: Apache-2.0 */
/* Devices that somebody has: who keeps them, and what others are told. */

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
assert_retry(struct some_host *host, const struct device_request *r,
             bool retry)
{
    struct fit_answer answer;
    CLEANUP_ERROR struct vif_error *error = device_fit(&host->view, r, 1,
                                                       &answer);

    assert_int_equal(error->code, VIF_ERR_CONFLICT);
    assert_int_equal(error->retry, retry);
}

static bool
find_leaving(void *leaving_, const char *port, struct device_holder *holder)
{
    const char *leaving = leaving_;

    device_request_init(&holder->asked);
    holder->leaving = strchr(leaving, *port) != NULL;
    return true;
}

/* What is about to be given back is worth waiting for, if nobody else is in
 * the way. */
static void
test_holder_that_leaves(void **state)
{
    static const struct {
        const char *leaving;
        bool vf, pf, other_pf;
    } cases[] = {
        { "", false, false, false },
        { "a", true, false, false },
        { "ab", true, false, false },
        { "abc", true, true, false },
        { "x", false, false, true },
    };
    struct some_host *host = *state;
    static char leaving[8];

    some_host_claim(host, PF1_VF0, "a");
    some_host_claim(host, "vf-of/" PF1 "=" PF1_VF0, "a");
    some_host_claim(host, PF1_VF1, "b");
    some_host_claim(host, "vf-of/" PF1 "=" PF1_VF1, "b");
    some_host_claim(host, "pci/0000:03:01.2", "c");
    some_host_claim(host, "vf-of/" PF1 "=pci/0000:03:01.2", "c");
    some_host_claim(host, PF2, "x");
    host->view.holder = find_leaving;
    host->view.aux = leaving;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct device_request r = some_host_request();

        strcpy(leaving, cases[i].leaving);
        assert_retry(host, &r, cases[i].vf);
        r.type = DEVICE_PF;
        assert_retry(host, &r, cases[i].pf);
        /* VFs of a PF that is held as a whole. */
        r.type = DEVICE_VF;
        r.physical_network = NULL;
        assert_retry(host, &r, cases[i].other_pf);
    }
}

/* 'r' has been plugged and has 'device'. */
static void
plugged(struct some_host *host, const struct device_request *r,
        const char *device)
{
    some_host_claim(host, device, r->holder);
    host->holder_known = true;
    host->holder.asked = *r;
}

/* A port that is plugged again keeps what it has, wherever that is, whatever
 * has become of the spec. */
static void
test_keeps(void **state)
{
    struct some_host *host = *state;
    struct device_request r = some_host_request();

    some_nics_set_numa(&host->inventory, "0000:03:00.0", 2);
    some_host_configure(host, "- {physical_network: physnet1}\n");
    r.numa_policy = NUMA_PREFERRED;
    r.numa_nodes = 1;
    assert_gets(host, &r, PF2_VF0);
    plugged(host, &r, PF1_VF1);
    assert_gets(host, &r, PF1_VF1);
    some_host_configure(
        host, "- {address: '0000:04:00.0', physical_network: physnet1}\n");
    assert_gets(host, &r, PF1_VF1);
    /* For others it has left. */
    r.holder = "q";
    assert_gets(host, &r, PF2_VF0);
    /* It is not what the port wants any more. */
    r.holder = "p";
    r.type = DEVICE_PF;
    assert_gets(host, &r, PF2);
}

/* What the spec says of a device that a port has is put off until the port
 * has gone or asks for something else. */
static void
test_keeps_under_another_spec(void **state)
{
    static const char *const specs[] = {
        "- {address: '0000:03:00.0'}\n"
        "- {physical_network: physnet1}\n",
        "- {address: '0000:03:00.0', physical_network: physnet9}\n"
        "- {physical_network: physnet1}\n",
        "- {address: '0000:03:00.0', physical_network: null}\n"
        "- {physical_network: physnet1}\n",
        "- {address: '0000:03:00.0', physical_network: physnet1,\n"
        "   remote_managed: true}\n"
        "- {address: '0000:03:00.0', physical_network: physnet9}\n"
        "- {physical_network: physnet1, trusted: true}\n",
        "- {address: '0000:04:00.0', physical_network: physnet1,\n"
        "   trusted: true}\n",
    };
    struct some_host *host = *state;

    for (size_t i = 0; i < ARRAY_SIZE(specs); i++) {
        struct device_request r = some_host_request();

        plugged(host, &r, PF1_VF1);
        some_host_configure(host, specs[i]);
        assert_gets(host, &r, PF1_VF1);
        r.physical_network = "PhysNet1";
        assert_gets(host, &r, PF1_VF1);
        r.holder = "q";
        assert_gets(host, &r, PF2_VF0);
        host->holder_known = false;
        r.holder = "p";
        assert_gets(host, &r, PF2_VF0);
        device_claims_destroy(&host->claims);
    }
}

/* A port that asks for something else is one like any other. */
static void
test_keeps_only_what_it_asked_for(void **state)
{
    struct some_host *host = *state;
    struct device_request r = some_host_request();

    plugged(host, &r, PF1_VF1);
    r.physical_network = NULL;
    assert_gets(host, &r, PF2_VF0);
    some_host_configure(
        host, "- {address: '0000:03:00.0', physical_network: physnet9}\n"
        "- {physical_network: physnet1}\n");
    r.physical_network = "physnet9";
    assert_gets(host, &r, PF1_VF1);
    r.physical_network = "physnet1";
    r.trusted = SPEC_NO;
    assert_refused(host, &r, VIF_ERR_NOT_FOUND, "device_spec 8, "
                   "physical_network physnet1 4, type type-VF 3, trusted "
                   "false 0");
    r.trusted = SPEC_UNSAID;
    r.live_migratable = SPEC_YES;
    assert_refused(host, &r, VIF_ERR_NOT_FOUND, "device_spec 8, "
                   "physical_network physnet1 4, type type-VF 3, "
                   "remote_managed false 3, live_migratable true 0");
    r.live_migratable = SPEC_UNSAID;
    assert_gets(host, &r, PF1_VF1);

    /* What has left the spec is on no physical network. */
    some_host_configure(
        host, "- {address: '0000:04:00.0', physical_network: physnet1}\n");
    r.physical_network = "physnet2";
    assert_refused(host, &r, VIF_ERR_NOT_FOUND, "device_spec 4, "
                   "physical_network physnet2 0");
}

/* Whoever is there stays; the other PF is as good as before. */
static void
test_drained(void **state)
{
    struct some_host *host = *state;
    struct device_request r = some_host_request();
    struct device_request other = some_host_request();
    struct fit_answer answer;
    char name[DEVICE_CLAIM_SIZE];

    some_host_claim(host, PF1_VF1, "p");
    some_host_claim(host, "vf-of/" PF1 "=" PF1_VF1, "p");
    some_host_claim(host, device_drain_name(PF1, name),
                    "2026-01-31T10:20:30Z");
    assert_gets(host, &r, PF1_VF1);

    other.holder = "q";
    CLEANUP_ERROR struct vif_error *error = device_fit(&host->view, &other, 1,
                                                       &answer);
    assert_non_null(error);
    assert_int_equal(error->code, VIF_ERR_CONFLICT);
    assert_non_null(strstr(error->message, "type type-VF 3, remote_managed "
                           "false 3, not drained 0"));
    other.physical_network = NULL;
    assert_gets(host, &other, PF2_VF0);

    /* Nobody gets the PF, either, as soon as its VFs have gone. */
    device_claims_remove(&host->claims, PF1_VF1);
    device_claims_remove(&host->claims, "vf-of/" PF1 "=" PF1_VF1);
    r.type = DEVICE_PF;
    assert_refused(host, &r, VIF_ERR_CONFLICT,
                   "device_spec 8, physical_network physnet1 4, type type-PF "
                   "1, remote_managed false 1, not drained 0");

    device_claims_remove(&host->claims, name);
    assert_gets(host, &r, PF1);
}

#define TEST(NAME)                                                        \
    cmocka_unit_test_setup_teardown(NAME, some_host_set_up,               \
                                    some_host_tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_holder_that_leaves),
        TEST(test_keeps),
        TEST(test_keeps_under_another_spec),
        TEST(test_keeps_only_what_it_asked_for),
        TEST(test_drained),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
