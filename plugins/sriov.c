/* SPDX-License-Identifier: Apache-2.0 */
/* The plugin "sriov": a VF (vnic_type direct) or a whole PF (direct-physical)
 * that a guest gets as a PCI device.
 *
 * For a VF the plan is its attributes, which the PF keeps for it, and then
 * its driver; for a PF the driver alone.  What libvirt does and what vifd
 * does with the device is told in doc/devices.md.
 *
 * Like every plugin this is pure, and knows nothing of vifd but the table of
 * host functions. */

#include <inttypes.h>
#include <string.h>

#include "plugins/vf-steps.h"

/* Refusals. */

static struct vif_error *
check_vnic_type(const struct vif_host *host, const struct vif_binding *b)
{
    return (b->vnic_type == VIF_VNIC_DIRECT
            || b->vnic_type == VIF_VNIC_DIRECT_PHYSICAL ? NULL
            : refuse(host, VIF_ERR_UNSUPPORTED, "vnic_type",
                     "it plugs vnic_type 'direct' and 'direct-physical' and "
                     "no other"));
}

/* What only a device on PCI can have. */
static struct vif_error *
check_pci(const struct device_port *p)
{
    const struct vif_binding *b = p->binding;

    if (p->device->pci_slot) {
        return NULL;
    } else if (b->vnic_type == VIF_VNIC_DIRECT_PHYSICAL) {
        return refuse(p->host, VIF_ERR_UNSUPPORTED, "vnic_type",
                      "%s is not on PCI: no guest can get it as a whole",
                      p->device->name);
    } else if (b->driver) {
        return refuse(p->host, VIF_ERR_UNSUPPORTED, "driver",
                      "%s is not on PCI: no driver '%s' can be bound to it",
                      p->device->name, b->driver);
    }
    return NULL;
}

/* Steps. */

/* Without "driver" it leaves the one that is bound, and gives back, when the
 * guest is gone, what libvirt may have changed. */
static void
add_driver(const struct device_port *p, uint32_t vf)
{
    const struct vif_host *host = p->host;
    const struct vif_device *device = p->device;

    if (!device->pci_slot) {
        return;
    }

    unsigned int step = host->plan_add_step(p->plan, "pci-driver",
                                            device->name);
    struct vif_attrs *args = host->plan_step_args(p->plan, step);

    host->attrs_set(args, "pf", device->pf ? device->pf : device->name);
    set_optional(host, args, "driver", p->binding->driver);
    if (vf != NO_STEP) {
        host->plan_step_after(p->plan, step, vf);
    }
}

/* The answer. */

/* Whether vifd has bound one for the port's plan now. */
static bool
had_driver(const struct device_port *p)
{
    for (size_t i = 0; p->previous && i < p->previous->n_steps; i++) {
        const struct vif_plan_step *step = &p->previous->steps[i];

        if (!strcmp(step->kind, "pci-driver")
            && p->host->attrs_get(&step->args, "driver")) {
            return true;
        }
    }
    return false;
}

/* libvirt binds vfio-pci and gives the driver back, unless vifd has bound
 * one, or the operator says that it is not libvirt's business.  What he says
 * anew is for the next port. */
static void
describe_driver(const struct device_port *p)
{
    const char *had = (had_driver(p) ? NULL
                       : device_port_had(p, "devices.managed"));

    if (p->device->pci_slot) {
        p->host->attrs_set(p->host->plan_details(p->plan), "devices.managed",
                           p->binding->driver ? "false"
                           : had ? had : bool_text(p->device->managed));
    }
}

/* libvirt makes a macvtap on the netdev of a VF with such a profile. */
static void
describe_netdev(const struct device_port *p)
{
    const char *type = p->host->attrs_get(&p->binding->port_profile, "type");

    if (type && !strcmp(type, "802.1Qbg")) {
        set_optional(p->host, p->host->plan_details(p->plan),
                     "devices.netdev", p->device->netdev);
    }
}

/* A PF has its own address, and Neutron gives the port that one.  While a
 * guest has it, only the plan from before knows it. */
static void
describe_pf_address(const struct device_port *p)
{
    const struct vif_host *host = p->host;
    struct vif_attrs *details = host->plan_details(p->plan);
    const char *asked = host->attrs_get(details, "mac_address");
    const char *mac = p->device->mac;

    mac = mac ? mac : device_port_had(p, "profile.device_mac_address");
    if (!mac) {
        return;
    }
    if (asked && strcmp(asked, mac)) {
        host->plan_warn(p->plan, "mac_address is %s, the PF's own, not %s: a "
                        "guest that gets a whole PF sets its address itself",
                        mac, asked);
    }
    host->attrs_set(details, "mac_address", mac);
    host->attrs_set(details, "profile.device_mac_address", mac);
}

/* Whoever drives the device sets these. */
static void
warn_unset(const struct device_port *p)
{
    const struct vif_binding *b = p->binding;

    if (b->mtu) {
        p->host->plan_warn(p->plan, "mtu %"PRIu32" is not set: the guest's "
                           "driver sets that of a device that it has",
                           b->mtu);
    }
    if (b->queues > 1) {
        p->host->plan_warn(p->plan, "queues %"PRIu32" are not set: the "
                           "guest's driver takes those that the device has",
                           b->queues);
    }
}

static struct vif_error *
sriov_plan(const struct vif_host *host, const struct vif_binding *binding,
           const struct vif_plan *previous, struct vif_plan **planp)
{
    struct device_port p;
    struct vif_error *error = check_vnic_type(host, binding);

    error = error ? error : device_port_init(&p, host, binding, previous);
    if (error) {
        return error;
    }

    error = check_pci(&p);
    if (error) {
        host->plan_destroy(p.plan);
        return error;
    }

    bool whole = binding->vnic_type == VIF_VNIC_DIRECT_PHYSICAL;
    uint32_t vf = whole ? NO_STEP : device_port_add_vf(&p);

    add_driver(&p, vf);
    device_port_claim(&p);
    device_port_describe(&p, whole ? "hostdev_physical" : "hw_veb", vf);
    describe_driver(&p);
    describe_netdev(&p);
    if (whole) {
        describe_pf_address(&p);
    }
    warn_unset(&p);
    *planp = p.plan;
    return NULL;
}

/* One of the two is enough. */
static const char *
sriov_missing(const struct vif_host *host)
{
    const char *vf = host->devices_missing(host->aux, VIF_VNIC_DIRECT);

    return (vf && host->devices_missing(host->aux, VIF_VNIC_DIRECT_PHYSICAL)
            ? vf : NULL);
}

VIF_PLUGIN_EXPORT const struct vif_plugin vif_plugin_entry = {
    .abi = VIF_PLUGIN_ABI,
    .size = sizeof(struct vif_plugin),
    .name = "sriov",
    .summary = "a VF or PF that a guest gets as a PCI device",
    .vnic_types = 1u << VIF_VNIC_DIRECT | 1u << VIF_VNIC_DIRECT_PHYSICAL,
    .plan = sriov_plan,
    .missing = sriov_missing,
};
