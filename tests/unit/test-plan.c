/* SPDX-License-Identifier: Apache-2.0 */
/* Plans: what their maker put in is there, and what he did wrong is found by
 * vif_plan_check(). */

#include <config.h>

#include <vif/plan.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/cleanup.h"

static void
cleanup_plan(struct vif_plan **planp)
{
    vif_plan_destroy(*planp);
}
#define CLEANUP_PLAN CLEANUP(cleanup_plan)

static void
expect_sound(const struct vif_plan *plan)
{
    struct vif_error *error CLEANUP_ERROR = vif_plan_check(plan);

    if (error) {
        fail_msg("%s", error->message);
    }
}

static void
expect_fault(const struct vif_plan *plan, const char *text)
{
    struct vif_error *error CLEANUP_ERROR = vif_plan_check(plan);

    if (!error) {
        fail_msg("a plan was accepted in which: %s", text);
        return;
    }
    assert_int_equal(error->code, VIF_ERR_INTERNAL);
    if (!strstr(error->message, text)) {
        fail_msg("'%s' lacks '%s'", error->message, text);
    }
}

static void
test_a_plan_holds_what_was_put_in(void **state)
{
    (void) state;
    struct vif_plan *plan CLEANUP_PLAN = vif_plan_create();

    unsigned int bridge = vif_plan_add_step(plan, "ovs-bridge", "br-int");
    vif_plan_step_share(plan, bridge);
    unsigned int tap = vif_plan_add_step(plan, "tap", "tap1");
    vif_attrs_set_uint(vif_plan_step_args(plan, tap), "mtu", 1500);
    unsigned int port = vif_plan_add_step(plan, "ovs-port", "tap1");
    vif_plan_step_after(plan, port, bridge);
    vif_plan_step_ref(plan, port, "ifindex", tap, "ifindex");
    vif_plan_claim(plan, "netdev:tap1");
    vif_plan_claim(plan, "ovs-port:tap1");
    vif_plan_claim(plan, "netdev:tap1");
    vif_attrs_set(vif_plan_details(plan), "vif_type", "ovs");
    vif_plan_details_ref(plan, "ofport", port, "ofport");
    vif_plan_warn(plan, "%u queues", 2u);

    expect_sound(plan);
    assert_int_equal(plan->n_steps, 3);
    assert_true(plan->steps[bridge].shared);
    assert_false(plan->steps[tap].shared);
    assert_int_equal(plan->steps[bridge].after, 0);
    assert_int_equal(plan->steps[port].after, 1 << bridge | 1 << tap);
    assert_string_equal(plan->steps[port].kind, "ovs-port");
    assert_string_equal(plan->steps[port].object, "tap1");
    assert_int_equal(plan->steps[port].n_refs, 1);
    assert_string_equal(plan->steps[port].refs[0].key, "ifindex");
    assert_int_equal(plan->steps[port].refs[0].step, tap);
    assert_string_equal(vif_attrs_get(&plan->steps[tap].args, "mtu"), "1500");
    assert_int_equal(plan->n_claims, 2);
    assert_int_equal(plan->n_details_refs, 1);
    assert_string_equal(plan->details_refs[0].output, "ofport");
    assert_int_equal(plan->n_warnings, 1);
    assert_string_equal(plan->warnings[0], "2 queues");
}

static void
test_an_empty_plan_is_sound(void **state)
{
    (void) state;
    struct vif_plan *plan CLEANUP_PLAN = vif_plan_create();

    expect_sound(plan);
    vif_plan_destroy(NULL);
}

static void
test_too_many_steps(void **state)
{
    (void) state;
    struct vif_plan *plan CLEANUP_PLAN = vif_plan_create();
    char name[16];

    for (int i = 0; i < VIF_PLAN_MAX_STEPS; i++) {
        snprintf(name, sizeof name, "tap%d", i);
        unsigned int step = vif_plan_add_step(plan, "tap", name);
        assert_int_equal(step, i);
        if (i) {
            vif_plan_step_after(plan, step, step - 1);
        }
    }
    expect_sound(plan);

    unsigned int extra = vif_plan_add_step(plan, "tap", "one-more");
    vif_attrs_set(vif_plan_step_args(plan, extra), "mtu", "1500");
    vif_plan_step_share(plan, extra);
    vif_plan_step_after(plan, extra, 0);
    vif_plan_step_ref(plan, extra, "a", 0, "b");
    vif_plan_details_ref(plan, "a", extra, "b");
    expect_fault(plan, "more than 32 steps");
}

