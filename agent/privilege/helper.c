/* SPDX-License-Identifier: Apache-2.0 */

/* The helper: takes requests from vifd, each of which a thread of its own
 * carries out, so that one that is stuck in a driver holds up nobody.  It has
 * no state but the host it was started with, reads nothing that vifd could
 * have written, and logs nothing: what fails stands in the answer. */

#include <config.h>

#include "privilege/helper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "privilege/rights.h"
#include "privilege/filter.h"
#include "privilege/protocol.h"
#include "privilege/verbs.h"

#define CHANNEL 3               /* The descriptor, once all is tidy. */
#define STACK_SIZE (256 * 1024)

static struct privilege_host host;
static atomic_uint under_way;

/* The kernel's word that vifd has gone, should a thread of it be stuck and
 * keep the socket open. */
#define PARENT_DIED SIGUSR2
static volatile sig_atomic_t parent_died;

/* A file as it was when the helper began. */
static struct {
    dev_t dev;
    ino_t ino;
    struct timespec changed;    /* An inode's number may be given again. */
} to_remove[PRIVILEGE_MAX_REMOVE];

/* What a thread is given. */
struct errand {
    struct privilege_request request;
    int fd;                     /* Where the answer is wanted. */
};

static void
send_answer(int fd, const struct privilege_answer *answer, int passed)
{
    struct iovec iov = { .iov_base = (void *) answer,
                         .iov_len = sizeof *answer };
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control = { .bytes = { 0 } };
    struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1 };

    if (passed >= 0) {
        message.msg_control = &control;
        message.msg_controllen = sizeof control;
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(header), &passed, sizeof passed);
    }
    /* Who does not wait any more will not get it. */
    if (sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
        return;
    }
}

static void
send_error(int fd, struct privilege_answer *answer, struct vif_error *error)
{
    answer->failed = 1;
    answer->code = error->code;
    answer->errnum = error->errnum;
    answer->retry = error->retry;
    snprintf(answer->text, sizeof answer->text, "%s", error->message);
    vif_error_destroy(error);
    send_answer(fd, answer, -1);
}

/* Keeps nothing of what it has passed. */
static void
carry_out(const struct errand *errand)
{
    struct privilege_answer answer = { .version = PRIVILEGE_VERSION };
    CLEANUP_CLOSE int passed = -1;

    struct vif_error *error = privilege_carry_out(
        &host, &errand->request, answer.text, sizeof answer.text, &passed);
    if (error) {
        send_error(errand->fd, &answer, error);
    } else {
        send_answer(errand->fd, &answer, passed);
    }
}

static void *
errand_main(void *errand_)
{
    struct errand *errand = errand_;

    carry_out(errand);
    close(errand->fd);
    free(errand);
    atomic_fetch_sub(&under_way, 1);
    return NULL;
}

static bool
start_thread(struct errand *errand)
{
    pthread_attr_t attr;
    pthread_t thread;

    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, STACK_SIZE);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    int error = pthread_create(&thread, &attr, errand_main, errand);
    pthread_attr_destroy(&attr);
    return !error;
}

/* Takes 'fd'. */
static void
begin(const struct privilege_request *request, int fd)
{
    struct privilege_answer answer = { .version = PRIVILEGE_VERSION };
    struct errand *errand = malloc(sizeof *errand);

    if (errand) {
        errand->request = *request;
        errand->fd = fd;
        if (atomic_fetch_add(&under_way, 1) < HELPER_MAX_UNDER_WAY
            && start_thread(errand)) {
            return;
        }
        atomic_fetch_sub(&under_way, 1);
        free(errand);
    }

    struct vif_error *error = vif_error_create(
        VIF_ERR_BUSY, "the helper has too much to do");
    error->retry = true;
    send_error(fd, &answer, error);
    close(fd);
}

/* The one descriptor that a packet brought, or -1; closes all others. */
static int
take_descriptor(struct msghdr *message)
{
    int taken = -1;

    for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header;
         header = CMSG_NXTHDR(message, header)) {
        if (header->cmsg_level != SOL_SOCKET
            || header->cmsg_type != SCM_RIGHTS) {
            continue;
        }
        size_t n = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < n; i++) {
            int fd;

            memcpy(&fd, CMSG_DATA(header) + i * sizeof fd, sizeof fd);
            if (taken < 0 && n == 1) {
                taken = fd;
            } else {
                close(fd);
            }
        }
    }
    return taken;
}

/* Whether there may be more.  What is not a request is dropped; to what only
 * looks like one, privilege_carry_out() has an answer. */
