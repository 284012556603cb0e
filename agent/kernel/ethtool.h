/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_ETHTOOL_H
#define KERNEL_ETHTOOL_H 1

/* What a netdev has switched on, by ethtool's netlink family (Linux 5.6,
 * Documentation/networking/ethtool-netlink.rst). */

#include <stdbool.h>

#include <netlink/msg.h>

#include <vif/error.h>

struct genl;

#define ETHTOOL_FAMILY "ethtool"
#define ETHTOOL_GROUP "monitor"

/* Called for each feature that is switched on, with the kernel's name for it,
 * "rx-checksum" (net/ethtool/common.c). */
typedef void ethtool_feature_cb(void *aux, const char *feature);

/* Asks for the netdev that has this number and this name.  '*presentp' is
 * false if there is none in vifd's network namespace, whatever sysfs says
 * meanwhile. */
struct vif_error *ethtool_features(struct genl *, int ifindex,
                                   const char *name,
                                   ethtool_feature_cb *feature, void *aux,
                                   bool *presentp) VIF_WARN_UNUSED;

/* A notification: the netdev whose features have changed.  False if it is
 * about something else. */
bool ethtool_notified(const struct nlmsghdr *, int *ifindexp);

#endif /* kernel/ethtool.h */
