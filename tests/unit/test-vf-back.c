/* SPDX-License-Identifier: Apache-2.0 */
/* Step "vf" on a PF that is played: what is given back (contract 9: what vifd
 * has set, what somebody else has), and what is not there any more. */

#include <config.h>

#include "steps/vf-args.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/vf-host.h"
#include "timeval.h"

/* O, A and N of contract 9 and what comes of it, as values of one argument;
 * NULL for A: it was not asked for. */
static const struct {
    const char *key, *original, *applied, *found, *result, *warning;
} contract[] = {
    { "trust", "false", "true", "true", "false", NULL },
    { "trust", "false", "true", "false", "false", NULL },
    { "trust", "true", NULL, "true", "true", NULL },
    { "trust", "false", NULL, "true", "false", NULL },
    { "trust", "true", NULL, "false", "false", NULL },
    { "mac", "02:11:00:00:00:01", "fa:16:3e:00:00:01", "fa:16:3e:00:00:01",
      "02:11:00:00:00:01", NULL },
    { "mac", "02:11:00:00:00:01", "fa:16:3e:00:00:01", "02:22:00:00:00:01",
      "00:00:00:00:00:00", "changed the MAC address of the VF to "
      "02:22:00:00:00:01, which was 02:11:00:00:00:01 before vifd used it: it "
      "was reset" },
    { "mac", "00:00:00:00:00:00", "fa:16:3e:00:00:01", "02:22:00:00:00:01",
      "00:00:00:00:00:00", NULL },
    { "vlan", "5", "100", "100", "5", NULL },
    { "vlan", "5", "100", "7", "0", "changed the VLAN" },
    { "vlan", "5", "100", "0", "0", "changed the VLAN of the VF to none, "
      "which was 5 with QoS 0 and protocol 802.1Q before vifd used it: it was "
      "left so" },
    { "vlan", "0", "100", "7", "0", NULL },
    { "vlan", "0", NULL, "7", "0", NULL },
    { "spoofchk", "false", "true", "true", "false", NULL },
    { "spoofchk", "true", NULL, "false", "true", NULL },
    { "max_tx_rate", "0", "100", "100", "0", NULL },
    { "max_tx_rate", "50", "100", "200", "200", "changed the maximum rate of "
      "the VF to 200 Mbit/s, which was 50 Mbit/s before vifd used it: it was "
      "left so" },
    { "max_tx_rate", "50", NULL, "200", "200", NULL },
    { "min_tx_rate", "0", "10", "10", "0", NULL },
    { "link_state", "auto", "disable", "disable", "auto", NULL },
    { "link_state", "auto", "disable", "enable", "enable",
      "changed the link state" },
};

static void
write_one(struct rtnl_vf *to, const char *key, const char *value)
{
    struct vif_attrs attrs CLEANUP_ATTRS = VIF_ATTRS_INIT;
    struct rtnl_vf values;

    vif_attrs_set(&attrs, key, value);
    vf_values_read(&attrs, &values);
    for (int i = 0; i < RTNL_VF_N_FIELDS; i++) {
        if (vf_has(&values, i)) {
            vf_copy(to, &values, i);
        }
    }
}

static void
test_contract(void **state)
{
    (void) state;
    for (size_t i = 0; i < sizeof contract / sizeof *contract; i++) {
        struct rtnl_vf expected;

        fake_pf_reset();
        write_one(vf(), contract[i].key, contract[i].original);
        expected = *vf();
        write_one(&expected, contract[i].key, contract[i].result);

        STEP(step);
        vif_attrs_set(&step.args, contract[i].key, contract[i].applied);
        assert_null(plug(&step));
        write_one(vf(), contract[i].key, contract[i].found);
        assert_null(run(&step, STEP_REVERT));
        for (int f = 0; f < RTNL_VF_N_FIELDS; f++) {
            if (!vf_equal(&expected, vf(), f)) {
                fail_msg("case %zu: %s", i, vf_field_name(f));
            }
        }
        assert_warning(&step, contract[i].warning);
    }
}

