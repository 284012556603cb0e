/* SPDX-License-Identifier: Apache-2.0 */
/* tests/plugin-example as its author would have it: vifd's headers are
 * installed, the plugin is built by its own Makefile against them and nothing
 * else, put beside vifd's own, loaded, and asked for a plan.  Built against
 * headers of another ABI it is refused by name. */

#include <config.h>

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/cleanup.h"
#include "openvswitch/vlog.h"
#include "plugin/plugins.h"
#include "tests/unit/plan-text.h"
#include "util.h"

#include <vif/plan.h>

#define EXAMPLE VIFD_TOP_SRCDIR "/tests/plugin-example"

static char *dir;               /* DESTDIR, and the example's copy. */

static char *
read_file(const char *path)
{
    FILE *file = fopen(path, "re");
    char *text = xzalloc(65536);

    assert_non_null(file);
    size_t n = fread(text, 1, 65535, file);
    text[n] = '\0';
    fclose(file);
    return text;
}

/* In the child: nothing of the "make check" that we are in. */
static void
forget_make(const char *log)
{
    static const char *const unset[] = {
        "MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "DESTDIR",
        "CFLAGS", "CPPFLAGS", "LDFLAGS", "VIF_PREFIX", "PLUGINDIR",
    };
    int fd = open(log, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    for (size_t i = 0; i < ARRAY_SIZE(unset); i++) {
        unsetenv(unset[i]);
    }
    umask(022);
    dup2(fd, STDOUT_FILENO);
    dup2(fd, STDERR_FILENO);
}

/* In the child: pkg-config finds what is installed under 'dir'.  Not for
 * vifd's own make, which might run configure again. */
static void
find_installed(void)
{
    char *path CLEANUP_FREE = xasprintf("%s%s/pkgconfig", dir, VIFD_LIBDIR);

    setenv("PKG_CONFIG_PATH", path, 1);
    setenv("PKG_CONFIG_SYSROOT_DIR", dir, 1);
    setenv("PKG_CONFIG_ALLOW_SYSTEM_CFLAGS", "1", 1);
}

/* Runs 'argv' and fails the test with its output if it fails. */
static void
run(const char *const argv[], bool author)
{
    char *log CLEANUP_FREE = xasprintf("%s/log", dir);
    pid_t pid = fork();
    int status;

    assert_true(pid >= 0);
    if (!pid) {
        forget_make(log);
        if (author) {
            find_installed();
        }
        execvp(argv[0], (char **) argv);
        _exit(127);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (status) {
        char *text CLEANUP_FREE = read_file(log);

        print_error("%s\n", text);
        fail_msg("%s: status %#x", argv[0], status);
    }
}

static char *
in_dir(const char *path)
{
    return xasprintf("%s%s", dir, path);
}

/* Given vifd's headers and plugins installed under 'dir', and a copy of the
 * example. */
static int
set_up(void **state OVS_UNUSED)
{
    static const char *const files[] = { "Makefile", "routed.c" };

    dir = make_test_dir();
    assert_int_equal(chmod(dir, 0755), 0);
    char *destdir CLEANUP_FREE = xasprintf("DESTDIR=%s", dir);
    char *example CLEANUP_FREE = in_dir("/example");

    run((const char *const[]) {
        "make", "-s", "-C", VIFD_TOP_BUILDDIR, destdir,
        "install-vifincludeHEADERS", "install-pluginpkgconfigDATA",
        "install-pluginsLTLIBRARIES", NULL }, false);
    assert_int_equal(mkdir(example, 0755), 0);
    for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
        char *from CLEANUP_FREE = xasprintf("%s/%s", EXAMPLE, files[i]);

        copy_file(from, example, files[i]);
    }
    return 0;
}

static int
tear_down(void **state OVS_UNUSED)
{
    remove_test_dir(dir);
    free(dir);
    return 0;
}

static void
install_example(void)
{
    char *example CLEANUP_FREE = in_dir("/example");
    char *plugindir CLEANUP_FREE = in_dir(VIFD_PLUGINDIR);
    char *variable CLEANUP_FREE = xasprintf("PLUGINDIR=%s", plugindir);

    run((const char *const[]) {
        "make", "-B", "-C", example, variable, "install", NULL }, true);
}

static struct plugins *
load(struct test_host *host)
{
    char *plugindir CLEANUP_FREE = in_dir(VIFD_PLUGINDIR);
    struct plugins_config config = test_host_config(host);
    struct plugins *plugins = plugins_create(&config);
    struct vif_error *error CLEANUP_ERROR = plugins_load(plugins, plugindir);

    if (error) {
        fail_msg("%s", error->message);
    }
    return plugins;
}

/* The plugin 'name', whichever others there are. */
static struct plugin_view
find_plugin(const struct plugins *plugins, const char *name)
{
    struct plugin_view view;

    for (size_t i = 0; i < plugins_count(plugins); i++) {
        plugins_get(plugins, i, &view);
        if (!strcmp(view.name, name)) {
            return view;
        }
    }
    fail_msg("there is no plugin '%s'", name);
    return view;
}

static void
test_the_example_is_built_loaded_and_planned_with(void **state OVS_UNUSED)
{
    struct test_host host;
    struct vif_plan *plan;

    install_example();
    struct plugins *plugins = load(&host);
    assert_null(find_plugin(plugins, "ovs").refused);
    assert_null(find_plugin(plugins, "routed").refused);

    assert_null(plan_json(plugins, "{\"port_id\":\"r1\","
                          "\"plugin\":\"routed\",\"queues\":2,"
                          "\"mac_address\":\"52:54:00:12:34:56\"}", NULL,
                          &plan));
    char *text CLEANUP_FREE = plan_to_text(plan);
    assert_string_equal(text,
                        "0 tap tapr1 mtu=1500 multi_queue=true up=true\n"
                        "claim netdev:tapr1\n"
                        "devices.tap=tapr1\n"
                        "mac_address=52:54:00:12:34:56\n"
                        "mtu=1500\n"
                        "queues.effective=2\n"
                        "queues.multiqueue=true\n"
                        "queues.requested=2\n"
                        "vif_type=tap\n"
                        "ifindex=0.ifindex\n");
    vif_plan_destroy(plan);

    expect_error(plan_json(plugins, "{\"port_id\":\"r1\","
                           "\"plugin\":\"routed\",\"bridge\":\"br-int\"}",
                           NULL, &plan),
                 "invalid", "bridge", "plugin routed: a routed port has no "
                 "bridge, but 'br-int' was given");

    /* It takes no vnic type: without its name nothing changes. */
    assert_null(plan_json(plugins, "{\"port_id\":\"r1\"}", NULL, &plan));
    assert_string_equal(plan->plugin, "ovs");
    vif_plan_destroy(plan);
    plugins_destroy(plugins);
}

/* Makes the installed headers those of a vifd whose ABI is one higher. */
static void
raise_abi(void)
{
    char *include CLEANUP_FREE = in_dir(VIFD_INCLUDEDIR "/vif");
    char *path CLEANUP_FREE = xasprintf("%s/plugin.h", include);
    char *text CLEANUP_FREE = read_file(path);
    char *number = strstr(text, "#define VIF_PLUGIN_ABI ");

    assert_non_null(number);
    number[strlen("#define VIF_PLUGIN_ABI ")]++;
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void
test_of_another_abi_it_is_refused_by_name(void **state OVS_UNUSED)
{
    struct test_host host;
    struct vif_plan *plan;

    raise_abi();
    install_example();
    struct plugins *plugins = load(&host);
    assert_string_equal(find_plugin(plugins, "routed").refused,
                        "it was built for plugin ABI 3, and this vifd has "
                        "2");
    expect_error(plan_json(plugins, "{\"port_id\":\"r1\","
                           "\"plugin\":\"routed\"}", NULL, &plan),
                 "unsupported", "plugin", "plugin 'routed' was refused");

    /* The others are none the worse for it. */
    assert_null(plan_json(plugins, "{\"port_id\":\"r1\"}", NULL, &plan));
    vif_plan_destroy(plan);
    plugins_destroy(plugins);
}

/* What the README promises of the Makefile's other form. */
static void
test_headers_may_be_named(void **state OVS_UNUSED)
{
    char *example CLEANUP_FREE = in_dir("/example");
    char *prefix CLEANUP_FREE = in_dir("/named");
    char *variable CLEANUP_FREE = xasprintf("VIF_PREFIX=%s", prefix);
    char *installed CLEANUP_FREE = in_dir(VIFD_INCLUDEDIR);
    char *named CLEANUP_FREE = xasprintf("%s/include", prefix);
    char *module CLEANUP_FREE = xasprintf("%s/lib/vifd/plugins/routed.so",
                                          prefix);
    struct stat st;

    assert_int_equal(mkdir(prefix, 0755), 0);
    assert_int_equal(rename(installed, named), 0);
    run((const char *const[]) {
        "make", "-C", example, variable, "install", NULL }, true);
    assert_int_equal(stat(module, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0644);
}

int
main(void)
{
#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_the_example_is_built_loaded_and_planned_with),
        TEST(test_of_another_abi_it_is_refused_by_name),
        TEST(test_headers_may_be_named),
    };
#undef TEST

    vlog_set_levels(NULL, VLF_ANY_DESTINATION, VLL_OFF);
    return cmocka_run_group_tests_name("plugin example", tests, NULL, NULL);
}
