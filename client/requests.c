/* SPDX-License-Identifier: Apache-2.0 */
/* What was asked and what came back.  See requests.h. */

#include <config.h>

#include "client/requests.h"

#include <stdlib.h>
#include <string.h>

#include "lib/alloc.h"
#include "lib/cleanup.h"

void
requests_put(struct requests *requests, uint64_t id, char *line,
             size_t length)
{
    struct request *request = vif_xcalloc(1, sizeof *request);

    request->id = id;
    request->line = line;
    request->length = length;
    if (!requests->first) {
        requests->tail = &requests->first;
    }
    *requests->tail = request;
    requests->tail = &request->next;
    requests->n_unsent++;
}

void
request_destroy(struct request *request)
{
    if (request) {
        free(request->line);
        free(request);
    }
}

/* Unlinks the unsent request that '*link' points to. */
static struct request *
unlink_request(struct requests *requests, struct request **link)
{
    struct request *request = *link;

    *link = request->next;
    if (!request->next) {
        requests->tail = link;
    }
    requests->n_unsent--;
    return request;
}

struct request *
requests_launch(struct requests *requests)
{
    if (!requests->first || requests->n_flights >= requests->max_in_flight) {
        return NULL;
    }

    struct request *request = unlink_request(requests, &requests->first);
    if (requests->n_flights == requests->allocated) {
        requests->allocated = requests->allocated * 2 + 8;
        requests->flights = vif_xreallocarray(requests->flights,
                                              requests->allocated,
                                              sizeof *requests->flights);
    }
    requests->flights[requests->n_flights++]
        = (struct flight) { .id = request->id };
    return request;
}

static struct flight *
find_flight(const struct requests *requests, uint64_t id)
{
    size_t low = 0;
    size_t high = requests->n_flights;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (requests->flights[middle].id < id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return (low < requests->n_flights && requests->flights[low].id == id
            ? &requests->flights[low] : NULL);
}

/* Puts 'answer' where requests_take() finds it. */
static void
keep_answer(struct requests *requests, struct vif_answer *answer)
{
    struct waiting_answer *waiting = vif_xcalloc(1, sizeof *waiting);

    waiting->answer = answer;
    if (!requests->answers) {
        requests->answers_tail = &requests->answers;
    }
    *requests->answers_tail = waiting;
    requests->answers_tail = &waiting->next;
}

bool
requests_answered(struct requests *requests, struct vif_answer *answer)
{
    struct flight *flight = find_flight(requests, answer->id);
    if (!flight) {
        return false;
    }

    bool forgotten = flight->forgotten;
    size_t after = &requests->flights[requests->n_flights] - (flight + 1);
    memmove(flight, flight + 1, after * sizeof *flight);
    requests->n_flights--;

    if (forgotten) {
        requests->n_forgotten--;
        vif_answer_destroy(answer);
    } else {
        keep_answer(requests, answer);
    }
    return true;
}

struct vif_answer *
requests_take(struct requests *requests, uint64_t id)
{
    for (struct waiting_answer **link = &requests->answers; *link;
         link = &(*link)->next) {
        struct waiting_answer *waiting = *link;

        if (!id || waiting->answer->id == id) {
            struct vif_answer *answer = waiting->answer;

            *link = waiting->next;
            if (!waiting->next) {
                requests->answers_tail = link;
            }
            free(waiting);
            return answer;
        }
    }
    return NULL;
}

bool
requests_forget(struct requests *requests, uint64_t id)
{
    for (struct request **link = &requests->first; *link;
         link = &(*link)->next) {
        if ((*link)->id == id) {
            request_destroy(unlink_request(requests, link));
            return true;
        }
    }

    struct flight *flight = find_flight(requests, id);
    if (flight && !flight->forgotten) {
        flight->forgotten = true;
        requests->n_forgotten++;
    } else if (!flight && id) {
        vif_answer_destroy(requests_take(requests, id));
    }
    return false;
}

size_t
requests_pending(const struct requests *requests)
{
    return (requests->n_unsent + requests->n_flights
            - requests->n_forgotten);
}

void
requests_destroy(struct requests *requests)
{
    struct vif_answer *answer;

    while (requests->first) {
        request_destroy(unlink_request(requests, &requests->first));
    }
    while ((answer = requests_take(requests, 0)) != NULL) {
        vif_answer_destroy(answer);
    }
    free(requests->flights);
    *requests = (struct requests) { .max_in_flight = 0 };
}
