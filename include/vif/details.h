/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VIF_DETAILS_H
#define VIF_DETAILS_H 1

/* The details: what vifd says about a port once it is plugged, and what a
 * compute service needs to start the guest.  A plain struct with the members
 * that doc/protocol.md documents, and beside it the answer as it came, so
 * that a member of a newer daemon is not lost.
 *
 * All strings belong to the struct.  A member that the answer does not have
 * is NULL, 0 or empty: the answer to an unplug has few of them. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <vif/attrs.h>
#include <vif/binding.h>
#include <vif/error.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

/* What one step took. */
struct vif_details_step {
    char *kind;             /* "tap", "ovs-port" ... */
    char *object;           /* The device, bridge or port it was about. */
    char *action;           /* "add", "keep", "alter", "replace", "drop". */
    int64_t own_us;         /* Microseconds in vifd itself ... */
    int64_t host_us;        /* ... and in the kernel, a driver or OVSDB. */
};

struct vif_details {
    char *port_id;
    char *outcome;          /* "done". */
    char *state;            /* "active", "waiting-for-device" ... */
    bool changed;           /* False: everything was in place already. */

    char *vnic_type;        /* "normal". */
    char *plugin;           /* "ovs". */
    char *vif_type;         /* For Neutron and Nova: "ovs". */
    struct vif_attrs vif_details;   /* binding:vif_details: "bridge_name",
                                     * "datapath_type" ...  Booleans are
                                     * "true" and "false", numbers decimal,
                                     * objects and arrays JSON text. */
    struct vif_attrs profile;       /* binding:profile, in the same way:
                                     * "pci_slot", "vf_num" ... */
    struct vif_attrs devices;       /* What the guest gets: "tap" => name,
                                     * "macvtap", "node"; or "device" =>
                                     * "pci/0000:03:10.2", "pci_slot",
                                     * "pf", "netdev". */
    int64_t numa_node;      /* Of the PCI device; -1 if it has none. */

    bool has_mac;
    struct vif_mac mac;
    uint32_t mtu;           /* Bytes; 0 if unknown. */
    struct vif_queues queues;
    int64_t ofport;         /* OpenFlow port number; 0 or less if it has none
                             * (yet). */
    uint32_t ifindex;       /* Of the device; 0 if there is none. */
    char *interface_id;     /* external_ids:iface-id. */

    char **warnings;        /* 'n_warnings' sentences for a human. */
    size_t n_warnings;
    char *libvirt_xml;      /* The <interface> element for the guest. */

    struct vif_details_step *steps;     /* 'n_steps', in the plan's order. */
    size_t n_steps;
    int64_t total_us;       /* From request to answer, microseconds. */

    char *json;             /* The answer itself, as JSON text. */
};

/* Reads 'json', the result of "plug", "unplug", "show", "activate" or "abort"
 * for one port.  Members it does not know are left to 'json'; a known one
 * with a value of another type is an error of code VIF_ERR_INVALID that names
 * it in 'where'.  The caller destroys '*detailsp', which is NULL after an
 * error. */
struct vif_error *vif_details_from_json(const char *json,
                                        struct vif_details **detailsp)
    VIF_WARN_UNUSED;
void vif_details_destroy(struct vif_details *);     /* NULL is allowed. */

/* The name of the device of kind 'kind' ("tap"), or NULL.  Lives as long as
 * 'details'. */
const char *vif_details_device(const struct vif_details *details,
                               const char *kind);

/* Any member by its dotted name in JSON, as text: "state", "mtu",
 * "vif_details.bridge_name", "queues.why"; also members that the struct does
 * not have, such as "hints".  Objects and arrays come as JSON text.  NULL if
 * there is none (or it is null).  The caller frees the result with free(). */
char *vif_details_get(const struct vif_details *, const char *name);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif /* vif/details.h */
