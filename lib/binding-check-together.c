/* SPDX-License-Identifier: Apache-2.0 */
/* Members of a binding that contradict one another. */

#include <config.h>

#include "lib/binding-check.h"

#include <string.h>
#include <strings.h>

#include <vif/attrs.h>

#include "lib/binding-profile.h"

/* A device that vifd does not make cannot be given away, nor can what is no
 * tap. */
static struct vif_error *
check_owner(const struct vif_binding *b)
{
    if (b->uid == VIF_NO_ID && b->gid == VIF_NO_ID) {
        return NULL;
    } else if (!b->create_device) {
        return check_refuse("device_owner", "device_owner: the device is not "
                            "made by vifd, because create_device is false");
    } else if (!binding_has_tap(b->vnic_type)) {
        return check_refuse("device_owner", "device_owner: a port of "
                            "vnic_type '%s' has no tap that somebody opens",
                            vif_vnic_type_name(b->vnic_type));
    }
    return NULL;
}

static struct vif_error *
check_device_name(const struct vif_binding *b)
{
    char name[VIF_DEVICE_NAME_BUFSIZE];
    const char *fault;

    if (b->device_name || !binding_has_tap(b->vnic_type)) {
        return NULL;
    }
    fault = check_device_name_fault(vif_binding_device_name(b, name));
    return (fault ? check_refuse("port_id", "port_id '%s': a device cannot "
                                 "be named '%s' after it (%s); give a "
                                 "device_name", b->port_id, name, fault)
            : NULL);
}

/* The profile is what Neutron and Nova say of the same port. */

/* "0000:03:00.1": domain, bus, device, function, as sysfs names them. */
static const char *
pci_slot_fault(const char *s)
{
    static const char form[] = "xxxx:xx:xx.o";
    size_t i;

    for (i = 0; form[i]; i++) {
        bool fits = (form[i] == 'x' ? s[i] && strchr("0123456789abcdefABCDEF",
                                                     s[i]) != NULL
                     : form[i] == 'o' ? s[i] >= '0' && s[i] <= '7'
                     : s[i] == form[i]);
        if (!fits) {
            break;
        }
    }
    return form[i] || s[i] ? "is no PCI address such as 0000:03:00.1" : NULL;
}

/* Whether 'text', a value of the profile, is the string 'name', as devices'
 * networks are compared.  A string that looks like JSON stands in quotes
 * there (agent/binding/binding-value.h). */
static bool
is_name(const char *text, const char *name)
{
    size_t quoted = *text == '"';
    size_t n = strlen(name);

    return (!strncasecmp(text + quoted, name, n)
            && !strcmp(text + quoted + n, quoted ? "\"" : ""));
}

/* A device is looked for on the member's network, which no rule of access
 * overlooks; for other ports the member need not be there. */
static struct vif_error *
check_network(const struct vif_binding *b)
{
    const char *said = vif_attrs_get(&b->profile, "physical_network");
    bool gets_device = (b->vnic_type != VIF_VNIC_NORMAL
                        && !b->macvtap.source);

    if (!said || !strcmp(said, "null")
        || (b->physical_network ? is_name(said, b->physical_network)
            : !gets_device)) {
        return NULL;
    }
    return (b->physical_network
            ? check_refuse("profile.physical_network",
                           "profile.physical_network '%s' contradicts "
                           "physical_network '%s'", said,
                           b->physical_network)
            : check_refuse("profile.physical_network",
                           "profile.physical_network '%s': the port has no "
                           "physical_network, and gets a device of none",
                           said));
}

static struct vif_error *
check_profile(const struct vif_binding *b)
{
    const char *slot = vif_attrs_get(&b->profile, "pci_slot");
    const char *mac_text = vif_attrs_get(&b->profile, "device_mac_address");
    struct vif_mac mac;

    if (slot && pci_slot_fault(slot)) {
        return check_invalid("profile.pci_slot", slot, pci_slot_fault(slot));
    }
    if (mac_text && !vif_mac_from_string(mac_text, &mac)) {
        return check_invalid("profile.device_mac_address", mac_text,
                       "is no MAC address such as fa:16:3e:00:00:01");
    }
    if (mac_text && b->has_mac && memcmp(&mac, &b->mac, sizeof mac)) {
        char buf[VIF_MAC_BUFSIZE];
        return check_refuse("profile.device_mac_address",
                            "profile.device_mac_address '%s' contradicts "
                            "mac_address '%s'", mac_text,
                            vif_mac_format(&b->mac, buf));
    }
    return NULL;
}

static struct vif_error *
check_trusted(const struct vif_binding *b)
{
    const char *text = vif_attrs_get(&b->profile, "trusted");
    enum profile_answer answer = binding_profile_trusted(b);

    if (!binding_has_vf(b) || answer == PROFILE_UNSAID) {
        return NULL;
    } else if (answer == PROFILE_WRONG) {
        return check_refuse("profile.trusted", "profile.trusted '%.64s': "
                            "must be true or false", text);
    } else if (b->vf.has_trust && b->vf.trust != (answer == PROFILE_YES)) {
        return check_refuse("profile.trusted", "profile.trusted '%s' "
                            "contradicts vf.trust '%s'", text,
                            b->vf.trust ? "true" : "false");
    }
    return NULL;
}

struct vif_error *
check_together(const struct vif_binding *b)
{
    struct vif_error *error = check_device_name(b);

    if (!error && !b->create_device && !binding_has_tap(b->vnic_type)) {
        error = check_refuse("create_device", "create_device: false is for "
                             "taps, and a port of vnic_type '%s' has none",
                             vif_vnic_type_name(b->vnic_type));
    }
    error = error ? error : check_owner(b);
    error = error ? error : check_profile(b);
    error = error ? error : check_network(b);
    return error ? error : check_trusted(b);
}

