/* SPDX-License-Identifier: Apache-2.0 */
/* Step "vf" on a PF that is played: what is sent, in what order, what is done
 * about drivers that refuse, and what is given back (contract 9: what vifd
 * has set, what somebody else has). */

#include <config.h>

#include "steps/step.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/cleanup.h"
#include "steps/device-path.h"
#include "steps/vf-args.h"
#include "tests/unit/fake-pf.h"
#include "tests/unit/fake-sysfs.h"
#include "timeval.h"

#define PF "0000:03:00.0"
#define PF_FOLDER "devices/pci0000:00/" PF
#define VF "0000:03:01.3"

#define BIT RTNL_VF_BIT

static int
set_up(void **state)
{
    int failure = fake_sysfs_set_up(state);
    struct fake_sysfs *sysfs = *state;

    fake_sysfs_pci(sysfs, PF);
    fake_sysfs_vfs(sysfs, PF, 8, 8);
    fake_sysfs_netdev(sysfs, "bus/pci/devices/" PF, "eth1", FAKE_PF_IFINDEX,
                      NULL, NULL);
    device_path_set_root(sysfs->root);
    fake_pf_reset();
    return failure;
}

static void
use_driver(struct fake_sysfs *sysfs, const char *driver)
{
    char target[64];

    snprintf(target, sizeof target, "../../../bus/pci/drivers/%s", driver);
    fake_sysfs_link(sysfs, target, PF_FOLDER "/driver");
}

static void
step_init(struct step *step)
{
    *step = (struct step) {
        .class = &step_vf_class,
        .object = strdup("pci/" VF),
        .port_id = strdup("port-1"),
        .deadline = time_msec() + 10000,
    };
    vif_attrs_set(&step->args, "pf", "pci/" PF);
    vif_attrs_set(&step->args, "vf", "3");
}

static void
step_end(struct step *step)
{
    free(step->object);
    free(step->port_id);
    vif_attrs_destroy(&step->args);
    vif_attrs_destroy(&step->previous);
    vif_attrs_destroy(&step->original);
    vif_attrs_destroy(&step->output);
}
#define STEP(NAME)                                  \
    struct step NAME CLEANUP(step_end);             \
    step_init(&NAME)

static struct vif_error *
run(struct step *step, enum step_op op)
{
    const struct step_env env = { .key = "key" };

    return step_run(step, op, &env);
}

static struct vif_error *
plug(struct step *step)
{
    struct vif_error *error = run(step, STEP_CAPTURE);

    return error ? error : run(step, STEP_APPLY);
}

/* From what is in place to the same with 'key' set to 'value'. */
static struct vif_error *
alter(struct step *step, const char *key, const char *value)
{
    step->has_previous = true;
    vif_attrs_destroy(&step->previous);
    vif_attrs_clone(&step->previous, &step->args);
    vif_attrs_set(&step->args, key, value);
    return run(step, STEP_APPLY);
}

static void
assert_error(struct vif_error *error, enum vif_error_code code,
             const char *words)
{
    assert_non_null(error);
    if (error->code != code || !strstr(error->message, words)) {
        fail_msg("%s: %s", vif_error_code_name(error->code), error->message);
    }
    vif_error_destroy(error);
}

static void
assert_warning(const struct step *step, const char *words)
{
    const char *warning = vif_attrs_get(&step->output, "warning");

    if (!words) {
        if (warning) {
            fail_msg("%s", warning);
        }
    } else if (!warning || !strstr(warning, words)) {
        fail_msg("%s", warning ? warning : "no warning");
    }
}

static void
assert_sent(const enum rtnl_vf_request *requests, size_t n)
{
    assert_int_equal(fake_pf.n_sets, n);
    assert_memory_equal(fake_pf.sets, requests, n * sizeof *requests);
}
#define ASSERT_SENT(...)                                                \
    do {                                                                \
        static const enum rtnl_vf_request requests__[] = { __VA_ARGS__ };\
        assert_sent(requests__, sizeof requests__ / sizeof *requests__);\
    } while (0)

