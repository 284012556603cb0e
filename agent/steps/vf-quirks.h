/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STEPS_VF_QUIRKS_H
#define STEPS_VF_QUIRKS_H 1

/* What drivers of PFs cannot do or want first, where the kernel only answers
 * with a number.  Pure: a table, with the source of each line. */

#include <stdbool.h>

#include "kernel/rtnl-vf.h"

/* Whether 'driver' takes some of 'fields' (bits) only while its PF is up, and
 * then whether it needs a link, too. */
bool vf_driver_needs_pf_up(const char *driver, unsigned int fields,
                           bool *needs_link);

/* Why 'driver' answered 'errnum' to 'values' of 'fields' (bits), for the end
 * of an error message.  NULL if nothing is known. */
const char *vf_driver_lacks(const char *driver, unsigned int fields,
                            const struct rtnl_vf *values, int errnum);

/* Whether 'errnum' is how a driver says that it does not have something, or
 * will not do it; and whether it asks to be asked again. */
bool vf_is_refusal(int errnum);
bool vf_is_busy(int errnum);

#endif /* steps/vf-quirks.h */
