/* SPDX-License-Identifier: Apache-2.0 */
/* Step "tap" that is begun before its arming is durable: until then nothing
 * of it outlives the process. */

#include <config.h>

#include "steps/step.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/rtnl.h"
#include "lib/cleanup.h"
#include "tests/unit/own-netns.h"

static void
step_end(struct step *step)
{
    vif_attrs_destroy(&step->args);
    vif_attrs_destroy(&step->output);
}

static struct step
make_step(void)
{
    static char object[] = "tap0", port_id[] = "port-1";
    struct step step = {
        .class = &step_tap_class,
        .object = object,
        .port_id = port_id,
    };

    vif_attrs_set(&step.args, "multi_queue", "true");
    vif_attrs_set(&step.args, "mtu", "1450");
    vif_attrs_set(&step.args, "up", "true");
    return step;
}

/* What happens while the journal is being written. */
struct wait {
    struct rtnl *rtnl;
    struct rtnl_change change;  /* By somebody else, if 'meddle'. */
    bool meddle, refuse;
    int n;
    struct rtnl_link seen;
};

static struct vif_error *
await_arming(void *wait_)
{
    struct wait *wait = wait_;

    wait->n++;
    assert_null(rtnl_get_by_name(wait->rtnl, "tap0", &wait->seen));
    if (wait->meddle) {
        assert_null(rtnl_set(wait->rtnl, wait->seen.ifindex, &wait->change));
    }
    return (wait->refuse
            ? vif_error_create(VIF_ERR_SUPERSEDED, "not wanted any more")
            : NULL);
}

static struct vif_error *
apply(struct step *step, struct wait *wait)
{
    const struct step_env env = {
        .rtnl = wait->rtnl,
        .key = "5d6bc5e8-0000-4000-8000-000000000001",
        .await_arming = await_arming,
        .aux = wait,
    };

    return step_run(step, STEP_APPLY, &env);
}

static void
test_it_lasts_only_when_it_may(void **state)
{
    struct step step CLEANUP(step_end) = make_step();
    struct wait wait = { .rtnl = *state };
    struct rtnl_link link;

    assert_null(apply(&step, &wait));
    assert_int_equal(wait.n, 1);
    assert_true(wait.seen.up && !wait.seen.persist);

    assert_null(rtnl_get_by_name(wait.rtnl, "tap0", &link));
    assert_true(link.up && link.persist);
    assert_int_equal(vif_attrs_get_uint(&step.output, "ifindex", 0),
                     link.ifindex);
    assert_null(rtnl_delete(wait.rtnl, link.ifindex));
}

static void
test_nothing_is_left_if_it_may_not(void **state)
{
    struct step step CLEANUP(step_end) = make_step();
    struct wait wait = { .rtnl = *state, .refuse = true };
    struct rtnl_link link;
    struct vif_error *error = apply(&step, &wait);

    assert_non_null(error);
    assert_int_equal(error->code, VIF_ERR_SUPERSEDED);
    vif_error_destroy(error);
    assert_int_equal(wait.n, 1);
    error = rtnl_get_by_name(wait.rtnl, "tap0", &link);
    assert_non_null(error);
    assert_int_equal(error->code, VIF_ERR_NOT_FOUND);
    vif_error_destroy(error);
}

/* One that is there already is not touched before. */
static void
test_what_is_there_is_changed_only_when_it_may(void **state)
{
    struct step step CLEANUP(step_end) = make_step();
    struct wait wait = { .rtnl = *state };
    struct rtnl_link link;

    assert_null(apply(&step, &wait));
    vif_attrs_set(&step.args, "mtu", "1300");
    wait.n = 0;
    wait.refuse = true;

    struct vif_error *error = apply(&step, &wait);
    assert_non_null(error);
    assert_int_equal(error->code, VIF_ERR_SUPERSEDED);
    vif_error_destroy(error);
    assert_int_equal(wait.n, 1);
    assert_null(rtnl_get_by_name(wait.rtnl, "tap0", &link));
    assert_int_equal(link.mtu, 1450);

    wait.refuse = false;
    assert_null(apply(&step, &wait));
    assert_null(rtnl_get_by_name(wait.rtnl, "tap0", &link));
    assert_int_equal(link.mtu, 1300);
    assert_null(rtnl_delete(wait.rtnl, link.ifindex));
}

/* The quick look at a fresh tap sees what others do to it. */
static void
test_what_others_change_meanwhile_is_put_right(void **state)
{
    static const struct rtnl_change changes[] = {
        { .set_up = true, .up = false },
        { .set_mtu = true, .mtu = 1300 },
    };

    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        struct step step CLEANUP(step_end) = make_step();
        struct wait wait = {
            .rtnl = *state,
            .meddle = true,
            .change = changes[i],
        };
        struct rtnl_link link;

        assert_null(apply(&step, &wait));
        assert_null(rtnl_get_by_name(wait.rtnl, "tap0", &link));
        assert_true(link.up);
        assert_int_equal(link.mtu, 1450);
        assert_null(rtnl_delete(wait.rtnl, link.ifindex));
    }
}

int
main(void)
{
#define TEST(NAME) \
    cmocka_unit_test_setup_teardown(NAME, own_netns_set_up, \
                                    own_netns_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_it_lasts_only_when_it_may),
        TEST(test_nothing_is_left_if_it_may_not),
        TEST(test_what_is_there_is_changed_only_when_it_may),
        TEST(test_what_others_change_meanwhile_is_put_right),
    };

    return own_netns_run(tests);
}
