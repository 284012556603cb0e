/* SPDX-License-Identifier: Apache-2.0 */

/* The states of a port and the arrows between them: one machine for every
 * vnic type.  doc/states.md has the picture. */

#include <config.h>

#include <string.h>

#include "engine/engine.h"

static const char *const state_names[PORT_N_STATES] = {
    [PORT_PLANNED] = "planned",
    [PORT_PLUGGING] = "plugging",
    [PORT_WAITING_FOR_DEVICE] = "waiting-for-device",
    [PORT_PREPARED] = "prepared",
    [PORT_ACTIVE] = "active",
    [PORT_CHANGING] = "changing",
    [PORT_DRIFTED] = "drifted",
    [PORT_UNPLUGGING] = "unplugging",
    [PORT_UNDOING] = "undoing",
    [PORT_GONE] = "gone",
};

#define S(STATE) (1u << PORT_##STATE)

/* The states in which nothing is under way. */
#define AT_REST (S(WAITING_FOR_DEVICE) | S(PREPARED) | S(ACTIVE) | S(DRIFTED))

static const unsigned int arrows[PORT_N_STATES] = {
    /* Unplugging: it is only what engine_collect() was given. */
    [PORT_PLANNED] = S(PLUGGING) | S(UNPLUGGING) | S(GONE),
    [PORT_PLUGGING] = (S(WAITING_FOR_DEVICE) | S(PREPARED) | S(ACTIVE)
                       | S(UNDOING) | S(GONE)),
    [PORT_WAITING_FOR_DEVICE] = AT_REST | S(CHANGING) | S(UNPLUGGING),
    [PORT_PREPARED] = AT_REST | S(CHANGING) | S(UNPLUGGING),
    [PORT_ACTIVE] = AT_REST | S(CHANGING) | S(UNPLUGGING),
    [PORT_CHANGING] = AT_REST | S(UNDOING),
    [PORT_DRIFTED] = AT_REST | S(CHANGING) | S(UNPLUGGING),
    /* Back to rest: the removal was refused before anything was removed. */
    [PORT_UNPLUGGING] = AT_REST | S(GONE),
    [PORT_UNDOING] = AT_REST | S(GONE),
    [PORT_GONE] = 0,
};

const char *
port_state_name(enum port_state state)
{
    return state < PORT_N_STATES ? state_names[state] : "unknown";
}

bool
port_state_from_name(const char *name, enum port_state *state)
{
    for (int i = 0; i < PORT_N_STATES; i++) {
        if (!strcmp(name, state_names[i])) {
            *state = (enum port_state) i;
            return true;
        }
    }
    return false;
}

bool
port_state_may(enum port_state from, enum port_state to)
{
    return from < PORT_N_STATES && to < PORT_N_STATES
           && arrows[from] & (1u << to);
}

const char *
outcome_name(enum outcome outcome)
{
    static const char *const names[] = {
        [OUTCOME_DONE] = "done",
        [OUTCOME_FAILED_CLEAN] = "failed-clean",
        [OUTCOME_FAILED_UNDOING] = "failed-undoing",
    };

    return outcome <= OUTCOME_FAILED_UNDOING ? names[outcome] : "unknown";
}
