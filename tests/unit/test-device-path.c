/* SPDX-License-Identifier: Apache-2.0 */
/* From a device's name to what sysfs has of it. */

#include <config.h>

#include "steps/device-path.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/cleanup.h"
#include "tests/unit/fake-sysfs.h"

#define PF "0000:03:00.0"
#define PF_NAME "pci/" PF
#define PF_FOLDER "devices/pci0000:00/" PF
#define VF_NAME "pci/0000:03:01.3"      /* Number 3. */
#define SIM "bus/netdevsim/devices/netdevsim1"

static int
set_up(void **state)
{
    int failure = fake_sysfs_set_up(state);
    struct fake_sysfs *sysfs = *state;

    fake_sysfs_pci(sysfs, PF);
    fake_sysfs_vfs(sysfs, PF, 8, 8);
    fake_sysfs_netdev(sysfs, PF_FOLDER, "eth1", 7, NULL, NULL);
    fake_sysfs_write(sysfs, "4", SIM "/sriov_numvfs");
    device_path_set_root(sysfs->root);
    return failure;
}

static void
test_names(void **state)
{
    static const char *const good[] = {
        "pci/0000:03:00.0", "netdevsim/netdevsim1", "netdevsim/netdevsim1/3",
        "auxiliary/mlx5_core.sf.4",
    };
    static const char *const bad[] = {
        "", "pci", "pci/", "/pci", "pci/..", "../x/y", "pci/a/b", "pci/a/",
        "pci/a/1/2", "pci/a/123456", "pci/a b", "pci/a/-1",
        "pci/0123456789012345678901234567890123456789012345678901234567890",
    };

    (void) state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_true(device_path_check(good[i]));
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (device_path_check(bad[i])) {
            fail_msg("%s", bad[i]);
        }
        assert_false(device_path_exists(bad[i]));
    }
}

static void
test_pci_address(void **state)
{
    struct privilege_pci_address address;

    (void) state;
    assert_true(device_path_pci("pci/0000:03:01.3", &address));
    assert_int_equal(address.bus, 3);
    assert_int_equal(address.device, 1);
    assert_int_equal(address.function, 3);
    assert_false(device_path_pci("netdevsim/netdevsim1", &address));
    assert_false(device_path_pci("pci/0000:03:01.3/1", &address));
}

static void
test_exists(void **state)
{
    struct fake_sysfs *sysfs = *state;

    assert_true(device_path_exists(PF_NAME));
    assert_true(device_path_exists(VF_NAME));
    assert_false(device_path_exists("pci/0000:04:00.0"));
    assert_true(device_path_exists("netdevsim/netdevsim1"));
    assert_true(device_path_exists("netdevsim/netdevsim1/3"));
    assert_false(device_path_exists("netdevsim/netdevsim1/4"));
    assert_false(device_path_exists("netdevsim/netdevsim2/0"));
    fake_sysfs_write(sysfs, "0", SIM "/sriov_numvfs");
    assert_false(device_path_exists("netdevsim/netdevsim1/0"));
}

static void
test_vf_numbers(void **state)
{
    struct fake_sysfs *sysfs = *state;
    unsigned int number;

    assert_true(device_path_is_vf(PF_NAME, 3, VF_NAME));
    assert_false(device_path_is_vf(PF_NAME, 4, VF_NAME));
    assert_false(device_path_is_vf(VF_NAME, 3, VF_NAME));
    assert_true(device_path_vf_number(PF_NAME, VF_NAME, &number));
    assert_int_equal(number, 3);
    assert_false(device_path_vf_number(PF_NAME, "pci/0000:09:00.0",
                                       &number));
    /* Whoever changes how many there are is not waited for. */
    fake_sysfs_write(sysfs, "0", PF_FOLDER "/sriov_numvfs");
    assert_true(device_path_vf_number(PF_NAME, VF_NAME, &number));
    assert_true(device_path_vf_number("netdevsim/netdevsim1",
                                      "netdevsim/netdevsim1/2", &number));
    assert_int_equal(number, 2);

    assert_true(device_path_is_vf("netdevsim/netdevsim1", 3,
                                  "netdevsim/netdevsim1/3"));
    assert_false(device_path_is_vf("netdevsim/netdevsim1", 2,
                                   "netdevsim/netdevsim1/3"));
    assert_false(device_path_is_vf("netdevsim/netdevsim1", 4,
                                   "netdevsim/netdevsim1/4"));
    assert_false(device_path_is_vf("netdevsim/netdevsim2", 3,
                                   "netdevsim/netdevsim1/3"));
}

static void
test_driver_and_group(void **state)
{
    struct fake_sysfs *sysfs = *state;
    char driver[DEVICE_DRIVER_SIZE];

    assert_true(device_path_driver(PF_NAME, driver));
    assert_string_equal(driver, "i40e");
    fake_sysfs_remove(sysfs, PF_FOLDER "/driver");
    assert_false(device_path_driver(PF_NAME, driver));
    assert_string_equal(driver, "");
    assert_false(device_path_driver("netdevsim/netdevsim1/3", driver));

    assert_int_equal(device_path_iommu_group(PF_NAME), -1);
    fake_sysfs_link(sysfs, "../../kernel/iommu_groups/42",
                    PF_FOLDER "/iommu_group");
    assert_int_equal(device_path_iommu_group(PF_NAME), 42);
}

