/* SPDX-License-Identifier: Apache-2.0 */

/* Step "pci-driver" on a VF. */

#include <config.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "steps/device-path.h"
#include "tests/unit/pci-host.h"

#define NAME "pci/" VF
#define FOLDER FOLDER_OF(VF)

static int
set_up(void **state)
{
    return pci_host_set_up(state, VF, "iavf");
}

static void
assert_is(const char *driver, const char *override)
{
    char text[DEVICE_DRIVER_SIZE];

    device_path_driver(NAME, text);
    assert_string_equal(text, driver);
    device_path_driver_override(NAME, text);
    assert_string_equal(text, override);
}

#define TO_VFIO "override vfio-pci, unbind, bind vfio-pci"
#define BACK "reset, unbind, override none, bind iavf"

static void
plug(const char *driver)
{
    vif_attrs_set(&host.step.args, "driver", driver);
    succeeds(STEP_CAPTURE, "");
    succeeds(STEP_APPLY, driver ? TO_VFIO : "");
}

/* What it says of its arguments. */

#define TEXT_50 "abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMNOPQRSTUVW"

static void
test_arguments(void **state)
{
    static const struct {
        const char *key, *value;
        bool fine;
    } cases[] = {
        { "driver", "vfio-pci", true },
        { "driver", "mlx5_vfio_pci", true },
        { "driver", "", false },
        { "driver", "../x", false },
        { "driver", ".", false },
        { "driver", "a b", false },
        { "driver", TEXT_50 "12345", true },     /* As a binding may have. */
        { "driver", TEXT_50 "123456", false },
        { "pf", "pci/0000:03:00.0", true },
        { "pf", "eth0", false },
        { "color", "red", false },
    };

    (void) state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CLEANUP_ATTRS struct vif_attrs args = VIF_ATTRS_INIT;
        CLEANUP_ERROR struct vif_error *error = NULL;

        vif_attrs_set(&args, cases[i].key, cases[i].value);
        error = host.step.class->check(&args, false);
        if (!error != cases[i].fine) {
            fail_msg("%s '%s'", cases[i].key, cases[i].value);
        }
    }
}

static void
test_change(void **state)
{
    CLEANUP_ATTRS struct vif_attrs none = VIF_ATTRS_INIT;
    CLEANUP_ATTRS struct vif_attrs vfio = VIF_ATTRS_INIT;
    CLEANUP_ATTRS struct vif_attrs other = VIF_ATTRS_INIT;
    const struct step_class *class = host.step.class;
    char buf[64];

    (void) state;
    vif_attrs_set(&vfio, "driver", "vfio-pci");
    vif_attrs_set(&other, "driver", "uio_other");
    assert_int_equal(class->compare(&none, &none), STEP_KEEP);
    assert_int_equal(class->compare(&vfio, &vfio), STEP_KEEP);
    assert_int_equal(class->compare(&vfio, &other), STEP_ALTER);
    assert_int_equal(class->compare(&vfio, &none), STEP_ALTER);
    assert_int_equal(class->compare(&none, &vfio), STEP_ALTER);

    assert_null(class->lane(&none, buf));
    assert_string_equal(class->lane(&host.step.args, buf), "pci/" PF);
}

/* There and back. */

static void
test_there_and_back(void **state)
{
    (void) state;
    plug("vfio-pci");
    assert_is("vfio-pci", "vfio-pci");
    assert_string_equal(vif_attrs_get(&host.step.output, "driver"),
                        "vfio-pci");
    assert_string_equal(vif_attrs_get(&host.step.output, "iommu_group"), "42");

    /* Once more changes nothing. */
    succeeds(STEP_APPLY, "");
    succeeds(STEP_VERIFY, "");
    succeeds(STEP_REVERT, BACK);
    assert_is("iavf", "");
    assert_warning(&host.step, NULL);
    succeeds(STEP_REVERT, "");
}

/* What the administrator had it do before is restored. */
static void
test_originals_of_all_kinds(void **state)
{
    (void) state;
    set_override("iavf");
    plug("vfio-pci");
    succeeds(STEP_REVERT, "reset, unbind, override iavf, bind iavf");
    assert_is("iavf", "iavf");

    vif_attrs_destroy(&host.step.original);
    set_override("");
    set_driver("");
    succeeds(STEP_CAPTURE, "");
    succeeds(STEP_APPLY, "override vfio-pci, bind vfio-pci");
    succeeds(STEP_REVERT, "reset, unbind, override none");
    assert_is("", "");
}

