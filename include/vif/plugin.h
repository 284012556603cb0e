/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VIF_PLUGIN_H
#define VIF_PLUGIN_H 1

/* How a way of plugging joins vifd.
 *
 * A plugin is a shared object in pkglibdir/plugins that exports one symbol,
 * 'vif_plugin_entry'.  It is loaded with RTLD_LOCAL, links against nothing of
 * vifd, and reaches vifd only through the table of host functions that its
 * plan() receives.  plan() is pure: no system call, no memory kept between
 * calls, no side effect.  That is what makes "vifctl plan" free and a plugin
 * testable without a kernel. */

#include <stdbool.h>
#include <stdint.h>

#include <vif/attrs.h>
#include <vif/binding.h>
#include <vif/error.h>
#include <vif/plan.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Raised whenever a struct or a table of this directory changes its layout.
 * A plugin built with another number is refused at load, by name. */
#define VIF_PLUGIN_ABI 2

/* A device that a port may have: a VF or a PF.  Strings are NULL where there
 * is nothing to say; names of netdevs are those of now, for people and for
 * libvirt: no step is told one. */
struct vif_device {
    const char *name;           /* "pci/0000:03:00.2",
                                 * "netdevsim/netdevsim1/3". */
    const char *type;           /* "type-VF", "type-PF", "type-PCI". */
    const char *pci_slot;       /* "0000:03:00.2" */
    const char *pci_vendor_info;    /* "8086:10ca" */
    const char *driver;
    const char *netdev;
    const char *mac;            /* Of 'netdev'. */
    const char *pf;             /* Name of a VF's PF. */
    const char *pf_netdev;
    const char *pf_mac;
    int vf_number;              /* -1 if it is none. */
    int numa_node;              /* -1 if it has none. */
    const char *serial;         /* Of the card. */
    const char *const *capabilities;    /* "switchdev", "tso" ... */
    size_t n_capabilities;

    /* What vifd.yaml's device_spec says of it. */
    const char *physical_network;
    bool trusted, managed;

    /* What a plan that takes it must claim. */
    const char *const *claims;
    size_t n_claims;
};

/* What a plugin may know about the host, and the functions it builds with.
 * All of it is valid only during the call. */
struct vif_host {
    uint32_t size;              /* sizeof(struct vif_host) of vifd. */

    /* Configuration (vifd.yaml). */
    const char *bridge;         /* Default integration bridge. */
    const char *datapath_type;  /* For bridges vifd makes; NULL: the
                                 * default of Open vSwitch. */
    uint32_t mtu;               /* Default, bytes. */
    uint32_t max_queues;        /* 0: no limit but the kernel's. */

    /* The host.  'aux' is passed back as given. */
    void *aux;
    /* OVSDB answers and is known: bridge_exists() can be relied on. */
    bool (*ovsdb_ready)(void *aux);
    /* The bridge exists in OVSDB now; false too while OVSDB is away. */
    bool (*bridge_exists)(void *aux, const char *bridge);
    /* "system", "netdev" ...; NULL if the bridge does not exist so far as is
     * known. */
    const char *(*bridge_datapath_type)(void *aux, const char *bridge);
    /* vifd.yaml allows vifd to create the bridge. */
    bool (*bridge_may_create)(void *aux, const char *bridge);
    /* The port that has claimed 'device', or NULL. */
    const char *(*claimed_by)(void *aux, const char *device);

    /* The device that 'binding' gets: the one that it has, if that still
     * fits, else the best that is free.  All ports of a request are looked at
     * together.  The answer is what the method "fit" says, and valid during
     * the call of plan().  An error, which the caller owns, says which filter
     * left none. */
    struct vif_error *(*device_for)(void *aux, const struct vif_binding *,
                                    const struct vif_device **);

    /* What the host lacks for ports of this vnic type to get devices, however
     * many are taken, as one sentence; NULL if it has some.  Static string.
     * For missing(). */
    const char *(*devices_missing)(void *aux, enum vif_vnic_type);

    /* The functions of the other headers, so that a plugin need not link
     * them.  The same contracts hold. */
    struct vif_plan *(*plan_create)(void);
    void (*plan_destroy)(struct vif_plan *);
    unsigned int (*plan_add_step)(struct vif_plan *, const char *kind,
                                  const char *object);
    struct vif_attrs *(*plan_step_args)(struct vif_plan *, unsigned int);
    void (*plan_step_after)(struct vif_plan *, unsigned int step,
                            unsigned int earlier);
    void (*plan_step_share)(struct vif_plan *, unsigned int step);
    void (*plan_step_ref)(struct vif_plan *, unsigned int step,
                          const char *key, unsigned int earlier,
                          const char *output);
    void (*plan_claim)(struct vif_plan *, const char *device);
    struct vif_attrs *(*plan_details)(struct vif_plan *);
    void (*plan_details_ref)(struct vif_plan *, const char *key,
                             unsigned int step, const char *output);
    void (*plan_warn)(struct vif_plan *, const char *fmt, ...)
        VIF_PRINTF(2, 3);

    void (*attrs_set)(struct vif_attrs *, const char *key, const char *value);
    void (*attrs_setf)(struct vif_attrs *, const char *key, const char *fmt,
                       ...) VIF_PRINTF(3, 4);
    const char *(*attrs_get)(const struct vif_attrs *, const char *key);

    struct vif_error *(*error_create)(enum vif_error_code, const char *fmt,
                                      ...) VIF_PRINTF(2, 3);
    struct vif_error *(*error_with_where)(struct vif_error *, const char *);

    const char *(*binding_device_name)(const struct vif_binding *,
                                       char buf[VIF_DEVICE_NAME_BUFSIZE]);
    struct vif_queues (*binding_queues)(const struct vif_binding *,
                                        uint32_t max_queues);
    const char *(*mac_format)(const struct vif_mac *,
                              char buf[VIF_MAC_BUFSIZE]);
};

struct vif_plugin {
    uint32_t abi;               /* VIF_PLUGIN_ABI. */
    uint32_t size;              /* sizeof(struct vif_plugin). */
    const char *name;           /* "ovs"; what a binding's 'plugin' names. */
    const char *summary;        /* One line for "vifctl capabilities". */
    uint32_t vnic_types;        /* Bit (1u << VIF_VNIC_...) for each it
                                 * plugs when no plugin is named. */

    /* Makes the plan for 'binding', or an error that says in one sentence
     * why it cannot.  'previous' is the plan that the port has now, or NULL:
     * its devices are preferred.  The caller frees '*planp'. */
    struct vif_error *(*plan)(const struct vif_host *,
                              const struct vif_binding *binding,
                              const struct vif_plan *previous,
                              struct vif_plan **planp);

    /* What this way of plugging needs and the host lacks, as one sentence, or
     * NULL if it works here.  For "vifctl capabilities".  Static string.  May
     * be NULL. */
    const char *(*missing)(const struct vif_host *);
};

/* The one symbol: const struct vif_plugin vif_plugin_entry = { ... }; */
#define VIF_PLUGIN_EXPORT __attribute__((visibility("default")))
extern VIF_PLUGIN_EXPORT const struct vif_plugin vif_plugin_entry;

#ifdef __cplusplus
}
#endif

#endif /* vif/plugin.h */
