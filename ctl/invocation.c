/* SPDX-License-Identifier: Apache-2.0 */
/* Parses a command line by the command tree.  See invocation.h. */

#include <config.h>

#include "ctl/invocation.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "lib/alloc.h"
#include "lib/cleanup.h"

/* As long as anybody waits, and still exact in milliseconds. */
#define MAX_SECONDS (365.0 * 24 * 3600)

static void
check_number(const struct argument *argument, const char *text, char **why)
{
    char *end;

    errno = 0;
    unsigned long n = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end || errno
        || n < argument->min || n > argument->max) {
        *why = vif_xasprintf("takes a number from %lu to %lu, not '%s'",
                             argument->min, argument->max, text);
    }
}

/* Seconds as milliseconds, rounded up; -1 if 'text' is none. */
static int64_t
seconds_to_ms(const char *text)
{
    char *end;
    double seconds = strtod(text, &end);

    return (end == text || *end || !(seconds > 0 && seconds <= MAX_SECONDS)
            ? -1 : (int64_t) (seconds * 1000 + 0.999));
}

static void
append(char **list, const char *word)
{
    char *longer = vif_xasprintf("%s%s%s", *list ? *list : "",
                                 *list ? ", " : "", word);

    free(*list);
    *list = longer;
}

static void
check_choice(const struct argument *argument, const char *text, char **why)
{
    CLEANUP_FREE char *list = NULL;

    for (size_t i = 0; argument->choices[i]; i++) {
        if (!strcmp(argument->choices[i], text)) {
            return;
        }
        append(&list, argument->choices[i]);
    }
    *why = vif_xasprintf("takes one of %s, not '%s'", list, text);
}

/* What is wrong with 'text' as the value of 'argument', or NULL.  The caller
 * frees it. */
static char *
check_value(const struct argument *argument, const char *text)
{
    char *why = NULL;

    switch (argument->kind) {
    case ARGUMENT_NUMBER:
        check_number(argument, text, &why);
        break;
    case ARGUMENT_SECONDS:
        if (seconds_to_ms(text) < 0) {
            why = vif_xasprintf("takes a number of seconds such as 5 or 0.5, "
                                "not '%s'", text);
        }
        break;
    case ARGUMENT_CHOICE:
        check_choice(argument, text, &why);
        break;
    case ARGUMENT_PAIR:
        if (!strchr(text, '=') || text[0] == '=') {
            why = vif_xasprintf("takes KEY=VALUE, not '%s'", text);
        }
        break;
    case ARGUMENT_FLAG:
        break;
    case ARGUMENT_TEXT:
    case ARGUMENT_FILE:
    case ARGUMENT_PATH:
    case ARGUMENT_PORT:
    case ARGUMENT_PF:
    case ARGUMENT_COMMAND:
        if (!text[0]) {
            why = vif_xstrdup("must not be empty");
        }
        break;
    }
    return why;
}

/* Everything goes into JSON, and a request without what it should be limited
 * to would be about more than was meant. */
static bool
is_utf8(const char *text)
{
    json_t *string = json_string(text);

    json_decref(string);
    return string != NULL;
}

/* Keeps 'text' as the value of 'argument', or says why not. */
static char *
add_value(struct invocation *invocation, const struct argument *argument,
          const char *text)
{
    CLEANUP_FREE char *why = check_value(argument, text);

    if (!why && !is_utf8(text)) {
        why = vif_xstrdup("is no UTF-8");
    }
    if (!why && !argument->repeated && argument_is_option(argument)
        && invocation_has(invocation, argument->name)) {
        why = vif_xstrdup("was given twice");
    }
    if (why) {
        return vif_xasprintf("%s %s", argument->name, why);
    }
    invocation->values = vif_xreallocarray(invocation->values,
                                           invocation->n + 1,
                                           sizeof *invocation->values);
    invocation->values[invocation->n++] = (struct value) { argument, text };
    return NULL;
}

/* Where the parser is. */
struct parser {
    struct invocation *invocation;
    int argc;
    char *const *argv;
    int i;                  /* The next word. */
    size_t n_operands;
    bool only_operands;     /* "--" was there. */
};