/* All VFs have vfio-pci since boot: none is bound for a port, and yet a guest
 * was in it. */
static void
test_it_was_vfio_before(void **state)
{
    (void) state;
    set_override("vfio-pci");
    set_driver("vfio-pci");
    vif_attrs_set(&host.step.args, "driver", "vfio-pci");
    succeeds(STEP_CAPTURE, "");
    succeeds(STEP_APPLY, "");
    host.trouble = "reset";
    fails(STEP_REVERT, VIF_ERR_IN_USE, "pid 812", "reset");
    host.trouble = NULL;
    succeeds(STEP_REVERT, "reset");
    assert_is("vfio-pci", "vfio-pci");
}

/* Without "driver": libvirt binds it, and back if all goes well. */
static void
test_libvirt_binds(void **state)
{
    (void) state;
    plug(NULL);
    assert_is("iavf", "");
    set_override("vfio-pci");
    set_driver("vfio-pci");
    succeeds(STEP_VERIFY, "");
    assert_string_equal(vif_attrs_get(&host.step.output, "driver"),
                        "vfio-pci");

    set_override("");
    set_driver("iavf");
    succeeds(STEP_REVERT, "");

    /* It was killed before it could. */
    set_override("vfio-pci");
    set_driver("vfio-pci");
    succeeds(STEP_REVERT, BACK);
    assert_is("iavf", "");
    assert_warning(&host.step, NULL);
}

static void
test_held(void **state)
{
    (void) state;
    plug("vfio-pci");
    host.trouble = "reset";
    fails(STEP_REVERT, VIF_ERR_IN_USE, "pid 812", "reset");
    assert_is("vfio-pci", "vfio-pci");
    host.trouble = NULL;
    succeeds(STEP_REVERT, BACK);

    /* A guest starts just between: it is not unbound either. */
    vif_attrs_destroy(&host.step.original);
    plug("vfio-pci");
    host.trouble = "unbind";
    fails(STEP_REVERT, VIF_ERR_IN_USE, "pid 812", "reset, unbind");
    assert_is("vfio-pci", "vfio-pci");
}

/* A guest has it that vifd does not know of. */
static void
test_held_before(void **state)
{
    (void) state;
    host.held = VF;
    succeeds(STEP_CAPTURE, "");
    assert_int_equal(host.n_looks, 0);
    vif_attrs_destroy(&host.step.original);
    set_driver("");             /* Perhaps on its way out of VFIO's. */
    fails(STEP_CAPTURE, VIF_ERR_IN_USE, "pid 812", "");
    set_driver("vfio-pci");
    fails(STEP_CAPTURE, VIF_ERR_IN_USE, "pid 812", "");

    /* It is the port's own guest: now, or before the host was started. */
    host.step.has_previous = true;
    succeeds(STEP_CAPTURE, "");
    host.step.has_previous = false;
    vif_attrs_set(&host.step.original, "driver", "iavf");
    succeeds(STEP_CAPTURE, "");
}

/* libvirt has made a macvtap on its netdev. */
static void
test_macvtap_on_its_netdev(void **state)
{
    (void) state;
    fake_sysfs_link(host.sysfs, "../macvtap0",
                    FOLDER "/net/eth5/upper_macvtap0");
    fails(STEP_CAPTURE, VIF_ERR_IN_USE, "macvtap macvtap0 sits on its", "");
    fake_sysfs_remove(host.sysfs, FOLDER "/net/eth5/upper_macvtap0");
    plug(NULL);
    fake_sysfs_link(host.sysfs, "../macvtap0",
                    FOLDER "/net/eth5/upper_macvtap0");
    fails(STEP_CHECK_UNUSED, VIF_ERR_IN_USE, "macvtap0 sits on its", "");
    fails(STEP_REVERT, VIF_ERR_IN_USE, "macvtap macvtap0 sits on its", "");
    host.step.has_previous = true;
    succeeds(STEP_CAPTURE, "");
    fake_sysfs_remove(host.sysfs, FOLDER "/net/eth5/upper_macvtap0");
    succeeds(STEP_REVERT, "");
}

