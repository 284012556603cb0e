/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration: what a file may say, how a mistake is told, and that
 * what is shipped and documented is what the program has. */

#include <config.h>

#include "agent/config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/cleanup.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/util.h"
#include "util.h"

static struct vif_error *
parse(const char *text, struct config **configp)
{
    return config_parse(text, strlen(text), "f.yaml", configp);
}

static struct config *
parse_well(const char *text)
{
    struct config *config;
    struct vif_error *error = parse(text, &config);

    if (error) {
        fail_msg("%s", error->message);
    }
    return config;
}

static void
test_defaults(void **state OVS_UNUSED)
{
    static const char *const nothing[] = { "", "\n", "# a comment\n", "{}\n",
                                           "mtu:\nbridge: ~\n" };

    for (size_t i = 0; i < ARRAY_SIZE(nothing); i++) {
        struct config *config = parse_well(nothing[i]);

        assert_string_equal(config->bridge, "br-int");
        assert_int_equal(config->mtu, 1500);
        assert_int_equal(config->socket_mode, 0660);
        assert_null(config->socket_group);
        assert_int_equal(config->socket_gid, UINT32_MAX);
        assert_null(config->ovsdb);
        assert_null(config->datapath_type);
        assert_false(config->has_access);
        assert_false(config_may_create_bridge(config, "br-int"));
        config_destroy(config);
    }

    struct config *config;
    assert_null(config_load(NULL, &config));
    assert_int_equal(config->max_queues, 0);
    config_destroy(config);
}

static void
test_every_option(void **state OVS_UNUSED)
{
    struct config *config = parse_well(
        "socket: /tmp/s\n"
        "socket_mode: 0600\n"
        "socket_group: 36\n"
        "journal: /tmp/j.db\n"
        "plugins: /tmp/plugins\n"
        "ovsdb: unix:/tmp/db.sock,tcp:127.0.0.1:6640\n"
        "bridge: br-x\n"
        "datapath_type: netdev\n"
        "create_bridges: [br-x, 'br-t-*']\n"
        "mtu: 9000\n"
        "max_queues: 16\n"
        "device_spec: [{physical_network: a}]\n"
        "default_timeout_ms: 1000\n"
        "shutdown_ms: 0\n"
        "retry_min_ms: 1\n"
        "retry_max_ms: 2\n"
        "stuck_ms: 100\n"
        "max_requests: 5\n"
        "max_ports: 6\n"
        "max_clients: 7\n"
        "memory_limit: 512\n"
        "max_in_flight: 8\n"
        "workers: 2\n"
        "max_workers: 3\n"
        "access: []\n");

    assert_string_equal(config->socket, "/tmp/s");
    assert_int_equal(config->socket_mode, 0600);
    assert_int_equal(config->socket_gid, 36);
    assert_string_equal(config->ovsdb,
                        "unix:/tmp/db.sock,tcp:127.0.0.1:6640");
    assert_string_equal(config->datapath_type, "netdev");
    assert_true(config_may_create_bridge(config, "br-x"));
    assert_true(config_may_create_bridge(config, "br-t-1"));
    assert_false(config_may_create_bridge(config, "br-xx"));
    assert_int_equal(config->max_queues, 16);
    assert_int_equal(config->device_spec.n, 1);
    assert_int_equal(config->shutdown_ms, 0);
    assert_int_equal(config->retry_max_ms, 2);
    assert_int_equal(config->memory_limit, 512);
    assert_int_equal(config->max_in_flight, 8);
    assert_int_equal(config->max_workers, 3);
    assert_true(config->has_access);
    assert_int_equal(config->n_access, 0);
    config_destroy(config);
}

