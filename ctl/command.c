/* SPDX-License-Identifier: Apache-2.0 */
/* The root of the command tree, and looking things up in it. */

#include <config.h>

#include "ctl/command.h"

#include <string.h>

const struct command *const commands[] = {
    &plug_command,
    &unplug_command,
    &plan_command,
    &list_command,
    &show_command,
    &check_command,
    &repair_command,
    &gc_command,
    &activate_command,
    &abort_command,
    &watch_command,
    &inventory_command,
    &fit_command,
    &drain_command,
    &undrain_command,
    &capabilities_command,
    &reload_command,
    &version_command,
    &help_command,
    &complete_command,
    NULL,
};

static const char *const formats[] = { "table", "json", "kv", NULL };
static const char *const color_choices[] = { "auto", "always", "never", NULL };

const struct argument global_arguments[] = {
    { .name = "--socket", .letter = 's', .kind = ARGUMENT_PATH,
      .value = "PATH",
      .help = "vifd's socket [VIFD_SOCKET, /run/vifd/vifd.sock]" },
    { .name = "--format", .letter = 'f', .kind = ARGUMENT_CHOICE,
      .value = "FORMAT", .choices = formats,
      .help = "Write a table, vifd's JSON, or key=value lines [table]" },
    { .name = "--json", .letter = 'j', .kind = ARGUMENT_FLAG,
      .help = "The same as --format json" },
    { .name = "--timeout", .letter = 't', .kind = ARGUMENT_SECONDS,
      .value = "SECONDS",
      .help = "Give up after this time [60; watch: never]" },
    { .name = "--color", .kind = ARGUMENT_CHOICE, .value = "WHEN",
      .choices = color_choices,
      .help = "Colours: on a terminal, always, or never [auto]" },
    { .name = "--help", .letter = 'h', .kind = ARGUMENT_FLAG,
      .help = "Say what the command does and how to use it" },
    { .name = "--version", .letter = 'V', .kind = ARGUMENT_FLAG,
      .help = "Print the version of vifctl itself" },
    ARGUMENTS_END
};

const struct command *
command_find(const char *word)
{
    for (size_t i = 0; commands[i]; i++) {
        if (!strcmp(commands[i]->word, word)) {
            return commands[i];
        }
    }
    return NULL;
}

/* Table number 'i' of 'command', the global one after all others; NULL if
 * there is none, with '*past_end' telling whether more may follow. */
static const struct argument *
table_of(const struct command *command, size_t i, bool *past_end)
{
    *past_end = i > COMMAND_MAX_TABLES;
    return (i == COMMAND_MAX_TABLES ? global_arguments
            : command && i < COMMAND_MAX_TABLES ? command->arguments[i]
            : NULL);
}

const struct argument *
command_next_argument(const struct command *command,
                      struct argument_cursor *cursor)
{
    for (;;) {
        bool past_end;
        const struct argument *table = table_of(command, cursor->table,
                                                &past_end);

        if (past_end) {
            return NULL;
        }
        if (table && table[cursor->i].name) {
            return &table[cursor->i++];
        }
        cursor->table++;
        cursor->i = 0;
    }
}

bool
argument_is_option(const struct argument *argument)
{
    return argument->name[0] == '-';
}

bool
argument_is_global(const struct argument *argument)
{
    for (const struct argument *a = global_arguments; a->name; a++) {
        if (a == argument) {
            return true;
        }
    }
    return false;
}

const struct argument *
command_find_option(const struct command *command, const char *word)
{
    bool is_short = word[0] == '-' && word[1] && word[1] != '-' && !word[2];
    struct argument_cursor cursor = { 0, 0 };
    const struct argument *argument;

    while ((argument = command_next_argument(command, &cursor)) != NULL) {
        if (argument_is_option(argument)
            && (!strcmp(argument->name, word)
                || (is_short && argument->letter == word[1]))) {
            return argument;
        }
    }
    return NULL;
}

const struct argument *
command_find_operand(const struct command *command, size_t n)
{
    struct argument_cursor cursor = { 0, 0 };
    const struct argument *argument, *last = NULL;

    while ((argument = command_next_argument(command, &cursor)) != NULL) {
        if (!argument_is_option(argument)) {
            last = argument;
            if (!n--) {
                return argument;
            }
        }
    }
    return last && last->repeated ? last : NULL;
}
