/* SPDX-License-Identifier: Apache-2.0 */
/* The loader and the planner in front of the plugins: which modules are let
 * in, what is said of those that are not, which one is asked for a plan, and
 * that nothing bad that it returns gets through. */

#include <config.h>

#include "plugin/plugins.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/planner.h"
#include "lib/cleanup.h"
#include "openvswitch/vlog.h"
#include "tests/unit/plan-text.h"
#include "util.h"

/* Given a directory with these modules ... */
struct fixture {
    char *dir;
    struct test_host host;
    struct plugins *plugins;
};

static int
set_up(void **state)
{
    struct fixture *f = xzalloc(sizeof *f);
    struct plugins_config config = test_host_config(&f->host);

    f->dir = make_test_dir();
    f->plugins = plugins_create(&config);
    *state = f;
    return 0;
}

static int
tear_down(void **state)
{
    struct fixture *f = *state;

    plugins_destroy(f->plugins);
    remove_test_dir(f->dir);
    free(f->dir);
    free(f);
    return 0;
}

/* 'module' is one of plugin-module.c's; 'name' what its file is called. */
static void
put(struct fixture *f, const char *module, const char *name)
{
    char *path CLEANUP_FREE = xasprintf("%s/%s.so", VIFD_TEST_MODULES,
                                        module);

    copy_file(path, f->dir, name);
}

static void
load(struct fixture *f)
{
    struct vif_error *error CLEANUP_ERROR = plugins_load(f->plugins, f->dir);

    if (error) {
        fail_msg("%s", error->message);
    }
}

/* Looks up the row of 'name'. */
static struct plugin_view
view(const struct fixture *f, const char *name)
{
    struct plugin_view v;

    for (size_t i = 0; i < plugins_count(f->plugins); i++) {
        plugins_get(f->plugins, i, &v);
        if (!strcmp(v.name, name)) {
            return v;
        }
    }
    fail_msg("there is no plugin '%s'", name);
    abort();
}

static void
test_modules_load_in_the_order_of_their_names(void **state)
{
    struct fixture *f = *state;
    struct plugin_view v;

    put(f, "alpha", "20-x.so");
    put(f, "beta", "10-y.so");
    put(f, "alpha", "README");
    put(f, "alpha", ".so");
    load(f);
    assert_int_equal(plugins_count(f->plugins), 2);
    plugins_get(f->plugins, 0, &v);
    assert_string_equal(v.name, "beta");
    assert_null(v.refused);
    assert_non_null(strstr(v.file, "/10-y.so"));
    plugins_get(f->plugins, 1, &v);
    assert_string_equal(v.name, "alpha");
    assert_string_equal(v.summary, "a plugin for tests");
    assert_int_equal(v.vnic_types, 1u << VIF_VNIC_DIRECT);
}

static void
test_each_unfit_module_is_refused_by_name(void **state)
{
    static const struct {
        const char *module, *reason;
    } cases[] = {
        { "abi", "built for plugin ABI 3, and this vifd has 2" },
        { "size", "bytes instead of" },
        { "badname", "its name is not" },
        { "nameless", "its name is not" },
        { "types", "vnic types that do not exist" },
        { "planless", "no plan()" },
        { "no_entry", "exports no vif_plugin_entry" },
        { "unresolved", "vif_plan_of_nobody" },
    };
    struct fixture *f = *state;

    put(f, "beta", "beta.so");
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        char *name CLEANUP_FREE = xasprintf("%s.so", cases[i].module);

        put(f, cases[i].module, name);
    }
    load(f);

    assert_int_equal(plugins_count(f->plugins), 1 + ARRAY_SIZE(cases));
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct plugin_view v = view(f, cases[i].module);

        assert_non_null(v.refused);
        if (!strstr(v.refused, cases[i].reason)) {
            fail_msg("%s: '%s' lacks '%s'", v.name, v.refused,
                     cases[i].reason);
        }
        assert_int_equal(v.vnic_types, 0);
    }
    assert_null(view(f, "beta").refused);
}

static void
test_a_name_can_be_taken_once(void **state)
{
    struct fixture *f = *state;

    put(f, "alpha", "a.so");
    put(f, "alpha", "b.so");
    load(f);
    assert_null(view(f, "alpha").refused);
    assert_non_null(strstr(view(f, "b").refused, "'alpha' is taken by"));
    assert_non_null(strstr(view(f, "b").refused, "/a.so"));
}

