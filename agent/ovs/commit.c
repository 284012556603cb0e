/* SPDX-License-Identifier: Apache-2.0 */

/* Group commit: intents into batches, batches into transactions, one at a
 * time, and what to do with the answer.  Must not know what an intent writes
 * (build.c) nor whether it took effect (proof.c). */

#include <config.h>

#include "ovs/ovs-private.h"

#include <string.h>

#include "openvswitch/json.h"
#include "openvswitch/vlog.h"
#include "ovsdb-idl.h"
#include "sset.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(ovs_commit);

struct batch *
batch_create(void)
{
    struct batch *batch = xzalloc(sizeof *batch);

    ovs_list_init(&batch->intents);
    return batch;
}

void
batch_destroy(struct batch *batch)
{
    if (batch) {
        if (batch->txn) {
            ovsdb_idl_txn_destroy(batch->txn);
        }
        free(batch);
    }
}

void
batch_add(struct batch *batch, struct ovs_intent *intent, enum stage stage)
{
    ovs_list_remove(&intent->own.node);
    ovs_list_push_back(&batch->intents, &intent->own.node);
    intent->own.stage = stage;
}

static void
batch_set_stage(struct batch *batch, enum stage stage)
{
    struct ovs_intent *intent;

    LIST_FOR_EACH (intent, own.node, &batch->intents) {
        intent->own.stage = stage;
        intent->own.carried_out |= stage == STAGE_DOUBT;
    }
}

/* Puts 'batch', which is in no list, before all that is not sent yet.  With
 * 'hold' it is not sent before the replica has changed. */
static void
send_again(struct ovs *ovs, struct batch *batch, enum stage stage, bool hold)
{
    if (ovs_list_is_empty(&batch->intents)) {
        batch_destroy(batch);
        return;
    }
    batch_set_stage(batch, stage);
    batch->hold = hold;
    ovs_list_push_front(&ovs->again, &batch->node);
}

void
commit_requeue(struct ovs *ovs, struct ovs_intent *intent)
{
    intent->own.attempts++;
    ovs_list_remove(&intent->own.node);
    ovs_list_push_front(&ovs->queue, &intent->own.node);
    intent->own.stage = STAGE_QUEUED;
    ovs->stats.retries++;
}

/* The server refused a transaction. */

/* Errors that the server would have answered any transaction with; the value
 * says for how long. */
static const struct general_error {
    const char *name;
    bool passing; /* Until somebody makes room, or makes it
                                 * writable. */
} general_errors[] = {
    { "I/O error", true },         { "resources exhausted", true },
    { "not allowed", true },       { "not supported", false },
    { "permission error", false }, { "unknown database", false },
};

/* What the server said, in 'source' as "error: details", for the caller to
 * free.  NULL: it was about the rows. */
static const struct general_error *
read_refusal(const char *text, char **sourcep)
{
    struct json *json = json_from_string(text);
    const struct json *kind = NULL, *details = NULL;
    const struct general_error *general = NULL;

    if (json->type == JSON_OBJECT) {
        kind = shash_find_data(json_object(json), "error");
        details = shash_find_data(json_object(json), "details");
    }
    if (kind && kind->type == JSON_STRING) {
        const char *s = json_string(kind);

        for (size_t i = 0; i < ARRAY_SIZE(general_errors); i++) {
            if (!strcmp(s, general_errors[i].name)) {
                general = &general_errors[i];
            }
        }
        *sourcep = (details && details->type == JSON_STRING
                    ? xasprintf("%s: %s", s, json_string(details))
                    : xstrdup(s));
    } else {
        *sourcep = xstrdup(text);
    }
    json_destroy(json);
    return general;
}

static void
refuse_all(struct ovs *ovs, struct batch *batch, enum vif_error_code code,
           const char *source)
{
    while (!ovs_list_is_empty(&batch->intents)) {
        struct ovs_intent *intent = CONTAINER_OF(
            ovs_list_front(&batch->intents), struct ovs_intent, own.node);

        struct vif_error *error = vif_error_with_source(
            vif_error_create(code, "OVSDB refused '%s': %s",
                             intent->name ? intent->name : "the probe",
                             source),
            source);

        ovs_answer(ovs, intent,
                   (code == VIF_ERR_UNAVAILABLE
                        ? vif_error_with_retry(error, OVS_RETRY_MS)
                        : error));
    }
    batch_destroy(batch);
}

static void
bisect(struct ovs *ovs, struct batch *batch)
{
    struct batch *second = batch_create();
    size_t n = ovs_list_size(&batch->intents);

    ovs->stats.bisections++;
    second->refusals = batch->refusals;
    second->keeps_qos = batch->keeps_qos;
    for (size_t i = 0; i < n / 2; i++) {
        struct ovs_intent *intent = CONTAINER_OF(
            ovs_list_back(&batch->intents), struct ovs_intent, own.node);

        ovs_list_remove(&intent->own.node);
        ovs_list_push_front(&second->intents, &intent->own.node);
    }
    send_again(ovs, second, STAGE_AGAIN, false);
    send_again(ovs, batch, STAGE_AGAIN, false);
}

