/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CTL_DETAILS_H
#define CTL_DETAILS_H 1

/* What is known of a port, for a human. */

#include <jansson.h>

#include "ctl/terminal.h"

struct session;

/* The answer to "plug", "activate", "unplug" or "abort": the port, what each
 * step took, and warnings. */
void details_write_verdict(struct session *, const json_t *details);

/* The members that "plug" and "show" share, as attributes of the block under
 * way. */
void details_write_members(struct session *, const json_t *details);

/* The warnings in 'details', on stderr. */
void details_write_warnings(struct session *, const json_t *details);

/* How good a state is. */
enum tone state_tone(const char *state);

/* "waiting-for-device": the state, as an attribute in its tone. */
void details_write_state(struct session *, const json_t *object);

/* The name of the port's device: what the guest opens, or the PCI device that
 * it gets. */
void details_write_device(struct session *, const json_t *details);

/* Of a row: the name of the port's instance, else its id, as an attribute. */
void details_write_instance(struct session *, const json_t *row);

/* The OpenFlow port, as an attribute of that title; none if it is not known
 * yet, which Open vSwitch says with -1. */
void details_write_ofport(struct session *, const json_t *object,
                          const char *title);

#endif /* ctl/details.h */
