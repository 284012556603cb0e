/* SPDX-License-Identifier: Apache-2.0 */

/* See vf-steps.h. */

#include "plugins/vf-steps.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define ARRAY_SIZE(ARRAY) (sizeof (ARRAY) / sizeof *(ARRAY))

/* Finding the device. */

static bool
has_capability(const struct vif_device *device, const char *name)
{
    for (size_t i = 0; i < device->n_capabilities; i++) {
        if (!strcmp(device->capabilities[i], name)) {
            return true;
        }
    }
    return false;
}

static bool
is_vf(const struct vif_device *device)
{
    return device->vf_number >= 0;
}

/* Neutron's drivers part by the same rule: a port whose profile has the
 * capability "switchdev" is one for its representor, on a switch. */
static struct vif_error *
check_switchdev(const struct vif_host *host, const struct vif_binding *b,
                const struct vif_device *device)
{
    const char *capabilities = host->attrs_get(&b->profile, "capabilities");

    if (!is_vf(device)) {
        return NULL;
    } else if (has_capability(device, "switchdev")) {
        return host->error_create(VIF_ERR_UNSUPPORTED, "the PF of %s is in "
                                  "switchdev mode, where a VF is plugged by "
                                  "its representor", device->name);
    } else if (capabilities && strstr(capabilities, "\"switchdev\"")) {
        return refuse(host, VIF_ERR_UNSUPPORTED, "profile.capabilities",
                      "the port's profile has the capability 'switchdev': "
                      "it is to be plugged by the VF's representor, but the "
                      "PF of %s is not in switchdev mode", device->name);
    }
    return NULL;
}

/* libvirt would refuse the guest otherwise. */
static struct vif_error *
check_port_profile(const struct vif_host *host, const struct vif_binding *b)
{
    return (b->port_profile.n && b->vf.has_vlan && b->vf.vlan
            ? refuse(host, VIF_ERR_INVALID, "vf.vlan", "vf.vlan %d: the VLAN "
                     "of a port with a port_profile is the switch's to set",
                     b->vf.vlan)
            : NULL);
}

static bool
is_about(const struct vif_host *host, const struct vif_plan *plan,
         const struct vif_device *device)
{
    const char *name = (plan ? host->attrs_get(&plan->details,
                                               "devices.device") : NULL);

    return name && !strcmp(name, device->name);
}

struct vif_error *
device_port_init(struct device_port *p, const struct vif_host *host,
                 const struct vif_binding *binding,
                 const struct vif_plan *previous)
{
    struct vif_error *error = check_port_profile(host, binding);

    *p = (struct device_port) { .host = host, .binding = binding };
    error = error ? error : host->device_for(host->aux, binding, &p->device);
    error = error ? error : check_switchdev(host, binding, p->device);
    if (!error) {
        p->previous = is_about(host, previous, p->device) ? previous : NULL;
        p->plan = host->plan_create();
    }
    return error;
}

const char *
device_port_had(const struct device_port *p, const char *key)
{
    return (p->previous ? p->host->attrs_get(&p->previous->details, key)
            : NULL);
}

/* Port profiles. */

static const struct profile_type {
    const char *type;           /* As libvirt writes it ... */
    const char *vif_type;       /* ... and Nova. */
} profile_types[] = {
    { "802.1Qbg", "802.1qbg" },
    { "802.1Qbh", "802.1qbh" },
};

/* NULL if the port has none: a checked binding has no other type. */
static const struct profile_type *
profile_type(const struct device_port *p)
{
    const char *type = p->host->attrs_get(&p->binding->port_profile, "type");

    for (size_t i = 0; i < ARRAY_SIZE(profile_types) && type; i++) {
        if (!strcmp(profile_types[i].type, type)) {
            return &profile_types[i];
        }
    }
    return NULL;
}

/* The step. */

static void
set_address(const struct device_port *p, struct vif_attrs *args)
{
    char mac[VIF_MAC_BUFSIZE];

    if (p->binding->has_mac && !p->binding->prepare) {
        p->host->attrs_set(args, "mac",
                           p->host->mac_format(&p->binding->mac, mac));
    }
}

