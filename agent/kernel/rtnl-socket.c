/* SPDX-License-Identifier: Apache-2.0 */

/* One socket to the kernel, for rtnetlink or, as genl.h uses it, for generic
 * netlink: requests go out, answers come back, and an answer's error becomes
 * ours with the kernel's own words.  libnl walks through messages; the socket
 * is opened and read here, because libnl 3.7 maps errno to numbers of its own
 * and keeps the extack text to itself.  Knows nothing about links. */

#include <config.h>

#include "kernel/rtnl-private.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <linux/netlink.h>

#include "lib/alloc.h"

/* A request is carried out while it is being sent, and its answer is there
 * when that returns.  Only an answer that was lost is waited for. */
#define TIMEOUT_MS 10000

/* The kernel puts at most 32 KiB of a dump into a datagram, unless a single
 * link needs more. */
#define BUF_SIZE (64 * 1024)
#define BUF_MAX (4 * 1024 * 1024)

/* Room for the acknowledgements of RTNL_MAX_REQUESTS. */
#define RCVBUF (1024 * 1024)
#define SNDBUF (256 * 1024)

/* The largest that the kernel makes an error of: include/linux/err.h. */
#define MAX_ERRNO 4095

_Static_assert(RTNL_MAX_REQUESTS <= 64, "exchange.pending has 64 bits");

long long
rtnl_now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* Has the kernel choose an address. */
static bool
take_address(int fd, uint32_t *portp)
{
    struct sockaddr_nl own = { .nl_family = AF_NETLINK };
    socklen_t length = sizeof own;

    if (bind(fd, (const struct sockaddr *) &own, sizeof own)
        || getsockname(fd, (struct sockaddr *) &own, &length)) {
        return false;
    }
    if (portp) {
        *portp = own.nl_pid;
    }
    return true;
}

struct vif_error *
rtnl_socket_open_protocol(int protocol, int *fdp, uint32_t *portp)
{
    int fd CLEANUP_CLOSE = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC,
                                  protocol);

    *fdp = -1;
    if (fd < 0 || !take_address(fd, portp)) {
        return vif_error_from_errno(errno, "open a netlink socket");
    }
    *fdp = fd;
    fd = -1;
    return NULL;
}

struct vif_error *
rtnl_socket_open(int *fdp, uint32_t *portp)
{
    return rtnl_socket_open_protocol(NETLINK_ROUTE, fdp, portp);
}

/* Options that older kernels lack only make errors say less, and smaller
 * buffers that fewer requests fit. */
static void
set_options(int fd)
{
    static const struct {
        int level, option, value;
    } options[] = {
        { SOL_NETLINK, NETLINK_EXT_ACK, 1 },            /* Linux 4.12. */
        { SOL_NETLINK, NETLINK_CAP_ACK, 1 },            /* Linux 4.2. */
        { SOL_NETLINK, NETLINK_GET_STRICT_CHK, 1 },     /* Linux 4.20. */
        { SOL_SOCKET, SO_RCVBUF, RCVBUF },
        { SOL_SOCKET, SO_SNDBUF, SNDBUF },
    };

    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        (void) setsockopt(fd, options[i].level, options[i].option,
                          &options[i].value, sizeof options[i].value);
    }
}

static struct rtnl *
rtnl_create(int fd, uint32_t port, int timeout_ms)
{
    struct rtnl *rtnl = vif_xcalloc(1, sizeof *rtnl);

    rtnl->fd = fd;
    rtnl->port = port;
    rtnl->seq = 1;
    rtnl->timeout_ms = timeout_ms;
    rtnl->size = BUF_SIZE;
    rtnl->buf = vif_xmalloc(rtnl->size);
    return rtnl;
}

struct vif_error *
rtnl_open_protocol(int protocol, struct rtnl **rtnlp)
{
    uint32_t port = 0;
    int fd;
    struct vif_error *error = rtnl_socket_open_protocol(protocol, &fd,
                                                        &port);

    *rtnlp = NULL;
    if (!error) {
        set_options(fd);
        *rtnlp = rtnl_create(fd, port, TIMEOUT_MS);
        (*rtnlp)->keeps_fd = true;
    }
    return error;
}

struct vif_error *
rtnl_open(struct rtnl **rtnlp)
{
    return rtnl_open_protocol(NETLINK_ROUTE, rtnlp);
}

