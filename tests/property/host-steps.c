/* SPDX-License-Identifier: Apache-2.0 */
/* What the operations of steps do to the things of the simulated host. */

#include <config.h>

#include "host.h"

#include <string.h>

#include "util.h"
#include "world.h"

/* So many failures in a row and the engine leaves a row as it is. */
#define GIVES_UP 5

static struct vif_error *
not_found(const struct thing *thing)
{
    return vif_error_create(VIF_ERR_NOT_FOUND, "there is no %s %s",
                            thing_classes[thing->kind].kind, thing->name);
}

static int
step_maker(const struct thing *thing, const struct step *step)
{
    return thing_classes[thing->kind].shared ? MAKER_SHARED
                                             : port_number(step->port_id);
}

static bool
is_ours(const struct thing *thing, const struct step *step)
{
    return thing->maker == step_maker(thing, step)
           || (thing->kind == THING_BRIDGE && thing->maker == MAKER_NOBODY);
}

static struct vif_error *
conflict(const struct thing *thing)
{
    return vif_error_create(VIF_ERR_CONFLICT,
                            "%s %s exists and is somebody else's",
                            thing_classes[thing->kind].kind, thing->name);
}

static uint32_t
wanted(const struct thing *thing, size_t i, const struct vif_attrs *args)
{
    return attrs_number(args, thing_classes[thing->kind].attrs[i].name, 0);
}

static struct vif_error *
capture(struct host *host, struct thing *thing, struct step *step)
{
    const struct thing_class *class = &thing_classes[thing->kind];

    if (!class->made && !thing->exists) {
        return not_found(thing);
    }
    if (class->made && thing->exists && !is_ours(thing, step)) {
        return conflict(thing);
    }
    if (thing->kind == THING_ROW
        && (!step->has_previous || !thing->exists)) {
        vif_attrs_set_uint(&step->original, "uuid",
                           thing->exists ? thing->uuid
                                         : host->next_number++);
    }
    if (step->has_previous && host->world->mutation != MUT_RECAPTURE) {
        return NULL;
    }
    if (thing->kind == THING_BRIDGE) {
        vif_attrs_set_bool(&step->original, "existed",
                           thing->exists && thing->maker != MAKER_SHARED);
    }
    if (!class->made) {
        if (thing_is_configured(thing) && !step->has_previous) {
            world_fail(host->world, "captures-leftovers",
                       "%s captures %s %s, which still has attributes that a"
                       " port asked for", step->port_id, class->kind,
                       thing->name);
        }
        for (size_t i = 0; i < thing_n_attrs(thing); i++) {
            vif_attrs_set_uint(&step->original, class->attrs[i].name,
                               thing->attrs[i]);
        }
    }
    if (!step->has_previous) {
        vif_attrs_setf(&step->original, "token", "token %s %s %u;",
                       class->shared ? "-" : step->port_id, thing->name,
                       host->next_number++);
    }
    return NULL;
}

static struct thing *
row_bridge(struct host *host, const struct vif_attrs *args)
{
    uint32_t n = attrs_number(args, "bridge", 0) - FIRST_OURS;

    return n < N_BRIDGES ? host_thing(host, THING_BRIDGE, n) : NULL;
}

/* Makes 'thing' with what cannot be changed later; a transaction writes all
 * the rest at the same time. */
static struct vif_error *
make(struct host *host, struct thing *thing, const struct step *step)
{
    const struct thing_class *class = &thing_classes[thing->kind];

    thing_appear(host, thing, step_maker(thing, step));
    thing->uuid = attrs_number(&step->original, "uuid", 0);
    for (size_t i = 0; i < thing_n_attrs(thing); i++) {
        thing->attrs[i] = class->main_loop
                          || class->attrs[i].change != STEP_ALTER
                          ? wanted(thing, i, &step->args) : 0;
    }
    return NULL;
}

static struct vif_error *
apply(struct host *host, struct thing *thing, struct step *step,
      unsigned int max_writes, bool *changedp)
{
    const struct thing_class *class = &thing_classes[thing->kind];

    if (thing->kind == THING_ROW) {
        struct thing *bridge = row_bridge(host, &step->args);

        if (!bridge || !bridge->exists) {
            return vif_error_create(VIF_ERR_NOT_FOUND, "there is no bridge");
        }
    }
    if (thing->exists && class->made && !is_ours(thing, step)) {
        return conflict(thing);
    }
    thing->ghost = false;
    if (!thing->exists) {
        if (!class->made || !vif_attrs_get_bool(&step->args, "create", true)) {
            return not_found(thing);
        }
        if (!max_writes--) {
            return NULL;
        }
        *changedp = true;
        make(host, thing, step);
    }
    if (!class->made && !class->shared && thing_is_configured(thing)
        && thing->maker != port_number(step->port_id)) {
        world_fail(host->world, "device-used-twice",
                   "%s writes %s %s, which still has what %d asked for",
                   step->port_id, class->kind, thing->name, thing->maker);
    }
    for (size_t i = 0; i < thing_n_attrs(thing); i++) {
        uint32_t value = wanted(thing, i, &step->args);

        if (thing->attrs[i] == value) {
            continue;
        }
        if (class->made && class->attrs[i].change != STEP_ALTER) {
            return vif_error_create(VIF_ERR_IN_USE, "%s of %s cannot be"
                                    " changed", class->attrs[i].name,
                                    thing->name);
        }
        if (!max_writes--) {
            return NULL;
        }
        *changedp = true;
        thing->attrs[i] = value;
        if (!class->made) {
            thing->maker = step_maker(thing, step);
        }
    }
    return NULL;
}

