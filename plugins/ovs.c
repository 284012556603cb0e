/* SPDX-License-Identifier: Apache-2.0 */
/* The plugin "ovs": a tap on an Open vSwitch bridge, for vnic_type normal.
 *
 * The plan is a bridge (shared by its ports), the tap unless the consumer
 * makes it, and the port, which comes after both.  What the port carries in
 * Interface.external_ids is what os-vif writes there, key for key, because
 * Neutron's agents and ovn-controller look for it.
 *
 * Like every plugin this is pure, and knows nothing of vifd but the table of
 * host functions. */

#include <vif/plugin.h>

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "plugins/plan-words.h"

#define ARRAY_SIZE(ARRAY) (sizeof (ARRAY) / sizeof *(ARRAY))

#define EXTERNAL_IDS "external_ids:"

/* What one call of plan() works with. */
struct context {
    const struct vif_host *host;
    const struct vif_binding *binding;
    struct vif_plan *plan;

    char device[VIF_DEVICE_NAME_BUFSIZE];
    char mac[VIF_MAC_BUFSIZE];          /* "" if none was given. */
    const char *bridge;
    const char *interface_id;
    uint32_t mtu;
    struct vif_queues queues;
};

static const char *
mac_or_null(const struct context *c)
{
    return c->mac[0] ? c->mac : NULL;
}

/* Refusals. */

static struct vif_error *
check_vnic_type(const struct vif_host *host, const struct vif_binding *b)
{
    if (b->vnic_type == VIF_VNIC_NORMAL) {
        return NULL;
    }
    return refuse(host, VIF_ERR_UNSUPPORTED, "vnic_type",
                  "it plugs vnic_type 'normal' and no other");
}

/* The four keys are vifd's to write: a binding that brings its own would make
 * the switch's controller see another port than the one that is plugged. */
