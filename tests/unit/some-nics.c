/* SPDX-License-Identifier: Apache-2.0 */
/* See some-nics.h. */

#include <config.h>

#include "tests/unit/some-nics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/config.h"
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

static bool
find_holder(void *host_, const char *port OVS_UNUSED,
            struct device_holder *holder)
{
    const struct some_host *host = host_;

    *holder = host->holder;
    return host->holder_known;
}

struct some_host *
some_host_create(void)
{
    struct some_host *host = xzalloc(sizeof *host);

    host->view.inventory = &host->inventory;
    host->view.claims = &host->claims;
    host->view.holder = find_holder;
    host->view.aux = host;
    return host;
}

void
some_host_destroy(struct some_host *host)
{
    inventory_destroy(&host->inventory);
    device_claims_destroy(&host->claims);
    config_destroy(host->config);
    free(host);
}

void
some_host_configure(struct some_host *host, const char *device_spec)
{
    CLEANUP_FREE char *text = xasprintf("device_spec:\n%s", device_spec);

    config_destroy(host->config);
    CLEANUP_ERROR struct vif_error *error
        = config_parse(text, strlen(text), "f.yaml", &host->config);
    ovs_assert(!error);
    host->view.specs = &host->config->device_spec;
}

void
some_host_claim(struct some_host *host, const char *name, const char *holder)
{
    device_claims_add(&host->claims, name, holder);
    device_claims_sort(&host->claims);
}

int
some_host_set_up(void **state)
{
    static const struct numa_node nodes[] = { { 0, 0 }, { 1, 0 }, { 2, 1 } };
    struct some_host *host = some_host_create();

    some_nics_add(&host->inventory, "0000:03:00.0", 3, 8);
    some_nics_add(&host->inventory, "0000:04:00.0", 3, 8);
    host->inventory.nodes = xmemdup(nodes, sizeof nodes);
    host->inventory.n_nodes = ARRAY_SIZE(nodes);
    some_host_configure(
        host, "- {address: '0000:03:00.0', physical_network: physnet1}\n"
        "- {address: '0000:04:00.0', physical_network: null}\n");
    *state = host;
    return 0;
}

int
some_host_tear_down(void **state)
{
    some_host_destroy(*state);
    return 0;
}

struct device_request
some_host_request(void)
{
    struct device_request request;

    device_request_init(&request);
    request.holder = "p";
    request.physical_network = "physnet1";
    return request;
}
