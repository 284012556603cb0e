/* SPDX-License-Identifier: Apache-2.0 */

/* One connected client. */

#include <config.h>

#include "rpc/session.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "agent/config.h"
#include "coverage.h"
#include "lib/cleanup.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "openvswitch/ofpbuf.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "rpc/events.h"
#include "rpc/line.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(rpc_session);

COVERAGE_DEFINE(rpc_request);
COVERAGE_DEFINE(rpc_event);
COVERAGE_DEFINE(rpc_event_lost);

#define READ_PER_TURN (1024 * 1024)
#define LINES_PER_TURN 1024
#define WRITE_VECTORS 32

/* With more than this to write, no further request is read ... */
#define BACKLOG_PAUSE (256 * 1024)
/* ... with more than this, notifications are dropped ... */
#define BACKLOG_DROP (1024 * 1024)
/* ... and with more than this before an answer, the client is: what may be
 * under way at once has answers of less. */
#define BACKLOG_MAX (8 * 1024 * 1024)

/* Of all clients.  Who has less than the pause above, or than a line of this
 * size that is not whole, is not looked at when there is more. */
#define UNSENT_MAX (64 * 1024 * 1024)
#define UNREAD_MAX (64 * 1024 * 1024)
#define UNREAD_SMALL (64 * 1024)
#define UNREAD_RETRY_MS 1000

struct rpc_session {
    struct rpc_caller caller;
    struct rpc_traffic *traffic;
    int fd;
    long long turn_ends_us;

    struct line_buffer in;
    bool more_lines;            /* 'in' may have a whole line. */
    size_t in_counted;          /* Of its memory, in traffic->unread. */
    bool more_bytes;            /* The socket may have more to read. */
    bool ended;                 /* Nothing more will come. */

    struct ovs_list out;        /* struct ofpbuf: what is to be written. */
    size_t backlog;             /* Bytes in 'out'. */
    bool broken;                /* Nothing can be written any more. */
    uint64_t n_lost;            /* Notifications dropped, not told yet. */
};

static struct rpc_session *
session_of(struct rpc_caller *caller)
{
    return CONTAINER_OF(caller, struct rpc_session, caller);
}

/* Queues what is in 'ds', which it takes over, and an end of line. */
static void
queue_line(struct rpc_session *session, struct ds *ds)
{
    struct ofpbuf *buf = xmalloc(sizeof *buf);

    ds_put_char(ds, '\n');
    ofpbuf_use_ds(buf, ds);
    ovs_list_push_back(&session->out, &buf->list_node);
    session->backlog += buf->size;
    session->traffic->unsent += buf->size;
}

static void
queue_text(struct rpc_session *session, const char *text)
{
    struct ds ds = DS_EMPTY_INITIALIZER;

    ds_put_cstr(&ds, text);
    queue_line(session, &ds);
}

/* Gives up a client that does not read, before an answer is queued. */
static void
check_backlog(struct rpc_session *session)
{
    if (session->backlog > BACKLOG_MAX
        || (session->backlog > BACKLOG_PAUSE
            && session->traffic->unsent > UNSENT_MAX)) {
        VLOG_WARN("%s: does not read its answers, of which %"PRIuSIZE" bytes "
                  "wait: is disconnected", session->caller.name,
                  session->backlog);
        session->broken = true;
    }
}

static void
session_send(struct rpc_caller *caller, struct json *message)
{
    struct rpc_session *session = session_of(caller);

    if (!session->broken) {
        check_backlog(session);
    }
    if (!session->broken) {
        struct ds ds = DS_EMPTY_INITIALIZER;

        json_to_ds(message, JSSF_SORT, &ds);
        queue_line(session, &ds);
    }
    json_destroy(message);
}

struct rpc_session *
rpc_session_create(const struct rpc_host *host, struct rpc_traffic *traffic,
                   const struct rpc_peer *peer, int fd)
{
    struct rpc_session *session = xzalloc(sizeof *session);

    rpc_caller_init(&session->caller, host, peer, session_send);
    session->traffic = traffic;
    session->fd = fd;
    session->more_bytes = true;
    ovs_list_init(&session->out);
    VLOG_DBG("%s: connected", session->caller.name);
    return session;
}

