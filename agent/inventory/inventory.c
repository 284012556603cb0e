/* SPDX-License-Identifier: Apache-2.0 */

/* See inventory.h. */

#include <config.h>

#include "inventory/inventory.h"

#include <stdlib.h>
#include <string.h>

#include "lib/alloc.h"
#include "util.h"

void
inventory_destroy(struct inventory *inventory)
{
    free(inventory->devices);
    free(inventory->nodes);
    *inventory = (struct inventory) INVENTORY_INIT;
}

static void *
copy_array(const void *from, size_t n, size_t size)
{
    void *to = NULL;

    if (n) {
        to = vif_xcalloc(n, size);
        memcpy(to, from, n * size);
    }
    return to;
}

void
inventory_clone(struct inventory *to, const struct inventory *from)
{
    *to = (struct inventory) {
        .devices = copy_array(from->devices, from->n, sizeof *from->devices),
        .n = from->n,
        .allocated = from->n,
        .nodes = copy_array(from->nodes, from->n_nodes, sizeof *from->nodes),
        .n_nodes = from->n_nodes,
    };
}

/* The position of 'name', or the one where it belongs. */
static size_t
position(const struct inventory *inventory, const char *name, bool *foundp)
{
    size_t low = 0, high = inventory->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(inventory->devices[middle].name, name);

        if (!order) {
            *foundp = true;
            return middle;
        } else if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    *foundp = false;
    return low;
}

const struct device *
inventory_find(const struct inventory *inventory, const char *name)
{
    bool found;
    size_t i = position(inventory, name, &found);

    return found ? &inventory->devices[i] : NULL;
}

const struct device *
inventory_find_netdev(const struct inventory *inventory, int ifindex)
{
    for (size_t i = 0; i < inventory->n && ifindex; i++) {
        if (inventory->devices[i].netdev.ifindex == ifindex) {
            return &inventory->devices[i];
        }
    }
    return NULL;
}

const struct device *
inventory_find_netdev_name(const struct inventory *inventory,
                           const char *netdev)
{
    for (size_t i = 0; i < inventory->n && *netdev; i++) {
        if (!strcmp(inventory->devices[i].netdev.name, netdev)) {
            return &inventory->devices[i];
        }
    }
    return NULL;
}

const struct device *
inventory_parent(const struct inventory *inventory,
                 const struct device *device)
{
    return (device->parent[0] ? inventory_find(inventory, device->parent)
            : NULL);
}

const char *
inventory_serial(const struct inventory *inventory,
                 const struct device *device)
{
    const struct device *parent = inventory_parent(inventory, device);

    return (device->serial[0] || !parent ? device->serial : parent->serial);
}

uint32_t
inventory_capabilities(const struct inventory *inventory,
                       const struct device *device)
{
    const struct device *pf = inventory_parent(inventory, device);
    const struct device *owner = pf ? pf : device;

    return (device->capabilities
            | (owner->eswitch == DEVICE_ESWITCH_SWITCHDEV
               ? 1u << DEVICE_SWITCHDEV : 0));
}

int
inventory_socket(const struct inventory *inventory, int numa_node)
{
    for (size_t i = 0; i < inventory->n_nodes; i++) {
        if (inventory->nodes[i].node == numa_node) {
            return inventory->nodes[i].socket;
        }
    }
    return DEVICE_UNKNOWN;
}

void
inventory_put(struct inventory *inventory, const struct device *device)
{
    ovs_assert(device);
    bool found;
    size_t i = position(inventory, device->name, &found);

    if (!found) {
        if (inventory->n == inventory->allocated) {
            inventory->allocated = inventory->n ? 2 * inventory->n : 16;
            inventory->devices = vif_xreallocarray(
                inventory->devices, inventory->allocated,
                sizeof *inventory->devices);
        }
        memmove(&inventory->devices[i + 1], &inventory->devices[i],
                (inventory->n - i) * sizeof *inventory->devices);
        inventory->n++;
    }
    inventory->devices[i] = *device;
}

static void
remove_at(struct inventory *inventory, size_t i)
{
    memmove(&inventory->devices[i], &inventory->devices[i + 1],
            (--inventory->n - i) * sizeof *inventory->devices);
}

void
inventory_remove(struct inventory *inventory, const char *name)
{
    bool found;
    size_t i = position(inventory, name, &found);

    if (found) {
        remove_at(inventory, i);
    }
}

static void
remove_vfs(struct inventory *inventory, const char *pf)
{
    for (size_t i = inventory->n; i-- > 0; ) {
        if (!strcmp(inventory->devices[i].parent, pf)) {
            remove_at(inventory, i);
        }
    }
}

void
inventory_update(struct inventory *inventory, const char *name, bool vfs,
                 const struct inventory *part)
{
    if (vfs || !inventory_find(part, name)) {
        remove_vfs(inventory, name);
    }
    inventory_remove(inventory, name);
    for (size_t i = 0; i < part->n; i++) {
        inventory_put(inventory, &part->devices[i]);
    }
}

static unsigned int
what_changed(const struct device *a, const struct device *b)
{
    unsigned int what = 0;

    if (!device_netdev_equal(&a->netdev, &b->netdev)
        || a->n_netdevs != b->n_netdevs) {
        what |= INVENTORY_NETDEV;
    }
    if (strcmp(a->driver, b->driver)) {
        what |= INVENTORY_DRIVER;
    }
    if (a->n_vfs != b->n_vfs || a->max_vfs != b->max_vfs) {
        what |= INVENTORY_VFS;
    }
    if (a->type != b->type || strcmp(a->parent, b->parent)
        || a->vf_number != b->vf_number) {
        what |= INVENTORY_TYPE;
    }
    return what ? what : INVENTORY_OTHER;
}

void
inventory_diff(const struct inventory *before, const struct inventory *after,
               void (*tell)(void *aux, const struct inventory_event *),
               void *aux)
{
    size_t i = 0, j = 0;

    while (i < before->n || j < after->n) {
        const struct device *a = i < before->n ? &before->devices[i] : NULL;
        const struct device *b = j < after->n ? &after->devices[j] : NULL;
        int order = !a ? 1 : !b ? -1 : strcmp(a->name, b->name);
        struct inventory_event event = {
            .type = (order < 0 ? INVENTORY_VANISHED
                     : order > 0 ? INVENTORY_APPEARED : INVENTORY_CHANGED),
            .before = order <= 0 ? a : NULL,
            .after = order >= 0 ? b : NULL,
        };

        i += order <= 0;
        j += order >= 0;
        if (order) {
            tell(aux, &event);
        } else if (!device_equal(a, b)) {
            event.what = what_changed(a, b);
            tell(aux, &event);
        }
    }
}
