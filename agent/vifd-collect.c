/* SPDX-License-Identifier: Apache-2.0 */

/* What to do about orphans: doc/engine.md, "What no port has".
 *
 * A row without a device is what a transaction left that was given up and
 * carried out all the same, perhaps while vifd was killed and started again:
 * it is deleted whenever it turns up.  Anything else may be what a guest uses,
 * of which the journal has lost the port.  That is told, and collected when
 * somebody asks for it, if it was seen in two looks some time apart. */

#include <config.h>

#include "agent/vifd-private.h"

#include <stdlib.h>
#include <string.h>

#include "agent/config.h"
#include "agent/orphans.h"
#include "engine/executor.h"
#include "engine/journal.h"
#include "engine/lanes.h"
#include "kernel/rtnl.h"
#include "lib/cleanup.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "ovs/ovs.h"
#include "steps/step.h"
#include "steps/link-mark.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(collect);

/* Between the looks of a survey. */
#define SURVEY_MS 2000

/* A look waits this long for a session with ovsdb-server. */
#define SESSION_GRACE_MS 2000

/* Ports of one gc at the engine at once. */
#define WINDOW 64

/* Late rows. */

static void
collect_late(void *vifd_, const struct ovs_port_view *row)
{
    struct vifd *vifd = vifd_;

    if (!row->ours || !row->port_id || !mark_is_port_id(row->port_id)
        || engine_port_has(vifd->engine, row->port_id, "ovs-port", row->name,
                           NULL, NULL)) {
        return;
    } else if (row->ofport > 0) {
        vifd_survey(vifd);
        return;
    }
    VLOG_WARN("port %s: its row %s in bridge %s was left over; deleting it",
              row->port_id, row->name, row->bridge);
    ovs_ghost_add(vifd->ovs, &row->port_uuid);
}

/* The row of port 'name' has appeared or changed. */
void
vifd_collect_row(struct vifd *vifd, const char *name)
{
    struct ovs_port_view row;

    if (!vifd_journal_is_whole(vifd)) {
        vifd->collected = false;        /* Look again once it is. */
        return;
    }
    if (ovs_find_port(vifd->ovs, name, &row)) {
        collect_late(vifd, &row);
    }
}

/* A link has appeared or changed that may be one of ours. */
void
vifd_collect_link(struct vifd *vifd, const struct rtnl_link *link)
{
    const char *port_id = link_mark_port_id(
        link, journal_sqlite_key(vifd->journal));
    char ifindex[16];

    snprintf(ifindex, sizeof ifindex, "%d", link->ifindex);
    if (port_id && !engine_port_has(vifd->engine, port_id,
                                    link_mark_step_kind(link), link->name,
                                    "ifindex", ifindex)) {
        vifd_survey(vifd);
    }
}

/* Collecting: a gc, or a survey, which nobody waits for and which only looks.
 * Two looks, then one job of the engine for each port. */

struct gc_port {
    struct gc *gc;
    size_t first, n;            /* Of gc->order. */
};

struct gc {
    struct ovs_list node;       /* In vifd->gcs. */
    struct vifd *vifd;
    bool dry_run;
    unsigned int interval_ms;
    gc_done_cb *done;           /* NULL: a survey. */
    void *aux;

    struct step_task *look;     /* Under way, or NULL. */
    bool second;                /* It, or the next one, is the second. */
    long long look_at;          /* When the next look is due; ms. */
    long long deadline;         /* ms. */

    struct shash orphans;       /* As far as is known. */
    struct orphan **order;      /* While they are collected. */
    struct gc_port *ports;
    size_t n_ports, next_port, n_pending;
    bool submitting;
};

static void
gc_free(struct gc *gc)
{
    if (gc->look) {
        gc->look->aux = NULL;
    }
    if (!gc->done) {
        gc->vifd->survey = NULL;
    }
    orphans_clear(&gc->orphans);
    shash_destroy(&gc->orphans);
    free(gc->order);
    free(gc->ports);
    ovs_list_remove(&gc->node);
    free(gc);
}

/* Only the rows of Open vSwitch tell what was asked for. */
static const char *
taken_in_by(const struct orphan *orphan)
{
    return (strcmp(orphan->kind, "macvtap") ? "'vifctl repair --journal'"
            : "to plug it again");
}

/* Says in the log, once for each, what is there; and keeps it for others. */
static void
tell(struct vifd *vifd, const struct shash *orphans)
{
    const struct shash_node *node;
    struct sset now = SSET_INITIALIZER(&now);

    SHASH_FOR_EACH (node, orphans) {
        const struct orphan *orphan = node->data;

        if (orphan->collected) {
            continue;
        }
        sset_add(&now, node->name);
        if (!sset_contains(&vifd->orphans, node->name)) {
            VLOG_WARN("port %s: its %s %s is left over: vifd has no such "
                      "port; 'vifctl gc' takes it back, %s takes it in",
                      orphan->port_id, orphan->kind, orphan->object,
                      taken_in_by(orphan));
        }
    }
    sset_swap(&vifd->orphans, &now);
    sset_destroy(&now);
}

