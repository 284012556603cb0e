/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CTL_INVOCATION_H
#define CTL_INVOCATION_H 1

/* A command line, checked against the command tree.  Knows nothing of what
 * the commands do. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctl/command.h"

struct value {
    const struct argument *argument;
    const char *text;       /* In argv; "" of a flag. */
};

struct invocation {
    const struct command *command;  /* NULL if none was given. */
    struct value *values;           /* In the order of the command line. */
    size_t n;
};

/* Reads 'argv' from its second word on.  Returns NULL, or one sentence that
 * says what is wrong, to be freed by the caller; 'invocation' then holds what
 * was understood.  'invocation_destroy()' it in both cases. */
char *invocation_parse(struct invocation *, int argc, char *const argv[]);
void invocation_destroy(struct invocation *);

/* The value of the argument 'name', the last one if there are several; NULL if
 * it was not given.  A name that is in no table is a bug. */
const char *invocation_get(const struct invocation *, const char *name);
bool invocation_has(const struct invocation *, const char *name);

/* The next value of 'name' after '*cursor', which starts at 0; or NULL. */
const char *invocation_next(const struct invocation *, const char *name,
                            size_t *cursor);
size_t invocation_count(const struct invocation *, const char *name);

/* "--timeout" in milliseconds, or 'def' if it was not given. */
int64_t invocation_timeout_ms(const struct invocation *, int64_t def);

#endif /* ctl/invocation.h */
