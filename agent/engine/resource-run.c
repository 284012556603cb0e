/* SPDX-License-Identifier: Apache-2.0 */

/* Shared things are made, verified, changed and taken back: each is one
 * operation after the other, as its holders want it.  Who they are is in
 * resource.c. */

#include <config.h>

#include "engine/resource-private.h"

#include <limits.h>

#include "openvswitch/vlog.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(resource);

#define BACKGROUND_US 10000000

static void
resource_task_done(struct step_task *task)
{
    struct resource *resource = task->aux;

    if (!resource) {
        step_task_destroy(task);
        return;
    }
    resource->task_over = true;
    engine_kick_resources(resource->engine);
}

static void
resource_submit(struct resource *resource, enum step_op op)
{
    struct engine *engine = resource->engine;
    const char *port_id = (resource->n_holders
                           ? resource->holders[0]->port->id : "");
    bool has_previous = ((op == STEP_APPLY && (resource->altering
                                               || resource->bad))
                         || (op == STEP_REVERT && resource->altering)
                         || (op == STEP_CAPTURE && resource->bad
                             && !resource->void_original));
    long long now = engine_now(engine);
    struct step_task *task = step_task_create(resource->class, op);

    engine_task_fill(task, &resource->args,
                     (!has_previous ? NULL
                      : resource->altering ? &resource->previous
                      : &resource->args),
                     &resource->original, &resource->output,
                     resource->object, port_id,
                     (resource->deadline_us > now ? resource->deadline_us
                      : now + BACKGROUND_US));
    if (resource->class->lane) {
        char lane[sizeof task->lane];
        const char *name = resource->class->lane(&resource->args, lane);

        ovs_strlcpy(task->lane, name ? name : "", sizeof task->lane);
    }
    if (!task->lane[0]) {
        ovs_strlcpy(task->lane, resource->node->name, sizeof task->lane);
    }
    task->done = resource_task_done;
    task->aux = resource;
    resource->task = task;
    resource->task_over = false;
    resource->begun_turn = engine->turn;
    engine->executor->class->submit(engine->executor, task);
}

/* What revert() had to say is for the answers of those who let go. */
static void
resource_tell_warning(const struct resource *resource, struct pstep *step)
{
    const char *warning = vif_attrs_get(&resource->output, "warning");

    if (warning) {
        vif_attrs_set(&step->output, "warning", warning);
    }
}

/* The thing is gone, or was never there. */
static void
resource_is_gone(struct resource *resource)
{
    resource_kick_holders(resource);
    for (size_t i = resource->n_holders; i-- > 0; ) {
        if (resource->holders[i]->leaving) {
            resource_tell_warning(resource, resource->holders[i]);
            resource_unhold(resource, i);
        }
    }
    vif_error_destroy(resource->error);
    resource->error = NULL;
    vif_error_destroy(resource->bad_error);
    resource->bad_error = NULL;
    vif_attrs_destroy(&resource->original);
    vif_attrs_destroy(&resource->output);
    vif_attrs_destroy(&resource->previous);
    resource->altering = resource->bad = resource->unsure = false;
    resource->void_original = false;
    resource->phase = RESOURCE_NEW;
    resource->verified_turn = 0;
    resource->in_journal = false;
    resource_touch(resource);
    if (!resource->n_holders) {
        resource_free(resource);
    } else {
        engine_kick_resources(resource->engine);
    }
}

static void
resource_failed(struct resource *resource, struct vif_error *error)
{
    vif_error_destroy(resource->error);
    resource->error = error;
    resource_kick_holders(resource);
}

static void
resource_retry_later(struct resource *resource, struct vif_error *error)
{
    const struct engine *engine = resource->engine;

    resource->retry_us = (engine_now(engine)
                          + retry_pause_us(&engine->config,
                                           resource->n_failures));
    if (!resource->n_failures++) {
        VLOG_WARN("take back %s %s: %s; will try again",
                  resource->class->kind, resource->object, error->message);
    }
    for (size_t i = 0; i < resource->n_holders; i++) {
        struct pstep *step = resource->holders[i];

        vif_error_destroy(step->trouble);
        step->trouble = vif_error_clone(error);
    }
    vif_error_destroy(error);
}

static void
resource_verified(struct resource *resource, enum step_op op,
                  struct vif_error *error)
{
    bool repair = resource->repair || resource->unsure;

    vif_error_destroy(resource->bad_error);
    resource->bad_error = NULL;
    resource->bad = error != NULL;
    resource->unsure = false;
    if (error && repair && op == STEP_VERIFY) {
        vif_error_destroy(error);
        resource_submit(resource, STEP_CAPTURE);
        return;
    }
    resource->repair = false;
    resource->bad_error = error;
    resource->phase = RESOURCE_READY;
    resource->verified_turn = resource->begun_turn;
    if (op == STEP_APPLY) {
        /* Whoever asked while it was being made has his answer. */
        resource->verified_turn = resource->engine->turn;
        if (resource->altering) {
            resource->altering = false;
            vif_attrs_destroy(&resource->previous);
        }
        resource_touch(resource);
    }
    resource_kick_holders(resource);
}

