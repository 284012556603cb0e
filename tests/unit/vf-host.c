/* SPDX-License-Identifier: Apache-2.0 */
/* See vf-host.h. */

#include <config.h>

#include "tests/unit/vf-host.h"

#include <stdio.h>

#include "steps/device-path.h"

int
vf_host_set_up(void **state)
{
    int failure = fake_sysfs_set_up(state);
    struct fake_sysfs *sysfs = *state;

    fake_sysfs_pci(sysfs, PF);
    fake_sysfs_vfs(sysfs, PF, 8, 8);
    fake_sysfs_netdev(sysfs, "bus/pci/devices/" PF, "eth1", FAKE_PF_IFINDEX,
                      NULL, NULL);
    device_path_set_root(sysfs->root);
    fake_pf_reset();
    return failure;
}

void
use_driver(struct fake_sysfs *sysfs, const char *driver)
{
    char target[64];

    snprintf(target, sizeof target, "../../../bus/pci/drivers/%s", driver);
    fake_sysfs_link(sysfs, target, PF_FOLDER "/driver");
}

struct rtnl_vf *
vf(void)
{
    return &fake_pf.pf.vf;
}

void
vf_step_init(struct step *step)
{
    some_step_init(step, &step_vf_class, "pci/" VF);
    vif_attrs_set(&step->args, "pf", "pci/" PF);
    vif_attrs_set(&step->args, "vf", "3");
}

void
ask_for_all(struct step *step)
{
    static const char *const args[][2] = {
        { "mac", "fa:16:3e:00:00:01" }, { "vlan", "100" },
        { "vlan_qos", "3" }, { "vlan_protocol", "802.1ad" },
        { "min_tx_rate", "10" }, { "max_tx_rate", "1000" },
        { "spoofchk", "false" }, { "trust", "true" },
        { "link_state", "enable" },
    };

    for (size_t i = 0; i < sizeof args / sizeof *args; i++) {
        vif_attrs_set(&step->args, args[i][0], args[i][1]);
    }
}
