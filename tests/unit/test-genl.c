/* SPDX-License-Identifier: Apache-2.0 */
/* Devlink and ethtool with a play-acted kernel: what is asked, what becomes
 * of the answers, of refusals and of nonsense, and what is heard. */

#include <config.h>

#include "kernel/genl.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/devlink.h>
#include <linux/ethtool_netlink.h>
#include <linux/genetlink.h>

#include <cmocka.h>

#include "kernel/devlink.h"
#include "kernel/ethtool.h"
#include "kernel/genl-monitor.h"
#include "tests/unit/play-kernel.h"
#include "util.h"

#define DEVLINK_ID 31
#define ETHTOOL_ID 32
#define HANDLE "pci/0000:03:00.0"

struct scene {
    struct play *play;
    struct genl *genl;
};

static int
set_up(void **state)
{
    struct scene *scene = xzalloc(sizeof *scene);

    play_set_up((void **) &scene->play);
    scene->genl = genl_create_for_test(scene->play->fds[0], PLAY_PORT,
                                       PLAY_TIMEOUT_MS, DEVLINK_ID);
    *state = scene;
    return 0;
}

static int
tear_down(void **state)
{
    struct scene *scene = *state;

    genl_close(scene->genl);
    play_tear_down((void **) &scene->play);
    free(scene);
    return 0;
}

#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, set_up, tear_down)

/* A message of a family, to which attributes are added. */
static struct nl_msg *
said(int family, uint32_t seq, uint8_t command)
{
    struct nl_msg *msg = play_answer(family, 0, seq);
    const struct genlmsghdr genl = { .cmd = command, .version = 1 };

    play_append(msg, &genl, sizeof genl);
    return msg;
}

static void
refuse(struct scene *scene, uint32_t seq, int errnum)
{
    play_say(scene->play, play_ack(seq, -errnum, NLM_F_CAPPED, 0));
}

/* Devlink. */

static struct nl_msg *
device(uint32_t seq, uint8_t command, const char *bus, const char *address)
{
    struct nl_msg *msg = said(DEVLINK_ID, seq, command);

    nla_put_string(msg, DEVLINK_ATTR_BUS_NAME, bus);
    nla_put_string(msg, DEVLINK_ATTR_DEV_NAME, address);
    return msg;
}

static void
assert_devlink(struct scene *scene, bool known, enum devlink_mode mode)
{
    struct devlink_answer answer;
    struct vif_error *error = devlink_get(scene->genl, HANDLE, &answer);

    if (error) {
        fail_msg("%s", error->message);
    }
    assert_int_equal(answer.known, known);
    assert_int_equal(answer.mode, mode);
}

static void
test_devlink_modes(void **state)
{
    static const struct {
        uint16_t value;
        enum devlink_mode mode;
    } cases[] = {
        { 0, DEVLINK_MODE_LEGACY },
        { 1, DEVLINK_MODE_SWITCHDEV },
        { 2, DEVLINK_MODE_SWITCHDEV_INACTIVE },
        { 3, DEVLINK_MODE_UNKNOWN },
        { 65535, DEVLINK_MODE_UNKNOWN },
    };
    struct scene *scene = *state;

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct nl_msg *msg = device(i + 1, DEVLINK_CMD_ESWITCH_GET, "pci",
                                    "0000:03:00.0");

        nla_put_u16(msg, DEVLINK_ATTR_ESWITCH_MODE, cases[i].value);
        play_say(scene->play, msg);
        assert_devlink(scene, true, cases[i].mode);
    }
}

static void
test_devlink_is_asked_for_the_handle(void **state)
{
    struct scene *scene = *state;
    struct nlattr *tb[DEVLINK_ATTR_DEV_NAME + 1];
    char buf[256];
    uint8_t command;

    play_say(scene->play, device(1, DEVLINK_CMD_ESWITCH_GET, "pci", "x"));
    assert_devlink(scene, true, DEVLINK_MODE_UNKNOWN);
    assert_true(recv(scene->play->fds[1], buf, sizeof buf,
                     MSG_DONTWAIT) > 0);

    const struct nlmsghdr *nlh = (const struct nlmsghdr *) buf;
    assert_int_equal(nlh->nlmsg_type, DEVLINK_ID);
    assert_true(genl_parse(nlh, &command, tb, DEVLINK_ATTR_DEV_NAME, NULL));
    assert_int_equal(command, DEVLINK_CMD_ESWITCH_GET);
    assert_string_equal(nla_get_string(tb[DEVLINK_ATTR_BUS_NAME]), "pci");
    assert_string_equal(nla_get_string(tb[DEVLINK_ATTR_DEV_NAME]),
                        "0000:03:00.0");
}

