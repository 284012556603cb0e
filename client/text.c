/* SPDX-License-Identifier: Apache-2.0 */
/* Between jansson's values and text.  See text.h. */

#include <config.h>

#include "client/text.h"

#include <stdlib.h>
#include <string.h>

#include "lib/alloc.h"
#include "lib/cleanup.h"

static char *
dump(const json_t *json, size_t flags)
{
    flags |= JSON_ENCODE_ANY | JSON_COMPACT;

    size_t size = json_dumpb(json, NULL, 0, flags);
    char *text = vif_xmalloc(size + 1);
    size = json_dumpb(json, text, size, flags);
    text[size] = '\0';
    return text;
}

char *
text_from_json(const json_t *json)
{
    return dump(json, 0);
}

char *
text_from_value(const json_t *json)
{
    return (!json || json_is_null(json) ? NULL
            : json_is_string(json) ? vif_xstrdup(json_string_value(json))
            : text_from_json(json));
}

char *
text_member(const json_t *object, const char *key)
{
    return vif_xstrdup_nullable(
        json_string_value(json_object_get(object, key)));
}

/* The value, other than NULL, whose JSON text is exactly 'text'. */
static json_t *
parse_exactly(const char *text)
{
    json_t *value = json_loads(text, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES,
                               NULL);

    if (value) {
        CLEANUP_FREE char *canonical = dump(value, JSON_SORT_KEYS);

        if (strcmp(canonical, text)) {
            json_decref(value);
            value = NULL;
        }
    }
    return value;
}

char *
text_from_free_value(const json_t *value)
{
    if (json_is_string(value)) {
        json_t *other = parse_exactly(json_string_value(value));

        if (!other) {
            return vif_xstrdup(json_string_value(value));
        }
        json_decref(other);
    }
    return dump(value, JSON_SORT_KEYS);
}

json_t *
text_to_free_value(const char *text)
{
    json_t *value = parse_exactly(text);

    return value ? value : json_string(text);
}
