/* SPDX-License-Identifier: Apache-2.0 */

/* See sysfs-watch.h. */

#include <config.h>

#include "kernel/sysfs-watch.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "lib/alloc.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/shash.h"
#include "util.h"

/* Reads for one turn of the main loop. */
#define MAX_PER_RUN 64

struct sysfs_watch {
    int fd;
    struct sysfs_watch_callbacks callbacks;
    void *aux;
    struct shash names;         /* inotify's number of what is watched. */
};

struct vif_error *
sysfs_watch_open(const struct sysfs_watch_callbacks *callbacks, void *aux,
                 struct sysfs_watch **watchp)
{
    int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

    *watchp = NULL;
    if (fd < 0) {
        return vif_error_from_errno(errno, "watch files (inotify)");
    }
    struct sysfs_watch *watch = vif_xcalloc(1, sizeof *watch);
    watch->fd = fd;
    watch->callbacks = *callbacks;
    watch->aux = aux;
    shash_init(&watch->names);
    *watchp = watch;
    return NULL;
}

void
sysfs_watch_close(struct sysfs_watch *watch)
{
    if (watch) {
        close(watch->fd);
        shash_destroy(&watch->names);
        free(watch);
    }
}

static int
number_of(const struct shash_node *node)
{
    return (intptr_t) node->data;
}

/* A file that has gone has taken its watch along: EINVAL is no failure. */
void
sysfs_watch_remove(struct sysfs_watch *watch, const char *name)
{
    struct shash_node *node = shash_find(&watch->names, name);

    if (node) {
        (void) inotify_rm_watch(watch->fd, number_of(node));
        shash_delete(&watch->names, node);
    }
}

struct vif_error *
sysfs_watch_add(struct sysfs_watch *watch, const char *name, const char *path,
                bool *newp)
{
    const struct shash_node *node = shash_find(&watch->names, name);
    int number = inotify_add_watch(watch->fd, path, IN_MODIFY);

    *newp = false;
    if (number < 0) {
        return vif_error_from_errno(errno, "watch %s", path);
    }
    *newp = !node || number_of(node) != number;
    if (*newp) {
        sysfs_watch_remove(watch, name);
        shash_add(&watch->names, name, (void *) (intptr_t) number);
    }
    return NULL;
}

static void
notify(struct sysfs_watch *watch, const struct inotify_event *event)
{
    const struct shash_node *node;

    if (event->mask & IN_Q_OVERFLOW) {
        watch->callbacks.lost(watch->aux);
    } else if (event->mask & IN_MODIFY) {
        SHASH_FOR_EACH (node, &watch->names) {
            if (number_of(node) == event->wd) {
                watch->callbacks.written(watch->aux, node->name);
                return;
            }
        }
    }
}

/* False if there is nothing to read. */
static bool
run_once(struct sysfs_watch *watch)
{
    char buf[4096] __attribute__((aligned(_Alignof(struct inotify_event))));
    ssize_t n = read(watch->fd, buf, sizeof buf);

    for (ssize_t used = 0; used < n;) {
        const struct inotify_event *event
            = ALIGNED_CAST(const struct inotify_event *, buf + used);

        notify(watch, event);
        used += sizeof *event + event->len;
    }
    return n > 0;
}

void
sysfs_watch_run(struct sysfs_watch *watch)
{
    for (int i = 0; i < MAX_PER_RUN && run_once(watch); i++) {
        continue;
    }
}

void
sysfs_watch_wait(const struct sysfs_watch *watch)
{
    poll_fd_wait(watch->fd, POLLIN);
}
