/* SPDX-License-Identifier: Apache-2.0 */

/* What step "macvtap" may be told, and what a change of it takes.  Touches no
 * host. */

#include <config.h>

#include "steps/macvtap-args.h"

#include <string.h>

#include "steps/args.h"

static const char *
mode_fault(const char *s)
{
    enum vif_macvtap_mode mode;

    return (vif_macvtap_mode_from_name(s, &mode)
            && mode != VIF_MACVTAP_DEFAULT ? NULL
            : "must be 'bridge', 'vepa', 'private' or 'passthru'");
}

static const struct step_argument arguments[] = {
    { "gid", false, step_args_id_fault },
    { "link", false, step_args_netdev_fault },
    { "lower_ifindex", false, step_args_ifindex_fault },
    { "mac", false, step_args_mac_fault },
    { "mode", true, mode_fault },
    { "mtu", false, step_args_mtu_fault },
    { "queues", false, step_args_queues_fault },
    { "replace", false, step_args_bool_fault },
    { "uid", false, step_args_id_fault },
    { "up", false, step_args_bool_fault },
};

struct vif_error *
macvtap_args_check(const struct vif_attrs *args, bool partial)
{
    bool by_name = vif_attrs_get(args, "link");
    bool by_index = vif_attrs_get(args, "lower_ifindex");
    struct vif_error *error = step_args_check(
        "macvtap", arguments, sizeof arguments / sizeof *arguments, args,
        partial);

    if (!error && (by_name ? by_index : !by_index && !partial)) {
        error = vif_error_with_where(
            vif_error_create(VIF_ERR_INVALID, "macvtap: what it sits on is "
                             "told by one of 'link' and 'lower_ifindex', not "
                             "by %s", by_name ? "both" : "none"), "link");
    }
    return error;
}

static void
read_args(const struct vif_attrs *args, struct macvtap_args *macvtap)
{
    const char *mode = vif_attrs_get(args, "mode");
    const char *mac = vif_attrs_get(args, "mac");

    *macvtap = (struct macvtap_args) {
        .lower_ifindex = vif_attrs_get_uint(args, "lower_ifindex", 0),
        .link = vif_attrs_get(args, "link"),
        .up = vif_attrs_get_bool(args, "up", true),
        .mtu = vif_attrs_get_uint(args, "mtu", 0),
        .uid = vif_attrs_get_uint(args, "uid", VIF_NO_ID),
        .gid = vif_attrs_get_uint(args, "gid", VIF_NO_ID),
    };
    if (mode) {
        vif_macvtap_mode_from_name(mode, &macvtap->mode);
    }
    macvtap->has_mac = mac && vif_mac_from_string(mac, &macvtap->mac);
}

struct vif_error *
macvtap_args_read(const struct vif_attrs *args, struct macvtap_args *macvtap)
{
    struct vif_error *error = macvtap_args_check(args, false);

    if (!error) {
        read_args(args, macvtap);
    }
    return error;
}

/* Whether 'new' wants another address than 'old' had. */
static bool
mac_changes(const struct macvtap_args *old, const struct macvtap_args *new)
{
    return (new->has_mac
            && (!old->has_mac
                || memcmp(&old->mac, &new->mac, sizeof new->mac)));
}

/* The kernel fixes what it sits on when it is made.  It would change the mode,
 * but under a guest, and neither into passthru nor out of it. */
enum step_change
macvtap_args_compare(const struct vif_attrs *old_args,
                     const struct vif_attrs *new_args)
{
    struct macvtap_args old, new;

    read_args(old_args, &old);
    read_args(new_args, &new);
    if (old.mode != new.mode || old.lower_ifindex != new.lower_ifindex
        || !old.link != !new.link
        || (old.link && strcmp(old.link, new.link))) {
        return STEP_REPLACE;
    }
    return ((new.mtu && old.mtu != new.mtu) || old.up != new.up
            || old.uid != new.uid || old.gid != new.gid
            || mac_changes(&old, &new)
            ? STEP_ALTER : STEP_KEEP);
}
