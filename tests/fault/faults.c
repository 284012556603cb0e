/* SPDX-License-Identifier: Apache-2.0 */

/* For tests only, never installed: a library that is preloaded into vifd and
 * makes its calls to the kernel, and its allocations, fail on demand.
 *
 * A call is known by its site: the function and what it is about, such as
 * "ioctl TUNSETIFF", "send netlink" or "recv client of vifd.sock".  What a
 * descriptor is about is remembered when it is made.  Which sites are passed
 * is written into a file that the test has mapped, too (VIFD_FAULTS); from
 * there comes what is to fail, at which pass and how.  tests/netns/faults.py
 * is the other side.
 *
 * Makes no system call that the program did not make, so that it works under
 * a seccomp filter. */

#define _GNU_SOURCE 1

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <linux/if_tun.h>
#include <linux/netlink.h>
#include <linux/sockios.h>

#define SITE_SIZE 64
#define MAX_LOG 8192
#define MAX_FD 1024

enum how {
    HOW_FAIL = 1,       /* Is not made; 'value' is errno. */
    HOW_SHORT,          /* Transfers at most 'value' bytes. */
    HOW_LONG,           /* A datagram is received, and its length said to be
                         * 'value', as with MSG_TRUNC. */
    HOW_LOSE,           /* A datagram is received and thrown away; 'value' is
                         * errno. */
    HOW_REFUSE,         /* The kernel gets requests that do nothing, and its
                         * answer becomes the error 'value'. */
};

/* The file.  faults.py knows where everything is. */
struct control {
    _Atomic int32_t nth;        /* The pass of 'site' that fails; 0: none. */
    _Atomic int32_t passes;     /* Of 'site', since that was set. */
    int32_t for_good;           /* All later ones fail, too. */
    int32_t how, value;
    _Atomic int32_t n_failed;   /* How many have. */
    _Atomic int32_t n_log;      /* Passes of all sites, ever. */
    int32_t unused;
    _Atomic int64_t allocations;    /* Ever. */
    _Atomic int64_t fail_allocation;    /* The one that fails; 0: none. */
    char site[SITE_SIZE];
    char log[MAX_LOG][SITE_SIZE];
};

static struct control *control;

/* What each descriptor is about; "" if that is of no interest. */
static struct object {
    char name[40];
    _Atomic int n_refuse;       /* Netlink: answers that become errors ... */
    int refuse;                 /* ... with this errno value. */
} objects[MAX_FD];

__attribute__((constructor)) static void
set_up(void)
{
    const char *path = getenv("VIFD_FAULTS");
    int fd;

    if (!path || strcmp(program_invocation_short_name, "vifd")) {
        return;
    }
    fd = open(path, O_RDWR | O_CLOEXEC);
    void *map = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE,
                     MAP_SHARED, fd, 0);
    if (fd < 0 || map == MAP_FAILED) {
        fprintf(stderr, "VIFD_FAULTS=%s: %s\n", path, strerror(errno));
        abort();
    }
    close(fd);
    control = map;
}