/* A crash in the middle of a change: some is as it was before it. */
static void
test_revert_of_half_a_change(void **state)
{
    (void) state;
    STEP(step);
    vif_attrs_set(&step.args, "vlan", "100");
    vif_attrs_set(&step.args, "max_tx_rate", "100");
    assert_null(plug(&step));
    step.has_previous = true;
    vif_attrs_clone(&step.previous, &step.args);
    vif_attrs_set(&step.args, "vlan", "200");
    vif_attrs_set(&step.args, "max_tx_rate", "200");
    vf()->vlan.id = 200;
    assert_null(run(&step, STEP_REVERT));
    assert_int_equal(vf()->vlan.id, 0);
    assert_int_equal(vf()->max_tx_rate, 0);
    assert_warning(&step, NULL);
}

/* The journal was lost: what was before is not known. */
static void
test_revert_without_original(void **state)
{
    (void) state;
    STEP(step);
    ask_for_all(&step);
    assert_null(plug(&step));
    vif_attrs_destroy(&step.original);
    assert_null(run(&step, STEP_REVERT));
    assert_true(vif_mac_is_zero(&vf()->mac));
    assert_int_equal(vf()->vlan.id, 0);
    assert_int_equal(vf()->spoofchk, 1);
    assert_int_equal(vf()->trust, 0);
    assert_int_equal(vf()->max_tx_rate, 0);
}

/* The request is over: a VF whose driver is busy for ever does not keep the
 * others of its PF waiting until the deadline of each try. */
static void
test_busy_in_the_background(void **state)
{
    long long started;

    (void) state;
    STEP(step);
    vif_attrs_set(&step.args, "trust", "true");
    assert_null(plug(&step));
    fake_pf.n_busy = UINT32_MAX;
    step.background = true;
    started = step.deadline = time_msec();
    step.deadline += 10000;
    assert_error(run(&step, STEP_REVERT), VIF_ERR_KERNEL,
                 "set trust to off");
    assert_true(time_msec() - started < 5000);

    /* A VF's reset is over sooner. */
    fake_pf.n_busy = 4;
    assert_null(run(&step, STEP_REVERT));
    assert_int_equal(vf()->trust, 0);
}

static void
test_held(void **state)
{
    (void) state;
    STEP(step);
    vif_attrs_set(&step.args, "trust", "true");
    assert_null(plug(&step));
    fake_pf.holder = "qemu (42)";
    assert_error(run(&step, STEP_REVERT), VIF_ERR_IN_USE, "qemu (42)");
    assert_int_equal(vf()->trust, 1);
    fake_pf.holder = NULL;
    assert_null(run(&step, STEP_REVERT));
    assert_int_equal(vf()->trust, 0);
}

/* A guest has it before it is anybody's: it is not touched.  A port that has
 * it already is looked at, and changed, while its guest runs. */
static void
test_held_before(void **state)
{
    (void) state;
    STEP(step);
    vif_attrs_set(&step.args, "trust", "true");
    fake_pf.holder = "qemu (42)";
    assert_error(run(&step, STEP_CAPTURE), VIF_ERR_IN_USE, "qemu (42)");
    fake_pf.holder = NULL;
    assert_null(plug(&step));
    fake_pf.holder = "qemu (42)";
    step.has_previous = true;
    vif_attrs_clone(&step.previous, &step.args);
    vif_attrs_set(&step.args, "vlan", "100");
    assert_null(plug(&step));
    assert_int_equal(vf()->vlan.id, 100);

    /* After a reboot its guest may be there first. */
    step.has_previous = false;
    assert_null(plug(&step));
}

/* What would let its next user see, or be, somebody else stays until the
 * driver takes it back; what a driver never takes back does not. */
static void
test_refused_when_taken_back(void **state)
{
    static const struct {
        const char *key, *value;
        enum rtnl_vf_request request;
        bool is_sticky;
    } cases[] = {
        { "vlan", "100", RTNL_VF_SET_VLAN, false },
        { "trust", "true", RTNL_VF_SET_TRUST, false },
        { "spoofchk", "false", RTNL_VF_SET_SPOOFCHK, true },
        { "mac", "fa:16:3e:00:00:01", RTNL_VF_SET_MAC, true },
    };

    (void) state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fake_pf_reset();
        STEP(step);
        vif_attrs_set(&step.args, cases[i].key, cases[i].value);
        assert_null(plug(&step));
        fake_pf.errnums[cases[i].request] = EINVAL;
        if (cases[i].is_sticky) {
            assert_null(run(&step, STEP_REVERT));
            assert_warning(&step, "Invalid argument");
        } else {
            assert_error(run(&step, STEP_REVERT), VIF_ERR_KERNEL,
                         "Invalid argument");
            fake_pf.errnums[cases[i].request] = 0;
            assert_null(run(&step, STEP_REVERT));
            assert_warning(&step, NULL);
        }
    }
}

