/* SPDX-License-Identifier: Apache-2.0 */
/* Watches over the contract of struct step_class: see watch.h. */

#include <config.h>

#include "watch.h"

#include <stdio.h>
#include <string.h>

#include "util.h"
#include "world.h"

static unsigned int
owner(const struct thing *thing, const struct step_task *task)
{
    int port = port_number(task->step.port_id);

    return thing_classes[thing->kind].shared || port < 0
           ? N_PORTS : (unsigned int) port;
}

static struct watched *
watched(struct watch *watch, const struct thing *thing,
        const struct step_task *task)
{
    return &watch->steps[owner(thing, task)]
                        [thing - watch->world->host.things];
}

static _Noreturn void
broken(const struct watch *watch, const char *invariant,
       const struct thing *thing, const struct step_task *task,
       const char *why)
{
    world_fail(watch->world, invariant, "%s of %s %s for %s%s: %s",
               step_op_name(task->op), thing_classes[thing->kind].kind,
               thing->name, task->step.port_id,
               task->step.has_previous ? " (with previous)" : "", why);
}

void
watch_init(struct watch *watch, struct world *world)
{
    memset(watch, 0, sizeof *watch);
    watch->world = world;
}

static void
check_lane(const struct watch *watch, const struct thing *thing,
           const struct step_task *task)
{
    const struct step_class *class = task->step.class;
    char lane[64];
    const char *wanted = class->lane ? class->lane(&task->step.args, lane)
                                     : NULL;

    if (wanted && strcmp(wanted, task->lane)) {
        broken(watch, "lane", thing, task, "not in its lane");
    }
}

/* Whether the state of 'step' allows for 'op'. */
static const char *
out_of_order(const struct watched *step, const struct step *args,
             enum step_op op)
{
    const char *token = vif_attrs_get(&args->original, "token");

    if (op == STEP_CAPTURE && !args->has_previous) {
        return step->maybe ? "a second time" : NULL;
    }
    if (step->rebooted && !step->captured && op != STEP_CAPTURE
        && op != STEP_APPLY) {
        return token && op == STEP_REVERT ? "with the original of a former"
                                            " boot" : NULL;
    }
    if (!step->captured) {
        return "of what was not captured";
    }
    if (!token || strcmp(token, step->token)) {
        return "with another original than was captured";
    }
    if (op != STEP_APPLY) {
        return NULL;
    }
    if (step->reverted) {
        return "after a revert, before another capture";
    }
    /* To take a change back needs neither. */
    return step->unsure && !args->has_previous
           ? "after a crash, before a verify or revert" : NULL;
}

/* The original of 'step' is known from now on. */
static void
note_original(struct watched *step, const struct step *args)
{
    step->reverted = step->unsure = step->maybe = false;
    step->captured = true;
    snprintf(step->token, sizeof step->token, "%s",
             vif_attrs_get(&args->original, "token"));
}

/* Whether nobody has looked for the original that 'task' comes with, and
 * nobody need have. */
static bool
is_presumed(const struct watched *step, const struct step_task *task)
{
    return task->step.class->presume && task->op == STEP_APPLY
           && !task->step.has_previous && !step->maybe;
}

void
watch_submit(struct watch *watch, const struct thing *thing,
             const struct step_task *task)
{
    struct watched *step = watched(watch, thing, task);
    const char *key, *why;

    if (step->busy) {
        broken(watch, "one-at-a-time", thing, task,
               "another operation is under way");
    }
    step->busy = true;
    check_lane(watch, thing, task);
    if (task->op != STEP_REVERT
        && argument_missing(&thing_classes[thing->kind], &task->step.args,
                            &key)) {
        broken(watch, "arguments-resolved", thing, task, key);
    }
    if (is_presumed(step, task)) {
        note_original(step, &task->step);
    }
    why = out_of_order(step, &task->step, task->op);
    if (why) {
        broken(watch, "order", thing, task, why);
    }
}

