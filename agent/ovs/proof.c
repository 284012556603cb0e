/* SPDX-License-Identifier: Apache-2.0 */

/* Proof: what was committed counts once ovs-vswitchd has taken it up, which
 * it says by raising cur_cfg to the next_cfg of our transaction.  And what if
 * it does not: silence.  Sends nothing. */

#include <config.h>

#include "ovs/ovs-private.h"

#include <inttypes.h>
#include <malloc.h>

#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(ovs_proof);

/* What ovs-vswitchd may need on a slow machine for each port that it adds or
 * removes, and for each one that is there, which it goes over at every change:
 * some forty times what was measured on a quiet one, because a plug that is
 * refused while the switch only has much to do is worse than one that waits a
 * little for a switch that hangs. */
#define PATIENCE_INTENT_MS 40
#define PATIENCE_PORT_MS 4

/* If its process runs, or cannot be seen, it gets all of that and by default
 * this much longer: on a machine with too much to do it may not be scheduled
 * for seconds. */
#define HANG_MS 10000

/* If its process has gone, plugs that were sent wait this long by default for
 * another one: it may be being started anew. */
#define GONE_MS 3000

/* How often its process is looked at meanwhile. */
#define LOOK_MS 500

/* A batch this large leaves enough free memory behind to give it back. */
#define LARGE_BATCH 64

/* When cur_cfg should have moved, whatever there is to do. */
static long long
due_at(const struct ovs *ovs)
{
    const struct batch *batch;
    long long patience = ovs->config.slot_ms
        + PATIENCE_PORT_MS * (long long) replica_n_ports(&ovs->replica);

    LIST_FOR_EACH (batch, node, &ovs->proving) {
        patience += PATIENCE_INTENT_MS * (long long) batch->n_sent;
    }
    return ovs->moved_at + patience;
}

/* When its process is to be looked at next: first when cur_cfg is late. */
static long long
look_at(const struct ovs *ovs)
{
    return MAX(ovs->moved_at + ovs->config.slot_ms, ovs->look_at);
}

static void
look(struct ovs *ovs)
{
    long long now = time_msec();
    bool was_gone = ovs->process == SWITCH_GONE;

    ovs->look_at = now + LOOK_MS;
    ovs->process = switch_process_look(&ovs->sighting, ovs->replica.remote);
    if (ovs->process == SWITCH_GONE && !was_gone) {
        ovs->gone_since = now;
    }
}

/* Whether ovs-vswitchd, which is late and has been looked at, is not going to
 * answer. */
static bool
is_silent(const struct ovs *ovs)
{
    unsigned int hang_ms = (ovs->config.hang_ms ? ovs->config.hang_ms
                                                : HANG_MS);

    return (ovs->process == SWITCH_GONE || ovs->process == SWITCH_STOPPED
            || time_msec() >= due_at(ovs) + hang_ms);
}

/* Whether it has been gone for so long that nobody is starting it anew. */
static bool
is_gone_for_good(const struct ovs *ovs)
{
    unsigned int gone_ms = (ovs->config.gone_ms ? ovs->config.gone_ms
                                                : GONE_MS);

    return (ovs->process == SWITCH_GONE
            && time_msec() >= ovs->gone_since + gone_ms);
}

static void
conclude(struct ovs *ovs, struct ovs_intent *intent, bool proven)
{
    struct vif_error *error;
    bool again;

    intent->proven = proven;
    error = ovs_verdict(ovs, intent, &again);
    if (again) {
        commit_requeue(ovs, intent);
    } else {
        ovs_answer(ovs, intent, error);
    }
}

static void
conclude_batch(struct ovs *ovs, struct batch *batch)
{
    bool large = batch->n_sent >= LARGE_BATCH;

    while (!ovs_list_is_empty(&batch->intents)) {
        conclude(ovs, CONTAINER_OF(ovs_list_front(&batch->intents),
                                   struct ovs_intent, own.node), true);
    }
    batch_destroy(batch);
    if (large) {
        malloc_trim(0);
    }
}

/* Moves the intents of 'batch' that 'which' picks to 'taken'. */
static void
take(struct batch *batch, bool (*which)(const struct ovs_intent *),
     struct ovs_list *taken)
{
    struct ovs_intent *intent;

    LIST_FOR_EACH_SAFE (intent, own.node, &batch->intents) {
        if (which(intent)) {
            ovs_list_remove(&intent->own.node);
            ovs_list_push_back(taken, &intent->own.node);
        }
    }
}