/* The VF's netdev, which its driver has, with what the PF's driver makes of
 * it: it takes an address only when it has been taken down and up, and then
 * the PF's. */
static struct rtnl_link netdev;
static bool is_obstinate;

struct vif_error *__wrap_rtnl_get(struct rtnl *, int, struct rtnl_link *);
struct vif_error *
__wrap_rtnl_get(struct rtnl *rtnl, int ifindex, struct rtnl_link *link)
{
    (void) rtnl;
    assert_int_equal(ifindex, netdev.ifindex);
    *link = netdev;
    return NULL;
}

struct vif_error *__wrap_rtnl_set(struct rtnl *, int,
                                  const struct rtnl_change *);
struct vif_error *
__wrap_rtnl_set(struct rtnl *rtnl, int ifindex,
                const struct rtnl_change *change)
{
    (void) rtnl;
    assert_int_equal(ifindex, netdev.ifindex);
    if (change->set_mac && is_obstinate) {
        return vif_error_from_errno(EADDRNOTAVAIL, "kernel");
    } else if (change->set_mac) {
        netdev.mac = change->mac;
    } else if (change->set_up && is_obstinate) {
        netdev.mac = vf()->mac;
    }
    return NULL;
}

static void
add_netdev(struct fake_sysfs *sysfs, const char *mac)
{
    netdev = (struct rtnl_link) { .ifindex = 12, .name = "vf3",
                                  .has_mac = true };
    assert_true(vif_mac_from_string(mac, &netdev.mac));
    fake_sysfs_netdev(sysfs, "bus/pci/devices/" VF, "vf3", 12, NULL, NULL);
    fake_sysfs_write(sysfs, mac, "bus/pci/devices/" VF "/net/vf3/address");
}

static void
assert_netdev_has(const char *mac)
{
    char text[VIF_MAC_BUFSIZE];

    assert_string_equal(vif_mac_format(&netdev.mac, text), mac);
}

#define OWN "02:11:00:00:00:01"
#define PORTS "fa:16:3e:00:00:01"

/* libvirt has given the VF back to the host's driver, whose netdev has the
 * port's address then. */
static void
test_netdev_with_the_ports_address(void **state)
{
    struct fake_sysfs *sysfs = *state;

    for (int i = 0; i < 2; i++) {
        is_obstinate = i;
        fake_pf_reset();
        write_one(vf(), "mac", OWN);
        add_netdev(sysfs, OWN);
        STEP(step);
        vif_attrs_set(&step.args, "mac", PORTS);
        assert_null(plug(&step));
        assert_string_equal(vif_attrs_get(&step.original, "netdev_mac"),
                            OWN);
        netdev.mac = vf()->mac;
        assert_netdev_has(PORTS);
        assert_null(run(&step, STEP_REVERT));
        assert_netdev_has(OWN);
        assert_warning(&step, NULL);

        /* Another one is not the port's. */
        assert_true(vif_mac_from_string("02:22:00:00:00:01", &netdev.mac));
        assert_null(run(&step, STEP_REVERT));
        assert_netdev_has("02:22:00:00:00:01");
    }

    /* One that the host uses is left alone. */
    STEP(step);
    vif_attrs_set(&step.args, "mac", PORTS);
    assert_null(plug(&step));
    netdev.mac = vf()->mac;
    fake_sysfs_link(sysfs, "../br0", "bus/pci/devices/" VF
                    "/net/vf3/upper_br0");
    assert_null(run(&step, STEP_REVERT));
    assert_netdev_has(PORTS);
    assert_warning(&step, "br0 sits on vf3");
}

/* Step "vf-netdev" had the PF tell the VF the address that its netdev had, so
 * that its driver takes it back: nobody else did that. */
static void
test_address_of_the_netdev(void **state)
{
    is_obstinate = false;
    write_one(vf(), "mac", OWN);
    add_netdev(*state, "02:33:00:00:00:01");
    STEP(step);
    vif_attrs_set(&step.args, "mac", PORTS);
    assert_null(plug(&step));
    write_one(vf(), "mac", "02:33:00:00:00:01");
    assert_null(run(&step, STEP_REVERT));
    assert_warning(&step, NULL);
    struct rtnl_vf expected = *vf();
    write_one(&expected, "mac", OWN);
    assert_true(vf_equal(&expected, vf(), RTNL_VF_MAC));
    assert_netdev_has("02:33:00:00:00:01");
}

