/* SPDX-License-Identifier: Apache-2.0 */
/* Which devices several ports get together: all of them, or none and why. */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "inventory/fit.h"
#include "lib/cleanup.h"
#include "openvswitch/dynamic-string.h"
#include "tests/unit/some-nics.h"
#include "util.h"

#define PF1 "pci/0000:03:00.0"
#define PF1_VF0 "pci/0000:03:01.0"
#define PF1_VF1 "pci/0000:03:01.1"
#define PF2 "pci/0000:04:00.0"
#define PF2_VF0 "pci/0000:04:01.0"

static void
ask(struct device_request *requests, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        requests[i] = some_host_request();
    }
}

/* What each of several ports gets, or the error. */
static struct vif_error *
fit(struct some_host *host, const struct device_request *requests, size_t n,
    const char **names)
{
    struct fit_answer answers[FIT_MAX_REQUESTS];
    struct vif_error *error = device_fit(&host->view, requests, n, answers);

    for (size_t i = 0; i < n; i++) {
        names[i] = answers[i].device ? answers[i].device->name : NULL;
        assert_true(!error || !names[i]);
    }
    return error;
}

static void
test_all_or_nothing(void **state)
{
    struct some_host *host = *state;
    struct device_request r[4];
    const char *names[4];

    for (size_t i = 0; i < 4; i++) {
        static const char *const holders[] = { "p0", "p1", "p2", "p3" };

        r[i] = some_host_request();
        r[i].holder = holders[i];
    }
    assert_null(fit(host, r, 3, names));
    assert_string_equal(names[0], PF1_VF0);
    assert_string_equal(names[1], PF1_VF1);
    assert_string_equal(names[2], "pci/0000:03:01.2");

    CLEANUP_ERROR struct vif_error *error = fit(host, r, 4, names);
    assert_string_equal(error->message, "together there are too few devices "
                        "for ports p0, p1, p2, p3");
    assert_int_equal(error->code, VIF_ERR_CONFLICT);

    /* The second can have just what the first would have chosen. */
    r[1].device = PF1_VF0;
    assert_null(fit(host, r, 2, names));
    assert_string_equal(names[0], PF1_VF1);
    assert_string_equal(names[1], PF1_VF0);

    /* One that fits nothing by itself spoils it for all. */
    r[1].physical_network = "nowhere";
    CLEANUP_ERROR struct vif_error *other = fit(host, r, 3, names);
    assert_int_equal(other->code, VIF_ERR_NOT_FOUND);
    assert_non_null(strstr(other->message, "port p1: "));
}

/* The PF that is given away is the one whose VFs nobody needs. */
static void
test_pf_among_vfs(void **state)
{
    struct some_host *host = *state;
    struct device_request r[3];
    const char *names[3];

    ask(r, 3);
    some_host_configure(host, "- {physical_network: physnet1}\n");
    r[0].type = DEVICE_PF;
    r[1].device = PF1_VF1;
    assert_null(fit(host, r, 2, names));
    assert_string_equal(names[0], PF2);
    assert_string_equal(names[1], PF1_VF1);

    r[2].device = PF2_VF0;
    CLEANUP_ERROR struct vif_error *error = fit(host, r, 3, names);
    assert_int_equal(error->code, VIF_ERR_CONFLICT);

    /* Both PFs, and nothing is left for a VF. */
    r[1] = r[0];
    assert_null(fit(host, r, 2, names));
    assert_string_equal(names[0], PF1);
    assert_string_equal(names[1], PF2);
    r[2].device = NULL;
    CLEANUP_ERROR struct vif_error *third = fit(host, r, 3, names);
    assert_non_null(strstr(third->message, "exclude one another"));
}

/* The PF with the fewest VFs that others could have may be the wrong one. */
static void
test_pf_second_choice(void **state)
{
    struct some_host *host = *state;
    struct device_request r[3];
    const char *names[3];

    ask(r, 3);
    some_nics_add(&host->inventory, "0000:05:00.0", 3, 3);
    some_host_configure(host, "- {physical_network: physnet1}\n");
    for (unsigned int i = 0; i < 3; i++) {
        char vf[PCI_ADDRESS_SIZE];

        some_nics_vf_address("0000:03:00.0", i, vf);
        CLEANUP_FREE char *name = xasprintf("pci/%s", vf);
        some_nics_get(&host->inventory, name)->product = 0x1889;
    }
    r[0].type = DEVICE_PF;
    r[1].device = PF1_VF1;
    r[2].product = 0x154c;      /* Six of them, none on the first PF. */
    assert_null(fit(host, r, 3, names));
    assert_string_equal(names[0], PF2);
    assert_string_equal(names[1], PF1_VF1);
    assert_string_equal(names[2], "pci/0000:05:01.0");
}

