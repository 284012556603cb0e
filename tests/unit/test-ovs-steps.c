/* SPDX-License-Identifier: Apache-2.0 */
/* Steps "ovs-port" and "ovs-bridge" on a real Open vSwitch, carried out as
 * the engine does it. */

#include <config.h>

#include "steps/step.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/cleanup.h"
#include "tests/unit/own-ovs.h"
#include "util.h"

static void
step_init(struct step *step, const struct step_class *class, const char *name)
{
    *step = (struct step) {
        .class = class,
        .object = xstrdup(name),
        .port_id = xasprintf("port-%s", name),
        .prove = true,
    };
    if (class == &step_ovs_port_class) {
        vif_attrs_set(&step->args, "bridge", "br-int");
        vif_attrs_set(&step->args, "type", "dummy");
        vif_attrs_set(&step->args, "device", "required");
        vif_attrs_setf(&step->args, "external_ids:iface-id", "id-%s", name);
        vif_attrs_set(&step->args, "external_ids:iface-status", "active");
    }
}

static void
step_end(struct step *step)
{
    free(step->object);
    free(step->port_id);
    vif_attrs_destroy(&step->args);
    vif_attrs_destroy(&step->previous);
    vif_attrs_destroy(&step->original);
    vif_attrs_destroy(&step->output);
}
#define STEP(NAME, CLASS, OBJECT)                   \
    struct step NAME CLEANUP(step_end);             \
    step_init(&NAME, &CLASS, OBJECT)
#define PORT(NAME, OBJECT) STEP(NAME, step_ovs_port_class, OBJECT)
#define BRIDGE(NAME, OBJECT) STEP(NAME, step_ovs_bridge_class, OBJECT)

struct outcome {
    unsigned int n_done, n_committed;
};

static void
task_done(struct step_task *task)
{
    ((struct outcome *) task->aux)->n_done++;
}

static void
task_committed(struct step_task *task)
{
    ((struct outcome *) task->aux)->n_committed++;
}

/* Starts 'op' of 'step' in a task that has copies of all of it. */
static struct step_task *
begin(struct ovs *ovs, const struct step *step, enum step_op op,
      struct outcome *outcome)
{
    struct step_task *task = step_task_create(step->class, op);
    const struct step_env env = { .ovs = ovs, .key = OWN_OVS_KEY };

    task->step.object = xstrdup(step->object);
    task->step.port_id = xstrdup(step->port_id);
    vif_attrs_clone(&task->step.args, &step->args);
    task->step.has_previous = step->has_previous;
    vif_attrs_clone(&task->step.previous, &step->previous);
    vif_attrs_clone(&task->step.original, &step->original);
    vif_attrs_clone(&task->step.output, &step->output);
    task->step.prove = step->prove;
    task->step.deadline = time_msec() + UNTIL_MS;
    task->done = task_done;
    task->committed = task_committed;
    task->aux = outcome;
    step->class->start(task, &env);
    return task;
}

static struct vif_error *
end(struct step *step, struct step_task *task)
{
    struct vif_error *error = TAKE(task->error);

    vif_attrs_swap(&step->original, &task->step.original);
    vif_attrs_swap(&step->output, &task->step.output);
    step_task_destroy(task);
    return error;
}

static struct vif_error *
carry_out(struct ovs *ovs, struct step *step, enum step_op op)
{
    struct outcome outcome = { 0, 0 };
    struct step_task *task = begin(ovs, step, op, &outcome);

    OVS_UNTIL(ovs, outcome.n_done);
    assert_int_equal(outcome.n_done, 1);
    if (!task->error) {
        assert_int_equal(outcome.n_committed,
                         op == STEP_APPLY
                         && step->class == &step_ovs_port_class);
    }
    return end(step, task);
}

static void
do_it(struct ovs *ovs, struct step *step, enum step_op op)
{
    struct vif_error *error CLEANUP_ERROR = carry_out(ovs, step, op);

    if (error) {
        fail_msg("%s: %s", step_op_name(op), error->message);
    }
}

static void
fails(struct ovs *ovs, struct step *step, enum step_op op,
      enum vif_error_code code, const char *part)
{
    struct vif_error *error CLEANUP_ERROR = carry_out(ovs, step, op);

    assert_non_null(error);
    if (error->code != code || !strstr(error->message, part)) {
        fail_msg("%s: \"%s\" (%s)", step_op_name(op), error->message,
                 vif_error_code_name(error->code));
    }
}

#define assert_attr(ATTRS, KEY, VALUE)                                  \
    assert_string_equal(vif_attrs_get(&(ATTRS), KEY)                    \
                        ? vif_attrs_get(&(ATTRS), KEY) : "(none)", VALUE)

