/* SPDX-License-Identifier: Apache-2.0 */
/* VFs as the kernel describes them, and as it is told to set them: messages
 * laid out as rtnl_fill_vfinfo() and do_setvfinfo() of net/core/rtnetlink.c
 * have them. */

#include <config.h>

#include "kernel/rtnl-vf.h"

#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/if.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include <cmocka.h>

#include "tests/unit/play-kernel.h"

#define PF 3

/* What rtnl_fill_vfinfo() presets for what a driver does not report. */
#define UNREPORTED UINT32_MAX

/* How a driver describes its VFs. */
struct driver {
    unsigned int n_vfs;
    unsigned int described;     /* The first so many of them. */
    bool has_list;              /* IFLA_VF_VLAN_LIST, Linux 4.9. */
    bool has_rate;              /* IFLA_VF_RATE, Linux 3.15. */
    bool statistics;
    uint32_t spoofchk, trust, link_state;
    uint16_t protocol;
};
static const struct driver igb = {
    .n_vfs = 7, .described = 7, .has_list = true, .has_rate = true,
    .spoofchk = 1, .trust = 0, .protocol = ETH_P_8021Q,
};

static void
put_numbers(struct nl_msg *msg, int type, uint32_t number, uint32_t value)
{
    const uint32_t numbers[2] = { number, value };

    assert_int_equal(nla_put(msg, type, sizeof numbers, numbers), 0);
}

static void
put_vlans(struct nl_msg *msg, uint32_t number, const struct driver *driver)
{
    const struct ifla_vf_vlan vlan = {
        .vf = number, .vlan = 100 + number, .qos = 3,
    };

    assert_int_equal(nla_put(msg, IFLA_VF_VLAN, sizeof vlan, &vlan), 0);
    if (driver->has_list) {
        struct ifla_vf_vlan_info info;
        struct nlattr *list = nla_nest_start(msg, IFLA_VF_VLAN_LIST);

        memset(&info, 0, sizeof info);
        info.vf = number;
        info.vlan = 100 + number;
        info.qos = 3;
        info.vlan_proto = htons(driver->protocol);
        assert_int_equal(nla_put(msg, IFLA_VF_VLAN_INFO, sizeof info, &info),
                         0);
        nla_nest_end(msg, list);
    }
}

static void
put_vf(struct nl_msg *msg, uint32_t number, const struct driver *driver)
{
    struct nlattr *info = nla_nest_start(msg, IFLA_VF_INFO);
    struct ifla_vf_mac mac = {
        .vf = number, .mac = { 0x52, 0x54, 0, 0, number >> 8, number & 255 },
    };
    const struct ifla_vf_rate rate = {
        .vf = number, .min_tx_rate = 10, .max_tx_rate = 1000 + number,
    };
    static const uint8_t broadcast[32] = { 255, 255, 255, 255, 255, 255 };
    static const char statistics[96];

    assert_int_equal(nla_put(msg, IFLA_VF_MAC, sizeof mac, &mac), 0);
    assert_int_equal(nla_put(msg, IFLA_VF_BROADCAST, sizeof broadcast,
                             broadcast), 0);
    put_vlans(msg, number, driver);
    if (driver->has_rate) {
        assert_int_equal(nla_put(msg, IFLA_VF_RATE, sizeof rate, &rate), 0);
    }
    put_numbers(msg, IFLA_VF_TX_RATE, number, 1000 + number);
    put_numbers(msg, IFLA_VF_SPOOFCHK, number, driver->spoofchk);
    put_numbers(msg, IFLA_VF_LINK_STATE, number, driver->link_state);
    put_numbers(msg, IFLA_VF_RSS_QUERY_EN, number, UNREPORTED);
    put_numbers(msg, IFLA_VF_TRUST, number, driver->trust);
    if (driver->statistics) {
        assert_int_equal(nla_put(msg, IFLA_VF_STATS, sizeof statistics,
                                 statistics), 0);
    }
    nla_nest_end(msg, info);
}

/* libnl takes a nest back that is too long; the kernel just cuts its length
 * to 16 bits. */
static void
end_list(struct nl_msg *msg, struct nlattr *list)
{
    const char *end = nlmsg_tail(nlmsg_hdr(msg));

    list->nla_len = (uint16_t) (end - (char *) list);
}

