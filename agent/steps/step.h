/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STEPS_STEP_H
#define STEPS_STEP_H 1

/* A step is one thing put in place on the host that can be taken back: a tap,
 * a row of Open vSwitch, a VF's attributes.  Each kind is one file with the
 * functions below and nothing else.  A step knows nothing of plans, ports'
 * states, the journal or other steps; the engine alone knows about those.
 *
 * What a step is, and all it has learnt, is three small maps (vif/attrs.h),
 * so that it can be journalled, compared and handed to a thread as it is. */

#include <stdbool.h>
#include <stdint.h>

#include <vif/attrs.h>
#include <vif/error.h>

struct ovs;
struct rtnl;
struct step;
struct step_task;

/* What to do, in the words of struct step_class. */
enum step_op {
    STEP_CAPTURE,
    STEP_APPLY,             /* apply(), then verify(). */
    STEP_VERIFY,
    STEP_REVERT,
    STEP_CHECK_UNUSED,
    N_STEP_OPS
};
const char *step_op_name(enum step_op);

/* How a step that is in place gets from its arguments to others. */
enum step_change {
    STEP_KEEP,              /* Nothing to do but verify. */
    STEP_ALTER,             /* apply() with 'previous' set. */
    STEP_REPLACE,           /* revert(), capture(), apply(). */
    STEP_REFUSE_IN_USE,     /* Not while somebody may have it open. */
};

/* What a class may use besides its step.  In a lane: 'rtnl', the worker's own
 * socket, which nobody else uses meanwhile.  In the main loop: 'ovs'. */
struct step_env {
    struct rtnl *rtnl;      /* NULL in the main loop. */
    struct ovs *ovs;        /* NULL in a lane. */
    const char *key;        /* This installation's UUID: the ownership key. */

    /* In a lane: see step_await_arming().  NULL if it has not to be
     * awaited. */
    struct vif_error *(*await_arming)(void *aux);
    void *aux;
};

/* For apply() of a class that 'begins_early', before the first thing that
 * outlives the process: returns when the journal knows what revert() will
 * need, or an error if that is not going to be, and then whatever apply() has
 * done must go with the process, or before. */
struct vif_error *step_await_arming(const struct step_env *) VIF_WARN_UNUSED;

struct step {
    const struct step_class *class;
    char *object;           /* Name of the thing: see vif/plan.h. */
    char *port_id;          /* For marks, logs and keys; of the first holder
                             * for a shared resource. */
    struct vif_attrs args;  /* Wanted, references resolved.  For revert():
                             * what was applied, or might have been. */
    bool has_previous;      /* apply(): it is in place as 'previous'.
                             * revert(): it may still be as 'previous'. */
    struct vif_attrs previous;
    struct vif_attrs original;  /* capture() fills it; kept until revert()
                                 * succeeded; never captured again. */
    struct vif_attrs output;    /* apply() and verify() fill it: what later
                                 * steps and the answer refer to.  The key
                                 * "pending", if set, says in a few words what
                                 * is still awaited ("device"); "warning" is
                                 * handed to the user. */
    int fresh;              /* Of the verify() that follows an early apply()
                             * alone: the index of what that has just made,
                             * or 0. */
    bool prove;             /* verify(): prove it by a round trip through
                             * whoever carries it out (contract 6), not only
                             * by comparing what is stored. */
    bool committed_will_do; /* revert(): what it wrote need only be durable;
                             * whoever carries it out need not confirm. */
    long long deadline;     /* CLOCK_MONOTONIC ms of the whole request. */
    bool background;        /* The request is over.  What does not succeed
                             * soon should fail: it is tried again later, and
                             * others use the lane meanwhile. */
};

/* All functions return NULL or an error that the caller owns; none logs what
 * it returns.  They are called by the executor alone, one at a time for a
 * step, in the order capture, apply, verify and perhaps revert; after a crash
 * revert or verify comes first, or a capture() or apply() with 'previous' that
 * takes a change back.
 *
 * A class is either of the lanes (capture ... revert, which run in a worker
 * thread and may block in the kernel) or of the main loop ('start', which
 * must not block and finishes later by step_task_done()). */
struct step_class {
    const char *kind;       /* In the journal and in plans: stable for ever. */
    unsigned int version;   /* Of its maps in the journal. */
    const char *summary;    /* "a tap device"; for "vifctl plan". */

    /* Undoing goes from high rank to low, whatever the plan's order: 30 rows
     * of databases, 20 devices, 10 drivers, 0 modes. */
    int rank;

    /* apply() of a new thing does nothing that outlives the process before it
     * has called step_await_arming(): it may be called while its arming is
     * still being journalled. */
    bool begins_early;

    /* Pure: whether 'args' can be carried out at all; names key and value.
     * References are not resolved yet: a key may be absent if 'partial'. */
    struct vif_error *(*check)(const struct vif_attrs *args, bool partial);

    /* Pure: how to get from 'old' to 'new'. */
    enum step_change (*compare)(const struct vif_attrs *old,
                                const struct vif_attrs *new);