static uint64_t
n_transactions(const struct ovs *ovs)
{
    struct ovs_stats stats;

    ovs_get_stats(ovs, &stats);
    return stats.transactions;
}

static void
checks_arguments(void **state OVS_UNUSED)
{
    static const struct {
        const char *key, *value, *part;
    } cases[] = {
        { "bridge", "", "bridge '': must not be empty" },
        { "type", "in ternal", "is no type" },
        { "device", "soon", "must be 'required' or 'later'" },
        { "mtu_request", "67", "68 to 65535" },
        { "mtu_request", "1500x", "68 to 65535" },
        { "qos", "linux-htb", "must be 'linux-noop'" },
        { "external_ids:", "x", "has no key" },
        { "tag", "5", "no such argument" },
    };
    struct vif_attrs none = VIF_ATTRS_INIT;
    struct vif_error *error;

    PORT(good, "s-check");
    assert_null(step_ovs_port_class.check(&good.args, false));
    assert_null(step_ovs_port_class.check(&none, true));
    error = step_ovs_port_class.check(&none, false);
    assert_int_equal(error->code, VIF_ERR_INVALID);
    vif_error_destroy(error);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        PORT(step, "s-check");
        vif_attrs_set(&step.args, cases[i].key, cases[i].value);
        error = step_ovs_port_class.check(&step.args, true);
        assert_int_equal(error->code, VIF_ERR_INVALID);
        assert_non_null(strstr(error->message, cases[i].part));
        vif_error_destroy(error);
    }

    BRIDGE(bridge, "s-br");
    vif_attrs_set(&bridge.args, "create", "true");
    assert_null(step_ovs_bridge_class.check(&bridge.args, false));
    vif_attrs_set(&bridge.args, "create", "yes");
    error = step_ovs_bridge_class.check(&bridge.args, false);
    assert_int_equal(error->code, VIF_ERR_INVALID);
    vif_error_destroy(error);
}

static void
compares_arguments(void **state OVS_UNUSED)
{
    PORT(old, "s-cmp");
    PORT(new, "s-cmp");
    assert_int_equal(step_ovs_port_class.compare(&old.args, &new.args),
                     STEP_KEEP);
    vif_attrs_set(&new.args, "bridge", "br-other");
    assert_int_equal(step_ovs_port_class.compare(&old.args, &new.args),
                     STEP_ALTER);
    vif_attrs_set(&new.args, "type", "internal");
    assert_int_equal(step_ovs_port_class.compare(&old.args, &new.args),
                     STEP_REPLACE);
    vif_attrs_set(&old.args, "type", "system");
    vif_attrs_set(&new.args, "type", NULL);
    assert_int_equal(step_ovs_port_class.compare(&old.args, &new.args),
                     STEP_ALTER);
}

static void
port_from_capture_to_revert(void **state)
{
    struct ovs *ovs = *state;

    PORT(step, "s-port");
    do_it(ovs, &step, STEP_CAPTURE);
    assert_attr(step.original, "existed", "(none)");
    uint64_t before = n_transactions(ovs);
    do_it(ovs, &step, STEP_APPLY);
    assert_int_equal(n_transactions(ovs) - before, 1);
    assert_attr(step.output, "bridge", "br-int");
    assert_attr(step.output, "datapath", "confirmed");
    assert_attr(step.output, "pending", "(none)");
    assert_true(vif_attrs_get_uint(&step.output, "ofport", 0) > 0);
    assert_string_equal(own_vsctl("get", "port", "s-port", "_uuid", NULL),
                        vif_attrs_get(&step.original, "port_uuid"));

    /* Proving takes a transaction; only looking does not. */
    do_it(ovs, &step, STEP_VERIFY);
    assert_int_equal(n_transactions(ovs) - before, 2);
    step.prove = false;
    do_it(ovs, &step, STEP_VERIFY);
    assert_int_equal(n_transactions(ovs) - before, 2);

    /* Somebody changes it: no need to prove what is wrong. */
    step.prove = true;
    own_changes.n = 0;
    own_vsctl("set", "interface", "s-port", "external_ids:iface-id=x", NULL);
    OVS_UNTIL(ovs, own_changes.n);
    fails(ovs, &step, STEP_VERIFY, VIF_ERR_CONFLICT,
          "external_ids:iface-id 'x' instead of 'id-s-port'");
    assert_int_equal(n_transactions(ovs) - before, 2);
    do_it(ovs, &step, STEP_APPLY);
    do_it(ovs, &step, STEP_VERIFY);

    do_it(ovs, &step, STEP_REVERT);
    assert_attr(step.output, "datapath", "confirmed");
    assert_int_not_equal(own_vsctl_status("get", "port", "s-port", "name",
                                          NULL), 0);
    fails(ovs, &step, STEP_VERIFY, VIF_ERR_NOT_FOUND, "'s-port'");
    do_it(ovs, &step, STEP_REVERT);
}

