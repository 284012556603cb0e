/* SPDX-License-Identifier: Apache-2.0 */

/* Tasks of the main loop that are intents of ovs/. */

#include <config.h>

#include "steps/ovs-op.h"

#include <stdlib.h>

#include "util.h"
#include "uuid.h"

static void
op_done(struct ovs_intent *intent, struct vif_error *error)
{
    struct ovs_op *op = intent->aux;
    struct step_task *task = op->task;

    error = op->finish(op, error);
    task->untouched = error && op->intent.untouched;
    vif_attrs_destroy(&op->args);
    free(op);
    task->exec = NULL;
    step_task_done(task, error);
}

struct ovs_op *
ovs_op_create(struct step_task *task, struct ovs *ovs,
              enum ovs_intent_kind kind, ovs_op_finish *finish)
{
    struct ovs_op *op = xzalloc(sizeof *op);
    const struct step *step = &task->step;

    op->task = task;
    op->ovs = ovs;
    op->finish = finish;
    op->intent = (struct ovs_intent) {
        .kind = kind,
        .name = step->object,
        .args = &step->args,
        .deadline = step->deadline,
        .done = op_done,
        .aux = op,
    };
    task->exec = op;
    return op;
}

void
ovs_op_submit(struct ovs_op *op)
{
    ovs_submit(op->ovs, &op->intent);
}

void
ovs_op_cancel(struct step_task *task, const struct step_env *env)
{
    struct ovs_op *op = task->exec;

    if (op && ovs_cancel(env->ovs, &op->intent)) {
        op_done(&op->intent, vif_error_create(VIF_ERR_SUPERSEDED,
                                              "'%s' is not wanted any "
                                              "more",
                                              task->step.object));
    }
}

void
ovs_op_get_uuid(const struct vif_attrs *attrs, const char *key,
                struct uuid *uuid)
{
    const char *s = vif_attrs_get(attrs, key);

    if (!s || !uuid_from_string(uuid, s)) {
        *uuid = UUID_ZERO;
    }
}

void
ovs_op_set_uuid(struct vif_attrs *attrs, const char *key,
                const struct uuid *uuid)
{
    vif_attrs_setf(attrs, key, UUID_FMT, UUID_ARGS(uuid));
}
