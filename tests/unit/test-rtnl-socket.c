/* SPDX-License-Identifier: Apache-2.0 */
/* A rtnetlink socket with a play-acted kernel at its other end: what becomes
 * of errors, extack text, lost answers, interrupted dumps and nonsense. */

#include <config.h>

#include "kernel/rtnl-private.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>

#include <cmocka.h>

#include "tests/unit/play-kernel.h"

static struct nl_msg *
link_answer(uint32_t seq, int flags, int family, int ifindex,
            const char *name)
{
    struct nl_msg *msg = play_answer(RTM_NEWLINK, flags, seq);
    const struct ifinfomsg ifi = {
        .ifi_family = family,
        .ifi_index = ifindex,
    };

    play_append(msg, &ifi, sizeof ifi);
    if (name) {
        nla_put_string(msg, IFLA_IFNAME, name);
    }
    return msg;
}

static void
say_done(struct play *play, uint32_t seq, int value)
{
    struct nl_msg *msg = play_answer(NLMSG_DONE, NLM_F_MULTI, seq);

    play_append(msg, &value, sizeof value);
    play_say(play, msg);
}

/* What we ask. */

static struct vif_error *
set_mtu(struct play *play)
{
    const struct rtnl_change change = { .set_mtu = true, .mtu = 1450 };

    return rtnl_set(play->rtnl, 7, &change);
}

static void
test_acknowledged(void **state)
{
    struct play *play = *state;

    play_say(play, play_ack(1, 0, NLM_F_CAPPED, 0));
    assert_null(set_mtu(play));
}

static void
test_request_is_numbered_and_asks_for_an_answer(void **state)
{
    struct play *play = *state;
    char buf[512];

    play_say(play, play_ack(1, 0, NLM_F_CAPPED, 0));
    assert_null(set_mtu(play));
    assert_true(recv(play->fds[1], buf, sizeof buf, MSG_DONTWAIT) > 0);

    const struct nlmsghdr *nlh = (const struct nlmsghdr *) buf;
    assert_int_equal(nlh->nlmsg_type, RTM_NEWLINK);
    assert_int_equal(nlh->nlmsg_flags, NLM_F_REQUEST | NLM_F_ACK);
    assert_int_equal(nlh->nlmsg_seq, 1);
    assert_int_equal(nlh->nlmsg_pid, PLAY_PORT);
}

static void
check_extack(struct play *play, int flags, size_t echo)
{
    struct nl_msg *msg = play_ack(1, -EINVAL, flags | NLM_F_ACK_TLVS, echo);

    nla_put_u32(msg, NLMSGERR_ATTR_OFFS, 36);
    nla_put_string(msg, NLMSGERR_ATTR_MSG, "mtu is a matter of taste");
    play_say(play, msg);

    struct vif_error *error CLEANUP_ERROR = set_mtu(play);
    assert_non_null(error);
    assert_int_equal(error->code, VIF_ERR_KERNEL);
    assert_int_equal(error->errnum, EINVAL);
    assert_string_equal(error->message,
                        "change link 7: kernel: Invalid argument");
    assert_string_equal(error->source, "mtu is a matter of taste");
}

static void
test_extack_after_capped_request(void **state)
{
    check_extack(*state, NLM_F_CAPPED, 0);
}

static void
test_extack_after_whole_request(void **state)
{
    check_extack(*state, 0, 28);
}

static void
test_extack_that_makes_no_sense_is_left_out(void **state)
{
    struct play *play = *state;
    struct nl_msg *msg = play_ack(1, -EPERM, NLM_F_ACK_TLVS | NLM_F_CAPPED, 0);

    nla_put(msg, NLMSGERR_ATTR_MSG, 5, "never");        /* No terminator. */
    play_say(play, msg);

    struct vif_error *error CLEANUP_ERROR = set_mtu(play);
    assert_non_null(error);
    assert_int_equal(error->errnum, EPERM);
    assert_null(error->source);
}

/* The echoed request claims to be longer than the whole answer. */
static void
test_echo_beyond_the_end(void **state)
{
    struct play *play = *state;
    struct nl_msg *msg = play_ack(1, -EPERM, NLM_F_ACK_TLVS, 0);
    struct nlmsgerr *err = nlmsg_data(nlmsg_hdr(msg));

    err->msg.nlmsg_len = 1 << 30;
    play_say(play, msg);

    struct vif_error *error CLEANUP_ERROR = set_mtu(play);
    assert_non_null(error);
    assert_int_equal(error->errnum, EPERM);
    assert_null(error->source);
}

