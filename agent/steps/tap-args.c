/* SPDX-License-Identifier: Apache-2.0 */

/* What step "tap" may be told, and what a change of it takes.  Touches no
 * host. */

#include <config.h>

#include "steps/tap-args.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* As vif_binding_check() has them. */
#define MTU_MIN 68
#define MTU_MAX 65535
#define QUEUES_MAX 256          /* MAX_TAP_QUEUES, drivers/net/tun.c. */

/* Whether 's' is a decimal number from 'min' to 'max'. */
static bool
is_number(const char *s, uint64_t min, uint64_t max)
{
    size_t length = strlen(s);

    if (!length || length > 10 || s[strspn(s, "0123456789")]) {
        return false;
    }

    uint64_t value = strtoull(s, NULL, 10);
    return value >= min && value <= max;
}

static const char *
bool_fault(const char *s)
{
    return (!strcmp(s, "true") || !strcmp(s, "false") ? NULL
            : "must be 'true' or 'false'");
}

static const char *
mac_fault(const char *s)
{
    struct vif_mac mac;

    return (!vif_mac_from_string(s, &mac) ? "is no MAC address"
            : vif_mac_is_zero(&mac) ? "must not be zero"
            : vif_mac_is_multicast(&mac) ? "must not be a multicast address"
            : NULL);
}

static const char *
mtu_fault(const char *s)
{
    return is_number(s, MTU_MIN, MTU_MAX) ? NULL : "must be 68 to 65535";
}

static const char *
queues_fault(const char *s)
{
    return is_number(s, 1, QUEUES_MAX) ? NULL : "must be 1 to 256";
}

/* 4294967295 is (uid_t) -1: nobody. */
static const char *
id_fault(const char *s)
{
    return (is_number(s, 0, VIF_NO_ID - 1) ? NULL
            : "must be a number below 4294967295");
}

static const struct argument {
    const char *key;
    const char *(*fault)(const char *value);
} arguments[] = {
    { "gid", id_fault },
    { "mac", mac_fault },
    { "mtu", mtu_fault },
    { "multi_queue", bool_fault },
    { "queues", queues_fault },
    { "replace", bool_fault },
    { "uid", id_fault },
    { "up", bool_fault },
};

static const struct argument *
find_argument(const char *key)
{
    for (size_t i = 0; i < sizeof arguments / sizeof *arguments; i++) {
        if (!strcmp(arguments[i].key, key)) {
            return &arguments[i];
        }
    }
    return NULL;
}

/* Every argument has a default, so that it makes no difference whether some
 * may be missing. */
struct vif_error *
tap_args_check(const struct vif_attrs *args,
               bool partial __attribute__((unused)))
{
    for (size_t i = 0; i < args->n; i++) {
        const char *key = args->attrs[i].key;
        const char *value = args->attrs[i].value;
        const struct argument *argument = find_argument(key);
        const char *fault = (argument ? argument->fault(value)
                             : "a tap has no such argument");

        if (fault) {
            return vif_error_with_where(
                vif_error_create(VIF_ERR_INVALID, "tap: %s '%s': %s", key,
                                 value, fault), key);
        }
    }
    return NULL;
}

static void
read_args(const struct vif_attrs *args, struct tap_args *tap)
{
    const char *mac = vif_attrs_get(args, "mac");

    *tap = (struct tap_args) {
        .multi_queue = vif_attrs_get_bool(args, "multi_queue", false),
        .up = vif_attrs_get_bool(args, "up", true),
        .mtu = vif_attrs_get_uint(args, "mtu", 0),
        .uid = vif_attrs_get_uint(args, "uid", VIF_NO_ID),
        .gid = vif_attrs_get_uint(args, "gid", VIF_NO_ID),
    };
    tap->has_mac = mac && vif_mac_from_string(mac, &tap->mac);
}

struct vif_error *
tap_args_read(const struct vif_attrs *args, struct tap_args *tap)
{
    struct vif_error *error = tap_args_check(args, false);

    if (!error) {
        read_args(args, tap);
    }
    return error;
}

/* The kernel fixes a tap's multi-queue flag when it is made, and lets its
 * owner be changed only by somebody who has it open. */
enum step_change
tap_args_compare(const struct vif_attrs *old_args,
                 const struct vif_attrs *new_args)
{
    struct tap_args old, new;

    read_args(old_args, &old);
    read_args(new_args, &new);
    if (old.multi_queue != new.multi_queue || old.uid != new.uid
        || old.gid != new.gid) {
        return STEP_REPLACE;
    }
    return ((new.mtu && old.mtu != new.mtu) || old.up != new.up
            || (new.has_mac
                && (!old.has_mac
                    || memcmp(&old.mac, &new.mac, sizeof new.mac)))
            ? STEP_ALTER : STEP_KEEP);
}

bool
tap_args_seen(const struct vif_attrs *attrs, const struct rtnl_link *link)
{
    struct tap_args args;
    struct vif_error *error = tap_args_read(attrs, &args);

    if (error) {
        vif_error_destroy(error);
        return false;
    }
    return (link->is_tap && link->up == args.up
            && link->multi_queue == args.multi_queue
            && (!args.mtu || link->mtu == args.mtu)
            && (!args.has_mac
                || (link->has_mac
                    && !memcmp(&link->mac, &args.mac, sizeof link->mac))));
}
