/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGINS_VF_STEPS_H
#define PLUGINS_VF_STEPS_H 1

/* What plugins that put a port on a VF or PF have in common: which device it
 * gets, the step that sets a VF's attributes, claims, and what the answer
 * says of the device.  Linked into each of these modules; knows vifd by
 * <vif/plugin.h> alone. */

#include "plugins/plan-words.h"

#define NO_STEP UINT32_MAX

/* A port and the device that it gets: what one call of plan() works with.
 * All of it is valid during that call. */
struct device_port {
    const struct vif_host *host;
    const struct vif_binding *binding;
    const struct vif_device *device;
    const struct vif_plan *previous;    /* The port's plan now, if that is for
                                         * the same device, else NULL. */
    struct vif_plan *plan;      /* Empty at first.  The caller's. */
};

/* Finds the device and begins a plan.  'previous' is the port's plan now, or
 * NULL: while a guest has the device nothing else tells some of what goes into
 * the answer.  After an error, which the caller owns, there is no plan.  VFs
 * of a PF in switchdev mode are refused: what they send goes to their
 * representors, which a switch must have.  So is a VLAN beside a port
 * profile. */
struct vif_error *device_port_init(struct device_port *,
                                   const struct vif_host *,
                                   const struct vif_binding *,
                                   const struct vif_plan *previous)
    VIF_WARN_UNUSED;

/* What the details of the port's plan now say of 'key'; NULL if they do not,
 * or are about another device. */
const char *device_port_had(const struct device_port *, const char *key);

/* Adds the step "vf" and returns its position, or NO_STEP if nothing is to be
 * set.  A port without a VLAN gets VLAN 0, for what an earlier owner left must
 * not carry its frames; MAC address and VLAN of a port with a port profile
 * are the switch's and libvirt's to set.
 *
 * With 'prepare' the VF does not get the address yet: the NIC would hand it
 * the frames that other VFs send to the guest, which still runs elsewhere.
 * Where a link state was asked for, it is "disable" until 'activate'. */
uint32_t device_port_add_vf(const struct device_port *);

/* Claims the device, and the MAC address on its network. */
void device_port_claim(const struct device_port *);

/* Puts into the details: vif_type, for a port with a port profile that of the
 * profile; vif_details.port_filter, connectivity, vlan and what the port
 * profile has; profile, completed as Nova does; devices.device, pci_slot and
 * pf; numa_node; mac_address.  'vf' is the step of device_port_add_vf(), or
 * NO_STEP. */
void device_port_describe(const struct device_port *, const char *vif_type,
                          uint32_t vf);

#endif /* vf-steps.h */
