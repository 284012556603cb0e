/* SPDX-License-Identifier: Apache-2.0 */

/* Telling the service manager how vifd is. */

#include <config.h>

#include "agent/systemd.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "openvswitch/poll-loop.h"
#include "timeval.h"
#include "util.h"

static struct sockaddr_un manager;
static socklen_t manager_length;    /* 0: there is none. */

static long long watchdog_ms;       /* 0: none asked for. */
static long long watchdog_next;

/* A path, or "@" and a name in the abstract namespace. */
static void
remember_manager(const char *name)
{
    size_t length = strlen(name);

    if ((name[0] != '/' && name[0] != '@') || length < 2
        || length >= sizeof manager.sun_path) {
        return;
    }
    manager.sun_family = AF_UNIX;
    memcpy(manager.sun_path, name, length + 1);
    manager_length = offsetof(struct sockaddr_un, sun_path) + length;
    if (name[0] == '@') {
        manager.sun_path[0] = '\0';
    } else {
        manager_length++;
    }
}

/* The watchdog wants to hear from us at half of its time. */
static void
remember_watchdog(const char *usec, const char *pid)
{
    if (!pid || (pid_t) strtoll(pid, NULL, 10) == getpid()) {
        watchdog_ms = strtoll(usec, NULL, 10) / 2000;
        watchdog_ms = MAX(watchdog_ms, 0);
    }
}

void
systemd_init(void)
{
    const char *name = getenv("NOTIFY_SOCKET");
    const char *usec = getenv("WATCHDOG_USEC");

    if (name) {
        remember_manager(name);
    }
    if (usec) {
        remember_watchdog(usec, getenv("WATCHDOG_PID"));
    }
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
}

static void
send_text(const char *text)
{
    CLEANUP_CLOSE int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC
                                  | SOCK_NONBLOCK, 0);

    if (fd >= 0) {
        ignore(sendto(fd, text, strlen(text), MSG_NOSIGNAL,
                      (const struct sockaddr *) &manager, manager_length));
    }
}

void
systemd_notify(const char *format, ...)
{
    va_list args;

    if (manager_length) {
        va_start(args, format);
        CLEANUP_FREE char *text = xvasprintf(format, args);
        va_end(args);
        send_text(text);
    }
}

void
systemd_notify_reloading(void)
{
    systemd_notify("RELOADING=1\nMONOTONIC_USEC=%lld", time_usec());
}

void
systemd_watchdog_run(void)
{
    if (watchdog_ms && time_msec() >= watchdog_next) {
        systemd_notify("WATCHDOG=1");
        watchdog_next = time_msec() + watchdog_ms;
    }
}

void
systemd_watchdog_wait(void)
{
    if (watchdog_ms) {
        poll_timer_wait_until(watchdog_next);
    }
}
