/* SPDX-License-Identifier: Apache-2.0 */

/* Ports and their steps as objects: made, found, named, freed.  What happens
 * to them is decided elsewhere. */

#include <config.h>

#include "engine/engine-private.h"

#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "openvswitch/vlog.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(port);

struct port *
port_create(struct engine *engine, const char *id)
{
    struct port *port = xzalloc(sizeof *port);

    port->engine = engine;
    port->id = xstrdup(id);
    port->state = PORT_PLANNED;
    /* The record of a former port of that name may still be there. */
    port->overdue = sset_contains(&engine->touched[JOURNAL_PORT], id);
    port->since_us = time_wall_usec();
    ovs_list_init(&port->queue);
    hmap_insert(&engine->ports, &port->node, hash_string(id, 0));
    return port;
}

struct port *
port_lookup(const struct engine *engine, const char *id)
{
    struct port *port;

    HMAP_FOR_EACH_WITH_HASH (port, node, hash_string(id, 0),
                             &engine->ports) {
        if (!strcmp(port->id, id)) {
            return port;
        }
    }
    return NULL;
}

/* 'port' must have no task under way and no job. */
void
port_free(struct port *port)
{
    struct engine *engine = port->engine;

    for (size_t i = 0; i < port->n_steps; i++) {
        pstep_free(port->steps[i]);
    }
    free(port->steps);
    plan_meta_clear(&port->current);
    plan_meta_clear(&port->target);
    vif_error_destroy(port->trouble);
    if (port->kicked) {
        ovs_list_remove(&port->kick_node);
    }
    if (port->timed) {
        heap_remove(&engine->timers, &port->timer);
    }
    if (port->transition != TRANSITION_NONE) {
        engine->n_transitions--;
    }
    if (port->recovering) {
        engine->n_recovering--;
    }
    hmap_remove(&engine->ports, &port->node);
    free(port->id);
    free(port);
}

void
port_set_state(struct port *port, enum port_state state,
               const struct vif_error *error)
{
    enum port_state from = port->state;

    if (from == state) {
        return;
    }
    if (!port_state_may(from, state)) {
        VLOG_ERR("port %s: no way leads from %s to %s", port->id,
                 port_state_name(from), port_state_name(state));
        ovs_assert(!getenv("VIFD_STRICT_STATES"));
    }
    VLOG_DBG("port %s: %s -> %s", port->id, port_state_name(from),
             port_state_name(state));
    port->state = state;
    port->since_us = time_wall_usec();
    if (port->engine->event_cb) {
        struct engine_event event = {
            .port_id = port->id, .from = from, .to = state, .error = error,
        };
        port->engine->event_cb(port->engine->event_aux, &event);
    }
}

/* The state that a port in which nothing is under way has because of what is
 * in place. */
enum port_state
port_settled_state(const struct port *port)
{
    if (!port->current.valid) {
        return PORT_GONE;
    }
    if (port->drifted) {
        return PORT_DRIFTED;
    }
    if (port->current.binding.prepare) {
        return PORT_PREPARED;
    }
    for (size_t i = 0; i < port->n_steps; i++) {
        if (vif_attrs_get(&port->steps[i]->output, "pending")) {
            return PORT_WAITING_FOR_DEVICE;
        }
    }
    return PORT_ACTIVE;
}

void
port_settle(struct port *port)
{
    port_set_state(port, port_settled_state(port), port->trouble);
}

void
port_set_transition(struct port *port, enum transition transition)
{
    struct engine *engine = port->engine;

    engine->n_transitions += ((transition != TRANSITION_NONE)
                              - (port->transition != TRANSITION_NONE));
    port->overdue |= (port->transition == TRANSITION_UNDO
                      || port->transition == TRANSITION_DROP);
    port->transition = transition;
    port->commit = 0;
    if (transition == TRANSITION_NONE) {
        port_pack(port);
        if (port->recovering) {
            port->recovering = false;
            engine->n_recovering--;
        }
        if (port->recheck_later) {
            port->recheck_later = false;
            if (!port->restore_again) {
                port->recheck_us = engine_now(engine) + RECHECK_DELAY_US;
            }
        }
    }
    engine_kick(port);
}

