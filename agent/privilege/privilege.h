/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PRIVILEGE_PRIVILEGE_H
#define PRIVILEGE_PRIVILEGE_H 1

/* What needs more than CAP_NET_ADMIN.  vifd itself runs as a user of its own
 * with that capability alone; a second process, the helper, does the rest for
 * it, at the request of the functions below.  doc/privilege.md has the whole
 * picture.
 *
 * Without a helper (vifd stays root, or never was; unit tests) the functions
 * do themselves what is asked, with the rights that there are.  All but
 * privilege_start(), _run(), _wait() and _end() may be called by any thread,
 * at the same time: one that is stuck in the kernel holds up nobody else. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <vif/error.h>

struct sockaddr_un;

#define PRIVILEGE_MAX_SOCKETS 8
#define PRIVILEGE_SOCKET_SIZE 108       /* sun_path's: unix(7). */
#define PRIVILEGE_MAX_REMOVE 4

/* Where things are.  Fixed when the helper is started and never spoken of
 * again.  The strings must outlive privilege_start(). */
struct privilege_host {
    const char *sys, *dev, *proc;       /* "/sys", "/dev", "/proc". */
    char ovsdb[PRIVILEGE_MAX_SOCKETS][PRIVILEGE_SOCKET_SIZE];
    size_t n_ovsdb;                     /* The sockets of OVSDB. */

    /* Files in directories in which the user must not remove any: removed by
     * the helper as its last act, if they are still what they were. */
    const char *remove[PRIVILEGE_MAX_REMOVE];
    size_t n_remove;
    bool detached;                      /* Standard error is not ours. */
};

/* The real one, without any ovsdb. */
struct privilege_host privilege_real_host(void);

/* Forks the helper.  To be called by the only thread there is. */
struct vif_error *privilege_start(const struct privilege_host *)
    VIF_WARN_UNUSED;

/* Whether there is a helper, and its process. */
bool privilege_started(void);
int privilege_pid(void);

/* Returns an error, once, when the helper has ended by itself. */
struct vif_error *privilege_run(void) VIF_WARN_UNUSED;
void privilege_wait(void);

/* Ends the helper and waits for that, but not for one that is stuck. */
void privilege_end(void);

/* Opens /dev/net/tun. */
struct vif_error *privilege_open_tun(int *fdp) VIF_WARN_UNUSED;

/* Connects to 'address' if it is one of host.ovsdb: then '*fdp' is a new
 * socket.  Returns 0 or an errno value; EACCES at once if it is none of them,
 * or if there is no helper.  Waits for the helper for at most half a second,
 * because it is the main loop that connects. */
int privilege_connect_ovsdb(const struct sockaddr_un *address, int *fdp);

/* Writes who has the tap 'name' open: see tap_holders_describe(). */
bool privilege_tap_holders(const char *name, char *buf, size_t size);

/* Network controllers on the PCI bus; others are refused.  Each waits as long
 * as the driver takes.
 *
 * What somebody has open through VFIO is neither unbound nor reset:
 * VIF_ERR_IN_USE, which names him.  Nobody can open it meanwhile. */
struct privilege_pci_address {
    uint32_t domain;
    uint8_t bus, device, function;
};
struct vif_error *privilege_pci_driver_override(
    const struct privilege_pci_address *, const char *driver /* or NULL */)
    VIF_WARN_UNUSED;
struct vif_error *privilege_pci_probe(const struct privilege_pci_address *)
    VIF_WARN_UNUSED;
struct vif_error *privilege_pci_bind(const struct privilege_pci_address *,
                                     const char *driver) VIF_WARN_UNUSED;
struct vif_error *privilege_pci_unbind(const struct privilege_pci_address *)
    VIF_WARN_UNUSED;
struct vif_error *privilege_pci_reset(const struct privilege_pci_address *)
    VIF_WARN_UNUSED;
struct vif_error *privilege_pci_set_numvfs(
    const struct privilege_pci_address *, unsigned int n) VIF_WARN_UNUSED;

/* Whether nobody has it open through VFIO, at this moment.  VIF_ERR_IN_USE if
 * somebody has; NULL also if it is not there. */
struct vif_error *privilege_pci_check_unheld(
    const struct privilege_pci_address *) VIF_WARN_UNUSED;

/* Opens its vital product data for reading, which sysfs leaves to root. */
struct vif_error *privilege_pci_open_vpd(const struct privilege_pci_address *,
                                         int *fdp) VIF_WARN_UNUSED;

/* Owner and mode of a device node; UINT32_MAX leaves a value as it is.  The
 * mode is one for owner and group, such as 0600. */
struct privilege_owner {
    uint32_t uid, gid, mode;
};
/* /dev/tapIFINDEX, a macvtap's. */
struct vif_error *privilege_give_tap_node(unsigned int ifindex,
                                          const struct privilege_owner *)
    VIF_WARN_UNUSED;
/* Takes it from everybody but root, so that its macvtap can be deleted, unless
 * somebody has it open: VIF_ERR_IN_USE, which names him, and it is as it was.
 * NULL also if there is no such macvtap. */
struct vif_error *privilege_close_tap_node(unsigned int ifindex)
    VIF_WARN_UNUSED;
/* Whether nobody has it open, at this moment.  VIF_ERR_IN_USE if somebody has;
 * NULL also if there is no such macvtap. */
struct vif_error *privilege_tap_node_check_unheld(unsigned int ifindex)
    VIF_WARN_UNUSED;
/* /dev/vhost-vdpa-NUMBER. */
struct vif_error *privilege_give_vdpa_node(unsigned int number,
                                           const struct privilege_owner *)
    VIF_WARN_UNUSED;

#endif /* privilege/privilege.h */