/* A driver without an eswitch; a caller without a right; no such device. */
static void
test_devlink_refusals(void **state)
{
    struct scene *scene = *state;
    struct devlink_answer answer;

    refuse(scene, 1, EOPNOTSUPP);
    play_say(scene->play, device(2, DEVLINK_CMD_NEW, "pci", "0000:03:00.0"));
    assert_devlink(scene, true, DEVLINK_MODE_UNKNOWN);

    refuse(scene, 3, ENODEV);
    assert_devlink(scene, false, DEVLINK_MODE_UNKNOWN);

    refuse(scene, 4, EPERM);
    refuse(scene, 5, ENODEV);
    assert_devlink(scene, false, DEVLINK_MODE_UNKNOWN);

    refuse(scene, 6, EPERM);
    refuse(scene, 7, EIO);
    CLEANUP_ERROR struct vif_error *error = devlink_get(scene->genl, HANDLE,
                                                        &answer);
    assert_non_null(error);
    assert_int_equal(error->errnum, EIO);
    assert_non_null(strstr(error->message, HANDLE));
}

static void
test_devlink_nonsense(void **state)
{
    struct scene *scene = *state;
    struct devlink_answer answer;

    /* A mode of one byte, twice: the second question is told nonsense too. */
    for (uint32_t seq = 1; seq <= 2; seq++) {
        struct nl_msg *msg = said(DEVLINK_ID, seq, DEVLINK_CMD_ESWITCH_GET);

        nla_put_u8(msg, DEVLINK_ATTR_ESWITCH_MODE, 1);
        play_say(scene->play, msg);
    }
    struct vif_error *error = devlink_get(scene->genl, HANDLE, &answer);
    assert_non_null(error);
    assert_int_equal(error->code, VIF_ERR_KERNEL);
    vif_error_destroy(error);

    assert_null(devlink_get(scene->genl, "", &answer));
    assert_false(answer.known);
}

/* Ethtool. */

static void
put_bits(struct nl_msg *msg, bool mask, const char *const *names, size_t n)
{
    struct nlattr *active = nla_nest_start(msg, ETHTOOL_A_FEATURES_ACTIVE);

    if (!mask) {
        nla_put_flag(msg, ETHTOOL_A_BITSET_NOMASK);
    }
    nla_put_u32(msg, ETHTOOL_A_BITSET_SIZE, 64);
    struct nlattr *bits = nla_nest_start(msg, ETHTOOL_A_BITSET_BITS);
    for (size_t i = 0; i < n; i++) {
        struct nlattr *bit = nla_nest_start(msg, ETHTOOL_A_BITSET_BITS_BIT);

        nla_put_u32(msg, ETHTOOL_A_BITSET_BIT_INDEX, i);
        if (names[i]) {
            nla_put_string(msg, ETHTOOL_A_BITSET_BIT_NAME, names[i]);
        }
        nla_nest_end(msg, bit);
    }
    nla_nest_end(msg, bits);
    nla_nest_end(msg, active);
}

static void
collect(void *text_, const char *feature)
{
    char *text = text_;
    size_t length = strlen(text);

    snprintf(text + length, 256 - length, "%s ", feature);
}

static struct vif_error *
features(struct scene *scene, char text[256], bool *presentp)
{
    text[0] = '\0';
    return ethtool_features(scene->genl, 7, "eno1", collect, text, presentp);
}

static void
test_ethtool(void **state)
{
    static const char *const names[] = { "rx-checksum", "tx-gso-robust" };
    struct scene *scene = *state;
    struct nl_msg *msg = said(DEVLINK_ID, 1, ETHTOOL_MSG_FEATURES_GET_REPLY);
    char text[256];
    bool present;

    put_bits(msg, false, names, ARRAY_SIZE(names));
    play_say(scene->play, msg);
    assert_null(features(scene, text, &present));
    assert_true(present);
    assert_string_equal(text, "rx-checksum tx-gso-robust ");

    /* It has moved to another network namespace. */
    refuse(scene, 2, ENODEV);
    assert_null(features(scene, text, &present));
    assert_false(present);

    refuse(scene, 3, EIO);
    CLEANUP_ERROR struct vif_error *error = features(scene, text, &present);
    assert_non_null(error);
    assert_true(present);
    assert_non_null(strstr(error->message, "eno1"));
}

/* The bits of a set with a mask are those that are said something of; bits
 * without a name; no set at all; another answer. */