struct rtnl *
rtnl_create_for_test(int fd, uint32_t port, int timeout_ms)
{
    return rtnl_create(fd, port, timeout_ms);
}

void
rtnl_close(struct rtnl *rtnl)
{
    if (rtnl) {
        if (rtnl->keeps_fd) {
            close(rtnl->fd);
        }
        free(rtnl->buf);
        free(rtnl);
    }
}

/* What an errno value of the kernel's means here, where
 * vif_error_from_errno() does not know. */
static struct vif_error *
kernel_error(int errnum)
{
    static const struct {
        int errnum;
        enum vif_error_code code;
    } codes[] = {
        { ENODEV, VIF_ERR_NOT_FOUND },
        { EEXIST, VIF_ERR_CONFLICT },
    };
    struct vif_error *error = vif_error_from_errno(errnum, "kernel");

    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        if (codes[i].errnum == errnum) {
            error->code = codes[i].code;
        }
    }
    return error;
}

/* The error 'value' (negative, as the kernel writes it), with the text among
 * the attributes that start 'offset' bytes into the payload of 'nlh'. */
static struct vif_error *
error_with_extack(const struct nlmsghdr *nlh, int value, size_t offset)
{
    static struct nla_policy policy[NLMSGERR_ATTR_MAX + 1] = {
        [NLMSGERR_ATTR_MSG] = { .type = NLA_STRING, .minlen = 1 },
    };
    bool sane = value < 0 && value >= -MAX_ERRNO;
    struct vif_error *error = kernel_error(sane ? -value : EPROTO);
    size_t length = nlmsg_datalen(nlh);
    struct nlattr *tb[NLMSGERR_ATTR_MAX + 1];

    if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS) || offset >= length) {
        return error;
    }

    char *attrs = (char *) nlmsg_data(nlh) + offset;
    if (nla_parse(tb, NLMSGERR_ATTR_MAX, (struct nlattr *) attrs,
                  length - offset, policy) >= 0
        && tb[NLMSGERR_ATTR_MSG]) {
        error = vif_error_with_source(error,
                                      nla_get_string(tb[NLMSGERR_ATTR_MSG]));
    }
    return error;
}

static struct vif_error *
malformed(void)
{
    return vif_error_create(VIF_ERR_KERNEL,
                            "the kernel sent a netlink message that makes no "
                            "sense");
}

/* The verdict of an NLMSG_ERROR: NULL for an acknowledgement.  The request
 * follows it, only its header if "capped"; then attributes. */
static struct vif_error *
error_of_ack(const struct nlmsghdr *nlh)
{
    const struct nlmsgerr *ack = nlmsg_data(nlh);
    size_t length = nlmsg_datalen(nlh);

    if (length < sizeof *ack) {
        return malformed();
    }
    if (!ack->error) {
        return NULL;
    }

    size_t echo = NLMSG_HDRLEN;
    if (!(nlh->nlmsg_flags & NLM_F_CAPPED)
        && ack->msg.nlmsg_len > NLMSG_HDRLEN) {
        echo = ack->msg.nlmsg_len;
    }
    return error_with_extack(nlh, ack->error,
                             offsetof(struct nlmsgerr, msg)
                             + NLMSG_ALIGN(echo));
}

/* The verdict of the NLMSG_DONE that ends a dump: a number, then
 * attributes. */
static struct vif_error *
error_of_done(const struct nlmsghdr *nlh)
{
    int value;

    if (nlmsg_datalen(nlh) < (int) sizeof value) {
        return NULL;
    }
    memcpy(&value, nlmsg_data(nlh), sizeof value);
    return value ? error_with_extack(nlh, value, sizeof value) : NULL;
}

/* Requests that were sent together, and what has come back. */
struct exchange {
    uint32_t first_seq;         /* Of request 0. */
    size_t n;
    uint64_t pending;           /* Bit I: request I has no answer yet. */
    struct vif_error **errors;  /* Of each request. */
    rtnl_reply_cb *reply;
    void *aux;
    bool interrupted;
};

static void
exchange_init(struct exchange *x, struct vif_error **errors, size_t n)
{
    memset(x, 0, sizeof *x);
    x->n = n;
    x->pending = n < 64 ? (UINT64_C(1) << n) - 1 : UINT64_MAX;
    x->errors = errors;
    memset(errors, 0, n * sizeof *errors);
}

