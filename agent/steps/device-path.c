/* SPDX-License-Identifier: Apache-2.0 */

/* See device-path.h.  Remembers nothing; knows nothing of steps. */

#include <config.h>

#include "steps/device-path.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inventory/device.h"
#include "inventory/read-private.h"
#include "kernel/rtnl-await.h"
#include "kernel/sysfs.h"
#include "lib/cleanup.h"

static const char *sysfs_root = "/sys";

void
device_path_set_root(const char *root)
{
    sysfs_root = root;
}

/* In place of the directory that a path is below: all paths here are
 * absolute, which saves opening sysfs's root for each question. */
#define ABSOLUTE AT_FDCWD

/* A device's name taken apart. */
struct place {
    char folder[READ_PATH_SIZE];    /* In sysfs; a number's is its PF's. */
    long vf;                        /* VF that is but a number; else -1. */
};

/* Letters, digits and what else addresses have: no way out of the folder. */
static bool
is_address(const char *s, size_t length)
{
    if (!length || s[0] == '.') {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        if (!isalnum((unsigned char) s[i]) && !strchr(":.-_", s[i])) {
            return false;
        }
    }
    return true;
}

/* False if the name can be no device's. */
static bool
find_place(const char *name, struct place *place)
{
    size_t length = strlen(name);
    size_t bus = strcspn(name, "/");

    if (length >= DEVICE_NAME_SIZE || bus == length
        || !is_address(name, bus)) {
        return false;
    }

    const char *address = name + bus + 1;
    size_t n = strcspn(address, "/");
    place->vf = -1;
    if (address[n]) {
        const char *number = address + n + 1;
        size_t digits = strspn(number, "0123456789");

        if (!digits || digits > 5 || number[digits]) {
            return false;
        }
        place->vf = strtol(number, NULL, 10);
    }

    int written = snprintf(place->folder, sizeof place->folder,
                           "%s/bus/%.*s/devices/%.*s", sysfs_root, (int) bus,
                           name, (int) n, address);
    return is_address(address, n) && written < (int) sizeof place->folder;
}

bool
device_path_check(const char *name)
{
    struct place place;

    return find_place(name, &place);
}

bool
device_path_pci(const char *name, struct privilege_pci_address *pci)
{
    struct pci_address address;

    if (strncmp(name, "pci/", 4)
        || !pci_address_from_string(name + 4, &address)) {
        return false;
    }
    *pci = (struct privilege_pci_address) {
        .domain = address.domain, .bus = address.bus,
        .device = address.slot, .function = address.function,
    };
    return true;
}

static long long
n_vfs(const char *folder)
{
    return sysfs_read_number(ABSOLUTE, 0, "%s/sriov_numvfs", folder);
}

bool
device_path_exists(const char *name)
{
    struct place place;

    if (!find_place(name, &place)) {
        return false;
    } else if (place.vf >= 0) {
        return place.vf < n_vfs(place.folder);
    }

    /* It is a link. */
    char target[PATH_MAX];
    int failure = sysfs_read_link(ABSOLUTE, target, sizeof target, "%s",
                                  place.folder);
    return !failure || failure == EINVAL;
}

bool
device_path_driver(const char *name, char driver[DEVICE_DRIVER_SIZE])
{
    struct place place;

    driver[0] = '\0';
    return (find_place(name, &place) && place.vf < 0
            && !sysfs_read_link_name(ABSOLUTE, driver, DEVICE_DRIVER_SIZE,
                                     "%s/driver", place.folder));
}

bool
device_path_driver_override(const char *name, char driver[DEVICE_DRIVER_SIZE])
{
    struct place place;

    driver[0] = '\0';
    if (!find_place(name, &place) || place.vf >= 0
        || sysfs_read_line(ABSOLUTE, driver, DEVICE_DRIVER_SIZE,
                           "%s/driver_override", place.folder)
        || !strcmp(driver, "(null)")) {     /* printf() has the last word. */
        driver[0] = '\0';
    }
    return driver[0] != '\0';
}

bool
device_path_has_driver(const char *name, const char *driver)
{
    CLEANUP_SYSFS_NAMES struct sysfs_names names = { .n = 0 };
    struct place place;

    return (find_place(name, &place)
            && is_address(driver, strlen(driver))
            && !sysfs_list(ABSOLUTE, &names, "%s/bus/%.*s/drivers/%s",
                           sysfs_root, (int) strcspn(name, "/"), name,
                           driver));
}

