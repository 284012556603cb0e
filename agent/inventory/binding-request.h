/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INVENTORY_BINDING_REQUEST_H
#define INVENTORY_BINDING_REQUEST_H 1

/* What a port's binding asks of a device, as Nova makes it from a port
 * (nova/network/neutron.py, create_resource_requests()). */

#include <vif/binding.h>

#include "inventory/request.h"

struct binding_request {
    struct device_request request;      /* Points into this and the binding,
                                         * so it cannot be copied. */
    char device[DEVICE_NAME_SIZE];
};

/* Whether a port with 'binding' needs a device: not with a vnic type that goes
 * without, and not for a macvtap on an interface that it names. */
bool binding_needs_device(const struct vif_binding *);

/* '*neededp' is what binding_needs_device() says.  Of the profile these are
 * read: pci_slot, pci_vendor_info, pci_request_id and trusted, which gives way
 * to the binding's own 'vf.trust'; what it does not have is not asked for.  An
 * error's path begins at the binding. */
struct vif_error *binding_request_init(struct binding_request *,
                                       const struct vif_binding *,
                                       bool *neededp) VIF_WARN_UNUSED;

/* What 'binding' asks of the device spec, for struct device_holder: the other
 * members are as device_request_init() leaves them.  False if it needs no
 * device. */
bool binding_request_tags(const struct vif_binding *,
                          struct device_request *);

#endif /* inventory/binding-request.h */