static void
test_short_error(void **state)
{
    struct play *play = *state;

    play_say(play, play_answer(NLMSG_ERROR, 0, 1));
    struct vif_error *error CLEANUP_ERROR = set_mtu(play);
    assert_non_null(error);
    assert_non_null(strstr(error->message, "makes no sense"));
}

static void
test_codes_of_errno(void **state)
{
    static const struct {
        int errnum;
        enum vif_error_code code;
        bool retry;
    } cases[] = {
        { ENODEV, VIF_ERR_NOT_FOUND, false },
        { EEXIST, VIF_ERR_CONFLICT, false },
        { EOPNOTSUPP, VIF_ERR_UNSUPPORTED, false },
        { EBUSY, VIF_ERR_KERNEL, true },
        { EPERM, VIF_ERR_KERNEL, false },
    };
    struct play *play = *state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        play_say(play, play_ack(i + 1, -cases[i].errnum, NLM_F_CAPPED, 0));
        struct vif_error *error CLEANUP_ERROR = set_mtu(play);
        assert_non_null(error);
        assert_int_equal(error->code, cases[i].code);
        assert_int_equal(error->errnum, cases[i].errnum);
        assert_int_equal(error->retry, cases[i].retry);
    }
}

/* A late answer to a question that was given up, and one to somebody else,
 * are no answers to this one. */
static void
test_other_answers_are_ignored(void **state)
{
    struct play *play = *state;
    struct nl_msg *foreign = play_ack(1, -EIO, NLM_F_CAPPED, 0);

    nlmsg_hdr(foreign)->nlmsg_pid = PLAY_PORT + 1;
    play_say(play, play_ack(0, -EIO, NLM_F_CAPPED, 0));
    play_say(play, play_ack(2, -EIO, NLM_F_CAPPED, 0));
    play_say(play, foreign);
    play_say(play, play_ack(1, 0, NLM_F_CAPPED, 0));
    assert_null(set_mtu(play));
}

static void
test_lost_answer_is_an_error(void **state)
{
    struct play *play = *state;
    long long start = rtnl_now_ms();
    struct vif_error *error CLEANUP_ERROR = set_mtu(play);

    assert_non_null(error);
    assert_int_equal(error->errnum, ETIMEDOUT);
    assert_true(error->retry);
    assert_non_null(strstr(error->message,
                           "the kernel did not answer within 50 ms"));
    assert_true(rtnl_now_ms() - start >= PLAY_TIMEOUT_MS);

    /* When it comes after all, it does no harm. */
    play_say(play, play_ack(1, -EIO, NLM_F_CAPPED, 0));
    play_say(play, play_ack(2, 0, NLM_F_CAPPED, 0));
    assert_null(set_mtu(play));
}

static void
test_nonsense_is_not_an_answer(void **state)
{
    struct play *play = *state;
    struct nlmsghdr nlh = { .nlmsg_len = 4096, .nlmsg_type = NLMSG_ERROR,
                            .nlmsg_seq = 1, .nlmsg_pid = PLAY_PORT };

    assert_int_equal(send(play->fds[1], &nlh, 7, 0), 7);
    assert_int_equal(send(play->fds[1], &nlh, sizeof nlh, 0), sizeof nlh);
    assert_int_equal(send(play->fds[1], &nlh, 0, 0), 0);
    play_say(play, play_ack(1, 0, NLM_F_CAPPED, 0));
    assert_null(set_mtu(play));
}

static void
test_large_answer(void **state)
{
    static char filler[60000];
    struct play *play = *state;
    struct nl_msg *msg = link_answer(1, 0, AF_UNSPEC, 3, "big");
    struct rtnl_link link;

    nla_put(msg, IFLA_VFINFO_LIST, sizeof filler, filler);
    nla_put(msg, IFLA_VFINFO_LIST, sizeof filler, filler);
    nla_put_u32(msg, IFLA_MTU, 9000);
    play_say(play, msg);
    assert_null(rtnl_get(play->rtnl, 3, &link));
    assert_string_equal(link.name, "big");
    assert_int_equal(link.mtu, 9000);
}