static void
set_vlan(const struct device_port *p, struct vif_attrs *args)
{
    const struct vif_vf *vf = &p->binding->vf;

    p->host->attrs_setf(args, "vlan", "%d", vf->has_vlan ? vf->vlan : 0);
    if (vf->vlan_qos) {
        p->host->attrs_setf(args, "vlan_qos", "%d", vf->vlan_qos);
    }
    if (vf->vlan_8021ad) {
        p->host->attrs_set(args, "vlan_protocol", "802.1ad");
    }
}

static const char *
link_state_text(const struct device_port *p)
{
    static const char *const names[] = {
        [VIF_LINK_AUTO] = "auto",
        [VIF_LINK_ENABLE] = "enable",
        [VIF_LINK_DISABLE] = "disable",
    };

    return names[p->binding->prepare ? VIF_LINK_DISABLE
                 : p->binding->vf.link_state];
}

static void
set_the_rest(const struct device_port *p, struct vif_attrs *args)
{
    const struct vif_host *host = p->host;
    const struct vif_vf *vf = &p->binding->vf;

    if (vf->has_min_tx_rate) {
        host->attrs_setf(args, "min_tx_rate", "%"PRIu32, vf->min_tx_rate);
    }
    if (vf->has_max_tx_rate) {
        host->attrs_setf(args, "max_tx_rate", "%"PRIu32, vf->max_tx_rate);
    }
    if (vf->has_spoofchk) {
        host->attrs_set(args, "spoofchk", bool_text(vf->spoofchk));
    }
    if (vf->has_trust) {
        host->attrs_set(args, "trust", bool_text(vf->trust));
    }
    if (vf->has_link_state) {
        host->attrs_set(args, "link_state", link_state_text(p));
    }
}

/* Whether there is anything to set. */
static bool
wants_vf(const struct device_port *p)
{
    const struct vif_vf *vf = &p->binding->vf;

    return (!profile_type(p) || vf->has_min_tx_rate || vf->has_max_tx_rate
            || vf->has_spoofchk || vf->has_trust || vf->has_link_state);
}

uint32_t
device_port_add_vf(const struct device_port *p)
{
    const struct vif_host *host = p->host;

    if (!wants_vf(p)) {
        return NO_STEP;
    }

    unsigned int step = host->plan_add_step(p->plan, "vf", p->device->name);
    struct vif_attrs *args = host->plan_step_args(p->plan, step);

    set_optional(host, args, "pf", p->device->pf);
    host->attrs_setf(args, "vf", "%d", p->device->vf_number);
    if (!profile_type(p)) {
        set_address(p, args);
        set_vlan(p, args);
    }
    set_the_rest(p, args);
    if (p->binding->vf.best_effort) {
        host->attrs_set(args, "best_effort", "true");
    }
    return step;
}

void
device_port_claim(const struct device_port *p)
{
    const struct vif_device *device = p->device;

    for (size_t i = 0; i < device->n_claims; i++) {
        p->host->plan_claim(p->plan, device->claims[i]);
    }
    claim_mac(p->host, p->plan, p->binding, "pf",
              device->pf ? device->pf : device->name);
}

/* The answer. */

/* What is said in the words of the port profile, whose keys Nova knows. */
static void
describe_profile_type(const struct device_port *p, struct vif_attrs *details,
                      const struct profile_type *type)
{
    const struct vif_attrs *profile = &p->binding->port_profile;
    char key[JOIN_SIZE];

    p->host->attrs_set(details, "vif_type", type->vif_type);
    for (size_t i = 0; i < profile->n; i++) {
        if (strcmp(profile->attrs[i].key, "type")) {
            p->host->attrs_set(details,
                               join(key, "vif_details.",
                                    profile->attrs[i].key),
                               profile->attrs[i].value);
        }
    }
}

/* As Neutron's SR-IOV driver has it: a VLAN is a string, and that of a port
 * without one is "0". */
