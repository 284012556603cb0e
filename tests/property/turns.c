/* SPDX-License-Identifier: Apache-2.0 */
/* How time passes in a simulated world: see turns.h.
 *
 * The world moves in small turns, one thing at a time: an operation moves on,
 * a commit becomes durable, the engine runs.  Time passes only when nothing
 * can happen now, and then exactly until something can, or until a timer of
 * engine_wait() goes off: a timer that the engine forgets is found out. */

#include <config.h>

#include "turns.h"

#include <limits.h>
#include <string.h>

#include "util.h"

/* Turns and simulated time that coming to rest may take. */
#define MAX_SETTLE_TURNS 30000
#define MAX_SETTLE_US (600 * 1000000LL)

/* engine_wait() calls these; see the --wrap options in automake.mk. */
static struct world *waiting;

void __wrap_poll_timer_wait_until_at(long long int msec, const char *where);
void __wrap_poll_timer_wait_at(long long int msec, const char *where);
void __wrap_poll_immediate_wake_at(const char *where);

void
__wrap_poll_timer_wait_until_at(long long int msec,
                                const char *where OVS_UNUSED)
{
    long long wake_us = msec * 1000;

    if (waiting->mutation == MUT_CLOCK_SLOW) {
        wake_us = START_US + (wake_us - START_US) * 3;
    }
    if (waiting->mutation != MUT_WAKE_LOST) {
        waiting->wake_us = MIN(waiting->wake_us, wake_us);
    }
}

void
__wrap_poll_timer_wait_at(long long int msec, const char *where)
{
    __wrap_poll_timer_wait_until_at(waiting->now_us / 1000 + msec, where);
}

void
__wrap_poll_immediate_wake_at(const char *where OVS_UNUSED)
{
    waiting->wake_us = waiting->now_us;
}

static long long
world_now_us(void *world_)
{
    const struct world *world = world_;

    return world->mutation == MUT_CLOCK_SLOW
           ? START_US + (world->now_us - START_US) / 3 : world->now_us;
}

static void
world_start(struct world *world)
{
    struct vif_error *error;

    world->config.rebooted = world->rebooted;
    world->journal.n_durable = 0;
    world->engine = engine_create(&world->config, &world->executor.base,
                                  &world->journal.base, &world->planner);
    engine_set_event_cb(world->engine, oracle_event, world);
    error = engine_recover(world->engine);
    if (error) {
        world_fail(world, "recovers", "%s", error->message);
    }
    slots_start(&world->slots);
    notes_recovered(world);
    oracle_recovering(&world->oracle);
    world->engine_due = true;
}

void
world_stop(struct world *world)
{
    world->dying = true;
    slots_stop(&world->slots);
    engine_destroy(world->engine);
    world->engine = NULL;
    journal_crash(&world->journal);
    executor_crash(&world->executor);
    world->dying = false;
    world->changed = 0;
    world->all_changed = world->losing = false;
}

void
world_crash(struct world *world, bool reboot)
{
    world_stop(world);
    if (world->journal.n_durable) {
        world->rebooted = false;
    }
    world->now_us += dice_below(&world->dice, 3000000);
    if (reboot) {
        executor_reboot(&world->executor);
        host_reboot(&world->host);
        executor_release(&world->executor);
        world->rebooted = true;
    }
    watch_crash(&world->watch, world->rebooted);
    oracle_crashed(&world->oracle);
    world_start(world);
}

void
world_init(struct world *world, uint64_t seed, enum mutation mutation,
           bool verbose)
{
    memset(world, 0, sizeof *world);
    dice_seed(&world->dice, seed, 0);
    world->now_us = START_US;
    world->mutation = mutation;
    world->verbose = verbose;
    world->config = (struct engine_config) {
        .timeout_ms = 5000, .max_requests = 12, .max_ports = 100,
        .retry_min_ms = 50, .retry_max_ms = 2000,
        .now_us = world_now_us, .now_aux = world,
    };
    host_init(&world->host, world, &world->dice);
    executor_init(&world->executor, world);
    journal_init(&world->journal, world);
    watch_init(&world->watch, world);
    planner_init(&world->planner);
    slots_init(&world->slots, world);
    oracle_init(&world->oracle, world);
    waiting = world;
    world_start(world);
}

static bool
run_engine(struct world *world)
{
    if (!world->engine_due) {
        return false;
    }
    world->engine_due = false;
    engine_run(world->engine);
    executor_sweep(&world->executor);
    oracle_turn(&world->oracle);
    slots_check(&world->slots);
    notes_check(world);
    return true;
}

