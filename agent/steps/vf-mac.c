/* SPDX-License-Identifier: Apache-2.0 */

/* See vf-mac.h. */

#include <config.h>

#include "steps/vf-mac.h"

#include <errno.h>
#include <string.h>

#include "crash-point.h"
#include "kernel/rtnl-vf.h"
#include "lib/cleanup.h"
#include "privilege/privilege.h"
#include "timeval.h"
#include "util.h"

/* A driver registers its netdev while it is being bound, or soon after. */
#define APPEAR_MS 5000

/* The netdev may be made anew between a look and an act; not for ever. */
#define MAX_ATTEMPTS 4

/* Why there is no netdev here. */
static struct vif_error *
absent(const char *name)
{
    char driver[DEVICE_DRIVER_SIZE];

    if (!device_path_exists(name)) {
        return vif_error_create(VIF_ERR_NOT_FOUND, "%s is gone", name);
    } else if (!device_path_driver(name, driver)) {
        return vif_error_create(VIF_ERR_NOT_FOUND, "%s has no network device: "
                                "no driver is bound to it", name);
    }
    return vif_error_create(VIF_ERR_NOT_FOUND, "%s has no network device "
                            "here: its driver is %s%s", name, driver,
                            strstr(driver, "vfio") ? ""
                            : ", and it may be in another namespace");
}

struct vif_error *
vf_netdev_look(struct vf_netdev *netdev)
{
    long long until = MIN(netdev->deadline, time_msec() + APPEAR_MS);
    struct vif_error *error = NULL;

    for (int i = 0; i < MAX_ATTEMPTS; i++) {
        vif_error_destroy(error);
        error = device_path_await_netdev(netdev->name, until, &netdev->path);
        if (!error && !netdev->path.ifindex) {
            return absent(netdev->name);
        }
        error = error ? error : rtnl_get(netdev->rtnl, netdev->path.ifindex,
                                         &netdev->link);
        if (!error || error->code != VIF_ERR_NOT_FOUND) {
            break;
        }
    }
    return error;
}

static bool
has_mac(const struct vf_netdev *netdev, const struct vif_mac *mac)
{
    return (netdev->link.has_mac
            && !memcmp(&netdev->link.mac, mac, sizeof *mac));
}

/* Whether 'errnum' is how a driver says that the PF does not allow it, or
 * that it cannot be done while the netdev is up.  igbvf: EADDRNOTAVAIL;
 * ixgbevf: EPERM; iavf: EACCES, EAGAIN. */
static bool
is_refusal(int errnum)
{
    static const int refusals[] = {
        EADDRNOTAVAIL, EPERM, EACCES, EAGAIN, EBUSY,
    };

    for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
        if (errnum == refusals[i]) {
            return true;
        }
    }
    return false;
}

/* Sets the address and looks what came of it.  '*refusedp' is why the driver
 * does not want it, or NULL; the caller's. */
static struct vif_error *
try_mac(struct vf_netdev *netdev, const struct vif_mac *mac,
        struct vif_error **refusedp)
{
    const struct rtnl_change change = { .set_mac = true, .mac = *mac };
    struct vif_error *error;

    vif_error_destroy(*refusedp);
    *refusedp = NULL;
    if (!has_mac(netdev, mac)) {
        error = rtnl_set(netdev->rtnl, netdev->path.ifindex, &change);
        if (error && is_refusal(error->errnum)) {
            *refusedp = error;
            return NULL;
        } else if (error) {
            return error;
        }
        netdev->link.mac = *mac;
        netdev->link.has_mac = true;
    }
    return NULL;
}

static struct vif_error *
set_up(const struct vf_netdev *netdev, bool up)
{
    const struct rtnl_change change = { .set_up = true, .up = up };

    return rtnl_set(netdev->rtnl, netdev->path.ifindex, &change);
}

/* Down and up, or up and down, so that its driver resets the VF and hears
 * from the PF what address it has. */
static struct vif_error *
restart(struct vf_netdev *netdev)
{
    bool was_up = netdev->link.up;
    struct vif_error *error = set_up(netdev, !was_up);

    error = error ? error : set_up(netdev, was_up);
    error = vif_error_wrap(error, "take %s down and up", netdev->path.name);
    return error ? error : vf_netdev_look(netdev);
}

