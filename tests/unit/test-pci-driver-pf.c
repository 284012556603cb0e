/* SPDX-License-Identifier: Apache-2.0 */

/* Step "pci-driver" on a PF, which loses its VFs with its driver: a fake sysfs
 * whose kernel does so, and makes as many as it is told. */

#include <config.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/rtnl.h"
#include "lib/cleanup.h"
#include "privilege/privilege.h"
#include "steps/device-path.h"
#include "steps/step.h"
#include "tests/unit/fake-sysfs.h"

#define PF "0000:03:00.0"
#define VF1 "0000:03:01.1"
#define NAME "pci/" PF
#define FOLDER "devices/pci0000:00/" PF
#define N_VFS 3
#define MAX_VFS 7

static struct fake_sysfs *sysfs;
static const struct step_env env = { .key = "key" };

/* The kernel's part. */

static unsigned int n_vfs;
static unsigned int n_made;     /* How often it was told their number. */
static unsigned int may_make;   /* Its driver makes no more. */
static int numvfs_errnum;       /* What that fails with. */
static int n_calls, crash_at;   /* This call is carried out, and yet fails. */
static int holder;              /* The function that a guest has; or -1. */

static struct vif_error *
called(void)
{
    return (++n_calls == crash_at
            ? vif_error_create(VIF_ERR_KERNEL, "crash") : NULL);
}

static void
set_vfs(unsigned int n)
{
    n_vfs = n;
    fake_sysfs_vfs(sysfs, PF, n, MAX_VFS);
}

static void
set_driver(const char *driver)
{
    char target[128];

    snprintf(target, sizeof target, "../../../bus/pci/drivers/%s", driver);
    fake_sysfs_link(sysfs, target, FOLDER "/driver");
}

struct vif_error *__wrap_privilege_pci_driver_override(
    const struct privilege_pci_address *, const char *);
struct vif_error *
__wrap_privilege_pci_driver_override(const struct privilege_pci_address *pci,
                                     const char *driver)
{
    (void) pci;
    fake_sysfs_write(sysfs, driver ? driver : "(null)",
                     FOLDER "/driver_override");
    return called();
}

struct vif_error *__wrap_privilege_pci_unbind(
    const struct privilege_pci_address *);
struct vif_error *
__wrap_privilege_pci_unbind(const struct privilege_pci_address *pci)
{
    (void) pci;
    fake_sysfs_remove(sysfs, FOLDER "/driver");
    set_vfs(0);
    return called();
}

struct vif_error *__wrap_privilege_pci_bind(
    const struct privilege_pci_address *, const char *);
struct vif_error *
__wrap_privilege_pci_bind(const struct privilege_pci_address *pci,
                          const char *driver)
{
    (void) pci;
    set_driver(driver);
    return called();
}

struct vif_error *__wrap_privilege_pci_probe(
    const struct privilege_pci_address *);
struct vif_error *
__wrap_privilege_pci_probe(const struct privilege_pci_address *pci)
{
    (void) pci;
    set_driver("i40e");
    return called();
}

struct vif_error *__wrap_privilege_pci_reset(
    const struct privilege_pci_address *);
struct vif_error *
__wrap_privilege_pci_reset(const struct privilege_pci_address *pci)
{
    (void) pci;
    return called();
}

/* As sriov_numvfs_store() of the kernel. */
struct vif_error *__wrap_privilege_pci_set_numvfs(
    const struct privilege_pci_address *, unsigned int);
struct vif_error *
__wrap_privilege_pci_set_numvfs(const struct privilege_pci_address *pci,
                                unsigned int n)
{
    assert_int_equal(pci->device, 0);
    n_made++;
    if (n_vfs && n != n_vfs) {
        return vif_error_from_errno(EBUSY, "numvfs");
    } else if (numvfs_errnum) {
        return vif_error_from_errno(numvfs_errnum, "numvfs");
    }
    set_vfs(n < may_make ? n : may_make);
    return called();
}

struct vif_error *__wrap_privilege_pci_check_unheld(
    const struct privilege_pci_address *);
struct vif_error *
__wrap_privilege_pci_check_unheld(const struct privilege_pci_address *pci)
{
    return (pci->device == 1 && pci->function == holder
            ? vif_error_create(VIF_ERR_IN_USE, "held by pid 812") : NULL);
}

struct vif_error *__wrap_rtnl_get_by_name(struct rtnl *, const char *,
                                          struct rtnl_link *);
