/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_FAKE_SYS_H
#define TESTS_FAKE_SYS_H 1

/* A directory that the helper takes for the host: below it sysfs with a
 * network controller, 0000:03:00.1, and a disk controller, 0000:00:1f.2, and
 * /dev.  Attributes are plain files: what was written stays. */

#include "privilege/privilege.h"

struct fake_sys {
    char dir[64];
    char sys[80], dev[80];
    struct privilege_host host;
};

#define FAKE_NIC "0000:03:00.1"
#define FAKE_DISK "0000:00:1f.2"
#define FAKE_NIC_DIR "sys/bus/pci/devices/0000:03:00.1"
#define FAKE_DISK_DIR "sys/bus/pci/devices/0000:00:1f.2"
extern const struct privilege_pci_address fake_nic, fake_disk;

/* Fixture: '*state' is the struct fake_sys. */
int fake_sys_set_up(void **state);
int fake_sys_tear_down(void **state);

/* Makes the file 'name' below the directory. */
void fake_sys_write(const struct fake_sys *, const char *name,
                    const char *text);

/* Makes a symbolic link, perhaps in place of another; and a folder. */
void fake_sys_link(const struct fake_sys *, const char *name,
                   const char *target);
void fake_sys_make_folder(const struct fake_sys *, const char *name);

/* What is in the file 'name', which must be there; valid until the next
 * call. */
const char *fake_sys_read(const struct fake_sys *, const char *name);

/* Fails the test unless every attribute is as it was made. */
void fake_sys_assert_untouched(const struct fake_sys *);

#endif /* tests/unit/fake-sys.h */