static struct rtnl_vf *
vf(void)
{
    return &fake_pf.pf.vf;
}

static void
ask_for_all(struct step *step)
{
    static const char *const args[][2] = {
        { "mac", "fa:16:3e:00:00:01" }, { "vlan", "100" },
        { "vlan_qos", "3" }, { "vlan_protocol", "802.1ad" },
        { "min_tx_rate", "10" }, { "max_tx_rate", "1000" },
        { "spoofchk", "false" }, { "trust", "true" },
        { "link_state", "enable" },
    };

    for (size_t i = 0; i < sizeof args / sizeof *args; i++) {
        vif_attrs_set(&step->args, args[i][0], args[i][1]);
    }
}

static void
test_all_and_back(void **state)
{
    struct rtnl_vf before = *vf();

    (void) state;
    STEP(step);
    ask_for_all(&step);
    assert_null(plug(&step));
    ASSERT_SENT(RTNL_VF_SET_SPOOFCHK, RTNL_VF_SET_TRUST, RTNL_VF_SET_MAC,
                RTNL_VF_SET_VLAN, RTNL_VF_SET_RATES, RTNL_VF_SET_LINK_STATE);
    assert_int_equal(vf()->vlan.id, 100);
    assert_int_equal(vf()->vlan.is_8021ad, 1);
    assert_int_equal(vf()->min_tx_rate, 10);
    assert_int_equal(vf()->link_state, VIF_LINK_ENABLE);
    assert_string_equal(vif_attrs_get(&step.output, "mac"),
                        "fa:16:3e:00:00:01");
    assert_warning(&step, NULL);
    assert_string_equal(vif_attrs_get(&step.original, "spoofchk"), "true");

    fake_pf.n_sets = 0;
    assert_null(run(&step, STEP_REVERT));
    ASSERT_SENT(RTNL_VF_SET_TRUST, RTNL_VF_SET_MAC, RTNL_VF_SET_VLAN,
                RTNL_VF_SET_RATES, RTNL_VF_SET_LINK_STATE,
                RTNL_VF_SET_SPOOFCHK);
    for (int i = 0; i < RTNL_VF_N_FIELDS; i++) {
        assert_true(vf_equal(&before, vf(), i));
    }
    assert_warning(&step, NULL);

    fake_pf.n_sets = 0;
    assert_null(run(&step, STEP_REVERT));
    assert_int_equal(fake_pf.n_sets, 0);
}

/* One read to capture, none to apply, one to verify. */
static void
test_few_reads(void **state)
{
    (void) state;
    STEP(step);
    ask_for_all(&step);
    assert_null(run(&step, STEP_CAPTURE));
    assert_int_equal(fake_pf.n_gets, 1);
    assert_null(run(&step, STEP_APPLY));
    assert_int_equal(fake_pf.n_gets, 2);
}

static void
test_only_what_differs(void **state)
{
    (void) state;
    STEP(step);
    vif_attrs_set(&step.args, "spoofchk", "true");
    vif_attrs_set(&step.args, "trust", "true");
    vif_attrs_set(&step.args, "vlan", "0");
    assert_null(plug(&step));
    ASSERT_SENT(RTNL_VF_SET_TRUST);

    /* The same once more writes nothing. */
    fake_pf.n_sets = 0;
    assert_null(alter(&step, "vlan", "0"));
    assert_int_equal(fake_pf.n_sets, 0);
}

/* Somebody else was quicker than apply(), which went by what was captured. */
static void
test_change_between_capture_and_apply(void **state)
{
    (void) state;
    STEP(step);
    vif_attrs_set(&step.args, "spoofchk", "true");
    assert_null(run(&step, STEP_CAPTURE));
    vf()->spoofchk = 0;
    assert_null(run(&step, STEP_APPLY));
    assert_int_equal(vf()->spoofchk, 1);
}