static void
gc_fail(struct gc *gc, struct vif_error *error)
{
    if (gc->done) {
        gc->done(gc->aux, error, NULL, 0);
    } else {
        VLOG_WARN("look for what is left over: %s", error->message);
    }
    vif_error_destroy(error);
    gc_free(gc);
}

/* The orphans in an order in which those of one port are together. */
static void
gc_sort(struct gc *gc)
{
    size_t n = shash_count(&gc->orphans);
    const struct shash_node **nodes = shash_sort(&gc->orphans);

    gc->order = xcalloc(MAX(n, 1), sizeof *gc->order);
    gc->ports = xcalloc(MAX(n, 1), sizeof *gc->ports);
    for (size_t i = 0; i < n; i++) {
        gc->order[i] = nodes[i]->data;
        if (!i || strcmp(gc->order[i - 1]->port_id, gc->order[i]->port_id)) {
            gc->ports[gc->n_ports++] = (struct gc_port) { gc, i, 0 };
        }
        gc->ports[gc->n_ports - 1].n++;
    }
    free(nodes);
}

static void
gc_answer(struct gc *gc)
{
    tell(gc->vifd, &gc->orphans);
    if (gc->done) {
        gc->done(gc->aux, NULL, (const struct orphan *const *) gc->order,
                 shash_count(&gc->orphans));
    }
    gc_free(gc);
}

static void gc_submit(struct gc *);

static void
port_collected(void *port_, const struct port_result *result,
               size_t n OVS_UNUSED)
{
    struct gc_port *port = port_;
    struct gc *gc = port->gc;

    for (size_t i = port->first; i < port->first + port->n; i++) {
        struct orphan *orphan = gc->order[i];

        orphan->collected = result->outcome == OUTCOME_DONE;
        if (orphan->collected) {
            VLOG_INFO("port %s: %s %s was collected", orphan->port_id,
                      orphan->kind, orphan->object);
        } else if (result->error) {
            orphan->error = vif_error_clone(result->error);
        }
    }
    gc->n_pending--;
    gc_submit(gc);
}

static void
port_submit(struct gc *gc, struct gc_port *port)
{
    struct engine_orphan *orphans = xcalloc(port->n, sizeof *orphans);
    long long left = MAX(1, gc->deadline - time_msec());

    for (size_t i = 0; i < port->n; i++) {
        orphan_for_engine(gc->order[port->first + i], &orphans[i]);
    }
    engine_collect(gc->vifd->engine, gc->order[port->first]->port_id,
                   orphans, port->n, left, port_collected, port);
    for (size_t i = 0; i < port->n; i++) {
        vif_attrs_destroy(&orphans[i].original);
        vif_attrs_destroy(&orphans[i].output);
    }
    free(orphans);
}

/* Hands the engine as many as it may have at once; it may answer within. */
static void
gc_submit(struct gc *gc)
{
    if (gc->submitting) {
        return;
    }
    gc->submitting = true;
    while (gc->next_port < gc->n_ports && gc->n_pending < WINDOW) {
        gc->n_pending++;
        port_submit(gc, &gc->ports[gc->next_port++]);
    }
    gc->submitting = false;
    if (gc->next_port == gc->n_ports && !gc->n_pending) {
        gc_answer(gc);
    }
}

/* Two looks have been taken: what was seen in both is left over. */
static void
gc_looked(struct gc *gc)
{
    gc_sort(gc);
    if (gc->dry_run) {
        gc_answer(gc);
    } else {
        gc_submit(gc);
    }
}

static void
gc_take_look(struct gc *gc, const struct vif_attrs *links)
{
    struct vifd *vifd = gc->vifd;
    struct shash found = SHASH_INITIALIZER(&found);

    orphans_add_links(&found, links, vifd->engine);
    orphans_add_rows(&found, vifd->ovs, vifd->engine);
    if (!gc->second) {
        shash_swap(&gc->orphans, &found);
    } else {
        orphans_keep_common(&gc->orphans, &found);
    }
    orphans_clear(&found);
    shash_destroy(&found);

    if (gc->second || shash_is_empty(&gc->orphans)) {
        gc_looked(gc);
    } else {
        gc->second = true;
        gc->look_at = time_msec() + gc->interval_ms;
    }
}

/* The workers have looked at all links. */
static void
look_done(struct step_task *task)
{
    struct gc *gc = task->aux;

    if (gc) {
        gc->look = NULL;
        if (task->error) {
            gc_fail(gc, TAKE(task->error));
        } else {
            gc_take_look(gc, &task->step.output);
        }
    }
    step_task_destroy(task);
}

