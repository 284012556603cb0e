/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROPERTY_FAULT_H
#define PROPERTY_FAULT_H 1

/* What may go wrong with an operation.  A fault waits until operations come
 * by that it fits, and then happens to so many of them. */

#include <stdbool.h>
#include <stdint.h>

enum fault_mode {
    FAULT_NONE,
    FAULT_BEFORE,           /* Fails and does nothing. */
    FAULT_REFUSED,          /* The same: it is in use. */
    FAULT_MIDDLE,           /* Fails half way. */
    FAULT_AFTER,            /* Does everything and says that it failed. */
    FAULT_VERIFY,           /* apply() works, its verify() does not. */
    FAULT_SLOW,             /* Takes long. */
    FAULT_STUCK_BEFORE,     /* Hangs, and takes effect when it comes back. */
    FAULT_STUCK_AFTER,      /* Takes effect and hangs. */
    FAULT_GONE,             /* The device vanishes under it. */
    N_FAULT_MODES
};
const char *fault_mode_name(enum fault_mode);

struct fault {
    enum fault_mode mode;
    uint8_t kinds;          /* Bit I: enum thing_kind. */
    uint8_t ops;            /* Bit I: enum step_op. */
    int8_t port;            /* -1: any.  Not for shared things. */
    uint8_t skip;           /* Lets that many pass first. */
    uint8_t count;
    uint16_t ms;            /* FAULT_SLOW. */
};

#endif /* fault.h */
