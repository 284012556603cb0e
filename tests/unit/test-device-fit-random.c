/* SPDX-License-Identifier: Apache-2.0 */
/* Random hosts, specs and requests, in histories of ports that come and go
 * while VFs and entries of the spec come and go, and the daemon knows of each
 * turn before nothing but the claims.  Whatever happens:
 *
 *   - no device is held twice, and no PF together with one of its VFs;
 *   - what fits is what a plain search through all possibilities says, and
 *     what is given is what was asked for;
 *   - to claim what was said never meets a claim that is there.
 *
 * VIFD_TEST_SEED and VIFD_TEST_HISTORIES choose others than the usual. */

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
#include "tests/property/dice.h"
#include "tests/unit/some-nics.h"
#include "util.h"

#define N_PFS 3
#define MAX_VFS 3
#define N_PORTS 6
#define MAX_BATCH 4
#define N_RULES 5
#define N_TURNS 20

/* What a port holds.  The oracle looks at the first members, the daemon at
 * the claims alone. */
struct port {
    char id[8];
    char device[DEVICE_NAME_SIZE];      /* "": none. */
    char parent[DEVICE_NAME_SIZE];
    const char *request_id;
    struct device_request asked;
    size_t n_claims;
    char claims[DEVICE_MAX_CLAIMS][DEVICE_CLAIM_SIZE];
};

struct world {
    struct dice dice;
    struct inventory inventory;
    struct device_spec rules[N_RULES];
    char meant[N_RULES][DEVICE_NAME_SIZE];  /* By the address; "": any. */
    struct device_specs specs;
    struct device_claims claims;
    struct port ports[N_PORTS];
    struct device_host host;
};

static const char *const pfs[N_PFS] = {
    "0000:03:00.0", "0000:04:00.0", "0000:05:00.0",
};
static char network_a[] = "a", network_b[] = "b";
static char *const networks[] = { NULL, network_a, network_b };
static const char *const ids[] = { "r1", "r2", "r10" };

/* The world changes. */

/* Mostly the same, so that things happen. */
static char *
random_network(struct world *w)
{
    return networks[dice_chance(&w->dice, 60) ? 1 : dice_below(&w->dice, 3)];
}

static const struct device *
random_device(struct world *w)
{
    return &w->inventory.devices[dice_below(&w->dice, w->inventory.n)];
}

static void
change_inventory(struct world *w)
{
    static const struct numa_node nodes[] = { { 0, 0 }, { 1, 0 }, { 2, 1 } };

    inventory_destroy(&w->inventory);
    w->inventory.nodes = xmemdup(nodes, sizeof nodes);
    w->inventory.n_nodes = ARRAY_SIZE(nodes);
    for (size_t i = 0; i < N_PFS; i++) {
        some_nics_add(&w->inventory, pfs[i],
                      dice_below(&w->dice, MAX_VFS + 1), MAX_VFS);
        some_nics_set_numa(&w->inventory, pfs[i],
                           (int) dice_below(&w->dice, 4) - 1);
    }
    for (size_t i = 0; i < w->inventory.n; i++) {
        struct device *device = &w->inventory.devices[i];

        if (device->type == DEVICE_VF && dice_chance(&w->dice, 15)) {
            device->type = DEVICE_VDPA;
        }
        if (dice_chance(&w->dice, 30)) {
            strcpy(device->serial, "S");
        }
        if (dice_chance(&w->dice, 10)) {
            device->product = 0x9999;
        }
    }
}

static void
change_specs(struct world *w)
{
    w->specs.specs = w->rules;
    w->specs.n = 1 + dice_below(&w->dice, N_RULES);
    for (size_t i = 0; i < w->specs.n; i++) {
        struct device_spec *spec = &w->rules[i];

        spec_address_destroy(&spec->address);
        device_spec_init(spec);
        w->meant[i][0] = '\0';
        if (dice_chance(&w->dice, 60)) {
            const struct device *device = random_device(w);

            strcpy(w->meant[i], device->name);
            assert_null(spec_address_parse(device->name, &spec->address));
        }
        spec->product = dice_chance(&w->dice, 20) ? 0x154c : -1;
        spec->has_physical_network = dice_chance(&w->dice, 90);
        spec->physical_network = random_network(w);
        spec->trusted = dice_chance(&w->dice, 70) ? SPEC_UNSAID
                        : dice_chance(&w->dice, 50) ? SPEC_YES : SPEC_NO;
        spec->remote_managed = dice_chance(&w->dice, 10);
    }
}

