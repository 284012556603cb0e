/* SPDX-License-Identifier: Apache-2.0 */

/* JSON-RPC messages. */

#include <config.h>

#include "rpc/message.h"

#include <stdlib.h>
#include <string.h>

#include "binding/json-array.h"
#include "binding/json-kind.h"
#include "lib/cleanup.h"
#include "openvswitch/json.h"
#include "openvswitch/shash.h"
#include "unicode.h"
#include "util.h"

#define METHOD_MAX 64
#define FIND_ID_MAX 16384       /* Bytes of a bad line: no work for more. */

/* 'where' is the member that is wrong; NULL if it is not about one. */
static struct vif_error * VIF_PRINTF(3, 4)
refuse(int *codep, const char *where, const char *format, ...)
{
    va_list args;

    *codep = RPC_INVALID_REQUEST;
    va_start(args, format);
    struct vif_error *error = vif_error_create_va(VIF_ERR_INVALID, format,
                                                  args);
    va_end(args);
    return where ? vif_error_with_where(error, where) : error;
}

/* A bare string with valid text; the parser lets \udc00 through. */
static bool
is_text(const struct json *json, size_t max)
{
    if (json->type != JSON_STRING || strlen(json_string(json)) > max) {
        return false;
    }
    CLEANUP_FREE char *invalid = utf8_validate(json_string(json), NULL);
    return !invalid;
}

static struct vif_error *
read_id(const struct json *id, struct rpc_request *request, int *codep)
{
    if (id->type == JSON_NULL) {
        /* In 1.0 that is how a notification is told. */
        request->id = request->version_1 ? NULL : json_clone(id);
    } else if (id->type == JSON_INTEGER || is_text(id, RPC_ID_MAX)) {
        request->id = json_clone(id);
    } else {
        return refuse(codep, "id", "id must be null, a whole number or a "
                      "string of at most %d bytes, not %s", RPC_ID_MAX,
                      json_kind(id));
    }
    return NULL;
}

static struct vif_error *
read_params(const struct json *params, struct rpc_request *request,
            int *codep)
{
    /* 1.0 knows nothing but arrays. */
    if (params && request->version_1 && params->type == JSON_ARRAY) {
        size_t n = json_array_size(params);
        params = n == 1 ? json_array_at(params, 0) : n ? params : NULL;
    }
    if (!params) {
        request->params = json_object_create();
    } else if (params->type == JSON_OBJECT) {
        request->params = json_clone(params);
    } else {
        struct vif_error *error = refuse(codep, "params", "params must be an "
                                         "object, not %s", json_kind(params));
        *codep = RPC_INVALID_PARAMS;
        return error;
    }
    return NULL;
}

static struct vif_error *
read_members(const struct json *message, struct rpc_request *request,
             int *codep)
{
    const struct shash *members = json_object(message);
    const struct json *version = shash_find_data(members, "jsonrpc");
    const struct json *id = shash_find_data(members, "id");
    const struct json *method = shash_find_data(members, "method");
    struct vif_error *error;

    request->version_1 = !version;
    error = id ? read_id(id, request, codep) : NULL;
    if (error) {
        return error;
    }
    if (version && (version->type != JSON_STRING
                    || strcmp(json_string(version), "2.0"))) {
        return refuse(codep, "jsonrpc", "jsonrpc must be \"2.0\"");
    }

    const struct shash_node *node;
    SHASH_FOR_EACH (node, members) {
        if (strcmp(node->name, "jsonrpc") && strcmp(node->name, "id")
            && strcmp(node->name, "method") && strcmp(node->name, "params")) {
            return refuse(codep, node->name, "a request has no member "
                          "\"%.64s\"", node->name);
        }
    }
    if (!method) {
        return refuse(codep, "method", "method is missing");
    } else if (!is_text(method, METHOD_MAX)) {
        return refuse(codep, "method", "method must be a string of at most "
                      "%d bytes, not %s", METHOD_MAX, json_kind(method));
    }
    request->method = xstrdup(json_string(method));
    return read_params(shash_find_data(members, "params"), request, codep);
}

struct vif_error *
rpc_request_parse(const char *line, struct rpc_request *request, int *codep)
{
    struct vif_error *error;

    memset(request, 0, sizeof *request);
    *codep = RPC_INVALID_REQUEST;

    /* The parser gives an object, an array, or what was wrong as a string. */
    struct json *message = json_from_string(line);
    switch ((int) message->type) {
    case JSON_OBJECT:
        error = read_members(message, request, codep);
        break;
    case JSON_ARRAY:
        error = refuse(codep, NULL, "batches are not supported: send each "
                       "request on a line of its own, without waiting for "
                       "the reply");
        break;
    default:
        error = refuse(codep, NULL, "not JSON: %s", json_string(message));
        *codep = RPC_PARSE_ERROR;
        break;
    }
    json_destroy(message);
    if (error && !request->id) {
        /* The specification wants null where the id is not known. */
        request->id = json_null_create();
    }
    return error;
}

struct json *
rpc_request_find_id(const char *line, size_t length)
{
    struct json *id = NULL;

    if (length <= FIND_ID_MAX) {
        struct json *message = json_from_string(line);
        if (message->type == JSON_OBJECT) {
            const struct json *found = shash_find_data(json_object(message),
                                                       "id");
            if (found && (found->type == JSON_INTEGER
                          || is_text(found, RPC_ID_MAX))) {
                id = json_clone(found);
            }
        }
        json_destroy(message);
    }
    return id ? id : json_null_create();
}

void
rpc_request_destroy(struct rpc_request *request)
{
    json_destroy(request->id);
    json_destroy(request->params);
    free(request->method);
    memset(request, 0, sizeof *request);
}

int
rpc_code_of(const struct vif_error *error)
{
    return RPC_VIFD - (int) error->code;
}

static struct json *
message_create(const struct json *id, bool version_1)
{
    struct json *message = json_object_create();

    if (!version_1) {
        json_object_put_string(message, "jsonrpc", "2.0");
    }
    json_object_put(message, "id", id ? json_clone(id) : json_null_create());
    return message;
}

struct json *
rpc_result_message(const struct json *id, bool version_1,
                   struct json *result)
{
    struct json *message = message_create(id, version_1);

    json_object_put(message, "result", result);
    if (version_1) {
        json_object_put(message, "error", json_null_create());
    }
    return message;
}

struct json *
rpc_error_message(const struct json *id, bool version_1, struct json *error)
{
    struct json *message = message_create(id, version_1);

    json_object_put(message, "error", error);
    if (version_1) {
        json_object_put(message, "result", json_null_create());
    }
    return message;
}

struct json *
rpc_notification(const char *method, struct json *params)
{
    struct json *message = json_object_create();

    json_object_put_string(message, "jsonrpc", "2.0");
    json_object_put_string(message, "method", method);
    json_object_put(message, "params", params);
    return message;
}
