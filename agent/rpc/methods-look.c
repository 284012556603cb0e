/* SPDX-License-Identifier: Apache-2.0 */

/* Methods that only look at ports. */

#include <config.h>

#include "rpc/methods.h"

#include <stdlib.h>
#include <string.h>

#include "binding/binding-json.h"
#include "engine/engine.h"
#include "lib/cleanup.h"
#include "openvswitch/json.h"
#include "report/details.h"
#include "rpc/call.h"
#include "rpc/params.h"
#include "rpc/ports.h"
#include "util.h"

static struct json *
attrs_to_object(const struct vif_attrs *attrs)
{
    struct json *object = json_object_create();

    for (size_t i = 0; i < attrs->n; i++) {
        json_object_put_string(object, attrs->attrs[i].key,
                               attrs->attrs[i].value);
    }
    return object;
}

/* plan. */

static struct json *
late_to_json(const struct vif_plan_ref *refs, size_t n)
{
    struct json *late = json_object_create();

    for (size_t i = 0; i < n; i++) {
        struct json *from = json_object_create();
        json_object_put(from, "step", json_integer_create(refs[i].step));
        json_object_put_string(from, "output", refs[i].output);
        json_object_put(late, refs[i].key, from);
    }
    return late;
}

static struct json *
plan_step_to_json(const struct vif_plan_step *step, const char *action)
{
    struct json *object = json_object_create();
    struct json *after = json_array_create_empty();

    for (unsigned int i = 0; i < VIF_PLAN_MAX_STEPS; i++) {
        if (step->after & (UINT32_C(1) << i)) {
            json_array_add(after, json_integer_create(i));
        }
    }
    json_object_put_string(object, "kind", step->kind);
    json_object_put_string(object, "object", step->object);
    json_object_put_string(object, "action", action);
    json_object_put(object, "shared", json_boolean_create(step->shared));
    json_object_put(object, "after", after);
    json_object_put(object, "args", attrs_to_object(&step->args));
    json_object_put(object, "late", late_to_json(step->refs, step->n_refs));
    return object;
}

static struct json *
strings_to_json(char *const *strings, size_t n)
{
    struct json *array = json_array_create_empty();

    for (size_t i = 0; i < n; i++) {
        json_array_add(array, json_string_create(strings[i]));
    }
    return array;
}

static struct json *
preview_to_json(const struct engine_preview *preview, const char *port_id)
{
    const struct vif_plan *plan = preview->plan;
    struct json *object = json_object_create();
    struct json *steps = json_array_create_empty();

    for (size_t i = 0; i < plan->n_steps; i++) {
        json_array_add(steps, plan_step_to_json(&plan->steps[i],
                                                preview->actions[i]));
    }
    json_object_put_string(object, "port_id", port_id);
    rpc_put_nullable(object, "plugin", plan->plugin);
    json_object_put(object, "steps", steps);
    json_object_put(object, "dropped",
                    strings_to_json(preview->dropped, preview->n_dropped));
    json_object_put(object, "claims",
                    strings_to_json(plan->claims, plan->n_claims));
    json_object_put(object, "details", attrs_to_json(&plan->details));
    json_object_put(object, "warnings",
                    strings_to_json(plan->warnings, plan->n_warnings));
    return object;
}

struct vif_error *
rpc_plan(struct rpc_call *call, struct json **resultp)
{
    struct rpc_params params;

    rpc_params_init(&params, call->request.params);
    const struct json *json = rpc_params_any(&params, "binding");
    struct vif_error *error = rpc_params_finish(&params);
    if (error) {
        return error;
    } else if (!json) {
        return vif_error_with_where(
            vif_error_create(VIF_ERR_INVALID, "params: needs binding"),
            "params");
    }

    struct vif_binding binding;
    error = rpc_read_binding(call, json, "params.binding", &binding);
    if (error) {
        return error;
    }

    struct engine_preview *preview = NULL;
    error = engine_plan(call->host->engine, &binding, &preview);
    if (!error) {
        *resultp = preview_to_json(preview, binding.port_id);
        engine_preview_destroy(preview);
    } else if (error->where) {
        CLEANUP_FREE char *where = xasprintf("params.binding.%s",
                                             error->where);
        error = vif_error_with_where(error, where);
    }
    vif_binding_destroy(&binding);
    return error;
}

/* list. */

/* The first device of the port, as a rule its only one. */
static const char *
first_device(const struct vif_attrs *details)
{
    size_t i = vif_attrs_find_prefix(details, "devices.");

    return (i < details->n
            && !strncmp(details->attrs[i].key, "devices.", strlen("devices."))
            ? details->attrs[i].value : NULL);
}

static struct json *
row_to_json(const struct engine *engine, const struct engine_port_view *view)
{
    CLEANUP_ATTRS struct vif_attrs details = VIF_ATTRS_INIT;
    engine_get_details(engine, view->port_id, &details);
    const char *ofport = vif_attrs_get(&details, "ofport");
    struct json *row = json_object_create();
    char since[RPC_TIME_BUFSIZE];

    json_object_put_string(row, "port_id", view->port_id);
    json_object_put_string(row, "state", port_state_name(view->state));
    rpc_put_nullable(row, "vnic_type",
                     view->binding
                     ? vif_vnic_type_name(view->binding->vnic_type) : NULL);
    rpc_put_instance(row, view->binding);
    rpc_put_nullable(row, "plugin", view->plugin);
    rpc_put_nullable(row, "device", first_device(&details));
    rpc_put_nullable(row, "bridge",
                     vif_attrs_get(&details, "vif_details.bridge_name"));
    json_object_put(row, "ofport",
                    ofport ? json_integer_create(strtoll(ofport, NULL, 10))
                    : json_null_create());
    json_object_put_string(row, "since",
                           rpc_format_time(view->since_us, since));
    return row;
}

