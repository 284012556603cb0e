/* SPDX-License-Identifier: Apache-2.0 */
/* What a binding asks of a VF, a macvtap and a driver. */

#include <config.h>

#include "lib/binding-check.h"

#include <inttypes.h>
#include <string.h>

#include "lib/binding-profile.h"

#define VLAN_MAX 4094           /* 4095 is reserved (IEEE 802.1Q). */
#define QOS_MAX 7

/* The first member of 'vf' that is asked for, or NULL. */
static const char *
first_vf_member(const struct vif_vf *vf)
{
    const struct {
        bool asked;
        const char *where;
    } members[] = {
        { vf->has_vlan, "vf.vlan" },
        { vf->vlan_qos != 0, "vf.vlan_qos" },
        { vf->vlan_8021ad, "vf.vlan_protocol" },
        { vf->has_min_tx_rate, "vf.min_tx_rate" },
        { vf->has_max_tx_rate, "vf.max_tx_rate" },
        { vf->has_spoofchk, "vf.spoofchk" },
        { vf->has_trust, "vf.trust" },
        { vf->has_link_state, "vf.link_state" },
        { vf->best_effort, "vf.best_effort" },
    };

    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        if (members[i].asked) {
            return members[i].where;
        }
    }
    return NULL;
}

static struct vif_error *
check_vf_is_there(const struct vif_binding *b)
{
    const char *where = first_vf_member(&b->vf);

    if (!where || binding_has_vf(b)) {
        return NULL;
    } else if (b->vnic_type == VIF_VNIC_MACVTAP) {
        return check_refuse(where, "%s: the port gets no VF, but a macvtap "
                            "on macvtap.source '%s'", where,
                            b->macvtap.source);
    }
    return check_refuse(where, "%s: a port of vnic_type '%s' has no VF to "
                        "set it for", where,
                        vif_vnic_type_name(b->vnic_type));
}

static struct vif_error *
check_no_vlan(const struct vif_vf *vf)
{
    if (vf->vlan_qos) {
        return check_refuse("vf.vlan_qos", "vf.vlan_qos %d: there is no VLAN "
                            "in vf.vlan that it could be of", vf->vlan_qos);
    } else if (vf->vlan_8021ad) {
        return check_refuse("vf.vlan_protocol", "vf.vlan_protocol '802.1ad': "
                            "there is no VLAN in vf.vlan that it could be "
                            "of");
    }
    return NULL;
}

/* libvirt sets the VLAN of the VF on which it makes a macvtap, and knows no
 * other. */
static struct vif_error *
check_vlan_of_libvirt(const struct vif_binding *b)
{
    const char *where = (b->vf.vlan_qos ? "vf.vlan_qos"
                         : b->vf.vlan_8021ad ? "vf.vlan_protocol" : NULL);

    return (!where || b->create_device ? NULL
            : check_refuse(where, "%s: libvirt, which makes the macvtap "
                           "because create_device is false, sets the VLAN "
                           "anew as one of 802.1Q with priority 0", where));
}

static struct vif_error *
check_vlan(const struct vif_binding *b)
{
    const struct vif_vf *vf = &b->vf;
    struct vif_error *error = check_number("vf.vlan", vf->vlan, 0, VLAN_MAX);

    error = error ? error : check_number("vf.vlan_qos", vf->vlan_qos, 0,
                                         QOS_MAX);
    return (error ? error
            : vf->has_vlan && vf->vlan ? check_vlan_of_libvirt(b)
            : check_no_vlan(vf));
}

static struct vif_error *
check_rates(const struct vif_vf *vf)
{
    return (!vf->has_min_tx_rate || !vf->has_max_tx_rate || !vf->max_tx_rate
            || vf->min_tx_rate <= vf->max_tx_rate ? NULL
            : check_refuse("vf.min_tx_rate", "vf.min_tx_rate %"PRIu32": is "
                           "more than vf.max_tx_rate %"PRIu32,
                           vf->min_tx_rate, vf->max_tx_rate));
}

