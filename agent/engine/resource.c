/* SPDX-License-Identifier: Apache-2.0 */

/* Shared things: a bridge, a VLAN device, an eswitch mode.  The first holder
 * makes one and captures the original, once; later ones only verify it; it is
 * taken back after the last has gone.  Who holds it stands in the ports'
 * records, so that another holder costs no write.
 *
 * This is the holders' side: who has what, and what they ask for.  How it is
 * carried out is in resource-run.c. */

#include <config.h>

#include "engine/resource-private.h"

#include "util.h"

static char *
resource_key(const struct step_class *class, const char *object)
{
    return xasprintf("%s|%s", class->kind, object);
}

struct resource *
resource_lookup(const struct engine *engine, const struct step_class *class,
                const char *object)
{
    char *key = resource_key(class, object);
    struct resource *resource = shash_find_data(&engine->resources, key);

    free(key);
    return resource;
}

struct resource *
resource_create(struct engine *engine, const struct step_class *class,
                const char *object)
{
    struct resource *resource = xzalloc(sizeof *resource);
    char *key = resource_key(class, object);

    resource->engine = engine;
    resource->class = class;
    resource->object = xstrdup(object);
    resource->node = shash_add(&engine->resources, key, resource);
    free(key);
    return resource;
}

void
resource_free(struct resource *resource)
{
    shash_delete(&resource->engine->resources, resource->node);
    vif_attrs_destroy(&resource->args);
    vif_attrs_destroy(&resource->previous);
    vif_attrs_destroy(&resource->original);
    vif_attrs_destroy(&resource->output);
    vif_error_destroy(resource->error);
    vif_error_destroy(resource->bad_error);
    free(resource->holders);
    free(resource->object);
    free(resource);
}

void
resource_touch(struct resource *resource)
{
    engine_touch(resource->engine, JOURNAL_RESOURCE, resource->node->name);
}

size_t
resource_n_live(const struct resource *resource)
{
    size_t n = 0;

    for (size_t i = 0; i < resource->n_holders; i++) {
        n += !resource->holders[i]->leaving;
    }
    return n;
}

void
resource_kick_holders(struct resource *resource)
{
    for (size_t i = 0; i < resource->n_holders; i++) {
        engine_kick(resource->holders[i]->port);
    }
}

/* Makes 'step' a holder.  Also used when the journal is read. */
void
resource_hold(struct resource *resource, struct pstep *step)
{
    if (resource->n_holders >= resource->allocated_holders) {
        resource->holders = x2nrealloc(resource->holders,
                                       &resource->allocated_holders,
                                       sizeof *resource->holders);
    }
    resource->holders[resource->n_holders++] = step;
    step->resource = resource;
    step->leaving = false;
}

void
resource_unhold(struct resource *resource, size_t i)
{
    struct pstep *step = resource->holders[i];

    step->resource = NULL;
    step->leaving = false;
    resource->holders[i] = resource->holders[--resource->n_holders];
}

static void
resource_want_deadline(struct resource *resource, const struct port *port)
{
    if (port->job) {
        resource->deadline_us = MAX(resource->deadline_us,
                                    port->job->soft_us);
    }
}

static struct vif_error *
resource_is_busy(void)
{
    return vif_error_with_retry(
        vif_error_create(VIF_ERR_BUSY, "an operation on it is under way"), 0);
}

/* Whether who wants 'args' is content with 'resource' as it is: two who share
 * it need not have asked for it in the same words. */
static bool
suits(const struct resource *resource, const struct vif_attrs *args)
{
    return (vif_attrs_equal(&resource->args, args)
            || resource->class->compare(&resource->args, args) == STEP_KEEP);
}

/* Whether somebody who has 'resource' is changing it and might still have to
 * change it back. */
static bool
resource_is_changing(const struct resource *resource)
{
    for (size_t i = 0; i < resource->n_holders; i++) {
        const struct pstep *step = resource->holders[i];

        if (!step->leaving && step->has_cur && !suits(resource, &step->cur)) {
            return true;
        }
    }
    return false;
}

/* From now on 'args' are wanted; what is there has the old ones. */
static void
resource_set_args(struct resource *resource, const struct vif_attrs *args)
{
    vif_attrs_destroy(&resource->previous);
    vif_attrs_swap(&resource->previous, &resource->args);
    vif_attrs_clone(&resource->args, args);
    resource->altering = true;
    if (resource->phase == RESOURCE_READY) {
        resource->phase = RESOURCE_ARMED;
    }
    resource->armed_commit = 0;
    resource_touch(resource);
}

/* Makes 'step', whose arguments are in step->new, a holder of the thing that
 * it names, which is made if it is not there.  resource_ask() then tells how
 * it goes.  An error if it is held by others who want it otherwise. */
