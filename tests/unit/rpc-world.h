/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_RPC_WORLD_H
#define TESTS_RPC_WORLD_H 1

/* What the methods act upon, for their tests: the real engine on a host that
 * does what it is told.  Every port is one step of kind "thing" that succeeds
 * at once, unless the world holds it or makes it fail. */

#include <stdbool.h>

#include "engine/engine.h"
#include "engine/executor.h"
#include "engine/journal.h"
#include "engine/planner.h"
#include "inventory/claims.h"
#include "openvswitch/list.h"
#include "rpc/call.h"
#include "rpc/session.h"

struct inventory;
struct json;

struct world {
    struct executor executor;
    struct journal journal;
    struct planner planner;
    struct engine *engine;
    struct config *config;
    struct rpc_host host;
    struct ovs_list calls;
    struct rpc_traffic traffic;

    bool hold;                  /* Tasks stay under way. */
    const char *broken;         /* Object whose apply() fails. */
    struct step_task *held[4096];
    size_t n_held;
    journal_done_cb *commit_done;   /* A commit under way. */
    void *commit_aux;

    bool commit_fails;              /* The next one. */

    const struct inventory *inventory;  /* NULL: there is no device. */
    struct device_claims claims;    /* The test's, and the notes. */

    rpc_reload_cb *reload_done;     /* A reload under way. */
    void *reload_aux;
};

/* 'yaml' is the configuration. */
void world_init(struct world *, const char *yaml);
void world_destroy(struct world *);

/* Runs the engine until it rests. */
void world_run(struct world *);

/* So much time has passed for the engine and the turns. */
void world_pass_ms(long long ms);

/* Lets go what was held, and holds no more. */
void world_release(struct world *);

/* Peers, to be given away. */
struct rpc_peer peer_root(void);
struct rpc_peer peer_user(uint32_t uid);

/* The member at 'path', such as "result.ports.0.port_id", as text: a string
 * as it is, everything else as JSON; "absent" if there is none.  Static
 * buffer. */
const char *json_at(const struct json *, const char *path);

#endif /* rpc-world.h */