/* Keeps the first error of request 'i'. */
static void
exchange_fail(struct exchange *x, size_t i, struct vif_error *error)
{
    if (x->errors[i]) {
        vif_error_destroy(error);
    } else {
        x->errors[i] = error;
    }
}

static void
exchange_finish(struct exchange *x, size_t i, struct vif_error *error)
{
    exchange_fail(x, i, error);
    x->pending &= ~(UINT64_C(1) << i);
}

/* Ends what is still waiting, for a failure of the socket. */
static void
exchange_abort(struct exchange *x, const struct rtnl *rtnl, int errnum)
{
    for (size_t i = 0; i < x->n; i++) {
        if (!(x->pending & UINT64_C(1) << i)) {
            continue;
        }

        struct vif_error *error;
        if (errnum == ETIMEDOUT) {
            error = vif_error_create(VIF_ERR_KERNEL, "the kernel did not "
                                     "answer within %d ms",
                                     rtnl->timeout_ms);
            error->errnum = errnum;
            error->retry = true;
        } else {
            error = vif_error_from_errno(errnum, "netlink socket");
        }
        exchange_finish(x, i, error);
    }
}

static void
exchange_take(struct exchange *x, const struct nlmsghdr *nlh)
{
    uint32_t i = nlh->nlmsg_seq - x->first_seq;

    if (i >= x->n || !(x->pending & UINT64_C(1) << i)) {
        return;         /* For an earlier request, whose time was up. */
    }
    if (nlh->nlmsg_flags & NLM_F_DUMP_INTR) {
        x->interrupted = true;
    }

    switch (nlh->nlmsg_type) {
    case NLMSG_NOOP:
        break;

    case NLMSG_ERROR:
        exchange_finish(x, i, error_of_ack(nlh));
        break;

    case NLMSG_DONE:
        exchange_finish(x, i, error_of_done(nlh));
        break;

    case NLMSG_OVERRUN:
        exchange_finish(x, i, kernel_error(ENOBUFS));
        break;

    default:
        exchange_fail(x, i, x->reply ? x->reply(nlh, x->aux) : NULL);
        if (!(nlh->nlmsg_flags & NLM_F_MULTI)) {
            exchange_finish(x, i, NULL);
        }
        break;
    }
}

/* Waits until there is something to receive.  Returns 0 or an errno value. */
static int
wait_for_answer(const struct rtnl *rtnl, long long deadline)
{
    struct pollfd pfd = { .fd = rtnl->fd, .events = POLLIN };
    long long left = deadline - rtnl_now_ms();

    if (left <= 0) {
        return ETIMEDOUT;
    }
    return poll(&pfd, 1, left) < 0 && errno != EINTR ? errno : 0;
}

/* Makes 'rtnl->buf' large enough for the next datagram.  Returns 0 or an errno
 * value. */
static int
make_room(struct rtnl *rtnl)
{
    ssize_t n = recv(rtnl->fd, NULL, 0, MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT);

    if (n < 0) {
        return errno;
    } else if (n > BUF_MAX) {
        return EMSGSIZE;
    } else if ((size_t) n > rtnl->size) {
        free(rtnl->buf);
        rtnl->buf = vif_xmalloc(n);
        rtnl->size = n;
    }
    return 0;
}

/* Receives the next datagram into 'rtnl->buf', of any size if 'any_size':
 * acknowledgements are small.  Length 0 stands for one that is not the
 * kernel's.  Returns 0 or an errno value. */
static int
receive_now(struct rtnl *rtnl, bool any_size, size_t *lengthp)
{
    struct sockaddr_nl from = { .nl_pid = 0 };
    socklen_t from_length = sizeof from;
    int failure = any_size ? make_room(rtnl) : 0;
    ssize_t n;

    if (failure) {
        return failure;
    }
    n = recvfrom(rtnl->fd, rtnl->buf, rtnl->size, MSG_TRUNC | MSG_DONTWAIT,
                 (struct sockaddr *) &from, &from_length);
    if (n < 0) {
        return errno;
    }
    if ((size_t) n > rtnl->size) {
        return EMSGSIZE;
    }
    *lengthp = from.nl_pid ? 0 : n;
    return 0;
}