static void
test_refusals(void **state OVS_UNUSED)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        { "mtu: 67\n",
          "f.yaml:1:6: mtu: 67 is not within 68 and 65535" },
        { "\n  mtu: x\n",
          "f.yaml:2:8: mtu: \"x\" is no whole number" },
        { "mtu: -1\n", "f.yaml:1:6: mtu: \"-1\" is no whole number" },
        { "mtu: 1500.0\n",
          "f.yaml:1:6: mtu: \"1500.0\" is no whole number" },
        { "mtu: 99999999999\n",
          "f.yaml:1:6: mtu: \"99999999999\" is no whole number" },
        { "mtu: [1]\n", "f.yaml:1:6: mtu: must be a single value" },
        { "mut: 1500\n", "f.yaml:1:6: mut: is no option of vifd" },
        { "mtu: 1500\nmtu: 1400\n", "f.yaml:2:1: mtu: is there twice" },
        { "socket: vifd.sock\n",
          "f.yaml:1:9: socket: \"vifd.sock\" is no absolute path" },
        { "socket_mode: 0860\n",
          "f.yaml:1:14: socket_mode: \"0860\" is no octal number such as "
          "0660" },
        { "socket_mode: 1777\n",
          "f.yaml:1:14: socket_mode: 1777 is not within 0000 and 0777" },
        { "socket_group: no-such-group-here\n",
          "f.yaml: socket_group: there is no group \"no-such-group-here\"" },
        { "datapath_type: dpdk\n",
          "f.yaml:1:16: datapath_type: \"dpdk\" is none of: system netdev" },
        { "ovsdb: /run/db.sock\n",
          "f.yaml:1:8: ovsdb: \"/run/db.sock\" is no remote such as "
          "unix:FILE or tcp:HOST:PORT" },
        { "create_bridges: {a: b}\n",
          "f.yaml:1:17: create_bridges: must be a list of names" },
        { "retry_min_ms: 10\nretry_max_ms: 9\n",
          "f.yaml: retry_min_ms: 10 is more than retry_max_ms, 9" },
        { "workers: 4\nmax_workers: 3\n",
          "f.yaml: workers: 4 is more than max_workers, 3" },
        { "- mtu\n",
          "f.yaml:1:1: must be a mapping: lines of \"name: value\"" },
        { "mtu: 1500\n---\nmtu: 1400\n",
          "f.yaml:3:1: only one document may be in the file" },
        { "access: root\n", "f.yaml:1:9: access: must be a list of rules" },
        { "access:\n- user: root\n",
          "f.yaml:2:9: access: \"user\" is none of: users groups methods "
          "physical_networks" },
        { "access:\n- users: [no-such-user-here]\n",
          "f.yaml:2:10: access.users: there is no user "
          "\"no-such-user-here\"" },
        { "access:\n- users: [4294967295]\n",
          "f.yaml:2:10: access.users: 4294967295 is no number of a user" },
        { "mtu: 1500\nbridge: 'a\n", "f.yaml:3:1: " },
        { "mtu: \"\\0\"\n", "f.yaml:1:6: mtu: has a null byte" },
        { "bridge: *x\n", "f.yaml:1:9: found undefined alias" },
        { "\xff\xfe\xff", "f.yaml: byte " },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct config *config;
        CLEANUP_ERROR struct vif_error *error = parse(cases[i].text, &config);

        assert_null(config);
        assert_non_null(error);
        if (strncmp(error->message, cases[i].message,
                    strlen(cases[i].message))) {
            fail_msg("case %"PRIuSIZE": %s", i, error->message);
        }
    }
}

static void
test_access(void **state OVS_UNUSED)
{
    struct config *config = parse_well(
        "access:\n"
        "- users: [root, 1005]\n"
        "  groups: [root]\n"
        "  methods: [plug, unplug]\n"
        "  physical_networks: [physnet1, null, 'null']\n"
        "- methods: list\n"
        "- users: []\n");
    const struct config_access_rule *rules = config->access;

    assert_int_equal(config->n_access, 3);
    assert_false(rules[0].anybody);
    assert_int_equal(rules[0].users.n, 2);
    assert_int_equal(rules[0].users.ids[0], 0);
    assert_int_equal(rules[0].users.ids[1], 1005);
    assert_int_equal(rules[0].groups.n, 1);
    assert_int_equal(rules[0].methods.n, 2);
    assert_int_equal(rules[0].physical_networks.n, 3);
    assert_null(rules[0].physical_networks.names[1]);
    assert_string_equal(rules[0].physical_networks.names[2], "null");

    assert_true(rules[1].anybody);
    assert_string_equal(rules[1].methods.names[0], "list");
    assert_string_equal(rules[1].physical_networks.names[0], "*");

    assert_false(rules[2].anybody);
    assert_string_equal(rules[2].methods.names[0], "*");
    config_destroy(config);
}

static void
test_override(void **state OVS_UNUSED)
{
    struct config *config = parse_well("socket: /a\n");

    assert_null(config_override(config, "socket", "/b"));
    assert_string_equal(config->socket, "/b");

    CLEANUP_ERROR struct vif_error *error
        = config_override(config, "journal", "relative");
    assert_string_equal(error->message,
                        "--journal: \"relative\" is no absolute path");
    config_destroy(config);
}

static void
test_frozen(void **state OVS_UNUSED)
{
    struct config *a = parse_well("mtu: 1400\nworkers: 2\n");
    struct config *b = parse_well("workers: 3\novsdb: tcp:127.0.0.1:1\n");
    size_t i = 0;

    assert_string_equal(config_next_frozen(a, b, &i), "ovsdb");
    assert_string_equal(config_next_frozen(a, b, &i), "workers");
    assert_null(config_next_frozen(a, b, &i));
    config_destroy(a);
    config_destroy(b);
}

