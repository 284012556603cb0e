/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROPERTY_SHRINK_H
#define PROPERTY_SHRINK_H 1

/* Finds out which events of a history are needed for it to fail. */

#include "history.h"
#include "life.h"
#include "verdict.h"

/* Lives through 'history' in a process of its own and stores into '*result'
 * how that went; true if it failed.  One that lasts for more than a few
 * seconds, or that dies, has failed too. */
bool try_history(const struct history *, struct selection, enum mutation,
                 struct verdict *result);

/* Leaves events and ports out as long as the same invariant fails; takes at
 * most 'seconds'.  '*failure' is how the whole history fails, and becomes how
 * the shrunk one does. */
struct selection shrink(const struct history *, enum mutation,
                        struct verdict *failure, unsigned int seconds);

#endif /* shrink.h */