/* What is done to the host can be undone after a crash. */
static void
check_journalled(const struct watch *watch, const struct thing *thing,
                 const struct step_task *task)
{
    const struct sim_journal *journal = &watch->world->journal;
    const struct vif_attrs *original = &task->step.original;
    bool shared = thing_classes[thing->kind].shared;
    const char *token = vif_attrs_get(original, "token");
    const char *uuid = vif_attrs_get(original, "uuid");
    char key[32], quoted[32];

    if (shared) {
        snprintf(key, sizeof key, "%s|%s", thing_classes[thing->kind].kind,
                 thing->name);
    } else {
        snprintf(key, sizeof key, "%s", task->step.port_id);
    }
    if (!journal_contains(journal,
                          shared ? JOURNAL_RESOURCE : JOURNAL_PORT, key,
                          token ? token : "token")) {
        broken(watch, "journalled-before", thing, task,
               "its original is not in the journal");
    }
    snprintf(quoted, sizeof quoted, "\"%s\"", uuid ? uuid : "");
    if (uuid && !journal_contains(journal, JOURNAL_PORT, key, quoted)) {
        broken(watch, "journalled-before", thing, task,
               "its UUID is not in the journal");
    }
}

/* Whether the port for which 'task' is submitted is the only one: then it is
 * clear for whom a shared thing is put in place. */
static bool
only_port_plugs(const struct watch *watch, const struct step_task *task)
{
    const char *needs = vif_attrs_get(&task->step.args, "needs");
    const char *port_id = task->step.port_id;
    struct engine_port_view view;
    struct engine_stats stats;

    engine_get_stats(watch->world->engine, &stats);
    return stats.n_ports == 1 && !strncmp(needs, port_id, strlen(port_id))
           && engine_find_port(watch->world->engine, port_id, &view)
           && view.state == PORT_PLUGGING;
}

/* Whether 'thing' is among what port 'port_id' is to have.  A shared thing
 * that it held a plan ago comes with what that plan put before it. */
static bool
port_is_to_have(const struct watch *watch, const char *port_id,
                const struct thing *thing)
{
    const struct engine *engine = watch->world->engine;
    struct engine_port_view port;
    struct engine_step_view step;

    if (!engine_find_port(engine, port_id, &port)) {
        return false;
    }
    for (size_t i = 0; i < port.n_steps; i++) {
        engine_get_step(engine, port_id, i, &step);
        if (!strcmp(step.kind, thing_classes[thing->kind].kind)
            && !strcmp(step.object, thing->name)) {
            return true;
        }
    }
    return false;
}

/* What the plan puts before the step is in place, as far as the engine has had
 * it done. */
static void
check_needs(struct watch *watch, const struct thing *thing,
            const struct step_task *task)
{
    const char *needs = vif_attrs_get(&task->step.args, "needs");
    const struct host *host = &watch->world->host;
    unsigned int port = (unsigned int) (needs[1] - '0');

    for (size_t i = 0; i < N_THINGS; i++) {
        const struct thing *other = &host->things[i];
        bool shared = thing_classes[other->kind].shared;
        const struct watched *step
            = &watch->steps[shared ? N_PORTS : port][i];
        char name[16];

        snprintf(name, sizeof name, " %s", other->name);
        /* What a stranger has taken away need not be waited for. */
        if (strstr(needs, name) && !step->verified && !other->touched
            && (!step->maybe || step->reverted)
            && port_is_to_have(watch, task->step.port_id, other)) {
            broken(watch, "order", thing, task,
                   "what it comes after is not in place");
        }
    }
}

void
watch_begin(struct watch *watch, const struct thing *thing,
            const struct step_task *task)
{
    struct watched *step = watched(watch, thing, task);

    if (task->op != STEP_APPLY && task->op != STEP_REVERT) {
        return;
    }
    if (step->maybe || step->stray || task->op == STEP_APPLY) {
        check_journalled(watch, thing, task);
    }
    if (task->op == STEP_APPLY && !task->step.has_previous
        && (!thing_classes[thing->kind].shared
            || only_port_plugs(watch, task))) {
        check_needs(watch, thing, task);
    }
    step->verified = false;
    step->maybe |= task->op == STEP_APPLY;
    watch->writes[owner(thing, task)]++;
}