static void
test_change_in_place(void **state)
{
    (void) state;
    STEP(step);
    vif_attrs_set(&step.args, "trust", "true");
    vif_attrs_set(&step.args, "max_tx_rate", "100");
    assert_null(plug(&step));
    fake_pf.n_sets = 0;
    assert_null(alter(&step, "max_tx_rate", "200"));
    ASSERT_SENT(RTNL_VF_SET_RATES);
    assert_int_equal(vf()->max_tx_rate, 200);

    /* What is not asked for any more is as it was. */
    assert_null(alter(&step, "trust", NULL));
    assert_int_equal(vf()->trust, 0);
    assert_null(alter(&step, "max_tx_rate", NULL));
    assert_int_equal(vf()->max_tx_rate, 0);
}

static void
test_verify_finds_drift(void **state)
{
    (void) state;
    STEP(step);
    ask_for_all(&step);
    assert_null(plug(&step));
    assert_null(run(&step, STEP_VERIFY));
    vf()->vlan.id = 7;
    assert_error(run(&step, STEP_VERIFY), VIF_ERR_CONFLICT,
                 "the VLAN of VF 3 of eth1 (pci/" PF ") is 7 with QoS 3 and "
                 "protocol 802.1ad instead of 100");
    assert_null(run(&step, STEP_APPLY));
    assert_int_equal(vf()->vlan.id, 100);
}

/* A driver that takes a value and does something else. */
static void
test_value_that_does_not_stick(void **state)
{
    (void) state;
    STEP(step);
    vif_attrs_set(&step.args, "max_tx_rate", "1020");
    fake_pf.wrong.fields = BIT(RTNL_VF_MAX_TX_RATE);
    fake_pf.wrong.max_tx_rate = 1000;
    assert_error(plug(&step), VIF_ERR_CONFLICT,
                 "is 1000 Mbit/s instead of 1020 Mbit/s");
}

/* Refusals. */

static void
test_refused(void **state)
{
    (void) state;
    use_driver(*state, "mlx5_core");
    STEP(step);
    ask_for_all(&step);
    fake_pf.errnums[RTNL_VF_SET_VLAN] = EOPNOTSUPP;
    fake_pf.source = "not in switchdev mode";
    struct vif_error *error = plug(&step);
    assert_non_null(error);
    assert_string_equal(error->source, "not in switchdev mode");
    assert_int_equal(error->errnum, EOPNOTSUPP);
    assert_error(error, VIF_ERR_UNSUPPORTED,
                 "set VLAN to 100 with QoS 3 and protocol 802.1ad of VF 3 of "
                 "pci/" PF " (driver mlx5_core): kernel: ");
    assert_int_equal(vf()->trust, 1);

    /* What came before is taken back. */
    assert_null(run(&step, STEP_REVERT));
    assert_int_equal(vf()->trust, 0);
    assert_int_equal(vf()->spoofchk, 1);
    assert_true(vif_mac_is_zero(&vf()->mac));
    assert_warning(&step, NULL);
}

static void
test_reason_of_the_driver(void **state)
{
    use_driver(*state, "igb");
    STEP(step);
    vif_attrs_set(&step.args, "min_tx_rate", "10");
    fake_pf.no_min_rate = true;
    assert_error(plug(&step), VIF_ERR_UNSUPPORTED,
                 "this driver has no minimum rate");
}

static void
test_best_effort(void **state)
{
    use_driver(*state, "igb");
    STEP(step);
    ask_for_all(&step);
    vif_attrs_set(&step.args, "best_effort", "true");
    fake_pf.errnums[RTNL_VF_SET_LINK_STATE] = EOPNOTSUPP;
    fake_pf.no_min_rate = true;
    assert_null(plug(&step));
    assert_warning(&step, "set minimum rate to 10 Mbit/s of VF 3 of pci/" PF
                   " (driver igb): kernel: Invalid argument (this driver has "
                   "no minimum rate)");
    assert_warning(&step, "set link state to enable");
    assert_string_equal(vif_attrs_get(&step.output, "skipped"),
                        "min_tx_rate,link_state");
    assert_int_equal(vf()->max_tx_rate, 1000);
    assert_int_equal(vf()->min_tx_rate, 0);
    assert_null(run(&step, STEP_VERIFY));

    /* It is not vifd's, whoever changes it. */
    vf()->link_state = VIF_LINK_ENABLE;
    assert_null(run(&step, STEP_VERIFY));
    assert_null(run(&step, STEP_REVERT));
    assert_int_equal(vf()->link_state, VIF_LINK_ENABLE);
    assert_int_equal(vf()->max_tx_rate, 0);
}

