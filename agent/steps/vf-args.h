/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STEPS_VF_ARGS_H
#define STEPS_VF_ARGS_H 1

/* The arguments and the original of step "vf", as text and as values, and
 * what a VF's fields are called.  Pure. */

#include <stdbool.h>

#include <vif/attrs.h>
#include <vif/error.h>

#include "kernel/rtnl-vf.h"
#include "steps/step.h"

struct vf_args {
    const char *pf;             /* Device names; they belong to the map. */
    unsigned int number;
    bool best_effort;           /* What the driver cannot do is a warning. */
    struct rtnl_vf values;      /* What is asked for. */
};

/* struct step_class's functions of these names. */
struct vif_error *vf_args_check(const struct vif_attrs *, bool partial);
enum step_change vf_args_compare(const struct vif_attrs *old,
                                 const struct vif_attrs *new);
const char *vf_args_lane(const struct vif_attrs *, char buf[64]);

/* Checks and reads. */
struct vif_error *vf_args_read(const struct vif_attrs *, struct vf_args *);

/* The fields of 'values' that are set, to a map and from one. */
void vf_values_write(const struct rtnl_vf *values, struct vif_attrs *);
void vf_values_read(const struct vif_attrs *, struct rtnl_vf *values);

/* Fields one by one.  A field that is not set is equal to none. */
bool vf_has(const struct rtnl_vf *, enum rtnl_vf_field);
bool vf_equal(const struct rtnl_vf *, const struct rtnl_vf *,
              enum rtnl_vf_field);
void vf_copy(struct rtnl_vf *to, const struct rtnl_vf *from,
             enum rtnl_vf_field);
void vf_clear(struct rtnl_vf *, enum rtnl_vf_field);

/* Those of the fields 'among' (bits) that 'wanted' has and 'found' has not,
 * or not so. */
unsigned int vf_differing(unsigned int among, const struct rtnl_vf *wanted,
                          const struct rtnl_vf *found);
#define VF_ALL_FIELDS (RTNL_VF_BIT(RTNL_VF_N_FIELDS) - 1)

/* Makes two ways of saying the same into one: 02:00:00:00:00:00, which stands
 * for no address where a driver does not take zero, and the protocol of no
 * VLAN. */
void vf_normalize(struct rtnl_vf *);

/* "min_tx_rate", and "minimum rate"; and its value, "100 Mbit/s". */
const char *vf_field_key(enum rtnl_vf_field);
const char *vf_field_name(enum rtnl_vf_field);
#define VF_VALUE_SIZE 48
const char *vf_field_format(const struct rtnl_vf *, enum rtnl_vf_field,
                            char buf[VF_VALUE_SIZE]);

#endif /* steps/vf-args.h */
