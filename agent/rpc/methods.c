/* SPDX-License-Identifier: Apache-2.0 */

/* The table of methods. */

#include <config.h>

#include "rpc/methods.h"

#include <string.h>

#include "agent/config.h"
#include "util.h"

static const struct rpc_method methods[] = {
    { "hello", RPC_ACCESS_NONE, BUDGET_FREE, rpc_hello },
    { "plug", RPC_ACCESS_PORT, BUDGET_ADD, rpc_plug },
    { "unplug", RPC_ACCESS_PORT, BUDGET_FREE, rpc_unplug },
    { "plan", RPC_ACCESS_PORT, BUDGET_LOOK, rpc_plan },
    { "list", RPC_ACCESS_PORT, BUDGET_LOOK, rpc_list },
    { "show", RPC_ACCESS_PORT, BUDGET_LOOK, rpc_show },
    { "check", RPC_ACCESS_PORT, BUDGET_LOOK, rpc_check },
    { "repair", RPC_ACCESS_PORT, BUDGET_ADD, rpc_repair },
    { "rebuild", RPC_ACCESS_EVERYWHERE, BUDGET_ADD, rpc_rebuild },
    { "activate", RPC_ACCESS_PORT, BUDGET_ADD, rpc_activate },
    { "abort", RPC_ACCESS_PORT, BUDGET_FREE, rpc_abort },
    { "gc", RPC_ACCESS_EVERYWHERE, BUDGET_FREE, rpc_gc },
    { "fit", RPC_ACCESS_PORT, BUDGET_LOOK, rpc_fit },
    { "drain", RPC_ACCESS_SOMEWHERE, BUDGET_FREE, rpc_drain },
    { "undrain", RPC_ACCESS_SOMEWHERE, BUDGET_FREE, rpc_undrain },
    { "inventory", RPC_ACCESS_SOMEWHERE, BUDGET_LOOK, rpc_inventory },
    { "capabilities", RPC_ACCESS_SOMEWHERE, BUDGET_LOOK, rpc_capabilities },
    { "reload", RPC_ACCESS_EVERYWHERE, BUDGET_FREE, rpc_reload },
    { "version", RPC_ACCESS_NONE, BUDGET_FREE, rpc_version },
    { "watch", RPC_ACCESS_PORT, BUDGET_LOOK, rpc_watch },
};

const struct rpc_method *
rpc_methods(size_t *np)
{
    *np = ARRAY_SIZE(methods);
    return methods;
}

const struct rpc_method *
rpc_method_find(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(methods); i++) {
        if (!strcmp(methods[i].name, name)) {
            return &methods[i];
        }
    }
    return NULL;
}

struct vif_error *
rpc_methods_check_access(const struct config *config)
{
    for (size_t i = 0; i < config->n_access; i++) {
        const struct config_names *names = &config->access[i].methods;

        for (size_t j = 0; j < names->n; j++) {
            const char *name = names->names[j];
            if (!name || (strcmp(name, "*") && !rpc_method_find(name))) {
                return vif_error_with_where(
                    vif_error_create(VIF_ERR_INVALID, "access.methods: vifd "
                                     "has no method \"%s\"",
                                     name ? name : "null"),
                    "access.methods");
            }
        }
    }
    return NULL;
}
