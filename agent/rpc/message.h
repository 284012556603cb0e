/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RPC_MESSAGE_H
#define RPC_MESSAGE_H 1

/* JSON-RPC 2.0 (https://www.jsonrpc.org/specification), and 1.0 from those
 * who leave "jsonrpc" out: a line into a request, results and errors into
 * messages.  Knows no method. */

#include <stdbool.h>
#include <stddef.h>

#include <vif/error.h>

struct json;

/* JSON-RPC's own codes.  Every other error has VIF_RPC_CODE(its code). */
enum rpc_code {
    RPC_PARSE_ERROR = -32700,
    RPC_INVALID_REQUEST = -32600,
    RPC_UNKNOWN_METHOD = -32601,
    RPC_INVALID_PARAMS = -32602,
    RPC_INTERNAL_ERROR = -32603,
    RPC_VIFD = -32000,          /* Less enum vif_error_code. */
};

#define RPC_ID_MAX 1024         /* Bytes of an id. */

struct rpc_request {
    struct json *id;            /* String, integer or null; NULL for a
                                 * notification, which is never answered. */
    bool version_1;             /* "jsonrpc" is absent. */
    char *method;
    struct json *params;        /* An object, perhaps empty. */
};

/* Reads the request in 'line', which line_check() has passed.  After an error
 * '*codep' is JSON-RPC's code for it, and '*request' has the id if one could
 * be made out, so that the error can be answered.  The caller destroys
 * '*request' in any case. */
struct vif_error *rpc_request_parse(const char *line, struct rpc_request *,
                                    int *codep) VIF_WARN_UNUSED;
void rpc_request_destroy(struct rpc_request *);

/* The id in 'line', which line_check() has not passed: null unless it can be
 * made out without much work. */
struct json *rpc_request_find_id(const char *line, size_t length);

/* The code under which 'error' is sent when nothing better is known. */
int rpc_code_of(const struct vif_error *error);

/* Messages to send.  The caller destroys them; 'result' and 'error', a
 * complete JSON-RPC error object, are taken over.  'id' may be NULL for
 * null. */
struct json *rpc_result_message(const struct json *id, bool version_1,
                                struct json *result);
struct json *rpc_error_message(const struct json *id, bool version_1,
                               struct json *error);
struct json *rpc_notification(const char *method, struct json *params);

#endif /* rpc/message.h */
