/* SPDX-License-Identifier: Apache-2.0 */

/* Who has a function open through VFIO (Documentation/driver-api/vfio.rst).
 * There are two ways to it:
 *
 * - the node of its IOMMU group, /dev/vfio/12, which only one process can
 *   have open: EBUSY says that somebody has, and who has it keeps all others
 *   out.  To open it alone touches no device.
 * - since Linux 6.6 a node of its own, /dev/vfio/devices/vfio3, which many
 *   may open.  The first who uses it (VFIO_DEVICE_BIND_IOMMUFD) makes the
 *   group's node busy, but already one who has it just open makes who unbinds
 *   the driver wait.  Only /proc tells of him.
 *
 * A kernel may have either way or both. */

#include <config.h>

#include "privilege/vfio.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "privilege/holders.h"
#include "privilege/nodes.h"

/* What this process holds.  A second thread must not take the first for a
 * guest. */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t released = PTHREAD_COND_INITIALIZER;
static struct vfio_hold *holds;

/* The last word of a link in the function's folder; false if it is not
 * there. */
static bool
read_link(const struct privilege_host *host, const char *address,
          const char *name, char *buf, size_t size)
{
    char path[NODE_PATH_SIZE], target[1024];

    snprintf(path, sizeof path, "%s/bus/pci/devices/%s/%s", host->sys,
             address, name);
    ssize_t n = readlink(path, target, sizeof target - 1);
    if (n < 0) {
        return false;
    }
    target[n] = '\0';
    const char *slash = strrchr(target, '/');
    const char *last = slash ? slash + 1 : target;
    return snprintf(buf, size, "%s", last) < (int) size;
}

static void
close_directory(DIR **dir)
{
    if (*dir) {
        closedir(*dir);
    }
}

/* The name of the function's own node, "vfio/devices/vfio3".  False if it has
 * none. */
static bool
find_device_node(const struct privilege_host *host, const char *address,
                 char *name, size_t size)
{
    char path[NODE_PATH_SIZE];

    snprintf(path, sizeof path, "%s/bus/pci/devices/%s/vfio-dev", host->sys,
             address);
    CLEANUP(close_directory) DIR *dir = opendir(path);
    const struct dirent *entry = NULL;
    while (dir && (entry = readdir(dir)) && entry->d_name[0] == '.') {
        continue;
    }
    return entry && snprintf(name, size, "vfio/devices/%s",
                             entry->d_name) < (int) size;
}

/* All of them are called so: "vfio-pci", "mlx5_vfio_pci".  A function that
 * seems to have no driver may be on its way out of one: the kernel removes the
 * link first, and then waits for the guest (__device_release_driver() of
 * drivers/base/dd.c). */
enum vfio_driver { OTHER_DRIVER, NO_DRIVER, VFIO_DRIVER };
static enum vfio_driver
look_at_driver(const struct privilege_host *host, const char *address)
{
    char driver[64];

    return (!read_link(host, address, "driver", driver, sizeof driver)
            ? NO_DRIVER
            : strstr(driver, "vfio") ? VFIO_DRIVER : OTHER_DRIVER);
}

static bool
is_held_here(const char *group)
{
    for (const struct vfio_hold *hold = holds; hold; hold = hold->next) {
        if (!strcmp(hold->group, group)) {
            return true;
        }
    }
    return false;
}

static void
join(struct vfio_hold *hold, const char *group)
{
    pthread_mutex_lock(&mutex);
    while (is_held_here(group)) {
        pthread_cond_wait(&released, &mutex);
    }
    snprintf(hold->group, sizeof hold->group, "%s", group);
    hold->next = holds;
    holds = hold;
    pthread_mutex_unlock(&mutex);
}

static void
leave(struct vfio_hold *hold)
{
    pthread_mutex_lock(&mutex);
    struct vfio_hold **p = &holds;
    while (*p != hold) {
        p = &(*p)->next;
    }
    *p = hold->next;
    hold->group[0] = '\0';
    pthread_cond_broadcast(&released);
    pthread_mutex_unlock(&mutex);
}

/* What is known of one function. */
struct look {
    const struct privilege_host *host;
    const char *address;
    dev_t nodes[2];
    size_t n_nodes;
    bool busy;                  /* The group's node is. */
    bool unsure;                /* Only /proc can tell. */
    char shown[128];            /* Their paths. */
};

