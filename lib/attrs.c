/* SPDX-License-Identifier: Apache-2.0 */
/* The sorted map of include/vif/attrs.h.  Knows nothing of what the keys mean.
 *
 * A thousand ports keep some fifty pairs each.  So a map that was copied or
 * packed is one allocation, the array with the strings behind it, known by
 * 'allocated' being 0; changing it takes it apart: then each pair is an
 * allocation and the array grows by half. */

#include <config.h>

#include <vif/attrs.h>

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "lib/alloc.h"

static bool
is_packed(const struct vif_attrs *attrs)
{
    return attrs->n && !attrs->allocated;
}

void
vif_attrs_destroy(struct vif_attrs *attrs)
{
    for (size_t i = 0; i < attrs->n && !is_packed(attrs); i++) {
        free(attrs->attrs[i].key);
    }
    free(attrs->attrs);
    *attrs = (struct vif_attrs) VIF_ATTRS_INIT;
}

static struct vif_attr
make_attr(const char *key, const char *value)
{
    size_t key_size = strlen(key) + 1;
    size_t value_size = strlen(value) + 1;
    char *both = vif_xmalloc(key_size + value_size);

    memcpy(both, key, key_size);
    memcpy(both + key_size, value, value_size);
    return (struct vif_attr) { both, both + key_size };
}

/* Takes apart what is packed. */
static void
unpack(struct vif_attrs *attrs)
{
    struct vif_attr *packed = attrs->attrs;

    if (!is_packed(attrs)) {
        return;
    }
    attrs->attrs = vif_xreallocarray(NULL, attrs->n + 1,
                                     sizeof *attrs->attrs);
    attrs->allocated = attrs->n + 1;
    for (size_t i = 0; i < attrs->n; i++) {
        attrs->attrs[i] = make_attr(packed[i].key, packed[i].value);
    }
    free(packed);
}

static char *
append(char **end, const char *string)
{
    size_t size = strlen(string) + 1;
    char *copy = *end;

    memcpy(copy, string, size);
    *end += size;
    return copy;
}

void
vif_attrs_clone(struct vif_attrs *to, const struct vif_attrs *from)
{
    size_t size = from->n * sizeof *from->attrs;
    char *end;

    *to = (struct vif_attrs) VIF_ATTRS_INIT;
    if (!from->n) {
        return;
    }
    for (size_t i = 0; i < from->n; i++) {
        size += (strlen(from->attrs[i].key) + 1
                 + strlen(from->attrs[i].value) + 1);
    }
    to->attrs = vif_xmalloc(size);
    to->n = from->n;
    end = (char *) &to->attrs[to->n];
    for (size_t i = 0; i < from->n; i++) {
        to->attrs[i].key = append(&end, from->attrs[i].key);
        to->attrs[i].value = append(&end, from->attrs[i].value);
    }
}

void
vif_attrs_pack(struct vif_attrs *attrs)
{
    if (!is_packed(attrs)) {
        struct vif_attrs packed;

        vif_attrs_clone(&packed, attrs);
        vif_attrs_destroy(attrs);
        *attrs = packed;
    }
}

void
vif_attrs_swap(struct vif_attrs *a, struct vif_attrs *b)
{
    struct vif_attrs c = *a;

    *a = *b;
    *b = c;
}

void
vif_attrs_merge(struct vif_attrs *into, const struct vif_attrs *from)
{
    if (into == from) {
        return;
    }
    for (size_t i = 0; i < from->n; i++) {
        vif_attrs_set(into, from->attrs[i].key, from->attrs[i].value);
    }
}

