/* SPDX-License-Identifier: Apache-2.0 */

/* See genl-monitor.h. */

#include <config.h>

#include "kernel/genl-monitor.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "kernel/devlink.h"
#include "kernel/ethtool.h"
#include "kernel/genl.h"
#include "kernel/monitor-socket.h"
#include "kernel/rtnl-private.h"
#include "lib/alloc.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/util.h"

/* 256 ports that are made and get a netdev each are some 1500 notifications,
 * each accounted as 4 KiB at most. */
#define RCVBUF (8 * 1024 * 1024)
#define BUF_SIZE (64 * 1024)

/* Datagrams for one turn of the main loop. */
#define MAX_PER_RUN 512

struct genl_monitor {
    int fd;
    bool keeps_fd;              /* False: 'fd' is a test's. */
    uint16_t devlink, ethtool;  /* Numbers of the families; 0: none. */
    struct genl_monitor_callbacks callbacks;
    void *aux;
    char buf[BUF_SIZE] __attribute__((aligned(NLMSG_ALIGNTO)));
};

static struct vif_error *
subscribe(int fd, const char *name, const char *group, uint16_t *idp)
{
    struct genl_family family;
    struct vif_error *error = genl_find(name, group, &family);

    if (!error && family.group
        && setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &family.group,
                      sizeof family.group)) {
        error = vif_error_from_errno(errno, "subscribe to notifications of "
                                     "%s", name);
    }
    *idp = family.id;
    return error;
}

static struct genl_monitor *
create(int fd, uint16_t devlink, uint16_t ethtool,
       const struct genl_monitor_callbacks *callbacks, void *aux)
{
    struct genl_monitor *monitor = vif_xcalloc(1, sizeof *monitor);

    monitor->fd = fd;
    monitor->devlink = devlink;
    monitor->ethtool = ethtool;
    monitor->callbacks = *callbacks;
    monitor->aux = aux;
    return monitor;
}

struct vif_error *
genl_monitor_open(const struct genl_monitor_callbacks *callbacks, void *aux,
                  struct genl_monitor **monitorp)
{
    uint16_t devlink = 0, ethtool = 0;
    CLEANUP_CLOSE int fd = -1;
    struct vif_error *error = rtnl_socket_open_protocol(NETLINK_GENERIC,
                                                        &fd, NULL);

    *monitorp = NULL;
    if (!error) {
        monitor_socket_enlarge(fd, RCVBUF);
        error = subscribe(fd, DEVLINK_FAMILY, DEVLINK_GROUP, &devlink);
    }
    if (!error) {
        error = subscribe(fd, ETHTOOL_FAMILY, ETHTOOL_GROUP, &ethtool);
    }
    if (!error) {
        *monitorp = create(fd, devlink, ethtool, callbacks, aux);
        (*monitorp)->keeps_fd = true;
        fd = -1;
    }
    return error;
}

struct genl_monitor *
genl_monitor_create_for_test(int fd, uint16_t devlink, uint16_t ethtool,
                             const struct genl_monitor_callbacks *callbacks,
                             void *aux)
{
    return create(fd, devlink, ethtool, callbacks, aux);
}

void
genl_monitor_close(struct genl_monitor *monitor)
{
    if (monitor) {
        if (monitor->keeps_fd) {
            close(monitor->fd);
        }
        free(monitor);
    }
}

static void
notify(void *monitor_, const struct nlmsghdr *nlh)
{
    const struct genl_monitor *monitor = monitor_;
    char handle[DEVLINK_HANDLE_SIZE];
    int ifindex;

    if (monitor->devlink && nlh->nlmsg_type == monitor->devlink
        && devlink_notified(nlh, handle)) {
        monitor->callbacks.devlink(monitor->aux, handle);
    } else if (monitor->ethtool && nlh->nlmsg_type == monitor->ethtool
               && ethtool_notified(nlh, &ifindex)) {
        monitor->callbacks.features(monitor->aux, ifindex);
    }
}

static bool
run_once(struct genl_monitor *monitor)
{
    return monitor_socket_notify(monitor->fd, monitor->buf,
                                 sizeof monitor->buf, notify, monitor,
                                 monitor->callbacks.lost, monitor->aux);
}

void
genl_monitor_run(struct genl_monitor *monitor)
{
    for (int i = 0; i < MAX_PER_RUN && run_once(monitor); i++) {
        continue;
    }
}

void
genl_monitor_wait(struct genl_monitor *monitor)
{
    poll_fd_wait(monitor->fd, POLLIN);
}
