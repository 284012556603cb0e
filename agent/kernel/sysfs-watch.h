/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_SYSFS_WATCH_H
#define KERNEL_SYSFS_WATCH_H 1

/* Who writes into an attribute of sysfs (inotify), for the main loop: it
 * never blocks.  For what no uevent tells: only what processes write, not
 * what the kernel changes by itself. */

#include <stdbool.h>

#include <vif/error.h>

struct sysfs_watch;
struct sysfs_watch_callbacks {
    /* Somebody has written into the attribute that was added as 'name'. */
    void (*written)(void *aux, const char *name);
    /* Some could not be delivered. */
    void (*lost)(void *aux);
};
struct vif_error *sysfs_watch_open(const struct sysfs_watch_callbacks *,
                                   void *aux, struct sysfs_watch **)
    VIF_WARN_UNUSED;
void sysfs_watch_close(struct sysfs_watch *);       /* NULL is allowed. */

/* Watches the file 'path' as 'name', instead of what was watched as that
 * before: a device that is made again has another file of that path.
 * '*newp' is false if it is watched already. */
struct vif_error *sysfs_watch_add(struct sysfs_watch *, const char *name,
                                  const char *path, bool *newp)
    VIF_WARN_UNUSED;
void sysfs_watch_remove(struct sysfs_watch *, const char *name);

void sysfs_watch_run(struct sysfs_watch *);
void sysfs_watch_wait(const struct sysfs_watch *);

#endif /* kernel/sysfs-watch.h */
