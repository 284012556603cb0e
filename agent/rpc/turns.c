/* SPDX-License-Identifier: Apache-2.0 */

/* Requests on their way to the engine.  A request that came is a ticket: it
 * waits in its client's queue, then it is at the engine, at first "fresh",
 * which is when it counts against the others' turns. */

#include <config.h>

#include "rpc/turns-private.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "engine/engine.h"
#include "hash.h"
#include "lib/cleanup.h"
#include "openvswitch/poll-loop.h"
#include "util.h"

#define MAX_FRESH 1024          /* Ports, of all clients. */
#define FRESH_US 1000000

/* That a ticket is about a port. */
struct stake {
    struct hmap_node node;
    const struct ticket *ticket;
    const char *port_id;
};

struct ticket {
    struct ovs_list node;
    struct rpc_queue *queue;
    struct request request;     /* 'bindings' is its own. */
    struct stake *stakes;       /* NULL unless it waits. */
    request_done_cb *done;
    void *aux;
    size_t n_bytes;
    uint64_t number;
    bool is_fresh;
    long long came_us, started_us, deadline_us;
};

/* Tickets. */

static void
ticket_charge(struct ticket *ticket)
{
    struct rpc_turns *turns = ticket->queue->turns;
    struct user *user = ticket->queue->user;

    if (!turns->n_waiting && !turns->n_running) {
        pace_start(&turns->pace, ticket->came_us);
    }
    user->n += ticket->request.n;
    user->n_bytes += ticket->n_bytes;
    turns->n_bytes += ticket->n_bytes;
}

static void
ticket_free(struct ticket *ticket)
{
    struct user *user = ticket->queue->user;

    user->n -= ticket->request.n;
    user->n_bytes -= ticket->n_bytes;
    ticket->queue->turns->n_bytes -= ticket->n_bytes;
    for (size_t i = 0; i < ticket->request.n; i++) {
        vif_binding_destroy(&ticket->request.bindings[i]);
    }
    free(ticket->request.bindings);
    free(ticket->stakes);
    rpc_queue_unref(ticket->queue);
    free(ticket);
}

/* Takes what is in 'request' over. */
static struct ticket *
ticket_create(struct rpc_queue *queue, struct request *request, size_t bytes,
              unsigned int timeout_ms)
{
    struct ticket *ticket = xzalloc(sizeof *ticket);
    size_t n = request->n;

    ticket->queue = rpc_queue_ref(queue);
    ticket->request = *request;
    ticket->request.bindings = xcalloc(MAX(n, 1),
                                       sizeof *ticket->request.bindings);
    for (size_t i = 0; i < n; i++) {
        ticket->request.bindings[i] = request->bindings[i];
        vif_binding_init(&request->bindings[i]);
    }
    ticket->done = request->done;
    ticket->aux = request->aux;
    ticket->n_bytes = bytes;
    ticket->number = queue->turns->n_tickets++;
    ticket->came_us = queue->turns->now_us();
    ticket->deadline_us = ticket->came_us + 1000LL * (
        request->timeout_ms ? request->timeout_ms : timeout_ms);
    ticket_charge(ticket);
    return ticket;
}

/* At the engine. */

static void
ticket_forget_fresh(struct ticket *ticket)
{
    if (ticket->is_fresh) {
        ticket->is_fresh = false;
        ticket->queue->n_fresh -= ticket->request.n;
        ticket->queue->turns->n_fresh -= ticket->request.n;
        ticket->queue->turns->look_again = true;
    }
}

/* The time that it waited here is part of how long it took. */
static void
ticket_call_back(const struct ticket *ticket,
                 const struct port_result *results, size_t n)
{
    long long waited_us = ticket->started_us - ticket->came_us;
    CLEANUP_FREE struct port_result *copy = NULL;

    if (waited_us > 0) {
        copy = xmemdup(results, n * sizeof *results);
        for (size_t i = 0; i < n; i++) {
            copy[i].total_us += waited_us;
        }
        results = copy;
    }
    ticket->done(ticket->aux, results, n);
}