    /* Pure: the lane whose operations must not overlap this one's, such as a
     * PF's address; NULL (or a NULL result): a lane of the port's own.  Put
     * into 'buf'. */
    const char *(*lane)(const struct vif_attrs *args, char buf[64]);

    /* Optional, pure: what capture() of a new thing would fill in, where that
     * is known without a look because apply() fails if it is wrong.  Called
     * in its place where that saves time. */
    void (*presume)(struct step *);

    /* Lanes only.
     *
     * capture() reads from the host into 'original' whatever revert() will
     * need, and may fail if the step could never be applied (a stranger has
     * the name).  Changes nothing.  With 'has_previous' the step is being
     * put in place again: it refreshes in 'original' only what identifies
     * the new thing, never the original state.
     *
     * apply() puts the thing in place, from nothing or from 'previous',
     * whatever of it is there already: it converges.  May have done part of
     * it when it fails; revert() must cope.
     *
     * verify() reads back and compares with 'args'.  Changes nothing.  If it
     * finds something else (VIF_ERR_CONFLICT) after apply(), that is called
     * again, and must make it right: at most twice.
     *
     * revert() takes back what apply() did or may have done, and returns NULL
     * only when it has seen that it is gone.  Finding it gone already is a
     * success.  What somebody else changed meanwhile is left as it is and
     * reported in output "warning". */
    struct vif_error *(*capture)(struct step *, const struct step_env *);
    struct vif_error *(*apply)(struct step *, const struct step_env *);
    struct vif_error *(*verify)(struct step *, const struct step_env *);
    struct vif_error *(*revert)(struct step *, const struct step_env *);

    /* Optional, lanes only: whether nobody uses the thing, so that revert()
     * would not refuse to take it from him.  Returns VIF_ERR_IN_USE, with who
     * does, or why that could not be found out.  Changes nothing.  Asked
     * before a change of a port begins in whose course the thing has to go;
     * for an unplug the refusal of revert() itself is soon enough. */
    struct vif_error *(*check_unused)(struct step *, const struct step_env *);

    /* Optional: revert() of many at once, where the kernel does that cheaper.
     * Stores each one's result into 'errors'. */
    void (*revert_many)(struct step **, struct vif_error **errors, size_t n,
                        const struct step_env *);

    /* Main loop only: starts 'task->op'; calls step_task_done(task, error)
     * once, now or later, but at the latest soon after the step's deadline.
     * 'cancel' says that the engine does not want it any more: what was not
     * sent yet is dropped and answered VIF_ERR_SUPERSEDED; else ignored. */
    void (*start)(struct step_task *, const struct step_env *);
    void (*cancel)(struct step_task *, const struct step_env *);

    /* Optional: brings maps of an older 'version' up to date. */
    struct vif_error *(*upgrade)(struct step *, unsigned int version);
};

/* One operation under way.  The engine makes it, with copies of its own of
 * all it needs, and gets it back through 'done'. */
struct step_task {
    struct step step;
    enum step_op op;
    char lane[64];          /* Empty: no order with any other task. */

    struct vif_error *error;        /* The result. */
    bool gated;             /* apply(): its arming is not durable yet.  The
                             * engine says when it is: executor.h. */
    bool untouched;         /* apply() of the main loop, failed: nothing of it
                             * was carried out, and revert() is not needed. */
    long long queued_us, started_us, finished_us;   /* CLOCK_MONOTONIC. */

    /* Called in the main loop, when the operation is over. */
    void (*done)(struct step_task *);

    /* Called in the main loop before 'done', at most once, by an apply() of
     * the main loop when what it wrote is durable and only the proof is
     * outstanding.  May be NULL. */
    void (*committed)(struct step_task *);
    void *aux;              /* The engine's. */
    void *exec;             /* The executor's or, in the main loop, the
                             * class's. */

    /* The executor's: if set, step_task_done() calls it in place of 'done',
     * which it then calls itself. */
    void (*finish)(struct step_task *);
};

/* All members but class and op are for the caller to fill; what the step
 * points to then belongs to the task. */
struct step_task *step_task_create(const struct step_class *, enum step_op);
void step_task_destroy(struct step_task *);     /* NULL is allowed. */

/* For 'start' functions: stores the result, which it takes over, and hands
 * the task back, before it returns: the task may be gone then. */
void step_task_done(struct step_task *, struct vif_error *);

/* Runs 'op' of a class of the lanes here and now.  For workers and tests.  A
 * function that the class does not have is VIF_ERR_INTERNAL. */
struct vif_error *step_run(struct step *, enum step_op,
                           const struct step_env *);

/* All kinds of this vifd, by name.  NULL if unknown. */
const struct step_class *step_class_lookup(const char *kind);
const struct step_class *const *step_classes(size_t *np);

/* steps/tap.c, steps/ovs-bridge.c, steps/ovs-port.c ... */
extern const struct step_class step_macvtap_class;
extern const struct step_class step_tap_class;
extern const struct step_class step_vlan_class;
extern const struct step_class step_ovs_bridge_class;
extern const struct step_class step_ovs_port_class;
extern const struct step_class step_pci_driver_class;
extern const struct step_class step_vf_class;
extern const struct step_class step_vf_netdev_class;

#endif /* steps/step.h */
