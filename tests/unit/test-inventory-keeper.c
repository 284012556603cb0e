/* SPDX-License-Identifier: Apache-2.0 */
/* An inventory that is kept current: what the kernel tells leads to the right
 * device, is read by the thread, and then told. */

#include <config.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "inventory/keeper.h"
#include "inventory/read.h"
#include "kernel/rtnl.h"
#include "kernel/uevent.h"
#include "openvswitch/dynamic-string.h"
#include "ovs-thread.h"
#include "tests/unit/fake-sysfs.h"
#include "tests/unit/no-descriptors.h"
#include "tests/unit/until.h"
#include "util.h"

#define PF "0000:03:00.0"
#define PF_PATH "/devices/pci0000:00/" PF
#define VF0_PATH "/devices/pci0000:00/0000:03:01.0"

static struct ds told;

static void
tell(void *aux OVS_UNUSED, const struct inventory_event *event)
{
    const struct device *device = event->after ? event->after : event->before;

    ds_put_format(&told, "%c%s ", "+-~"[event->type], device->name);
}

static int
set_up(void **state)
{
    ds_init(&told);
    return fake_sysfs_set_up(state);
}

static int
tear_down(void **state)
{
    ds_destroy(&told);
    return fake_sysfs_tear_down(state);
}

#define UNTIL_IDLE(KEEPER)                      \
    UNTIL(inventory_keeper_idle(KEEPER),        \
          inventory_keeper_run(KEEPER),         \
          inventory_keeper_wait(KEEPER))

static struct inventory_keeper *
start(struct fake_sysfs *sysfs)
{
    struct inventory_keeper *keeper = inventory_keeper_start(sysfs->root,
                                                             false, tell,
                                                             NULL);

    assert_null(inventory_keeper_get(keeper, NULL));
    UNTIL_IDLE(keeper);
    assert_string_equal(ds_cstr(&told), "");
    return keeper;
}

static void
hear(struct inventory_keeper *keeper, enum uevent_action action,
     const char *subsystem, const char *devpath)
{
    const struct uevent event = {
        .action = action, .subsystem = subsystem, .devpath = devpath,
        .name = strrchr(devpath, '/') + 1,
    };

    ds_clear(&told);
    inventory_keeper_uevent(keeper, &event);
}

static void
assert_told(struct inventory_keeper *keeper, const char *expected)
{
    UNTIL_IDLE(keeper);
    assert_string_equal(ds_cstr(&told), expected);
}

static void
test_paths(void **state OVS_UNUSED)
{
    static const struct {
        const char *path, *name;
    } cases[] = {
        { PF_PATH, "pci/" PF },
        { PF_PATH "/net/eno1", "pci/" PF },
        { PF_PATH "/0000:04:00.1/virtio3/net/a", "pci/0000:04:00.1" },
        { "/devices/netdevsim3/net/eni3np1", "netdevsim/netdevsim3" },
        { "/devices/virtual/net/tap1", NULL },
        { "/devices/netdevsim", NULL },
        { "/", NULL },
        { "", NULL },
        { "/devices/pci0000:00/0000:03:00.00", NULL },
        { "/devices/0123456789012345678901234567890123456789/x", NULL },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        char name[DEVICE_NAME_SIZE];
        bool found = inventory_device_of_path(cases[i].path, name);

        if (found != (cases[i].name != NULL)
            || (found && strcmp(name, cases[i].name))) {
            fail_msg("%s", cases[i].path);
        }
    }
}

