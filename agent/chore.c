/* SPDX-License-Identifier: Apache-2.0 */

/* See chore.h. */

#include <config.h>

#include "agent/chore.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "latch.h"
#include "ovs-rcu.h"
#include "ovs-thread.h"
#include "util.h"

struct chore_thread {
    pthread_t thread;
    struct latch done;

    struct ovs_mutex mutex;
    pthread_cond_t changed;     /* 'working' or 'ending'. */
    bool working;               /* From chore_start() to the end of it. */
    bool ending;                /* If working: the thread frees all. */

    bool busy;                  /* Main loop: until chore_take(). */
    void (*work)(void *aux);
    void (*destroy)(void *aux);
    void *aux;
};

static void
chore_thread_free(struct chore_thread *chores)
{
    latch_destroy(&chores->done);
    ovs_mutex_destroy(&chores->mutex);
    xpthread_cond_destroy(&chores->changed);
    free(chores);
}

/* With the mutex held, but not meanwhile.  Returns false when the thread is to
 * end. */
static bool
wait_for_work(struct chore_thread *chores)
{
    while (!chores->working && !chores->ending) {
        ovs_mutex_cond_wait(&chores->changed, &chores->mutex);
    }
    return chores->working;
}

/* Likewise.  Returns false when nobody is there any more to take it. */
static bool
do_work(struct chore_thread *chores)
{
    ovs_mutex_unlock(&chores->mutex);
    chores->work(chores->aux);
    ovs_mutex_lock(&chores->mutex);
    if (chores->ending) {
        return false;
    }
    chores->working = false;
    latch_set(&chores->done);
    xpthread_cond_signal(&chores->changed);
    return true;
}

static void *
chore_main(void *chores_)
{
    struct chore_thread *chores = chores_;
    bool orphaned = false;
    sigset_t all;

    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, NULL);     /* They are the main loop's.*/
    ovsrcu_quiesce_start();     /* For good: RCU never waits for a driver. */

    ovs_mutex_lock(&chores->mutex);
    while (!orphaned && wait_for_work(chores)) {
        orphaned = !do_work(chores);
    }
    ovs_mutex_unlock(&chores->mutex);
    if (orphaned) {
        chores->destroy(chores->aux);
        chore_thread_free(chores);
    }
    return NULL;
}

struct chore_thread *
chore_thread_create(const char *name)
{
    struct chore_thread *chores = xzalloc(sizeof *chores);

    latch_init(&chores->done);
    ovs_mutex_init(&chores->mutex);
    xpthread_cond_init(&chores->changed, NULL);
    chores->thread = ovs_thread_create(name, chore_main, chores);
    return chores;
}

void
chore_thread_destroy(struct chore_thread *chores)
{
    if (!chores) {
        return;
    }
    pthread_t thread = chores->thread;

    ovs_mutex_lock(&chores->mutex);
    bool working = chores->working;
    chores->ending = true;
    xpthread_cond_signal(&chores->changed);
    ovs_mutex_unlock(&chores->mutex);
    if (working) {
        pthread_detach(thread);
        return;
    }
    xpthread_join(thread, NULL);
    if (chores->busy) {
        chores->destroy(chores->aux);
    }
    chore_thread_free(chores);
}

void
chore_start(struct chore_thread *chores, void (*work)(void *aux),
            void (*destroy)(void *aux), void *aux)
{
    ovs_assert(!chores->busy);
    chores->busy = true;
    chores->work = work;
    chores->destroy = destroy;
    chores->aux = aux;
    ovs_mutex_lock(&chores->mutex);
    chores->working = true;
    xpthread_cond_signal(&chores->changed);
    ovs_mutex_unlock(&chores->mutex);
}

bool
chore_take(struct chore_thread *chores)
{
    if (!chores->busy || !latch_poll(&chores->done)) {
        return false;
    }
    chore_finish(chores);
    chores->busy = false;
    return true;
}

void
chore_wait(const struct chore_thread *chores)
{
    if (chores->busy) {
        latch_wait(&chores->done);
    }
}

void
chore_finish(struct chore_thread *chores)
{
    ovs_mutex_lock(&chores->mutex);
    while (chores->working) {
        ovs_mutex_cond_wait(&chores->changed, &chores->mutex);
    }
    ovs_mutex_unlock(&chores->mutex);
}
