/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLIENT_CHANNEL_H
#define CLIENT_CHANNEL_H 1

/* A connected UNIX socket as lines, in both directions, none longer than
 * agreed.  Knows nothing of what the lines mean.  It never blocks, but for
 * channel_open() and channel_wait(), which have a deadline. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <vif/error.h>

struct channel {
    int fd;
    bool ended;             /* The peer has closed: what is in 'in' is all. */

    char *out;              /* Bytes to write, from 'out_start' on. */
    size_t out_start, out_length, out_allocated;

    char *in;               /* Bytes read, from 'in_start' on ... */
    size_t in_start, in_length, in_allocated;
    size_t in_scanned;      /* ... of which so many hold no end of line. */
};

/* CLOCK_MONOTONIC in milliseconds. */
int64_t channel_now(void);

/* Connects to the UNIX socket at 'path'.  On success the caller closes
 * '*channel'; after an error there is nothing to close. */
struct vif_error *channel_open(struct channel *, const char *path,
                               int64_t deadline) VIF_WARN_UNUSED;
void channel_close(struct channel *);

/* Appends 'line', which has no end of line, to what is to be written. */
void channel_put_line(struct channel *, const char *line, size_t length);
bool channel_has_output(const struct channel *);

/* Writes what can be written, reads what has come.  Fails if the socket does;
 * that the peer has closed is 'ended', no failure. */
struct vif_error *channel_run(struct channel *) VIF_WARN_UNUSED;

/* The next whole line, without its end and closed with a null byte, or NULL.
 * Lives until the next call of channel_run().  '*too_long' tells that there
 * is none because a line exceeds VIF_CLIENT_ANSWER_MAX bytes. */
char *channel_get_line(struct channel *, size_t *length, bool *too_long);

/* Some bytes of a line have come, but not all of it. */
bool channel_has_part(const struct channel *);

/* Waits until channel_run() has something to do.  VIF_ERR_DEADLINE if it has
 * not in time. */
struct vif_error *channel_wait(const struct channel *, int64_t deadline)
    VIF_WARN_UNUSED;

#endif /* client/channel.h */