static void
test_same_request_id(void **state)
{
    struct some_host *host = *state;
    struct device_request r[2];
    const char *names[2];

    ask(r, 2);
    r[0].request_id = r[1].request_id = "r1";
    r[1].holder = "q";
    CLEANUP_ERROR struct vif_error *error = fit(host, r, 2, names);
    assert_string_equal(error->message, "port q: pci_request_id r1 is that "
                        "of port p, too");
}

/* Where nothing fits together the search ends all the same: 32 PFs for 16
 * ports, and a VF of each PF for 17 more. */
static void
test_bounded(void **state)
{
    struct some_host *host = *state;
    struct device_request r[33];
    struct fit_answer answers[33];

    inventory_destroy(&host->inventory);
    for (unsigned int i = 0; i < 32; i++) {
        CLEANUP_FREE char *address = xasprintf("0000:%02x:00.0", i);

        some_nics_add(&host->inventory, address, 1, 1);
    }
    some_host_configure(host, "- {physical_network: physnet1}\n");
    for (size_t i = 0; i < 33; i++) {
        r[i] = some_host_request();
        r[i].type = i < 16 ? DEVICE_PF : DEVICE_VF;
    }
    CLEANUP_ERROR struct vif_error *error = device_fit(&host->view, r, 33,
                                                       answers);
    assert_int_equal(error->code, VIF_ERR_BUSY);
    assert_null(device_fit(&host->view, r, 32, answers));
}

/* What is looked at most often, counted. */
static unsigned int n_matched, n_parents;

bool __real_spec_address_matches(const struct spec_address *,
                                 const struct device *,
                                 const struct device *pf);
bool __wrap_spec_address_matches(const struct spec_address *,
                                 const struct device *,
                                 const struct device *pf);
const struct device *__real_inventory_parent(const struct inventory *,
                                             const struct device *);
const struct device *__wrap_inventory_parent(const struct inventory *,
                                             const struct device *);

bool
__wrap_spec_address_matches(const struct spec_address *address,
                            const struct device *device,
                            const struct device *pf)
{
    n_matched++;
    return __real_spec_address_matches(address, device, pf);
}

const struct device *
__wrap_inventory_parent(const struct inventory *inventory,
                        const struct device *device)
{
    n_parents++;
    return __real_inventory_parent(inventory, device);
}

/* A device and an entry of the spec meet once, however many ask, and its PF
 * is not looked for at each entry. */
static void
test_spec_is_asked_once(void **state)
{
    enum { N_ENTRIES = 100 };
    struct some_host *host = *state;
    struct device_request r[FIT_MAX_REQUESTS];
    struct fit_answer answers[FIT_MAX_REQUESTS];
    struct ds spec = DS_EMPTY_INITIALIZER;

    some_nics_add(&host->inventory, "0000:05:00.0", 64, 64);
    for (int i = 0; i < N_ENTRIES - 1; i++) {
        ds_put_format(&spec, "- {address: '0000:%02x:00.0'}\n", 0x80 + i);
    }
    ds_put_cstr(&spec, "- {physical_network: physnet1}\n");
    some_host_configure(host, ds_cstr(&spec));
    ds_destroy(&spec);
    for (size_t i = 0; i < FIT_MAX_REQUESTS; i++) {
        r[i] = some_host_request();
    }
    n_matched = n_parents = 0;
    assert_null(device_fit(&host->view, r, FIT_MAX_REQUESTS, answers));
    assert_int_equal(n_matched, N_ENTRIES * host->inventory.n);
    assert_in_range(n_parents, 1, 4 * host->inventory.n);
}

#define TEST(NAME)                                                        \
    cmocka_unit_test_setup_teardown(NAME, some_host_set_up,               \
                                    some_host_tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_all_or_nothing),
        TEST(test_pf_among_vfs),
        TEST(test_pf_second_choice),
        TEST(test_same_request_id),
        TEST(test_bounded),
        TEST(test_spec_is_asked_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
