/* SPDX-License-Identifier: Apache-2.0 */
/* What takes effect on the simulated host though nobody waits for it any
 * more: see sim-executor.h. */

#include <config.h>

#include "sim-executor.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "world.h"

bool
task_in_main_loop(const struct sim_task *task)
{
    return thing_classes[task->thing->kind].main_loop;
}

bool
executor_is_lingering(const struct sim_executor *executor,
                      const struct sim_task *task)
{
    for (size_t i = 0; i < executor->n_lingering; i++) {
        const struct lingering *lingering = &executor->lingering[i];

        if (lingering->ghost) {
            continue;
        }
        if (task_in_main_loop(task)
            ? thing_classes[lingering->thing->kind].main_loop
            : task->task->lane[0]
            ? !strcmp(lingering->lane, task->task->lane)
            : lingering->thing == task->thing) {
            return true;
        }
    }
    return false;
}

/* Keeps in mind what 'task' has sent, to carry it out later. */
void
executor_linger(struct sim_executor *executor, const struct sim_task *task)
{
    struct lingering *lingering;
    const struct step *step = &task->task->step;

    if (task->stage != TASK_BEGUN
        || (task->task->op != STEP_APPLY && task->task->op != STEP_REVERT)) {
        return;
    }
    ovs_assert(executor->n_lingering < MAX_LINGERING);
    lingering = &executor->lingering[executor->n_lingering++];
    memset(lingering, 0, sizeof *lingering);
    lingering->op = task->task->op;
    lingering->thing = task->thing;
    lingering->ghost = task->thing->kind == THING_ROW
                       && lingering->op == STEP_APPLY
                       && !step->has_previous
                       && dice_chance(&executor->world->dice, 30);
    ovs_strlcpy(lingering->lane, task->task->lane, sizeof lingering->lane);
    lingering->step.class = step->class;
    lingering->step.object = xstrdup(step->object);
    lingering->step.port_id = xstrdup(step->port_id);
    lingering->step.has_previous = step->has_previous;
    vif_attrs_clone(&lingering->step.args, &step->args);
    vif_attrs_clone(&lingering->step.previous, &step->previous);
    vif_attrs_clone(&lingering->step.original, &step->original);
}

void
executor_forget(struct sim_executor *executor, size_t index)
{
    struct step *step = &executor->lingering[index].step;

    free(step->object);
    free(step->port_id);
    vif_attrs_destroy(&step->args);
    vif_attrs_destroy(&step->previous);
    vif_attrs_destroy(&step->original);
    vif_attrs_destroy(&step->output);
    executor->n_lingering--;
    memmove(&executor->lingering[index], &executor->lingering[index + 1],
            (executor->n_lingering - index) * sizeof *executor->lingering);
}

/* A row comes unseen, unless there is one of that name. */
static void
haunt(struct sim_executor *executor, struct lingering *lingering)
{
    struct world *world = executor->world;
    struct thing *row = lingering->thing;
    bool changed = false;

    if (!row->exists) {
        vif_error_destroy(host_do(&world->host, row, &lingering->step,
                                  lingering->op, UINT_MAX, &changed));
        row->ghost = row->exists;
    }
    TRACE(world, "  %s of %s turns up%s", row->name, lingering->step.port_id,
          changed ? "" : ", in vain");
    if (changed) {
        world_notify(world, row);
    }
}

void
executor_sweep(struct sim_executor *executor)
{
    struct world *world = executor->world;

    for (unsigned int i = 0; i < N_ROWS; i++) {
        struct thing *row = host_thing(&world->host, THING_ROW, i);

        if (row->exists && row->ghost && !oracle_has_row(&world->oracle,
                                                         row)) {
            TRACE(world, "  %s is swept away", row->name);
            row->exists = row->ghost = false;
        }
    }
}

/* The oldest of what lingers takes effect, if it can. */
bool
executor_land(struct sim_executor *executor)
{
    struct world *world = executor->world;

    for (size_t i = 0; i < executor->n_lingering; i++) {
        struct lingering *lingering = &executor->lingering[i];
        bool transaction = thing_classes[lingering->thing->kind].main_loop;
        bool changed;

        if (transaction && !lingering->ghost ? executor->server_hung
            : !executor->releasing && !dice_chance(&world->dice, 3)) {
            continue;
        }
        if (lingering->ghost) {
            haunt(executor, lingering);
            executor_forget(executor, i);
            return true;
        }
        vif_error_destroy(host_do(&world->host, lingering->thing,
                                  &lingering->step, lingering->op, UINT_MAX,
                                  &changed));
        TRACE(world, "  %s %s of %s lands at last",
              step_op_name(lingering->op), lingering->thing->name,
              lingering->step.port_id);
        if (changed) {
            world_notify(world, lingering->thing);
        }
        executor_forget(executor, i);
        return true;
    }
    return false;
}
