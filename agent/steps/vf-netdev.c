/* SPDX-License-Identifier: Apache-2.0 */

/* Step "vf-netdev": the VF's own network device, for what the host itself
 * puts on it, such as a macvtap.  It is looked for at each operation, because
 * a driver that is bound anew makes another one.
 *
 * Arguments: "pf" (its device name); of "mac", "mtu" and "up" those that are
 * to be set.  Originals: the same, and "driver".  Outputs: "ifindex" and
 * "name" (as it is now), "warning".  A VF without a netdev here, because its
 * driver is vfio-pci or because it is in another namespace, cannot be set;
 * when things are taken back it is left, with a warning.  One without any
 * driver then may be so because of us, who had it bound anew: it gets the one
 * that it had.
 *
 * While a link by which a guest has the netdev sits on it nothing is taken
 * back. */

#include <config.h>

#include "steps/step.h"

#include <inttypes.h>
#include <string.h>

#include "lib/cleanup.h"
#include "openvswitch/dynamic-string.h"
#include "privilege/privilege.h"
#include "steps/args.h"
#include "steps/held.h"
#include "steps/vf-args.h"
#include "steps/vf-mac.h"
#include "util.h"

static const char *
device_fault(const char *s)
{
    return device_path_check(s) ? NULL : "is no device's name";
}

static const struct step_argument arguments[] = {
    { "mac", false, step_args_mac_fault },
    { "mtu", false, step_args_mtu_fault },
    { "pf", true, device_fault },
    { "up", false, step_args_bool_fault },
};

/* What the netdev is to have, or had. */
struct state {
    bool has_mac, has_mtu, has_up;
    struct vif_mac mac;
    uint32_t mtu;
    bool up;
};

static struct vif_error *
vf_netdev_check(const struct vif_attrs *args, bool partial)
{
    return step_args_check("vf-netdev", arguments, ARRAY_SIZE(arguments),
                           args, partial);
}

static enum step_change
vf_netdev_compare(const struct vif_attrs *old, const struct vif_attrs *new)
{
    const char *old_pf = vif_attrs_get(old, "pf");
    const char *new_pf = vif_attrs_get(new, "pf");

    return (!old_pf || !new_pf || strcmp(old_pf, new_pf) ? STEP_REPLACE
            : vif_attrs_equal(old, new) ? STEP_KEEP : STEP_ALTER);
}

static void
read_state(const struct vif_attrs *attrs, struct state *state)
{
    const char *mac = vif_attrs_get(attrs, "mac");

    *state = (struct state) {
        .has_mtu = vif_attrs_get(attrs, "mtu"),
        .mtu = vif_attrs_get_uint(attrs, "mtu", 0),
        .has_up = vif_attrs_get(attrs, "up"),
        .up = vif_attrs_get_bool(attrs, "up", false),
    };
    state->has_mac = mac && vif_mac_from_string(mac, &state->mac);
}

static struct vif_error *
look_until(struct vf_netdev *netdev, const struct step *step,
           const struct step_env *env, long long deadline)
{
    struct vif_error *error = vf_netdev_check(&step->args, false);

    *netdev = (struct vf_netdev) {
        .name = step->object,
        .pf = vif_attrs_get(&step->args, "pf"),
        .rtnl = env->rtnl,
        .deadline = deadline,
    };
    return error ? error : vf_netdev_look(netdev);
}

static struct vif_error *
look(struct vf_netdev *netdev, const struct step *step,
     const struct step_env *env)
{
    return look_until(netdev, step, env, 0);
}

/* For what cannot go on without it. */
static struct vif_error *
look_patiently(struct vf_netdev *netdev, const struct step *step,
               const struct step_env *env)
{
    return look_until(netdev, step, env, step->deadline);
}

static bool
mac_differs(const struct state *state, const struct rtnl_link *link)
{
    return (state->has_mac
            && (!link->has_mac
                || memcmp(&link->mac, &state->mac, sizeof state->mac)));
}

/* What must be set besides the address.  False if nothing. */
static bool
needed_change(const struct state *state, const struct rtnl_link *link,
              struct rtnl_change *change)
{
    *change = (struct rtnl_change) {
        .set_mtu = state->has_mtu && link->mtu != state->mtu,
        .mtu = state->mtu,
        .set_up = state->has_up && link->up != state->up,
        .up = state->up,
    };
    return change->set_mtu || change->set_up;
}

static struct vif_error *
set_rest(struct vf_netdev *netdev, const struct state *state)
{
    struct rtnl_change change;

    return (needed_change(state, &netdev->link, &change)
            ? rtnl_set(netdev->rtnl, netdev->path.ifindex, &change) : NULL);
}

