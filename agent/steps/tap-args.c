/* SPDX-License-Identifier: Apache-2.0 */

/* What step "tap" may be told, and what a change of it takes.  Touches no
 * host. */

#include <config.h>

#include "steps/tap-args.h"

#include <string.h>

#include "steps/args.h"

static const char *
qdisc_fault(const char *s)
{
    return !strcmp(s, "noqueue") ? NULL : "must be 'noqueue'";
}

/* Every argument has a default: none is required. */
static const struct step_argument arguments[] = {
    { "gid", false, step_args_id_fault },
    { "mac", false, step_args_mac_fault },
    { "mtu", false, step_args_mtu_fault },
    { "multi_queue", false, step_args_bool_fault },
    { "qdisc", false, qdisc_fault },
    { "queues", false, step_args_queues_fault },
    { "replace", false, step_args_bool_fault },
    { "uid", false, step_args_id_fault },
    { "up", false, step_args_bool_fault },
};

struct vif_error *
tap_args_check(const struct vif_attrs *args, bool partial)
{
    return step_args_check("tap", arguments,
                           sizeof arguments / sizeof *arguments, args,
                           partial);
}

static void
read_args(const struct vif_attrs *args, struct tap_args *tap)
{
    const char *mac = vif_attrs_get(args, "mac");

    *tap = (struct tap_args) {
        .multi_queue = vif_attrs_get_bool(args, "multi_queue", false),
        .up = vif_attrs_get_bool(args, "up", true),
        .unqueued = vif_attrs_get(args, "qdisc") != NULL,
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
