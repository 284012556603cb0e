/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_LANES_PRIVATE_H
#define ENGINE_LANES_PRIVATE_H 1

/* What the main loop (lanes.c) and the workers (lane-worker.c) share; for
 * nobody else. */

#include <pthread.h>

#include "engine/lane-queue.h"
#include "engine/lanes.h"
#include "latch.h"

struct lanes {
    /* The main loop's. */
    struct executor up;
    struct ovs *ovs;
    struct ovs_list gathered;   /* Jobs submitted in this turn. */
    uint64_t n_submitted, n_handed_back;

    /* Set once. */
    unsigned int max_active;    /* Workers that are not stuck. */
    unsigned int max_workers;
    unsigned int stuck_ms;
    char *key;
    size_t key_size;
    struct latch latch;         /* Set: 'over' is not empty, or a worker has
                                 * ended. */

    pthread_mutex_t mutex;      /* Guards what follows.  Nobody holds it while
                                 * a step is carried out. */
    pthread_cond_t more;        /* Something is ready, or 'stopping'. */
    pthread_cond_t gate;        /* One is not closed any more. */
    pthread_cond_t end;         /* A worker has ended. */
    struct lane_queue queue;
    struct ovs_list over;       /* Jobs to be handed back. */
    struct ovs_list workers;    /* struct worker. */
    struct ovs_list ended;      /* Those to be joined. */
    unsigned int n_workers, n_busy, n_stuck;    /* Of 'workers'. */
    uint64_t n_batched;
    bool stopping;
    bool orphaned;              /* Nobody waits for what is over. */
    bool main_has_left;         /* The last worker frees all of this. */
};

struct worker {
    struct ovs_list node;       /* In lanes->workers or lanes->ended. */
    struct lanes *lanes;
    pthread_t thread;
    struct rtnl *rtnl;          /* Its own; opened with the first task. */

    /* Guarded by the mutex of the lanes. */
    struct lane_job *batch[LANE_BATCH_MAX];
    size_t n;                   /* Under way. */
    long long since_us;         /* When they began. */
    bool stuck;                 /* They do not come back. */
};

/* With the mutex held: starts a worker, wakes as many idle ones as have
 * something to do. */
void worker_start(struct lanes *);
void lanes_wake_workers(struct lanes *);

/* Without it, when nobody else is left. */
void lanes_free(struct lanes *);

#endif /* engine/lanes-private.h */
