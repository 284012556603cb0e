/* SPDX-License-Identifier: Apache-2.0 */
/* What step "vf" may be told, what a change of it takes, and what is known of
 * drivers. */

#include <config.h>

#include "steps/vf-args.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/cleanup.h"
#include "steps/vf-quirks.h"

static void
fill(struct vif_attrs *args)
{
    vif_attrs_set(args, "pf", "pci/0000:03:00.0");
    vif_attrs_set(args, "vf", "3");
}

static void
test_good_arguments(void **state)
{
    struct vif_attrs args CLEANUP_ATTRS = VIF_ATTRS_INIT;
    struct vf_args vf;
    char buf[64];

    (void) state;
    fill(&args);
    vif_attrs_set(&args, "mac", "fa:16:3e:00:00:01");
    vif_attrs_set(&args, "vlan", "100");
    vif_attrs_set(&args, "vlan_qos", "3");
    vif_attrs_set(&args, "vlan_protocol", "802.1ad");
    vif_attrs_set(&args, "max_tx_rate", "1000");
    vif_attrs_set(&args, "spoofchk", "false");
    vif_attrs_set(&args, "trust", "true");
    vif_attrs_set(&args, "link_state", "disable");
    vif_attrs_set(&args, "best_effort", "true");
    assert_null(vf_args_read(&args, &vf));
    assert_string_equal(vf.pf, "pci/0000:03:00.0");
    assert_int_equal(vf.number, 3);
    assert_true(vf.best_effort);
    assert_int_equal(vf.values.mac.octets[5], 1);
    assert_int_equal(vf.values.vlan.id, 100);
    assert_int_equal(vf.values.vlan.qos, 3);
    assert_int_equal(vf.values.vlan.is_8021ad, 1);
    assert_int_equal(vf.values.max_tx_rate, 1000);
    assert_int_equal(vf.values.spoofchk, 0);
    assert_int_equal(vf.values.trust, 1);
    assert_int_equal(vf.values.link_state, VIF_LINK_DISABLE);
    assert_false(vf_has(&vf.values, RTNL_VF_MIN_TX_RATE));
    assert_true(vf_has(&vf.values, RTNL_VF_SPOOFCHK));
    assert_string_equal(vf_args_lane(&args, buf), "pci/0000:03:00.0");
}

static void
test_bad_arguments(void **state)
{
    static const struct {
        const char *key, *value, *words;
    } cases[] = {
        { "pf", "pci/../x", "is no device's name" },
        { "vf", "-1", "must be a number up to 65535" },
        { "mac", "01:00:00:00:00:00", "multicast" },
        { "vlan", "4095", "must be 0 (none) to 4094" },
        { "vlan_qos", "8", "must be 0 to 7" },
        { "vlan_qos", "3", "needs a vlan" },
        { "vlan_protocol", "802.1x", "must be '802.1Q' or '802.1ad'" },
        { "vlan_protocol", "802.1Q", "needs a vlan" },
        { "max_tx_rate", "4294967296", "must be a number of Mbit/s" },
        { "min_tx_rate", "fast", "must be a number of Mbit/s" },
        { "spoofchk", "on", "must be 'true' or 'false'" },
        { "link_state", "up", "must be 'auto', 'enable' or 'disable'" },
        { "colour", "red", "there is no such argument" },
    };

    (void) state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct vif_attrs args CLEANUP_ATTRS = VIF_ATTRS_INIT;

        fill(&args);
        vif_attrs_set(&args, cases[i].key, cases[i].value);
        struct vif_error *error CLEANUP_ERROR = vf_args_check(&args, false);
        assert_non_null(error);
        assert_int_equal(error->code, VIF_ERR_INVALID);
        assert_string_equal(error->where, cases[i].key);
        if (!strstr(error->message, cases[i].words)) {
            fail_msg("%s", error->message);
        }
    }
}

static void
test_required(void **state)
{
    struct vif_attrs args CLEANUP_ATTRS = VIF_ATTRS_INIT;

    (void) state;
    vif_attrs_set(&args, "pf", "pci/0000:03:00.0");
    assert_null(vf_args_check(&args, true));
    struct vif_error *error CLEANUP_ERROR = vf_args_check(&args, false);
    assert_non_null(error);
    assert_string_equal(error->message, "vf: vf is missing");
}

static void
test_rates_together(void **state)
{
    struct vif_attrs args CLEANUP_ATTRS = VIF_ATTRS_INIT;

    (void) state;
    fill(&args);
    vif_attrs_set(&args, "min_tx_rate", "10");
    vif_attrs_set(&args, "max_tx_rate", "0");
    assert_null(vf_args_check(&args, false));
    vif_attrs_set(&args, "max_tx_rate", "9");
    struct vif_error *error CLEANUP_ERROR = vf_args_check(&args, false);
    assert_non_null(error);
    assert_string_equal(error->where, "min_tx_rate");
}

