/* SPDX-License-Identifier: Apache-2.0 */

/* The step "ovs-bridge": an Open vSwitch bridge, which its ports share.  It
 * is made only if it is not there and its arguments allow it, and deleted
 * only if it was made by this step and nobody else uses it.
 *
 * Arguments: "create", it may be made; "datapath_type", of one that is made;
 * "keep", it is never deleted.  An existing bridge keeps its datapath type: to
 * change it would take down every port that is on it.
 *
 * Original: "existed"; "bridge_uuid", chosen before anything is sent.
 * Output: "existed"; "datapath_type", as it is; "warning", if the bridge was
 * not deleted. */

#include <config.h>

#include "steps/step.h"

#include <string.h>

#include "steps/ovs-op.h"
#include "uuid.h"

/* The bridge of every OpenStack host: deleting it would cost more than
 * leaving one that is empty. */
#define INTEGRATION_BRIDGE "br-int"

static struct vif_error *
bridge_check(const struct vif_attrs *args, bool partial OVS_UNUSED)
{
    for (size_t i = 0; i < args->n; i++) {
        const char *key = args->attrs[i].key;
        const char *value = args->attrs[i].value;

        if (!strcmp(key, "create") || !strcmp(key, "keep")
            || !strcmp(key, "undo") || !strcmp(key, "replace")) {
            if (strcmp(value, "true") && strcmp(value, "false")) {
                return vif_error_create(VIF_ERR_INVALID, "%s '%s': must be "
                                        "'true' or 'false'", key, value);
            }
        } else if (strcmp(key, "datapath_type")) {
            return vif_error_create(VIF_ERR_INVALID, "%s '%s': an OVS bridge "
                                    "has no such argument", key, value);
        }
    }
    return NULL;
}

/* Nothing of a bridge that is there is ever changed.  So its ports need not
 * agree, and they do not when the configuration was read again or when only
 * some of them name the datapath type. */
static enum step_change
bridge_compare(const struct vif_attrs *old OVS_UNUSED,
               const struct vif_attrs *new OVS_UNUSED)
{
    return STEP_KEEP;
}

/* Operations. */

/* Whether the step's bridge is there, by what the replica said when it was
 * read last, which is all that is to be known of one that may not be made.
 * That it is missing must be seen after the request has come: who made it a
 * moment before may rely on that. */
static bool
is_surely_there(const struct ovs *ovs, const struct step *step)
{
    return (ovs_health(ovs) == OVS_OK && ovs_bridge_exists(ovs, step->object)
            && !vif_attrs_get_bool(&step->args, "create", false));
}

static void
start(struct step_task *task, struct ovs *ovs, enum ovs_intent_kind kind,
      ovs_op_finish *finish)
{
    const struct step *step = &task->step;
    struct ovs_op *op = ovs_op_create(task, ovs, kind, finish);

    if (kind == OVS_LOOK) {
        op->intent.args = NULL;
    }
    op->intent.may_create = vif_attrs_get_bool(&step->args, "create", false);
    ovs_op_get_uuid(&step->original, "bridge_uuid", &op->intent.port_uuid);
    ovs_op_submit(op);
}

static struct vif_error *
capture(const struct ovs *ovs, struct step *step)
{
    bool exists = ovs_bridge_exists(ovs, step->object);
    struct uuid uuid;

    if (!exists && !vif_attrs_get_bool(&step->args, "create", false)) {
        return vif_error_create(VIF_ERR_NOT_FOUND, "there is no bridge '%s' "
                                "in OVSDB, and vifd may not make it",
                                step->object);
    } else if (!step->has_previous) {
        vif_attrs_set_bool(&step->original, "existed", exists);
    }
    if (!exists) {
        uuid_generate(&uuid);
        ovs_op_set_uuid(&step->original, "bridge_uuid", &uuid);
    }
    return NULL;
}

static struct vif_error *
finish_capture(struct ovs_op *op, struct vif_error *error)
{
    return error ? error : capture(op->ovs, &op->task->step);
}

static void
start_capture(struct step_task *task, struct ovs *ovs)
{
    if (is_surely_there(ovs, &task->step)) {
        step_task_done(task, capture(ovs, &task->step));
    } else {
        start(task, ovs, OVS_LOOK, finish_capture);
    }
}

static struct vif_error *
describe(const struct ovs *ovs, struct step *step, bool existed)
{
    const char *type = ovs_bridge_datapath_type(ovs, step->object);

    if (!type) {
        return vif_error_create(VIF_ERR_NOT_FOUND,
                                "there is no bridge '%s' in OVSDB",
                                step->object);
    }
    vif_attrs_set_bool(&step->output, "existed", existed);
    vif_attrs_set(&step->output, "datapath_type", type);
    return NULL;
}

static struct vif_error *
finish_bridge(struct ovs_op *op, struct vif_error *error)
{
    return error ? error : describe(op->ovs, &op->task->step,
                                    op->intent.existed);
}

static void
start_apply(struct step_task *task, struct ovs *ovs)
{
    /* A row that this step may have sent is ovs/'s to look for. */
    if (is_surely_there(ovs, &task->step)
        && vif_attrs_get_bool(&task->step.original, "existed", false)) {
        step_task_done(task, describe(ovs, &task->step, true));
    } else {
        start(task, ovs, OVS_BRIDGE_ENSURE, finish_bridge);
    }
}

static void
start_verify(struct step_task *task, struct ovs *ovs)
{
    if (is_surely_there(ovs, &task->step)) {
        step_task_done(task, describe(ovs, &task->step, true));
    } else {
        start(task, ovs, OVS_LOOK, finish_bridge);
    }
}

static struct vif_error *
finish_remove(struct ovs_op *op, struct vif_error *error)
{
    struct step *step = &op->task->step;

    if (!error && op->intent.existed) {
        vif_attrs_setf(&step->output, "warning", "bridge '%s', which vifd "
                       "made, is left: somebody else uses it by now",
                       step->object);
    }
    return error;
}

static void
start_revert(struct step_task *task, struct ovs *ovs)
{
    const struct step *step = &task->step;
    /* With the journal that knew it lost, the row tells who made it. */
    bool made = ovs_bridge_is_ours(ovs, step->object);

    if (vif_attrs_get_bool(&step->original, "existed", !made)
        || vif_attrs_get_bool(&step->args, "keep", false)
        || !strcmp(step->object, INTEGRATION_BRIDGE)) {
        step_task_done(task, NULL);
    } else {
        start(task, ovs, OVS_BRIDGE_REMOVE, finish_remove);
    }
}

static void
bridge_start(struct step_task *task, const struct step_env *env)
{
    static ovs_op_start *const starts[N_STEP_OPS] = {
        [STEP_CAPTURE] = start_capture,
        [STEP_APPLY] = start_apply,
        [STEP_VERIFY] = start_verify,
        [STEP_REVERT] = start_revert,
    };

    starts[task->op](task, env->ovs);
}

const struct step_class step_ovs_bridge_class = {
    .kind = "ovs-bridge",
    .version = 1,
    .summary = "an Open vSwitch bridge",
    .rank = 0,
    .check = bridge_check,
    .compare = bridge_compare,
    .start = bridge_start,
    .cancel = ovs_op_cancel,
};
