/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_FAKE_SYSFS_H
#define TESTS_FAKE_SYSFS_H 1

/* A directory that looks like sysfs as far as NICs go, laid out as the kernel
 * does: devices below "devices", links to them below "bus". */

#include <stddef.h>

#include <vif/error.h>

struct fake_sysfs {
    char root[64];
};

/* For cmocka_unit_test_setup_teardown(): '*state' is the struct. */
int fake_sysfs_set_up(void **state);
int fake_sysfs_tear_down(void **state);

/* A file, with the folders above it.  A line's end is added. */
void fake_sysfs_write(struct fake_sysfs *, const char *value,
                      const char *fmt, ...) VIF_PRINTF(3, 4);
void fake_sysfs_write_bytes(struct fake_sysfs *, const void *bytes, size_t n,
                            const char *fmt, ...) VIF_PRINTF(4, 5);
void fake_sysfs_link(struct fake_sysfs *, const char *target,
                     const char *fmt, ...) VIF_PRINTF(3, 4);
/* Removes a file, link or folder with all that is in it. */
void fake_sysfs_remove(struct fake_sysfs *, const char *fmt, ...)
    VIF_PRINTF(2, 3);

/* A NIC: vendor 8086, product 1572, VFs 154c, on NUMA node 0, driver i40e. */
void fake_sysfs_pci(struct fake_sysfs *, const char *address);
/* Makes it a PF that has 'n' of 'max' VFs.  Their addresses follow its own,
 * eight to a slot. */
void fake_sysfs_vfs(struct fake_sysfs *, const char *pf, unsigned int n,
                    unsigned int max);
/* One VF comes or goes, and nothing is said of it where they are counted. */
void fake_sysfs_add_vf(struct fake_sysfs *, const char *pf,
                       unsigned int number);
void fake_sysfs_remove_vf(struct fake_sysfs *, const char *pf,
                          unsigned int number);
/* A netdev of the device in folder "bus/..."; NULL: without that attribute. */
void fake_sysfs_netdev(struct fake_sysfs *, const char *folder,
                       const char *name, int ifindex, const char *switch_id,
                       const char *port_name);

#endif /* tests/unit/fake-sysfs.h */
