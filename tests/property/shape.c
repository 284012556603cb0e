/* SPDX-License-Identifier: Apache-2.0 */
/* Random bindings: see shape.h. */

#include <config.h>

#include "shape.h"

#include <stdio.h>
#include <string.h>

#include "dice.h"
#include "host.h"

void
port_name(unsigned int port, char buf[4])
{
    buf[0] = 'p';
    buf[1] = (char) ('0' + port);
    buf[2] = '\0';
}

int
port_number(const char *name)
{
    return name && name[0] == 'p' && name[1] >= '0'
           && name[1] < '0' + N_PORTS && !name[2] ? name[1] - '0' : -1;
}

/* Takes away what makes no sense together. */
static void
shape_straighten(struct shape *shape)
{
    if (shape->row && !shape->bridge) {
        shape->bridge = 1;
    }
    if (shape->late) {
        shape->netdev = 0;
    }
    if (!shape->row) {
        shape->late = 0;
    }
    if (!shape->netdev && !shape->slots && !shape->row) {
        shape->slots = 1;
    }
}

void
shape_random(struct shape *shape, struct dice *dice, unsigned int port)
{
    memset(shape, 0, sizeof *shape);
    if (dice_chance(dice, 65)) {
        shape->netdev = (uint8_t) (1 + (dice_chance(dice, 75)
                                        ? port % N_NETDEVS
                                        : dice_below(dice, N_NETDEVS)));
    }
    shape->flavour = (uint8_t) dice_below(dice, 2);
    shape->hard = dice_chance(dice, 10);
    shape->mtu = (uint8_t) dice_below(dice, 4);
    if (dice_chance(dice, 50)) {
        shape->slots = (uint8_t) (1 + dice_below(dice, 2));
    }
    shape->card = (uint8_t) dice_below(dice, N_CARDS);
    shape->a = (uint8_t) dice_below(dice, 4);
    shape->b = (uint8_t) dice_below(dice, 4);
    shape->mode = (uint8_t) dice_below(dice, 2);
    if (dice_chance(dice, 35)) {
        shape->card_mode = dice_chance(dice, 85) ? 1 : 2;
    }
    if (dice_chance(dice, 60)) {
        shape->bridge = (uint8_t) (1 + dice_below(dice, N_BRIDGES));
    }
    if (dice_chance(dice, 60)) {
        shape->row = (uint8_t) (1 + (dice_chance(dice, 80)
                                     ? port % N_ROWS
                                     : dice_below(dice, N_ROWS)));
    }
    shape->tag = (uint8_t) dice_below(dice, 4);
    shape->late = dice_chance(dice, 12);
    shape->graph = (uint8_t) dice_below(dice, 256);
    shape->refused = dice_chance(dice, 2);
    shape_straighten(shape);
}

void
shape_vary(struct shape *shape, struct dice *dice)
{
    struct shape other;

    shape_random(&other, dice, dice_below(dice, N_PORTS));
    for (unsigned int n = 1 + dice_below(dice, 2); n; n--) {
        switch (dice_below(dice, 10)) {
        case 0: shape->netdev = other.netdev; break;
        case 1: shape->flavour = !shape->flavour; break;
        case 2: shape->hard = other.hard; break;
        case 3: shape->mtu = other.mtu; break;
        case 4: shape->slots = other.slots; break;
        case 5: shape->a = other.a; shape->b = other.b; break;
        case 6: shape->mode = !shape->mode; break;
        case 7: shape->bridge = other.bridge; shape->row = other.row; break;
        case 8: shape->tag = other.tag; break;
        case 9: shape->graph = other.graph; break;
        }
    }
    shape_straighten(shape);
}

bool
shape_netdev_wants_node(const struct shape *shape)
{
    return shape->netdev && shape->slots && shape->graph % 4 == 1;
}

bool
shape_slot_wants_index(const struct shape *shape)
{
    return shape->netdev && shape->slots && shape->graph % 4 == 2;
}

void
shape_to_binding(const struct shape *shape, unsigned int port,
                 struct vif_binding *binding)
{
    char text[2 * sizeof *shape + 1], id[4];
    struct shape plain = *shape;

    /* Activating a port changes 'prepare' and nothing else. */
    plain.prepare = 0;
    for (size_t i = 0; i < sizeof plain; i++) {
        static const char digits[] = "0123456789abcdef";
        uint8_t byte = ((const uint8_t *) &plain)[i];

        text[2 * i] = digits[byte >> 4];
        text[2 * i + 1] = digits[byte & 15];
    }
    text[2 * sizeof *shape] = '\0';

    vif_binding_init(binding);
    port_name(port, id);
    binding->port_id = strdup(id);
    binding->prepare = shape->prepare;
    binding->create_device = !shape->late;
    vif_attrs_set(&binding->profile, "shape", text);
}

static int
hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool
shape_from_binding(const struct vif_binding *binding, struct shape *shape)
{
    const char *text = binding ? vif_attrs_get(&binding->profile, "shape")
                               : NULL;

    if (!text || strlen(text) != 2 * sizeof *shape) {
        return false;
    }
    for (size_t i = 0; i < sizeof *shape; i++) {
        int high = hex_digit(text[2 * i]), low = hex_digit(text[2 * i + 1]);

        if (high < 0 || low < 0) {
            return false;
        }
        ((uint8_t *) shape)[i] = (uint8_t) (high << 4 | low);
    }
    shape->prepare = binding->prepare;
    return true;
}

bool
shape_equal(const struct shape *a, const struct shape *b)
{
    return !memcmp(a, b, sizeof *a);
}

const char *
shape_describe(const struct shape *shape, char *buf, size_t size)
{
    size_t n = 0;

#define ADD(...)                                                        \
    do {                                                                \
        int added = snprintf(buf + n, size - n, __VA_ARGS__);           \
        n += added > 0 && n + (size_t) added < size ? (size_t) added    \
                                                    : 0;                \
    } while (0)

    buf[0] = '\0';
    if (shape->refused) {
        ADD("refused ");
    }
    if (shape->prepare) {
        ADD("prepared ");
    }
    if (shape->card_mode) {
        ADD("c%u=%u ", shape->card, shape->card_mode);
    }
    if (shape->slots) {
        ADD("%u*slot(c%u a%u b%u m%u%s) ", shape->slots, shape->card,
            shape->a, shape->b, shape->mode,
            shape_slot_wants_index(shape) ? " <-index" : "");
    }
    if (shape->netdev) {
        ADD("n%u(f%u h%u mtu%u%s) ", shape->netdev - 1, shape->flavour,
            shape->hard, shape->mtu,
            shape_netdev_wants_node(shape) ? " <-node" : "");
    }
    if (shape->bridge) {
        ADD("b%u ", shape->bridge - 1);
    }
    if (shape->row) {
        ADD("r%u(tag%u%s) ", shape->row - 1, shape->tag,
            shape->late ? " late" : shape->netdev ? " <-index" : "");
    }
    ADD("g%u", shape->graph);
    return buf;
#undef ADD
}
