/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INVENTORY_KEEPER_H
#define INVENTORY_KEEPER_H 1

/* Keeps an inventory current, for the main loop.  A thread reads, one round
 * at a time: all of it at the start, later what the main loop says has
 * changed.  What is said during a round is for the next one, each device
 * once however often it was said.  Nothing is polled.
 *
 * Devlink is asked after each round (devlink-ask.h), because it may not answer
 * for minutes: what it knew before stands until then, or nothing.
 *
 * What the daemon hears from the kernel leads here: uevents of devices and
 * netdevs (inventory_keeper_uevent()), changes of links that no uevent tells,
 * such as of a MAC address (inventory_keeper_link()), and that some of either
 * were lost (inventory_keeper_all()).  The keeper itself listens to devlink
 * and ethtool, and, because the VFs of netdevsim come and go without a word,
 * to who writes their number.
 *
 * Not told by the kernel, and therefore not noticed until something else of
 * the device changes: that the mode of an eswitch without VFs is another. */

#include "inventory/inventory.h"

struct inventory_keeper;
struct rtnl_link;
struct uevent;

/* Starts the first round.  'root' is SYSFS_ROOT or a test's folder; without
 * 'netlink', what devlink and ethtool know is unknown.  'tell' is called in
 * inventory_keeper_run() for whatever a later round found changed; both
 * inventories that its event points into are valid during the call. */
struct inventory_keeper *inventory_keeper_start(
    const char *root, bool netlink,
    void (*tell)(void *aux, const struct inventory_event *), void *aux);

/* A round under way is left behind; it frees what it has.  NULL is
 * allowed. */
void inventory_keeper_stop(struct inventory_keeper *);

void inventory_keeper_run(struct inventory_keeper *);
void inventory_keeper_wait(struct inventory_keeper *);

/* NULL before the first round is over and, for some seconds at most, devlink
 * has answered.  If that or a later one has failed,
 * '*errorp' tells why, and belongs to the keeper.  'errorp' may be NULL. */
const struct inventory *inventory_keeper_get(const struct inventory_keeper *,
                                             const struct vif_error **errorp);

/* No round is under way and none is due, but perhaps another try later. */
bool inventory_keeper_idle(const struct inventory_keeper *);

/* Reads the device again, with 'vfs' its VFs as well. */
void inventory_keeper_device(struct inventory_keeper *, const char *name,
                             bool vfs);
void inventory_keeper_all(struct inventory_keeper *);
void inventory_keeper_uevent(struct inventory_keeper *,
                             const struct uevent *);
void inventory_keeper_link(struct inventory_keeper *,
                           const struct rtnl_link *);

/* Of the link 'ifindex', something changed that nothing else tells. */
void inventory_keeper_netdev(struct inventory_keeper *, int ifindex);

/* The device that 'devpath' of an event leads through last, such as
 * "/devices/pci0000:00/0000:03:00.0/net/eno1".  False if there is none. */
bool inventory_device_of_path(const char *devpath,
                              char name[DEVICE_NAME_SIZE]);

#endif /* inventory/keeper.h */
