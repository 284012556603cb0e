/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_ENGINE_PRIVATE_H
#define ENGINE_ENGINE_PRIVATE_H 1

/* What the engine's own files share: ports, their steps, shared resources,
 * jobs.  Nobody outside engine/ includes it.
 *
 * How it moves: every callback (a task is over, a commit is durable, a timer
 * went off) only notes its result and *kicks* the port; engine_run() then
 * advances each kicked port as far as it goes, and at the end of the turn
 * writes all ports that became dirty in one journal commit.  So nothing
 * re-enters, and one turn is one commit. */

#include "engine/engine.h"
#include "engine/executor.h"
#include "engine/journal.h"
#include "engine/planner.h"
#include "heap.h"
#include "openvswitch/hmap.h"
#include "openvswitch/list.h"
#include "openvswitch/shash.h"
#include "sset.h"
#include "steps/step.h"

struct json;

/* A notification is followed up this much later, so that a burst of them
 * costs one verification. */
#define RECHECK_DELAY_US 50000

/* Jobs that may wait for one port. */
#define MAX_QUEUE 16

/* What a step of a transition has to do. */
enum action {
    ACTION_UNDECIDED,       /* References are not resolved yet. */
    ACTION_KEEP,
    ACTION_ADD,
    ACTION_ALTER,
    ACTION_REPLACE,
    ACTION_REPAIR,          /* Arguments are the same, the host is not. */
    ACTION_DROP,
};
const char *action_name(enum action);

/* How far it is.  Journalled; the order counts. */
enum phase {
    PHASE_IDLE,             /* The host has not been touched. */
    PHASE_RELEASING,        /* Replace: the old one may be gone. */
    PHASE_ARMED,            /* The new one may be there. */
    PHASE_DONE,             /* The new one is there and verified. */
};
const char *phase_name(enum phase);

/* An operation of undo or drop, as opposed to one that is left over from
 * going forward. */
enum backward {
    BACKWARD_NONE,
    BACKWARD_REVERT,
    BACKWARD_CAPTURE,
    BACKWARD_APPLY,
};

/* One step of a port.  Between transitions only 'cur' counts. */
struct pstep {
    struct port *port;
    struct hmap_node object_node;   /* In engine->objects; not if shared. */
    bool indexed;

    const struct step_class *class;
    char *object;
    bool shared;
    size_t position;                /* In the current plan. */
    struct resource *resource;      /* If shared and held. */

    bool has_cur, has_new;
    struct vif_attrs cur;           /* In place, resolved ... */
    struct vif_plan_ref *cur_refs;  /* ... from these, which count positions
                                     * of the current plan. */
    size_t n_cur_refs;
    uint32_t cur_after;             /* Positions of the current plan. */
    struct vif_attrs args;          /* Wanted: literals ... */
    struct vif_plan_ref *refs;      /* ... and late arguments: positions in
                                     * port->steps. */
    size_t n_refs;
    struct vif_attrs new;           /* 'args' resolved, once decided. */
    uint32_t after;                 /* Positions in port->steps. */
    struct vif_attrs original;
    bool void_original;             /* Of a former boot: capture() is due
                                     * before it is put in place again. */
    bool absent;                    /* 'cur' is not in place: it could not be
                                     * put back. */
    bool found;                     /* In no plan, on the host all the same:
                                     * see collect.c. */
    struct vif_attrs output;

    enum action action;
    enum phase phase;
    uint64_t armed_commit;          /* ARMED or RELEASING holds once this
                                     * commit is durable. */
    bool begun;                     /* What that is for was, in this life. */

