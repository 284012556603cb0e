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
#include "privilege/holders.h"
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

    memset(st, 0, sizeof *st);
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

/* The number of the macvtap 'name' in this network namespace: there the class,
 * unlike /dev, has the devices of one namespace alone.  0 if there is none,
 * as far as sysfs shows. */
static struct vif_error *
find_macvtap(const struct privilege_host *host, const char *name,
             dev_t *devicep)
{
    unsigned int major_number, minor_number;
    char path[NODE_PATH_SIZE], text[32] = "";

    *devicep = 0;
    snprintf(path, sizeof path, "%s/class/macvtap/%s/dev", host->sys, name);
    CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT) {
        return NULL;
    } else if (fd < 0 || read(fd, text, sizeof text - 1) < 0) {
        return vif_error_from_errno(errno, "read %s", path);
    } else if (sscanf(text, "%u:%u", &major_number, &minor_number) == 2) {
        *devicep = makedev(major_number, minor_number);
    }
    return NULL;
}

/* As node_look(); '*devicep' is as above also after VIF_ERR_REFUSED. */
static struct vif_error *
look_at_tap(const struct privilege_host *host, const char *name,
            char path[NODE_PATH_SIZE], int *fdp, struct stat *st,
            dev_t *devicep)
{
    struct vif_error *error = find_macvtap(host, name, devicep);

    error = error ? error : node_look(host, name, path, fdp, st);
    if (!error && *devicep && *devicep != st->st_rdev) {
        error = vif_error_create(VIF_ERR_REFUSED, "%s is the node of a "
                                 "macvtap in another network namespace, "
                                 "which has the same number", path);
    }
    return error;
}

static struct vif_error *
look_for_holders(const struct privilege_host *host, const char *name,
                 dev_t device)
{
    bool whole;
    char who[512];

    if (node_holders_describe(host->proc, name, device, who, sizeof who,
                              &whole)) {
        return vif_error_create(VIF_ERR_IN_USE, "%s/%s is open, by %s",
                                host->dev, name, who);
    } else if (!whole) {
        return vif_error_with_retry(
            vif_error_create(VIF_ERR_BUSY, "whether somebody has %s/%s open "
                             "could not be found out in time", host->dev,
                             name), 1000);
    }
    return NULL;
}

struct vif_error *
node_check_unheld(const struct privilege_host *host,
                  const struct privilege_request *request)
{
    char name[32];
    dev_t device;

    snprintf(name, sizeof name, "tap%u", request->number);
    struct vif_error *error = find_macvtap(host, name, &device);
    return error || !device ? error : look_for_holders(host, name, device);
}

/* First nobody but root can open it any more, then it is looked who has it
 * open already. */
struct vif_error *
node_close(const struct privilege_host *host,
           const struct privilege_request *request)
{
    char name[32], path[NODE_PATH_SIZE];
    CLEANUP_CLOSE int fd = -1;
    dev_t device = 0;
    struct stat st;

    snprintf(name, sizeof name, "tap%u", request->number);
    struct vif_error *error = look_at_tap(host, name, path, &fd, &st,
                                          &device);
    if (error && error->errnum != ENOENT && error->code != VIF_ERR_REFUSED) {
        return error;
    } else if (error) {
        /* Without a node of its own, only who has had it can have it open. */
        vif_error_destroy(error);
        return device ? look_for_holders(host, name, device) : NULL;
    }

    error = node_set_mode(fd, path, 0);
    error = error ? error : look_for_holders(host, name, st.st_rdev);
    if (error) {
        vif_error_destroy(node_set_mode(fd, path, st.st_mode & 07777));
    }
    return error;
}

struct vif_error *
node_carry_out(const struct privilege_host *host,
               const struct privilege_request *request)
{
    char name[32], path[NODE_PATH_SIZE];
    CLEANUP_CLOSE int fd = -1;
    struct stat st;
    dev_t device;

    bool tap = request->verb == PRIVILEGE_TAP_NODE;
    snprintf(name, sizeof name, tap ? "tap%u" : "vhost-vdpa-%u",
             request->number);
    struct vif_error *error = (
        tap ? look_at_tap(host, name, path, &fd, &st, &device)
        : node_look(host, name, path, &fd, &st));
    return error ? error : set_owner(fd, path, request);
}
