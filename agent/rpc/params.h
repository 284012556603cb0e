/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RPC_PARAMS_H
#define RPC_PARAMS_H 1

/* Reading a method's params: each getter marks its member as known, and the
 * first thing that is wrong is kept, so that a method reads all it knows and
 * asks once.  Errors carry the JSON path, such as "params.timeout_ms". */

#include <stdbool.h>
#include <stdint.h>

#include <vif/binding.h>
#include <vif/error.h>

#include "sset.h"

struct json;

struct rpc_params {
    const struct json *object;
    struct sset known;
    struct vif_error *error;
};

/* 'object' must be an object that outlives the reading. */
void rpc_params_init(struct rpc_params *, const struct json *object);

/* The first error: one of a getter, or a member that no getter asked for. */
struct vif_error *rpc_params_finish(struct rpc_params *) VIF_WARN_UNUSED;

/* NULL if absent, or wrong, which rpc_params_finish() tells; what they give
 * lives as long as 'object'. */
const char *rpc_params_text(struct rpc_params *, const char *name);
const struct json *rpc_params_any(struct rpc_params *, const char *name);
uint32_t rpc_params_uint(struct rpc_params *, const char *name, uint32_t max,
                         uint32_t def);
bool rpc_params_bool(struct rpc_params *, const char *name, bool def);

/* Position in 'words', which ends with NULL; 'def' if absent. */
int rpc_params_word(struct rpc_params *, const char *name,
                    const char *const *words, int def);

/* Remembers 'error', unless there was an earlier one. */
void rpc_params_fail(struct rpc_params *, struct vif_error *error);

#endif /* rpc/params.h */
