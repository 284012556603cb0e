/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_CHORE_H
#define AGENT_CHORE_H 1

/* A thread that does pieces of work that may block, one at a time, for the
 * main loop, which goes on meanwhile and takes up the result.  For what is
 * done now and then; what ports need is for the lanes.
 *
 * Whoever has chores makes the thread at the start.  It and its descriptors
 * are then there for good: that no more of them can be had later does not
 * matter. */

#include <stdbool.h>

struct chore_thread;

struct chore_thread *chore_thread_create(const char *name);

/* Nobody wants the result of a chore under way any more.  The thread, which
 * may be stuck in the kernel, frees everything when it comes back.  NULL is
 * allowed. */
void chore_thread_destroy(struct chore_thread *);

/* Has the thread call 'work(aux)', when the one before has been taken.  Until
 * it is over 'aux' is the thread's.  'destroy' frees it when the thread is
 * destroyed before chore_take(). */
void chore_start(struct chore_thread *, void (*work)(void *aux),
                 void (*destroy)(void *aux), void *aux);

/* Whether one is over.  Once: 'aux' is the caller's then. */
bool chore_take(struct chore_thread *);
void chore_wait(const struct chore_thread *);   /* Wakes the main loop. */

/* Blocks until one that is under way is over. */
void chore_finish(struct chore_thread *);

#endif /* agent/chore.h */
