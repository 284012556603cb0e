/* SPDX-License-Identifier: Apache-2.0 */

/* What is the same for every kind of step: the task that carries one
 * operation, and running an operation of a class of the lanes.  Must know no
 * kind by name (step-classes.c does) and nothing of who runs tasks. */

#include <config.h>

#include "steps/step.h"

#include <stdlib.h>

#include "crash-point.h"
#include "timeval.h"
#include "util.h"

/* How often a step is applied whose verification finds something else. */
#define MAX_APPLIES 3

static const char *const op_names[] = {
    [STEP_CAPTURE] = "capture",
    [STEP_APPLY] = "apply",
    [STEP_VERIFY] = "verify",
    [STEP_REVERT] = "revert",
    [STEP_CHECK_UNUSED] = "check-unused",
};
BUILD_ASSERT_DECL(ARRAY_SIZE(op_names) == N_STEP_OPS);

const char *
step_op_name(enum step_op op)
{
    return (unsigned int) op < N_STEP_OPS ? op_names[op] : "unknown";
}

struct step_task *
step_task_create(const struct step_class *class, enum step_op op)
{
    struct step_task *task = xzalloc(sizeof *task);

    task->step.class = class;
    task->op = op;
    return task;
}

static void
step_destroy(struct step *step)
{
    free(step->object);
    free(step->port_id);
    vif_attrs_destroy(&step->args);
    vif_attrs_destroy(&step->previous);
    vif_attrs_destroy(&step->original);
    vif_attrs_destroy(&step->output);
}

void
step_task_destroy(struct step_task *task)
{
    if (task) {
        step_destroy(&task->step);
        vif_error_destroy(task->error);
        free(task);
    }
}

void
step_task_done(struct step_task *task, struct vif_error *error)
{
    ovs_assert(!task->finished_us);     /* Once. */

    task->finished_us = time_usec();
    task->error = error;
    if (task->finish) {
        task->finish(task);
    } else {
        task->done(task);
    }
}

struct vif_error *
step_await_arming(const struct step_env *env)
{
    return env->await_arming ? env->await_arming(env->aux) : NULL;
}

typedef struct vif_error *step_function(struct step *,
                                        const struct step_env *);

/* Calls 'function', which is class member 'op' of 'step'. */
static struct vif_error *
call(step_function *function, struct step *step, enum step_op op,
     const struct step_env *env)
{
    const char *kind = step->class->kind;
    struct vif_error *error;

    if (!function) {
        return vif_error_create(VIF_ERR_INTERNAL,
                                "steps of kind %s have no %s of their own",
                                kind, step_op_name(op));
    }

    if (!step->class->revert) {
        return function(step, env);     /* It only looks. */
    }
    crash_point(kind, step_op_name(op), "before");
    error = function(step, env);
    crash_point(kind, step_op_name(op), "after");
    return error;
}

/* Applies and verifies.  Somebody else may have been at it in between:
 * ovs-vswitchd, which has been waiting for a tap, reads its flags and writes
 * them back with IFF_PROMISC a moment later, without IFF_UP if that was set
 * meanwhile.  What is not as it was made is made so again, not for ever. */
static struct vif_error *
apply(struct step *step, const struct step_env *env)
{
    struct vif_error *error = NULL;

    for (int i = 0; i < MAX_APPLIES; i++) {
        vif_error_destroy(error);
        step->fresh = 0;
        error = call(step->class->apply, step, STEP_APPLY, env);
        if (error) {
            break;
        }
        error = call(step->class->verify, step, STEP_VERIFY, env);
        if (!error || error->code != VIF_ERR_CONFLICT) {
            break;
        }
    }
    step->fresh = 0;
    return error;
}

struct vif_error *
step_run(struct step *step, enum step_op op, const struct step_env *env)
{
    const struct step_class *class = step->class;

    switch (op) {
    case STEP_CAPTURE:
        return call(class->capture, step, op, env);

    case STEP_APPLY:
        return apply(step, env);

    case STEP_VERIFY:
        return call(class->verify, step, op, env);

    case STEP_REVERT:
        return call(class->revert, step, op, env);

    case STEP_CHECK_UNUSED:
        return call(class->check_unused, step, op, env);

    case N_STEP_OPS:
        break;
    }
    OVS_NOT_REACHED();
}
