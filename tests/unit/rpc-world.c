/* SPDX-License-Identifier: Apache-2.0 */
/* What the methods act upon, for their tests. */

#include <config.h>

#include "tests/unit/rpc-world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/config.h"
#include "binding/json-array.h"
#include "inventory/pools.h"
#include "lib/cleanup.h"
#include "openvswitch/json.h"
#include "rpc/turns.h"
#include "timeval.h"
#include "util.h"

/* The one kind of step. */

static struct vif_error *
thing_check(const struct vif_attrs *args OVS_UNUSED, bool partial OVS_UNUSED)
{
    return NULL;
}

static enum step_change
thing_compare(const struct vif_attrs *old, const struct vif_attrs *new)
{
    return vif_attrs_equal(old, new) ? STEP_KEEP : STEP_ALTER;
}

static const struct step_class thing_class = {
    .kind = "thing",
    .version = 1,
    .summary = "a thing",
    .rank = 20,
    .check = thing_check,
    .compare = thing_compare,
};

/* Executor. */

static const struct step_class *
executor_lookup(struct executor *executor OVS_UNUSED, const char *kind)
{
    return strcmp(kind, "thing") ? NULL : &thing_class;
}

static void
finish(const struct world *world, struct step_task *task)
{
    if (world->broken && !strcmp(task->step.object, world->broken)
        && task->op == STEP_APPLY) {
        task->error = vif_error_with_source(
            vif_error_create(VIF_ERR_OVSDB, "the thing is broken"),
            "no such thing");
    }
    vif_attrs_set(&task->step.output, "number", "42");
    task->done(task);
}

static void
executor_submit(struct executor *executor, struct step_task *task)
{
    struct world *world = CONTAINER_OF(executor, struct world, executor);

    if (world->hold) {
        assert_true(world->n_held < ARRAY_SIZE(world->held));
        world->held[world->n_held++] = task;
    } else {
        finish(world, task);
    }
}

static void
executor_cancel(struct executor *executor OVS_UNUSED,
                struct step_task *task OVS_UNUSED)
{
}

static bool
executor_stuck(struct executor *executor OVS_UNUSED,
               const char *lane OVS_UNUSED)
{
    return false;
}

/* No step of the world begins early. */
static void
executor_armed(struct executor *executor OVS_UNUSED,
               struct step_task *task OVS_UNUSED)
{
}

static const struct executor_class executor_class = {
    .lookup = executor_lookup,
    .submit = executor_submit,
    .armed = executor_armed,
    .cancel = executor_cancel,
    .stuck = executor_stuck,
};

/* A journal that remembers nothing and is always durable. */

static struct vif_error *
journal_load(struct journal *journal OVS_UNUSED,
             journal_visit_cb *visit OVS_UNUSED, void *aux OVS_UNUSED)
{
    return NULL;
}

static void
journal_write(struct journal *journal OVS_UNUSED,
              enum journal_table table OVS_UNUSED,
              const char *key OVS_UNUSED, const char *value OVS_UNUSED)
{
}

static void
journal_remove(struct journal *journal OVS_UNUSED,
               enum journal_table table OVS_UNUSED,
               const char *key OVS_UNUSED)
{
}

static void
commit(struct journal *journal, journal_done_cb *done, void *aux)
{
    struct world *world = CONTAINER_OF(journal, struct world, journal);

    assert_null(world->commit_done);
    world->commit_done = done;
    world->commit_aux = aux;
}

static void
journal_run(struct journal *journal)
{
    struct world *world = CONTAINER_OF(journal, struct world, journal);
    journal_done_cb *done = TAKE(world->commit_done);

    if (done) {
        bool fails = world->commit_fails;

        world->commit_fails = false;
        done(world->commit_aux,
             fails ? vif_error_create(VIF_ERR_JOURNAL, "no space") : NULL);
    }
}

static void
journal_wait(struct journal *journal OVS_UNUSED)
{
}

static const struct journal_class journal_class = {
    .load = journal_load,
    .put = journal_write,
    .insert = journal_write,
    .del = journal_remove,
    .commit = commit,
    .run = journal_run,
    .wait = journal_wait,
};

/* Planner. */

static struct vif_error *
make_plan(struct planner *planner OVS_UNUSED,
          const struct vif_binding *binding,
          const struct vif_plan *previous OVS_UNUSED,
          const char *(*claimed_by)(void *aux, const char *device) OVS_UNUSED,
          void *aux OVS_UNUSED, struct vif_plan **planp)
{
    if (binding->model && !strcmp(binding->model, "unknown")) {
        *planp = NULL;
        return vif_error_with_where(
            vif_error_create(VIF_ERR_INVALID, "model 'unknown' is unknown"),
            "model");
    }

    struct vif_plan *plan = vif_plan_create();
    char name[VIF_DEVICE_NAME_BUFSIZE];
    const char *device = (binding->vnic_type == VIF_VNIC_NORMAL
                          ? vif_binding_device_name(binding, name)
                          : binding->port_id);
    unsigned int step = vif_plan_add_step(plan, "thing", device);

    plan->plugin = xstrdup("test");
    vif_attrs_set_uint(vif_plan_step_args(plan, step), "mtu", binding->mtu);
    vif_attrs_set(vif_plan_details(plan), "devices.tap", device);
    vif_attrs_set(vif_plan_details(plan), "vif_details.bridge_name", "br-t");
    for (size_t i = 0; i < binding->profile.n; i++) {
        CLEANUP_FREE char *key = xasprintf("profile.%s",
                                           binding->profile.attrs[i].key);
        vif_attrs_set(vif_plan_details(plan), key,
                      binding->profile.attrs[i].value);
    }
    vif_plan_details_ref(plan, "ofport", step, "number");
    vif_plan_claim(plan, device);
    *planp = plan;
    return NULL;
}