void
port_touch(struct port *port)
{
    engine_touch(port->engine, JOURNAL_PORT, port->id);
}

void
port_set_trouble(struct port *port, struct vif_error *error)
{
    vif_error_destroy(port->trouble);
    port->trouble = error;
}

/* The step at 'position' of 'meta', the port's current or target plan. */
static const struct pstep *
port_step_at(const struct port *port, const struct plan_meta *meta,
             unsigned int position)
{
    if (meta == &port->target) {
        return position < port->n_target ? port->steps[position] : NULL;
    }
    for (size_t i = 0; i < port->n_steps; i++) {
        if (port->steps[i]->has_cur && port->steps[i]->position == position) {
            return port->steps[i];
        }
    }
    return NULL;
}

/* Stores into 'details', which is empty, the literals of 'meta', which is the
 * port's current or target plan, and what the outputs of its steps say so
 * far. */
void
port_details(const struct port *port, const struct plan_meta *meta,
             struct vif_attrs *details)
{
    vif_attrs_clone(details, &meta->details);
    for (size_t i = 0; i < meta->n_details_refs; i++) {
        const struct vif_plan_ref *ref = &meta->details_refs[i];
        const struct pstep *step = port_step_at(port, meta, ref->step);

        if (step) {
            vif_attrs_set(details, ref->key,
                          vif_attrs_get(&step->output, ref->output));
        }
    }
}

struct pstep *
pstep_create(struct port *port, const struct step_class *class,
             const char *object)
{
    struct pstep *step = xzalloc(sizeof *step);

    step->port = port;
    step->class = class;
    step->object = xstrdup(object);
    return step;
}

void
pstep_free(struct pstep *step)
{
    if (!step) {
        return;
    }
    ovs_assert(!step->task);
    pstep_unindex(step);
    vif_attrs_destroy(&step->cur);
    vif_attrs_destroy(&step->args);
    vif_attrs_destroy(&step->new);
    vif_attrs_destroy(&step->original);
    vif_attrs_destroy(&step->output);
    plan_refs_free(step->refs, step->n_refs);
    plan_refs_free(step->cur_refs, step->n_cur_refs);
    vif_error_destroy(step->trouble);
    free(step->object);
    free(step);
}

/* 'port' has come to rest: what it keeps is made as small as it can be. */
void
port_pack(struct port *port)
{
    for (size_t i = 0; i < port->n_steps; i++) {
        struct pstep *step = port->steps[i];

        vif_attrs_pack(&step->cur);
        vif_attrs_pack(&step->original);
        vif_attrs_pack(&step->output);
    }
    vif_attrs_pack(&port->current.details);
}

static uint32_t
object_hash(const char *kind, const char *object)
{
    return hash_string(object, hash_string(kind, 0));
}

void
pstep_index(struct pstep *step)
{
    if (!step->indexed && !step->shared) {
        hmap_insert(&step->port->engine->objects, &step->object_node,
                    object_hash(step->class->kind, step->object));
        step->indexed = true;
    }
}

void
pstep_unindex(struct pstep *step)
{
    if (step->indexed) {
        hmap_remove(&step->port->engine->objects, &step->object_node);
        step->indexed = false;
    }
}

struct pstep *
pstep_lookup(const struct engine *engine, const char *kind,
             const char *object)
{
    struct pstep *step;

    HMAP_FOR_EACH_WITH_HASH (step, object_node, object_hash(kind, object),
                             &engine->objects) {
        if (!strcmp(step->class->kind, kind)
            && !strcmp(step->object, object)) {
            return step;
        }
    }
    return NULL;
}

void
plan_refs_free(struct vif_plan_ref *refs, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        free(refs[i].key);
        free(refs[i].output);
    }
    free(refs);
}

struct vif_plan_ref *
plan_refs_clone(const struct vif_plan_ref *refs, size_t n)
{
    struct vif_plan_ref *copy = n ? xmalloc(n * sizeof *copy) : NULL;

    for (size_t i = 0; i < n; i++) {
        copy[i].key = xstrdup(refs[i].key);
        copy[i].step = refs[i].step;
        copy[i].output = xstrdup(refs[i].output);
    }
    return copy;
}