static void
tell_outputs(struct thing *thing, struct step *step)
{
    const struct thing_class *class = &thing_classes[thing->kind];
    bool pending = vif_attrs_get_bool(&step->args, "late", false)
                   && !thing->ready;

    if (class->number) {
        vif_attrs_set_uint(&step->output, class->number, thing->number);
    }
    vif_attrs_set(&step->output, "pending", pending ? "device" : NULL);
}

struct vif_error *
host_verify(struct host *host, struct thing *thing, struct step *step)
{
    const struct thing_class *class = &thing_classes[thing->kind];

    if (host->world->mutation == MUT_VERIFY_BLIND) {
        tell_outputs(thing, step);
        return NULL;
    }
    if (!thing->exists) {
        return not_found(thing);
    }
    if (class->made && !is_ours(thing, step)) {
        return conflict(thing);
    }
    for (size_t i = 0; i < thing_n_attrs(thing); i++) {
        if (thing->attrs[i] != wanted(thing, i, &step->args)) {
            return vif_error_create(VIF_ERR_KERNEL, "%s of %s %s is %u",
                                    class->attrs[i].name, class->kind,
                                    thing->name, thing->attrs[i]);
        }
    }
    tell_outputs(thing, step);
    return NULL;
}

bool
host_is_as_asked(const struct thing *thing, const struct vif_attrs *args,
                 const char *port_id)
{
    if (!thing->exists || thing->maker != port_number(port_id)) {
        return false;
    }
    for (size_t i = 0; i < thing_n_attrs(thing); i++) {
        if (thing->attrs[i] != wanted(thing, i, args)) {
            return false;
        }
    }
    return true;
}

static struct vif_error *
check_closed(const struct thing *thing)
{
    return (thing->open
            ? vif_error_create(VIF_ERR_IN_USE, "%s is open", thing->name)
            : NULL);
}

/* Deletes 'thing', which vifd made. */
static struct vif_error *
unmake(struct host *host, struct thing *thing, struct step *step,
       bool *changedp)
{
    if (!thing->exists) {
        return NULL;
    }
    if (thing->maker != step_maker(thing, step)
        && host->world->mutation != MUT_MARK_BLIND) {
        if (thing->maker != MAKER_NOBODY) {
            vif_attrs_set(&step->output, "warning", "is somebody else's");
        }
        return NULL;
    }
    if (vif_attrs_get_bool(&step->args, "replace", false)) {
        struct vif_error *error = check_closed(thing);

        if (error) {
            return error;
        }
    }
    if (thing->kind == THING_BRIDGE) {
        for (unsigned int i = 0; i < N_ROWS; i++) {
            struct thing *row = host_thing(host, THING_ROW, i);
            uint32_t on = row->attrs[0] - FIRST_OURS;

            if (!row->exists || host_thing(host, THING_BRIDGE, on) != thing) {
                continue;
            }
            if (row->ghost || row->refusals >= GIVES_UP) {
                row->exists = row->ghost = false;   /* It goes with it. */
                row->touched = ++host->ticks;
                continue;
            }
            world_fail(host->world, "shared-removed-while-held",
                       "bridge %s is removed under row %s", thing->name,
                       row->name);
        }
    }
    if (thing->maker == MAKER_STRANGER) {
        world_fail(host->world, "stranger-touched",
                   "%s deletes %s of a stranger", step->port_id, thing->name);
    }
    *changedp = true;
    thing->exists = false;
    thing->open = false;
    return NULL;
}

/* Puts back the attributes of 'thing', which is hardware. */
static void
restore(struct thing *thing, struct step *step, unsigned int max_writes,
        bool *changedp)
{
    const struct thing_class *class = &thing_classes[thing->kind];

    for (size_t i = 0; i < thing_n_attrs(thing); i++) {
        uint32_t now = thing->attrs[i];
        uint32_t original = attrs_number(&step->original,
                                         class->attrs[i].name, now);

        if (now == original) {
            continue;
        }
        if (now != wanted(thing, i, &step->args)
            && (!step->has_previous
                || now != wanted(thing, i, &step->previous))) {
            vif_attrs_setf(&step->output, "warning", "%s of %s was changed",
                           class->attrs[i].name, thing->name);
            continue;
        }
        if (!max_writes--) {
            return;
        }
        *changedp = true;
        thing->attrs[i] = original;
    }
    if (!thing_is_configured(thing)) {
        thing->maker = MAKER_NOBODY;
    }
}

static struct vif_error *
revert(struct host *host, struct thing *thing, struct step *step,
       unsigned int max_writes, bool *changedp)
{
    if (!max_writes) {
        return NULL;
    }
    if (thing_classes[thing->kind].made) {
        if (vif_attrs_get_bool(&step->original, "existed", false)) {
            return NULL;
        }
        return unmake(host, thing, step, changedp);
    }
    if (thing->exists) {
        restore(thing, step, max_writes, changedp);
    }
    return NULL;
}

struct vif_error *
host_do(struct host *host, struct thing *thing, struct step *step,
        enum step_op op, unsigned int max_writes, bool *changedp)
{
    *changedp = false;
    switch (op) {
    case STEP_CAPTURE:
        return capture(host, thing, step);
    case STEP_APPLY:
        return apply(host, thing, step, max_writes, changedp);
    case STEP_VERIFY:
        return host_verify(host, thing, step);
    case STEP_REVERT:
        return revert(host, thing, step, max_writes, changedp);
    case STEP_CHECK_UNUSED:
        return thing->exists ? check_closed(thing) : NULL;
    case N_STEP_OPS:
        break;
    }
    OVS_NOT_REACHED();
}

