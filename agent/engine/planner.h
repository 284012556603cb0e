/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_PLANNER_H
#define ENGINE_PLANNER_H 1

/* Where the engine gets plans from: the plugins (agent/plugin/), or a
 * generator of random plans in the engine's tests.  Pure. */

#include <vif/binding.h>
#include <vif/plan.h>

struct planner {
    /* Makes the plan for 'binding'.  'previous' is the port's plan now or
     * NULL.  'claimed_by' tells which port has a device (NULL: free). */
    struct vif_error *(*plan)(struct planner *, const struct vif_binding *,
                              const struct vif_plan *previous,
                              const char *(*claimed_by)(void *aux,
                                                        const char *device),
                              void *aux, struct vif_plan **planp);
};

#endif /* engine/planner.h */