/* The same, but blocks until 'deadline'. */
static int
receive(struct rtnl *rtnl, bool any_size, long long deadline, size_t *lengthp)
{
    int error;

    do {
        error = receive_now(rtnl, any_size, lengthp);
        if (error == EAGAIN) {
            error = wait_for_answer(rtnl, deadline);
            if (!error) {
                error = EAGAIN;
            }
        }
    } while (error == EAGAIN || error == EINTR);
    return error;
}

/* Sends the requests in 'buf', numbered already, and collects the answers. */
static void
exchange_run(struct exchange *x, struct rtnl *rtnl, const void *buf,
             size_t length)
{
    ssize_t sent;

    do {
        sent = send(rtnl->fd, buf, length, 0);
    } while (sent < 0 && errno == EINTR);
    if (sent < 0) {
        exchange_abort(x, rtnl, errno);
        return;
    }

    long long deadline = rtnl_now_ms() + rtnl->timeout_ms;
    bool dropped = false;
    while (x->pending) {
        size_t received = 0;
        int error = receive(rtnl, x->reply != NULL, deadline, &received);

        if (error == ENOBUFS) {
            /* The kernel had to drop answers; those that are there are still
             * taken, so that the socket is empty for what comes next. */
            dropped = true;
            deadline = 0;
            continue;
        }
        if (!error && !received && rtnl_now_ms() >= deadline) {
            error = ETIMEDOUT;
        }
        if (error) {
            exchange_abort(x, rtnl, dropped ? ENOBUFS : error);
            return;
        }

        struct nlmsghdr *nlh = (struct nlmsghdr *) rtnl->buf;
        int left = received;
        for (; nlmsg_ok(nlh, left); nlh = nlmsg_next(nlh, &left)) {
            if (nlh->nlmsg_pid == rtnl->port) {
                exchange_take(x, nlh);
            }
        }
    }
}

/* Writes into 'nlh' what the kernel must know to answer. */
static void
number(struct rtnl *rtnl, struct nlmsghdr *nlh)
{
    nlh->nlmsg_flags |= NLM_F_REQUEST;
    nlh->nlmsg_seq = rtnl->seq++;
    nlh->nlmsg_pid = rtnl->port;
}

static struct vif_error *
request_one(struct rtnl *rtnl, struct nl_msg *msg, rtnl_reply_cb *reply,
            void *aux, bool *interruptedp)
{
    struct nlmsghdr *nlh = nlmsg_hdr(msg);
    struct vif_error *error;
    struct exchange x;

    exchange_init(&x, &error, 1);
    x.first_seq = rtnl->seq;
    x.reply = reply;
    x.aux = aux;
    number(rtnl, nlh);
    exchange_run(&x, rtnl, nlh, nlh->nlmsg_len);
    *interruptedp = x.interrupted;
    return error;
}

struct vif_error *
rtnl_request(struct rtnl *rtnl, struct nl_msg *msg, rtnl_reply_cb *reply,
             void *aux)
{
    bool interrupted;

    return request_one(rtnl, msg, reply, aux, &interrupted);
}

struct vif_error *
rtnl_request_dump(struct rtnl *rtnl, struct nl_msg *msg, rtnl_reply_cb *reply,
                  void *aux, bool *interruptedp)
{
    nlmsg_hdr(msg)->nlmsg_flags |= NLM_F_DUMP;
    return request_one(rtnl, msg, reply, aux, interruptedp);
}

void
rtnl_request_many(struct rtnl *rtnl, struct nl_msg *const *msgs,
                  struct vif_error **errors, size_t n)
{
    struct exchange x;
    size_t length = 0;

    for (size_t i = 0; i < n; i++) {
        length += NLMSG_ALIGN(nlmsg_hdr(msgs[i])->nlmsg_len);
    }

    char *buf CLEANUP_FREE = vif_xcalloc(1, length);
    size_t used = 0;

    exchange_init(&x, errors, n);
    x.first_seq = rtnl->seq;
    for (size_t i = 0; i < n; i++) {
        struct nlmsghdr *nlh = nlmsg_hdr(msgs[i]);

        number(rtnl, nlh);
        memcpy(buf + used, nlh, nlh->nlmsg_len);
        used += NLMSG_ALIGN(nlh->nlmsg_len);
    }
    exchange_run(&x, rtnl, buf, length);
}
