/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_UNIT_PLAN_CASES_H
#define TESTS_UNIT_PLAN_CASES_H 1

/* Tables of plans: given this binding, then this plan, to the last argument.
 * For plugins of the project, each alone with a host that has NICs. */

#include "agent/config.h"
#include "inventory/claims.h"
#include "inventory/inventory.h"
#include "inventory/pools.h"
#include "tests/unit/plan-text.h"

/* A host as test_host_config() says, with devices:
 *
 *   pci/0000:03:00.0   PF "ens1f0" 02:00:00:00:03:00, VFs 0..2, igb,
 *                      "physnet1", NUMA node 0, serial number 1234; VF 2 is
 *                      trusted
 *   pci/0000:04:00.0   PF "ens2f0" 02:00:00:00:04:00, VFs 0..2, "physnet2",
 *                      managed: false
 *   netdevsim/netdevsim1   PF "eni1" with VFs 0..1, of no physical network
 *
 * VF 0 of the first has the netdev "ens1f0v0", 02:00:00:00:03:10. */
struct plan_world {
    struct test_host test;
    struct plugins *plugins;
    struct inventory inventory;
    struct device_claims claims;
    struct config *config;
    struct device_host host;
};
struct plan_world *plan_world_create(const char *plugin);
void plan_world_destroy(struct plan_world *);

/* A PF like the first, on "physnet3", in switchdev mode. */
void plan_world_add_switchdev(struct plan_world *);

/* What is planned for 'binding', JSON with ' for ". */
struct vif_error *plan_world_plan(const struct plan_world *,
                                  const char *binding,
                                  const struct vif_plan *previous,
                                  struct vif_plan **);

struct plan_case {
    const char *name;
    const char *binding;
    const char *plan;           /* As plan_to_text() writes it. */
};

struct refusal_case {
    const char *binding;
    const char *code, *where, *text;    /* As expect_error() takes them. */
};

/* Each plan is as it should be; made again beside itself it is the same; and
 * its steps take their arguments. */
void check_plans(const struct plan_world *, const struct plan_case *,
                 size_t n);
void check_refusals(const struct plan_world *, const struct refusal_case *,
                    size_t n);

#endif /* plan-cases.h */
