/* SPDX-License-Identifier: Apache-2.0 */
/* Step "vf-netdev", on a veth that a made-up sysfs takes for a VF's.  What it
 * does about drivers that refuse an address, tests/vm/igb has. */

#include <config.h>

#include "steps/step.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "steps/device-path.h"
#include "tests/unit/fake-sysfs.h"
#include "tests/unit/own-netns.h"
#include "tests/unit/some-step.h"
#include "timeval.h"

#define PF "0000:03:00.0"
#define VF "0000:03:01.3"
#define VF_FOLDER "bus/pci/devices/" VF

struct world {
    struct rtnl *rtnl;
    struct fake_sysfs *sysfs;
};

static int
set_up(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    void *rtnl, *sysfs;

    own_netns_set_up(&rtnl);
    fake_sysfs_set_up(&sysfs);
    *world = (struct world) { rtnl, sysfs };
    fake_sysfs_pci(world->sysfs, PF);
    fake_sysfs_vfs(world->sysfs, PF, 8, 8);
    device_path_set_root(world->sysfs->root);
    *state = world;
    return 0;
}

static int
tear_down(void **state)
{
    struct world *world = *state;
    void *rtnl = world->rtnl, *sysfs = world->sysfs;

    own_netns_tear_down(&rtnl);
    fake_sysfs_tear_down(&sysfs);
    free(world);
    return 0;
}

/* A guest's macvtap, which no module is needed for. */
#define GUESTS "macvtap0"

struct vif_error *__real_rtnl_get_by_name(struct rtnl *, const char *,
                                          struct rtnl_link *);
struct vif_error *__wrap_rtnl_get_by_name(struct rtnl *, const char *,
                                          struct rtnl_link *);
struct vif_error *
__wrap_rtnl_get_by_name(struct rtnl *rtnl, const char *name,
                        struct rtnl_link *link)
{
    if (strcmp(name, GUESTS)) {
        return __real_rtnl_get_by_name(rtnl, name, link);
    }
    *link = (struct rtnl_link) { .name = GUESTS, .kind = "macvtap" };
    return NULL;
}

/* The VF's driver makes a netdev. */
static int
add_netdev(struct world *world, const char *name)
{
    char peer[RTNL_NAME_SIZE];

    snprintf(peer, sizeof peer, "%s-p", name);
    int ifindex = own_netns_add_veth(world->rtnl, name, peer);
    fake_sysfs_netdev(world->sysfs, VF_FOLDER, name, ifindex, NULL, NULL);
    return ifindex;
}

static void
remove_netdev(struct world *world, int ifindex)
{
    assert_null(rtnl_delete(world->rtnl, ifindex));
    fake_sysfs_remove(world->sysfs, VF_FOLDER "/net");
}

static void
step_init(struct step *step)
{
    some_step_init(step, &step_vf_netdev_class, "pci/" VF);
    step->deadline = time_msec() + 200;
    vif_attrs_set(&step->args, "pf", "pci/" PF);
    vif_attrs_set(&step->args, "mac", "fa:16:3e:00:00:01");
    vif_attrs_set(&step->args, "mtu", "1400");
    vif_attrs_set(&step->args, "up", "true");
}
#define STEP(NAME)                      \
    struct step NAME CLEANUP_STEP;      \
    step_init(&NAME)

static struct vif_error *
run(struct step *step, enum step_op op, const struct world *world)
{
    return some_step_run(step, op, world->rtnl);
}

static struct vif_error *
plug(struct step *step, const struct world *world)
{
    return some_step_plug(step, world->rtnl);
}

static struct rtnl_link
look(const struct world *world, int ifindex)
{
    struct rtnl_link link;

    assert_null(rtnl_get(world->rtnl, ifindex, &link));
    return link;
}

static void
assert_same(const struct rtnl_link *a, const struct rtnl_link *b)
{
    assert_memory_equal(&a->mac, &b->mac, sizeof a->mac);
    assert_int_equal(a->mtu, b->mtu);
    assert_int_equal(a->up, b->up);
}

static void
test_plug_and_back(void **state)
{
    struct world *world = *state;
    int ifindex = add_netdev(world, "vf3");
    struct rtnl_link before = look(world, ifindex);

    STEP(step);
    assert_null(plug(&step, world));
    struct rtnl_link link = look(world, ifindex);
    assert_true(link.up);
    assert_int_equal(link.mtu, 1400);
    assert_int_equal(link.mac.octets[0], 0xfa);
    assert_int_equal(vif_attrs_get_uint(&step.output, "ifindex", 0), ifindex);
    assert_string_equal(vif_attrs_get(&step.output, "name"), "vf3");

    assert_null(run(&step, STEP_REVERT, world));
    link = look(world, ifindex);
    assert_same(&link, &before);
    assert_warning(&step, NULL);
    assert_null(run(&step, STEP_REVERT, world));
}

