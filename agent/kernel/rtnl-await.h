/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_RTNL_AWAIT_H
#define KERNEL_RTNL_AWAIT_H 1

/* Waiting, in a thread that may block, for a link to come, go or change: the
 * kernel announces it.  First listen, then look, then wait, then look again:
 * so nothing is missed in between. */

#include <stdbool.h>

#include <vif/error.h>

/* Opens an ear.  The caller closes '*fdp', which is -1 after an error. */
struct vif_error *rtnl_listen(int *fdp) VIF_WARN_UNUSED;

/* Blocks until something has been announced since the last call, or until
 * 'deadline' (CLOCK_MONOTONIC ms).  Returns false if that has passed. */
bool rtnl_await(int fd, long long deadline);

#endif /* kernel/rtnl-await.h */
