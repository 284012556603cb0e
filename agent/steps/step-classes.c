/* SPDX-License-Identifier: Apache-2.0 */

/* The kinds of step that this vifd has.  A new kind is a file of its own and
 * one line here; apart from step.c, so that tests can bring kinds of their
 * own. */

#include <config.h>

#include "steps/step.h"

#include <string.h>

#include "util.h"

static const struct step_class *const classes[] = {
    &step_macvtap_class,
    &step_ovs_bridge_class,
    &step_ovs_port_class,
    &step_pci_driver_class,
    &step_tap_class,
    &step_vf_class,
    &step_vf_netdev_class,
    &step_vlan_class,
};

const struct step_class *
step_class_lookup(const char *kind)
{
    for (size_t i = 0; i < ARRAY_SIZE(classes); i++) {
        if (!strcmp(classes[i]->kind, kind)) {
            return classes[i];
        }
    }
    return NULL;
}

const struct step_class *const *
step_classes(size_t *np)
{
    *np = ARRAY_SIZE(classes);
    return classes;
}
