/* SPDX-License-Identifier: Apache-2.0 */

/* Ports and resources to and from the journal's records: JSON text, with a
 * version of the record and of each kind of step, so that a newer vifd reads
 * what an older one wrote. */

#include <config.h>

#include "engine/engine-private.h"

#include <stdlib.h>
#include <string.h>

#include "binding/binding-json.h"
#include "openvswitch/json.h"
#include "util.h"

#define RECORD_VERSION 1

static const char *const transition_names[] = {
    [TRANSITION_NONE] = "none",       [TRANSITION_CHECK] = "none",
    [TRANSITION_FORWARD] = "forward", [TRANSITION_UNDO] = "undo",
    [TRANSITION_DROP] = "drop",       [TRANSITION_REBUILD] = "none",
};

const char *
transition_name(enum transition transition)
{
    return transition_names[transition];
}

static struct json *
attrs_to_json(const struct vif_attrs *attrs)
{
    struct json *json = json_object_create();

    for (size_t i = 0; i < attrs->n; i++) {
        json_object_put_string(json, attrs->attrs[i].key,
                               attrs->attrs[i].value);
    }
    return json;
}

static void
put_attrs(struct json *json, const char *name, const struct vif_attrs *attrs)
{
    if (attrs->n) {
        json_object_put(json, name, attrs_to_json(attrs));
    }
}

static struct json *
refs_to_json(const struct vif_plan_ref *refs, size_t n)
{
    struct json *json = json_array_create_empty();

    for (size_t i = 0; i < n; i++) {
        json_array_add(json, json_array_create_3(
                           json_string_create(refs[i].key),
                           json_integer_create(refs[i].step),
                           json_string_create(refs[i].output)));
    }
    return json;
}

static void
put_refs(struct json *json, const char *name,
         const struct vif_plan_ref *refs, size_t n)
{
    if (n) {
        json_object_put(json, name, refs_to_json(refs, n));
    }
}

static void
put_true(struct json *json, const char *name, bool value)
{
    if (value) {
        json_object_put(json, name, json_boolean_create(true));
    }
}

static void
put_order(struct json *json, const char *name, uint32_t after)
{
    if (after) {
        json_object_put(json, name, json_integer_create(after));
    }
}

static struct json *
strings_to_json(char *const *strings, size_t n)
{
    struct json *json = json_array_create_empty();

    for (size_t i = 0; i < n; i++) {
        json_array_add(json, json_string_create(strings[i]));
    }
    return json;
}

static struct json *
meta_to_json(const struct plan_meta *meta)
{
    struct json *json = json_object_create();

    json_object_put(json, "binding", binding_to_json(&meta->binding));
    if (meta->plugin) {
        json_object_put_string(json, "plugin", meta->plugin);
    }
    json_object_put(json, "claims",
                    strings_to_json(meta->claims, meta->n_claims));
    put_attrs(json, "details", &meta->details);
    put_refs(json, "late", meta->details_refs, meta->n_details_refs);
    if (meta->n_warnings) {
        json_object_put(json, "warnings",
                        strings_to_json(meta->warnings, meta->n_warnings));
    }
    return json;
}

/* 'settled': as it will be when the record is durable, that is, with the
 * target as what is in place. */
static struct json *
pstep_to_json(const struct pstep *step, size_t position, bool settled)
{
    struct json *json = json_object_create();
    const struct vif_attrs *cur = (settled && step->has_new ? &step->new
                                   : step->has_cur ? &step->cur : NULL);

    json_object_put_string(json, "kind", step->class->kind);
    json_object_put(json, "version",
                    json_integer_create(step->class->version));
    json_object_put_string(json, "object", step->object);
    json_object_put(json, "position", json_integer_create(
                        settled && step->has_new ? position
                        : step->position));
    put_true(json, "shared", step->shared);
    if (cur == &step->new) {
        put_order(json, "after", step->after);
        put_refs(json, "late", step->refs, step->n_refs);
    } else if (cur) {
        put_order(json, "after", step->cur_after);
        put_refs(json, "late", step->cur_refs, step->n_cur_refs);
    }
    if (cur) {
        json_object_put(json, "current", attrs_to_json(cur));
    }
    if (step->has_new && !settled) {
        json_object_put(json, "target", attrs_to_json(
                            step->phase >= PHASE_RELEASING ? &step->new
                            : &step->args));
        json_object_put_string(json, "phase", phase_name(step->phase));
        put_order(json, "target_after", step->after);
    }
    if (!settled || step->action == ACTION_DROP) {
        json_object_put_string(json, "action", action_name(step->action));
    }
    put_attrs(json, "original", &step->original);
    put_true(json, "void", step->void_original);
    put_true(json, "absent", step->absent);
    put_true(json, "found", step->found);
    put_attrs(json, "output", &step->output);
    return json;
}