/* The position of the first key that is not less than 'key'. */
static size_t
lower_bound(const struct vif_attrs *attrs, const char *key)
{
    size_t low = 0;
    size_t high = attrs->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (strcmp(attrs->attrs[middle].key, key) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static bool
is_at(const struct vif_attrs *attrs, size_t i, const char *key)
{
    return i < attrs->n && !strcmp(attrs->attrs[i].key, key);
}

static void
insert_at(struct vif_attrs *attrs, size_t i, struct vif_attr attr)
{
    if (attrs->n == attrs->allocated) {
        attrs->allocated = attrs->n < 4 ? 4 : attrs->n + attrs->n / 2;
        attrs->attrs = vif_xreallocarray(attrs->attrs, attrs->allocated,
                                         sizeof *attrs->attrs);
    }
    memmove(&attrs->attrs[i + 1], &attrs->attrs[i],
            (attrs->n - i) * sizeof *attrs->attrs);
    attrs->attrs[i] = attr;
    attrs->n++;
}

static void
remove_at(struct vif_attrs *attrs, size_t i)
{
    free(attrs->attrs[i].key);
    attrs->n--;
    memmove(&attrs->attrs[i], &attrs->attrs[i + 1],
            (attrs->n - i) * sizeof *attrs->attrs);
}

/* 'key' and 'value' may point into 'attrs': the new pair is made before the
 * old one is freed. */
void
vif_attrs_set(struct vif_attrs *attrs, const char *key, const char *value)
{
    size_t i = lower_bound(attrs, key);
    bool found = is_at(attrs, i, key);

    if (!value) {
        if (found) {
            unpack(attrs);
            remove_at(attrs, i);
        }
    } else if (!found) {
        struct vif_attr attr = make_attr(key, value);

        unpack(attrs);
        insert_at(attrs, i, attr);
    } else if (strcmp(attrs->attrs[i].value, value)) {
        struct vif_attr attr = make_attr(key, value);

        unpack(attrs);
        free(attrs->attrs[i].key);
        attrs->attrs[i] = attr;
    }
}

void
vif_attrs_setf(struct vif_attrs *attrs, const char *key, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    char *value = vif_xvasprintf(fmt, args);
    va_end(args);
    vif_attrs_set(attrs, key, value);
    free(value);
}

void
vif_attrs_set_uint(struct vif_attrs *attrs, const char *key, uint64_t value)
{
    vif_attrs_setf(attrs, key, "%"PRIu64, value);
}

void
vif_attrs_set_bool(struct vif_attrs *attrs, const char *key, bool value)
{
    vif_attrs_set(attrs, key, value ? "true" : "false");
}

const char *
vif_attrs_get(const struct vif_attrs *attrs, const char *key)
{
    size_t i = lower_bound(attrs, key);

    return is_at(attrs, i, key) ? attrs->attrs[i].value : NULL;
}

uint64_t
vif_attrs_get_uint(const struct vif_attrs *attrs, const char *key,
                   uint64_t def)
{
    const char *value = vif_attrs_get(attrs, key);

    if (!value || !*value || strspn(value, "0123456789") != strlen(value)) {
        return def;
    }

    errno = 0;
    uintmax_t number = strtoumax(value, NULL, 10);
    return errno || number > UINT64_MAX ? def : number;
}

bool
vif_attrs_get_bool(const struct vif_attrs *attrs, const char *key, bool def)
{
    const char *value = vif_attrs_get(attrs, key);

    return (!value ? def
            : !strcmp(value, "true") ? true
            : !strcmp(value, "false") ? false
            : def);
}

bool
vif_attrs_equal(const struct vif_attrs *a, const struct vif_attrs *b)
{
    if (a->n != b->n) {
        return false;
    }
    for (size_t i = 0; i < a->n; i++) {
        if (strcmp(a->attrs[i].key, b->attrs[i].key)
            || strcmp(a->attrs[i].value, b->attrs[i].value)) {
            return false;
        }
    }
    return true;
}

size_t
vif_attrs_find_prefix(const struct vif_attrs *attrs, const char *prefix)
{
    size_t i = lower_bound(attrs, prefix);

    return (i < attrs->n
            && !strncmp(attrs->attrs[i].key, prefix, strlen(prefix))
            ? i : attrs->n);
}
