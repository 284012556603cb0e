/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROPERTY_SLOTS_H
#define PROPERTY_SLOTS_H 1

/* The slots of the simulated host as VFs, and its cards as their PFs, given
 * out by what gives out real ones: device_fit(), from the claims that the
 * engine tells of, to all ports of a request together. */

#include <stdbool.h>
#include <stddef.h>

#include "engine/planner.h"
#include "host.h"
#include "inventory/claims.h"
#include "shape.h"

struct choice;
struct world;

struct slots {
    struct world *world;
    struct inventory inventory;
    struct device_claims claims;        /* As the engine has told. */

    /* The request whose ports are being planned. */
    const struct vif_binding *const *announced;
    size_t n_announced;
    struct choice *choice;              /* For it, once it was made. */
    bool previewing;                    /* Nobody will claim what is given. */
};

void slots_init(struct slots *, struct world *);
void slots_destroy(struct slots *);

/* The engine lives, has been told the journal, and is about to go. */
void slots_start(struct slots *);
void slots_stop(struct slots *);

/* struct planner's function, for the world whose slots they are. */
void slots_announce(struct slots *, const struct vif_binding *const *,
                    size_t n);

/* Which slots the port with 'binding' gets: bit I is slot I. */
struct vif_error *slots_choose(struct slots *, const struct vif_binding *,
                               unsigned int *slotsp) VIF_WARN_UNUSED;

/* The names that 'slot' is claimed by.  Returns their number. */
size_t slots_claim_names(const struct slots *, const struct thing *slot,
                         char names[DEVICE_MAX_CLAIMS][DEVICE_CLAIM_SIZE]);

/* After each turn: what was told is what the engine says, and who has one
 * name of a slot has all. */
void slots_check(struct slots *);

#endif /* slots.h */