static void
test_answers_in_any_order(void **state)
{
    struct play *play = *state;
    struct nl_msg *msgs[RTNL_MAX_REQUESTS];
    struct vif_error *errors[RTNL_MAX_REQUESTS];

    for (int i = 0; i < RTNL_MAX_REQUESTS; i++) {
        const struct rtnl_change change = { .set_group = true, .group = 5 };
        int seq = RTNL_MAX_REQUESTS - i;

        msgs[i] = rtnl_change_msg(i + 1, &change);
        if (seq != 9) {
            play_say(play, play_ack(seq, seq % 2 ? 0 : -ENODEV, NLM_F_CAPPED,
                                    0));
        }
    }
    rtnl_request_many(play->rtnl, msgs, errors, RTNL_MAX_REQUESTS);
    for (int i = 0; i < RTNL_MAX_REQUESTS; i++) {
        int seq = i + 1;

        if (seq == 9) {
            assert_int_equal(errors[i]->errnum, ETIMEDOUT);
        } else if (seq % 2) {
            assert_null(errors[i]);
        } else {
            assert_int_equal(errors[i]->code, VIF_ERR_NOT_FOUND);
        }
        vif_error_destroy(errors[i]);
        nlmsg_free(msgs[i]);
    }
}

/* Dumps. */

static void
test_dump(void **state)
{
    struct play *play = *state;
    struct rtnl_link *links CLEANUP_FREE = NULL;
    size_t n;

    play_say(play, link_answer(1, NLM_F_MULTI, AF_UNSPEC, 1, "lo"));
    play_say(play, link_answer(1, NLM_F_MULTI, AF_UNSPEC, 2, "tap0"));
    say_done(play, 1, 0);
    assert_null(rtnl_dump(play->rtnl, &links, &n));
    assert_int_equal(n, 2);
    assert_string_equal(links[0].name, "lo");
    assert_string_equal(links[1].name, "tap0");
}

static void
test_interrupted_dump_is_repeated(void **state)
{
    struct play *play = *state;
    struct rtnl_link *links CLEANUP_FREE = NULL;
    size_t n;

    play_say(play, link_answer(1, NLM_F_MULTI, AF_UNSPEC, 1, "lo"));
    play_say(play, link_answer(1, NLM_F_MULTI | NLM_F_DUMP_INTR, AF_UNSPEC, 2,
                          "tap0"));
    say_done(play, 1, 0);
    play_say(play, link_answer(2, NLM_F_MULTI, AF_UNSPEC, 1, "lo"));
    say_done(play, 2, 0);
    assert_null(rtnl_dump(play->rtnl, &links, &n));
    assert_int_equal(n, 1);
}

static void
test_dump_that_is_always_interrupted(void **state)
{
    struct play *play = *state;
    struct rtnl_link *links;
    size_t n;

    for (int seq = 1; seq <= 100; seq++) {
        const int value = 0;
        struct nl_msg *msg = play_answer(NLMSG_DONE,
                                         NLM_F_MULTI | NLM_F_DUMP_INTR,
                                    seq);

        play_append(msg, &value, sizeof value);
        play_say(play, msg);
    }

    struct vif_error *error CLEANUP_ERROR = rtnl_dump(play->rtnl, &links, &n);
    assert_non_null(error);
    assert_int_equal(error->code, VIF_ERR_BUSY);
    assert_true(error->retry);
    assert_null(links);
    assert_int_equal(n, 0);
}

static void
test_dump_that_fails_at_its_end(void **state)
{
    struct play *play = *state;
    struct nl_msg *msg = play_answer(NLMSG_DONE,
                                     NLM_F_MULTI | NLM_F_ACK_TLVS, 1);
    const int value = -EINVAL;
    struct rtnl_link *links;
    size_t n;

    play_append(msg, &value, sizeof value);
    nla_put_string(msg, NLMSGERR_ATTR_MSG, "Invalid values in header");
    play_say(play, link_answer(1, NLM_F_MULTI, AF_UNSPEC, 1, "lo"));
    play_say(play, msg);

    struct vif_error *error CLEANUP_ERROR = rtnl_dump(play->rtnl, &links, &n);
    assert_non_null(error);
    assert_int_equal(error->errnum, EINVAL);
    assert_string_equal(error->source, "Invalid values in header");
    assert_null(links);
}

/* Links. */

static bool
parse(struct nl_msg *msg, struct rtnl_link *link)
{
    bool ok = rtnl_link_parse(nlmsg_hdr(msg), link);

    nlmsg_free(msg);
    return ok;
}

