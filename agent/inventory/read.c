/* SPDX-License-Identifier: Apache-2.0 */

/* See read.h. */

#include <config.h>

#include "inventory/read.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inventory/read-private.h"
#include "kernel/sysfs.h"
#include "lib/alloc.h"
#include "privilege/privilege.h"
#include "util.h"

#define CLASS_NETWORK 0x02

/* A PF's routing identifiers have 16 bits. */
#define MAX_VFS 65535

/* One way of reaching devices.  'name' is "bus/address". */
struct bus {
    const char *name;

    /* Reads the device in 'folder', whose name is set.  The numbers of its
     * VFs are below '*endp'.  False if it is not there, is no NIC, or is a VF
     * (which its PF leads to). */
    bool (*read)(int dir, const char *folder, struct device *,
                 unsigned int *endp);

    /* Reads VF 'number' of 'pf'.  False if there is none. */
    bool (*read_vf)(int dir, const struct device *pf, unsigned int number,
                    struct device *vf);

    /* Reads one that is a VF.  False if it is none. */
    bool (*read_as_vf)(int dir, const char *folder, struct device *);
};

/* The file is root's (0600): for vifd the helper opens it. */
static int
read_vpd(int dir, const char *folder, const struct pci_address *pci,
         uint8_t *bytes, size_t *np)
{
    const struct privilege_pci_address address = {
        pci->domain, pci->bus, pci->slot, pci->function,
    };
    CLEANUP_ERROR struct vif_error *error = NULL;
    CLEANUP_CLOSE int fd = -1;
    char path[READ_PATH_SIZE];

    snprintf(path, sizeof path, "%s/vpd", folder);
    int failure = sysfs_read(dir, path, bytes, VPD_MAX_SIZE, np);
    if (failure != EACCES) {
        return failure;
    }
    error = privilege_pci_open_vpd(&address, &fd);
    if (error) {
        return error->errnum ? error->errnum : EACCES;
    }
    return sysfs_read_open(fd, bytes, VPD_MAX_SIZE, np);
}

static void
read_serial(int dir, const char *folder, struct device *device)
{
    CLEANUP_FREE uint8_t *bytes = vif_xmalloc(VPD_MAX_SIZE);
    size_t n;
    int failure = read_vpd(dir, folder, &device->pci, bytes, &n);
    if (!failure && n) {
        CLEANUP_ERROR struct vif_error *error = vpd_serial(bytes, n,
                                                           device->serial);
        failure = error ? EBADMSG : 0;
    }
    /* Neither the file nor the device: there is no VPD. */
    device->serial_errnum = (failure == ENOENT || failure == ENODEV ? 0
                             : failure);
}

static bool
has_rdma(int dir, const char *folder)
{
    CLEANUP_SYSFS_NAMES struct sysfs_names names;

    return !sysfs_list(dir, &names, "%s/infiniband", folder) && names.n;
}

/* What all devices have. */
static void
read_place(int dir, const char *folder, struct device *device)
{
    char group[32];

    sysfs_read_link_name(dir, device->driver, sizeof device->driver,
                         "%s/driver", folder);
    device->numa_node = sysfs_read_number(dir, DEVICE_UNKNOWN, "%s/numa_node",
                                          folder);
    if (!sysfs_read_link_name(dir, group, sizeof group, "%s/iommu_group",
                              folder)
        && isdigit((unsigned char) group[0])) {
        device->iommu_group = atoi(group);
    }
    if (has_rdma(dir, folder)) {
        device->capabilities |= 1u << DEVICE_RDMA;
    }
    read_device_netdev(dir, folder, device);
}

/* Reads what a PCI function says of itself.  False if it is no NIC. */
static bool
read_pci_function(int dir, const char *folder, struct device *device)
{
    const char *address = strchr(device->name, '/') + 1;

    if (sysfs_read_number(dir, 0, "%s/class", folder) >> 16 != CLASS_NETWORK
        || !pci_address_from_string(address, &device->pci)) {
        return false;
    }
    device->is_pci = true;
    device->vendor = sysfs_read_number(dir, 0, "%s/vendor", folder);
    device->product = sysfs_read_number(dir, 0, "%s/device", folder);
    read_place(dir, folder, device);
    read_serial(dir, folder, device);
    return true;
}

