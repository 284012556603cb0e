/* SPDX-License-Identifier: Apache-2.0 */
/* Text for a human.  See terminal.h. */

#include <config.h>

#include "ctl/terminal.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/alloc.h"
#include "lib/cleanup.h"

static const char *const escapes[] = {
    [TONE_PLAIN] = "",
    [TONE_HEADING] = "\033[1m",
    [TONE_GOOD] = "\033[32m",
    [TONE_NOTICE] = "\033[33m",
    [TONE_BAD] = "\033[31m",
    [TONE_FAINT] = "\033[2m",
};
#define ESCAPE_RESET "\033[0m"
#define ESCAPE_CLEAR_LINE "\r\033[K"

static bool
is_dumb(void)
{
    const char *term = getenv("TERM");

    return term && !strcmp(term, "dumb");
}

static bool
environment_wants_colours(void)
{
    const char *no_color = getenv("NO_COLOR");

    return (!no_color || !*no_color) && !is_dumb();
}

void
terminal_init(struct terminal *terminal, FILE *stream, const char *when)
{
    *terminal = (struct terminal) {
        .stream = stream,
        .is_terminal = isatty(fileno(stream)) == 1,
    };
    terminal->colours = (!strcmp(when, "always")
                         || (!strcmp(when, "auto") && terminal->is_terminal
                             && environment_wants_colours()));
    terminal->rewrites = terminal->is_terminal && !is_dumb();
}

void
terminal_put(struct terminal *terminal, enum tone tone, const char *text)
{
    CLEANUP_FREE char *printable = text_printable(text, false);
    bool colour = terminal->colours && tone != TONE_PLAIN;

    fprintf(terminal->stream, "%s%s%s", colour ? escapes[tone] : "",
            printable, colour ? ESCAPE_RESET : "");
}

/* The length of the control character that 'p' begins with, else 0: C0 and
 * DEL, and C1 as UTF-8 has it (U+0080 to U+009F). */
static size_t
control_length(const unsigned char *p, bool lines)
{
    if (p[0] < 0x20 || p[0] == 0x7f) {
        return lines && (p[0] == '\n' || p[0] == '\t') ? 0 : 1;
    }
    return p[0] == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0 ? 2 : 0;
}

char *
text_printable(const char *text, bool lines)
{
    const unsigned char *p = (const unsigned char *) text;
    char *out = vif_xmalloc(strlen(text) * 4 + 1);
    char *end = out;

    while (*p) {
        size_t n = control_length(p, lines);

        if (n) {
            end += sprintf(end, p[0] == '\n' ? "\\n" : "\\x%02x", p[n - 1]);
            p += n;
        } else {
            *end++ = (char) *p++;
        }
    }
    *end = '\0';
    return out;
}

size_t
text_width(const char *text)
{
    size_t n = 0;

    for (; *text; text++) {
        /* Bytes 10xxxxxx continue a character. */
        n += ((unsigned char) *text & 0xc0) != 0x80;
    }
    return n;
}

void
terminal_progress(struct terminal *terminal, const char *line)
{
    if (!terminal->rewrites || !strcmp(terminal->progress, line)) {
        return;
    }
    snprintf(terminal->progress, sizeof terminal->progress, "%s", line);
    fprintf(terminal->stream, ESCAPE_CLEAR_LINE "%s", terminal->progress);
    fflush(terminal->stream);
}
