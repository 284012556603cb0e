/* SPDX-License-Identifier: Apache-2.0 */

/* From one plan to another: the steps of the current and of the target plan
 * are matched by kind and object into one list, which says for each what is
 * in place, what is wanted, and so what is to be done. */

#include <config.h>

#include "engine/engine-private.h"

#include <stdlib.h>
#include <string.h>

#include "lib/cleanup.h"
#include "util.h"

const char *
action_name(enum action action)
{
    static const char *const names[] = {
        [ACTION_UNDECIDED] = "undecided",
        [ACTION_KEEP] = "keep",
        [ACTION_ADD] = "add",
        [ACTION_ALTER] = "alter",
        [ACTION_REPLACE] = "replace",
        [ACTION_REPAIR] = "repair",
        [ACTION_DROP] = "drop",
    };

    return names[action];
}

const char *
phase_name(enum phase phase)
{
    static const char *const names[] = {
        [PHASE_IDLE] = "idle",
        [PHASE_RELEASING] = "releasing",
        [PHASE_ARMED] = "armed",
        [PHASE_DONE] = "done",
    };

    return names[phase];
}

static void
pstep_reset(struct pstep *step)
{
    step->action = ACTION_UNDECIDED;
    step->phase = PHASE_IDLE;
    step->armed_commit = 0;
    step->committed = step->suspect = false;
    step->n_mended = 0;
    step->backward = BACKWARD_NONE;
    step->undone = step->restored = step->stale = step->leaving = false;
    step->recaptured = step->restoring = step->lost = false;
    step->altered = false;
    step->asked_turn = 0;
    step->n_failures = 0;
    step->retry_us = 0;
    step->own_us = step->host_us = 0;
    vif_error_destroy(step->trouble);
    step->trouble = NULL;
}

/* What brings 'step' to 'new'. */
enum action
pstep_decide(const struct pstep *step, const struct vif_attrs *new)
{
    if (!step->has_cur) {
        return ACTION_ADD;
    }
    if (vif_attrs_equal(&step->cur, new)) {
        return ACTION_KEEP;
    }
    switch (step->class->compare(&step->cur, new)) {
    case STEP_KEEP:
        return ACTION_KEEP;
    case STEP_ALTER:
        return ACTION_ALTER;
    case STEP_REPLACE:
        return ACTION_REPLACE;
    case STEP_REFUSE_IN_USE:
    default:
        return ACTION_UNDECIDED;
    }
}

static struct pstep *
port_find_step(const struct port *port, const struct step_class *class,
               const char *object)
{
    for (size_t i = 0; i < port->n_steps; i++) {
        struct pstep *step = port->steps[i];

        if (step->class == class && !strcmp(step->object, object)) {
            return step;
        }
    }
    return NULL;
}

/* Checks what can be checked of 'plan' before anything is touched. */
static struct vif_error *
check_plan_steps(struct port *port, const struct vif_plan *plan)
{
    struct engine *engine = port->engine;

    for (size_t i = 0; i < plan->n_steps; i++) {
        const struct vif_plan_step *ps = &plan->steps[i];
        const struct step_class *class
            = engine->executor->class->lookup(engine->executor, ps->kind);
        struct vif_error *error;
        char lane[64];

        if (!class) {
            return vif_error_create(VIF_ERR_INTERNAL, "plugin %s asks for a "
                                    "step of unknown kind '%s'",
                                    plan->plugin ? plan->plugin : "?",
                                    ps->kind);
        }
        error = class->check ? class->check(&ps->args, ps->n_refs > 0) : NULL;
        if (!error && !ps->n_refs) {
            error = engine_check_lane(engine, class, &ps->args, lane);
        }
        if (error) {
            return vif_error_wrap(error, "%s %s", ps->kind, ps->object);
        }

        const struct pstep *other = pstep_lookup(engine, ps->kind,
                                                 ps->object);
        if (other && other->port != port && !ps->shared) {
            bool leaving = (other->port->state == PORT_UNPLUGGING
                            || other->port->state == PORT_UNDOING);
            error = vif_error_create(VIF_ERR_CONFLICT,
                                     "%s %s belongs to port %s", ps->kind,
                                     ps->object, other->port->id);
            CLEANUP_FREE char *where = xasprintf("%s %s", ps->kind,
                                                 ps->object);
            error = vif_error_with_where(error, where);
            return leaving ? vif_error_with_retry(error, 0) : error;
        }
        const struct pstep *mine = port_find_step(port, class, ps->object);
        if (mine && mine->has_cur && mine->shared != ps->shared) {
            return vif_error_create(VIF_ERR_REFUSED, "%s %s cannot turn "
                                    "from or into a shared one", ps->kind,
                                    ps->object);
        }
        if (mine && mine->has_cur && !ps->n_refs
            && pstep_decide(mine, &ps->args) == ACTION_UNDECIDED) {
            return vif_error_create(VIF_ERR_IN_USE, "%s %s cannot be changed "
                                    "so while it may be in use: unplug the "
                                    "port first", ps->kind, ps->object);
        }
    }
    return NULL;
}

