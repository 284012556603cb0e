/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INVENTORY_SPEC_ADDRESS_H
#define INVENTORY_SPEC_ADDRESS_H 1

/* Which devices the 'address' or 'devname' of a device spec means, in Nova's
 * notation (nova/pci/devspec.py), and for buses other than PCI in one like
 * it. */

#include "inventory/inventory.h"
#include "inventory/python-regex.h"

enum spec_address_kind {
    SPEC_ANY,               /* Neither is given. */
    SPEC_FIELDS,            /* "0000:03:00.*": each a number or anything. */
    SPEC_REGEXES,           /* One regular expression for each. */
    SPEC_NETDEV,            /* 'devname'. */
    SPEC_NAME,              /* "netdevsim/netdevsim1": a shell pattern. */
};

enum spec_field {
    SPEC_DOMAIN, SPEC_BUS, SPEC_SLOT, SPEC_FUNCTION, SPEC_N_FIELDS
};

/* A zeroed struct is SPEC_ANY. */
struct spec_address {
    enum spec_address_kind kind;
    int fields[SPEC_N_FIELDS];      /* -1: anything. */
    struct python_regex *regexes[SPEC_N_FIELDS];    /* NULL: anything. */
    char *text;                     /* Of the netdev, or the pattern. */
};

void spec_address_destroy(struct spec_address *);   /* Leaves SPEC_ANY. */

/* "[[[[domain]:]bus]:][slot][.[function]]" in hexadecimal: what is missing,
 * empty or "*" is anything, and fields may be left off from the left.  With a
 * bus in front ("pci/", "netdevsim/") it is about that bus. */
struct vif_error *spec_address_parse(const char *, struct spec_address *)
    VIF_WARN_UNUSED;

/* A regular expression of Python's for one field ("domain", "bus", "slot",
 * "function"), which the field's beginning must match. */
struct vif_error *spec_address_add_regex(struct spec_address *,
                                         const char *field, const char *regex)
    VIF_WARN_UNUSED;

/* The device that has the netdev of that name, whenever it is asked. */
struct vif_error *spec_address_set_netdev(struct spec_address *,
                                          const char *name) VIF_WARN_UNUSED;

/* Whether 'device', a VF of 'pf' or, with NULL, of none that is there, is
 * meant.  An address that is a single one, and a netdev, mean the VFs of a PF
 * as well. */
bool spec_address_matches(const struct spec_address *,
                          const struct device *, const struct device *pf);

#endif /* inventory/spec-address.h */
