/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LIB_CLEANUP_H
#define LIB_CLEANUP_H 1

/* Cleanup attributes: what a function acquires is given back where its
 * declaration goes out of scope, so that there is no exit path to forget. */

#include <stdlib.h>
#include <unistd.h>

#include <vif/attrs.h>
#include <vif/error.h>

static inline void
cleanup_free_pointer(void *pointer)
{
    free(*(void **) pointer);
}

static inline void
cleanup_close_fd(const int *fd)
{
    if (*fd >= 0) {
        close(*fd);
    }
}

#define CLEANUP(FUNCTION) __attribute__((cleanup(FUNCTION)))
#define CLEANUP_FREE CLEANUP(cleanup_free_pointer)
#define CLEANUP_CLOSE CLEANUP(cleanup_close_fd)
#define CLEANUP_ATTRS CLEANUP(vif_attrs_destroy)
#define CLEANUP_ERROR CLEANUP(vif_error_cleanup)

/* Hands the value over and leaves NULL, so that the cleanup does nothing. */
#define TAKE(POINTER)                                       \
    __extension__ ({                                        \
        __typeof__(POINTER) take_value__ = (POINTER);       \
        (POINTER) = NULL;                                   \
        take_value__;                                       \
    })

#endif /* cleanup.h */
