/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SOME_NICS_H
#define TESTS_SOME_NICS_H 1

/* Inventories without a sysfs to read them from. */

#include "inventory/inventory.h"

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

#endif /* tests/unit/some-nics.h */
