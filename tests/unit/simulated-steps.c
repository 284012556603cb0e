/* SPDX-License-Identifier: Apache-2.0 */

/* See simulated-steps.h. */

#include <config.h>

#include "tests/unit/simulated-steps.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/rtnl.h"
#include "latch.h"
#include "openvswitch/list.h"
#include "ovs-thread.h"
#include "timeval.h"
#include "util.h"

#define MAX_HELD 16

/* A call under way. */
struct call {
    struct ovs_list node;
    char object[32];
    char port_id[64];
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t let_go = PTHREAD_COND_INITIALIZER;
static struct sim_world world;
static struct ovs_list running = OVS_LIST_INITIALIZER(&running);
static unsigned int n_running;      /* A batch counts as one. */
static char held[MAX_HELD][32];
static int rtnl_open_failures;
static struct latch latch;
static pthread_t main_thread;

struct sim_loop sim_loop;

void
sim_reset(void)
{
    static bool once;

    pthread_mutex_lock(&mutex);
    if (!once) {
        latch_init(&latch);
        main_thread = pthread_self();
        once = true;
    }
    memset(&world, 0, sizeof world);
    memset(held, 0, sizeof held);
    memset(&sim_loop, 0, sizeof sim_loop);
    rtnl_open_failures = 0;
    pthread_cond_broadcast(&let_go);
    pthread_mutex_unlock(&mutex);
}

void
sim_get(struct sim_world *copy)
{
    pthread_mutex_lock(&mutex);
    *copy = world;
    pthread_mutex_unlock(&mutex);
}

static char *
find_held(const char *object)
{
    for (size_t i = 0; i < MAX_HELD; i++) {
        if (!strcmp(held[i], object)) {
            return held[i];
        }
    }
    return NULL;
}

void
sim_hold(const char *object)
{
    char *slot;

    pthread_mutex_lock(&mutex);
    slot = find_held("");
    ovs_assert(slot);
    ovs_strlcpy(slot, object, sizeof held[0]);
    pthread_mutex_unlock(&mutex);
}

void
sim_let_go(const char *object)
{
    char *slot;

    pthread_mutex_lock(&mutex);
    slot = find_held(object);
    ovs_assert(slot);
    slot[0] = '\0';
    pthread_cond_broadcast(&let_go);
    pthread_mutex_unlock(&mutex);
}

bool
sim_is_running(const char *object)
{
    const struct call *call;
    bool found = false;

    pthread_mutex_lock(&mutex);
    LIST_FOR_EACH (call, node, &running) {
        found |= !strcmp(call->object, object);
    }
    pthread_mutex_unlock(&mutex);
    return found;
}

unsigned int
sim_n_running(void)
{
    unsigned int n;

    pthread_mutex_lock(&mutex);
    n = n_running;
    pthread_mutex_unlock(&mutex);
    return n;
}

void
sim_fail_rtnl_open(int n)
{
    pthread_mutex_lock(&mutex);
    rtnl_open_failures = n;
    pthread_mutex_unlock(&mutex);
}

void
sim_run(void)
{
    latch_poll(&latch);
}

void
sim_wait(void)
{
    latch_wait(&latch);
}

/* Calls of the lanes. */

static void
note_call(struct call *call, const struct step *step, const char *function)
{
    const struct call *other;
    struct sim_call *note = &world.calls[world.n_calls++ % SIM_MAX];

    ovs_strlcpy(note->object, step->object, sizeof note->object);
    note->function = function;

    ovs_strlcpy(call->object, step->object, sizeof call->object);
    ovs_strlcpy(call->port_id, step->port_id, sizeof call->port_id);
    LIST_FOR_EACH (other, node, &running) {
        world.overlaps += (call->port_id[0]
                           && !strcmp(other->port_id, call->port_id));
    }
    ovs_list_push_back(&running, &call->node);
}

static void
check_env(const struct step_env *env)
{
    world.wrong_env += (!env->rtnl || env->ovs
                        || !nullable_string_is_equal(env->key, "key")
                        || pthread_equal(pthread_self(), main_thread));
}

static bool
any_held(struct step **steps, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (find_held(steps[i]->object)) {
            return true;
        }
    }
    return find_held("*") != NULL;
}

static struct vif_error *
outcome_of(const struct step *step)
{
    const char *message = vif_attrs_get(&step->args, "fail");
    long long end = time_usec() + vif_attrs_get_uint(&step->args, "spin", 0);

    while (time_usec() < end) {
        continue;
    }
    return message ? vif_error_create(VIF_ERR_KERNEL, "%s", message) : NULL;
}

