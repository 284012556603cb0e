/* SPDX-License-Identifier: Apache-2.0 */
/* Step "vf" on a PF that is played: what is sent, in what order, and what is
 * done about drivers that refuse. */

#include <config.h>

#include "steps/vf-args.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/vf-host.h"
#include "timeval.h"

/* From what is in place to the same with 'key' set to 'value'. */
static struct vif_error *
alter(struct step *step, const char *key, const char *value)
{
    return some_step_alter(step, key, value, NULL);
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
    fake_pf.wrong.fields = RTNL_VF_BIT(RTNL_VF_MAX_TX_RATE);
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

/* A guest that is trusted may give its VF another address, and then that is
 * neither drift nor set back. */
static void
test_address_of_a_trusted_guest(void **state)
{
    const struct vif_mac guests = { { 0x02, 0xaa, 0, 0, 0, 1 } };

    (void) state;
    STEP(step);
    vif_attrs_set(&step.args, "mac", "fa:16:3e:00:00:01");
    vif_attrs_set(&step.args, "trust", "true");
    assert_null(plug(&step));
    assert_warning(&step, NULL);
    vf()->mac = guests;
    assert_null(run(&step, STEP_VERIFY));
    assert_warning(&step, "has MAC address 02:aa:00:00:00:01 instead of "
                   "fa:16:3e:00:00:01: left so");
    assert_null(alter(&step, "max_tx_rate", "100"));
    assert_memory_equal(&vf()->mac, &guests, sizeof guests);

    /* Not if it is not trusted, or the VF was made anew, or the port gets
     * another address. */
    vf()->trust = 0;
    assert_error(run(&step, STEP_VERIFY), VIF_ERR_CONFLICT, "MAC address");
    memset(&vf()->mac, 0, sizeof guests);
    vf()->trust = 1;
    assert_error(run(&step, STEP_VERIFY), VIF_ERR_CONFLICT, "MAC address");
    vf()->mac = guests;
    assert_null(alter(&step, "mac", "fa:16:3e:00:00:02"));
    assert_int_equal(vf()->mac.octets[0], 0xfa);
    assert_warning(&step, NULL);
}

/* One that never had the address is not as asked, trusted or not. */
static void
test_address_that_a_trusted_vf_does_not_take(void **state)
{
    (void) state;
    STEP(step);
    vif_attrs_set(&step.args, "mac", "fa:16:3e:00:00:01");
    vif_attrs_set(&step.args, "trust", "true");
    fake_pf.wrong.fields = RTNL_VF_BIT(RTNL_VF_MAC);
    fake_pf.wrong.mac.octets[0] = 0x02;
    fake_pf.wrong.mac.octets[5] = 0x07;
    assert_error(plug(&step), VIF_ERR_CONFLICT, "MAC address");
}

/* What keeps guests apart is done, or refused. */
static void
test_best_effort_keeps_guests_apart(void **state)
{
    static const struct {
        const char *key, *value;
        enum rtnl_vf_request request;
        const char *reported;       /* NULL: the driver does not. */
        bool is_left_out;
    } cases[] = {
        { "vlan", "100", RTNL_VF_SET_VLAN, "0", false },
        { "vlan", "100", RTNL_VF_SET_VLAN, NULL, false },
        { "vlan", "0", RTNL_VF_SET_VLAN, "100", false },
        { "vlan", "0", RTNL_VF_SET_VLAN, NULL, true },
        { "mac", "fa:16:3e:00:00:01", RTNL_VF_SET_MAC,
          "02:11:00:00:00:01", false },
        { "spoofchk", "true", RTNL_VF_SET_SPOOFCHK, "false", false },
        { "spoofchk", "true", RTNL_VF_SET_SPOOFCHK, NULL, false },
        { "spoofchk", "false", RTNL_VF_SET_SPOOFCHK, "true", true },
        { "trust", "false", RTNL_VF_SET_TRUST, "true", false },
        { "trust", "false", RTNL_VF_SET_TRUST, NULL, true },
        { "trust", "true", RTNL_VF_SET_TRUST, "false", true },
    };

    (void) state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct vif_attrs attrs CLEANUP_ATTRS = VIF_ATTRS_INIT;
        struct rtnl_vf values;

        fake_pf_reset();
        vif_attrs_set(&attrs, cases[i].key,
                      cases[i].reported ? cases[i].reported
                      : cases[i].value);
        vf_values_read(&attrs, &values);
        for (int f = 0; f < RTNL_VF_N_FIELDS; f++) {
            if (vf_has(&values, f) && cases[i].reported) {
                vf_copy(vf(), &values, f);
            } else if (vf_has(&values, f)) {
                vf_clear(vf(), f);
            }
        }
        fake_pf.errnums[cases[i].request] = EOPNOTSUPP;

        STEP(step);
        vif_attrs_set(&step.args, cases[i].key, cases[i].value);
        vif_attrs_set(&step.args, "best_effort", "true");
        struct vif_error *error = plug(&step);
        if (!error != cases[i].is_left_out) {
            fail_msg("case %zu: %s", i, error ? error->message : "done");
        }
        vif_error_destroy(error);
    }
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
    vf_clear(vf(), RTNL_VF_SPOOFCHK);
    vf_clear(vf(), RTNL_VF_TRUST);
    STEP(step);
    vif_attrs_set(&step.args, "trust", "true");
    assert_null(plug(&step));
    ASSERT_SENT(RTNL_VF_SET_TRUST);
    assert_null(vif_attrs_get(&step.original, "spoofchk"));
    vf_clear(vf(), RTNL_VF_TRUST);
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

int
main(void)
{
    const struct CMUnitTest tests[] = {
        VF_TEST(test_all_and_back),
        VF_TEST(test_few_reads),
        VF_TEST(test_only_what_differs),
        VF_TEST(test_change_between_capture_and_apply),
        VF_TEST(test_change_in_place),
        VF_TEST(test_verify_finds_drift),
        VF_TEST(test_value_that_does_not_stick),
        VF_TEST(test_refused),
        VF_TEST(test_reason_of_the_driver),
        VF_TEST(test_best_effort),
        VF_TEST(test_best_effort_is_no_excuse_for_failures),
        VF_TEST(test_best_effort_keeps_guests_apart),
        VF_TEST(test_address_of_a_trusted_guest),
        VF_TEST(test_address_that_a_trusted_vf_does_not_take),
        VF_TEST(test_busy_driver_is_asked_again),
        VF_TEST(test_zero_mac),
        VF_TEST(test_pf_must_be_up),
        VF_TEST(test_rate_that_is_there_needs_no_link),
        VF_TEST(test_rates_without_link),
        VF_TEST(test_unreported_is_not_restored),
        VF_TEST(test_driver_that_describes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
