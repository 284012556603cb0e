/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SIMULATED_STEPS_H
#define TESTS_SIMULATED_STEPS_H 1

/* Kinds of step that touch no host, for tests of the lanes: they note what is
 * called, and wait or fail when they are told to.
 *
 * In a test that is linked with these, they take the place of
 * steps/step-classes.c and of rtnl_open() and rtnl_close(). */

#include <stdbool.h>
#include <stddef.h>

#include "steps/step.h"

/* Of the lanes.  A step with argument "fail" fails with that message; one
 * with "spin" takes as many microseconds of the processor. */
extern const struct step_class sim_plain_class;     /* No revert_many(). */
extern const struct step_class sim_bulk_class;      /* With revert_many(). */
extern const struct step_class sim_other_class;     /* Likewise. */
/* Of the main loop: what was started stays until the test ends it. */
extern const struct step_class sim_loop_class;

#define SIM_MAX 6000
#define SIM_MAX_RUNNING 512

/* What has happened. */
struct sim_world {
    size_t n_calls;             /* In the order in which they began; each
                                 * step of a batch is one. */
    struct sim_call {
        char object[32];
        const char *function;   /* "capture" ... "revert", "revert-many". */
    } calls[SIM_MAX];
    size_t n_batches, batches[SIM_MAX];     /* Sizes, of revert_many(). */
    unsigned int most_running;  /* At the same time, batches as one. */
    unsigned int overlaps;      /* Two at once with the same port id, for
                                 * which the tests take the lane. */
    unsigned int wrong_env;     /* Without socket or key, with 'ovs', or in
                                 * the main thread. */
    unsigned int n_rtnl;        /* Sockets open. */
};

void sim_reset(void);
void sim_get(struct sim_world *);

/* Calls for 'object' ("*": for all) wait until it is let go. */
void sim_hold(const char *object);
void sim_let_go(const char *object);

/* Whether a call for 'object' is under way; how many are. */
bool sim_is_running(const char *object);
unsigned int sim_n_running(void);

/* rtnl_open() fails 'n' times from now on. */
void sim_fail_rtnl_open(int n);

/* sim_wait() makes poll_block() return when a call has begun or a socket was
 * closed since the last sim_run(). */
void sim_run(void);
void sim_wait(void);

/* What sim_loop_class got last. */
struct sim_loop {
    struct step_task *started, *cancelled;
    struct step_env env;
};
extern struct sim_loop sim_loop;

#endif /* tests/unit/simulated-steps.h */