void
rpc_session_destroy(struct rpc_session *session)
{
    if (session) {
        if (session->caller.n_calls) {
            VLOG_INFO("%s: disconnected with %"PRIuSIZE" requests under way, "
                      "which go on", session->caller.name,
                      session->caller.n_calls);
        } else {
            VLOG_DBG("%s: disconnected", session->caller.name);
        }
        session->traffic->unread -= session->in_counted;
        session->traffic->unsent -= session->backlog;
        rpc_caller_destroy(&session->caller);
        line_buffer_destroy(&session->in);
        ofpbuf_list_delete(&session->out);
        close(session->fd);
        free(session);
    }
}

struct rpc_caller *
rpc_session_caller(struct rpc_session *session)
{
    return &session->caller;
}

void
rpc_session_notify(struct rpc_session *session, const char *text)
{
    if (session->broken) {
        return;
    } else if (session->n_lost || session->backlog > BACKLOG_DROP) {
        COVERAGE_INC(rpc_event_lost);
        session->n_lost++;
    } else {
        COVERAGE_INC(rpc_event);
        queue_text(session, text);
    }
}

bool
rpc_session_idle(const struct rpc_session *session)
{
    return !session->caller.n_calls && !session->backlog;
}

/* Whether no request may be taken from 'in' now. */
static bool
is_paused(const struct rpc_session *session)
{
    const struct rpc_caller *caller = &session->caller;

    return (session->backlog > BACKLOG_PAUSE
            || caller->n_calls >= caller->host->config->max_in_flight);
}

/* Writing. */

static void
drop_written(struct rpc_session *session, size_t n)
{
    session->backlog -= n;
    session->traffic->unsent -= n;
    while (n) {
        struct ofpbuf *buf = ofpbuf_from_list(ovs_list_front(&session->out));
        if (n < buf->size) {
            ofpbuf_pull(buf, n);
            return;
        }
        n -= buf->size;
        ovs_list_remove(&buf->list_node);
        ofpbuf_delete(buf);
    }
}

static void
session_write(struct rpc_session *session)
{
    while (session->backlog && !session->broken) {
        struct iovec vectors[WRITE_VECTORS];
        struct msghdr header = { .msg_iov = vectors };
        const struct ofpbuf *buf;

        LIST_FOR_EACH (buf, list_node, &session->out) {
            vectors[header.msg_iovlen].iov_base = buf->data;
            vectors[header.msg_iovlen++].iov_len = buf->size;
            if (header.msg_iovlen == WRITE_VECTORS) {
                break;
            }
        }

        ssize_t n = sendmsg(session->fd, &header, MSG_NOSIGNAL);
        if (n > 0) {
            drop_written(session, n);
        } else if (n < 0 && errno == EAGAIN) {
            break;
        } else if (n < 0 && errno != EINTR) {
            VLOG_DBG("%s: %s", session->caller.name, ovs_strerror(errno));
            session->broken = true;
        }
    }
    if (session->n_lost && session->backlog <= BACKLOG_PAUSE
        && !session->broken) {
        CLEANUP_FREE char *text = rpc_lost_text(session->n_lost);

        session->n_lost = 0;
        queue_text(session, text);
        session_write(session);
    }
}

/* Reading. */

static bool
turn_is_over(const struct rpc_session *session)
{
    return time_usec() >= session->turn_ends_us;
}

static void
take_lines(struct rpc_session *session)
{
    for (int i = 0; i < LINES_PER_TURN; i++) {
        char *line;
        size_t length;

        if (is_paused(session) || (i && turn_is_over(session))) {
            session->more_lines = true;
            return;
        }

        enum line_status status = line_buffer_next(&session->in, &line,
                                                   &length);
        if (status == LINE_NONE && session->ended) {
            status = line_buffer_rest(&session->in, &line, &length);
        }
        switch (status) {
        case LINE_NONE:
            session->more_lines = false;
            return;
        case LINE_TOO_LONG:
            rpc_caller_refuse_line(&session->caller, vif_error_create(
                VIF_ERR_INVALID, "a line is longer than %d bytes",
                LINE_MAX_BYTES));
            break;
        case LINE_OK:
            COVERAGE_INC(rpc_request);
            rpc_caller_line(&session->caller, line, length);
            break;
        }
        if (session->caller.replay) {
            session->caller.replay = false;
            rpc_events_replay(&session->caller);
        }
    }
    session->more_lines = true;
}

