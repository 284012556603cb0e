/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INVENTORY_SPEC_H
#define INVENTORY_SPEC_H 1

/* The operator's device spec: which devices may be used, for which physical
 * network, and what else is said of them.  config-device-spec.c reads it from
 * vifd.yaml; it never changes once it is made. */

#include "inventory/inventory.h"
#include "inventory/spec-address.h"

/* What is not said is neither. */
enum spec_answer { SPEC_UNSAID, SPEC_NO, SPEC_YES };

struct device_spec {
    struct spec_address address;
    int vendor, product;            /* -1: any. */

    bool has_physical_network;      /* NULL is a value as well: "of none". */
    char *physical_network;
    enum spec_answer trusted;
    enum spec_answer live_migratable;
    bool remote_managed;            /* VFs of a card that has a processor of
                                     * its own, and a serial number. */
    bool managed;                   /* libvirt binds the driver.  True unless
                                     * said otherwise. */
    unsigned int line;              /* Where it stands in the file. */
};

struct device_specs {
    struct device_spec *specs;
    size_t n;
};

void device_spec_init(struct device_spec *);
void device_specs_destroy(struct device_specs *);   /* Leaves none. */

/* The first that 'device' matches, or NULL: then it may not be used. */
const struct device_spec *device_specs_match(const struct device_specs *,
                                             const struct inventory *,
                                             const struct device *);

#endif /* inventory/spec.h */
