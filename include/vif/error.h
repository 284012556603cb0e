/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VIF_ERROR_H
#define VIF_ERROR_H 1

/* An error is an object: it is made where it happens, each caller on the way
 * up wraps it with what it was doing, and whoever answers the user prints it
 * as one sentence with the cause last.  NULL means success everywhere.
 *
 * An error belongs to one owner at a time: the function that returns it gives
 * it away, wrapping consumes it, destroying ends it.  It is a plain struct and
 * may cross threads with its ownership. */

#include <stdarg.h>
#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What kind of failure it is.  Programs branch on this, never on the text. */
enum vif_error_code {
    VIF_ERR_INVALID,        /* The request is wrong; it will stay wrong. */
    VIF_ERR_REFUSED,        /* Well-formed, but policy or state forbids it. */
    VIF_ERR_ACCESS,         /* The caller may not ask for this. */
    VIF_ERR_CONFLICT,       /* Something else holds what was asked for. */
    VIF_ERR_IN_USE,         /* A guest or a process has the device open. */
    VIF_ERR_NOT_FOUND,      /* A port, bridge or device does not exist. */
    VIF_ERR_UNSUPPORTED,    /* This host, kernel or driver cannot do it. */
    VIF_ERR_KERNEL,         /* A system call or netlink request failed. */
    VIF_ERR_OVSDB,          /* OVSDB or ovs-vswitchd said no. */
    VIF_ERR_UNAVAILABLE,    /* A peer (ovsdb-server, the daemon) is away. */
    VIF_ERR_BUSY,           /* Too much at once; try again later. */
    VIF_ERR_DEADLINE,       /* The deadline passed first. */
    VIF_ERR_SUPERSEDED,     /* A newer request for the port took over. */
    VIF_ERR_JOURNAL,        /* The journal cannot be written or read. */
    VIF_ERR_INTERNAL,       /* A bug in vifd. */
    VIF_N_ERROR_CODES
};

/* What a request that failed has left on the host. */
enum vif_outcome {
    VIF_OUTCOME_NONE,           /* Nothing was begun. */
    VIF_OUTCOME_FAILED_CLEAN,   /* It is as it was before. */
    VIF_OUTCOME_FAILED_UNDOING, /* Not yet: the message names what is left. */
};

struct vif_error {
    enum vif_error_code code;
    int errnum;             /* errno value, or 0. */
    bool retry;             /* The same request may succeed later. */
    unsigned int retry_ms;  /* When, in milliseconds; 0 if unknown. */
    char *message;          /* "set MTU of tap1: kernel: Invalid argument" */
    char *source;           /* The kernel's extack or OVSDB's own words, as
                             * they came; NULL if there were none. */
    char *where;            /* JSON path to what is wrong in the request, such
                             * as "ports[2].mtu"; NULL if not about that. */
    enum vif_outcome outcome;   /* Of the request that this error answers, as
                                 * a client sees it; else ..._NONE. */
};

#define VIF_PRINTF(FMT, ARGS) __attribute__((format(printf, FMT, ARGS)))
#define VIF_WARN_UNUSED __attribute__((warn_unused_result))
#define VIF_NEVER_NULL __attribute__((returns_nonnull))

/* The name that stands in JSON and in the journal: "invalid", "in-use" ... */
const char *vif_error_code_name(enum vif_error_code);
bool vif_error_code_from_name(const char *, enum vif_error_code *);

struct vif_error *vif_error_create(enum vif_error_code, const char *fmt, ...)
    VIF_PRINTF(2, 3) VIF_WARN_UNUSED VIF_NEVER_NULL;
struct vif_error *vif_error_create_va(enum vif_error_code, const char *fmt,
                                      va_list)
    VIF_PRINTF(2, 0) VIF_WARN_UNUSED VIF_NEVER_NULL;

/* An error of code VIF_ERR_KERNEL (VIF_ERR_UNSUPPORTED for EOPNOTSUPP) that
 * ends in ": " and strerror('errnum').  EAGAIN, EBUSY, EINTR, EMFILE, ENFILE,
 * ENOBUFS and ENOMEM set 'retry'. */
struct vif_error *vif_error_from_errno(int errnum, const char *fmt, ...)
    VIF_PRINTF(2, 3) VIF_WARN_UNUSED VIF_NEVER_NULL;

/* Puts "what was being done: " in front of 'error' and returns it.  With NULL
 * returns NULL, so that a caller may wrap without asking. */
struct vif_error *vif_error_wrap(struct vif_error *error,
                                 const char *fmt, ...)
    VIF_PRINTF(2, 3) VIF_WARN_UNUSED;

/* Each replaces a member of 'error' and returns 'error'; NULL is passed
 * through.  The string is copied. */
struct vif_error *vif_error_with_source(struct vif_error *error,
                                        const char *source) VIF_WARN_UNUSED;
struct vif_error *vif_error_with_where(struct vif_error *error,
                                       const char *where) VIF_WARN_UNUSED;
struct vif_error *vif_error_with_retry(struct vif_error *error,
                                       unsigned int retry_ms) VIF_WARN_UNUSED;

struct vif_error *vif_error_clone(const struct vif_error *) VIF_WARN_UNUSED;
void vif_error_destroy(struct vif_error *);      /* NULL is allowed. */

/* For cleanup attributes: destroys '*errorp'. */
void vif_error_cleanup(struct vif_error **errorp);

#ifdef __cplusplus
}
#endif

#endif /* vif/error.h */