/* The replica is told what is new before the answer to a transaction comes:
 * so if it has changed, whoever took the name is in it by now, and building
 * the batch anew refuses just the one.  Otherwise the batch is halved. */
static void
handle_refusal(struct ovs *ovs, struct batch *batch, const char *text)
{
    bool changed = replica_seqno(&ovs->replica) != batch->seqno;
    const struct general_error *general;
    char *source;

    batch->refusals++;
    batch_set_stage(batch, STAGE_AGAIN); /* It is in no doubt. */
    general = read_refusal(text, &source);
    if (general && general->passing) {
        probe_refused(ovs, source);
        refuse_all(ovs, batch, VIF_ERR_UNAVAILABLE, source);
    } else if (general) {
        refuse_all(ovs, batch, VIF_ERR_OVSDB, source);
    } else if (batch->drops_qos) {
        /* Somebody may refer to the row by now.  To tidy up is no reason to
         * fail. */
        batch->keeps_qos = true;
        ovs->stats.retries++;
        send_again(ovs, batch, STAGE_AGAIN, false);
    } else if (changed && batch->refusals <= 2) {
        ovs->stats.retries++;
        send_again(ovs, batch, STAGE_AGAIN, false);
    } else if (ovs_list_size(&batch->intents) > 1) {
        bisect(ovs, batch);
    } else {
        refuse_all(ovs, batch, VIF_ERR_OVSDB, source);
    }
    free(source);
}

/* The answer. */

static void
handle_success(struct ovs *ovs, struct batch *batch)
{
    struct ovs_intent *intent;

    batch_set_stage(batch, STAGE_PROVING);
    LIST_FOR_EACH_SAFE (intent, own.node, &batch->intents) {
        intent->own.carried_out = true;
        if (intent->committed) {
            intent->committed(intent);
        }
    }
    proof_begin(ovs, batch);
}

static void
handle_status(struct ovs *ovs, struct batch *batch,
              enum ovsdb_idl_txn_status status)
{
    char *error = xstrdup(ovsdb_idl_txn_get_error(batch->txn));

    if (status == TXN_SUCCESS) {
        batch->cfg = ovsdb_idl_txn_get_increment_new_value(batch->txn);
    }
    ovsdb_idl_txn_destroy(batch->txn);
    batch->txn = NULL;

    switch (status) {
    case TXN_SUCCESS:
        probe_taken(ovs);
        handle_success(ovs, batch);
        break;

    case TXN_TRY_AGAIN:
        ovs->stats.retries++;
        send_again(ovs, batch, STAGE_AGAIN, true);
        break;

    case TXN_UNCOMMITTED:
    case TXN_UNCHANGED:
    case TXN_INCOMPLETE:
    case TXN_ABORTED:
    case TXN_NOT_LOCKED:
    case TXN_ERROR:
    default:
        handle_refusal(ovs, batch, error);
        break;
    }
    free(error);
}

void
commit_finish(struct ovs *ovs)
{
    if (ovs->flight) {
        enum ovsdb_idl_txn_status status
            = ovsdb_idl_txn_commit(ovs->flight->txn);

        if (status != TXN_INCOMPLETE) {
            struct batch *batch = ovs->flight;

            ovs->flight = NULL;
            handle_status(ovs, batch, status);
        }
    }
}

/* What was in flight may have been carried out or not, and may be yet; what
 * was committed waits for a cur_cfg of which nobody knows whether it still
 * counts the same.  Both are looked at again when the replica is in step. */
void
commit_session_lost(struct ovs *ovs)
{
    struct batch *batch = ovs->flight;

    if (batch) {
        ovs->flight = NULL;
        ovsdb_idl_txn_destroy(batch->txn);
        batch->txn = NULL;
        send_again(ovs, batch, STAGE_DOUBT, true);
    }
    while (!ovs_list_is_empty(&ovs->proving)) {
        batch = CONTAINER_OF(ovs_list_pop_back(&ovs->proving), struct batch,
                             node);
        send_again(ovs, batch, STAGE_DOUBT, true);
    }
}

/* A new transaction. */

static struct batch *
ready_again(const struct ovs *ovs)
{
    struct batch *batch;

    if (ovs_list_is_empty(&ovs->again)) {
        return NULL;
    }
    batch = CONTAINER_OF(ovs_list_front(&ovs->again), struct batch, node);
    return (batch->hold && replica_seqno(&ovs->replica) == batch->seqno
            ? NULL : batch);
}

/* The slot: the queue waits until what was committed before is proven, for
 * that is what makes batches grow, or ovs-vswitchd counts as silent.  What is
 * sent again has waited already. */
