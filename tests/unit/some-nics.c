/* SPDX-License-Identifier: Apache-2.0 */
/* See some-nics.h. */

#include <config.h>

#include "tests/unit/some-nics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"

static void
add(struct inventory *inventory, const char *address, enum device_type type,
    const char *parent, int number)
{
    struct device device;

    device_init(&device);
    ovs_assert(pci_address_from_string(address, &device.pci));
    device.is_pci = true;
    device_pci_name(&device.pci, device.name);
    device.type = type;
    device.vendor = 0x8086;
    device.product = type == DEVICE_VF ? 0x154c : 0x1572;
    device.numa_node = 0;
    device.vf_number = number;
    if (parent) {
        snprintf(device.parent, sizeof device.parent, "pci/%s", parent);
    }
    inventory_put(inventory, &device);
}

void
some_nics_vf_address(const char *pf, unsigned int number, char *buf)
{
    struct pci_address address;

    ovs_assert(pci_address_from_string(pf, &address));
    unsigned int function = address.slot * 8 + address.function + 8 + number;
    address.bus += function / 256;
    address.slot = function / 8 % 32;
    address.function = function % 8;
    pci_address_format(&address, buf);
}

void
some_nics_add(struct inventory *inventory, const char *address,
              unsigned int n_vfs, unsigned int max_vfs)
{
    CLEANUP_FREE char *name = xasprintf("pci/%s", address);

    add(inventory, address, max_vfs ? DEVICE_PF : DEVICE_PCI, NULL,
        DEVICE_UNKNOWN);
    some_nics_get(inventory, name)->n_vfs = n_vfs;
    some_nics_get(inventory, name)->max_vfs = max_vfs;
    for (unsigned int i = 0; i < n_vfs; i++) {
        char vf[PCI_ADDRESS_SIZE];

        some_nics_vf_address(address, i, vf);
        add(inventory, vf, DEVICE_VF, address, i);
    }
}

struct device *
some_nics_get(struct inventory *inventory, const char *name)
{
    const struct device *device = inventory_find(inventory, name);

    ovs_assert(device);
    return &inventory->devices[device - inventory->devices];
}

void
some_nics_set_numa(struct inventory *inventory, const char *pf, int node)
{
    CLEANUP_FREE char *name = xasprintf("pci/%s", pf);

    for (size_t i = 0; i < inventory->n; i++) {
        if (!strcmp(inventory->devices[i].name, name)
            || !strcmp(inventory->devices[i].parent, name)) {
            inventory->devices[i].numa_node = node;
        }
    }
}
