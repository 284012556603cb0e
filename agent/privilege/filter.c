/* SPDX-License-Identifier: Apache-2.0 */

/* Makes a filter of the lists, and of rules about arguments. */

#include <config.h>

#include "privilege/filter.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <seccomp.h>

#include "lib/cleanup.h"
#include "privilege/filter-lists.h"

#if defined __has_feature
#define HAS_FEATURE(FEATURE) __has_feature(FEATURE)
#else
#define HAS_FEATURE(FEATURE) 0
#endif

#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__ \
    || HAS_FEATURE(address_sanitizer) || HAS_FEATURE(thread_sanitizer) \
    || HAS_FEATURE(memory_sanitizer)
#define FILTER_BUILT 0
#else
#define FILTER_BUILT 1
#endif

/* A call that is allowed only if an argument is right.  Several rules about
 * one call are alternatives. */
struct rule {
    const char *call;
    unsigned int arg;
    enum scmp_compare op;
    uint64_t mask, value;       /* Without a mask: the value. */
};

/* Where clone(2) has its flags: "C library/kernel differences". */
#if defined __s390__
#define CLONE_FLAGS 1
#else
#define CLONE_FLAGS 0
#endif

#define IS(CALL, ARG, VALUE) { CALL, ARG, SCMP_CMP_EQ, VALUE, 0 }
#define LACKS(CALL, ARG, BITS) { CALL, ARG, SCMP_CMP_MASKED_EQ, BITS, 0 }
#define HAS(CALL, ARG, BITS) { CALL, ARG, SCMP_CMP_MASKED_EQ, BITS, BITS }

static const struct rule both_rules[] = {
    LACKS("mmap", 2, PROT_EXEC),
    LACKS("mmap2", 2, PROT_EXEC),
    LACKS("mprotect", 2, PROT_EXEC),
    HAS("clone", CLONE_FLAGS, CLONE_THREAD | CLONE_VM | CLONE_SIGHAND),
    IS("prctl", 0, PR_SET_NAME),
    IS("prctl", 0, PR_GET_NAME),
    IS("socket", 0, AF_UNIX),
};

static const struct rule vifd_rules[] = {
    IS("socket", 0, AF_NETLINK),
    IS("socket", 0, AF_INET),
    IS("socket", 0, AF_INET6),
    /* Limits may be asked for: there is no new one. */
    IS("prlimit64", 2, 0),
};

/* The helper writes to what is there and makes nothing. */
static const struct rule helper_rules[] = {
    LACKS("open", 1, O_CREAT | O_TRUNC | (O_TMPFILE & ~O_DIRECTORY)),
    LACKS("openat", 2, O_CREAT | O_TRUNC | (O_TMPFILE & ~O_DIRECTORY)),
    IS("prctl", 0, PR_SET_PDEATHSIG),
};

static void
release(scmp_filter_ctx *filter)
{
    if (*filter) {
        seccomp_release(*filter);
    }
}

/* A negative number stands for a call of other architectures. */
static int
number_of(const char *call)
{
    int number = seccomp_syscall_resolve_name(call);

    return number >= 0 ? number : -1;
}

static int
add_list(scmp_filter_ctx filter, uint32_t action, const char *const *list)
{
    for (; *list; list++) {
        int number = number_of(*list);
        int error = (number < 0 ? 0
                     : seccomp_rule_add(filter, action, number, 0));
        if (error) {
            return error;
        }
    }
    return 0;
}

static int
add_rules(scmp_filter_ctx filter, const struct rule *rules, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct scmp_arg_cmp comparison = {
            .arg = rules[i].arg, .op = rules[i].op,
            .datum_a = rules[i].mask, .datum_b = rules[i].value,
        };
        int number = number_of(rules[i].call);
        int error = (number < 0 ? 0
                     : seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, number,
                                              1, &comparison));
        if (error) {
            return error;
        }
    }
    return 0;
}

/* A process may signal itself, which is how abort() ends it. */
static int
add_signals(scmp_filter_ctx filter)
{
    const struct rule rules[] = {
        IS("kill", 0, (uint64_t) getpid()),
        IS("tgkill", 0, (uint64_t) getpid()),
    };

    return add_rules(filter, rules, sizeof rules / sizeof *rules);
}

static int
add_ioctls(scmp_filter_ctx filter)
{
    int error = 0;

    for (size_t i = 0; !error && filter_vifd_ioctls[i]; i++) {
        const struct rule rule = IS("ioctl", 1, filter_vifd_ioctls[i]);

        error = add_rules(filter, &rule, 1);
    }
    return error;
}

#define ADD_RULES(FILTER, RULES) \
    add_rules(FILTER, RULES, sizeof RULES / sizeof *RULES)

static int
fill(scmp_filter_ctx filter, enum filter which)
{
    int error = add_list(filter, SCMP_ACT_ALLOW, filter_both);

    /* The other filter has the last word on them. */
    error = error ? error : add_list(filter, SCMP_ACT_ALLOW, filter_absent);
    error = error ? error : add_list(filter, SCMP_ACT_ALLOW,
                                     which == FILTER_VIFD ? filter_vifd
                                     : filter_helper);
    error = error ? error : add_list(filter, SCMP_ACT_KILL_PROCESS,
                                     filter_deadly);
    error = error ? error : ADD_RULES(filter, both_rules);
    error = error ? error : add_signals(filter);
    if (which == FILTER_VIFD) {
        error = error ? error : ADD_RULES(filter, vifd_rules);
        error = error ? error : add_ioctls(filter);
    } else {
        error = error ? error : ADD_RULES(filter, helper_rules);
    }
    return error;
}

bool
filter_is_built(void)
{
    return FILTER_BUILT;
}

/* What is absent has a filter of its own, which does not log: the C library
 * tries clone3() for every thread.  Of several filters' answers the strictest
 * counts: seccomp(2). */
static int
load_absent(void)
{
    CLEANUP(release) scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    int error = filter ? 0 : -ENOMEM;

    error = error ? error : seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
    error = error ? error : add_list(filter, SCMP_ACT_ERRNO(ENOSYS),
                                     filter_absent);
    return error ? error : seccomp_load(filter);
}

static int
load(enum filter which)
{
    CLEANUP(release) scmp_filter_ctx filter = seccomp_init(
        SCMP_ACT_ERRNO(EPERM));
    int error = filter ? 0 : -ENOMEM;

    error = error ? error : seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
    error = error ? error : fill(filter, which);
    if (error) {
        return error;
    }
    /* Log what is refused; a kernel before 4.14 cannot.  A tree instead of a
     * chain of a hundred comparisons for each call. */
    seccomp_attr_set(filter, SCMP_FLTATR_CTL_LOG, 1);
    seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
    return seccomp_load(filter);
}

struct vif_error *
filter_install(enum filter which)
{
    int error = 0;

    if (FILTER_BUILT) {
        error = load_absent();
        error = error ? error : load(which);
    }
    return error ? vif_error_from_errno(-error, "install the seccomp filter")
           : NULL;
}