/* What a daemon knows from the bindings. */
static bool
find_port(void *w_, const char *id, struct device_holder *holder)
{
    const struct world *w = w_;

    for (size_t i = 0; i < N_PORTS; i++) {
        if (!strcmp(w->ports[i].id, id)) {
            *holder = (struct device_holder) { .asked = w->ports[i].asked };
            return true;
        }
    }
    return false;
}

/* The daemon is started again: it has the claims, in any order. */
static void
restart(struct world *w)
{
    size_t first = dice_below(&w->dice, N_PORTS);

    device_claims_destroy(&w->claims);
    for (size_t i = 0; i < N_PORTS; i++) {
        const struct port *port = &w->ports[(first + i) % N_PORTS];

        for (size_t j = 0; j < port->n_claims; j++) {
            device_claims_add(&w->claims, port->claims[j], port->id);
        }
    }
    device_claims_add(&w->claims, "tap:tap1", "other");
    device_claims_sort(&w->claims);
    w->host = (struct device_host) {
        .inventory = &w->inventory,
        .specs = &w->specs,
        .claims = &w->claims,
        .holder = find_port,
        .aux = w,
    };
}

/* The oracle. */

static const struct port *
holder_of(const struct world *w, const char *device)
{
    for (size_t i = 0; i < N_PORTS; i++) {
        if (*device && !strcmp(w->ports[i].device, device)) {
            return &w->ports[i];
        }
    }
    return NULL;
}

static const struct device_spec *
oracle_spec(const struct world *w, const struct device *device)
{
    for (size_t i = 0; i < w->specs.n; i++) {
        const struct device_spec *spec = &w->rules[i];

        if ((!w->meant[i][0] || !strcmp(w->meant[i], device->name)
             || !strcmp(w->meant[i], device->parent))
            && (spec->product < 0 || spec->product == device->product)
            && (!spec->remote_managed || device->type != DEVICE_PF)) {
            const struct device *pf = inventory_find(&w->inventory,
                                                     device->parent);

            return (spec->remote_managed && !device->serial[0]
                    && !(pf && pf->serial[0]) ? NULL : spec);
        }
    }
    return NULL;
}

static bool
oracle_tags(const struct device_request *r, const struct device_spec *spec)
{
    return (spec->has_physical_network
            && nullable_string_is_equal(spec->physical_network,
                                        r->physical_network)
            && (!r->trusted || r->trusted == spec->trusted)
            && r->remote_managed == spec->remote_managed);
}

/* What the port has for such a request, it keeps. */
static bool
oracle_same_tags(const struct device_request *a,
                 const struct device_request *b)
{
    return (nullable_string_is_equal(a->physical_network,
                                     b->physical_network)
            && a->trusted == b->trusted
            && a->remote_managed == b->remote_managed);
}

/* How good a place is; -1 if it will not do.  Sockets are {0, 1} and {2}. */
static int
oracle_rank(const struct device_request *r, const struct device *device)
{
    int node = device->numa_node;

    if (!r->numa_nodes || (node >= 0 && r->numa_nodes >> node & 1)) {
        return 0;
    }
    switch (r->numa_policy) {
    case NUMA_LEGACY:
        return node < 0 ? 1 : -1;
    case NUMA_PREFERRED:
        return node < 0 ? 1 : 2;
    case NUMA_SOCKET:
        return node >= 0 && node < 2 && r->numa_nodes & 3 ? 1 : -1;
    case NUMA_REQUIRED:
    case N_NUMA_POLICIES:
        break;
    }
    return -1;
}

static bool
oracle_free(const struct world *w, const struct device *device)
{
    if (holder_of(w, device->name) || holder_of(w, device->parent)) {
        return false;
    }
    for (size_t i = 0; i < N_PORTS; i++) {
        if (!strcmp(w->ports[i].parent, device->name)) {
            return false;
        }
    }
    return true;
}

static bool
oracle_fits(const struct world *w, const struct device_request *r,
            const struct device *device)
{
    const struct port *holder = holder_of(w, device->name);
    const struct device_spec *spec = oracle_spec(w, device);
    bool mine = holder && !strcmp(holder->id, r->holder);

    for (size_t i = 0; i < N_PORTS && r->request_id; i++) {
        if (w->ports[i].request_id
            && !strcmp(w->ports[i].request_id, r->request_id)
            && strcmp(w->ports[i].device, device->name)) {
            return false;
        }
    }
    return (device->type == r->type
            && (r->product < 0 || r->product == device->product)
            && (!r->device || !strcmp(r->device, device->name))
            && ((mine && oracle_same_tags(r, &holder->asked))
                || (spec && oracle_tags(r, spec)))
            && oracle_rank(r, device) >= 0
            && (mine || oracle_free(w, device)));
}