static void
test_garbage_is_refused(void **state)
{
    struct fixture *f = *state;

    copy_file("/proc/self/status", f->dir, "text.so");
    copy_file("/dev/null", f->dir, "empty.so");
    char *path CLEANUP_FREE = xasprintf("%s/dir.so", f->dir);
    assert_int_equal(mkdir(path, 0755), 0);
    char *link CLEANUP_FREE = xasprintf("%s/link.so", f->dir);
    put(f, "alpha", "alpha");
    assert_int_equal(symlink("alpha", link), 0);

    load(f);
    assert_int_equal(plugins_count(f->plugins), 4);
    assert_non_null(view(f, "text").refused);
    assert_non_null(view(f, "empty").refused);
    assert_non_null(strstr(view(f, "dir").refused, "not a regular file"));
    assert_non_null(strstr(view(f, "link").refused, "not a regular file"));
}

static void
change_mode(const struct fixture *f, const char *name, mode_t mode)
{
    char *path CLEANUP_FREE = xasprintf("%s/%s", f->dir, name);

    assert_int_equal(chmod(path, mode), 0);
}

static void
test_modules_that_others_may_write_are_refused(void **state)
{
    struct fixture *f = *state;

    put(f, "alpha", "alpha.so");
    put(f, "beta", "beta.so");
    change_mode(f, "alpha.so", 0646);
    change_mode(f, "beta.so", 0444);
    load(f);
    assert_non_null(strstr(view(f, "alpha").refused, "everybody"));
    assert_null(view(f, "beta").refused);
}

/* Unless this program itself is writable by the same group, as after a build
 * with umask 002. */
static void
test_modules_that_a_group_may_write_are_refused(void **state)
{
    struct fixture *f = *state;
    struct stat self, file;

    put(f, "alpha", "alpha.so");
    change_mode(f, "alpha.so", 0664);
    char *path CLEANUP_FREE = xasprintf("%s/alpha.so", f->dir);
    assert_int_equal(stat(path, &file), 0);
    assert_int_equal(stat("/proc/self/exe", &self), 0);
    load(f);

    const char *refused = view(f, "alpha").refused;
    if (self.st_mode & S_IWGRP && self.st_gid == file.st_gid) {
        assert_null(refused);
    } else {
        assert_non_null(strstr(refused, "its group"));
    }
}

static void
test_modules_of_other_users_are_refused(void **state)
{
    struct fixture *f = *state;

    if (geteuid() != 0) {
        print_message("# only root can give a file away\n");
        skip();
    }
    put(f, "alpha", "alpha.so");
    char *path CLEANUP_FREE = xasprintf("%s/alpha.so", f->dir);
    assert_int_equal(chown(path, 65534, 65534), 0);
    load(f);
    assert_non_null(strstr(view(f, "alpha").refused, "another user"));
}

static void
test_directories_are_checked(void **state)
{
    struct fixture *f = *state;

    put(f, "alpha", "alpha.so");
    change_mode(f, ".", 0777);
    expect_error(plugins_load(f->plugins, f->dir), "refused", NULL,
                 "is not safe: everybody may write to it");
    assert_int_equal(plugins_count(f->plugins), 0);

    char *file CLEANUP_FREE = xasprintf("%s/alpha.so", f->dir);
    expect_error(plugins_load(f->plugins, file), "kernel", NULL,
                 "Not a directory");
    char *none CLEANUP_FREE = xasprintf("%s/none", f->dir);
    expect_error(plugins_load(f->plugins, none), "kernel", NULL,
                 "No such file");

    change_mode(f, ".", 0755);
    load(f);
    assert_int_equal(plugins_count(f->plugins), 1);
}

static void
test_more_modules_than_there_can_be(void **state)
{
    struct fixture *f = *state;

    for (int i = 0; i <= 64; i++) {
        char *name CLEANUP_FREE = xasprintf("%d.so", i);

        copy_file("/dev/null", f->dir, name);
    }
    expect_error(plugins_load(f->plugins, f->dir), "refused", NULL,
                 "65 modules");
}

/* Planning. */

static struct vif_plan *
plan(struct fixture *f, const char *json)
{
    struct vif_plan *made;
    struct vif_error *error CLEANUP_ERROR = plan_json(f->plugins, json, NULL,
                                                      &made);
    if (error) {
        fail_msg("%s", error->message);
    }
    return made;
}

static void
expect_refusal(struct fixture *f, const char *json, const char *code,
               const char *where, const char *text)
{
    struct vif_plan *made;

    expect_error(plan_json(f->plugins, json, NULL, &made), code, where, text);
    assert_null(made);
}

