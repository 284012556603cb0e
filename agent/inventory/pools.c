/* SPDX-License-Identifier: Apache-2.0 */

/* See pools.h. */

#include <config.h>

#include "inventory/pools.h"

#include <stdlib.h>
#include <string.h>

#include "lib/alloc.h"

const struct device_spec *
device_host_spec(const struct device_host *host, const struct device *device)
{
    const struct device_spec *spec
        = device_specs_match(host->specs, host->inventory, device);

    return (spec && spec->remote_managed
            && !inventory_serial(host->inventory, device)[0] ? NULL : spec);
}

static struct device_pool
make_pool(const struct device_host *host, const struct device *device,
          const struct device_spec *spec)
{
    const struct device *pf = inventory_parent(host->inventory, device);
    struct device_pool pool = {
        .type = device->type,
        .vendor = device->vendor,
        .product = device->product,
        .numa_node = device->numa_node,
        .pf = device->parent[0] ? device->parent : device->name,
        .netdev = pf ? pf->netdev.name : device->netdev.name,
        .managed = true,
    };

    if (spec) {
        pool.physical_network = spec->physical_network;
        pool.has_physical_network = spec->has_physical_network;
        pool.trusted = spec->trusted;
        pool.live_migratable = spec->live_migratable;
        pool.remote_managed = spec->remote_managed;
        pool.managed = spec->managed;
    }
    return pool;
}

static int
compare_strings(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) : !b - !a;
}

/* First what an operator looks for. */
static int
compare_keys(const struct device_pool *a, const struct device_pool *b)
{
    const int order[] = {
        b->has_physical_network - a->has_physical_network,
        compare_strings(a->physical_network, b->physical_network),
        strcmp(a->pf, b->pf),
        (int) a->type - (int) b->type,
        a->vendor - b->vendor,
        a->product - b->product,
        a->numa_node - b->numa_node,
        (int) a->trusted - (int) b->trusted,
        (int) a->live_migratable - (int) b->live_migratable,
        a->remote_managed - b->remote_managed,
        a->managed - b->managed,
        strcmp(a->netdev, b->netdev),
    };

    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        if (order[i]) {
            return order[i];
        }
    }
    return 0;
}

static int
compare_pools(const void *a, const void *b)
{
    return compare_keys(a, b);
}

/* Makes one of those that are alike. */
static size_t
merge(struct device_pool *pools, size_t n)
{
    size_t last = 0;

    for (size_t i = 1; i < n; i++) {
        struct device_pool *pool = &pools[last];

        if (compare_keys(pool, &pools[i])) {
            pools[++last] = pools[i];
            continue;
        }
        pool->n += pools[i].n;
        pool->n_free += pools[i].n_free;
        pool->n_held += pools[i].n_held;
        pool->n_excluded += pools[i].n_excluded;
        pool->n_drained += pools[i].n_drained;
        pool->n_leaving += pools[i].n_leaving;
    }
    return n ? last + 1 : 0;
}

size_t
device_pools(const struct device_host *host, struct device_pool **poolsp)
{
    const struct inventory *inventory = host->inventory;
    struct device_pool *pools = vif_xcalloc(inventory->n + 1, sizeof *pools);
    size_t n = 0;

    for (size_t i = 0; i < inventory->n; i++) {
        const struct device *device = &inventory->devices[i];
        const struct device_spec *spec = device_host_spec(host, device);
        enum device_state state = device_claims_state(host->claims, inventory,
                                                      device, NULL);

        if (spec || state == DEVICE_HELD) {
            struct device_pool *pool = &pools[n++];

            *pool = make_pool(host, device, spec);
            pool->n = 1;
            pool->n_free = state == DEVICE_FREE;
            pool->n_held = state == DEVICE_HELD;
            pool->n_excluded = state == DEVICE_EXCLUDED;
            pool->n_drained = state == DEVICE_DRAINED;
            pool->n_leaving = !spec;
        }
    }
    qsort(pools, n, sizeof *pools, compare_pools);
    *poolsp = pools;
    return merge(pools, n);
}
