/* SPDX-License-Identifier: Apache-2.0 */
/* Given this sysfs, there are these devices; and when something in it
 * changes, that and nothing else is told. */

#include <config.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cap-ng.h>
#include <cmocka.h>

#include "inventory/read.h"
#include "kernel/sysfs.h"
#include "openvswitch/dynamic-string.h"
#include "privilege/privilege.h"
#include "tests/unit/fake-sysfs.h"
#include "tests/unit/no-descriptors.h"
#include "util.h"

#define PF "0000:03:00.0"
#define PF_FOLDER "bus/pci/devices/" PF

static void
read_all(struct fake_sysfs *sysfs, struct inventory *inventory)
{
    const struct inventory_source source = { .root = sysfs->root };
    CLEANUP_ERROR struct vif_error *error = inventory_read(&source,
                                                           inventory);

    assert_null(error);
}

static void
read_part(struct fake_sysfs *sysfs, const char *name, bool vfs,
          struct inventory *part)
{
    const struct inventory_source source = { .root = sysfs->root };
    CLEANUP_ERROR struct vif_error *error
        = inventory_read_device(&source, name, vfs, part);

    assert_null(error);
}

static const struct device *
get(const struct inventory *inventory, const char *name)
{
    const struct device *device = inventory_find(inventory, name);

    if (!device) {
        fail_msg("no %s", name);
    }
    return device;
}

static void
assert_same(const struct inventory *a, const struct inventory *b)
{
    assert_int_equal(a->n, b->n);
    for (size_t i = 0; i < a->n; i++) {
        if (!device_equal(&a->devices[i], &b->devices[i])) {
            fail_msg("%s differs", a->devices[i].name);
        }
    }
}

static void
test_pf_with_vfs(void **state)
{
    struct fake_sysfs *sysfs = *state;
    CLEANUP_INVENTORY struct inventory inventory;

    fake_sysfs_pci(sysfs, PF);
    fake_sysfs_vfs(sysfs, PF, 12, 64);
    fake_sysfs_netdev(sysfs, PF_FOLDER, "eno1", 7, NULL, NULL);
    fake_sysfs_netdev(sysfs, "bus/pci/devices/0000:03:01.2", "eno1v2", 9,
                      NULL, NULL);
    fake_sysfs_link(sysfs, "../../../../kernel/iommu_groups/42",
                    "bus/pci/devices/0000:03:01.2/iommu_group");
    read_all(sysfs, &inventory);

    assert_int_equal(inventory.n, 13);
    const struct device *pf = get(&inventory, "pci/" PF);
    assert_int_equal(pf->type, DEVICE_PF);
    assert_int_equal(pf->n_vfs, 12);
    assert_int_equal(pf->max_vfs, 64);
    assert_int_equal(pf->vendor, 0x8086);
    assert_int_equal(pf->product, 0x1572);
    assert_int_equal(pf->vf_product, 0x154c);
    assert_int_equal(pf->numa_node, 0);
    assert_int_equal(pf->iommu_group, DEVICE_UNKNOWN);
    assert_int_equal(pf->vf_number, DEVICE_UNKNOWN);
    assert_string_equal(pf->driver, "i40e");
    assert_string_equal(pf->parent, "");
    assert_string_equal(pf->netdev.name, "eno1");
    assert_int_equal(pf->netdev.ifindex, 7);
    assert_true(pf->netdev.has_mac);
    assert_int_equal(pf->netdev.mac.octets[5], 7);
    assert_string_equal(device_devlink_handle(pf), "pci/" PF);

    const struct device *vf = get(&inventory, "pci/0000:03:01.2");
    assert_int_equal(vf->type, DEVICE_VF);
    assert_int_equal(vf->vf_number, 2);
    assert_int_equal(vf->iommu_group, 42);
    assert_string_equal(vf->parent, "pci/" PF);
    assert_int_equal(vf->netdev.ifindex, 9);
    assert_ptr_equal(inventory_parent(&inventory, vf), pf);
    assert_ptr_equal(inventory_find_netdev(&inventory, 9), vf);
    assert_ptr_equal(inventory_find_netdev_name(&inventory, "eno1"), pf);
    assert_null(inventory_find_netdev(&inventory, 0));
    assert_null(inventory_find_netdev_name(&inventory, ""));
    assert_string_equal(device_devlink_handle(vf), "pci/0000:03:01.2");

    /* A VF without a netdev, ninth function of its PF. */
    assert_int_equal(get(&inventory, "pci/0000:03:02.1")->vf_number, 9);
    assert_int_equal(get(&inventory, "pci/0000:03:02.1")->netdev.ifindex, 0);
}

