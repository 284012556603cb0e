/* SPDX-License-Identifier: Apache-2.0 */

/* The module as the rest of the daemon sees it: taking intents, running its
 * parts in their order, deadlines, refusals.  Neither builds nor judges. */

#include <config.h>

#include "ovs/ovs-private.h"

#include <inttypes.h>
#include <limits.h>
#include <string.h>

#include "openvswitch/json.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "ovsdb-data.h"
#include "ovsdb-idl.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(ovs);

struct ovs *
ovs_create(const struct ovs_config *config)
{
    struct ovs *ovs = xzalloc(sizeof *ovs);

    ovs->config = *config;
    ovs->key = xstrdup(config->key);
    replica_init(&ovs->replica, config->remote, ovs->key);
    ovs_list_init(&ovs->looking);
    ovs_list_init(&ovs->queue);
    ovs_list_init(&ovs->again);
    ovs_list_init(&ovs->proving);
    ovs->next_deadline = LLONG_MAX;
    ghosts_init(ovs);
    return ovs;
}

void
ovs_set_key(struct ovs *ovs, const char *key)
{
    char *old = ovs->key;

    ovs->key = xstrdup(key);
    ovs_schema_set_key(&ovs->replica.schema, ovs->key);
    free(old);
}

/* Answers 'intents', of which nobody will know any more how they end. */
static void
abandon(struct ovs *ovs, struct ovs_list *intents)
{
    while (!ovs_list_is_empty(intents)) {
        ovs_answer(ovs, CONTAINER_OF(ovs_list_front(intents),
                                     struct ovs_intent, own.node),
                   vif_error_create(VIF_ERR_SUPERSEDED, "vifd is ending"));
    }
}

static void
abandon_batches(struct ovs *ovs, struct ovs_list *batches)
{
    struct batch *batch;

    LIST_FOR_EACH_SAFE (batch, node, batches) {
        abandon(ovs, &batch->intents);
        batch_destroy(batch);
    }
}

void
ovs_destroy(struct ovs *ovs)
{
    if (ovs) {
        if (ovs->flight) {
            abandon(ovs, &ovs->flight->intents);
            batch_destroy(ovs->flight);
        }
        abandon_batches(ovs, &ovs->again);
        abandon_batches(ovs, &ovs->proving);
        abandon(ovs, &ovs->looking);
        abandon(ovs, &ovs->queue);
        ghosts_destroy(ovs);
        replica_destroy(&ovs->replica);
        free(ovs->key);
        free(ovs->refusal);
        free(ovs->datapath_types);
        free(ovs->iface_types);
        free(ovs);
    }
}

/* Intents in and out. */

bool
ovs_intent_is_removal(const struct ovs_intent *intent)
{
    return (intent->kind == OVS_PORT_REMOVE
            || intent->kind == OVS_BRIDGE_REMOVE);
}

void
ovs_submit(struct ovs *ovs, struct ovs_intent *intent)
{
    bool quick = (intent->kind == OVS_LOOK
                  || intent->kind == OVS_BRIDGE_ENSURE);

    ovs_assert(!intent->own.stage);
    intent->ofport = 0;
    intent->proven = intent->wrote = false;
    intent->existed = intent->untouched = false;
    memset(&intent->own, 0, sizeof intent->own);
    if (intent->kind == OVS_PORT_ENSURE
        || intent->kind == OVS_BRIDGE_ENSURE) {
        ovs_ghost_forget(ovs, &intent->port_uuid);
    }

    intent->own.stage = quick ? STAGE_LOOKING : STAGE_QUEUED;
    ovs_list_push_back(quick ? &ovs->looking : &ovs->queue,
                       &intent->own.node);
    ovs->next_deadline = MIN(ovs->next_deadline, intent->deadline);
    ovs->stats.intents++;
    ovs->fresh = true;
}

/* 'intent' is about to be handed back. */
static void
end_stage(struct ovs_intent *intent)
{
    enum stage stage = intent->own.stage;

    intent->untouched = (!intent->own.carried_out && stage != STAGE_SENT
                         && stage != STAGE_DOUBT);
    intent->own.stage = STAGE_NONE;
    ovs_list_remove(&intent->own.node);
}

bool
ovs_cancel(struct ovs *ovs OVS_UNUSED, struct ovs_intent *intent)
{
    switch ((enum stage) intent->own.stage) {
    case STAGE_LOOKING:
    case STAGE_QUEUED:
    case STAGE_AGAIN:
        end_stage(intent);
        return true;

    case STAGE_PROVING:
        if (!ovs_intent_is_removal(intent)) {
            end_stage(intent);
            return true;
        }
        return false;

    case STAGE_NONE:
    case STAGE_DOUBT:
    case STAGE_SENT:
    default:
        return false;
    }
}

void
ovs_answer(struct ovs *ovs, struct ovs_intent *intent,
           struct vif_error *error)
{
    end_stage(intent);
    ovs->failing |= (error && (error->code == VIF_ERR_UNAVAILABLE
                               || error->code == VIF_ERR_DEADLINE));
    intent->done(intent, error);
}

/* Refusing what cannot be sent. */

