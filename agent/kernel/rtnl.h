/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_RTNL_H
#define KERNEL_RTNL_H 1

/* rtnetlink, as much of it as steps need: look at a link, change it, delete
 * it, make taps; rtnl-upper.h makes what sits on another link.  Mechanism
 * only: no policy, no names of ports or plugins.
 *
 * A 'struct rtnl' is one socket; it belongs to one thread at a time and every
 * call blocks until the kernel has answered.  Errors carry errno and the
 * kernel's extack text. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <vif/binding.h>
#include <vif/error.h>

struct rtnl;

struct vif_error *rtnl_open(struct rtnl **);
void rtnl_close(struct rtnl *);         /* NULL is allowed. */

#define RTNL_NAME_SIZE 16               /* IFNAMSIZ. */
#define RTNL_ALIAS_SIZE 256             /* IFALIASZ. */
#define RTNL_PARENT_SIZE 64

/* What a link is, as RTM_GETLINK tells it.  The tap's own attributes come
 * from IFLA_INFO_DATA (IFLA_TUN_*, Linux 4.18). */
struct rtnl_link {
    int ifindex;
    char name[RTNL_NAME_SIZE];
    char kind[RTNL_NAME_SIZE];          /* "tun" for taps, "macvtap", "vlan";
                                         * "" if none. */
    char alias[RTNL_ALIAS_SIZE];
    struct vif_mac mac;
    bool has_mac;
    uint32_t mtu, group;
    bool up;                            /* IFF_UP: set up by somebody. */
    bool running;                       /* IFF_LOWER_UP. */
    bool carrier;
    int master;                         /* ifindex, or 0. */
    char parent[RTNL_PARENT_SIZE];      /* The device that it is of, "bus/
                                         * address" (Linux 5.14); "" if it is
                                         * not told. */
    int lower;                          /* ifindex of what it sits on, if that
                                         * is in this namespace, or 0. */
    enum vif_macvtap_mode macvtap_mode; /* "macvtap"; _DEFAULT: another. */
    uint16_t vlan_id;                   /* "vlan". */
    bool vlan_is_8021ad;

    bool is_tap;                        /* The rest only for taps. */
    bool multi_queue, persist, vnet_hdr, no_pi;
    uint32_t owner, owner_group;        /* UINT32_MAX: none. */
    uint32_t n_queues;                  /* Opened now, enabled or not. */
};

/* By name or by index.  VIF_ERR_NOT_FOUND if there is none. */
struct vif_error *rtnl_get_by_name(struct rtnl *, const char *name,
                                   struct rtnl_link *);
struct vif_error *rtnl_get(struct rtnl *, int ifindex, struct rtnl_link *);

/* What every socket can tell of a link, and without the kernel's big lock, for
 * which others may queue.  VIF_ERR_NOT_FOUND if there is none. */
struct rtnl_glance {
    int ifindex;
    uint32_t mtu;
    struct vif_mac mac;
    bool up;
};
struct vif_error *rtnl_glance(struct rtnl *, const char *name,
                              struct rtnl_glance *);

/* All links; repeated when the kernel says that the dump was interrupted.
 * The caller frees '*linksp' with free(). */
struct vif_error *rtnl_dump(struct rtnl *, struct rtnl_link **linksp,
                            size_t *np);

/* What to change: one RTM_NEWLINK for all. */
struct rtnl_change {
    bool set_mtu, set_mac, set_up, set_alias, set_group;
    uint32_t mtu, group;
    struct vif_mac mac;
    bool up;
    const char *alias;
};
struct vif_error *rtnl_set(struct rtnl *, int ifindex,
                           const struct rtnl_change *);

struct rtnl_tap {
    const char *name;
    bool multi_queue;
    bool unqueued;                      /* See rtnl_tap_create(). */
    uint32_t owner, group;              /* UINT32_MAX: leave unset. */

    /* Called before it is made persistent; after an error it is not, and has
     * gone.  May be NULL. */
    struct vif_error *(*may_last)(const void *aux);
    const void *aux;
};

/* Makes a tap that did not exist (IFF_TUN_EXCL), applies 'change', checks
 * nothing, and makes it persistent last, so that a crash before leaves
 * nothing.  Flags: IFF_TAP | IFF_NO_PI | IFF_VNET_HDR.  It has no carrier
 * until somebody opens it (before Linux 6.3: it has while it is made).
 *
 * One that is 'unqueued' gets the queueing discipline "noqueue" before it goes
 * up.  Without, the kernel gives a multi-queue tap its default discipline for
 * each of 256 queues, whatever number will be opened: 1.5 ms under RTNL, and
 * 5 MB.  They would queue nothing: a tap's driver takes what it is given and
 * drops what its own ring does not hold.  libvirt does the same to the taps
 * that it makes.  A kernel that has no queueing disciplines to choose from is
 * left with what it has. */
struct vif_error *rtnl_tap_create(struct rtnl *, const struct rtnl_tap *,
                                  const struct rtnl_change *, int *ifindexp);

struct vif_error *rtnl_delete(struct rtnl *, int ifindex);

/* Deletes several links with few requests: moves them into a fresh random
 * group, reads its members again, and deletes the group only if it holds
 * those links and nothing else.  At most 64 at once are put in one request,
 * because RTNL is held meanwhile.  'errors[i]' is each link's result. */
void rtnl_delete_many(struct rtnl *, const int *ifindexes,
                      struct vif_error **errors, size_t n);

/* Notifications (RTNLGRP_LINK), for the main loop: never blocks.  After
 * ENOBUFS, 'lost' is called: everything may have changed. */
struct rtnl_monitor;
struct rtnl_monitor_callbacks {
    void (*changed)(void *aux, const struct rtnl_link *);
    void (*deleted)(void *aux, int ifindex, const char *name);
    void (*lost)(void *aux);
};
struct vif_error *rtnl_monitor_open(const struct rtnl_monitor_callbacks *,
                                    void *aux, struct rtnl_monitor **);
void rtnl_monitor_close(struct rtnl_monitor *); /* NULL is allowed. */
void rtnl_monitor_run(struct rtnl_monitor *);
void rtnl_monitor_wait(struct rtnl_monitor *);

#endif /* kernel/rtnl.h */
