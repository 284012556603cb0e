/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SOME_NICS_H
#define TESTS_SOME_NICS_H 1

/* Inventories without a sysfs to read them from, and hosts that have them. */

#include "inventory/request.h"

struct config;

/* Adds a NIC (8086:1572, NUMA node 0) and, with 'n_vfs', VFs 8086:154c that
 * follow it as fake_sysfs_vfs() lays them out.  With 'max_vfs' 0 it has no
 * SR-IOV. */
void some_nics_add(struct inventory *, const char *pci_address,
                   unsigned int n_vfs, unsigned int max_vfs);

/* "0000:03:01.2" for VF 2 of "0000:03:00.0". */
void some_nics_vf_address(const char *pf, unsigned int number, char *buf);

/* The device, to change it. */
struct device *some_nics_get(struct inventory *, const char *name);

/* Sets a member of a PF and of all its VFs. */
void some_nics_set_numa(struct inventory *, const char *pf, int node);

/* NICs, what is said of them, and who has claimed which. */
struct some_host {
    struct inventory inventory;
    struct device_claims claims;
    struct config *config;
    struct device_host view;
    bool holder_known;          /* 'holder' is what is known of each port
                                 * that holds a device. */
    struct device_holder holder;
};

struct some_host *some_host_create(void);       /* It has none of these. */
void some_host_destroy(struct some_host *);

/* Says of the devices what the YAML 'device_spec' does. */
void some_host_configure(struct some_host *, const char *device_spec);
void some_host_claim(struct some_host *, const char *name,
                     const char *holder);

/* For cmocka_unit_test_setup_teardown(): '*state' is a host with PFs
 * 0000:03:00.0, on physnet1, and 0000:04:00.0, on no physical network, of
 * three VFs each; NUMA nodes 0 and 1 are in socket 0, node 2 in socket 1. */
int some_host_set_up(void **state);
int some_host_tear_down(void **state);

/* A VF on physnet1 for port "p". */
struct device_request some_host_request(void);

#endif /* tests/unit/some-nics.h */
