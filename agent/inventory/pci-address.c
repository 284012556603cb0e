/* SPDX-License-Identifier: Apache-2.0 */

/* See pci-address.h. */

#include <config.h>

#include "inventory/pci-address.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* Reads 'min' to 'max' hexadecimal digits and 'end' behind them. */
static bool
read_field(const char **s, size_t min, size_t max, char end, uint32_t limit,
           uint32_t *valuep)
{
    static const char digits[] = "0123456789abcdef";
    size_t n = strspn(*s, digits);

    if (n < min || n > max || (*s)[n] != end) {
        return false;
    }
    *valuep = 0;
    for (size_t i = 0; i < n; i++) {
        *valuep = *valuep << 4 | (strchr(digits, (*s)[i]) - digits);
    }
    *s += n + (end != '\0');
    return *valuep <= limit;
}

bool
pci_address_from_string(const char *s, struct pci_address *address)
{
    uint32_t domain, bus, slot, function;

    if (!read_field(&s, 4, 8, ':', UINT32_MAX, &domain)
        || !read_field(&s, 2, 2, ':', UINT8_MAX, &bus)
        || !read_field(&s, 2, 2, '.', 0x1f, &slot)
        || !read_field(&s, 1, 1, '\0', 7, &function)) {
        return false;
    }
    *address = (struct pci_address) { domain, bus, slot, function };
    return true;
}

const char *
pci_address_format(const struct pci_address *address,
                   char buf[PCI_ADDRESS_SIZE])
{
    snprintf(buf, PCI_ADDRESS_SIZE, "%04x:%02x:%02x.%x", address->domain,
             address->bus, address->slot & 0x1fu, address->function & 7u);
    return buf;
}
