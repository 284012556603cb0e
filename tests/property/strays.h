/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROPERTY_STRAYS_H
#define PROPERTY_STRAYS_H 1

/* What ports have left behind: things with their marks that no port has. */

#include "history.h"
#include "world.h"

/* Makes some, has the engine collect them, with crashes and faults if there
 * were any in 'history', and fails unless they are gone and nothing else. */
void strays_live(struct world *, const struct history *);

#endif /* strays.h */