static void
write_output(struct step *step, const struct vf_netdev *netdev)
{
    vif_attrs_set_uint(&step->output, "ifindex", netdev->path.ifindex);
    vif_attrs_set(&step->output, "name", netdev->link.name);
}

static struct vif_error *
vf_netdev_capture(struct step *step, const struct step_env *env)
{
    struct vf_netdev netdev;
    char mac[VIF_MAC_BUFSIZE], driver[DEVICE_DRIVER_SIZE];
    struct vif_error *error = look_patiently(&netdev, step, env);

    error = error ? error : device_check_new(step, env);
    if (error || step->has_previous) {
        return error;
    }
    device_path_driver(step->object, driver);
    vif_attrs_set(&step->original, "driver", driver);
    if (netdev.link.has_mac) {
        vif_attrs_set(&step->original, "mac",
                      vif_mac_format(&netdev.link.mac, mac));
    }
    vif_attrs_set_uint(&step->original, "mtu", netdev.link.mtu);
    vif_attrs_set_bool(&step->original, "up", netdev.link.up);
    return NULL;
}

/* What apply() is to bring about: what is asked for, and the original of what
 * was and is not asked for any more. */
static void
find_wanted(const struct step *step, struct state *wanted)
{
    static const char *const keys[] = { "mac", "mtu", "up" };
    CLEANUP_ATTRS struct vif_attrs attrs = VIF_ATTRS_INIT;

    vif_attrs_clone(&attrs, &step->args);
    for (size_t i = 0; i < ARRAY_SIZE(keys) && step->has_previous; i++) {
        if (!vif_attrs_get(&step->args, keys[i])
            && vif_attrs_get(&step->previous, keys[i])) {
            vif_attrs_set(&attrs, keys[i],
                          vif_attrs_get(&step->original, keys[i]));
        }
    }
    read_state(&attrs, wanted);
}

static struct vif_error *
vf_netdev_apply(struct step *step, const struct step_env *env)
{
    struct vf_netdev netdev;
    struct state wanted;
    struct vif_error *error = look_patiently(&netdev, step, env);

    if (error) {
        return error;
    }
    find_wanted(step, &wanted);
    if (mac_differs(&wanted, &netdev.link)) {
        error = vf_netdev_set_mac(&netdev, &wanted.mac);
    }
    error = error ? error : set_rest(&netdev, &wanted);
    if (!error) {
        write_output(step, &netdev);
    }
    return vif_error_wrap(error, "set up the network device of %s",
                          step->object);
}

static struct vif_error *
vf_netdev_verify(struct step *step, const struct step_env *env)
{
    char is[VIF_MAC_BUFSIZE] = "none", wants[VIF_MAC_BUFSIZE];
    struct vf_netdev netdev;
    struct rtnl_change change;
    struct state wanted;
    struct vif_error *error = look(&netdev, step, env);

    if (error) {
        return error;
    }
    const struct rtnl_link *link = &netdev.link;
    find_wanted(step, &wanted);
    write_output(step, &netdev);
    if (mac_differs(&wanted, link)) {
        if (link->has_mac) {
            vif_mac_format(&link->mac, is);
        }
        return vif_error_create(VIF_ERR_CONFLICT, "%s has MAC address %s "
                                "instead of %s", link->name, is,
                                vif_mac_format(&wanted.mac, wants));
    } else if (!needed_change(&wanted, link, &change)) {
        return NULL;
    } else if (change.set_mtu) {
        return vif_error_create(VIF_ERR_CONFLICT, "%s has MTU %"PRIu32
                                " instead of %"PRIu32, link->name, link->mtu,
                                change.mtu);
    }
    return vif_error_create(VIF_ERR_CONFLICT, "%s is %s", link->name,
                            link->up ? "up, not down" : "down, not up");
}

/* Taking back: what is as vifd made it becomes as it was. */