static void
test_events(void **state)
{
    struct fake_sysfs *sysfs = *state;

    fake_sysfs_pci(sysfs, PF);
    fake_sysfs_vfs(sysfs, PF, 0, 8);
    struct inventory_keeper *keeper = start(sysfs);
    assert_int_equal(inventory_keeper_get(keeper, NULL)->n, 1);

    /* Two VFs are made: the PF says "change". */
    fake_sysfs_vfs(sysfs, PF, 2, 8);
    hear(keeper, UEVENT_CHANGE, "pci", PF_PATH);
    assert_told(keeper, "~pci/0000:03:00.0 +pci/0000:03:01.0 "
                "+pci/0000:03:01.1 ");

    /* One gets a driver, then a netdev. */
    fake_sysfs_link(sysfs, "../../../bus/pci/drivers/vfio-pci",
                    "bus/pci/devices/0000:03:01.0/driver");
    hear(keeper, UEVENT_BIND, "pci", VF0_PATH);
    assert_told(keeper, "~pci/0000:03:01.0 ");
    fake_sysfs_netdev(sysfs, "bus/pci/devices/0000:03:01.0", "v0", 9, NULL,
                      NULL);
    hear(keeper, UEVENT_ADD, "net", VF0_PATH "/net/v0");
    assert_told(keeper, "~pci/0000:03:01.0 ");

    /* What is about something else, or has changed nothing. */
    hear(keeper, UEVENT_CHANGE, "block", VF0_PATH "/block/x");
    assert_true(inventory_keeper_idle(keeper));
    hear(keeper, UEVENT_MOVE, "net", "/devices/virtual/net/tap1");
    assert_true(inventory_keeper_idle(keeper));
    hear(keeper, UEVENT_MOVE, "net", VF0_PATH "/net/v0");
    assert_told(keeper, "");

    /* The VFs go. */
    fake_sysfs_vfs(sysfs, PF, 0, 8);
    hear(keeper, UEVENT_CHANGE, "pci", PF_PATH);
    assert_told(keeper, "~pci/0000:03:00.0 -pci/0000:03:01.0 "
                "-pci/0000:03:01.1 ");
    inventory_keeper_stop(keeper);
}

/* They are made and go one by one; that there are some is said last, that
 * there are none by nobody but them. */
static void
test_vfs_one_by_one(void **state)
{
    struct fake_sysfs *sysfs = *state;

    fake_sysfs_pci(sysfs, PF);
    fake_sysfs_vfs(sysfs, PF, 0, 8);
    struct inventory_keeper *keeper = start(sysfs);

    fake_sysfs_add_vf(sysfs, PF, 0);
    hear(keeper, UEVENT_CHANGE, "pci", VF0_PATH);
    assert_told(keeper, "+pci/0000:03:01.0 ~pci/0000:03:00.0 ");
    fake_sysfs_add_vf(sysfs, PF, 2);    /* 1 is not ready yet. */
    hear(keeper, UEVENT_CHANGE, "pci", PF_PATH);
    assert_told(keeper, "~pci/0000:03:00.0 +pci/0000:03:01.2 ");
    assert_int_equal(inventory_find(inventory_keeper_get(keeper, NULL),
                                    "pci/" PF)->n_vfs, 2);

    fake_sysfs_remove_vf(sysfs, PF, 0);
    hear(keeper, UEVENT_REMOVE, "pci", VF0_PATH);
    assert_told(keeper, "-pci/0000:03:01.0 ~pci/0000:03:00.0 ");
    assert_int_equal(inventory_find(inventory_keeper_get(keeper, NULL),
                                    "pci/" PF)->n_vfs, 1);
    inventory_keeper_stop(keeper);
}

/* Nobody tells of netdevsim's VFs: who writes their number is seen. */
static void
test_number_is_written(void **state)
{
    static const char path[] = "/devices/netdevsim1";
    struct fake_sysfs *sysfs = *state;
    struct inventory_keeper *keeper = start(sysfs);

    fake_sysfs_link(sysfs, "../../../devices/netdevsim1",
                    "bus/netdevsim/devices/netdevsim1");
    fake_sysfs_write(sysfs, "0", "devices/netdevsim1/sriov_numvfs");
    hear(keeper, UEVENT_ADD, "netdevsim", path);
    assert_told(keeper, "+netdevsim/netdevsim1 ");

    ds_clear(&told);
    fake_sysfs_write(sysfs, "2", "devices/netdevsim1/sriov_numvfs");
    UNTIL(inventory_keeper_get(keeper, NULL)->n == 3,
          inventory_keeper_run(keeper), inventory_keeper_wait(keeper));
    assert_told(keeper, "~netdevsim/netdevsim1 +netdevsim/netdevsim1/0 "
                "+netdevsim/netdevsim1/1 ");

    /* It is made again, which is another file. */
    fake_sysfs_remove(sysfs, "devices/netdevsim1");
    hear(keeper, UEVENT_REMOVE, "netdevsim", path);
    assert_told(keeper, "-netdevsim/netdevsim1 -netdevsim/netdevsim1/0 "
                "-netdevsim/netdevsim1/1 ");
    fake_sysfs_write(sysfs, "0", "devices/netdevsim1/sriov_numvfs");
    hear(keeper, UEVENT_ADD, "netdevsim", path);
    assert_told(keeper, "+netdevsim/netdevsim1 ");
    fake_sysfs_write(sysfs, "1", "devices/netdevsim1/sriov_numvfs");
    UNTIL(inventory_keeper_get(keeper, NULL)->n == 2,
          inventory_keeper_run(keeper), inventory_keeper_wait(keeper));
    inventory_keeper_stop(keeper);
}