static void
test_best_effort_is_no_excuse_for_failures(void **state)
{
    (void) state;
    STEP(step);
    vif_attrs_set(&step.args, "trust", "true");
    vif_attrs_set(&step.args, "best_effort", "true");
    fake_pf.errnums[RTNL_VF_SET_TRUST] = EIO;
    assert_error(plug(&step), VIF_ERR_KERNEL, "set trust to on");
}

static void
test_busy_driver_is_asked_again(void **state)
{
    (void) state;
    STEP(step);
    vif_attrs_set(&step.args, "trust", "true");
    fake_pf.n_busy = 4;
    assert_null(plug(&step));
    assert_int_equal(vf()->trust, 1);

    fake_pf.n_busy = UINT32_MAX;
    step.deadline = time_msec() + 100;
    struct vif_error *error = alter(&step, "trust", "false");
    assert_non_null(error);
    assert_true(error->retry);
    assert_int_equal(error->errnum, EAGAIN);
    assert_error(error, VIF_ERR_KERNEL, "set trust to off");
}

static void
test_zero_mac(void **state)
{
    static const struct vif_mac none = { { 2, 0, 0, 0, 0, 0 } };

    (void) state;
    STEP(step);
    vif_attrs_set(&step.args, "mac", "fa:16:3e:00:00:01");
    fake_pf.no_zero_mac = true;
    assert_null(plug(&step));
    assert_null(run(&step, STEP_REVERT));
    assert_memory_equal(&vf()->mac, &none, sizeof none);
    assert_warning(&step, NULL);
    assert_null(run(&step, STEP_REVERT));
}

static void
test_pf_must_be_up(void **state)
{
    use_driver(*state, "bnxt_en");
    STEP(step);
    vif_attrs_set(&step.args, "trust", "true");
    fake_pf.pf.link.up = false;
    struct vif_error *error = plug(&step);
    assert_non_null(error);
    assert_true(error->retry);
    assert_error(error, VIF_ERR_REFUSED, "'ip link set eth1 up'");
    assert_int_equal(fake_pf.n_sets, 0);

    fake_pf.pf.link.up = true;
    assert_null(plug(&step));

    /* It does not describe its VFs then, either. */
    fake_pf.pf.link.up = fake_pf.pf.found = false;
    assert_error(run(&step, STEP_VERIFY), VIF_ERR_REFUSED,
                 "'ip link set eth1 up'");
    fake_pf.pf.link.up = true;
    assert_error(run(&step, STEP_VERIFY), VIF_ERR_UNSUPPORTED,
                 "driver bnxt_en of PF pci/" PF " does not describe this VF");
}

/* What is so already needs nobody. */
static void
test_rate_that_is_there_needs_no_link(void **state)
{
    use_driver(*state, "igb");
    fake_pf.pf.link.up = fake_pf.pf.link.running = false;
    STEP(step);
    vif_attrs_set(&step.args, "max_tx_rate", "0");
    assert_null(plug(&step));
    vif_attrs_set(&step.args, "max_tx_rate", "10");
    assert_error(run(&step, STEP_CAPTURE), VIF_ERR_REFUSED,
                 "driver igb wants it up for this: 'ip link set eth1 up'");
    fake_pf.pf.link.up = true;
    assert_error(run(&step, STEP_CAPTURE), VIF_ERR_REFUSED, "has no link");
}

