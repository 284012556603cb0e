/* SPDX-License-Identifier: Apache-2.0 */

/* See sysfs.h. */

#include <config.h>

#include "kernel/sysfs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/alloc.h"
#include "lib/cleanup.h"

/* Entries of a directory: a PF has at most 65535 VFs, and a link for each. */
#define MAX_NAMES (128 * 1024)

/* See sysfs_shortage(). */
static __thread int shortage;

struct vif_error *
sysfs_open(const char *root, int *dirp)
{
    shortage = 0;
    *dirp = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return *dirp < 0 ? vif_error_from_errno(errno, "open %s", root) : NULL;
}

int
sysfs_shortage(void)
{
    return shortage;
}

static int
open_below(int dir, const char *path, int flags)
{
    int fd = openat(dir, path, O_RDONLY | O_CLOEXEC | flags);

    if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOMEM)) {
        shortage = errno;
    }
    return fd;
}

int
sysfs_read_open(int fd, void *buf, size_t size, size_t *np)
{
    *np = 0;
    for (;;) {
        char beyond;
        bool full = *np == size;
        ssize_t n = read(fd, full ? &beyond : (char *) buf + *np,
                         full ? 1 : size - *np);
        if (!n) {
            return 0;
        } else if (n > 0 && full) {
            return EFBIG;
        } else if (n > 0) {
            *np += n;
        } else if (errno != EINTR) {
            return errno;
        }
    }
}

int
sysfs_read(int dir, const char *path, void *buf, size_t size, size_t *np)
{
    CLEANUP_CLOSE int fd = open_below(dir, path, 0);

    *np = 0;
    return fd < 0 ? errno : sysfs_read_open(fd, buf, size, np);
}

/* The path that 'fmt' makes, in 'path' of PATH_MAX bytes. */
static int VIF_PRINTF(2, 0)
make_path(char *path, const char *fmt, va_list args)
{
    int length = vsnprintf(path, PATH_MAX, fmt, args);

    return length < 0 || length >= PATH_MAX ? ENAMETOOLONG : 0;
}

#define MAKE_PATH(PATH, FMT)                        \
    __extension__ ({                                \
        va_list args__;                             \
        va_start(args__, FMT);                      \
        int failure__ = make_path(PATH, FMT, args__);\
        va_end(args__);                             \
        failure__;                                  \
    })

static int
read_line(int dir, const char *path, char *buf, size_t size)
{
    size_t n;
    int failure = sysfs_read(dir, path, buf, size - 1, &n);

    buf[failure ? 0 : n] = '\0';
    buf[strcspn(buf, "\n")] = '\0';
    return failure;
}

int
sysfs_read_line(int dir, char *buf, size_t size, const char *fmt, ...)
{
    char path[PATH_MAX];
    int failure = MAKE_PATH(path, fmt);

    buf[0] = '\0';
    return failure ? failure : read_line(dir, path, buf, size);
}

long long
sysfs_read_number(int dir, long long def, const char *fmt, ...)
{
    char path[PATH_MAX], text[64], *end;

    if (MAKE_PATH(path, fmt) || read_line(dir, path, text, sizeof text)) {
        return def;
    }
    errno = 0;
    long long value = strtoll(text, &end, 0);
    return errno || end == text || *end ? def : value;
}

static int
read_link(int dir, const char *path, char *buf, size_t size)
{
    ssize_t n = readlinkat(dir, path, buf, size);
    int failure = n < 0 ? errno : (size_t) n == size ? EFBIG : 0;

    buf[failure ? 0 : n] = '\0';
    return failure;
}

int
sysfs_read_link(int dir, char *buf, size_t size, const char *fmt, ...)
{
    char path[PATH_MAX];
    int failure = MAKE_PATH(path, fmt);

    buf[0] = '\0';
    return failure ? failure : read_link(dir, path, buf, size);
}

int
sysfs_read_link_name(int dir, char *buf, size_t size, const char *fmt, ...)
{
    char path[PATH_MAX], target[PATH_MAX];
    int failure = MAKE_PATH(path, fmt);

    buf[0] = '\0';
    if (!failure) {
        failure = read_link(dir, path, target, sizeof target);
    }
    if (failure) {
        return failure;
    }

    const char *slash = strrchr(target, '/');
    const char *name = slash ? slash + 1 : target;
    if (strlen(name) >= size) {
        return EFBIG;
    }
    strcpy(buf, name);
    return 0;
}

static int
compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *) a, *(char *const *) b);
}

static void
close_directory(DIR **directory)
{
    if (*directory) {
        closedir(*directory);
    }
}

static int
list(int dir, const char *path, struct sysfs_names *names)
{
    int fd = open_below(dir, path, O_DIRECTORY);
    if (fd < 0) {
        return errno;
    }

    CLEANUP(close_directory) DIR *directory = fdopendir(fd);
    if (!directory) {
        int failure = errno;
        close(fd);
        return failure;
    }

    size_t allocated = 0;
    const struct dirent *entry;
    while ((errno = 0, entry = readdir(directory))) {
        if (entry->d_name[0] == '.') {
            continue;
        } else if (names->n == MAX_NAMES) {
            return EFBIG;
        } else if (names->n == allocated) {
            allocated = allocated ? 2 * allocated : 16;
            names->names = vif_xreallocarray(names->names, allocated,
                                             sizeof *names->names);
        }
        names->names[names->n++] = vif_xstrdup(entry->d_name);
    }
    return errno;
}

int
sysfs_list(int dir, struct sysfs_names *names, const char *fmt, ...)
{
    char path[PATH_MAX];
    int failure = MAKE_PATH(path, fmt);

    names->names = NULL;
    names->n = 0;
    if (!failure) {
        failure = list(dir, path, names);
    }
    if (names->n) {
        qsort(names->names, names->n, sizeof *names->names, compare_names);
    }
    return failure;
}

void
sysfs_names_destroy(struct sysfs_names *names)
{
    for (size_t i = 0; i < names->n; i++) {
        free(names->names[i]);
    }
    free(names->names);
    names->names = NULL;
    names->n = 0;
}