/* What the journal is to know about 'port' now.  malloc()ed. */
char *
port_to_record(const struct port *port)
{
    bool settled = port->committing;
    bool drops = port->n_steps > port->n_target;
    enum transition transition = (!settled ? port->transition
                                  : drops ? TRANSITION_DROP
                                  : TRANSITION_NONE);
    const struct plan_meta *current = (settled ? &port->target
                                       : &port->current);
    struct json *json = json_object_create();
    struct json *steps = json_array_create_empty();

    for (size_t i = 0; i < port->n_steps; i++) {
        json_array_add(steps, pstep_to_json(
                           port->steps[i], i,
                           settled || (transition != TRANSITION_FORWARD
                                       && transition != TRANSITION_UNDO)));
    }
    json_object_put(json, "version", json_integer_create(RECORD_VERSION));
    json_object_put_string(json, "state", port_state_name(port->state));
    json_object_put_string(json, "transition",
                           transition_names[transition]);
    put_true(json, "unplugging", port->unplugging);
    put_true(json, "restore", port->restore_due && !settled);
    if (current->valid) {
        json_object_put(json, "current", meta_to_json(current));
    }
    if (port->target.valid && !settled) {
        json_object_put(json, "target", meta_to_json(&port->target));
    }
    json_object_put(json, "steps", steps);

    char *text = json_to_string(json, 0);

    json_destroy(json);
    return text;
}

/* Reading.  What is missing or of a wrong type reads as NULL or empty: the
 * journal is our own, but it may be damaged. */
static const struct json *
get(const struct json *json, const char *name, enum json_type type)
{
    const struct json *value = (json && json->type == JSON_OBJECT
                                ? shash_find_data(json_object(json), name)
                                : NULL);

    return value && value->type == type ? value : NULL;
}

static const char *
get_string(const struct json *json, const char *name)
{
    const struct json *value = get(json, name, JSON_STRING);

    return value ? json_string(value) : NULL;
}

static bool
get_true(const struct json *json, const char *name)
{
    return get(json, name, JSON_TRUE) != NULL;
}

static void
get_attrs(const struct json *json, const char *name, struct vif_attrs *attrs)
{
    const struct json *object = get(json, name, JSON_OBJECT);
    struct shash_node *node;

    if (!object) {
        return;
    }
    SHASH_FOR_EACH (node, json_object(object)) {
        const struct json *value = node->data;

        if (value->type == JSON_STRING) {
            vif_attrs_set(attrs, node->name, json_string(value));
        }
    }
}

static size_t
get_array(const struct json *json, const char *name,
          struct json *const **elemsp)
{
    const struct json *array = get(json, name, JSON_ARRAY);

    if (!array) {
        *elemsp = NULL;
        return 0;
    }
    *elemsp = json_array(array)->elems;
    return json_array(array)->n;
}

static char **
get_strings(const struct json *json, const char *name, size_t *np)
{
    struct json *const *elems;
    size_t n = get_array(json, name, &elems);
    char **strings = n ? xmalloc(n * sizeof *strings) : NULL;

    *np = 0;
    for (size_t i = 0; i < n; i++) {
        if (elems[i]->type == JSON_STRING) {
            strings[(*np)++] = xstrdup(json_string(elems[i]));
        }
    }
    return strings;
}

static struct vif_plan_ref *
get_refs(const struct json *json, const char *name, size_t *np)
{
    struct json *const *elems;
    size_t n = get_array(json, name, &elems);
    struct vif_plan_ref *refs = n ? xmalloc(n * sizeof *refs) : NULL;

    *np = 0;
    for (size_t i = 0; i < n; i++) {
        const struct json *e = elems[i];

        if (e->type == JSON_ARRAY && json_array(e)->n == 3
            && json_array(e)->elems[0]->type == JSON_STRING
            && json_array(e)->elems[1]->type == JSON_INTEGER
            && json_array(e)->elems[2]->type == JSON_STRING) {
            refs[(*np)++] = (struct vif_plan_ref) {
                .key = xstrdup(json_string(json_array(e)->elems[0])),
                .step = json_integer(json_array(e)->elems[1]),
                .output = xstrdup(json_string(json_array(e)->elems[2])),
            };
        }
    }
    return refs;
}

