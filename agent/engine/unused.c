/* SPDX-License-Identifier: Apache-2.0 */

/* Before a change lets go of something, which it does last and from where
 * there is no way back, it is looked whether somebody uses that: a guest that
 * has the port's old VF keeps it, and the change is refused while nothing has
 * been touched.  Who takes it up afterwards is met by revert(). */

#include <config.h>

#include "engine/engine-private.h"

/* A change of 'port' begins: nothing has been looked at. */
void
unused_start(struct port *port)
{
    for (size_t i = 0; i < port->n_steps; i++) {
        port->steps[i]->unused = false;
    }
}

static bool
needs_look(const struct pstep *step)
{
    return (step->action == ACTION_DROP && step->has_cur && !step->shared
            && !step->absent && !step->unused && step->class->check_unused);
}

static struct vif_error *
start_look(struct pstep *step)
{
    struct port *port = step->port;
    char lane[64];
    struct vif_error *error = engine_check_lane(port->engine, step->class,
                                                &step->cur, lane);

    if (!error) {
        pstep_submit(step, STEP_CHECK_UNUSED, &step->cur, NULL,
                     port->job->soft_us);
    }
    return error;
}

/* Takes the look at 'step' as far as it goes now. */
static struct vif_error *
look(struct pstep *step)
{
    struct vif_error *error = NULL;
    enum step_op op;

    if (pstep_take_result(step, &op, &error)) {
        step->unused = !error;
    } else if (!step->task && needs_look(step)) {
        error = start_look(step);
    }
    return error;
}

/* Whether all that the change of 'port' is going to remove is unused, so that
 * it may begin.  False while that is not known, and if it has just failed
 * because somebody uses something. */
bool
unused_ask(struct port *port)
{
    bool known = true;

    for (size_t i = port->n_target; i < port->n_steps; i++) {
        struct pstep *step = port->steps[i];
        struct vif_error *error = look(step);

        if (error) {
            forward_fail(port, vif_error_wrap(error, "%s %s",
                                              step->class->kind,
                                              step->object));
            return false;
        }
        known = known && !step->task;
    }
    return known;
}