/* The function of that name that would be called without this library. */
#define REAL(NAME)                                          \
    static __typeof__(NAME) *real;                          \
    if (!real) {                                            \
        real = (__typeof__(NAME) *) dlsym(RTLD_NEXT, #NAME);\
    }

/* Remembers what 'fd' is about. */
static void
name_fd(int fd, const char *format, ...)
{
    va_list args;

    if (fd >= 0 && fd < MAX_FD) {
        va_start(args, format);
        vsnprintf(objects[fd].name, sizeof objects[fd].name, format, args);
        va_end(args);
        objects[fd].n_refuse = 0;
    }
}

static const char *
name_of(int fd)
{
    return fd >= 0 && fd < MAX_FD ? objects[fd].name : "";
}

/* Notes that a site is passed.  Returns how it is to fail, or 0. */
static int
pass(const char *call, const char *object)
{
    char site[SITE_SIZE] = "";

    if (!control || !object[0]) {
        return 0;
    }
    snprintf(site, sizeof site, "%s %s", call, object);
    int i = atomic_fetch_add(&control->n_log, 1);
    if (i < MAX_LOG) {
        memcpy(control->log[i], site, sizeof site);
    }
    int nth = atomic_load(&control->nth);
    if (!nth || strcmp(site, control->site)) {
        return 0;
    }
    int n = atomic_fetch_add(&control->passes, 1) + 1;
    if (n != nth && !(n > nth && control->for_good)) {
        return 0;
    }
    atomic_fetch_add(&control->n_failed, 1);
    return control->how;
}

/* Whether the call is not to be made; sets errno. */
static bool
fails(const char *call, const char *object)
{
    if (pass(call, object) == HOW_FAIL) {
        errno = control->value;
        return true;
    }
    return false;
}

/* Files. */

/* What a path stands for: numbers, of processes for example, are alike. */
static const char *
name_path(const char *path, char buf[40])
{
    size_t n = 0;

    for (; *path && n < 39; path++) {
        bool digit = *path >= '0' && *path <= '9';

        if (!digit || !n || buf[n - 1] != '#') {
            buf[n++] = digit ? '#' : *path;
        }
    }
    buf[n] = '\0';
    return buf;
}

static mode_t
mode_argument(int flags, va_list args)
{
    return flags & (O_CREAT | __O_TMPFILE) ? va_arg(args, int) : 0;
}

#define DEFINE_OPEN(NAME)                                   \
    int                                                     \
    NAME(const char *path, int flags, ...)                  \
    {                                                       \
        char name[40];                                      \
        va_list args;                                       \
        REAL(NAME);                                         \
                                                            \
        va_start(args, flags);                              \
        mode_t mode = mode_argument(flags, args);           \
        va_end(args);                                       \
        if (fails("open", name_path(path, name))) {         \
            return -1;                                      \
        }                                                   \
        int fd = real(path, flags, mode);                   \
        name_fd(fd, "%s", name);                            \
        return fd;                                          \
    }
DEFINE_OPEN(open)
DEFINE_OPEN(open64)

#define DEFINE_OPENAT(NAME)                                 \
    int                                                     \
    NAME(int directory, const char *path, int flags, ...)   \
    {                                                       \
        char name[40];                                      \
        va_list args;                                       \
        REAL(NAME);                                         \
                                                            \
        va_start(args, flags);                              \
        mode_t mode = mode_argument(flags, args);           \
        va_end(args);                                       \
        if (fails("open", name_path(path, name))) {         \
            return -1;                                      \
        }                                                   \
        int fd = real(directory, path, flags, mode);        \
        name_fd(fd, "%s", name);                            \
        return fd;                                          \
    }
DEFINE_OPENAT(openat)
DEFINE_OPENAT(openat64)

int
close(int fd)
{
    REAL(close);

    name_fd(fd, "%s", "");
    return real(fd);
}

int
ioctl(int fd, unsigned long request, ...)
{
    static const struct {
        unsigned long request;
        const char *name;
    } names[] = {
        { TUNSETIFF, "TUNSETIFF" },
        { TUNGETFEATURES, "TUNGETFEATURES" },
        { TUNSETOWNER, "TUNSETOWNER" },
        { TUNSETGROUP, "TUNSETGROUP" },
        { TUNSETPERSIST, "TUNSETPERSIST" },
        { SIOCGIFINDEX, "SIOCGIFINDEX" },
    };
    char number[24];
    const char *name = number;
    va_list args;
    REAL(ioctl);

    va_start(args, request);
    void *argument = va_arg(args, void *);
    va_end(args);

    snprintf(number, sizeof number, "0x%lx", request);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (names[i].request == request) {
            name = names[i].name;
        }
    }
    return fails("ioctl", name) ? -1 : real(fd, request, argument);
}

/* Sockets. */

int
socket(int domain, int type, int protocol)
{
    const char *name = (domain == AF_UNIX ? "unix"
                        : domain != AF_NETLINK ? "inet"
                        : protocol == NETLINK_ROUTE ? "netlink" : "uevents");
    REAL(socket);

    if (fails("socket", name)) {
        return -1;
    }
    int fd = real(domain, type, protocol);
    name_fd(fd, "%s", name);
    return fd;
}

