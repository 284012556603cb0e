/* SPDX-License-Identifier: Apache-2.0 */
/* The binding of include/vif/binding.h as a value: names, copies, equality and
 * what follows from it (device name, queues).  Whether it makes sense is
 * binding-check.c's business; where it came from is nobody's here. */

#include <config.h>

#include <vif/binding.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/alloc.h"

#define ARRAY_SIZE(ARRAY) (sizeof (ARRAY) / sizeof *(ARRAY))

/* Names of what has one of a few values. */

static const char *const vnic_type_names[] = {
    [VIF_VNIC_NORMAL] = "normal",
    [VIF_VNIC_DIRECT] = "direct",
    [VIF_VNIC_DIRECT_PHYSICAL] = "direct-physical",
    [VIF_VNIC_MACVTAP] = "macvtap",
    [VIF_VNIC_VDPA] = "vdpa",
    [VIF_VNIC_VIRTIO_FORWARDER] = "virtio-forwarder",
    [VIF_VNIC_REMOTE_MANAGED] = "remote-managed",
};
_Static_assert(ARRAY_SIZE(vnic_type_names) == VIF_N_VNIC_TYPES,
               "each vnic type has a name");

static const char *const link_state_names[] = {
    [VIF_LINK_AUTO] = "auto",
    [VIF_LINK_ENABLE] = "enable",
    [VIF_LINK_DISABLE] = "disable",
};
_Static_assert(ARRAY_SIZE(link_state_names) == VIF_N_LINK_STATES,
               "each link state has a name");

/* The kernel's names; libvirt's for the last is "passthrough". */
static const char *const macvtap_mode_names[] = {
    [VIF_MACVTAP_DEFAULT] = "default",
    [VIF_MACVTAP_BRIDGE] = "bridge",
    [VIF_MACVTAP_VEPA] = "vepa",
    [VIF_MACVTAP_PRIVATE] = "private",
    [VIF_MACVTAP_PASSTHRU] = "passthru",
};
_Static_assert(ARRAY_SIZE(macvtap_mode_names) == VIF_N_MACVTAP_MODES,
               "each mode has a name");

static const char *
name_of(const char *const names[], size_t n, unsigned int value)
{
    return value < n ? names[value] : "unknown";
}

/* The first value that can be asked for by name is 'first'. */
static bool
value_of(const char *const names[], size_t n, unsigned int first,
         const char *name, unsigned int *valuep)
{
    for (unsigned int i = first; i < n; i++) {
        if (!strcmp(name, names[i])) {
            *valuep = i;
            return true;
        }
    }
    return false;
}

const char *
vif_vnic_type_name(enum vif_vnic_type type)
{
    return name_of(vnic_type_names, VIF_N_VNIC_TYPES, type);
}

bool
vif_vnic_type_from_name(const char *name, enum vif_vnic_type *typep)
{
    return value_of(vnic_type_names, VIF_N_VNIC_TYPES, 0, name, typep);
}

const char *
vif_link_state_name(enum vif_link_state state)
{
    return name_of(link_state_names, VIF_N_LINK_STATES, state);
}

bool
vif_link_state_from_name(const char *name, enum vif_link_state *statep)
{
    return value_of(link_state_names, VIF_N_LINK_STATES, 0, name, statep);
}

const char *
vif_macvtap_mode_name(enum vif_macvtap_mode mode)
{
    return name_of(macvtap_mode_names, VIF_N_MACVTAP_MODES, mode);
}

bool
vif_macvtap_mode_from_name(const char *name, enum vif_macvtap_mode *modep)
{
    return value_of(macvtap_mode_names, VIF_N_MACVTAP_MODES,
                    VIF_MACVTAP_DEFAULT + 1, name, modep);
}

/* MAC addresses. */

/* The value of hexadecimal digit 'c', or -1. */
static int
hex_digit(char c)
{
    return (c >= '0' && c <= '9' ? c - '0'
            : c >= 'a' && c <= 'f' ? c - 'a' + 10
            : c >= 'A' && c <= 'F' ? c - 'A' + 10
            : -1);
}

bool
vif_mac_from_string(const char *s, struct vif_mac *mac)
{
    struct vif_mac parsed;

    for (size_t i = 0; i < ARRAY_SIZE(parsed.octets); i++) {
        int high = hex_digit(*s);
        int low = high < 0 ? -1 : hex_digit(s[1]);

        if (low < 0) {
            return false;
        }
        parsed.octets[i] = high * 16 + low;
        s += 2;

        char end = i + 1 < ARRAY_SIZE(parsed.octets) ? ':' : '\0';
        if (*s++ != end) {
            return false;
        }
    }
    *mac = parsed;
    return true;
}

