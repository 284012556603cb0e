/* SPDX-License-Identifier: Apache-2.0 */
/* Carries out operations on the simulated host: see sim-executor.h. */

#include <config.h>

#include "sim-executor.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "world.h"

/* How long after its deadline a step of the main loop gives up. */
#define GIVE_UP_US 2000

static const char *const mode_names[N_FAULT_MODES] = {
    [FAULT_NONE] = "nothing",
    [FAULT_BEFORE] = "fails",
    [FAULT_REFUSED] = "is refused",
    [FAULT_MIDDLE] = "fails half way",
    [FAULT_AFTER] = "works and says that it failed",
    [FAULT_VERIFY] = "works and is not verified",
    [FAULT_SLOW] = "is slow",
    [FAULT_STUCK_BEFORE] = "hangs and works later",
    [FAULT_STUCK_AFTER] = "works and hangs",
    [FAULT_GONE] = "meets a device that vanishes",
};

const char *
fault_mode_name(enum fault_mode mode)
{
    return mode_names[mode];
}

static struct sim_executor *
sim_executor_cast(struct executor *executor)
{
    return CONTAINER_OF(executor, struct sim_executor, base);
}

static const char *
task_text(const struct sim_task *task, char buf[64])
{
    snprintf(buf, 64, "%s %s of %s", step_op_name(task->task->op),
             task->thing->name, task->task->step.port_id);
    return buf;
}

static struct vif_error *
fault_error(const struct sim_task *task)
{
    return task->fault == FAULT_REFUSED
           ? vif_error_create(VIF_ERR_IN_USE, "somebody has it open")
           : task_in_main_loop(task)
           ? vif_error_create(VIF_ERR_OVSDB, "the server said no")
           : vif_error_create(VIF_ERR_KERNEL, "the kernel said no");
}

static const struct step_class *
sim_lookup(struct executor *executor OVS_UNUSED, const char *kind)
{
    return host_lookup(kind);
}

/* Whether apply() fails before anything of it lasts. */
static bool
fails_early(const struct sim_task *task)
{
    return task->thing->exists
           && task->thing->maker != port_number(task->task->step.port_id);
}

/* What only the end of something else lets go on. */
static bool
is_blocked(const struct sim_executor *executor, const struct sim_task *task)
{
    if (task->cancelled) {
        return false;
    }
    if (task->gated && !fails_early(task)) {
        return true;
    }
    if (task->stage == TASK_QUEUED) {
        if (task->task->lane[0]) {
            for (const struct sim_task *other = executor->tasks; other < task;
                 other++) {
                if (!strcmp(other->task->lane, task->task->lane)) {
                    return true;
                }
            }
        }
        return false;
    }
    if (task->stuck) {
        return true;
    }
    /* A replica is read without asking the server. */
    if (task_in_main_loop(task) && task->task->op == STEP_CAPTURE) {
        return false;
    }
    return (task_in_main_loop(task) && executor->server_hung)
           || (task->stage == TASK_BEGUN
               && executor_is_lingering(executor, task));
}

static long long
give_up_us(const struct sim_task *task)
{
    return task_in_main_loop(task)
           ? task->task->step.deadline * 1000 + GIVE_UP_US : LLONG_MAX;
}

/* When 'task' can move on, LLONG_MAX if not by itself. */
static long long
task_next_us(const struct sim_executor *executor, const struct sim_task *task)
{
    long long next = is_blocked(executor, task) ? LLONG_MAX : task->ready_us;

    return MIN(next, give_up_us(task));
}

static struct fault *
take_fault(struct sim_executor *executor, const struct sim_task *task)
{
    const struct step_task *step_task = task->task;
    bool shared = thing_classes[task->thing->kind].shared;

    for (size_t i = 0; i < executor->n_faults; i++) {
        struct fault *fault = &executor->faults[i];

        if (!fault->count
            || !(fault->kinds & 1u << task->thing->kind)
            || !(fault->ops & 1u << step_task->op)
            || (fault->port >= 0
                && (shared
                    || fault->port != port_number(step_task->step.port_id)))
            || (fault->mode == FAULT_VERIFY && step_task->op != STEP_APPLY)) {
            continue;
        }
        if (fault->skip) {
            fault->skip--;
            continue;
        }
        fault->count--;
        executor->n_hits++;
        return fault;
    }
    return NULL;
}

