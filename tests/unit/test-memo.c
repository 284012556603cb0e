/* SPDX-License-Identifier: Apache-2.0 */

/* What a port was asked to be, kept in a row and read again: without loss, and
 * never longer than it may be, whatever was asked. */

#include <config.h>

#include "plugin/memo.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <vif/plan.h>

#include "lib/cleanup.h"
#include "util.h"

static void
fill(struct vif_binding *binding)
{
    vif_binding_init(binding);
    binding->port_id = xstrdup("b679325f-ca89-4ee0-a8be-6db1409b69ea");
    binding->instance_id = xstrdup("0f1aa4b6-15a5-4a4b-8a3c-2e3a5c9b1f00");
    binding->interface_id = xstrdup("other");
    binding->mtu = 1450;
    binding->has_mac = vif_mac_from_string("fa:16:3e:00:00:01",
                                           &binding->mac);
    binding->prepare = true;
    vif_attrs_set(&binding->profile, "pci_slot", "0000:03:00.1");
    vif_attrs_set(&binding->hints, "h", "{\"x\":[1,true]}");
}

/* The memo that the step of kind 'kind' gets; NULL if none.  The caller
 * frees. */
static char *
memo_of(const struct vif_binding *binding, const char *kind)
{
    struct vif_plan *plan = vif_plan_create();
    char *memo;

    plan->plugin = xstrdup("ovs");
    vif_plan_add_step(plan, kind, "tap1");
    memo_add(plan, binding);
    memo = nullable_xstrdup(vif_attrs_get(&plan->steps[0].args, "memo"));
    vif_plan_destroy(plan);
    return memo;
}

static void
test_memo_is_read_without_loss(void **state)
{
    struct vif_binding binding, again;
    bool partial;

    (void) state;
    fill(&binding);
    CLEANUP_FREE char *memo = memo_of(&binding, "ovs-port");
    CLEANUP_FREE char *none = memo_of(&binding, "tap");
    CLEANUP_FREE char *plugin = NULL;

    assert_null(none);
    assert_non_null(memo);
    assert_null(strstr(memo, binding.port_id));
    assert_null(memo_read(memo, binding.port_id, &again, &plugin, &partial));
    assert_true(vif_binding_equal(&binding, &again));
    assert_string_equal(plugin, "ovs");
    assert_false(partial);
    vif_binding_destroy(&binding);
    vif_binding_destroy(&again);
}

static void
test_what_is_too_long_is_left_out(void **state)
{
    struct vif_binding binding, again;
    char long_text[MEMO_MAX_BYTES];
    bool partial;

    (void) state;
    memset(long_text, 'x', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = '\0';
    fill(&binding);
    vif_attrs_set(&binding.hints, "long", long_text);
    CLEANUP_FREE char *memo = memo_of(&binding, "ovs-port");
    CLEANUP_FREE char *plugin = NULL;

    assert_non_null(memo);
    assert_true(strlen(memo) <= MEMO_MAX_BYTES);
    assert_null(memo_read(memo, binding.port_id, &again, &plugin, &partial));
    assert_true(partial);
    assert_int_equal(again.hints.n, 0);
    assert_int_equal(again.profile.n, 1);
    vif_binding_destroy(&again);

    for (int i = 0; i < 4; i++) {
        char key[16];

        snprintf(key, sizeof key, "k%d", i);
        long_text[1000] = '\0';
        vif_attrs_set(&binding.external_ids, key, long_text);
    }
    CLEANUP_FREE char *none = memo_of(&binding, "ovs-port");
    assert_null(none);
    vif_binding_destroy(&binding);
}

static void
test_anybody_may_have_written_it(void **state)
{
    static const char *const texts[] = {
        "", "{", "7", "[]", "{}", "null", "\"x\"",
        "{\"version\":1,\"plugin\":\"ovs\"}",
        "{\"version\":1,\"plugin\":7,\"binding\":{}}",
        "{\"version\":2,\"plugin\":\"ovs\",\"binding\":{}}",
        "{\"version\":1,\"plugin\":\"ovs\",\"binding\":[]}",
        "{\"version\":1,\"plugin\":\"ovs\",\"binding\":{\"mtu\":\"x\"}}",
        "{\"version\":1,\"plugin\":\"ovs\",\"binding\":{\"mtu\":99999999}}",
        "{\"version\":1,\"plugin\":\"ovs\",\"binding\":{\"what\":1}}",
    };

    (void) state;
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        struct vif_binding binding;
        char *plugin;
        bool partial;
        CLEANUP_ERROR struct vif_error *error
            = memo_read(texts[i], "p", &binding, &plugin, &partial);

        if (!error) {
            fail_msg("accepted: %s", texts[i]);
        }
        assert_null(plugin);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memo_is_read_without_loss),
        cmocka_unit_test(test_what_is_too_long_is_left_out),
        cmocka_unit_test(test_anybody_may_have_written_it),
    };

    return cmocka_run_group_tests_name("memo", tests, NULL, NULL);
}
