/* SPDX-License-Identifier: Apache-2.0 */

/* The step "ovs-port": a port with one interface on an Open vSwitch bridge.
 * Knows what its arguments mean; how they get into OVSDB and how it is proved
 * that ovs-vswitchd has taken them up is ovs/'s.
 *
 * Arguments: "bridge"; "type" (none or "system": a netdev that is there
 * already); "device", "required" or "later" (the consumer makes the netdev,
 * so that the port need not work yet); "mtu_request"; "qos", none or
 * "linux-noop": the switch leaves the device's queueing discipline alone (set
 * when the port is inserted, and neither compared nor changed later: whoever
 * limits the port's bandwidth puts another row there); "external_ids:KEY" and
 * "options:KEY", the Interface's; "memo", what the port was asked to be, kept
 * in a row that this step has inserted and never compared.  For revert()
 * alone, from the engine: "undo", a port that was adopted is not removed but
 * given back as it was found.
 *
 * Original: "port_uuid", "iface_uuid", chosen before anything is sent; for a
 * port that was there, "existed" and "adopted" (it has not our key), and
 * "found.*", what its columns were.
 *
 * Output: "ofport", "bridge", "datapath" ("confirmed" by ovs-vswitchd or
 * "unconfirmed"), "pending" ("device"). */

#include <config.h>

#include "steps/step.h"

#include <inttypes.h>
#include <string.h>

#include "steps/ovs-op.h"
#include "util.h"
#include "uuid.h"

#define MTU_MIN 68              /* As vif_binding_check() has them. */
#define MTU_MAX 65535
#define MEMO_MAX 4096 /* Bytes. */
#define FOUND "found."
#define EXTERNAL_IDS "external_ids:"

/* Arguments. */

static const char *
bridge_fault(const char *s)
{
    return *s ? NULL : "must not be empty";
}