static void
test_a_plugin_is_chosen(void **state)
{
    struct fixture *f = *state;

    put(f, "alpha", "alpha.so");
    put(f, "beta", "beta.so");
    load(f);

    struct vif_plan *made = plan(f, "{\"port_id\":\"p\","
                                 "\"vnic_type\":\"direct\"}");
    assert_string_equal(made->plugin, "alpha");
    vif_plan_destroy(made);
    made = plan(f, "{\"port_id\":\"p\",\"vnic_type\":\"vdpa\"}");
    assert_string_equal(made->plugin, "beta");
    assert_string_equal(made->steps[0].object, "beta");
    vif_plan_destroy(made);
    made = plan(f, "{\"port_id\":\"p\",\"vnic_type\":\"direct\","
                "\"plugin\":\"beta\"}");
    assert_string_equal(made->plugin, "beta");
    vif_plan_destroy(made);

    expect_refusal(f, "{\"port_id\":\"p\",\"vnic_type\":\"macvtap\"}",
                   "unsupported", "vnic_type", "no plugin takes vnic_type "
                   "'macvtap'; possible here: direct, vdpa");
    expect_refusal(f, "{\"port_id\":\"p\",\"plugin\":\"gamma\"}",
                   "unsupported", "plugin",
                   "there is no plugin 'gamma'; loaded: alpha, beta");
}

static void
test_refused_plugins_say_why(void **state)
{
    struct fixture *f = *state;

    put(f, "abi", "old.so");
    load(f);
    expect_refusal(f, "{\"port_id\":\"p\",\"plugin\":\"old\"}",
                   "unsupported", "plugin", "plugin 'old' was refused: it "
                   "was built for plugin ABI 3");
    expect_refusal(f, "{\"port_id\":\"p\",\"plugin\":\"new\"}",
                   "unsupported", "plugin", "loaded: none");
    expect_refusal(f, "{\"port_id\":\"p\"}", "unsupported", "vnic_type",
                   "possible here: none");
}

static void
test_what_plugins_return_is_checked(void **state)
{
    struct fixture *f = *state;

    put(f, "bad_plan", "a.so");
    put(f, "lazy", "b.so");
    put(f, "both", "c.so");
    load(f);
    assert_string_equal(view(f, "both").summary, "");

    expect_refusal(f, "{\"port_id\":\"p\",\"plugin\":\"bad-plan\"}",
                   "internal", NULL, "plugin bad-plan: bad plan: step 0");
    expect_refusal(f, "{\"port_id\":\"p\",\"plugin\":\"lazy\"}",
                   "internal", NULL,
                   "plugin lazy: it returned neither a plan nor an error");
    expect_refusal(f, "{\"port_id\":\"p\",\"plugin\":\"both\"}",
                   "refused", NULL, "plugin both: not today");
}

static void
test_the_host_is_what_the_configuration_says_now(void **state)
{
    struct fixture *f = *state;
    const char *json = "{\"port_id\":\"p\",\"vnic_type\":\"vdpa\"}";

    put(f, "beta", "beta.so");
    load(f);
    assert_null(view(f, "beta").missing);
    f->host.ovsdb_ready = 0;
    assert_string_equal(view(f, "beta").missing, "a database");

    struct vif_plan *made = plan(f, json);
    assert_string_equal(vif_attrs_get(&made->steps[0].args, "bridge"),
                        "br-int");
    vif_plan_destroy(made);

    char bridge[] = "br-other";
    struct plugins_config config = test_host_config(&f->host);
    config.bridge = bridge;
    plugins_set_config(f->plugins, &config);
    memset(bridge, 'x', strlen(bridge));
    made = plan(f, json);
    assert_string_equal(vif_attrs_get(&made->steps[0].args, "bridge"),
                        "br-other");
    vif_plan_destroy(made);
}

/* Plans outlive the module that made them. */
static void
test_plans_do_not_point_into_modules(void **state)
{
    struct fixture *f = *state;
    struct plugins_config config = test_host_config(&f->host);

    put(f, "beta", "beta.so");
    load(f);
    struct vif_plan *made = plan(f, "{\"port_id\":\"p\","
                                 "\"vnic_type\":\"vdpa\"}");
    plugins_destroy(f->plugins);
    f->plugins = plugins_create(&config);
    char *text CLEANUP_FREE = plan_to_text(made);
    assert_string_equal(text, "0 kind beta bridge=br-int\n");
    vif_plan_destroy(made);
    plugins_destroy(NULL);
}

int
main(void)
{
#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_modules_load_in_the_order_of_their_names),
        TEST(test_each_unfit_module_is_refused_by_name),
        TEST(test_a_name_can_be_taken_once),
        TEST(test_garbage_is_refused),
        TEST(test_modules_that_others_may_write_are_refused),
        TEST(test_modules_that_a_group_may_write_are_refused),
        TEST(test_modules_of_other_users_are_refused),
        TEST(test_directories_are_checked),
        TEST(test_more_modules_than_there_can_be),
        TEST(test_a_plugin_is_chosen),
        TEST(test_refused_plugins_say_why),
        TEST(test_what_plugins_return_is_checked),
        TEST(test_the_host_is_what_the_configuration_says_now),
        TEST(test_plans_do_not_point_into_modules),
    };
#undef TEST

    vlog_set_levels(NULL, VLF_ANY_DESTINATION, VLL_OFF);
    return cmocka_run_group_tests_name("plugins", tests, NULL, NULL);
}
