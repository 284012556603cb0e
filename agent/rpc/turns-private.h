/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RPC_TURNS_PRIVATE_H
#define RPC_TURNS_PRIVATE_H 1

/* What the files of the turns share: turns.c has the requests and whose turn
 * it is, turns-admit.c who may have how much. */

#include "openvswitch/hmap.h"
#include "openvswitch/list.h"
#include "rpc/pace.h"
#include "rpc/turns.h"

struct rpc_turns {
    struct engine *engine;
    long long (*now_us)(void);

    struct hmap users;          /* struct user. */
    struct hmap stakes;         /* struct stake: ports of those that wait. */
    struct ovs_list ready;      /* struct rpc_queue with waiting tickets. */
    struct ovs_list fresh;      /* struct ticket, the oldest first. */
    struct ovs_list stale;      /* The others that are at the engine. */

    size_t n_waiting, n_running, n_fresh;   /* Ports. */
    size_t n_bytes;
    uint64_t n_tickets, n_refused;
    struct pace pace;
    long long next_deadline_us; /* No ticket waits longer, before it is time
                                 * to look. */
    bool look_again;            /* Something may have its turn now. */
    bool stopped;
};

/* What one user has, through all clients. */
struct user {
    struct hmap_node node;
    uint32_t uid;
    size_t n_queues;
    size_t n, n_bytes;          /* Waiting and running. */
};

struct rpc_queue {
    struct rpc_turns *turns;
    struct user *user;
    bool privileged;
    unsigned int n_refs;
    struct ovs_list node;       /* In turns->ready, if 'waiting' is not
                                 * empty. */
    struct ovs_list waiting;    /* struct ticket. */
    size_t n_fresh;
};

#endif /* rpc/turns-private.h */