/* Counts the memory of 'in'.  With too much of all clients, a line that is
 * large and not whole is thrown away. */
static void
count_unread(struct rpc_session *session)
{
    struct line_buffer *in = &session->in;
    struct rpc_traffic *traffic = session->traffic;

    line_buffer_trim(in);
    traffic->unread += in->allocated - session->in_counted;
    session->in_counted = in->allocated;
    if (traffic->unread > UNREAD_MAX && !session->more_lines
        && in->end - in->start > UNREAD_SMALL) {
        line_buffer_skip(in);
        rpc_caller_refuse_line(&session->caller, vif_error_with_retry(
            vif_error_create(VIF_ERR_BUSY, "clients have sent %d bytes that "
                             "are not whole lines yet, as many as are "
                             "allowed", UNREAD_MAX), UNREAD_RETRY_MS));
        line_buffer_trim(in);
        traffic->unread -= session->in_counted - in->allocated;
        session->in_counted = in->allocated;
    }
}

/* One read; false if there is nothing to read now. */
static bool
read_some(struct rpc_session *session, size_t *totalp)
{
    size_t size;
    char *room = line_buffer_room(&session->in, &size);
    ssize_t n = recv(session->fd, room, size, 0);

    if (n > 0) {
        line_buffer_added(&session->in, n);
        *totalp += n;
        session->more_lines = true;
        return true;
    } else if (n < 0 && errno == EINTR) {
        return true;
    } else if (n < 0 && errno == EAGAIN) {
        session->more_bytes = false;
        return false;
    }
    if (n < 0) {
        VLOG_DBG("%s: %s", session->caller.name, ovs_strerror(errno));
        session->broken = true;
    }
    session->ended = true;
    session->more_lines = true;
    return false;
}

static void
session_read(struct rpc_session *session)
{
    size_t total = 0;

    take_lines(session);
    session->more_bytes = true;
    while (!session->more_lines && !session->ended && total < READ_PER_TURN
           && !is_paused(session) && !turn_is_over(session)
           && read_some(session, &total)) {
        take_lines(session);
    }
    if (session->ended) {
        take_lines(session);
    }
    count_unread(session);
}

/* Whether the client has closed both directions: nobody is there to read. */
static bool
has_hung_up(const struct rpc_session *session)
{
    struct pollfd pollfd = { .fd = session->fd };

    return poll(&pollfd, 1, 0) > 0 && pollfd.revents & (POLLHUP | POLLERR);
}

void
rpc_session_flush(struct rpc_session *session)
{
    session_write(session);
}

bool
rpc_session_run(struct rpc_session *session, long long budget_us)
{
    session->turn_ends_us = time_usec() + budget_us;
    session_write(session);
    session_read(session);
    session_write(session);

    if (session->broken) {
        return false;
    } else if (!session->ended || session->more_lines) {
        return true;
    }
    /* Half closed: the client may still wait for answers. */
    return ((!rpc_session_idle(session) || session->caller.watching)
            && !has_hung_up(session));
}

bool
rpc_session_busy(const struct rpc_session *session)
{
    return (!is_paused(session)
            && (session->more_lines
                || (session->more_bytes && !session->ended)));
}

void
rpc_session_wait(struct rpc_session *session)
{
    short int events = session->backlog ? POLLOUT : 0;

    if (rpc_session_busy(session) || session->broken) {
        poll_immediate_wake();
    } else if (!is_paused(session) && !session->ended) {
        events |= POLLIN;
    }
    /* With no event at all, a hang-up wakes: but nothing can be done about
     * it while requests wait in 'in'. */
    if (events || (session->ended && !session->more_lines)) {
        poll_fd_wait(session->fd, events);
    }
}
