/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROPERTY_SHAPE_H
#define PROPERTY_SHAPE_H 1

/* What a random binding asks for.  It travels in the binding's profile as
 * one string; the planner turns it into a plan, and the oracle works out from
 * it, without the engine, what has to be on the host. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <vif/binding.h>

struct dice;

struct shape {
    uint8_t netdev;         /* 0: none, else "n<netdev - 1>". */
    uint8_t flavour;        /* Of the netdev: to change it is to replace. */
    uint8_t hard;           /* Of the netdev: cannot be changed. */
    uint8_t mtu;            /* Of the netdev: can be altered. */
    uint8_t slots;          /* How many slots of card 'card'. */
    uint8_t card;           /* 0, 1. */
    uint8_t a, b;           /* Of the slots: can be altered. */
    uint8_t mode;           /* Of the slots: to change it is to replace. */
    uint8_t card_mode;      /* 0: the card's mode does not matter. */
    uint8_t bridge;         /* 0: none, else "b<bridge - 1>". */
    uint8_t row;            /* 0: none, else row "r<row - 1>"; on 'bridge'. */
    uint8_t tag;            /* Of the row: can be altered. */
    uint8_t late;           /* The row's device is made by the guest. */
    uint8_t graph;          /* Order, dependencies and late arguments. */
    uint8_t refused;        /* The planner says no. */
    uint8_t prepare;        /* Not in the string: binding->prepare. */
};

/* A shape for a port with number 'port', which prefers things of its own. */
void shape_random(struct shape *, struct dice *, unsigned int port);

/* Changes one or two members. */
void shape_vary(struct shape *, struct dice *);

/* Late arguments that the shape has. */
bool shape_netdev_wants_node(const struct shape *);
bool shape_slot_wants_index(const struct shape *);

void shape_to_binding(const struct shape *, unsigned int port,
                      struct vif_binding *);
/* False if 'binding' was not made by shape_to_binding(). */
bool shape_from_binding(const struct vif_binding *, struct shape *);
bool shape_equal(const struct shape *, const struct shape *);

/* "n1 mtu 9 ...", for people. */
const char *shape_describe(const struct shape *, char *buf, size_t size);

/* "p3". */
void port_name(unsigned int port, char buf[4]);
/* -1 if 'name' is none. */
int port_number(const char *name);

#endif /* shape.h */
