/* SPDX-License-Identifier: Apache-2.0 */

/* The filters of system calls: a process that has one tries what it must not
 * be able to do, and what it must. */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/cleanup.h"
#include "privilege/filter.h"

/* What became of 'attempt' in a process that has the filter: its value, or
 * -1 if the process was ended by SIGSYS. */
#define KILLED (-1)
static int
outcome(enum filter filter, int (*attempt)(void))
{
    int status;
    pid_t pid = fork();

    if (!pid) {
        if (filter_install(filter)) {
            _exit(200);
        }
        _exit(attempt());
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (WIFSIGNALED(status)) {
        assert_int_equal(WTERMSIG(status), SIGSYS);
        return KILLED;
    }
    return WEXITSTATUS(status);
}

/* Each returns an errno value, 0 for success. */
#define ATTEMPT(NAME, EXPRESSION)               \
    static int                                  \
    NAME(void)                                  \
    {                                           \
        errno = 0;                              \
        return (EXPRESSION) < 0 ? errno : 0;    \
    }

static char *const no_args[] = { NULL };

ATTEMPT(try_execve, execve("/bin/true", no_args, no_args))
ATTEMPT(try_execveat, syscall(SYS_execveat, AT_FDCWD, "/bin/true", no_args,
                              no_args, 0))
ATTEMPT(try_ptrace, ptrace(PTRACE_TRACEME, 0, NULL, NULL))
ATTEMPT(try_bpf, syscall(SYS_bpf, 0, NULL, 0))
ATTEMPT(try_module, syscall(SYS_init_module, NULL, 0, ""))
ATTEMPT(try_mount, syscall(SYS_mount, "none", "/", "tmpfs", 0, NULL))
ATTEMPT(try_unshare, unshare(CLONE_NEWUSER))
ATTEMPT(try_setns, syscall(SYS_setns, 0, 0))
ATTEMPT(try_peek, syscall(SYS_process_vm_readv, getppid(), NULL, 0, NULL, 0,
                          0))
ATTEMPT(try_uring, syscall(SYS_io_uring_setup, 1, NULL))

static int (*const deadly[])(void) = {
    try_execve, try_execveat, try_ptrace, try_bpf, try_module, try_mount,
    try_unshare, try_setns, try_peek, try_uring,
};

ATTEMPT(try_fork, syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL))
ATTEMPT(try_setuid, syscall(SYS_setuid, getuid()))
ATTEMPT(try_capset, syscall(SYS_capset, NULL, NULL))
ATTEMPT(try_dumpable, prctl(PR_SET_DUMPABLE, 1))
ATTEMPT(try_kill, kill(getppid(), 0))
ATTEMPT(try_link, link("/etc/passwd", "/tmp/never"))
ATTEMPT(try_symlink, symlink("/etc/passwd", "/tmp/never"))
ATTEMPT(try_mknod, mknod("/tmp/never", S_IFIFO | 0600, 0))
ATTEMPT(try_limit, setrlimit(RLIMIT_NOFILE,
                             &(struct rlimit) { 10, 10 }))
ATTEMPT(try_raw, socket(AF_PACKET, SOCK_RAW, 0))
ATTEMPT(try_tty, syscall(SYS_ioctl, 0, 0x5412 /* TIOCSTI */, "x"))

