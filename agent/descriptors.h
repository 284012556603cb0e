/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_DESCRIPTORS_H
#define AGENT_DESCRIPTORS_H 1

/* Descriptors: how many the process may have, and one in reserve, to be able
 * to say so when there are no more. */

#include <stdbool.h>
#include <stddef.h>

/* Raises the soft limit to what the most clients that can be configured take,
 * as far as the hard one allows.  To be called before system calls are
 * filtered. */
void descriptors_raise(void);

/* Says in the log if the limit does not allow so many clients. */
void descriptors_check_clients(size_t n_clients);

/* How many clients the limit allows now. */
size_t descriptors_for_clients(void);

/* Whether there is none left: of the process or of the host. */
bool descriptors_exhausted(void);

#endif /* agent/descriptors.h */