static void
test_messages_that_are_no_links(void **state)
{
    struct rtnl_link link;
    struct nl_msg *msg;

    (void) state;
    assert_false(parse(play_answer(RTM_NEWLINK, 0, 0), &link));
    assert_false(parse(link_answer(0, 0, AF_BRIDGE, 3, "tap0"), &link));
    assert_false(parse(link_answer(0, 0, AF_UNSPEC, 3, NULL), &link));
    assert_false(parse(link_answer(0, 0, AF_UNSPEC, 0, "tap0"), &link));

    msg = link_answer(0, 0, AF_UNSPEC, 3, NULL);
    nla_put(msg, IFLA_IFNAME, 4, "tap0");               /* No terminator. */
    assert_false(parse(msg, &link));
    msg = link_answer(0, 0, AF_UNSPEC, 3, "sixteen.letters.");
    assert_false(parse(msg, &link));
    msg = link_answer(0, 0, AF_UNSPEC, 3, "tap0");
    nla_put(msg, IFLA_MTU, 2, "ab");
    assert_false(parse(msg, &link));
    msg = play_answer(RTM_NEWADDR, 0, 0);
    assert_false(parse(msg, &link));
}

static struct nl_msg *
tun_answer(int type, int queues, int disabled, int carrier)
{
    struct nl_msg *msg = link_answer(0, 0, AF_UNSPEC, 3, "tap0");

    nla_put_u8(msg, IFLA_CARRIER, carrier);

    struct nlattr *kind = nla_nest_start(msg, IFLA_LINKINFO);
    nla_put_string(msg, IFLA_INFO_KIND, "tun");
    struct nlattr *tun = nla_nest_start(msg, IFLA_INFO_DATA);
    nla_put_u8(msg, IFLA_TUN_TYPE, type);
    nla_put_u8(msg, IFLA_TUN_PI, 0);
    nla_put_u8(msg, IFLA_TUN_VNET_HDR, 1);
    nla_put_u8(msg, IFLA_TUN_PERSIST, 1);
    nla_put_u8(msg, IFLA_TUN_MULTI_QUEUE, queues >= 0);
    if (queues >= 0) {
        nla_put_u32(msg, IFLA_TUN_NUM_QUEUES, queues);
        nla_put_u32(msg, IFLA_TUN_NUM_DISABLED_QUEUES, disabled);
    }
    nla_nest_end(msg, tun);
    nla_nest_end(msg, kind);
    return msg;
}

static void
test_taps(void **state)
{
    struct rtnl_link link;

    (void) state;
    assert_true(parse(tun_answer(IFF_TAP, 1, 3, 1), &link));
    assert_true(link.is_tap && link.multi_queue && link.persist
                && link.vnet_hdr && link.no_pi);
    assert_int_equal(link.n_queues, 4);
    assert_int_equal(link.owner, UINT32_MAX);
    assert_int_equal(link.owner_group, UINT32_MAX);
    assert_false(link.has_mac);

    assert_true(parse(tun_answer(IFF_TAP, -1, 0, 1), &link));
    assert_false(link.multi_queue);
    assert_int_equal(link.n_queues, 1);
    assert_true(parse(tun_answer(IFF_TAP, -1, 0, 0), &link));
    assert_int_equal(link.n_queues, 0);

    /* A tun device is not a tap. */
    assert_true(parse(tun_answer(IFF_TUN, -1, 0, 0), &link));
    assert_string_equal(link.kind, "tun");
    assert_false(link.is_tap);
}

/* The device that a link is of: told whole or not at all. */
static void
test_parents(void **state)
{
    static const struct {
        const char *bus, *device, *expected;
    } cases[] = {
        { "pci", "0000:03:00.0", "pci/0000:03:00.0" },
        { "netdevsim", "netdevsim1", "netdevsim/netdevsim1" },
        { NULL, "0000:03:00.0", "" },
        { "pci", NULL, "" },
        { "0123456789012345678901234567890123456789",
          "0123456789012345678901234567890123456789", "" },
    };

    (void) state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct nl_msg *msg = link_answer(0, 0, AF_UNSPEC, 3, "eth3");
        struct rtnl_link link;

        if (cases[i].bus) {
            nla_put_string(msg, IFLA_PARENT_DEV_BUS_NAME, cases[i].bus);
        }
        if (cases[i].device) {
            nla_put_string(msg, IFLA_PARENT_DEV_NAME, cases[i].device);
        }
        assert_true(parse(msg, &link));
        assert_string_equal(link.parent, cases[i].expected);
    }
}

