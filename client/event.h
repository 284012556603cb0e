/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLIENT_EVENT_H
#define CLIENT_EVENT_H 1

/* vifd's notifications as struct vif_event, and a bounded queue of them. */

#include <jansson.h>

#include <vif/client.h>

/* The event that 'params' of a notification describe; NULL if they describe
 * none. */
struct vif_event *event_from_json(const json_t *params);

/* A ring.  A zeroed one is empty. */
struct event_queue {
    struct vif_event **events;  /* NULL or VIF_CLIENT_EVENTS_MAX of them. */
    size_t first, n;
    uint64_t lost;              /* Dropped since the last one was taken. */
};

/* Takes 'event' over, dropping the oldest if there is no room. */
void event_queue_put(struct event_queue *, struct vif_event *event);
struct vif_event *event_queue_take(struct event_queue *);   /* Or NULL. */
void event_queue_destroy(struct event_queue *);

#endif /* client/event.h */
