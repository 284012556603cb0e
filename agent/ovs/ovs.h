/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OVS_OVS_H
#define OVS_OVS_H 1

/* Open vSwitch through OVSDB: a replica of the few columns that matter, and
 * group commit.  Belongs to the main loop; never blocks.
 *
 * Callers queue *intents* ("this port shall be on that bridge").  At most one
 * transaction is in flight; what is queued meanwhile goes into the next one,
 * so that an idle daemon has the latency of one transaction and a busy one
 * the throughput of the batch, without a timer.  A batch holds intents, not
 * rows: it is built anew from the replica at each attempt, verifies what it
 * relies on, increments Open_vSwitch.next_cfg, and is over when cur_cfg has
 * reached it.  A constraint error halves the batch until the culprit stands
 * alone, so that each intent gets its own verdict.
 *
 * What an intent may meet on its way, and how it ends:
 *
 *   - Without a session with ovsdb-server it waits two seconds, counted from
 *     when the session was lost, and fails with VIF_ERR_UNAVAILABLE then; a
 *     restart of the server is not noticed.
 *
 *   - A transaction whose answer got lost with the session may have been
 *     carried out or may be yet: its intents wait until the replica is in
 *     step again and are then built anew from what is there.  An intent whose
 *     deadline passes meanwhile fails with VIF_ERR_DEADLINE and its rows
 *     become ghosts (see ovs_ghost_add()).
 *
 *   - When ovsdb-server refuses a transaction as it would have refused any
 *     other (its disk is full, its database read-only), all intents of that
 *     fail with VIF_ERR_UNAVAILABLE, and so do new ones that are no removals,
 *     unsent, until it has taken a probe; one is sent each second.
 *
 *   - ovs-vswitchd shows by cur_cfg alone that it lives.  When a transaction
 *     was committed and cur_cfg has not moved for 'slot_ms', its process is
 *     looked at.  If that has gone or is stopped, or if another 'hang_ms', 40
 *     ms for each intent of the batch and 4 ms for each port of the database
 *     have passed too, it counts as silent: plugs that were not sent fail with
 *     VIF_ERR_UNAVAILABLE, also new ones, at once; removals are carried out
 *     and reported as not proven.  Plugs that were sent wait on, until their
 *     deadlines, or until the process has been gone for 'gone_ms'.  When
 *     cur_cfg moves all is well again; no probe is needed for that, because
 *     ovs-vswitchd still owes an answer to the transaction that made it count
 *     as silent. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <vif/attrs.h>
#include <vif/error.h>

#include "openvswitch/list.h"
#include "openvswitch/uuid.h"

struct ovs;

enum ovs_intent_kind {
    OVS_LOOK,               /* Only that the replica is in step with the
                             * database; with 'args' that a port is in it as
                             * they say.  Sends nothing, proves nothing. */
    OVS_BRIDGE_ENSURE,      /* The bridge exists, made if 'may_create'.  Sends
                             * nothing if it does. */
    OVS_BRIDGE_REMOVE,      /* Gone, if its row carries our key and it has no
                             * port but its own; else 'existed' stays set. */
    OVS_PORT_ENSURE,        /* The port is on 'bridge' as 'args' say, and
                             * proven.  If it is already, only the proof. */
    OVS_PORT_REMOVE,        /* No row is left that has 'port_uuid', or 'name'
                             * and either our key and 'port_id', or the
                             * iface-id of 'args': that one was adopted, or
                             * somebody has made it anew. */
    OVS_PROBE,              /* Writes nothing: only the proof; with 'args'
                             * that of a port as they say. */
    OVS_N_INTENT_KINDS
};

/* One thing wanted.  The caller makes and owns it; it must not go away before
 * 'done' was called or ovs_cancel() has returned true. */
struct ovs_intent {
    enum ovs_intent_kind kind;
    const char *port_id;    /* For our key on the Port row. */
    const char *name;       /* Of the bridge, or of the port and interface. */
    const struct vif_attrs *args;       /* See steps/ovs-port.c. */
    const struct vif_attrs *previous;   /* OVS_PORT_ENSURE: what was put there
                                         * before; what of it 'args' have not
                                         * is taken out.  NULL: nothing. */
    struct uuid port_uuid, iface_uuid;  /* For rows that must be inserted:
                                         * chosen, and journalled, before.
                                         * 'port_uuid' is the Bridge's for
                                         * bridges, and an adopted port's. */
    bool may_create;        /* OVS_BRIDGE_ENSURE. */
    bool unproven;          /* OVS_PORT_REMOVE: is over when it is committed,
                             * whether ovs-vswitchd has taken it up or not. */
    long long deadline;     /* CLOCK_MONOTONIC ms. */