static void
test_what_is_no_nic(void **state)
{
    struct fake_sysfs *sysfs = *state;
    CLEANUP_INVENTORY struct inventory inventory;

    read_all(sysfs, &inventory);        /* An empty sysfs. */
    assert_int_equal(inventory.n, 0);
    inventory_destroy(&inventory);

    fake_sysfs_pci(sysfs, "0000:00:1f.0");
    fake_sysfs_write(sysfs, "0x010802",
                     "bus/pci/devices/0000:00:1f.0/class");
    fake_sysfs_pci(sysfs, "0000:04:00.0");
    fake_sysfs_pci(sysfs, "10000:01:00.0");
    read_all(sysfs, &inventory);
    assert_int_equal(inventory.n, 2);
    assert_int_equal(get(&inventory, "pci/0000:04:00.0")->type, DEVICE_PCI);
    assert_int_equal(get(&inventory, "pci/10000:01:00.0")->pci.domain,
                     0x10000);
}

static void
test_no_root(void **state OVS_UNUSED)
{
    const struct inventory_source nowhere = { .root = "/nonexistent" };
    struct inventory inventory;
    CLEANUP_ERROR struct vif_error *error
        = inventory_read(&nowhere, &inventory);

    assert_string_equal(error->message, "read the inventory: open "
                        "/nonexistent: No such file or directory");
    assert_int_equal(error->errnum, ENOENT);
    assert_int_equal(inventory.n, 0);
}

/* In switchdev mode the representors hang below the PF. */
static void
test_uplink_among_representors(void **state)
{
    struct fake_sysfs *sysfs = *state;
    CLEANUP_INVENTORY struct inventory inventory;

    fake_sysfs_pci(sysfs, PF);
    fake_sysfs_vfs(sysfs, PF, 2, 8);
    fake_sysfs_netdev(sysfs, PF_FOLDER, "aaa0", 3, "1234", "pf0vf0");
    fake_sysfs_netdev(sysfs, PF_FOLDER, "aaa1", 4, "1234", "pf0vf1");
    fake_sysfs_netdev(sysfs, PF_FOLDER, "aaa2", 5, "1234", "c1pf0sf1");
    fake_sysfs_netdev(sysfs, PF_FOLDER, "eno1np0", 6, "1234", "p0");
    read_all(sysfs, &inventory);

    const struct device *pf = get(&inventory, "pci/" PF);
    assert_int_equal(pf->n_netdevs, 1);
    assert_string_equal(pf->netdev.name, "eno1np0");
    assert_string_equal(pf->netdev.switch_id, "1234");
    assert_string_equal(pf->netdev.port_name, "p0");
}

/* One function with two ports: which of them is meant nobody can say. */
static void
test_two_ports(void **state)
{
    struct fake_sysfs *sysfs = *state;
    CLEANUP_INVENTORY struct inventory inventory;

    fake_sysfs_pci(sysfs, PF);
    fake_sysfs_netdev(sysfs, PF_FOLDER, "eno1", 3, NULL, "p0");
    fake_sysfs_netdev(sysfs, PF_FOLDER, "eno2", 4, NULL, "p1");
    /* Without a switch "1" is no representor. */
    fake_sysfs_pci(sysfs, "0000:04:00.0");
    fake_sysfs_netdev(sysfs, "bus/pci/devices/0000:04:00.0", "eno3", 5, NULL,
                      "1");
    read_all(sysfs, &inventory);

    assert_int_equal(get(&inventory, "pci/" PF)->n_netdevs, 2);
    assert_int_equal(get(&inventory, "pci/" PF)->netdev.ifindex, 0);
    assert_string_equal(get(&inventory, "pci/0000:04:00.0")->netdev.name,
                        "eno3");
}

