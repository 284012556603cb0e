/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H 1

/* The engine carries out plans.  It alone knows about order, claims,
 * deadlines, rollback, crash recovery and idempotence; it knows nothing about
 * networks.  It belongs to the main loop and never blocks: steps are carried
 * out by an executor, records kept by a journal, plans made by a planner, all
 * three behind interfaces, so that its tests run it on a simulated host.
 *
 * Contracts: doc/engine.md. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <vif/attrs.h>
#include <vif/binding.h>
#include <vif/error.h>
#include <vif/plan.h>

#include "openvswitch/hmap.h"
#include "steps/step.h"

struct engine;
struct executor;
struct journal;
struct planner;

/* States of a port, for every vnic type.  doc/states.md draws the machine;
 * port_state_may() holds its arrows, and the engine aborts in tests and logs
 * in production when code tries another. */
enum port_state {
    PORT_PLANNED,           /* Accepted; nothing on the host yet. */
    PORT_PLUGGING,          /* Steps under way. */
    PORT_WAITING_FOR_DEVICE,/* In place; the consumer makes the device. */
    PORT_PREPARED,          /* In place, carries no traffic (migration). */
    PORT_ACTIVE,            /* In place and proven. */
    PORT_CHANGING,          /* From one plan to another. */
    PORT_DRIFTED,           /* Somebody changed what we put in place. */
    PORT_UNPLUGGING,
    PORT_UNDOING,           /* A plug or change failed; being taken back. */
    PORT_GONE,              /* Only in notifications. */
    PORT_N_STATES
};
const char *port_state_name(enum port_state);
bool port_state_from_name(const char *, enum port_state *);
bool port_state_may(enum port_state from, enum port_state to);

/* How a request ended. */
enum outcome {
    OUTCOME_DONE,
    OUTCOME_FAILED_CLEAN,   /* The host is as before. */
    OUTCOME_FAILED_UNDOING, /* Not yet: the error names what is left. */
};
const char *outcome_name(enum outcome);

enum request_kind {
    REQUEST_PLUG,
    REQUEST_UNPLUG,
    REQUEST_ACTIVATE,       /* A prepared port starts to carry traffic. */
    REQUEST_ABORT,          /* A prepared port is taken back. */
    REQUEST_CHECK,          /* Verify every step; changes nothing. */
    REQUEST_REPAIR,         /* Verify, and put in place again what is not. */
    REQUEST_COLLECT,        /* Take back what no port has: engine_collect(). */
    REQUEST_REBUILD,        /* What is in place and not known is a port as
                             * 'bindings' say; changes nothing. */
};

/* When a plug or an unplug is answered. */
enum wait_for {
    WAIT_PROVEN,            /* The default: every step verified; or the switch
                             * has let go of the port before its devices
                             * go. */
    WAIT_COMMITTED,         /* Every step applied or sent and journalled; the
                             * proof follows as a notification.  Or the rows
                             * are out of the database and the devices gone;
                             * the switch follows when it gets to it. */
};

/* What one step took, in microseconds. */
struct step_timing {
    char *kind, *object;
    const char *action;     /* "add", "keep", "alter", "replace", "drop". */
    long long own_us;       /* In vifd: queues, journal. */
    long long host_us;      /* In the kernel, the driver or OVSDB. */
};

/* One port's answer.  Lives during the callback only, unless cloned. */
struct port_result {
    const char *port_id;
    enum outcome outcome;
    const struct vif_error *error;      /* NULL when done. */
    enum port_state state;
    const struct vif_binding *binding;  /* NULL if the port is gone. */
    const char *plugin;                 /* NULL if unknown. */
    const struct vif_attrs *details;    /* Resolved; NULL if none. */
    const char *const *warnings;
    size_t n_warnings;
    const struct step_timing *timings;
    size_t n_timings;
    long long total_us;
    bool changed;                       /* Anything was written. */
};

typedef void request_done_cb(void *aux, const struct port_result *,
                             size_t n);

