/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STEPS_OVS_OP_H
#define STEPS_OVS_OP_H 1

/* How a step of the main loop is carried out by ovs/: its task becomes an
 * intent, and the intent's verdict what becomes of the task.  Knows neither
 * bridges nor ports. */

#include "ovs/ovs.h"
#include "steps/step.h"

/* One operation under way; task->exec. */
struct ovs_op {
    struct step_task *task;
    struct ovs *ovs;
    struct ovs_intent intent;
    struct vif_attrs args; /* For an intent whose arguments are others
                                 * than the step's. */
    /* Takes the verdict over and returns what becomes of the task. */
    struct vif_error *(*finish)(struct ovs_op *, struct vif_error *);
};

typedef struct vif_error *ovs_op_finish(struct ovs_op *, struct vif_error *);

/* Makes an operation with the step's name, arguments and deadline.  The
 * caller fills in what else it needs, and submits it. */
struct ovs_op *ovs_op_create(struct step_task *, struct ovs *,
                             enum ovs_intent_kind, ovs_op_finish *);
void ovs_op_submit(struct ovs_op *);

/* For step_class.cancel. */
void ovs_op_cancel(struct step_task *, const struct step_env *);

/* Begins one of enum step_op. */
typedef void ovs_op_start(struct step_task *, struct ovs *);

/* A UUID among a step's values.  One that is not there is all zero. */
void ovs_op_get_uuid(const struct vif_attrs *, const char *key, struct uuid *);
void ovs_op_set_uuid(struct vif_attrs *, const char *key, const struct uuid *);

#endif /* steps/ovs-op.h */
