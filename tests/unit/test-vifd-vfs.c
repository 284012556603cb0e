/* SPDX-License-Identifier: Apache-2.0 */
/* Which changes of devices the engine is told of.  This file plays the
 * engine, which notes what it is told, and who keeps the inventory. */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/vf-watch.h"
#include "agent/vifd-private.h"
#include "inventory/keeper.h"
#include "kernel/rtnl.h"
#include "lib/cleanup.h"
#include "openvswitch/dynamic-string.h"
#include "tests/unit/some-nics.h"
#include "util.h"

#define PF "pci/0000:03:00.0"
#define VF0 "pci/0000:03:01.0"
#define VF1 "pci/0000:03:01.1"

/* Port "p" has (kind, VF1). */
struct engine {
    const char *kind;
    struct vif_attrs asked;
    enum port_state state;
    struct ds told;
};

struct vf_watch {
    void (*changed)(void *aux, const struct vf_view *);
    void *aux;
};

static struct engine engine;
static struct vf_watch watch;
static struct inventory inventory;
static struct vifd vifd;

/* The engine. */

static bool
has(const char *kind, const char *object)
{
    return engine.kind && !strcmp(kind, engine.kind) && !strcmp(object, VF1);
}

const struct vif_attrs *
engine_asked(const struct engine *e OVS_UNUSED, const char *kind,
             const char *object)
{
    return has(kind, object) ? &engine.asked : NULL;
}

const char *
engine_holder(const struct engine *e OVS_UNUSED, const char *kind,
              const char *object)
{
    return has(kind, object) ? "p" : NULL;
}

bool
engine_find_port(const struct engine *e OVS_UNUSED, const char *port_id,
                 struct engine_port_view *view)
{
    *view = (struct engine_port_view) { .state = engine.state };
    return port_id != NULL;
}

void
engine_object_changed(struct engine *e OVS_UNUSED, const char *kind,
                      const char *object)
{
    ds_put_format(&engine.told, "%s %s;", kind, object);
}

void
engine_object_seen(struct engine *e OVS_UNUSED, const char *kind,
                   const char *object, bool as_asked)
{
    ds_put_format(&engine.told, "%s %s %d;", kind, object, as_asked);
}

/* Who keeps the inventory, and who reads VFs. */

const struct inventory *
inventory_keeper_get(const struct inventory_keeper *keeper OVS_UNUSED,
                     const struct vif_error **errorp OVS_UNUSED)
{
    return &inventory;
}

struct vf_watch *
vf_watch_create(void (*changed)(void *aux, const struct vf_view *), void *aux)
{
    watch = (struct vf_watch) { changed, aux };
    return &watch;
}

void
vf_watch_link(struct vf_watch *w OVS_UNUSED, const char *pf, int ifindex)
{
    ds_put_format(&engine.told, "read %s %d;", pf, ifindex);
}

/* Given a PF with two VFs, of which port "p" has the second. */
static int
set_up(void **state OVS_UNUSED)
{
    memset(&vifd, 0, sizeof vifd);
    engine = (struct engine) { .state = PORT_ACTIVE };
    vifd.engine = &engine;
    ds_init(&engine.told);
    some_nics_add(&inventory, "0000:03:00.0", 2, 8);
    some_nics_get(&inventory, PF)->netdev.ifindex = 5;
    some_nics_get(&inventory, VF1)->netdev.ifindex = 7;
    device_claims_put(&vifd.device_claims, "vf-of/" PF "=" VF1, "p");
    device_claims_put(&vifd.device_claims, "vf-of/" PF "1=" VF0, "q");
    vifd_start_vfs(&vifd);
    return 0;
}

static int
tear_down(void **state OVS_UNUSED)
{
    vif_attrs_destroy(&engine.asked);
    ds_destroy(&engine.told);
    inventory_destroy(&inventory);
    device_claims_destroy(&vifd.device_claims);
    return 0;
}

static void
assert_told(const char *expected)
{
    assert_string_equal(ds_cstr(&engine.told), expected);
    ds_clear(&engine.told);
}

static void
ask(const char *kind, const char *key, const char *value)
{
    engine.kind = kind;
    vif_attrs_set(&engine.asked, key, value);
}

/* Attributes of VFs. */

static void
see(uint32_t trust, uint16_t vlan, size_t n)
{
    const struct rtnl_vf vfs[] = {
        { .fields = 0 },
        { .fields = (RTNL_VF_BIT(RTNL_VF_TRUST) | RTNL_VF_BIT(RTNL_VF_VLAN)),
          .trust = trust, .vlan = { .id = vlan } },
    };
    const struct vf_view view = { PF, vfs, n };

    watch.changed(watch.aux, &view);
}

static void
test_vfs_that_somebody_set(void **state OVS_UNUSED)
{
    ask("vf", "pf", PF);
    ask("vf", "vf", "1");
    ask("vf", "trust", "true");
    ask("vf", "vlan", "100");
    ask("vf", "spoofchk", "true");      /* Which its driver does not tell. */

    see(1, 100, 2);
    assert_told("");
    see(0, 100, 2);
    assert_told("vf " VF1 ";");
    see(1, 0, 2);
    assert_told("vf " VF1 ";");
    see(1, 100, 1);                     /* There is no such VF any more. */
    assert_told("vf " VF1 ";");

    /* Well again. */
    engine.state = PORT_DRIFTED;
    see(1, 100, 2);
    assert_told("vf " VF1 ";");
}