static void
test_ethtool_nonsense(void **state)
{
    static const char *const named[] = { "a" }, *const nameless[] = { NULL };
    static const struct {
        uint8_t command;
        bool mask;
        const char *const *names;
    } cases[] = {
        { ETHTOOL_MSG_FEATURES_GET_REPLY, true, named },
        { ETHTOOL_MSG_FEATURES_GET_REPLY, false, nameless },
        { ETHTOOL_MSG_FEATURES_GET_REPLY, false, NULL },
        { ETHTOOL_MSG_FEATURES_NTF, false, named },
    };
    struct scene *scene = *state;

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct nl_msg *msg = said(DEVLINK_ID, i + 1, cases[i].command);
        char text[256];
        bool present;

        if (cases[i].names) {
            put_bits(msg, cases[i].mask, cases[i].names, 1);
        }
        play_say(scene->play, msg);
        struct vif_error *error = features(scene, text, &present);
        assert_non_null(error);
        assert_int_equal(error->code, VIF_ERR_KERNEL);
        vif_error_destroy(error);
    }
}

/* What is heard. */

static void
hear_devlink(void *text, const char *handle)
{
    collect(text, handle);
}

static void
hear_features(void *text, int ifindex)
{
    char number[16];

    snprintf(number, sizeof number, "#%d", ifindex);
    collect(text, number);
}

static void
hear_loss(void *text)
{
    collect(text, "lost");
}

static struct nl_msg *
features_changed(int ifindex)
{
    struct nl_msg *msg = said(ETHTOOL_ID, 0, ETHTOOL_MSG_FEATURES_NTF);
    struct nlattr *header = nla_nest_start(msg, ETHTOOL_A_FEATURES_HEADER);

    nla_put_u32(msg, ETHTOOL_A_HEADER_DEV_INDEX, ifindex);
    nla_nest_end(msg, header);
    return msg;
}

static void
test_monitor(void **state)
{
    static const struct genl_monitor_callbacks callbacks = {
        hear_devlink, hear_features, hear_loss,
    };
    struct scene *scene = *state;
    struct play *play = scene->play;
    char text[256] = "";
    struct genl_monitor *monitor = genl_monitor_create_for_test(
        play->fds[0], DEVLINK_ID, ETHTOOL_ID, &callbacks, text);

    play_say(play, device(0, DEVLINK_CMD_NEW, "pci", "0000:03:00.0"));
    play_say(play, device(0, DEVLINK_CMD_PORT_DEL, "netdevsim",
                          "netdevsim1"));
    play_say(play, features_changed(7));
    genl_monitor_run(monitor);
    assert_string_equal(text, HANDLE " netdevsim/netdevsim1 #7 ");

    /* About something else; too long to be a handle; without one; of another
     * family; of no netdev. */
    text[0] = '\0';
    play_say(play, device(0, DEVLINK_CMD_FLASH_UPDATE_STATUS, "pci", "x"));
    play_say(play, device(0, DEVLINK_CMD_NEW, "pci",
                          "0123456789012345678901234567890123456789"
                          "0123456789012345678901234567890123456789"));
    play_say(play, said(DEVLINK_ID, 0, DEVLINK_CMD_NEW));
    play_say(play, said(ETHTOOL_ID + 1, 0, DEVLINK_CMD_NEW));
    play_say(play, features_changed(0));
    play_say(play, said(ETHTOOL_ID, 0, ETHTOOL_MSG_FEATURES_NTF));
    genl_monitor_run(monitor);
    assert_string_equal(text, "");

    /* What does not fit into the buffer. */
    struct nl_msg *msg = device(0, DEVLINK_CMD_NEW, "pci", "x");
    static const char zeros[64 * 1024];
    play_append(msg, zeros, sizeof zeros);
    play_say(play, msg);
    genl_monitor_run(monitor);
    assert_string_equal(text, "lost ");
    genl_monitor_close(monitor);
    genl_monitor_close(NULL);
}

/* A family that no kernel has. */
static void
test_no_such_family(void **state OVS_UNUSED)
{
    struct genl_family family = { 1, 1 };
    struct genl *genl;

    assert_null(genl_open("vifd-has-none", &genl));
    assert_null(genl);
    assert_null(genl_find("vifd-has-none", "config", &family));
    assert_int_equal(family.id, 0);
    assert_int_equal(family.group, 0);

    /* One that every kernel has, with its group. */
    assert_null(genl_find("nlctrl", "notify", &family));
    assert_int_equal(family.id, GENL_ID_CTRL);
    assert_int_not_equal(family.group, 0);
    genl_close(NULL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_devlink_modes),
        TEST(test_devlink_is_asked_for_the_handle),
        TEST(test_devlink_refusals),
        TEST(test_devlink_nonsense),
        TEST(test_ethtool),
        TEST(test_ethtool_nonsense),
        TEST(test_monitor),
        cmocka_unit_test(test_no_such_family),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
