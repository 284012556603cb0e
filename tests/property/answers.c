/* SPDX-License-Identifier: Apache-2.0 */
/* Judges what the engine answers to requests. */

#include <config.h>

#include "oracle.h"

#include <stdio.h>
#include <string.h>

#include "util.h"
#include "world.h"

static _Noreturn void
lies(const struct asked *asked, size_t i, const char *invariant,
     const char *why)
{
    world_fail(asked->world, invariant, "p%u: %s", asked->ports[i], why);
}

static void
check_details(const struct asked *asked, size_t i,
              const struct port_result *result)
{
    struct world *world = asked->world;
    const struct shape *shape = &asked->wishes[i].shape;

    if (!result->details
        || attrs_number(result->details, "mtu", 0) != ours(shape->mtu)) {
        lies(asked, i, "details", "the MTU is wrong");
    }
    if (shape->row) {
        const struct thing *row = host_thing(&world->host, THING_ROW,
                                             shape->row - 1u);

        if (row->touched <= asked->since
            && attrs_number(result->details, "ofport", 0) != row->number) {
            lies(asked, i, "details", "the ofport is wrong");
        }
    }
}

/* A plug or the like says that the port is as was asked. */
static void
check_plugged(const struct asked *asked, size_t i,
              const struct port_result *result)
{
    struct world *world = asked->world;
    const struct wish *wish = &asked->wishes[i];
    struct shape shape;
    char buf[256];

    if (!shape_from_binding(result->binding, &shape)
        || !shape_equal(&shape, &wish->shape)) {
        lies(asked, i, "answer-binding", "done, with another binding");
    }
    if (!journal_contains(&world->journal, JOURNAL_PORT, result->port_id,
                          vif_attrs_get(&result->binding->profile,
                                        "shape"))) {
        lies(asked, i, "done-not-durable", "done, and not in the journal");
    }
    if (asked->wait == WAIT_COMMITTED) {
        return;
    }
    if (!(1u << result->state & IN_PLACE)
        || (result->state == PORT_PREPARED) != wish->shape.prepare
        || (result->state == PORT_WAITING_FOR_DEVICE && !wish->shape.late)) {
        lies(asked, i, "answer-state", port_state_name(result->state));
    }
    if (host_differs(world, asked->ports[i], wish, asked->since, buf,
                     sizeof buf)) {
        lies(asked, i, "done-means-as-asked", buf);
    }
    if (claims_differ(world, asked->ports[i], wish, buf, sizeof buf)) {
        lies(asked, i, "claims-match", buf);
    }
    check_details(asked, i, result);
    if (asked->same[i] && asked->hits == world->executor.n_hits
        && world->host.ticks == asked->since
        && (asked->writes[i] != world->watch.writes[asked->ports[i]]
            || result->changed)) {
        lies(asked, i, "same-writes-nothing",
             "it was as asked, and was written");
    }
}

static void
check_unplugged(const struct asked *asked, size_t i)
{
    struct world *world = asked->world;
    char buf[256];

    if (host_differs(world, asked->ports[i], &asked->wishes[i], asked->since,
                     buf, sizeof buf)) {
        lies(asked, i, "done-means-as-asked", buf);
    }
    if (claims_differ(world, asked->ports[i], &asked->wishes[i], buf,
                      sizeof buf)) {
        lies(asked, i, "claims-match", buf);
    }
}

static void
answer_done(struct asked *asked, size_t i, const struct port_result *result)
{
    struct oracle *oracle = &asked->world->oracle;
    struct port_model *model = &oracle->ports[asked->ports[i]];
    const struct wish *wish = &asked->wishes[i];
    char buf[256];

    if (result->error) {
        lies(asked, i, "done-without-error", result->error->message);
    }
    if (!changes_port(asked->kind)) {
        if (model->n == 1 && !port_is_busy(oracle, asked->ports[i])
            && host_differs(asked->world, asked->ports[i],
                            &model->wishes[0], asked->since, buf,
                            sizeof buf)) {
            lies(asked, i, "check-tells-the-truth", buf);
        }
        return;
    }
    if (wish->gone) {
        check_unplugged(asked, i);
    } else {
        check_plugged(asked, i, result);
    }
    model->committed_only = asked->wait == WAIT_COMMITTED && !wish->gone;
    if (model->committed_only) {
        model_add(model, wish);
    } else {
        model_set(model, wish);
        model->proven = asked->since;
        model->unsettled = model->doubtful = false;
    }
}

