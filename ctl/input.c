/* SPDX-License-Identifier: Apache-2.0 */
/* Files with JSON or words in them.  See input.h. */

#include <config.h>

#include "ctl/input.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/alloc.h"
#include "lib/cleanup.h"

#define SPACES " \t\r\n"

struct input {
    char *text;             /* With a null byte behind. */
    size_t length;
};

static char *
read_stream(FILE *stream, const char *path, struct input *input)
{
    size_t allocated = 0;

    do {
        if (input->length == allocated) {
            allocated = allocated ? allocated * 2 : 65536;
            input->text = vif_xreallocarray(input->text, allocated + 1, 1);
        }
        input->length += fread(input->text + input->length, 1,
                               allocated - input->length, stream);
        if (ferror(stream)) {
            return vif_xasprintf("read %s: %s", path, strerror(errno));
        } else if (input->length > INPUT_MAX_BYTES) {
            return vif_xasprintf("%s has more than %d MiB", path,
                                 INPUT_MAX_BYTES / 1024 / 1024);
        }
    } while (!feof(stream));
    input->text[input->length] = '\0';
    return NULL;
}

static char *
read_file(const char *path, struct input *input)
{
    if (!strcmp(path, "-")) {
        return read_stream(stdin, "standard input", input);
    }

    FILE *stream = fopen(path, "re");
    if (!stream) {
        return vif_xasprintf("open %s: %s", path, strerror(errno));
    }
    char *why = read_stream(stream, path, input);
    fclose(stream);
    return why;
}

/* The line that 'position' is in. */
static size_t
line_of(const struct input *input, size_t position)
{
    size_t line = 1;

    for (size_t i = 0; i < position && i < input->length; i++) {
        line += input->text[i] == '\n';
    }
    return line;
}

/* Parses the value at '*position' and moves behind it. */
static char *
parse_value(const struct input *input, const char *path, size_t *position,
            json_t **value)
{
    json_error_t error;

    *value = json_loadb(input->text + *position, input->length - *position,
                        JSON_DISABLE_EOF_CHECK | JSON_DECODE_ANY
                        | JSON_REJECT_DUPLICATES, &error);
    if (!*value) {
        return vif_xasprintf("%s: line %zu: %s", path,
                             line_of(input, *position) + error.line - 1,
                             error.text);
    }
    *position += error.position;
    return NULL;
}

static char *
parse_values(const struct input *input, const char *path, json_t *list,
             bool *many)
{
    size_t position = strspn(input->text, SPACES);
    bool array = input->text[position] == '[';
    size_t n = 0;

    while (position < input->length) {
        json_t *value;
        char *why = parse_value(input, path, &position, &value);

        if (why) {
            return why;
        }
        if (array && json_is_array(value)) {
            json_array_extend(list, value);
            json_decref(value);
        } else {
            json_array_append_new(list, value);
        }
        n++;
        position += strspn(input->text + position, SPACES);
    }
    *many = array || n > 1;
    return NULL;
}

char *
input_read_json(const char *path, json_t *list, bool *many)
{
    struct input input = { .text = vif_xstrdup("") };
    char *why = read_file(path, &input);

    if (!why) {
        why = parse_values(&input, path, list, many);
    }
    free(input.text);
    return why;
}

static char *
parse_words(char *text, const char *path, json_t *list)
{
    char *line, *word, *lines = text, *words;

    while ((line = strsep(&lines, "\n")) != NULL) {
        line[strcspn(line, "#")] = '\0';
        for (word = strtok_r(line, SPACES, &words); word;
             word = strtok_r(NULL, SPACES, &words)) {
            if (json_array_append_new(list, json_string(word))) {
                return vif_xasprintf("%s: a word is no UTF-8", path);
            }
        }
    }
    return NULL;
}

char *
input_read_words_or_json(const char *path, json_t *list)
{
    struct input input = { .text = vif_xstrdup("") };
    char *why = read_file(path, &input);
    bool many;

    if (!why) {
        const char *start = input.text + strspn(input.text, SPACES);

        why = (*start && strchr("{[\"", *start)
               ? parse_values(&input, path, list, &many)
               : parse_words(input.text, path, list));
    }
    free(input.text);
    return why;
}