/* Whether 'now' is what vifd has set, at last or before that. */
#define IS_OURS(MEMBER, NOW)                                                \
    ((applied.has_##MEMBER && !memcmp(&applied.MEMBER, NOW, sizeof *(NOW))) \
     || (previous.has_##MEMBER                                              \
         && !memcmp(&previous.MEMBER, NOW, sizeof *(NOW))))
#define IS_ASKED(MEMBER) (applied.has_##MEMBER || previous.has_##MEMBER)

static void
warn(struct ds *warnings, const char *what, const struct vf_netdev *netdev)
{
    ds_put_format(warnings, "%ssomebody has changed the %s of %s: it was left "
                  "so", warnings->length ? "; " : "", what,
                  netdev->link.name);
}

/* Takes out of 'wanted', the original, what is not to be set. */
static void
find_wanted_back(const struct step *step, const struct vf_netdev *netdev,
                 struct state *wanted, struct ds *warnings)
{
    const struct rtnl_link *link = &netdev->link;
    struct state applied, previous;

    read_state(&step->args, &applied);
    read_state(&step->previous, &previous);
    if (mac_differs(wanted, link) && !IS_OURS(mac, &link->mac)) {
        wanted->has_mac = false;
        if (IS_ASKED(mac)) {
            warn(warnings, "MAC address", netdev);
        }
    }
    if (wanted->has_mtu && link->mtu != wanted->mtu
        && !IS_OURS(mtu, &link->mtu)) {
        wanted->has_mtu = false;
        if (IS_ASKED(mtu)) {
            warn(warnings, "MTU", netdev);
        }
    }
    /* Up or down: it is as vifd set it or as it was. */
    wanted->has_up &= IS_ASKED(up);
}

/* The address last, because a driver may refuse it: that is not worth keeping
 * a VF for, and its driver's next probe makes a new one. */
static struct vif_error *
give_back(struct vf_netdev *netdev, const struct state *wanted,
          struct ds *warnings)
{
    struct vif_error *error = NULL;

    if (mac_differs(wanted, &netdev->link)) {
        error = vf_netdev_restore_mac(netdev, &wanted->mac);
        if (error && error->code != VIF_ERR_NOT_FOUND) {
            char mac[VIF_MAC_BUFSIZE];

            ds_put_format(warnings, "%s%s did not get its MAC address %s "
                          "back: %s", warnings->length ? "; " : "",
                          netdev->link.name,
                          vif_mac_format(&wanted->mac, mac), error->message);
            vif_error_destroy(error);
            error = NULL;
        }
    }
    return error ? error : set_rest(netdev, wanted);
}

static struct vif_error *
take_back(const struct step *step, const struct step_env *env,
          bool patiently, struct ds *warnings)
{
    struct vf_netdev netdev;
    struct state wanted;
    struct vif_error *error = look_until(&netdev, step, env,
                                         patiently ? step->deadline : 0);

    if (!error) {
        read_state(&step->original, &wanted);
        find_wanted_back(step, &netdev, &wanted, warnings);
        error = give_back(&netdev, &wanted, warnings);
    }
    if (error && error->code == VIF_ERR_NOT_FOUND) {
        ds_put_format(warnings, "%s%s, so that it was not set back",
                      warnings->length ? "; " : "", error->message);
        vif_error_destroy(error);
        error = NULL;
    }
    return error;
}

/* Whether the VF has no driver, but had one of the host's, which may have
 * it. */
static bool
lacks_driver(const struct step *step, const char *driver)
{
    char now[DEVICE_DRIVER_SIZE];

    return (driver && driver[0] && !strstr(driver, "vfio")
            && !device_path_driver(step->object, now)
            && device_path_exists(step->object)
            && device_path_has_driver(step->object, driver));
}

/* What was unbound to be bound anew (vf-mac.c) and was not, because vifd was
 * killed or the driver's probe() failed. */
static struct vif_error *
bind_again(const struct step *step, bool *boundp)
{
    const char *driver = vif_attrs_get(&step->original, "driver");
    struct privilege_pci_address address;
    char override[DEVICE_DRIVER_SIZE];

    if (!lacks_driver(step, driver)
        || !device_path_pci(step->object, &address)) {
        return NULL;
    }
    /* It may be on its way out of a guest. */
    struct vif_error *error = device_check_unheld(step->object);
    if (error || (device_path_driver_override(step->object, override)
                  && strcmp(override, driver))) {
        return error;
    }
    error = privilege_pci_bind(&address, driver);
    *boundp = !error;
    if (error && !lacks_driver(step, driver)) {
        vif_error_destroy(error);   /* Somebody was quicker, or it is gone. */
        error = NULL;
    }
    return vif_error_wrap(error, "bind %s to %s", step->object, driver);
}

static struct vif_error *
vf_netdev_revert(struct step *step, const struct step_env *env)
{
    struct ds warnings = DS_EMPTY_INITIALIZER;
    struct vif_error *error = device_check_links(step, env);
    bool bound = false;

    error = error ? error : bind_again(step, &bound);
    error = error ? error : take_back(step, env, bound, &warnings);

    vif_attrs_set(&step->output, "warning",
                  warnings.length ? ds_cstr(&warnings) : NULL);
    ds_destroy(&warnings);
    return vif_error_wrap(error, "set back the network device of %s",
                          step->object);
}

const struct step_class step_vf_netdev_class = {
    .kind = "vf-netdev",
    .version = 1,
    .summary = "a VF's own network device",
    .rank = 16,
    .check = vf_netdev_check,
    .compare = vf_netdev_compare,
    .lane = vf_args_lane,
    .capture = vf_netdev_capture,
    .apply = vf_netdev_apply,
    .verify = vf_netdev_verify,
    .revert = vf_netdev_revert,
    .check_unused = device_check_links,
};