static unsigned int
read_count(int dir, const char *folder, const char *attribute)
{
    long long n = sysfs_read_number(dir, 0, "%s/%s", folder, attribute);

    return n < 0 || n > MAX_VFS ? 0 : n;
}

/* "154c": in hexadecimal without saying so (drivers/pci/iov.c). */
static uint16_t
read_vf_product(int dir, const char *folder)
{
    char text[16];

    sysfs_read_line(dir, text, sizeof text, "%s/sriov_vf_device", folder);
    return strtoul(text, NULL, 16);
}

/* The number of a VF that a PF's link 'name' leads to, or -1. */
static int
vf_number_of_link(const char *name)
{
    unsigned int number;
    char after;

    return (sscanf(name, "virtfn%5u%c", &number, &after) == 1
            && number < MAX_VFS ? (int) number : -1);
}

static void
count_pci_vfs(int dir, const char *folder, struct device *pf,
              unsigned int *endp)
{
    CLEANUP_SYSFS_NAMES struct sysfs_names names;

    sysfs_list(dir, &names, "%s", folder);
    for (size_t i = 0; i < names.n; i++) {
        int number = vf_number_of_link(names.names[i]);

        if (number >= 0) {
            pf->n_vfs++;
            *endp = MAX(*endp, number + 1u);
        }
    }
}

static bool
read_pci(int dir, const char *folder, struct device *device,
         unsigned int *endp)
{
    char pf[32];

    if (!sysfs_read_link_name(dir, pf, sizeof pf, "%s/physfn", folder)
        || !read_pci_function(dir, folder, device)) {
        return false;
    }
    device->max_vfs = read_count(dir, folder, "sriov_totalvfs");
    if (device->max_vfs) {
        device->type = DEVICE_PF;
        count_pci_vfs(dir, folder, device, endp);
        device->vf_product = read_vf_product(dir, folder);
    }
    return true;
}

static bool
read_pci_at(int dir, const char *address, const char *pf, unsigned int number,
            struct device *vf)
{
    char folder[READ_PATH_SIZE];

    device_init(vf);
    snprintf(folder, sizeof folder, "bus/pci/devices/%s", address);
    snprintf(vf->name, sizeof vf->name, "pci/%s", address);
    if (!read_pci_function(dir, folder, vf)) {
        return false;
    }
    vf->type = DEVICE_VF;
    vf->vf_number = number;
    snprintf(vf->parent, sizeof vf->parent, "pci/%s", pf);
    return true;
}

static bool
read_pci_vf(int dir, const struct device *pf, unsigned int number,
            struct device *vf)
{
    const char *pf_address = strchr(pf->name, '/') + 1;
    char address[32];

    return (!sysfs_read_link_name(dir, address, sizeof address,
                                  "bus/pci/devices/%s/virtfn%u", pf_address,
                                  number)
            && read_pci_at(dir, address, pf_address, number, vf));
}

/* The number of a VF stands with its PF only. */
static bool
read_pci_as_vf(int dir, const char *folder, struct device *vf)
{
    CLEANUP_FREE char *address = vif_xstrdup(strchr(vf->name, '/') + 1);
    CLEANUP_SYSFS_NAMES struct sysfs_names names = { NULL, 0 };
    char pf[32], other[32];

    if (sysfs_read_link_name(dir, pf, sizeof pf, "%s/physfn", folder)) {
        return false;
    }
    sysfs_list(dir, &names, "bus/pci/devices/%s", pf);
    for (size_t i = 0; i < names.n; i++) {
        int number = vf_number_of_link(names.names[i]);

        if (number >= 0
            && !sysfs_read_link_name(dir, other, sizeof other,
                                     "bus/pci/devices/%s/%s", pf,
                                     names.names[i])
            && !strcmp(other, address)) {
            return read_pci_at(dir, address, pf, number, vf);
        }
    }
    return false;
}

/* drivers/net/netdevsim/bus.c: a PF whose VFs are nothing but a number.  How
 * many there may be is told in debugfs only. */
