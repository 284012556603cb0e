/* SPDX-License-Identifier: Apache-2.0 */

/* See monitor-socket.h. */

#include <config.h>

#include "kernel/monitor-socket.h"

#include <errno.h>
#include <sys/socket.h>

#include <linux/netlink.h>

#include <netlink/msg.h>

void
monitor_socket_enlarge(int fd, int size)
{
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size)) {
        (void) setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    }
}

bool
monitor_socket_receive(int fd, void *buf, size_t size, size_t *np,
                       void (*lost)(void *aux), void *aux)
{
    struct sockaddr_nl from = { .nl_pid = 0 };
    socklen_t from_length = sizeof from;
    ssize_t n = recvfrom(fd, buf, size, MSG_TRUNC | MSG_DONTWAIT,
                         (struct sockaddr *) &from, &from_length);

    *np = 0;
    if (n < 0) {
        int errnum = errno;

        if (errnum != EAGAIN && errnum != EINTR) {
            /* ENOBUFS: the kernel dropped some.  Any other error amounts to
             * the same. */
            lost(aux);
        }
        return errnum == ENOBUFS || errnum == EINTR;
    } else if (from.nl_pid) {
        return true;            /* Not from the kernel. */
    } else if ((size_t) n > size) {
        lost(aux);
    } else {
        *np = n;
    }
    return true;
}

bool
monitor_socket_notify(int fd, void *buf, size_t size,
                      void (*notify)(void *monitor, const struct nlmsghdr *),
                      void *monitor, void (*lost)(void *aux), void *aux)
{
    struct nlmsghdr *nlh = buf;
    size_t n;

    if (!monitor_socket_receive(fd, buf, size, &n, lost, aux)) {
        return false;
    }
    for (int left = n; nlmsg_ok(nlh, left); nlh = nlmsg_next(nlh, &left)) {
        notify(monitor, nlh);
    }
    return true;
}
