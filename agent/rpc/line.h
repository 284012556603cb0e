/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RPC_LINE_H
#define RPC_LINE_H 1

/* Bytes into lines, and the bounds that a line must keep before a JSON parser
 * sees it.  Knows nothing of sockets or of what a line means. */

#include <stdbool.h>
#include <stddef.h>

#include <vif/error.h>

#define LINE_MAX_BYTES (1024 * 1024)    /* Without its end. */
#define LINE_MAX_DEPTH 64               /* Of arrays and objects. */
#define LINE_MAX_MEMBERS 256            /* Of an object. */

/* Collects bytes.  A zeroed one is empty. */
struct line_buffer {
    char *bytes;
    size_t start, end;          /* What is not taken yet. */
    size_t scanned;             /* No end of line before this. */
    size_t allocated;
    bool skipping;              /* Within a line that is too long. */
};

enum line_status {
    LINE_NONE,                  /* No whole line yet. */
    LINE_OK,
    LINE_TOO_LONG,              /* Said once; the line is thrown away. */
};

/* Where to read further bytes to, and how many at most: at least one.  Lines
 * taken before lose their memory. */
char *line_buffer_room(struct line_buffer *, size_t *sizep);
void line_buffer_added(struct line_buffer *, size_t n);

/* Takes the next line, without its end ("\n" or "\r\n") and closed by a null
 * byte.  It lives until the next line_buffer_room(). */
enum line_status line_buffer_next(struct line_buffer *, char **linep,
                                  size_t *lengthp);

/* Takes what is left when nothing more will come. */
enum line_status line_buffer_rest(struct line_buffer *, char **linep,
                                  size_t *lengthp);

/* Throws away the line that is not whole yet, with what is still to come of
 * it. */
void line_buffer_skip(struct line_buffer *);

/* Gives back memory that nothing needs; the last line ends, too. */
void line_buffer_trim(struct line_buffer *);

void line_buffer_destroy(struct line_buffer *);

/* Why 'line', closed by a null byte, cannot be given to the JSON parser: a
 * null byte, no UTF-8, half a surrogate pair, nested deeper than
 * LINE_MAX_DEPTH, an object with a member twice or with more than
 * LINE_MAX_MEMBERS, a number that no computer has.  The error has the path.
 * Whether it is JSON otherwise is the parser's business. */
struct vif_error *line_check(const char *line, size_t length)
    VIF_WARN_UNUSED;

#endif /* rpc/line.h */