static bool
receive(void)
{
    struct privilege_request request;
    struct iovec iov = { .iov_base = &request, .iov_len = sizeof request };
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(4 * sizeof(int))];
    } control;
    struct msghdr message = {
        .msg_iov = &iov, .msg_iovlen = 1,
        .msg_control = &control, .msg_controllen = sizeof control,
    };
    ssize_t n = recvmsg(CHANNEL, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

    if (n < 0) {
        return errno == EAGAIN || errno == EINTR;
    }
    int fd = take_descriptor(&message);
    if (n != sizeof request || message.msg_flags & MSG_TRUNC || fd < 0) {
        if (fd >= 0) {
            close(fd);
        }
        /* An empty packet without anything is the end of the socket. */
        return n > 0 || fd >= 0;
    }
    begin(&request, fd);
    return true;
}

static void
serve(void)
{
    struct pollfd pollfd = { .fd = CHANNEL, .events = POLLIN };
    sigset_t none;

    sigemptyset(&none);
    while (!parent_died) {
        int n = ppoll(&pollfd, 1, NULL, &none);
        if (n < 0 && errno != EINTR && errno != EAGAIN) {
            return;
        }
        if (n > 0 && !receive()) {
            return;
        }
    }
}

static void
note_death(int number)
{
    parent_died = number;
}

/* It ends when vifd does, not when a terminal or service manager tells every
 * process of the service to: vifd still finishes what is under way. */
static void
set_signals(void)
{
    static const int ignored[] = {
        SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGUSR1, SIGALRM, SIGTSTP,
    };
    const struct sigaction death = { .sa_handler = note_death };
    sigset_t blocked;

    for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++) {
        signal(ignored[i], SIG_IGN);
    }
    sigaction(PARENT_DIED, &death, NULL);
    sigemptyset(&blocked);
    sigaddset(&blocked, PARENT_DIED);
    sigprocmask(SIG_SETMASK, &blocked, NULL);
}

static void
close_from(unsigned int first)
{
    struct rlimit limit;

    if (!syscall(SYS_close_range, first, ~0U, 0U)) {
        return;
    }
    /* Before Linux 5.9. */
    if (!getrlimit(RLIMIT_NOFILE, &limit)) {
        for (rlim_t fd = first; fd < limit.rlim_cur; fd++) {
            close(fd);
        }
    }
}

static void
tidy_descriptors(int fd)
{
    int null = open("/dev/null", O_RDWR);

    if (null < 0 || dup2(null, STDIN_FILENO) < 0
        || dup2(null, STDOUT_FILENO) < 0
        || (host.detached && dup2(null, STDERR_FILENO) < 0)
        || (fd != CHANNEL && dup2(fd, CHANNEL) < 0)
        || fcntl(CHANNEL, F_SETFD, FD_CLOEXEC)) {
        _exit(EXIT_FAILURE);
    }
    close_from(CHANNEL + 1);
}

static void
remember_files(void)
{
    for (size_t i = 0; i < host.n_remove; i++) {
        struct stat st;

        if (!lstat(host.remove[i], &st) && !S_ISDIR(st.st_mode)) {
            to_remove[i].dev = st.st_dev;
            to_remove[i].ino = st.st_ino;
            to_remove[i].changed = st.st_ctim;
        }
    }
}

static void
remove_files(void)
{
    for (size_t i = 0; i < host.n_remove; i++) {
        struct stat st;

        if (to_remove[i].ino && !lstat(host.remove[i], &st)
            && st.st_dev == to_remove[i].dev
            && st.st_ino == to_remove[i].ino
            && st.st_ctim.tv_sec == to_remove[i].changed.tv_sec
            && st.st_ctim.tv_nsec == to_remove[i].changed.tv_nsec) {
            unlink(host.remove[i]);
        }
    }
}

noreturn void
helper_main(const struct privilege_host *host_, int fd, pid_t vifd)
{
    host = *host_;
    prctl(PR_SET_NAME, "vifd-helper");
    set_signals();
    tidy_descriptors(fd);
    remember_files();

    struct vif_error *error = rights_keep_for_helper();
    if (!error) {
        error = filter_install(FILTER_HELPER);
    }
    if (error) {
        fprintf(stderr, "vifd-helper: %s\n", error->message);
        _exit(EXIT_FAILURE);
    }

    /* A change of rights would have forgotten it. */
    prctl(PR_SET_PDEATHSIG, PARENT_DIED);
    if (getppid() == vifd) {
        /* vifd waits for the word that all is set. */
        if (write(CHANNEL, &(char) { 1 }, 1) == 1) {
            serve();
        }
    }
    remove_files();
    _exit(EXIT_SUCCESS);
}
