/* SPDX-License-Identifier: Apache-2.0 */
/* vifd's notifications.  See event.h. */

#include <config.h>

#include "client/event.h"

#include <stdlib.h>
#include <string.h>

#include "client/failure.h"
#include "client/text.h"
#include "lib/alloc.h"

struct vif_event *
event_from_json(const json_t *params)
{
    char *name = text_member(params, "event");
    if (!name) {
        return NULL;
    }

    const json_t *error = json_object_get(params, "error");
    struct vif_event *event = vif_xcalloc(1, sizeof *event);

    event->event = name;
    event->port_id = text_member(params, "port_id");
    event->from = text_member(params, "from");
    event->to = text_member(params, "to");
    event->time = text_member(params, "time");
    event->error = json_is_object(error) ? failure_from_json(error) : NULL;
    if (!strcmp(name, "lost")) {
        json_int_t n = json_integer_value(json_object_get(params, "lost"));

        event->lost = n > 0 ? (uint64_t) n : 0;
    }
    event->json = text_from_json(params);
    return event;
}

void
vif_event_destroy(struct vif_event *event)
{
    if (event) {
        free(event->event);
        free(event->port_id);
        free(event->from);
        free(event->to);
        free(event->time);
        vif_error_destroy(event->error);
        free(event->json);
        free(event);
    }
}

void
event_queue_put(struct event_queue *queue, struct vif_event *event)
{
    if (!queue->events) {
        queue->events = vif_xcalloc(VIF_CLIENT_EVENTS_MAX,
                                    sizeof *queue->events);
    }
    if (queue->n == VIF_CLIENT_EVENTS_MAX) {
        vif_event_destroy(queue->events[queue->first]);
        queue->first = (queue->first + 1) % VIF_CLIENT_EVENTS_MAX;
        queue->n--;
        queue->lost++;
    }
    queue->events[(queue->first + queue->n++) % VIF_CLIENT_EVENTS_MAX] = event;
}

struct vif_event *
event_queue_take(struct event_queue *queue)
{
    if (!queue->n) {
        return NULL;
    }

    struct vif_event *event = queue->events[queue->first];
    queue->first = (queue->first + 1) % VIF_CLIENT_EVENTS_MAX;
    queue->n--;
    event->lost += queue->lost;
    queue->lost = 0;
    return event;
}

void
event_queue_destroy(struct event_queue *queue)
{
    struct vif_event *event;

    while ((event = event_queue_take(queue)) != NULL) {
        vif_event_destroy(event);
    }
    free(queue->events);
    *queue = (struct event_queue) { .events = NULL };
}
