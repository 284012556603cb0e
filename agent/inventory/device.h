/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INVENTORY_DEVICE_H
#define INVENTORY_DEVICE_H 1

/* One function of a NIC as the host shows it.  A plain struct without
 * pointers: it is copied, compared and handed between threads as it is.
 *
 * A device's name is its bus and its address there, "pci/0000:03:00.2".  That
 * is what the engine's claims say, and devlink's handle of the device.  The
 * VFs of a PF that is not on PCI have no address: theirs is the PF's with
 * their number, "netdevsim/netdevsim1/3", and devlink knows them by the
 * PF's. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <vif/binding.h>

#include "inventory/pci-address.h"
#include "inventory/vpd.h"

/* Nova's types, with its names. */
enum device_type {
    DEVICE_PCI,             /* "type-PCI": a NIC that has no VFs and is none
                             * as far as this host can see. */
    DEVICE_PF,              /* "type-PF": it may have VFs. */
    DEVICE_VF,              /* "type-VF" */
    DEVICE_VDPA,            /* "vdpa": a VF that is the parent of a vDPA
                             * device. */
    N_DEVICE_TYPES
};
const char *device_type_name(enum device_type);
bool device_type_from_name(const char *, enum device_type *);

#define DEVICE_NAME_SIZE 64
#define DEVICE_UNKNOWN (-1)

/* What a NIC does by itself, with the names that libvirt and Nova have for
 * it.  That it is unknown and that it is not so looks the same here. */
enum device_capability {
    DEVICE_RX,              /* Receive checksums... */
    DEVICE_TX,
    DEVICE_SG,
    DEVICE_TSO,
    DEVICE_GSO,
    DEVICE_GRO,
    DEVICE_LRO,
    DEVICE_RXVLAN,
    DEVICE_TXVLAN,
    DEVICE_NTUPLE,
    DEVICE_RXHASH,
    DEVICE_TXUDPTNL,        /* ... to here: what its netdev has switched on. */
    DEVICE_RDMA,
    DEVICE_SWITCHDEV,       /* The mode of its eswitch. */
    N_DEVICE_CAPABILITIES
};
const char *device_capability_name(enum device_capability);

/* Puts the names of 'capabilities', of which each is a bit (1u <<
 * DEVICE_RX), into 'names' and returns their number. */
size_t device_capability_names(uint32_t capabilities,
                               const char *names[N_DEVICE_CAPABILITIES]);

/* How the switch on a NIC passes frames on: by its own rules, or by those
 * that are given to representors of its ports. */
enum device_eswitch {
    DEVICE_ESWITCH_UNKNOWN,     /* Or it has none. */
    DEVICE_ESWITCH_LEGACY,
    DEVICE_ESWITCH_SWITCHDEV,
    DEVICE_ESWITCH_SWITCHDEV_INACTIVE,
};
const char *device_eswitch_name(enum device_eswitch);   /* NULL if unknown. */

struct device_netdev {
    int ifindex;            /* 0: the device has none here. */
    char name[16];          /* IFNAMSIZ. */
    struct vif_mac mac;
    bool has_mac;
    char switch_id[65];     /* phys_switch_id; "" if none.  At most 32 bytes
                             * (MAX_PHYS_ITEM_ID_LEN), in hexadecimal. */
    char port_name[32];     /* phys_port_name; "" if none. */
};

struct device {
    char name[DEVICE_NAME_SIZE];
    enum device_type type;
    bool is_pci;
    struct pci_address pci;

    char parent[DEVICE_NAME_SIZE];  /* A VF's PF; "" for all else. */
    int vf_number;                  /* DEVICE_UNKNOWN for all else. */
    unsigned int n_vfs, max_vfs;    /* A PF: as it is, and as it may be (0 if
                                     * it does not say). */

    uint16_t vendor, product;       /* 0 if not PCI. */
    uint16_t vf_product;            /* A PF: what its VFs will have. */
    int numa_node;                  /* DEVICE_UNKNOWN if it has none. */
    int iommu_group;                /* DEVICE_UNKNOWN if it has none. */
    char driver[56];                /* "" if none is bound. */
    char serial[VPD_SERIAL_SIZE];   /* Of the card; "" if it is not known.  A
                                     * VF's is mostly its PF's alone. */
    int serial_errnum;              /* Why VPD that is there could not be
                                     * read, as errno; else 0. */

    bool in_devlink;                /* Devlink knows its handle. */
    enum device_eswitch eswitch;
    uint32_t capabilities;          /* Bits.  For those that depend on a PF:
                                     * inventory_capabilities(). */

    /* The netdev that stands for the device itself, not for one of its VFs.
     * A PF may have several ports: then there is none ('ifindex' is 0), and
     * 'n_netdevs' tells. */
    struct device_netdev netdev;
    unsigned int n_netdevs;         /* Without representors. */
};

void device_init(struct device *);
bool device_netdev_equal(const struct device_netdev *,
                         const struct device_netdev *);
bool device_equal(const struct device *, const struct device *);

static inline bool
device_is_vf(const struct device *device)
{
    return device->type == DEVICE_VF || device->type == DEVICE_VDPA;
}

/* "pci/0000:03:00.2" for a PCI address. */
const char *device_pci_name(const struct pci_address *,
                            char buf[DEVICE_NAME_SIZE]);

/* Devlink's handle, "bus/address", which is the PF's for a VF that is not on
 * PCI.  Whether devlink knows it, 'in_devlink' says. */
const char *device_devlink_handle(const struct device *);

#endif /* inventory/device.h */