/* The host is as before, if that can be known. */
static void
answer_failed_clean(const struct asked *asked, size_t i)
{
    struct world *world = asked->world;
    struct oracle *oracle = &world->oracle;
    const struct port_model *model = &oracle->ports[asked->ports[i]];
    struct engine_port_view view;
    char buf[256];
    bool there;

    if (model->n != 1 || model->committed_only || model->unsettled
        || !changes_port(asked->kind)
        || port_is_busy(oracle, asked->ports[i])) {
        return;
    }
    there = oracle_view(oracle, asked->ports[i], &view);
    if (there && !(1u << view.state & RESTING)) {
        lies(asked, i, "clean-means-clean", "the port is still changing");
    }
    if (there != !model->wishes[0].gone) {
        lies(asked, i, "clean-means-clean",
             there ? "the port is there" : "the port is gone");
    }
    if (host_differs(world, asked->ports[i], &model->wishes[0],
                     model->proven, buf, sizeof buf)) {
        lies(asked, i, "clean-means-clean", buf);
    }
    if (claims_differ(world, asked->ports[i], &model->wishes[0], buf,
                      sizeof buf)) {
        lies(asked, i, "claims-match", buf);
    }
}

static void
answer_failed_undoing(struct asked *asked, size_t i,
                      const struct port_result *result)
{
    struct port_model *model
        = &asked->world->oracle.ports[asked->ports[i]];
    const char *message = result->error->message;
    bool names = strstr(message, "journal");
    struct shape shape;

    for (size_t k = 0; k < N_THINGS; k++) {
        names |= strstr(message, asked->world->host.things[k].name) != NULL;
    }
    if (!names) {
        lies(asked, i, "undoing-names-what-is-left", message);
    }
    model->unsettled = true;
    if (changes_port(asked->kind) && !is_unplug(asked->kind)) {
        model->doubtful = true;
        model->doubt = asked->wishes[i];
    }
    if (is_unplug(asked->kind)) {
        model_add(model, &asked->wishes[i]);
    } else if (changes_port(asked->kind)
               && (port_is_busy(&asked->world->oracle, asked->ports[i])
                   || !(model->n == 1 && model->wishes[0].gone))
               && shape_from_binding(result->binding, &shape)
               && shape_equal(&shape, &asked->wishes[i].shape)) {
        /* Only what it replaces is still to be removed. */
        model_add(model, &asked->wishes[i]);
    }
}

/* A plug of several ports is done for all or for none. */
static void
check_group(const struct asked *asked, const struct port_result *results)
{
    size_t n_done = 0;

    if (asked->kind != REQUEST_PLUG) {
        return;
    }
    for (size_t i = 0; i < asked->n; i++) {
        n_done += results[i].outcome == OUTCOME_DONE;
    }
    for (size_t i = 0; n_done && i < asked->n; i++) {
        const struct port_model *model
            = &asked->world->oracle.ports[asked->ports[i]];

        if (results[i].outcome != OUTCOME_DONE
            && !model_has(model, &asked->wishes[i])
            && !asked_since(&asked->world->oracle, asked,
                            asked->ports[i])) {
            lies(asked, i, "all-or-none", "failed, and others are done");
        }
    }
}

/* A request for several ports is answered when the last of them is ready.
 * Whether another one has got hold of a port meanwhile cannot be told from
 * outside: what is said of it then tells little. */
