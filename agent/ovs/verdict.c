/* SPDX-License-Identifier: Apache-2.0 */

/* How an intent ended, by what the replica says once its transaction is
 * proven.  Each intent is judged by its own rows.  Changes nothing in the
 * database. */

#include <config.h>

#include "ovs/ovs-private.h"

#include <string.h>

#include "util.h"

/* Rows are not as they were written: somebody else was there after us. */
static struct vif_error *
undone(struct ovs_intent *intent, struct vif_error *error, bool *againp)
{
    if (intent->kind != OVS_PROBE && intent->kind != OVS_LOOK
        && intent->own.attempts < MAX_ATTEMPTS) {
        *againp = true;
        vif_error_destroy(error);
        return NULL;
    }
    return error;
}

/* What ovs-vswitchd made of the interface in 'view'. */
static struct vif_error *
judge_interface(const struct ovs_intent *intent,
                const struct ovs_port_view *view)
{
    const char *device = vif_attrs_get(intent->args, "device");

    if (view->ofport > 0 && !*view->error) {
        return NULL;
    } else if (device && !strcmp(device, "later") && view->ofport <= 0) {
        return NULL;
    } else if (*view->error) {
        return vif_error_with_source(
            vif_error_create(VIF_ERR_OVSDB, "ovs-vswitchd cannot use "
                             "interface '%s' on bridge '%s': %s", view->name,
                             view->bridge, view->error), view->error);
    }
    return vif_error_create(VIF_ERR_OVSDB, "ovs-vswitchd gave interface '%s' "
                            "on bridge '%s' no OpenFlow port; its log says "
                            "why", view->name, view->bridge);
}

static struct vif_error *
judge_port(const struct ovs *ovs, struct ovs_intent *intent, bool *againp)
{
    struct vif_error *error = ovs_port_compare(ovs, intent->name,
                                               intent->args);
    struct ovs_port_view view;

    if (error) {
        return undone(intent, error, againp);
    } else if (!ovs_find_port(ovs, intent->name, &view)) {
        OVS_NOT_REACHED();
    }
    intent->ofport = view.ofport;
    return judge_interface(intent, &view);
}

static struct vif_error *
judge_port_gone(const struct ovs *ovs, struct ovs_intent *intent,
                bool *againp)
{
    return !ovs_find_removable(ovs, intent) ? NULL : undone(
        intent, vif_error_create(VIF_ERR_CONFLICT, "port '%s' is there again "
                                 "each time it is deleted", intent->name),
        againp);
}

/* ovs-vswitchd tells only its log why it cannot make a bridge; the bridge's
 * own interface has no OpenFlow port then. */
static struct vif_error *
judge_bridge(const struct ovs *ovs, struct ovs_intent *intent, bool *againp)
{
    struct ovs_port_view view;

    if (!ovs_bridge_exists(ovs, intent->name)) {
        return undone(intent, vif_error_create(
                          VIF_ERR_NOT_FOUND, "bridge '%s' was deleted again",
                          intent->name), againp);
    } else if (!ovs_find_port(ovs, intent->name, &view)) {
        return NULL;
    } else if (*view.error) {
        return vif_error_with_source(
            vif_error_create(VIF_ERR_OVSDB, "ovs-vswitchd cannot use bridge "
                             "'%s': %s", intent->name, view.error),
            view.error);
    } else if (view.ofport <= 0) {
        return vif_error_create(VIF_ERR_OVSDB, "ovs-vswitchd did not make "
                                "bridge '%s'; its log says why",
                                intent->name);
    }
    intent->ofport = view.ofport;
    return NULL;
}

static void
judge_bridge_gone(const struct ovs *ovs, struct ovs_intent *intent)
{
    intent->existed = (intent->name
                       ? ovs_bridge_exists(ovs, intent->name)
                       : replica_row(&ovs->replica, OVS_TABLE_BRIDGE,
                                     &intent->port_uuid) != NULL);
}

struct vif_error *
ovs_verdict(const struct ovs *ovs, struct ovs_intent *intent, bool *againp)
{
    *againp = false;
    switch (intent->kind) {
    case OVS_PORT_ENSURE:
        return judge_port(ovs, intent, againp);
    case OVS_PORT_REMOVE:
        return judge_port_gone(ovs, intent, againp);
    case OVS_BRIDGE_ENSURE:
        return judge_bridge(ovs, intent, againp);
    case OVS_BRIDGE_REMOVE:
        judge_bridge_gone(ovs, intent);
        return NULL;
    case OVS_LOOK:
    case OVS_PROBE:
        return intent->args ? judge_port(ovs, intent, againp) : NULL;
    case OVS_N_INTENT_KINDS:
    default:
        return NULL;
    }
}
