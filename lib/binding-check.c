/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a binding makes sense: each member by itself, then against the
 * others.  Pure: what the host has or allows is not looked at here. */

#include <config.h>

#include <vif/attrs.h>
#include <vif/binding.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/alloc.h"
#include "lib/cleanup.h"
#include "lib/utf8.h"

#define ARRAY_SIZE(ARRAY) (sizeof (ARRAY) / sizeof *(ARRAY))

#define ALNUM "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

#define DEVICE_NAME_MAX (VIF_DEVICE_NAME_BUFSIZE - 1)
#define TEXT_MAX 255            /* Bytes of a name that is only passed on. */
#define SIZE_MAX_ALL 65536      /* Bytes of all maps together. */

/* MTU: RFC 791's minimum, and the largest that any driver takes. */
#define MTU_MIN 68
#define MTU_MAX 65535
#define QUEUES_MAX 256          /* MAX_TAP_QUEUES, drivers/net/tun.c. */

static struct vif_error *
invalid(const char *where, const char *value, const char *why)
{
    return vif_error_with_where(
        vif_error_create(VIF_ERR_INVALID, "%s '%s': %s", where, value, why),
        where);
}

/* Text. */

/* Why 's' cannot be handed to OVSDB, XML and a terminal, or NULL.  'layout'
 * permits the white space that JSON text has. */
static const char *
text_fault(const char *s, size_t max, bool layout)
{
    if (strlen(s) > max) {
        return "too long";
    }
    for (const unsigned char *p = (const unsigned char *) s; *p; ) {
        size_t length = vif_utf8_length(p);

        if (!length) {
            return "not UTF-8";
        }
        if ((*p < 0x20 && !(layout && strchr("\t\n\r", *p))) || *p == 0x7f) {
            return "contains a control character";
        }
        p += length;
    }
    return NULL;
}

static const char *
port_id_fault(const char *s)
{
    return (!*s ? "must not be empty"
            : strlen(s) > VIF_PORT_ID_MAX ? "longer than 64 characters"
            : s[strspn(s, ALNUM "_.:-")]
            ? "may only contain letters, digits, '_', '.', ':' and '-'"
            : NULL);
}

/* As dev_valid_name() of the kernel's net/core/dev.c; '%' besides, because
 * TUNSETIFF takes a name with it as a pattern. */
static const char *
device_name_fault(const char *s)
{
    return (!*s ? "must not be empty"
            : strlen(s) > DEVICE_NAME_MAX ? "longer than 15 characters"
            : !strcmp(s, ".") || !strcmp(s, "..") ? "no name for a device"
            : s[strcspn(s, "/:% \t\n\v\f\r")]
            ? "contains '/', ':', '%' or white space"
            : text_fault(s, DEVICE_NAME_MAX, false));
}

static const char *
datapath_type_fault(const char *s)
{
    return (!strcmp(s, "system") || !strcmp(s, "netdev") ? NULL
            : "must be 'system' or 'netdev'");
}

static const char *
word_fault(const char *s)
{
    return (!*s ? "must not be empty"
            : strlen(s) > 64 ? "longer than 64 characters"
            : s[strspn(s, ALNUM "_.-")]
            ? "may only contain letters, digits, '_', '.' and '-'"
            : NULL);
}

static const char *
name_fault(const char *s)
{
    return !*s ? "must not be empty" : text_fault(s, TEXT_MAX, false);
}

static struct vif_error *
check_strings(const struct vif_binding *b)
{
    const struct {
        const char *where, *value;
        const char *(*fault)(const char *);
    } checks[] = {
        { "port_id", b->port_id, port_id_fault },
        { "instance_id", b->instance_id, name_fault },
        { "instance_name", b->instance_name, name_fault },
        { "project_id", b->project_id, name_fault },
        { "network_id", b->network_id, name_fault },
        { "physical_network", b->physical_network, name_fault },
        { "plugin", b->plugin, word_fault },
        /* A bridge has a device of its name. */
        { "bridge", b->bridge, device_name_fault },
        { "datapath_type", b->datapath_type, datapath_type_fault },
        { "interface_id", b->interface_id, name_fault },
        { "model", b->model, word_fault },
        { "device_name", b->device_name, device_name_fault },
    };

    for (size_t i = 0; i < ARRAY_SIZE(checks); i++) {
        const char *fault = (checks[i].value
                             ? checks[i].fault(checks[i].value) : NULL);
        if (fault) {
            /* Text that must not go to a terminal stays out of the message. */
            bool printable = !text_fault(checks[i].value, TEXT_MAX, false);
            return invalid(checks[i].where,
                           printable ? checks[i].value : "...", fault);
        }
    }
    return NULL;
}