struct vif_error *
__wrap_rtnl_get_by_name(struct rtnl *rtnl, const char *name,
                        struct rtnl_link *link)
{
    (void) rtnl;
    *link = (struct rtnl_link) { .kind = "macvtap" };
    strcpy(link->name, name);
    return NULL;
}

/* The step. */

static struct step step;

static int
set_up(void **state)
{
    static const char *const drivers[] = { "i40e", "vfio-pci", "uio_other" };

    fake_sysfs_set_up(state);
    sysfs = *state;
    device_path_set_root(sysfs->root);
    fake_sysfs_pci(sysfs, PF);
    set_vfs(N_VFS);
    fake_sysfs_write(sysfs, "(null)", FOLDER "/driver_override");
    for (size_t i = 0; i < sizeof drivers / sizeof *drivers; i++) {
        fake_sysfs_write(sysfs, "", "bus/pci/drivers/%s/bind", drivers[i]);
    }
    n_made = 0;
    may_make = MAX_VFS;
    numvfs_errnum = n_calls = crash_at = 0;
    holder = -1;
    step = (struct step) { .class = &step_pci_driver_class,
                           .object = (char *) NAME,
                           .port_id = (char *) "port-1" };
    vif_attrs_set(&step.args, "pf", NAME);
    return 0;
}

static int
tear_down(void **state)
{
    vif_attrs_destroy(&step.args);
    vif_attrs_destroy(&step.previous);
    vif_attrs_destroy(&step.original);
    vif_attrs_destroy(&step.output);
    return fake_sysfs_tear_down(state);
}

static void
succeeds(enum step_op op)
{
    CLEANUP_ERROR struct vif_error *error = step_run(&step, op, &env);

    if (error) {
        fail_msg("%s: %s", step_op_name(op), error->message);
    }
}

static void
fails(enum step_op op, enum vif_error_code code, const char *words)
{
    CLEANUP_ERROR struct vif_error *error = step_run(&step, op, &env);

    assert_non_null(error);
    if (!strstr(error->message, words)) {
        fail_msg("\"%s\" has no \"%s\"", error->message, words);
    }
    assert_int_equal(error->code, code);
}

static void
plug(const char *driver)
{
    vif_attrs_set(&step.args, "driver", driver);
    succeeds(STEP_CAPTURE);
    succeeds(STEP_APPLY);
}

static void
assert_is(const char *driver, unsigned int n, const char *warning)
{
    const char *warned = vif_attrs_get(&step.output, "warning");
    char now[DEVICE_DRIVER_SIZE];

    device_path_driver(NAME, now);
    assert_string_equal(now, driver);
    assert_int_equal(n_vfs, n);
    if (!warning) {
        assert_null(warned);
    } else if (!warned || !strstr(warned, warning)) {
        fail_msg("\"%s\" has no \"%s\"", warned ? warned : "", warning);
    }
}

/* What libvirt does with managed='yes'. */
static void
libvirt_binds(const char *driver)
{
    set_vfs(0);
    set_driver(driver);
}

static void
test_vfs_are_made_again(void **state)
{
    (void) state;
    plug("vfio-pci");
    assert_is("vfio-pci", 0, NULL);
    succeeds(STEP_REVERT);
    assert_is("i40e", N_VFS, NULL);
    assert_int_equal(n_made, 1);
    succeeds(STEP_REVERT);
    assert_is("i40e", N_VFS, NULL);
    assert_int_equal(n_made, 1);
}

/* Whether libvirt has given it back, or was killed before it could. */
static void
test_libvirt_takes_it(void **state)
{
    (void) state;
    plug(NULL);
    assert_is("i40e", N_VFS, NULL);
    libvirt_binds("vfio-pci");
    succeeds(STEP_REVERT);
    assert_is("i40e", N_VFS, NULL);

    libvirt_binds("vfio-pci");
    libvirt_binds("i40e");
    succeeds(STEP_REVERT);
    assert_is("i40e", N_VFS, NULL);
    assert_int_equal(n_made, 2);
}

/* There are none to be made; or nobody knows how many there were. */
static void
test_no_vfs(void **state)
{
    (void) state;
    set_vfs(0);
    plug("vfio-pci");
    succeeds(STEP_REVERT);
    assert_is("i40e", 0, NULL);

    vif_attrs_destroy(&step.original);
    set_vfs(N_VFS);
    plug("vfio-pci");
    vif_attrs_destroy(&step.original);
    succeeds(STEP_REVERT);
    assert_is("i40e", 0, NULL);
    assert_int_equal(n_made, 0);
}

