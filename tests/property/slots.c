/* SPDX-License-Identifier: Apache-2.0 */
/* See slots.h. */

#include <config.h>

#include "slots.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inventory/fit.h"
#include "lib/cleanup.h"
#include "util.h"
#include "world.h"

/* What a request asks for, each slot by itself, and what it gets. */
struct choice {
    struct device_request requests[FIT_MAX_REQUESTS];
    size_t who[FIT_MAX_REQUESTS];       /* Position among the bindings. */
    struct fit_answer answers[FIT_MAX_REQUESTS];
    size_t n;
    struct vif_error *error;
};

static void
choice_destroy(struct choice *choice)
{
    if (choice) {
        vif_error_destroy(choice->error);
        free(choice);
    }
}

static void
name_of(const struct thing *thing, char buf[DEVICE_NAME_SIZE])
{
    snprintf(buf, DEVICE_NAME_SIZE, "%s:%s", thing_classes[thing->kind].kind,
             thing->name);
}

/* Cards differ by their product. */
static void
add(struct slots *slots, enum thing_kind kind, unsigned int n,
    unsigned int card)
{
    struct device device;

    device_init(&device);
    device.type = kind == THING_CARD ? DEVICE_PF : DEVICE_VF;
    device.product = (uint16_t) (card + 1);
    device.vf_number = kind == THING_CARD ? DEVICE_UNKNOWN : (int) n;
    name_of(host_thing(&slots->world->host, kind, n), device.name);
    if (kind == THING_SLOT) {
        name_of(host_thing(&slots->world->host, THING_CARD, card),
                device.parent);
    }
    inventory_put(&slots->inventory, &device);
}

void
slots_init(struct slots *slots, struct world *world)
{
    memset(slots, 0, sizeof *slots);
    slots->world = world;
    for (unsigned int i = 0; i < N_CARDS; i++) {
        add(slots, THING_CARD, i, i);
    }
    for (unsigned int i = 0; i < N_SLOTS; i++) {
        add(slots, THING_SLOT, i, i / (N_SLOTS / N_CARDS));
    }
}

void
slots_destroy(struct slots *slots)
{
    inventory_destroy(&slots->inventory);
    device_claims_destroy(&slots->claims);
}

static void
claim_changed(void *slots_, const char *name, const char *holder)
{
    struct slots *slots = slots_;

    if (holder) {
        device_claims_put(&slots->claims, name, holder);
    } else {
        device_claims_remove(&slots->claims, name);
    }
}

void
slots_start(struct slots *slots)
{
    engine_set_claim_cb(slots->world->engine, claim_changed, slots);
}

void
slots_stop(struct slots *slots)
{
    device_claims_destroy(&slots->claims);
    choice_destroy(TAKE(slots->choice));
    slots->announced = NULL;
    slots->n_announced = 0;
}

void
slots_announce(struct slots *slots, const struct vif_binding *const *bindings,
               size_t n)
{
    choice_destroy(TAKE(slots->choice));
    slots->announced = bindings;
    slots->n_announced = n;
}

/* As many requests as the binding wants slots. */
static void
ask(struct choice *choice, const struct vif_binding *binding, size_t who)
{
    struct shape shape;

    if (!shape_from_binding(binding, &shape) || shape.refused) {
        return;
    }
    for (unsigned int i = 0; i < shape.slots; i++) {
        struct device_request *request = &choice->requests[choice->n];

        ovs_assert(choice->n < FIT_MAX_REQUESTS);
        device_request_init(request);
        request->holder = binding->port_id;
        request->product = shape.card + 1;
        choice->who[choice->n++] = who;
    }
}

static unsigned int
slot_number(const struct slots *slots, const struct device *device)
{
    for (unsigned int i = 0; i < N_SLOTS; i++) {
        char name[DEVICE_NAME_SIZE];

        name_of(host_thing(&slots->world->host, THING_SLOT, i), name);
        if (!strcmp(name, device->name)) {
            return i;
        }
    }
    world_fail(slots->world, "a-slot", "%s is none", device->name);
}

/* Which of the announced bindings it is; their number if it is none. */
static size_t
position(const struct slots *slots, const struct vif_binding *binding)
{
    size_t i = 0;

    while (i < slots->n_announced && slots->announced[i] != binding) {
        i++;
    }
    return i;
}

