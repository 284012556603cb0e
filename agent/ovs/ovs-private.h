/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OVS_OVS_PRIVATE_H
#define OVS_OVS_PRIVATE_H 1

/* What the files of ovs/ share.  Nobody outside ovs/ includes it.
 *
 *   schema.c    tables, columns and indexes; finding rows
 *   rows.c      reading and writing single values
 *   strings.c   where their strings are
 *   replica.c   the session; what changed
 *   wanted.c    a port's arguments against its Interface row
 *   find.c      looking things up; whose port it is
 *   build.c     an intent into the rows of a transaction
 *   noop-qos.c  the row that keeps a device's queueing discipline
 *   verdict.c   how an intent ended, once it is proven
 *   commit.c    the queue, batches, the transaction in flight
 *   proof.c     waiting for cur_cfg; silence
 *   probe.c     asking whether a trouble is over
 *   health.c    what is wrong
 *   process.c   whether ovs-vswitchd is there at all
 *   ghosts.c    rows in doubt
 *   ovs.c       the module as others see it, deadlines, refusals */

#include "openvswitch/hmap.h"
#include "ovs/ovs.h"
#include "ovs/process.h"
#include "ovs/replica.h"

/* Unsent intents wait this long for a session, counted from its loss. */
#define SESSION_GRACE_MS 2000

/* A caller may try again after this long. */
#define OVS_RETRY_MS 1000

/* Intents in one transaction. */
#define MAX_BATCH 1000

/* How often a batch or an intent is tried again because somebody else changed
 * its rows meanwhile, or because the server refused it and the replica has
 * changed. */
#define MAX_ATTEMPTS 5

/* Where an intent is. */
enum stage {
    STAGE_NONE,                 /* Not ours: not submitted, or answered. */
    STAGE_LOOKING,              /* In 'looking'. */
    STAGE_QUEUED,               /* In 'queue'. */
    STAGE_AGAIN,                /* In a batch in 'again'; not in doubt. */
    STAGE_DOUBT,                /* Likewise, but it may have been committed or
                                 * may still be. */
    STAGE_SENT,                 /* In the batch in flight. */
    STAGE_PROVING,              /* In a batch in 'proving'. */
};

/* Intents that share a transaction. */
struct batch {
    struct ovs_list node;       /* In 'again' or 'proving'. */
    struct ovs_list intents;    /* Those not answered yet. */
    size_t n_sent;
    bool writes;                /* Rows other than Open_vSwitch. */
    bool drops_qos;             /* It deletes the shared QoS row ... */
    bool keeps_qos;             /* ... and must not, as was refused. */

    struct ovsdb_idl_txn *txn;  /* In flight. */
    long long sent_at;          /* ms. */
    unsigned int seqno;         /* Of the replica that it was built from. */
    bool hold;                  /* In 'again': not before the replica has
                                 * changed from 'seqno'. */
    unsigned int refusals;      /* By the server, with an error. */

    int64_t cfg;                /* Proving: what cur_cfg must reach. */
    bool unproven;              /* Some were answered when it was committed;
                                 * ovs-vswitchd is at it all the same. */
};

struct ovs {
    struct replica replica;
    char *key;
    struct ovs_config config;   /* Its strings are not ours. */

    struct ovs_list looking;    /* Intents that need no transaction. */
    struct ovs_list queue;      /* Intents not sent yet. */
    struct ovs_list again;      /* Batches to be sent before the queue. */
    struct batch *flight;       /* Sent, not answered. */
    struct ovs_list proving;    /* Batches, committed, oldest first. */
    long long next_deadline;    /* No intent's deadline is before. */

    bool silent;                /* ovs-vswitchd does not answer. */
    int64_t cur_cfg;            /* When last looked at. */
    long long moved_at;         /* When it moved, or 'proving' ceased to be
                                 * empty; ms. */
    long long look_at;          /* Not to look at its process before; ms. */
    enum switch_process process;        /* What was seen then ... */
    struct switch_sighting sighting;
    long long gone_since;       /* ... and, if it had gone, since when; ms. */

    bool failing;               /* Intents have failed because something was
                                 * waited for in vain. */
    bool server_silent;         /* The log says that ovsdb-server is. */
    char *refusal;              /* What ovsdb-server says to any transaction,
                                 * or NULL: it takes them. */
    long long probed_at;        /* Last probe, ms. */

    bool fresh;                 /* Submitted since the last ovs_run(). */
    bool had_replica;           /* All that 'replaced' says was seen once. */
    struct hmap ghosts;
    struct ovs_stats stats;
    const char **datapath_types, **iface_types;     /* ovs_get_info()'s. */
};

/* ovs.c. */

/* Takes 'intent' out of its list and hands it back. */
void ovs_answer(struct ovs *, struct ovs_intent *, struct vif_error *);
bool ovs_intent_is_removal(const struct ovs_intent *);

/* health.c. */
bool ovs_server_is_silent(const struct ovs *);
void health_run(struct ovs *);
void health_wait(const struct ovs *);

/* find.c.  The Port row that 'intent', an OVS_PORT_REMOVE, is about. */
const struct ovs_row *ovs_find_removable(const struct ovs *,
                                         const struct ovs_intent *intent);
const char *ovs_wanted_iface_id(const struct vif_attrs *args);

/* build.c.  Writes into 'txn' what 'intent' needs.  On an error nothing was
 * written. */
struct vif_error *ovs_build(struct ovs *, struct ovsdb_idl_txn *txn,
                            struct ovs_intent *intent);

/* noop-qos.c.  Makes 'port', which is being inserted, refer to the row. */
void noop_qos_refer(struct ovs *, struct ovsdb_idl_txn *,
                    const struct ovs_row *port);
/* Deletes it in the transaction that carries out 'intents', if these remove
 * ports and none refers to it then.  True if so. */
bool noop_qos_drop(struct ovs *, const struct ovs_list *intents);

/* verdict.c.  What 'intent' comes to by the replica.  '*againp' is set, and
 * NULL returned, if somebody has undone it meanwhile and it is worth another
 * try. */
struct vif_error *ovs_verdict(const struct ovs *, struct ovs_intent *,
                              bool *againp);

/* commit.c. */
struct batch *batch_create(void);
void batch_destroy(struct batch *);
void batch_add(struct batch *, struct ovs_intent *, enum stage);
void commit_requeue(struct ovs *, struct ovs_intent *);
void commit_session_lost(struct ovs *);
void commit_finish(struct ovs *);       /* The one in flight, if it is over. */
void commit_start(struct ovs *);
bool commit_may_start(const struct ovs *);
void commit_probe(struct ovs *); /* Nothing may be in flight. */

/* proof.c. */
void proof_begin(struct ovs *, struct batch *);     /* Takes it over. */
void proof_restart(struct ovs *);                   /* A new session. */
void proof_run(struct ovs *);
void proof_wait(const struct ovs *);

/* probe.c. */
void probe_refused(struct ovs *, const char *source);
void probe_taken(struct ovs *); /* A transaction was carried out. */
void probe_run(struct ovs *);
void probe_wait(const struct ovs *);

/* ghosts.c. */
void ghosts_init(struct ovs *);
void ghosts_destroy(struct ovs *);
void ghosts_run(struct ovs *);
void ghosts_wait(const struct ovs *);

#endif /* ovs/ovs-private.h */