static void
task_begin(struct sim_executor *executor, struct sim_task *task)
{
    struct world *world = executor->world;
    const struct fault *fault;
    char buf[64];

    task->stage = TASK_BEGUN;
    task->begun_us = task->task->started_us = world->now_us;
    task->ready_us = world->now_us + 50
                     + dice_below(&world->dice,
                                  task_in_main_loop(task) ? 8000 : 3000);
    watch_begin(&world->watch, task->thing, task->task);
    fault = take_fault(executor, task);
    if (fault) {
        task->fault = fault->mode;
        if (fault->mode == FAULT_SLOW) {
            task->ready_us += fault->ms * 1000LL;
        }
        task->stuck = fault->mode == FAULT_STUCK_BEFORE;
    }
    TRACE(world, "  %s begins%s%s", task_text(task, buf),
          task->fault ? ", but " : "",
          task->fault ? fault_mode_name(task->fault) : "");
}

/* Mutations of what an operation does; true if 'op' is not to be done. */
static bool
effect_is_lost(struct world *world, enum step_op op)
{
    return (op == STEP_REVERT && world_mutates(world, MUT_REVERT_LOST, 20))
           || (op == STEP_APPLY && world_mutates(world, MUT_APPLY_LOST, 20));
}

static void
revert_shared_early(struct world *world, const struct thing *thing)
{
    if (world->mutation != MUT_SHARED_EARLY || thing->kind != THING_SLOT) {
        return;
    }
    for (unsigned int i = 0; i < N_CARDS; i++) {
        struct thing *card = host_thing(&world->host, THING_CARD, i);

        memcpy(card->attrs, card->factory, sizeof card->attrs);
        card->maker = MAKER_NOBODY;
    }
}

static void
task_effect(struct sim_executor *executor, struct sim_task *task)
{
    struct world *world = executor->world;
    struct step_task *step_task = task->task;
    struct host *host = &world->host;
    unsigned int max_writes = UINT_MAX;
    bool changed = false;
    char buf[64];

    task->stage = TASK_EFFECTIVE;
    /* The proof of what went through a database takes its time. */
    task->ready_us = world->now_us
                     + dice_below(&world->dice,
                                  task_in_main_loop(task) ? 6000 : 500);
    if (task->fault == FAULT_GONE) {
        if (host_stranger(host, task->thing, STRANGER_REMOVE, 0)) {
            world_notify(world, task->thing);
        }
    } else if (task->fault == FAULT_BEFORE || task->fault == FAULT_REFUSED) {
        max_writes = 0;
    } else if (task->fault == FAULT_MIDDLE) {
        max_writes = task_in_main_loop(task) ? 0
                     : 1 + dice_below(&world->dice, 2);
    }
    if (effect_is_lost(world, step_task->op)) {
        max_writes = 0;
        task->fault = FAULT_NONE;
    }
    if (max_writes || step_task->op == STEP_APPLY) {
        task->error = host_do(host, task->thing, &step_task->step,
                              step_task->op, max_writes, &changed);
    }
    if (changed) {
        world_notify(world, task->thing);
        revert_shared_early(world, task->thing);
    }
    if (!task->error && (task->fault == FAULT_BEFORE
                         || task->fault == FAULT_REFUSED
                         || task->fault == FAULT_MIDDLE
                         || task->fault == FAULT_AFTER)) {
        task->error = fault_error(task);
    }
    task->stuck = task->fault == FAULT_STUCK_AFTER;
    TRACE(world, "  %s takes effect%s%s", task_text(task, buf),
          task->error ? ": " : "", task->error ? task->error->message : "");
    if (task_in_main_loop(task) && step_task->op == STEP_APPLY && !task->error
        && step_task->committed) {
        step_task->committed(step_task);
    }
}

/* Hands the task at 'index' back. */
static void
task_end(struct sim_executor *executor, size_t index,
         struct vif_error *error)
{
    struct world *world = executor->world;
    struct sim_task task = executor->tasks[index];
    char buf[64];

    memmove(&executor->tasks[index], &executor->tasks[index + 1],
            (executor->n_tasks - index - 1) * sizeof task);
    executor->n_tasks--;
    executor->n_done++;
    TRACE(world, "  %s is over%s%s", task_text(&task, buf),
          error ? ": " : "", error ? error->message : "");
    if (task.stage != TASK_QUEUED) {
        task.task->finished_us = world->now_us;
    }
    task.task->error = error;
    if (task.task->op == STEP_APPLY) {
        task.thing->refusals = error ? task.thing->refusals + 1 : 0;
    }
    watch_end(&world->watch, task.thing, task.task, !error);
    if (world_mutates(world, MUT_TASK_LOST, 3)) {
        return;
    }
    task.task->done(task.task);
}