    struct step_task *task;         /* Under way or finished, or NULL. */
    bool gated;                     /* It is apply(), submitted before what
                                     * was armed is durable. */
    bool task_over;                 /* Its result waits to be looked at. */
    bool committed;                 /* apply(): only the proof is missing. */
    bool suspect;                   /* Seen otherwise than was asked. */
    unsigned int n_mended;          /* How often that was put right. */
    enum backward backward;         /* Which of undo's operations 'task' is. */
    bool undone;                    /* Undo or drop: taken back. */
    bool restored;                  /* Undo: 'cur' is in place again. */
    bool unused;                    /* Dropped by a change: was looked at. */
    bool altered;                   /* Shared: the change is under way. */
    bool stale;                     /* Undo: 'cur' refers to what has come
                                     * back under another name or number. */
    bool lost;                      /* Undo: 'absent' has just been set. */
    bool recaptured;                /* Undo of a replacement: armed again. */
    bool restoring;                 /* Undo, shared: altering it back. */
    bool leaving;                   /* Shared: being let go. */
    uint64_t asked_turn;            /* Shared: a verify() begun in this turn
                                     * or later counts; 0: not asked. */
    unsigned int n_failures;        /* In a row, of undoing. */
    long long retry_us;             /* Not before; 0: now. */
    struct vif_error *trouble;      /* Last failure of undoing. */

    long long own_us, host_us;      /* For the answer. */
};

/* What belongs to a plan besides its steps. */
struct plan_meta {
    bool valid;
    struct vif_binding binding;
    char *plugin;
    char **claims;
    size_t n_claims;
    struct vif_attrs details;
    struct vif_plan_ref *details_refs;
    size_t n_details_refs;
    char **warnings;
    size_t n_warnings;
};

enum transition {
    TRANSITION_NONE,
    TRANSITION_CHECK,       /* Verifying only; not journalled. */
    TRANSITION_FORWARD,     /* Towards 'target'; a crash undoes it. */
    TRANSITION_UNDO,        /* Back to 'current'. */
    TRANSITION_DROP,        /* Past the point of no return: taking back what
                             * is not wanted any more; a crash goes on. */
    TRANSITION_REBUILD,     /* Finding out what is in place; not journalled.*/
};
const char *transition_name(enum transition);

struct port {
    struct engine *engine;
    struct hmap_node node;          /* In engine->ports, by id. */
    char *id;

    enum port_state state;
    long long since_us;             /* CLOCK_REALTIME. */
    enum transition transition;
    bool unplugging;                /* DROP: nothing shall be left. */
    bool drifted;                   /* The last verification failed. */
    struct plan_meta current, target;
    struct pstep **steps;           /* Of the target in its order, then those
                                     * to be dropped. */
    size_t n_steps, n_target;
    struct vif_error *trouble;      /* Of drift or undoing. */
    bool changed;                   /* This transition wrote something. */

    struct ovs_list queue;          /* struct job, waiting. */
    struct job *job;                /* Under way; NULL in the background. */

    struct ovs_list kick_node;      /* In engine->kicked. */
    bool kicked;
    struct heap_node timer;         /* In engine->timers. */
    bool timed;

    bool in_journal;                /* A record shall be there. */
    bool open_record;               /* The last one speaks of a target. */
    bool overdue;                   /* The one that is there says that the
                                     * port has what it has given back. */
    bool committing;                /* FORWARD: proven; the record that says
                                     * so is on its way to the journal. */
    bool unwanted;                  /* Undo it once that has arrived ... */
    bool unsaid;                    /* ... and, as the journal now says that
                                     * it is in place, not before it says
                                     * otherwise. */
    uint64_t commit;                /* Of that record, or of the intent to
                                     * drop or undo; 0: not sealed yet. */

    long long recheck_us;           /* Verify again then; 0: no. */
    bool recheck_later;             /* Once the transition is over. */
    unsigned int n_unknown;         /* Looks in a row that could find out
                                     * nothing. */
    bool restore_due;               /* The machine was rebooted: nothing of
                                     * it counts as in place. */
    bool restore_again;             /* It could not be tried: recheck_us. */
    bool recovering;                /* Not looked at since the start. */
};

/* A shared thing.  Holders are the ports' steps: the journal's port records
 * tell them, so that a plug need not write the resource again. */
enum resource_phase {
    RESOURCE_NEW,           /* Being captured. */
    RESOURCE_ARMED,         /* May be on the host. */
    RESOURCE_READY,
    RESOURCE_REVERTING,     /* The last holder has gone. */
};

