/* SPDX-License-Identifier: Apache-2.0 */
/* vifctl complete: what may stand where the cursor is, out of the command
 * tree, for the completion scripts of shells.  A candidate a line, with its
 * help after a tab; or the line ":files", for the shell to complete. */

#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vif/client.h>

#include "ctl/invocation.h"
#include "ctl/session.h"
#include "lib/cleanup.h"

/* As long as somebody at the keyboard waits for what vifd knows. */
#define ASK_TIMEOUT_MS 500

/* What has been typed before the word under the cursor. */
struct typed {
    const struct command *command;  /* NULL: none yet. */
    const struct argument *option;  /* That wants the word as its value. */
    size_t n_operands;
    bool only_operands;             /* After "--". */
    const char *socket;
};

static void
put(FILE *stream, const char *prefix, const char *word, const char *help)
{
    if (!strncmp(word, prefix, strlen(prefix))) {
        fprintf(stream, "%s\t%s\n", word, help ? help : "");
    }
}

static void
put_commands(FILE *stream, const char *prefix)
{
    for (size_t i = 0; commands[i]; i++) {
        if (!commands[i]->hidden) {
            put(stream, prefix, commands[i]->word, commands[i]->help);
        }
    }
}

static void
put_options(FILE *stream, const char *prefix, const struct command *command)
{
    struct argument_cursor cursor = { 0, 0 };
    const struct argument *argument;

    while ((argument = command_next_argument(command, &cursor)) != NULL) {
        if (argument_is_option(argument)) {
            put(stream, prefix, argument->name, argument->help);
        }
    }
}

static void
cleanup_client(struct vif_client **clientp)
{
    vif_client_close(*clientp);
}

static void
cleanup_answer(struct vif_answer **answerp)
{
    vif_answer_destroy(*answerp);
}

/* The result of 'method', for the caller to release.  Without vifd there is
 * nothing to offer, and this is NULL: that is no failure here. */
static json_t *
ask(const char *socket, const char *method)
{
    int64_t deadline = vif_client_deadline(ASK_TIMEOUT_MS);
    CLEANUP(cleanup_client) struct vif_client *client = NULL;
    CLEANUP(cleanup_answer) struct vif_answer *answer = NULL;
    CLEANUP_ERROR struct vif_error *error = vif_client_open(socket, deadline,
                                                            &client);

    if (!error) {
        error = vif_client_call(client, method, NULL, deadline, &answer);
    }
    return error ? NULL : json_loads(answer->result, 0, NULL);
}

static const char *
text_of(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

static void
put_ports(FILE *stream, const char *prefix, const char *socket)
{
    CLEANUP_JSON json_t *list = ask(socket, "list");
    json_t *port;
    size_t i;

    json_array_foreach (json_object_get(list, "ports"), i, port) {
        const char *id = text_of(port, "port_id");

        if (id) {
            put(stream, prefix, id, text_of(port, "state"));
        }
    }
}

/* Each by its device and by the name of its netdev. */
static void
put_pfs(FILE *stream, const char *prefix, const char *socket)
{
    CLEANUP_JSON json_t *inventory = ask(socket, "inventory");
    json_t *device;
    size_t i;

    json_array_foreach (json_object_get(inventory, "devices"), i, device) {
        const char *name = text_of(device, "device");
        const char *type = text_of(device, "type");
        const char *netdev = text_of(json_object_get(device, "netdev"),
                                     "name");

        if (name && type && !strcmp(type, "type-PF")) {
            put(stream, prefix, name, netdev);
            if (netdev) {
                put(stream, prefix, netdev, name);
            }
        }
    }
}

static void
put_values(FILE *stream, const char *prefix, const struct argument *argument,
           const char *socket)
{
    switch (argument->kind) {
    case ARGUMENT_CHOICE:
        for (size_t i = 0; argument->choices[i]; i++) {
            put(stream, prefix, argument->choices[i], NULL);
        }
        break;
    case ARGUMENT_FILE:
    case ARGUMENT_PATH:
        fputs(":files\n", stream);
        break;
    case ARGUMENT_PORT:
        put_ports(stream, prefix, socket);
        break;
    case ARGUMENT_PF:
        put_pfs(stream, prefix, socket);
        break;
    case ARGUMENT_COMMAND:
        put_commands(stream, prefix);
        break;
    case ARGUMENT_FLAG:
    case ARGUMENT_TEXT:
    case ARGUMENT_NUMBER:
    case ARGUMENT_SECONDS:
    case ARGUMENT_PAIR:
        break;
    }
}

static void
read_option(struct typed *typed, const char *word)
{
    const struct argument *option = command_find_option(typed->command,
                                                        word);

    if (option && option->kind != ARGUMENT_FLAG) {
        typed->option = option;
    }
}

static void
read_word(struct typed *typed, const char *word)
{
    if (typed->option) {
        if (!strcmp(typed->option->name, "--socket")) {
            typed->socket = word;
        }
        typed->option = NULL;
    } else if (!typed->only_operands && word[0] == '-' && word[1]) {
        typed->only_operands = !strcmp(word, "--");
        read_option(typed, word);
    } else if (!typed->command) {
        typed->command = command_find(word);
    } else {
        typed->n_operands++;
    }
}

static void
put_candidates(FILE *stream, const struct typed *typed, const char *word)
{
    const struct argument *operand
        = (typed->command ? command_find_operand(typed->command,
                                                 typed->n_operands) : NULL);

    if (typed->option) {
        put_values(stream, word, typed->option, typed->socket);
    } else if (word[0] == '-' && !typed->only_operands) {
        put_options(stream, word, typed->command);
    } else if (!typed->command) {
        put_commands(stream, word);
    } else if (operand) {
        put_values(stream, word, operand, typed->socket);
    }
}

static enum status
complete_execute(struct session *session, const struct invocation *invocation)
{
    struct typed typed = { .command = NULL };
    const char *word, *last = "";
    size_t cursor = 0;
    size_t n = invocation_count(invocation, "WORD");

    for (size_t i = 0; (word = invocation_next(invocation, "WORD",
                                               &cursor)) != NULL; i++) {
        if (i + 1 < n) {
            read_word(&typed, word);
        }
        last = word;
    }
    put_candidates(session->out.stream, &typed, last);
    return STATUS_DONE;
}

static const struct argument complete_arguments[] = {
    /* Like a flag it may be empty. */
    { .name = "WORD", .kind = ARGUMENT_FLAG, .repeated = true,
      .help = "The words after 'vifctl', up to the one under the cursor" },
    ARGUMENTS_END
};

const struct command complete_command = {
    .word = "complete",
    .help = "Say what may stand at the end of a command line",
    .hidden = true,
    .arguments = { complete_arguments },
    .execute = complete_execute,
};
