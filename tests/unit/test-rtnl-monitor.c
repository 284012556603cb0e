/* SPDX-License-Identifier: Apache-2.0 */
/* Notifications about links: what happens in the namespace is told, and what
 * could not be told is said to be lost. */

#include <config.h>

#include "kernel/rtnl-private.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <linux/rtnetlink.h>

#include <cmocka.h>

#include "tests/unit/own-netns.h"
#include "tests/unit/until.h"

/* What was told. */
struct tale {
    struct rtnl_monitor *monitor;
    struct rtnl_link last;          /* Changed last. */
    int n_changed, n_lost;
    int deleted;                    /* Index of the last one deleted. */
    char deleted_name[RTNL_NAME_SIZE];
    int n_deleted;
};

static void
changed(void *tale_, const struct rtnl_link *link)
{
    struct tale *tale = tale_;

    tale->last = *link;
    tale->n_changed++;
}

static void
deleted(void *tale_, int ifindex, const char *name)
{
    struct tale *tale = tale_;

    tale->deleted = ifindex;
    snprintf(tale->deleted_name, sizeof tale->deleted_name, "%s", name);
    tale->n_deleted++;
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
    static const struct rtnl_monitor_callbacks callbacks = {
        .changed = changed,
        .deleted = deleted,
        .lost = lost,
    };

    memset(tale, 0, sizeof *tale);
    assert_null(rtnl_monitor_open(&callbacks, tale, &tale->monitor));
}

#define UNTIL_TOLD(TALE, CONDITION)                 \
    UNTIL(CONDITION,                                \
          rtnl_monitor_run((TALE)->monitor),        \
          rtnl_monitor_wait((TALE)->monitor))

static void
rename_link(struct rtnl *rtnl, int ifindex, const char *name)
{
    struct nl_msg *msg CLEANUP_MSG = rtnl_link_msg(RTM_NEWLINK, NLM_F_ACK,
                                                   ifindex);

    nla_put_string(msg, IFLA_IFNAME, name);
    assert_null(rtnl_request(rtnl, msg, NULL, NULL));
}

static void
set_master(struct rtnl *rtnl, int ifindex, int master)
{
    struct nl_msg *msg CLEANUP_MSG = rtnl_link_msg(RTM_NEWLINK, NLM_F_ACK,
                                                   ifindex);

    rtnl_put_u32(msg, IFLA_MASTER, master);
    assert_null(rtnl_request(rtnl, msg, NULL, NULL));
}

static int
add_bridge(struct rtnl *rtnl, const char *name)
{
    struct nl_msg *msg CLEANUP_MSG
        = rtnl_link_msg(RTM_NEWLINK, NLM_F_ACK | NLM_F_CREATE, 0);
    struct rtnl_link link;

    nla_put_string(msg, IFLA_IFNAME, name);
    struct nlattr *kind = nla_nest_start(msg, IFLA_LINKINFO);
    nla_put_string(msg, IFLA_INFO_KIND, "bridge");
    nla_nest_end(msg, kind);

    struct vif_error *error CLEANUP_ERROR = rtnl_request(rtnl, msg, NULL,
                                                         NULL);
    if (error && error->code == VIF_ERR_UNSUPPORTED) {
        return 0;               /* This kernel has no bridges. */
    }
    assert_null(error);
    assert_null(rtnl_get_by_name(rtnl, name, &link));
    return link.ifindex;
}

static void
test_silence(void **state)
{
    struct tale tale;

    (void) state;
    listen_to(&tale);
    rtnl_monitor_run(tale.monitor);
    assert_int_equal(tale.n_changed + tale.n_deleted + tale.n_lost, 0);
    rtnl_monitor_close(tale.monitor);
    rtnl_monitor_close(NULL);
}

static void
test_life_of_a_tap(void **state)
{
    struct rtnl *rtnl = *state;
    const struct rtnl_change mtu = { .set_mtu = true, .mtu = 9000 };
    struct tale tale;

    listen_to(&tale);

    int ifindex = own_netns_make_tap(rtnl, "tap0", true);
    UNTIL_TOLD(&tale, tale.last.ifindex == ifindex && tale.last.up);
    assert_string_equal(tale.last.name, "tap0");
    assert_string_equal(tale.last.alias, "test");
    assert_true(tale.last.is_tap && tale.last.multi_queue && tale.last.up);

    assert_null(rtnl_set(rtnl, ifindex, &mtu));
    UNTIL_TOLD(&tale, tale.last.mtu == 9000);

    int fd = own_netns_open_tap("tap0", IFF_MULTI_QUEUE);
    assert_true(fd >= 0);
    UNTIL_TOLD(&tale, tale.last.running && tale.last.n_queues == 1);
    close(fd);
    UNTIL_TOLD(&tale, !tale.last.running && tale.last.n_queues == 0);

    assert_null(rtnl_delete(rtnl, ifindex));
    UNTIL_TOLD(&tale, tale.deleted == ifindex);
    assert_string_equal(tale.deleted_name, "tap0");
    assert_int_equal(tale.n_deleted, 1);
    assert_int_equal(tale.n_lost, 0);
    rtnl_monitor_close(tale.monitor);
}