/* Answers with a copy of 'error' those intents of 'list' that are in 'stage',
 * removals only with 'removals_too'. */
static void
refuse_list(struct ovs *ovs, struct ovs_list *list, enum stage stage,
            bool removals_too, const struct vif_error *error)
{
    struct ovs_list refused = OVS_LIST_INITIALIZER(&refused);
    struct ovs_intent *intent;

    LIST_FOR_EACH_SAFE (intent, own.node, list) {
        if (intent->own.stage == (int) stage
            && (removals_too || !ovs_intent_is_removal(intent))) {
            ovs_list_remove(&intent->own.node);
            ovs_list_push_back(&refused, &intent->own.node);
        }
    }
    while (!ovs_list_is_empty(&refused)) {
        intent = CONTAINER_OF(ovs_list_front(&refused), struct ovs_intent,
                              own.node);
        ovs_answer(ovs, intent, vif_error_clone(error));
    }
}

/* A removal waits for a silent server until its deadline, and a silent switch
 * does not matter to it; only without a session it fails like the others. */
static void
refuse(struct ovs *ovs)
{
    bool session = ovs->replica.synced && replica_switch(&ovs->replica);
    struct vif_error *error;
    struct batch *batch;

    if (!session && time_msec() < ovs->replica.out_since + SESSION_GRACE_MS) {
        return;
    }
    error = ovs_check_health(ovs);
    if (error) {
        refuse_list(ovs, &ovs->looking, STAGE_LOOKING, !session, error);
        refuse_list(ovs, &ovs->queue, STAGE_QUEUED, !session, error);
    }
    if (!session) {
        LIST_FOR_EACH (batch, node, &ovs->again) {
            refuse_list(ovs, &batch->intents, STAGE_AGAIN, true, error);
        }
    }
    vif_error_destroy(error);
}

/* Deadlines. */

static void
answer_late(struct ovs *ovs, struct ovs_intent *intent)
{
    const char *name = intent->name ? intent->name : "the probe";
    struct vif_error *error;

    switch ((enum stage) intent->own.stage) {
    case STAGE_SENT:
    case STAGE_DOUBT:
        if (intent->own.inserting) {
            ovs_ghost_add(ovs, &intent->port_uuid);
        }
        error = vif_error_create(
            VIF_ERR_DEADLINE, "ovsdb-server did not answer the transaction "
            "for '%s' in time; whether it is carried out is in doubt", name);
        break;

    case STAGE_PROVING:
        error = (ovs_intent_is_removal(intent) ? NULL : vif_error_create(
                     VIF_ERR_DEADLINE, "OVSDB has '%s', but ovs-vswitchd did "
                     "not take it up in time (cur_cfg is %"PRId64")", name,
                     ovs->cur_cfg));
        break;

    case STAGE_NONE:
    case STAGE_LOOKING:
    case STAGE_QUEUED:
    case STAGE_AGAIN:
    default:
        error = vif_error_create(
            VIF_ERR_DEADLINE, "nothing was sent to OVSDB for '%s' in time: "
            "it waited for %s", name,
            !ovs->replica.synced ? "a session with ovsdb-server"
            : ovs->flight ? "an earlier transaction"
            : "ovs-vswitchd to take up an earlier transaction");
        break;
    }
    ovs_answer(ovs, intent, vif_error_with_retry(error, OVS_RETRY_MS));
}

/* Moves what is late from 'list' to 'late'; what is not lowers
 * 'ovs->next_deadline'. */
static void
sift(struct ovs *ovs, struct ovs_list *list, long long now,
     struct ovs_list *late)
{
    struct ovs_intent *intent;

    LIST_FOR_EACH_SAFE (intent, own.node, list) {
        if (intent->deadline <= now) {
            ovs_list_remove(&intent->own.node);
            ovs_list_push_back(late, &intent->own.node);
        } else {
            ovs->next_deadline = MIN(ovs->next_deadline, intent->deadline);
        }
    }
}

static void
run_deadlines(struct ovs *ovs)
{
    struct ovs_list late = OVS_LIST_INITIALIZER(&late);
    long long now = time_msec();
    struct batch *batch;

    if (now < ovs->next_deadline) {
        return;
    }
    ovs->next_deadline = LLONG_MAX;
    sift(ovs, &ovs->looking, now, &late);
    sift(ovs, &ovs->queue, now, &late);
    LIST_FOR_EACH (batch, node, &ovs->again) {
        sift(ovs, &batch->intents, now, &late);
    }
    if (ovs->flight) {
        sift(ovs, &ovs->flight->intents, now, &late);
    }
    LIST_FOR_EACH (batch, node, &ovs->proving) {
        sift(ovs, &batch->intents, now, &late);
    }
    while (!ovs_list_is_empty(&late)) {
        answer_late(ovs, CONTAINER_OF(ovs_list_front(&late),
                                      struct ovs_intent, own.node));
    }
}

/* Running. */

