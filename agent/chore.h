/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_CHORE_H
#define AGENT_CHORE_H 1

/* One piece of work that may block, done by a thread of its own for the main
 * loop, which goes on meanwhile and takes up the result.  For what is done now
 * and then; what ports need is for the lanes. */

#include <stdbool.h>

struct chore;

/* Starts a thread called 'name' that calls 'work(aux)'.  Until that is over
 * 'aux' is the thread's.  'destroy' frees it when the chore is abandoned. */
struct chore *chore_start(const char *name, void (*work)(void *aux),
                          void (*destroy)(void *aux), void *aux);

/* Whether it is over.  Then the chore is gone and 'aux' is the caller's. */
bool chore_take(struct chore *);
void chore_wait(struct chore *);        /* Wakes the main loop then. */

/* Nobody wants the result any more.  The thread, which may be stuck in the
 * kernel, frees everything when it comes back. */
void chore_abandon(struct chore *);

#endif /* agent/chore.h */
