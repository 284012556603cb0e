/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STEPS_DEVICE_PATH_H
#define STEPS_DEVICE_PATH_H 1

/* From a device's name, "pci/0000:03:10.2" or "netdevsim/netdevsim1/3"
 * (inventory/device.h), to what sysfs has of it: its driver, its IOMMU group,
 * its netdev.  Looked up anew each time, because drivers come and go and
 * netdevs get other names.  For steps; may block. */

#include <stdbool.h>
#include <stddef.h>

#include <vif/binding.h>
#include <vif/error.h>

#include "kernel/rtnl.h"
#include "privilege/privilege.h"

/* For tests: another root than "/sys".  To be called before there are
 * threads; the string must outlive all else. */
void device_path_set_root(const char *root);

/* Pure: whether 'name' can be a device's; and its PCI address, false if it is
 * not on PCI. */
bool device_path_check(const char *name);
bool device_path_pci(const char *name, struct privilege_pci_address *);

/* Whether it is there.  A VF that is but a number of its PF's is there while
 * the PF has so many. */
bool device_path_exists(const char *name);

/* The driver that is bound to it; "" (and false) if none is. */
#define DEVICE_DRIVER_SIZE 56      /* The kernel's MODULE_NAME_LEN. */
bool device_path_driver(const char *name, char driver[DEVICE_DRIVER_SIZE]);

/* The driver that alone may be bound to it; "" (and false) if any may that
 * fits. */
bool device_path_driver_override(const char *name,
                                 char driver[DEVICE_DRIVER_SIZE]);

/* Whether the kernel has 'driver' loaded for devices on the bus of 'name'. */
bool device_path_has_driver(const char *name, const char *driver);

/* Its IOMMU group, or -1. */
int device_path_iommu_group(const char *name);

/* Its netdev in vifd's namespace, not one that represents it or its VFs.
 * Without one (the driver is vfio-pci, it has not made one yet, or it was
 * moved to another namespace) 'ifindex' is 0, which is no error.  With
 * several, which is the device's own cannot be told: an error. */
struct device_path_netdev {
    int ifindex;
    char name[RTNL_NAME_SIZE];  /* At present. */
};
struct vif_error *device_path_netdev(const char *name,
                                     struct device_path_netdev *)
    VIF_WARN_UNUSED;

/* Whether it has one netdev there, and its MAC address.  Asks sysfs alone: the
 * kernel's big lock, for which others may queue, is not needed. */
bool device_path_mac(const char *name, struct vif_mac *);

/* The same as device_path_netdev(), but waits, until 'deadline'
 * (CLOCK_MONOTONIC ms) at most, for a driver that is bound to make one: the
 * kernel announces it.  Returns at once if there is no driver, or one that
 * never does. */
struct vif_error *device_path_await_netdev(const char *name,
                                           long long deadline,
                                           struct device_path_netdev *)
    VIF_WARN_UNUSED;

/* Tells the name of each link that sits on a netdev of 'name': a macvtap, a
 * VLAN device, a bridge that it is a port of; some perhaps twice.  What is in
 * other namespaces is not seen.  An error of 'tell' ends it and is returned;
 * any other says that it could not be found out, and then something must be
 * taken to sit there. */
typedef struct vif_error *device_path_upper_cb(void *aux, const char *upper);
struct vif_error *device_path_each_upper(const char *name,
                                         device_path_upper_cb *tell,
                                         void *aux) VIF_WARN_UNUSED;

/* Tells the name of each VF of 'pf', in no order, by its links to them: who
 * changes their number, which reading that would wait for, may be waiting for
 * a guest.  An error of 'tell' ends it and is returned.  Only on PCI. */
typedef struct vif_error *device_path_vf_cb(void *aux, const char *vf);
struct vif_error *device_path_each_vf(const char *pf, device_path_vf_cb *tell,
                                      void *aux) VIF_WARN_UNUSED;

/* Whether 'name' is VF 'number' of 'pf' at present. */
bool device_path_is_vf(const char *pf, unsigned int number, const char *name);

/* The number of VF 'name' of 'pf'.  False if it is none of its VFs. */
bool device_path_vf_number(const char *pf, const char *name,
                           unsigned int *numberp);

#endif /* steps/device-path.h */