static struct vif_error *
get_meta(const struct json *json, const char *name, struct plan_meta *meta)
{
    const struct json *object = get(json, name, JSON_OBJECT);
    struct vif_error *error;
    const char *plugin;

    if (!object) {
        return NULL;
    }
    vif_binding_init(&meta->binding);
    meta->valid = true;
    const struct json *binding = get(object, "binding", JSON_OBJECT);
    if (!binding) {
        return vif_error_create(VIF_ERR_JOURNAL, "the binding is missing");
    }
    error = binding_from_json(binding, "binding", &meta->binding);
    if (error) {
        return error;
    }
    plugin = get_string(object, "plugin");
    meta->plugin = plugin ? xstrdup(plugin) : NULL;
    meta->claims = get_strings(object, "claims", &meta->n_claims);
    meta->warnings = get_strings(object, "warnings", &meta->n_warnings);
    get_attrs(object, "details", &meta->details);
    meta->details_refs = get_refs(object, "late", &meta->n_details_refs);
    return NULL;
}

static enum action
action_from_name(const char *name)
{
    for (enum action a = ACTION_UNDECIDED; name && a <= ACTION_DROP; a++) {
        if (!strcmp(name, action_name(a))) {
            return a;
        }
    }
    return ACTION_KEEP;
}

static enum phase
phase_from_name(const char *name)
{
    for (enum phase p = PHASE_IDLE; name && p <= PHASE_DONE; p++) {
        if (!strcmp(name, phase_name(p))) {
            return p;
        }
    }
    return PHASE_IDLE;
}

/* Brings the maps of 'step' from 'version' up to date. */
static struct vif_error *
upgrade_step(struct pstep *step, int64_t version)
{
    const struct step_class *class = step->class;

    if (version == class->version) {
        return NULL;
    }
    if (version > class->version || version < 0 || !class->upgrade) {
        return vif_error_create(VIF_ERR_JOURNAL, "step %s %s has version "
                                "%"PRId64"; this vifd knows %u",
                                class->kind, step->object, version,
                                class->version);
    }

    struct step s = { .class = class, .object = step->object };
    struct vif_error *error;

    vif_attrs_swap(&s.args, &step->cur);
    vif_attrs_swap(&s.previous, &step->new);
    vif_attrs_swap(&s.original, &step->original);
    vif_attrs_swap(&s.output, &step->output);
    error = class->upgrade(&s, version);
    vif_attrs_swap(&s.args, &step->cur);
    vif_attrs_swap(&s.previous, &step->new);
    vif_attrs_swap(&s.original, &step->original);
    vif_attrs_swap(&s.output, &step->output);
    return error;
}

static struct vif_error *
pstep_from_json(struct port *port, const struct json *json)
{
    struct engine *engine = port->engine;
    const char *kind = get_string(json, "kind");
    const char *object = get_string(json, "object");
    const struct json *version = get(json, "version", JSON_INTEGER);
    const struct json *position = get(json, "position", JSON_INTEGER);
    const struct json *after = get(json, "after", JSON_INTEGER);
    const struct json *new_after = get(json, "target_after", JSON_INTEGER);
    const struct step_class *class
        = (kind ? engine->executor->class->lookup(engine->executor, kind)
           : NULL);

    if (!class || !object || !version) {
        return vif_error_create(VIF_ERR_JOURNAL, "a step of kind '%s' is not "
                                "known here", kind ? kind : "");
    }

    struct pstep *step = pstep_create(port, class, object);

    port->steps[port->n_steps++] = step;
    step->shared = get_true(json, "shared");
    step->position = position ? json_integer(position) : 0;
    step->has_cur = get(json, "current", JSON_OBJECT) != NULL;
    get_attrs(json, "current", &step->cur);
    step->cur_refs = get_refs(json, "late", &step->n_cur_refs);
    step->cur_after = after ? json_integer(after) : 0;
    step->after = new_after ? json_integer(new_after) : 0;
    step->has_new = get(json, "target", JSON_OBJECT) != NULL;
    get_attrs(json, "target", &step->new);
    get_attrs(json, "original", &step->original);
    step->void_original = get_true(json, "void");
    step->absent = get_true(json, "absent");
    step->found = get_true(json, "found");
    get_attrs(json, "output", &step->output);
    step->action = action_from_name(get_string(json, "action"));
    step->phase = phase_from_name(get_string(json, "phase"));
    step->armed_commit = engine->commit_durable;
    if (!step->shared && !step->found) {
        const struct pstep *other = pstep_lookup(engine, kind, object);

        if (other && other->port != port) {
            return vif_error_create(VIF_ERR_JOURNAL, "%s %s belongs to port "
                                    "%s already", kind, object,
                                    other->port->id);
        }
        pstep_index(step);
    }
    return upgrade_step(step, json_integer(version));
}

static struct vif_error *
check_refs(const struct port *port)
{
    for (size_t i = 0; i < port->n_steps; i++) {
        const struct pstep *step = port->steps[i];

        for (size_t j = 0; j < step->n_cur_refs; j++) {
            if (step->cur_refs[j].step >= port->n_steps) {
                return vif_error_create(VIF_ERR_JOURNAL, "%s %s refers to a "
                                        "step that is not there",
                                        step->class->kind, step->object);
            }
        }
    }
    return NULL;
}

