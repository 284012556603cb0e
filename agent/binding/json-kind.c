/* SPDX-License-Identifier: Apache-2.0 */

/* What a JSON value is, in words. */

#include <config.h>

#include "binding/json-kind.h"

#include <math.h>

#include "openvswitch/json.h"
#include "openvswitch/util.h"

const char *
json_kind(const struct json *json)
{
    static const char *const kinds[JSON_N_TYPES] = {
        [JSON_NULL] = "null",
        [JSON_FALSE] = "false",
        [JSON_TRUE] = "true",
        [JSON_OBJECT] = "an object",
        [JSON_ARRAY] = "an array",
        [JSON_INTEGER] = "a number",
        [JSON_STRING] = "a string",
    };

    /* The parser makes a real of what does not fit into 64 bits, too. */
    if (json->type == JSON_REAL) {
        return (json_real(json) == floor(json_real(json))
                ? "too large a number" : "a fraction");
    }
    return ((unsigned int) json->type < JSON_N_TYPES && kinds[json->type]
            ? kinds[json->type] : "something else");
}