int
device_path_iommu_group(const char *name)
{
    struct place place;
    char group[32];

    return (find_place(name, &place) && place.vf < 0
            && !sysfs_read_link_name(ABSOLUTE, group, sizeof group,
                                     "%s/iommu_group", place.folder)
            && isdigit((unsigned char) group[0]) ? atoi(group) : -1);
}

/* Finds the netdev in 'folder' if there is but one, which most devices have:
 * what the ports of a switch are called need not be asked then. */
static struct vif_error *
find_only_netdev(const char *folder, struct device_path_netdev *netdev)
{
    CLEANUP_SYSFS_NAMES struct sysfs_names names;
    int failure = sysfs_list(ABSOLUTE, &names, "%s/net", folder);

    if (failure && failure != ENOENT && failure != ENODEV) {
        return vif_error_from_errno(failure, "read %s/net", folder);
    }
    if (names.n == 1 && strlen(names.names[0]) < sizeof netdev->name) {
        netdev->ifindex = sysfs_read_number(ABSOLUTE, 0, "%s/net/%s/ifindex",
                                            folder, names.names[0]);
        strcpy(netdev->name, names.names[0]);
    }
    return NULL;
}

struct vif_error *
device_path_netdev(const char *name, struct device_path_netdev *netdev)
{
    struct place place;
    struct device device;

    memset(netdev, 0, sizeof *netdev);
    if (!find_place(name, &place)) {
        return vif_error_create(VIF_ERR_INVALID, "'%s' is no device's name",
                                name);
    }

    struct vif_error *error = (
        place.vf < 0 ? find_only_netdev(place.folder, netdev) : NULL);
    if (error || place.vf >= 0 || netdev->ifindex) {
        return error;
    }

    device_init(&device);
    device_path_driver(name, device.driver);
    read_device_netdev(ABSOLUTE, place.folder, &device);
    if (device.n_netdevs > 1) {
        return vif_error_create(VIF_ERR_UNSUPPORTED, "%s has %u network "
                                "devices, and which one is meant cannot be "
                                "told", name, device.n_netdevs);
    }
    netdev->ifindex = device.netdev.ifindex;
    memcpy(netdev->name, device.netdev.name, sizeof netdev->name);
    return NULL;
}
_Static_assert(sizeof ((struct device *) 0)->driver == DEVICE_DRIVER_SIZE,
               "the inventory's drivers have the same room");

bool
device_path_mac(const char *name, struct vif_mac *mac)
{
    CLEANUP_SYSFS_NAMES struct sysfs_names names = { NULL, 0 };
    struct place place;
    char text[32];

    return (find_place(name, &place) && place.vf < 0
            && !sysfs_list(ABSOLUTE, &names, "%s/net", place.folder)
            && names.n == 1
            && !sysfs_read_line(ABSOLUTE, text, sizeof text,
                                "%s/net/%s/address", place.folder,
                                names.names[0])
            && vif_mac_from_string(text, mac));
}

/* Whether the driver of 'name' may make a netdev yet. */
static bool
may_appear(const char *name)
{
    char driver[DEVICE_DRIVER_SIZE];

    return device_path_driver(name, driver) && !strstr(driver, "vfio");
}

struct vif_error *
device_path_await_netdev(const char *name, long long deadline,
                         struct device_path_netdev *netdev)
{
    int ear CLEANUP_CLOSE = -1;
    struct vif_error *error = device_path_netdev(name, netdev);

    if (error || netdev->ifindex || !may_appear(name)) {
        return error;
    }
    error = rtnl_listen(&ear);
    do {
        error = error ? error : device_path_netdev(name, netdev);
    } while (!error && !netdev->ifindex && rtnl_await(ear, deadline));
    return error;
}

/* Tells what sits on one netdev.  0 or errno, and then '*errorp' may be what
 * 'tell' returned. */
static int
tell_uppers(const char *folder, const char *netdev,
            device_path_upper_cb *tell, void *aux, struct vif_error **errorp)
{
    CLEANUP_SYSFS_NAMES struct sysfs_names names = { NULL, 0 };
    static const char prefix[] = "upper_";
    int failure = sysfs_list(ABSOLUTE, &names, "%s/net/%s", folder, netdev);

    for (size_t i = 0; i < names.n && !failure && !*errorp; i++) {
        if (!strncmp(names.names[i], prefix, strlen(prefix))) {
            *errorp = tell(aux, names.names[i] + strlen(prefix));
        }
    }
    return failure;
}