static void
gc_look(struct gc *gc)
{
    struct executor *executor = lanes_executor(gc->vifd->lanes);
    struct step_task *task = step_task_create(&marked_links_class,
                                              STEP_VERIFY);

    task->step.object = xstrdup("all");
    task->step.port_id = xstrdup("");
    task->step.deadline = gc->deadline;
    task->done = look_done;
    task->aux = gc;
    gc->look = task;
    gc->look_at = LLONG_MAX;
    executor->class->submit(executor, task);
}

static struct vif_error *
no_session(void)
{
    return vif_error_with_retry(
        vif_error_create(VIF_ERR_UNAVAILABLE, "what belongs to no port is not "
                         "known while there is no session with "
                         "ovsdb-server"), 1000);
}

/* Without its journal vifd does not know what belongs to no port. */
static struct vif_error *
no_journal(const struct vifd *vifd)
{
    const struct vif_error *error = engine_journal_error(vifd->engine);

    return (error ? vif_error_wrap(vif_error_clone(error), "what belongs to "
                                   "no port is not known") : NULL);
}

/* A look is due.  While the journal is being opened or made anew, it waits. */
static void
gc_begin_look(struct gc *gc)
{
    struct vif_error *error = no_journal(gc->vifd);
    bool synced = ovs_synced(gc->vifd->ovs);

    if (error) {
        gc_fail(gc, error);
    } else if (synced && vifd_journal_is_whole(gc->vifd)) {
        gc_look(gc);
    } else if (!synced && gc->done
               && time_msec() >= gc->look_at + SESSION_GRACE_MS) {
        gc_fail(gc, no_session());
    }
}

static void
gc_run(struct gc *gc)
{
    long long now = time_msec();
    bool looking = gc->look || gc->look_at < LLONG_MAX;

    if (looking && gc->done && now >= gc->deadline) {
        gc_fail(gc, vif_error_create(VIF_ERR_DEADLINE, "the deadline passed "
                                     "while looking at all links"));
    } else if (now >= gc->look_at) {
        gc_begin_look(gc);
    }
}

void
vifd_gc(void *vifd_, const struct gc_request *request, gc_done_cb *done,
        void *aux)
{
    struct vifd *vifd = vifd_;
    struct gc *gc = xzalloc(sizeof *gc);

    *gc = (struct gc) {
        .vifd = vifd,
        .dry_run = request->dry_run,
        .interval_ms = request->interval_ms,
        .done = done,
        .aux = aux,
        .look_at = time_msec(),
        .deadline = time_msec() + (request->timeout_ms ? request->timeout_ms
                                   : vifd->config->default_timeout_ms),
    };
    shash_init(&gc->orphans);
    ovs_list_push_back(&vifd->gcs, &gc->node);
    if (!done) {
        vifd->survey = gc;
    }
}

/* Something may be left over: looks, twice, and tells. */
void
vifd_survey(struct vifd *vifd)
{
    vifd->survey_due = true;
}

static void
run_survey(struct vifd *vifd)
{
    if (vifd->survey_due && !vifd->survey && !vifd->recovering
        && vifd_journal_is_whole(vifd)) {
        vifd->survey_due = false;
        vifd_gc(vifd, &(struct gc_request) {
            .dry_run = true, .interval_ms = SURVEY_MS,
        }, NULL, NULL);
    }
}

void
vifd_run_collect(struct vifd *vifd)
{
    struct gc *gc;

    /* All rows, once for each replica. */
    if (!vifd->collected && ovs_synced(vifd->ovs)
        && vifd_journal_is_whole(vifd)) {
        vifd->collected = true;
        ovs_for_each_ours(vifd->ovs, collect_late, vifd);
    }
    run_survey(vifd);
    LIST_FOR_EACH_SAFE (gc, node, &vifd->gcs) {
        gc_run(gc);
    }
}

void
vifd_wait_collect(const struct vifd *vifd)
{
    const struct gc *gc;

    LIST_FOR_EACH (gc, node, &vifd->gcs) {
        if (gc->look_at > time_msec() && gc->look_at < LLONG_MAX) {
            poll_timer_wait_until(gc->look_at);
        } else if (gc->done && gc->look_at < LLONG_MAX) {
            poll_timer_wait_until(gc->look_at + SESSION_GRACE_MS);
        }
        if (gc->done && (gc->look || gc->look_at < LLONG_MAX)) {
            poll_timer_wait_until(gc->deadline);
        }
    }
}

void
vifd_forget_collect(struct vifd *vifd)
{
    struct gc *gc;

    LIST_FOR_EACH_SAFE (gc, node, &vifd->gcs) {
        gc_free(gc);
    }
    sset_destroy(&vifd->orphans);
}
