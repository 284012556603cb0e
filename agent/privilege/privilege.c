/* SPDX-License-Identifier: Apache-2.0 */

/* vifd's end: starts the helper and asks it. */

#include <config.h>

#include "privilege/privilege.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "openvswitch/poll-loop.h"
#include "privilege/helper.h"
#include "privilege/protocol.h"
#include "privilege/verbs.h"
#include "util.h"

/* How long what is quick is waited for.  The first is the main loop's: the
 * helper answers within a fraction of a millisecond, unless somebody has
 * stopped it. */
#define CONNECT_MS 500
#define START_MS 10000
#define HOLDERS_MS 3000
#define END_MS 1000
#define CORPSE_MS 100
#define FOR_EVER (-1)

static struct privilege_host host;      /* Of the helper's. */
static int channel = -1;                /* To the helper; -1: there is none. */
static pid_t helper;
static int helper_fd = -1;              /* Readable once it has ended; -1
                                         * before Linux 5.3. */
static bool ending;

struct privilege_host
privilege_real_host(void)
{
    return (struct privilege_host) {
        .sys = "/sys", .dev = "/dev", .proc = "/proc",
    };
}

static long long
now_ms(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

/* Waits until 'fd' can be read from, or its other end has gone. */
static bool
wait_for(int fd, int timeout_ms)
{
    struct pollfd pollfd = { .fd = fd, .events = POLLIN };
    long long deadline = now_ms() + timeout_ms;
    int n;

    do {
        int left = (timeout_ms == FOR_EVER ? FOR_EVER
                    : deadline > now_ms() ? (int) (deadline - now_ms()) : 0);
        n = poll(&pollfd, 1, left);
    } while (n < 0 && errno == EINTR);
    return n > 0;
}

static struct vif_error *
gone(void)
{
    return vif_error_create(VIF_ERR_UNAVAILABLE, "vifd's helper has ended");
}

/* Waits for the answer, or for the end that follows it. */
static struct vif_error *
await_helper(int fd, int timeout_ms)
{
    if (wait_for(fd, timeout_ms)) {
        return NULL;
    }

    struct vif_error *error = vif_error_create(
        VIF_ERR_DEADLINE, "the helper has not answered for %d ms",
        timeout_ms);

    error->errnum = ETIMEDOUT;
    error->retry = true;
    return error;
}

/* Asking. */

static struct vif_error *
send_request(const struct privilege_request *request, int answer_to)
{
    struct iovec iov = { .iov_base = (void *) request,
                         .iov_len = sizeof *request };
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control = { .bytes = { 0 } };
    struct msghdr message = {
        .msg_iov = &iov, .msg_iovlen = 1,
        .msg_control = &control, .msg_controllen = sizeof control,
    };
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);

    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(header), &answer_to, sizeof answer_to);
    if (sendmsg(channel, &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
        return (errno == EPIPE || errno == ECONNRESET ? gone()
                : vif_error_from_errno(errno, "ask the helper"));
    }
    return NULL;
}

static struct vif_error *
receive_answer(int fd, struct privilege_answer *answer, int *fdp)
{
    struct iovec iov = { .iov_base = answer, .iov_len = sizeof *answer };
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control;
    struct msghdr message = {
        .msg_iov = &iov, .msg_iovlen = 1,
        .msg_control = &control, .msg_controllen = sizeof control,
    };
    ssize_t n = recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    const struct cmsghdr *header = n > 0 ? CMSG_FIRSTHDR(&message) : NULL;

    if (header && header->cmsg_level == SOL_SOCKET
        && header->cmsg_type == SCM_RIGHTS) {
        memcpy(fdp, CMSG_DATA(header), sizeof *fdp);
    }
    if (n != sizeof *answer || answer->version != PRIVILEGE_VERSION
        || answer->code >= VIF_N_ERROR_CODES) {
        return gone();
    }
    answer->text[sizeof answer->text - 1] = '\0';
    return NULL;
}

static struct vif_error *
ask_helper(const struct privilege_request *request,
           struct privilege_answer *answer, int timeout_ms, int *fdp)
{
    int pair[2];

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair)) {
        return vif_error_from_errno(errno, "ask the helper");
    }
    CLEANUP_CLOSE int ours = pair[0];
    struct vif_error *error = send_request(request, pair[1]);
    close(pair[1]);
    error = error ? error : await_helper(ours, timeout_ms);
    error = error ? error : receive_answer(ours, answer, fdp);
    if (!error && *fdp >= 0) {
        error = await_helper(ours, timeout_ms); /* It is ours alone then. */
    }
    if (!error && answer->failed) {
        error = vif_error_create(answer->code, "%s", answer->text);
        error->errnum = answer->errnum;
        error->retry = answer->retry;
    }
    return error;
}

