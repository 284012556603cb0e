/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RPC_EVENTS_H
#define RPC_EVENTS_H 1

/* The engine's events as notifications, for those who watch and may see the
 * port. */

#include <stdbool.h>
#include <stdint.h>

struct engine_event;
struct engine_port_view;
struct rpc_caller;
struct rpc_host;

/* The text of the notification; the caller frees it. */
char *rpc_event_text(const struct engine_event *);
char *rpc_lost_text(uint64_t n_lost);

/* Whether 'caller' may hear of 'port_id'. */
bool rpc_event_visible(const struct rpc_caller *, const char *port_id);

/* Sends 'caller' a notification for each port that there is. */
void rpc_events_replay(struct rpc_caller *);

#endif /* rpc/events.h */