    /* When the transaction has been committed (not proven yet).  Optional. */
    void (*committed)(struct ovs_intent *);
    /* The verdict, exactly once; 'error' is given away.  Never called from
     * within ovs_submit(). */
    void (*done)(struct ovs_intent *, struct vif_error *error);
    void *aux;

    /* Result, valid in done(). */
    int64_t ofport;         /* Positive; 0 unknown; -1 not opened. */
    bool proven;            /* cur_cfg reached our next_cfg. */
    bool wrote;             /* A row of its own was written. */
    bool existed;           /* It was there before. */
    bool untouched;         /* With an error: nothing of it was carried out,
                             * nor will be. */

    struct {                /* ovs/'s own. */
        struct ovs_list node;
        int stage;
        unsigned int attempts;
        bool inserting;     /* The attempt under way inserts rows. */
        bool carried_out;   /* An attempt was, or may have been. */
        struct vif_error *refusal;  /* While a batch is built. */
    } own;
};

struct ovs_config {
    const char *remote;     /* "unix:/run/openvswitch/db.sock". */
    const char *key;        /* The ownership key, for external_ids; if it is a
                             * UUID, as a journal's is, also that of the QoS
                             * row that ports with "qos" refer to: with
                             * another key they refer to none. */
    unsigned int slot_ms;   /* How long the slot waits for cur_cfg before
                             * ovs-vswitchd is late, as explained above:
                             * 1000. */
    unsigned int hang_ms;   /* How much longer before it counts as silent
                             * though its process may well run; 0: 10000. */
    unsigned int gone_ms;   /* How long what was sent waits for another one if
                             * its process has gone; 0: 3000. */
    unsigned int ghost_ms;  /* See ovs_ghost_add(); 0: 60000. */
    /* Row (kind "ovs-port" or "ovs-bridge", its name) appeared, changed or
     * vanished in the replica, by anyone: also by our own transactions, and
     * then before the verdict.  Optional. */
    void (*changed)(void *aux, const char *kind, const char *name);
    /* A new replica, not the first: everything may have changed. */
    void (*all_changed)(void *aux);
    /* Intents have failed with VIF_ERR_UNAVAILABLE or VIF_ERR_DEADLINE; now
     * all is well, and they may succeed.  Optional. */
    void (*well_again)(void *aux);
    /* A ghost was deleted, or cannot turn up any more.  Optional. */
    void (*ghost_gone)(void *aux, const struct uuid *port_uuid);
    void *aux;
};

struct ovs *ovs_create(const struct ovs_config *);

/* Answers the intents that are not answered yet with VIF_ERR_SUPERSEDED; what
 * was sent may be carried out all the same. */
void ovs_destroy(struct ovs *);
void ovs_run(struct ovs *);
void ovs_wait(struct ovs *);

void ovs_submit(struct ovs *, struct ovs_intent *);
/* True: it was not sent, or it is no removal and only the proof was awaited;
 * 'done' will not be called. */
bool ovs_cancel(struct ovs *, struct ovs_intent *);

enum ovs_health {
    OVS_DISCONNECTED,   /* No session with ovsdb-server. */
    OVS_SERVER_SILENT,  /* ovsdb-server does not answer a transaction. */
    OVS_SERVER_REFUSES, /* It refuses any: full disk, read-only. */
    OVS_SWITCH_SILENT,  /* ovs-vswitchd does not advance cur_cfg. */
    OVS_OK,
};
enum ovs_health ovs_health(const struct ovs *);
const char *ovs_health_name(enum ovs_health);

/* NULL, or why a plug could not be carried out now: VIF_ERR_UNAVAILABLE. */
struct vif_error *ovs_check_health(const struct ovs *) VIF_WARN_UNUSED;

/* Looking at the replica; false or NULL if it is not there.  What a view
 * points to is good until the next ovs_run(). */
