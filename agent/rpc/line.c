/* SPDX-License-Identifier: Apache-2.0 */

/* Bytes into lines. */

#include <config.h>

#include "rpc/line.h"

#include <stdlib.h>
#include <string.h>

#include "util.h"

#define READ_SIZE 16384         /* Room offered for a read, at least. */
#define KEEP_SIZE 65536         /* Larger buffers are given back. */

char *
line_buffer_room(struct line_buffer *buffer, size_t *sizep)
{
    if (buffer->start == buffer->end) {
        buffer->start = buffer->end = buffer->scanned = 0;
        if (buffer->allocated > KEEP_SIZE) {
            free(buffer->bytes);
            buffer->bytes = NULL;
            buffer->allocated = 0;
        }
    } else if (buffer->start) {
        memmove(buffer->bytes, buffer->bytes + buffer->start,
                buffer->end - buffer->start);
        buffer->end -= buffer->start;
        buffer->scanned -= buffer->start;
        buffer->start = 0;
    }

    /* One byte is for the null byte behind an unfinished line. */
    if (buffer->allocated < buffer->end + READ_SIZE + 1) {
        buffer->allocated = MAX(2 * buffer->allocated,
                                buffer->end + READ_SIZE + 1);
        buffer->bytes = xrealloc(buffer->bytes, buffer->allocated);
    }
    *sizep = buffer->allocated - buffer->end - 1;
    return buffer->bytes + buffer->end;
}

void
line_buffer_added(struct line_buffer *buffer, size_t n)
{
    buffer->end += n;
}

/* The line from 'start' to before 'end' has its end at 'end'. */
static enum line_status
take_line(struct line_buffer *buffer, size_t end, size_t next, char **linep,
          size_t *lengthp)
{
    char *line = buffer->bytes + buffer->start;
    size_t length = end - buffer->start;

    buffer->start = buffer->scanned = next;
    if (buffer->skipping) {
        buffer->skipping = false;
        return LINE_NONE;
    } else if (length > LINE_MAX_BYTES) {
        return LINE_TOO_LONG;
    }
    if (length && line[length - 1] == '\r') {
        length--;
    }
    line[length] = '\0';
    *linep = line;
    *lengthp = length;
    return LINE_OK;
}

enum line_status
line_buffer_next(struct line_buffer *buffer, char **linep, size_t *lengthp)
{
    while (buffer->scanned < buffer->end) {
        char *newline = memchr(buffer->bytes + buffer->scanned, '\n',
                               buffer->end - buffer->scanned);
        if (newline) {
            size_t end = newline - buffer->bytes;
            bool skipped = buffer->skipping;
            enum line_status status = take_line(buffer, end, end + 1, linep,
                                                lengthp);
            if (skipped) {
                continue;
            }
            return status;
        }

        buffer->scanned = buffer->end;
        if (buffer->skipping) {
            buffer->start = buffer->end;
        } else if (buffer->end - buffer->start > LINE_MAX_BYTES) {
            buffer->skipping = true;
            buffer->start = buffer->end;
            return LINE_TOO_LONG;
        }
    }
    return LINE_NONE;
}

enum line_status
line_buffer_rest(struct line_buffer *buffer, char **linep, size_t *lengthp)
{
    if (buffer->start == buffer->end || buffer->skipping) {
        buffer->start = buffer->end;
        return LINE_NONE;
    }
    return take_line(buffer, buffer->end, buffer->end, linep, lengthp);
}

void
line_buffer_skip(struct line_buffer *buffer)
{
    buffer->skipping = true;
    buffer->start = buffer->scanned = buffer->end;
}

void
line_buffer_trim(struct line_buffer *buffer)
{
    if (buffer->start == buffer->end) {
        free(buffer->bytes);
        buffer->bytes = NULL;
        buffer->start = buffer->end = buffer->scanned = 0;
        buffer->allocated = 0;
    }
}

void
line_buffer_destroy(struct line_buffer *buffer)
{
    free(buffer->bytes);
    memset(buffer, 0, sizeof *buffer);
}