static void
strings_free(char **strings, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        free(strings[i]);
    }
    free(strings);
}

static char **
strings_clone(char *const *strings, size_t n)
{
    char **copy = n ? xmalloc(n * sizeof *copy) : NULL;

    for (size_t i = 0; i < n; i++) {
        copy[i] = xstrdup(strings[i]);
    }
    return copy;
}

void
plan_meta_clear(struct plan_meta *meta)
{
    if (meta->valid) {
        vif_binding_destroy(&meta->binding);
    }
    free(meta->plugin);
    strings_free(meta->claims, meta->n_claims);
    strings_free(meta->warnings, meta->n_warnings);
    vif_attrs_destroy(&meta->details);
    plan_refs_free(meta->details_refs, meta->n_details_refs);
    memset(meta, 0, sizeof *meta);
}

/* Takes copies of everything in 'plan' but its steps. */
void
plan_meta_from_plan(struct plan_meta *meta, const struct vif_binding *binding,
                    const struct vif_plan *plan)
{
    plan_meta_clear(meta);
    meta->valid = true;
    vif_binding_clone(&meta->binding, binding);
    meta->plugin = plan->plugin ? xstrdup(plan->plugin) : NULL;
    meta->claims = strings_clone(plan->claims, plan->n_claims);
    meta->n_claims = plan->n_claims;
    meta->warnings = strings_clone(plan->warnings, plan->n_warnings);
    meta->n_warnings = plan->n_warnings;
    vif_attrs_clone(&meta->details, &plan->details);
    meta->details_refs = plan_refs_clone(plan->details_refs,
                                         plan->n_details_refs);
    meta->n_details_refs = plan->n_details_refs;
}

void
plan_meta_clone(struct plan_meta *to, const struct plan_meta *from)
{
    plan_meta_clear(to);
    if (!from->valid) {
        return;
    }
    to->valid = true;
    vif_binding_clone(&to->binding, &from->binding);
    to->plugin = from->plugin ? xstrdup(from->plugin) : NULL;
    to->claims = strings_clone(from->claims, from->n_claims);
    to->n_claims = from->n_claims;
    to->warnings = strings_clone(from->warnings, from->n_warnings);
    to->n_warnings = from->n_warnings;
    vif_attrs_clone(&to->details, &from->details);
    to->details_refs = plan_refs_clone(from->details_refs,
                                       from->n_details_refs);
    to->n_details_refs = from->n_details_refs;
}

void
plan_meta_move(struct plan_meta *to, struct plan_meta *from)
{
    plan_meta_clear(to);
    *to = *from;
    memset(from, 0, sizeof *from);
}

static bool
refs_equal(const struct vif_plan_ref *a, size_t n_a,
           const struct vif_plan_ref *b, size_t n_b)
{
    if (n_a != n_b) {
        return false;
    }
    for (size_t i = 0; i < n_a; i++) {
        if (strcmp(a[i].key, b[i].key) || a[i].step != b[i].step
            || strcmp(a[i].output, b[i].output)) {
            return false;
        }
    }
    return true;
}

static bool
strings_equal(char *const *a, size_t n_a, char *const *b, size_t n_b)
{
    if (n_a != n_b) {
        return false;
    }
    for (size_t i = 0; i < n_a; i++) {
        if (strcmp(a[i], b[i])) {
            return false;
        }
    }
    return true;
}

bool
plan_meta_equal(const struct plan_meta *a, const struct plan_meta *b)
{
    return a->valid == b->valid
           && (!a->valid
               || (vif_binding_equal(&a->binding, &b->binding)
                   && nullable_string_is_equal(a->plugin, b->plugin)
                   && strings_equal(a->claims, a->n_claims,
                                    b->claims, b->n_claims)
                   && strings_equal(a->warnings, a->n_warnings,
                                    b->warnings, b->n_warnings)
                   && vif_attrs_equal(&a->details, &b->details)
                   && refs_equal(a->details_refs, a->n_details_refs,
                                 b->details_refs, b->n_details_refs)));
}
