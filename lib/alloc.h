/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LIB_ALLOC_H
#define LIB_ALLOC_H 1

/* Memory that is there or the program ends: nothing here returns NULL.  For
 * lib/ and client/, which cannot use Open vSwitch's functions of the same
 * kind; what they return is given back with free().  Not exported from the
 * client library. */

#include <stdarg.h>
#include <stddef.h>

#include <vif/error.h>

#define VIF_HIDDEN __attribute__((visibility("hidden")))
#define VIF_MALLOC_LIKE __attribute__((malloc, returns_nonnull)) VIF_HIDDEN

void *vif_xmalloc(size_t) VIF_MALLOC_LIKE;
void *vif_xcalloc(size_t n, size_t size) VIF_MALLOC_LIKE;
char *vif_xstrdup(const char *) VIF_MALLOC_LIKE;
char *vif_xstrdup_nullable(const char *) VIF_HIDDEN;    /* NULL for NULL. */
char *vif_xasprintf(const char *fmt, ...) VIF_PRINTF(1, 2) VIF_MALLOC_LIKE;
char *vif_xvasprintf(const char *fmt, va_list) VIF_PRINTF(1, 0)
    VIF_MALLOC_LIKE;

/* Says that there is no memory and ends the program: for what other libraries
 * could not allocate. */
_Noreturn void vif_out_of_memory(void) VIF_HIDDEN;

/* An array of 'n' elements of 'size' bytes, its contents kept. */
void *vif_xreallocarray(void *, size_t n, size_t size)
    __attribute__((returns_nonnull)) VIF_HIDDEN;

#endif /* alloc.h */
