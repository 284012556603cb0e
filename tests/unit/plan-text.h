/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_UNIT_PLAN_TEXT_H
#define TESTS_UNIT_PLAN_TEXT_H 1

/* Plans as text, for tests that say what a plan must be, and modules copied
 * to where a test wants them. */

struct device_host;
struct plugins;
struct plugins_config;
struct vif_error;
struct vif_plan;

/* One line for each step, claim, detail and warning:
 *
 *     0 ovs-bridge br-int shared create=false
 *     2 ovs-port tap1 after=0,1 late:ifindex=1.ifindex bridge=br-int
 *     claim netdev:tap1
 *     mtu=1500
 *     ofport=2.ofport
 *     warning: ...
 *
 * The caller frees. */
char *plan_to_text(const struct vif_plan *);

/* Plans the binding that 'json' says.  Fails the test if that is none. */
struct vif_error *plan_json(struct plugins *, const char *json,
                            const struct vif_plan *previous,
                            struct vif_plan **planp);

/* Fails the test unless 'error' has 'code_name', 'where' (or NULL) and
 * 'text'; destroys it. */
void expect_error(struct vif_error *error, const char *code_name,
                  const char *where, const char *text);

/* A configuration: bridge br-int, which exists with the default datapath type,
 * like br-old, of type netdev; OVSDB answers; vifd may make what starts with
 * "br-new"; MTU 1500; no other limit; devices that the test may tell. */
struct test_host {
    int ovsdb_ready;            /* 1 unless the test changes it. */
    const struct device_host *devices;  /* NULL: not read yet. */
};
struct plugins_config test_host_config(struct test_host *);

/* A directory of the test's own, and what brings files there. */
char *make_test_dir(void);
void copy_file(const char *from, const char *dir, const char *name);
void remove_test_dir(const char *dir);

/* Loads the module 'name' of this build, and no other. */
void load_built_plugin(struct plugins *, const char *name);

#endif /* plan-text.h */