bool
commit_may_start(const struct ovs *ovs)
{
    if (!ovs->replica.synced || ovs->flight
        || !replica_switch(&ovs->replica)) {
        return false;
    }
    return (ready_again(ovs)
            || (ovs_list_is_empty(&ovs->again)
                && !ovs_list_is_empty(&ovs->queue)
                && (ovs_list_is_empty(&ovs->proving) || ovs->silent)));
}

/* Takes what fits into one batch out of the queue.  Of two intents about the
 * same name the later one stays: in one transaction their order would be
 * lost. */
static struct batch *
collect(struct ovs *ovs)
{
    struct batch *batch = batch_create();
    struct sset names = SSET_INITIALIZER(&names);
    struct ovs_intent *intent;
    size_t n = 0;

    LIST_FOR_EACH_SAFE (intent, own.node, &ovs->queue) {
        if (n >= MAX_BATCH) {
            break;
        }
        if (intent->kind == OVS_PROBE || !intent->name
            || sset_add(&names, intent->name)) {
            batch_add(batch, intent, STAGE_QUEUED);
            n++;
        }
    }
    sset_destroy(&names);
    return batch;
}

static struct batch *
next_batch(struct ovs *ovs)
{
    struct batch *batch = ready_again(ovs);

    if (!batch) {
        return collect(ovs);
    }
    ovs_list_remove(&batch->node);
    return batch;
}

/* Builds the rows of each intent; moves those that are refused to 'refused'.
 * Nobody is called back while the transaction is open. */
static void
build_all(struct ovs *ovs, struct batch *batch, struct ovs_list *refused)
{
    struct ovs_intent *intent;

    batch->n_sent = 0;
    batch->writes = false;
    LIST_FOR_EACH_SAFE (intent, own.node, &batch->intents) {
        bool wrote = intent->wrote;

        intent->wrote = false;
        intent->own.refusal = ovs_build(ovs, batch->txn, intent);
        batch->writes |= intent->wrote;
        intent->wrote |= wrote;
        if (intent->own.refusal) {
            ovs_list_remove(&intent->own.node);
            ovs_list_push_back(refused, &intent->own.node);
        } else {
            batch->n_sent++;
        }
    }
    batch->drops_qos = (!batch->keeps_qos
                        && noop_qos_drop(ovs, &batch->intents));
    batch->writes |= batch->drops_qos;
}

/* For the operator who reads "ovsdb-tool show-log". */
static void
add_comment(const struct batch *batch)
{
    const struct ovs_intent *first;

    if (!batch->writes) {
        return;
    }
    first = CONTAINER_OF(ovs_list_front(&batch->intents), struct ovs_intent,
                         own.node);
    if (batch->n_sent == 1 && first->name) {
        ovsdb_idl_txn_add_comment(batch->txn, "vifd: %s", first->name);
    } else {
        ovsdb_idl_txn_add_comment(batch->txn, "vifd: %"PRIuSIZE" ports",
                                  batch->n_sent);
    }
}

static void
send_batch(struct ovs *ovs, struct batch *batch)
{
    const struct replica *replica = &ovs->replica;
    enum ovsdb_idl_txn_status status;

    add_comment(batch);
    ovsdb_idl_txn_increment(
        batch->txn, &replica_switch(replica)->header_,
        ovs_schema_column(&replica->schema, OVS_TABLE_SWITCH,
                          SWITCH_NEXT_CFG), true);
    status = ovsdb_idl_txn_commit(batch->txn);
    if (status != TXN_INCOMPLETE) {
        handle_status(ovs, batch, status);      /* It was not sent. */
        return;
    }

    batch_set_stage(batch, STAGE_SENT);
    batch->sent_at = time_msec();
    ovs->flight = batch;
    ovs->stats.transactions++;
    ovs->stats.writes += batch->writes;
    ovs->stats.largest_batch = MAX(ovs->stats.largest_batch, batch->n_sent);
    VLOG_DBG("sent a transaction of %"PRIuSIZE" intents", batch->n_sent);
}

void
commit_start(struct ovs *ovs)
{
    while (commit_may_start(ovs)) {
        struct ovs_list refused = OVS_LIST_INITIALIZER(&refused);
        struct batch *batch = next_batch(ovs);

        batch->seqno = replica_seqno(&ovs->replica);
        batch->txn = ovsdb_idl_txn_create(ovs->replica.idl);
        build_all(ovs, batch, &refused);
        if (batch->n_sent) {
            send_batch(ovs, batch);
        } else {
            batch_destroy(batch);
        }
        while (!ovs_list_is_empty(&refused)) {
            struct ovs_intent *intent = CONTAINER_OF(
                ovs_list_front(&refused), struct ovs_intent, own.node);

            ovs_answer(ovs, intent, intent->own.refusal);
        }
    }
}

void
commit_probe(struct ovs *ovs)
{
    struct batch *batch = batch_create();

    batch->seqno = replica_seqno(&ovs->replica);
    batch->txn = ovsdb_idl_txn_create(ovs->replica.idl);
    send_batch(ovs, batch);
}