/* Concludes those of 'batch' that 'which' picks, without proof. */
static void
conclude_some(struct ovs *ovs, struct batch *batch,
              bool (*which)(const struct ovs_intent *))
{
    struct ovs_list taken = OVS_LIST_INITIALIZER(&taken);

    take(batch, which, &taken);
    while (!ovs_list_is_empty(&taken)) {
        conclude(ovs, CONTAINER_OF(ovs_list_front(&taken),
                                   struct ovs_intent, own.node), false);
    }
}

/* Removals do not wait for a switch that may be dead: what it has not got yet
 * it will read from the database when it starts. */
static void
conclude_removals(struct ovs *ovs, struct batch *batch)
{
    conclude_some(ovs, batch, ovs_intent_is_removal);
}

static bool
needs_no_proof(const struct ovs_intent *intent)
{
    return intent->unproven;
}

static bool
is_no_removal(const struct ovs_intent *intent)
{
    return !ovs_intent_is_removal(intent);
}

/* Nobody is there to take up what was committed. */
static void
give_up(struct ovs *ovs)
{
    struct ovs_list plugs = OVS_LIST_INITIALIZER(&plugs);
    struct batch *batch;

    LIST_FOR_EACH(batch, node, &ovs->proving) {
        take(batch, is_no_removal, &plugs);
    }
    while (!ovs_list_is_empty(&plugs)) {
        struct ovs_intent *intent = CONTAINER_OF(ovs_list_front(&plugs),
                                                 struct ovs_intent, own.node);

        ovs_answer(ovs, intent, ovs_check_health(ovs));
    }
}

void
proof_begin(struct ovs *ovs, struct batch *batch)
{
    if (ovs_list_is_empty(&ovs->proving)) {
        ovs->moved_at = time_msec();
    }
    ovs_list_push_back(&ovs->proving, &batch->node);
    if (ovs->silent) {
        conclude_removals(ovs, batch);
    } else {
        size_t n = ovs_list_size(&batch->intents);

        conclude_some(ovs, batch, needs_no_proof);
        batch->unproven = ovs_list_size(&batch->intents) < n;
    }
}

void
proof_restart(struct ovs *ovs)
{
    ovs->silent = false;
    ovs->cur_cfg = replica_cur_cfg(&ovs->replica);
    ovs->moved_at = time_msec();
    look(ovs);
}

static void
follow_cur_cfg(struct ovs *ovs)
{
    int64_t cur_cfg = replica_cur_cfg(&ovs->replica);

    if (cur_cfg == ovs->cur_cfg) {
        return;
    }
    ovs->cur_cfg = cur_cfg;
    ovs->moved_at = time_msec();
    if (ovs->silent) {
        ovs->silent = false;
        VLOG_INFO("ovs-vswitchd answers again (cur_cfg %"PRId64")", cur_cfg);
    }
    if (ovs->process != SWITCH_RUNS) {
        look(ovs); /* To know it again when it has gone. */
    }
}

static void
fall_silent(struct ovs *ovs, const struct batch *first)
{
    struct batch *batch;

    ovs->silent = true;
    VLOG_WARN("ovs-vswitchd does not answer (%s): cur_cfg is %"PRId64
              " instead of %"PRId64" after %lld ms; refusing plugs until it "
              "moves", switch_process_text(ovs->process), ovs->cur_cfg,
              first->cfg, time_msec() - ovs->moved_at);
    LIST_FOR_EACH_SAFE (batch, node, &ovs->proving) {
        conclude_removals(ovs, batch);
    }
}

void
proof_run(struct ovs *ovs)
{
    if (!ovs->replica.synced) {
        return;
    }

    follow_cur_cfg(ovs);
    while (!ovs_list_is_empty(&ovs->proving)) {
        struct batch *batch = CONTAINER_OF(ovs_list_front(&ovs->proving),
                                           struct batch, node);

        if (ovs->cur_cfg >= batch->cfg
            || (ovs_list_is_empty(&batch->intents)
                && (!batch->unproven || ovs->silent))) {
            ovs_list_remove(&batch->node);
            conclude_batch(ovs, batch);
            continue;
        }
        if (time_msec() < look_at(ovs)) {
            break;
        }
        look(ovs);
        if (!ovs->silent && is_silent(ovs)) {
            fall_silent(ovs, batch);
        } else if (ovs->silent && is_gone_for_good(ovs)) {
            give_up(ovs);
        } else {
            break;
        }
    }
}

void
proof_wait(const struct ovs *ovs)
{
    if (ovs->replica.synced && !ovs_list_is_empty(&ovs->proving)) {
        poll_timer_wait_until(look_at(ovs));
    }
}
