/* SPDX-License-Identifier: Apache-2.0 */

/* What is the same for every kind of step, and what must hold of the kinds
 * that vifd has. */

#include <config.h>

#include "steps/step.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/cleanup.h"
#include "util.h"

/* A kind that writes down what is called, and fails where it is told to. */
static char called[64];
static const char *failing = "";

static struct vif_error *
call(const char *function)
{
    ovs_strlcpy(called + strlen(called), function,
                sizeof called - strlen(called));
    ovs_strlcpy(called + strlen(called), " ", sizeof called - strlen(called));
    return (!strcmp(function, failing)
            ? vif_error_create(VIF_ERR_KERNEL, "%s failed", function)
            : NULL);
}

#define FUNCTION(NAME)                                                  \
    static struct vif_error *                                           \
    note_##NAME(struct step *step, const struct step_env *env)          \
    {                                                                   \
        (void) step, (void) env;                                        \
        return call(#NAME);                                             \
    }
FUNCTION(capture)
FUNCTION(apply)
FUNCTION(verify)
FUNCTION(revert)

static const struct step_class noting_class = {
    .kind = "noting",
    .capture = note_capture,
    .apply = note_apply,
    .verify = note_verify,
    .revert = note_revert,
};

static const struct step_class empty_class = { .kind = "empty" };

/* Runs 'op' of a step of 'class'; '*calls' says what was called. */
static struct vif_error *
run(const struct step_class *class, enum step_op op)
{
    struct step step = { .class = class };
    struct step_env env = { .key = "key" };

    called[0] = '\0';
    return step_run(&step, op, &env);
}

static void
test_operations_have_names(void **state)
{
    (void) state;
    assert_string_equal(step_op_name(STEP_CAPTURE), "capture");
    assert_string_equal(step_op_name(STEP_APPLY), "apply");
    assert_string_equal(step_op_name(STEP_VERIFY), "verify");
    assert_string_equal(step_op_name(STEP_REVERT), "revert");
    assert_string_equal(step_op_name(N_STEP_OPS), "unknown");
}

static void
test_applying_includes_verifying(void **state)
{
    static const struct {
        enum step_op op;
        const char *failing, *called;
    } cases[] = {
        { STEP_CAPTURE, "", "capture " },
        { STEP_APPLY, "", "apply verify " },
        { STEP_VERIFY, "", "verify " },
        { STEP_REVERT, "", "revert " },
        { STEP_CAPTURE, "capture", "capture " },
        { STEP_APPLY, "apply", "apply " },
        { STEP_APPLY, "verify", "apply verify " },
        { STEP_REVERT, "revert", "revert " },
    };

    (void) state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        CLEANUP_ERROR struct vif_error *error = NULL;

        failing = cases[i].failing;
        error = run(&noting_class, cases[i].op);
        assert_string_equal(called, cases[i].called);
        assert_int_equal(error != NULL, cases[i].failing[0] != '\0');
    }
    failing = "";
}

/* Verification finds something else this many times. */
static int n_meddled;

static struct vif_error *
meddled_verify(struct step *step, const struct step_env *env)
{
    (void) step, (void) env;
    call("verify");
    return (n_meddled-- > 0
            ? vif_error_create(VIF_ERR_CONFLICT, "down, not up") : NULL);
}

static void
test_what_somebody_meddled_with_is_applied_again(void **state)
{
    const struct step_class class = {
        .kind = "meddled", .apply = note_apply, .verify = meddled_verify,
    };

    (void) state;
    n_meddled = 1;
    assert_null(run(&class, STEP_APPLY));
    assert_string_equal(called, "apply verify apply verify ");

    n_meddled = 1000;
    CLEANUP_ERROR struct vif_error *error = run(&class, STEP_APPLY);
    assert_int_equal(error->code, VIF_ERR_CONFLICT);
    assert_string_equal(called, "apply verify apply verify apply verify ");
}

static void
test_missing_function_is_an_internal_error(void **state)
{
    (void) state;
    for (enum step_op op = 0; op < N_STEP_OPS; op++) {
        CLEANUP_ERROR struct vif_error *error = run(&empty_class, op);

        assert_non_null(error);
        assert_int_equal(error->code, VIF_ERR_INTERNAL);
        assert_non_null(strstr(error->message, "empty"));
        assert_non_null(strstr(error->message, step_op_name(op)));
    }
}

