/* SPDX-License-Identifier: Apache-2.0 */

/* Notifications about links, for the main loop.  A socket of its own, so that
 * they never mix with answers. */

#include <config.h>

#include "kernel/rtnl-private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/rtnetlink.h>

#include "kernel/monitor-socket.h"
#include "lib/alloc.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/util.h"

/* A link that is made and set up is about four notifications of 2 KiB, each
 * accounted as 4 KiB: room for some 2000 links in one burst. */
#define RCVBUF (32 * 1024 * 1024)

/* A notification is one link: with its virtual functions' addresses left out,
 * as here, it needs a few KiB. */
#define BUF_SIZE (64 * 1024)

/* Datagrams for one turn of the main loop. */
#define MAX_PER_RUN 1024

struct rtnl_monitor {
    int fd;
    struct rtnl_monitor_callbacks callbacks;
    void *aux;
    char buf[BUF_SIZE] __attribute__((aligned(NLMSG_ALIGNTO)));
};

struct vif_error *
rtnl_monitor_open(const struct rtnl_monitor_callbacks *callbacks, void *aux,
                  struct rtnl_monitor **monitorp)
{
    const int group = RTNLGRP_LINK;
    int fd CLEANUP_CLOSE = -1;
    struct vif_error *error = rtnl_socket_open(&fd, NULL);

    *monitorp = NULL;
    if (error) {
        return error;
    }

    monitor_socket_enlarge(fd, RCVBUF);
    if (setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group,
                   sizeof group)) {
        return vif_error_from_errno(errno, "subscribe to notifications of "
                                    "links");
    }

    struct rtnl_monitor *monitor = vif_xcalloc(1, sizeof *monitor);
    monitor->fd = fd;
    fd = -1;
    monitor->callbacks = *callbacks;
    monitor->aux = aux;
    *monitorp = monitor;
    return NULL;
}

void
rtnl_monitor_close(struct rtnl_monitor *monitor)
{
    if (monitor) {
        close(monitor->fd);
        free(monitor);
    }
}

int
rtnl_monitor_fd(const struct rtnl_monitor *monitor)
{
    return monitor->fd;
}

static void
notify(void *monitor_, const struct nlmsghdr *nlh)
{
    const struct rtnl_monitor *monitor = monitor_;
    struct rtnl_link link;

    /* This group tells of ports of bridges (PF_BRIDGE) and of wireless
     * events as well: not ours. */
    if (!rtnl_link_parse(nlh, &link)) {
        return;
    }
    if (nlh->nlmsg_type == RTM_NEWLINK) {
        monitor->callbacks.changed(monitor->aux, &link);
    } else {
        monitor->callbacks.deleted(monitor->aux, link.ifindex, link.name);
    }
}

static bool
run_once(struct rtnl_monitor *monitor)
{
    return monitor_socket_notify(monitor->fd, monitor->buf,
                                 sizeof monitor->buf, notify, monitor,
                                 monitor->callbacks.lost, monitor->aux);
}

void
rtnl_monitor_run(struct rtnl_monitor *monitor)
{
    for (int i = 0; i < MAX_PER_RUN && run_once(monitor); i++) {
        continue;
    }
}

void
rtnl_monitor_wait(struct rtnl_monitor *monitor)
{
    poll_fd_wait(monitor->fd, POLLIN);
}