static void
port_altered(void **state)
{
    struct ovs *ovs = *state;

    PORT(step, "s-alter");
    do_it(ovs, &step, STEP_CAPTURE);
    do_it(ovs, &step, STEP_APPLY);
    vif_attrs_clone(&step.previous, &step.args);
    step.has_previous = true;
    vif_attrs_set(&step.args, "external_ids:iface-id", "another");
    vif_attrs_set(&step.args, "external_ids:iface-status", NULL);
    vif_attrs_set(&step.args, "bridge", "br-other");
    do_it(ovs, &step, STEP_APPLY);
    assert_attr(step.output, "bridge", "br-other");
    assert_string_equal(own_vsctl("port-to-br", "s-alter", NULL), "br-other");
    assert_string_equal(own_vsctl("get", "interface", "s-alter",
                                  "external_ids", NULL),
                        "{iface-id=another}");

    /* Put in place again: what identifies it stays while it is there. */
    char *uuid CLEANUP_FREE
        = xstrdup(vif_attrs_get(&step.original, "port_uuid"));
    do_it(ovs, &step, STEP_CAPTURE);
    assert_attr(step.original, "port_uuid", uuid);
    do_it(ovs, &step, STEP_REVERT);
    do_it(ovs, &step, STEP_CAPTURE);
    assert_string_not_equal(vif_attrs_get(&step.original, "port_uuid"), uuid);
}

static void
device_later(void **state)
{
    struct ovs *ovs = *state;
    struct ovs_port_view view;

    PORT(step, "s-later");
    vif_attrs_set(&step.args, "type", "");
    do_it(ovs, &step, STEP_CAPTURE);
    fails(ovs, &step, STEP_APPLY, VIF_ERR_OVSDB, "could not open network");
    do_it(ovs, &step, STEP_REVERT);

    vif_attrs_set(&step.args, "device", "later");
    do_it(ovs, &step, STEP_CAPTURE);
    do_it(ovs, &step, STEP_APPLY);
    assert_attr(step.output, "pending", "device");
    assert_attr(step.output, "ofport", "-1");
    assert_attr(step.output, "datapath", "confirmed");

    vif_attrs_set(&step.args, "type", "dummy");
    own_vsctl("set", "interface", "s-later", "type=dummy", NULL);
    OVS_UNTIL(ovs, ovs_find_port(ovs, "s-later", &view) && view.ofport > 0);
    step.prove = false;
    do_it(ovs, &step, STEP_VERIFY);
    assert_attr(step.output, "pending", "(none)");
    do_it(ovs, &step, STEP_REVERT);
}

static void
stranger_refused(void **state)
{
    struct ovs *ovs = *state;
    struct ovs_port_view view;

    own_vsctl("add-port", "br-int", "s-theirs", "--", "set", "interface",
              "s-theirs", "type=dummy", NULL);
    OVS_UNTIL(ovs, ovs_find_port(ovs, "s-theirs", &view));
    PORT(step, "s-theirs");
    fails(ovs, &step, STEP_CAPTURE, VIF_ERR_CONFLICT, "somebody else");
    do_it(ovs, &step, STEP_REVERT);
    assert_true(ovs_find_port(ovs, "s-theirs", &view));
    own_vsctl("del-port", "s-theirs", NULL);
}

/* A port that was there with the same iface-id: an unplug removes it, the
 * undoing of a plug gives it back as it was. */