static bool
read_netdevsim(int dir, const char *folder, struct device *device,
               unsigned int *endp)
{
    char text[16];

    if (sysfs_read_line(dir, text, sizeof text, "%s/sriov_numvfs", folder)) {
        return false;
    }
    device->type = DEVICE_PF;
    device->n_vfs = *endp = read_count(dir, folder, "sriov_numvfs");
    read_place(dir, folder, device);
    return true;
}

static bool
read_netdevsim_vf(int dir, const struct device *pf, unsigned int number,
                  struct device *vf)
{
    (void) dir;
    device_init(vf);
    size_t length = strlen(pf->name);
    if (length + 8 > sizeof vf->name) {
        return false;
    }
    memcpy(vf->name, pf->name, length);
    snprintf(vf->name + length, sizeof vf->name - length, "/%u", number);
    memcpy(vf->parent, pf->name, sizeof vf->parent);
    vf->type = DEVICE_VF;
    vf->vf_number = number;
    vf->numa_node = pf->numa_node;
    return true;
}

static const struct bus buses[] = {
    { "pci", read_pci, read_pci_vf, read_pci_as_vf },
    { "netdevsim", read_netdevsim, read_netdevsim_vf, NULL },
};
#define N_BUSES (sizeof buses / sizeof *buses)

static void
put(const struct inventory_source *source, struct device *device,
    struct inventory *inventory)
{
    read_device_netlink(source, device);
    inventory_put(inventory, device);
}

/* Reads the device at 'address', and with 'vfs' those of a PF. */
static void
read_at(const struct inventory_source *source, int dir, const struct bus *bus,
        const char *address, bool vfs, struct inventory *inventory)
{
    char folder[READ_PATH_SIZE];
    struct device device, vf;
    unsigned int end = 0;

    device_init(&device);
    int n = snprintf(device.name, sizeof device.name, "%s/%s", bus->name,
                     address);
    if (n < 0 || (size_t) n >= sizeof device.name) {
        return;                 /* No bus has addresses as long. */
    }
    snprintf(folder, sizeof folder, "bus/%s/devices/%s", bus->name, address);
    if (!bus->read(dir, folder, &device, &end)) {
        return;
    }

    put(source, &device, inventory);
    for (unsigned int i = 0; vfs && i < end; i++) {
        if (bus->read_vf(dir, &device, i, &vf)) {
            put(source, &vf, inventory);
        }
    }
}

/* The PCI function that the path of a vDPA device leads through last. */
static bool
find_vdpa_parent(char *path, char name[DEVICE_NAME_SIZE])
{
    char *save = NULL;
    bool found = false;

    for (char *word = strtok_r(path, "/", &save); word;
         word = strtok_r(NULL, "/", &save)) {
        struct pci_address address;

        if (pci_address_from_string(word, &address)) {
            device_pci_name(&address, name);
            found = true;
        }
    }
    return found;
}

static void
mark_vdpa_parents(int dir, struct inventory *inventory)
{
    CLEANUP_SYSFS_NAMES struct sysfs_names names;

    sysfs_list(dir, &names, "bus/vdpa/devices");
    for (size_t i = 0; i < names.n; i++) {
        char path[1024], name[DEVICE_NAME_SIZE];

        if (!sysfs_read_link(dir, path, sizeof path, "bus/vdpa/devices/%s",
                             names.names[i])
            && find_vdpa_parent(path, name)) {
            const struct device *device = inventory_find(inventory, name);

            if (device && device->type == DEVICE_VF) {
                inventory->devices[device - inventory->devices].type
                    = DEVICE_VDPA;
            }
        }
    }
}

static int
compare_nodes(const void *a_, const void *b_)
{
    const struct numa_node *a = a_, *b = b_;

    return a->node < b->node ? -1 : a->node > b->node;
}

/* A node's socket is that of its first processor; one that has memory only is
 * in none. */