/* The PF went down while the port was there: the undo says what to do. */
static void
test_rates_without_link(void **state)
{
    use_driver(*state, "igb");
    STEP(step);
    vif_attrs_set(&step.args, "max_tx_rate", "100");
    assert_null(plug(&step));
    fake_pf.pf.link.up = fake_pf.pf.link.running = false;
    fake_pf.errnums[RTNL_VF_SET_RATES] = EINVAL;
    struct vif_error *error = run(&step, STEP_REVERT);
    assert_non_null(error);
    assert_true(error->retry);
    assert_error(error, VIF_ERR_KERNEL, "'ip link set eth1 up'");
}

static void
test_unreported_is_not_restored(void **state)
{
    (void) state;
    vf()->fields &= ~(BIT(RTNL_VF_SPOOFCHK) | BIT(RTNL_VF_TRUST));
    STEP(step);
    vif_attrs_set(&step.args, "trust", "true");
    assert_null(plug(&step));
    ASSERT_SENT(RTNL_VF_SET_TRUST);
    assert_null(vif_attrs_get(&step.original, "spoofchk"));
    vf()->fields &= ~BIT(RTNL_VF_TRUST);
    fake_pf.n_sets = 0;
    assert_null(run(&step, STEP_REVERT));
    assert_int_equal(fake_pf.n_sets, 0);
}

static void
test_driver_that_describes_nothing(void **state)
{
    (void) state;
    STEP(step);
    fake_pf.pf.tells = false;
    assert_error(plug(&step), VIF_ERR_UNSUPPORTED,
                 "driver i40e of PF pci/" PF " does not describe its VFs");
}

/* Giving back. */

/* O, A and N of contract 9 and what comes of it, as values of one argument;
 * NULL for A: it was not asked for. */
static const struct {
    const char *key, *original, *applied, *found, *result, *warning;
} contract[] = {
    { "trust", "false", "true", "true", "false", NULL },
    { "trust", "false", "true", "false", "false", NULL },
    { "trust", "true", NULL, "true", "true", NULL },
    { "trust", "false", NULL, "true", "false", NULL },
    { "trust", "true", NULL, "false", "false", NULL },
    { "mac", "02:11:00:00:00:01", "fa:16:3e:00:00:01", "fa:16:3e:00:00:01",
      "02:11:00:00:00:01", NULL },
    { "mac", "02:11:00:00:00:01", "fa:16:3e:00:00:01", "02:22:00:00:00:01",
      "00:00:00:00:00:00", "changed the MAC address of the VF to "
      "02:22:00:00:00:01, which was 02:11:00:00:00:01 before vifd used it: it "
      "was reset" },
    { "mac", "00:00:00:00:00:00", "fa:16:3e:00:00:01", "02:22:00:00:00:01",
      "00:00:00:00:00:00", NULL },
    { "vlan", "5", "100", "100", "5", NULL },
    { "vlan", "5", "100", "7", "0", "changed the VLAN" },
    { "vlan", "0", "100", "7", "0", NULL },
    { "vlan", "0", NULL, "7", "0", NULL },
    { "spoofchk", "false", "true", "true", "false", NULL },
    { "spoofchk", "true", NULL, "false", "true", NULL },
    { "max_tx_rate", "0", "100", "100", "0", NULL },
    { "max_tx_rate", "50", "100", "200", "200", "changed the maximum rate of "
      "the VF to 200 Mbit/s, which was 50 Mbit/s before vifd used it: it was "
      "left so" },
    { "max_tx_rate", "50", NULL, "200", "200", NULL },
    { "min_tx_rate", "0", "10", "10", "0", NULL },
    { "link_state", "auto", "disable", "disable", "auto", NULL },
    { "link_state", "auto", "disable", "enable", "enable",
      "changed the link state" },
};