struct vif_error *
rpc_list(struct rpc_call *call, struct json **resultp)
{
    struct rpc_params params;
    enum port_state wanted = PORT_N_STATES;

    rpc_params_init(&params, call->request.params);
    const char *state = rpc_params_text(&params, "state");
    if (state && !port_state_from_name(state, &wanted)) {
        rpc_params_fail(&params, vif_error_with_where(
                            vif_error_create(VIF_ERR_INVALID, "params.state: "
                                             "\"%.64s\" is no state of a "
                                             "port", state), "params.state"));
    }
    struct vif_error *error = rpc_params_finish(&params);
    if (error) {
        return error;
    }

    CLEANUP_FREE struct engine_port_view *views = NULL;
    size_t n;
    rpc_visible_ports(call->caller, call->method->name, &views, &n);

    struct json *rows = json_array_create_empty();
    for (size_t i = 0; i < n; i++) {
        if (wanted == PORT_N_STATES || views[i].state == wanted) {
            json_array_add(rows, row_to_json(call->host->engine, &views[i]));
        }
    }
    *resultp = json_object_create();
    json_object_put(*resultp, "ports", rows);
    return NULL;
}

/* show. */

static struct json *
show_steps(const struct engine *engine, const struct engine_port_view *view)
{
    struct json *steps = json_array_create_empty();

    for (size_t i = 0; i < view->n_steps; i++) {
        struct engine_step_view step;
        struct json *object = json_object_create();

        engine_get_step(engine, view->port_id, i, &step);
        json_object_put_string(object, "kind", step.kind);
        json_object_put_string(object, "object", step.object);
        json_object_put_string(object, "phase", step.phase);
        json_object_put(object, "shared", json_boolean_create(step.shared));
        json_object_put(object, "args", attrs_to_object(step.args));
        json_object_put(object, "original", attrs_to_object(step.original));
        json_object_put(object, "output", attrs_to_object(step.output));
        json_array_add(steps, object);
    }
    return steps;
}

static struct json *
show_port(const struct engine *engine, const struct engine_port_view *view)
{
    CLEANUP_ATTRS struct vif_attrs details = VIF_ATTRS_INIT;
    engine_get_details(engine, view->port_id, &details);
    const struct port_result result = {
        .port_id = view->port_id,
        .outcome = OUTCOME_DONE,
        .state = view->state,
        .binding = view->binding,
        .plugin = view->plugin,
        .details = &details,
        .warnings = view->warnings,
        .n_warnings = view->n_warnings,
    };
    struct json *object = details_to_json(&result);
    char since[RPC_TIME_BUFSIZE];

    /* These are about a request, of which there is none. */
    static const char *const about_request[] = {
        "outcome", "total_us", "changed"
    };
    for (size_t i = 0; i < ARRAY_SIZE(about_request); i++) {
        json_destroy(shash_find_and_delete(json_object(object),
                                           about_request[i]));
    }

    json_object_put_string(object, "since",
                           rpc_format_time(view->since_us, since));
    json_object_put(object, "binding",
                    view->binding ? binding_to_json(view->binding)
                    : json_null_create());
    json_object_put(object, "steps", show_steps(engine, view));
    json_object_put(object, "error",
                    view->error
                    ? error_to_json(rpc_code_of(view->error), view->error,
                                    NULL)
                    : json_null_create());
    return object;
}

struct vif_error *
rpc_show(struct rpc_call *call, struct json **resultp)
{
    const struct engine *engine = call->host->engine;
    struct rpc_params params;

    rpc_params_init(&params, call->request.params);
    const char *port_id = rpc_params_text(&params, "port_id");
    struct vif_error *error = rpc_params_finish(&params);
    if (error) {
        return error;
    } else if (!port_id) {
        return vif_error_with_where(
            vif_error_create(VIF_ERR_INVALID, "params: needs port_id"),
            "params");
    }

    struct engine_port_view view;
    error = rpc_authorize_port(call, port_id, "params.port_id");
    if (error) {
        return error;
    } else if (!engine_find_port(engine, port_id, &view)) {
        return vif_error_with_where(
            vif_error_create(VIF_ERR_NOT_FOUND, "there is no port \"%s\"",
                             port_id), "params.port_id");
    }
    *resultp = show_port(engine, &view);
    return NULL;
}

/* watch. */

struct vif_error *
rpc_watch(struct rpc_call *call, struct json **resultp)
{
    struct rpc_params params;

    rpc_params_init(&params, call->request.params);
    bool replay = rpc_params_bool(&params, "replay", false);
    struct vif_error *error = rpc_params_finish(&params);
    if (error) {
        return error;
    }

    call->caller->watching = true;
    call->caller->replay = replay;
    *resultp = json_object_create();
    json_object_put(*resultp, "watching", json_boolean_create(true));
    return NULL;
}
