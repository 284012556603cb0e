/* SPDX-License-Identifier: Apache-2.0 */

/* Step "pci-driver" on a PF, which loses its VFs with its driver, and gets as
 * many as the kernel is told. */

#include <config.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "privilege/privilege.h"
#include "steps/device-path.h"
#include "tests/unit/pci-host.h"

#define NAME "pci/" PF

static unsigned int n_vfs;
static unsigned int n_made;     /* How often it was told their number. */
static unsigned int may_make;   /* Its driver makes no more. */

static void
set_vfs(unsigned int n)
{
    n_vfs = n;
    fake_sysfs_vfs(host.sysfs, PF, n, MAX_VFS);
}

static void
remove_vfs(void)
{
    set_vfs(0);
}

/* As sriov_numvfs_store() of the kernel. */
struct vif_error *__wrap_privilege_pci_set_numvfs(
    const struct privilege_pci_address *, unsigned int);
struct vif_error *
__wrap_privilege_pci_set_numvfs(const struct privilege_pci_address *pci,
                                unsigned int n)
{
    struct vif_error *error;

    n_made++;
    if (n_vfs && n != n_vfs) {
        return vif_error_from_errno(EBUSY, "numvfs");
    } else if (begin_call(pci, "numvfs", NULL, &error)) {
        set_vfs(n < may_make ? n : may_make);
    }
    return error;
}

static int
set_up(void **state)
{
    pci_host_set_up(state, PF, "i40e");
    host.unbound = remove_vfs;
    n_vfs = N_VFS;
    n_made = 0;
    may_make = MAX_VFS;
    return 0;
}

/* What the kernel says when it is told how many VFs there shall be. */
static void
numvfs_fails(int errnum)
{
    host.trouble = errnum ? "numvfs" : NULL;
    host.trouble_errnum = errnum;
}

static void
plug(const char *driver)
{
    vif_attrs_set(&host.step.args, "driver", driver);
    succeeds(STEP_CAPTURE, "");
    succeeds(STEP_APPLY, NULL);
}

static void
assert_is(const char *driver, unsigned int n, const char *warning)
{
    char now[DEVICE_DRIVER_SIZE];

    device_path_driver(NAME, now);
    assert_string_equal(now, driver);
    assert_int_equal(n_vfs, n);
    assert_warning(&host.step, warning);
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
    succeeds(STEP_REVERT, NULL);
    assert_is("i40e", N_VFS, NULL);
    assert_int_equal(n_made, 1);
    succeeds(STEP_REVERT, NULL);
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
    succeeds(STEP_REVERT, NULL);
    assert_is("i40e", N_VFS, NULL);

    libvirt_binds("vfio-pci");
    libvirt_binds("i40e");
    succeeds(STEP_REVERT, NULL);
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
    succeeds(STEP_REVERT, NULL);
    assert_is("i40e", 0, NULL);

    vif_attrs_destroy(&host.step.original);
    set_vfs(N_VFS);
    plug("vfio-pci");
    vif_attrs_destroy(&host.step.original);
    succeeds(STEP_REVERT, NULL);
    assert_is("i40e", 0, NULL);
    assert_int_equal(n_made, 0);
}

/* A guest that vifd does not know of has one of them. */
static void
test_held_vfs(void **state)
{
    (void) state;
    fake_sysfs_link(host.sysfs, "../../../bus/pci/drivers/vfio-pci",
                    FOLDER_OF(VF1) "/driver");
    host.held = VF1;
    fails(STEP_CAPTURE, VIF_ERR_IN_USE,
          NAME " would lose its VFs: held by pid 812", NULL);
    host.held = NULL;

    fake_sysfs_netdev(host.sysfs, "bus/pci/devices/" VF1, "eth1", 7, NULL,
                      NULL);
    fake_sysfs_write(host.sysfs, "", "bus/pci/devices/" VF1
                     "/net/eth1/upper_macvtap0/ifindex");
    fails(STEP_CAPTURE, VIF_ERR_IN_USE, "pci/" VF1 " is in use: macvtap "
          "macvtap0", NULL);
    assert_is("i40e", N_VFS, NULL);
    fake_sysfs_remove(host.sysfs, FOLDER_OF(VF1) "/net");
    plug("vfio-pci");
    succeeds(STEP_REVERT, NULL);
    assert_is("i40e", N_VFS, NULL);
}

/* Killed after each thing that it does. */
static void
test_crashes(void **state)
{
    (void) state;
    vif_attrs_set(&host.step.args, "driver", "vfio-pci");
    succeeds(STEP_CAPTURE, NULL);
    for (int i = 1; i <= 5; i++) {
        succeeds(STEP_APPLY, NULL);
        host.crash_at = i;
        fails(STEP_REVERT, VIF_ERR_KERNEL, "crash", NULL);
        assert_int_equal(host.n_calls, i);
        host.crash_at = 0;
        succeeds(STEP_REVERT, NULL);
        assert_is("i40e", N_VFS, NULL);
    }
    for (int i = 1; i <= 3; i++) {
        host.crash_at = i;
        fails(STEP_APPLY, VIF_ERR_KERNEL, "crash", NULL);
        host.crash_at = 0;
        succeeds(STEP_REVERT, NULL);
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
    succeeds(STEP_REVERT, NULL);
    assert_is("i40e", N_VFS, NULL);
    assert_int_equal(n_made, 0);

    set_vfs(1);
    succeeds(STEP_REVERT, NULL);
    assert_is("i40e", 1, "had 3 VFs before it was plugged and has 1 now");

    /* It is not the driver whose VFs they were. */
    vif_attrs_destroy(&host.step.output);
    libvirt_binds("uio_other");
    succeeds(STEP_REVERT, NULL);
    assert_is("uio_other", 0, "driver uio_other by now");
}

static void
test_driver_makes_none(void **state)
{
    static const int never[] = { ENOENT, EOPNOTSUPP, ERANGE };

    (void) state;
    for (size_t i = 0; i < sizeof never / sizeof *never; i++) {
        vif_attrs_destroy(&host.step.output);
        set_vfs(N_VFS);
        plug("vfio-pci");
        numvfs_fails(never[i]);
        succeeds(STEP_REVERT, NULL);
        assert_is("i40e", 0, "had 3 VFs before it was plugged and has 0 "
                  "now: numvfs");
    }

    /* It says that it has done it. */
    vif_attrs_destroy(&host.step.output);
    numvfs_fails(0);
    may_make = 2;
    succeeds(STEP_REVERT, NULL);
    assert_is("i40e", 2, "has 2 now");

    /* It may be able to later: that is tried again. */
    vif_attrs_destroy(&host.step.output);
    set_vfs(0);
    may_make = MAX_VFS;
    numvfs_fails(ENOMEM);
    fails(STEP_REVERT, VIF_ERR_KERNEL, "make the 3 VFs of " NAME " again",
          "numvfs");
    numvfs_fails(EBUSY);
    fails(STEP_REVERT, VIF_ERR_KERNEL, "make the 3 VFs of " NAME " again",
          "numvfs");
    numvfs_fails(0);
    succeeds(STEP_REVERT, NULL);
    assert_is("i40e", N_VFS, NULL);
}

int
main(void)
{
#define TEST(FUNCTION) \
    cmocka_unit_test_setup_teardown(FUNCTION, set_up, pci_host_tear_down)
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