static struct nl_msg *
link_message(uint32_t seq)
{
    const struct ifinfomsg ifi = {
        .ifi_index = PF, .ifi_flags = IFF_UP | IFF_LOWER_UP,
    };
    struct nl_msg *msg = play_answer(RTM_NEWLINK, 0, seq);

    play_append(msg, &ifi, sizeof ifi);
    nla_put_string(msg, IFLA_IFNAME, "eth1");
    return msg;
}

static void
say_vfs(struct play *play, uint32_t seq, const struct driver *driver)
{
    struct nl_msg *msg = link_message(seq);

    nla_put_u32(msg, IFLA_NUM_VF, driver->n_vfs);
    struct nlattr *list = nla_nest_start(msg, IFLA_VFINFO_LIST);
    for (unsigned int i = 0; i < driver->described; i++) {
        put_vf(msg, i, driver);
    }
    end_list(msg, list);
    nla_put_u32(msg, IFLA_MTU, 9000);
    play_say(play, msg);
}

static void
assert_words(struct vif_error *error, const char *words)
{
    assert_non_null(error);
    if (!strstr(error->message, words)) {
        fail_msg("%s", error->message);
    }
    vif_error_destroy(error);
}

static void
test_one_of_seven(void **state)
{
    struct play *play = *state;
    struct rtnl_pf pf;

    say_vfs(play, 1, &igb);
    assert_null(rtnl_get_vf(play->rtnl, PF, 6, &pf));
    assert_true(pf.tells && pf.found);
    assert_int_equal(pf.n_vfs, 7);
    assert_string_equal(pf.link.name, "eth1");
    assert_true(pf.link.up && pf.link.running);
    assert_int_equal(pf.link.mtu, 9000);

    assert_int_equal(pf.vf.fields, RTNL_VF_BIT(RTNL_VF_N_FIELDS) - 1);
    assert_memory_equal(pf.vf.mac.octets, "\x52\x54\0\0\0\6", 6);
    assert_int_equal(pf.vf.vlan.id, 106);
    assert_int_equal(pf.vf.vlan.qos, 3);
    assert_int_equal(pf.vf.vlan.is_8021ad, 0);
    assert_int_equal(pf.vf.min_tx_rate, 10);
    assert_int_equal(pf.vf.max_tx_rate, 1006);
    assert_int_equal(pf.vf.spoofchk, 1);
    assert_int_equal(pf.vf.trust, 0);
    assert_int_equal(pf.vf.link_state, VIF_LINK_AUTO);
}

static void
test_question(void **state)
{
    struct play *play = *state;
    struct rtnl_pf pf;
    char buf[256];

    say_vfs(play, 1, &igb);
    assert_null(rtnl_get_vf(play->rtnl, PF, 0, &pf));
    assert_true(recv(play->fds[1], buf, sizeof buf, MSG_DONTWAIT) > 0);

    struct nlmsghdr *nlh = (struct nlmsghdr *) buf;
    const struct ifinfomsg *ifi = nlmsg_data(nlh);
    struct nlattr *mask = nlmsg_find_attr(nlh, sizeof *ifi, IFLA_EXT_MASK);
    assert_int_equal(nlh->nlmsg_type, RTM_GETLINK);
    assert_int_equal(nlh->nlmsg_flags, NLM_F_REQUEST);
    assert_int_equal(ifi->ifi_index, PF);
    assert_non_null(mask);
    assert_int_equal(nla_get_u32(mask),
                     RTEXT_FILTER_VF | RTEXT_FILTER_SKIP_STATS);
}

static void
test_unreported(void **state)
{
    struct driver driver = igb;
    struct play *play = *state;
    struct rtnl_pf pf;

    driver.spoofchk = driver.trust = UNREPORTED;
    driver.link_state = 77;             /* Of a newer kernel. */
    say_vfs(play, 1, &driver);
    assert_null(rtnl_get_vf(play->rtnl, PF, 2, &pf));
    assert_true(pf.found);
    assert_false(pf.vf.fields & RTNL_VF_BIT(RTNL_VF_SPOOFCHK));
    assert_false(pf.vf.fields & RTNL_VF_BIT(RTNL_VF_TRUST));
    assert_false(pf.vf.fields & RTNL_VF_BIT(RTNL_VF_LINK_STATE));
    assert_true(pf.vf.fields & RTNL_VF_BIT(RTNL_VF_VLAN));
}

