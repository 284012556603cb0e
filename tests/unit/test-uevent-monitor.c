/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's notifications of devices, as far as a network namespace sees
 * them: its own netdevs. */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "kernel/rtnl.h"
#include "kernel/uevent.h"
#include "tests/unit/own-netns.h"
#include "tests/unit/until.h"
#include "util.h"

/* What was told of netdevs. */
struct tale {
    struct uevent_monitor *monitor;
    int n_added, n_removed, n_lost;
    char name[32];                  /* Of the last one. */
};

static void
happened(void *tale_, const struct uevent *event)
{
    struct tale *tale = tale_;

    if (!strcmp(event->subsystem, "net")) {
        tale->n_added += event->action == UEVENT_ADD;
        tale->n_removed += event->action == UEVENT_REMOVE;
        ovs_strlcpy(tale->name, event->name, sizeof tale->name);
    }
}

static void
lost(void *tale_)
{
    struct tale *tale = tale_;

    tale->n_lost++;
}

static void
listen_to(struct tale *tale)
{
    static const struct uevent_monitor_callbacks callbacks = {
        .happened = happened,
        .lost = lost,
    };

    memset(tale, 0, sizeof *tale);
    assert_null(uevent_monitor_open(&callbacks, tale, &tale->monitor));
}

#define UNTIL_TOLD(TALE, CONDITION)                 \
    UNTIL(CONDITION,                                \
          uevent_monitor_run((TALE)->monitor),      \
          uevent_monitor_wait((TALE)->monitor))

static void
test_told(void **rtnl)
{
    struct tale tale;

    listen_to(&tale);
    int ifindex = own_netns_make_tap(*rtnl, "tap1", false);
    UNTIL_TOLD(&tale, tale.n_added == 1);
    assert_string_equal(tale.name, "tap1");

    assert_null(rtnl_delete(*rtnl, ifindex));
    UNTIL_TOLD(&tale, tale.n_removed == 1);
    assert_string_equal(tale.name, "tap1");
    assert_int_equal(tale.n_lost, 0);
    uevent_monitor_close(tale.monitor);
}

/* More than the socket takes: that some are missing is told, and it goes
 * on. */
static void
test_lost(void **rtnl)
{
    enum { N = 32 };
    int ifindexes[N], size = 1;
    struct tale tale;

    listen_to(&tale);
    assert_int_equal(setsockopt(uevent_monitor_fd(tale.monitor), SOL_SOCKET,
                                SO_RCVBUF, &size, sizeof size), 0);
    for (int i = 0; i < N; i++) {
        char name[RTNL_NAME_SIZE];

        snprintf(name, sizeof name, "tap%d", i);
        ifindexes[i] = own_netns_make_tap(*rtnl, name, false);
    }
    UNTIL_TOLD(&tale, tale.n_lost > 0);
    assert_true(tale.n_added < N);

    for (int i = 0; i < N; i++) {
        int before = tale.n_removed;

        assert_null(rtnl_delete(*rtnl, ifindexes[i]));
        UNTIL_TOLD(&tale, tale.n_removed > before || tale.n_lost > 1);
    }
    uevent_monitor_close(tale.monitor);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_told, own_netns_set_up,
                                        own_netns_tear_down),
        cmocka_unit_test_setup_teardown(test_lost, own_netns_set_up,
                                        own_netns_tear_down),
    };

    return own_netns_run(tests);
}
