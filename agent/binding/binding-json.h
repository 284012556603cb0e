/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BINDING_BINDING_JSON_H
#define BINDING_BINDING_JSON_H 1

/* A binding as JSON: what a client sends, what the journal keeps, and what
 * "show" gives back are the same text.  This room knows types, names and
 * sizes; whether a value makes sense is vif_binding_check()'s business. */

#include <vif/binding.h>
#include <vif/error.h>

struct json;

#define BINDING_MAX_STRING 1024 /* Bytes of any text member or map value. */
#define BINDING_MAX_KEY 255     /* Bytes of a key of a map. */
#define BINDING_MAX_KEYS 64     /* Keys of external_ids, profile or hints. */
#define BINDING_MAX_VALUE 4096  /* Bytes of a value of profile or hints, as
                                 * JSON text. */

/* Makes '*binding' from 'json', which may be anything, and fills in what its
 * members say of one another (lib/binding-profile.h).  'where' is the JSON
 * path to 'json', "" for none: errors carry the path to the culprit, such as
 * "params.binding.mtu".  The caller destroys '*binding', which is an empty
 * one after an error. */
struct vif_error *binding_from_json(const struct json *json,
                                    const char *where,
                                    struct vif_binding *binding)
    VIF_WARN_UNUSED;

/* The opposite, without loss: binding_from_json() makes an equal binding of
 * it.  Canonical: members that have their default are left out, MAC addresses
 * are in lower case.  The caller destroys the result. */
struct json *binding_to_json(const struct vif_binding *binding);

#endif /* binding/binding-json.h */
