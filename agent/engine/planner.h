/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_PLANNER_H
#define ENGINE_PLANNER_H 1

/* Where the engine gets plans from: the plugins (agent/plugin/), or a
 * generator of random plans in the engine's tests.  Pure. */

#include <stdbool.h>
#include <stddef.h>

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

    /* Whether all is known that a plan for the binding depends on; else its
     * port waits for engine_planner_ready().  NULL: always. */
    bool (*ready)(struct planner *, const struct vif_binding *);

    /* The next plans, all of this turn, are for these 'n' bindings of one
     * request: devices are chosen for them together.  0: the request is
     * planned; a binding that was not announced is a request by itself.  May
     * be NULL. */
    void (*announce)(struct planner *, const struct vif_binding *const *,
                     size_t n);
};

#endif /* engine/planner.h */