static struct vif_error *
check_external_ids(const struct vif_host *host, const struct vif_binding *b)
{
    static const struct {
        const char *key, *where, *instead;
    } reserved[] = {
        { "iface-id", "external_ids.iface-id", "interface_id" },
        { "iface-status", "external_ids.iface-status", NULL },
        { "attached-mac", "external_ids.attached-mac", "mac_address" },
        { "vm-uuid", "external_ids.vm-uuid", "instance_id" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(reserved); i++) {
        if (host->attrs_get(&b->external_ids, reserved[i].key)) {
            const char *instead = reserved[i].instead;

            return refuse(host, VIF_ERR_REFUSED, reserved[i].where,
                          "external_ids may not set '%s', which vifd "
                          "writes%s%s", reserved[i].key,
                          instead ? " from " : " itself",
                          instead ? instead : "");
        }
    }
    return NULL;
}

/* A bridge keeps its datapath type: to change it would take down every port
 * that is on it, which is why a plug that wants another one is refused. */
static struct vif_error *
check_datapath_type(const struct context *c)
{
    const struct vif_host *host = c->host;
    const char *wanted = c->binding->datapath_type;
    const char *is = host->bridge_datapath_type(host->aux, c->bridge);

    if (!wanted || !is || !strcmp(wanted, is)) {
        return NULL;
    }
    return refuse(host, VIF_ERR_REFUSED, "datapath_type",
                  "bridge '%s' has datapath type '%s', not '%s'", c->bridge,
                  is, wanted);
}

/* Refuses a bridge that is known to be missing and may not be made.  While
 * OVSDB is away nothing is known: then the step finds out. */
static struct vif_error *
check_bridge(const struct context *c)
{
    const struct vif_host *host = c->host;

    if (!c->bridge) {
        return refuse(host, VIF_ERR_INVALID, "bridge",
                      "no bridge was given and vifd.yaml names none");
    }
    if (host->ovsdb_ready(host->aux)
        && !host->bridge_exists(host->aux, c->bridge)
        && !host->bridge_may_create(host->aux, c->bridge)) {
        return refuse(host, VIF_ERR_NOT_FOUND, "bridge",
                      "bridge '%s' does not exist, and create_bridges in "
                      "vifd.yaml does not let vifd make it", c->bridge);
    }
    return check_datapath_type(c);
}

/* Steps. */

/* The arguments depend on binding and configuration alone, never on whether
 * the bridge is there: a plug that is repeated must not differ.  The type is
 * for a bridge that is made. */
static unsigned int
plan_bridge(const struct context *c)
{
    const struct vif_host *host = c->host;
    bool may_create = host->bridge_may_create(host->aux, c->bridge);
    unsigned int step = host->plan_add_step(c->plan, "ovs-bridge", c->bridge);
    struct vif_attrs *args = host->plan_step_args(c->plan, step);

    host->plan_step_share(c->plan, step);
    host->attrs_set(args, "create", bool_text(may_create));
    /* The default bridge is the host's, even if vifd was what made it. */
    host->attrs_set(args, "keep", bool_text(host->bridge
                                            && !strcmp(c->bridge,
                                                       host->bridge)));
    set_optional(host, args, "datapath_type",
                 c->binding->datapath_type ? c->binding->datapath_type
                 : may_create ? host->datapath_type : NULL);
    return step;
}

/* With 'prepare' the tap stays down: nothing flows before 'activate', which
 * plans again without it and thereby alters just this. */
static unsigned int
plan_tap(const struct context *c)
{
    const struct vif_host *host = c->host;
    const struct vif_binding *b = c->binding;
    unsigned int step = host->plan_add_step(c->plan, "tap", c->device);
    struct vif_attrs *args = host->plan_step_args(c->plan, step);

    host->attrs_set(args, "multi_queue", bool_text(c->queues.multiqueue));
    host->attrs_setf(args, "queues", "%"PRIu32, c->queues.effective);
    host->attrs_set(args, "qdisc", "noqueue");
    set_optional(host, args, "mac", mac_or_null(c));
    host->attrs_setf(args, "mtu", "%"PRIu32, c->mtu);
    host->attrs_set(args, "up", bool_text(!b->prepare));
    if (b->uid != VIF_NO_ID) {
        host->attrs_setf(args, "uid", "%"PRIu32, b->uid);
    }
    if (b->gid != VIF_NO_ID) {
        host->attrs_setf(args, "gid", "%"PRIu32, b->gid);
    }
    return step;
}

static void
set_external_ids(const struct context *c, struct vif_attrs *args)
{
    const struct vif_host *host = c->host;

    host->attrs_set(args, EXTERNAL_IDS "iface-id", c->interface_id);
    host->attrs_set(args, EXTERNAL_IDS "iface-status", "active");
    set_optional(host, args, EXTERNAL_IDS "attached-mac", mac_or_null(c));
    set_optional(host, args, EXTERNAL_IDS "vm-uuid",
                 c->binding->instance_id);
    set_all(host, args, EXTERNAL_IDS, &c->binding->external_ids);
}

static unsigned int
plan_port(const struct context *c)
{
    const struct vif_host *host = c->host;
    unsigned int step = host->plan_add_step(c->plan, "ovs-port", c->device);
    struct vif_attrs *args = host->plan_step_args(c->plan, step);

    host->attrs_set(args, "bridge", c->bridge);
    /* The switch takes any netdev as a port of type system.  Its MTU is the
     * device's own: with mtu_request the switch would change that. */
    host->attrs_set(args, "type", "");
    host->attrs_set(args, "mtu_request", "");
    /* Or the switch would give the device the kernel's default discipline
     * instead of what vifd or libvirt has chosen. */
    host->attrs_set(args, "qos", "linux-noop");
    host->attrs_set(args, "device",
                    c->binding->create_device ? "required" : "later");
    set_external_ids(c, args);
    return step;
}

/* Two ports may share neither a device nor a name nor, because controllers
 * find a port by it, an interface id; nor, on one network, an address. */
static void
plan_claims(const struct context *c)
{
    const struct vif_host *host = c->host;
    char claim[JOIN_SIZE];

    host->plan_claim(c->plan, join(claim, "netdev:", c->device));
    host->plan_claim(c->plan, join(claim, "ovs-port:", c->device));
    host->plan_claim(c->plan, join(claim, "iface-id:", c->interface_id));
    claim_mac(host, c->plan, c->binding, "bridge", c->bridge);
}

/* The answer. */

static void
describe(const struct context *c)
{
    const struct vif_host *host = c->host;
    const struct vif_binding *b = c->binding;
    struct vif_attrs *details = host->plan_details(c->plan);

    host->attrs_set(details, "vif_type", "ovs");
    host->attrs_set(details, "vif_details.bridge_name", c->bridge);
    /* vifd filters nothing: security groups are the controller's. */
    host->attrs_set(details, "vif_details.port_filter", "false");
    host->attrs_set(details, "vif_details.connectivity", "l2");
    host->attrs_set(details, "vif_details.ovs_create_tap",
                    bool_text(b->create_device));
    host->attrs_set(details, "vif_details.ovs_hybrid_plug", "false");
    set_optional(host, details, "vif_details.datapath_type",
                 b->datapath_type);

    host->attrs_set(details, "devices.tap", c->device);
    host->attrs_set(details, "interface_id", c->interface_id);
    set_optional(host, details, "mac_address", mac_or_null(c));
    host->attrs_setf(details, "mtu", "%"PRIu32, c->mtu);

    host->attrs_setf(details, "queues.requested", "%"PRIu32,
                     c->queues.requested);
    host->attrs_setf(details, "queues.effective", "%"PRIu32,
                     c->queues.effective);
    host->attrs_set(details, "queues.multiqueue",
                    bool_text(c->queues.multiqueue));
    set_optional(host, details, "queues.why",
                 c->queues.why[0] ? c->queues.why : NULL);

    set_all(host, details, "profile.", &b->profile);
}

static void
warn(const struct context *c)
{
    const struct vif_host *host = c->host;

    if (c->queues.why[0]) {
        host->plan_warn(c->plan, "%s", c->queues.why);
    }
    if (!c->binding->has_mac) {
        host->plan_warn(c->plan, "no mac_address was given: the port carries "
                        "no attached-mac, without which Neutron's Open "
                        "vSwitch agent ignores it");
    }
}

static void
init_context(struct context *c, const struct vif_host *host,
             const struct vif_binding *b)
{
    *c = (struct context) {
        .host = host,
        .binding = b,
        .bridge = b->bridge ? b->bridge : host->bridge,
        .interface_id = b->interface_id ? b->interface_id : b->port_id,
        .mtu = b->mtu ? b->mtu : host->mtu,
        .queues = host->binding_queues(b, host->max_queues),
    };
    host->binding_device_name(b, c->device);
    if (b->has_mac) {
        host->mac_format(&b->mac, c->mac);
    }
}

static struct vif_error *
ovs_plan(const struct vif_host *host, const struct vif_binding *binding,
         const struct vif_plan *previous, struct vif_plan **planp)
{
    struct vif_error *error = check_vnic_type(host, binding);
    struct context c;

    (void) previous;            /* The name of a tap follows from the port. */
    error = error ? error : check_external_ids(host, binding);
    if (!error) {
        init_context(&c, host, binding);
        error = check_bridge(&c);
    }
    if (error) {
        return error;
    }

    c.plan = host->plan_create();
    unsigned int bridge = plan_bridge(&c);
    unsigned int tap = binding->create_device ? plan_tap(&c) : bridge;
    unsigned int port = plan_port(&c);

    host->plan_step_after(c.plan, port, bridge);
    host->plan_step_after(c.plan, port, tap);
    plan_claims(&c);
    describe(&c);
    if (!binding->datapath_type) {
        host->plan_details_ref(c.plan, "vif_details.datapath_type", bridge,
                               "datapath_type");
    }
    host->plan_details_ref(c.plan, "ofport", port, "ofport");
    if (binding->create_device) {
        host->plan_details_ref(c.plan, "ifindex", tap, "ifindex");
    }
    warn(&c);
    *planp = c.plan;
    return NULL;
}

static const char *
ovs_missing(const struct vif_host *host)
{
    return (host->ovsdb_ready(host->aux) ? NULL
            : "no answer from Open vSwitch's database");
}

VIF_PLUGIN_EXPORT const struct vif_plugin vif_plugin_entry = {
    .abi = VIF_PLUGIN_ABI,
    .size = sizeof(struct vif_plugin),
    .name = "ovs",
    .summary = "a tap on an Open vSwitch bridge",
    .vnic_types = 1u << VIF_VNIC_NORMAL,
    .plan = ovs_plan,
    .missing = ovs_missing,
};
