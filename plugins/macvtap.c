/* SPDX-License-Identifier: Apache-2.0 */
/* The plugin "macvtap": a macvtap on a VF (vnic_type macvtap), or, in the form
 * of Neutron's macvtap agent, on an interface of the host or a VLAN device on
 * one (macvtap.source; vnic_type macvtap, or normal if the binding names the
 * plugin).
 *
 * On a VF the plan is the VF's attributes, its netdev, and the macvtap on it;
 * in the other form the VLAN device, which its ports share, and the macvtap.
 * The macvtap is left out if the consumer makes it.
 *
 * Like every plugin this is pure, and knows nothing of vifd but the table of
 * host functions. */

#include <inttypes.h>
#include <string.h>

#include "plugins/vf-steps.h"

/* What one call of plan() works with. */
struct context {
    const struct vif_host *host;
    const struct vif_binding *binding;
    const struct vif_plan *previous;
    struct vif_plan *plan;

    char device[VIF_DEVICE_NAME_BUFSIZE];
    char mac[VIF_MAC_BUFSIZE];          /* "" if none was given. */
    uint32_t mtu;
    struct vif_queues queues;
    enum vif_macvtap_mode mode;
    bool makes_it;                      /* vifd, not libvirt. */
};

static const char *
mode_text(enum vif_macvtap_mode mode)
{
    static const char *const names[VIF_N_MACVTAP_MODES] = {
        [VIF_MACVTAP_BRIDGE] = "bridge",
        [VIF_MACVTAP_VEPA] = "vepa",
        [VIF_MACVTAP_PRIVATE] = "private",
        [VIF_MACVTAP_PASSTHRU] = "passthru",
    };

    return names[mode];
}

static const char *
mac_or_null(const struct context *c)
{
    return c->mac[0] ? c->mac : NULL;
}

/* A macvtap in mode passthru has the address of what it sits on, and gives it
 * its own. */
static bool
is_passthru(const struct context *c)
{
    return c->mode == VIF_MACVTAP_PASSTHRU;
}

static struct vif_error *
check(const struct vif_host *host, const struct vif_binding *b)
{
    if (b->vnic_type == VIF_VNIC_MACVTAP
        || (b->vnic_type == VIF_VNIC_NORMAL && b->macvtap.source)) {
        return NULL;
    }
    return refuse(host, VIF_ERR_UNSUPPORTED, "vnic_type",
                  "it plugs vnic_type 'macvtap', and 'normal' with "
                  "macvtap.source, and no other");
}

/* Only in mode passthru the macvtap has the VF's address. */
static struct vif_error *
check_address(const struct context *c)
{
    return (c->mac[0] || is_passthru(c) ? NULL
            : refuse(c->host, VIF_ERR_INVALID, "mac_address", "without a "
                     "mac_address a macvtap on a VF must have mode "
                     "'passthru'"));
}

/* A switch that speaks 802.1Qbg or 802.1Qbh is told of a port by libvirt, as
 * it makes the macvtap. */
static void
init_context(struct context *c, const struct vif_host *host,
             const struct vif_binding *b, const struct vif_plan *previous)
{
    *c = (struct context) {
        .host = host,
        .binding = b,
        .previous = previous,
        .mtu = b->mtu ? b->mtu : host->mtu,
        .queues = host->binding_queues(b, host->max_queues),
        .mode = (b->macvtap.mode != VIF_MACVTAP_DEFAULT ? b->macvtap.mode
                 : b->macvtap.source ? VIF_MACVTAP_BRIDGE
                 : VIF_MACVTAP_PASSTHRU),
        .makes_it = b->create_device && !b->port_profile.n,
    };
    host->binding_device_name(b, c->device);
    if (b->has_mac) {
        host->mac_format(&b->mac, c->mac);
    }
}

/* The macvtap. */

/* With 'prepare' it stays down, and what it sits on keeps its address: nothing
 * flows before 'activate'. */
