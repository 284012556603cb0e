/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CTL_TERMINAL_H
#define CTL_TERMINAL_H 1

/* Where text for a human goes: whether it is a terminal, whether it has
 * colours, and what must not be sent to one. */

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* What a piece of text is, to be shown in colour. */
enum tone {
    TONE_PLAIN,
    TONE_HEADING,
    TONE_GOOD,
    TONE_NOTICE,            /* Unusual, or not finished. */
    TONE_BAD,
    TONE_FAINT,
};

struct terminal {
    FILE *stream;
    bool is_terminal;
    bool colours;
    bool rewrites;          /* A line can be written over. */
    char progress[160];     /* The line that is on the screen, or "". */
};

/* 'when' is "auto", "always" or "never"; with "auto" there are colours on a
 * terminal unless NO_COLOR is set (https://no-color.org) or TERM is "dumb". */
void terminal_init(struct terminal *, FILE *stream, const char *when);

/* Writes 'text' in 'tone'.  What is left of control characters, which could
 * play tricks with a terminal, is "\x1b" and the like (text_printable()). */
void terminal_put(struct terminal *, enum tone, const char *text);

/* 'text' without control characters.  With 'lines' ends of line and tabs stay.
 * The caller frees the result. */
char *text_printable(const char *text, bool lines);

/* The columns that 'text', which is UTF-8, takes on a terminal; characters of
 * double width are not in our texts. */
size_t text_width(const char *text);

/* Shows 'line' in place of the one before, on a terminal only.  "" takes it
 * away: to be done before anything else is written there. */
void terminal_progress(struct terminal *, const char *line);

#endif /* ctl/terminal.h */
