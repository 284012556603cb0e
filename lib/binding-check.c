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
#include "lib/binding-check.h"
#include "lib/cleanup.h"
#include "lib/utf8.h"

#define ARRAY_SIZE(ARRAY) (sizeof (ARRAY) / sizeof *(ARRAY))

#define DEVICE_NAME_MAX (VIF_DEVICE_NAME_BUFSIZE - 1)
#define DRIVER_NAME_MAX 55
#define TEXT_MAX 255            /* Bytes of a name that is only passed on. */
#define SIZE_MAX_ALL 65536      /* Bytes of all maps together. */

/* MTU: RFC 791's minimum, and the largest that any driver takes. */
#define MTU_MIN 68
#define MTU_MAX 65535
#define QUEUES_MAX 256          /* MAX_TAP_QUEUES, drivers/net/tun.c. */

struct vif_error *
check_invalid(const char *where, const char *value, const char *why)
{
    return vif_error_with_where(
        vif_error_create(VIF_ERR_INVALID, "%s '%s': %s", where, value, why),
        where);
}

struct vif_error *
check_refuse(const char *where, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    struct vif_error *error = vif_error_create_va(VIF_ERR_INVALID, fmt, args);
    va_end(args);
    return vif_error_with_where(error, where);
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
            : s[strspn(s, CHECK_ALNUM "_.:-")]
            ? "may only contain letters, digits, '_', '.', ':' and '-'"
            : NULL);
}

/* As dev_valid_name() of the kernel's net/core/dev.c; '%' besides, because
 * TUNSETIFF takes a name with it as a pattern. */
const char *
check_device_name_fault(const char *s)
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
            : s[strspn(s, CHECK_ALNUM "_.-")]
            ? "may only contain letters, digits, '_', '.' and '-'"
            : NULL);
}

/* As the kernel's modules: MODULE_NAME_LEN. */
static const char *
driver_fault(const char *s)
{
    return (!*s ? "must not be empty"
            : strlen(s) > DRIVER_NAME_MAX ? "longer than 55 characters"
            : s[strspn(s, CHECK_ALNUM "_-")]
            ? "may only contain letters, digits, '_' and '-'"
            : NULL);
}

static const char *
numa_policy_fault(const char *s)
{
    static const char *const policies[] = {
        "legacy", "required", "preferred", "socket",
    };

    for (size_t i = 0; i < ARRAY_SIZE(policies); i++) {
        if (!strcmp(s, policies[i])) {
            return NULL;
        }
    }
    return "must be 'legacy', 'required', 'preferred' or 'socket'";
}

static const char *
name_fault(const char *s)
{
    return (!*s ? "must not be empty"
            : strlen(s) > TEXT_MAX ? "longer than 255 bytes"
            : text_fault(s, TEXT_MAX, false));
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
        { "bridge", b->bridge, check_device_name_fault },
        { "datapath_type", b->datapath_type, datapath_type_fault },
        { "interface_id", b->interface_id, name_fault },
        { "model", b->model, word_fault },
        { "device_name", b->device_name, check_device_name_fault },
        { "macvtap.source", b->macvtap.source, check_device_name_fault },
        { "macvtap.physical_interface", b->macvtap.physical_interface,
          check_device_name_fault },
        { "driver", b->driver, driver_fault },
        { "numa.policy", b->numa_policy, numa_policy_fault },
    };

    for (size_t i = 0; i < ARRAY_SIZE(checks); i++) {
        const char *fault = (checks[i].value
                             ? checks[i].fault(checks[i].value) : NULL);
        if (fault) {
            /* Text that must not go to a terminal stays out of the message. */
            bool printable = !text_fault(checks[i].value, TEXT_MAX, false);
            return check_invalid(checks[i].where,
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
        return check_refuse(limits->where, "%s: %zu entries, at most %zu are "
                            "allowed", limits->where, map->n,
                            limits->entries);
    }
    for (size_t i = 0; i < map->n; i++) {
        const struct vif_attr *attr = &map->attrs[i];
        const char *fault = name_fault(attr->key);

        if (fault) {
            return check_refuse(limits->where, "%s: name of entry %zu: %s",
                                limits->where, i + 1, fault);
        }

        fault = text_fault(attr->value, limits->value_max, limits->layout);
        if (fault) {
            char *where CLEANUP_FREE = vif_xasprintf("%s.%s", limits->where,
                                                     attr->key);
            return (strlen(attr->value) > limits->value_max
                    ? check_refuse(where, "value of %s: longer than %zu "
                                   "bytes", where, limits->value_max)
                    : check_refuse(where, "value of %s: %s", where, fault));
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
    static const struct map_limits port_profile = {
        "port_profile", 8, TEXT_MAX, false
    };
    struct vif_error *error = check_map(&b->external_ids, &external_ids);

    error = error ? error : check_map(&b->port_profile, &port_profile);
    error = error ? error : check_map(&b->profile, &profile);
    error = error ? error : check_map(&b->hints, &hints);
    return error ? error : check_size(b);
}

/* Numbers and addresses. */

struct vif_error *
check_number(const char *where, uint32_t value, uint32_t min, uint32_t max)
{
    return (value >= min && value <= max ? NULL
            : check_refuse(where, "%s %"PRIu32": must be %"PRIu32" to "
                           "%"PRIu32, where, value, min, max));
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
            ? check_invalid("mac_address", buf, "an address must not be zero")
            : vif_mac_is_multicast(&b->mac)
            ? check_invalid("mac_address", buf,
                      "a multicast address cannot be a guest's")
            : NULL);
}

struct vif_error *
vif_binding_check(const struct vif_binding *b)
{
    struct vif_error *error;

    if (!b->port_id) {
        return check_refuse("port_id", "port_id is missing");
    }
    if ((unsigned int) b->vnic_type >= VIF_N_VNIC_TYPES) {
        return check_refuse("vnic_type", "vnic_type %d is unknown",
                            (int) b->vnic_type);
    }

    error = check_strings(b);
    error = error ? error : check_maps(b);
    error = error ? error : check_mac(b);
    error = error || !b->mtu ? error
            : check_number("mtu", b->mtu, MTU_MIN, MTU_MAX);
    error = error ? error : check_number("queues", b->queues, 0, QUEUES_MAX);
    error = error ? error : check_vf(b);
    error = error ? error : check_port_profile(b);
    return error ? error : check_together(b);
}
