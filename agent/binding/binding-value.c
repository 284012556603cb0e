/* SPDX-License-Identifier: Apache-2.0 */

/* See binding-value.h. */

#include <config.h>

#include "binding/binding-value.h"

#include <string.h>

#include "binding/json-array.h"
#include "lib/cleanup.h"
#include "openvswitch/json.h"
#include "util.h"

/* The value whose JSON text is exactly 'text', or NULL. */
static struct json *
value_parse(const char *text)
{
    /* What a JSON text may begin with; spares most strings the parser. */
    if (!*text || !strchr("{[\"-0123456789tfn", *text)) {
        return NULL;
    }

    /* The parser takes arrays and objects only. */
    CLEANUP_FREE char *wrapped = xasprintf("[%s]", text);
    struct json *array = json_from_string(wrapped);
    struct json *value = NULL;
    if (array->type == JSON_ARRAY && json_array_size(array) == 1) {
        value = json_clone(json_array_at(array, 0));

        CLEANUP_FREE char *canonical = json_to_string(value, JSSF_SORT);
        if (strcmp(canonical, text)) {
            json_destroy(value);
            value = NULL;
        }
    }
    json_destroy(array);
    return value;
}

char *
binding_value_to_text(const struct json *value)
{
    if (value->type == JSON_STRING) {
        struct json *other = value_parse(json_string(value));
        if (!other) {
            return xstrdup(json_string(value));
        }
        json_destroy(other);
    }
    return json_to_string(value, JSSF_SORT);
}

struct json *
binding_value_from_text(const char *text)
{
    struct json *value = value_parse(text);
    return value ? value : json_string_create(text);
}