/* A request for one port or, all or none, for several. */
struct request {
    enum request_kind kind;
    struct vif_binding *bindings;   /* PLUG, REBUILD: 'n' of them; others:
                                     * only 'port_id' counts. */
    size_t n;
    enum wait_for wait;
    unsigned int timeout_ms;        /* 0: the configured default. */
    request_done_cb *done;          /* Called exactly once, with 'n' results
                                     * in the order of 'bindings'. */
    void *aux;
};

struct engine_config {
    unsigned int timeout_ms;        /* Default deadline of a request. */
    unsigned int max_requests;      /* Under way at once; more: BUSY. */
    unsigned int max_ports;
    unsigned int retry_min_ms, retry_max_ms;    /* Back-off of undoing. */
    bool rebooted;                  /* Originals of devices are void.  To be
                                     * told again after a crash, until the
                                     * commit of the first engine_run() is
                                     * durable. */
    long long (*now_us)(void *aux); /* CLOCK_MONOTONIC; tests have their own.*/
    void *now_aux;
};

/* A change of a port's state, for "watch" and the log. */
struct engine_event {
    const char *port_id;
    enum port_state from, to;
    const struct vif_error *error;  /* Why, if something failed or drifted. */
};
typedef void engine_event_cb(void *aux, const struct engine_event *);

struct engine *engine_create(const struct engine_config *, struct executor *,
                             struct journal *, struct planner *);

/* Forgets everything in memory; the host and the journal stay as they are.
 * No callback of a request is called any more. */
void engine_destroy(struct engine *);

void engine_set_config(struct engine *, const struct engine_config *);
void engine_set_event_cb(struct engine *, engine_event_cb *, void *aux);

/* Reads the journal and takes up what was under way: undoes what was not
 * proven, finishes what was being removed, verifies what was in place.
 * engine_recovering() until every port has been looked at.  After an error
 * nothing is known, and nothing has been begun. */
struct vif_error *engine_recover(struct engine *);
bool engine_recovering(const struct engine *);

/* Why nothing new is begun, and what an operator can do about it: the journal
 * refuses, or its last commit has failed.  NULL if all is well. */
const struct vif_error *engine_journal_error(const struct engine *);

/* The journal is another one and empty: writes everything again. */
void engine_rewrite(struct engine *);

/* Whether the journal has everything that it shall have. */
bool engine_is_written(const struct engine *);

/* Requests wait, while 'hold', until it is known whether the journal can be
 * used; then they are begun or refused. */
void engine_hold(struct engine *, bool hold);

/* Takes 'request' over (its bindings too).  'done' may be called before this
 * returns when it is refused at once. */
void engine_submit(struct engine *, struct request *);

/* The plan that a plug would carry out now, with what each step would do
 * ("add", "keep", ...), without doing it.  The caller frees. */
struct engine_preview {
    struct vif_plan *plan;
    const char *actions[VIF_PLAN_MAX_STEPS];
    char *dropped[VIF_PLAN_MAX_STEPS];  /* "kind object" taken back. */
    size_t n_dropped;
};
struct vif_error *engine_plan(struct engine *, const struct vif_binding *,
                              struct engine_preview **);
void engine_preview_destroy(struct engine_preview *);

/* Something on the host that carries the mark of a port and that no port has:
 * doc/engine.md tells where such things come from. */
struct engine_orphan {
    const char *kind, *object;
    struct vif_attrs original, output;  /* By which revert() knows it. */
};

/* Takes back 'n' of them, which carry the mark of port 'port_id', as an unplug
 * takes back what a port has; what the port has taken up by then is left.
 * 'done' as in struct request; NULL if nobody wants to hear of it. */
void engine_collect(struct engine *, const char *port_id,
                    const struct engine_orphan *, size_t n,
                    unsigned int timeout_ms, request_done_cb *done,
                    void *aux);

/* Somebody outside touched (kind, object): a notification of the kernel or of
 * OVSDB.  The port or resource that has it is verified again, soon. */
void engine_object_changed(struct engine *, const char *kind,
                           const char *object);
/* The same, if what it is now was seen as well: while the port is being
 * plugged, what is as it was asked needs no verification, and what is not is
 * put right before the plug is over.  engine_asked() gives the arguments to
 * compare with; NULL if nobody asked for it. */
