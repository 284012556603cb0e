/* SPDX-License-Identifier: Apache-2.0 */
/* Lines over a UNIX socket.  See channel.h. */

#include <config.h>

#include "client/channel.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>

#include <vif/client.h>

#include "lib/alloc.h"
#include "lib/cleanup.h"

/* Room that a read finds at least, and the most that one channel_run() takes
 * in, so that a fast peer cannot keep the caller from what has come. */
#define READ_SIZE 65536
#define READ_AT_ONCE (4 * 1024 * 1024)

int64_t
channel_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t) now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Milliseconds until 'deadline': at least 0, at most what an int holds. */
static int
remaining_ms(int64_t deadline)
{
    int64_t now = channel_now();

    return (deadline <= now ? 0
            : deadline - now > INT_MAX ? INT_MAX
            : (int) (deadline - now));
}

/* An error about reaching 'path'.  A daemon that is away may come back. */
static struct vif_error *
unreachable(const char *path, int errnum)
{
    enum vif_error_code code = (errnum == EACCES || errnum == EPERM
                                ? VIF_ERR_ACCESS : VIF_ERR_UNAVAILABLE);
    char buf[128];
    struct vif_error *error
        = vif_error_create(code, "connect to %s: %s", path,
                           strerror_r(errnum, buf, sizeof buf));

    error->errnum = errnum;
    error->retry = code == VIF_ERR_UNAVAILABLE;
    return error;
}

static bool
is_passing(int errnum)
{
    return errnum == EAGAIN || errnum == EWOULDBLOCK || errnum == EINTR;
}

/* connect() on a UNIX socket waits while the peer's backlog is full, and the
 * only thing that limits that is SO_SNDTIMEO: poll() does not tell when there
 * is room again (net/unix/af_unix.c, unix_stream_connect()). */
static struct vif_error *
connect_until(int fd, const struct sockaddr_un *address, int64_t deadline)
{
    for (;;) {
        int ms = remaining_ms(deadline);
        struct timeval limit = {
            .tv_sec = ms / 1000,
            .tv_usec = ms % 1000 * 1000,
        };

        if (!ms) {
            return vif_error_create(VIF_ERR_DEADLINE,
                                    "connect to %s: it does not take the "
                                    "connection in time", address->sun_path);
        }
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
        if (!connect(fd, (const struct sockaddr *) address,
                     sizeof *address)) {
            return NULL;
        }
        if (!is_passing(errno)) {
            return unreachable(address->sun_path, errno);
        }
    }
}

struct vif_error *
channel_open(struct channel *channel, const char *path, int64_t deadline)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    size_t length = strlen(path);

    *channel = (struct channel) { .fd = -1 };
    if (!length || length >= sizeof address.sun_path) {
        return vif_error_create(VIF_ERR_INVALID,
                                "the path of a socket has 1 to %zu bytes, "
                                "not %zu: \"%.200s\"",
                                sizeof address.sun_path - 1, length, path);
    }
    memcpy(address.sun_path, path, length + 1);

    CLEANUP_CLOSE int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return unreachable(path, errno);
    }
    struct vif_error *error = connect_until(fd, &address, deadline);
    if (error) {
        return error;
    }
    if (fcntl(fd, F_SETFL, O_NONBLOCK) < 0) {
        return unreachable(path, errno);
    }
    channel->fd = fd;
    fd = -1;
    return NULL;
}

void
channel_close(struct channel *channel)
{
    if (channel->fd >= 0) {
        close(channel->fd);
    }
    free(channel->in);
    free(channel->out);
    *channel = (struct channel) { .fd = -1 };
}

/* Makes room for 'more' bytes behind the 'length' bytes that begin at
 * 'start', by moving them to the front or by growing. */