static bool
clash(const struct device *a, const struct device *b)
{
    return (a == b || !strcmp(a->parent, b->name)
            || !strcmp(b->parent, a->name));
}

/* Whether requests from 'i' on can be served besides what others got. */
static bool
oracle_all_fit(const struct world *w, const struct device_request *r,
               size_t n, size_t i, const struct device **given)
{
    if (i == n) {
        return true;
    }
    for (size_t d = 0; d < w->inventory.n; d++) {
        bool ok;

        given[i] = &w->inventory.devices[d];
        ok = oracle_fits(w, &r[i], given[i]);
        for (size_t j = 0; j < i && ok; j++) {
            ok = !clash(given[i], given[j]);
        }
        if (ok && oracle_all_fit(w, r, n, i + 1, given)) {
            return true;
        }
    }
    return false;
}

/* What is checked. */

static struct device_request
random_request(struct world *w, const struct port *port)
{
    struct dice *dice = &w->dice;
    struct device_request r;

    device_request_init(&r);
    r.holder = port->id;
    r.physical_network = random_network(w);
    r.type = dice_chance(dice, 65) ? DEVICE_VF
             : dice_chance(dice, 70) ? DEVICE_PF : DEVICE_VDPA;
    r.product = dice_chance(dice, 10) ? 0x154c : -1;
    r.trusted = dice_chance(dice, 8) ? SPEC_YES : SPEC_UNSAID;
    r.remote_managed = dice_chance(dice, 8);
    r.numa_policy = dice_below(dice, N_NUMA_POLICIES);
    r.numa_nodes = dice_chance(dice, 30) ? dice_below(dice, 8) : 0;
    r.device = dice_chance(dice, 10) ? random_device(w)->name : NULL;
    r.request_id = dice_chance(dice, 20) ? ids[dice_below(dice, 3)] : NULL;
    return r;
}

static void
check_pools(const struct world *w)
{
    struct device_pool *pools;
    size_t n = device_pools(&w->host, &pools);
    unsigned int counted = 0, expected = 0, held = 0;

    for (size_t i = 0; i < n; i++) {
        assert_int_equal(pools[i].n, pools[i].n_free + pools[i].n_held
                                     + pools[i].n_excluded);
        assert_true(pools[i].n_leaving <= pools[i].n_held);
        counted += pools[i].n;
        held += pools[i].n_held;
    }
    for (size_t i = 0; i < w->inventory.n; i++) {
        const struct device *device = &w->inventory.devices[i];
        const struct port *holder = holder_of(w, device->name);

        expected += holder || oracle_spec(w, device);
        held -= holder != NULL;
    }
    assert_int_equal(counted, expected);
    assert_int_equal(held, 0);
    free(pools);
}

static void
check_single(const struct world *w, const struct device_request *r,
             const struct device *given)
{
    const struct device *mine = NULL;
    int best = N_NUMA_POLICIES;

    for (size_t d = 0; d < w->inventory.n; d++) {
        const struct device *device = &w->inventory.devices[d];

        if (oracle_fits(w, r, device)) {
            best = MIN(best, oracle_rank(r, device));
            mine = holder_of(w, device->name) ? device : mine;
        }
    }
    if (mine) {
        assert_ptr_equal(given, mine);
    } else {
        assert_int_equal(oracle_rank(r, given), best);
    }
}

/* As the engine claims: a name that another port has is an error. */
static void
check_claims(const struct world *w, const struct device_request *r,
             const struct device *device)
{
    char names[DEVICE_MAX_CLAIMS][DEVICE_CLAIM_SIZE];
    size_t n = device_claim_names(device, r->request_id, names);

    for (size_t i = 0; i < n; i++) {
        const char *holder = device_claims_holder(&w->claims, names[i]);

        assert_true(!holder || !strcmp(holder, r->holder));
    }
}

static void
check_answers(const struct world *w, const struct device_request *r, size_t n,
              const struct fit_answer *answers)
{
    for (size_t i = 0; i < n; i++) {
        assert_true(oracle_fits(w, &r[i], answers[i].device));
        check_claims(w, &r[i], answers[i].device);
        for (size_t j = 0; j < i; j++) {
            assert_false(clash(answers[i].device, answers[j].device));
        }
        for (size_t f = 1; f < N_DEVICE_FILTERS; f++) {
            assert_true(answers[i].left[f] <= answers[i].left[f - 1]);
        }
    }
    if (n == 1) {
        check_single(w, r, answers[0].device);
    }
}

