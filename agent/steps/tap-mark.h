/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STEPS_TAP_MARK_H
#define STEPS_TAP_MARK_H 1

/* The mark by which a tap of ours is known, in its ifalias: "vifd:", the
 * installation's key, ":", the port's id.  And a look at all that have one. */

#include <stdbool.h>

#include "kernel/rtnl.h"
#include "steps/step.h"

/* Whether 's' can be the id of a port: anything else in a mark, or in the key
 * of a row, is not from us. */
bool mark_is_port_id(const char *s);

void tap_mark_format(char mark[RTNL_ALIAS_SIZE], const char *key,
                     const char *port_id);

/* The id of the port that 'link' is marked for, within 'link'; NULL if it is
 * no tap or its alias is anything but a mark of ours. */
const char *tap_mark_port_id(const struct rtnl_link *link, const char *key);

/* No step of any plan: its verify() looks at all links, and so has to be done
 * by a worker.  Outputs, for each that is marked as ours: its index, with
 * "NAME PORT_ID". */
extern const struct step_class marked_taps_class;

#endif /* steps/tap-mark.h */