static void
call_all(struct step **steps, size_t n, const char *function,
         const struct step_env *env)
{
    struct call calls[SIM_MAX_RUNNING];

    pthread_mutex_lock(&mutex);
    check_env(env);
    for (size_t i = 0; i < n; i++) {
        note_call(&calls[i], steps[i], function);
    }
    n_running++;
    world.most_running = MAX(world.most_running, n_running);
    latch_set(&latch);
    while (any_held(steps, n)) {
        pthread_cond_wait(&let_go, &mutex);
    }
    n_running--;
    for (size_t i = 0; i < n; i++) {
        ovs_list_remove(&calls[i].node);
    }
    pthread_mutex_unlock(&mutex);
}

#define SIM_FUNCTION(NAME)                                              \
    static struct vif_error *                                           \
    sim_##NAME(struct step *step, const struct step_env *env)           \
    {                                                                   \
        call_all(&step, 1, #NAME, env);                                 \
        vif_attrs_set(&step->output, #NAME, "called");                  \
        return outcome_of(step);                                        \
    }
SIM_FUNCTION(capture)
SIM_FUNCTION(verify)
SIM_FUNCTION(revert)

/* All of it lasts. */
static struct vif_error *
sim_apply(struct step *step, const struct step_env *env)
{
    struct vif_error *error = step_await_arming(env);

    if (error) {
        return error;
    }
    call_all(&step, 1, "apply", env);
    vif_attrs_set(&step->output, "apply", "called");
    return outcome_of(step);
}

static void
sim_revert_many(struct step **steps, struct vif_error **errors, size_t n,
                const struct step_env *env)
{
    pthread_mutex_lock(&mutex);
    world.batches[world.n_batches++ % SIM_MAX] = n;
    pthread_mutex_unlock(&mutex);
    call_all(steps, n, "revert-many", env);
    for (size_t i = 0; i < n; i++) {
        errors[i] = outcome_of(steps[i]);
    }
}

#define SIM_FUNCTIONS           \
    .capture = sim_capture,     \
    .apply = sim_apply,         \
    .verify = sim_verify,       \
    .revert = sim_revert

const struct step_class sim_plain_class = {
    .kind = "sim-plain",
    SIM_FUNCTIONS,
};

const struct step_class sim_bulk_class = {
    .kind = "sim-bulk",
    SIM_FUNCTIONS,
    .revert_many = sim_revert_many,
};

const struct step_class sim_other_class = {
    .kind = "sim-other",
    SIM_FUNCTIONS,
    .revert_many = sim_revert_many,
};

/* The main loop's. */

static void
sim_start(struct step_task *task, const struct step_env *env)
{
    sim_loop.started = task;
    sim_loop.env = *env;
}

static void
sim_cancel(struct step_task *task, const struct step_env *env)
{
    sim_loop.cancelled = task;
    sim_loop.env = *env;
}

const struct step_class sim_loop_class = {
    .kind = "sim-loop",
    .start = sim_start,
    .cancel = sim_cancel,
};

/* In place of steps/step-classes.c. */

static const struct step_class *const classes[] = {
    &sim_plain_class, &sim_bulk_class, &sim_other_class, &sim_loop_class,
};

const struct step_class *
step_class_lookup(const char *kind)
{
    for (size_t i = 0; i < ARRAY_SIZE(classes); i++) {
        if (!strcmp(classes[i]->kind, kind)) {
            return classes[i];
        }
    }
    return NULL;
}

const struct step_class *const *
step_classes(size_t *np)
{
    *np = ARRAY_SIZE(classes);
    return classes;
}

/* In place of those of kernel/rtnl.c: a socket that is none. */

struct rtnl {
    char nothing;
};

struct vif_error *
rtnl_open(struct rtnl **rtnlp)
{
    bool fail;

    pthread_mutex_lock(&mutex);
    fail = rtnl_open_failures > 0;
    rtnl_open_failures -= fail;
    world.n_rtnl += !fail;
    pthread_mutex_unlock(&mutex);

    *rtnlp = fail ? NULL : xzalloc(sizeof **rtnlp);
    return fail ? vif_error_create(VIF_ERR_KERNEL, "no more sockets") : NULL;
}

void
rtnl_close(struct rtnl *rtnl)
{
    if (rtnl) {
        free(rtnl);
        pthread_mutex_lock(&mutex);
        world.n_rtnl--;
        latch_set(&latch);
        pthread_mutex_unlock(&mutex);
    }
}