static bool
is_outdated(struct asked *asked, size_t i, enum outcome outcome)
{
    struct oracle *oracle = &asked->world->oracle;
    struct port_model *model = &oracle->ports[asked->ports[i]];

    if (model->latest > asked) {
        if (!model->latest_done && changes_port(asked->kind)) {
            model_add(model, &asked->wishes[i]);
        }
        return true;
    }
    if (outcome != OUTCOME_FAILED_CLEAN && changes_port(asked->kind)) {
        model->latest = asked;
        model->latest_done = outcome == OUTCOME_DONE;
    }
    if (asked->n == 1 || !asked_since(oracle, asked, asked->ports[i])) {
        return false;
    }
    if (changes_port(asked->kind)) {
        model_add(model, &asked->wishes[i]);
    }
    return true;
}

/* What a port has put in place is claimed by it, until it is gone. */
static void
check_reserved(struct world *world)
{
    for (size_t i = 0; i < N_THINGS; i++) {
        const struct thing *thing = &world->host.things[i];
        const struct thing_class *class = &thing_classes[thing->kind];
        const char *holder;
        char device[32], id[4];

        if (!thing->exists || thing->maker < 0 || thing->ghost) {
            continue;
        }
        snprintf(device, sizeof device, "%s:%s", class->kind, thing->name);
        port_name((unsigned int) thing->maker, id);
        holder = engine_claimed_by(world->engine, device);
        if (!holder || strcmp(holder, id)) {
            world_fail(world, "reserved", "%s is in use by %s, and claimed by"
                       " %s", device, id, holder ? holder : "nobody");
        }
    }
}

static void
answer_port(struct asked *asked, size_t i, const struct port_result *result)
{
    struct world *world = asked->world;
    char id[4];

    TRACE(world, "answer for p%u: %s%s%s", asked->ports[i],
          outcome_name(result->outcome), result->error ? ": " : "",
          result->error ? result->error->message : "");
    world->oracle.outcomes[result->outcome]++;
    port_name(asked->ports[i], id);
    if (strcmp(result->port_id, id)) {
        lies(asked, i, "answer-port", result->port_id);
    }
    if (is_outdated(asked, i, result->outcome)) {
        return;
    }
    if (result->outcome == OUTCOME_DONE) {
        answer_done(asked, i, result);
        return;
    }
    if (!result->error || !result->error->message[0]) {
        lies(asked, i, "failure-says-why", "no error");
    }
    if (result->outcome == OUTCOME_FAILED_CLEAN) {
        answer_failed_clean(asked, i);
    } else {
        answer_failed_undoing(asked, i, result);
    }
}

void
oracle_answered(void *asked_, const struct port_result *results, size_t n)
{
    struct asked *asked = asked_;
    struct world *world = asked->world;

    if (world_mutates(world, MUT_ANSWER_NEVER, 20)) {
        return;
    }
    if (!asked->pending) {
        world_fail(world, "answered-once", "a request %s is answered",
                   asked->answered ? "that was answered before"
                   : "of a former life");
    }
    if (n != asked->n) {
        world_fail(world, "answer-port", "%zu results for %zu ports", n,
                   asked->n);
    }
    asked->pending = false;
    asked->answered = true;
    if (world->now_us > asked->deadline_us + SLACK_US) {
        world_fail(world, "answered-in-time", "p%u: %lld us late",
                   asked->ports[0], world->now_us - asked->deadline_us);
    }
    for (size_t i = 0; i < n; i++) {
        struct port_result result = results[i];

        if (result.outcome != OUTCOME_DONE
            && world_mutates(world, MUT_ANSWER_LIES, 50)) {
            result.outcome = OUTCOME_DONE;
            result.error = NULL;
        }
        answer_port(asked, i, &result);
    }
    check_group(asked, results);
    if (world->mutation != MUT_CLAIM_BEHIND) {
        check_reserved(world);
    }
    if (world_mutates(world, MUT_ANSWER_TWICE, 20)) {
        oracle_answered(asked_, results, n);
    }
}
