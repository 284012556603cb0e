/* SPDX-License-Identifier: Apache-2.0 */
/* The error object of include/vif/error.h.  Knows neither who makes errors
 * nor how they are shown. */

#include <config.h>

#include <vif/error.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/alloc.h"

static const char *const code_names[] = {
    [VIF_ERR_INVALID] = "invalid",
    [VIF_ERR_REFUSED] = "refused",
    [VIF_ERR_ACCESS] = "access",
    [VIF_ERR_CONFLICT] = "conflict",
    [VIF_ERR_IN_USE] = "in-use",
    [VIF_ERR_NOT_FOUND] = "not-found",
    [VIF_ERR_UNSUPPORTED] = "unsupported",
    [VIF_ERR_KERNEL] = "kernel",
    [VIF_ERR_OVSDB] = "ovsdb",
    [VIF_ERR_UNAVAILABLE] = "unavailable",
    [VIF_ERR_BUSY] = "busy",
    [VIF_ERR_DEADLINE] = "deadline",
    [VIF_ERR_SUPERSEDED] = "superseded",
    [VIF_ERR_JOURNAL] = "journal",
    [VIF_ERR_INTERNAL] = "internal",
};
_Static_assert(sizeof code_names / sizeof *code_names == VIF_N_ERROR_CODES,
               "each code has a name");

const char *
vif_error_code_name(enum vif_error_code code)
{
    return (unsigned int) code < VIF_N_ERROR_CODES ? code_names[code]
                                                   : "unknown";
}

bool
vif_error_code_from_name(const char *name, enum vif_error_code *codep)
{
    for (unsigned int i = 0; i < VIF_N_ERROR_CODES; i++) {
        if (!strcmp(name, code_names[i])) {
            *codep = i;
            return true;
        }
    }
    return false;
}

struct vif_error *
vif_error_create_va(enum vif_error_code code, const char *fmt, va_list args)
{
    struct vif_error *error = vif_xcalloc(1, sizeof *error);

    error->code = code;
    error->message = vif_xvasprintf(fmt, args);
    return error;
}

struct vif_error *
vif_error_create(enum vif_error_code code, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    struct vif_error *error = vif_error_create_va(code, fmt, args);
    va_end(args);
    return error;
}

/* Whether the same call may succeed when it is made again. */
static bool
errno_is_passing(int errnum)
{
    switch (errnum) {
    case EAGAIN:
    case EBUSY:
    case EINTR:
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
        return true;
    default:
        return false;
    }
}

/* Replaces '*message' with 'head', ": " and 'tail', and frees 'head'. */
static void
join(char **message, char *head, const char *tail)
{
    char *joined = vif_xasprintf("%s: %s", head, tail);

    free(head);
    free(*message);
    *message = joined;
}

struct vif_error *
vif_error_from_errno(int errnum, const char *fmt, ...)
{
    struct vif_error *error = vif_xcalloc(1, sizeof *error);
    char buf[128];
    va_list args;

    error->code = errnum == EOPNOTSUPP ? VIF_ERR_UNSUPPORTED : VIF_ERR_KERNEL;
    error->errnum = errnum;
    error->retry = errno_is_passing(errnum);

    va_start(args, fmt);
    char *head = vif_xvasprintf(fmt, args);
    va_end(args);
    join(&error->message, head, strerror_r(errnum, buf, sizeof buf));
    return error;
}

struct vif_error *
vif_error_wrap(struct vif_error *error, const char *fmt, ...)
{
    if (error) {
        va_list args;

        va_start(args, fmt);
        char *head = vif_xvasprintf(fmt, args);
        va_end(args);
        join(&error->message, head, error->message);
    }
    return error;
}

/* Replaces '*member', which may be where 'value' points to. */
static void
replace(char **member, const char *value)
{
    char *old = *member;

    *member = vif_xstrdup_nullable(value);
    free(old);
}

struct vif_error *
vif_error_with_source(struct vif_error *error, const char *source)
{
    if (error) {
        replace(&error->source, source);
    }
    return error;
}

struct vif_error *
vif_error_with_where(struct vif_error *error, const char *where)
{
    if (error) {
        replace(&error->where, where);
    }
    return error;
}

struct vif_error *
vif_error_with_retry(struct vif_error *error, unsigned int retry_ms)
{
    if (error) {
        error->retry = true;
        error->retry_ms = retry_ms;
    }
    return error;
}

struct vif_error *
vif_error_clone(const struct vif_error *error)
{
    if (!error) {
        return NULL;
    }

    struct vif_error *clone = vif_xmalloc(sizeof *clone);
    *clone = *error;
    clone->message = vif_xstrdup(error->message);
    clone->source = vif_xstrdup_nullable(error->source);
    clone->where = vif_xstrdup_nullable(error->where);
    return clone;
}

void
vif_error_destroy(struct vif_error *error)
{
    if (error) {
        free(error->message);
        free(error->source);
        free(error->where);
        free(error);
    }
}

void
vif_error_cleanup(struct vif_error **errorp)
{
    vif_error_destroy(*errorp);
    *errorp = NULL;
}
