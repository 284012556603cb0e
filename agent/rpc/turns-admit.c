/* SPDX-License-Identifier: Apache-2.0 */

/* Users, their queues, and whether there is room for more of theirs. */

#include <config.h>

#include "rpc/turns-private.h"

#include <inttypes.h>
#include <stdlib.h>

#include "hash.h"
#include "util.h"

#define MAX_BYTES (64 * 1024 * 1024)

/* Of all places, this part is for root and vifd's own user alone. */
#define RESERVE 16

/* Users and queues. */

static struct user *
user_get(struct rpc_turns *turns, uint32_t uid)
{
    struct user *user;

    HMAP_FOR_EACH_WITH_HASH (user, node, hash_int(uid, 0), &turns->users) {
        if (user->uid == uid) {
            return user;
        }
    }
    user = xzalloc(sizeof *user);
    user->uid = uid;
    hmap_insert(&turns->users, &user->node, hash_int(uid, 0));
    return user;
}

struct rpc_queue *
rpc_queue_create(struct rpc_turns *turns, uint32_t uid, bool privileged)
{
    struct rpc_queue *queue = xzalloc(sizeof *queue);

    queue->turns = turns;
    queue->user = user_get(turns, uid);
    queue->user->n_queues++;
    queue->privileged = privileged;
    queue->n_refs = 1;
    ovs_list_init(&queue->waiting);
    return queue;
}

struct rpc_queue *
rpc_queue_ref(struct rpc_queue *queue)
{
    queue->n_refs++;
    return queue;
}

void
rpc_queue_unref(struct rpc_queue *queue)
{
    if (--queue->n_refs == 0) {
        struct user *user = queue->user;

        if (--user->n_queues == 0) {
            hmap_remove(&queue->turns->users, &user->node);
            free(user);
        }
        free(queue);
    }
}

/* Admission. */

/* Whether somebody who has 'own' of 'used' may have 'n' more of 'max'. */
static bool
fits(const struct rpc_queue *queue, size_t n, size_t own, size_t used,
     size_t max)
{
    size_t available = queue->privileged ? max : max - max / RESERVE;

    if (used + n > available) {
        return false;
    }
    return (queue->privileged || !own
            || own + n <= 3 * (available - used - n));
}

struct vif_error *
rpc_queue_admit(struct rpc_queue *queue, size_t n, size_t bytes,
                size_t max_requests)
{
    struct rpc_turns *turns = queue->turns;
    const struct user *user = queue->user;
    size_t used = turns->n_waiting + turns->n_running;

    if (n > max_requests) {
        return vif_error_create(VIF_ERR_REFUSED, "%"PRIuSIZE" ports in one "
                                "request are more than max_requests, "
                                "%"PRIuSIZE, n, max_requests);
    }

    bool few = fits(queue, n, user->n, used, max_requests);
    if (few && fits(queue, bytes, user->n_bytes, turns->n_bytes, MAX_BYTES)) {
        return NULL;
    }
    turns->n_refused++;
    return vif_error_with_retry(
        vif_error_create(VIF_ERR_BUSY, few ? "requests of %"PRIuSIZE" bytes "
                         "are under way, %"PRIuSIZE" of them of user "
                         "%"PRIu32", which is too much at once"
                         : "%"PRIuSIZE" requests are under way, %"PRIuSIZE
                         " of them of user %"PRIu32", as many as are allowed",
                         few ? turns->n_bytes : used,
                         few ? user->n_bytes : user->n, user->uid),
        pace_estimate_ms(&turns->pace, MAX(used / 2, 1), turns->now_us()));
}
