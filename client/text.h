/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLIENT_TEXT_H
#define CLIENT_TEXT_H 1

/* Between jansson's values and text.  What leaves the library is allocated
 * with malloc(), whatever allocator the program has given to jansson. */

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include <vif/attrs.h>

/* 'json' as one line of JSON.  The caller frees the result with free(). */
char *text_from_json(const json_t *json);

/* 'json', which may be NULL: a string as it stands, anything else as JSON
 * text; NULL for null.  The caller frees the result. */
char *text_from_value(const json_t *json);

/* The string that member 'key' of 'object' is, else NULL. */
char *text_member(const json_t *object, const char *key);

/* The values of 'profile' and 'hints' are text in a binding, and any JSON
 * value outside: a string stands as it is, every other value as its JSON
 * text, and a string that would be taken for such a text stands in quotes.
 * These are the two directions. */
char *text_from_free_value(const json_t *value);
json_t *text_to_free_value(const char *text);

#endif /* client/text.h */