static unsigned int
add_macvtap(const struct context *c)
{
    const struct vif_host *host = c->host;
    const struct vif_binding *b = c->binding;
    unsigned int step = host->plan_add_step(c->plan, "macvtap", c->device);
    struct vif_attrs *args = host->plan_step_args(c->plan, step);
    char claim[JOIN_SIZE];

    host->attrs_set(args, "mode", mode_text(c->mode));
    if (!b->prepare || !is_passthru(c)) {
        set_optional(host, args, "mac", mac_or_null(c));
    }
    host->attrs_setf(args, "mtu", "%"PRIu32, c->mtu);
    host->attrs_setf(args, "queues", "%"PRIu32, c->queues.effective);
    host->attrs_set(args, "up", bool_text(!b->prepare));
    if (b->uid != VIF_NO_ID) {
        host->attrs_setf(args, "uid", "%"PRIu32, b->uid);
    }
    if (b->gid != VIF_NO_ID) {
        host->attrs_setf(args, "gid", "%"PRIu32, b->gid);
    }
    host->plan_claim(c->plan, join(claim, "netdev:", c->device));
    return step;
}

/* On what step 'below' gives, or NO_STEP: on what is called 'link'. */
static void
plan_macvtap(const struct context *c, uint32_t below, const char *link)
{
    const struct vif_host *host = c->host;
    struct vif_attrs *details = host->plan_details(c->plan);

    if (!c->makes_it) {
        return;
    }

    unsigned int step = add_macvtap(c);
    if (below == NO_STEP) {
        host->attrs_set(host->plan_step_args(c->plan, step), "link", link);
    } else {
        host->plan_step_after(c->plan, step, below);
        host->plan_step_ref(c->plan, step, "lower_ifindex", below, "ifindex");
    }
    host->attrs_set(details, "devices.macvtap", c->device);
    host->plan_details_ref(c->plan, "devices.node", step, "node");
    host->plan_details_ref(c->plan, "ifindex", step, "ifindex");
    if (!c->mac[0] && c->binding->macvtap.source) {
        host->plan_details_ref(c->plan, "mac_address", step, "mac");
    }
}

/* What both forms say. */
static void
describe(const struct context *c)
{
    const struct vif_host *host = c->host;
    struct vif_attrs *details = host->plan_details(c->plan);

    host->attrs_setf(details, "mtu", "%"PRIu32, c->mtu);
    host->attrs_set(details, "vif_details.macvtap_mode", mode_text(c->mode));
    host->attrs_setf(details, "queues.requested", "%"PRIu32,
                     c->queues.requested);
    host->attrs_setf(details, "queues.effective", "%"PRIu32,
                     c->queues.effective);
    host->attrs_set(details, "queues.multiqueue",
                    bool_text(c->queues.multiqueue));
    if (c->queues.why[0]) {
        host->attrs_set(details, "queues.why", c->queues.why);
        host->plan_warn(c->plan, "%s", c->queues.why);
    }
}

/* On a VF. */

/* In other modes than passthru the macvtap has an address of its own beside
 * the VF's: the kernel refuses one that is that of what it sits on. */
static unsigned int
add_netdev(const struct context *c, const struct device_port *p)
{
    const struct vif_host *host = c->host;
    unsigned int step = host->plan_add_step(c->plan, "vf-netdev",
                                            p->device->name);
    struct vif_attrs *args = host->plan_step_args(c->plan, step);

    set_optional(host, args, "pf", p->device->pf);
    if (is_passthru(c) && !c->binding->prepare) {
        set_optional(host, args, "mac", mac_or_null(c));
    }
    host->attrs_setf(args, "mtu", "%"PRIu32, c->mtu);
    host->attrs_set(args, "up", bool_text(!c->binding->prepare));
    return step;
}

