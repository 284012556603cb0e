/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CTL_COMMAND_H
#define CTL_COMMAND_H 1

/* The command tree: every word that vifctl understands, with its help, as
 * tables.  The parser, "vifctl help" and completion walk the same tables, so
 * that none of them can know a word that the others do not.  Here is only the
 * shape of the tree; the commands are in files of their own. */

#include <stdbool.h>
#include <stddef.h>

struct session;

/* The exit status of vifctl. */
enum status {
    STATUS_DONE = 0,
    STATUS_FAILED = 1,          /* Refused or failed; the reason was said. */
    STATUS_USAGE = 2,           /* The command line or a file is wrong. */
    STATUS_UNREACHABLE = 3,     /* Nobody to ask, or lost on the way. */
    STATUS_DEADLINE = 4,        /* Time ran out first. */
};

/* What may stand for an argument. */
enum argument_kind {
    ARGUMENT_FLAG,          /* Nothing: the option says it all. */
    ARGUMENT_TEXT,
    ARGUMENT_NUMBER,        /* Decimal, from 'min' to 'max'. */
    ARGUMENT_SECONDS,       /* Decimal, with a fraction, more than 0. */
    ARGUMENT_CHOICE,        /* One of 'choices'. */
    ARGUMENT_PAIR,          /* KEY=VALUE. */
    ARGUMENT_FILE,          /* A path, or "-" for standard input. */
    ARGUMENT_PATH,          /* A path. */
    ARGUMENT_PORT,          /* The id of a port; completed by asking vifd. */
    ARGUMENT_PF,            /* A PF; completed by asking vifd. */
    ARGUMENT_COMMAND,       /* The word of a command. */
};

struct argument {
    const char *name;       /* "--mtu" of an option, "PORT" of an operand. */
    char letter;            /* 'f' if "-f" means the same, else 0. */
    enum argument_kind kind;
    const char *value;      /* What help calls the value: "BYTES". */
    const char *help;       /* One line, a sentence without full stop. */
    const char *const *choices;     /* CHOICE: ends with NULL. */
    unsigned long min, max;         /* NUMBER. */
    bool repeated;          /* May be given several times. */
    bool required;
    const char *member;     /* The member of a binding that it sets. */
};

/* Tables of arguments end with one whose 'name' is NULL. */
#define ARGUMENTS_END { .name = NULL }

struct example {
    const char *words;      /* Without "vifctl". */
    const char *help;
};

#define COMMAND_MAX_TABLES 3
#define COMMAND_MAX_EXAMPLES 5

struct invocation;

struct command {
    const char *word;
    const char *help;       /* One line, a sentence without full stop. */
    const char *about;      /* Paragraphs for "vifctl help WORD". */
    bool hidden;            /* For scripts: neither help nor completion. */
    const struct argument *arguments[COMMAND_MAX_TABLES];
    struct example examples[COMMAND_MAX_EXAMPLES];

    /* What the tables cannot say: NULL if the invocation makes sense, else
     * one sentence that says what is wrong.  Static string.  May be NULL. */
    const char *(*validate)(const struct invocation *);
    enum status (*execute)(struct session *, const struct invocation *);
};

/* All commands, in the order of help; ends with NULL.  And the options that
 * all of them take. */
extern const struct command *const commands[];
extern const struct argument global_arguments[];

const struct command *command_find(const char *word);       /* Or NULL. */

/* Walks the arguments of 'command' (NULL: none but the global ones) and then
 * the global ones: start with a zeroed '*cursor'; NULL at the end. */
struct argument_cursor {
    size_t table, i;
};
const struct argument *command_next_argument(const struct command *command,
                                             struct argument_cursor *cursor);
bool argument_is_option(const struct argument *);
bool argument_is_global(const struct argument *);

/* The option that 'word' ("--mtu", "-f") names, or NULL. */
const struct argument *command_find_option(const struct command *,
                                           const char *word);

/* The operand that comes after 'n' others, or NULL.  The last one may be
 * repeated. */
const struct argument *command_find_operand(const struct command *, size_t n);

/* Each file of a command has one of these. */
extern const struct command abort_command, activate_command,
    capabilities_command, check_command, complete_command, drain_command,
    fit_command, gc_command, help_command, inventory_command, list_command,
    plan_command, plug_command, reload_command, repair_command, show_command,
    undrain_command, unplug_command, version_command, watch_command;

#endif /* ctl/command.h */
