/* SPDX-License-Identifier: Apache-2.0 */

/* See spec.h. */

#include <config.h>

#include "inventory/spec.h"

#include <stdlib.h>
#include <string.h>

void
device_spec_init(struct device_spec *spec)
{
    memset(spec, 0, sizeof *spec);
    spec->vendor = spec->product = -1;
    spec->managed = true;
}

void
device_specs_destroy(struct device_specs *specs)
{
    for (size_t i = 0; i < specs->n; i++) {
        spec_address_destroy(&specs->specs[i].address);
        free(specs->specs[i].physical_network);
    }
    free(specs->specs);
    specs->specs = NULL;
    specs->n = 0;
}

const struct device_spec *
device_specs_match(const struct device_specs *specs,
                   const struct inventory *inventory,
                   const struct device *device)
{
    const struct device *pf = inventory_parent(inventory, device);

    for (size_t i = 0; i < specs->n; i++) {
        const struct device_spec *spec = &specs->specs[i];

        if ((spec->vendor < 0 || spec->vendor == device->vendor)
            && (spec->product < 0 || spec->product == device->product)
            && (!spec->remote_managed || device_is_vf(device))
            && spec_address_matches(&spec->address, device, pf)) {
            return spec;
        }
    }
    return NULL;
}