/* The last part of the path of a UNIX socket; NULL for any other. */
static const char *
address_name(const struct sockaddr *address)
{
    const struct sockaddr_un *sun = (const struct sockaddr_un *) address;

    if (!sun || sun->sun_family != AF_UNIX || !sun->sun_path[0]) {
        return NULL;
    }
    const char *slash = strrchr(sun->sun_path, '/');
    return slash ? slash + 1 : sun->sun_path;
}

int
connect(int fd, const struct sockaddr *address, socklen_t length)
{
    const char *name = address_name(address);
    REAL(connect);

    if (name) {
        name_fd(fd, "%s", name);
    }
    return fails("connect", name_of(fd)) ? -1 : real(fd, address, length);
}

int
bind(int fd, const struct sockaddr *address, socklen_t length)
{
    const char *name = address_name(address);
    REAL(bind);

    if (name) {
        name_fd(fd, "%s", name);
    }
    return fails("bind", name_of(fd)) ? -1 : real(fd, address, length);
}

int
accept4(int fd, struct sockaddr *address, socklen_t *length, int flags)
{
    REAL(accept4);

    if (fails("accept", name_of(fd))) {
        return -1;
    }
    int client = real(fd, address, length, flags);
    name_fd(client, "client of %.28s", name_of(fd));
    return client;
}

int
accept(int fd, struct sockaddr *address, socklen_t *length)
{
    REAL(accept);

    if (fails("accept", name_of(fd))) {
        return -1;
    }
    int client = real(fd, address, length);
    name_fd(client, "client of %.28s", name_of(fd));
    return client;
}

/* The socket for notifications is known from when it joins a group. */
int
setsockopt(int fd, int level, int option, const void *value,
           socklen_t length)
{
    REAL(setsockopt);

    if (level == SOL_NETLINK && option == NETLINK_ADD_MEMBERSHIP) {
        name_fd(fd, "%s", "notifications");
    }
    return (fails("setsockopt", name_of(fd)) ? -1
            : real(fd, level, option, value, length));
}

int
getsockname(int fd, struct sockaddr *address, socklen_t *length)
{
    REAL(getsockname);

    return fails("getsockname", name_of(fd)) ? -1 : real(fd, address, length);
}

int
poll(struct pollfd *fds, nfds_t n, int timeout)
{
    REAL(poll);

    return (fails("poll", n == 1 ? name_of(fds[0].fd) : "everything") ? -1
            : real(fds, n, timeout));
}

/* Transfers. */