static const char *
type_fault(const char *s)
{
    return (s[strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789_-")]
            ? "is no type of interface" : NULL);
}

static const char *
device_fault(const char *s)
{
    return (!strcmp(s, "required") || !strcmp(s, "later") ? NULL
            : "must be 'required' or 'later'");
}

/* Empty: there must be none. */
static const char *
mtu_fault(const char *s)
{
    int mtu;

    return (!*s || (str_to_int(s, 10, &mtu) && mtu >= MTU_MIN
                    && mtu <= MTU_MAX)
            ? NULL : "must be 68 to 65535");
}

static const char *
bool_fault(const char *s)
{
    return (!strcmp(s, "true") || !strcmp(s, "false") ? NULL
            : "must be 'true' or 'false'");
}

static const char *
qos_fault(const char *s)
{
    return !strcmp(s, "linux-noop") ? NULL : "must be 'linux-noop'";
}

static const char *
memo_fault(const char *s)
{
    return strlen(s) <= MEMO_MAX ? NULL : "is too long";
}

static const struct argument {
    const char *key;
    const char *(*fault)(const char *value);
} arguments[] = {
    { "bridge", bridge_fault }, { "device", device_fault },
    { "memo", memo_fault },     { "mtu_request", mtu_fault },
    { "qos", qos_fault },       { "replace", bool_fault },
    { "type", type_fault },     { "undo", bool_fault },
};

static const char *
find_fault(const struct vif_attr *arg)
{
    static const char *const maps[] = { EXTERNAL_IDS, "options:" };

    for (size_t i = 0; i < ARRAY_SIZE(maps); i++) {
        if (!strncmp(arg->key, maps[i], strlen(maps[i]))) {
            return arg->key[strlen(maps[i])] ? NULL : "has no key";
        }
    }
    for (size_t i = 0; i < ARRAY_SIZE(arguments); i++) {
        if (!strcmp(arguments[i].key, arg->key)) {
            return arguments[i].fault(arg->value);
        }
    }
    return "an OVS port has no such argument";
}

static struct vif_error *
port_check(const struct vif_attrs *args, bool partial)
{
    if (!partial && !vif_attrs_get(args, "bridge")) {
        return vif_error_create(VIF_ERR_INVALID,
                                "an OVS port needs a 'bridge'");
    }
    for (size_t i = 0; i < args->n; i++) {
        const char *fault = find_fault(&args->attrs[i]);

        if (fault) {
            return vif_error_create(VIF_ERR_INVALID, "%s '%s': %s",
                                    args->attrs[i].key, args->attrs[i].value,
                                    fault);
        }
    }
    return NULL;
}

static const char *
get_type(const struct vif_attrs *args)
{
    const char *type = vif_attrs_get(args, "type");

    return type && strcmp(type, "system") ? type : "";
}

/* Another type is another device. */
static enum step_change
port_compare(const struct vif_attrs *old, const struct vif_attrs *new)
{
    return (vif_attrs_equal(old, new) ? STEP_KEEP
            : strcmp(get_type(old), get_type(new)) ? STEP_REPLACE
            : STEP_ALTER);
}

/* Operations. */

static const char *
get_iface_id(const struct step *step)
{
    return vif_attrs_get(&step->args, EXTERNAL_IDS "iface-id");
}

static void
op_committed(struct ovs_intent *intent)
{
    struct step_task *task = ((struct ovs_op *) intent->aux)->task;

    if (task->committed) {
        task->committed(task);
    }
}

static struct ovs_op *
op_create(struct step_task *task, struct ovs *ovs, enum ovs_intent_kind kind,
          ovs_op_finish *finish)
{
    struct ovs_op *op = ovs_op_create(task, ovs, kind, finish);
    const struct step *step = &task->step;

    op->intent.port_id = step->port_id;
    op->intent.previous = step->has_previous ? &step->previous : NULL;
    ovs_op_get_uuid(&step->original, "port_uuid", &op->intent.port_uuid);
    ovs_op_get_uuid(&step->original, "iface_uuid", &op->intent.iface_uuid);
    return op;
}

/* Capture. */

/* The UUIDs of rows that are there are kept, so that they are found again;
 * for others new ones are chosen. */
static void
choose_uuids(struct vif_attrs *original, const struct ovs_port_view *view)
{
    struct uuid port_uuid, iface_uuid;

    if (view) {
        port_uuid = view->port_uuid;
        iface_uuid = view->iface_uuid;
    } else {
        uuid_generate(&port_uuid);
        uuid_generate(&iface_uuid);
    }
    ovs_op_set_uuid(original, "port_uuid", &port_uuid);
    ovs_op_set_uuid(original, "iface_uuid", &iface_uuid);
}

/* What the port's columns are now, with "found." in front. */
static void
note_found(const struct ovs *ovs, struct step *step)
{
    struct vif_attrs found = VIF_ATTRS_INIT;
    char key[sizeof FOUND + 256];

    ovs_port_read(ovs, step->object, &step->args, &found);
    for (size_t i = 0; i < found.n; i++) {
        snprintf(key, sizeof key, FOUND"%s", found.attrs[i].key);
        vif_attrs_set(&step->original, key, found.attrs[i].value);
    }
    vif_attrs_destroy(&found);
}

static struct vif_error *
capture(const struct ovs *ovs, struct step *step)
{
    struct ovs_port_view view;
    struct uuid uuid;
    /* What is in place already needs no ovs-vswitchd to be looked at. */
    struct vif_error *error = step->has_previous ? NULL
                                                 : ovs_check_health(ovs);

    bool existed = ovs_find_port(ovs, step->object, &view);

    ovs_op_get_uuid(&step->original, "port_uuid", &uuid);
    if (existed && step->has_previous && !view.ours && !view.iface_id) {
        /* Somebody has moved the port by deleting it and making it anew
         * elsewhere, and has not said that it is anybody's now. */
        uuid = view.port_uuid;
    }
    if (!error) {
        error = ovs_port_admit(ovs, step->object, step->port_id,
                               get_iface_id(step), &uuid);
    }
    if (error) {
        return error;
    }

    choose_uuids(&step->original, existed ? &view : NULL);
    if (existed && !step->has_previous) {
        vif_attrs_set_bool(&step->original, "existed", true);
        vif_attrs_set_bool(&step->original, "adopted", !view.ours);
        note_found(ovs, step);
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
    if (ovs_synced(ovs)) {
        step_task_done(task, capture(ovs, &task->step));
    } else {
        struct ovs_op *op = op_create(task, ovs, OVS_LOOK, finish_capture);

        op->intent.args = NULL;
        ovs_op_submit(op);
    }
}

/* Apply and verify. */

static struct vif_error *
finish_port(struct ovs_op *op, struct vif_error *error)
{
    struct step *step = &op->task->step;
    const struct ovs_intent *intent = &op->intent;

    if (error) {
        return error;
    }
    vif_attrs_setf(&step->output, "ofport", "%"PRId64, intent->ofport);
    vif_attrs_set(&step->output, "bridge",
                  vif_attrs_get(&step->args, "bridge"));
    vif_attrs_set(&step->output, "pending",
                  intent->ofport > 0 ? NULL : "device");
    if (intent->proven) {
        vif_attrs_set(&step->output, "datapath", "confirmed");
    }
    return NULL;
}

static void
start_apply(struct step_task *task, struct ovs *ovs)
{
    struct ovs_op *op = op_create(task, ovs, OVS_PORT_ENSURE, finish_port);

    op->intent.committed = op_committed;
    ovs_op_submit(op);
}

static void
start_verify(struct step_task *task, struct ovs *ovs)
{
    struct vif_error *error
        = (ovs_synced(ovs)
           ? ovs_port_compare(ovs, task->step.object, &task->step.args)
           : NULL);

    if (error) {
        step_task_done(task, error);    /* No need to prove what is wrong. */
    } else {
        struct ovs_op *op = op_create(
            task, ovs, task->step.prove ? OVS_PROBE : OVS_LOOK, finish_port);

        ovs_op_submit(op);
    }
}

/* Revert. */

static void
set_datapath(struct step *step, const struct ovs_intent *intent)
{
    vif_attrs_set(&step->output, "datapath",
                  intent->proven ? "confirmed" : "unconfirmed");
}

static struct vif_error *
finish_remove(struct ovs_op *op, struct vif_error *error)
{
    if (!error) {
        set_datapath(&op->task->step, &op->intent);
    }
    return error;
}

/* A port that has gone meanwhile need not be given back. */
static struct vif_error *
finish_give_back(struct ovs_op *op, struct vif_error *error)
{
    struct ovs_port_view view;

    if (error && ovs_synced(op->ovs)
        && !ovs_find_port(op->ovs, op->task->step.object, &view)) {
        vif_error_destroy(error);
        return NULL;
    }
    return finish_remove(op, error);
}

/* Gives an adopted port back as it was found.  What the step put there and
 * the port had not is taken out; its device may well be missing, as it may
 * have been before. */
static void
start_give_back(struct step_task *task, struct ovs *ovs)
{
    struct ovs_op *op = op_create(task, ovs, OVS_PORT_ENSURE,
                                  finish_give_back);
    const struct vif_attrs *original = &task->step.original;
    size_t i = vif_attrs_find_prefix(original, FOUND);

    for (; i < original->n
         && !strncmp(original->attrs[i].key, FOUND, strlen(FOUND)); i++) {
        vif_attrs_set(&op->args, original->attrs[i].key + strlen(FOUND),
                      original->attrs[i].value);
    }
    vif_attrs_set(&op->args, "device", "later");
    op->intent.previous = op->intent.args;
    op->intent.args = &op->args;
    op->intent.iface_uuid = op->intent.port_uuid = UUID_ZERO;
    ovs_op_submit(op);
}

static void
start_revert(struct step_task *task, struct ovs *ovs)
{
    if (vif_attrs_get_bool(&task->step.args, "undo", false)
        && vif_attrs_get_bool(&task->step.original, "adopted", false)) {
        start_give_back(task, ovs);
    } else {
        struct ovs_op *op = op_create(task, ovs, OVS_PORT_REMOVE,
                                      finish_remove);

        op->intent.unproven = task->step.committed_will_do;
        ovs_op_submit(op);
    }
}

static void
port_start(struct step_task *task, const struct step_env *env)
{
    static ovs_op_start *const starts[N_STEP_OPS] = {
        [STEP_CAPTURE] = start_capture,
        [STEP_APPLY] = start_apply,
        [STEP_VERIFY] = start_verify,
        [STEP_REVERT] = start_revert,
    };

    starts[task->op](task, env->ovs);
}

const struct step_class step_ovs_port_class = {
    .kind = "ovs-port",
    .version = 1,
    .summary = "a port of an Open vSwitch bridge",
    .rank = 30,
    .check = port_check,
    .compare = port_compare,
    .start = port_start,
    .cancel = ovs_op_cancel,
};