static void
read_nodes(int dir, struct inventory *inventory)
{
    CLEANUP_SYSFS_NAMES struct sysfs_names names;

    sysfs_list(dir, &names, "devices/system/node");
    inventory->nodes = vif_xcalloc(names.n + 1, sizeof *inventory->nodes);
    for (size_t i = 0; i < names.n; i++) {
        struct numa_node *node = &inventory->nodes[inventory->n_nodes];
        char cpus[4096];

        if (sscanf(names.names[i], "node%d", &node->node) != 1
            || sysfs_read_line(dir, cpus, sizeof cpus,
                               "devices/system/node/%s/cpulist",
                               names.names[i])) {
            continue;
        }
        node->socket = DEVICE_UNKNOWN;
        if (isdigit((unsigned char) cpus[0])) {
            node->socket = sysfs_read_number(
                dir, DEVICE_UNKNOWN,
                "devices/system/cpu/cpu%d/topology/physical_package_id",
                atoi(cpus));
        }
        inventory->n_nodes++;
    }
    qsort(inventory->nodes, inventory->n_nodes, sizeof *inventory->nodes,
          compare_nodes);
}

/* A bus that the kernel does not have, has no devices. */
static struct vif_error *
read_bus(const struct inventory_source *source, int dir,
         const struct bus *bus, struct inventory *inventory)
{
    CLEANUP_SYSFS_NAMES struct sysfs_names names;
    int failure = sysfs_list(dir, &names, "bus/%s/devices", bus->name);

    if (failure && failure != ENOENT && failure != ENODEV) {
        return vif_error_from_errno(failure, "list bus/%s/devices",
                                    bus->name);
    }
    for (size_t i = 0; i < names.n; i++) {
        read_at(source, dir, bus, names.names[i], true, inventory);
    }
    return NULL;
}

/* What was not read for want of descriptors or memory is not missing. */
static struct vif_error *
check_shortage(void)
{
    int shortage = sysfs_shortage();

    return (shortage ? vif_error_from_errno(shortage, "read attributes")
            : NULL);
}

struct vif_error *
inventory_read(const struct inventory_source *source,
               struct inventory *inventory)
{
    int dir CLEANUP_CLOSE = -1;
    struct vif_error *error = sysfs_open(source->root, &dir);

    *inventory = (struct inventory) INVENTORY_INIT;
    for (size_t i = 0; i < N_BUSES && !error; i++) {
        error = read_bus(source, dir, &buses[i], inventory);
    }
    if (!error) {
        mark_vdpa_parents(dir, inventory);
        read_nodes(dir, inventory);
        error = check_shortage();
    }
    return vif_error_wrap(error, "read the inventory");
}

/* The bus that 'name' begins with; what follows is '*addressp'. */
static const struct bus *
split_name(const char *name, const char **addressp)
{
    for (size_t i = 0; i < N_BUSES; i++) {
        size_t length = strlen(buses[i].name);

        if (!strncmp(name, buses[i].name, length) && name[length] == '/'
            && strlen(name) < DEVICE_NAME_SIZE
            && !strchr(name + length + 1, '/')) {
            *addressp = name + length + 1;
            return &buses[i];
        }
    }
    return NULL;
}

struct vif_error *
inventory_read_device(const struct inventory_source *source,
                      const char *name, bool vfs, struct inventory *part)
{
    int dir CLEANUP_CLOSE = -1;
    struct vif_error *error = sysfs_open(source->root, &dir);
    const char *address;
    const struct bus *bus = split_name(name, &address);

    *part = (struct inventory) INVENTORY_INIT;
    if (error) {
        return vif_error_wrap(error, "read %s", name);
    } else if (!bus) {
        return NULL;
    }

    read_at(source, dir, bus, address, vfs, part);
    if (!part->n && bus->read_as_vf) {
        struct device vf;
        char folder[READ_PATH_SIZE];

        device_init(&vf);
        snprintf(folder, sizeof folder, "bus/%s/devices/%s", bus->name,
                 address);
        memcpy(vf.name, name, strlen(name));
        if (bus->read_as_vf(dir, folder, &vf)) {
            put(source, &vf, part);
        }
    }
    mark_vdpa_parents(dir, part);
    return vif_error_wrap(check_shortage(), "read %s", name);
}