void
resource_commit_failed(struct resource *resource,
                       const struct vif_error *error)
{
    if (resource->phase != RESOURCE_ARMED || resource->task
        || resource->error) {
        return;
    }
    if (resource->bad) {
        /* It was being put right for somebody who has it: it stays bad. */
        resource_verified(resource, STEP_APPLY, vif_error_clone(error));
    } else {
        resource->error = vif_error_clone(error);
        resource_kick_holders(resource);
    }
    engine_kick_resources(resource->engine);
}

static void
resource_result(struct resource *resource)
{
    struct step_task *task = resource->task;
    struct vif_error *error = task->error;
    enum step_op op = task->op;

    resource->task = NULL;
    resource->task_over = false;
    task->error = NULL;
    if (!error) {
        if (op == STEP_CAPTURE) {
            vif_attrs_swap(&resource->original, &task->step.original);
            resource->void_original &= task->step.has_previous;
        } else {
            vif_attrs_swap(&resource->output, &task->step.output);
        }
    }
    step_task_destroy(task);

    switch (op) {
    case STEP_CAPTURE:
        if (error && resource->bad) {
            resource_verified(resource, STEP_APPLY, error);
        } else if (error) {
            resource_failed(resource, error);
        } else {
            resource->phase = RESOURCE_ARMED;
            resource->armed_commit = 0;
            resource->in_journal = true;
            resource_touch(resource);
        }
        break;
    case STEP_APPLY:
        if (error && !resource->bad) {
            resource_failed(resource, error);
        } else {
            resource_verified(resource, op, error);
        }
        break;
    case STEP_VERIFY:
        resource_verified(resource, op, error);
        break;
    case STEP_REVERT:
        if (error) {
            resource_retry_later(resource, error);
        } else {
            resource->n_failures = 0;
            resource->retry_us = 0;
            resource_is_gone(resource);
        }
        break;
    case STEP_CHECK_UNUSED:
    case N_STEP_OPS:
    default:
        OVS_NOT_REACHED();
    }
}

static bool
resource_is_asked(const struct resource *resource)
{
    for (size_t i = 0; i < resource->n_holders; i++) {
        const struct pstep *step = resource->holders[i];

        if (!step->leaving && step->asked_turn > resource->verified_turn) {
            return true;
        }
    }
    return false;
}

static void
resource_drop_leavers(struct resource *resource)
{
    for (size_t i = resource->n_holders; i-- > 0; ) {
        struct pstep *step = resource->holders[i];

        if (step->leaving) {
            resource_unhold(resource, i);
            engine_kick(step->port);
        }
    }
}

/* Takes 'resource', which has no task under way, as far as it goes now.  May
 * free it. */
static void
resource_advance(struct resource *resource)
{
    struct engine *engine = resource->engine;
    bool live = resource_n_live(resource) > 0;

    if (!live) {
        if (resource->phase == RESOURCE_NEW) {
            resource_is_gone(resource);
        } else if (resource->retry_us <= engine_now(engine)) {
            resource->phase = RESOURCE_REVERTING;
            resource_submit(resource, STEP_REVERT);
        }
        return;
    }
    if (resource->error) {
        return;             /* Its holders are about to let go. */
    }
    resource_drop_leavers(resource);
    switch (resource->phase) {
    case RESOURCE_NEW:
        resource_submit(resource, STEP_CAPTURE);
        break;
    case RESOURCE_REVERTING:
        /* Somebody came before it was gone: put it in place again. */
        resource->phase = RESOURCE_ARMED;
        resource->armed_commit = 0;
        resource->n_failures = 0;
        resource->retry_us = 0;
        resource_touch(resource);
        break;
    case RESOURCE_ARMED:
        if (resource->unsure) {
            /* Whoever was plugging when vifd died is about to let go. */
            if (resource_is_asked(resource)) {
                resource_submit(resource, STEP_VERIFY);
            }
        } else if (resource->void_original) {
            resource_submit(resource, STEP_CAPTURE);
        } else if (engine_durable(engine, resource->armed_commit)) {
            resource_submit(resource, STEP_APPLY);
        }
        break;
    case RESOURCE_READY:
        if (resource_is_asked(resource)) {
            resource_submit(resource, STEP_VERIFY);
        }
        break;
    default:
        OVS_NOT_REACHED();
    }
}

/* Advances all resources: there are few. */
void
resources_advance(struct engine *engine)
{
    struct shash_node *node;

    SHASH_FOR_EACH_SAFE (node, &engine->resources) {
        struct resource *resource = node->data;

        if (resource->task && resource->task_over) {
            char *key = xstrdup(node->name);

            resource_result(resource);
            resource = shash_find_data(&engine->resources, key);
            free(key);
            engine_kick_resources(engine);
        }
        if (resource && !resource->task) {
            resource_advance(resource);
        }
    }
}

long long
resources_next_timer(const struct engine *engine)
{
    long long next = LLONG_MAX;
    const struct shash_node *node;

    SHASH_FOR_EACH (node, &engine->resources) {
        const struct resource *resource = node->data;

        if (resource->retry_us && !resource->task) {
            next = MIN(next, resource->retry_us);
        }
    }
    return next;
}

/* Whether any is being made, changed or taken back. */
bool
resources_busy(const struct engine *engine)
{
    const struct shash_node *node;

    SHASH_FOR_EACH (node, &engine->resources) {
        const struct resource *resource = node->data;

        if (resource->task || resource->phase != RESOURCE_READY) {
            return true;
        }
    }
    return false;
}
