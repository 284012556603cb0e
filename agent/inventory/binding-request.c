/* SPDX-License-Identifier: Apache-2.0 */

/* See binding-request.h. */

#include <config.h>

#include "inventory/binding-request.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/alloc.h"
#include "lib/cleanup.h"

/* What each vnic type needs; those that are not here need nothing. */
static const struct need {
    enum vif_vnic_type vnic_type;
    enum device_type type;
    bool remote_managed;
} needs[] = {
    { VIF_VNIC_DIRECT, DEVICE_VF, false },
    { VIF_VNIC_MACVTAP, DEVICE_VF, false },
    { VIF_VNIC_VIRTIO_FORWARDER, DEVICE_VF, false },
    { VIF_VNIC_DIRECT_PHYSICAL, DEVICE_PF, false },
    { VIF_VNIC_VDPA, DEVICE_VDPA, false },
    { VIF_VNIC_REMOTE_MANAGED, DEVICE_VF, true },
};

static const struct need *
find_need(enum vif_vnic_type type)
{
    for (size_t i = 0; i < sizeof needs / sizeof *needs; i++) {
        if (needs[i].vnic_type == type) {
            return &needs[i];
        }
    }
    return NULL;
}

bool
binding_needs_device(const struct vif_binding *binding)
{
    return find_need(binding->vnic_type) && !binding->macvtap.source;
}

/* What sits on the VF's netdev is a macvtap, vifd's or libvirt's. */
static bool
needs_netdev(const struct vif_binding *binding)
{
    const char *type = vif_attrs_get(&binding->port_profile, "type");

    return (binding->vnic_type == VIF_VNIC_MACVTAP
            || (binding->vnic_type == VIF_VNIC_DIRECT && type
                && !strcmp(type, "802.1Qbg")));
}

static struct vif_error *
refuse(const char *key, const char *value, const char *what)
{
    return vif_error_create(VIF_ERR_INVALID, "profile.%s: \"%.64s\" is no "
                            "%s", key, value, what);
}

/* "0000:0a:01.2", in letters of either size. */
static struct vif_error *
set_slot(struct binding_request *r, const char *value)
{
    CLEANUP_FREE char *small = vif_xstrdup(value);
    struct pci_address address;

    for (char *s = small; *s; s++) {
        *s = *s >= 'A' && *s <= 'F' ? *s - 'A' + 'a' : *s;
    }
    if (!pci_address_from_string(small, &address)) {
        return refuse("pci_slot", value, "PCI address");
    }
    r->request.device = device_pci_name(&address, r->device);
    return NULL;
}

/* "8086:154c" */
static struct vif_error *
set_ids(struct binding_request *r, const char *value)
{
    static const char digits[] = "0123456789abcdefABCDEF";

    if (strlen(value) != 9 || strspn(value, digits) != 4 || value[4] != ':'
        || strspn(value + 5, digits) != 4) {
        return refuse("pci_vendor_info", value, "vendor:product");
    }
    r->request.vendor = strtoul(value, NULL, 16);
    r->request.product = strtoul(value + 5, NULL, 16);
    return NULL;
}

static struct vif_error *
set_request_id(struct binding_request *r, const char *value)
{
    r->request.request_id = value;
    return device_request_check(&r->request);
}

/* A boolean of JSON, or a string that says as much: Nova sends both. */
static struct vif_error *
set_trusted(struct binding_request *r, const char *value)
{
    size_t quoted = *value == '"';
    size_t length = strcspn(value + quoted, "\"");

    if (length == 4 && !strncasecmp(value + quoted, "true", 4)) {
        r->request.trusted = SPEC_YES;
    } else if (length == 5 && !strncasecmp(value + quoted, "false", 5)) {
        r->request.trusted = SPEC_NO;
    } else {
        return refuse("trusted", value, "boolean");
    }
    return NULL;
}

static const struct {
    const char *key;
    struct vif_error *(*set)(struct binding_request *, const char *value);
} keys[] = {
    { "pci_slot", set_slot },
    { "pci_vendor_info", set_ids },
    { "pci_request_id", set_request_id },
    { "trusted", set_trusted },
};

/* The port is of an instance that lives on these nodes. */
static struct vif_error *
set_numa(struct binding_request *r, const struct vif_binding *binding)
{
    const char *policy = binding->numa_policy;

    r->request.numa_nodes = binding->numa_nodes;
    if (policy && !numa_policy_from_name(policy, &r->request.numa_policy)) {
        return vif_error_with_where(
            vif_error_create(VIF_ERR_INVALID, "numa.policy: \"%.64s\" is no "
                             "NUMA policy", policy), "numa.policy");
    }
    return NULL;
}

static struct vif_error *
set_profile(struct binding_request *r, const struct vif_binding *binding)
{
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const char *value = vif_attrs_get(&binding->profile, keys[i].key);
        struct vif_error *error = value ? keys[i].set(r, value) : NULL;

        if (error) {
            CLEANUP_FREE char *where = vif_xasprintf("profile.%s",
                                                     keys[i].key);
            return vif_error_with_where(error, where);
        }
    }
    return NULL;
}

struct vif_error *
binding_request_init(struct binding_request *r,
                     const struct vif_binding *binding, bool *neededp)
{
    const struct need *need = find_need(binding->vnic_type);

    device_request_init(&r->request);
    r->request.holder = binding->port_id;
    r->request.physical_network = binding->physical_network;
    *neededp = binding_needs_device(binding);
    if (!*neededp) {
        return NULL;
    }

    r->request.type = need->type;
    r->request.remote_managed = need->remote_managed;
    r->request.needs_netdev = needs_netdev(binding);
    struct vif_error *error = set_profile(r, binding);
    if (!error && binding->vf.has_trust) {
        r->request.trusted = binding->vf.trust ? SPEC_YES : SPEC_NO;
    }
    return error ? error : set_numa(r, binding);
}

bool
binding_request_tags(const struct vif_binding *binding,
                     struct device_request *request)
{
    struct binding_request r;
    bool needed;
    CLEANUP_ERROR struct vif_error *error = binding_request_init(&r, binding,
                                                                 &needed);

    device_request_init(request);
    request->physical_network = r.request.physical_network;
    request->trusted = r.request.trusted;
    request->live_migratable = r.request.live_migratable;
    request->remote_managed = r.request.remote_managed;
    return needed && !error;
}
