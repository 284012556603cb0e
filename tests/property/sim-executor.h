/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROPERTY_EXECUTOR_H
#define PROPERTY_EXECUTOR_H 1

/* The executor of the simulated host.  It keeps what the engine submits;
 * somebody else decides when which of it moves on.  An operation begins,
 * takes effect on the host, and is over: three points in time, with anything
 * in between.
 *
 * Steps of the main loop are transactions sent to a server.  When the server
 * hangs they stay there: at their deadline the engine is told that they
 * failed, and yet they land, in their order, when the server wakes, even if
 * the daemon has died meanwhile.  What is sent later lands later.
 *
 * The insertion of a row may also come later than what was sent after it.
 * Then whoever watches the rows (ovs/ in the daemon) deletes it as soon as no
 * port of the engine has such a row.
 *
 * An operation of a lane that hangs in the kernel keeps its lane busy, in the
 * next life of the daemon too. */

#include <stdbool.h>
#include <stddef.h>

#include "engine/executor.h"
#include "fault.h"
#include "host.h"

enum { MAX_TASKS = 160, MAX_FAULTS = 8, MAX_LINGERING = 64 };

enum task_stage {
    TASK_QUEUED,
    TASK_BEGUN,
    TASK_EFFECTIVE,
};

struct sim_task {
    struct step_task *task;
    struct thing *thing;
    enum task_stage stage;
    enum fault_mode fault;
    bool stuck;             /* Does not move on before it is let go. */
    bool cancelled;
    bool gated;             /* Its arming is not durable. */
    struct vif_error *error;    /* What it will say. */
    long long ready_us;     /* Of its next point in time. */
    long long begun_us;
};

/* What takes effect though nobody waits for it any more. */
struct lingering {
    struct step step;       /* Owns its strings. */
    enum step_op op;
    struct thing *thing;
    char lane[64];          /* Empty: transaction, or lane of its own. */
    bool ghost;             /* Comes out of order, behind what was sent
                             * later, and unseen. */
};

struct sim_executor {
    struct executor base;
    struct world *world;
    struct sim_task tasks[MAX_TASKS];   /* In the order of submission. */
    size_t n_tasks;
    struct lingering lingering[MAX_LINGERING];
    size_t n_lingering;
    struct fault faults[MAX_FAULTS];
    size_t n_faults;
    unsigned int n_hits;    /* How often a fault happened. */
    unsigned int n_done;    /* Tasks handed back. */
    bool server_hung;
    bool releasing;         /* Nothing hangs any more. */
};

void executor_init(struct sim_executor *, struct world *);

/* Moves on one task, picked at random.  False if none can now. */
bool executor_step(struct sim_executor *);

/* lingering.c. */
bool task_in_main_loop(const struct sim_task *);
/* Whether something that lingers has to take effect before 'task' can. */
bool executor_is_lingering(const struct sim_executor *,
                           const struct sim_task *);
/* Keeps in mind what 'task' has sent, to carry it out later. */
void executor_linger(struct sim_executor *, const struct sim_task *);
bool executor_land(struct sim_executor *);
void executor_forget(struct sim_executor *, size_t index);

/* Deletes rows that came unseen and that no port has. */
void executor_sweep(struct sim_executor *);

/* When the next one can, LLONG_MAX if it is nobody's turn. */
long long executor_next_us(const struct sim_executor *);
bool executor_idle(const struct sim_executor *);

void executor_add_fault(struct sim_executor *, const struct fault *);

/* Lets everything go on that hangs. */
void executor_release(struct sim_executor *);
/* From now on nothing fails or hangs. */
void executor_heal(struct sim_executor *);

/* Something with which 'op' has been done, of which the engine has still to
 * hear; or NULL. */
struct thing *executor_awaits(const struct sim_executor *, enum step_op op);

/* The daemon dies: what is under way has happened, or not, or in part, or
 * will.  Call after engine_destroy(). */
void executor_crash(struct sim_executor *);
/* The machine too: nothing lingers. */
void executor_reboot(struct sim_executor *);
void executor_destroy(struct sim_executor *);

#endif /* executor.h */
