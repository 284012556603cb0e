/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PRIVILEGE_PROTOCOL_H
#define PRIVILEGE_PROTOCOL_H 1

/* What vifd and its helper say to one another.
 *
 * A request is one packet on the socket between the two, with one descriptor:
 * the socket on which the answer is wanted, one packet as well, perhaps with
 * a descriptor of its own.  So requests do not wait for one another, and who
 * stops waiting closes his end.  When the helper closes its end, it has closed
 * what it has passed: who has been given a tap can then be sure that nobody
 * else has it open.
 *
 * There are no paths in it: things are named by their address (PCI address,
 * number, interface's name), and what is not well-formed in every byte is not
 * carried out.  Both ends are one program, so that the layout is the
 * compiler's; the version is there for the day when they are not. */

#include <stdint.h>

#define PRIVILEGE_VERSION 1
#define PRIVILEGE_NAME_SIZE 32

enum privilege_verb {
    PRIVILEGE_OPEN_TUN = 1,         /* Answers with a descriptor. */
    PRIVILEGE_CONNECT_OVSDB,        /* 'number' of the configured sockets;
                                     * answers with a descriptor. */
    PRIVILEGE_TAP_HOLDERS,          /* 'name'; answers with text. */
    PRIVILEGE_PCI_DRIVER_OVERRIDE,  /* 'pci', 'name' or none. */
    PRIVILEGE_PCI_PROBE,            /* 'pci'. */
    PRIVILEGE_PCI_BIND,             /* 'pci', 'name' of the driver. */
    PRIVILEGE_PCI_UNBIND,           /* 'pci'. */
    PRIVILEGE_PCI_RESET,            /* 'pci'. */
    PRIVILEGE_PCI_NUMVFS,           /* 'pci', 'number'. */
    PRIVILEGE_PCI_UNHELD,           /* 'pci'. */
    PRIVILEGE_PCI_VPD,              /* 'pci'; answers with a descriptor. */
    PRIVILEGE_TAP_NODE,             /* 'number': ifindex; 'uid' to 'mode'. */
    PRIVILEGE_CLOSE_TAP_NODE,       /* 'number': ifindex. */
    PRIVILEGE_TAP_NODE_UNHELD,      /* 'number': ifindex. */
    PRIVILEGE_VDPA_NODE,            /* 'number'; 'uid' to 'mode'. */
    PRIVILEGE_N_VERBS
};

struct privilege_pci {
    uint32_t domain;
    uint8_t bus, device, function;
    uint8_t zero;
};

/* What a verb does not use must be zero; so must be what follows the end of
 * 'name'. */
struct privilege_request {
    uint32_t version;
    uint32_t verb;
    struct privilege_pci pci;
    uint32_t number;
    uint32_t uid, gid, mode;        /* UINT32_MAX leaves it as it is. */
    char name[PRIVILEGE_NAME_SIZE];
};

struct privilege_answer {
    uint32_t version;
    uint32_t failed;                /* 0 or 1. */
    uint32_t code;                  /* If failed, of the error ... */
    int32_t errnum;
    uint32_t retry;
    char text[1004];                /* ... and its message; or the answer. */
};

#endif /* privilege/protocol.h */