static void
test_compare(void **state)
{
    struct vif_attrs old CLEANUP_ATTRS = VIF_ATTRS_INIT;
    struct vif_attrs new CLEANUP_ATTRS = VIF_ATTRS_INIT;

    (void) state;
    fill(&old);
    vif_attrs_set(&old, "trust", "true");
    vif_attrs_clone(&new, &old);
    assert_int_equal(vf_args_compare(&old, &new), STEP_KEEP);
    vif_attrs_set(&new, "trust", NULL);
    assert_int_equal(vf_args_compare(&old, &new), STEP_ALTER);
    vif_attrs_set(&new, "vf", "4");
    assert_int_equal(vf_args_compare(&old, &new), STEP_REPLACE);
}

/* What is captured is what is read. */
static void
test_values_as_text(void **state)
{
    const struct rtnl_vf values = {
        .fields = RTNL_VF_BIT(RTNL_VF_N_FIELDS) - 1,
        .mac = { { 2, 1, 2, 3, 4, 5 } },
        .vlan = { .id = 4094, .qos = 7, .is_8021ad = true },
        .min_tx_rate = 1, .max_tx_rate = UINT32_MAX,
        .spoofchk = 1, .trust = 1, .link_state = VIF_LINK_ENABLE,
    };
    struct vif_attrs attrs CLEANUP_ATTRS = VIF_ATTRS_INIT;
    struct rtnl_vf again;

    (void) state;
    vf_values_write(&values, &attrs);
    vf_values_read(&attrs, &again);
    assert_int_equal(again.fields, values.fields);
    for (int i = 0; i < RTNL_VF_N_FIELDS; i++) {
        assert_true(vf_equal(&values, &again, i));
        vf_clear(&again, i);
        assert_false(vf_equal(&values, &again, i));
    }
}

static void
test_two_ways_of_saying_nothing(void **state)
{
    struct rtnl_vf vf = {
        .fields = RTNL_VF_BIT(RTNL_VF_MAC) | RTNL_VF_BIT(RTNL_VF_VLAN),
        .mac = { { 2, 0, 0, 0, 0, 0 } },
        .vlan = { .is_8021ad = true },
    };

    (void) state;
    vf_normalize(&vf);
    assert_true(vif_mac_is_zero(&vf.mac));
    assert_int_equal(vf.vlan.is_8021ad, 0);
}

static void
test_quirks(void **state)
{
    const unsigned int rates = (RTNL_VF_BIT(RTNL_VF_MIN_TX_RATE)
                                | RTNL_VF_BIT(RTNL_VF_MAX_TX_RATE));
    struct rtnl_vf values = { .min_tx_rate = 5 };
    bool link;

    (void) state;
    assert_true(vf_driver_needs_pf_up("bnxt_en", RTNL_VF_BIT(RTNL_VF_MAC),
                                      &link));
    assert_false(link);
    assert_false(vf_driver_needs_pf_up("igb", RTNL_VF_BIT(RTNL_VF_MAC),
                                       &link));
    assert_true(vf_driver_needs_pf_up("igb", rates, &link));
    assert_true(link);

    assert_string_equal(vf_driver_lacks("igb", rates, &values, EINVAL),
                        "this driver has no minimum rate");
    values.min_tx_rate = 0;
    assert_null(vf_driver_lacks("igb", rates, &values, EINVAL));
    assert_null(vf_driver_lacks("mlx5_core", rates, &values, EINVAL));
    assert_non_null(vf_driver_lacks("igb", RTNL_VF_BIT(RTNL_VF_VLAN), &values,
                                    EPROTONOSUPPORT));

    assert_true(vf_is_refusal(EOPNOTSUPP) && vf_is_refusal(524));
    assert_false(vf_is_refusal(EAGAIN) || vf_is_refusal(ENODEV));
    assert_true(vf_is_busy(EAGAIN) && vf_is_busy(EBUSY));
    assert_false(vf_is_busy(EINVAL));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_arguments),
        cmocka_unit_test(test_bad_arguments),
        cmocka_unit_test(test_required),
        cmocka_unit_test(test_rates_together),
        cmocka_unit_test(test_compare),
        cmocka_unit_test(test_values_as_text),
        cmocka_unit_test(test_two_ways_of_saying_nothing),
        cmocka_unit_test(test_quirks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
