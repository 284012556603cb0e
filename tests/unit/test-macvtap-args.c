/* SPDX-License-Identifier: Apache-2.0 */
/* What steps "macvtap" and "vlan" may be told, and what a change takes. */

#include <config.h>

#include "steps/macvtap-args.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/cleanup.h"

/* "key=value key=value" */
static void
fill(struct vif_attrs *args, const char *text)
{
    char *copy CLEANUP_FREE = strdup(text);
    char *rest = NULL;

    for (char *word = strtok_r(copy, " ", &rest); word;
         word = strtok_r(NULL, " ", &rest)) {
        char *equals = strchr(word, '=');

        assert_non_null(equals);
        *equals = '\0';
        vif_attrs_set(args, word, equals + 1);
    }
}

static void
test_good_arguments(void **state)
{
    struct vif_attrs args CLEANUP_ATTRS = VIF_ATTRS_INIT;
    struct macvtap_args macvtap;

    (void) state;
    fill(&args, "mode=vepa link=eth1");
    assert_null(macvtap_args_read(&args, &macvtap));
    assert_int_equal(macvtap.mode, VIF_MACVTAP_VEPA);
    assert_string_equal(macvtap.link, "eth1");
    assert_true(macvtap.up);
    assert_false(macvtap.has_mac);
    assert_int_equal(macvtap.lower_ifindex, 0);
    assert_int_equal(macvtap.mtu, 0);
    assert_int_equal(macvtap.uid, VIF_NO_ID);
    assert_int_equal(macvtap.gid, VIF_NO_ID);

    vif_attrs_destroy(&args);
    fill(&args, "mode=passthru lower_ifindex=17 mac=fa:16:3e:00:00:01 "
         "mtu=9000 up=false uid=0 gid=107 queues=4 replace=true");
    assert_null(macvtap_args_read(&args, &macvtap));
    assert_int_equal(macvtap.mode, VIF_MACVTAP_PASSTHRU);
    assert_int_equal(macvtap.lower_ifindex, 17);
    assert_null(macvtap.link);
    assert_true(macvtap.has_mac);
    assert_int_equal(macvtap.mac.octets[5], 1);
    assert_int_equal(macvtap.mtu, 9000);
    assert_false(macvtap.up);
    assert_int_equal(macvtap.uid, 0);
    assert_int_equal(macvtap.gid, 107);

    /* What refers to a step before is not there yet. */
    vif_attrs_set(&args, "lower_ifindex", NULL);
    assert_null(macvtap_args_check(&args, true));
}

static void
test_bad_arguments(void **state)
{
    static const struct {
        const char *kind, *args, *where;
    } cases[] = {
        { "macvtap", "link=eth1", "mode" },
        { "macvtap", "mode=bridge", "link" },
        { "macvtap", "mode=bridge link=eth1 lower_ifindex=3", "link" },
        { "macvtap", "mode=source link=eth1", "mode" },
        { "macvtap", "mode=default link=eth1", "mode" },
        { "macvtap", "mode=bridge lower_ifindex=0", "lower_ifindex" },
        { "macvtap", "mode=bridge lower_ifindex=2147483648",
          "lower_ifindex" },
        { "macvtap", "mode=bridge link=a-name-too-long1", "link" },
        { "macvtap", "mode=bridge link=a/b", "link" },
        { "macvtap", "mode=bridge link=eth1 mtu=67", "mtu" },
        { "macvtap", "mode=bridge link=eth1 mac=01:00:5e:00:00:01", "mac" },
        { "macvtap", "mode=bridge link=eth1 uid=4294967295", "uid" },
        { "macvtap", "mode=bridge link=eth1 multi_queue=true",
          "multi_queue" },
        { "vlan", "id=100", "link" },
        { "vlan", "link=eth1", "id" },
        { "vlan", "link=eth1 id=0", "id" },
        { "vlan", "link=eth1 id=4095", "id" },
        { "vlan", "link=eth1 id=7 up=1", "up" },
        { "vlan", "link=eth1 id=7 mtu=1400", "mtu" },
    };

    (void) state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct vif_attrs args CLEANUP_ATTRS = VIF_ATTRS_INIT;

        fill(&args, cases[i].args);
        struct vif_error *error CLEANUP_ERROR
            = step_class_lookup(cases[i].kind)->check(&args, false);
        if (!error) {
            fail_msg("%s: %s", cases[i].kind, cases[i].args);
            return;
        }
        assert_int_equal(error->code, VIF_ERR_INVALID);
        assert_string_equal(error->where, cases[i].where);
    }
}

static void
test_what_a_change_takes(void **state)
{
    static const struct {
        const char *kind, *old, *new;
        enum step_change change;
    } cases[] = {
        { "macvtap", "link=e1", "link=e1 queues=4", STEP_KEEP },
        { "macvtap", "link=e1", "link=e1 mtu=1400", STEP_ALTER },
        { "macvtap", "link=e1 mtu=1400", "link=e1", STEP_KEEP },
        { "macvtap", "link=e1", "link=e1 up=true", STEP_KEEP },
        { "macvtap", "link=e1", "link=e1 up=false", STEP_ALTER },
        { "macvtap", "link=e1 uid=7", "link=e1", STEP_ALTER },
        { "macvtap", "link=e1 gid=7", "link=e1 gid=8", STEP_ALTER },
        { "macvtap", "link=e1 mac=fa:16:3e:00:00:0a",
          "link=e1 mac=FA:16:3E:00:00:0A", STEP_KEEP },
        { "macvtap", "link=e1", "link=e1 mac=fa:16:3e:00:00:0b",
          STEP_ALTER },
        { "macvtap", "link=e1", "link=e2", STEP_REPLACE },
        { "macvtap", "link=e1", "lower_ifindex=5", STEP_REPLACE },
        { "macvtap", "lower_ifindex=4", "lower_ifindex=5", STEP_REPLACE },
        { "macvtap", "link=e1", "link=e1 mode=private", STEP_REPLACE },
        { "vlan", "link=e1 id=7", "link=e1 id=07", STEP_KEEP },
        { "vlan", "link=e1 id=7", "link=e1 id=7 up=true", STEP_KEEP },
        { "vlan", "link=e1 id=7", "link=e1 id=7 up=false", STEP_ALTER },
        { "vlan", "link=e1 id=7", "link=e1 id=8", STEP_REFUSE_IN_USE },
        { "vlan", "link=e1 id=7", "link=e2 id=7", STEP_REFUSE_IN_USE },
    };

    (void) state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct vif_attrs old CLEANUP_ATTRS = VIF_ATTRS_INIT;
        struct vif_attrs new CLEANUP_ATTRS = VIF_ATTRS_INIT;

        vif_attrs_set(&old, "mode", "bridge");
        vif_attrs_set(&new, "mode", "bridge");
        fill(&old, cases[i].old);
        fill(&new, cases[i].new);
        if (step_class_lookup(cases[i].kind)->compare(&old, &new)
            != cases[i].change) {
            fail_msg("%s: %s to %s", cases[i].kind, cases[i].old,
                     cases[i].new);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_arguments),
        cmocka_unit_test(test_bad_arguments),
        cmocka_unit_test(test_what_a_change_takes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
