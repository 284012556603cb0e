/* SPDX-License-Identifier: Apache-2.0 */

/* Notifications. */

#include <config.h>

#include "rpc/events.h"

#include <stdlib.h>

#include "engine/engine.h"
#include "lib/cleanup.h"
#include "openvswitch/json.h"
#include "report/details.h"
#include "rpc/call.h"
#include "rpc/message.h"
#include "rpc/ports.h"
#include "timeval.h"
#include "util.h"

/* What happened, in a word that does not change when states are added. */
static const char *
event_name(enum port_state from, enum port_state to)
{
    switch (to) {
    case PORT_ACTIVE:
        return from == PORT_DRIFTED || from == to ? "state" : "plugged";
    case PORT_GONE:
        return (from == PORT_UNPLUGGING ? "unplugged"
                : from == PORT_UNDOING ? "state" : "failed");
    case PORT_UNDOING:
        return "failed";
    case PORT_DRIFTED:
        return "drifted";
    case PORT_PLANNED:
    case PORT_PLUGGING:
    case PORT_WAITING_FOR_DEVICE:
    case PORT_PREPARED:
    case PORT_CHANGING:
    case PORT_UNPLUGGING:
    case PORT_N_STATES:
        break;
    }
    return "state";
}

static struct json *
event_message(const struct engine_event *event, const char *name)
{
    struct json *params = json_object_create();
    char now[RPC_TIME_BUFSIZE];

    json_object_put_string(params, "event", name);
    json_object_put_string(params, "port_id", event->port_id);
    json_object_put_string(params, "from", port_state_name(event->from));
    json_object_put_string(params, "to", port_state_name(event->to));
    if (event->error) {
        json_object_put(params, "error",
                        error_to_json(rpc_code_of(event->error),
                                      event->error, NULL));
    }
    json_object_put_string(params, "time",
                           rpc_format_time(time_wall_usec(), now));
    return rpc_notification("event", params);
}

char *
rpc_event_text(const struct engine_event *event)
{
    struct json *message = event_message(event, event_name(event->from,
                                                           event->to));
    char *text = json_to_string(message, JSSF_SORT);

    json_destroy(message);
    return text;
}

char *
rpc_lost_text(uint64_t n_lost)
{
    struct json *params = json_object_create();
    char now[RPC_TIME_BUFSIZE];

    json_object_put_string(params, "event", "lost");
    json_object_put(params, "lost", json_integer_create(n_lost));
    json_object_put_string(params, "time",
                           rpc_format_time(time_wall_usec(), now));

    struct json *message = rpc_notification("event", params);
    char *text = json_to_string(message, JSSF_SORT);
    json_destroy(message);
    return text;
}

bool
rpc_event_visible(const struct rpc_caller *caller, const char *port_id)
{
    const struct rpc_host *host = caller->host;
    struct engine_port_view view;

    /* Of a port that has gone nobody knows the network any more. */
    return (engine_find_port(host->engine, port_id, &view)
            ? rpc_port_allowed(caller, "watch", &view)
            : access_may_everywhere(&host->access, &caller->peer, "watch"));
}

void
rpc_events_replay(struct rpc_caller *caller)
{
    CLEANUP_FREE struct engine_port_view *views = NULL;
    size_t n;

    rpc_visible_ports(caller, "watch", &views, &n);
    for (size_t i = 0; i < n; i++) {
        const struct engine_event event = {
            .port_id = views[i].port_id,
            .from = views[i].state,
            .to = views[i].state,
            .error = views[i].error,
        };
        caller->send(caller, event_message(&event, "state"));
    }
}