static void
test_8021ad(void **state)
{
    struct driver driver = igb;
    struct play *play = *state;
    struct rtnl_pf pf;

    driver.protocol = ETH_P_8021AD;
    say_vfs(play, 1, &driver);
    assert_null(rtnl_get_vf(play->rtnl, PF, 2, &pf));
    assert_int_equal(pf.vf.vlan.is_8021ad, 1);
    assert_int_equal(pf.vf.vlan.id, 102);
}

static void
test_old_kernel(void **state)
{
    struct driver driver = igb;
    struct play *play = *state;
    struct rtnl_pf pf;

    driver.has_list = driver.has_rate = false;
    say_vfs(play, 1, &driver);
    assert_null(rtnl_get_vf(play->rtnl, PF, 5, &pf));
    assert_int_equal(pf.vf.vlan.id, 105);
    assert_int_equal(pf.vf.vlan.qos, 3);
    assert_int_equal(pf.vf.max_tx_rate, 1005);
    assert_true(pf.vf.fields & RTNL_VF_BIT(RTNL_VF_MAX_TX_RATE));
    assert_false(pf.vf.fields & RTNL_VF_BIT(RTNL_VF_MIN_TX_RATE));
}

/* What one whole page cannot hold, nor the receive buffer's 64 KiB if there
 * is more besides. */
static void
test_many(void **state)
{
    struct driver driver = igb;
    struct play *play = *state;
    struct rtnl_pf pf;

    driver.n_vfs = driver.described = 256;
    say_vfs(play, 1, &driver);
    assert_null(rtnl_get_vf(play->rtnl, PF, 255, &pf));
    assert_true(pf.found);
    assert_int_equal(pf.n_vfs, 256);
    assert_int_equal(pf.vf.vlan.id, 355);
}

struct tally {
    unsigned int n;
    unsigned int sum;
};

static void
count(void *tally_, unsigned int number, const struct rtnl_vf *vf)
{
    struct tally *tally = tally_;

    tally->n++;
    tally->sum += vf->vlan.id - number;
}

static void
test_all(void **state)
{
    struct driver driver = igb;
    struct tally tally = { 0, 0 };
    struct play *play = *state;
    struct rtnl_pf pf;

    driver.n_vfs = driver.described = 200;
    say_vfs(play, 1, &driver);
    assert_null(rtnl_get_vfs(play->rtnl, PF, &pf, count, &tally));
    assert_int_equal(tally.n, 200);
    assert_int_equal(tally.sum, 200 * 100);
}

/* With statistics, 256 VFs need more than the 16 bits of a length. */
static void
test_overflow(void **state)
{
    struct driver driver = igb;
    struct play *play = *state;
    struct rtnl_pf pf;

    driver.n_vfs = driver.described = 256;
    driver.statistics = true;
    say_vfs(play, 1, &driver);
    struct vif_error *error = rtnl_get_vf(play->rtnl, PF, 3, &pf);
    assert_non_null(error);
    assert_int_equal(error->code, VIF_ERR_UNSUPPORTED);
    assert_words(error, "256 VFs takes more than the 64 KiB");
}

static void
test_vf_that_the_driver_leaves_out(void **state)
{
    struct driver driver = igb;
    struct play *play = *state;
    struct rtnl_pf pf;

    driver.described = 4;
    say_vfs(play, 1, &driver);
    assert_null(rtnl_get_vf(play->rtnl, PF, 4, &pf));
    assert_true(pf.tells);
    assert_false(pf.found);
    assert_int_equal(pf.n_vfs, 7);
}

static void
test_driver_that_describes_none(void **state)
{
    struct play *play = *state;
    struct nl_msg *msg = link_message(1);
    struct rtnl_pf pf;

    nla_put_u32(msg, IFLA_NUM_VF, 4);
    play_say(play, msg);
    assert_null(rtnl_get_vf(play->rtnl, PF, 1, &pf));
    assert_false(pf.tells || pf.found);
    assert_int_equal(pf.n_vfs, 4);
}