static void
write_one(struct rtnl_vf *to, const char *key, const char *value)
{
    struct vif_attrs attrs CLEANUP_ATTRS = VIF_ATTRS_INIT;
    struct rtnl_vf values;

    vif_attrs_set(&attrs, key, value);
    vf_values_read(&attrs, &values);
    for (int i = 0; i < RTNL_VF_N_FIELDS; i++) {
        if (vf_has(&values, i)) {
            vf_copy(to, &values, i);
        }
    }
}

static void
test_contract(void **state)
{
    (void) state;
    for (size_t i = 0; i < sizeof contract / sizeof *contract; i++) {
        struct rtnl_vf expected;

        fake_pf_reset();
        write_one(vf(), contract[i].key, contract[i].original);
        expected = *vf();
        write_one(&expected, contract[i].key, contract[i].result);

        STEP(step);
        vif_attrs_set(&step.args, contract[i].key, contract[i].applied);
        assert_null(plug(&step));
        write_one(vf(), contract[i].key, contract[i].found);
        assert_null(run(&step, STEP_REVERT));
        for (int f = 0; f < RTNL_VF_N_FIELDS; f++) {
            if (!vf_equal(&expected, vf(), f)) {
                fail_msg("case %zu: %s", i, vf_field_name(f));
            }
        }
        assert_warning(&step, contract[i].warning);
    }
}

/* A crash in the middle of a change: some is as it was before it. */
static void
test_revert_of_half_a_change(void **state)
{
    (void) state;
    STEP(step);
    vif_attrs_set(&step.args, "vlan", "100");
    vif_attrs_set(&step.args, "max_tx_rate", "100");
    assert_null(plug(&step));
    step.has_previous = true;
    vif_attrs_clone(&step.previous, &step.args);
    vif_attrs_set(&step.args, "vlan", "200");
    vif_attrs_set(&step.args, "max_tx_rate", "200");
    vf()->vlan.id = 200;
    assert_null(run(&step, STEP_REVERT));
    assert_int_equal(vf()->vlan.id, 0);
    assert_int_equal(vf()->max_tx_rate, 0);
    assert_warning(&step, NULL);
}

/* The journal was lost: what was before is not known. */
static void
test_revert_without_original(void **state)
{
    (void) state;
    STEP(step);
    ask_for_all(&step);
    assert_null(plug(&step));
    vif_attrs_destroy(&step.original);
    assert_null(run(&step, STEP_REVERT));
    assert_true(vif_mac_is_zero(&vf()->mac));
    assert_int_equal(vf()->vlan.id, 0);
    assert_int_equal(vf()->spoofchk, 1);
    assert_int_equal(vf()->trust, 0);
    assert_int_equal(vf()->max_tx_rate, 0);
}

static void
test_held(void **state)
{
    (void) state;
    STEP(step);
    vif_attrs_set(&step.args, "trust", "true");
    assert_null(plug(&step));
    fake_pf.holder = "qemu (42)";
    assert_error(run(&step, STEP_REVERT), VIF_ERR_IN_USE, "qemu (42)");
    assert_int_equal(vf()->trust, 1);
    fake_pf.holder = NULL;
    assert_null(run(&step, STEP_REVERT));
    assert_int_equal(vf()->trust, 0);
}

/* sriov_numvfs became 0. */
static void
test_vf_gone(void **state)
{
    struct fake_sysfs *sysfs = *state;

    STEP(step);
    vif_attrs_set(&step.args, "trust", "true");
    assert_null(plug(&step));
    fake_sysfs_remove(sysfs, PF_FOLDER "/virtfn3");
    fake_sysfs_remove(sysfs, "bus/pci/devices/" VF);
    assert_error(run(&step, STEP_VERIFY), VIF_ERR_NOT_FOUND,
                 "pci/" VF " is gone: it is not VF 3 of pci/" PF
                 " any more");
    assert_null(run(&step, STEP_REVERT));
    assert_warning(&step, "is gone");
}

