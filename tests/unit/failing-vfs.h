/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_FAILING_VFS_H
#define TESTS_FAILING_VFS_H 1

/* SQLite's own way to the disk, with a disk that can be made to fail. */

#include <stdbool.h>

/* Puts itself before SQLite's default, for files opened from now on. */
void failing_vfs_install(void);

/* From now on every write fails with the SQLite code 'code', such as
 * SQLITE_FULL, after 'n' that succeed; with SQLITE_OK none does.  May be
 * called from any thread. */
void failing_vfs_fail_writes(int code, int n);

/* While 'hold', a write waits. */
void failing_vfs_hold_writes(bool hold);

#endif /* tests/unit/failing-vfs.h */
