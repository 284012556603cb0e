/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGIN_MEMO_H
#define PLUGIN_MEMO_H 1

/* What a port was asked to be, as a short text that is kept on the host beside
 * what was put in place there: from it a vifd that has lost its journal knows
 * its ports again.  JSON; stable for ever. */

#include <stdbool.h>

#include <vif/binding.h>
#include <vif/error.h>

struct vif_plan;

#define MEMO_MAX_BYTES 2048

/* Gives the memo of 'binding' to those steps of 'plan' that can keep one, as
 * their argument "memo".  'hints' and 'profile' are left out if it would be
 * too long with them; if it is too long all the same, there is none. */
void memo_add(struct vif_plan *plan, const struct vif_binding *binding);

/* Makes from 'memo', which anybody may have written, '*binding', to be
 * destroyed by the caller, and '*pluginp', to be freed.  Sets '*partialp' if
 * something was left out. */
struct vif_error *memo_read(const char *memo, const char *port_id,
                            struct vif_binding *binding, char **pluginp,
                            bool *partialp) VIF_WARN_UNUSED;

#endif /* plugin/memo.h */
