/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VIF_PLAN_H
#define VIF_PLAN_H 1

/* A plan: the steps that put one port in place, the devices that they need,
 * and what the answer will say.  A plugin makes it from a binding and a
 * read-only view of the host; the engine carries it out.  Plain memory: no
 * plan ever touches the host.
 *
 * Steps are referred to by their position.  A step runs when those it comes
 * after are done; steps that do not depend on one another may run at the same
 * time. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <vif/attrs.h>

#ifdef __cplusplus
extern "C" {
#endif

#define VIF_PLAN_MAX_STEPS 32
#define VIF_PLAN_MAX_CLAIMS 32
#define VIF_PLAN_MAX_WARNINGS 16

/* A late argument: 'key' gets the value of output 'output' of step 'step',
 * once that step is done. */
struct vif_plan_ref {
    char *key;
    unsigned int step;
    char *output;
};

struct vif_plan_step {
    char *kind;             /* "tap", "ovs-port" ... (vifd's steps/). */
    char *object;           /* What it acts on: with 'kind' unique in a plan,
                             * and the same from one plan of the port to the
                             * next, so that steps can be matched. */
    bool shared;            /* One resource with many holders: made by the
                             * first port, taken back after the last. */
    uint32_t after;         /* Bit I set: runs after step I (I smaller). */
    struct vif_attrs args;  /* Literal arguments. */
    struct vif_plan_ref *refs;
    size_t n_refs;
};

struct vif_plan {
    char *plugin;           /* Set by the engine's caller. */
    struct vif_plan_step steps[VIF_PLAN_MAX_STEPS];
    size_t n_steps;

    /* Devices that belong to this port alone while it lives: "tap:tap1",
     * "pci/0000:03:00.2".  A claim that another port has fails the plan. */
    char *claims[VIF_PLAN_MAX_CLAIMS];
    size_t n_claims;

    /* The answer, as dotted names: "vif_type", "vif_details.bridge_name",
     * "devices.tap", "mtu", "queues.effective" (doc/protocol.md lists all).
     * References are resolved when the steps are done. */
    struct vif_attrs details;
    struct vif_plan_ref *details_refs;
    size_t n_details_refs;

    char *warnings[VIF_PLAN_MAX_WARNINGS];
    size_t n_warnings;

    /* Of the functions below: the first misuse of them, for vif_plan_check(),
     * or NULL; and where arguments of a step that does not exist go. */
    char *fault;
    struct vif_attrs spill;
};

struct vif_plan *vif_plan_create(void) VIF_NEVER_NULL;
void vif_plan_destroy(struct vif_plan *);       /* NULL is allowed. */

/* Appends a step and returns its position.  Exceeding a maximum, an empty
 * kind, or the same kind and object twice is remembered and makes
 * vif_plan_check() fail, so that a plugin need not test each call. */
unsigned int vif_plan_add_step(struct vif_plan *, const char *kind,
                               const char *object);
struct vif_attrs *vif_plan_step_args(struct vif_plan *, unsigned int step);
void vif_plan_step_after(struct vif_plan *, unsigned int step,
                         unsigned int earlier);
void vif_plan_step_share(struct vif_plan *, unsigned int step);

/* Late argument; implies vif_plan_step_after(). */
void vif_plan_step_ref(struct vif_plan *, unsigned int step, const char *key,
                       unsigned int earlier, const char *output);
void vif_plan_claim(struct vif_plan *, const char *device);
struct vif_attrs *vif_plan_details(struct vif_plan *);
void vif_plan_details_ref(struct vif_plan *, const char *key,
                          unsigned int step, const char *output);
void vif_plan_warn(struct vif_plan *, const char *fmt, ...) VIF_PRINTF(2, 3);

/* Whether the plan holds together: references point backwards, limits kept,
 * (kind, object) unique. */
struct vif_error *vif_plan_check(const struct vif_plan *) VIF_WARN_UNUSED;

#ifdef __cplusplus
}
#endif

#endif /* vif/plan.h */
