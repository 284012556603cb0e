/* SPDX-License-Identifier: Apache-2.0 */

/* Looking at the engine: ports, their steps, claims, what a plug would do. */

#include <config.h>

#include "engine/engine-private.h"

#include <stdlib.h>

#include "util.h"

const char *
engine_claimed_by(const struct engine *engine, const char *device)
{
    const struct port *port = shash_find_data(&engine->claims, device);

    return port ? port->id : NULL;
}

const char *
engine_holder(const struct engine *engine, const char *kind,
              const char *object)
{
    const struct pstep *step = pstep_lookup(engine, kind, object);

    return step ? step->port->id : NULL;
}

static void
port_view(const struct port *port, struct engine_port_view *view)
{
    const struct plan_meta *meta = (port->current.valid ? &port->current
                                    : &port->target);

    *view = (struct engine_port_view) {
        .port_id = port->id,
        .state = port->state,
        .binding = meta->valid ? &meta->binding : NULL,
        .plugin = meta->plugin,
        .warnings = (const char *const *) meta->warnings,
        .n_warnings = meta->n_warnings,
        .error = port->trouble,
        .since_us = port->since_us,
        .n_steps = port->n_steps,
    };
}

bool
engine_find_port(const struct engine *engine, const char *port_id,
                 struct engine_port_view *view)
{
    const struct port *port = port_lookup(engine, port_id);

    if (!port) {
        return false;
    }
    port_view(port, view);
    return true;
}

/* Stores the port's details, as far as they are known, into 'details', which
 * is empty.  They are put together at each call, because most of them are
 * what the steps have in memory already. */
void
engine_get_details(const struct engine *engine, const char *port_id,
                   struct vif_attrs *details)
{
    const struct port *port = port_lookup(engine, port_id);

    if (port) {
        port_details(port, (port->current.valid ? &port->current
                            : &port->target), details);
    }
}

static const char *
pstep_phase_name(const struct pstep *step)
{
    if (step->task && !step->task_over) {
        return step_op_name(step->task->op);
    }
    if (step->port->transition == TRANSITION_NONE) {
        return "in place";
    }
    if (step->undone) {
        return "taken back";
    }
    return phase_name(step->phase);
}

void
engine_get_step(const struct engine *engine, const char *port_id, size_t i,
                struct engine_step_view *view)
{
    const struct port *port = port_lookup(engine, port_id);
    const struct pstep *step = port->steps[i];

    *view = (struct engine_step_view) {
        .kind = step->class->kind,
        .object = step->object,
        .phase = pstep_phase_name(step),
        .shared = step->shared,
        .args = step->has_cur ? &step->cur : &step->args,
        .original = &step->original,
        .output = &step->output,
    };
}

void
engine_for_each_port(const struct engine *engine,
                     void (*cb)(const struct engine_port_view *, void *aux),
                     void *aux)
{
    const struct port *port;

    HMAP_FOR_EACH (port, node, &engine->ports) {
        struct engine_port_view view;

        port_view(port, &view);
        cb(&view, aux);
    }
}

static const char *
look_claimed_by(void *engine, const char *device)
{
    return engine_claimed_by(engine, device);
}

/* What a plug would do with 'ps', as far as it can be said beforehand. */
static enum action
preview_action(struct engine *engine, const struct port *port,
               const struct vif_plan_step *ps)
{
    for (size_t i = 0; port && i < port->n_steps; i++) {
        const struct pstep *step = port->steps[i];

        if (!strcmp(step->class->kind, ps->kind)
            && !strcmp(step->object, ps->object) && step->has_cur) {
            struct vif_attrs args = VIF_ATTRS_INIT;
            enum action action;

            vif_attrs_clone(&args, &ps->args);
            for (size_t j = 0; j < ps->n_refs; j++) {
                vif_attrs_set(&args, ps->refs[j].key,
                              vif_attrs_get(&step->cur, ps->refs[j].key));
            }
            action = pstep_decide(step, &args);
            vif_attrs_destroy(&args);
            return action;
        }
    }
    if (ps->shared) {
        const struct step_class *class
            = engine->executor->class->lookup(engine->executor, ps->kind);

        return (class && resource_lookup(engine, class, ps->object)
                ? ACTION_KEEP : ACTION_ADD);
    }
    return ACTION_ADD;
}

static bool
plan_has_step(const struct vif_plan *plan, const struct pstep *step)
{
    for (size_t i = 0; i < plan->n_steps; i++) {
        if (!strcmp(plan->steps[i].kind, step->class->kind)
            && !strcmp(plan->steps[i].object, step->object)) {
            return true;
        }
    }
    return false;
}

struct vif_error *
engine_plan(struct engine *engine, const struct vif_binding *binding,
            struct engine_preview **previewp)
{
    const struct port *port = port_lookup(engine, binding->port_id);
    struct vif_plan *previous = port ? port_current_plan(port) : NULL;
    struct vif_plan *plan = NULL;
    struct vif_error *error = vif_binding_check(binding);

    *previewp = NULL;
    if (!error) {
        error = engine->planner->plan(engine->planner, binding, previous,
                                      look_claimed_by, engine, &plan);
    }
    vif_plan_destroy(previous);
    if (error) {
        return error;
    }

    struct engine_preview *preview = xzalloc(sizeof *preview);

    preview->plan = plan;
    for (size_t i = 0; i < plan->n_steps; i++) {
        enum action action = preview_action(engine, port, &plan->steps[i]);

        preview->actions[i] = (action == ACTION_UNDECIDED ? "refuse"
                               : action_name(action));
    }
    for (size_t i = 0; port && i < port->n_steps; i++) {
        const struct pstep *step = port->steps[i];

        if (step->has_cur && !plan_has_step(plan, step)
            && preview->n_dropped < VIF_PLAN_MAX_STEPS) {
            preview->dropped[preview->n_dropped++]
                = xasprintf("%s %s", step->class->kind, step->object);
        }
    }
    *previewp = preview;
    return NULL;
}

void
engine_preview_destroy(struct engine_preview *preview)
{
    if (preview) {
        vif_plan_destroy(preview->plan);
        for (size_t i = 0; i < preview->n_dropped; i++) {
            free(preview->dropped[i]);
        }
        free(preview);
    }
}

void
engine_get_stats(const struct engine *engine, struct engine_stats *stats)
{
    const struct port *port;

    memset(stats, 0, sizeof *stats);
    stats->n_ports = hmap_count(&engine->ports);
    stats->n_requests = engine->n_jobs;
    stats->n_resources = shash_count(&engine->resources);
    stats->n_claims = shash_count(&engine->claims);
    stats->n_done = engine->n_outcomes[OUTCOME_DONE];
    stats->n_failed_clean = engine->n_outcomes[OUTCOME_FAILED_CLEAN];
    stats->n_failed_undoing = engine->n_outcomes[OUTCOME_FAILED_UNDOING];
    HMAP_FOR_EACH (port, node, &engine->ports) {
        stats->by_state[port->state]++;
    }
}