static void
test_destroying_a_task_frees_all_of_it(void **state)
{
    struct step_task *task = step_task_create(&noting_class, STEP_APPLY);

    (void) state;
    assert_ptr_equal(task->step.class, &noting_class);
    assert_int_equal(task->op, STEP_APPLY);
    task->step.object = xstrdup("tap1");
    task->step.port_id = xstrdup("p1");
    vif_attrs_set(&task->step.args, "mtu", "1500");
    vif_attrs_set(&task->step.previous, "mtu", "1450");
    vif_attrs_set(&task->step.original, "existed", "false");
    vif_attrs_set(&task->step.output, "ifindex", "7");
    task->error = vif_error_create(VIF_ERR_KERNEL, "no");
    step_task_destroy(task);
    step_task_destroy(NULL);
}

static char order[64];

static void
note_done(struct step_task *task)
{
    ovs_strlcpy(order + strlen(order), "done ",
                sizeof order - strlen(order));
    *(struct step_task **) task->aux = task;
}

static void
note_finish(struct step_task *task)
{
    ovs_strlcpy(order + strlen(order), "finish ",
                sizeof order - strlen(order));
    task->done(task);
}

static void
test_done_task_goes_back_by_way_of_its_executor(void **state)
{
    (void) state;
    for (int with_executor = 0; with_executor < 2; with_executor++) {
        struct step_task *task = step_task_create(&noting_class, STEP_APPLY);
        struct step_task *back = NULL;

        order[0] = '\0';
        task->done = note_done;
        task->aux = &back;
        task->finish = with_executor ? note_finish : NULL;
        step_task_done(task, vif_error_create(VIF_ERR_OVSDB, "constraint"));
        assert_ptr_equal(back, task);
        assert_string_equal(order, with_executor ? "finish done " : "done ");
        assert_string_equal(task->error->message, "constraint");
        assert_true(task->finished_us > 0);
        step_task_destroy(task);
    }
}

/* Each kind is either of the lanes or of the main loop, and whole. */
static void
test_every_kind_is_whole(void **state)
{
    const struct step_class *const *classes;
    size_t n;

    (void) state;
    classes = step_classes(&n);
    assert_true(n >= 3);
    for (size_t i = 0; i < n; i++) {
        const struct step_class *class = classes[i];

        print_message("# %s: %s\n", class->kind, class->summary);
        assert_ptr_equal(step_class_lookup(class->kind), class);
        assert_true(class->version >= 1);
        assert_non_null(class->summary);
        assert_non_null(class->check);
        assert_non_null(class->compare);
        assert_int_equal(class->start != NULL, class->capture == NULL);
        assert_int_equal(class->start != NULL, class->apply == NULL);
        assert_int_equal(class->start != NULL, class->verify == NULL);
        assert_int_equal(class->start != NULL, class->revert == NULL);
        if (class->start) {
            assert_non_null(class->cancel);
            assert_null(class->revert_many);
        }
    }
    assert_null(step_class_lookup("no such kind"));
    assert_null(step_class_lookup(""));
}

/* What the engine adds for some reverts is no stranger to any kind. */
static void
test_every_kind_takes_what_the_engine_adds(void **state OVS_UNUSED)
{
    size_t n;
    const struct step_class *const *classes = step_classes(&n);
    struct vif_attrs args CLEANUP_ATTRS = VIF_ATTRS_INIT;

    vif_attrs_set_bool(&args, "undo", true);
    vif_attrs_set_bool(&args, "replace", true);
    for (size_t i = 0; i < n; i++) {
        struct vif_error *error CLEANUP_ERROR = classes[i]->check(&args,
                                                                  true);
        if (error) {
            fail_msg("%s: %s", classes[i]->kind, error->message);
        }
    }
}

static void
test_rows_go_before_devices_and_modes(void **state)
{
    (void) state;
    assert_int_equal(step_class_lookup("ovs-port")->rank, 30);
    assert_int_equal(step_class_lookup("tap")->rank, 20);
    assert_int_equal(step_class_lookup("ovs-bridge")->rank, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_operations_have_names),
        cmocka_unit_test(test_applying_includes_verifying),
        cmocka_unit_test(test_what_somebody_meddled_with_is_applied_again),
        cmocka_unit_test(test_missing_function_is_an_internal_error),
        cmocka_unit_test(test_destroying_a_task_frees_all_of_it),
        cmocka_unit_test(test_done_task_goes_back_by_way_of_its_executor),
        cmocka_unit_test(test_every_kind_is_whole),
        cmocka_unit_test(test_every_kind_takes_what_the_engine_adds),
        cmocka_unit_test(test_rows_go_before_devices_and_modes),
    };

    return cmocka_run_group_tests_name("step", tests, NULL, NULL);
}