struct resource {
    struct engine *engine;
    struct shash_node *node;        /* In engine->resources, "kind|object".*/
    const struct step_class *class;
    char *object;
    struct vif_attrs args, original, output;
    bool void_original;             /* As in struct pstep. */
    enum resource_phase phase;
    struct pstep **holders;         /* Those waiting for it included. */
    size_t n_holders, allocated_holders;
    struct step_task *task;
    bool task_over;
    bool altering;                  /* apply() with 'previous'. */
    bool unsure;                    /* Armed in a former life: verify() is to
                                     * tell whether it got there. */
    struct vif_attrs previous;
    uint64_t begun_turn;            /* When 'task' was submitted. */
    uint64_t verified_turn;         /* 'begun_turn' of the last success. */
    bool repair;                    /* Somebody wants it put right. */
    bool bad;                       /* The last verify() failed ... */
    struct vif_error *bad_error;    /* ... so, and it was not put right. */
    struct vif_error *error;        /* Why it did not come to be. */
    bool in_journal;                /* A record shall be there. */
    uint64_t armed_commit;          /* 0: not sealed yet. */
    long long deadline_us;          /* The latest of its waiting holders. */
    long long retry_us;
    unsigned int n_failures;
};

/* A request, and one job of it for each port. */
struct group {
    struct engine *engine;
    enum request_kind kind;
    enum wait_for wait;
    request_done_cb *done;
    void *aux;
    struct job **jobs;
    size_t n, n_answered, n_committed, n_proven, n_detached;
    struct vif_error *error;        /* All or none: every member has to fail.*/
    bool delivered;                 /* 'done' has been called. */
};

struct job {
    struct group *group;
    size_t index;
    struct port *port;              /* NULL once it is over. */
    struct ovs_list node;           /* In port->queue. */
    bool queued;
    bool sent;                      /* Only proof is missing, or not even
                                     * that. */
    bool proven;
    bool internal;                  /* Nobody asked; nobody is answered. */
    bool light;                     /* Verifying without a round trip. */
    struct vif_binding binding;
    struct engine_orphan *orphans;  /* REQUEST_COLLECT. */
    size_t n_orphans;
    long long start_us, soft_us, hard_us;
    struct vif_error *error;        /* Why the transition is being undone. */

    /* The answer.  'result' points into the rest. */
    bool answered;
    struct port_result result;
    char *port_id, *plugin;
    struct vif_error *result_error;
    bool has_result_binding;
    struct vif_binding result_binding;
    struct vif_attrs details;
    char **warnings;
    size_t n_warnings;
    bool collected;                 /* 'timings' are there already. */
    struct step_timing *timings;
    size_t n_timings;
};

/* One journal transaction under way. */
struct commit {
    struct engine *engine;          /* NULL: the engine has gone. */
    uint64_t seq;
    struct sset keys[JOURNAL_N_TABLES];
    struct sset claimed;            /* Devices whose claim it inserts. */
};

struct engine {
    struct engine_config config;
    struct executor *executor;
    struct journal *journal;
    struct planner *planner;
    engine_event_cb *event_cb;
    void *event_aux;
    engine_claim_cb *claim_cb;
    void *claim_aux;
    engine_note_cb *note_cb;
    void *note_aux;

    struct hmap ports;
    struct hmap objects;            /* struct pstep by kind and object. */
    struct shash claims;            /* struct port by device. */
    struct shash resources;         /* struct resource. */
    struct shash notes;             /* char * by key. */
    struct ovs_list note_waiters;   /* struct note_waiter. */

    struct ovs_list kicked;
    struct heap timers;
    bool resources_kicked;

    /* The journal: which records differ from the truth in memory.  One
     * commit at a time; what changes meanwhile goes into the next. */
    struct sset touched[JOURNAL_N_TABLES];
    struct sset claims_durable;     /* Devices with a record. */
    struct commit *commit;          /* Under way, or NULL. */
    uint64_t commit_seq;            /* Last one sealed. */
    uint64_t commit_durable;        /* Last one that succeeded. */
    struct vif_error *journal_error;/* Set while the journal does not work.*/
    long long journal_retry_us;
    uint64_t turn;

    size_t n_jobs;                  /* Of requests; internal ones not. */
    size_t n_transitions;
    size_t n_gated;                 /* Steps that are. */
    size_t n_recovering;
    char *not_accepting;            /* Why, or NULL. */
    bool held;                      /* Nothing is begun yet. */
    uint64_t n_outcomes[3];
};

