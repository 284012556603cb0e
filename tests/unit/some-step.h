/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SOME_STEP_H
#define TESTS_SOME_STEP_H 1

/* A step of the lanes as tests make it and carry it out, and what they say
 * of what came of it. */

#include "lib/cleanup.h"
#include "steps/step.h"

/* Of a port's "port-1", with no arguments and ten seconds to go. */
void some_step_init(struct step *, const struct step_class *,
                    const char *object);
void some_step_end(struct step *);
#define CLEANUP_STEP CLEANUP(some_step_end)

/* One operation, as a worker does it; both that put it in place; and a change
 * of one argument (to NULL: it is left out) of what is in place. */
struct vif_error *some_step_run(struct step *, enum step_op, struct rtnl *)
    VIF_WARN_UNUSED;
struct vif_error *some_step_plug(struct step *, struct rtnl *)
    VIF_WARN_UNUSED;
struct vif_error *some_step_alter(struct step *, const char *key,
                                  const char *value, struct rtnl *)
    VIF_WARN_UNUSED;

/* Fails the test unless 'error', which it takes over, has 'code' and 'words'
 * are in its message. */
void assert_error(struct vif_error *error, enum vif_error_code code,
                  const char *words);
/* Unless 'words' are in the step's warning; NULL: unless it has none. */
void assert_warning(const struct step *, const char *words);

#endif /* tests/unit/some-step.h */
