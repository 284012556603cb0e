/* SPDX-License-Identifier: Apache-2.0 */
/* Random plans.  The plan follows from the binding's shape and from which
 * slots are free; the order of its steps, and dependencies that need not be,
 * from the shape's 'graph'. */

#include <config.h>

#include <stdio.h>
#include <string.h>

#include "shape.h"
#include "util.h"
#include "world.h"

enum { MAX_PARTS = 8 };

/* A step to be. */
struct part {
    enum thing_kind kind;
    const struct thing *thing;
    int step;               /* Its position in the plan, or -1. */
};

struct draft {
    struct world *world;
    const struct shape *shape;
    struct vif_plan *plan;
    struct dice dice;
    struct part parts[MAX_PARTS];
    size_t n_parts;
};

static void
add_part(struct draft *draft, enum thing_kind kind, unsigned int n)
{
    draft->parts[draft->n_parts++] = (struct part) {
        .kind = kind, .thing = host_thing(&draft->world->host, kind, n),
        .step = -1,
    };
}

/* Whether a step of kind 'a' has to come before one of kind 'b'. */
static bool
comes_before(const struct shape *shape, enum thing_kind a, enum thing_kind b)
{
    return (a == THING_CARD && b == THING_SLOT)
           || (a == THING_BRIDGE && b == THING_ROW)
           || (a == THING_NETDEV && b == THING_ROW)
           || (a == THING_NETDEV && b == THING_SLOT
               && shape_slot_wants_index(shape))
           || (a == THING_SLOT && b == THING_NETDEV
               && shape_netdev_wants_node(shape));
}

static bool
part_is_ready(const struct draft *draft, const struct part *part)
{
    for (size_t i = 0; i < draft->n_parts; i++) {
        if (draft->parts[i].step < 0
            && comes_before(draft->shape, draft->parts[i].kind, part->kind)) {
            return false;
        }
    }
    return part->step < 0;
}

static struct part *
next_part(struct draft *draft)
{
    struct part *ready[MAX_PARTS];
    size_t n = 0;

    for (size_t i = 0; i < draft->n_parts; i++) {
        if (part_is_ready(draft, &draft->parts[i])) {
            ready[n++] = &draft->parts[i];
        }
    }
    return n ? ready[dice_below(&draft->dice, (unsigned int) n)] : NULL;
}

/* The device that a step stands for: its name with the kind before it. */
static void
device_name(const struct thing *thing, char buf[DEVICE_CLAIM_SIZE])
{
    snprintf(buf, DEVICE_CLAIM_SIZE, "%s:%s", thing_classes[thing->kind].kind,
             thing->name);
}

/* 'key' of 'step' is the number of the first step of 'kind'. */
static void
add_ref(struct draft *draft, unsigned int step, const char *key,
        enum thing_kind kind)
{
    for (size_t i = 0; i < draft->n_parts; i++) {
        if (draft->parts[i].kind == kind) {
            vif_plan_step_ref(draft->plan, step, key,
                              (unsigned int) draft->parts[i].step,
                              thing_classes[kind].number);
            return;
        }
    }
    OVS_NOT_REACHED();
}

static void
set_args(struct draft *draft, const struct part *part, unsigned int step)
{
    const struct shape *shape = draft->shape;
    struct vif_attrs *args = vif_plan_step_args(draft->plan, step);

    switch (part->kind) {
    case THING_NETDEV:
        vif_attrs_set_uint(args, "flavour", ours(shape->flavour));
        vif_attrs_set_uint(args, "hard", ours(shape->hard));
        vif_attrs_set_uint(args, "mtu", ours(shape->mtu));
        vif_attrs_set_uint(args, "node", 0);
        if (shape_netdev_wants_node(shape)) {
            vif_attrs_set(args, "node", NULL);
            add_ref(draft, step, "node", THING_SLOT);
        }
        break;

    case THING_SLOT:
        vif_attrs_set_uint(args, "card", shape->card);
        vif_attrs_set_uint(args, "mode", ours(shape->mode));
        vif_attrs_set_uint(args, "a", ours(shape->a));
        vif_attrs_set_uint(args, "b", ours(shape->b));
        vif_attrs_set_uint(args, "peer", 0);
        if (shape_slot_wants_index(shape)) {
            vif_attrs_set(args, "peer", NULL);
            add_ref(draft, step, "peer", THING_NETDEV);
        }
        break;

    case THING_ROW:
        vif_attrs_set_uint(args, "bridge", ours(shape->bridge - 1u));
        vif_attrs_set_uint(args, "tag", ours(shape->tag));
        vif_attrs_set_uint(args, "carry", ours(shape->prepare ? 0 : 1));
        vif_attrs_set_bool(args, "late", shape->late);
        vif_attrs_set_uint(args, "index", 0);
        if (shape->netdev) {
            vif_attrs_set(args, "index", NULL);
            add_ref(draft, step, "index", THING_NETDEV);
        }
        vif_plan_details_ref(draft->plan, "ofport", step, "ofport");
        break;

    case THING_BRIDGE:
        vif_attrs_set_bool(args, "create", true);
        break;

    case THING_CARD:
        vif_attrs_set_uint(args, "card", shape->card);
        vif_attrs_set_uint(args, "value", ours(shape->card_mode));
        break;

    case N_THING_KINDS:
        OVS_NOT_REACHED();
    }
    if (world_mutates(draft->world, MUT_PLAN_UNSTEADY, 50)
        && (part->kind == THING_NETDEV || part->kind == THING_ROW)) {
        vif_attrs_set_uint(args, part->kind == THING_ROW ? "tag" : "mtu",
                           ours(5 + dice_below(&draft->world->dice, 20)));
    }
}

