/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RPC_ACCESS_H
#define RPC_ACCESS_H 1

/* Who may call which method for which ports and devices: the rules of "access"
 * in vifd.yaml applied to what the kernel says of the peer.  Pure. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <vif/binding.h>

struct config;

/* The other end of a connection, as SO_PEERCRED and SO_PEERGROUPS tell. */
struct rpc_peer {
    uint32_t uid, gid;
    int pid;
    uint32_t *groups;           /* Supplementary ones. */
    size_t n_groups;
};

/* What the rules are applied to. */
struct access {
    const struct config *config;
    uint32_t own_uid;           /* vifd's own user may do everything, and so
                                 * may root. */
    uint32_t socket_gid;        /* Members may do everything if there are no
                                 * rules; UINT32_MAX for none. */
};

/* Root and vifd's own user: no rule is needed for them, and no limit. */
bool access_is_privileged(const struct access *, const struct rpc_peer *);

/* What somebody wants to do something with: a port, or a binding. */
struct access_object {
    const char *physical_network;   /* NULL for none. */
    const char *pci_address;        /* Of the device that it names, or NULL. */
    uint32_t uid, gid;              /* Who is to get its device; VIF_NO_ID for
                                     * nobody in particular. */
    bool any_device;                /* It names none, and gets one that vifd
                                     * chooses. */
    const char *interface;          /* Of the host, on which it shall be, and
                                     * so on whatever network that is; or
                                     * NULL. */
};

/* Of 'binding', whose strings it goes on using.  With 'giving' the device is
 * about to be given to its owner. */
struct access_object access_object_of(const struct vif_binding *binding,
                                      bool giving);

bool access_may(const struct access *, const struct rpc_peer *,
                const char *method, const struct access_object *);

/* What of 'object', which access_may() refused, is to blame: a member of a
 * binding, such as "device_owner". */
const char *access_culprit(const struct access *, const struct rpc_peer *,
                           const char *method, const struct access_object *);

/* Whether it may for some port on 'physical_network', which may be NULL. */
bool access_may_on_network(const struct access *, const struct rpc_peer *,
                           const char *method, const char *physical_network);

/* Whether there is anything for which it may. */
bool access_may_somewhere(const struct access *, const struct rpc_peer *,
                          const char *method);

/* Whether it may for everything. */
bool access_may_everywhere(const struct access *, const struct rpc_peer *,
                           const char *method);

#endif /* rpc/access.h */
