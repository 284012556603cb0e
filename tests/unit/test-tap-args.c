/* SPDX-License-Identifier: Apache-2.0 */
/* What step "tap" may be told, and what a change of it takes. */

#include <config.h>

#include "steps/tap-args.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/cleanup.h"
#include "steps/link-mark.h"

static void
test_good_arguments(void **state)
{
    struct vif_attrs args CLEANUP_ATTRS = VIF_ATTRS_INIT;
    struct tap_args tap;

    (void) state;
    assert_null(tap_args_check(&args, true));
    assert_null(tap_args_read(&args, &tap));
    assert_true(tap.up);
    assert_false(tap.multi_queue || tap.has_mac || tap.unqueued);
    assert_int_equal(tap.mtu, 0);
    assert_int_equal(tap.uid, VIF_NO_ID);
    assert_int_equal(tap.gid, VIF_NO_ID);

    vif_attrs_set(&args, "multi_queue", "true");
    vif_attrs_set(&args, "qdisc", "noqueue");
    vif_attrs_set(&args, "queues", "4");
    vif_attrs_set(&args, "mac", "fa:16:3e:00:00:01");
    vif_attrs_set(&args, "mtu", "1450");
    vif_attrs_set(&args, "up", "false");
    vif_attrs_set(&args, "uid", "0");
    vif_attrs_set(&args, "gid", "4294967294");
    vif_attrs_set(&args, "replace", "true");
    assert_null(tap_args_read(&args, &tap));
    assert_true(tap.multi_queue && tap.has_mac && tap.unqueued);
    assert_false(tap.up);
    assert_int_equal(tap.mac.octets[5], 1);
    assert_int_equal(tap.mtu, 1450);
    assert_int_equal(tap.uid, 0);
    assert_int_equal(tap.gid, 4294967294);
}

static void
test_bad_arguments(void **state)
{
    static const struct {
        const char *key, *value;
    } cases[] = {
        { "mac", "" },
        { "mac", "fa:16:3e:00:00" },
        { "mac", "00:00:00:00:00:00" },
        { "mac", "01:00:5e:00:00:01" },
        { "mtu", "67" },
        { "mtu", "65536" },
        { "mtu", "1450 " },
        { "mtu", "-1" },
        { "mtu", "" },
        { "mtu", "0x500" },
        { "mtu", "18446744073709552066" },      /* 2^64 + 450 */
        { "multi_queue", "yes" },
        { "qdisc", "fq_codel" },
        { "qdisc", "" },
        { "queues", "0" },
        { "queues", "257" },
        { "up", "1" },
        { "uid", "4294967295" },
        { "gid", "nobody" },
        { "colour", "red" },
    };

    (void) state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct vif_attrs args CLEANUP_ATTRS = VIF_ATTRS_INIT;
        struct tap_args tap;

        vif_attrs_set(&args, cases[i].key, cases[i].value);
        struct vif_error *error CLEANUP_ERROR = tap_args_check(&args, false);
        struct vif_error *again CLEANUP_ERROR = tap_args_read(&args, &tap);
        assert_non_null(error);
        assert_non_null(again);
        assert_int_equal(error->code, VIF_ERR_INVALID);
        assert_string_equal(error->where, cases[i].key);
        assert_non_null(strstr(error->message, cases[i].key));
        assert_non_null(strstr(error->message, cases[i].value));
    }
}

static void
test_what_a_change_takes(void **state)
{
    static const struct {
        const char *key, *old, *new;
        enum step_change change;
    } cases[] = {
        { "mtu", "1450", "1450", STEP_KEEP },
        { "mtu", "1450", "01450", STEP_KEEP },
        { "mtu", "1450", "9000", STEP_ALTER },
        { "mtu", NULL, "9000", STEP_ALTER },
        { "mtu", "9000", NULL, STEP_KEEP },     /* No longer our business. */
        { "mac", "fa:16:3e:00:00:0a", "FA:16:3E:00:00:0A", STEP_KEEP },
        { "mac", "fa:16:3e:00:00:0a", "fa:16:3e:00:00:0b", STEP_ALTER },
        { "mac", NULL, "fa:16:3e:00:00:0b", STEP_ALTER },
        { "mac", "fa:16:3e:00:00:0a", NULL, STEP_KEEP },
        { "up", NULL, "true", STEP_KEEP },
        { "up", NULL, "false", STEP_ALTER },
        { "queues", "2", "4", STEP_KEEP },
        { "multi_queue", NULL, "false", STEP_KEEP },
        { "multi_queue", "false", "true", STEP_REPLACE },
        { "multi_queue", "true", NULL, STEP_REPLACE },
        { "uid", "64055", NULL, STEP_REPLACE },
        { "gid", "108", "109", STEP_REPLACE },
    };

    (void) state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct vif_attrs old CLEANUP_ATTRS = VIF_ATTRS_INIT;
        struct vif_attrs new CLEANUP_ATTRS = VIF_ATTRS_INIT;

        vif_attrs_set(&old, cases[i].key, cases[i].old);
        vif_attrs_set(&new, cases[i].key, cases[i].new);
        assert_int_equal(tap_args_compare(&old, &new), cases[i].change);
    }
}

/* A mark is one as a whole or not at all. */
static void
test_marks(void **state)
{
    static const char key[] = "5d6bc5e8-0000-4000-8000-000000000001";
    struct rtnl_link link = { .kind = "tun" };
    char long_id[VIF_PORT_ID_MAX + 2];

    (void) state;
    link_mark_format(link.alias, key, "p-1");
    assert_string_equal(link.alias,
                        "vifd:5d6bc5e8-0000-4000-8000-000000000001:p-1");
    assert_string_equal(link_mark_port_id(&link, key), "p-1");
    assert_null(link_mark_port_id(&link, "another"));
    assert_null(link_mark_port_id(&link, "5d6bc5e8"));

    link.alias[0] = 'V';
    assert_null(link_mark_port_id(&link, key));
    link_mark_format(link.alias, key, "");
    assert_null(link_mark_port_id(&link, key));
    link_mark_format(link.alias, key, "two words");
    assert_null(link_mark_port_id(&link, key));

    memset(long_id, 'x', sizeof long_id);
    long_id[VIF_PORT_ID_MAX + 1] = '\0';
    link_mark_format(link.alias, key, long_id);
    assert_null(link_mark_port_id(&link, key));
    long_id[VIF_PORT_ID_MAX] = '\0';
    link_mark_format(link.alias, key, long_id);
    assert_string_equal(link_mark_port_id(&link, key), long_id);

    strcpy(link.kind, "macvtap");
    assert_string_equal(link_mark_port_id(&link, key), long_id);
    assert_string_equal(link_mark_step_kind(&link), "macvtap");
    shared_mark_format(link.alias, key, "eth1.100");
    assert_string_equal(link.alias, "vifd:5d6bc5e8-0000-4000-8000-"
                        "000000000001:+eth1.100");
    assert_null(link_mark_port_id(&link, key));
    assert_string_equal(link_mark_shared_name(&link, key), "eth1.100");
    assert_null(link_mark_shared_name(&link, "5d6bc5e8"));

    link_mark_format(link.alias, key, long_id);
    assert_null(link_mark_shared_name(&link, key));
    strcpy(link.kind, "veth");
    assert_null(link_mark_port_id(&link, key));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_arguments),
        cmocka_unit_test(test_bad_arguments),
        cmocka_unit_test(test_what_a_change_takes),
        cmocka_unit_test(test_marks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
