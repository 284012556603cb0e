/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BINDING_JSON_KIND_H
#define BINDING_JSON_KIND_H 1

/* What a JSON value is, in words, for those who must say that it should be
 * something else. */

struct json;

/* "an object", "a string", "a fraction", "too large a number" ... */
const char *json_kind(const struct json *);

#endif /* binding/json-kind.h */
