/* SPDX-License-Identifier: Apache-2.0 */
/* An example of a plugin, complete and useful: "routed" gives a port a tap and
 * nothing else, for hosts that route to their guests instead of switching.
 *
 * It includes vifd's installed headers only and links against nothing.  See
 * README.md for how to build it and for what to change to make it yours. */

#include <vif/plugin.h>

#include <stdio.h>

static const char *
bool_text(bool value)
{
    return value ? "true" : "false";
}

/* What cannot work is refused here, in one sentence, before anything is done.
 * 'where' names the member of the binding, so that a program finds it. */
static struct vif_error *
check(const struct vif_host *host, const struct vif_binding *binding)
{
    if (binding->bridge) {
        return host->error_with_where(
            host->error_create(VIF_ERR_INVALID, "a routed port has no bridge, "
                               "but '%s' was given", binding->bridge),
            "bridge");
    }
    if (!binding->create_device) {
        return host->error_with_where(
            host->error_create(VIF_ERR_INVALID, "a routed port is its tap, so "
                               "create_device must not be false"),
            "create_device");
    }
    return NULL;
}

/* The one step.  Its kind and its arguments are vifd's: vif-plugin(3). */
static unsigned int
add_tap(const struct vif_host *host, const struct vif_binding *binding,
        struct vif_plan *plan, const char *name)
{
    struct vif_queues queues = host->binding_queues(binding,
                                                    host->max_queues);
    unsigned int step = host->plan_add_step(plan, "tap", name);
    struct vif_attrs *args = host->plan_step_args(plan, step);
    struct vif_attrs *details = host->plan_details(plan);

    host->attrs_set(args, "multi_queue", bool_text(queues.multiqueue));
    host->attrs_setf(args, "mtu", "%u",
                     binding->mtu ? binding->mtu : host->mtu);
    host->attrs_set(args, "up", bool_text(!binding->prepare));
    if (binding->uid != VIF_NO_ID) {
        host->attrs_setf(args, "uid", "%u", binding->uid);
    }
    if (binding->gid != VIF_NO_ID) {
        host->attrs_setf(args, "gid", "%u", binding->gid);
    }

    host->attrs_setf(details, "queues.requested", "%u", queues.requested);
    host->attrs_setf(details, "queues.effective", "%u", queues.effective);
    host->attrs_set(details, "queues.multiqueue",
                    bool_text(queues.multiqueue));
    if (queues.why[0]) {
        host->plan_warn(plan, "%s", queues.why);
    }
    return step;
}

static struct vif_error *
routed_plan(const struct vif_host *host, const struct vif_binding *binding,
            const struct vif_plan *previous, struct vif_plan **planp)
{
    struct vif_error *error = check(host, binding);
    char name[VIF_DEVICE_NAME_BUFSIZE], claim[32], mac[VIF_MAC_BUFSIZE];

    (void) previous;
    if (error) {
        return error;
    }

    struct vif_plan *plan = host->plan_create();
    host->binding_device_name(binding, name);
    unsigned int tap = add_tap(host, binding, plan, name);

    /* Nobody else may have this device while the port lives. */
    snprintf(claim, sizeof claim, "netdev:%s", name);
    host->plan_claim(plan, claim);

    /* The answer: literals, and what the step finds out. */
    struct vif_attrs *details = host->plan_details(plan);
    host->attrs_set(details, "vif_type", "tap");
    host->attrs_set(details, "devices.tap", name);
    host->attrs_setf(details, "mtu", "%u",
                     binding->mtu ? binding->mtu : host->mtu);
    if (binding->has_mac) {
        host->attrs_set(details, "mac_address",
                        host->mac_format(&binding->mac, mac));
    }
    host->plan_details_ref(plan, "ifindex", tap, "ifindex");

    *planp = plan;
    return NULL;
}

/* No vnic type: it is used where a binding says "plugin": "routed". */
VIF_PLUGIN_EXPORT const struct vif_plugin vif_plugin_entry = {
    .abi = VIF_PLUGIN_ABI,
    .size = sizeof(struct vif_plugin),
    .name = "routed",
    .summary = "a tap on no switch, for hosts that route",
    .vnic_types = 0,
    .plan = routed_plan,
};