static void
test_vf_without_number(void **state)
{
    struct play *play = *state;
    struct nl_msg *msg = link_message(1);
    struct rtnl_pf pf;

    struct nlattr *list = nla_nest_start(msg, IFLA_VFINFO_LIST);
    struct nlattr *info = nla_nest_start(msg, IFLA_VF_INFO);
    put_numbers(msg, IFLA_VF_TRUST, 1, 1);
    nla_nest_end(msg, info);
    nla_nest_end(msg, list);
    play_say(play, msg);
    assert_words(rtnl_get_vf(play->rtnl, PF, 1, &pf), "makes no sense");
}

/* Attributes shorter than today's. */
static void
test_short_attribute(void **state)
{
    struct play *play = *state;
    struct nl_msg *msg = link_message(1);
    struct rtnl_pf pf;
    const uint32_t number = 1;

    struct nlattr *list = nla_nest_start(msg, IFLA_VFINFO_LIST);
    struct nlattr *info = nla_nest_start(msg, IFLA_VF_INFO);
    nla_put(msg, IFLA_VF_MAC, sizeof number, &number);
    nla_nest_end(msg, info);
    nla_nest_end(msg, list);
    play_say(play, msg);
    assert_words(rtnl_get_vf(play->rtnl, PF, 1, &pf), "makes no sense");
}

static void
test_no_such_link(void **state)
{
    struct play *play = *state;
    struct rtnl_pf pf;

    play_say(play, play_ack(1, -ENODEV, NLM_F_CAPPED, 0));
    struct vif_error *error = rtnl_get_vf(play->rtnl, PF, 1, &pf);
    assert_non_null(error);
    assert_int_equal(error->code, VIF_ERR_NOT_FOUND);
    assert_words(error, "read VF 1 of link 3: ");
}

/* Setting. */

/* Sets one thing of VF 5 and returns the attribute that the kernel got for
 * it, in 'buf'. */
static struct nlattr *
set(struct play *play, enum rtnl_vf_request request,
    const struct rtnl_vf *values, char buf[1024])
{
    play_say(play, play_ack(1, 0, NLM_F_CAPPED, 0));
    assert_null(rtnl_set_vf(play->rtnl, PF, 5, request, values));
    assert_true(recv(play->fds[1], buf, 1024, MSG_DONTWAIT) > 0);

    struct nlmsghdr *nlh = (struct nlmsghdr *) buf;
    const struct ifinfomsg *ifi = nlmsg_data(nlh);
    assert_int_equal(nlh->nlmsg_type, RTM_NEWLINK);
    assert_int_equal(nlh->nlmsg_flags, NLM_F_REQUEST | NLM_F_ACK);
    assert_int_equal(ifi->ifi_index, PF);
    assert_int_equal(ifi->ifi_change, 0);

    struct nlattr *list = nlmsg_find_attr(nlh, sizeof *ifi,
                                          IFLA_VFINFO_LIST);
    assert_non_null(list);
    struct nlattr *info = nla_data(list);
    assert_int_equal(nla_type(info), IFLA_VF_INFO);
    assert_int_equal(nla_total_size(nla_len(info)), nla_len(list));
    struct nlattr *attr = nla_data(info);
    assert_int_equal(nla_total_size(nla_len(attr)), nla_len(info));
    assert_int_equal(*(uint32_t *) nla_data(attr),
                     nla_type(attr) == IFLA_VF_VLAN_LIST
                     ? *(uint32_t *) nla_data(attr) : 5u);
    return attr;
}

static void
test_set_mac(void **state)
{
    const struct rtnl_vf values = { .mac = { { 2, 0, 0, 0, 0, 9 } } };
    char buf[1024];
    struct nlattr *attr = set(*state, RTNL_VF_SET_MAC, &values, buf);

    assert_int_equal(nla_type(attr), IFLA_VF_MAC);
    assert_int_equal(nla_len(attr), sizeof(struct ifla_vf_mac));
    const struct ifla_vf_mac *mac = nla_data(attr);
    assert_memory_equal(mac->mac, values.mac.octets, 6);
}

static void
test_set_vlan(void **state)
{
    const struct rtnl_vf values = { .vlan = { .id = 100, .qos = 3 } };
    char buf[1024];
    struct nlattr *attr = set(*state, RTNL_VF_SET_VLAN, &values, buf);

    assert_int_equal(nla_type(attr), IFLA_VF_VLAN);
    const struct ifla_vf_vlan *vlan = nla_data(attr);
    assert_int_equal(vlan->vlan, 100);
    assert_int_equal(vlan->qos, 3);
}