/* What the functions of the header come down to.  'fdp' may be NULL if no
 * descriptor is expected. */
static struct vif_error *
ask(struct privilege_request *request, struct privilege_answer *answer,
    int timeout_ms, int *fdp)
{
    CLEANUP_CLOSE int fd = -1;
    struct vif_error *error;

    request->version = PRIVILEGE_VERSION;
    if (channel >= 0) {
        error = ask_helper(request, answer, timeout_ms, &fd);
    } else {
        const struct privilege_host here = privilege_real_host();
        error = privilege_carry_out(&here, request, answer->text,
                                    sizeof answer->text, &fd);
    }
    if (!error && fdp) {
        *fdp = fd;
        fd = -1;
    }
    return error;
}

static struct vif_error *
order(struct privilege_request *request)
{
    struct privilege_answer answer;

    return ask(request, &answer, FOR_EVER, NULL);
}

/* What can be asked for. */

struct vif_error *
privilege_open_tun(int *fdp)
{
    struct privilege_request request = { .verb = PRIVILEGE_OPEN_TUN };
    struct privilege_answer answer;

    return ask(&request, &answer, FOR_EVER, fdp);
}

int
privilege_connect_ovsdb(const struct sockaddr_un *address, int *fdp)
{
    struct privilege_request request = { .verb = PRIVILEGE_CONNECT_OVSDB };
    struct privilege_answer answer;

    while (request.number < host.n_ovsdb
           && strcmp(host.ovsdb[request.number], address->sun_path)) {
        request.number++;
    }
    if (channel < 0 || request.number >= host.n_ovsdb) {
        return EACCES;
    }
    CLEANUP_ERROR struct vif_error *error = ask(&request, &answer, CONNECT_MS,
                                                fdp);
    return !error ? 0 : error->errnum ? error->errnum : EACCES;
}

bool
privilege_tap_holders(const char *name, char *buf, size_t size)
{
    struct privilege_request request = { .verb = PRIVILEGE_TAP_HOLDERS };
    struct privilege_answer answer;

    buf[0] = '\0';
    if (strlen(name) >= sizeof request.name) {
        return false;
    }
    strcpy(request.name, name);
    CLEANUP_ERROR struct vif_error *error = ask(&request, &answer, HOLDERS_MS,
                                                NULL);
    if (error || strlen(answer.text) >= size) {
        return false;
    }
    strcpy(buf, answer.text);
    return buf[0] != '\0';
}

static struct privilege_request
about_pci(enum privilege_verb verb,
          const struct privilege_pci_address *address)
{
    return (struct privilege_request) {
        .verb = verb,
        .pci = { .domain = address->domain, .bus = address->bus,
                 .device = address->device, .function = address->function },
    };
}

static struct vif_error *
order_pci(enum privilege_verb verb,
          const struct privilege_pci_address *address, const char *name,
          unsigned int number)
{
    struct privilege_request request = about_pci(verb, address);

    request.number = number;
    if (name) {
        if (strlen(name) >= sizeof request.name) {
            return vif_error_create(VIF_ERR_INVALID, "%s: no driver has a "
                                    "name as long as that", name);
        }
        strcpy(request.name, name);
    }
    return order(&request);
}

struct vif_error *
privilege_pci_driver_override(const struct privilege_pci_address *address,
                              const char *driver)
{
    return order_pci(PRIVILEGE_PCI_DRIVER_OVERRIDE, address, driver, 0);
}

struct vif_error *
privilege_pci_probe(const struct privilege_pci_address *address)
{
    return order_pci(PRIVILEGE_PCI_PROBE, address, NULL, 0);
}

struct vif_error *
privilege_pci_bind(const struct privilege_pci_address *address,
                   const char *driver)
{
    return order_pci(PRIVILEGE_PCI_BIND, address, driver, 0);
}

struct vif_error *
privilege_pci_unbind(const struct privilege_pci_address *address)
{
    return order_pci(PRIVILEGE_PCI_UNBIND, address, NULL, 0);
}

struct vif_error *
privilege_pci_reset(const struct privilege_pci_address *address)
{
    return order_pci(PRIVILEGE_PCI_RESET, address, NULL, 0);
}

