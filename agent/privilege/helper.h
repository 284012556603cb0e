/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PRIVILEGE_HELPER_H
#define PRIVILEGE_HELPER_H 1

/* The helper's process. */

#include <stdnoreturn.h>
#include <sys/types.h>

#include "privilege/privilege.h"

/* Most requests under way at once; more are told to try again.  More than
 * there can be workers ("max_workers" of vifd.yaml). */
#define HELPER_MAX_UNDER_WAY 300

/* What the child of fork() does until 'vifd', its parent, has gone: serves
 * the requests that arrive at 'fd'.  Keeps no other descriptor. */
noreturn void helper_main(const struct privilege_host *, int fd, pid_t vifd);

#endif /* privilege/helper.h */
