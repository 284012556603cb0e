/* SPDX-License-Identifier: Apache-2.0 */

/* Check: every step of a port is verified, at the same time, and nothing is
 * changed.  For the method of that name, after notifications, and after a
 * restart. */

#include <config.h>

#include "engine/engine-private.h"

#include <stdlib.h>

#include "util.h"

void
check_start(struct port *port)
{
    port_set_transition(port, TRANSITION_CHECK);
    port->changed = false;
    for (size_t i = 0; i < port->n_steps; i++) {
        struct pstep *step = port->steps[i];

        step->phase = PHASE_IDLE;
        step->action = ACTION_KEEP;
        step->asked_turn = 0;
        vif_error_destroy(step->trouble);
        step->trouble = NULL;
        step->own_us = step->host_us = 0;
        if (!step->shared) {
            pstep_submit(step, STEP_VERIFY, &step->cur, NULL,
                         port->job->hard_us);
        }
    }
}

/* Whether what 'step' refers to is still what it referred to. */
static struct vif_error *
check_references(const struct pstep *step)
{
    const char *key = pstep_outdated(step);

    return key ? vif_error_create(VIF_ERR_CONFLICT, "its %s is that of a "
                                  "device that has been made anew", key)
               : NULL;
}

/* Adds what is wrong with 'step', which gives it away, to '*errorp'. */
static void
add_trouble(struct vif_error **errorp, struct pstep *step)
{
    struct vif_error *one = vif_error_wrap(step->trouble, "%s %s",
                                           step->class->kind, step->object);

    step->trouble = NULL;
    if (!*errorp) {
        *errorp = one;
    } else {
        char *both = xasprintf("%s; %s", (*errorp)->message, one->message);

        free((*errorp)->message);
        (*errorp)->message = both;
        vif_error_destroy(one);
    }
}

/* Whether 'error' says nothing about what was to be looked at: a call that
 * fails has not seen that something is otherwise. */
static bool
is_unknown(const struct vif_error *error)
{
    return (error_is_passing(error)
            || (error->code == VIF_ERR_KERNEL && error->errnum));
}

static void
check_finish(struct port *port)
{
    struct job *job = port->job;
    struct vif_error *wrong = NULL, *unknown = NULL;

    for (size_t i = 0; i < port->n_steps; i++) {
        struct pstep *step = port->steps[i];
        if (!step->trouble) {
            step->trouble = check_references(step);
        }
        if (!step->trouble) {
            continue;
        }
        add_trouble(is_unknown(step->trouble) ? &unknown : &wrong, step);
    }
    if (wrong || !unknown) {
        port->drifted = wrong != NULL;
        port->n_unknown = 0;
        port_set_trouble(port, wrong ? vif_error_clone(wrong) : NULL);
    } else {
        port->recheck_us = (engine_now(port->engine)
                            + retry_pause_us(&port->engine->config,
                                             port->n_unknown++));
    }
    port_set_transition(port, TRANSITION_NONE);
    port_settle(port);
    if (job) {
        struct vif_error *error = wrong ? wrong : unknown;

        if (wrong) {
            vif_error_destroy(unknown);
        }
        job_answer(job, error ? OUTCOME_FAILED_CLEAN : OUTCOME_DONE, error);
    } else {
        vif_error_destroy(wrong);
        vif_error_destroy(unknown);
    }
}

void
check_advance(struct port *port)
{
    bool all = true;

    for (size_t i = 0; i < port->n_steps; i++) {
        struct pstep *step = port->steps[i];
        struct vif_error *error = NULL;
        enum step_op op;

        if (step->phase == PHASE_DONE) {
            continue;
        }
        if (step->shared) {
            if (resource_ask(step, false, &error) == RESOURCE_WAIT) {
                all = false;
                continue;
            }
        } else if (!pstep_take_result(step, &op, &error)) {
            all = false;
            continue;
        }
        step->trouble = error;
        step->phase = PHASE_DONE;
    }
    if (all) {
        check_finish(port);
    }
}