/* Intents that need no transaction if all is as it should be. */
static void
run_looking(struct ovs *ovs)
{
    struct ovs_list looking = OVS_LIST_INITIALIZER(&looking);

    if (!ovs->replica.synced || ovs_server_is_silent(ovs)) {
        return;
    }
    ovs_list_push_back_all(&looking, &ovs->looking);
    while (!ovs_list_is_empty(&looking)) {
        struct ovs_intent *intent = CONTAINER_OF(
            ovs_list_front(&looking), struct ovs_intent, own.node);

        if (intent->kind == OVS_BRIDGE_ENSURE
            && !ovs_bridge_exists(ovs, intent->name)) {
            ovs_list_remove(&intent->own.node);
            ovs_list_push_back(&ovs->queue, &intent->own.node);
            intent->own.stage = STAGE_QUEUED;
        } else {
            bool again;

            intent->existed = true;
            ovs_answer(ovs, intent, (intent->kind == OVS_LOOK
                                     ? ovs_verdict(ovs, intent, &again)
                                     : NULL));
        }
    }
}

static void
notify(struct ovs *ovs)
{
    const struct ovs_config *config = &ovs->config;
    const char *name;

    if (ovs->replica.replaced) {
        if (ovs->had_replica && config->all_changed) {
            config->all_changed(config->aux);
        }
        ovs->had_replica = true;
    } else if (config->changed) {
        SSET_FOR_EACH (name, &ovs->replica.bridges) {
            config->changed(config->aux, "ovs-bridge", name);
        }
        SSET_FOR_EACH (name, &ovs->replica.ports) {
            config->changed(config->aux, "ovs-port", name);
        }
    }
}

static void
follow_session(struct ovs *ovs)
{
    if (ovs->replica.lost) {
        VLOG_WARN("lost the session with ovsdb-server at %s",
                  ovs->replica.remote);
        ovs->stats.reconnects++;
        commit_session_lost(ovs);
    } else if (ovs->replica.resynced) {
        if (ovs->had_replica) {
            VLOG_INFO("in step with ovsdb-server again");
        }
        proof_restart(ovs);
    }
}

void
ovs_run(struct ovs *ovs)
{
    ovs->fresh = false;
    replica_run(&ovs->replica);
    follow_session(ovs);
    notify(ovs);
    commit_finish(ovs);
    proof_run(ovs);
    run_deadlines(ovs);
    ghosts_run(ovs);
    run_looking(ovs);
    refuse(ovs);
    commit_start(ovs);
    probe_run(ovs);
    health_run(ovs);
}

void
ovs_wait(struct ovs *ovs)
{
    bool waiting = (!ovs_list_is_empty(&ovs->looking)
                    || !ovs_list_is_empty(&ovs->queue)
                    || !ovs_list_is_empty(&ovs->again));

    replica_wait(&ovs->replica);
    proof_wait(ovs);
    probe_wait(ovs);
    health_wait(ovs);
    ghosts_wait(ovs);
    if (ovs->fresh || commit_may_start(ovs)) {
        poll_immediate_wake();
    }
    if (ovs->flight) {
        ovsdb_idl_txn_wait(ovs->flight->txn);
    }
    if (waiting && ovs_health(ovs) == OVS_DISCONNECTED
        && time_msec() < ovs->replica.out_since + SESSION_GRACE_MS) {
        poll_timer_wait_until(ovs->replica.out_since + SESSION_GRACE_MS);
    }
    if (ovs->next_deadline != LLONG_MAX) {
        poll_timer_wait_until(ovs->next_deadline);
    }
}

/* What it has. */

/* The strings of a set, which belong to the row, in '*arrayp', freed by the
 * next call. */
static size_t
get_strings(const struct ovs_row *row, int column, const char ***arrayp)
{
    const struct ovsdb_datum *datum = ovs_row_datum(row, column);

    free(*arrayp);
    *arrayp = xmalloc((datum->n + 1) * sizeof **arrayp);
    for (size_t i = 0; i < datum->n; i++) {
        (*arrayp)[i] = json_string(datum->keys[i].s);
    }
    (*arrayp)[datum->n] = NULL;
    return datum->n;
}

static const char *
string_or_null(const struct ovs_row *row, int column)
{
    const char *s = ovs_row_string(row, column);

    return *s ? s : NULL;
}

void
ovs_get_info(const struct ovs *ovs_, struct ovs_info *info)
{
    struct ovs *ovs = CONST_CAST(struct ovs *, ovs_);
    const struct ovs_row *row = replica_switch(&ovs->replica);

    memset(info, 0, sizeof *info);
    if (row) {
        info->ovs_version = string_or_null(row, SWITCH_OVS_VERSION);
        info->db_version = string_or_null(row, SWITCH_DB_VERSION);
        info->n_datapath_types = get_strings(row, SWITCH_DATAPATH_TYPES,
                                             &ovs->datapath_types);
        info->datapath_types = ovs->datapath_types;
        info->n_iface_types = get_strings(row, SWITCH_IFACE_TYPES,
                                          &ovs->iface_types);
        info->iface_types = ovs->iface_types;
        info->dpdk_initialized
            = ovs_row_boolean(row, SWITCH_DPDK_INITIALIZED) ? "true"
                                                             : "false";
    }
}

void
ovs_get_stats(const struct ovs *ovs, struct ovs_stats *stats)
{
    *stats = ovs->stats;
}