/* Makes 'plan' for 'binding' the port's target: takes its claims and lists
 * its steps, with nothing done yet.  On error nothing has changed. */
struct vif_error *
port_adopt_plan(struct port *port, const struct vif_binding *binding,
                const struct vif_plan *plan)
{
    struct vif_error *error = check_plan_steps(port, plan);

    if (!error) {
        error = claims_take(port, plan);
    }
    if (error) {
        return error;
    }

    size_t max = plan->n_steps + port->n_steps;
    struct pstep **steps = xcalloc(MAX(max, 1), sizeof *steps);
    size_t n = 0;

    for (size_t i = 0; i < plan->n_steps; i++) {
        const struct vif_plan_step *ps = &plan->steps[i];
        const struct step_class *class = port->engine->executor->class->lookup(
            port->engine->executor, ps->kind);
        struct pstep *step = port_find_step(port, class, ps->object);

        if (!step) {
            step = pstep_create(port, class, ps->object);
            step->shared = ps->shared;
        }
        pstep_reset(step);
        step->has_new = true;
        step->after = ps->after;
        vif_attrs_destroy(&step->args);
        vif_attrs_clone(&step->args, &ps->args);
        plan_refs_free(step->refs, step->n_refs);
        step->refs = plan_refs_clone(ps->refs, ps->n_refs);
        step->n_refs = ps->n_refs;
        pstep_index(step);
        steps[n++] = step;
    }
    port->n_target = n;
    for (size_t i = 0; i < port->n_steps; i++) {
        struct pstep *step = port->steps[i];
        bool kept = false;

        for (size_t j = 0; j < port->n_target; j++) {
            kept |= steps[j] == step;
        }
        if (!kept) {
            pstep_reset(step);
            step->has_new = false;
            step->action = ACTION_DROP;
            steps[n++] = step;
        }
    }
    free(port->steps);
    port->steps = steps;
    port->n_steps = n;
    plan_meta_from_plan(&port->target, binding, plan);
    return NULL;
}

/* Makes what the port has its target too: for putting it right again. */
void
port_retarget_current(struct port *port)
{
    for (size_t i = 0; i < port->n_steps; i++) {
        struct pstep *step = port->steps[i];

        pstep_reset(step);
        step->has_new = true;
        vif_attrs_destroy(&step->args);
        vif_attrs_clone(&step->args, &step->cur);
        plan_refs_free(step->refs, step->n_refs);
        step->refs = plan_refs_clone(step->cur_refs, step->n_cur_refs);
        step->n_refs = step->n_cur_refs;
        step->after = step->cur_after;
    }
    port->n_target = port->n_steps;
    plan_meta_clone(&port->target, &port->current);
}

/* Wants nothing of the port any more. */
void
port_drop_all(struct port *port)
{
    for (size_t i = 0; i < port->n_steps; i++) {
        struct pstep *step = port->steps[i];

        pstep_reset(step);
        step->has_new = false;
        step->action = ACTION_DROP;
    }
    port->n_target = 0;
}

/* Leaves everything that the port has as it is. */
void
port_keep_all(struct port *port)
{
    for (size_t i = 0; i < port->n_steps; i++) {
        pstep_reset(port->steps[i]);
        port->steps[i]->has_new = false;
        port->steps[i]->action = ACTION_KEEP;
    }
    port->n_target = 0;
}