/* The world. */

/* Added to the clock. */
static long long passed_us;

void
world_pass_ms(long long ms)
{
    passed_us += ms * 1000;
}

static long long
world_now_us(void)
{
    return time_usec() + passed_us;
}

static long long
now_us(void *aux OVS_UNUSED)
{
    return world_now_us();
}

static struct json *
capabilities(void *aux OVS_UNUSED)
{
    struct json *object = json_object_create();

    json_object_put_string(object, "it", "can");
    return object;
}

static void
reload(void *world_, rpc_reload_cb *done, void *done_aux)
{
    struct world *world = world_;

    world->reload_done = done;
    world->reload_aux = done_aux;
}

/* Nothing is ever left over. */
static void
collect_nothing(void *aux OVS_UNUSED,
                const struct gc_request *request OVS_UNUSED,
                gc_done_cb *done, void *done_aux)
{
    done(done_aux, NULL, NULL, 0);
}

static struct vif_error *
devices(void *world_, struct device_host *host)
{
    static const struct inventory nothing = INVENTORY_INIT;
    const struct world *world = world_;

    *host = (struct device_host) {
        .inventory = world->inventory ? world->inventory : &nothing,
        .specs = &world->config->device_spec,
        .claims = &world->claims,
    };
    return NULL;
}

static void
note_changed(void *world_, const char *key, const char *value)
{
    struct world *world = world_;

    if (value) {
        device_claims_put(&world->claims, key, value);
    } else {
        device_claims_remove(&world->claims, key);
    }
}

void
world_init(struct world *world, const char *yaml)
{
    const struct engine_config engine_config = {
        .timeout_ms = 60000, .max_requests = 10000, .max_ports = 10000,
        .retry_min_ms = 1, .retry_max_ms = 10, .now_us = now_us,
    };

    memset(world, 0, sizeof *world);
    world->executor.class = &executor_class;
    world->journal.class = &journal_class;
    world->planner.plan = make_plan;
    ovs_list_init(&world->calls);
    struct vif_error *error = config_parse(yaml, strlen(yaml), "yaml",
                                           &world->config);
    if (error) {
        fail_msg("%s", error->message);
    }
    world->engine = engine_create(&engine_config, &world->executor,
                                  &world->journal, &world->planner);
    assert_null(engine_recover(world->engine));
    engine_set_note_cb(world->engine, note_changed, world);
    world->traffic = (struct rpc_traffic) { 0, 0 };
    world->host = (struct rpc_host) {
        .engine = world->engine,
        .config = world->config,
        .access = {
            .config = world->config,
            .own_uid = UINT32_MAX,
            .socket_gid = UINT32_MAX,
        },
        .capabilities = capabilities,
        .reload = reload,
        .gc = collect_nothing,
        .devices = devices,
        .aux = world,
        .calls = &world->calls,
        .turns = rpc_turns_create(world->engine, world_now_us),
    };
}

void
world_destroy(struct world *world)
{
    rpc_calls_abandon(&world->calls);
    engine_destroy(world->engine);
    rpc_turns_destroy(world->host.turns);
    journal_run(&world->journal);
    for (size_t i = 0; i < world->n_held; i++) {
        step_task_destroy(world->held[i]);
    }
    device_claims_destroy(&world->claims);
    config_destroy(world->config);
}

void
world_run(struct world *world)
{
    for (int i = 0; i < 100; i++) {
        rpc_turns_run(world->host.turns);
        engine_run(world->engine);
    }
}

void
world_release(struct world *world)
{
    size_t n = world->n_held;

    world->hold = false;
    world->n_held = 0;
    for (size_t i = 0; i < n; i++) {
        finish(world, world->held[i]);
    }
    world_run(world);
}

struct rpc_peer
peer_root(void)
{
    return (struct rpc_peer) { .uid = 0, .gid = 0, .pid = 1 };
}

struct rpc_peer
peer_user(uint32_t uid)
{
    return (struct rpc_peer) { .uid = uid, .gid = uid, .pid = 1 };
}

const char *
json_at(const struct json *json, const char *path)
{
    static char text[4096];
    CLEANUP_FREE char *copy = xstrdup(path);
    char *save = NULL;

    for (char *name = strtok_r(copy, ".", &save); name && json;
         name = strtok_r(NULL, ".", &save)) {
        if (json->type == JSON_OBJECT) {
            json = shash_find_data(json_object(json), name);
        } else if (json->type == JSON_ARRAY
                   && strtoul(name, NULL, 10) < json_array_size(json)) {
            json = json_array_at(json, strtoul(name, NULL, 10));
        } else {
            json = NULL;
        }
    }
    if (!json) {
        return "absent";
    } else if (json->type == JSON_STRING) {
        ovs_strlcpy(text, json_string(json), sizeof text);
    } else {
        CLEANUP_FREE char *s = json_to_string(json, JSSF_SORT);
        ovs_strlcpy(text, s, sizeof text);
    }
    return text;
}
