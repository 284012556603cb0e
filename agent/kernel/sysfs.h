/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_SYSFS_H
#define KERNEL_SYSFS_H 1

/* Reading sysfs, below a directory that tests may choose.  Mechanism only.
 *
 * Everything here may block: an attribute is a function of a driver.  So it
 * is for workers; nothing is shared between calls.
 *
 * 'dir' is a descriptor of the root, 'path' and the format are relative to
 * it.  What is larger than the caller's buffer is refused (EFBIG), never
 * cut.  Failures are errno values, because what they mean depends on the
 * attribute: a driver answers EOPNOTSUPP, EINVAL or EIO for what its device
 * does not have, and ENOENT or ENODEV says that the device has gone. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <vif/error.h>

#include "lib/cleanup.h"

/* Opens the root, usually "/sys".  The caller closes. */
struct vif_error *sysfs_open(const char *root, int *dirp) VIF_WARN_UNUSED;

/* EMFILE, ENFILE or ENOMEM if, since this thread's last sysfs_open(), there
 * was no descriptor or no memory to open something with; else 0.  Then
 * attributes seemed to be missing that may be there. */
int sysfs_shortage(void);

/* An attribute as it is: at most 'size' bytes, '*np' of them.  0 or errno. */
int sysfs_read(int dir, const char *path, void *buf, size_t size, size_t *np);

/* The same of one that is open. */
int sysfs_read_open(int fd, void *buf, size_t size, size_t *np);

/* An attribute that is a line of text, without what ends it.  0 or errno, and
 * then 'buf' is "". */
int sysfs_read_line(int dir, char *buf, size_t size, const char *fmt, ...)
    VIF_PRINTF(4, 5);

/* An attribute that is a number, in C's notation ("0x8086", "-1").  'def' if
 * there is none or it is something else. */
long long sysfs_read_number(int dir, long long def, const char *fmt, ...)
    VIF_PRINTF(3, 4);

/* Where a symbolic link points to, and the last component of that.  0 or
 * errno, and then 'buf' is "". */
int sysfs_read_link(int dir, char *buf, size_t size, const char *fmt, ...)
    VIF_PRINTF(4, 5);
int sysfs_read_link_name(int dir, char *buf, size_t size,
                         const char *fmt, ...) VIF_PRINTF(4, 5);

/* The names in a directory, sorted, without those that start with a dot.
 * sysfs_names_destroy() is due also after a failure.  0 or errno. */
struct sysfs_names {
    char **names;
    size_t n;
};
#define CLEANUP_SYSFS_NAMES CLEANUP(sysfs_names_destroy)
int sysfs_list(int dir, struct sysfs_names *, const char *fmt, ...)
    VIF_PRINTF(3, 4);
void sysfs_names_destroy(struct sysfs_names *);

#endif /* kernel/sysfs.h */