const struct vif_attrs *engine_asked(const struct engine *, const char *kind,
                                     const char *object);
void engine_object_seen(struct engine *, const char *kind, const char *object,
                        bool as_asked);
/* The same about whatever port 'port_id' has. */
void engine_port_changed(struct engine *, const char *port_id);
/* Everything may have changed: notifications were lost. */
void engine_all_changed(struct engine *);

/* What hindered steps from being taken back may be over: tries again now. */
void engine_retry(struct engine *);

void engine_run(struct engine *);
/* The same, if there is something to do at once. */
void engine_run_if_kicked(struct engine *);
void engine_wait(struct engine *);

/* Refuses new work from now on; 'engine_idle' when nothing is under way. */
void engine_stop_accepting(struct engine *, const char *why);
bool engine_idle(const struct engine *);

/* Tells of each claim that there is, and from now on of each that is taken
 * and, with 'holder' NULL, given back.  'name' and 'holder', the port, stay
 * valid until then.  Not called by engine_destroy(). */
typedef void engine_claim_cb(void *aux, const char *name, const char *holder);
void engine_set_claim_cb(struct engine *, engine_claim_cb *, void *aux);

/* Notes: text by key that outlives restarts and reboots, for what an operator
 * has said.  engine_set_note_cb() tells of each that there is, and from now on
 * of each that is set or, with 'value' NULL, deleted; both strings stay valid
 * until then. */
typedef void engine_note_cb(void *aux, const char *key, const char *value);
void engine_set_note_cb(struct engine *, engine_note_cb *, void *aux);
const char *engine_note(const struct engine *, const char *key);

/* Sets the note 'key' or, with 'value' NULL, deletes it, at once.  'done' is
 * called once, now or later: when that is durable, or with an error when it is
 * not so after all. */
typedef void engine_note_done_cb(void *aux, const struct vif_error *);
void engine_set_note(struct engine *, const char *key, const char *value,
                     engine_note_done_cb *done, void *aux);

/* What the planner was not ready for, it may be ready for now. */
void engine_planner_ready(struct engine *);

/* Looking.  Rows are valid until the next engine_run(). */
const char *engine_claimed_by(const struct engine *, const char *device);
/* The port that has, or is about to have, the unshared (kind, object); NULL if
 * none. */
const char *engine_holder(const struct engine *, const char *kind,
                          const char *object);
/* Whether port 'port_id' has, or is about to have, (kind, object).  With
 * 'key', also whether it has it under another name: its output 'key' is
 * 'value' or not known, or something is just being done to the port. */
bool engine_port_has(const struct engine *, const char *port_id,
                     const char *kind, const char *object, const char *key,
                     const char *value);
struct engine_port_view {
    const char *port_id;
    enum port_state state;
    const struct vif_binding *binding;
    const char *plugin;
    const char *const *warnings;
    size_t n_warnings;
    const struct vif_error *error;      /* Of drift or of undoing. */
    long long since_us;                 /* In this state, CLOCK_REALTIME. */
    size_t n_steps;
};
struct engine_step_view {
    const char *kind, *object, *phase;
    bool shared;
    const struct vif_attrs *args, *original, *output;
};
/* NULL if there is no such port. */
bool engine_find_port(const struct engine *, const char *port_id,
                      struct engine_port_view *);
/* The caller destroys 'details', an empty map; it stays so if there is no such
 * port. */
void engine_get_details(const struct engine *, const char *port_id,
                        struct vif_attrs *details);
void engine_get_step(const struct engine *, const char *port_id, size_t i,
                     struct engine_step_view *);
void engine_for_each_port(const struct engine *,
                          void (*cb)(const struct engine_port_view *,
                                     void *aux), void *aux);

struct engine_stats {
    size_t n_ports, n_requests, n_resources, n_claims;
    size_t by_state[PORT_N_STATES];
    uint64_t n_done, n_failed_clean, n_failed_undoing;
};
void engine_get_stats(const struct engine *, struct engine_stats *);

#endif /* engine/engine.h */
