/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_LANE_TASKS_H
#define TESTS_LANE_TASKS_H 1

/* Tasks for lanes with simulated steps, and what came of them. */

#include <stdbool.h>

#include "engine/lanes.h"
#include "tests/unit/simulated-steps.h"
#include "tests/unit/until.h"

/* Longer than any test. */
#define NEVER_STUCK_MS 600000

/* What came of a task. */
struct lane_outcome {
    bool over;
    int position; /* Among all of the test, from 1. */
    enum step_op op;
    struct vif_error *error;
    long long queued_us, started_us, finished_us;
    bool verified;
};

/* Tasks of this test that are over. */
extern int lane_n_over;

/* The fixture: for cmocka_unit_test_setup(). */
int lane_set_up(void **state);

struct lanes *lane_make(unsigned int workers, unsigned int max_workers,
                        unsigned int stuck_ms);
/* Nobody may be left behind, and nothing wrong that is always wrong. */
void lane_end(struct lanes *);
struct lanes_stats lane_stats_of(const struct lanes *);
const struct sim_world *lane_world(void); /* Static. */

/* A task whose result goes to 'outcome', which is emptied. */
struct step_task *lane_make_task(const struct step_class *, enum step_op,
                                 const char *object, const char *lane,
                                 struct lane_outcome *outcome);
void lane_submit_task(struct lanes *, struct step_task *);
/* Both. */
struct step_task *lane_submit(struct lanes *, const struct step_class *,
                              enum step_op, const char *object,
                              const char *lane, struct lane_outcome *outcome);
void lane_cancel(struct lanes *, struct step_task *);
bool lane_is_stuck(struct lanes *, const char *lane);

/* Runs until CONDITION holds. */
#define TURNS_UNTIL(LANES, CONDITION)                                \
    UNTIL(CONDITION, sim_run(); lanes_run(LANES), lanes_wait(LANES); \
          sim_wait())

#endif /* lane-tasks.h */