static struct vif_error *
check_names(const struct vif_binding *b)
{
    return ((unsigned int) b->vf.link_state >= VIF_N_LINK_STATES
            ? check_refuse("vf.link_state", "vf.link_state %d is unknown",
                           (int) b->vf.link_state)
            : (unsigned int) b->macvtap.mode >= VIF_N_MACVTAP_MODES
            ? check_refuse("macvtap.mode", "macvtap.mode %d is unknown",
                           (int) b->macvtap.mode)
            : NULL);
}

static const char *
first_macvtap_member(const struct vif_macvtap *macvtap)
{
    return (macvtap->source ? "macvtap.source"
            : macvtap->physical_interface ? "macvtap.physical_interface"
            : macvtap->mode != VIF_MACVTAP_DEFAULT ? "macvtap.mode"
            : macvtap->vlan ? "macvtap.vlan"
            : NULL);
}

/* Neutron's macvtap agent serves ports of vnic_type normal, which Open vSwitch
 * does too: then the plugin has to be named. */
static struct vif_error *
check_macvtap_is_there(const struct vif_binding *b)
{
    const char *where = first_macvtap_member(&b->macvtap);

    if (!where || b->vnic_type == VIF_VNIC_MACVTAP) {
        return NULL;
    } else if (b->vnic_type != VIF_VNIC_NORMAL) {
        return check_refuse(where, "%s: a port of vnic_type '%s' has no "
                            "macvtap", where,
                            vif_vnic_type_name(b->vnic_type));
    } else if (!b->macvtap.source || !b->plugin
               || !strcmp(b->plugin, "ovs")) {
        return check_refuse(where, "%s: a port of vnic_type 'normal' has a "
                            "macvtap only with macvtap.source and with "
                            "plugin 'macvtap'", where);
    }
    return NULL;
}

/* The form of Neutron's macvtap agent: a VLAN device, or the interface. */
static struct vif_error *
check_source(const struct vif_binding *b)
{
    const struct vif_macvtap *macvtap = &b->macvtap;
    char name[VIF_DEVICE_NAME_BUFSIZE];

    if (macvtap->physical_interface && !macvtap->source) {
        return check_refuse("macvtap.physical_interface",
                            "macvtap.physical_interface '%s': there is no "
                            "macvtap.source on it",
                            macvtap->physical_interface);
    } else if (macvtap->vlan && !macvtap->physical_interface) {
        return check_refuse("macvtap.vlan", "macvtap.vlan %d: there is no "
                            "macvtap.physical_interface to tag on; a VF's "
                            "VLAN is vf.vlan", macvtap->vlan);
    } else if (!macvtap->source) {
        return NULL;
    }

    bool same = (macvtap->physical_interface
                 && !strcmp(macvtap->source, macvtap->physical_interface));
    if (same && macvtap->vlan) {
        return check_refuse("macvtap.source", "macvtap.source '%s': a VLAN "
                            "device cannot have the name of "
                            "macvtap.physical_interface", macvtap->source);
    } else if (macvtap->physical_interface && !same && !macvtap->vlan) {
        return check_refuse("macvtap.source", "macvtap.source '%s': must be "
                            "macvtap.physical_interface '%s' without "
                            "macvtap.vlan", macvtap->source,
                            macvtap->physical_interface);
    } else if (!strcmp(macvtap->source, vif_binding_device_name(b, name))) {
        return check_refuse("macvtap.source", "macvtap.source '%s': is the "
                            "name of the port's own device",
                            macvtap->source);
    }
    return NULL;
}

/* libvirt sees to the driver of a PF, and everything else needs the netdev
 * that the usual driver makes. */
static struct vif_error *
check_driver(const struct vif_binding *b)
{
    return (!b->driver || b->vnic_type == VIF_VNIC_DIRECT ? NULL
            : check_refuse("driver", "driver '%s': for a port of vnic_type "
                           "'direct', not '%s'", b->driver,
                           vif_vnic_type_name(b->vnic_type)));
}

struct vif_error *
check_vf(const struct vif_binding *b)
{
    struct vif_error *error = check_vf_is_there(b);

    error = error ? error : check_vlan(b);
    error = error ? error : check_rates(&b->vf);
    error = error ? error : check_names(b);
    error = error ? error : check_macvtap_is_there(b);
    error = error ? error : check_number("macvtap.vlan", b->macvtap.vlan, 0,
                                         VLAN_MAX);
    error = error ? error : check_source(b);
    return error ? error : check_driver(b);
}
