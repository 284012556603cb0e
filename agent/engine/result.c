/* SPDX-License-Identifier: Apache-2.0 */

/* The answer to one job, put together with memory of its own, because the
 * port may change or go before all jobs of the request are answered. */

#include <config.h>

#include "engine/engine-private.h"

#include <stdlib.h>

#include "util.h"

void
job_warn(struct job *job, const char *warning)
{
    job->warnings = xrealloc(job->warnings,
                             (job->n_warnings + 1) * sizeof *job->warnings);
    job->warnings[job->n_warnings++] = xstrdup(warning);
}

/* Takes from the port's steps what the answer says about them, before they
 * are freed. */
void
job_collect(struct job *job, const struct port *port)
{
    if (job->collected) {
        return;
    }
    job->collected = true;
    job->timings = xcalloc(MAX(port->n_steps, 1), sizeof *job->timings);
    for (size_t i = 0; i < port->n_steps; i++) {
        const struct pstep *step = port->steps[i];
        const char *warning = vif_attrs_get(&step->output, "warning");
        const char *datapath = vif_attrs_get(&step->output, "datapath");

        job->timings[job->n_timings++] = (struct step_timing) {
            .kind = xstrdup(step->class->kind),
            .object = xstrdup(step->object),
            .action = action_name(step->action),
            .own_us = step->own_us,
            .host_us = step->host_us,
        };
        if (warning) {
            job_warn(job, warning);
        }
        if (datapath && step->action == ACTION_DROP) {
            vif_attrs_set(&job->details, "datapath", datapath);
        }
    }
}

/* Fills in the answer; takes over 'error'.  'port' is NULL if the request was
 * refused before there was one. */
void
job_fill_result(struct job *job, const struct port *port,
                enum outcome outcome, struct vif_error *error)
{
    struct port_result *result = &job->result;
    const struct engine *engine = job->group->engine;

    job->result_error = error;
    *result = (struct port_result) {
        .port_id = job->port_id,
        .outcome = outcome,
        .error = error,
        .state = PORT_GONE,
        .total_us = engine_now(engine) - job->start_us,
    };
    if (port) {
        /* Done while still going forward: committed and not yet proven. */
        bool target = (!port->current.valid
                       || (outcome == OUTCOME_DONE && port->target.valid
                           && port->transition == TRANSITION_FORWARD));
        const struct plan_meta *meta = (target ? &port->target
                                        : &port->current);

        result->state = port->state;
        result->changed = port->changed;
        job_collect(job, port);
        if (meta->valid && port->state != PORT_GONE) {
            struct vif_attrs details = VIF_ATTRS_INIT;

            job->plugin = meta->plugin ? xstrdup(meta->plugin) : NULL;
            job->has_result_binding = true;
            vif_binding_clone(&job->result_binding, &meta->binding);
            port_details(port, meta, &details);
            vif_attrs_merge(&job->details, &details);
            vif_attrs_destroy(&details);
            for (size_t i = 0; i < meta->n_warnings; i++) {
                job_warn(job, meta->warnings[i]);
            }
        }
    }
    result->plugin = job->plugin;
    result->binding = job->has_result_binding ? &job->result_binding : NULL;
    result->details = &job->details;
    result->warnings = (const char *const *) job->warnings;
    result->n_warnings = job->n_warnings;
    result->timings = job->timings;
    result->n_timings = job->n_timings;
}

void
job_destroy_result(struct job *job)
{
    for (size_t i = 0; i < job->n_timings; i++) {
        free(job->timings[i].kind);
        free(job->timings[i].object);
    }
    free(job->timings);
    for (size_t i = 0; i < job->n_warnings; i++) {
        free(job->warnings[i]);
    }
    free(job->warnings);
    vif_attrs_destroy(&job->details);
    if (job->has_result_binding) {
        vif_binding_destroy(&job->result_binding);
    }
    vif_error_destroy(job->result_error);
    free(job->plugin);
    free(job->port_id);
}