static struct rtnl_link
some_link(int ifindex, const char *name, const char *mac)
{
    struct rtnl_link link = { .ifindex = ifindex };

    ovs_strlcpy(link.name, name, sizeof link.name);
    link.has_mac = mac != NULL;
    assert_true(!mac || vif_mac_from_string(mac, &link.mac));
    return link;
}

/* A MAC address is told by no uevent. */
static void
test_link(void **state)
{
    const struct rtnl_link as_it_is = some_link(7, "eno1",
                                                "02:00:00:00:00:07"),
        another = some_link(8, "eno2", "02:00:00:00:00:99"),
        without_mac = some_link(7, "eno1", NULL),
        with_mac = some_link(7, "eno1", "02:00:00:00:00:99"),
        renamed = some_link(7, "eno7", "02:00:00:00:00:99");
    struct fake_sysfs *sysfs = *state;

    fake_sysfs_pci(sysfs, PF);
    fake_sysfs_netdev(sysfs, "bus/pci/devices/" PF, "eno1", 7, NULL, NULL);
    struct inventory_keeper *keeper = start(sysfs);

    inventory_keeper_link(keeper, &as_it_is);
    inventory_keeper_link(keeper, &another);
    inventory_keeper_link(keeper, &without_mac);
    inventory_keeper_netdev(keeper, 8);
    assert_true(inventory_keeper_idle(keeper));

    fake_sysfs_write(sysfs, "02:00:00:00:00:99",
                     "bus/pci/devices/" PF "/net/eno1/address");
    inventory_keeper_link(keeper, &with_mac);
    assert_told(keeper, "~pci/0000:03:00.0 ");

    fake_sysfs_remove(sysfs, "bus/pci/devices/" PF "/net/eno1");
    fake_sysfs_netdev(sysfs, "bus/pci/devices/" PF, "eno7", 7, NULL, NULL);
    ds_clear(&told);
    inventory_keeper_link(keeper, &renamed);
    assert_told(keeper, "~pci/0000:03:00.0 ");
    inventory_keeper_stop(keeper);
}

/* The netdev of a VF goes to another network namespace and returns. */
static void
test_link_returns(void **state)
{
    struct rtnl_link link = some_link(9, "v0", "02:00:00:00:00:09");
    struct fake_sysfs *sysfs = *state;

    fake_sysfs_pci(sysfs, PF);
    fake_sysfs_vfs(sysfs, PF, 1, 8);
    struct inventory_keeper *keeper = start(sysfs);

    inventory_keeper_link(keeper, &link);       /* Of what, is not told. */
    assert_true(inventory_keeper_idle(keeper));
    strcpy(link.parent, "pci/0000:03:01.0");
    fake_sysfs_netdev(sysfs, "bus/pci/devices/0000:03:01.0", "v0", 9, NULL,
                      NULL);
    inventory_keeper_link(keeper, &link);
    assert_told(keeper, "~pci/0000:03:01.0 ");

    /* One that represents a port of a device that has its own already. */
    link.ifindex = 10;
    inventory_keeper_link(keeper, &link);
    assert_true(inventory_keeper_idle(keeper));

    /* What was heard before anything is known. */
    inventory_keeper_stop(keeper);
    keeper = inventory_keeper_start(sysfs->root, false, tell, NULL);
    fake_sysfs_write(sysfs, "02:00:00:00:00:99",
                     "bus/pci/devices/0000:03:01.0/net/v0/address");
    inventory_keeper_link(keeper, &link);
    UNTIL_IDLE(keeper);
    assert_int_equal(inventory_find(inventory_keeper_get(keeper, NULL),
                                    "pci/0000:03:01.0")->netdev.mac.octets[5],
                     0x99);
    inventory_keeper_stop(keeper);
}

/* Said during a round: it is read in the next one. */
static void
test_during_a_round(void **state)
{
    struct fake_sysfs *sysfs = *state;
    struct inventory_keeper *keeper = start(sysfs);

    inventory_keeper_all(keeper);
    inventory_keeper_run(keeper);               /* Begins the round. */
    fake_sysfs_pci(sysfs, PF);
    inventory_keeper_device(keeper, "pci/" PF, false);
    inventory_keeper_device(keeper, "pci/" PF, true);
    inventory_keeper_device(keeper, "pci/" PF, false);
    assert_told(keeper, "+pci/0000:03:00.0 ");
    inventory_keeper_stop(keeper);
}

