/* SPDX-License-Identifier: Apache-2.0 */

/* See rtnl-await.h.  What is announced is not read: whoever waits looks for
 * himself. */

#include <config.h>

#include "kernel/rtnl-await.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include <linux/rtnetlink.h>

#include "kernel/rtnl-private.h"

struct vif_error *
rtnl_listen(int *fdp)
{
    const int group = RTNLGRP_LINK;
    int fd CLEANUP_CLOSE = -1;
    struct vif_error *error = rtnl_socket_open(&fd, NULL);

    *fdp = -1;
    if (!error && setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group,
                             sizeof group)) {
        error = vif_error_from_errno(errno, "listen for changes of links");
    }
    if (!error) {
        *fdp = fd;
        fd = -1;
    }
    return error;
}

/* Forgets what has been announced, or lost (ENOBUFS): both mean that
 * something has changed. */
static void
drain(int fd)
{
    char byte;

    while (recv(fd, &byte, sizeof byte, MSG_DONTWAIT) >= 0
           || errno == ENOBUFS || errno == EINTR) {
        continue;
    }
}

bool
rtnl_await(int fd, long long deadline)
{
    struct pollfd pfd = { .fd = fd, .events = POLLIN };

    for (;;) {
        long long left = deadline - rtnl_now_ms();

        if (left <= 0) {
            return false;
        }
        int n = poll(&pfd, 1, left > INT32_MAX ? INT32_MAX : left);
        if (n > 0) {
            drain(fd);
            return true;
        } else if (n < 0 && errno != EINTR) {
            return false;
        }
    }
}
