/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VIF_ATTRS_H
#define VIF_ATTRS_H 1

/* A small sorted map from names to strings: the arguments, the captured
 * original and the outputs of a step, external_ids, vif_details.  It is what
 * crosses between plugins, engine, threads and journal, because it needs no
 * library to copy, compare or print.
 *
 * A zeroed struct is an empty map.  Keys and values are copied in.  Not
 * thread-safe; a map may be handed to another thread as a whole. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <vif/error.h>

#ifdef __cplusplus
extern "C" {
#endif

struct vif_attr {
    char *key;              /* Both belong to the map. */
    char *value;
};

struct vif_attrs {
    size_t n, allocated;
    struct vif_attr *attrs; /* Sorted by key. */
};

#define VIF_ATTRS_INIT { 0, 0, NULL }

void vif_attrs_destroy(struct vif_attrs *);     /* Leaves an empty map. */
void vif_attrs_clone(struct vif_attrs *to, const struct vif_attrs *from);
void vif_attrs_swap(struct vif_attrs *, struct vif_attrs *);
/* Makes a map that will be kept take as little memory as it can. */
void vif_attrs_pack(struct vif_attrs *);
void vif_attrs_merge(struct vif_attrs *into, const struct vif_attrs *from);

/* Replaces the value if the key is there.  With a NULL value removes it. */
void vif_attrs_set(struct vif_attrs *, const char *key, const char *value);
void vif_attrs_setf(struct vif_attrs *, const char *key, const char *fmt, ...)
    VIF_PRINTF(3, 4);
void vif_attrs_set_uint(struct vif_attrs *, const char *key, uint64_t);
void vif_attrs_set_bool(struct vif_attrs *, const char *key, bool);

/* NULL, or the default, when the key is absent; the default too when the
 * value is not a decimal number of 64 bits, or neither "true" nor "false". */
const char *vif_attrs_get(const struct vif_attrs *, const char *key);
uint64_t vif_attrs_get_uint(const struct vif_attrs *, const char *key,
                            uint64_t def);
bool vif_attrs_get_bool(const struct vif_attrs *, const char *key, bool def);

bool vif_attrs_equal(const struct vif_attrs *, const struct vif_attrs *);

/* The position of the first key that starts with 'prefix', or 'n' if there is
 * none; all such keys follow one another.  For walking "external_ids:". */
size_t vif_attrs_find_prefix(const struct vif_attrs *, const char *prefix);

#ifdef __cplusplus
}
#endif

#endif /* vif/attrs.h */