static void
test_only_what_is_asked(void **state)
{
    struct world *world = *state;
    int ifindex = add_netdev(world, "vf3");
    struct rtnl_link before = look(world, ifindex);

    STEP(step);
    vif_attrs_set(&step.args, "mac", NULL);
    vif_attrs_set(&step.args, "up", NULL);
    assert_null(plug(&step, world));
    struct rtnl_link link = look(world, ifindex);
    assert_memory_equal(&link.mac, &before.mac, sizeof link.mac);
    assert_false(link.up);
    assert_int_equal(link.mtu, 1400);
}

static void
test_change_in_place(void **state)
{
    struct world *world = *state;
    int ifindex = add_netdev(world, "vf3");
    struct rtnl_link before = look(world, ifindex);

    STEP(step);
    assert_null(plug(&step, world));
    step.has_previous = true;
    vif_attrs_clone(&step.previous, &step.args);
    vif_attrs_set(&step.args, "mtu", "1300");
    vif_attrs_set(&step.args, "mac", NULL);
    assert_int_equal(step.class->compare(&step.previous, &step.args),
                     STEP_ALTER);
    assert_null(run(&step, STEP_APPLY, world));
    struct rtnl_link link = look(world, ifindex);
    assert_int_equal(link.mtu, 1300);
    assert_memory_equal(&link.mac, &before.mac, sizeof link.mac);

    assert_null(run(&step, STEP_REVERT, world));
    link = look(world, ifindex);
    assert_same(&link, &before);
}

static void
test_drift(void **state)
{
    const struct rtnl_change change = { .set_mtu = true, .mtu = 1200 };
    struct world *world = *state;
    int ifindex = add_netdev(world, "vf3");

    STEP(step);
    assert_null(plug(&step, world));
    assert_null(rtnl_set(world->rtnl, ifindex, &change));
    assert_error(run(&step, STEP_VERIFY, world), VIF_ERR_CONFLICT,
                 "vf3 has MTU 1200 instead of 1400");
    assert_null(run(&step, STEP_REVERT, world));
    assert_int_equal(look(world, ifindex).mtu, 1200);
    assert_warning(&step, "somebody has changed the MTU of vf3");
}

/* The driver was bound anew: another netdev, another name. */
static void
test_made_anew(void **state)
{
    struct world *world = *state;
    int ifindex = add_netdev(world, "vf3");

    STEP(step);
    assert_null(plug(&step, world));
    remove_netdev(world, ifindex);
    ifindex = add_netdev(world, "other");
    assert_error(run(&step, STEP_VERIFY, world), VIF_ERR_CONFLICT,
                 "other has MAC address");
    assert_null(run(&step, STEP_APPLY, world));
    assert_int_equal(vif_attrs_get_uint(&step.output, "ifindex", 0), ifindex);
    assert_string_equal(vif_attrs_get(&step.output, "name"), "other");
    assert_int_equal(look(world, ifindex).mtu, 1400);
}

static void
use_driver(struct world *world, const char *driver)
{
    char target[64];

    snprintf(target, sizeof target, "../../../bus/pci/drivers/%s", driver);
    fake_sysfs_link(world->sysfs, target, VF_FOLDER "/driver");
}

static void
test_no_netdev(void **state)
{
    struct world *world = *state;

    STEP(step);
    assert_error(run(&step, STEP_CAPTURE, world), VIF_ERR_NOT_FOUND,
                 "pci/" VF " has no network device here: its driver is iavf, "
                 "and it may be in another namespace");
    use_driver(world, "vfio-pci");
    assert_error(run(&step, STEP_CAPTURE, world), VIF_ERR_NOT_FOUND,
                 "its driver is vfio-pci");
    fake_sysfs_remove(world->sysfs, VF_FOLDER "/driver");
    assert_error(run(&step, STEP_CAPTURE, world), VIF_ERR_NOT_FOUND,
                 "no driver is bound to it");
}

static void
test_netdev_gone_when_taken_back(void **state)
{
    struct world *world = *state;
    int ifindex = add_netdev(world, "vf3");

    STEP(step);
    assert_null(plug(&step, world));
    remove_netdev(world, ifindex);
    use_driver(world, "vfio-pci");
    assert_error(run(&step, STEP_VERIFY, world), VIF_ERR_NOT_FOUND,
                 "its driver is vfio-pci");
    assert_null(run(&step, STEP_REVERT, world));
    assert_warning(&step, "its driver is vfio-pci, so that it was not set "
                   "back");

    fake_sysfs_remove(world->sysfs, VF_FOLDER);
    assert_null(run(&step, STEP_REVERT, world));
    assert_warning(&step, "pci/" VF " is gone");
}

/* libvirt has made a macvtap on it: then it is in use, before as after. */
static void
test_macvtap_of_a_guest(void **state)
{
    struct world *world = *state;
    int ifindex = add_netdev(world, "vf3");
    struct rtnl_link plugged;

    STEP(step);
    assert_null(plug(&step, world));
    plugged = look(world, ifindex);
    fake_sysfs_link(world->sysfs, "../" GUESTS,
                    VF_FOLDER "/net/vf3/upper_" GUESTS);
    assert_error(run(&step, STEP_REVERT, world), VIF_ERR_IN_USE,
                 "macvtap " GUESTS " sits on its network device");
    struct rtnl_link link = look(world, ifindex);
    assert_same(&link, &plugged);
    assert_error(run(&step, STEP_CHECK_UNUSED, world), VIF_ERR_IN_USE,
                 GUESTS);
    step.has_previous = true;
    assert_null(run(&step, STEP_CAPTURE, world));
    STEP(other);
    assert_error(run(&other, STEP_CAPTURE, world), VIF_ERR_IN_USE, GUESTS);

    fake_sysfs_remove(world->sysfs, VF_FOLDER "/net/vf3/upper_" GUESTS);
    assert_null(run(&step, STEP_REVERT, world));
    assert_false(look(world, ifindex).up);
}