static void
test_reset_that_fails(void **state)
{
    static const int never[] = { ENOENT, ENOTTY, EOPNOTSUPP };

    (void) state;
    for (size_t i = 0; i < sizeof never / sizeof *never; i++) {
        vif_attrs_destroy(&host.step.output);
        vif_attrs_destroy(&host.step.original);
        plug("vfio-pci");
        host.trouble = "reset";
        host.trouble_errnum = never[i];
        succeeds(STEP_REVERT, BACK);
        assert_warning(&host.step, "was not reset");
        assert_is("iavf", "");
        host.trouble = NULL;
    }

    /* One that might succeed later: the next guest must not get it so. */
    vif_attrs_destroy(&host.step.original);
    plug("vfio-pci");
    host.trouble = "reset";
    host.trouble_errnum = EIO;
    fails(STEP_REVERT, VIF_ERR_KERNEL, "Input/output error", "reset");
    assert_is("vfio-pci", "vfio-pci");
}

/* Other actors, and things that go. */

static void
test_somebody_bound_a_third(void **state)
{
    (void) state;
    plug("vfio-pci");
    set_driver("uio_other");
    fails(STEP_VERIFY, VIF_ERR_CONFLICT, "uio_other instead of vfio-pci", "");
    succeeds(STEP_REVERT, "override none");
    assert_warning(&host.step, "driver uio_other by now");
    assert_is("uio_other", "");

    /* Whoever gave it back by hand has done what was to be done. */
    vif_attrs_destroy(&host.step.output);
    set_driver("iavf");
    succeeds(STEP_REVERT, "");
    assert_warning(&host.step, NULL);

    /* Somebody else's override is not ours to take away. */
    set_override("uio_other");
    succeeds(STEP_REVERT, "");
    assert_is("iavf", "uio_other");
}

static void
test_drift_is_put_right(void **state)
{
    (void) state;
    plug("vfio-pci");
    vif_attrs_clone(&host.step.previous, &host.step.args);
    host.step.has_previous = true;
    set_driver("iavf");
    succeeds(STEP_APPLY, "unbind, bind vfio-pci");
    assert_is("vfio-pci", "vfio-pci");

    /* And what was there before is not captured a second time. */
    succeeds(STEP_CAPTURE, "");
    assert_string_equal(vif_attrs_get(&host.step.original, "driver"), "iavf");
}

static void
test_gone(void **state)
{
    (void) state;
    plug("vfio-pci");
    remove_function();
    fails(STEP_CAPTURE, VIF_ERR_NOT_FOUND, NAME " is not there", "");
    fails(STEP_APPLY, VIF_ERR_NOT_FOUND, NAME " is not there", "");
    fails(STEP_VERIFY, VIF_ERR_NOT_FOUND, NAME " is not there", "");
    succeeds(STEP_REVERT, "");
    assert_warning(&host.step, "not there any more");
}

static void
test_goes_while_it_is_given_back(void **state)
{
    (void) state;
    plug("vfio-pci");
    host.trouble = "unbind";
    host.trouble_errnum = EIO;
    host.trouble_removes = true;
    succeeds(STEP_REVERT, "reset, unbind");
    assert_warning(&host.step, "not there any more");
}

static void
test_no_function_on_pci(void **state)
{
    (void) state;
    free(host.step.object);
    host.step.object = strdup("netdevsim/netdevsim1/3");
    fails(STEP_CAPTURE, VIF_ERR_INVALID, "PCI", "");
    fails(STEP_REVERT, VIF_ERR_INVALID, "PCI", "");
}

/* The driver's own failures. */

static void
test_driver_is_not_loaded(void **state)
{
    (void) state;
    fake_sysfs_remove(host.sysfs, "bus/pci/drivers/vfio-pci");
    vif_attrs_set(&host.step.args, "driver", "vfio-pci");
    fails(STEP_CAPTURE, VIF_ERR_UNSUPPORTED,
         "the kernel has no vfio-pci driver loaded: modprobe vfio-pci", "");
    fails(STEP_APPLY, VIF_ERR_UNSUPPORTED, "modprobe vfio-pci", "");
    assert_is("iavf", "");
}

static void
test_driver_refuses(void **state)
{
    (void) state;
    vif_attrs_set(&host.step.args, "driver", "vfio-pci");
    succeeds(STEP_CAPTURE, "");
    host.trouble = "bind";
    host.trouble_errnum = EINVAL;
    CLEANUP_ERROR struct vif_error *error = run(STEP_APPLY);
    assert_non_null(error);
    assert_int_equal(error->errnum, EINVAL);
    assert_null(strstr(error->message, "IOMMU"));
    fake_sysfs_remove(host.sysfs, FOLDER "/iommu_group");
    fails(STEP_APPLY, VIF_ERR_KERNEL, "in no IOMMU group", "bind vfio-pci");

    host.trouble = NULL;
    succeeds(STEP_REVERT, "reset, override none, bind iavf");
    assert_is("iavf", "");

    /* Nor does the old one take it back: that is tried again. */
    vif_attrs_destroy(&host.step.original);
    plug("vfio-pci");
    host.trouble = "bind";
    host.trouble_errnum = EIO;
    fails(STEP_REVERT, VIF_ERR_KERNEL, "bind " NAME " to iavf", BACK);
    host.trouble = NULL;
    succeeds(STEP_REVERT, "reset, bind iavf");
    assert_is("iavf", "");
}

