/* SPDX-License-Identifier: Apache-2.0 */

/* Attributes in sysfs of devices on the PCI bus: the helper's side.  The
 * names of the files are made here from addresses that have been checked; the
 * device must be a network controller, so that whoever takes vifd over cannot
 * unbind the host's disks. */

#include <config.h>

#include "privilege/verbs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "privilege/vfio.h"

#define ADDRESS_SIZE sizeof "ffffffff:ff:1f.7"
#define PATH_SIZE 512

/* Base class of PCI Code and ID Assignment, 1.3: network controllers; what
 * sysfs says begins so. */
#define NETWORK_CLASS "0x02"

/* Where a verb writes, below sysfs: "%a" is the address, "%n" the name. */
static const struct {
    const char *file;
    enum { WRITE_ONE, WRITE_ADDRESS, WRITE_NAME, WRITE_NUMBER } what;
    bool alone;                 /* Nobody may have it open through VFIO: the
                                 * kernel would wait for him (unbind), or do
                                 * it under his guest's hands (reset). */
} attributes[PRIVILEGE_N_VERBS] = {
    [PRIVILEGE_PCI_DRIVER_OVERRIDE] = {
        "bus/pci/devices/%a/driver_override", WRITE_NAME, false },
    [PRIVILEGE_PCI_PROBE] = { "bus/pci/drivers_probe", WRITE_ADDRESS,
                              false },
    [PRIVILEGE_PCI_BIND] = { "bus/pci/drivers/%n/bind", WRITE_ADDRESS,
                             false },
    [PRIVILEGE_PCI_UNBIND] = {
        "bus/pci/devices/%a/driver/unbind", WRITE_ADDRESS, true },
    [PRIVILEGE_PCI_RESET] = { "bus/pci/devices/%a/reset", WRITE_ONE, true },
    [PRIVILEGE_PCI_NUMVFS] = {
        "bus/pci/devices/%a/sriov_numvfs", WRITE_NUMBER, false },
};

static void
make_path(const struct privilege_host *host, const char *file,
          const char *address, const char *name, char path[PATH_SIZE])
{
    const char *wild = strchr(file, '%');

    if (wild) {
        snprintf(path, PATH_SIZE, "%s/%.*s%s%s", host->sys,
                 (int) (wild - file), file, wild[1] == 'a' ? address : name,
                 wild + 2);
    } else {
        snprintf(path, PATH_SIZE, "%s/%s", host->sys, file);
    }
}

static struct vif_error *
check_class(const struct privilege_host *host, const char *address)
{
    char path[PATH_SIZE], class[16];

    make_path(host, "bus/pci/devices/%a/class", address, "", path);
    CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, class, sizeof class - 1) : -1;
    if (n < 0) {
        return vif_error_from_errno(errno, "read the class of %s", address);
    }
    class[n] = '\0';
    class[strcspn(class, "\n")] = '\0';
    return strncmp(class, NETWORK_CLASS, strlen(NETWORK_CLASS))
           ? vif_error_create(VIF_ERR_REFUSED, "%s is no network controller "
                              "but of class %s", address, class)
           : NULL;
}

/* The kernel wants all of it at once. */
static struct vif_error *
write_attribute(const char *path, const char *text, const char *shown)
{
    CLEANUP_CLOSE int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
    ssize_t n = fd >= 0 ? write(fd, text, strlen(text)) : -1;

    return n == (ssize_t) strlen(text) ? NULL
           : vif_error_from_errno(n < 0 ? errno : EIO, "write '%s' to %s",
                                  shown, path);
}

static struct vif_error *
change_attribute(const struct privilege_host *host,
                 const struct privilege_request *request, const char *address)
{
    char path[PATH_SIZE], text[48];

    make_path(host, attributes[request->verb].file, address, request->name,
              path);
    switch (attributes[request->verb].what) {
    case WRITE_ADDRESS:
        return write_attribute(path, address, address);
    case WRITE_NAME:
        /* An empty line takes an override away. */
        snprintf(text, sizeof text, "%s\n", request->name);
        return write_attribute(path, text, request->name);
    case WRITE_NUMBER:
        snprintf(text, sizeof text, "%u", request->number);
        return write_attribute(path, text, text);
    case WRITE_ONE:
    default:
        return write_attribute(path, "1", "1");
    }
}

static struct vif_error *
open_vpd(const struct privilege_host *host, const char *address, int *fdp)
{
    char path[PATH_SIZE];

    make_path(host, "bus/pci/devices/%a/vpd", address, "", path);
    *fdp = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    return *fdp >= 0 ? NULL : vif_error_from_errno(errno, "open %s", path);
}

/* What is not there is held by nobody. */
static struct vif_error *
check_unheld(const struct privilege_host *host, const char *address,
             struct vif_error *error)
{
    CLEANUP_VFIO_HOLD struct vfio_hold hold = VFIO_HOLD_INIT;

    if (error && (error->errnum == ENOENT || error->errnum == ENODEV)) {
        vif_error_destroy(error);
        return NULL;
    }
    return error ? error : vfio_hold(host, address, &hold);
}

struct vif_error *
pci_carry_out(const struct privilege_host *host,
              const struct privilege_request *request, int *fdp)
{
    CLEANUP_VFIO_HOLD struct vfio_hold hold = VFIO_HOLD_INIT;
    char address[ADDRESS_SIZE];

    snprintf(address, sizeof address, "%04x:%02x:%02x.%x",
             request->pci.domain, request->pci.bus, request->pci.device,
             request->pci.function);
    struct vif_error *error = check_class(host, address);
    if (request->verb == PRIVILEGE_PCI_UNHELD) {
        return check_unheld(host, address, error);
    } else if (!error && request->verb == PRIVILEGE_PCI_VPD) {
        return open_vpd(host, address, fdp);
    }
    if (!error && attributes[request->verb].alone) {
        error = vfio_hold(host, address, &hold);
    }
    return error ? error : change_attribute(host, request, address);
}
