/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VIF_BINDING_H
#define VIF_BINDING_H 1

/* A port binding: what a compute service asks for, checked, in one form
 * whatever dialect it came in.  Plugins read it; nobody changes it once it is
 * made.  The JSON form has the same names (doc/protocol.md). */

#include <stdbool.h>
#include <stdint.h>

#include <vif/attrs.h>
#include <vif/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Neutron's binding:vnic_type values.  Only those that a plugin accepts can
 * be plugged; the others are refused by name. */
enum vif_vnic_type {
    VIF_VNIC_NORMAL,
    VIF_VNIC_DIRECT,
    VIF_VNIC_DIRECT_PHYSICAL,
    VIF_VNIC_MACVTAP,
    VIF_VNIC_VDPA,
    VIF_VNIC_VIRTIO_FORWARDER,
    VIF_VNIC_REMOTE_MANAGED,
    VIF_N_VNIC_TYPES
};

const char *vif_vnic_type_name(enum vif_vnic_type);
bool vif_vnic_type_from_name(const char *, enum vif_vnic_type *);

struct vif_mac {
    uint8_t octets[6];
};

/* Six pairs of hexadecimal digits with ':' between them.  'buf' takes
 * "fa:16:3e:00:00:01" and its terminator. */
#define VIF_MAC_BUFSIZE 18
bool vif_mac_from_string(const char *, struct vif_mac *);
const char *vif_mac_format(const struct vif_mac *, char buf[VIF_MAC_BUFSIZE]);
bool vif_mac_is_multicast(const struct vif_mac *);
bool vif_mac_is_zero(const struct vif_mac *);

/* What the PF does for a VF; ip-link(8) calls these "ip link set PF vf N
 * ...".  What is not asked for stays as the VF has it, but a VLAN: a port
 * without one gets none. */
enum vif_link_state {
    VIF_LINK_AUTO,          /* As the PF's. */
    VIF_LINK_ENABLE,
    VIF_LINK_DISABLE,
    VIF_N_LINK_STATES
};
const char *vif_link_state_name(enum vif_link_state);   /* "auto" ... */
bool vif_link_state_from_name(const char *, enum vif_link_state *);

struct vif_vf {
    bool has_vlan;
    uint16_t vlan;          /* 0 (none) .. 4094. */
    uint8_t vlan_qos;       /* 0..7 */
    bool vlan_8021ad;       /* The outer tag of 802.1ad, not 802.1Q's. */
    bool has_min_tx_rate, has_max_tx_rate;
    uint32_t min_tx_rate, max_tx_rate;  /* Mbit/s; 0: no limit. */
    bool has_spoofchk, spoofchk;
    bool has_trust, trust;  /* Also the profile's "trusted". */
    bool has_link_state;
    enum vif_link_state link_state;
    bool best_effort;       /* What the driver cannot do is a warning. */
};

enum vif_macvtap_mode {
    VIF_MACVTAP_DEFAULT,    /* Not asked: passthru on a VF, else bridge. */
    VIF_MACVTAP_BRIDGE,
    VIF_MACVTAP_VEPA,
    VIF_MACVTAP_PRIVATE,
    VIF_MACVTAP_PASSTHRU,
    VIF_N_MACVTAP_MODES
};
const char *vif_macvtap_mode_name(enum vif_macvtap_mode);  /* "bridge" ... */
bool vif_macvtap_mode_from_name(const char *, enum vif_macvtap_mode *);

/* Neutron's macvtap agent: a macvtap on 'source', which is a VLAN device on
 * 'physical_interface' if 'vlan' is not 0, and else the interface itself. */
struct vif_macvtap {
    enum vif_macvtap_mode mode;
    char *source;           /* NULL: on the VF that the port gets. */
    char *physical_interface;   /* NULL: 'source' is there already. */
    uint16_t vlan;          /* 0 (none) .. 4094. */
};

#define VIF_MAX_NUMA_NODES 64

#define VIF_PORT_ID_MAX 64      /* Characters of a port id. */
#define VIF_NO_ID UINT32_MAX    /* No owner asked for. */

