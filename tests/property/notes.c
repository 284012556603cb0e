/* SPDX-License-Identifier: Apache-2.0 */
/* See notes.h. */

#include <config.h>

#include "notes.h"

#include <stdio.h>
#include <stdlib.h>

#include "util.h"
#include "world.h"

#define KEY "drain/card:c0"

static unsigned int
engine_value(const struct world *world)
{
    const char *text = engine_note(world->engine, KEY);

    return text ? (unsigned int) atoi(text) : 0;
}

static void
note_done(void *world_, const struct vif_error *error)
{
    struct world *world = world_;
    struct notes *notes = &world->notes;

    if (!notes->pending) {
        world_fail(world, "note-answered-once", "a note is answered twice");
    }
    notes->pending = false;
    if (!error) {
        notes->value = notes->wanted;
    }
    notes_check(world);
}

void
notes_live(struct world *world)
{
    struct notes *notes = &world->notes;
    char text[16];

    if (notes->pending || !dice_chance(&world->dice, 25)) {
        return;
    }
    notes->pending = true;
    notes->wanted = dice_below(&world->dice, 4);
    snprintf(text, sizeof text, "%u", notes->wanted);
    TRACE(world, "the note is set to %s", text);
    engine_set_note(world->engine, KEY, notes->wanted ? text : NULL,
                    note_done, world);
    world->engine_due = true;
}

void
notes_check(struct world *world)
{
    const struct notes *notes = &world->notes;

    if (!notes->pending && engine_value(world) != notes->value) {
        world_fail(world, "note-is-as-answered", "the note is %u, not %u",
                   engine_value(world), notes->value);
    }
}

void
notes_recovered(struct world *world)
{
    struct notes *notes = &world->notes;
    unsigned int value = engine_value(world);

    if (notes->pending && value == notes->wanted) {
        notes->value = value;
    }
    notes->pending = false;
    notes_check(world);
}
