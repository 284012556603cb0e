/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INVENTORY_INVENTORY_H
#define INVENTORY_INVENTORY_H 1

/* The NICs of the host and their functions: a sorted array of devices, keyed
 * by bus address and number, never by the name of a netdev.  Plain memory:
 * a worker reads one (read.h), the main loop keeps one, puts in what a worker
 * has read again, and compares. */

#include <stdbool.h>
#include <stddef.h>

#include "inventory/device.h"
#include "lib/cleanup.h"

/* A NUMA node and the socket that its first processor sits in. */
struct numa_node {
    int node, socket;
};

/* A zeroed struct is an empty inventory. */
struct inventory {
    struct device *devices;     /* Sorted by name, each name once. */
    size_t n, allocated;
    struct numa_node *nodes;    /* Sorted by node. */
    size_t n_nodes;
};
#define INVENTORY_INIT { NULL, 0, 0, NULL, 0 }
#define CLEANUP_INVENTORY CLEANUP(inventory_destroy)

void inventory_destroy(struct inventory *);     /* Leaves an empty one. */
void inventory_clone(struct inventory *to, const struct inventory *from);

/* NULL if there is none.  Valid until the inventory changes. */
const struct device *inventory_find(const struct inventory *,
                                    const char *name);
const struct device *inventory_find_netdev(const struct inventory *,
                                           int ifindex);
const struct device *inventory_find_netdev_name(const struct inventory *,
                                                const char *netdev);
/* The PF of a VF; NULL for all else or if it is gone. */
const struct device *inventory_parent(const struct inventory *,
                                      const struct device *);
/* The serial number of the card that 'device' is on: its own or its PF's; ""
 * if there is none. */
const char *inventory_serial(const struct inventory *,
                             const struct device *);
/* The capabilities of 'device' as bits.  A VF has "switchdev" if its PF's
 * eswitch is in that mode. */
uint32_t inventory_capabilities(const struct inventory *,
                                const struct device *);
/* The socket of a NUMA node, or DEVICE_UNKNOWN. */
int inventory_socket(const struct inventory *, int numa_node);

/* Adds 'device' or replaces the one of that name. */
void inventory_put(struct inventory *, const struct device *);
void inventory_remove(struct inventory *, const char *name);

/* Replaces the device 'name', and with 'vfs' all of its VFs, by what is in
 * 'part': a worker has read them again.  Nothing in 'part' means that it has
 * gone; a PF that has gone takes its VFs along. */
void inventory_update(struct inventory *, const char *name, bool vfs,
                      const struct inventory *part);

/* What became of a device. */
enum inventory_event_type {
    INVENTORY_APPEARED,
    INVENTORY_VANISHED,
    INVENTORY_CHANGED,
};

/* What is different about it, as bits. */
enum {
    INVENTORY_NETDEV = 1 << 0,  /* Another netdev, name, MAC or port. */
    INVENTORY_DRIVER = 1 << 1,
    INVENTORY_VFS = 1 << 2,     /* A PF's number of VFs. */
    INVENTORY_TYPE = 1 << 3,
    INVENTORY_OTHER = 1 << 4,
};

struct inventory_event {
    enum inventory_event_type type;
    const struct device *before, *after;    /* NULL where it was not there. */
    unsigned int what;                      /* If changed. */
};

/* Tells how 'after' differs from 'before', by name.  Pure. */
void inventory_diff(const struct inventory *before,
                    const struct inventory *after,
                    void (*tell)(void *aux, const struct inventory_event *),
                    void *aux);

#endif /* inventory/inventory.h */
