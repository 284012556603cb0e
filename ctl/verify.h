/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CTL_VERIFY_H
#define CTL_VERIFY_H 1

/* What "check" and "repair" have in common: they ask for some ports or for
 * all, and a port that is not as it should be makes them fail. */

#include "ctl/command.h"

extern const struct argument verify_arguments[];

/* Calls 'method' for the operands PORT, or for all ports if there is none. */
enum status verify_execute(struct session *, const char *method,
                           const char *doing);

#endif /* ctl/verify.h */
