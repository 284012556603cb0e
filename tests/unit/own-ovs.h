/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_OWN_OVS_H
#define TESTS_OWN_OVS_H 1

/* An ovsdb-server and an ovs-vswitchd of a test program's own, in a directory
 * of their own.  The switch has Open vSwitch's dummy datapath, so that no
 * privilege is needed: an interface of type "dummy" can always be opened, one
 * of type "" only if there is such a link.  Bridges "br-int" and "br-other"
 * are there.
 *
 * And intents with what became of them, and ovs-vsctl as a second opinion. */

#include <stdbool.h>

#include "openvswitch/poll-loop.h"
#include "ovs/ovs.h"
#include "tests/unit/until.h"

#define OWN_OVS_KEY "5d6bc5e8-0000-4000-8000-000000000001"

/* Runs an array of tests with both; returns main()'s value.  Where they are
 * not installed the program says that it skips all. */
#define own_ovs_run(TESTS)                                              \
    (own_ovs_begin() ? cmocka_run_group_tests(TESTS, own_ovs_set_up,    \
                                              own_ovs_tear_down) : 0)
bool own_ovs_begin(void);
int own_ovs_set_up(void **state);
int own_ovs_tear_down(void **state);

extern struct own_ovs {
    char remote[64];            /* "unix:..." */
    int server, vswitchd;       /* Process ids; 0: not running. */
} own_ovs;

void own_ovs_start_server(void);
void own_ovs_start_vswitchd(void);
void own_ovs_kill(int *pid);
void own_ovs_hide_vswitchd(void);       /* Removes its pidfile. */

/* The fixture of a test: a module that is in step with the database.  For
 * cmocka_unit_test_setup_teardown(); '*state' is the struct ovs, with a slot
 * of 300 ms and a minute to hang.  What is stopped (SIGSTOP) is continued,
 * what was killed is started again. */
int own_ovs_open(void **state);
int own_ovs_close(void **state);
struct ovs *own_ovs_create(void);

/* Runs until CONDITION holds. */
#define OVS_UNTIL(OVS, CONDITION)                                       \
    UNTIL(CONDITION, ovs_run(OVS), ovs_wait(OVS))

/* Calls of ovs_config's callbacks, since they were cleared. */
extern struct own_changes {
    unsigned int n, n_all;
    char last[64];              /* "KIND NAME". */
} own_changes;

/* An intent and its verdict.  own_want_init() for port NAME on br-int with
 * type "dummy", iface-id "id-NAME" and port id "port-NAME", within 20 s. */
struct own_want {
    struct ovs_intent intent;
    struct vif_attrs args;
    char port_id[64];
    unsigned int n_done, n_committed;
    struct vif_error *error;
};
void own_want_init(struct own_want *, enum ovs_intent_kind, const char *name);
void own_want_destroy(struct own_want *);

/* Submits, with another 20 s to go; may be done again. */
void own_want_submit(struct ovs *, struct own_want *);

/* Submits, waits for the verdict and returns the error or NULL; it stays
 * 'want's. */
const struct vif_error *own_want_run(struct ovs *, struct own_want *);

/* Plugs and unplugs port 'name'; fail if that fails. */
void own_plug(struct ovs *, const char *name);
void own_unplug(struct ovs *, const char *name);

/* UUID and version of each row of Bridge, Port and Interface: the same text
 * means that no row has been written.  For the caller to free. */
char *own_row_versions(void);

/* The output of ovs-vsctl --no-wait, less the newline at its end, in a buffer
 * that the next call uses again.  Arguments end with NULL.  Fails if the
 * command does. */
const char *own_vsctl(const char *arg, ...) __attribute__((sentinel));
/* Its exit status. */
int own_vsctl_status(const char *arg, ...) __attribute__((sentinel));

#endif /* tests/unit/own-ovs.h */
