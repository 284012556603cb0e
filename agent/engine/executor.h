/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_EXECUTOR_H
#define ENGINE_EXECUTOR_H 1

/* Who carries out the engine's step tasks: the lanes and the main loop in the
 * daemon (lanes.h), a simulated host in the engine's tests. */

#include <stdbool.h>

#include "steps/step.h"

struct executor;

struct executor_class {
    /* Looks up a kind of step.  The daemon's are steps/; tests have others. */
    const struct step_class *(*lookup)(struct executor *, const char *kind);

    /* Starts 'task'.  It is the executor's until it calls 'task->done', from
     * the main loop, now or later.  Tasks with the same lane run one after
     * the other in the order in which they were submitted. */
    void (*submit)(struct executor *, struct step_task *);

    /* The arming of 'task', which was submitted 'gated', is durable. */
    void (*armed)(struct executor *, struct step_task *);

    /* The engine does not want the result any more.  A task that was not
     * started, or waits for its arming, is handed back soon with
     * VIF_ERR_SUPERSEDED; one under way ends when it ends. */
    void (*cancel)(struct executor *, struct step_task *);

    /* Whether 'lane' is stuck: its operation has been in the kernel for
     * longer than the configured time.  Nothing new is sent there. */
    bool (*stuck)(struct executor *, const char *lane);
};

struct executor {
    const struct executor_class *class;
};

#endif /* engine/executor.h */
