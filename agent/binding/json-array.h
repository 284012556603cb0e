/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BINDING_JSON_ARRAY_H
#define BINDING_JSON_ARRAY_H 1

/* Open vSwitch 4.0 hides the elements of a JSON array behind two functions;
 * here they are for earlier releases.  Include <config.h> first. */

#include "openvswitch/json.h"

#if !HAVE_DECL_JSON_ARRAY_AT
static inline size_t
json_array_size(const struct json *json)
{
    return json->array.n;
}

static inline const struct json *
json_array_at(const struct json *json, size_t index)
{
    return json->array.elems[index];
}
#endif

#endif /* binding/json-array.h */