static void
test_files(void **state OVS_UNUSED)
{
    char path[] = "/tmp/vifd-test-config-XXXXXX";
    int fd = mkstemp(path);
    struct config *config;

    assert_true(fd >= 0);
    CLEANUP_ERROR struct vif_error *missing
        = config_load("/nonexistent/vifd.yaml", &config);
    assert_int_equal(missing->errnum, ENOENT);
    CLEANUP_ERROR struct vif_error *directory = config_load("/tmp", &config);
    assert_string_equal(directory->message, "/tmp: is no regular file");

    assert_int_equal(write(fd, "mtu: 1400\n", 10), 10);
    assert_null(config_load(path, &config));
    assert_int_equal(config->mtu, 1400);
    config_destroy(config);

    assert_int_equal(ftruncate(fd, 2 * 1024 * 1024), 0);
    CLEANUP_ERROR struct vif_error *large = config_load(path, &config);
    assert_non_null(strstr(large->message, "is larger than"));
    close(fd);
    unlink(path);
}

static char *
read_source(const char *name)
{
    CLEANUP_FREE char *path = xasprintf(VIFD_TOP_SRCDIR "/%s", name);
    FILE *file = fopen(path, "r");
    struct ds ds = DS_EMPTY_INITIALIZER;

    assert_non_null(file);
    for (int c; (c = getc(file)) != EOF; ) {
        ds_put_char(&ds, c);
    }
    fclose(file);
    return ds_steal_cstr(&ds);
}

/* etc/vifd.yaml with its options switched on: "#name:" at the start of a line,
 * only the first of each. */
static char *
uncomment(const char *text)
{
    struct ds ds = DS_EMPTY_INITIALIZER;
    size_t n;
    const struct config_option *options = config_options(&n);

    for (size_t i = 0; i < n; i++) {
        CLEANUP_FREE char *start = xasprintf("\n#%s:", options[i].name);
        const char *line = strstr(text, start);

        if (!line) {
            fail_msg("etc/vifd.yaml has nothing about %s", options[i].name);
        } else if (strcmp(options[i].name, "access")) {
            line += 2;
            ds_put_buffer(&ds, line, strcspn(line, "\n") + 1);
        }
    }
    return ds_steal_cstr(&ds);
}

static void
test_shipped_file(void **state OVS_UNUSED)
{
    CLEANUP_FREE char *text = read_source("etc/vifd.yaml");
    CLEANUP_FREE char *options = uncomment(text);
    struct config *config = parse_well(text);
    struct config *shown = parse_well(options);
    struct config *defaults;

    assert_null(config_load(NULL, &defaults));
    assert_string_equal(config->bridge, defaults->bridge);
    assert_int_equal(shown->socket_mode, defaults->socket_mode);
    assert_string_equal(shown->bridge, defaults->bridge);
    assert_null(shown->datapath_type);
    assert_int_equal(shown->create_bridges.n, 0);
    assert_int_equal(shown->mtu, defaults->mtu);
    assert_int_equal(shown->max_queues, defaults->max_queues);
    assert_int_equal(shown->vhostuser_directories.n, 0);
    assert_int_equal(shown->device_spec.n, 0);
    assert_int_equal(shown->default_timeout_ms, defaults->default_timeout_ms);
    assert_int_equal(shown->shutdown_ms, defaults->shutdown_ms);
    assert_int_equal(shown->retry_min_ms, defaults->retry_min_ms);
    assert_int_equal(shown->retry_max_ms, defaults->retry_max_ms);
    assert_int_equal(shown->stuck_ms, defaults->stuck_ms);
    assert_int_equal(shown->max_requests, defaults->max_requests);
    assert_int_equal(shown->max_ports, defaults->max_ports);
    assert_int_equal(shown->max_clients, defaults->max_clients);
    assert_int_equal(shown->max_clients_per_user,
                     defaults->max_clients_per_user);
    assert_int_equal(shown->max_in_flight, defaults->max_in_flight);
    assert_int_equal(shown->memory_limit, defaults->memory_limit);
    assert_int_equal(shown->workers, defaults->workers);
    assert_int_equal(shown->max_workers, defaults->max_workers);
    config_destroy(config);
    config_destroy(shown);
    config_destroy(defaults);
}

/* In the manual each option is an item of its own: ".It Ic name". */
static void
test_manual(void **state OVS_UNUSED)
{
    CLEANUP_FREE char *text = read_source("man/vifd.yaml.5");
    size_t n;
    const struct config_option *options = config_options(&n);

    for (size_t i = 0; i < n; i++) {
        CLEANUP_FREE char *item = xasprintf("\n.It Ic %s\n", options[i].name);

        if (!strstr(text, item)) {
            fail_msg("man/vifd.yaml.5 has nothing about %s", options[i].name);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_every_option),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_access),
        cmocka_unit_test(test_override),
        cmocka_unit_test(test_frozen),
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_shipped_file),
        cmocka_unit_test(test_manual),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