/* The netdev of a virtio function is one level further down. */
static void
test_virtio(void **state)
{
    struct fake_sysfs *sysfs = *state;
    CLEANUP_INVENTORY struct inventory inventory;

    fake_sysfs_pci(sysfs, PF);
    fake_sysfs_link(sysfs, "../../../bus/pci/drivers/virtio-pci",
                    PF_FOLDER "/driver");
    fake_sysfs_netdev(sysfs, PF_FOLDER "/virtio3", "enp3s0", 8, NULL, NULL);
    read_all(sysfs, &inventory);
    assert_int_equal(get(&inventory, "pci/" PF)->netdev.ifindex, 8);
}

static void
test_vdpa_parent(void **state)
{
    struct fake_sysfs *sysfs = *state;
    CLEANUP_INVENTORY struct inventory inventory, part;

    fake_sysfs_pci(sysfs, PF);
    fake_sysfs_vfs(sysfs, PF, 3, 8);
    fake_sysfs_link(sysfs, "../../../devices/pci0000:00/0000:03:01.0/vdpa0",
                    "bus/vdpa/devices/vdpa0");
    fake_sysfs_link(sysfs, "../../../devices/pci0000:00/0000:03:01.1/"
                    "mlx5_core.vnet.4/foo", "bus/vdpa/devices/foo");
    fake_sysfs_link(sysfs, "../../../devices/vdpasim/sim",
                    "bus/vdpa/devices/sim");
    read_all(sysfs, &inventory);
    assert_int_equal(get(&inventory, "pci/0000:03:01.0")->type, DEVICE_VDPA);
    assert_int_equal(get(&inventory, "pci/0000:03:01.1")->type, DEVICE_VDPA);
    assert_int_equal(get(&inventory, "pci/0000:03:01.2")->type, DEVICE_VF);

    read_part(sysfs, "pci/0000:03:01.0", false, &part);
    assert_int_equal(get(&part, "pci/0000:03:01.0")->type, DEVICE_VDPA);
    inventory_destroy(&part);
}

static void
test_serial(void **state)
{
    static const uint8_t vpd[] = "\x90\x07\x00SN\x04" "AB12\x78";
    static const uint8_t broken[] = "\x90\xff\xffSN";
    struct fake_sysfs *sysfs = *state;
    CLEANUP_INVENTORY struct inventory inventory;

    fake_sysfs_pci(sysfs, PF);
    fake_sysfs_vfs(sysfs, PF, 2, 8);
    fake_sysfs_write_bytes(sysfs, vpd, sizeof vpd - 1, PF_FOLDER "/vpd");
    fake_sysfs_pci(sysfs, "0000:04:00.0");
    fake_sysfs_write_bytes(sysfs, broken, sizeof broken - 1,
                           "bus/pci/devices/0000:04:00.0/vpd");
    read_all(sysfs, &inventory);

    assert_string_equal(get(&inventory, "pci/" PF)->serial, "AB12");
    const struct device *vf = get(&inventory, "pci/0000:03:01.1");
    assert_string_equal(vf->serial, "");
    assert_int_equal(vf->serial_errnum, 0);
    assert_string_equal(inventory_serial(&inventory, vf), "AB12");
    assert_int_equal(get(&inventory, "pci/0000:04:00.0")->serial_errnum,
                     EBADMSG);
}

/* As vifd, which may not read what is root's: the helper opens it. */
static int
read_serial_without_rights(struct fake_sysfs *sysfs)
{
    struct privilege_host host = privilege_real_host();
    CLEANUP_INVENTORY struct inventory inventory;

    host.sys = sysfs->root;
    if (privilege_start(&host)) {
        return 1;
    }
    capng_clear(CAPNG_SELECT_CAPS);
    if (capng_apply(CAPNG_SELECT_CAPS)) {
        return 2;
    }
    read_all(sysfs, &inventory);
    privilege_end();
    return strcmp(get(&inventory, "pci/" PF)->serial, "AB12") ? 3 : 0;
}

