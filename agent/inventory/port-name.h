/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INVENTORY_PORT_NAME_H
#define INVENTORY_PORT_NAME_H 1

/* phys_port_name: which port of a switch inside a NIC a netdev is.  The forms
 * are those of devlink_port_phys_port_name_get() (net/devlink/port.c) and of
 * drivers older than that. */

#include <stdbool.h>
#include <stdint.h>

enum port_kind {
    PORT_UPLINK,        /* "p0"; "p0s1" if the port is split. */
    PORT_PF,            /* "pf0", "c1pf0" */
    PORT_VF,            /* "pf0vf1", "c1pf0vf1", "vf1", "vf1@pf0", "1" */
    PORT_SF,            /* "pf0sf1", "c1pf0sf1" */
};

struct port_name {
    enum port_kind kind;
    int controller;     /* -1 if it is not told: the host's own. */
    int pf;             /* -1 if it is not told. */
    int number;         /* Of the port, VF or SF; -1 for a PF. */
    int split;          /* -1 if it is whole. */
};

/* The whole of 's' in one of the forms above, letters large or small; numbers
 * have at most six digits.  False for all else. */
bool port_name_parse(const char *s, struct port_name *);

#endif /* inventory/port-name.h */