static void
make_room(char **buffer, size_t *start, size_t length, size_t *allocated,
          size_t more)
{
    if (*start + length + more <= *allocated) {
        return;
    }
    if (*start) {
        memmove(*buffer, *buffer + *start, length);
        *start = 0;
    }
    if (length + more > *allocated) {
        size_t doubled = *allocated * 2;

        *allocated = length + more > doubled ? length + more : doubled;
        *buffer = vif_xreallocarray(*buffer, *allocated, 1);
    }
}

void
channel_put_line(struct channel *channel, const char *line, size_t length)
{
    make_room(&channel->out, &channel->out_start, channel->out_length,
              &channel->out_allocated, length + 1);

    char *end = channel->out + channel->out_start + channel->out_length;
    memcpy(end, line, length);
    end[length] = '\n';
    channel->out_length += length + 1;
}

bool
channel_has_output(const struct channel *channel)
{
    return channel->out_length > 0;
}

/* That the peer has gone is said by reading: there may be answers left. */
static struct vif_error *
channel_write(struct channel *channel)
{
    while (channel->out_length) {
        ssize_t n = send(channel->fd, channel->out + channel->out_start,
                         channel->out_length, MSG_NOSIGNAL);

        if (n >= 0) {
            channel->out_start += n;
            channel->out_length -= n;
        } else if (errno == EPIPE || errno == ECONNRESET) {
            channel->out_length = 0;
        } else if (errno != EINTR) {
            return (is_passing(errno) ? NULL
                    : vif_error_from_errno(errno, "write to vifd"));
        }
    }
    channel->out_start = 0;
    return NULL;
}

static struct vif_error *
channel_read(struct channel *channel)
{
    for (size_t total = 0; total < READ_AT_ONCE && !channel->ended; ) {
        make_room(&channel->in, &channel->in_start, channel->in_length,
                  &channel->in_allocated, READ_SIZE);

        size_t used = channel->in_start + channel->in_length;
        ssize_t n = recv(channel->fd, channel->in + used,
                         channel->in_allocated - used, 0);
        if (n > 0) {
            channel->in_length += n;
            total += n;
        } else if (!n || errno == ECONNRESET) {
            channel->ended = true;
        } else if (errno != EINTR) {
            return (is_passing(errno) ? NULL
                    : vif_error_from_errno(errno, "read from vifd"));
        }
    }
    return NULL;
}

struct vif_error *
channel_run(struct channel *channel)
{
    struct vif_error *error = channel_write(channel);

    return error ? error : channel_read(channel);
}

char *
channel_get_line(struct channel *channel, size_t *length, bool *too_long)
{
    *too_long = false;
    if (!channel->in_length) {
        return NULL;
    }

    char *start = channel->in + channel->in_start;
    char *end = memchr(start + channel->in_scanned, '\n',
                       channel->in_length - channel->in_scanned);
    if (!end) {
        channel->in_scanned = channel->in_length;
        *too_long = channel->in_length > VIF_CLIENT_ANSWER_MAX;
        return NULL;
    }

    *end = '\0';
    *length = end - start;
    channel->in_start += *length + 1;
    channel->in_length -= *length + 1;
    channel->in_scanned = 0;
    *too_long = *length > VIF_CLIENT_ANSWER_MAX;
    return *too_long ? NULL : start;
}

bool
channel_has_part(const struct channel *channel)
{
    return channel->in_length > 0;
}

struct vif_error *
channel_wait(const struct channel *channel, int64_t deadline)
{
    struct pollfd pollfd = {
        .fd = channel->fd,
        .events = POLLIN | (channel_has_output(channel) ? POLLOUT : 0),
    };

    for (;;) {
        int ms = deadline == VIF_CLIENT_NO_DEADLINE
                 ? -1 : remaining_ms(deadline);
        int n = poll(&pollfd, 1, ms);

        if (n > 0) {
            return NULL;
        } else if (n < 0 && errno != EINTR) {
            return vif_error_from_errno(errno, "wait for vifd");
        } else if (!n && !remaining_ms(deadline)) {
            return vif_error_create(VIF_ERR_DEADLINE,
                                    "vifd did not answer in time");
        }
    }
}