/* A guest that vifd does not know of has one of them. */
static void
test_held_vfs(void **state)
{
    (void) state;
    fake_sysfs_link(sysfs, "../../../bus/pci/drivers/vfio-pci",
                    "devices/pci0000:00/" VF1 "/driver");
    holder = 1;
    fails(STEP_CAPTURE, VIF_ERR_IN_USE,
          NAME " would lose its VFs: held by pid 812");
    holder = -1;

    fake_sysfs_netdev(sysfs, "bus/pci/devices/" VF1, "eth1", 7, NULL, NULL);
    fake_sysfs_write(sysfs, "", "bus/pci/devices/" VF1
                     "/net/eth1/upper_macvtap0/ifindex");
    fails(STEP_CAPTURE, VIF_ERR_IN_USE, "pci/" VF1 " is in use: macvtap "
          "macvtap0");
    assert_is("i40e", N_VFS, NULL);
    fake_sysfs_remove(sysfs, "devices/pci0000:00/" VF1 "/net");
    plug("vfio-pci");
    succeeds(STEP_REVERT);
    assert_is("i40e", N_VFS, NULL);
}

/* Killed after each thing that it does. */
static void
test_crashes(void **state)
{
    (void) state;
    vif_attrs_set(&step.args, "driver", "vfio-pci");
    succeeds(STEP_CAPTURE);
    for (int i = 1; i <= 5; i++) {
        succeeds(STEP_APPLY);
        n_calls = 0;
        crash_at = i;
        fails(STEP_REVERT, VIF_ERR_KERNEL, "crash");
        assert_int_equal(n_calls, i);
        crash_at = 0;
        succeeds(STEP_REVERT);
        assert_is("i40e", N_VFS, NULL);
    }
    for (int i = 1; i <= 3; i++) {
        n_calls = 0;
        crash_at = i;
        fails(STEP_APPLY, VIF_ERR_KERNEL, "crash");
        crash_at = 0;
        succeeds(STEP_REVERT);
        assert_is("i40e", N_VFS, NULL);
    }
}

/* Somebody was quicker, with as many or with others. */
static void
test_somebody_makes_others(void **state)
{
    (void) state;
    plug("vfio-pci");
    libvirt_binds("i40e");
    set_vfs(N_VFS);
    succeeds(STEP_REVERT);
    assert_is("i40e", N_VFS, NULL);
    assert_int_equal(n_made, 0);

    set_vfs(1);
    succeeds(STEP_REVERT);
    assert_is("i40e", 1, "had 3 VFs before it was plugged and has 1 now");

    /* It is not the driver whose VFs they were. */
    vif_attrs_destroy(&step.output);
    libvirt_binds("uio_other");
    succeeds(STEP_REVERT);
    assert_is("uio_other", 0, "driver uio_other by now");
}

static void
test_driver_makes_none(void **state)
{
    static const int never[] = { ENOENT, EOPNOTSUPP, ERANGE };

    (void) state;
    for (size_t i = 0; i < sizeof never / sizeof *never; i++) {
        vif_attrs_destroy(&step.output);
        set_vfs(N_VFS);
        plug("vfio-pci");
        numvfs_errnum = never[i];
        succeeds(STEP_REVERT);
        assert_is("i40e", 0, "had 3 VFs before it was plugged and has 0 "
                  "now: numvfs");
    }

    /* It says that it has done it. */
    vif_attrs_destroy(&step.output);
    numvfs_errnum = 0;
    may_make = 2;
    succeeds(STEP_REVERT);
    assert_is("i40e", 2, "has 2 now");

    /* It may be able to later: that is tried again. */
    vif_attrs_destroy(&step.output);
    set_vfs(0);
    may_make = MAX_VFS;
    numvfs_errnum = ENOMEM;
    fails(STEP_REVERT, VIF_ERR_KERNEL, "make the 3 VFs of " NAME " again");
    numvfs_errnum = EBUSY;
    fails(STEP_REVERT, VIF_ERR_KERNEL, "make the 3 VFs of " NAME " again");
    numvfs_errnum = 0;
    succeeds(STEP_REVERT);
    assert_is("i40e", N_VFS, NULL);
}

int
main(void)
{
#define TEST(FUNCTION) \
    cmocka_unit_test_setup_teardown(FUNCTION, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_vfs_are_made_again),
        TEST(test_libvirt_takes_it),
        TEST(test_no_vfs),
        TEST(test_held_vfs),
        TEST(test_crashes),
        TEST(test_somebody_makes_others),
        TEST(test_driver_makes_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