struct vif_error *
privilege_pci_set_numvfs(const struct privilege_pci_address *address,
                         unsigned int n)
{
    return order_pci(PRIVILEGE_PCI_NUMVFS, address, NULL, n);
}

struct vif_error *
privilege_pci_check_unheld(const struct privilege_pci_address *address)
{
    return order_pci(PRIVILEGE_PCI_UNHELD, address, NULL, 0);
}

struct vif_error *
privilege_pci_open_vpd(const struct privilege_pci_address *address, int *fdp)
{
    struct privilege_request request = about_pci(PRIVILEGE_PCI_VPD, address);
    struct privilege_answer answer;

    return ask(&request, &answer, FOR_EVER, fdp);
}

static struct vif_error *
order_node(enum privilege_verb verb, unsigned int number,
           const struct privilege_owner *owner)
{
    struct privilege_request request = {
        .verb = verb, .number = number,
        .uid = owner->uid, .gid = owner->gid, .mode = owner->mode,
    };

    return order(&request);
}

struct vif_error *
privilege_give_tap_node(unsigned int ifindex,
                        const struct privilege_owner *owner)
{
    return order_node(PRIVILEGE_TAP_NODE, ifindex, owner);
}

/* What is about a macvtap's node and needs no more than its number. */
static struct vif_error *
order_tap_node(enum privilege_verb verb, unsigned int ifindex)
{
    struct privilege_request request = { .verb = verb, .number = ifindex };

    return order(&request);
}

struct vif_error *
privilege_close_tap_node(unsigned int ifindex)
{
    return order_tap_node(PRIVILEGE_CLOSE_TAP_NODE, ifindex);
}

struct vif_error *
privilege_tap_node_check_unheld(unsigned int ifindex)
{
    return order_tap_node(PRIVILEGE_TAP_NODE_UNHELD, ifindex);
}

struct vif_error *
privilege_give_vdpa_node(unsigned int number,
                         const struct privilege_owner *owner)
{
    return order_node(PRIVILEGE_VDPA_NODE, number, owner);
}

/* Its life. */

bool
privilege_started(void)
{
    return channel >= 0;
}

int
privilege_pid(void)
{
    return helper;
}

struct vif_error *
privilege_start(const struct privilege_host *host_)
{
    pid_t vifd = getpid();
    int pair[2];
    char ready;

    host = *host_;
    ending = false;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair)) {
        return vif_error_from_errno(errno, "make a socket to the helper");
    }
    helper = fork();
    if (helper < 0) {
        int errnum = errno;

        close(pair[0]);
        close(pair[1]);
        return vif_error_from_errno(errnum, "fork");
    } else if (!helper) {
        helper_main(&host, pair[1], vifd);
    }
    close(pair[1]);
    channel = pair[0];
    helper_fd = syscall(SYS_pidfd_open, helper, 0);
    if (!wait_for(channel, START_MS) || read(channel, &ready, 1) != 1) {
        privilege_end();
        return vif_error_create(VIF_ERR_INTERNAL, "the helper did not start");
    }
    return NULL;
}

/* How the helper ended.  The kernel closes its descriptors a moment before it
 * says so. */
static struct vif_error *
describe_end(void)
{
    int status = 0;

    if (helper_fd >= 0) {
        wait_for(helper_fd, CORPSE_MS);
    }
    if (waitpid(helper, &status, WNOHANG) == helper) {
        helper = 0;
    }
    return (WIFSIGNALED(status)
            ? vif_error_create(VIF_ERR_INTERNAL, "vifd's helper was ended by "
                               "signal %d", WTERMSIG(status))
            : vif_error_create(VIF_ERR_INTERNAL, "vifd's helper has ended"));
}

struct vif_error *
privilege_run(void)
{
    struct pollfd pollfd = { .fd = channel, .events = POLLIN };

    if (channel < 0 || ending || poll(&pollfd, 1, 0) <= 0) {
        return NULL;
    }
    /* It never speaks first: this is its end. */
    ending = true;
    return describe_end();
}

void
privilege_wait(void)
{
    if (channel >= 0 && !ending) {
        poll_fd_wait(channel, POLLIN);
    }
}

void
privilege_end(void)
{
    if (channel < 0) {
        return;
    }
    /* It ends when nobody is there any more. */
    shutdown(channel, SHUT_RDWR);
    if (helper_fd >= 0) {
        wait_for(helper_fd, END_MS);
        close(helper_fd);
        helper_fd = -1;
    }
    close(channel);
    channel = -1;
    if (helper > 0) {
        waitpid(helper, NULL, WNOHANG);
        helper = 0;
    }
}