/* Some were lost: everything is read. */
static void
test_lost(void **state)
{
    struct fake_sysfs *sysfs = *state;
    struct inventory_keeper *keeper = start(sysfs);

    fake_sysfs_pci(sysfs, PF);
    fake_sysfs_pci(sysfs, "0000:04:00.0");
    inventory_keeper_all(keeper);
    assert_told(keeper, "+pci/0000:03:00.0 +pci/0000:04:00.0 ");

    /* More devices than it is worth reading one by one. */
    fake_sysfs_pci(sysfs, "0000:05:00.0");
    for (int i = 0; i < 200; i++) {
        CLEANUP_FREE char *name = xasprintf("pci/0000:%02x:00.0", i);

        inventory_keeper_device(keeper, name, false);
    }
    ds_clear(&told);
    assert_told(keeper, "+pci/0000:05:00.0 ");
    inventory_keeper_stop(keeper);
}

/* A round that fails leaves what is known as it was, and is tried again. */
static void
test_failure(void **state)
{
    struct fake_sysfs *sysfs = *state;
    const struct vif_error *error;

    fake_sysfs_pci(sysfs, PF);
    struct inventory_keeper *keeper = start(sysfs);
    CLEANUP_FREE char *elsewhere = xasprintf("%s-away", sysfs->root);
    assert_int_equal(rename(sysfs->root, elsewhere), 0);
    inventory_keeper_all(keeper);
    assert_told(keeper, "");
    assert_int_equal(inventory_keeper_get(keeper, &error)->n, 1);
    assert_non_null(error);

    assert_int_equal(rename(elsewhere, sysfs->root), 0);
    inventory_keeper_device(keeper, "pci/" PF, false);
    assert_told(keeper, "");
    assert_int_equal(inventory_keeper_get(keeper, &error)->n, 1);
    assert_null(error);
    inventory_keeper_stop(keeper);
}

/* A round that failed is done again: 0000:04:00.0 has come meanwhile. */
static void
assert_catches_up(struct inventory_keeper *keeper)
{
    const struct vif_error *error;

    UNTIL((inventory_keeper_get(keeper, &error), !error),
          inventory_keeper_run(keeper), inventory_keeper_wait(keeper));
    assert_string_equal(ds_cstr(&told), "+pci/0000:04:00.0 ");
    inventory_keeper_stop(keeper);
}

/* Nobody says anything any more: it is tried again all the same. */
static void
test_retry(void **state)
{
    struct fake_sysfs *sysfs = *state;
    const struct vif_error *error;

    fake_sysfs_pci(sysfs, PF);
    struct inventory_keeper *keeper = start(sysfs);
    CLEANUP_FREE char *elsewhere = xasprintf("%s-away", sysfs->root);
    assert_int_equal(rename(sysfs->root, elsewhere), 0);
    inventory_keeper_device(keeper, "pci/" PF, false);
    assert_told(keeper, "");
    inventory_keeper_get(keeper, &error);
    assert_non_null(error);

    assert_int_equal(rename(elsewhere, sysfs->root), 0);
    fake_sysfs_pci(sysfs, "0000:04:00.0");
    assert_catches_up(keeper);
}

/* Something happens, and nothing can be opened to look at it: later. */
static void
test_no_descriptor(void **state)
{
    struct fake_sysfs *sysfs = *state;
    struct no_descriptors none;
    const struct vif_error *error;

    fake_sysfs_pci(sysfs, PF);
    struct inventory_keeper *keeper = start(sysfs);
    fake_sysfs_pci(sysfs, "0000:04:00.0");
    no_descriptors_begin(&none);
    inventory_keeper_device(keeper, "pci/0000:04:00.0", false);
    assert_told(keeper, "");
    assert_int_equal(inventory_keeper_get(keeper, &error)->n, 1);
    no_descriptors_end(&none);
    assert_non_null(error);
    assert_int_equal(error->errnum, EMFILE);
    assert_catches_up(keeper);
}

