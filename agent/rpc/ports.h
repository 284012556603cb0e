/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RPC_PORTS_H
#define RPC_PORTS_H 1

/* Ports as the methods of a caller may see them. */

#include <stdbool.h>

#include <vif/binding.h>
#include <vif/error.h>

#include "engine/engine.h"

struct json;
struct rpc_call;
struct rpc_caller;
struct rpc_params;

/* Whether 'caller' may call 'method' for the port. */
bool rpc_port_allowed(const struct rpc_caller *, const char *method,
                      const struct engine_port_view *);

/* Whether the caller of 'call' may call its method for the port 'port_id'.
 * One that it may not even see does not exist for it.  No error if there is
 * none: that is for the method to judge.  'where' is the path to the id. */
struct vif_error *rpc_authorize_port(const struct rpc_call *,
                                     const char *port_id, const char *where)
    VIF_WARN_UNUSED;

/* The same for a binding: for its own network, device and owner and, if the
 * port is there, for what is there. */
struct vif_error *rpc_authorize_binding(const struct rpc_call *,
                                        const struct vif_binding *,
                                        const char *where) VIF_WARN_UNUSED;

/* Makes '*binding', to be destroyed by the caller, from 'json', checks it by
 * itself, and asks for access. */
struct vif_error *rpc_read_binding(const struct rpc_call *,
                                   const struct json *, const char *where,
                                   struct vif_binding *) VIF_WARN_UNUSED;

/* The ports that the caller of 'call' may call 'method' for, by id.  The
 * caller frees '*viewsp'; what is in it is valid until the engine runs. */
void rpc_visible_ports(const struct rpc_caller *, const char *method,
                       struct engine_port_view **viewsp, size_t *np);

/* Puts 'value', which may be NULL, into 'object': null then. */
void rpc_put_nullable(struct json *object, const char *name,
                      const char *value);

/* Puts "instance_id" and "instance_name" of 'binding', which may be NULL, into
 * 'row'; null if it names none. */
void rpc_put_instance(struct json *row, const struct vif_binding *binding);

/* "2026-01-31T10:20:30.123456Z" for microseconds of CLOCK_REALTIME. */
#define RPC_TIME_BUFSIZE 32
const char *rpc_format_time(long long us, char buf[RPC_TIME_BUFSIZE]);

#endif /* rpc/ports.h */
