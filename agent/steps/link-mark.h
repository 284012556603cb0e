/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STEPS_LINK_MARK_H
#define STEPS_LINK_MARK_H 1

/* The mark by which a link of ours is known, in its ifalias: "vifd:", the
 * installation's key, ":", the port's id.  And a look at all that have one. */

#include <stdbool.h>

#include "kernel/rtnl.h"
#include "steps/step.h"

/* Whether 's' can be the id of a port: anything else in a mark, or in the key
 * of a row, is not from us. */
bool mark_is_port_id(const char *s);

void link_mark_format(char mark[RTNL_ALIAS_SIZE], const char *key,
                     const char *port_id);

/* The mark of a link that ports share: its own name, after a character that no
 * port's id has, takes the place of the id. */
void shared_mark_format(char mark[RTNL_ALIAS_SIZE], const char *key,
                        const char *name);

/* The kind of step that makes a link like 'link' for one port alone, "tap" or
 * "macvtap"; NULL if none does. */
const char *link_mark_step_kind(const struct rtnl_link *);

/* The id of the port that 'link' is marked for, within 'link'; NULL if it is
 * of no such kind or its alias is anything but a mark of ours. */
const char *link_mark_port_id(const struct rtnl_link *link, const char *key);

/* The name that a link marked as shared was made with, within 'link'; NULL if
 * it has no such mark of ours. */
const char *link_mark_shared_name(const struct rtnl_link *, const char *key);

/* No step of any plan: its verify() looks at all links, and so has to be done
 * by a worker.  Outputs, for each that is marked as ours: its index, with
 * "KIND NAME PORT_ID", where KIND is the step's. */
extern const struct step_class marked_links_class;

#endif /* steps/link-mark.h */