static size_t
min(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Sends requests that the kernel acknowledges without doing anything. */
static ssize_t
send_nothing(int fd, const void *buf, size_t size, int flags)
{
    _Alignas(NLMSG_ALIGNTO) char copy[64 * 1024];
    int left = size;
    int n = 0;
    REAL(send);

    if (size > sizeof copy) {
        abort();
    }
    memcpy(copy, buf, size);
    for (struct nlmsghdr *nlh = (struct nlmsghdr *) copy;
         NLMSG_OK(nlh, left); nlh = NLMSG_NEXT(nlh, left)) {
        nlh->nlmsg_type = NLMSG_NOOP;
        nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
        n++;
    }
    objects[fd].refuse = control->value;
    objects[fd].n_refuse = n;
    return real(fd, copy, size, flags);
}

/* Makes an error of each acknowledgement in a datagram, as long as requests
 * that do nothing wait for theirs. */
static void
refuse(struct object *object, void *buf, ssize_t size)
{
    int left = size;

    for (struct nlmsghdr *nlh = buf; object->n_refuse && NLMSG_OK(nlh, left);
         nlh = NLMSG_NEXT(nlh, left)) {
        struct nlmsgerr *error = NLMSG_DATA(nlh);

        if (nlh->nlmsg_type == NLMSG_ERROR && !error->error) {
            error->error = -object->refuse;
            object->n_refuse--;
        }
    }
}

/* What a received datagram is made to look like. */
static ssize_t
received(int fd, void *buf, ssize_t n, int flags, int how)
{
    if (n < 0) {
        return n;
    } else if (how == HOW_LOSE) {
        errno = control->value;
        return -1;
    } else if (how == HOW_LONG) {
        return control->value;
    }
    if (n && !(flags & MSG_PEEK) && fd >= 0 && fd < MAX_FD) {
        refuse(&objects[fd], buf, n);
    }
    return n;
}

/* For a call on one buffer: 'size' may become less.  False if it fails. */
static bool
begin_transfer(const char *call, int fd, size_t *size, int *howp)
{
    *howp = pass(call, name_of(fd));
    if (*howp == HOW_FAIL) {
        errno = control->value;
        return false;
    } else if (*howp == HOW_SHORT) {
        *size = min(*size, control->value);
    }
    return true;
}

ssize_t
read(int fd, void *buf, size_t size)
{
    int how;
    REAL(read);

    return begin_transfer("read", fd, &size, &how) ? real(fd, buf, size) : -1;
}

ssize_t
write(int fd, const void *buf, size_t size)
{
    int how;
    REAL(write);

    return (begin_transfer("write", fd, &size, &how) ? real(fd, buf, size)
            : -1);
}

ssize_t
send(int fd, const void *buf, size_t size, int flags)
{
    int how;
    REAL(send);

    if (!begin_transfer("send", fd, &size, &how)) {
        return -1;
    }
    return (how == HOW_REFUSE ? send_nothing(fd, buf, size, flags)
            : real(fd, buf, size, flags));
}

ssize_t
recv(int fd, void *buf, size_t size, int flags)
{
    int how;
    REAL(recv);

    if (!begin_transfer(flags & MSG_PEEK ? "peek" : "recv", fd, &size,
                        &how)) {
        return -1;
    }
    if (how == HOW_LOSE) {
        flags &= ~MSG_PEEK;
    }
    return received(fd, buf, real(fd, buf, size, flags), flags, how);
}

ssize_t
recvfrom(int fd, void *buf, size_t size, int flags, struct sockaddr *address,
         socklen_t *length)
{
    int how;
    REAL(recvfrom);

    if (!begin_transfer("recvfrom", fd, &size, &how)) {
        return -1;
    }
    return received(fd, buf, real(fd, buf, size, flags, address, length),
                    flags, how);
}

/* The first of several buffers alone, cut short. */
static struct msghdr
shortened(const struct msghdr *header, struct iovec *vector)
{
    struct msghdr copy = *header;

    if (header->msg_iovlen) {
        *vector = header->msg_iov[0];
        vector->iov_len = min(vector->iov_len, control->value);
        copy.msg_iov = vector;
        copy.msg_iovlen = 1;
    }
    return copy;
}

ssize_t
sendmsg(int fd, const struct msghdr *header, int flags)
{
    struct iovec vector;
    struct msghdr copy;
    REAL(sendmsg);

    switch (pass("sendmsg", name_of(fd))) {
    case HOW_FAIL:
        errno = control->value;
        return -1;
    case HOW_SHORT:
        copy = shortened(header, &vector);
        return real(fd, &copy, flags);
    default:
        return real(fd, header, flags);
    }
}

ssize_t
recvmsg(int fd, struct msghdr *header, int flags)
{
    struct iovec vector;
    struct msghdr copy;
    REAL(recvmsg);

    switch (pass("recvmsg", name_of(fd))) {
    case HOW_FAIL:
        errno = control->value;
        return -1;
    case HOW_SHORT:
        copy = shortened(header, &vector);
        return real(fd, &copy, flags);
    default:
        return real(fd, header, flags);
    }
}

/* Memory.  glibc's own functions by their other names: to look those up would
 * allocate. */

void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);

static bool
no_memory(void)
{
    if (!control) {
        return false;
    }
    int64_t n = atomic_fetch_add(&control->allocations, 1) + 1;
    int64_t wanted = atomic_load(&control->fail_allocation);
    if (!wanted || n < wanted || (n > wanted && !control->for_good)) {
        return false;
    }
    atomic_fetch_add(&control->n_failed, 1);
    errno = ENOMEM;
    return true;
}

void *
malloc(size_t size)
{
    return no_memory() ? NULL : __libc_malloc(size);
}

void *
calloc(size_t n, size_t size)
{
    return no_memory() ? NULL : __libc_calloc(n, size);
}

void *
realloc(void *old, size_t size)
{
    return no_memory() ? NULL : __libc_realloc(old, size);
}