static void
test_renamed(void **state)
{
    struct rtnl *rtnl = *state;
    const struct rtnl_change down = { .set_up = true, .up = false };
    struct tale tale;

    int ifindex = own_netns_make_tap(rtnl, "tap0", false);
    assert_null(rtnl_set(rtnl, ifindex, &down));
    listen_to(&tale);
    rename_link(rtnl, ifindex, "other");
    UNTIL_TOLD(&tale, tale.last.ifindex == ifindex
               && !strcmp(tale.last.name, "other"));
    rtnl_monitor_close(tale.monitor);
}

/* When a port leaves a bridge the kernel says RTM_DELLINK about the *port*;
 * the link has not gone. */
static void
test_leaving_a_bridge_is_no_deletion(void **state)
{
    struct rtnl *rtnl = *state;
    const struct rtnl_change mark = { .set_alias = true, .alias = "end" };
    struct tale tale;

    int bridge = add_bridge(rtnl, "br0");
    if (!bridge) {
        skip();
    }
    int ifindex = own_netns_make_tap(rtnl, "tap0", false);
    listen_to(&tale);
    set_master(rtnl, ifindex, bridge);
    UNTIL_TOLD(&tale, tale.last.ifindex == ifindex
               && tale.last.master == bridge);
    set_master(rtnl, ifindex, 0);
    assert_null(rtnl_set(rtnl, ifindex, &mark));
    UNTIL_TOLD(&tale, tale.last.ifindex == ifindex
               && !strcmp(tale.last.alias, "end"));
    assert_int_equal(tale.last.master, 0);
    assert_int_equal(tale.n_deleted, 0);
    rtnl_monitor_close(tale.monitor);
}

static void
test_all_of_a_burst(void **state)
{
    struct rtnl *rtnl = *state;
    int ifindexes[200];
    struct vif_error *errors[200];
    char name[RTNL_NAME_SIZE];
    struct tale tale;

    listen_to(&tale);
    for (int i = 0; i < 200; i++) {
        snprintf(name, sizeof name, "tap%d", i);
        ifindexes[i] = own_netns_make_tap(rtnl, name, false);
    }
    rtnl_delete_many(rtnl, ifindexes, errors, 200);
    UNTIL_TOLD(&tale, tale.n_deleted == 200);
    assert_true(tale.n_changed >= 400);
    assert_int_equal(tale.n_lost, 0);
    rtnl_monitor_close(tale.monitor);
}

static void
test_overrun(void **state)
{
    struct rtnl *rtnl = *state;
    const int tiny = 1;
    char name[RTNL_NAME_SIZE];
    struct tale tale;

    listen_to(&tale);
    assert_int_equal(setsockopt(rtnl_monitor_fd(tale.monitor), SOL_SOCKET,
                                SO_RCVBUF, &tiny, sizeof tiny), 0);
    for (int i = 0; i < 20; i++) {
        snprintf(name, sizeof name, "tap%d", i);
        own_netns_make_tap(rtnl, name, false);
    }
    UNTIL_TOLD(&tale, tale.n_lost > 0);
    assert_true(tale.n_changed < 40);

    /* It goes on listening. */
    int before = tale.n_deleted;
    assert_null(rtnl_delete(rtnl, tale.last.ifindex));
    UNTIL_TOLD(&tale, tale.n_deleted > before || tale.n_lost > 1);
    rtnl_monitor_close(tale.monitor);
}

int
main(void)
{
#define TEST(NAME)                                                  \
    cmocka_unit_test_setup_teardown(NAME, own_netns_set_up,         \
                                    own_netns_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_silence),
        TEST(test_life_of_a_tap),
        TEST(test_renamed),
        TEST(test_leaving_a_bridge_is_no_deletion),
        TEST(test_all_of_a_burst),
        TEST(test_overrun),
    };

    return own_netns_run(tests);
}