static void
test_links_of_pfs(void **state OVS_UNUSED)
{
    const struct rtnl_link link = { .ifindex = 5, .has_mac = true };

    vifd_netdev_link(&vifd, &link);
    assert_told("read " PF " 5;");

    /* Nobody has a VF of it. */
    device_claims_remove(&vifd.device_claims, "vf-of/" PF "=" VF1);
    vifd_netdev_link(&vifd, &link);
    assert_told("");
}

static void
test_links_of_vfs(void **state OVS_UNUSED)
{
    struct rtnl_link link = { .ifindex = 7, .mtu = 1500, .up = true };

    ask("vf-netdev", "mtu", "1500");
    ask("vf-netdev", "up", "true");
    vifd_netdev_link(&vifd, &link);
    assert_told("");
    link.mtu = 1400;
    vifd_netdev_link(&vifd, &link);
    assert_told("vf-netdev " VF1 ";");
    link.mtu = 1500;
    link.up = false;
    vifd_netdev_link(&vifd, &link);
    assert_told("vf-netdev " VF1 ";");

    engine.state = PORT_PLUGGING;
    vifd_netdev_link(&vifd, &link);
    assert_told("vf-netdev " VF1 " 0;");
    link.up = true;
    vifd_netdev_link(&vifd, &link);
    assert_told("vf-netdev " VF1 " 1;");

    ask("vf-netdev", "mac", "02:00:00:00:00:01");
    vifd_netdev_link(&vifd, &link);
    assert_told("vf-netdev " VF1 " 0;");
}

static void
test_links_that_steps_make(void **state OVS_UNUSED)
{
    struct rtnl_link link = { .ifindex = 9, .name = "m1", .kind = "macvtap" };

    vifd_upper_link(&vifd, &link);
    assert_told("macvtap m1 0;");
    strcpy(link.kind, "vlan");
    vifd_upper_link(&vifd, &link);
    assert_told("vlan m1 0;");
    strcpy(link.kind, "veth");
    vifd_upper_link(&vifd, &link);
    assert_told("");
}

/* Devices. */

static void
happen(const struct device *before, const struct device *after,
       unsigned int what)
{
    const struct inventory_event event = {
        .type = (!before ? INVENTORY_APPEARED : !after ? INVENTORY_VANISHED
                 : INVENTORY_CHANGED),
        .before = before, .after = after, .what = what,
    };

    vifd_device_event(&vifd, &event);
}

static void
test_devices_that_come_and_go(void **state OVS_UNUSED)
{
    static const char *const kinds[] = { "vf", "vf-netdev", "pci-driver" };
    const struct device *vf = inventory_find(&inventory, VF1);
    const struct device *other = inventory_find(&inventory, VF0);

    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        CLEANUP_FREE char *told = xasprintf("%s " VF1 ";", kinds[i]);

        engine.kind = kinds[i];
        happen(vf, NULL, 0);
        assert_told(told);
        happen(NULL, vf, 0);
        assert_told(told);
        happen(other, NULL, 0);
        happen(vf, vf, INVENTORY_OTHER);
        assert_told("");
    }
}

static void
test_devices_that_change(void **state OVS_UNUSED)
{
    const struct device before = *inventory_find(&inventory, VF1);
    struct device after = before;

    engine.kind = "vf";
    happen(&before, &after, INVENTORY_TYPE);
    assert_told("vf " VF1 ";");

    strcpy(after.driver, "igbvf");
    engine.kind = "pci-driver";
    happen(&before, &after, INVENTORY_DRIVER);
    assert_told("");
    ask("pci-driver", "driver", "vfio-pci");
    happen(&before, &after, INVENTORY_DRIVER);
    assert_told("pci-driver " VF1 ";");
    strcpy(after.driver, "vfio-pci");
    happen(&before, &after, INVENTORY_DRIVER);
    assert_told("");

    ask("vf-netdev", "mac", "02:00:00:00:00:01");
    happen(&before, &after, INVENTORY_NETDEV);
    assert_told("vf-netdev " VF1 ";");
    after.netdev.has_mac = true;
    assert_true(vif_mac_from_string("02:00:00:00:00:01", &after.netdev.mac));
    happen(&before, &after, INVENTORY_NETDEV);
    assert_told("");
    after.netdev.ifindex++;
    happen(&before, &after, INVENTORY_NETDEV);
    assert_told("vf-netdev " VF1 ";");

    /* A PF may have forgotten what its VFs were. */
    const struct device *pf = inventory_find(&inventory, PF);
    happen(pf, pf, INVENTORY_NETDEV);
    assert_told("read " PF " 5;");
}

int
main(void)
{
#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_vfs_that_somebody_set),
        TEST(test_links_of_pfs),
        TEST(test_links_of_vfs),
        TEST(test_links_that_steps_make),
        TEST(test_devices_that_come_and_go),
        TEST(test_devices_that_change),
    };
#undef TEST

    return cmocka_run_group_tests_name("devices of ports", tests, NULL, NULL);
}
