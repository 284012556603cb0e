/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PRIVILEGE_RIGHTS_H
#define PRIVILEGE_RIGHTS_H 1

/* Giving up rights, for good.  Both functions are for a process that is root
 * and has one thread; after an error it must not go on. */

#include <vif/error.h>

struct account;

/* vifd: becomes 'account' and keeps CAP_NET_ADMIN alone. */
struct vif_error *rights_become(const struct account *) VIF_WARN_UNUSED;

/* The helper: stays root, with the capabilities that its verbs need. */
struct vif_error *rights_keep_for_helper(void) VIF_WARN_UNUSED;

#endif /* privilege/rights.h */