static void
describe_vif(const struct device_port *p, struct vif_attrs *details,
             const char *vif_type)
{
    const struct vif_host *host = p->host;
    const struct profile_type *type = profile_type(p);

    host->attrs_set(details, "vif_details.port_filter", "false");
    host->attrs_set(details, "vif_details.connectivity", "l2");
    if (type) {
        describe_profile_type(p, details, type);
    } else {
        host->attrs_set(details, "vif_type", vif_type);
        if (is_vf(p->device)) {
            host->attrs_setf(details, "vif_details.vlan", "%d",
                             p->binding->vf.has_vlan ? p->binding->vf.vlan
                             : 0);
        }
    }
}

/* ["rx", "tso"]: names of capabilities are vifd's, and plain words.  Most of
 * them are the netdev's, which has gone while a guest has the device. */
static void
describe_capabilities(const struct device_port *p, struct vif_attrs *details)
{
    const struct vif_device *device = p->device;
    const char *had = device_port_had(p, "profile.capabilities");
    char list[1024] = "[";
    size_t length = 1;

    if (!device->netdev && had) {
        p->host->attrs_set(details, "profile.capabilities", had);
        return;
    }
    for (size_t i = 0; i < device->n_capabilities; i++) {
        int n = snprintf(list + length, sizeof list - length, "%s\"%s\"",
                         i ? "," : "", device->capabilities[i]);
        if (n < 0 || (size_t) n + 2 > sizeof list - length) {
            break;
        }
        length += n;
    }
    list[length] = ']';
    list[length + 1] = '\0';
    if (device->n_capabilities) {
        p->host->attrs_set(details, "profile.capabilities", list);
    }
}

/* Both or none, as Nova: without the PF's address nobody knows whose number
 * it is.  A PF whose netdev has gone for a while has the address still. */
static void
describe_number(const struct device_port *p, struct vif_attrs *details)
{
    const struct vif_host *host = p->host;
    const char *mac = p->device->pf_mac;

    mac = mac ? mac : device_port_had(p, "profile.pf_mac_address");
    host->attrs_set(details, "profile.pf_mac_address", mac);
    if (mac) {
        host->attrs_setf(details, "profile.vf_num", "%d",
                         p->device->vf_number);
    } else {
        host->attrs_set(details, "profile.vf_num", NULL);
    }
}

/* The keys that Nova fills in when it has chosen a device; what else the
 * profile has stays. */
static void
describe_device(const struct device_port *p, struct vif_attrs *details)
{
    const struct vif_host *host = p->host;
    const struct vif_device *device = p->device;

    set_all(host, details, "profile.", &p->binding->profile);
    set_optional(host, details, "profile.pci_slot", device->pci_slot);
    set_optional(host, details, "profile.pci_vendor_info",
                 device->pci_vendor_info);
    set_profile_text(host, details, "profile.physical_network",
                     device->physical_network);
    if (device->serial) {
        set_profile_text(host, details, "profile.card_serial_number",
                         device->serial);
    }
    describe_capabilities(p, details);
    if (is_vf(device)) {
        describe_number(p, details);
    }

    host->attrs_set(details, "devices.device", device->name);
    set_optional(host, details, "devices.pci_slot", device->pci_slot);
    set_optional(host, details, "devices.pf", device->pf);
    if (device->numa_node >= 0) {
        host->attrs_setf(details, "numa_node", "%d", device->numa_node);
    }
}

/* Without an address of its own the port has the VF's. */
static void
describe_address(const struct device_port *p, struct vif_attrs *details,
                 uint32_t vf)
{
    const struct vif_host *host = p->host;
    char mac[VIF_MAC_BUFSIZE];

    if (p->binding->has_mac) {
        host->attrs_set(details, "mac_address",
                        host->mac_format(&p->binding->mac, mac));
    } else if (vf != NO_STEP) {
        host->plan_details_ref(p->plan, "mac_address", vf, "mac");
        host->plan_warn(p->plan, "no mac_address was given: the VF keeps the "
                        "one that it has");
    }
}

void
device_port_describe(const struct device_port *p, const char *vif_type,
                     uint32_t vf)
{
    struct vif_attrs *details = p->host->plan_details(p->plan);

    describe_vif(p, details, vif_type);
    describe_device(p, details);
    describe_address(p, details, vf);
}
