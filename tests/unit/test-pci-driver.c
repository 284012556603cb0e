/* SPDX-License-Identifier: Apache-2.0 */

/* Step "pci-driver" on a fake sysfs, whose kernel binds and unbinds at once:
 * what it asks the helper for, and what the function has in the end. */

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

#include "lib/cleanup.h"
#include "privilege/privilege.h"
#include "steps/device-path.h"
#include "steps/step.h"
#include "tests/unit/fake-sysfs.h"

#define PF "0000:03:00.0"
#define VF "0000:03:01.0"       /* Its first, which driver iavf has. */
#define NAME "pci/" VF
#define FOLDER "devices/pci0000:00/" VF

static struct fake_sysfs *sysfs;
static const struct step_env env = { .key = "key" };

/* The kernel's part. */

static char calls[512];         /* "unbind, bind iavf". */
static int n_calls;

/* What the call named 'trouble' fails with. */
static const char *trouble;
static int trouble_errnum;      /* 0: somebody holds it. */
static bool trouble_removes;    /* The function goes meanwhile. */
static int crash_at;            /* This call is carried out, and yet fails. */

static void
set_driver(const char *driver)
{
    if (driver[0]) {
        char target[128];

        snprintf(target, sizeof target, "../../../bus/pci/drivers/%s",
                 driver);
        fake_sysfs_link(sysfs, target, FOLDER "/driver");
    } else {
        fake_sysfs_remove(sysfs, FOLDER "/driver");
    }
}

static void
set_override(const char *driver)
{
    fake_sysfs_write(sysfs, driver[0] ? driver : "(null)",
                     FOLDER "/driver_override");
}

static void
remove_function(void)
{
    fake_sysfs_remove(sysfs, "bus/pci/devices/" VF);
    fake_sysfs_remove(sysfs, FOLDER);
}

/* Notes the call.  Sets '*errorp' if it fails; false if nothing of it is to
 * be carried out. */
static bool
begin(const struct privilege_pci_address *pci, const char *name,
      const char *argument, struct vif_error **errorp)
{
    size_t length = strlen(calls);

    assert_int_equal(pci->bus, 3);
    assert_int_equal(pci->device, 1);
    assert_int_equal(pci->function, 0);
    snprintf(calls + length, sizeof calls - length, "%s%s%s%s",
             length ? ", " : "", name, argument ? " " : "",
             argument ? argument : "");
    n_calls++;
    *errorp = NULL;
    if (trouble && !strcmp(trouble, name)) {
        *errorp = (trouble_errnum
                   ? vif_error_from_errno(trouble_errnum, "%s", name)
                   : vif_error_create(VIF_ERR_IN_USE, "held by pid 812"));
        if (trouble_removes) {
            remove_function();
        }
        return false;
    } else if (n_calls == crash_at) {
        *errorp = vif_error_create(VIF_ERR_KERNEL, "crash");
    }
    return true;
}

struct vif_error *__wrap_privilege_pci_driver_override(
    const struct privilege_pci_address *, const char *);
struct vif_error *
__wrap_privilege_pci_driver_override(const struct privilege_pci_address *pci,
                                     const char *driver)
{
    struct vif_error *error;

    if (begin(pci, "override", driver ? driver : "none", &error)) {
        set_override(driver ? driver : "");
    }
    return error;
}

struct vif_error *__wrap_privilege_pci_unbind(
    const struct privilege_pci_address *);
struct vif_error *
__wrap_privilege_pci_unbind(const struct privilege_pci_address *pci)
{
    struct vif_error *error;

    if (begin(pci, "unbind", NULL, &error)) {
        set_driver("");
    }
    return error;
}

struct vif_error *__wrap_privilege_pci_bind(
    const struct privilege_pci_address *, const char *);
struct vif_error *
__wrap_privilege_pci_bind(const struct privilege_pci_address *pci,
                          const char *driver)
{
    struct vif_error *error;

    if (begin(pci, "bind", driver, &error)) {
        set_driver(driver);
    }
    return error;
}

struct vif_error *__wrap_privilege_pci_probe(
    const struct privilege_pci_address *);
struct vif_error *
__wrap_privilege_pci_probe(const struct privilege_pci_address *pci)
{
    struct vif_error *error;

    if (begin(pci, "probe", NULL, &error)) {
        set_driver("iavf");
    }
    return error;
}

struct vif_error *__wrap_privilege_pci_reset(
    const struct privilege_pci_address *);
struct vif_error *
__wrap_privilege_pci_reset(const struct privilege_pci_address *pci)
{
    struct vif_error *error;

    begin(pci, "reset", NULL, &error);
    return error;
}

/* Who has it open through VFIO, and how often that was asked. */
static const char *holder;
static int n_looks;