static void
test_too_many_claims_warnings_and_references(void **state)
{
    (void) state;
    for (int what = 0; what < 4; what++) {
        struct vif_plan *plan CLEANUP_PLAN = vif_plan_create();
        char key[16];

        vif_plan_add_step(plan, "a", "0");
        vif_plan_add_step(plan, "a", "1");
        for (int i = 0; i <= 64; i++) {
            static const int max[] = { VIF_PLAN_MAX_CLAIMS,
                                       VIF_PLAN_MAX_WARNINGS, 64, 64 };
            snprintf(key, sizeof key, "k%d", i);
            if (i == max[what]) {
                expect_sound(plan);
            }
            switch (what) {
            case 0: vif_plan_claim(plan, key); break;
            case 1: vif_plan_warn(plan, "%s", key); break;
            case 2: vif_plan_step_ref(plan, 1, key, 0, "x"); break;
            case 3: vif_plan_details_ref(plan, key, 1, "x"); break;
            }
        }
        expect_fault(plan, "more than");
    }
}

static void
test_empty_and_equal_steps(void **state)
{
    static const char *const steps[][2][2] = {
        { { "", "x" }, { "a", "x" } },
        { { "a", "" }, { "a", "x" } },
        { { "a", "x" }, { "a", "x" } },
    };
    static const char *const faults[] = { "empty", "empty", "same as step 0" };

    (void) state;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        struct vif_plan *plan CLEANUP_PLAN = vif_plan_create();

        vif_plan_add_step(plan, steps[i][0][0], steps[i][0][1]);
        vif_plan_add_step(plan, steps[i][1][0], steps[i][1][1]);
        expect_fault(plan, faults[i]);
    }

    struct vif_plan *plan CLEANUP_PLAN = vif_plan_create();
    vif_plan_add_step(plan, "a", "x");
    vif_plan_add_step(plan, "b", "x");
    vif_plan_add_step(plan, "a", "y");
    expect_sound(plan);
}

static void
test_references_point_backwards(void **state)
{
    (void) state;
    for (int what = 0; what < 6; what++) {
        struct vif_plan *plan CLEANUP_PLAN = vif_plan_create();

        vif_plan_add_step(plan, "a", "0");
        vif_plan_add_step(plan, "a", "1");
        switch (what) {
        case 0: vif_plan_step_after(plan, 1, 1); break;
        case 1: vif_plan_step_after(plan, 0, 1); break;
        case 2: vif_plan_step_ref(plan, 1, "k", 1, "o"); break;
        case 3: vif_plan_step_ref(plan, 0, "k", 31, "o"); break;
        case 4: vif_plan_step_after(plan, 1, 4000000000u); break;
        case 5: vif_plan_details_ref(plan, "k", 2, "o"); break;
        }
        expect_fault(plan, what == 5 ? "no step 2" : "would run after");
    }
}

static void
test_late_arguments_are_given_once(void **state)
{
    (void) state;
    struct vif_plan *plan CLEANUP_PLAN = vif_plan_create();

    vif_plan_add_step(plan, "a", "0");
    vif_plan_add_step(plan, "a", "1");
    vif_plan_step_ref(plan, 1, "k", 0, "o");
    expect_sound(plan);
    vif_attrs_set(vif_plan_step_args(plan, 1), "k", "literal");
    expect_fault(plan, "both as a literal and late");
    vif_attrs_set(vif_plan_step_args(plan, 1), "k", NULL);
    vif_plan_step_ref(plan, 1, "k", 0, "p");
    expect_fault(plan, "late twice");
}

/* A plan that was not made by these functions, such as one read from a
 * record, is checked all the same. */
static void
test_a_forged_plan_is_found(void **state)
{
    (void) state;
    struct vif_plan *plan CLEANUP_PLAN = vif_plan_create();

    vif_plan_add_step(plan, "a", "0");
    vif_plan_add_step(plan, "a", "1");
    vif_plan_step_ref(plan, 1, "k", 0, "o");
    vif_plan_details_ref(plan, "d", 1, "o");
    expect_sound(plan);

    plan->steps[1].after = 1 << 1;
    expect_fault(plan, "after itself");
    plan->steps[1].after = 0;
    expect_fault(plan, "does not wait");
    plan->steps[1].after = 1;
    plan->steps[1].refs[0].step = 7;
    expect_fault(plan, "not an earlier one");
    plan->steps[1].refs[0].step = 0;
    plan->details_refs[0].step = 2;
    expect_fault(plan, "details: 'd' refers to step 2");
    plan->details_refs[0].step = 1;
    expect_sound(plan);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_plan_holds_what_was_put_in),
        cmocka_unit_test(test_an_empty_plan_is_sound),
        cmocka_unit_test(test_too_many_steps),
        cmocka_unit_test(test_too_many_claims_warnings_and_references),
        cmocka_unit_test(test_empty_and_equal_steps),
        cmocka_unit_test(test_references_point_backwards),
        cmocka_unit_test(test_late_arguments_are_given_once),
        cmocka_unit_test(test_a_forged_plan_is_found),
    };

    return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