/* Which driver was bound; what comes of it. */
static char bound[64];
static struct world *binder;
static int bind_errnum;

struct vif_error *__wrap_privilege_pci_bind(
    const struct privilege_pci_address *, const char *);
struct vif_error *
__wrap_privilege_pci_bind(const struct privilege_pci_address *pci,
                          const char *driver)
{
    assert_int_equal(pci->device, 1);
    assert_int_equal(pci->function, 3);
    strcpy(bound, driver);
    if (bind_errnum) {
        return vif_error_from_errno(bind_errnum, "kernel");
    }
    use_driver(binder, driver);
    add_netdev(binder, "again");
    return NULL;
}

/* Killed between unbinding and binding, or the driver's probe() failed. */
static void
test_left_without_driver(void **state)
{
    struct world *world = *state;
    int ifindex = add_netdev(world, "vf3");

    bound[0] = '\0';
    bind_errnum = EIO;
    binder = world;
    fake_sysfs_write(world->sysfs, "", "bus/pci/drivers/iavf/bind");
    STEP(step);
    assert_null(plug(&step, world));
    assert_string_equal(vif_attrs_get(&step.original, "driver"), "iavf");
    remove_netdev(world, ifindex);
    fake_sysfs_remove(world->sysfs, VF_FOLDER "/driver");
    assert_error(run(&step, STEP_REVERT, world), VIF_ERR_KERNEL,
                 "bind pci/" VF " to iavf");
    bind_errnum = 0;
    assert_null(run(&step, STEP_REVERT, world));
    assert_string_equal(bound, "iavf");
    assert_warning(&step, "somebody has changed the MAC address of again");

    /* Somebody wants it to have another one, or it is not loaded. */
    bound[0] = '\0';
    fake_sysfs_remove(world->sysfs, VF_FOLDER "/net");
    fake_sysfs_remove(world->sysfs, VF_FOLDER "/driver");
    fake_sysfs_write(world->sysfs, "uio_other",
                     VF_FOLDER "/driver_override");
    assert_null(run(&step, STEP_REVERT, world));
    fake_sysfs_remove(world->sysfs, VF_FOLDER "/driver_override");
    fake_sysfs_remove(world->sysfs, "bus/pci/drivers/iavf");
    assert_null(run(&step, STEP_REVERT, world));
    assert_string_equal(bound, "");
    assert_warning(&step, "no driver is bound");
}

/* A driver that takes its time.  The kernel announces a link once it is in
 * sysfs: so does the change. */
static void *
appear(void *world_)
{
    const struct rtnl_change change = { .set_mtu = true, .mtu = 1450 };
    struct world *world = world_;
    struct world own = { .sysfs = world->sysfs };

    if (!rtnl_open(&own.rtnl)) {
        int ifindex = add_netdev(&own, "late");

        vif_error_destroy(rtnl_set(own.rtnl, ifindex, &change));
        rtnl_close(own.rtnl);
    }
    return NULL;
}

static void
test_late_netdev(void **state)
{
    struct world *world = *state;
    pthread_t thread;

    STEP(step);
    step.deadline = time_msec() + 60000;
    assert_int_equal(pthread_create(&thread, NULL, appear, world), 0);
    struct vif_error *error = run(&step, STEP_CAPTURE, world);
    pthread_join(thread, NULL);
    assert_null(error);
    assert_null(run(&step, STEP_APPLY, world));
    assert_string_equal(vif_attrs_get(&step.output, "name"), "late");
}

static void
test_arguments(void **state)
{
    struct world *world = *state;

    STEP(step);
    vif_attrs_set(&step.args, "pf", NULL);
    assert_null(step.class->check(&step.args, true));
    assert_error(run(&step, STEP_CAPTURE, world), VIF_ERR_INVALID,
                 "vf-netdev: pf is missing");
    vif_attrs_set(&step.args, "mtu", "67");
    assert_error(step.class->check(&step.args, true), VIF_ERR_INVALID,
                 "mtu '67': must be 68 to 65535");
}

#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_plug_and_back),
        TEST(test_only_what_is_asked),
        TEST(test_change_in_place),
        TEST(test_drift),
        TEST(test_made_anew),
        TEST(test_no_netdev),
        TEST(test_netdev_gone_when_taken_back),
        TEST(test_macvtap_of_a_guest),
        TEST(test_left_without_driver),
        TEST(test_late_netdev),
        TEST(test_arguments),
    };

    return own_netns_run(tests);
}
