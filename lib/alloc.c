/* SPDX-License-Identifier: Apache-2.0 */
/* Allocation that cannot fail: a program without memory for a few hundred
 * bytes has no better answer than to stop, and its journal is made for that.
 * Knows nothing of what is allocated. */

#include <config.h>

#include "lib/alloc.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
vif_out_of_memory(void)
{
    fputs("vif: virtual memory exhausted\n", stderr);
    abort();
}

static void *
check(void *pointer)
{
    if (!pointer) {
        vif_out_of_memory();
    }
    return pointer;
}

void *
vif_xmalloc(size_t size)
{
    return check(malloc(size ? size : 1));
}

void *
vif_xcalloc(size_t n, size_t size)
{
    return check(n && size ? calloc(n, size) : calloc(1, 1));
}

void *
vif_xreallocarray(void *old, size_t n, size_t size)
{
    if (size && n > SIZE_MAX / size) {
        vif_out_of_memory();
    }

    size_t total = n * size;
    return check(realloc(old, total ? total : 1));
}

char *
vif_xstrdup(const char *s)
{
    return check(strdup(s));
}

char *
vif_xstrdup_nullable(const char *s)
{
    return s ? vif_xstrdup(s) : NULL;
}

char *
vif_xvasprintf(const char *fmt, va_list args)
{
    char *s;

    if (vasprintf(&s, fmt, args) < 0) {
        vif_out_of_memory();
    }
    return s;
}

char *
vif_xasprintf(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    char *s = vif_xvasprintf(fmt, args);
    va_end(args);
    return s;
}
