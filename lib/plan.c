/* SPDX-License-Identifier: Apache-2.0 */
/* Building and checking the plans of include/vif/plan.h.  Knows no kind of
 * step and no plugin. */

#include <config.h>

#include <vif/plan.h>

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "lib/alloc.h"

#define MAX_REFS 64             /* Late arguments of one step. */

struct vif_plan *
vif_plan_create(void)
{
    return vif_xcalloc(1, sizeof(struct vif_plan));
}

static void
destroy_refs(struct vif_plan_ref *refs, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        free(refs[i].key);
        free(refs[i].output);
    }
    free(refs);
}

static void
destroy_strings(char **strings, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        free(strings[i]);
    }
}

void
vif_plan_destroy(struct vif_plan *plan)
{
    if (!plan) {
        return;
    }

    for (size_t i = 0; i < plan->n_steps; i++) {
        struct vif_plan_step *step = &plan->steps[i];

        free(step->kind);
        free(step->object);
        vif_attrs_destroy(&step->args);
        destroy_refs(step->refs, step->n_refs);
    }
    destroy_strings(plan->claims, plan->n_claims);
    destroy_strings(plan->warnings, plan->n_warnings);
    vif_attrs_destroy(&plan->details);
    destroy_refs(plan->details_refs, plan->n_details_refs);
    vif_attrs_destroy(&plan->spill);
    free(plan->plugin);
    free(plan->fault);
    free(plan);
}

/* Remembers the first thing that the maker of 'plan' did wrong. */
static void VIF_PRINTF(2, 3)
set_fault(struct vif_plan *plan, const char *fmt, ...)
{
    if (!plan->fault) {
        va_list args;

        va_start(args, fmt);
        plan->fault = vif_xvasprintf(fmt, args);
        va_end(args);
    }
}

/* Step 'i', or NULL and a fault if there is none. */
static struct vif_plan_step *
get_step(struct vif_plan *plan, unsigned int i)
{
    if (i < plan->n_steps) {
        return &plan->steps[i];
    }
    set_fault(plan, "there is no step %u", i);
    return NULL;
}

unsigned int
vif_plan_add_step(struct vif_plan *plan, const char *kind, const char *object)
{
    if (plan->n_steps >= VIF_PLAN_MAX_STEPS) {
        set_fault(plan, "more than %d steps", VIF_PLAN_MAX_STEPS);
        return VIF_PLAN_MAX_STEPS;
    }

    struct vif_plan_step *step = &plan->steps[plan->n_steps];
    step->kind = vif_xstrdup(kind);
    step->object = vif_xstrdup(object);
    return plan->n_steps++;
}

struct vif_attrs *
vif_plan_step_args(struct vif_plan *plan, unsigned int i)
{
    struct vif_plan_step *step = get_step(plan, i);

    return step ? &step->args : &plan->spill;
}

void
vif_plan_step_after(struct vif_plan *plan, unsigned int i,
                    unsigned int earlier)
{
    struct vif_plan_step *step = get_step(plan, i);

    if (step && earlier >= i) {
        set_fault(plan, "step %u (%s %s) would run after step %u", i,
                  step->kind, step->object, earlier);
    } else if (step) {
        step->after |= UINT32_C(1) << earlier;
    }
}

void
vif_plan_step_share(struct vif_plan *plan, unsigned int i)
{
    struct vif_plan_step *step = get_step(plan, i);

    if (step) {
        step->shared = true;
    }
}

static void
add_ref(struct vif_plan *plan, struct vif_plan_ref **refs, size_t *n,
        const char *key, unsigned int step, const char *output)
{
    if (*n >= MAX_REFS) {
        set_fault(plan, "more than %d references in one place", MAX_REFS);
        return;
    }

    *refs = vif_xreallocarray(*refs, *n + 1, sizeof **refs);
    (*refs)[(*n)++] = (struct vif_plan_ref) {
        .key = vif_xstrdup(key),
        .step = step,
        .output = vif_xstrdup(output),
    };
}

void
vif_plan_step_ref(struct vif_plan *plan, unsigned int i, const char *key,
                  unsigned int earlier, const char *output)
{
    struct vif_plan_step *step = get_step(plan, i);

    if (step) {
        vif_plan_step_after(plan, i, earlier);
        add_ref(plan, &step->refs, &step->n_refs, key, earlier, output);
    }
}

void
vif_plan_claim(struct vif_plan *plan, const char *device)
{
    for (size_t i = 0; i < plan->n_claims; i++) {
        if (!strcmp(plan->claims[i], device)) {
            return;
        }
    }

    if (plan->n_claims >= VIF_PLAN_MAX_CLAIMS) {
        set_fault(plan, "more than %d claims", VIF_PLAN_MAX_CLAIMS);
        return;
    }
    plan->claims[plan->n_claims++] = vif_xstrdup(device);
}

struct vif_attrs *
vif_plan_details(struct vif_plan *plan)
{
    return &plan->details;
}