/* Maps. */

struct map_limits {
    const char *where;
    size_t entries, value_max;
    bool layout;                /* Values may be JSON text. */
};

static struct vif_error *
check_map(const struct vif_attrs *map, const struct map_limits *limits)
{
    if (map->n > limits->entries) {
        return vif_error_with_where(
            vif_error_create(VIF_ERR_INVALID, "%s: %zu entries, at most %zu "
                             "are allowed", limits->where, map->n,
                             limits->entries), limits->where);
    }
    for (size_t i = 0; i < map->n; i++) {
        const struct vif_attr *attr = &map->attrs[i];
        const char *fault = name_fault(attr->key);

        if (fault) {
            return vif_error_with_where(
                vif_error_create(VIF_ERR_INVALID, "%s: name of entry %zu: %s",
                                 limits->where, i + 1, fault),
                limits->where);
        }

        fault = text_fault(attr->value, limits->value_max, limits->layout);
        if (fault) {
            char *where CLEANUP_FREE = vif_xasprintf("%s.%s", limits->where,
                                                     attr->key);
            return vif_error_with_where(
                vif_error_create(VIF_ERR_INVALID, "value of %s: %s", where,
                                 fault), where);
        }
    }
    return NULL;
}

static size_t
map_size(const struct vif_attrs *map)
{
    size_t size = 0;

    for (size_t i = 0; i < map->n; i++) {
        size += strlen(map->attrs[i].key) + strlen(map->attrs[i].value);
    }
    return size;
}

/* What is plugged is kept in memory and in the journal, for each port. */
static struct vif_error *
check_size(const struct vif_binding *b)
{
    size_t size = (map_size(&b->external_ids) + map_size(&b->profile)
                   + map_size(&b->hints));

    return (size <= SIZE_MAX_ALL ? NULL
            : vif_error_create(VIF_ERR_INVALID, "external_ids, profile and "
                               "hints have %zu bytes, at most %d are allowed",
                               size, SIZE_MAX_ALL));
}

static struct vif_error *
check_maps(const struct vif_binding *b)
{
    static const struct map_limits external_ids = {
        "external_ids", 64, 4096, false
    };
    static const struct map_limits profile = { "profile", 64, 65536, true };
    static const struct map_limits hints = { "hints", 64, 65536, true };
    struct vif_error *error = check_map(&b->external_ids, &external_ids);

    error = error ? error : check_map(&b->profile, &profile);
    error = error ? error : check_map(&b->hints, &hints);
    return error ? error : check_size(b);
}

/* Numbers and addresses. */

static struct vif_error *
check_number(const char *where, uint32_t value, uint32_t min, uint32_t max)
{
    return (value >= min && value <= max ? NULL
            : vif_error_with_where(
                vif_error_create(VIF_ERR_INVALID, "%s %"PRIu32": must be "
                                 "%"PRIu32" to %"PRIu32, where, value, min,
                                 max), where));
}

static struct vif_error *
check_mac(const struct vif_binding *b)
{
    char buf[VIF_MAC_BUFSIZE];

    if (!b->has_mac) {
        return NULL;
    }
    vif_mac_format(&b->mac, buf);
    return (vif_mac_is_zero(&b->mac)
            ? invalid("mac_address", buf, "an address must not be zero")
            : vif_mac_is_multicast(&b->mac)
            ? invalid("mac_address", buf,
                      "a multicast address cannot be a guest's")
            : NULL);
}

/* Members against one another. */

static bool
has_tap_like_device(enum vif_vnic_type type)
{
    return type == VIF_VNIC_NORMAL || type == VIF_VNIC_MACVTAP;
}

/* A device that vifd does not make cannot be given away, nor can what is no
 * tap. */