struct vif_error *__wrap_privilege_pci_check_unheld(
    const struct privilege_pci_address *);
struct vif_error *
__wrap_privilege_pci_check_unheld(const struct privilege_pci_address *pci)
{
    assert_int_equal(pci->bus, 3);
    n_looks++;
    return holder ? vif_error_create(VIF_ERR_IN_USE, "held by %s", holder)
           : NULL;
}

/* All links are macvtaps. */
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
    static const char *const drivers[] = { "iavf", "vfio-pci", "uio_other" };

    fake_sysfs_set_up(state);
    sysfs = *state;
    device_path_set_root(sysfs->root);
    fake_sysfs_pci(sysfs, PF);
    fake_sysfs_vfs(sysfs, PF, 2, 7);
    for (size_t i = 0; i < sizeof drivers / sizeof *drivers; i++) {
        fake_sysfs_write(sysfs, "", "bus/pci/drivers/%s/bind", drivers[i]);
    }
    set_override("");
    fake_sysfs_link(sysfs, "../../../kernel/iommu_groups/42",
                    FOLDER "/iommu_group");
    trouble = NULL;
    holder = NULL;
    trouble_errnum = crash_at = n_looks = 0;
    trouble_removes = false;
    step = (struct step) { .class = &step_pci_driver_class,
                           .object = (char *) NAME,
                           .port_id = (char *) "port-1" };
    vif_attrs_set(&step.args, "pf", "pci/" PF);
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

static struct vif_error *
run(enum step_op op)
{
    calls[0] = '\0';
    n_calls = 0;
    return step_run(&step, op, &env);
}

/* Runs 'op', in which the helper is asked for 'expected'. */
static void
succeeds(enum step_op op, const char *expected)
{
    CLEANUP_ERROR struct vif_error *error = run(op);

    if (error) {
        fail_msg("%s: %s", step_op_name(op), error->message);
    }
    assert_string_equal(calls, expected);
}

static void
fails(enum step_op op, enum vif_error_code code, const char *words,
     const char *expected)
{
    CLEANUP_ERROR struct vif_error *error = run(op);

    assert_non_null(error);
    if (!strstr(error->message, words)) {
        fail_msg("\"%s\" has no \"%s\"", error->message, words);
    }
    assert_int_equal(error->code, code);
    assert_string_equal(calls, expected);
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

static void
assert_warning(const char *words)
{
    const char *warning = vif_attrs_get(&step.output, "warning");

    if (!words) {
        assert_null(warning);
    } else if (!warning || !strstr(warning, words)) {
        fail_msg("\"%s\" has no \"%s\"", warning ? warning : "", words);
    }
}

#define TO_VFIO "override vfio-pci, unbind, bind vfio-pci"
#define BACK "reset, unbind, override none, bind iavf"

static void
plug(const char *driver)
{
    vif_attrs_set(&step.args, "driver", driver);
    succeeds(STEP_CAPTURE, "");
    succeeds(STEP_APPLY, driver ? TO_VFIO : "");
}

/* What it says of its arguments. */

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
        { "driver", "a-name-that-no-driver-could-have", false },
        { "pf", "pci/0000:03:00.0", true },
        { "pf", "eth0", false },
        { "color", "red", false },
    };

    (void) state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CLEANUP_ATTRS struct vif_attrs args = VIF_ATTRS_INIT;
        CLEANUP_ERROR struct vif_error *error = NULL;

        vif_attrs_set(&args, cases[i].key, cases[i].value);
        error = step.class->check(&args, false);
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
    const struct step_class *class = step.class;
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
    assert_string_equal(class->lane(&step.args, buf), "pci/" PF);
}

/* There and back. */

static void
test_there_and_back(void **state)
{
    (void) state;
    plug("vfio-pci");
    assert_is("vfio-pci", "vfio-pci");
    assert_string_equal(vif_attrs_get(&step.output, "driver"), "vfio-pci");
    assert_string_equal(vif_attrs_get(&step.output, "iommu_group"), "42");

    /* Once more changes nothing. */
    succeeds(STEP_APPLY, "");
    succeeds(STEP_VERIFY, "");
    succeeds(STEP_REVERT, BACK);
    assert_is("iavf", "");
    assert_warning(NULL);
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

    vif_attrs_destroy(&step.original);
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
    vif_attrs_set(&step.args, "driver", "vfio-pci");
    succeeds(STEP_CAPTURE, "");
    succeeds(STEP_APPLY, "");
    trouble = "reset";
    fails(STEP_REVERT, VIF_ERR_IN_USE, "pid 812", "reset");
    trouble = NULL;
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
    assert_string_equal(vif_attrs_get(&step.output, "driver"), "vfio-pci");

    set_override("");
    set_driver("iavf");
    succeeds(STEP_REVERT, "");

    /* It was killed before it could. */
    set_override("vfio-pci");
    set_driver("vfio-pci");
    succeeds(STEP_REVERT, BACK);
    assert_is("iavf", "");
    assert_warning(NULL);
}

