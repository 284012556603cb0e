/* SPDX-License-Identifier: Apache-2.0 */

/* See uevent.h. */

#include <config.h>

#include "kernel/uevent.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/netlink.h>

#include "kernel/monitor-socket.h"
#include "lib/alloc.h"
#include "lib/cleanup.h"
#include "openvswitch/poll-loop.h"
#include "util.h"

#define KERNEL_GROUP 1

/* The variables of one event take 2 KiB at most (UEVENT_BUFFER_SIZE of
 * include/linux/kobject.h), and its path PATH_MAX. */
#define BUF_SIZE (2048 + 4096)

/* A PF with 256 VFs that are made and bound is some 1500 events, each
 * accounted as 2 KiB. */
#define RCVBUF (8 * 1024 * 1024)

/* Events for one turn of the main loop. */
#define MAX_PER_RUN 512

struct uevent_monitor {
    int fd;
    struct uevent_monitor_callbacks callbacks;
    void *aux;
};

static enum uevent_action
parse_action(const char *word, size_t length)
{
    static const struct {
        const char *word;
        enum uevent_action action;
    } actions[] = {
        { "add", UEVENT_ADD },
        { "remove", UEVENT_REMOVE },
        { "change", UEVENT_CHANGE },
        { "move", UEVENT_MOVE },
        { "bind", UEVENT_BIND },
        { "unbind", UEVENT_UNBIND },
    };

    for (size_t i = 0; i < ARRAY_SIZE(actions); i++) {
        if (strlen(actions[i].word) == length
            && !memcmp(actions[i].word, word, length)) {
            return actions[i].action;
        }
    }
    return UEVENT_OTHER;
}

/* The value of 'string' if that is "KEY=VALUE", else NULL. */
static const char *
value_of(const char *string, const char *key)
{
    size_t length = strlen(key);

    return (!strncmp(string, key, length) && string[length] == '='
            ? string + length + 1 : NULL);
}

bool
uevent_parse(const char *buf, size_t n, struct uevent *event)
{
    memset(event, 0, sizeof *event);
    if (!n || buf[n - 1]) {
        return false;
    }

    const char *at = strchr(buf, '@');
    if (!at || at == buf || at[1] != '/') {
        return false;           /* udev's begin with "libudev". */
    }
    event->action = parse_action(buf, at - buf);
    event->devpath = at + 1;
    event->name = strrchr(at, '/') + 1;

    const char *end = buf + n;
    for (const char *s = strchr(buf, '\0') + 1; s < end;
         s = strchr(s, '\0') + 1) {
        const char *value;

        if ((value = value_of(s, "SUBSYSTEM"))) {
            event->subsystem = value;
        } else if ((value = value_of(s, "DRIVER"))) {
            event->driver = value;
        }
    }
    return event->subsystem && *event->name;
}

static struct vif_error *
open_socket(int *fdp)
{
    const struct sockaddr_nl address = {
        .nl_family = AF_NETLINK,
        .nl_groups = 1u << (KERNEL_GROUP - 1),
    };

    CLEANUP_CLOSE int fd = socket(AF_NETLINK,
                                  SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
                                  NETLINK_KOBJECT_UEVENT);
    if (fd < 0 || bind(fd, (const struct sockaddr *) &address,
                       sizeof address)) {
        return vif_error_from_errno(errno, "subscribe to notifications of "
                                    "devices");
    }
    monitor_socket_enlarge(fd, RCVBUF);
    *fdp = fd;
    fd = -1;
    return NULL;
}

struct vif_error *
uevent_monitor_open(const struct uevent_monitor_callbacks *callbacks,
                    void *aux, struct uevent_monitor **monitorp)
{
    int fd = -1;
    struct vif_error *error = open_socket(&fd);

    *monitorp = NULL;
    if (error) {
        return error;
    }
    struct uevent_monitor *monitor = vif_xcalloc(1, sizeof *monitor);
    monitor->fd = fd;
    monitor->callbacks = *callbacks;
    monitor->aux = aux;
    *monitorp = monitor;
    return NULL;
}

void
uevent_monitor_close(struct uevent_monitor *monitor)
{
    if (monitor) {
        close(monitor->fd);
        free(monitor);
    }
}

int
uevent_monitor_fd(const struct uevent_monitor *monitor)
{
    return monitor->fd;
}

/* Receives one event.  False if there is none. */
static bool
run_once(struct uevent_monitor *monitor)
{
    char buf[BUF_SIZE];
    struct uevent event;
    size_t n;

    if (!monitor_socket_receive(monitor->fd, buf, sizeof buf, &n,
                                monitor->callbacks.lost, monitor->aux)) {
        return false;
    } else if (uevent_parse(buf, n, &event)) {
        monitor->callbacks.happened(monitor->aux, &event);
    }
    return true;
}

void
uevent_monitor_run(struct uevent_monitor *monitor)
{
    for (int i = 0; i < MAX_PER_RUN && run_once(monitor); i++) {
        continue;
    }
}

void
uevent_monitor_wait(struct uevent_monitor *monitor)
{
    poll_fd_wait(monitor->fd, POLLIN);
}