/* All that is asked of the port of 'binding' is to plug it with others. */
static bool
belongs_to_others(const struct slots *slots,
                  const struct vif_binding *binding)
{
    const struct oracle *oracle = &slots->world->oracle;
    int port = port_number(binding->port_id);
    bool with_others = false, alone = false;

    for (size_t i = 0; i < oracle->n_asked; i++) {
        const struct asked *asked = &oracle->asked[i];

        for (size_t j = 0; asked->pending && j < asked->n; j++) {
            if ((int) asked->ports[j] == port) {
                bool group = asked->kind == REQUEST_PLUG && asked->n > 1;

                with_others |= group;
                alone |= !group;
            }
        }
    }
    return with_others && !alone;
}

static struct choice *
choose(const struct slots *slots, const struct vif_binding *const *bindings,
       size_t n)
{
    struct device_spec spec;
    const struct device_specs specs = { &spec, 1 };
    const struct device_host host = {
        .inventory = &slots->inventory,
        .specs = &specs,
        .claims = &slots->claims,
    };
    struct choice *choice = xzalloc(sizeof *choice);

    device_spec_init(&spec);
    spec.has_physical_network = true;
    for (size_t i = 0; i < n; i++) {
        ask(choice, bindings[i], i);
    }
    choice->error = device_fit(&host, choice->requests, choice->n,
                               choice->answers);
    return choice;
}

struct vif_error *
slots_choose(struct slots *slots, const struct vif_binding *binding,
             unsigned int *slotsp)
{
    size_t me = position(slots, binding);
    bool together = me < slots->n_announced;
    struct choice *choice = together ? slots->choice : NULL;

    if (!together && !slots->previewing
        && belongs_to_others(slots, binding)) {
        world_fail(slots->world, "planned-together",
                   "%s is planned without the others", binding->port_id);
    }
    if (!choice) {
        choice = (together
                  ? choose(slots, slots->announced, slots->n_announced)
                  : choose(slots, &binding, 1));
    }
    *slotsp = 0;
    for (size_t i = 0; i < choice->n && !choice->error; i++) {
        if (choice->who[i] == (together ? me : 0)) {
            *slotsp |= 1u << slot_number(slots, choice->answers[i].device);
        }
    }

    struct vif_error *error = (choice->error ? vif_error_clone(choice->error)
                               : NULL);
    if (together) {
        slots->choice = choice;
    } else {
        choice_destroy(choice);
    }
    return error;
}

size_t
slots_claim_names(const struct slots *slots, const struct thing *slot,
                  char names[DEVICE_MAX_CLAIMS][DEVICE_CLAIM_SIZE])
{
    char name[DEVICE_NAME_SIZE];

    name_of(slot, name);
    return device_claim_names(inventory_find(&slots->inventory, name), NULL,
                              names);
}

static void
check_slot(struct slots *slots, unsigned int n)
{
    struct world *world = slots->world;
    char names[DEVICE_MAX_CLAIMS][DEVICE_CLAIM_SIZE];
    size_t n_names = slots_claim_names(
        slots, host_thing(&world->host, THING_SLOT, n), names);
    const char *holder = engine_claimed_by(world->engine, names[0]);

    for (size_t i = 1; i < n_names; i++) {
        const char *other = engine_claimed_by(world->engine, names[i]);

        if (!nullable_string_is_equal(holder, other)) {
            world_fail(world, "all-names", "%s belongs to %s, and %s to %s",
                       names[0], holder ? holder : "nobody", names[i],
                       other ? other : "nobody");
        }
    }
}

void
slots_check(struct slots *slots)
{
    struct world *world = slots->world;
    struct engine_stats stats;

    engine_get_stats(world->engine, &stats);
    if (stats.n_claims != slots->claims.n) {
        world_fail(world, "claims-told", "%zu claims, and %zu were told",
                   stats.n_claims, slots->claims.n);
    }
    for (size_t i = 0; i < slots->claims.n; i++) {
        const struct device_claim *claim = &slots->claims.claims[i];
        const char *holder = engine_claimed_by(world->engine, claim->name);

        if (!holder || strcmp(holder, claim->holder)) {
            world_fail(world, "claims-told", "%s belongs to %s, and %s was "
                       "told", claim->name, holder ? holder : "nobody",
                       claim->holder);
        }
    }
    for (unsigned int i = 0; i < N_SLOTS; i++) {
        check_slot(slots, i);
    }
}
