/* SPDX-License-Identifier: Apache-2.0 */
/* vifd's error objects as struct vif_error.  See failure.h. */

#include <config.h>

#include "client/failure.h"

#include <limits.h>
#include <string.h>

#include <vif/client.h>

/* JSON-RPC 2.0, section 5.1, and vifd's own: -32000 minus the error code. */
#define RPC_INVALID_REQUEST -32600
#define RPC_METHOD_NOT_FOUND -32601
#define RPC_INVALID_PARAMS -32602
#define RPC_PARSE_ERROR -32700
#define RPC_VIFD -32000

static const char *const outcome_names[] = {
    [VIF_OUTCOME_NONE] = "none",
    [VIF_OUTCOME_FAILED_CLEAN] = "failed-clean",
    [VIF_OUTCOME_FAILED_UNDOING] = "failed-undoing",
};
#define N_OUTCOMES (sizeof outcome_names / sizeof *outcome_names)

const char *
vif_outcome_name(enum vif_outcome outcome)
{
    return (unsigned int) outcome < N_OUTCOMES ? outcome_names[outcome]
                                               : "unknown";
}

static enum vif_error_code
code_from_rpc(json_int_t rpc)
{
    if (rpc <= RPC_VIFD && rpc > RPC_VIFD - VIF_N_ERROR_CODES) {
        return (enum vif_error_code) (RPC_VIFD - rpc);
    }
    switch (rpc) {
    case RPC_METHOD_NOT_FOUND:
        return VIF_ERR_UNSUPPORTED;
    case RPC_PARSE_ERROR:
    case RPC_INVALID_REQUEST:
    case RPC_INVALID_PARAMS:
        return VIF_ERR_INVALID;
    default:
        return VIF_ERR_INTERNAL;
    }
}

/* The number that 'name', such as "EBUSY", has here; 0 if it is unknown. */
static int
errno_from_name(const char *name)
{
    /* Linux has no greater one: MAX_ERRNO, include/linux/err.h. */
    for (int errnum = 1; name && errnum < 4096; errnum++) {
        const char *known = strerrorname_np(errnum);

        if (known && !strcmp(known, name)) {
            return errnum;
        }
    }
    return 0;
}

static const char *
member(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

static enum vif_outcome
outcome_from_name(const char *name)
{
    for (size_t i = 0; name && i < N_OUTCOMES; i++) {
        if (!strcmp(outcome_names[i], name)) {
            return (enum vif_outcome) i;
        }
    }
    return VIF_OUTCOME_NONE;
}

struct vif_error *
failure_from_json(const json_t *object)
{
    const json_t *data = json_object_get(object, "data");
    const char *message = member(object, "message");
    enum vif_error_code code;

    /* That of an event or of one port of many has its members at the top. */
    if (!data) {
        data = object;
    }

    const char *code_name = member(data, "code");
    if (!code_name || !vif_error_code_from_name(code_name, &code)) {
        code = code_from_rpc(json_integer_value(json_object_get(object,
                                                                "code")));
    }

    struct vif_error *error
        = vif_error_create(code, "%s", message && *message ? message
                           : "vifd gave no reason");
    error = vif_error_with_source(error, member(data, "source"));
    error = vif_error_with_where(error, member(data, "where"));
    error->errnum = errno_from_name(member(data, "errno"));
    error->outcome = outcome_from_name(member(data, "outcome"));
    error->retry = json_is_true(json_object_get(data, "retry"));

    json_int_t ms
        = json_integer_value(json_object_get(data, "retry_after_ms"));
    error->retry_ms = ms < 0 ? 0 : ms > UINT_MAX ? UINT_MAX : ms;
    return error;
}

struct vif_error *
vif_client_error_from_json(const char *json)
{
    json_t *object = json_loads(json, 0, NULL);
    struct vif_error *error = failure_from_json(object);

    json_decref(object);
    return error;
}