static void
ticket_done(void *ticket_, const struct port_result *results, size_t n)
{
    struct ticket *ticket = ticket_;
    struct rpc_turns *turns = ticket->queue->turns;

    ovs_list_remove(&ticket->node);
    ticket_forget_fresh(ticket);
    turns->n_running -= n;
    pace_note(&turns->pace, n, turns->now_us());
    ticket_call_back(ticket, results, n);
    ticket_free(ticket);
}

/* Hands 'ticket' to the engine.  'now_us' is when it came if it did not
 * wait. */
static void
ticket_start(struct ticket *ticket, long long now_us)
{
    struct rpc_queue *queue = ticket->queue;
    struct rpc_turns *turns = queue->turns;
    size_t n = ticket->request.n;
    struct request request = ticket->request;
    CLEANUP_FREE struct vif_binding *bindings = request.bindings;

    ticket->started_us = now_us;
    if (ticket->started_us > ticket->came_us) {
        long long left_us = ticket->deadline_us - ticket->started_us;

        request.timeout_ms = MAX(left_us / 1000, 1);
    }
    request.done = ticket_done;
    request.aux = ticket;
    ticket->request.bindings = xcalloc(MAX(n, 1), sizeof *bindings);
    for (size_t i = 0; i < n; i++) {
        vif_binding_init(&ticket->request.bindings[i]);
    }
    ovs_list_push_back(&turns->fresh, &ticket->node);
    ticket->is_fresh = true;
    queue->n_fresh += n;
    turns->n_fresh += n;
    turns->n_running += n;
    engine_submit(turns->engine, &request);
}

/* Waiting. */

static uint32_t
hash_port(const char *port_id)
{
    return hash_string(port_id, 0);
}

static void
ticket_wait(struct ticket *ticket)
{
    struct rpc_queue *queue = ticket->queue;
    struct rpc_turns *turns = queue->turns;
    size_t n = ticket->request.n;

    ticket->stakes = xcalloc(MAX(n, 1), sizeof *ticket->stakes);
    for (size_t i = 0; i < n; i++) {
        struct stake *stake = &ticket->stakes[i];

        stake->ticket = ticket;
        stake->port_id = ticket->request.bindings[i].port_id;
        hmap_insert(&turns->stakes, &stake->node, hash_port(stake->port_id));
    }
    if (ovs_list_is_empty(&queue->waiting)) {
        ovs_list_push_back(&turns->ready, &queue->node);
    }
    ovs_list_push_back(&queue->waiting, &ticket->node);
    turns->n_waiting += n;
    turns->next_deadline_us = MIN(turns->next_deadline_us,
                                  ticket->deadline_us);
}

static void
ticket_wait_no_more(struct ticket *ticket)
{
    struct rpc_queue *queue = ticket->queue;
    struct rpc_turns *turns = queue->turns;

    for (size_t i = 0; i < ticket->request.n; i++) {
        hmap_remove(&turns->stakes, &ticket->stakes[i].node);
    }
    ovs_list_remove(&ticket->node);
    if (ovs_list_is_empty(&queue->waiting)) {
        ovs_list_remove(&queue->node);
    }
    turns->n_waiting -= ticket->request.n;
    turns->look_again = true;
}

/* Ends 'ticket', which waits, because of 'error', which is taken over. */
static void
ticket_refuse(struct ticket *ticket, struct vif_error *error)
{
    const struct engine *engine = ticket->queue->turns->engine;
    size_t n = ticket->request.n;
    CLEANUP_FREE struct port_result *results = xcalloc(n, sizeof *results);

    ticket_wait_no_more(ticket);
    ticket->started_us = ticket->queue->turns->now_us();
    for (size_t i = 0; i < n; i++) {
        struct engine_port_view view;
        const char *id = ticket->request.bindings[i].port_id;

        results[i] = (struct port_result) {
            .port_id = id,
            .outcome = OUTCOME_FAILED_CLEAN,
            .error = error,
            .state = (engine_find_port(engine, id, &view) ? view.state
                      : PORT_GONE),
        };
    }
    ticket_call_back(ticket, results, n);
    ticket_free(ticket);
    vif_error_destroy(error);
}

/* The ticket that waits for port 'port_id', came before 'ticket' and is the
 * next of these; NULL if there is none. */