static inline long long
engine_now(const struct engine *engine)
{
    return engine->config.now_us(engine->config.now_aux);
}

/* engine.c */
void engine_kick(struct port *);
void engine_kick_resources(struct engine *);

/* port.c: a port and its steps as objects. */
struct port *port_create(struct engine *, const char *id);
struct port *port_lookup(const struct engine *, const char *id);
void port_free(struct port *);
void port_set_state(struct port *, enum port_state, const struct vif_error *);
enum port_state port_settled_state(const struct port *);
void port_settle(struct port *);    /* State from what is in place. */
void port_set_transition(struct port *, enum transition);
void port_pack(struct port *);
void port_touch(struct port *);     /* Its record is to be written. */
void port_details(const struct port *, const struct plan_meta *,
                  struct vif_attrs *);
void port_set_trouble(struct port *, struct vif_error *);
struct pstep *pstep_create(struct port *, const struct step_class *,
                           const char *object);
void pstep_free(struct pstep *);
void pstep_index(struct pstep *);
void pstep_unindex(struct pstep *);
struct pstep *pstep_lookup(const struct engine *, const char *kind,
                           const char *object);
void plan_meta_clear(struct plan_meta *);
void plan_meta_from_plan(struct plan_meta *, const struct vif_binding *,
                         const struct vif_plan *);
void plan_meta_clone(struct plan_meta *to, const struct plan_meta *from);
void plan_meta_move(struct plan_meta *to, struct plan_meta *from);
void plan_refs_free(struct vif_plan_ref *, size_t n);
struct vif_plan_ref *plan_refs_clone(const struct vif_plan_ref *, size_t n);
bool plan_meta_equal(const struct plan_meta *, const struct plan_meta *);

/* task.c: step operations of a pstep. */
void pstep_submit(struct pstep *, enum step_op, const struct vif_attrs *args,
                  const struct vif_attrs *previous, long long deadline_us);
/* The result of the finished task, or false if there is none to look at.
 * Takes over what it found; '*errorp' is the caller's. */
bool pstep_take_result(struct pstep *, enum step_op *, struct vif_error **);
void pstep_disarm(struct pstep *);
void pstep_cancel(struct pstep *);
bool pstep_resolve(struct pstep *, struct vif_attrs *);
const char *pstep_outdated(const struct pstep *);
bool pstep_refresh_current(struct pstep *);
bool pstep_after_done(const struct pstep *);
void engine_task_fill(struct step_task *, const struct vif_attrs *args,
                      const struct vif_attrs *previous,
                      const struct vif_attrs *original,
                      const struct vif_attrs *output,
                      const char *object, const char *port_id,
                      long long deadline_us);
struct vif_error *engine_check_lane(struct engine *,
                                    const struct step_class *,
                                    const struct vif_attrs *args,
                                    char lane[64]);

/* diff.c: current and target plan into one list of steps. */
struct vif_error *port_adopt_plan(struct port *, const struct vif_binding *,
                                  const struct vif_plan *);
void port_retarget_current(struct port *);      /* For repair. */
void port_drop_all(struct port *);              /* For unplug. */
void port_keep_all(struct port *);              /* For collect. */
enum action pstep_decide(const struct pstep *, const struct vif_attrs *new);
struct vif_plan *port_current_plan(const struct port *);
void port_finish_forward(struct port *);        /* Target becomes current. */
void port_finish_undo(struct port *);
void port_finish_drop(struct port *);
void port_restore_order(struct port *);

/* backward.c: what undo and drop have in common. */
void backward_submit(struct pstep *, enum backward, enum step_op,
                     const struct vif_attrs *args,
                     const struct vif_attrs *previous);
void backward_failed(struct pstep *, struct vif_error *);
void backward_succeeded(struct pstep *);
bool error_is_passing(const struct vif_error *);
long long retry_pause_us(const struct engine_config *, unsigned int n_before);
bool backward_is_due(const struct pstep *);
long long backward_next_retry(const struct port *); /* LLONG_MAX: none. */
char *port_whats_left(const struct port *);         /* malloc()ed. */