static struct vif_error *
plan_on_vf(struct context *c)
{
    const struct vif_host *host = c->host;
    struct device_port p;
    struct vif_error *error = check_address(c);

    error = error ? error : device_port_init(&p, host, c->binding,
                                             c->previous);
    if (error) {
        return error;
    }
    c->plan = p.plan;

    uint32_t vf = device_port_add_vf(&p);
    if (vf != NO_STEP && !is_passthru(c)) {
        host->attrs_set(host->plan_step_args(c->plan, vf), "mac", NULL);
    }
    device_port_claim(&p);
    device_port_describe(&p, "hw_veb", vf);
    if (c->binding->port_profile.n) {
        set_optional(host, host->plan_details(c->plan), "devices.netdev",
                     p.device->netdev);
    } else {
        unsigned int netdev = add_netdev(c, &p);

        if (vf != NO_STEP) {
            host->plan_step_after(c->plan, netdev, vf);
        }
        host->plan_details_ref(c->plan, "devices.netdev", netdev, "name");
        plan_macvtap(c, netdev, NULL);
    }
    return NULL;
}

/* In the form of Neutron's macvtap agent. */

static uint32_t
add_vlan(const struct context *c)
{
    const struct vif_host *host = c->host;
    const struct vif_macvtap *macvtap = &c->binding->macvtap;

    if (!macvtap->vlan) {
        return NO_STEP;
    }

    unsigned int step = host->plan_add_step(c->plan, "vlan", macvtap->source);
    struct vif_attrs *args = host->plan_step_args(c->plan, step);

    host->plan_step_share(c->plan, step);
    host->attrs_set(args, "link", macvtap->physical_interface);
    host->attrs_setf(args, "id", "%d", macvtap->vlan);
    return step;
}

/* The keys of Neutron's driver. */
static void
describe_source(const struct context *c)
{
    const struct vif_host *host = c->host;
    const struct vif_macvtap *macvtap = &c->binding->macvtap;
    struct vif_attrs *details = host->plan_details(c->plan);

    host->attrs_set(details, "vif_type", "macvtap");
    host->attrs_set(details, "vif_details.port_filter", "false");
    host->attrs_set(details, "vif_details.connectivity", "l2");
    host->attrs_set(details, "vif_details.macvtap_source", macvtap->source);
    host->attrs_set(details, "vif_details.physical_interface",
                    macvtap->physical_interface ? macvtap->physical_interface
                    : macvtap->source);
    if (macvtap->vlan) {
        host->attrs_setf(details, "vif_details.vlan", "%d", macvtap->vlan);
    }
    set_all(host, details, "profile.", &c->binding->profile);
    set_optional(host, details, "mac_address", mac_or_null(c));
    if (!c->mac[0] && c->makes_it) {
        host->plan_warn(c->plan, "no mac_address was given: the macvtap has "
                        "one that the kernel makes up");
    }
}

static struct vif_error *
plan_on_source(struct context *c)
{
    const char *source = c->binding->macvtap.source;

    c->plan = c->host->plan_create();
    plan_macvtap(c, add_vlan(c), source);
    claim_mac(c->host, c->plan, c->binding, "link", source);
    describe_source(c);
    return NULL;
}

static struct vif_error *
macvtap_plan(const struct vif_host *host, const struct vif_binding *binding,
             const struct vif_plan *previous, struct vif_plan **planp)
{
    struct vif_error *error = check(host, binding);
    struct context c;

    if (error) {
        return error;
    }
    init_context(&c, host, binding, previous);
    error = (binding->macvtap.source ? plan_on_source : plan_on_vf)(&c);
    if (!error) {
        describe(&c);
        *planp = c.plan;
    }
    return error;
}

VIF_PLUGIN_EXPORT const struct vif_plugin vif_plugin_entry = {
    .abi = VIF_PLUGIN_ABI,
    .size = sizeof(struct vif_plugin),
    .name = "macvtap",
    .summary = "a macvtap on a VF or on an interface of the host",
    .vnic_types = 1u << VIF_VNIC_MACVTAP,
    .plan = macvtap_plan,
};