static struct vif_error *
refuse_upper(void *netdev_, const char *upper)
{
    const struct vf_netdev *netdev = netdev_;

    return vif_error_create(VIF_ERR_IN_USE, "%s sits on %s", upper,
                            netdev->path.name);
}

struct vif_error *
vf_netdev_check_bare(struct vf_netdev *netdev)
{
    return device_path_each_upper(netdev->name, refuse_upper, netdev);
}

/* Has the driver bound anew. */
static struct vif_error *
rebind(struct vf_netdev *netdev)
{
    struct privilege_pci_address address;

    if (!device_path_pci(netdev->name, &address)) {
        return vif_error_create(VIF_ERR_UNSUPPORTED, "%s is not on PCI",
                                netdev->name);
    }
    struct vif_error *error = vf_netdev_check_bare(netdev);

    error = error ? error : privilege_pci_unbind(&address);
    if (!error) {
        crash_point("vf-netdev", "rebind", "unbound");
        error = privilege_pci_probe(&address);
    }
    error = vif_error_wrap(error, "bind the driver of %s anew",
                           netdev->name);
    return error ? error : vf_netdev_look(netdev);
}

/* Says why it was 'refused', and what else went wrong in trying ('other',
 * which may be NULL). */
static struct vif_error *
explain(const struct vf_netdev *netdev, const struct vif_mac *mac,
        struct vif_error *refused, const struct vif_error *other)
{
    char buf[VIF_MAC_BUFSIZE];

    if (other) {
        refused = vif_error_wrap(refused, "%s", other->message);
    }
    return vif_error_wrap(refused, "give %s the MAC address %s, which its PF "
                          "does not allow it unless it has the same for the "
                          "VF, or trusts it", netdev->path.name,
                          vif_mac_format(mac, buf));
}

/* What is tried in turn before the address is set once more. */
typedef struct vif_error *prepare_function(struct vf_netdev *);

static struct vif_error *
set_mac(struct vf_netdev *netdev, const struct vif_mac *mac,
        prepare_function *const *prepare, size_t n)
{
    CLEANUP_ERROR struct vif_error *refused = NULL;
    CLEANUP_ERROR struct vif_error *other = NULL;
    struct vif_error *error = try_mac(netdev, mac, &refused);

    for (size_t i = 0; i < n && !error && refused; i++) {
        vif_error_destroy(other);
        other = prepare[i](netdev);
        if (!other) {
            error = try_mac(netdev, mac, &refused);
        }
    }
    return (error || !refused ? error
            : explain(netdev, mac, TAKE(refused), other));
}

struct vif_error *
vf_netdev_set_mac(struct vf_netdev *netdev, const struct vif_mac *mac)
{
    static prepare_function *const prepare[] = { restart, rebind };

    return set_mac(netdev, mac, prepare, ARRAY_SIZE(prepare));
}

struct vif_error *
vf_netdev_renew_mac(struct vf_netdev *netdev, const struct vif_mac *mac)
{
    static prepare_function *const prepare[] = { restart };

    return set_mac(netdev, mac, prepare, ARRAY_SIZE(prepare));
}

/* Has the PF tell the VF 'mac'. */
static struct vif_error *
tell_pf(struct vf_netdev *netdev, const struct vif_mac *mac)
{
    const struct rtnl_vf values = { .mac = *mac };
    struct device_path_netdev pf;
    unsigned int number;
    struct vif_error *error = device_path_netdev(netdev->pf, &pf);

    if (error) {
        return error;
    } else if (!pf.ifindex
               || !device_path_vf_number(netdev->pf, netdev->name, &number)) {
        return vif_error_create(VIF_ERR_UNAVAILABLE, "PF %s cannot be asked "
                                "either", netdev->pf);
    }
    return vif_error_wrap(rtnl_set_vf(netdev->rtnl, pf.ifindex, number,
                                      RTNL_VF_SET_MAC, &values),
                          "set the MAC address of VF %u of %s", number,
                          pf.name);
}

struct vif_error *
vf_netdev_restore_mac(struct vf_netdev *netdev, const struct vif_mac *mac)
{
    struct vif_error *error = set_mac(netdev, mac, NULL, 0);

    if (!error || !is_refusal(error->errnum)) {
        return error;
    }
    vif_error_destroy(error);
    error = tell_pf(netdev, mac);
    return error ? error : vf_netdev_renew_mac(netdev, mac);
}