struct vif_error *
resource_acquire(struct pstep *step)
{
    struct engine *engine = step->port->engine;
    struct resource *resource = resource_lookup(engine, step->class,
                                                step->object);

    if (resource && resource->error) {
        return vif_error_with_retry(
            vif_error_wrap(vif_error_clone(resource->error),
                           "it is being taken back after a failure"), 0);
    }
    if (resource && resource_is_changing(resource)) {
        return vif_error_with_retry(
            vif_error_create(VIF_ERR_BUSY, "another port that has it is "
                             "changing it"), 0);
    }
    if (resource && resource_n_live(resource)) {
        if (!suits(resource, &step->new)) {
            return vif_error_create(VIF_ERR_CONFLICT, "it is shared with %"
                                    PRIuSIZE" others that want it otherwise",
                                    resource_n_live(resource));
        }
    } else if (!resource || resource->phase == RESOURCE_NEW) {
        if (!resource) {
            resource = resource_create(engine, step->class, step->object);
        } else if (resource->task) {
            return resource_is_busy();
        }
        vif_attrs_destroy(&resource->args);
        vif_attrs_clone(&resource->args, &step->new);
    } else if (!vif_attrs_equal(&resource->args, &step->new)) {
        /* On its way out: it comes back, changed. */
        if (resource->task && resource->task->op != STEP_REVERT) {
            return resource_is_busy();
        }
        resource_set_args(resource, &step->new);
    }
    resource_want_deadline(resource, step->port);
    resource_hold(resource, step);
    engine_kick_resources(engine);
    return NULL;
}

/* Why the thing that 'step' holds cannot be changed now, or NULL. */
struct vif_error *
resource_check_alter(const struct pstep *step)
{
    const struct resource *resource = step->resource;

    if (resource_n_live(resource) > 1) {
        return vif_error_create(VIF_ERR_CONFLICT, "it is shared with %"
                                PRIuSIZE" others and cannot be changed",
                                resource_n_live(resource) - 1);
    }
    return resource->task ? resource_is_busy() : NULL;
}

/* Whether the thing that 'step' holds is as 'args' say, as far as that is
 * known without looking. */
bool
resource_is_as(const struct pstep *step, const struct vif_attrs *args)
{
    const struct resource *resource = step->resource;

    return (!resource->altering && !resource->error
            && suits(resource, args));
}

/* Changes the thing that 'step' holds to 'args', if nobody else holds it. */
struct vif_error *
resource_alter(struct pstep *step, const struct vif_attrs *args)
{
    struct resource *resource = step->resource;
    struct vif_error *error = resource_check_alter(step);

    if (error) {
        return error;
    }
    vif_error_destroy(resource->error);     /* Of an earlier change. */
    resource->error = NULL;
    resource_set_args(resource, args);
    resource_want_deadline(resource, step->port);
    step->asked_turn = 0;
    engine_kick_resources(resource->engine);
    return NULL;
}

/* Is the thing that 'step' holds there, verified since the first time that
 * 'step' asked?  With 'repair', it is put right if it is not.  '*errorp' is
 * the caller's with RESOURCE_NO. */
enum resource_answer
resource_ask(struct pstep *step, bool repair, struct vif_error **errorp)
{
    struct resource *resource = step->resource;

    if (!step->asked_turn) {
        step->asked_turn = resource->engine->turn;
        resource->repair |= repair;
        resource_want_deadline(resource, step->port);
        engine_kick_resources(resource->engine);
    }
    if (resource->error) {
        *errorp = vif_error_clone(resource->error);
        return RESOURCE_NO;
    }
    if (resource->phase == RESOURCE_READY && !resource->task
        && resource->verified_turn >= step->asked_turn) {
        if (resource->bad_error) {
            *errorp = vif_error_clone(resource->bad_error);
            return RESOURCE_NO;
        }
        vif_attrs_destroy(&step->output);
        vif_attrs_clone(&step->output, &resource->output);
        return RESOURCE_YES;
    }
    return RESOURCE_WAIT;
}

/* 'step' lets go.  True when it need not wait any more: others hold the
 * thing, or it is gone. */
bool
resource_release(struct pstep *step)
{
    struct resource *resource = step->resource;

    if (!resource) {
        return true;
    }
    if (!step->leaving) {
        step->leaving = true;
        engine_kick_resources(resource->engine);
    }
    return false;
}

/* Frees all, when the engine goes; tasks under way free themselves. */
void
resources_free(struct engine *engine)
{
    struct shash_node *node;

    SHASH_FOR_EACH_SAFE (node, &engine->resources) {
        struct resource *resource = node->data;

        if (resource->task) {
            if (resource->task_over) {
                step_task_destroy(resource->task);
            } else {
                resource->task->aux = NULL;
            }
        }
        resource_free(resource);
    }
}
