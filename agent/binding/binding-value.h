/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BINDING_BINDING_VALUE_H
#define BINDING_BINDING_VALUE_H 1

/* The values of 'profile' and 'hints' are text in a binding, and any JSON
 * value outside.  A string stands as it is, every other value as its JSON
 * text; a string that would be taken for such a text stands in quotes:
 *
 *     "0000:03:00.1"   0000:03:00.1          3             3
 *     ["switchdev"]    ["switchdev"]         "3"           "3" in quotes
 *
 * So nothing is lost, and a plugin reads the usual strings as they are. */

struct json;

char *binding_value_to_text(const struct json *value);
struct json *binding_value_from_text(const char *text);

#endif /* binding/binding-value.h */