/* The old claims go with it: w->claims is to be made again. */
static void
hold(struct port *port, const struct device *device,
     const struct device_request *r)
{
    port->n_claims = device_claim_names(device, r->request_id, port->claims);
    strcpy(port->device, device->name);
    strcpy(port->parent, device->parent);
    port->request_id = r->request_id;
    port->asked = *r;
}

/* What two ports hold does not clash, whether it is still there or not. */
static void
check_held(const struct world *w)
{
    for (size_t i = 0; i < N_PORTS; i++) {
        for (size_t j = 0; j < N_PORTS; j++) {
            const struct port *a = &w->ports[i], *b = &w->ports[j];

            if (i != j && a->device[0] && b->device[0]) {
                assert_string_not_equal(a->device, b->device);
                assert_string_not_equal(a->device, b->parent);
                assert_true(!a->request_id || !b->request_id
                            || strcmp(a->request_id, b->request_id));
            }
        }
    }
}

/* Some ports are plugged together; returns whether they could be. */
static bool
plug(struct world *w)
{
    struct device_request r[MAX_BATCH];
    struct fit_answer answers[MAX_BATCH];
    const struct device *given[MAX_BATCH];
    size_t first = dice_below(&w->dice, N_PORTS);
    size_t n = 1 + dice_below(&w->dice, 1 + dice_below(&w->dice, MAX_BATCH));
    bool same_id = false;

    for (size_t i = 0; i < n; i++) {
        r[i] = random_request(w, &w->ports[(first + i) % N_PORTS]);
        for (size_t j = 0; j < i; j++) {
            same_id |= (r[i].request_id
                        && r[i].request_id == r[j].request_id);
        }
    }

    CLEANUP_ERROR struct vif_error *error = device_fit(&w->host, r, n,
                                                       answers);
    bool expected = !same_id && oracle_all_fit(w, r, n, 0, given);
    if (!error != expected) {
        fail_msg("%s", error ? error->message : "it cannot be");
    }
    if (!error) {
        check_answers(w, r, n, answers);
    }
    for (size_t i = 0; i < n && !error; i++) {
        hold(&w->ports[(first + i) % N_PORTS], answers[i].device, &r[i]);
    }
    return !error;
}

static void
unplug(struct world *w)
{
    struct port *port = &w->ports[dice_below(&w->dice, N_PORTS)];

    port->device[0] = port->parent[0] = '\0';
    port->request_id = NULL;
    port->n_claims = 0;
}

static unsigned int
run_history(uint64_t seed, unsigned int number)
{
    struct world w;
    unsigned int n_plugged = 0;

    memset(&w, 0, sizeof w);
    dice_seed(&w.dice, seed, number);
    for (size_t i = 0; i < N_PORTS; i++) {
        snprintf(w.ports[i].id, sizeof w.ports[i].id, "p%"PRIuSIZE, i);
    }
    change_inventory(&w);
    change_specs(&w);
    for (int turn = 0; turn < N_TURNS; turn++) {
        if (dice_chance(&w.dice, 15)) {
            change_inventory(&w);
        }
        if (dice_chance(&w.dice, 20)) {
            change_specs(&w);
        }
        if (dice_chance(&w.dice, 30)) {
            unplug(&w);
        }
        restart(&w);
        check_pools(&w);
        n_plugged += plug(&w);
        check_held(&w);
    }

    for (size_t i = 0; i < N_RULES; i++) {
        spec_address_destroy(&w.rules[i].address);
    }
    inventory_destroy(&w.inventory);
    device_claims_destroy(&w.claims);
    return n_plugged;
}

static unsigned long
from_environment(const char *name, unsigned long def)
{
    const char *value = getenv(name);

    return value ? strtoul(value, NULL, 0) : def;
}

static void
test_histories(void **state OVS_UNUSED)
{
    unsigned long seed = from_environment("VIFD_TEST_SEED", 1);
    unsigned long n = from_environment("VIFD_TEST_HISTORIES", 500);
    unsigned int n_plugged = 0;

    for (unsigned long i = 0; i < n; i++) {
        /* What is printed last has failed. */
        if (getenv("VIFD_TEST_SEED")) {
            print_message("history %lu\n", i);
        }
        n_plugged += run_history(seed, i);
    }
    /* It does happen. */
    assert_true(n_plugged > n * N_TURNS / 10);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_histories),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
