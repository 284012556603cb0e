/* SPDX-License-Identifier: Apache-2.0 */

/* What a client asks for, from the line to what the engine did about it, with
 * the real engine on a host that does what it is told.  A line gets at most
 * one answer, which is the JSON of a result or an error, and at the end every
 * port can be unplugged. */

#include <config.h>

#include <stdlib.h>

#include "openvswitch/json.h"
#include "openvswitch/vlog.h"
#include "rpc/call.h"
#include "rpc/line.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/rpc-world.h"
#include "util.h"

#define MAX_LINES 16
#define MAX_PORTS 64        /* As many as the world can hold. */

struct guest {
    struct rpc_caller caller;
    size_t n_answers;
};

static void
take_answer(struct rpc_caller *caller, struct json *message)
{
    struct guest *guest = CONTAINER_OF(caller, struct guest, caller);
    char *text = json_to_string(message, 0);

    ovs_assert(message->type == JSON_OBJECT);
    ovs_assert(shash_find(json_object(message), "result")
               || shash_find(json_object(message), "error"));
    guest->n_answers++;
    free(text);
    json_destroy(message);
}

static void
say(struct guest *guest, struct fuzz_input line)
{
    char *text = xmemdup0((const char *) line.bytes, line.n);
    size_t before = guest->n_answers;

    rpc_caller_line(&guest->caller, text, line.n);
    ovs_assert(guest->n_answers - before <= 1);
    free(text);
}

static void
unplug_port(const char *port_id, struct guest *guest, struct world *world)
{
    struct json *params = json_object_create();
    struct json *line = json_object_create();

    json_object_put_string(params, "port_id", port_id);
    json_object_put_string(line, "jsonrpc", "2.0");
    json_object_put(line, "id", json_integer_create(1));
    json_object_put_string(line, "method", "unplug");
    json_object_put(line, "params", params);

    char *text = json_to_string(line, 0);
    size_t before = guest->n_answers;

    rpc_caller_line(&guest->caller, text, strlen(text));
    world_run(world);
    ovs_assert(guest->n_answers == before + 1);
    json_destroy(line);
    free(text);
}

struct port_ids {
    char *ids[MAX_PORTS];
    size_t n;
};

static void
note_port(const struct engine_port_view *view, void *ids_)
{
    struct port_ids *ids = ids_;

    if (ids->n < ARRAY_SIZE(ids->ids)) {
        ids->ids[ids->n++] = xstrdup(view->port_id);
    }
}

static void
unplug_all(struct guest *guest, struct world *world)
{
    struct port_ids ids = { .n = 0 };

    engine_for_each_port(world->engine, note_port, &ids);
    for (size_t i = 0; i < ids.n; i++) {
        unplug_port(ids.ids[i], guest, world);
        free(ids.ids[i]);
    }
    ids.n = 0;
    engine_for_each_port(world->engine, note_port, &ids);
    ovs_assert(!ids.n);
}

static void
guest_init(struct guest *guest, const struct world *world,
           struct rpc_peer peer)
{
    guest->n_answers = 0;
    rpc_caller_init(&guest->caller, &world->host, &peer, take_answer);
}

/* The first byte of the input says who calls; then come lines. */
int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct fuzz_input input = { bytes, n };
    bool is_root = fuzz_take_byte(&input) != 'u';
    struct guest guest, root;
    struct world world;
    size_t n_lines = 0;

    vlog_set_levels(NULL, VLF_ANY_DESTINATION, VLL_OFF);
    world_init(&world, "access: [{users: [1000], physical_networks: [a]}]");
    world.broken = "tapbroken";
    guest_init(&guest, &world, is_root ? peer_root() : peer_user(1000));
    guest_init(&root, &world, peer_root());

    for (; n_lines < MAX_LINES && input.n; n_lines++) {
        say(&guest, fuzz_take_until(&input, '\n'));
        world_run(&world);
    }
    ovs_assert(guest.n_answers <= n_lines);
    unplug_all(&root, &world);

    rpc_caller_destroy(&guest.caller);
    rpc_caller_destroy(&root.caller);
    world_destroy(&world);
    return 0;
}
