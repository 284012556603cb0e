/* SPDX-License-Identifier: Apache-2.0 */

/* What sysfs does not tell of a device: which features of its netdev are
 * switched on. */

#include <config.h>

#include "inventory/read-private.h"

#include <string.h>

#include "inventory/read.h"
#include "kernel/ethtool.h"
#include "lib/cleanup.h"
#include "openvswitch/vlog.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(inventory_netlink);

/* What is not answered is unknown; why, is for who looks closely. */
static void
tell(const struct vif_error *error)
{
    static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(6, 10);

    if (error) {
        VLOG_INFO_RL(&rl, "%s", error->message);
    }
}

/* As libvirt counts them (virNetDevGetEthtoolFeatures(), virNetDevGFeatures
 * of src/util/virnetdev.c), which asks in the older way: there, one name
 * stands for any of several (ethtool_get_feature_mask() of net/ethtool/
 * ioctl.c). */
static void
add_feature(void *capabilities_, const char *feature)
{
    static const struct {
        const char *feature;
        enum device_capability capability;
    } table[] = {
        { "rx-checksum", DEVICE_RX },
        { "tx-checksum-ipv4", DEVICE_TX },
        { "tx-checksum-ip-generic", DEVICE_TX },
        { "tx-checksum-ipv6", DEVICE_TX },
        { "tx-checksum-fcoe-crc", DEVICE_TX },
        { "tx-checksum-sctp", DEVICE_TX },
        { "tx-scatter-gather", DEVICE_SG },
        { "tx-scatter-gather-fraglist", DEVICE_SG },
        { "tx-tcp-segmentation", DEVICE_TSO },
        { "tx-tcp-ecn-segmentation", DEVICE_TSO },
        { "tx-tcp-mangleid-segmentation", DEVICE_TSO },
        { "tx-tcp6-segmentation", DEVICE_TSO },
        { "tx-generic-segmentation", DEVICE_GSO },
        { "rx-gro", DEVICE_GRO },
        { "rx-lro", DEVICE_LRO },
        { "rx-vlan-hw-parse", DEVICE_RXVLAN },
        { "tx-vlan-hw-insert", DEVICE_TXVLAN },
        { "rx-ntuple-filter", DEVICE_NTUPLE },
        { "rx-hashing", DEVICE_RXHASH },
        { "tx-udp_tnl-segmentation", DEVICE_TXUDPTNL },
    };
    uint32_t *capabilities = capabilities_;

    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        if (!strcmp(feature, table[i].feature)) {
            *capabilities |= 1u << table[i].capability;
        }
    }
}

static void
read_features(struct genl *ethtool, struct device *device)
{
    uint32_t features = 0;
    bool present;
    CLEANUP_ERROR struct vif_error *error = ethtool_features(
        ethtool, device->netdev.ifindex, device->netdev.name, add_feature,
        &features, &present);

    tell(error);
    if (!present) {
        memset(&device->netdev, 0, sizeof device->netdev);
        device->n_netdevs = 0;
    } else if (!error) {
        device->capabilities |= features;
    }
}

void
read_device_netlink(const struct inventory_source *source,
                    struct device *device)
{
    if (source->ethtool && device->netdev.ifindex) {
        read_features(source->ethtool, device);
    }
}
