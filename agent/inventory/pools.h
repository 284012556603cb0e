/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INVENTORY_POOLS_H
#define INVENTORY_POOLS_H 1

/* Devices that are alike to whoever asks for one, counted: what Nova's
 * tracker calls pools (nova/pci/stats.py).  They are made from the inventory
 * whenever somebody looks; a device that changes is in another pool the next
 * time. */

#include "inventory/claims.h"
#include "inventory/spec.h"

struct device_holder;

/* What is asked about all devices.  Pure: nobody here changes any of it. */
struct device_host {
    const struct inventory *inventory;
    const struct device_specs *specs;
    const struct device_claims *claims;     /* Sorted. */

    /* Tells of 'port', which holds a device (request.h); false if nothing is
     * known of it.  NULL: of none is. */
    bool (*holder)(void *aux, const char *port, struct device_holder *);
    void *aux;
};

/* What the operator says of a device, or NULL if it may not be used: nothing
 * matches, or it is to be managed by a card that has no serial number. */
const struct device_spec *device_host_spec(const struct device_host *,
                                           const struct device *);

struct device_pool {
    /* The key.  What is said of the devices comes from one of the specs, or
     * from none if they have left it while they are in use. */
    const char *physical_network;
    bool has_physical_network;
    enum device_type type;
    uint16_t vendor, product;
    int numa_node;
    const char *pf;             /* Name of the PF, or of the device itself. */
    const char *netdev;         /* The PF's; "" if it has none. */
    enum spec_answer trusted, live_migratable;
    bool remote_managed, managed;

    /* How many there are, and how many of them are what. */
    unsigned int n, n_free, n_held, n_excluded, n_drained;
    unsigned int n_leaving;     /* Held, and no spec means them any more. */
};

/* The pools, sorted by key; the strings belong to 'host'.  The caller frees
 * '*poolsp' with free(). */
size_t device_pools(const struct device_host *, struct device_pool **poolsp);

#endif /* inventory/pools.h */
