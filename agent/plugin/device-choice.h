/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGIN_DEVICE_CHOICE_H
#define PLUGIN_DEVICE_CHOICE_H 1

/* Which device each port of a request gets, for plugins.  All ports are
 * looked at together, once, when the first plugin asks: what each is told is
 * what the method "fit" would say.  The engine claims it in the same turn. */

#include <vif/plugin.h>

#include "lib/cleanup.h"

struct chosen_device;
struct device_host;

struct device_choice {
    const struct vif_binding *const *bindings;
    size_t n;
    bool made;
    struct vif_error *error;        /* Why there is none for any of them. */
    struct chosen_device *chosen;   /* One for each binding. */
};
#define CLEANUP_DEVICE_CHOICE CLEANUP(device_choice_destroy)

/* For 'n' bindings, which stay where they are as long as the choice is. */
void device_choice_init(struct device_choice *,
                        const struct vif_binding *const *bindings, size_t n);
void device_choice_destroy(struct device_choice *);

/* Whether 'binding' is one of them. */
bool device_choice_has(const struct device_choice *,
                       const struct vif_binding *binding);

/* The device for 'binding', valid as long as the choice and what 'devices'
 * tells are.  'devices' is as in struct plugins_config. */
struct vif_error *device_choice_get(
    struct device_choice *,
    struct vif_error *(*devices)(void *aux, struct device_host *), void *aux,
    const struct vif_binding *binding, const struct vif_device **)
    VIF_WARN_UNUSED;

/* What struct vif_host's devices_missing() answers. */
const char *device_choice_missing(
    struct vif_error *(*devices)(void *aux, struct device_host *), void *aux,
    enum vif_vnic_type);

#endif /* plugin/device-choice.h */
