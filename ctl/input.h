/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CTL_INPUT_H
#define CTL_INPUT_H 1

/* Files with JSON or words in them; "-" is standard input. */

#include <stdbool.h>

#include <jansson.h>

/* More than any host has ports; a mistake is not read into memory. */
#define INPUT_MAX_BYTES (64 * 1024 * 1024)

/* Appends to 'list' the JSON values in the file at 'path': those of an array,
 * or all that follow one another, be it on lines of their own or not.
 * '*many' is true unless it is one value and no array.  Returns NULL, or one
 * sentence that says what is wrong and where, to be freed by the caller. */
char *input_read_json(const char *path, json_t *list, bool *many);

/* The same, if it looks like JSON; else appends the words as strings: lines
 * may be empty or end in a comment that starts with '#'. */
char *input_read_words_or_json(const char *path, json_t *list);

#endif /* ctl/input.h */
