/* SPDX-License-Identifier: Apache-2.0 */
/* What the service manager is told. */

#include <config.h>

#include "agent/systemd.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "openvswitch/poll-loop.h"
#include "openvswitch/util.h"
#include "util.h"

/* A manager's socket; "@" in 'name' stands for the abstract namespace. */
static int
listen_as_manager(const char *name)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    socklen_t length = offsetof(struct sockaddr_un, sun_path) + strlen(name);

    memcpy(address.sun_path, name, strlen(name));
    if (*name == '@') {
        address.sun_path[0] = '\0';
    }
    assert_int_equal(bind(fd, (struct sockaddr *) &address,
                          *name == '@' ? length : sizeof address), 0);
    return fd;
}

static void
expect(int fd, const char *wanted)
{
    struct pollfd pollfd = { .fd = fd, .events = POLLIN };
    char text[256];

    assert_int_equal(poll(&pollfd, 1, 5000), 1);
    ssize_t n = recv(fd, text, sizeof text - 1, 0);
    assert_true(n >= 0);
    text[n] = '\0';
    assert_string_equal(text, wanted);
}

/* The module remembers for the life of a process, so each case has its own. */
static void
in_child(void (*function)(void))
{
    pid_t child = fork();
    int status;

    if (!child) {
        function();
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && !WEXITSTATUS(status));
}

static void
say_ready(void)
{
    systemd_init();
    systemd_notify("READY=1\nSTATUS=%d ports", 3);
    if (getenv("NOTIFY_SOCKET") || getenv("WATCHDOG_USEC")) {
        _exit(1);
    }
}

static void
test_ready(void **state OVS_UNUSED)
{
    char path[64], abstract[64];

    snprintf(path, sizeof path, "/tmp/vifd-test-notify-%d", (int) getpid());
    snprintf(abstract, sizeof abstract, "@vifd-test-%d", (int) getpid());
    const char *const names[] = { path, abstract };

    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        int fd = listen_as_manager(names[i]);

        setenv("NOTIFY_SOCKET", names[i], 1);
        in_child(say_ready);
        expect(fd, "READY=1\nSTATUS=3 ports");
        close(fd);
    }
    unlink(path);
}

static void
test_nobody_listens(void **state OVS_UNUSED)
{
    static const char *const names[] = { "", "@", "relative", "/no/such" };

    unsetenv("NOTIFY_SOCKET");
    in_child(say_ready);
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        setenv("NOTIFY_SOCKET", names[i], 1);
        in_child(say_ready);
    }
    unsetenv("NOTIFY_SOCKET");
}

/* Turns of a main loop, which must wake up by itself. */
static void
live(void)
{
    systemd_init();
    for (int i = 0; i < 4; i++) {
        systemd_watchdog_run();
        systemd_watchdog_wait();
        poll_block();
    }
}

static void
test_watchdog(void **state OVS_UNUSED)
{
    char name[64];

    snprintf(name, sizeof name, "@vifd-test-%d", (int) getpid());
    int fd = listen_as_manager(name);
    setenv("NOTIFY_SOCKET", name, 1);
    setenv("WATCHDOG_USEC", "40000", 1);
    in_child(live);
    expect(fd, "WATCHDOG=1");
    expect(fd, "WATCHDOG=1");

    /* Meant for another process. */
    setenv("WATCHDOG_PID", "1", 1);
    in_child(say_ready);
    close(fd);
    unsetenv("WATCHDOG_PID");
    unsetenv("WATCHDOG_USEC");
    unsetenv("NOTIFY_SOCKET");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ready),
        cmocka_unit_test(test_nobody_listens),
        cmocka_unit_test(test_watchdog),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
