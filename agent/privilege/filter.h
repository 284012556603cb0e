/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PRIVILEGE_FILTER_H
#define PRIVILEGE_FILTER_H 1

/* The system calls that each of the two processes may make: seccomp(2).  What
 * is in no list fails with EPERM and, where the kernel audits, is logged
 * there; what neither of them would ever do ends the process.
 * doc/privilege.md says why so. */

#include <stdbool.h>

#include <vif/error.h>

enum filter {
    FILTER_VIFD,
    FILTER_HELPER,
};

/* False in builds with sanitizers, which make calls of their own
 * that no list knows. */
bool filter_is_built(void);

/* From now on, and for all threads, for good.  Does nothing in a build that
 * has no filters. */
struct vif_error *filter_install(enum filter) VIF_WARN_UNUSED;

#endif /* privilege/filter.h */
