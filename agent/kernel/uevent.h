/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_UEVENT_H
#define KERNEL_UEVENT_H 1

/* What the kernel says of devices that come, change and go
 * (NETLINK_KOBJECT_UEVENT), for the main loop: it never blocks.  The kernel's
 * own words, group 1: nothing of udev, which repeats them in group 2. */

#include <stdbool.h>
#include <stddef.h>

#include <vif/error.h>

enum uevent_action {
    UEVENT_ADD,
    UEVENT_REMOVE,
    UEVENT_CHANGE,
    UEVENT_MOVE,            /* Renamed. */
    UEVENT_BIND,            /* To a driver. */
    UEVENT_UNBIND,
    UEVENT_OTHER,           /* "online", "offline" and what is to come. */
};

/* The strings live as long as what was parsed. */
struct uevent {
    enum uevent_action action;
    const char *devpath;    /* Below /sys: "/devices/pci0000:00/...". */
    const char *subsystem;  /* "pci", "net", "vdpa" ... */
    const char *name;       /* The last component of 'devpath'. */
    const char *driver;     /* NULL if it is not told. */
};

/* Reads a message of 'n' bytes: "ACTION@DEVPATH" and then "KEY=VALUE" strings,
 * each with its terminator.  False if it is not one; 'buf' may hold
 * anything. */
bool uevent_parse(const char *buf, size_t n, struct uevent *);

struct uevent_monitor;
struct uevent_monitor_callbacks {
    void (*happened)(void *aux, const struct uevent *);
    /* Some could not be delivered (ENOBUFS): everything may have changed. */
    void (*lost)(void *aux);
};
struct vif_error *uevent_monitor_open(const struct uevent_monitor_callbacks *,
                                      void *aux, struct uevent_monitor **)
    VIF_WARN_UNUSED;
void uevent_monitor_close(struct uevent_monitor *);     /* NULL is allowed. */
void uevent_monitor_run(struct uevent_monitor *);
void uevent_monitor_wait(struct uevent_monitor *);

/* For tests: the socket, which stays the monitor's. */
int uevent_monitor_fd(const struct uevent_monitor *);

#endif /* kernel/uevent.h */