/* sriov_numvfs became 0. */
static void
test_vf_gone(void **state)
{
    struct fake_sysfs *sysfs = *state;

    STEP(step);
    vif_attrs_set(&step.args, "trust", "true");
    assert_null(plug(&step));
    fake_sysfs_remove(sysfs, PF_FOLDER "/virtfn3");
    fake_sysfs_remove(sysfs, "bus/pci/devices/" VF);
    assert_error(run(&step, STEP_VERIFY), VIF_ERR_NOT_FOUND,
                 "pci/" VF " is gone: it is not VF 3 of pci/" PF
                 " any more");
    assert_null(run(&step, STEP_REVERT));
    assert_warning(&step, "is gone");
}

static void
test_pf_gone(void **state)
{
    struct fake_sysfs *sysfs = *state;

    STEP(step);
    vif_attrs_set(&step.args, "trust", "true");
    assert_null(plug(&step));
    fake_sysfs_remove(sysfs, "bus/pci/devices/" VF);
    fake_sysfs_remove(sysfs, "bus/pci/devices/" PF);
    assert_null(run(&step, STEP_REVERT));
    assert_warning(&step, "its PF is not there");
}

/* The address is another VF's by now: not to be touched, and not gone. */
static void
test_other_vf(void **state)
{
    struct fake_sysfs *sysfs = *state;

    STEP(step);
    vif_attrs_set(&step.args, "trust", "true");
    assert_null(plug(&step));
    fake_sysfs_link(sysfs, "../0000:03:01.5", PF_FOLDER "/virtfn3");
    assert_error(run(&step, STEP_REVERT), VIF_ERR_NOT_FOUND,
                 "it is not VF 3 of pci/" PF);
    assert_int_equal(vf()->trust, 1);
}

/* Its driver was unbound, or it was moved to another namespace. */
static void
test_pf_without_netdev(void **state)
{
    struct fake_sysfs *sysfs = *state;

    STEP(step);
    vif_attrs_set(&step.args, "trust", "true");
    assert_null(plug(&step));
    fake_sysfs_remove(sysfs, "bus/pci/devices/" PF "/net");
    struct vif_error *error = run(&step, STEP_REVERT);
    assert_non_null(error);
    assert_true(error->retry);
    assert_error(error, VIF_ERR_UNAVAILABLE, "has no network device here");
}

/* netdevsim: a VF is a number. */
static void
test_netdevsim(void **state)
{
    struct fake_sysfs *sysfs = *state;

    fake_sysfs_write(sysfs, "8", "bus/netdevsim/devices/netdevsim1/"
                     "sriov_numvfs");
    fake_sysfs_netdev(sysfs, "bus/netdevsim/devices/netdevsim1", "eni1np1",
                      FAKE_PF_IFINDEX, NULL, NULL);
    STEP(step);
    free(step.object);
    step.object = strdup("netdevsim/netdevsim1/3");
    vif_attrs_set(&step.args, "pf", "netdevsim/netdevsim1");
    vif_attrs_set(&step.args, "link_state", "disable");
    assert_null(plug(&step));
    assert_int_equal(vf()->link_state, VIF_LINK_DISABLE);
    assert_null(run(&step, STEP_REVERT));
    assert_int_equal(vf()->link_state, VIF_LINK_AUTO);

    assert_null(plug(&step));
    fake_sysfs_write(sysfs, "3", "bus/netdevsim/devices/netdevsim1/"
                     "sriov_numvfs");
    assert_error(run(&step, STEP_VERIFY), VIF_ERR_NOT_FOUND, "is gone");
    assert_null(run(&step, STEP_REVERT));
    assert_warning(&step, "is gone");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        VF_TEST(test_contract),
        VF_TEST(test_revert_of_half_a_change),
        VF_TEST(test_revert_without_original),
        VF_TEST(test_busy_in_the_background),
        VF_TEST(test_held),
        VF_TEST(test_held_before),
        VF_TEST(test_refused_when_taken_back),
        VF_TEST(test_netdev_with_the_ports_address),
        VF_TEST(test_address_of_the_netdev),
        VF_TEST(test_vf_gone),
        VF_TEST(test_pf_gone),
        VF_TEST(test_other_vf),
        VF_TEST(test_pf_without_netdev),
        VF_TEST(test_netdevsim),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