/* Frees the steps for which 'keep' is false and closes the gaps. */
static void
port_keep_steps(struct port *port, bool (*keep)(const struct pstep *))
{
    size_t n = 0;

    for (size_t i = 0; i < port->n_steps; i++) {
        struct pstep *step = port->steps[i];

        if (keep(step)) {
            port->steps[n++] = step;
        } else {
            pstep_free(step);
        }
    }
    port->n_steps = n;
}

static bool
pstep_has_cur(const struct pstep *step)
{
    return step->has_cur;
}

/* The target is in place and journalled: it is the current plan now.  What is
 * to be dropped stays in the list behind it. */
void
port_finish_forward(struct port *port)
{
    for (size_t i = 0; i < port->n_target; i++) {
        struct pstep *step = port->steps[i];

        vif_attrs_swap(&step->cur, &step->new);
        vif_attrs_destroy(&step->new);
        vif_attrs_destroy(&step->args);
        plan_refs_free(step->cur_refs, step->n_cur_refs);
        step->cur_refs = TAKE(step->refs);
        step->n_cur_refs = step->n_refs;
        step->n_refs = 0;
        step->cur_after = step->after;
        step->has_cur = true;
        step->has_new = false;
        step->position = i;
    }
    plan_meta_move(&port->current, &port->target);
    port->drifted = port->restore_due = port->restore_again = false;
    port_set_trouble(port, NULL);
    claims_trim(port);
}

/* Everything the target brought has been taken back. */
void
port_finish_undo(struct port *port)
{
    for (size_t i = 0; i < port->n_steps; i++) {
        struct pstep *step = port->steps[i];

        step->action = ACTION_KEEP;     /* Nothing is to be dropped now. */
        step->has_new = false;
        vif_attrs_destroy(&step->new);
        vif_attrs_destroy(&step->args);
        plan_refs_free(step->refs, step->n_refs);
        step->refs = NULL;
        step->n_refs = 0;
    }
    port_keep_steps(port, pstep_has_cur);
    plan_meta_clear(&port->target);
    port->n_target = 0;
    port_restore_order(port);
    claims_trim(port);
}

/* Everything that was to be dropped is gone. */
void
port_finish_drop(struct port *port)
{
    for (size_t i = 0; i < port->n_steps; i++) {
        struct pstep *step = port->steps[i];

        if (step->action == ACTION_DROP) {
            step->has_cur = false;
        }
    }
    port_keep_steps(port, pstep_has_cur);
    if (port->unplugging) {
        plan_meta_clear(&port->current);
    }
    port->n_target = 0;
    claims_trim(port);
}

static int
compare_positions(const void *a_, const void *b_)
{
    const struct pstep *const *a = a_, *const *b = b_;

    return (*a)->position < (*b)->position ? -1
           : (*a)->position > (*b)->position;
}

/* References of the details count positions of the current plan: puts the
 * steps back into its order. */
void
port_restore_order(struct port *port)
{
    qsort(port->steps, port->n_steps, sizeof *port->steps,
          compare_positions);
}

/* What the port has, as a plan, for the planner to prefer.  The caller
 * frees; NULL if it has nothing. */
struct vif_plan *
port_current_plan(const struct port *port)
{
    if (!port->current.valid) {
        return NULL;
    }

    struct vif_plan *plan = vif_plan_create();

    plan->plugin = (port->current.plugin ? xstrdup(port->current.plugin)
                    : NULL);
    for (size_t i = 0; i < port->n_steps; i++) {
        const struct pstep *step = port->steps[i];

        if (step->has_cur) {
            unsigned int pos = vif_plan_add_step(plan, step->class->kind,
                                                 step->object);
            vif_attrs_merge(vif_plan_step_args(plan, pos), &step->cur);
            if (step->shared) {
                vif_plan_step_share(plan, pos);
            }
        }
    }
    for (size_t i = 0; i < port->current.n_claims; i++) {
        vif_plan_claim(plan, port->current.claims[i]);
    }
    port_details(port, &port->current, vif_plan_details(plan));
    return plan;
}