/* Tells the host what has to be in place before 'step' is: "p1 n0 s3". */
static void
set_needs(struct draft *draft, unsigned int step, const char *port_id)
{
    const struct vif_plan *plan = draft->plan;
    char needs[64];
    size_t n = (size_t) snprintf(needs, sizeof needs, "%s", port_id);

    for (unsigned int i = 0; i < step; i++) {
        if (plan->steps[step].after & UINT32_C(1) << i) {
            n += (size_t) snprintf(needs + n, sizeof needs - n, " %s",
                                   plan->steps[i].object);
        }
    }
    vif_attrs_set(vif_plan_step_args(draft->plan, step), "needs", needs);
}

static void
claim(struct draft *draft, const struct thing *thing)
{
    char names[DEVICE_MAX_CLAIMS][DEVICE_CLAIM_SIZE];
    size_t n = 1;

    if (thing->kind == THING_SLOT) {
        n = slots_claim_names(&draft->world->slots, thing, names);
    } else {
        device_name(thing, names[0]);
    }
    for (size_t i = 0; i < n; i++) {
        vif_plan_claim(draft->plan, names[i]);
    }
}

static void
add_step(struct draft *draft, struct part *part, const char *port_id)
{
    const struct thing_class *class = &thing_classes[part->kind];
    unsigned int step = vif_plan_add_step(draft->plan, class->kind,
                                          part->thing->name);

    part->step = (int) step;
    for (size_t i = 0; i < draft->n_parts; i++) {
        const struct part *other = &draft->parts[i];

        if (other != part && other->step >= 0
            && (comes_before(draft->shape, other->kind, part->kind)
                || dice_chance(&draft->dice, 20))) {
            vif_plan_step_after(draft->plan, step,
                                (unsigned int) other->step);
        }
    }
    set_args(draft, part, step);
    set_needs(draft, step, port_id);
    if (class->shared) {
        vif_plan_step_share(draft->plan, step);
    } else if (!world_mutates(draft->world, MUT_CLAIM_BEHIND, 30)) {
        claim(draft, part->thing);
    }
}

static struct vif_error *
pick_slots(struct draft *draft, const struct vif_binding *binding)
{
    unsigned int slots;
    struct vif_error *error = slots_choose(&draft->world->slots, binding,
                                           &slots);

    for (unsigned int i = 0; i < N_SLOTS; i++) {
        if (slots & 1u << i) {
            add_part(draft, THING_SLOT, i);
        }
    }
    return error;
}

static struct vif_error *
sim_plan(struct planner *planner, const struct vif_binding *binding,
         const struct vif_plan *previous OVS_UNUSED,
         const char *(*claimed_by)(void *aux, const char *device) OVS_UNUSED,
         void *aux OVS_UNUSED, struct vif_plan **planp)
{
    struct world *world = CONTAINER_OF(planner, struct world, planner);
    struct shape shape;
    struct draft draft = { .world = world, .shape = &shape };
    struct vif_error *error;
    struct part *part;

    if (!shape_from_binding(binding, &shape)) {
        world_fail(world, "binding-garbled", "port %s has a binding that"
                   " nobody made", binding->port_id);
    }
    if (shape.refused) {
        return vif_error_create(VIF_ERR_REFUSED, "the planner says no");
    }
    dice_seed(&draft.dice, shape.graph, 7);
    error = pick_slots(&draft, binding);
    if (error) {
        return error;
    }
    if (shape.card_mode) {
        add_part(&draft, THING_CARD, shape.card);
    }
    if (shape.bridge) {
        add_part(&draft, THING_BRIDGE, shape.bridge - 1u);
    }
    if (shape.netdev) {
        add_part(&draft, THING_NETDEV, shape.netdev - 1u);
    }
    if (shape.row) {
        add_part(&draft, THING_ROW, shape.row - 1u);
    }

    draft.plan = vif_plan_create();
    draft.plan->plugin = xstrdup("sim");
    vif_attrs_set(vif_plan_details(draft.plan), "vif_type", "sim");
    vif_attrs_set_uint(vif_plan_details(draft.plan), "mtu", ours(shape.mtu));
    while ((part = next_part(&draft))) {
        add_step(&draft, part, binding->port_id);
    }
    error = vif_plan_check(draft.plan);
    if (error) {
        world_fail(world, "bad-plan", "%s", error->message);
    }
    *planp = draft.plan;
    return NULL;
}

static void
sim_announce(struct planner *planner,
             const struct vif_binding *const *bindings, size_t n)
{
    struct world *world = CONTAINER_OF(planner, struct world, planner);

    slots_announce(&world->slots, bindings, n);
}

void
planner_init(struct planner *planner)
{
    planner->plan = sim_plan;
    planner->announce = sim_announce;
}