static void
test_serial_that_is_roots(void **state)
{
    static const uint8_t vpd[] = "\x90\x07\x00SN\x04" "AB12\x78";
    struct fake_sysfs *sysfs = *state;
    char path[256];
    int status;

    if (geteuid()) {
        skip();
    }
    fake_sysfs_pci(sysfs, PF);
    fake_sysfs_write_bytes(sysfs, vpd, sizeof vpd - 1, PF_FOLDER "/vpd");
    snprintf(path, sizeof path, "%s/" PF_FOLDER "/vpd", sysfs->root);
    assert_int_equal(chmod(path, 0), 0);
    pid_t pid = fork();
    if (!pid) {
        _exit(read_serial_without_rights(sysfs));
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static void
test_netdevsim(void **state)
{
    struct fake_sysfs *sysfs = *state;
    CLEANUP_INVENTORY struct inventory inventory;

    fake_sysfs_link(sysfs, "../../../devices/netdevsim1",
                    "bus/netdevsim/devices/netdevsim1");
    fake_sysfs_write(sysfs, "12", "devices/netdevsim1/sriov_numvfs");
    fake_sysfs_netdev(sysfs, "devices/netdevsim1", "eni1np1", 20, "aabb",
                      "p1");
    fake_sysfs_netdev(sysfs, "devices/netdevsim1", "eni1npf0vf0", 21, "aabb",
                      "pf0vf0");
    read_all(sysfs, &inventory);

    assert_int_equal(inventory.n, 13);
    const struct device *pf = get(&inventory, "netdevsim/netdevsim1");
    assert_int_equal(pf->type, DEVICE_PF);
    assert_false(pf->is_pci);
    assert_string_equal(pf->netdev.name, "eni1np1");

    const struct device *vf = get(&inventory, "netdevsim/netdevsim1/11");
    assert_int_equal(vf->type, DEVICE_VF);
    assert_int_equal(vf->vf_number, 11);
    assert_ptr_equal(inventory_parent(&inventory, vf), pf);
    assert_string_equal(device_devlink_handle(vf), "netdevsim/netdevsim1");
}

static void
test_sockets(void **state)
{
    struct fake_sysfs *sysfs = *state;
    CLEANUP_INVENTORY struct inventory inventory;

    fake_sysfs_write(sysfs, "0-3,8-11", "devices/system/node/node0/cpulist");
    fake_sysfs_write(sysfs, "4-7", "devices/system/node/node1/cpulist");
    fake_sysfs_write(sysfs, "12", "devices/system/node/node10/cpulist");
    fake_sysfs_write(sysfs, "", "devices/system/node/node2/cpulist");
    fake_sysfs_write(sysfs, "0-10", "devices/system/node/possible");
    fake_sysfs_write(sysfs, "0",
                     "devices/system/cpu/cpu0/topology/physical_package_id");
    fake_sysfs_write(sysfs, "0",
                     "devices/system/cpu/cpu4/topology/physical_package_id");
    fake_sysfs_write(sysfs, "1",
                     "devices/system/cpu/cpu12/topology/physical_package_id");
    read_all(sysfs, &inventory);

    assert_int_equal(inventory.n_nodes, 4);
    assert_int_equal(inventory_socket(&inventory, 0), 0);
    assert_int_equal(inventory_socket(&inventory, 1), 0);
    assert_int_equal(inventory_socket(&inventory, 2), DEVICE_UNKNOWN);
    assert_int_equal(inventory_socket(&inventory, 10), 1);
    assert_int_equal(inventory_socket(&inventory, 3), DEVICE_UNKNOWN);
}

/* "CHANGED pci/0000:03:00.0 4\n" and so on. */
static void
tell(void *ds_, const struct inventory_event *event)
{
    static const char *const names[] = {
        [INVENTORY_APPEARED] = "appeared",
        [INVENTORY_VANISHED] = "vanished",
        [INVENTORY_CHANGED] = "changed",
    };
    const struct device *device = event->after ? event->after : event->before;

    ds_put_format(ds_, "%s %s %x\n", names[event->type], device->name,
                  event->what);
}

static void
assert_told(const struct inventory *before, const struct inventory *after,
            const char *expected)
{
    struct ds ds = DS_EMPTY_INITIALIZER;

    inventory_diff(before, after, tell, &ds);
    assert_string_equal(ds_cstr(&ds), expected);
    ds_destroy(&ds);
}

static void
test_diff(void **state)
{
    struct fake_sysfs *sysfs = *state;
    CLEANUP_INVENTORY struct inventory a, b, nothing = INVENTORY_INIT;

    fake_sysfs_pci(sysfs, PF);
    fake_sysfs_vfs(sysfs, PF, 2, 8);
    fake_sysfs_netdev(sysfs, PF_FOLDER, "eth0", 7, NULL, NULL);
    read_all(sysfs, &a);
    assert_told(&a, &a, "");
    assert_told(&nothing, &a, "appeared pci/0000:03:00.0 0\n"
                "appeared pci/0000:03:01.0 0\n"
                "appeared pci/0000:03:01.1 0\n");

    /* The netdev is renamed; a VF goes to vfio-pci; another one comes. */
    fake_sysfs_remove(sysfs, PF_FOLDER "/net/eth0");
    fake_sysfs_netdev(sysfs, PF_FOLDER, "eno1", 7, NULL, NULL);
    fake_sysfs_vfs(sysfs, PF, 3, 8);
    fake_sysfs_link(sysfs, "../../../bus/pci/drivers/vfio-pci",
                    "bus/pci/devices/0000:03:01.0/driver");
    fake_sysfs_write(sysfs, "1", "bus/pci/devices/0000:03:01.1/numa_node");
    read_all(sysfs, &b);
    assert_told(&a, &b, "changed pci/0000:03:00.0 5\n"
                "changed pci/0000:03:01.0 2\n"
                "changed pci/0000:03:01.1 10\n"
                "appeared pci/0000:03:01.2 0\n");
    assert_told(&b, &nothing, "vanished pci/0000:03:00.0 0\n"
                "vanished pci/0000:03:01.0 0\n"
                "vanished pci/0000:03:01.1 0\n"
                "vanished pci/0000:03:01.2 0\n");
}

/* Whatever happens to a device, reading it again gives what reading all
 * does. */
static void
test_update(void **state)
{
    struct fake_sysfs *sysfs = *state;
    CLEANUP_INVENTORY struct inventory kept, now, part;

    fake_sysfs_pci(sysfs, PF);
    fake_sysfs_vfs(sysfs, PF, 4, 8);
    fake_sysfs_pci(sysfs, "0000:04:00.0");
    read_all(sysfs, &kept);

    /* One VF changes. */
    fake_sysfs_netdev(sysfs, "bus/pci/devices/0000:03:01.3", "v3", 30, NULL,
                      NULL);
    read_part(sysfs, "pci/0000:03:01.3", false, &part);
    assert_int_equal(part.n, 1);
    inventory_update(&kept, "pci/0000:03:01.3", false, &part);
    inventory_destroy(&part);
    read_all(sysfs, &now);
    assert_same(&kept, &now);
    inventory_destroy(&now);

    /* The PF alone: its VFs stay. */
    fake_sysfs_netdev(sysfs, PF_FOLDER, "eno1", 7, NULL, NULL);
    read_part(sysfs, "pci/" PF, false, &part);
    assert_int_equal(part.n, 1);
    inventory_update(&kept, "pci/" PF, false, &part);
    inventory_destroy(&part);
    read_all(sysfs, &now);
    assert_same(&kept, &now);
    inventory_destroy(&now);

    /* Fewer VFs. */
    fake_sysfs_vfs(sysfs, PF, 2, 8);
    read_part(sysfs, "pci/" PF, true, &part);
    assert_int_equal(part.n, 3);
    inventory_update(&kept, "pci/" PF, true, &part);
    inventory_destroy(&part);
    read_all(sysfs, &now);
    assert_same(&kept, &now);
    inventory_destroy(&now);

    /* A device goes. */
    fake_sysfs_remove(sysfs, "bus/pci/devices/0000:04:00.0");
    read_part(sysfs, "pci/0000:04:00.0", true, &part);
    assert_int_equal(part.n, 0);
    inventory_update(&kept, "pci/0000:04:00.0", true, &part);
    read_all(sysfs, &now);
    assert_same(&kept, &now);

    /* What is no name leads nowhere. */
    static const char *const names[] = { "pci/../../devices", "pci/", "", "/",
                                         "pci", "usb/1-1", "pci/a/b" };
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        read_part(sysfs, names[i], true, &part);
        assert_int_equal(part.n, 0);
        inventory_destroy(&part);
    }

    /* The PF goes, and its VFs with it. */
    inventory_update(&kept, "pci/" PF, false, &part);
    assert_int_equal(kept.n, 0);
}

static void
test_sysfs_limits(void **state)
{
    struct fake_sysfs *sysfs = *state;
    CLEANUP_CLOSE int dir = -1;
    char buf[8];
    size_t n;

    fake_sysfs_write(sysfs, "1234567", "a/eight");
    fake_sysfs_write(sysfs, "0x10", "a/number");
    fake_sysfs_write(sysfs, "12 monkeys", "a/text");
    fake_sysfs_link(sysfs, "../x/1234567", "a/link");
    fake_sysfs_link(sysfs, "../x/12345678", "a/long-link");
    assert_null(sysfs_open(sysfs->root, &dir));

    assert_int_equal(sysfs_read(dir, "a/eight", buf, sizeof buf, &n), 0);
    assert_int_equal(n, 8);
    assert_int_equal(sysfs_read(dir, "a/text", buf, sizeof buf, &n), EFBIG);
    assert_int_equal(sysfs_read(dir, "a/none", buf, sizeof buf, &n), ENOENT);
    assert_int_equal(sysfs_read_line(dir, buf, sizeof buf, "a/text"), EFBIG);
    assert_string_equal(buf, "");
    assert_int_equal(sysfs_read_number(dir, -7, "a/number"), 16);
    assert_int_equal(sysfs_read_number(dir, -7, "a/text"), -7);
    assert_int_equal(sysfs_read_number(dir, -7, "a/none"), -7);
    assert_int_equal(sysfs_read_link_name(dir, buf, sizeof buf, "a/link"), 0);
    assert_string_equal(buf, "1234567");
    assert_int_equal(sysfs_read_link_name(dir, buf, sizeof buf,
                                          "a/long-link"), EFBIG);
    assert_int_equal(sysfs_read_link(dir, buf, sizeof buf, "a/link"), EFBIG);
    assert_int_equal(sysfs_read_link(dir, buf, sizeof buf, "a/text"), EINVAL);
}

/* A bus that cannot be listed is not one without devices. */
static void
test_bus_cannot_be_listed(void **state)
{
    struct fake_sysfs *sysfs = *state;
    const struct inventory_source source = { .root = sysfs->root };
    struct inventory inventory;

    fake_sysfs_write(sysfs, "", "bus/pci/devices");
    CLEANUP_ERROR struct vif_error *error = inventory_read(&source,
                                                           &inventory);
    assert_non_null(error);
    assert_int_equal(error->errnum, ENOTDIR);
    inventory_destroy(&inventory);
}

/* Nor is a device gone of which nothing can be opened. */
static void
test_no_descriptor(void **state)
{
    struct fake_sysfs *sysfs = *state;
    const struct inventory_source source = { .root = sysfs->root };
    struct inventory part;
    struct no_descriptors none;

    fake_sysfs_pci(sysfs, PF);
    no_descriptors_but(&none, 1);       /* For the root. */
    CLEANUP_ERROR struct vif_error *error
        = inventory_read_device(&source, "pci/" PF, false, &part);
    no_descriptors_end(&none);
    assert_non_null(error);
    assert_int_equal(error->errnum, EMFILE);
    inventory_destroy(&part);
}

#define TEST(NAME) \
    cmocka_unit_test_setup_teardown(NAME, fake_sysfs_set_up, \
                                    fake_sysfs_tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_pf_with_vfs),
        TEST(test_what_is_no_nic),
        cmocka_unit_test(test_no_root),
        TEST(test_bus_cannot_be_listed),
        TEST(test_no_descriptor),
        TEST(test_uplink_among_representors),
        TEST(test_two_ports),
        TEST(test_virtio),
        TEST(test_vdpa_parent),
        TEST(test_serial),
        TEST(test_serial_that_is_roots),
        TEST(test_netdevsim),
        TEST(test_sockets),
        TEST(test_diff),
        TEST(test_update),
        TEST(test_sysfs_limits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