static void
test_refused_before_asking(void **state)
{
    struct play *play = *state;
    char alias[RTNL_ALIAS_SIZE + 1];
    struct rtnl_change change = { .set_alias = true, .alias = alias };
    struct rtnl_link link;
    struct vif_error *errors[2];

    memset(alias, 'a', sizeof alias);
    alias[RTNL_ALIAS_SIZE] = '\0';
    struct vif_error *cases[] = {
        rtnl_set(play->rtnl, 3, &change),
        rtnl_set(play->rtnl, 0, &change),
        rtnl_get(play->rtnl, 0, &link),
        rtnl_get_by_name(play->rtnl, "", &link),
        rtnl_get_by_name(play->rtnl, "sixteen.letters.", &link),
        rtnl_delete(play->rtnl, 0),
        rtnl_delete(play->rtnl, -3),
        NULL,
        NULL,
    };
    rtnl_delete_many(play->rtnl, (const int[]) { 0, -1 }, errors, 2);
    cases[7] = errors[0];
    cases[8] = errors[1];

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_non_null(cases[i]);
        assert_int_equal(cases[i]->code, VIF_ERR_INVALID);
        vif_error_destroy(cases[i]);
    }

    char buf[16];
    assert_int_equal(recv(play->fds[1], buf, sizeof buf, MSG_DONTWAIT), -1);
}

static void
assert_asks_for_noqueue(int fd)
{
    char buf[512];
    struct nlmsghdr *nlh = (struct nlmsghdr *) buf;
    ssize_t n = recv(fd, buf, sizeof buf, MSG_DONTWAIT);
    struct nlattr *tb[TCA_MAX + 1];

    assert_true(n > 0 && nlmsg_ok(nlh, n));
    assert_int_equal(nlh->nlmsg_type, RTM_NEWQDISC);
    assert_int_equal(nlh->nlmsg_flags, NLM_F_REQUEST | NLM_F_ACK
                                       | NLM_F_CREATE | NLM_F_REPLACE);

    const struct tcmsg *tcm = nlmsg_data(nlh);
    assert_int_equal(tcm->tcm_ifindex, 7);
    assert_int_equal(tcm->tcm_parent, TC_H_ROOT);
    assert_int_equal(tcm->tcm_handle, 0);
    assert_int_equal(nlmsg_parse(nlh, sizeof *tcm, tb, TCA_MAX, NULL), 0);
    assert_string_equal(nla_get_string(tb[TCA_KIND]), "noqueue");
}

/* A kernel without disciplines to choose from keeps what it has; any other
 * trouble is one. */
static void
test_no_queueing_discipline(void **state)
{
    static const struct {
        int errnum;
        bool is_error;
    } cases[] = {
        { 0, false },         { EOPNOTSUPP, false }, { ENOENT, false },
        { ENODEV, true },     { EPERM, true },       { ENOMEM, true },
    };
    struct play *play = *state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        play_say(play, play_ack(i + 1, -cases[i].errnum, NLM_F_CAPPED, 0));
        struct vif_error *error CLEANUP_ERROR = rtnl_set_noqueue(play->rtnl,
                                                                 7);
        assert_int_equal(error != NULL, cases[i].is_error);
        assert_asks_for_noqueue(play->fds[1]);
        if (error) {
            assert_int_equal(error->errnum, cases[i].errnum);
            assert_non_null(strstr(error->message, "link 7"));
        }
    }
}

int
main(void)
{
#define TEST(NAME)                                                      \
    cmocka_unit_test_setup_teardown(NAME, play_set_up, play_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_acknowledged),
        TEST(test_request_is_numbered_and_asks_for_an_answer),
        TEST(test_extack_after_capped_request),
        TEST(test_extack_after_whole_request),
        TEST(test_extack_that_makes_no_sense_is_left_out),
        TEST(test_echo_beyond_the_end),
        TEST(test_short_error),
        TEST(test_codes_of_errno),
        TEST(test_other_answers_are_ignored),
        TEST(test_lost_answer_is_an_error),
        TEST(test_nonsense_is_not_an_answer),
        TEST(test_large_answer),
        TEST(test_answers_in_any_order),
        TEST(test_dump),
        TEST(test_interrupted_dump_is_repeated),
        TEST(test_dump_that_is_always_interrupted),
        TEST(test_dump_that_fails_at_its_end),
        TEST(test_messages_that_are_no_links),
        TEST(test_taps),
        TEST(test_parents),
        TEST(test_refused_before_asking),
        TEST(test_no_queueing_discipline),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