static void
task_finish(struct sim_executor *executor, size_t index)
{
    struct sim_task *task = &executor->tasks[index];
    struct step *step = &task->task->step;
    struct vif_error *error = task->error;

    task->error = NULL;
    if (task->task->op == STEP_APPLY && !error) {
        error = task->fault == FAULT_VERIFY
                ? fault_error(task)
                : executor->world->mutation == MUT_APPLY_LOST ? NULL
                : host_verify(&executor->world->host, task->thing, step);
    }
    task_end(executor, index, error);
}

/* Moves the task at 'index' on. */
static void
task_step(struct sim_executor *executor, size_t index)
{
    struct sim_task *task = &executor->tasks[index];
    const struct world *world = executor->world;

    if (task->stage == TASK_QUEUED && task->cancelled) {
        task_end(executor, index,
                 vif_error_create(VIF_ERR_SUPERSEDED, "not wanted any more"));
    } else if (give_up_us(task) <= world->now_us) {
        executor_linger(executor, task);
        vif_error_destroy(task->error);
        task->error = NULL;
        task_end(executor, index,
                 vif_error_create(VIF_ERR_DEADLINE,
                                  "the server has not answered"));
    } else if (task->gated) {
        task_end(executor, index,
                 vif_error_create(VIF_ERR_CONFLICT, "it is somebody else's"));
    } else if (task->stage == TASK_QUEUED) {
        task_begin(executor, task);
    } else if (task->stage == TASK_BEGUN) {
        task_effect(executor, task);
    } else {
        task_finish(executor, index);
    }
}

bool
executor_step(struct sim_executor *executor)
{
    struct world *world = executor->world;
    size_t candidates[MAX_TASKS], n = 0;

    if (executor->n_lingering && dice_chance(&world->dice, 50)
        && executor_land(executor)) {
        return true;
    }
    for (size_t i = 0; i < executor->n_tasks; i++) {
        if (task_next_us(executor, &executor->tasks[i]) <= world->now_us) {
            candidates[n++] = i;
        }
    }
    if (!n) {
        return executor->n_lingering && executor_land(executor);
    }
    task_step(executor, candidates[dice_below(&world->dice,
                                              (unsigned int) n)]);
    return true;
}

long long
executor_next_us(const struct sim_executor *executor)
{
    long long next = LLONG_MAX;

    for (size_t i = 0; i < executor->n_tasks; i++) {
        next = MIN(next, task_next_us(executor, &executor->tasks[i]));
    }
    for (size_t i = 0; i < executor->n_lingering; i++) {
        if (!thing_classes[executor->lingering[i].thing->kind].main_loop
            || !executor->server_hung) {
            next = MIN(next, executor->world->now_us + 1000);
        }
    }
    return next;
}

static void
sim_submit(struct executor *executor_, struct step_task *step_task)
{
    struct sim_executor *executor = sim_executor_cast(executor_);
    struct world *world = executor->world;
    struct sim_task *task;
    size_t index;

    if (executor->n_tasks == MAX_TASKS || world->dying) {
        world_fail(world, "submits-too-much", "%s of a task",
                   world->dying ? "a dying engine submits one"
                                : "more than can be");
    }
    if (world_mutates(world, MUT_LANE_LOST, 30)) {
        step_task->lane[0] = '\0';
    }
    if (world->mutation == MUT_REF_DROPPED && step_task->op == STEP_APPLY) {
        vif_attrs_set(&step_task->step.args, "index", NULL);
    }
    index = executor->n_tasks++;
    task = &executor->tasks[index];
    memset(task, 0, sizeof *task);
    task->task = step_task;
    task->thing = host_find(&world->host, step_task->step.class->kind,
                            step_task->step.object);
    if (!task->thing) {
        world_fail(world, "unknown-object", "%s %s does not exist",
                   step_task->step.class->kind, step_task->step.object);
    }
    task->ready_us = step_task->queued_us = world->now_us;
    task->gated = step_task->gated;
    watch_submit(&world->watch, task->thing, step_task);

    /* A step of the main loop may be over before submit() returns. */
    if (task_in_main_loop(task) && !executor->server_hung
        && dice_chance(&world->dice, 12)) {
        while (index < executor->n_tasks && !is_blocked(executor, task)) {
            task_step(executor, index);
        }
    }
}