static void
adopted(void **state)
{
    struct ovs *ovs = *state;
    struct ovs_port_view view;

    own_vsctl("add-port", "br-other", "s-adopt", "tag=4", "--", "set",
              "interface", "s-adopt", "type=dummy",
              "external_ids:iface-id=id-s-adopt",
              "external_ids:vm-uuid=old", "mtu_request=1400", NULL);
    OVS_UNTIL(ovs, ovs_find_port(ovs, "s-adopt", &view));
    PORT(step, "s-adopt");
    vif_attrs_set(&step.args, "external_ids:vm-uuid", "new");
    vif_attrs_set(&step.args, "mtu_request", "1450");
    do_it(ovs, &step, STEP_CAPTURE);
    assert_attr(step.original, "adopted", "true");
    assert_attr(step.original, "found.bridge", "br-other");
    assert_attr(step.original, "found.external_ids:vm-uuid", "old");
    do_it(ovs, &step, STEP_APPLY);
    assert_string_equal(own_vsctl("port-to-br", "s-adopt", NULL), "br-int");

    vif_attrs_set(&step.args, "undo", "true");
    do_it(ovs, &step, STEP_REVERT);
    assert_string_equal(own_vsctl("port-to-br", "s-adopt", NULL),
                        "br-other");
    assert_string_equal(own_vsctl("get", "interface", "s-adopt",
                                  "external_ids", "mtu_request", NULL),
                        "{iface-id=id-s-adopt, vm-uuid=old}\n1400");
    assert_string_equal(own_vsctl("get", "port", "s-adopt", "tag",
                                  "external_ids", NULL), "4\n{}");

    vif_attrs_set(&step.args, "undo", NULL);
    do_it(ovs, &step, STEP_APPLY);
    do_it(ovs, &step, STEP_REVERT);
    assert_false(ovs_find_port(ovs, "s-adopt", &view));

    /* And nothing is made only to be given back. */
    vif_attrs_set(&step.args, "undo", "true");
    do_it(ovs, &step, STEP_REVERT);
    assert_false(ovs_find_port(ovs, "s-adopt", &view));
}

static void
cancelled(void **state)
{
    struct ovs *ovs = *state;
    const struct step_env env = { .ovs = ovs, .key = OWN_OVS_KEY };
    struct outcome outcome = { 0, 0 };

    PORT(step, "s-cancel");
    do_it(ovs, &step, STEP_CAPTURE);
    struct step_task *task = begin(ovs, &step, STEP_APPLY, &outcome);
    step_ovs_port_class.cancel(task, &env);
    assert_int_equal(outcome.n_done, 1);
    struct vif_error *error CLEANUP_ERROR = end(&step, task);
    assert_int_equal(error->code, VIF_ERR_SUPERSEDED);

    /* Sent: it ends when it ends. */
    uint64_t before = n_transactions(ovs);
    task = begin(ovs, &step, STEP_APPLY, &outcome);
    OVS_UNTIL(ovs, n_transactions(ovs) > before);
    step_ovs_port_class.cancel(task, &env);
    OVS_UNTIL(ovs, outcome.n_done == 2);
    assert_null(end(&step, task));
    do_it(ovs, &step, STEP_REVERT);
}

/* Capture waits a little for a session, and not for a silent switch. */
static void
unavailable(void **state)
{
    struct ovs *ovs = *state;

    own_plug(ovs, "s-plugged");
    PORT(step, "s-away");
    own_ovs_kill(&own_ovs.vswitchd);
    struct own_want probe CLEANUP(own_want_destroy);
    own_want_init(&probe, OVS_PROBE, "s-plugged");
    ovs_submit(ovs, &probe.intent);
    OVS_UNTIL(ovs, ovs_health(ovs) == OVS_SWITCH_SILENT);
    fails(ovs, &step, STEP_CAPTURE, VIF_ERR_UNAVAILABLE, "ovs-vswitchd");

    PORT(plugged, "s-plugged");
    do_it(ovs, &plugged, STEP_REVERT);
    assert_attr(plugged.output, "datapath", "unconfirmed");

    own_ovs_kill(&own_ovs.server);
    OVS_UNTIL(ovs, ovs_health(ovs) == OVS_DISCONNECTED);
    fails(ovs, &step, STEP_CAPTURE, VIF_ERR_UNAVAILABLE, "no session");
    fails(ovs, &step, STEP_VERIFY, VIF_ERR_UNAVAILABLE, "no session");
    fails(ovs, &step, STEP_REVERT, VIF_ERR_UNAVAILABLE, "no session");
    own_ovs_start_server();
    own_ovs_start_vswitchd();
    OVS_UNTIL(ovs, probe.n_done);
}

/* What was committed is on its way to every session when the server has
 * listened to somebody else since. */
static void
let_server_tell_all(void)
{
    own_vsctl("list-br", NULL);
}

/* What is known at once is told at once, so that a port's arming and that of
 * its bridge share a commit of the journal. */
