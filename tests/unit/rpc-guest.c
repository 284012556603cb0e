/* SPDX-License-Identifier: Apache-2.0 */
/* See rpc-guest.h. */

#include <config.h>

#include "tests/unit/rpc-guest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/cleanup.h"
#include "openvswitch/json.h"
#include "util.h"

static void
guest_send(struct rpc_caller *caller, struct json *message)
{
    struct guest *guest = CONTAINER_OF(caller, struct guest, caller);

    assert_true(guest->n_sent < ARRAY_SIZE(guest->sent));
    guest->sent[guest->n_sent++] = message;
}

void
guest_forget(struct guest *guest)
{
    for (size_t i = 0; i < guest->n_sent; i++) {
        json_destroy(guest->sent[i]);
    }
    guest->n_sent = 0;
}

void
guest_init(struct guest *guest, const struct world *world,
           struct rpc_peer peer)
{
    guest->n_sent = 0;
    rpc_caller_init(&guest->caller, &world->host, &peer, guest_send);
}

void
guest_destroy(struct guest *guest)
{
    guest_forget(guest);
    rpc_caller_destroy(&guest->caller);
}

void
say(struct guest *guest, const char *line)
{
    rpc_caller_line(&guest->caller, line, strlen(line));
}

const struct json *
ask(struct world *world, struct guest *guest, const char *method,
    const char *params)
{
    CLEANUP_FREE char *line = xasprintf(
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%s\",\"params\":%s}",
        method, params);

    guest_forget(guest);
    say(guest, line);
    world_run(world);
    assert_int_equal(guest->n_sent, 1);
    return guest->sent[0];
}

void
expect_says(const struct json *answer, const char *text)
{
    if (!strstr(json_at(answer, "error.message"), text)) {
        fail_msg("\"%s\" is not in \"%s\"", text,
                 json_at(answer, "error.message"));
    }
}

int
guests_start(void **state)
{
    struct world *world = xmalloc(sizeof *world);

    world_init(world,
               "access:\n"
               "- users: [1000]\n"
               "  physical_networks: [physnet1]\n"
               "- users: [1001]\n"
               "  methods: [show, list, watch, check]\n"
               "- users: [1002]\n"
               "device_spec: [{address: '03:01.0', physical_network: "
               "physnet1}]\n");
    *state = world;
    return 0;
}

int
guests_stop(void **state)
{
    world_destroy(*state);
    free(*state);
    return 0;
}