void
watch_end(struct watch *watch, const struct thing *thing,
          const struct step_task *task, bool success)
{
    struct watched *step = watched(watch, thing, task);

    step->busy = false;
    if (task->op != STEP_CAPTURE || task->step.has_previous) {
        step->unsure = false;
    }
    if (!success) {
        return;
    }
    step->verified |= task->op == STEP_VERIFY;
    if (task->op == STEP_CAPTURE) {
        step->reverted = false;
        if (!task->step.has_previous) {
            note_original(step, &task->step);
        }
    } else if (task->op == STEP_REVERT) {
        step->maybe = step->stray = false;
        step->reverted = true;
    }
}

void
watch_stray(struct watch *watch, const struct thing *thing, unsigned int port,
            const char *token)
{
    struct watched *step = &watch->steps[port][thing
                                               - watch->world->host.things];

    step->captured = step->stray = true;
    step->rebooted = step->reverted = false;
    snprintf(step->token, sizeof step->token, "%s", token);
}

/* Finds the token of 'thing' of port 'i' (or shared) in the journal. */
static bool
find_token(const struct watch *watch, size_t i, const struct thing *thing,
           char token[TOKEN_SIZE])
{
    const struct sim_journal *journal = &watch->world->journal;
    char id[4] = "-", prefix[TOKEN_SIZE];

    if (i < N_PORTS) {
        port_name((unsigned int) i, id);
    }
    snprintf(prefix, sizeof prefix, "token %s %s ", id, thing->name);
    for (size_t j = 0; j < journal->n_records; j++) {
        const char *found = strstr(journal->records[j].value, prefix);

        if (found) {
            snprintf(token, MIN(strcspn(found, ";") + 2, TOKEN_SIZE), "%s",
                     found);
            return true;
        }
    }
    return false;
}

/* What a new life knows about 'step' is what is in the journal. */
static void
watched_crash(struct watch *watch, size_t i, const struct thing *thing,
              struct watched *step, bool rebooted)
{
    bool known = find_token(watch, i, thing, step->token);

    if (rebooted && !thing_classes[thing->kind].main_loop) {
        step->rebooted |= known || step->captured;
        step->captured = step->maybe = step->reverted = false;
    } else {
        if (step->maybe && !known) {
            world_fail(watch->world, "journal-forgets", "%s of %s may be in"
                       " place, and the journal does not know", thing->name,
                       i == N_PORTS ? "ports" : "a port");
        }
        step->captured = known;
        step->rebooted &= !known;
    }
    step->unsure = step->captured;
}

/* Not two ports have the same thing in the journal. */
static void
check_journal(struct watch *watch)
{
    const struct sim_journal *journal = &watch->world->journal;

    for (size_t i = 0; i < N_THINGS; i++) {
        const struct thing *thing = &watch->world->host.things[i];
        const char *first = NULL;
        char object[32];

        snprintf(object, sizeof object, "\"object\":\"%s\"", thing->name);
        for (size_t j = 0; j < journal->n_records; j++) {
            const struct sim_record *record = &journal->records[j];

            if (record->table != JOURNAL_PORT
                || thing_classes[thing->kind].shared
                || !strstr(record->value, object)) {
                continue;
            }
            if (first) {
                world_fail(watch->world, "journal-agrees", "ports %s and %s"
                           " both have %s", first, record->key, thing->name);
            }
            first = record->key;
        }
    }
}

void
watch_crash(struct watch *watch, bool rebooted)
{
    check_journal(watch);
    for (size_t i = 0; i <= N_PORTS; i++) {
        for (size_t j = 0; j < N_THINGS; j++) {
            struct watched *step = &watch->steps[i][j];

            step->busy = step->verified = step->stray = false;
            /* One that is presumed is known before anything is done. */
            if (step->captured || step->rebooted
                || watch->world->host.things[j].kind == THING_NETDEV) {
                watched_crash(watch, i, &watch->world->host.things[j], step,
                              rebooted);
            }
        }
    }
}