struct vif_binding {
    char *port_id;          /* Required: 1..64 of [A-Za-z0-9_.:-]; Neutron's
                             * port UUID. */
    char *instance_id;      /* Goes into external_ids:vm-uuid; NULL if none.*/
    char *instance_name;    /* For the log; NULL if unknown. */
    char *project_id;       /* NULL if unknown. */
    char *network_id;       /* NULL if unknown. */

    enum vif_vnic_type vnic_type;
    char *physical_network; /* NULL is a value: "no physical network". */
    char *plugin;           /* NULL: chosen by vnic_type. */

    char *bridge;           /* Open vSwitch bridge; NULL: the configured one.*/
    char *datapath_type;    /* "system", "netdev"; NULL: leave as it is. */
    char *interface_id;     /* external_ids:iface-id; NULL: 'port_id'. */
    struct vif_attrs external_ids; /* Further ones for the Interface. */

    bool has_mac;
    struct vif_mac mac;     /* The guest's MAC address. */
    uint32_t mtu;           /* Bytes; 0: the configured default. */

    char *model;            /* Guest's device model; NULL: "virtio". */
    uint32_t queues;        /* Queue pairs asked for; 0: not asked. */
    uint32_t vcpus;         /* Of the instance; 0: unknown. */

    char *device_name;      /* NULL: made from the port id as Nova does. */
    bool create_device;     /* vifd makes the tap; else libvirt does. */
    uint32_t uid, gid;      /* Who may open the device; VIF_NO_ID: nobody in
                             * particular. */

    struct vif_vf vf;       /* direct and macvtap. */
    struct vif_macvtap macvtap;
    struct vif_attrs port_profile;  /* A switch's: "type" is "802.1Qbh" (with
                             * "profileid") or "802.1Qbg" (with "managerid",
                             * "typeid", "typeidversion", "instanceid").
                             * Empty: none. */
    char *driver;           /* direct: the driver to bind to the VF, such as
                             * "vfio-pci"; NULL: libvirt sees to it. */
    uint64_t numa_nodes;    /* The instance's: bit I is node I; 0: any. */
    char *numa_policy;      /* "required", "preferred", "socket", "legacy";
                             * NULL: "legacy". */

    bool prepare;           /* Put in place but carry no traffic: the target
                             * of a migration, until 'activate'. */
    struct vif_attrs profile;     /* binding:profile as it came, as text. */
    struct vif_attrs hints;       /* Unknown to vifd, given back as it came.*/
};

void vif_binding_init(struct vif_binding *);    /* Defaults. */
void vif_binding_destroy(struct vif_binding *); /* Leaves an empty one. */
void vif_binding_clone(struct vif_binding *to, const struct vif_binding *from);

/* True if a plug with 'a' asks for exactly what one with 'b' does. */
bool vif_binding_equal(const struct vif_binding *a,
                       const struct vif_binding *b);

/* Checks every member by itself and against the others: names (length,
 * characters), MAC (not multicast, not zero), MTU 68..65535, queues 0..256,
 * contradictions.  The error names the member, its value and, in 'where', its
 * JSON name.  Pure. */
struct vif_error *vif_binding_check(const struct vif_binding *)
    VIF_WARN_UNUSED;

/* "tap" and the port id cut to 14 characters, as Nova names it, unless the
 * binding names the device.  'buf' takes IFNAMSIZ bytes. */
#define VIF_DEVICE_NAME_BUFSIZE 16
const char *vif_binding_device_name(const struct vif_binding *,
                                    char buf[VIF_DEVICE_NAME_BUFSIZE]);

/* How many queue pairs a port gets, and what was cut and why. */
struct vif_queues {
    uint32_t requested;     /* As asked; 0 if not asked. */
    uint32_t effective;     /* At least 1. */
    bool multiqueue;        /* The tap carries IFF_MULTI_QUEUE: exactly when
                             * the consumer will open more than one queue. */
    char why[160];          /* Why 'effective' is less; "" if it is not. */
};

/* The one function that decides the number of queue pairs, for the tap's
 * flag, the libvirt XML and everything to come.  Limits: 256 per tap
 * (MAX_TAP_QUEUES of drivers/net/tun.c), 'max_queues' if not 0, the
 * instance's vCPUs if known, and 1 for a model that is not virtio. */
struct vif_queues vif_binding_queues(const struct vif_binding *,
                                     uint32_t max_queues);

#ifdef __cplusplus
}
#endif

#endif /* vif/binding.h */