bool ovs_synced(const struct ovs *);    /* In step with the database. */
bool ovs_bridge_exists(const struct ovs *, const char *name);
bool ovs_bridge_is_ours(const struct ovs *, const char *name);
/* NULL: no such bridge.  An empty column means "system". */
const char *ovs_bridge_datapath_type(const struct ovs *, const char *name);
struct ovs_port_view {
    const char *name, *bridge;
    struct uuid port_uuid, iface_uuid;
    const char *type, *error;
    int64_t ofport;         /* 0: none yet. */
    bool ours;              /* Carries our key. */
    const char *port_id;    /* external_ids:vifd-port, if ours. */
    const char *iface_id;
};
bool ovs_find_port(const struct ovs *, const char *name,
                   struct ovs_port_view *);
/* By external_ids:iface-id or by our key and port id; the first one. */
bool ovs_find_port_by_iface_id(const struct ovs *, const char *iface_id,
                               struct ovs_port_view *);
bool ovs_find_port_by_port_id(const struct ovs *, const char *port_id,
                              struct ovs_port_view *);

/* Another ownership key, while there is no intent. */
void ovs_set_key(struct ovs *, const char *key);

/* A port whose row carries a key of vifd's, ours or another's. */
struct ovs_owned_port {
    const char *name;
    const char *key;
    const char *port_id; /* NULL if it does not tell. */
    const char *memo;    /* What was asked for; likewise. */
};
void ovs_for_each_owned(const struct ovs *,
                        void (*cb)(void *aux, const struct ovs_owned_port *),
                        void *aux);

/* Calls 'cb' for each port whose row carries our key.  'cb' must not run
 * ovs/. */
void ovs_for_each_ours(const struct ovs *,
                       void (*cb)(void *aux, const struct ovs_port_view *),
                       void *aux);

/* Whether port 'name' may become the one of 'port_id' with 'iface_id' (NULL:
 * none): there is none of that name, or it is ours, or has 'port_uuid', or
 * has the same iface-id; and no stranger's port has that iface-id under
 * another name.  Else VIF_ERR_CONFLICT naming the stranger. */
struct vif_error *ovs_port_admit(const struct ovs *, const char *name,
                                 const char *port_id, const char *iface_id,
                                 const struct uuid *port_uuid)
    VIF_WARN_UNUSED;

/* Whether the rows are as 'args' (see steps/ovs-port.c) say; the error names
 * column, wanted and found. */
struct vif_error *ovs_port_compare(const struct ovs *, const char *name,
                                   const struct vif_attrs *args)
    VIF_WARN_UNUSED;

/* Puts into 'found' the bridge of port 'name' and the present value of each
 * column that 'args' would write, so that it can be given back later. */
void ovs_port_read(const struct ovs *, const char *name,
                   const struct vif_attrs *args, struct vif_attrs *found);

/* Rows whose fate is unknown, because the transaction that inserts them was
 * sent and never answered: deleted whenever they turn up.  ovs/ makes ghosts
 * by itself of what it gives up; these are for a caller that knows of more,
 * from a journal.  A ghost is forgotten when OVS_PORT_ENSURE or
 * OVS_BRIDGE_ENSURE is submitted for it, or 'ghost_ms' after the replica came
 * in step with the database: ovsdb-server reads what an older session had
 * sent before it answers a new one, so that a row that is not there by then
 * will not be. */
void ovs_ghost_add(struct ovs *, const struct uuid *port_uuid);
void ovs_ghost_forget(struct ovs *, const struct uuid *port_uuid);

struct ovs_info {
    const char *ovs_version, *db_version;   /* NULL if unknown. */
    const char *const *datapath_types;
    size_t n_datapath_types;
    const char *const *iface_types;
    size_t n_iface_types;
    const char *dpdk_initialized;           /* "true" or "false". */
};
/* Good until the next call of this or of ovs_run(). */
void ovs_get_info(const struct ovs *, struct ovs_info *);

struct ovs_stats {
    uint64_t transactions;  /* Sent, probes included. */
    uint64_t writes;        /* Of these, with rows of ports or bridges. */
    uint64_t intents, bisections, retries, reconnects, ghosts_deleted;
    unsigned int largest_batch;
};
void ovs_get_stats(const struct ovs *, struct ovs_stats *);

#endif /* ovs/ovs.h */
