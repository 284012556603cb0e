/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_RESOURCE_PRIVATE_H
#define ENGINE_RESOURCE_PRIVATE_H 1

/* Between the two files about shared things. */

#include "engine/engine-private.h"

void resource_free(struct resource *);

/* Its record is not up to date any more. */
void resource_touch(struct resource *);

/* Holders that do not let go. */
size_t resource_n_live(const struct resource *);
void resource_kick_holders(struct resource *);

/* Holder 'i' lets go; another one takes its place. */
void resource_unhold(struct resource *, size_t i);

#endif /* engine/resource-private.h */
