/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLIENT_REQUESTS_H
#define CLIENT_REQUESTS_H 1

/* What was asked and what came back: requests that wait for their turn, those
 * in flight, and answers that nobody has taken yet.  Plain memory; knows
 * neither the socket nor JSON. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <vif/client.h>

/* A request that was not sent yet. */
struct request {
    struct request *next;
    uint64_t id;
    char *line;
    size_t length;
};

/* A request that vifd has. */
struct flight {
    uint64_t id;
    bool forgotten;         /* Nobody wants the answer. */
};

struct waiting_answer {
    struct waiting_answer *next;
    struct vif_answer *answer;
};

/* A zeroed one with 'max_in_flight' set is empty. */
struct requests {
    size_t max_in_flight;

    struct request *first, **tail;  /* By id; 'tail' is NULL if empty. */
    size_t n_unsent;

    struct flight *flights;         /* By id. */
    size_t n_flights, allocated;
    size_t n_forgotten;

    struct waiting_answer *answers, **answers_tail;     /* By arrival. */
};

/* Takes 'line' over.  Ids must grow. */
void requests_put(struct requests *, uint64_t id, char *line, size_t length);

/* The next request to send, now in flight, or NULL if there is none or vifd
 * has as many as it takes.  The caller frees it with request_destroy(). */
struct request *requests_launch(struct requests *);
void request_destroy(struct request *);     /* NULL is allowed. */

/* Takes 'answer' over.  False, and 'answer' stays the caller's, if nothing
 * with its id is in flight. */
bool requests_answered(struct requests *, struct vif_answer *answer);

/* See vif_client_take(), vif_client_forget() and vif_client_pending(). */
struct vif_answer *requests_take(struct requests *, uint64_t id);
bool requests_forget(struct requests *, uint64_t id);
size_t requests_pending(const struct requests *);

void requests_destroy(struct requests *);

#endif /* client/requests.h */
