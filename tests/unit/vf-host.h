/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_VF_HOST_H
#define TESTS_VF_HOST_H 1

/* A host with a PF that is played (fake-pf.h) in a sysfs that is made up, and
 * step "vf" on its VF number 3. */

#include "tests/unit/fake-pf.h"
#include "tests/unit/fake-sysfs.h"
#include "tests/unit/some-step.h"

#define PF "0000:03:00.0"
#define PF_FOLDER "devices/pci0000:00/" PF
#define VF "0000:03:01.3"

/* For cmocka_unit_test_setup_teardown(): '*state' is the struct fake_sysfs.
 * The PF's driver is i40e. */
int vf_host_set_up(void **state);
#define VF_TEST(NAME)                                               \
    cmocka_unit_test_setup_teardown(NAME, vf_host_set_up,           \
                                    fake_sysfs_tear_down)

void use_driver(struct fake_sysfs *, const char *driver);

/* The VF as the PF's driver has it. */
struct rtnl_vf *vf(void);

/* A step with "pf" and "vf" only; and all that can be asked for. */
void vf_step_init(struct step *);
#define STEP(NAME)                      \
    struct step NAME CLEANUP_STEP;      \
    vf_step_init(&NAME)
void ask_for_all(struct step *);

static inline struct vif_error *
run(struct step *step, enum step_op op)
{
    return some_step_run(step, op, NULL);
}

static inline struct vif_error *
plug(struct step *step)
{
    return some_step_plug(step, NULL);
}

#endif /* tests/unit/vf-host.h */
