/* SPDX-License-Identifier: Apache-2.0 */

/* A layer between SQLite and its own VFS that passes everything on but
 * writes, which it can be told to fail or to hold up. */

#include <config.h>

#include "tests/unit/failing-vfs.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stddef.h>

struct failing_file {
    sqlite3_file up;
    sqlite3_file *real;         /* Follows in the same memory. */
};

static sqlite3_vfs *real_vfs;
static sqlite3_vfs failing_vfs;
static atomic_int write_code, writes_left;

static pthread_mutex_t hold_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t released = PTHREAD_COND_INITIALIZER;
static bool holding;

void
failing_vfs_fail_writes(int code, int n)
{
    atomic_store(&writes_left, n);
    atomic_store(&write_code, code);
}

void
failing_vfs_hold_writes(bool hold)
{
    pthread_mutex_lock(&hold_mutex);
    holding = hold;
    pthread_cond_broadcast(&released);
    pthread_mutex_unlock(&hold_mutex);
}

static void
wait_while_holding(void)
{
    pthread_mutex_lock(&hold_mutex);
    while (holding) {
        pthread_cond_wait(&released, &hold_mutex);
    }
    pthread_mutex_unlock(&hold_mutex);
}

static sqlite3_file *
real_file(sqlite3_file *file)
{
    return ((struct failing_file *) file)->real;
}

#define PASS(FILE, METHOD, ...) \
    (real_file(FILE)->pMethods->METHOD(real_file(FILE), ##__VA_ARGS__))

static int
fail_close(sqlite3_file *file)
{
    return PASS(file, xClose);
}

static int
fail_read(sqlite3_file *file, void *buf, int n, sqlite3_int64 offset)
{
    return PASS(file, xRead, buf, n, offset);
}

static int
fail_write(sqlite3_file *file, const void *buf, int n, sqlite3_int64 offset)
{
    int code;

    wait_while_holding();
    code = atomic_load(&write_code);
    if (code != SQLITE_OK && atomic_fetch_sub(&writes_left, 1) <= 0) {
        return code;
    }
    return PASS(file, xWrite, buf, n, offset);
}

static int
fail_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    return PASS(file, xTruncate, size);
}

static int
fail_sync(sqlite3_file *file, int flags)
{
    return PASS(file, xSync, flags);
}

static int
fail_file_size(sqlite3_file *file, sqlite3_int64 *size)
{
    return PASS(file, xFileSize, size);
}

static int
fail_lock(sqlite3_file *file, int lock)
{
    return PASS(file, xLock, lock);
}

static int
fail_unlock(sqlite3_file *file, int lock)
{
    return PASS(file, xUnlock, lock);
}

static int
fail_check_reserved_lock(sqlite3_file *file, int *reserved)
{
    return PASS(file, xCheckReservedLock, reserved);
}

static int
fail_file_control(sqlite3_file *file, int op, void *arg)
{
    return PASS(file, xFileControl, op, arg);
}

static int
fail_sector_size(sqlite3_file *file)
{
    return PASS(file, xSectorSize);
}

static int
fail_device_characteristics(sqlite3_file *file)
{
    return PASS(file, xDeviceCharacteristics);
}

static int
fail_shm_map(sqlite3_file *file, int page, int size, int extend,
             void volatile **mem)
{
    return PASS(file, xShmMap, page, size, extend, mem);
}

static int
fail_shm_lock(sqlite3_file *file, int offset, int n, int flags)
{
    return PASS(file, xShmLock, offset, n, flags);
}

static void
fail_shm_barrier(sqlite3_file *file)
{
    PASS(file, xShmBarrier);
}

static int
fail_shm_unmap(sqlite3_file *file, int delete)
{
    return PASS(file, xShmUnmap, delete);
}

static const sqlite3_io_methods failing_methods = {
    .iVersion = 2,
    .xClose = fail_close,
    .xRead = fail_read,
    .xWrite = fail_write,
    .xTruncate = fail_truncate,
    .xSync = fail_sync,
    .xFileSize = fail_file_size,
    .xLock = fail_lock,
    .xUnlock = fail_unlock,
    .xCheckReservedLock = fail_check_reserved_lock,
    .xFileControl = fail_file_control,
    .xSectorSize = fail_sector_size,
    .xDeviceCharacteristics = fail_device_characteristics,
    .xShmMap = fail_shm_map,
    .xShmLock = fail_shm_lock,
    .xShmBarrier = fail_shm_barrier,
    .xShmUnmap = fail_shm_unmap,
};

static int
fail_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file_, int flags,
          int *out_flags)
{
    struct failing_file *file = (struct failing_file *) file_;
    int code;

    (void) vfs;
    file->real = (sqlite3_file *) (file + 1);
    code = real_vfs->xOpen(real_vfs, name, file->real, flags, out_flags);
    file->up.pMethods = file->real->pMethods ? &failing_methods : NULL;
    return code;
}

void
failing_vfs_install(void)
{
    real_vfs = sqlite3_vfs_find(NULL);
    failing_vfs = *real_vfs;
    failing_vfs.pNext = NULL;
    failing_vfs.zName = "failing";
    failing_vfs.szOsFile += sizeof(struct failing_file);
    failing_vfs.xOpen = fail_open;
    sqlite3_vfs_register(&failing_vfs, 1);
}
