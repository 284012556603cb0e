/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CTL_HELP_H
#define CTL_HELP_H 1

/* Help, out of the command tree. */

#include <stdio.h>

struct command;

/* How to use 'command', or with NULL vifctl as a whole. */
void help_write(FILE *, const struct command *command);

#endif /* ctl/help.h */