static void
test_held(void **state)
{
    (void) state;
    plug("vfio-pci");
    trouble = "reset";
    fails(STEP_REVERT, VIF_ERR_IN_USE, "pid 812", "reset");
    assert_is("vfio-pci", "vfio-pci");
    trouble = NULL;
    succeeds(STEP_REVERT, BACK);

    /* A guest starts just between: it is not unbound either. */
    vif_attrs_destroy(&step.original);
    plug("vfio-pci");
    trouble = "unbind";
    fails(STEP_REVERT, VIF_ERR_IN_USE, "pid 812", "reset, unbind");
    assert_is("vfio-pci", "vfio-pci");
}

/* A guest has it that vifd does not know of. */
static void
test_held_before(void **state)
{
    (void) state;
    holder = "pid 812";
    succeeds(STEP_CAPTURE, "");
    assert_int_equal(n_looks, 0);
    vif_attrs_destroy(&step.original);
    set_driver("");             /* Perhaps on its way out of VFIO's. */
    fails(STEP_CAPTURE, VIF_ERR_IN_USE, "pid 812", "");
    set_driver("vfio-pci");
    fails(STEP_CAPTURE, VIF_ERR_IN_USE, "pid 812", "");

    /* It is the port's own guest: now, or before the host was started. */
    step.has_previous = true;
    succeeds(STEP_CAPTURE, "");
    step.has_previous = false;
    vif_attrs_set(&step.original, "driver", "iavf");
    succeeds(STEP_CAPTURE, "");
}

/* libvirt has made a macvtap on its netdev. */
static void
test_macvtap_on_its_netdev(void **state)
{
    (void) state;
    fake_sysfs_link(sysfs, "../macvtap0",
                    FOLDER "/net/eth5/upper_macvtap0");
    fails(STEP_CAPTURE, VIF_ERR_IN_USE, "macvtap macvtap0 sits on its", "");
    fake_sysfs_remove(sysfs, FOLDER "/net/eth5/upper_macvtap0");
    plug(NULL);
    fake_sysfs_link(sysfs, "../macvtap0",
                    FOLDER "/net/eth5/upper_macvtap0");
    fails(STEP_CHECK_UNUSED, VIF_ERR_IN_USE, "macvtap0 sits on its", "");
    fails(STEP_REVERT, VIF_ERR_IN_USE, "macvtap macvtap0 sits on its", "");
    step.has_previous = true;
    succeeds(STEP_CAPTURE, "");
    fake_sysfs_remove(sysfs, FOLDER "/net/eth5/upper_macvtap0");
    succeeds(STEP_REVERT, "");
}

static void
test_reset_that_fails(void **state)
{
    static const int never[] = { ENOENT, ENOTTY, EOPNOTSUPP };

    (void) state;
    for (size_t i = 0; i < sizeof never / sizeof *never; i++) {
        vif_attrs_destroy(&step.output);
        vif_attrs_destroy(&step.original);
        plug("vfio-pci");
        trouble = "reset";
        trouble_errnum = never[i];
        succeeds(STEP_REVERT, BACK);
        assert_warning("was not reset");
        assert_is("iavf", "");
        trouble = NULL;
    }

    /* One that might succeed later: the next guest must not get it so. */
    vif_attrs_destroy(&step.original);
    plug("vfio-pci");
    trouble = "reset";
    trouble_errnum = EIO;
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
    assert_warning("driver uio_other by now");
    assert_is("uio_other", "");

    /* Whoever gave it back by hand has done what was to be done. */
    vif_attrs_destroy(&step.output);
    set_driver("iavf");
    succeeds(STEP_REVERT, "");
    assert_warning(NULL);

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
    vif_attrs_clone(&step.previous, &step.args);
    step.has_previous = true;
    set_driver("iavf");
    succeeds(STEP_APPLY, "unbind, bind vfio-pci");
    assert_is("vfio-pci", "vfio-pci");

    /* And what was there before is not captured a second time. */
    succeeds(STEP_CAPTURE, "");
    assert_string_equal(vif_attrs_get(&step.original, "driver"), "iavf");
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
    assert_warning("not there any more");
}

static void
test_goes_while_it_is_given_back(void **state)
{
    (void) state;
    plug("vfio-pci");
    trouble = "unbind";
    trouble_errnum = EIO;
    trouble_removes = true;
    succeeds(STEP_REVERT, "reset, unbind");
    assert_warning("not there any more");
}

