/* SPDX-License-Identifier: Apache-2.0 */

/* Owner and mode of the device nodes that guests open: the helper's side.
 * The node is looked at through a descriptor that does not open the device
 * (opening one of vhost-vdpa would take it), and only changed when the kernel
 * knows its device by the node's own name. */

#include <config.h>

#include "privilege/nodes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "privilege/verbs.h"

/* Whether /sys/dev/char says that 'device' is called 'name'. */
static bool
is_called(const struct privilege_host *host, dev_t device, const char *name)
{
    char path[512], target[1024];

    snprintf(path, sizeof path, "%s/dev/char/%u:%u", host->sys,
             major(device), minor(device));
    ssize_t n = readlink(path, target, sizeof target - 1);
    if (n < 0) {
        return false;
    }
    target[n] = '\0';
    const char *slash = strrchr(target, '/');
    return slash && !strcmp(slash + 1, name);
}

struct vif_error *
node_look(const struct privilege_host *host, const char *name,
          char path[NODE_PATH_SIZE], int *fdp, struct stat *st)
{
    const char *slash = strrchr(name, '/');

    snprintf(path, NODE_PATH_SIZE, "%s/%s", host->dev, name);
    CLEANUP_CLOSE int fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 || fstat(fd, st)) {
        return vif_error_from_errno(errno, "open %s", path);
    } else if (!S_ISCHR(st->st_mode)
               || !is_called(host, st->st_rdev, slash ? slash + 1 : name)) {
        return vif_error_create(VIF_ERR_REFUSED, "%s is not the node of "
                                "device %s", path, name);
    }
    *fdp = fd;
    fd = -1;
    return NULL;
}

struct vif_error *
node_set_mode(int fd, const char *path, mode_t mode)
{
    char proc[32];

    /* A descriptor of O_PATH has no fchmod(): open(2). */
    snprintf(proc, sizeof proc, "/proc/self/fd/%d", fd);
    return chmod(proc, mode)
           ? vif_error_from_errno(errno, "change the mode of %s", path)
           : NULL;
}

static struct vif_error *
set_owner(int fd, const char *path, const struct privilege_request *request)
{
    if ((request->uid != UINT32_MAX || request->gid != UINT32_MAX)
        && fchownat(fd, "", request->uid, request->gid, AT_EMPTY_PATH)) {
        return vif_error_from_errno(errno, "change the owner of %s", path);
    }
    return request->mode == UINT32_MAX ? NULL
           : node_set_mode(fd, path, request->mode);
}

struct vif_error *
node_carry_out(const struct privilege_host *host,
               const struct privilege_request *request)
{
    char name[32], path[NODE_PATH_SIZE];
    CLEANUP_CLOSE int fd = -1;
    struct stat st;

    snprintf(name, sizeof name, request->verb == PRIVILEGE_TAP_NODE
             ? "tap%u" : "vhost-vdpa-%u", request->number);
    struct vif_error *error = node_look(host, name, path, &fd, &st);
    return error ? error : set_owner(fd, path, request);
}
