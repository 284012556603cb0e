/* SPDX-License-Identifier: Apache-2.0 */

/* See chore.h. */

#include <config.h>

#include "agent/chore.h"

#include <pthread.h>
#include <stdlib.h>

#include "latch.h"
#include "ovs-thread.h"
#include "util.h"

struct chore {
    void (*work)(void *aux);
    void (*destroy)(void *aux);
    void *aux;

    pthread_t thread;
    struct latch done;
    struct ovs_mutex mutex;
    bool finished;              /* By the thread. */
    bool abandoned;             /* By the main loop: the thread frees it. */
};

static void
chore_free(struct chore *chore)
{
    latch_destroy(&chore->done);
    ovs_mutex_destroy(&chore->mutex);
    free(chore);
}

static void *
chore_main(void *chore_)
{
    struct chore *chore = chore_;

    chore->work(chore->aux);
    ovs_mutex_lock(&chore->mutex);
    bool abandoned = chore->abandoned;
    chore->finished = true;
    if (!abandoned) {
        latch_set(&chore->done);
    }
    ovs_mutex_unlock(&chore->mutex);
    if (abandoned) {
        chore->destroy(chore->aux);
        chore_free(chore);
    }
    return NULL;
}

struct chore *
chore_start(const char *name, void (*work)(void *aux),
            void (*destroy)(void *aux), void *aux)
{
    struct chore *chore = xzalloc(sizeof *chore);

    chore->work = work;
    chore->destroy = destroy;
    chore->aux = aux;
    latch_init(&chore->done);
    ovs_mutex_init(&chore->mutex);
    chore->thread = ovs_thread_create(name, chore_main, chore);
    return chore;
}

bool
chore_take(struct chore *chore)
{
    if (!latch_poll(&chore->done)) {
        return false;
    }
    xpthread_join(chore->thread, NULL);
    chore_free(chore);
    return true;
}

void
chore_wait(struct chore *chore)
{
    latch_wait(&chore->done);
}

void
chore_abandon(struct chore *chore)
{
    ovs_mutex_lock(&chore->mutex);
    bool finished = chore->finished;
    pthread_t thread = chore->thread;
    chore->abandoned = true;
    ovs_mutex_unlock(&chore->mutex);
    if (finished) {
        xpthread_join(thread, NULL);
        chore->destroy(chore->aux);
        chore_free(chore);
    } else {
        pthread_detach(thread);
    }
}
