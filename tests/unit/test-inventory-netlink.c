/* SPDX-License-Identifier: Apache-2.0 */
/* What devlink and ethtool know of devices is added to what sysfs tells. */

#include <config.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/devlink.h>
#include <linux/ethtool_netlink.h>
#include <linux/genetlink.h>

#include <cmocka.h>

#include "inventory/read.h"
#include "kernel/genl.h"
#include "openvswitch/dynamic-string.h"
#include "tests/unit/fake-sysfs.h"
#include "tests/unit/play-kernel.h"
#include "util.h"

#define PF "0000:03:00.0"
#define PF_FOLDER "bus/pci/devices/" PF

#define FAMILY 31

static const struct device *
get(const struct inventory *inventory, const char *name)
{
    const struct device *device = inventory_find(inventory, name);

    assert_non_null(device);
    return device;
}

static struct genl *
play_family(const struct play *play)
{
    return genl_create_for_test(play->fds[0], PLAY_PORT, PLAY_TIMEOUT_MS,
                                FAMILY);
}

static struct nl_msg *
say_of_family(uint32_t seq, uint8_t command)
{
    struct nl_msg *msg = play_answer(FAMILY, 0, seq);
    const struct genlmsghdr genl = { .cmd = command, .version = 1 };

    play_append(msg, &genl, sizeof genl);
    return msg;
}

static void
say_features(struct play *play, uint32_t seq, const char *const *names)
{
    struct nl_msg *msg = say_of_family(seq, ETHTOOL_MSG_FEATURES_GET_REPLY);
    struct nlattr *active = nla_nest_start(msg, ETHTOOL_A_FEATURES_ACTIVE);

    nla_put_flag(msg, ETHTOOL_A_BITSET_NOMASK);
    struct nlattr *bits = nla_nest_start(msg, ETHTOOL_A_BITSET_BITS);
    for (size_t i = 0; names[i]; i++) {
        struct nlattr *bit = nla_nest_start(msg, ETHTOOL_A_BITSET_BITS_BIT);

        nla_put_string(msg, ETHTOOL_A_BITSET_BIT_NAME, names[i]);
        nla_nest_end(msg, bit);
    }
    nla_nest_end(msg, bits);
    nla_nest_end(msg, active);
    play_say(play, msg);
}

static void
assert_capabilities(const struct inventory *inventory, const char *name,
                    const char *expected)
{
    const char *names[N_DEVICE_CAPABILITIES];
    size_t n = device_capability_names(
        inventory_capabilities(inventory, get(inventory, name)), names);
    struct ds s = DS_EMPTY_INITIALIZER;

    for (size_t i = 0; i < n; i++) {
        ds_put_format(&s, "%s ", names[i]);
    }
    assert_string_equal(ds_cstr(&s), expected);
    ds_destroy(&s);
}

/* A PF in switchdev mode with a VF that has a netdev and one that has moved
 * to another network namespace, which sysfs does not tell yet. */
static void
test_capabilities(void **state)
{
    static const char *const pf_features[] = {
        "rx-checksum", "tx-checksum-ip-generic", "tx-checksum-sctp",
        "tx-gso-robust", "rx-hashing", "tx-udp_tnl-segmentation", NULL
    };
    static const char *const vf_features[] = {
        "tx-scatter-gather", "tx-tcp6-segmentation", "rx-gro",
        "tx-generic-segmentation", "rx-lro", "rx-vlan-hw-parse",
        "tx-vlan-hw-insert", "rx-ntuple-filter", NULL
    };
    struct fake_sysfs *sysfs = *state;
    CLEANUP_INVENTORY struct inventory inventory;
    struct play *ethtool, *devlink;

    play_set_up((void **) &ethtool);
    play_set_up((void **) &devlink);
    struct inventory_source source = {
        .root = sysfs->root,
        .ethtool = play_family(ethtool),
    };
    struct genl *family = play_family(devlink);
    fake_sysfs_pci(sysfs, PF);
    fake_sysfs_vfs(sysfs, PF, 2, 8);
    fake_sysfs_write(sysfs, "", PF_FOLDER "/infiniband/mlx5_0/node_desc");
    fake_sysfs_netdev(sysfs, PF_FOLDER, "eno1", 7, NULL, NULL);
    fake_sysfs_netdev(sysfs, "bus/pci/devices/0000:03:01.0", "v0", 8, NULL,
                      NULL);
    fake_sysfs_netdev(sysfs, "bus/pci/devices/0000:03:01.1", "v1", 9, NULL,
                      NULL);
    say_features(ethtool, 1, pf_features);
    say_features(ethtool, 2, vf_features);
    play_say(ethtool, play_ack(3, -ENODEV, NLM_F_CAPPED, 0));
    struct nl_msg *msg = say_of_family(1, DEVLINK_CMD_ESWITCH_GET);
    nla_put_u16(msg, DEVLINK_ATTR_ESWITCH_MODE,
                DEVLINK_ESWITCH_MODE_SWITCHDEV);
    play_say(devlink, msg);
    play_say(devlink, play_ack(2, -ENODEV, NLM_F_CAPPED, 0));
    play_say(devlink, play_ack(3, -EOPNOTSUPP, NLM_F_CAPPED, 0));
    play_say(devlink, say_of_family(4, DEVLINK_CMD_NEW));

    assert_null(inventory_read(&source, &inventory));
    inventory_read_devlink(family, &inventory);
    assert_capabilities(&inventory, "pci/" PF,
                        "rx tx rxhash txudptnl rdma switchdev ");
    assert_capabilities(&inventory, "pci/0000:03:01.0",
                        "sg tso gso gro lro rxvlan txvlan ntuple switchdev ");
    assert_capabilities(&inventory, "pci/0000:03:01.1", "switchdev ");
    assert_int_equal(get(&inventory, "pci/" PF)->eswitch,
                     DEVICE_ESWITCH_SWITCHDEV);
    assert_true(get(&inventory, "pci/" PF)->in_devlink);
    assert_false(get(&inventory, "pci/0000:03:01.0")->in_devlink);
    assert_true(get(&inventory, "pci/0000:03:01.1")->in_devlink);
    assert_int_equal(get(&inventory, "pci/0000:03:01.0")->netdev.ifindex, 8);
    assert_int_equal(get(&inventory, "pci/0000:03:01.1")->netdev.ifindex, 0);
    assert_int_equal(get(&inventory, "pci/0000:03:01.1")->n_netdevs, 0);

    genl_close(family);
    genl_close(source.ethtool);
    play_tear_down((void **) &ethtool);
    play_tear_down((void **) &devlink);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_capabilities, fake_sysfs_set_up,
                                        fake_sysfs_tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
