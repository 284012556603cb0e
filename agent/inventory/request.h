/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INVENTORY_REQUEST_H
#define INVENTORY_REQUEST_H 1

/* What a port asks of a device, and the filters that say which devices do.
 * The filters stand in a table, in order: each leaves some of what the ones
 * before it have left, and how many is what an operator is told. */

#include "inventory/pools.h"

/* Nova's hw:pci_numa_affinity_policy.  Nothing is asked if the instance is
 * on no NUMA node in particular. */
enum numa_policy {
    NUMA_LEGACY,            /* On one of the nodes, or on none. */
    NUMA_REQUIRED,          /* On one of the nodes. */
    NUMA_PREFERRED,         /* Better on one of the nodes, then on none. */
    NUMA_SOCKET,            /* In the socket of one of the nodes. */
    N_NUMA_POLICIES
};
const char *numa_policy_name(enum numa_policy);
bool numa_policy_from_name(const char *, enum numa_policy *);

#define DEVICE_MAX_NUMA_NODES 64

struct device_request {
    const char *holder;         /* The port: what it holds it may keep. */
    const char *physical_network;   /* NULL is a value: "of none". */
    enum device_type type;      /* DEVICE_VF, DEVICE_PF or DEVICE_VDPA. */
    int vendor, product;        /* -1: any. */
    enum spec_answer trusted, live_migratable;  /* SPEC_UNSAID: any. */
    bool remote_managed;
    enum numa_policy numa_policy;
    uint64_t numa_nodes;        /* Bit I: node I; 0: not asked. */
    bool needs_netdev;          /* A macvtap will sit on it: one that has no
                                 * netdev at present is the last resort. */
    const char *device;         /* Just this one ("pci/0000:03:01.2"), or
                                 * NULL. */
    const char *request_id;     /* pci_request_id, or NULL. */
};

void device_request_init(struct device_request *);

/* A port that holds a device. */
struct device_holder {
    struct device_request asked;    /* When it got it; of this only what the
                                     * device spec answers counts. */
    bool leaving;                   /* It will soon hold none. */
};

/* Whether it makes sense by itself: a type that can be asked for, an id that
 * is not empty, not too long and without "=". */
struct vif_error *device_request_check(const struct device_request *)
    VIF_WARN_UNUSED;

enum device_filter {
    FILTER_SPEC,            /* The device spec means it. */
    FILTER_DEVICE,
    FILTER_REQUEST_ID,
    FILTER_PHYSICAL_NETWORK,
    FILTER_TYPE,
    FILTER_VENDOR,
    FILTER_PRODUCT,
    FILTER_TRUSTED,
    FILTER_REMOTE_MANAGED,
    FILTER_LIVE_MIGRATABLE,
    FILTER_NUMA,
    FILTER_DRAINED,         /* Its PF is not drained, or the port has it. */
    FILTER_FREE,
    N_DEVICE_FILTERS
};
const char *device_filter_name(enum device_filter);

/* The first filter that 'device', of which 'spec' is device_host_spec(), does
 * not pass, or N_DEVICE_FILTERS if it fits.  While a port asks the spec for
 * the same as when it got its device, that device passes FILTER_SPEC, and what
 * else asks the spec, whatever has become of the spec. */
enum device_filter device_request_filter(const struct device_request *,
                                         const struct device_host *,
                                         const struct device *,
                                         const struct device_spec *spec);

/* What the spec says of 'device', which fits; NULL if the port keeps it
 * although the spec says something else by now. */
const struct device_spec *device_request_spec(const struct device_request *,
                                              const struct device_host *,
                                              const struct device *);

/* How good the place of a device is that has passed: 0 is best. */
unsigned int device_request_rank(const struct device_request *,
                                 const struct inventory *,
                                 const struct device *);

/* What a filter asks for, as "physical_network physnet1"; "" if the request
 * does not ask.  What no request asks for and is always so, that the PF is not
 * drained, is worth telling only where it has left fewer. */
#define DEVICE_FILTER_TEXT_SIZE 320
const char *device_filter_describe(enum device_filter,
                                   const struct device_request *,
                                   char buf[DEVICE_FILTER_TEXT_SIZE]);

#endif /* inventory/request.h */