static int
try_exec_memory(void)
{
    return mmap(NULL, 4096, PROT_READ | PROT_EXEC,
                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? errno : 0;
}

static int (*const refused[])(void) = {
    try_fork, try_setuid, try_capset, try_dumpable, try_kill, try_link,
    try_symlink, try_mknod, try_limit, try_raw, try_exec_memory, try_tty,
};

/* Of the helper alone: it makes no files, and talks to nobody far away. */
ATTEMPT(try_create, open("/tmp", O_RDWR | O_TMPFILE, 0600))
ATTEMPT(try_create_named, open("/dev/null", O_RDWR | O_CREAT, 0600))
ATTEMPT(try_truncate, open("/dev/null", O_WRONLY | O_TRUNC))
ATTEMPT(try_rename, rename("/tmp/never", "/tmp/never-ever"))
ATTEMPT(try_mkdir, mkdir("/tmp", 0700))
ATTEMPT(try_inet, socket(AF_INET, SOCK_STREAM, 0))
ATTEMPT(try_netlink, socket(AF_NETLINK, SOCK_RAW, 0))
ATTEMPT(try_listen, listen(0, 1))
ATTEMPT(try_accept, accept(0, NULL, NULL))

static int (*const refused_to_helper[])(void) = {
    try_create, try_create_named, try_truncate, try_rename, try_mkdir,
    try_inet, try_netlink, try_listen, try_accept,
};

/* Of vifd alone: it is not for it to give things away. */
ATTEMPT(try_chown, chown("/tmp/never", 0, 0))
ATTEMPT(try_fchownat, fchownat(AT_FDCWD, "/tmp/never", 0, 0, 0))

static int (*const refused_to_vifd[])(void) = { try_chown, try_fchownat };

static void *
write_null(void *name)
{
    prctl(PR_SET_NAME, name);
    CLEANUP_CLOSE int fd = open("/dev/null", O_WRONLY);
    return write(fd, "x", 1) == 1 ? name : NULL;
}

/* What both do all the time: threads, memory, files, sockets. */
static int
try_ordinary(void)
{
    char *large = malloc(8 << 20);
    pthread_t thread;
    void *value = NULL;

    if (!large) {
        return 1;
    }
    memset(large, 1, 8 << 20);
    large = realloc(large, 16 << 20);
    free(large);
    if (pthread_create(&thread, NULL, write_null, (char *) "ordinary")
        || pthread_join(thread, &value) || !value) {
        return 2;
    }
    CLEANUP_CLOSE int fd = open("/proc/self/status", O_RDONLY);
    if (fd < 0 || socket(AF_UNIX, SOCK_STREAM, 0) < 0) {
        return 3;
    }
    return 0;
}

#define ALL(ARRAY, FILTER, EXPECTED)                                    \
    for (size_t i = 0; i < sizeof ARRAY / sizeof *ARRAY; i++) {         \
        int got = outcome(FILTER, ARRAY[i]);                            \
        if (got != (EXPECTED)) {                                        \
            fail_msg(#ARRAY "[%zu]: %d instead of %d", i, got,          \
                     EXPECTED);                                         \
        }                                                               \
    }

static void
test_what_is_deadly(void **state)
{
    (void) state;
    ALL(deadly, FILTER_VIFD, KILLED);
    ALL(deadly, FILTER_HELPER, KILLED);
}

static void
test_what_is_refused(void **state)
{
    (void) state;
    ALL(refused, FILTER_VIFD, EPERM);
    ALL(refused, FILTER_HELPER, EPERM);
    ALL(refused_to_helper, FILTER_HELPER, EPERM);
    ALL(refused_to_vifd, FILTER_VIFD, EPERM);
}

static void
test_what_is_done_all_the_time(void **state)
{
    (void) state;
    assert_int_equal(outcome(FILTER_VIFD, try_ordinary), 0);
    assert_int_equal(outcome(FILTER_HELPER, try_ordinary), 0);
}

/* abort() ends the process as it does without, so that a failed assertion
 * leaves a core file. */
static int
do_abort(void)
{
    abort();
}

static void
test_abort(void **state)
{
    pid_t pid = fork();
    int status;

    (void) state;
    if (!pid) {
        const struct rlimit no_core = { 0, 0 };

        setrlimit(RLIMIT_CORE, &no_core);
        _exit(filter_install(FILTER_VIFD) ? 200 : do_abort());
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
}

/* A thread that was there before has it as well. */
static pthread_barrier_t barrier;

static void *
chown_main(void *aux)
{
    (void) aux;
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier);
    return (void *) (intptr_t) try_chown();
}

static void
test_threads_that_are_there(void **state)
{
    pid_t pid = fork();
    int status;

    (void) state;
    if (!pid) {
        pthread_t thread;
        void *value = NULL;

        pthread_barrier_init(&barrier, NULL, 2);
        pthread_create(&thread, NULL, chown_main, NULL);
        pthread_barrier_wait(&barrier);
        if (filter_install(FILTER_VIFD)) {
            _exit(200);
        }
        pthread_barrier_wait(&barrier);
        pthread_join(thread, &value);
        _exit((intptr_t) value);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, EPERM << 8);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_deadly),
        cmocka_unit_test(test_what_is_refused),
        cmocka_unit_test(test_what_is_done_all_the_time),
        cmocka_unit_test(test_abort),
        cmocka_unit_test(test_threads_that_are_there),
    };

    /* A build with sanitizers has none: what it does must be nothing. */
    const struct CMUnitTest without[] = {
        cmocka_unit_test(test_what_is_done_all_the_time),
    };

    return (filter_is_built() ? cmocka_run_group_tests(tests, NULL, NULL)
            : cmocka_run_group_tests(without, NULL, NULL));
}
