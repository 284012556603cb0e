/* SPDX-License-Identifier: Apache-2.0 */

/* See device.h. */

#include <config.h>

#include "inventory/device.h"

#include <stdio.h>
#include <string.h>

#include "util.h"

static const char *const type_names[N_DEVICE_TYPES] = {
    [DEVICE_PCI] = "type-PCI",
    [DEVICE_PF] = "type-PF",
    [DEVICE_VF] = "type-VF",
    [DEVICE_VDPA] = "vdpa",
};

const char *
device_type_name(enum device_type type)
{
    return type_names[type];
}

bool
device_type_from_name(const char *name, enum device_type *typep)
{
    for (size_t i = 0; i < ARRAY_SIZE(type_names); i++) {
        if (!strcmp(name, type_names[i])) {
            *typep = i;
            return true;
        }
    }
    return false;
}

static const char *const capability_names[N_DEVICE_CAPABILITIES] = {
    [DEVICE_RX] = "rx",
    [DEVICE_TX] = "tx",
    [DEVICE_SG] = "sg",
    [DEVICE_TSO] = "tso",
    [DEVICE_GSO] = "gso",
    [DEVICE_GRO] = "gro",
    [DEVICE_LRO] = "lro",
    [DEVICE_RXVLAN] = "rxvlan",
    [DEVICE_TXVLAN] = "txvlan",
    [DEVICE_NTUPLE] = "ntuple",
    [DEVICE_RXHASH] = "rxhash",
    [DEVICE_TXUDPTNL] = "txudptnl",
    [DEVICE_RDMA] = "rdma",
    [DEVICE_SWITCHDEV] = "switchdev",
};

const char *
device_capability_name(enum device_capability capability)
{
    return capability_names[capability];
}

size_t
device_capability_names(uint32_t capabilities,
                        const char *names[N_DEVICE_CAPABILITIES])
{
    size_t n = 0;

    for (size_t i = 0; i < ARRAY_SIZE(capability_names); i++) {
        if (capabilities & 1u << i) {
            names[n++] = capability_names[i];
        }
    }
    return n;
}

const char *
device_eswitch_name(enum device_eswitch eswitch)
{
    static const char *const names[] = {
        [DEVICE_ESWITCH_UNKNOWN] = NULL,
        [DEVICE_ESWITCH_LEGACY] = "legacy",
        [DEVICE_ESWITCH_SWITCHDEV] = "switchdev",
        [DEVICE_ESWITCH_SWITCHDEV_INACTIVE] = "switchdev_inactive",
    };

    return names[eswitch];
}

void
device_init(struct device *device)
{
    memset(device, 0, sizeof *device);
    device->type = DEVICE_PCI;
    device->vf_number = DEVICE_UNKNOWN;
    device->numa_node = DEVICE_UNKNOWN;
    device->iommu_group = DEVICE_UNKNOWN;
}

bool
device_netdev_equal(const struct device_netdev *a,
                    const struct device_netdev *b)
{
    return (a->ifindex == b->ifindex
            && !strcmp(a->name, b->name)
            && a->has_mac == b->has_mac
            && !memcmp(&a->mac, &b->mac, sizeof a->mac)
            && !strcmp(a->switch_id, b->switch_id)
            && !strcmp(a->port_name, b->port_name));
}

bool
device_equal(const struct device *a, const struct device *b)
{
    return (!strcmp(a->name, b->name)
            && a->type == b->type
            && !strcmp(a->parent, b->parent)
            && a->vf_number == b->vf_number
            && a->n_vfs == b->n_vfs
            && a->max_vfs == b->max_vfs
            && a->vendor == b->vendor
            && a->product == b->product
            && a->vf_product == b->vf_product
            && a->numa_node == b->numa_node
            && a->iommu_group == b->iommu_group
            && !strcmp(a->driver, b->driver)
            && !strcmp(a->serial, b->serial)
            && a->serial_errnum == b->serial_errnum
            && a->in_devlink == b->in_devlink
            && a->eswitch == b->eswitch
            && a->capabilities == b->capabilities
            && device_netdev_equal(&a->netdev, &b->netdev)
            && a->n_netdevs == b->n_netdevs);
}

const char *
device_pci_name(const struct pci_address *address, char buf[DEVICE_NAME_SIZE])
{
    char text[PCI_ADDRESS_SIZE];

    snprintf(buf, DEVICE_NAME_SIZE, "pci/%s",
             pci_address_format(address, text));
    return buf;
}

const char *
device_devlink_handle(const struct device *device)
{
    return (!device->is_pci && device_is_vf(device) ? device->parent
            : device->name);
}
