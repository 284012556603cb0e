/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_OWN_NETNS_H
#define TESTS_OWN_NETNS_H 1

/* A network namespace of a test program's own, and what a stranger on the
 * host may do in it: make links, open taps.  With root's rights or, where
 * users may have namespaces, without; where neither is to be had, the program
 * says that it skips all. */

#include <stdbool.h>

#include "kernel/rtnl.h"

/* Runs an array of tests in the namespace; returns main()'s value. */
#define own_netns_run(TESTS)                                            \
    (own_netns_enter() ? cmocka_run_group_tests(TESTS, NULL, NULL) : 0)
bool own_netns_enter(void);

/* The fixture of a test: a socket in the namespace, which has no link but
 * "lo" before and after each test.  For cmocka_unit_test_setup_teardown();
 * '*state' is the struct rtnl. */
int own_netns_set_up(void **state);
int own_netns_tear_down(void **state);

/* Adds a pair of veth links and returns the first one's index. */
int own_netns_add_veth(struct rtnl *, const char *name, const char *peer);

/* Opens a queue of a tap, making it if there is none, as a guest's process
 * does.  'flags' besides IFF_TAP | IFF_NO_PI.  Returns a descriptor, or a
 * negative errno value. */
int own_netns_open_tap(const char *name, int flags);

/* A plain tap, up, with MTU 1450, alias "test" and MAC fa:16:3e:00:00:01. */
int own_netns_make_tap(struct rtnl *, const char *name, bool multi_queue);

#endif /* tests/unit/own-netns.h */