/* A notification may tell what 'thing' is by now. */
static void
tell_of_thing(struct world *world, const struct thing *thing)
{
    const struct thing_class *class = &thing_classes[thing->kind];
    const struct vif_attrs *asked = engine_asked(world->engine, class->kind,
                                                 thing->name);

    if (class->made && !class->main_loop && dice_chance(&world->dice, 50)) {
        engine_object_seen(world->engine, class->kind, thing->name,
                           asked && host_is_as_asked(thing, asked,
                                                     engine_holder(
                                                         world->engine,
                                                         class->kind,
                                                         thing->name)));
    } else {
        engine_object_changed(world->engine, class->kind, thing->name);
    }
}

/* Tells the engine of one change on the host, or that some were missed. */
static bool
tell_engine(struct world *world)
{
    unsigned int first = dice_below(&world->dice, N_THINGS);

    if (world->all_changed && !world->losing) {
        world->all_changed = false;
        engine_all_changed(world->engine);
        return true;
    }
    for (unsigned int i = 0; world->changed && i < N_THINGS; i++) {
        unsigned int j = (first + i) % N_THINGS;
        const struct thing *thing = &world->host.things[j];

        if (world->changed & 1u << j) {
            world->changed &= ~(1u << j);
            tell_of_thing(world, thing);
            return true;
        }
    }
    return false;
}

/* Lets one thing happen that can happen now. */
bool
world_turn(struct world *world)
{
    static const uint8_t order[] = { 0, 0, 0, 0, 1, 1, 2, 3 };
    unsigned int first = order[dice_below(&world->dice, sizeof order)];

    for (unsigned int i = 0; i < 4; i++) {
        bool happened = false;

        switch ((first + i) % 4) {
        case 0: happened = executor_step(&world->executor); break;
        case 1: happened = journal_step(&world->journal); break;
        case 2: happened = tell_engine(world); break;
        case 3:
            if (run_engine(world)) {
                return true;
            }
            break;
        }
        if (happened) {
            world->engine_due = true;
            return true;
        }
    }
    return false;
}

/* When something happens next; LLONG_MAX if never. */
static long long
next_us(struct world *world)
{
    long long next = MIN(executor_next_us(&world->executor),
                         journal_next_us(&world->journal));

    world->wake_us = LLONG_MAX;
    engine_wait(world->engine);
    return MIN(next, world->wake_us);
}

/* Lets time pass until something can happen, but not past 'limit'. */
bool
world_pass_time(struct world *world, long long limit)
{
    long long next = next_us(world);

    if (next > limit) {
        return false;
    }
    world->now_us = MAX(world->now_us, next);
    world->engine_due = true;
    return true;
}

void
world_turns(struct world *world, unsigned int turns)
{
    for (unsigned int i = 0; i < turns; i++) {
        if (!world_turn(world)
            && !world_pass_time(world, world->now_us + 1000000)) {
            break;
        }
    }
}

void
world_until(struct world *world, long long until)
{
    for (unsigned int i = 0; i < MAX_SETTLE_TURNS; i++) {
        if (!world_turn(world) && !world_pass_time(world, until)) {
            world->now_us = until;
            world->engine_due = true;
            return;
        }
    }
    world_fail(world, "comes-to-rest", "more than %d turns pass before %lld",
               MAX_SETTLE_TURNS, until);
}

bool
world_at_rest(struct world *world)
{
    return engine_idle(world->engine) && !engine_recovering(world->engine)
           && executor_idle(&world->executor)
           && journal_idle(&world->journal);
}

/* Lives on until nothing is under way and nothing is to come. */
void
world_settle(struct world *world)
{
    long long limit = world->now_us + MAX_SETTLE_US;

    for (unsigned int i = 0; i < MAX_SETTLE_TURNS; i++) {
        if (world_turn(world) || world_pass_time(world, limit)) {
            continue;
        }
        if (next_us(world) < LLONG_MAX) {
            break;
        }
        if (!world_at_rest(world)) {
            world_fail(world, "wakes-itself", "something is under way, and"
                       " nobody would wake the engine");
        }
        return;
    }
    world_fail(world, "comes-to-rest", "after %d turns, %.1f s",
               MAX_SETTLE_TURNS,
               (double) (world->now_us - limit + MAX_SETTLE_US) / 1e6);
}