/* Finds a node; '*fdp' is -1 if it is not there. */
static struct vif_error *
find_node(struct look *look, const char *name, char path[NODE_PATH_SIZE],
          int *fdp, struct stat *st)
{
    struct vif_error *error = node_look(look->host, name, path, fdp, st);

    if (error && error->errnum == ENOENT) {
        vif_error_destroy(error);
        error = NULL;
    } else if (!error) {
        look->nodes[look->n_nodes++] = st->st_rdev;
        size_t length = strlen(look->shown);
        snprintf(look->shown + length, sizeof look->shown - length, "%s%s",
                 length ? " or " : "", path);
    }
    return error;
}

static struct vif_error *
take_group(struct look *look, struct vfio_hold *hold)
{
    CLEANUP_CLOSE int node = -1;
    char name[64], path[NODE_PATH_SIZE];
    struct stat st;

    snprintf(name, sizeof name, "vfio/%s", hold->group);
    struct vif_error *error = find_node(look, name, path, &node, &st);
    if (!error && node < 0) {
        /* A host that has no IOMMU and does with VFIO all the same. */
        snprintf(name, sizeof name, "vfio/noiommu-%s", hold->group);
        error = find_node(look, name, path, &node, &st);
    }
    if (error || node < 0) {
        return error;
    }

    hold->group_fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY);
    look->busy = hold->group_fd < 0 && errno == EBUSY;
    /* What else is refused (EPERM: by a sandbox that does not know of VFIO,
     * or because there is no IOMMU) says nothing of others. */
    look->unsure |= hold->group_fd < 0 && !look->busy;
    return NULL;
}

static struct vif_error *
shut_device(struct look *look, struct vfio_hold *hold)
{
    char name[64], path[NODE_PATH_SIZE];
    struct stat st;

    if (!find_device_node(look->host, look->address, name, sizeof name)) {
        return NULL;
    }
    struct vif_error *error = find_node(look, name, path, &hold->device_fd,
                                        &st);
    if (!error && hold->device_fd >= 0) {
        look->unsure = true;
        /* A helper that was killed meanwhile has left it shut. */
        hold->device_mode = st.st_mode & 07777 ? st.st_mode & 07777 : 0600;
        error = node_set_mode(hold->device_fd, path, 0);
    }
    return error;
}

static struct vif_error *
verdict(const struct look *look)
{
    bool whole = true, found = false;
    char who[512];

    if (!look->n_nodes) {
        return vif_error_create(
            VIF_ERR_UNAVAILABLE, "%s has a driver of VFIO, but no node below "
            "%s/vfio that would tell whether a guest has it", look->address,
            look->host->dev);
    } else if (look->busy || look->unsure) {
        found = vfio_holders_describe(look->host->proc, look->nodes,
                                      look->n_nodes, who, sizeof who, &whole);
    }
    if (look->busy || found) {
        return vif_error_create(
            VIF_ERR_IN_USE, "%s is held through %s by %s: detach it from the "
            "guest first", look->address, look->shown,
            found ? who : "a process that /proc does not show");
    } else if (!whole) {
        return vif_error_with_retry(vif_error_create(
            VIF_ERR_BUSY, "%s: whether a process has %s open could not be "
            "found out in time", look->address, look->shown), 0);
    }
    return NULL;
}

struct vif_error *
vfio_hold(const struct privilege_host *host, const char *address,
          struct vfio_hold *hold)
{
    struct look look = { .host = host, .address = address };
    char group[sizeof hold->group];

    enum vfio_driver driver = look_at_driver(host, address);

    if (driver == OTHER_DRIVER) {
        return NULL;
    }
    if (!read_link(host, address, "iommu_group", group, sizeof group)) {
        return (driver == NO_DRIVER ? NULL
                : vif_error_create(VIF_ERR_KERNEL, "%s has a driver of VFIO, "
                                   "but no IOMMU group", address));
    }
    join(hold, group);
    struct vif_error *error = shut_device(&look, hold);
    error = error ? error : take_group(&look, hold);
    if (!error && driver == NO_DRIVER && !look.n_nodes) {
        return NULL;            /* The last of its group has left VFIO. */
    }
    return error ? error : verdict(&look);
}

void
vfio_release(struct vfio_hold *hold)
{
    if (!hold->group[0]) {
        return;
    }
    if (hold->group_fd >= 0) {
        close(hold->group_fd);
        hold->group_fd = -1;
    }
    if (hold->device_fd >= 0) {
        /* It may be gone by now, with its driver. */
        vif_error_destroy(node_set_mode(hold->device_fd, "",
                                        hold->device_mode));
        close(hold->device_fd);
        hold->device_fd = -1;
    }
    leave(hold);
}