const char *
vif_mac_format(const struct vif_mac *mac, char buf[VIF_MAC_BUFSIZE])
{
    const uint8_t *o = mac->octets;

    snprintf(buf, VIF_MAC_BUFSIZE, "%02x:%02x:%02x:%02x:%02x:%02x",
             o[0], o[1], o[2], o[3], o[4], o[5]);
    return buf;
}

bool
vif_mac_is_multicast(const struct vif_mac *mac)
{
    return mac->octets[0] & 1;
}

bool
vif_mac_is_zero(const struct vif_mac *mac)
{
    static const struct vif_mac zero;

    return !memcmp(mac, &zero, sizeof zero);
}

/* Life of a binding.  Its strings and maps are listed once, here; the strings
 * for which something else stands when they are left out come last. */

#define N_PLAIN_STRINGS 12
#define N_STRINGS 16
#define N_MAPS 4

static void
list_strings(const struct vif_binding *b, char **strings[N_STRINGS])
{
    struct vif_binding *w = (struct vif_binding *) b;
    char **const all[] = {
        &w->port_id, &w->instance_id, &w->instance_name, &w->project_id,
        &w->network_id, &w->physical_network, &w->plugin, &w->bridge,
        &w->datapath_type, &w->macvtap.source, &w->macvtap.physical_interface,
        &w->driver,
        &w->interface_id, &w->device_name, &w->model, &w->numa_policy,
    };
    _Static_assert(ARRAY_SIZE(all) == N_STRINGS, "each string is listed");

    memcpy(strings, all, sizeof all);
}

static void
list_maps(const struct vif_binding *b, struct vif_attrs *maps[N_MAPS])
{
    struct vif_binding *w = (struct vif_binding *) b;

    maps[0] = &w->external_ids;
    maps[1] = &w->profile;
    maps[2] = &w->hints;
    maps[3] = &w->port_profile;
}

void
vif_binding_init(struct vif_binding *binding)
{
    *binding = (struct vif_binding) {
        .vnic_type = VIF_VNIC_NORMAL,
        .create_device = true,
        .uid = VIF_NO_ID,
        .gid = VIF_NO_ID,
    };
}

void
vif_binding_destroy(struct vif_binding *binding)
{
    char **strings[N_STRINGS];
    struct vif_attrs *maps[N_MAPS];

    list_strings(binding, strings);
    for (size_t i = 0; i < N_STRINGS; i++) {
        free(*strings[i]);
    }

    list_maps(binding, maps);
    for (size_t i = 0; i < N_MAPS; i++) {
        vif_attrs_destroy(maps[i]);
    }
    vif_binding_init(binding);
}

void
vif_binding_clone(struct vif_binding *to, const struct vif_binding *from)
{
    char **strings[N_STRINGS];
    struct vif_attrs *maps[N_MAPS];

    *to = *from;        /* The numbers; each pointer is replaced below. */

    list_strings(to, strings);
    for (size_t i = 0; i < N_STRINGS; i++) {
        *strings[i] = vif_xstrdup_nullable(*strings[i]);
    }

    list_maps(to, maps);
    for (size_t i = 0; i < N_MAPS; i++) {
        struct vif_attrs original = *maps[i];

        vif_attrs_clone(maps[i], &original);
    }
}

/* Equality.  What is left out counts as what it stands for, as far as that
 * follows from the binding alone. */

static bool
strings_equal(const char *a, const char *b)
{
    return a && b ? !strcmp(a, b) : a == b;
}

static const char *
binding_model(const struct vif_binding *binding)
{
    return binding->model ? binding->model : "virtio";
}

static const char *
binding_interface_id(const struct vif_binding *binding)
{
    return binding->interface_id ? binding->interface_id : binding->port_id;
}

static const char *
binding_numa_policy(const struct vif_binding *binding)
{
    return binding->numa_policy ? binding->numa_policy : "legacy";
}

static enum vif_macvtap_mode
binding_macvtap_mode(const struct vif_binding *binding)
{
    const struct vif_macvtap *macvtap = &binding->macvtap;

    return (macvtap->mode != VIF_MACVTAP_DEFAULT ? macvtap->mode
            : macvtap->source ? VIF_MACVTAP_BRIDGE
            : VIF_MACVTAP_PASSTHRU);
}

/* Whether two members are the same that each binding has or does not have. */
static bool
optional_equal(bool has_a, unsigned int a, bool has_b, unsigned int b)
{
    return has_a == has_b && (!has_a || a == b);
}

