/* SPDX-License-Identifier: Apache-2.0 */
/* A port profile: what libvirt tells the switch, so what libvirt takes
 * (virtualport in its networkcommon.rng). */

#include <config.h>

#include "lib/binding-check.h"

#include <stdlib.h>
#include <string.h>

#include <vif/attrs.h>

#include "lib/alloc.h"
#include "lib/cleanup.h"

#define PROFILE_ID_MAX 39       /* LIBVIRT_IFLA_VF_PORT_PROFILE_MAX - 1. */

/* Why 's' is no number up to 'max', decimal or with 0x, or NULL. */
static const char *
number_fault(const char *s, unsigned long max, const char *fault)
{
    bool hex = s[0] == '0' && s[1] == 'x';
    const char *digits = hex ? s + 2 : s;
    const char *allowed = hex ? "0123456789abcdefABCDEF" : "0123456789";
    size_t length = strlen(digits);

    return (!length || length > 8 || digits[strspn(digits, allowed)]
            || strtoul(digits, NULL, hex ? 16 : 10) > max ? fault : NULL);
}

static const char *
byte_fault(const char *s)
{
    return number_fault(s, 0xff, "must be a number from 0 to 255");
}

static const char *
three_bytes_fault(const char *s)
{
    return number_fault(s, 0xffffff, "must be a number from 0 to 16777215");
}

static const char *
uuid_fault(const char *s)
{
    static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    size_t i = 0;

    while (form[i] && s[i] && (form[i] == '-' ? s[i] == '-'
                               : strchr("0123456789abcdefABCDEF", s[i])
                                 != NULL)) {
        i++;
    }
    return form[i] || s[i] ? "must be a UUID" : NULL;
}

static const char *
profile_id_fault(const char *s)
{
    return (!*s ? "must not be empty"
            : strlen(s) > PROFILE_ID_MAX ? "longer than 39 characters"
            : NULL);
}

static const struct key {
    const char *type, *name;
    bool required;              /* By libvirt; it makes up the rest. */
    const char *(*fault)(const char *);
} keys[] = {
    { "802.1Qbh", "profileid", true, profile_id_fault },
    { "802.1Qbg", "managerid", true, byte_fault },
    { "802.1Qbg", "typeid", true, three_bytes_fault },
    { "802.1Qbg", "typeidversion", true, byte_fault },
    { "802.1Qbg", "instanceid", false, uuid_fault },
};
#define N_KEYS (sizeof keys / sizeof *keys)

static const struct key *
find_key(const char *type, const char *name)
{
    for (size_t i = 0; i < N_KEYS; i++) {
        if (!strcmp(keys[i].type, type) && !strcmp(keys[i].name, name)) {
            return &keys[i];
        }
    }
    return NULL;
}

static struct vif_error *
check_value(const char *type, const struct vif_attr *attr)
{
    char *where CLEANUP_FREE = vif_xasprintf("port_profile.%s", attr->key);
    const struct key *key = find_key(type, attr->key);
    const char *fault = key ? key->fault(attr->value) : NULL;

    return (fault ? check_invalid(where, attr->value, fault)
            : !key ? check_refuse(where, "%s: a port profile of type '%s' "
                                  "has no such key", where, type)
            : NULL);
}

static struct vif_error *
check_keys(const struct vif_attrs *profile, const char *type)
{
    for (size_t i = 0; i < profile->n; i++) {
        const struct vif_attr *attr = &profile->attrs[i];
        struct vif_error *error = (!strcmp(attr->key, "type") ? NULL
                                   : check_value(type, attr));
        if (error) {
            return error;
        }
    }
    for (size_t i = 0; i < N_KEYS; i++) {
        if (keys[i].required && !strcmp(keys[i].type, type)
            && !vif_attrs_get(profile, keys[i].name)) {
            char *where CLEANUP_FREE = vif_xasprintf("port_profile.%s",
                                                     keys[i].name);
            return check_refuse(where, "%s is missing: type '%s' needs it",
                                where, type);
        }
    }
    return NULL;
}

/* libvirt talks to the switch when it hands the VF over or when it makes a
 * macvtap, whatever create_device says; 802.1Qbg it talks for a macvtap
 * alone, on the VF's netdev. */
static struct vif_error *
check_use(const struct vif_binding *b, const char *type)
{
    bool macvtap = b->vnic_type == VIF_VNIC_MACVTAP;

    if (!macvtap && b->vnic_type != VIF_VNIC_DIRECT) {
        return check_refuse("port_profile", "port_profile: a port of "
                            "vnic_type '%s' cannot have one",
                            vif_vnic_type_name(b->vnic_type));
    } else if (b->uid != VIF_NO_ID || b->gid != VIF_NO_ID) {
        return check_refuse("device_owner", "device_owner: with a "
                            "port_profile libvirt makes the macvtap");
    } else if (b->driver && !strcmp(type, "802.1Qbg")) {
        return check_refuse("driver", "driver '%s': port_profile.type '%s' "
                            "needs the netdev of the VF's own driver",
                            b->driver, type);
    }
    return NULL;
}

struct vif_error *
check_port_profile(const struct vif_binding *b)
{
    const char *type = vif_attrs_get(&b->port_profile, "type");

    if (!b->port_profile.n) {
        return NULL;
    } else if (!type) {
        return check_refuse("port_profile.type",
                            "port_profile.type is missing");
    } else if (strcmp(type, "802.1Qbh") && strcmp(type, "802.1Qbg")) {
        return check_invalid("port_profile.type", type,
                             "must be '802.1Qbh' or '802.1Qbg'");
    }

    struct vif_error *error = check_keys(&b->port_profile, type);
    return error ? error : check_use(b, type);
}