static void
test_old_driver_is_not_loaded_any_more(void **state)
{
    (void) state;
    plug("vfio-pci");
    fake_sysfs_remove(host.sysfs, "bus/pci/drivers/iavf");
    succeeds(STEP_REVERT, "reset, unbind, override none");
    assert_warning(&host.step, "iavf");
    assert_is("", "");
}

/* After a reboot, or with a journal made anew. */
static void
test_original_is_not_known(void **state)
{
    (void) state;
    plug("vfio-pci");
    vif_attrs_destroy(&host.step.original);
    succeeds(STEP_REVERT, "reset, unbind, override none, probe");
    assert_is("iavf", "");
    succeeds(STEP_REVERT, "");
    assert_warning(&host.step, NULL);
}

/* Changes. */

static void
become(const char *driver, const char *expected)
{
    vif_attrs_destroy(&host.step.previous);
    vif_attrs_clone(&host.step.previous, &host.step.args);
    host.step.has_previous = true;
    vif_attrs_set(&host.step.args, "driver", driver);
    succeeds(STEP_APPLY, expected);
}

static void
test_changes_of_driver(void **state)
{
    (void) state;
    plug(NULL);
    become("vfio-pci", TO_VFIO);
    become("uio_other", "override uio_other, unbind, bind uio_other");
    become("vfio-pci", TO_VFIO);
    become(NULL, BACK);
    assert_is("iavf", "");
    become("vfio-pci", TO_VFIO);

    /* Not while a guest has it; then it is as it was. */
    host.trouble = "unbind";
    vif_attrs_destroy(&host.step.previous);
    vif_attrs_clone(&host.step.previous, &host.step.args);
    vif_attrs_set(&host.step.args, "driver", "uio_other");
    fails(STEP_APPLY, VIF_ERR_IN_USE, "pid 812",
         "override uio_other, unbind");
    assert_is("vfio-pci", "uio_other");
    host.trouble = NULL;
    become("vfio-pci", "override vfio-pci");

    /* It may be as it is to be, or as it was. */
    set_driver("uio_other");
    vif_attrs_set(&host.step.previous, "driver", "uio_other");
    succeeds(STEP_REVERT, BACK);
    assert_is("iavf", "");
}

/* Killed after each thing that it does. */
static void
test_crashes(void **state)
{
    (void) state;
    vif_attrs_set(&host.step.args, "driver", "vfio-pci");
    succeeds(STEP_CAPTURE, "");
    for (int i = 1; i <= 3; i++) {
        host.crash_at = i;
        vif_error_destroy(run(STEP_APPLY));
        assert_int_equal(host.n_calls, i);
        host.crash_at = 0;
        vif_error_destroy(run(STEP_REVERT));
        assert_is("iavf", "");
    }
    for (int i = 1; i <= 4; i++) {
        succeeds(STEP_APPLY, TO_VFIO);
        host.crash_at = i;
        vif_error_destroy(run(STEP_REVERT));
        assert_int_equal(host.n_calls, i);
        host.crash_at = 0;
        vif_error_destroy(run(STEP_REVERT));
        assert_is("iavf", "");
    }
}

int
main(void)
{
#define TEST(FUNCTION) \
    cmocka_unit_test_setup_teardown(FUNCTION, set_up, pci_host_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_arguments),
        TEST(test_change),
        TEST(test_there_and_back),
        TEST(test_originals_of_all_kinds),
        TEST(test_it_was_vfio_before),
        TEST(test_libvirt_binds),
        TEST(test_held),
        TEST(test_held_before),
        TEST(test_macvtap_on_its_netdev),
        TEST(test_reset_that_fails),
        TEST(test_somebody_bound_a_third),
        TEST(test_drift_is_put_right),
        TEST(test_gone),
        TEST(test_goes_while_it_is_given_back),
        TEST(test_no_function_on_pci),
        TEST(test_driver_is_not_loaded),
        TEST(test_driver_refuses),
        TEST(test_old_driver_is_not_loaded_any_more),
        TEST(test_original_is_not_known),
        TEST(test_changes_of_driver),
        TEST(test_crashes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
