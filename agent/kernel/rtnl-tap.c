/* SPDX-License-Identifier: Apache-2.0 */

/* Making taps.  /dev/net/tun makes the device and fixes what netlink cannot
 * (multi-queue, owner, persistence); the rest is one netlink request.  The
 * device lives by our descriptor until it is complete: whatever fails, or
 * kills us, before TUNSETPERSIST takes it away. */

#include <config.h>

#include "kernel/rtnl-private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>

#include <linux/if.h>
#include <linux/if_tun.h>
#include <linux/sockios.h>

#include "crash-point.h"
#include "privilege/privilege.h"

#define TUN_DEVICE "/dev/net/tun"

/* Without it the new tap has carrier while we hold it, loses it when we let
 * go, and everybody is told of both.  Linux 6.3; before, it is ignored. */
#ifndef IFF_NO_CARRIER
#define IFF_NO_CARRIER 0x0040
#endif

static struct vif_error *
open_tun(int *fdp)
{
    *fdp = open(TUN_DEVICE, O_RDWR | O_CLOEXEC);
    if (*fdp >= 0) {
        return NULL;
    } else if (errno == EACCES) {
        /* Everybody may open it where udev has its way, otherwise root. */
        return privilege_open_tun(fdp);
    }

    /* ENOENT: no node.  ENODEV, ENXIO: a node, but no driver. */
    int errnum = errno;
    if (errnum != ENOENT && errnum != ENODEV && errnum != ENXIO) {
        return vif_error_from_errno(errnum, "open " TUN_DEVICE);
    }

    struct vif_error *error
        = vif_error_from_errno(errnum, "the kernel has no tun module, or "
                               "this host has no " TUN_DEVICE);
    error->code = VIF_ERR_UNSUPPORTED;
    return error;
}

/* Why TUNSETIFF said EINVAL: all it is asked for has been there since Linux
 * 3.8 but may be missing from an unusual kernel. */
static struct vif_error *
missing_feature(int fd, const struct rtnl_tap *tap)
{
    static const struct {
        unsigned int flag;
        const char *name;
    } features[] = {
        { IFF_TAP, "taps" },
        { IFF_VNET_HDR, "IFF_VNET_HDR" },
        { IFF_MULTI_QUEUE, "multi-queue taps (IFF_MULTI_QUEUE)" },
    };
    unsigned int has;

    if (ioctl(fd, TUNGETFEATURES, &has)) {
        return NULL;
    }
    for (size_t i = 0; i < sizeof features / sizeof *features; i++) {
        if (!(has & features[i].flag)
            && (features[i].flag != IFF_MULTI_QUEUE || tap->multi_queue)) {
            return vif_error_create(VIF_ERR_UNSUPPORTED,
                                    "the kernel's tun module has no %s",
                                    features[i].name);
        }
    }
    return NULL;
}

static struct vif_error *
make_tap(int fd, const struct rtnl_tap *tap)
{
    struct ifreq ifr = { .ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR
                                      | IFF_TUN_EXCL | IFF_NO_CARRIER };

    if (tap->multi_queue) {
        ifr.ifr_flags |= IFF_MULTI_QUEUE;
    }
    memcpy(ifr.ifr_name, tap->name, strlen(tap->name) + 1);
    if (!ioctl(fd, TUNSETIFF, &ifr)) {
        return NULL;
    }

    /* IFF_TUN_EXCL: EBUSY if the name is taken, by whatever kind of link. */
    int errnum = errno;
    struct vif_error *error
        = errnum == EINVAL ? missing_feature(fd, tap) : NULL;
    if (!error) {
        error = vif_error_from_errno(errnum, "TUNSETIFF");
        if (errnum == EBUSY) {
            error->code = VIF_ERR_CONFLICT;
            error->retry = false;
        }
    }
    return error;
}