static const struct ticket *
find_earlier(const struct ticket *ticket, const char *port_id)
{
    const struct ticket *found = NULL;
    const struct stake *stake;

    HMAP_FOR_EACH_WITH_HASH (stake, node, hash_port(port_id),
                             &ticket->queue->turns->stakes) {
        if (!strcmp(stake->port_id, port_id)
            && stake->ticket->number < ticket->number
            && (!found || stake->ticket->number < found->number)) {
            found = stake->ticket;
        }
    }
    return found;
}

/* Whether no other ticket comes first. */
static bool
ticket_is_next(const struct ticket *ticket)
{
    for (size_t i = 0; i < ticket->request.n; i++) {
        if (find_earlier(ticket, ticket->request.bindings[i].port_id)) {
            return false;
        }
    }
    return true;
}

static bool
brings_port(enum request_kind kind)
{
    return (kind == REQUEST_PLUG || kind == REQUEST_ACTIVATE
            || kind == REQUEST_REPAIR);
}

/* A port that is to be unplugged is not brought any more. */
static void
supersede(const struct ticket *ticket)
{
    const char *port_id = ticket->request.bindings[0].port_id;
    const struct rpc_turns *turns = ticket->queue->turns;
    struct ticket *earlier;

    do {
        const struct stake *stake;

        earlier = NULL;
        HMAP_FOR_EACH_WITH_HASH (stake, node, hash_port(port_id),
                                 &turns->stakes) {
            if (!strcmp(stake->port_id, port_id)
                && brings_port(stake->ticket->request.kind)) {
                earlier = CONST_CAST(struct ticket *, stake->ticket);
            }
        }
        if (earlier) {
            ticket_refuse(earlier, vif_error_create(
                VIF_ERR_SUPERSEDED, "port %s was unplugged meanwhile",
                port_id));
        }
    } while (earlier);
}

/* Whose turn it is. */

/* Whether the engine takes one more of 'queue' now: nobody gets more places
 * than are left for the others. */
static bool
queue_has_turn(const struct rpc_queue *queue)
{
    const struct rpc_turns *turns = queue->turns;

    return (turns->stopped
            || (turns->n_fresh < MAX_FRESH
                && (!queue->n_fresh
                    || queue->n_fresh < MAX_FRESH - turns->n_fresh)));
}

void
rpc_queue_submit(struct rpc_queue *queue, struct request *request,
                 size_t bytes, unsigned int timeout_ms)
{
    struct ticket *ticket = ticket_create(queue, request, bytes, timeout_ms);

    if (ticket->request.kind == REQUEST_UNPLUG) {
        supersede(ticket);
    }
    if (ovs_list_is_empty(&queue->waiting) && queue_has_turn(queue)
        && ticket_is_next(ticket)) {
        ticket_start(ticket, ticket->came_us);
    } else {
        ticket_wait(ticket);
    }
}

/* One round: each queue gets one through, if it has its turn.  Returns whether
 * any did. */
static bool
run_round(struct rpc_turns *turns)
{
    struct ovs_list round = OVS_LIST_INITIALIZER(&round);
    struct rpc_queue *queue;
    bool any = false;

    ovs_list_push_back_all(&round, &turns->ready);
    while (!ovs_list_is_empty(&round)) {
        queue = CONTAINER_OF(ovs_list_pop_front(&round), struct rpc_queue,
                             node);
        ovs_list_push_back(&turns->ready, &queue->node);

        struct ticket *ticket = CONTAINER_OF(ovs_list_front(&queue->waiting),
                                             struct ticket, node);
        if (queue_has_turn(queue) && ticket_is_next(ticket)) {
            ticket_wait_no_more(ticket);
            ticket_start(ticket, turns->now_us());
            any = true;
        }
    }
    return any;
}

/* What the engine has had for a while is held up by something. */
static void
run_fresh(struct rpc_turns *turns, long long now)
{
    struct ticket *ticket;

    LIST_FOR_EACH_SAFE (ticket, node, &turns->fresh) {
        if (ticket->started_us + FRESH_US > now) {
            break;
        }
        ticket_forget_fresh(ticket);
        ovs_list_remove(&ticket->node);
        ovs_list_push_back(&turns->stale, &ticket->node);
    }
}

/* The first ticket of 'queue' whose time is over; NULL if there is none.
 * Notes when the next one's is. */
