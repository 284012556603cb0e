/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROPERTY_VERDICT_H
#define PROPERTY_VERDICT_H 1

/* What the process that lives through histories tells the one that started
 * it, in memory that they share: it may end in the middle of anything. */

#include <stdint.h>

#include "life.h"

/* Exit status of a process in which an invariant did not hold. */
enum { VERDICT_STATUS = 70 };

struct verdict {
    uint64_t number;        /* Of the history that it is in. */
    char invariant[40];     /* "" as long as all hold. */
    char text[4000];
    struct tally tally;
};
extern struct verdict *verdict;

#endif /* verdict.h */