/* A driver that does not answer does not keep vifd from ending. */
static void
test_stuck(void **state)
{
    struct fake_sysfs *sysfs = *state;

    fake_sysfs_pci(sysfs, PF);
    CLEANUP_FREE char *path = xasprintf("%s/devices/pci0000:00/" PF
                                        "/numa_node", sysfs->root);
    assert_int_equal(remove(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);    /* open() waits. */

    struct inventory_keeper *keeper = inventory_keeper_start(sysfs->root,
                                                             false, tell,
                                                             NULL);
    inventory_keeper_run(keeper);
    assert_null(inventory_keeper_get(keeper, NULL));
    inventory_keeper_stop(keeper);

    FILE *writer = fopen(path, "w");            /* Lets it go. */
    assert_non_null(writer);
    fclose(writer);
    inventory_keeper_stop(NULL);
}

/* In place of read-devlink.c's: waits while the test holds the mutex. */
static struct ovs_mutex firmware = OVS_MUTEX_INITIALIZER;

void
inventory_read_devlink(struct genl *devlink OVS_UNUSED,
                       struct inventory *inventory)
{
    ovs_mutex_lock(&firmware);
    for (size_t i = 0; i < inventory->n; i++) {
        inventory->devices[i].in_devlink = true;
        inventory->devices[i].eswitch = DEVICE_ESWITCH_LEGACY;
    }
    ovs_mutex_unlock(&firmware);
}

static bool
is_in_devlink(const struct inventory_keeper *keeper, const char *name)
{
    const struct inventory *inventory = inventory_keeper_get(keeper, NULL);
    const struct device *device = (inventory ? inventory_find(inventory, name)
                                   : NULL);

    return device && device->in_devlink;
}

/* One NIC is being given firmware, and devlink does not answer: what becomes
 * of the others is noticed all the same. */
static void
test_devlink_waits(void **state)
{
    struct fake_sysfs *sysfs = *state;

    fake_sysfs_pci(sysfs, PF);
    struct inventory_keeper *keeper
        = inventory_keeper_start(sysfs->root, true, tell, NULL);
    UNTIL_IDLE(keeper);
    assert_string_equal(ds_cstr(&told), "");    /* It came with the first. */
    assert_true(is_in_devlink(keeper, "pci/" PF));

    ovs_mutex_lock(&firmware);
    inventory_keeper_device(keeper, "pci/" PF, false);
    fake_sysfs_pci(sysfs, "0000:04:00.0");
    inventory_keeper_device(keeper, "pci/0000:04:00.0", false);
    UNTIL(inventory_keeper_get(keeper, NULL)->n == 2,
          inventory_keeper_run(keeper), inventory_keeper_wait(keeper));
    fake_sysfs_pci(sysfs, "0000:05:00.0");
    inventory_keeper_all(keeper);
    UNTIL(inventory_keeper_get(keeper, NULL)->n == 3,
          inventory_keeper_run(keeper), inventory_keeper_wait(keeper));
    assert_string_equal(ds_cstr(&told),
                        "+pci/0000:04:00.0 +pci/0000:05:00.0 ");
    assert_true(is_in_devlink(keeper, "pci/" PF));  /* As before. */
    assert_false(is_in_devlink(keeper, "pci/0000:04:00.0"));
    ds_clear(&told);
    ovs_mutex_unlock(&firmware);
    UNTIL_IDLE(keeper);
    assert_string_equal(ds_cstr(&told),
                        "~pci/0000:04:00.0 ~pci/0000:05:00.0 ");
    assert_true(is_in_devlink(keeper, "pci/0000:05:00.0"));
    inventory_keeper_stop(keeper);
}

/* It is so from the start: the others are there soon.  And vifd ends. */
static void
test_devlink_waits_at_the_start(void **state)
{
    struct fake_sysfs *sysfs = *state;

    fake_sysfs_pci(sysfs, PF);
    ovs_mutex_lock(&firmware);
    struct inventory_keeper *keeper
        = inventory_keeper_start(sysfs->root, true, tell, NULL);
    UNTIL(inventory_keeper_get(keeper, NULL), inventory_keeper_run(keeper),
          inventory_keeper_wait(keeper));
    assert_int_equal(inventory_keeper_get(keeper, NULL)->n, 1);
    assert_false(is_in_devlink(keeper, "pci/" PF));
    assert_string_equal(ds_cstr(&told), "");
    inventory_keeper_stop(keeper);
    ovs_mutex_unlock(&firmware);
}

#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_paths),
        TEST(test_events),
        TEST(test_vfs_one_by_one),
        TEST(test_number_is_written),
        TEST(test_link),
        TEST(test_link_returns),
        TEST(test_during_a_round),
        TEST(test_lost),
        TEST(test_failure),
        TEST(test_retry),
        TEST(test_no_descriptor),
        TEST(test_stuck),
        TEST(test_devlink_waits),
        TEST(test_devlink_waits_at_the_start),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
