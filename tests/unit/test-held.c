/* SPDX-License-Identifier: Apache-2.0 */

/* Which devices are asked for, by their names, whether somebody holds them;
 * what the helper finds is in test-vfio.  And which links that sit on a
 * device's netdev count. */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "privilege/privilege.h"
#include "steps/device-path.h"
#include "steps/held.h"
#include "tests/unit/fake-sys.h"

static void
test_by_name(void **state)
{
    static const char *const never[] = {
        "netdevsim/netdevsim1/3", "netdevsim/netdevsim1", "",
        "pci/0000:ff:00.0",     /* Not there. */
        ("pci/" FAKE_NIC),      /* With a driver of the host's. */
    };
    const struct fake_sys *fake = *state;

    device_path_set_root(fake->sys);
    assert_null(privilege_start(&fake->host));
    for (size_t i = 0; i < sizeof never / sizeof *never; i++) {
        assert_null(device_check_unheld(never[i]));
    }

    /* One of VFIO, of which it cannot be found out. */
    fake_sys_link(fake, FAKE_NIC_DIR "/driver", "../../drivers/vfio-pci");
    fake_sys_link(fake, FAKE_NIC_DIR "/iommu_group",
                  "../../../kernel/iommu_groups/12");
    struct vif_error *error = device_check_unheld("pci/" FAKE_NIC);
    assert_non_null(error);
    assert_int_equal(error->code, VIF_ERR_UNAVAILABLE);
    assert_non_null(strstr(error->message, FAKE_NIC));
    vif_error_destroy(error);
}

/* The link that is asked for by its name. */
static struct rtnl_link played;

struct vif_error *__wrap_rtnl_get_by_name(struct rtnl *, const char *,
                                          struct rtnl_link *);
struct vif_error *
__wrap_rtnl_get_by_name(struct rtnl *rtnl, const char *name,
                        struct rtnl_link *link)
{
    (void) rtnl;
    if (strcmp(name, played.name)) {
        return vif_error_create(VIF_ERR_NOT_FOUND, "no %s", name);
    }
    *link = played;
    return NULL;
}

static void
test_links(void **state)
{
    static const struct {
        const char *kind, *alias;
        bool is_guests;
    } cases[] = {
        { "macvtap", "", true },
        { "macvlan", "", true },
        { "ipvlan", "", true },
        { "macvtap", "vifd:key:port-2", true },
        { "macvtap", "vifd:other:port-1", true },
        { "macvlan", "vifd:key:port-1", true },     /* No step makes one. */
        { "macvtap", "vifd:key:port-1", false },
        { "bridge", "", false },
        { "vlan", "", false },
    };
    const struct fake_sys *fake = *state;
    const struct step_env env = { .key = "key" };
    struct step step = {
        .object = (char *) "pci/" FAKE_NIC, .port_id = (char *) "port-1",
    };

    device_path_set_root(fake->sys);
    assert_null(device_check_links(&step, &env));
    fake_sys_link(fake, FAKE_NIC_DIR "/driver", "../../drivers/igb");
    fake_sys_make_folder(fake, FAKE_NIC_DIR "/net");
    fake_sys_make_folder(fake, FAKE_NIC_DIR "/net/eth1");
    fake_sys_link(fake, FAKE_NIC_DIR "/net/eth1/upper_mv0", "../mv0");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        played = (struct rtnl_link) { .name = "mv0" };
        strcpy(played.kind, cases[i].kind);
        strcpy(played.alias, cases[i].alias);
        struct vif_error *error = device_check_unused(&step, &env);
        if (!error == cases[i].is_guests) {
            fail_msg("case %zu: %s", i, error ? error->message : "free");
        } else if (error) {
            assert_int_equal(error->code, VIF_ERR_IN_USE);
            assert_non_null(strstr(error->message, " mv0 sits on its"));
            vif_error_destroy(error);
        }
    }

    /* It has just gone. */
    played.name[0] = '\0';
    assert_null(device_check_unused(&step, &env));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_by_name, fake_sys_set_up,
                                        fake_sys_tear_down),
        cmocka_unit_test_setup_teardown(test_links, fake_sys_set_up,
                                        fake_sys_tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