static struct ticket *
find_overdue(struct rpc_turns *turns, const struct rpc_queue *queue,
             long long now)
{
    struct ticket *ticket;

    LIST_FOR_EACH (ticket, node, &queue->waiting) {
        if (ticket->deadline_us <= now) {
            return ticket;
        }
        turns->next_deadline_us = MIN(turns->next_deadline_us,
                                      ticket->deadline_us);
    }
    return NULL;
}

static void
run_deadlines(struct rpc_turns *turns, long long now)
{
    struct ovs_list round = OVS_LIST_INITIALIZER(&round);

    if (now < turns->next_deadline_us) {
        return;
    }
    turns->next_deadline_us = LLONG_MAX;
    ovs_list_push_back_all(&round, &turns->ready);
    while (!ovs_list_is_empty(&round)) {
        struct rpc_queue *queue = CONTAINER_OF(ovs_list_front(&round),
                                               struct rpc_queue, node);
        struct ticket *ticket = find_overdue(turns, queue, now);

        if (ticket) {
            ticket_refuse(ticket, vif_error_with_retry(
                vif_error_create(VIF_ERR_DEADLINE, "the deadline passed "
                                 "while the request waited for its turn"),
                pace_estimate_ms(&turns->pace, turns->n_waiting + 1, now)));
        } else {
            ovs_list_remove(&queue->node);
            ovs_list_push_back(&turns->ready, &queue->node);
        }
    }
}

void
rpc_turns_run(struct rpc_turns *turns)
{
    long long now = turns->now_us();

    run_fresh(turns, now);
    run_deadlines(turns, now);
    if (turns->look_again) {
        turns->look_again = false;
        while (run_round(turns)) {
            continue;
        }
    }
}

void
rpc_turns_wait(struct rpc_turns *turns)
{
    if (ovs_list_is_empty(&turns->ready)) {
        return;
    }

    long long next = turns->next_deadline_us;
    if (!ovs_list_is_empty(&turns->fresh)) {
        const struct ticket *oldest = CONTAINER_OF(
            ovs_list_front(&turns->fresh), struct ticket, node);

        next = MIN(next, oldest->started_us + FRESH_US);
    }
    poll_timer_wait_until(next / 1000 + 1);
    if (turns->look_again) {
        poll_immediate_wake();
    }
}

void
rpc_turns_stop(struct rpc_turns *turns)
{
    turns->stopped = turns->look_again = true;
}

/* Beginning and end. */

struct rpc_turns *
rpc_turns_create(struct engine *engine, long long (*now_us)(void))
{
    struct rpc_turns *turns = xzalloc(sizeof *turns);

    turns->engine = engine;
    turns->now_us = now_us;
    hmap_init(&turns->users);
    hmap_init(&turns->stakes);
    ovs_list_init(&turns->ready);
    ovs_list_init(&turns->fresh);
    ovs_list_init(&turns->stale);
    turns->next_deadline_us = LLONG_MAX;
    pace_start(&turns->pace, now_us());
    return turns;
}

static void
free_tickets(struct ovs_list *tickets)
{
    struct ticket *ticket;

    LIST_FOR_EACH_POP (ticket, node, tickets) {
        ticket_free(ticket);
    }
}

void
rpc_turns_destroy(struct rpc_turns *turns)
{
    if (!turns) {
        return;
    }
    while (!ovs_list_is_empty(&turns->ready)) {
        struct rpc_queue *queue = CONTAINER_OF(
            ovs_list_pop_front(&turns->ready), struct rpc_queue, node);

        rpc_queue_ref(queue);
        free_tickets(&queue->waiting);
        rpc_queue_unref(queue);
    }
    free_tickets(&turns->fresh);
    free_tickets(&turns->stale);
    hmap_destroy(&turns->users);
    hmap_destroy(&turns->stakes);
    free(turns);
}

void
rpc_turns_get_stats(const struct rpc_turns *turns,
                    struct rpc_turns_stats *stats)
{
    *stats = (struct rpc_turns_stats) {
        .n_waiting = turns->n_waiting,
        .n_running = turns->n_running,
        .n_bytes = turns->n_bytes,
        .n_refused = turns->n_refused,
    };
}