static void
bridge_without_delay(void **state)
{
    static const enum step_op ops[] = {
        STEP_CAPTURE, STEP_APPLY, STEP_VERIFY,
    };
    struct ovs *ovs = *state;

    BRIDGE(there, "br-int");
    for (size_t i = 0; i < ARRAY_SIZE(ops); i++) {
        struct outcome outcome = { 0, 0 };
        struct step_task *task = begin(ovs, &there, ops[i], &outcome);

        assert_int_equal(outcome.n_done, 1);
        assert_null(end(&there, task));
    }
    assert_attr(there.original, "existed", "true");
    assert_attr(there.output, "existed", "true");
    assert_attr(there.output, "datapath_type", "dummy");

    /* Who makes a bridge and then asks for a port on it is not told that
     * there is none. */
    BRIDGE(made, "br-just");
    own_vsctl("add-br", "br-just", "--", "set", "bridge", "br-just",
              "datapath_type=dummy", NULL);
    let_server_tell_all();
    do_it(ovs, &made, STEP_CAPTURE);
    assert_attr(made.original, "existed", "true");
    own_vsctl("del-br", "br-just", NULL);
    OVS_UNTIL(ovs, !ovs_bridge_exists(ovs, "br-just"));
    own_vsctl("add-br", "br-just", NULL);
    let_server_tell_all();
    do_it(ovs, &made, STEP_VERIFY);
    own_vsctl("del-br", "br-just", NULL);
    OVS_UNTIL(ovs, !ovs_bridge_exists(ovs, "br-just"));

    /* Without a session it is waited for. */
    own_ovs_kill(&own_ovs.server);
    OVS_UNTIL(ovs, ovs_health(ovs) == OVS_DISCONNECTED);
    struct outcome outcome = { 0, 0 };
    struct step_task *task = begin(ovs, &there, STEP_CAPTURE, &outcome);
    assert_int_equal(outcome.n_done, 0);
    own_ovs_start_server();
    OVS_UNTIL(ovs, outcome.n_done);
    assert_null(end(&there, task));
}

static void
bridges(void **state)
{
    struct ovs *ovs = *state;

    BRIDGE(there, "br-int");
    do_it(ovs, &there, STEP_CAPTURE);
    assert_attr(there.original, "existed", "true");
    do_it(ovs, &there, STEP_APPLY);
    assert_attr(there.output, "existed", "true");
    assert_attr(there.output, "datapath_type", "dummy");
    do_it(ovs, &there, STEP_VERIFY);
    do_it(ovs, &there, STEP_REVERT);
    assert_true(ovs_bridge_exists(ovs, "br-int"));
    vif_attrs_set(&there.original, "existed", "false");
    do_it(ovs, &there, STEP_REVERT);
    assert_true(ovs_bridge_exists(ovs, "br-int"));

    BRIDGE(missing, "br-step");
    fails(ovs, &missing, STEP_CAPTURE, VIF_ERR_NOT_FOUND, "may not make it");
    vif_attrs_set(&missing.args, "create", "true");
    vif_attrs_set(&missing.args, "datapath_type", "dummy");
    do_it(ovs, &missing, STEP_CAPTURE);
    assert_attr(missing.original, "existed", "false");
    fails(ovs, &missing, STEP_VERIFY, VIF_ERR_NOT_FOUND, "'br-step'");
    do_it(ovs, &missing, STEP_APPLY);
    do_it(ovs, &missing, STEP_VERIFY);
    assert_string_equal(own_vsctl("get", "bridge", "br-step", "_uuid", NULL),
                        vif_attrs_get(&missing.original, "bridge_uuid"));

    /* Somebody uses it. */
    own_changes.n = 0;
    own_vsctl("add-port", "br-step", "s-guest", "--", "set", "interface",
              "s-guest", "type=dummy", NULL);
    OVS_UNTIL(ovs, own_changes.n);
    do_it(ovs, &missing, STEP_REVERT);
    assert_attr(missing.output, "warning", "bridge 'br-step', which vifd "
                "made, is left: somebody else uses it by now");
    struct ovs_port_view view;
    own_vsctl("del-port", "s-guest", NULL);
    OVS_UNTIL(ovs, !ovs_find_port(ovs, "s-guest", &view));

    vif_attrs_set(&missing.args, "keep", "true");
    do_it(ovs, &missing, STEP_REVERT);
    assert_true(ovs_bridge_exists(ovs, "br-step"));
    vif_attrs_set(&missing.args, "keep", NULL);
    do_it(ovs, &missing, STEP_REVERT);
    assert_false(ovs_bridge_exists(ovs, "br-step"));
}

#define TEST(FUNCTION) \
    cmocka_unit_test_setup_teardown(FUNCTION, own_ovs_open, own_ovs_close)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(checks_arguments),
        TEST(compares_arguments),
        TEST(port_from_capture_to_revert),
        TEST(port_altered),
        TEST(device_later),
        TEST(stranger_refused),
        TEST(adopted),
        TEST(cancelled),
        TEST(unavailable),
        TEST(bridge_without_delay),
        TEST(bridges),
    };

    return own_ovs_run(tests);
}
