/* SPDX-License-Identifier: Apache-2.0 */

/* Which devices are asked for, by their names, whether somebody holds them;
 * what the helper finds is in test-vfio. */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "privilege/privilege.h"
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

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_by_name, fake_sys_set_up,
                                        fake_sys_tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