static struct vif_error *
check_owner(const struct vif_binding *b)
{
    if (b->uid == VIF_NO_ID && b->gid == VIF_NO_ID) {
        return NULL;
    } else if (!b->create_device) {
        return vif_error_with_where(
            vif_error_create(VIF_ERR_INVALID, "device_owner: the device is "
                             "not made by vifd, because create_device is "
                             "false"), "device_owner");
    } else if (!has_tap_like_device(b->vnic_type)) {
        return vif_error_with_where(
            vif_error_create(VIF_ERR_INVALID, "device_owner: a port of "
                             "vnic_type '%s' has no tap that somebody opens",
                             vif_vnic_type_name(b->vnic_type)),
            "device_owner");
    }
    return NULL;
}

static struct vif_error *
check_device_name(const struct vif_binding *b)
{
    char name[VIF_DEVICE_NAME_BUFSIZE];
    const char *fault;

    if (b->device_name || !has_tap_like_device(b->vnic_type)) {
        return NULL;
    }
    fault = device_name_fault(vif_binding_device_name(b, name));
    return (fault ? vif_error_with_where(
                vif_error_create(VIF_ERR_INVALID, "port_id '%s': a device "
                                 "cannot be named '%s' after it (%s); give a "
                                 "device_name", b->port_id, name, fault),
                "port_id") : NULL);
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

static struct vif_error *
check_profile(const struct vif_binding *b)
{
    const char *slot = vif_attrs_get(&b->profile, "pci_slot");
    const char *network = vif_attrs_get(&b->profile, "physical_network");
    const char *mac_text = vif_attrs_get(&b->profile, "device_mac_address");
    struct vif_mac mac;

    if (slot && pci_slot_fault(slot)) {
        return invalid("profile.pci_slot", slot, pci_slot_fault(slot));
    }
    if (network && b->physical_network && strcmp(network, "null")
        && strcmp(network, b->physical_network)) {
        return vif_error_with_where(
            vif_error_create(VIF_ERR_INVALID, "profile.physical_network '%s' "
                             "contradicts physical_network '%s'", network,
                             b->physical_network),
            "profile.physical_network");
    }
    if (mac_text && !vif_mac_from_string(mac_text, &mac)) {
        return invalid("profile.device_mac_address", mac_text,
                       "is no MAC address such as fa:16:3e:00:00:01");
    }
    if (mac_text && b->has_mac && memcmp(&mac, &b->mac, sizeof mac)) {
        char buf[VIF_MAC_BUFSIZE];
        return vif_error_with_where(
            vif_error_create(VIF_ERR_INVALID, "profile.device_mac_address "
                             "'%s' contradicts mac_address '%s'", mac_text,
                             vif_mac_format(&b->mac, buf)),
            "profile.device_mac_address");
    }
    return NULL;
}

static struct vif_error *
check_together(const struct vif_binding *b)
{
    struct vif_error *error = check_device_name(b);

    if (!error && !b->create_device && !has_tap_like_device(b->vnic_type)) {
        error = vif_error_with_where(
            vif_error_create(VIF_ERR_INVALID, "create_device: false is for "
                             "taps, and a port of vnic_type '%s' has none",
                             vif_vnic_type_name(b->vnic_type)),
            "create_device");
    }
    error = error ? error : check_owner(b);
    return error ? error : check_profile(b);
}

struct vif_error *
vif_binding_check(const struct vif_binding *b)
{
    struct vif_error *error;

    if (!b->port_id) {
        return vif_error_with_where(
            vif_error_create(VIF_ERR_INVALID, "port_id is missing"),
            "port_id");
    }
    if ((unsigned int) b->vnic_type >= VIF_N_VNIC_TYPES) {
        return vif_error_with_where(
            vif_error_create(VIF_ERR_INVALID, "vnic_type %d is unknown",
                             (int) b->vnic_type), "vnic_type");
    }

    error = check_strings(b);
    error = error ? error : check_maps(b);
    error = error ? error : check_mac(b);
    error = error || !b->mtu ? error
            : check_number("mtu", b->mtu, MTU_MIN, MTU_MAX);
    error = error ? error : check_number("queues", b->queues, 0, QUEUES_MAX);
    return error ? error : check_together(b);
}
