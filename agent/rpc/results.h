/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RPC_RESULTS_H
#define RPC_RESULTS_H 1

/* The engine's results as parts of answers. */

#include <vif/error.h>

struct json;
struct port_result;
struct rpc_call;

/* Says in the log that what 'call' wanted was done. */
void rpc_log_done(const struct rpc_call *call, const struct port_result *);

/* What a failed port adds to the "data" of an error: which port, what has
 * become of it and, if any step was begun, the outcome. */
struct json *rpc_failure_to_json(const struct port_result *);

/* One port of several, done or not. */
struct json *rpc_result_to_json(const struct port_result *);

/* A copy of the engine's error in terms of the request: 'prefix', unless it
 * is NULL, stands in front of its path. */
struct vif_error *rpc_error_of(const struct port_result *,
                               const char *prefix) VIF_WARN_UNUSED;

#endif /* rpc/results.h */