static struct vif_error *
set_owner(int fd, const struct rtnl_tap *tap)
{
    if (tap->owner != UINT32_MAX
        && ioctl(fd, TUNSETOWNER, (unsigned long) tap->owner)) {
        return vif_error_from_errno(errno, "TUNSETOWNER");
    }
    if (tap->group != UINT32_MAX
        && ioctl(fd, TUNSETGROUP, (unsigned long) tap->group)) {
        return vif_error_from_errno(errno, "TUNSETGROUP");
    }
    return NULL;
}

static struct vif_error *
ask(const struct rtnl *rtnl, unsigned long request, const char *what,
    const char *name, struct ifreq *ifr)
{
    memset(ifr, 0, sizeof *ifr);
    memcpy(ifr->ifr_name, name, strlen(name) + 1);
    if (!ioctl(rtnl->fd, request, ifr)) {
        return NULL;
    }

    int errnum = errno;
    struct vif_error *error = vif_error_from_errno(errnum, "%s", what);
    if (errnum == ENODEV) {
        error->code = VIF_ERR_NOT_FOUND;
    }
    return error;
}

static struct vif_error *
look_up_index(const struct rtnl *rtnl, const char *name, int *ifindexp)
{
    struct ifreq ifr;
    struct vif_error *error = ask(rtnl, SIOCGIFINDEX, "SIOCGIFINDEX", name,
                                  &ifr);

    *ifindexp = error ? 0 : ifr.ifr_ifindex;
    return error;
}

struct vif_error *
rtnl_glance(struct rtnl *rtnl, const char *name, struct rtnl_glance *glance)
{
    struct ifreq ifr;
    struct vif_error *error = look_up_index(rtnl, name, &glance->ifindex);

    error = error ? error : ask(rtnl, SIOCGIFFLAGS, "SIOCGIFFLAGS", name,
                                &ifr);
    if (!error) {
        glance->up = ifr.ifr_flags & IFF_UP;
        error = ask(rtnl, SIOCGIFMTU, "SIOCGIFMTU", name, &ifr);
    }
    if (!error) {
        glance->mtu = ifr.ifr_mtu;
        error = ask(rtnl, SIOCGIFHWADDR, "SIOCGIFHWADDR", name, &ifr);
    }
    if (!error) {
        memcpy(glance->mac.octets, ifr.ifr_hwaddr.sa_data,
               sizeof glance->mac.octets);
    }
    return error;
}

static struct vif_error *
create(struct rtnl *rtnl, const struct rtnl_tap *tap,
       const struct rtnl_change *change, int *ifindexp)
{
    int fd CLEANUP_CLOSE = -1;
    struct vif_error *error = open_tun(&fd);

    error = error ? error : make_tap(fd, tap);
    error = error ? error : set_owner(fd, tap);
    error = error ? error : look_up_index(rtnl, tap->name, ifindexp);
    if (!error && tap->unqueued) {
        error = rtnl_set_noqueue(rtnl, *ifindexp);
    }
    error = error ? error : rtnl_set(rtnl, *ifindexp, change);
    if (!error && tap->may_last) {
        error = tap->may_last(tap->aux);
    }
    if (error) {
        return error;
    }

    crash_point("tap", "create", "before-persist");
    if (ioctl(fd, TUNSETPERSIST, 1UL)) {
        return vif_error_from_errno(errno, "TUNSETPERSIST");
    }
    crash_point("tap", "create", "persistent");
    return NULL;
}

struct vif_error *
rtnl_tap_create(struct rtnl *rtnl, const struct rtnl_tap *tap,
                const struct rtnl_change *change, int *ifindexp)
{
    size_t length = strlen(tap->name);

    /* The kernel would choose a name for "" and for a pattern such as
     * "tap%d". */
    if (!length || length >= RTNL_NAME_SIZE || strchr(tap->name, '%')) {
        return vif_error_create(VIF_ERR_INVALID, "'%s' cannot be the name of "
                                "a tap: it must have 1 to %d characters and "
                                "no '%%'", tap->name, RTNL_NAME_SIZE - 1);
    }
    *ifindexp = 0;
    return vif_error_wrap(create(rtnl, tap, change, ifindexp),
                          "create tap %s", tap->name);
}