static bool
vf_equal(const struct vif_vf *a, const struct vif_vf *b)
{
    return ((a->has_vlan ? a->vlan : 0) == (b->has_vlan ? b->vlan : 0)
            && a->vlan_qos == b->vlan_qos
            && a->vlan_8021ad == b->vlan_8021ad
            && optional_equal(a->has_min_tx_rate, a->min_tx_rate,
                              b->has_min_tx_rate, b->min_tx_rate)
            && optional_equal(a->has_max_tx_rate, a->max_tx_rate,
                              b->has_max_tx_rate, b->max_tx_rate)
            && optional_equal(a->has_spoofchk, a->spoofchk,
                              b->has_spoofchk, b->spoofchk)
            && optional_equal(a->has_trust, a->trust, b->has_trust, b->trust)
            && optional_equal(a->has_link_state, a->link_state,
                              b->has_link_state, b->link_state)
            && a->best_effort == b->best_effort);
}

static bool
numbers_equal(const struct vif_binding *a, const struct vif_binding *b)
{
    return (a->vnic_type == b->vnic_type
            && a->has_mac == b->has_mac
            && (!a->has_mac || !memcmp(&a->mac, &b->mac, sizeof a->mac))
            && a->mtu == b->mtu
            && a->queues == b->queues
            && a->vcpus == b->vcpus
            && a->create_device == b->create_device
            && a->uid == b->uid
            && a->gid == b->gid
            && a->macvtap.vlan == b->macvtap.vlan
            && binding_macvtap_mode(a) == binding_macvtap_mode(b)
            && a->numa_nodes == b->numa_nodes
            && a->prepare == b->prepare);
}

static bool
texts_equal(const struct vif_binding *a, const struct vif_binding *b)
{
    char name_a[VIF_DEVICE_NAME_BUFSIZE], name_b[VIF_DEVICE_NAME_BUFSIZE];
    char **strings_a[N_STRINGS], **strings_b[N_STRINGS];

    list_strings(a, strings_a);
    list_strings(b, strings_b);
    for (size_t i = 0; i < N_PLAIN_STRINGS; i++) {
        if (!strings_equal(*strings_a[i], *strings_b[i])) {
            return false;
        }
    }
    return (strings_equal(binding_interface_id(a), binding_interface_id(b))
            && strings_equal(binding_model(a), binding_model(b))
            && strings_equal(binding_numa_policy(a), binding_numa_policy(b))
            && !strcmp(vif_binding_device_name(a, name_a),
                       vif_binding_device_name(b, name_b)));
}

bool
vif_binding_equal(const struct vif_binding *a, const struct vif_binding *b)
{
    struct vif_attrs *maps_a[N_MAPS], *maps_b[N_MAPS];

    if (!numbers_equal(a, b) || !vf_equal(&a->vf, &b->vf)
        || !texts_equal(a, b)) {
        return false;
    }

    list_maps(a, maps_a);
    list_maps(b, maps_b);
    for (size_t i = 0; i < N_MAPS; i++) {
        if (!vif_attrs_equal(maps_a[i], maps_b[i])) {
            return false;
        }
    }
    return true;
}

/* What follows from a binding. */

const char *
vif_binding_device_name(const struct vif_binding *binding,
                        char buf[VIF_DEVICE_NAME_BUFSIZE])
{
    if (binding->device_name) {
        snprintf(buf, VIF_DEVICE_NAME_BUFSIZE, "%s", binding->device_name);
    } else {
        /* 14 characters, not the kernel's 15: Nova's NIC_NAME_LEN. */
        snprintf(buf, VIF_DEVICE_NAME_BUFSIZE, "tap%.11s",
                 binding->port_id ? binding->port_id : "");
    }
    return buf;
}

struct vif_queues
vif_binding_queues(const struct vif_binding *binding, uint32_t max_queues)
{
    const char *model = binding_model(binding);
    const struct {
        bool applies;
        uint32_t limit;
        const char *reason;
    } limits[] = {
        { strcmp(model, "virtio") != 0, 1,
          "a device model other than virtio has one" },
        { binding->vcpus > 0, binding->vcpus,
          "the instance has no more vCPUs" },
        { max_queues > 0, max_queues, "the configuration allows no more" },
        { true, 256, "the kernel gives a tap no more" },
    };
    struct vif_queues queues = {
        .requested = binding->queues,
        .effective = binding->queues ? binding->queues : 1,
    };
    const char *reason = NULL;

    for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
        if (limits[i].applies && limits[i].limit < queues.effective) {
            queues.effective = limits[i].limit;
            reason = limits[i].reason;
        }
    }
    if (reason) {
        snprintf(queues.why, sizeof queues.why,
                 "%"PRIu32" queue pairs instead of %"PRIu32": %s",
                 queues.effective, queues.requested, reason);
    }
    queues.multiqueue = queues.effective > 1;
    return queues;
}
