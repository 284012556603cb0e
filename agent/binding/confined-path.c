/* SPDX-License-Identifier: Apache-2.0 */

/* Paths that come in a binding. */

#include <config.h>

#include "binding/confined-path.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "openvswitch/dynamic-string.h"
#include "util.h"

#define DIRECTORY_FLAGS (O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

/* Opens 'beneath', which is relative, in 'base'.  Returns a descriptor or a
 * negative errno value. */
typedef int opener(int base, const char *beneath);

/* Checks. */

static const char *
path_fault(const char *path)
{
    if (*path != '/') {
        return "is no absolute path";
    } else if (strlen(path) > CONFINED_PATH_MAX) {
        return "is longer than the 107 bytes that a socket's path can have";
    }
    for (const char *p = path; *p; p++) {
        if ((unsigned char) *p < ' ' || *p == 0x7f) {
            return "has a control character";
        }
    }
    for (const char *p = path; *p; ) {
        size_t length = strcspn(++p, "/");

        if (!length) {
            return "has an empty component";
        } else if ((length == 1 && p[0] == '.')
                   || (length == 2 && p[0] == '.' && p[1] == '.')) {
            return "has a component \".\" or \"..\"";
        }
        p += length;
    }
    return NULL;
}

static bool
is_beneath(const char *path, const char *directory)
{
    size_t length = strlen(directory);

    while (length && directory[length - 1] == '/') {
        length--;
    }
    return !strncmp(path, directory, length) && path[length] == '/';
}

/* The one of 'directories' that 'path' is beneath; NULL if it is none. */
static const char *
find_directory(const char *path, char *const *directories, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (directories[i] && is_beneath(path, directories[i])) {
            return directories[i];
        }
    }
    return NULL;
}

static struct vif_error *
refuse_elsewhere(const char *path, char *const *directories, size_t n)
{
    struct ds all = DS_EMPTY_INITIALIZER;

    for (size_t i = 0; i < n; i++) {
        ds_put_format(&all, "%s%s", i ? ", " : "", directories[i]);
    }
    struct vif_error *error = vif_error_create(
        VIF_ERR_REFUSED, "'%s' is in none of vhostuser_directories: %s",
        path, n ? ds_cstr(&all) : "there are none");
    ds_destroy(&all);
    return error;
}

struct vif_error *
confined_path_check(const char *path, char *const *directories, size_t n)
{
    const char *fault = path_fault(path);

    if (fault) {
        /* A terminal may get to see the message. */
        bool printable = strcmp(fault, "has a control character") != 0;

        return vif_error_create(VIF_ERR_INVALID, "'%.200s' %s",
                                printable ? path : "...", fault);
    }
    return (find_directory(path, directories, n) ? NULL
            : refuse_elsewhere(path, directories, n));
}

/* Whether nobody but root, vifd and whom these have let in can put something
 * else into the directory 'fd'. */
static struct vif_error *
check_owner(int fd, const char *path)
{
    struct stat st;

    if (fstat(fd, &st)) {
        return vif_error_from_errno(errno, "%s", path);
    } else if (st.st_uid && st.st_uid != geteuid()) {
        return vif_error_create(VIF_ERR_REFUSED, "directory %s belongs to "
                                "user %"PRIuMAX", neither to root nor to "
                                "vifd's own", path, (uintmax_t) st.st_uid);
    } else if (st.st_mode & S_IWOTH) {
        return vif_error_create(VIF_ERR_REFUSED, "directory %s is writable "
                                "for everybody", path);
    }
    return NULL;
}

/* Opening. */

static int
open_at_once(int base, const char *beneath)
{
    const struct open_how how = {
        .flags = DIRECTORY_FLAGS,
        .resolve = (RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS
                    | RESOLVE_NO_MAGICLINKS),
    };
    int fd;

    /* EAGAIN: something was renamed meanwhile, so that the kernel cannot be
     * sure; openat2(2). */
    do {
        fd = syscall(SYS_openat2, base, beneath, &how, sizeof how);
    } while (fd < 0 && (errno == EAGAIN || errno == EINTR));
    return fd < 0 ? -errno : fd;
}

static int
open_by_component(int base, const char *beneath)
{
    CLEANUP_FREE char *copy = xstrdup(beneath);
    char *save = NULL;
    int fd = openat(base, ".", DIRECTORY_FLAGS);

    for (char *name = strtok_r(copy, "/", &save); name && fd >= 0;
         name = strtok_r(NULL, "/", &save)) {
        int next = openat(fd, name, DIRECTORY_FLAGS);
        int saved_errno = errno;

        close(fd);
        fd = next;
        errno = saved_errno;
    }
    return fd < 0 ? -errno : fd;
}

/* Without RESOLVE_NO_SYMLINKS a link is ENOTDIR because of O_DIRECTORY. */
static struct vif_error *
open_error(int errnum, const char *path)
{
    return (errnum == ELOOP || errnum == ENOTDIR || errnum == EXDEV
            ? vif_error_create(VIF_ERR_REFUSED, "'%s' leads over a link, or "
                               "over something that is no directory", path)
            : vif_error_from_errno(errnum, "'%s'", path));
}

/* The directory of 'path' beneath the operator's 'directory'; "." if it is
 * that itself.  The caller frees it. */
static char *
relative_directory(const char *path, const char *directory)
{
    const char *start = path + strlen(directory);

    while (start > path && *start != '/') {
        start--;
    }
    start++;

    const char *end = strrchr(path, '/');
    return end > start ? xmemdup0(start, end - start) : xstrdup(".");
}

static struct vif_error *
open_confined(const char *path, char *const *directories, size_t n,
              opener *open_beneath, int *fdp, const char **namep)
{
    struct vif_error *error = confined_path_check(path, directories, n);
    if (error) {
        return error;
    }

    /* The operator's own path may have links. */
    const char *directory = find_directory(path, directories, n);
    CLEANUP_CLOSE int base = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (base < 0) {
        return vif_error_from_errno(errno, "vhostuser_directories: %s",
                                    directory);
    }
    error = check_owner(base, directory);
    if (error) {
        return error;
    }

    CLEANUP_FREE char *beneath = relative_directory(path, directory);
    CLEANUP_CLOSE int fd = open_beneath(base, beneath);
    if (fd < 0) {
        return open_error(-fd, path);
    }
    error = check_owner(fd, path);
    if (!error) {
        *fdp = fd;
        fd = -1;
        *namep = strrchr(path, '/') + 1;
    }
    return error;
}

/* Linux before 5.6, or a filter of system calls that does not know it. */
static int
open_best(int base, const char *beneath)
{
    int fd = open_at_once(base, beneath);

    return (fd == -ENOSYS || fd == -EPERM ? open_by_component(base, beneath)
            : fd);
}

struct vif_error *
confined_path_open(const char *path, char *const *directories, size_t n,
                   int *fdp, const char **namep)
{
    return open_confined(path, directories, n, open_best, fdp, namep);
}

struct vif_error *
confined_path_walk(const char *path, char *const *directories, size_t n,
                   int *fdp, const char **namep)
{
    return open_confined(path, directories, n, open_by_component, fdp, namep);
}
