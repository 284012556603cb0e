/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_UNIT_RPC_GUEST_H
#define TESTS_UNIT_RPC_GUEST_H 1

/* A caller of vifd's methods, in a world of its own, and what it was sent. */

#include "rpc/call.h"
#include "tests/unit/rpc-world.h"

struct guest {
    struct rpc_caller caller;
    struct json *sent[64];
    size_t n_sent;
};

void guest_init(struct guest *, const struct world *, struct rpc_peer);
void guest_destroy(struct guest *);
void guest_forget(struct guest *);          /* What it was sent so far. */

/* Says 'line', and does not wait. */
void say(struct guest *, const char *line);

/* Calls and waits for the one answer, which lives until the next call. */
const struct json *ask(struct world *, struct guest *, const char *method,
                       const char *params);

/* Fails unless the value at 'PATH' of an answer is the text 'WANTED'. */
#define expect_at(JSON, PATH, WANTED) \
    assert_string_equal(json_at(JSON, PATH), WANTED)

/* Fails unless the answer is an error whose message has 'text' in it. */
void expect_says(const struct json *answer, const char *text);

/* Set-up and tear-down of a test: '*state' is a struct world, in which user
 * 1000 has one physical network, 1001 may look only, and 1002 may do all. */
int guests_start(void **state);
int guests_stop(void **state);

#endif /* tests/unit/rpc-guest.h */