static void
test_netdev(void **state)
{
    struct device_path_netdev netdev;

    (void) state;
    assert_null(device_path_netdev(PF_NAME, &netdev));
    assert_int_equal(netdev.ifindex, 7);
    assert_string_equal(netdev.name, "eth1");

    assert_null(device_path_netdev(VF_NAME, &netdev));
    assert_int_equal(netdev.ifindex, 0);
    assert_null(device_path_netdev("netdevsim/netdevsim1/3", &netdev));
    assert_int_equal(netdev.ifindex, 0);

    struct vif_error *error CLEANUP_ERROR = device_path_netdev("pci/..",
                                                               &netdev);
    assert_non_null(error);
    assert_int_equal(error->code, VIF_ERR_INVALID);
}

/* In switchdev mode representors hang below the PF as well. */
static void
test_netdev_among_representors(void **state)
{
    struct fake_sysfs *sysfs = *state;
    struct device_path_netdev netdev;

    fake_sysfs_remove(sysfs, PF_FOLDER "/net");
    fake_sysfs_netdev(sysfs, PF_FOLDER, "a", 8, "abcd", "pf0vf0");
    fake_sysfs_netdev(sysfs, PF_FOLDER, "b", 9, "abcd", "p0");
    fake_sysfs_netdev(sysfs, PF_FOLDER, "c", 10, "abcd", "pf0vf1");
    assert_null(device_path_netdev(PF_NAME, &netdev));
    assert_int_equal(netdev.ifindex, 9);
    assert_string_equal(netdev.name, "b");
}

static void
test_several_ports(void **state)
{
    struct fake_sysfs *sysfs = *state;
    struct device_path_netdev netdev;

    fake_sysfs_netdev(sysfs, PF_FOLDER, "eth2", 8, NULL, NULL);
    struct vif_error *error CLEANUP_ERROR = device_path_netdev(PF_NAME,
                                                               &netdev);
    assert_non_null(error);
    assert_int_equal(error->code, VIF_ERR_UNSUPPORTED);
    assert_non_null(strstr(error->message, "has 2 network devices"));
}

/* Notes the name. */
static struct vif_error *
note_upper(void *names, const char *upper)
{
    strcat(names, upper);
    strcat(names, " ");
    return NULL;
}

static struct vif_error *
refuse_upper(void *sysfs, const char *upper)
{
    (void) sysfs;
    return vif_error_create(VIF_ERR_IN_USE, "%s", upper);
}

static void
test_uppers(void **state)
{
    struct fake_sysfs *sysfs = *state;
    char names[64] = "";

    assert_null(device_path_each_upper(PF_NAME, note_upper, names));
    assert_string_equal(names, "");
    fake_sysfs_link(sysfs, "../../tap1", PF_FOLDER "/net/eth1/upper_tap1");
    fake_sysfs_link(sysfs, "../../eth9", PF_FOLDER "/net/eth1/lower_eth9");
    fake_sysfs_netdev(sysfs, PF_FOLDER, "eth2", 8, NULL, NULL);
    fake_sysfs_link(sysfs, "../../br0", PF_FOLDER "/net/eth2/upper_br0");
    assert_null(device_path_each_upper(PF_NAME, note_upper, names));
    assert_string_equal(names, "tap1 br0 ");

    struct vif_error *error CLEANUP_ERROR
        = device_path_each_upper(PF_NAME, refuse_upper, NULL);
    assert_non_null(error);
    assert_int_equal(error->code, VIF_ERR_IN_USE);
    assert_string_equal(error->message, "tap1");

    fake_sysfs_remove(sysfs, PF_FOLDER "/net");
    assert_null(device_path_each_upper(PF_NAME, refuse_upper, NULL));
    assert_null(device_path_each_upper("pci/0000:ff:00.0", refuse_upper,
                                       NULL));
}

/* What cannot be read is not nothing. */
static void
test_uppers_that_cannot_be_read(void **state)
{
    struct fake_sysfs *sysfs = *state;

    fake_sysfs_remove(sysfs, PF_FOLDER "/net/eth1");
    fake_sysfs_link(sysfs, "nowhere", PF_FOLDER "/net/eth1");
    struct vif_error *error CLEANUP_ERROR
        = device_path_each_upper(PF_NAME, refuse_upper, NULL);
    assert_non_null(error);
    assert_non_null(strstr(error->message, "what sits on"));
}

/* Nobody waits for a netdev that no driver will make. */
static void
test_nothing_to_wait_for(void **state)
{
    struct fake_sysfs *sysfs = *state;
    struct device_path_netdev netdev;

    fake_sysfs_remove(sysfs, PF_FOLDER "/net");
    fake_sysfs_link(sysfs, "../../../bus/pci/drivers/vfio-pci",
                    PF_FOLDER "/driver");
    assert_null(device_path_await_netdev(PF_NAME, INT64_MAX, &netdev));
    assert_int_equal(netdev.ifindex, 0);
    fake_sysfs_remove(sysfs, PF_FOLDER "/driver");
    assert_null(device_path_await_netdev(PF_NAME, INT64_MAX, &netdev));
    assert_int_equal(netdev.ifindex, 0);
}

#define TEST(NAME) \
    cmocka_unit_test_setup_teardown(NAME, set_up, fake_sysfs_tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_names),
        TEST(test_pci_address),
        TEST(test_exists),
        TEST(test_vf_numbers),
        TEST(test_driver_and_group),
        TEST(test_netdev),
        TEST(test_netdev_among_representors),
        TEST(test_several_ports),
        TEST(test_uppers),
        TEST(test_uppers_that_cannot_be_read),
        TEST(test_nothing_to_wait_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