static void
test_set_8021ad(void **state)
{
    const struct rtnl_vf values = {
        .vlan = { .id = 100, .qos = 3, .is_8021ad = true },
    };
    char buf[1024];
    struct nlattr *list = set(*state, RTNL_VF_SET_VLAN, &values, buf);

    assert_int_equal(nla_type(list), IFLA_VF_VLAN_LIST);
    struct nlattr *attr = nla_data(list);
    assert_int_equal(nla_type(attr), IFLA_VF_VLAN_INFO);
    assert_int_equal(nla_len(attr), sizeof(struct ifla_vf_vlan_info));
    const struct ifla_vf_vlan_info *info = nla_data(attr);
    assert_int_equal(info->vf, 5);
    assert_int_equal(info->vlan, 100);
    assert_int_equal(info->qos, 3);
    assert_int_equal(info->vlan_proto, htons(0x88a8));
}

static void
test_set_rates(void **state)
{
    const struct rtnl_vf values = { .min_tx_rate = 10, .max_tx_rate = 20 };
    char buf[1024];
    struct nlattr *attr = set(*state, RTNL_VF_SET_RATES, &values, buf);

    assert_int_equal(nla_type(attr), IFLA_VF_RATE);
    const struct ifla_vf_rate *rate = nla_data(attr);
    assert_int_equal(rate->min_tx_rate, 10);
    assert_int_equal(rate->max_tx_rate, 20);
}

static void
test_set_numbers(void **state)
{
    static const struct {
        enum rtnl_vf_request request;
        int type;
        uint32_t value;
    } cases[] = {
        { RTNL_VF_SET_SPOOFCHK, IFLA_VF_SPOOFCHK, 1 },
        { RTNL_VF_SET_TRUST, IFLA_VF_TRUST, 0 },
        { RTNL_VF_SET_LINK_STATE, IFLA_VF_LINK_STATE, 2 },
    };
    const struct rtnl_vf values = {
        .spoofchk = 1, .link_state = VIF_LINK_DISABLE,
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        void *play;
        char buf[1024];

        play_set_up(&play);
        struct nlattr *attr = set(play, cases[i].request, &values, buf);
        const uint32_t *numbers = nla_data(attr);
        assert_int_equal(nla_type(attr), cases[i].type);
        assert_int_equal(nla_len(attr), 8);
        assert_int_equal(numbers[1], cases[i].value);
        play_tear_down(&play);
    }
    (void) state;
}

static void
test_extack(void **state)
{
    struct play *play = *state;
    struct nl_msg *msg = play_ack(1, -EOPNOTSUPP,
                                  NLM_F_CAPPED | NLM_F_ACK_TLVS, 0);
    const struct rtnl_vf values = { .trust = 1 };

    nla_put_string(msg, NLMSGERR_ATTR_MSG, "not in switchdev mode");
    play_say(play, msg);
    struct vif_error *error CLEANUP_ERROR
        = rtnl_set_vf(play->rtnl, PF, 5, RTNL_VF_SET_TRUST, &values);
    assert_non_null(error);
    assert_int_equal(error->code, VIF_ERR_UNSUPPORTED);
    assert_int_equal(error->errnum, EOPNOTSUPP);
    assert_string_equal(error->source, "not in switchdev mode");
}

#define TEST(NAME) \
    cmocka_unit_test_setup_teardown(NAME, play_set_up, play_tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_one_of_seven),
        TEST(test_question),
        TEST(test_unreported),
        TEST(test_8021ad),
        TEST(test_old_kernel),
        TEST(test_many),
        TEST(test_all),
        TEST(test_overflow),
        TEST(test_vf_that_the_driver_leaves_out),
        TEST(test_driver_that_describes_none),
        TEST(test_vf_without_number),
        TEST(test_short_attribute),
        TEST(test_no_such_link),
        TEST(test_set_mac),
        TEST(test_set_vlan),
        TEST(test_set_8021ad),
        TEST(test_set_rates),
        TEST(test_set_numbers),
        TEST(test_extack),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
