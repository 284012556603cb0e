/* SPDX-License-Identifier: Apache-2.0 */
/* The pure functions of the simulated host's kinds of steps.  Everything else
 * of a class is never called: the simulated executor does it. */

#include <config.h>

#include <stdio.h>
#include <string.h>

#include "host.h"
#include "util.h"

static struct vif_error *
never_function(struct step *step OVS_UNUSED,
               const struct step_env *env OVS_UNUSED)
{
    OVS_NOT_REACHED();
}

static void
never_start(struct step_task *task OVS_UNUSED,
            const struct step_env *env OVS_UNUSED)
{
    OVS_NOT_REACHED();
}

static struct vif_error *
check(enum thing_kind kind, const struct vif_attrs *args, bool partial)
{
    const struct thing_class *class = &thing_classes[kind];
    const char *key;

    if (!partial && argument_missing(class, args, &key)) {
        return vif_error_create(VIF_ERR_INVALID, "%s: no argument '%s'",
                                class->kind, key);
    }
    return NULL;
}

static enum step_change
compare(enum thing_kind kind, const struct vif_attrs *old,
        const struct vif_attrs *new)
{
    const struct thing_class *class = &thing_classes[kind];
    enum step_change change = STEP_KEEP;

    for (size_t i = 0; i < N_ATTRS && class->attrs[i].name; i++) {
        const char *name = class->attrs[i].name;

        if (attrs_number(old, name, 0) != attrs_number(new, name, 0)
            && change < class->attrs[i].change) {
            change = class->attrs[i].change;
        }
    }
    if (change < STEP_ALTER && class->extra
        && !nullable_string_is_equal(vif_attrs_get(old, class->extra),
                                     vif_attrs_get(new, class->extra))) {
        change = STEP_ALTER;
    }
    return change;
}

/* The card's lane for whatever is on a card. */
static const char *
card_lane(const struct vif_attrs *args, char buf[64])
{
    snprintf(buf, 64, "card%s", vif_attrs_get(args, "card"));
    return buf;
}

#define PURE_FUNCTIONS(NAME, KIND)                                          \
    static struct vif_error *                                               \
    NAME##_check(const struct vif_attrs *args, bool partial)                \
    {                                                                       \
        return check(KIND, args, partial);                                  \
    }                                                                       \
                                                                            \
    static enum step_change                                                 \
    NAME##_compare(const struct vif_attrs *old, const struct vif_attrs *new)\
    {                                                                       \
        return compare(KIND, old, new);                                     \
    }

PURE_FUNCTIONS(netdev, THING_NETDEV)
PURE_FUNCTIONS(slot, THING_SLOT)
PURE_FUNCTIONS(row, THING_ROW)
PURE_FUNCTIONS(bridge, THING_BRIDGE)
PURE_FUNCTIONS(card, THING_CARD)

#define IN_LANE                                                         \
    .capture = never_function, .apply = never_function,                 \
    .verify = never_function, .revert = never_function

/* That there is none: else apply() says so. */
static void
netdev_presume(struct step *step)
{
    vif_attrs_setf(&step->original, "token", "token %s %s presumed;",
                   step->port_id, step->object);
}

const struct step_class netdev_class = {
    .kind = "netdev", .version = 1, .summary = "a device that is made",
    .rank = 20, .check = netdev_check, .compare = netdev_compare,
    .presume = netdev_presume, .begins_early = true,
    .check_unused = never_function,
    IN_LANE,
};

const struct step_class slot_class = {
    .kind = "slot", .version = 1, .summary = "a piece of hardware",
    .rank = 10, .check = slot_check, .compare = slot_compare,
    .lane = card_lane, .check_unused = never_function, IN_LANE,
};

const struct step_class row_class = {
    .kind = "row", .version = 1, .summary = "a row of a database",
    .rank = 30, .check = row_check, .compare = row_compare,
    .start = never_start,
};

const struct step_class bridge_class = {
    .kind = "bridge", .version = 1, .summary = "a row that ports share",
    .rank = 0, .check = bridge_check, .compare = bridge_compare,
    .start = never_start,
};

const struct step_class card_class = {
    .kind = "card", .version = 1, .summary = "a mode that ports share",
    .rank = 0, .check = card_check, .compare = card_compare,
    .lane = card_lane, IN_LANE,
};