static void
sim_armed(struct executor *executor_, struct step_task *step_task)
{
    struct sim_executor *executor = sim_executor_cast(executor_);

    for (size_t i = 0; i < executor->n_tasks; i++) {
        if (executor->tasks[i].task == step_task
            && executor->tasks[i].gated) {
            executor->tasks[i].gated = false;
            return;
        }
    }
    world_fail(executor->world, "arms-what-is-not-gated",
               "armed() of a task that does not wait for it");
}

static void
sim_cancel(struct executor *executor_, struct step_task *step_task)
{
    struct sim_executor *executor = sim_executor_cast(executor_);

    for (size_t i = 0; i < executor->n_tasks; i++) {
        if (executor->tasks[i].task == step_task) {
            executor->tasks[i].cancelled = true;
            return;
        }
    }
    if (!executor->world->dying
        && executor->world->mutation != MUT_TASK_LOST) {
        world_fail(executor->world, "cancels-what-is-over",
                   "cancel() of a task that the executor does not have");
    }
}

static bool
sim_stuck(struct executor *executor_, const char *lane)
{
    const struct sim_executor *executor = sim_executor_cast(executor_);

    for (size_t i = 0; i < executor->n_tasks; i++) {
        const struct sim_task *task = &executor->tasks[i];

        if (task->stage != TASK_QUEUED && !task_in_main_loop(task)
            && !strcmp(task->task->lane, lane)
            && executor->world->now_us - task->begun_us > STUCK_US) {
            return true;
        }
    }
    return false;
}

static const struct executor_class sim_executor_class = {
    .lookup = sim_lookup,
    .submit = sim_submit,
    .armed = sim_armed,
    .cancel = sim_cancel,
    .stuck = sim_stuck,
};

void
executor_init(struct sim_executor *executor, struct world *world)
{
    memset(executor, 0, sizeof *executor);
    executor->base.class = &sim_executor_class;
    executor->world = world;
}

bool
executor_idle(const struct sim_executor *executor)
{
    return !executor->n_tasks && !executor->n_lingering;
}

void
executor_add_fault(struct sim_executor *executor, const struct fault *fault)
{
    if (executor->n_faults < MAX_FAULTS) {
        executor->faults[executor->n_faults++] = *fault;
    }
}

void
executor_release(struct sim_executor *executor)
{
    for (size_t i = 0; i < executor->n_tasks; i++) {
        executor->tasks[i].stuck = false;
        if (executor->tasks[i].fault == FAULT_STUCK_AFTER) {
            executor->tasks[i].fault = FAULT_NONE;
        }
    }
    executor->server_hung = false;
}

void
executor_heal(struct sim_executor *executor)
{
    executor->n_faults = 0;
    executor->releasing = true;
    executor_release(executor);
}

/* What has become of 'task' when the daemon died while it was under way. */
static void
task_crash(struct sim_executor *executor, struct sim_task *task)
{
    struct world *world = executor->world;
    struct step_task *step_task = task->task;
    unsigned int fate = dice_below(&world->dice, 3), max_writes;
    bool transaction = task_in_main_loop(task), changed;

    if (task->stage != TASK_BEGUN
        || (step_task->op != STEP_APPLY && step_task->op != STEP_REVERT)) {
        return;
    }
    if (transaction ? fate || executor->server_hung : task->stuck) {
        executor_linger(executor, task);
        return;
    }
    if (!fate || executor_is_lingering(executor, task)) {
        return;
    }
    max_writes = fate == 1 ? UINT_MAX : 1 + dice_below(&world->dice, 2);
    vif_error_destroy(host_do(&world->host, task->thing, &step_task->step,
                              step_task->op, max_writes, &changed));
}

struct thing *
executor_awaits(const struct sim_executor *executor, enum step_op op)
{
    for (size_t i = 0; i < executor->n_tasks; i++) {
        const struct sim_task *task = &executor->tasks[i];

        if (task->stage == TASK_EFFECTIVE && task->task->op == op) {
            return task->thing;
        }
    }
    return NULL;
}

void
executor_crash(struct sim_executor *executor)
{
    for (size_t i = 0; i < executor->n_tasks; i++) {
        task_crash(executor, &executor->tasks[i]);
    }
    executor_destroy(executor);
}

void
executor_reboot(struct sim_executor *executor)
{
    executor_crash(executor);
    while (executor->n_lingering) {
        executor_forget(executor, 0);
    }
}

/* The engine has gone: its tasks go when they are handed back. */
void
executor_destroy(struct sim_executor *executor)
{
    for (size_t i = 0; i < executor->n_tasks; i++) {
        struct sim_task *task = &executor->tasks[i];

        vif_error_destroy(task->error);
        task->task->done(task->task);
    }
    executor->n_tasks = 0;
}
