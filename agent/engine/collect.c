/* SPDX-License-Identifier: Apache-2.0 */

/* Collecting: what carries a port's mark though no port has it is taken back
 * as an unplug takes back what a port has.  The port that it says it belongs
 * to gets it as steps to be dropped, journalled before anything is touched,
 * so that a crash goes on and everything else about that port waits. */

#include <config.h>

#include "engine/engine-private.h"

#include <stdlib.h>
#include <string.h>

#include "util.h"

/* In no plan: behind all positions. */
#define FOUND_POSITION VIF_PLAN_MAX_STEPS

bool
engine_port_has(const struct engine *engine, const char *port_id,
                const char *kind, const char *object, const char *key,
                const char *value)
{
    const struct port *port = port_lookup(engine, port_id);

    for (size_t i = 0; port && i < port->n_steps; i++) {
        const struct pstep *step = port->steps[i];
        const char *known = key ? vif_attrs_get(&step->output, key) : NULL;
        bool moving = (port->transition != TRANSITION_NONE
                       && port->transition != TRANSITION_CHECK);

        if (!strcmp(step->class->kind, kind)
            && (!strcmp(step->object, object)
                || (key && (moving || !known || !strcmp(known, value))))) {
            return true;
        }
    }
    return false;
}

static struct engine_orphan *
orphans_clone(const struct engine_orphan *orphans, size_t n)
{
    struct engine_orphan *copy = xcalloc(MAX(n, 1), sizeof *copy);

    for (size_t i = 0; i < n; i++) {
        copy[i].kind = xstrdup(orphans[i].kind);
        copy[i].object = xstrdup(orphans[i].object);
        vif_attrs_clone(&copy[i].original, &orphans[i].original);
        vif_attrs_clone(&copy[i].output, &orphans[i].output);
    }
    return copy;
}

void
orphans_free(struct engine_orphan *orphans, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        free(CONST_CAST(char *, orphans[i].kind));
        free(CONST_CAST(char *, orphans[i].object));
        vif_attrs_destroy(&orphans[i].original);
        vif_attrs_destroy(&orphans[i].output);
    }
    free(orphans);
}

void
engine_collect(struct engine *engine, const char *port_id,
               const struct engine_orphan *orphans, size_t n,
               unsigned int timeout_ms, request_done_cb *done, void *aux)
{
    struct vif_binding binding;
    struct request request = {
        .kind = REQUEST_COLLECT,
        .bindings = &binding,
        .n = 1,
        .timeout_ms = timeout_ms,
        .done = done,
        .aux = aux,
    };

    vif_binding_init(&binding);
    binding.port_id = xstrdup(port_id);
    struct group *group = group_create(engine, &request);

    group->jobs[0]->orphans = orphans_clone(orphans, n);
    group->jobs[0]->n_orphans = n;
    group_enqueue(group);
    vif_binding_destroy(&binding);
}

static bool
port_has_step(const struct port *port, const struct engine_orphan *orphan)
{
    for (size_t i = 0; i < port->n_steps; i++) {
        const struct pstep *step = port->steps[i];

        if (!strcmp(step->class->kind, orphan->kind)
            && !strcmp(step->object, orphan->object)) {
            return true;
        }
    }
    return false;
}

/* It is not in the index of objects: who has the name there may be another
 * port, which is none of this one's business. */
static void
add_found_step(struct port *port, const struct step_class *class,
               const struct engine_orphan *orphan)
{
    struct pstep *step = pstep_create(port, class, orphan->object);

    step->found = true;
    step->position = FOUND_POSITION;
    step->has_cur = true;
    step->action = ACTION_DROP;
    vif_attrs_clone(&step->original, &orphan->original);
    vif_attrs_clone(&step->output, &orphan->output);
    port->steps[port->n_steps++] = step;
}

/* Gives 'port' what is to be collected, but for what it has taken up itself
 * since somebody looked. */
static struct vif_error *
add_found_steps(struct port *port, const struct job *job, size_t *np)
{
    struct executor *executor = port->engine->executor;

    *np = 0;
    for (size_t i = 0; i < job->n_orphans; i++) {
        if (!executor->class->lookup(executor, job->orphans[i].kind)) {
            return vif_error_create(VIF_ERR_INTERNAL, "a step of kind '%s' "
                                    "is not known here",
                                    job->orphans[i].kind);
        }
    }
    port->steps = xrealloc(port->steps, (port->n_steps + job->n_orphans)
                                        * sizeof *port->steps);
    for (size_t i = 0; i < job->n_orphans; i++) {
        const struct engine_orphan *orphan = &job->orphans[i];

        if (!port_has_step(port, orphan)) {
            add_found_step(port, executor->class->lookup(executor,
                                                         orphan->kind),
                           orphan);
            ++*np;
        }
    }
    return NULL;
}

struct vif_error *
start_collect(struct port *port, struct job *job)
{
    bool known = port->current.valid;
    size_t n;

    if (known) {
        port_keep_all(port);
    }

    struct vif_error *error = add_found_steps(port, job, &n);
    if (error) {
        return error;
    }
    if (!n) {
        job_warn(job, "the port has it by now");
        if (!known) {
            port_set_state(port, PORT_GONE, NULL);
        }
        job_answer(job, OUTCOME_DONE, NULL);
        return NULL;
    }

    port->job = job;
    port->in_journal = port->changed = true;
    if (known) {
        port->recheck_later = true;
        port_set_state(port, PORT_CHANGING, NULL);
        port_touch(port);
    }
    drop_start(port, !known);
    return NULL;
}

/* The removal was refused: 'port' does not have what was found after all. */
void
port_forget_found(struct port *port)
{
    size_t n = 0;

    for (size_t i = 0; i < port->n_steps; i++) {
        struct pstep *step = port->steps[i];

        if (step->found) {
            pstep_free(step);
        } else {
            port->steps[n++] = step;
        }
    }
    port->n_steps = n;
}