/* forward.c, check.c, undo.c, drop.c: advance as far as it goes now. */
void forward_start(struct port *);
void forward_advance(struct port *);
void forward_fail(struct port *, struct vif_error *);
void forward_commit_failed(struct port *, const struct vif_error *);
void check_start(struct port *);
void check_advance(struct port *);
void undo_advance(struct port *);
void unused_start(struct port *);
bool unused_ask(struct port *);
void drop_start(struct port *, bool unplug);
void drop_advance(struct port *);
void drop_commit_failed(struct port *, const struct vif_error *);

/* rebuild.c */
struct vif_error *start_rebuild(struct port *, struct job *);
void rebuild_advance(struct port *);

/* resource.c */
struct resource *resource_lookup(const struct engine *,
                                 const struct step_class *,
                                 const char *object);
struct resource *resource_create(struct engine *, const struct step_class *,
                                 const char *object);
void resource_hold(struct resource *, struct pstep *);
struct vif_error *resource_acquire(struct pstep *);
enum resource_answer { RESOURCE_WAIT, RESOURCE_YES, RESOURCE_NO };
/* Is it there, as of now?  With 'repair', it is put in place again when it is
 * not as it should be. */
enum resource_answer resource_ask(struct pstep *, bool repair,
                                  struct vif_error **);
/* True once the port need not wait for it any more. */
bool resource_release(struct pstep *);
struct vif_error *resource_check_alter(const struct pstep *);
struct vif_error *resource_alter(struct pstep *, const struct vif_attrs *);
bool resource_is_as(const struct pstep *, const struct vif_attrs *);
void resource_commit_failed(struct resource *, const struct vif_error *);
void resources_advance(struct engine *);
void resources_free(struct engine *);
long long resources_next_timer(const struct engine *);
bool resources_busy(const struct engine *);

/* claims.c */
struct vif_error *claims_take(struct port *, const struct vif_plan *);
void claims_put(struct port *, const char *device);
void claims_forget(struct engine *);
void claims_trim(struct port *);    /* Frees those in neither plan. */

/* notes.c */
void notes_init(struct engine *);
void notes_destroy(struct engine *);
void notes_put(struct engine *, const char *key, const char *value);
void notes_forget(struct engine *);
bool flush_note(struct engine *, struct commit *, const char *key);
void notes_committed(struct engine *, uint64_t seq, const struct vif_error *);

/* result.c: the answer, with memory of its own. */
void job_collect(struct job *, const struct port *);
void job_warn(struct job *, const char *warning);
void job_fill_result(struct job *, const struct port *, enum outcome,
                     struct vif_error *);
void job_destroy_result(struct job *);

/* job.c, start.c */
void job_start_clock(struct job *, unsigned int timeout_ms);
struct group *group_create(struct engine *, const struct request *);
void group_enqueue(struct group *);
bool group_is_all_or_none(const struct group *);
void job_start_next(struct port *);
struct vif_error *job_plan(struct port *, const struct vif_binding *);
void job_check_deadlines(struct port *);
long long job_next_deadline(const struct port *);
void job_proven(struct job *);
bool job_may_commit(const struct job *);
void job_answer(struct job *, enum outcome, struct vif_error *);
void job_fail_group(struct job *, const struct vif_error *);
void job_submit_internal(struct port *, enum request_kind);
void job_committed(struct job *);
bool job_wants_no_proof(const struct job *);    /* NULL is allowed. */
void jobs_abandon(struct engine *);

/* collect.c: what no port has. */
struct vif_error *start_collect(struct port *, struct job *);
void port_forget_found(struct port *);
void orphans_free(struct engine_orphan *, size_t n);

/* record.c: to and from the journal. */
char *port_to_record(const struct port *);
struct vif_error *port_from_record(struct engine *, const char *id,
                                   const char *text, struct port **);
char *resource_to_record(const struct resource *);
struct vif_error *resource_from_record(struct engine *, const char *key,
                                       const char *text);

/* flush.c */
void engine_touch(struct engine *, enum journal_table, const char *key);
void engine_flush(struct engine *);
static inline bool
engine_durable(const struct engine *engine, uint64_t commit)
{
    return commit && commit <= engine->commit_durable;
}

#endif /* engine/engine-private.h */
