/* SPDX-License-Identifier: Apache-2.0 */
/* vifctl help: what there is and how to use it. */

#include <config.h>

#include "ctl/help.h"

#include <stdlib.h>
#include <string.h>

#include "ctl/invocation.h"
#include "ctl/session.h"
#include "lib/alloc.h"
#include "lib/cleanup.h"

#define LEFT_WIDTH 28
#define RIGHT_WIDTH 48          /* 80 columns altogether. */

/* "-f, --format FORMAT" or "PORT". */
static char *
argument_usage(const struct argument *argument)
{
    char letter[8] = "";

    if (argument_is_option(argument)) {
        snprintf(letter, sizeof letter, argument->letter ? "-%c, " : "    ",
                 argument->letter);
    }
    return vif_xasprintf("%s%s%s%s", letter, argument->name,
                         argument->value ? " " : "",
                         argument->value ? argument->value : "");
}

/* Adds 'word' to the line that is '*column' wide so far, or to the next. */
static void
write_word(FILE *stream, const char *word, size_t length, size_t *column)
{
    if (*column && *column + 1 + length > RIGHT_WIDTH) {
        fprintf(stream, "\n  %*s  ", LEFT_WIDTH, "");
        *column = 0;
    } else if (*column) {
        fputc(' ', stream);
        *column += 1;
    }
    fprintf(stream, "%.*s", (int) length, word);
    *column += length;
}

static void
write_words(FILE *stream, const char *text, size_t *column)
{
    while (*text) {
        size_t length = strcspn(text, " ");

        write_word(stream, text, length, column);
        text += length;
        text += *text == ' ';
    }
}

static void
write_argument(FILE *stream, const struct argument *argument)
{
    size_t column = 0;

    CLEANUP_FREE char *left = argument_usage(argument);

    if (strlen(left) > LEFT_WIDTH) {
        fprintf(stream, "  %s\n  %*s", left, LEFT_WIDTH, "");
    } else {
        fprintf(stream, "  %-*s", LEFT_WIDTH, left);
    }
    fputs("  ", stream);
    write_words(stream, argument->help, &column);
    if (argument->choices) {
        write_words(stream, "- one of:", &column);
        for (size_t i = 0; argument->choices[i]; i++) {
            write_words(stream, argument->choices[i], &column);
        }
    }
    fputc('\n', stream);
}

/* The arguments that 'global' says. */
static void
write_arguments(FILE *stream, const struct command *command, bool global,
                const char *title)
{
    struct argument_cursor cursor = { 0, 0 };
    const struct argument *argument;
    bool titled = false;

    while ((argument = command_next_argument(command, &cursor)) != NULL) {
        if (argument_is_global(argument) == global) {
            if (!titled) {
                fprintf(stream, "\n%s\n", title);
                titled = true;
            }
            write_argument(stream, argument);
        }
    }
}

static void
write_usage(FILE *stream, const struct command *command)
{
    struct argument_cursor cursor = { 0, 0 };
    const struct argument *argument;

    fprintf(stream, "usage: vifctl [OPTION]... %s", command->word);
    while ((argument = command_next_argument(command, &cursor)) != NULL) {
        if (!argument_is_option(argument)) {
            fprintf(stream, " %s%s%s%s", argument->required ? "" : "[",
                    argument->name, argument->required ? "" : "]",
                    argument->repeated ? "..." : "");
        }
    }
    fprintf(stream, "\n\n%s.\n", command->help);
}

static void
write_command(FILE *stream, const struct command *command)
{
    write_usage(stream, command);
    if (command->about) {
        fprintf(stream, "\n%s\n", command->about);
    }
    write_arguments(stream, command, false, "Arguments:");
    write_arguments(stream, command, true, "Options of every command:");
    if (command->examples[0].words) {
        fputs("\nExamples:\n", stream);
    }
    for (size_t i = 0; i < COMMAND_MAX_EXAMPLES
                       && command->examples[i].words; i++) {
        fprintf(stream, "%s  # %s\n  vifctl %s\n", i ? "\n" : "",
                command->examples[i].help, command->examples[i].words);
    }
}

static void
write_all(FILE *stream)
{
    fputs("usage: vifctl [OPTION]... COMMAND [ARGUMENT]...\n\n"
          "Asks vifd to plug the ports of guests into the host's network.\n\n"
          "Commands:\n", stream);
    for (size_t i = 0; commands[i]; i++) {
        if (!commands[i]->hidden) {
            fprintf(stream, "  %-14s%s\n", commands[i]->word,
                    commands[i]->help);
        }
    }
    write_arguments(stream, NULL, true, "Options of every command:");
    fputs("\n'vifctl help COMMAND' says more about a command.\n\n"
          "Exit status: 0 done, 1 refused or failed (the reason is on "
          "standard error),\n2 wrong command line or file, 3 vifd cannot be "
          "reached, 4 time ran out.\n", stream);
}

void
help_write(FILE *stream, const struct command *command)
{
    if (command) {
        write_command(stream, command);
    } else {
        write_all(stream);
    }
}

static const char *
help_validate(const struct invocation *invocation)
{
    const char *word = invocation_get(invocation, "COMMAND");

    return word && !command_find(word) ? "there is no such command" : NULL;
}

static enum status
help_execute(struct session *session, const struct invocation *invocation)
{
    const char *word = invocation_get(invocation, "COMMAND");

    help_write(session->out.stream, word ? command_find(word) : NULL);
    return STATUS_DONE;
}

static const struct argument help_arguments[] = {
    { .name = "COMMAND", .kind = ARGUMENT_COMMAND,
      .help = "The command to explain; all of them if it is left out" },
    ARGUMENTS_END
};

const struct command help_command = {
    .word = "help",
    .help = "Explain a command, with examples",
    .arguments = { help_arguments },
    .examples = {
        { "help plug", "all that a port can be plugged with" },
    },
    .validate = help_validate,
    .execute = help_execute,
};
