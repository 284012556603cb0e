/* SPDX-License-Identifier: Apache-2.0 */
/* The answer to "capabilities", on a host whose plugins are chosen here and
 * whose Open vSwitch does not answer. */

#include <config.h>

#include "report/capabilities.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include <cmocka.h>

#include <vif/binding.h>

#include "agent/config.h"
#include "binding/json-array.h"
#include "inventory/claims.h"
#include "lib/cleanup.h"
#include "openvswitch/json.h"
#include "openvswitch/vlog.h"
#include "ovs/ovs.h"
#include "plugin/plugins.h"
#include "steps/step.h"
#include "tests/unit/plan-text.h"
#include "util.h"

struct fixture {
    char *dir;
    struct test_host host;
    struct plugins *plugins;
    struct config *config;
    struct ovs *ovs;
};

static void
put(struct fixture *f, const char *module)
{
    char *name CLEANUP_FREE = xasprintf("%s.so", module);
    char *path CLEANUP_FREE = xasprintf("%s/%s", VIFD_TEST_MODULES, name);

    copy_file(path, f->dir, name);
}

/* Given the plugins alpha (direct), beta (direct, vdpa; wants OVSDB) and one
 * of another ABI. */
static int
set_up(void **state)
{
    struct fixture *f = xzalloc(sizeof *f);
    struct plugins_config config = test_host_config(&f->host);

    f->dir = make_test_dir();
    put(f, "abi");
    put(f, "alpha");
    put(f, "beta");
    f->plugins = plugins_create(&config);
    assert_null(plugins_load(f->plugins, f->dir));
    assert_null(config_load(NULL, &f->config));

    char *remote CLEANUP_FREE = xasprintf("unix:%s/nobody.sock", f->dir);
    f->ovs = ovs_create(&(struct ovs_config) {
        .remote = remote,
        .key = "0f1aa4b6-15a5-4a4b-8a3c-2e3a5c9b1f00",
        .slot_ms = 1000,
    });
    *state = f;
    return 0;
}

static int
tear_down(void **state)
{
    struct fixture *f = *state;

    ovs_destroy(f->ovs);
    config_destroy(f->config);
    plugins_destroy(f->plugins);
    remove_test_dir(f->dir);
    free(f->dir);
    free(f);
    return 0;
}

/* The member of 'json' at the dotted 'path'; a number is a place in an
 * array. */
static const struct json *
at(const struct json *json, const char *path)
{
    char *copy CLEANUP_FREE = xstrdup(path);
    char *save = NULL;

    for (char *name = strtok_r(copy, ".", &save); name;
         name = strtok_r(NULL, ".", &save)) {
        if (json->type == JSON_ARRAY) {
            size_t i = atoi(name);

            assert_true(i < json_array_size(json));
            json = json_array_at(json, i);
        } else {
            assert_int_equal(json->type, JSON_OBJECT);
            json = shash_find_data(json_object(json), name);
        }
        if (!json) {
            fail_msg("there is no '%s' of %s", name, path);
            abort();
        }
    }
    return json;
}

static void
expect(const struct json *json, const char *path, const char *wanted)
{
    char *text CLEANUP_FREE = json_to_string(at(json, path), JSSF_SORT);

    if (strcmp(text, wanted)) {
        fail_msg("%s is %s instead of %s", path, text, wanted);
    }
}

static struct json *
look(const struct fixture *f)
{
    CLEANUP_DEVICE_CLAIMS struct device_claims drained = { NULL, 0, 0 };

    device_claims_put(&drained, "drain/pci/0000:03:00.0", "now");
    device_claims_put(&drained, "pci/0000:03:01.0", "p");
    return capabilities_to_json(f->config, f->plugins, f->ovs, &drained);
}

static void
test_vnic_types_say_what_is_missing(void **state)
{
    struct fixture *f = *state;
    struct json *c = look(f);

    assert_int_equal(shash_count(json_object(at(c, "vnic_types"))),
                     VIF_N_VNIC_TYPES);
    expect(c, "vnic_types.direct",
           "{\"available\":true,\"plugins\":[\"alpha\",\"beta\"]}");
    expect(c, "vnic_types.vdpa",
           "{\"available\":true,\"plugins\":[\"beta\"]}");
    expect(c, "vnic_types.normal", "{\"available\":false,"
           "\"missing\":\"no plugin for it is loaded\",\"plugins\":[]}");
    json_destroy(c);

    f->host.ovsdb_ready = 0;
    c = look(f);
    expect(c, "vnic_types.direct.available", "true");
    expect(c, "vnic_types.vdpa", "{\"available\":false,"
           "\"missing\":\"plugin beta: a database\","
           "\"plugins\":[\"beta\"]}");
    json_destroy(c);
}

static void
test_plugins_are_listed_with_the_refused(void **state)
{
    struct fixture *f = *state;
    struct json *c = look(f);

    expect(c, "plugins.0.name", "\"abi\"");
    expect(c, "plugins.0.loaded", "false");
    expect(c, "plugins.0.refused", "\"it was built for plugin ABI 3, and "
           "this vifd has 2\"");
    expect(c, "plugins.0.vnic_types", "[]");
    expect(c, "plugins.1.name", "\"alpha\"");
    expect(c, "plugins.1.loaded", "true");
    expect(c, "plugins.1.refused", "null");
    expect(c, "plugins.1.missing", "null");
    expect(c, "plugins.1.vnic_types", "[\"direct\"]");
    expect(c, "plugins.2.vnic_types", "[\"direct\",\"vdpa\"]");
    expect(c, "plugin_abi", "2");
    json_destroy(c);
}

static void
test_the_host_is_described(void **state)
{
    struct fixture *f = *state;
    struct json *c = look(f);
    struct utsname name;
    size_t n_steps;

    expect(c, "ovs.health", "\"disconnected\"");
    expect(c, "ovs.version", "null");
    expect(c, "ovs.dpdk", "null");
    expect(c, "ovs.datapath_types", "[]");
    expect(c, "ovs.transactions", "0");

    assert_int_equal(uname(&name), 0);
    char *release CLEANUP_FREE = xasprintf("\"%s\"", name.release);
    expect(c, "kernel.release", release);
    at(c, "kernel.tun");

    const struct step_class *const *classes = step_classes(&n_steps);
    assert_int_equal(json_array_size(at(c, "steps")), n_steps);
    char *kind CLEANUP_FREE = xasprintf("\"%s\"", classes[0]->kind);
    expect(c, "steps.0.kind", kind);

    char *ports CLEANUP_FREE = xasprintf("%u", f->config->max_ports);
    expect(c, "limits.ports", ports);
    expect(c, "limits.queues", "256");
    json_destroy(c);
}

int
main(void)
{
#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_vnic_types_say_what_is_missing),
        TEST(test_plugins_are_listed_with_the_refused),
        TEST(test_the_host_is_described),
    };
#undef TEST

    vlog_set_levels(NULL, VLF_ANY_DESTINATION, VLL_OFF);
    return cmocka_run_group_tests_name("capabilities", tests, NULL, NULL);
}
