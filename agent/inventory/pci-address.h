/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INVENTORY_PCI_ADDRESS_H
#define INVENTORY_PCI_ADDRESS_H 1

/* Addresses of PCI functions, "0000:03:00.2". */

#include <stdbool.h>
#include <stdint.h>

#define PCI_ADDRESS_SIZE 17     /* "10000000:00:00.0" and its terminator. */

struct pci_address {
    uint32_t domain;            /* More than 16 bits only behind a bridge
                                 * that makes one up, such as Intel's VMD. */
    uint8_t bus, slot, function;
};

/* The kernel's form and no other: four digits of domain or, if they do not
 * do, up to eight; all in small letters.  Nothing may follow. */
bool pci_address_from_string(const char *, struct pci_address *);
const char *pci_address_format(const struct pci_address *,
                               char buf[PCI_ADDRESS_SIZE]);

#endif /* inventory/pci-address.h */