/* 0 or errno, as above. */
static int
tell_all_uppers(const char *folder, device_path_upper_cb *tell, void *aux,
                struct vif_error **errorp)
{
    CLEANUP_SYSFS_NAMES struct sysfs_names names = { NULL, 0 };
    int failure = sysfs_list(ABSOLUTE, &names, "%s/net", folder);

    if (failure == ENOENT || failure == ENODEV) {
        return 0;
    }
    for (size_t i = 0; i < names.n && !failure && !*errorp; i++) {
        failure = tell_uppers(folder, names.names[i], tell, aux, errorp);
    }
    return failure;
}

/* A netdev may get another name between two looks; not for ever. */
#define MAX_LOOKS 4

struct vif_error *
device_path_each_upper(const char *name, device_path_upper_cb *tell,
                       void *aux)
{
    struct vif_error *error = NULL;
    struct place place;
    int failure = 0;

    if (!find_place(name, &place) || place.vf >= 0) {
        return NULL;
    }
    for (int i = 0; i < MAX_LOOKS; i++) {
        failure = tell_all_uppers(place.folder, tell, aux, &error);
        if (failure != ENOENT && failure != ENODEV) {
            break;
        }
    }
    return error || !failure ? error
           : vif_error_from_errno(failure, "find what sits on the network "
                                  "device of %s", name);
}

bool
device_path_is_vf(const char *pf, unsigned int number, const char *name)
{
    struct place pf_place, place;
    char address[DEVICE_NAME_SIZE];

    if (!find_place(pf, &pf_place) || !find_place(name, &place)
        || pf_place.vf >= 0) {
        return false;
    } else if (place.vf >= 0) {
        return (!strcmp(pf_place.folder, place.folder)
                && place.vf == (long) number
                && place.vf < n_vfs(pf_place.folder));
    }
    return (!sysfs_read_link_name(ABSOLUTE, address, sizeof address,
                                  "%s/virtfn%u", pf_place.folder, number)
            && !strcmp(address, strrchr(name, '/') + 1));
}

/* Whether 'file' in the folder of a PF is the link to its VF '*numberp', and
 * which address that has. */
static bool
read_virtfn(const char *pf_folder, const char *file, unsigned int *numberp,
            char address[DEVICE_NAME_SIZE])
{
    char after;

    return (sscanf(file, "virtfn%5u%c", numberp, &after) == 1
            && !sysfs_read_link_name(ABSOLUTE, address, DEVICE_NAME_SIZE,
                                     "%s/%s", pf_folder, file));
}

/* By the links to a PF's VFs, as device_path_each_vf(). */
static bool
find_link(const char *pf_folder, const char *name,
          unsigned int *numberp)
{
    CLEANUP_SYSFS_NAMES struct sysfs_names names;
    const char *address = strrchr(name, '/') + 1;

    sysfs_list(ABSOLUTE, &names, "%s", pf_folder);
    for (size_t i = 0; i < names.n; i++) {
        char other[DEVICE_NAME_SIZE];

        if (read_virtfn(pf_folder, names.names[i], numberp, other)
            && !strcmp(other, address)) {
            return true;
        }
    }
    return false;
}

struct vif_error *
device_path_each_vf(const char *pf, device_path_vf_cb *tell, void *aux)
{
    CLEANUP_SYSFS_NAMES struct sysfs_names names = { NULL, 0 };
    struct vif_error *error = NULL;
    struct place place;

    if (!find_place(pf, &place) || place.vf >= 0) {
        return NULL;
    }
    int failure = sysfs_list(ABSOLUTE, &names, "%s", place.folder);
    if (failure && failure != ENOENT && failure != ENODEV) {
        return vif_error_from_errno(failure, "find the VFs of %s", pf);
    }
    for (size_t i = 0; i < names.n && !error; i++) {
        char address[DEVICE_NAME_SIZE], vf[2 * DEVICE_NAME_SIZE];
        unsigned int number;

        if (read_virtfn(place.folder, names.names[i], &number, address)) {
            snprintf(vf, sizeof vf, "%.*s/%s", (int) strcspn(pf, "/"), pf,
                     address);
            error = tell(aux, vf);
        }
    }
    return error;
}

bool
device_path_vf_number(const char *pf, const char *name,
                      unsigned int *numberp)
{
    struct place pf_place, place;

    if (!find_place(pf, &pf_place) || !find_place(name, &place)) {
        return false;
    } else if (place.vf < 0) {
        return find_link(pf_place.folder, name, numberp);
    }
    *numberp = place.vf;
    return device_path_is_vf(pf, place.vf, name);
}