void
vif_plan_details_ref(struct vif_plan *plan, const char *key,
                     unsigned int step, const char *output)
{
    if (get_step(plan, step)) {
        add_ref(plan, &plan->details_refs, &plan->n_details_refs, key, step,
                output);
    }
}

void
vif_plan_warn(struct vif_plan *plan, const char *fmt, ...)
{
    if (plan->n_warnings >= VIF_PLAN_MAX_WARNINGS) {
        set_fault(plan, "more than %d warnings", VIF_PLAN_MAX_WARNINGS);
        return;
    }

    va_list args;

    va_start(args, fmt);
    plan->warnings[plan->n_warnings++] = vif_xvasprintf(fmt, args);
    va_end(args);
}

/* The checks.  A fault is the plugin's, so all are VIF_ERR_INTERNAL. */

static struct vif_error *
check_counts(const struct vif_plan *plan)
{
    const struct {
        const char *what;
        size_t n, max;
    } counts[] = {
        { "steps", plan->n_steps, VIF_PLAN_MAX_STEPS },
        { "claims", plan->n_claims, VIF_PLAN_MAX_CLAIMS },
        { "warnings", plan->n_warnings, VIF_PLAN_MAX_WARNINGS },
        { "references in the details", plan->n_details_refs, MAX_REFS },
    };

    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        if (counts[i].n > counts[i].max) {
            return vif_error_create(VIF_ERR_INTERNAL, "more than %zu %s",
                                    counts[i].max, counts[i].what);
        }
    }
    return NULL;
}

/* Whether 'refs' name each key once, none of them in 'literals' too, and only
 * steps before 'end'. */
static struct vif_error *
check_refs(const struct vif_plan_ref *refs, size_t n,
           const struct vif_attrs *literals, size_t end)
{
    if (n > MAX_REFS) {
        return vif_error_create(VIF_ERR_INTERNAL,
                                "more than %d late arguments", MAX_REFS);
    }
    for (size_t i = 0; i < n; i++) {
        const char *key = refs[i].key;

        if (!*key || !*refs[i].output) {
            return vif_error_create(VIF_ERR_INTERNAL,
                                    "a late argument without a name");
        }
        if (refs[i].step >= end) {
            return vif_error_create(VIF_ERR_INTERNAL, "'%s' refers to step "
                                    "%u, which is not an earlier one", key,
                                    refs[i].step);
        }
        if (vif_attrs_get(literals, key)) {
            return vif_error_create(VIF_ERR_INTERNAL, "'%s' is given both as "
                                    "a literal and late", key);
        }
        for (size_t j = 0; j < i; j++) {
            if (!strcmp(refs[j].key, key)) {
                return vif_error_create(VIF_ERR_INTERNAL,
                                        "'%s' is given late twice", key);
            }
        }
    }
    return NULL;
}

static struct vif_error *
check_step(const struct vif_plan *plan, size_t i)
{
    const struct vif_plan_step *step = &plan->steps[i];

    /* So that gcc 12 with sanitizers does not take 'i' for too large. */
    if (i >= VIF_PLAN_MAX_STEPS) {
        return vif_error_create(VIF_ERR_INTERNAL, "it is one too many");
    }
    if (!*step->kind || !*step->object) {
        return vif_error_create(VIF_ERR_INTERNAL,
                                "its kind or its object is empty");
    }
    if (step->after >> i) {
        return vif_error_create(VIF_ERR_INTERNAL, "it runs after itself or "
                                "after a later step");
    }
    for (size_t j = 0; j < i; j++) {
        if (!strcmp(plan->steps[j].kind, step->kind)
            && !strcmp(plan->steps[j].object, step->object)) {
            return vif_error_create(VIF_ERR_INTERNAL,
                                    "it is the same as step %zu", j);
        }
    }
    for (size_t j = 0; j < step->n_refs; j++) {
        if (step->refs[j].step < i
            && !(step->after & (UINT32_C(1) << step->refs[j].step))) {
            return vif_error_create(VIF_ERR_INTERNAL, "it does not wait for "
                                    "step %u, to which '%s' refers",
                                    step->refs[j].step, step->refs[j].key);
        }
    }
    return check_refs(step->refs, step->n_refs, &step->args, i);
}

struct vif_error *
vif_plan_check(const struct vif_plan *plan)
{
    if (plan->fault) {
        return vif_error_create(VIF_ERR_INTERNAL, "bad plan: %s",
                                plan->fault);
    }

    struct vif_error *error = check_counts(plan);
    if (error) {
        return vif_error_wrap(error, "bad plan");
    }

    for (size_t i = 0; i < plan->n_steps; i++) {
        error = check_step(plan, i);
        if (error) {
            return vif_error_wrap(error, "bad plan: step %zu (%s %s)", i,
                                  plan->steps[i].kind, plan->steps[i].object);
        }
    }
    return vif_error_wrap(check_refs(plan->details_refs, plan->n_details_refs,
                                     &plan->details, plan->n_steps),
                          "bad plan: details");
}
