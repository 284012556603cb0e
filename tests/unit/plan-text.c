/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the tests of plugins; knows no plugin. */

#include <config.h>

#include "tests/unit/plan-text.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
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

#include "binding/binding-json.h"
#include "engine/planner.h"
#include "inventory/pools.h"
#include "lib/cleanup.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "plugin/plugins.h"
#include "util.h"

static void
put_refs(struct ds *s, const struct vif_plan_ref *refs, size_t n,
         const char *before, const char *after)
{
    for (size_t i = 0; i < n; i++) {
        ds_put_format(s, "%s%s=%u.%s%s", before, refs[i].key, refs[i].step,
                      refs[i].output, after);
    }
}

static void
put_step(struct ds *s, const struct vif_plan_step *step, unsigned int i)
{
    const char *separator = " after=";

    ds_put_format(s, "%u %s %s%s", i, step->kind, step->object,
                  step->shared ? " shared" : "");
    for (unsigned int j = 0; j < VIF_PLAN_MAX_STEPS; j++) {
        if (step->after & (UINT32_C(1) << j)) {
            ds_put_format(s, "%s%u", separator, j);
            separator = ",";
        }
    }
    put_refs(s, step->refs, step->n_refs, " late:", "");
    for (size_t j = 0; j < step->args.n; j++) {
        const struct vif_attr *attr = &step->args.attrs[j];

        /* The memo is the binding over again, whose JSON has its tests. */
        if (strcmp(attr->key, "memo")) {
            ds_put_format(s, " %s=%s", attr->key, attr->value);
        }
    }
    ds_put_char(s, '\n');
}

char *
plan_to_text(const struct vif_plan *plan)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    for (size_t i = 0; i < plan->n_steps; i++) {
        put_step(&s, &plan->steps[i], i);
    }
    for (size_t i = 0; i < plan->n_claims; i++) {
        ds_put_format(&s, "claim %s\n", plan->claims[i]);
    }
    for (size_t i = 0; i < plan->details.n; i++) {
        ds_put_format(&s, "%s=%s\n", plan->details.attrs[i].key,
                      plan->details.attrs[i].value);
    }
    put_refs(&s, plan->details_refs, plan->n_details_refs, "", "\n");
    for (size_t i = 0; i < plan->n_warnings; i++) {
        ds_put_format(&s, "warning: %s\n", plan->warnings[i]);
    }
    return ds_steal_cstr(&s);
}

struct vif_error *
plan_json(struct plugins *plugins, const char *text,
          const struct vif_plan *previous, struct vif_plan **planp)
{
    struct planner *planner = plugins_planner(plugins);
    struct json *json = json_from_string(text);
    struct vif_binding binding;
    struct vif_error *error = binding_from_json(json, "", &binding);

    json_destroy(json);
    error = error ? error : vif_binding_check(&binding);
    if (error) {
        fail_msg("%s: %s", text, error->message);
    }
    *planp = NULL;
    error = planner->plan(planner, &binding, previous, NULL, NULL, planp);
    vif_binding_destroy(&binding);
    return error;
}

void
expect_error(struct vif_error *error, const char *code_name,
             const char *where, const char *text)
{
    if (!error) {
        fail_msg("no error with '%s'", text);
        return;
    }
    if (!strstr(error->message, text)) {
        fail_msg("'%s' lacks '%s'", error->message, text);
    }
    assert_string_equal(vif_error_code_name(error->code), code_name);
    if (where) {
        assert_non_null(error->where);
        assert_string_equal(error->where, where);
    } else {
        assert_null(error->where);
    }
    vif_error_destroy(error);
}

static bool
ovsdb_ready(void *host_)
{
    struct test_host *host = host_;

    return host->ovsdb_ready;
}

static bool
bridge_exists(void *host, const char *bridge)
{
    return (ovsdb_ready(host)
            && (!strcmp(bridge, "br-int") || !strcmp(bridge, "br-old")));
}

static const char *
bridge_datapath_type(void *host, const char *bridge)
{
    return (!bridge_exists(host, bridge) ? NULL
            : !strcmp(bridge, "br-old") ? "netdev" : "");
}

static bool
bridge_may_create(void *host OVS_UNUSED, const char *bridge)
{
    return !strncmp(bridge, "br-new", 6);
}

static bool
devices_ready(void *host_)
{
    const struct test_host *host = host_;

    return host->devices;
}

static struct vif_error *
devices(void *host_, struct device_host *devices)
{
    const struct test_host *host = host_;

    if (!host->devices) {
        return vif_error_create(VIF_ERR_UNAVAILABLE, "not read yet");
    }
    *devices = *host->devices;
    return NULL;
}

struct plugins_config
test_host_config(struct test_host *host)
{
    *host = (struct test_host) { .ovsdb_ready = 1 };
    return (struct plugins_config) {
        .bridge = "br-int",
        .mtu = 1500,
        .ovsdb_ready = ovsdb_ready,
        .bridge_exists = bridge_exists,
        .bridge_datapath_type = bridge_datapath_type,
        .bridge_may_create = bridge_may_create,
        .devices_ready = devices_ready,
        .devices = devices,
        .aux = host,
    };
}

char *
make_test_dir(void)
{
    const char *tmp = getenv("TMPDIR");
    char *dir = xasprintf("%s/vifd-test-XXXXXX", tmp ? tmp : "/tmp");

    assert_non_null(mkdtemp(dir));
    return dir;
}

void
copy_file(const char *from, const char *dir, const char *name)
{
    char *to CLEANUP_FREE = xasprintf("%s/%s", dir, name);
    int in CLEANUP_CLOSE = open(from, O_RDONLY | O_CLOEXEC);
    int out CLEANUP_CLOSE = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
                                 0644);
    char buf[65536];
    ssize_t n;

    if (in < 0) {
        fail_msg("%s: %s", from, strerror(errno));
    }
    assert_true(out >= 0);
    while ((n = read(in, buf, sizeof buf)) > 0) {
        assert_int_equal(write(out, buf, n), n);
    }
    assert_int_equal(n, 0);
    assert_int_equal(fchmod(out, 0644), 0);
}

static int
remove_entry(const char *path, const struct stat *st OVS_UNUSED,
             int type OVS_UNUSED, struct FTW *ftw OVS_UNUSED)
{
    return remove(path);
}

void
remove_test_dir(const char *dir)
{
    assert_int_equal(nftw(dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS), 0);
}

void
load_built_plugin(struct plugins *plugins, const char *name)
{
    char *dir CLEANUP_FREE = make_test_dir();
    char *file CLEANUP_FREE = xasprintf("%s.so", name);
    char *built CLEANUP_FREE = xasprintf(VIFD_BUILT_PLUGINS "/%s", file);

    copy_file(built, dir, file);
    assert_null(plugins_load(plugins, dir));
    remove_test_dir(dir);
}
