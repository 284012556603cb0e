/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_GENL_MONITOR_H
#define KERNEL_GENL_MONITOR_H 1

/* What devlink and ethtool tell, for the main loop: it never blocks. */

#include <stddef.h>
#include <stdint.h>

#include <vif/error.h>

struct genl_monitor_callbacks {
    /* Of a device, "pci/0000:03:00.0". */
    void (*devlink)(void *aux, const char *handle);
    /* Of a netdev: its features. */
    void (*features)(void *aux, int ifindex);
    /* Some could not be delivered: everything may have changed. */
    void (*lost)(void *aux);
};

struct genl_monitor;

/* Of a family that the kernel does not have, nothing will be heard. */
struct vif_error *genl_monitor_open(const struct genl_monitor_callbacks *,
                                    void *aux, struct genl_monitor **)
    VIF_WARN_UNUSED;
void genl_monitor_close(struct genl_monitor *);     /* NULL is allowed. */
void genl_monitor_run(struct genl_monitor *);
void genl_monitor_wait(struct genl_monitor *);

/* For tests: listens to 'fd', which the caller keeps. */
struct genl_monitor *genl_monitor_create_for_test(
    int fd, uint16_t devlink, uint16_t ethtool,
    const struct genl_monitor_callbacks *, void *aux);

#endif /* kernel/genl-monitor.h */