static struct vif_error *
port_fill(struct port *port, const struct json *json)
{
    const struct json *version = get(json, "version", JSON_INTEGER);
    const char *transition = get_string(json, "transition");
    const char *state = get_string(json, "state");
    struct json *const *elems;
    struct vif_error *error;
    size_t n;

    if (!version || json_integer(version) < 1
        || json_integer(version) > RECORD_VERSION) {
        return vif_error_create(VIF_ERR_JOURNAL, "the record's version is "
                                "not known here");
    }
    if (!transition || !state || !port_state_from_name(state, &port->state)) {
        return vif_error_create(VIF_ERR_JOURNAL, "the record is damaged");
    }
    error = get_meta(json, "current", &port->current);
    if (!error) {
        error = get_meta(json, "target", &port->target);
    }
    n = get_array(json, "steps", &elems);
    port->steps = xcalloc(MAX(n, 1), sizeof *port->steps);
    for (size_t i = 0; i < n && !error; i++) {
        error = pstep_from_json(port, elems[i]);
    }
    if (!error) {
        error = check_refs(port);
    }
    if (error) {
        return error;
    }
    port->unplugging = get_true(json, "unplugging");
    port->restore_due = get_true(json, "restore");
    port->in_journal = true;
    port->changed = true;
    for (size_t i = 0; i < port->n_steps; i++) {
        port->n_target += port->steps[i]->has_new;
    }
    for (enum transition t = TRANSITION_NONE; t <= TRANSITION_DROP; t++) {
        if (!strcmp(transition, transition_names[t])) {
            port->transition = t;
            break;
        }
    }
    if (port->transition == TRANSITION_NONE && !port->current.valid) {
        return vif_error_create(VIF_ERR_JOURNAL, "the record is damaged: what "
                                "is in place is missing");
    }
    port->engine->n_transitions += port->transition != TRANSITION_NONE;
    port->commit = port->engine->commit_durable;
    return NULL;
}

/* Makes the port that 'text' describes.  The error, if any, leaves none. */
struct vif_error *
port_from_record(struct engine *engine, const char *id, const char *text,
                 struct port **portp)
{
    struct json *json = json_from_string(text);
    struct port *port = port_create(engine, id);
    struct vif_error *error = port_fill(port, json);

    json_destroy(json);
    if (error) {
        port_free(port);
        port = NULL;
    }
    *portp = port;
    return vif_error_wrap(error, "journal: port %s", id);
}

char *
resource_to_record(const struct resource *resource)
{
    struct json *json = json_object_create();

    json_object_put(json, "version", json_integer_create(RECORD_VERSION));
    json_object_put_string(json, "kind", resource->class->kind);
    json_object_put_string(json, "object", resource->object);
    json_object_put_string(json, "phase", (resource->phase == RESOURCE_READY
                                           ? "ready" : "armed"));
    json_object_put(json, "args", attrs_to_json(&resource->args));
    if (resource->altering) {
        json_object_put(json, "previous",
                        attrs_to_json(&resource->previous));
    }
    put_attrs(json, "original", &resource->original);
    put_true(json, "void", resource->void_original);
    put_attrs(json, "output", &resource->output);

    char *text = json_to_string(json, 0);

    json_destroy(json);
    return text;
}

struct vif_error *
resource_from_record(struct engine *engine, const char *key,
                     const char *text)
{
    struct json *json = json_from_string(text);
    const char *kind = get_string(json, "kind");
    const char *object = get_string(json, "object");
    const char *phase = get_string(json, "phase");
    const struct step_class *class
        = (kind ? engine->executor->class->lookup(engine->executor, kind)
           : NULL);
    struct vif_error *error = NULL;

    if (!class || !object || !phase) {
        error = vif_error_create(VIF_ERR_JOURNAL, "journal: resource %s is "
                                 "damaged or not known here", key);
    } else {
        struct resource *resource = resource_create(engine, class, object);

        get_attrs(json, "args", &resource->args);
        get_attrs(json, "previous", &resource->previous);
        get_attrs(json, "original", &resource->original);
        resource->void_original = get_true(json, "void");
        get_attrs(json, "output", &resource->output);
        resource->altering = get(json, "previous", JSON_OBJECT) != NULL;
        resource->unsure = strcmp(phase, "ready") != 0;
        resource->phase = (resource->unsure ? RESOURCE_ARMED
                           : RESOURCE_READY);
        resource->in_journal = true;
        resource->armed_commit = engine->commit_durable;
    }
    json_destroy(json);
    return error;
}
