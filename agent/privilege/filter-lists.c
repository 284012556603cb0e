/* SPDX-License-Identifier: Apache-2.0 */

/* Which system calls are made, grouped by what for.  A new one is found by
 * what fails with "Operation not permitted" in a test of the plain build;
 * "strace -f" names it. */

#include <config.h>

#include "privilege/filter-lists.h"

#include <stddef.h>
#include <sys/ioctl.h>

#include <linux/if_tun.h>
#include <linux/sockios.h>

const char *const filter_both[] = {
    /* Memory, threads, signals: what the C library does by itself. */
    "brk", "madvise", "mremap", "munmap",
    "exit", "exit_group", "futex", "get_robust_list", "gettid",
    "membarrier", "restart_syscall", "rseq", "sched_getaffinity",
    "sched_yield", "set_robust_list", "set_tid_address", "getcpu",
    "rt_sigaction", "rt_sigpending", "rt_sigprocmask", "rt_sigreturn",
    "rt_sigsuspend", "sigaltstack", "sigreturn",
    "getegid", "geteuid", "getgid", "getgroups", "getpgrp", "getpid",
    "getppid", "getresgid", "getresuid", "getsid", "getuid",
    "getrandom", "getrlimit", "sysinfo", "uname",

    /* Time. */
    "clock_getres", "clock_gettime", "clock_nanosleep", "gettimeofday",
    "nanosleep", "time",

    /* Descriptors. */
    "close", "close_range", "dup", "dup2", "dup3", "fcntl", "fstat", "lseek",
    "poll", "ppoll", "read", "readv", "write", "writev",

    /* Looking at files. */
    "access", "faccessat", "faccessat2", "getdents64", "lstat", "newfstatat",
    "fstatat64", "readlink", "readlinkat", "stat", "statx",

    /* The socket between the two. */
    "recvmsg", "sendmsg",
    NULL
};

const char *const filter_vifd[] = {
    /* The journal, the configuration, the log. */
    "chdir", "fallocate", "fchmod", "fdatasync", "flock", "fstatfs", "fsync",
    "ftruncate", "getcwd", "mkdir", "mkdirat", "open", "openat", "openat2",
    "pread64", "pwrite64", "preadv", "pwritev", "rename", "renameat",
    "renameat2", "statfs", "umask", "unlink", "unlinkat", "chmod", "fchmodat",

    /* Clients, OVSDB, netlink, the service manager, the user database. */
    "accept", "accept4", "bind", "connect", "getpeername", "getsockname",
    "getsockopt", "listen", "recvfrom", "recvmmsg", "sendmmsg", "sendto",
    "setsockopt", "shutdown", "socketpair",

    /* Waiting. */
    "epoll_create1", "epoll_ctl", "epoll_pwait", "epoll_wait", "eventfd2",
    "pipe", "pipe2", "pselect6", "select", "timerfd_create",
    "timerfd_gettime", "timerfd_settime",

    /* Who writes how many VFs a device shall have (kernel/sysfs-watch.h). */
    "inotify_add_watch", "inotify_init1", "inotify_rm_watch",

    /* The helper's end; statistics. */
    "getrusage", "times", "wait4", "waitid",
    NULL
};

const char *const filter_helper[] = {
    /* Device nodes; the files that are removed at the end. */
    "chmod", "fchmodat", "fchownat", "unlink", "unlinkat",
    "connect",
    NULL
};

const char *const filter_absent[] = {
    /* The C library makes do without.  What clone3() is asked for stands in
     * memory, where a filter cannot see it; what clone() is asked for does
     * not. */
    "clone3", "fchmodat2",
    NULL
};

/* No library that vifd uses does any of this for a good reason: who tries has
 * taken the process over. */
const char *const filter_deadly[] = {
    "add_key", "bpf", "chroot", "delete_module", "execve", "execveat",
    "finit_module", "fsconfig", "fsmount", "fsopen", "init_module",
    "io_uring_enter", "io_uring_register", "io_uring_setup", "ioperm", "iopl",
    "kexec_file_load", "kexec_load", "modify_ldt", "mount", "mount_setattr",
    "move_mount", "open_by_handle_at", "open_tree", "perf_event_open",
    "pidfd_getfd", "pivot_root", "process_vm_readv", "process_vm_writev",
    "ptrace", "reboot", "setns", "swapoff", "swapon", "umount2", "unshare",
    "userfaultfd",
    NULL
};

const uint32_t filter_vifd_ioctls[] = {
    TUNGETFEATURES, TUNSETIFF, TUNSETOWNER, TUNSETGROUP, TUNSETPERSIST,
    SIOCGIFINDEX, SIOCGIFFLAGS, SIOCGIFMTU, SIOCGIFHWADDR, FIONREAD, FIONBIO,
    TCGETS,             /* Standard output: whether it is a terminal. */
    0
};
