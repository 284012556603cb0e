/* SPDX-License-Identifier: Apache-2.0 */

/* Reading a method's params. */

#include <config.h>

#include "rpc/params.h"

#include <inttypes.h>
#include <string.h>

#include "binding/json-kind.h"
#include "lib/cleanup.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "openvswitch/shash.h"
#include "unicode.h"
#include "util.h"

#define TEXT_MAX 1024

void
rpc_params_init(struct rpc_params *params, const struct json *object)
{
    params->object = object;
    sset_init(&params->known);
    params->error = NULL;
}

void
rpc_params_fail(struct rpc_params *params, struct vif_error *error)
{
    if (params->error) {
        vif_error_destroy(error);
    } else {
        params->error = error;
    }
}

static void VIF_PRINTF(3, 4)
refuse(struct rpc_params *params, const char *name, const char *format, ...)
{
    CLEANUP_FREE char *where = xasprintf("params.%.64s", name);
    va_list args;

    va_start(args, format);
    struct vif_error *error = vif_error_create_va(VIF_ERR_INVALID, format,
                                                  args);
    va_end(args);
    error = vif_error_wrap(error, "%s", where);
    rpc_params_fail(params, vif_error_with_where(error, where));
}

struct vif_error *
rpc_params_finish(struct rpc_params *params)
{
    const struct shash_node *node;

    SHASH_FOR_EACH (node, json_object(params->object)) {
        if (!sset_contains(&params->known, node->name)) {
            refuse(params, node->name, "is no parameter of this method");
            break;
        }
    }
    sset_destroy(&params->known);
    return TAKE(params->error);
}

const struct json *
rpc_params_any(struct rpc_params *params, const char *name)
{
    sset_add(&params->known, name);
    return shash_find_data(json_object(params->object), name);
}

const char *
rpc_params_text(struct rpc_params *params, const char *name)
{
    const struct json *json = rpc_params_any(params, name);
    if (!json) {
        return NULL;
    } else if (json->type != JSON_STRING) {
        refuse(params, name, "must be a string, not %s",
               json_kind(json));
        return NULL;
    } else if (strlen(json_string(json)) > TEXT_MAX) {
        refuse(params, name, "is longer than %d bytes", TEXT_MAX);
        return NULL;
    }

    CLEANUP_FREE char *invalid = utf8_validate(json_string(json), NULL);
    if (invalid) {
        refuse(params, name, "has an %s", invalid);
        return NULL;
    }
    return json_string(json);
}

uint32_t
rpc_params_uint(struct rpc_params *params, const char *name, uint32_t max,
                uint32_t def)
{
    const struct json *json = rpc_params_any(params, name);
    if (!json) {
        return def;
    } else if (json->type != JSON_INTEGER) {
        refuse(params, name, "must be a whole number, not %s",
               json_kind(json));
        return def;
    } else if (json_integer(json) < 0 || json_integer(json) > max) {
        refuse(params, name, "%"PRId64" is not within 0 and %"PRIu32,
               json_integer(json), max);
        return def;
    }
    return json_integer(json);
}

bool
rpc_params_bool(struct rpc_params *params, const char *name, bool def)
{
    const struct json *json = rpc_params_any(params, name);
    if (!json) {
        return def;
    } else if (json->type != JSON_TRUE && json->type != JSON_FALSE) {
        refuse(params, name, "must be true or false, not %s",
               json_kind(json));
        return def;
    }
    return json_boolean(json);
}

int
rpc_params_word(struct rpc_params *params, const char *name,
                const char *const *words, int def)
{
    const char *text = rpc_params_text(params, name);
    if (!text) {
        return def;
    }

    struct ds all = DS_EMPTY_INITIALIZER;
    for (int i = 0; words[i]; i++) {
        if (!strcmp(words[i], text)) {
            ds_destroy(&all);
            return i;
        }
        ds_put_format(&all, " %s", words[i]);
    }
    refuse(params, name, "\"%.64s\" is none of:%s", text, ds_cstr(&all));
    ds_destroy(&all);
    return def;
}
