/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROPERTY_NOTES_H
#define PROPERTY_NOTES_H 1

/* A note that somebody sets and deletes at random: it is what was answered
 * last, also after a crash; while nothing was answered, it is one of two. */

#include <stdbool.h>

struct world;

struct notes {
    unsigned int value;         /* 0: there is none. */
    bool pending;               /* Set to 'wanted', and not answered. */
    unsigned int wanted;
};

/* Perhaps sets it. */
void notes_live(struct world *);
/* After each turn, and when the engine has read the journal. */
void notes_check(struct world *);
void notes_recovered(struct world *);

#endif /* notes.h */