static void
test_pf_gone(void **state)
{
    struct fake_sysfs *sysfs = *state;

    STEP(step);
    vif_attrs_set(&step.args, "trust", "true");
    assert_null(plug(&step));
    fake_sysfs_remove(sysfs, "bus/pci/devices/" VF);
    fake_sysfs_remove(sysfs, "bus/pci/devices/" PF);
    assert_null(run(&step, STEP_REVERT));
    assert_warning(&step, "its PF is not there");
}

/* The address is another VF's by now: not to be touched, and not gone. */
static void
test_other_vf(void **state)
{
    struct fake_sysfs *sysfs = *state;

    STEP(step);
    vif_attrs_set(&step.args, "trust", "true");
    assert_null(plug(&step));
    fake_sysfs_link(sysfs, "../0000:03:01.5", PF_FOLDER "/virtfn3");
    assert_error(run(&step, STEP_REVERT), VIF_ERR_NOT_FOUND,
                 "it is not VF 3 of pci/" PF);
    assert_int_equal(vf()->trust, 1);
}

/* Its driver was unbound, or it was moved to another namespace. */
static void
test_pf_without_netdev(void **state)
{
    struct fake_sysfs *sysfs = *state;

    STEP(step);
    vif_attrs_set(&step.args, "trust", "true");
    assert_null(plug(&step));
    fake_sysfs_remove(sysfs, "bus/pci/devices/" PF "/net");
    struct vif_error *error = run(&step, STEP_REVERT);
    assert_non_null(error);
    assert_true(error->retry);
    assert_error(error, VIF_ERR_UNAVAILABLE, "has no network device here");
}

/* netdevsim: a VF is a number. */
static void
test_netdevsim(void **state)
{
    struct fake_sysfs *sysfs = *state;

    fake_sysfs_write(sysfs, "8", "bus/netdevsim/devices/netdevsim1/"
                     "sriov_numvfs");
    fake_sysfs_netdev(sysfs, "bus/netdevsim/devices/netdevsim1", "eni1np1",
                      FAKE_PF_IFINDEX, NULL, NULL);
    STEP(step);
    free(step.object);
    step.object = strdup("netdevsim/netdevsim1/3");
    vif_attrs_set(&step.args, "pf", "netdevsim/netdevsim1");
    vif_attrs_set(&step.args, "link_state", "disable");
    assert_null(plug(&step));
    assert_int_equal(vf()->link_state, VIF_LINK_DISABLE);
    assert_null(run(&step, STEP_REVERT));
    assert_int_equal(vf()->link_state, VIF_LINK_AUTO);

    assert_null(plug(&step));
    fake_sysfs_write(sysfs, "3", "bus/netdevsim/devices/netdevsim1/"
                     "sriov_numvfs");
    assert_error(run(&step, STEP_VERIFY), VIF_ERR_NOT_FOUND, "is gone");
    assert_null(run(&step, STEP_REVERT));
    assert_warning(&step, "is gone");
}

#define TEST(NAME) \
    cmocka_unit_test_setup_teardown(NAME, set_up, fake_sysfs_tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_all_and_back),
        TEST(test_few_reads),
        TEST(test_only_what_differs),
        TEST(test_change_between_capture_and_apply),
        TEST(test_change_in_place),
        TEST(test_verify_finds_drift),
        TEST(test_value_that_does_not_stick),
        TEST(test_refused),
        TEST(test_reason_of_the_driver),
        TEST(test_best_effort),
        TEST(test_best_effort_is_no_excuse_for_failures),
        TEST(test_busy_driver_is_asked_again),
        TEST(test_zero_mac),
        TEST(test_pf_must_be_up),
        TEST(test_rate_that_is_there_needs_no_link),
        TEST(test_rates_without_link),
        TEST(test_unreported_is_not_restored),
        TEST(test_driver_that_describes_nothing),
        TEST(test_contract),
        TEST(test_revert_of_half_a_change),
        TEST(test_revert_without_original),
        TEST(test_held),
        TEST(test_vf_gone),
        TEST(test_pf_gone),
        TEST(test_other_vf),
        TEST(test_pf_without_netdev),
        TEST(test_netdevsim),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