static void
test_no_function_on_pci(void **state)
{
    (void) state;
    step.object = (char *) "netdevsim/netdevsim1/3";
    fails(STEP_CAPTURE, VIF_ERR_INVALID, "PCI", "");
    fails(STEP_REVERT, VIF_ERR_INVALID, "PCI", "");
}

/* The driver's own failures. */

static void
test_driver_is_not_loaded(void **state)
{
    (void) state;
    fake_sysfs_remove(sysfs, "bus/pci/drivers/vfio-pci");
    vif_attrs_set(&step.args, "driver", "vfio-pci");
    fails(STEP_CAPTURE, VIF_ERR_UNSUPPORTED,
         "the kernel has no vfio-pci driver loaded: modprobe vfio-pci", "");
    fails(STEP_APPLY, VIF_ERR_UNSUPPORTED, "modprobe vfio-pci", "");
    assert_is("iavf", "");
}

static void
test_driver_refuses(void **state)
{
    (void) state;
    vif_attrs_set(&step.args, "driver", "vfio-pci");
    succeeds(STEP_CAPTURE, "");
    trouble = "bind";
    trouble_errnum = EINVAL;
    CLEANUP_ERROR struct vif_error *error = run(STEP_APPLY);
    assert_non_null(error);
    assert_int_equal(error->errnum, EINVAL);
    assert_null(strstr(error->message, "IOMMU"));
    fake_sysfs_remove(sysfs, FOLDER "/iommu_group");
    fails(STEP_APPLY, VIF_ERR_KERNEL, "in no IOMMU group", "bind vfio-pci");

    trouble = NULL;
    succeeds(STEP_REVERT, "reset, override none, bind iavf");
    assert_is("iavf", "");

    /* Nor does the old one take it back: that is tried again. */
    vif_attrs_destroy(&step.original);
    plug("vfio-pci");
    trouble = "bind";
    trouble_errnum = EIO;
    fails(STEP_REVERT, VIF_ERR_KERNEL, "bind " NAME " to iavf", BACK);
    trouble = NULL;
    succeeds(STEP_REVERT, "reset, bind iavf");
    assert_is("iavf", "");
}

static void
test_old_driver_is_not_loaded_any_more(void **state)
{
    (void) state;
    plug("vfio-pci");
    fake_sysfs_remove(sysfs, "bus/pci/drivers/iavf");
    succeeds(STEP_REVERT, "reset, unbind, override none");
    assert_warning("iavf");
    assert_is("", "");
}

/* After a reboot, or with a journal made anew. */
static void
test_original_is_not_known(void **state)
{
    (void) state;
    plug("vfio-pci");
    vif_attrs_destroy(&step.original);
    succeeds(STEP_REVERT, "reset, unbind, override none, probe");
    assert_is("iavf", "");
    succeeds(STEP_REVERT, "");
    assert_warning(NULL);
}

/* Changes. */

static void
become(const char *driver, const char *expected)
{
    vif_attrs_destroy(&step.previous);
    vif_attrs_clone(&step.previous, &step.args);
    step.has_previous = true;
    vif_attrs_set(&step.args, "driver", driver);
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
    trouble = "unbind";
    vif_attrs_destroy(&step.previous);
    vif_attrs_clone(&step.previous, &step.args);
    vif_attrs_set(&step.args, "driver", "uio_other");
    fails(STEP_APPLY, VIF_ERR_IN_USE, "pid 812",
         "override uio_other, unbind");
    assert_is("vfio-pci", "uio_other");
    trouble = NULL;
    become("vfio-pci", "override vfio-pci");

    /* It may be as it is to be, or as it was. */
    set_driver("uio_other");
    vif_attrs_set(&step.previous, "driver", "uio_other");
    succeeds(STEP_REVERT, BACK);
    assert_is("iavf", "");
}

/* Killed after each thing that it does. */
static void
test_crashes(void **state)
{
    (void) state;
    vif_attrs_set(&step.args, "driver", "vfio-pci");
    succeeds(STEP_CAPTURE, "");
    for (int i = 1; i <= 3; i++) {
        crash_at = i;
        vif_error_destroy(run(STEP_APPLY));
        assert_int_equal(n_calls, i);
        crash_at = 0;
        vif_error_destroy(run(STEP_REVERT));
        assert_is("iavf", "");
    }
    for (int i = 1; i <= 4; i++) {
        succeeds(STEP_APPLY, TO_VFIO);
        crash_at = i;
        vif_error_destroy(run(STEP_REVERT));
        assert_int_equal(n_calls, i);
        crash_at = 0;
        vif_error_destroy(run(STEP_REVERT));
        assert_is("iavf", "");
    }
}

int
main(void)
{
#define TEST(FUNCTION) \
    cmocka_unit_test_setup_teardown(FUNCTION, set_up, tear_down)
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
