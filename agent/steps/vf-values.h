/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STEPS_VF_VALUES_H
#define STEPS_VF_VALUES_H 1

/* A VF as its PF's driver has it: found, read, and brought to what it should
 * be.  Knows of drivers' ways, and nothing of what was before or who asked. */

#include <stdbool.h>

#include <vif/error.h>

#include "kernel/rtnl-vf.h"
#include "openvswitch/dynamic-string.h"
#include "steps/device-path.h"

struct vf_place {
    const char *name;           /* The VF's, "pci/0000:03:10.2". */
    const char *pf;             /* The PF's; both are the caller's. */
    unsigned int number;        /* Of the VF. */
    struct rtnl *rtnl;
    bool in_background;         /* A busy driver is asked again for a moment
                                 * only: others wait for the PF. */

    /* vf_find() fills the rest. */
    struct device_path_netdev pf_netdev;
    char driver[DEVICE_DRIVER_SIZE];    /* The PF's. */
};

/* Finds the PF's netdev.  VIF_ERR_NOT_FOUND if VF or PF are gone, or the
 * number is another VF's now; no other error has this code. */
struct vif_error *vf_find(struct vf_place *) VIF_WARN_UNUSED;

/* After vf_find(): reads the VF, and tells whether its PF is up.  Same
 * errors. */
struct vif_error *vf_read(const struct vf_place *, struct rtnl_vf *,
                          struct rtnl_link *pf) VIF_WARN_UNUSED;

/* An error if the PF is not as its driver needs it for 'fields' (bits). */
struct vif_error *vf_check_pf(const struct vf_place *, unsigned int fields,
                              const struct rtnl_link *pf) VIF_WARN_UNUSED;

/* What a driver refused and may do without. */
struct vf_refusals {
    unsigned int may;           /* Fields (bits) that may be left out. */
    unsigned int skipped;       /* Those that were. */
    struct ds reasons;          /* One sentence each. */
};

/* Sends what of 'wanted' differs from 'found', one request after the other,
 * in the order that drivers want, and keeps 'found' up to date.  The first
 * that is refused and may not be ends it.  A driver that is busy is asked
 * again until 'deadline' (CLOCK_MONOTONIC ms). */
struct vif_error *vf_converge(const struct vf_place *,
                              const struct rtnl_vf *wanted,
                              struct rtnl_vf *found, struct vf_refusals *,
                              long long deadline) VIF_WARN_UNUSED;

#endif /* steps/vf-values.h */