static char *
parse_option(struct parser *parser, const char *word)
{
    const struct command *command = parser->invocation->command;
    const char *equals = word[1] == '-' ? strchr(word, '=') : NULL;
    CLEANUP_FREE char *name
        = equals ? vif_xasprintf("%.*s", (int) (equals - word), word)
                 : vif_xstrdup(word);
    const struct argument *argument = command_find_option(command, name);

    if (!argument) {
        return vif_xasprintf("there is no option %s", name);
    } else if (argument->kind == ARGUMENT_FLAG) {
        return (equals ? vif_xasprintf("%s takes no value", name)
                : add_value(parser->invocation, argument, ""));
    } else if (equals) {
        return add_value(parser->invocation, argument, equals + 1);
    } else if (parser->i == parser->argc) {
        return vif_xasprintf("%s needs a value: %s", name, argument->value);
    }
    return add_value(parser->invocation, argument,
                     parser->argv[parser->i++]);
}

static char *
parse_operand(struct parser *parser, const char *word)
{
    struct invocation *invocation = parser->invocation;

    if (!invocation->command) {
        invocation->command = command_find(word);
        return (invocation->command ? NULL
                : vif_xasprintf("there is no command '%s'", word));
    }

    const struct argument *argument
        = command_find_operand(invocation->command, parser->n_operands++);
    return (argument ? add_value(invocation, argument, word)
            : vif_xasprintf("'%s' is one word too many", word));
}

static char *
parse_word(struct parser *parser)
{
    const char *word = parser->argv[parser->i++];

    if (parser->only_operands || word[0] != '-' || !word[1]) {
        return parse_operand(parser, word);
    } else if (!strcmp(word, "--")) {
        parser->only_operands = true;
        return NULL;
    }
    return parse_option(parser, word);
}

/* Help and version are answered whatever else is missing. */
static bool
asks_for_help(const struct invocation *invocation)
{
    return (invocation_has(invocation, "--help")
            || invocation_has(invocation, "--version"));
}

static char *
check_required(const struct invocation *invocation)
{
    struct argument_cursor cursor = { 0, 0 };
    const struct argument *argument;

    while ((argument = command_next_argument(invocation->command,
                                             &cursor)) != NULL) {
        if (argument->required
            && !invocation_has(invocation, argument->name)) {
            return vif_xasprintf("%s is missing", argument->name);
        }
    }
    return NULL;
}

char *
invocation_parse(struct invocation *invocation, int argc, char *const argv[])
{
    struct parser parser = {
        .invocation = invocation,
        .argc = argc,
        .argv = argv,
        .i = 1,
    };

    *invocation = (struct invocation) { .command = NULL };
    while (parser.i < argc) {
        char *why = parse_word(&parser);
        if (why) {
            return why;
        }
    }
    if (!invocation->command || asks_for_help(invocation)) {
        return NULL;
    }

    char *why = check_required(invocation);
    if (!why && invocation->command->validate) {
        why = vif_xstrdup_nullable(invocation->command->validate(invocation));
    }
    return why;
}

void
invocation_destroy(struct invocation *invocation)
{
    free(invocation->values);
    *invocation = (struct invocation) { .command = NULL };
}

const char *
invocation_next(const struct invocation *invocation, const char *name,
                size_t *cursor)
{
    while (*cursor < invocation->n) {
        const struct value *value = &invocation->values[(*cursor)++];

        if (!strcmp(value->argument->name, name)) {
            return value->text;
        }
    }
    return NULL;
}

const char *
invocation_get(const struct invocation *invocation, const char *name)
{
    const char *text, *last = NULL;
    size_t cursor = 0;

    while ((text = invocation_next(invocation, name, &cursor)) != NULL) {
        last = text;
    }
    return last;
}

bool
invocation_has(const struct invocation *invocation, const char *name)
{
    return invocation_get(invocation, name) != NULL;
}

size_t
invocation_count(const struct invocation *invocation, const char *name)
{
    size_t cursor = 0;
    size_t n = 0;

    while (invocation_next(invocation, name, &cursor)) {
        n++;
    }
    return n;
}

int64_t
invocation_timeout_ms(const struct invocation *invocation, int64_t def)
{
    const char *text = invocation_get(invocation, "--timeout");

    return text ? seconds_to_ms(text) : def;
}
