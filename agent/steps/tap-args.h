/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STEPS_TAP_ARGS_H
#define STEPS_TAP_ARGS_H 1

/* The arguments of step "tap", as text and as values.  Pure. */

#include <stdbool.h>
#include <stdint.h>

#include <vif/attrs.h>
#include <vif/binding.h>
#include <vif/error.h>

#include "kernel/rtnl.h"
#include "steps/step.h"

struct tap_args {
    bool multi_queue, up;
    bool unqueued;
    bool has_mac;
    struct vif_mac mac;
    uint32_t mtu;               /* 0: as it is. */
    uint32_t uid, gid;          /* VIF_NO_ID: nobody in particular. */
};

/* struct step_class's functions of these names. */
struct vif_error *tap_args_check(const struct vif_attrs *, bool partial);
enum step_change tap_args_compare(const struct vif_attrs *old,
                                  const struct vif_attrs *new);

/* Checks and reads. */
struct vif_error *tap_args_read(const struct vif_attrs *, struct tap_args *);

/* Whether 'link' is as 'args' says, by what the kernel announces when it
 * changes. */
bool tap_args_seen(const struct vif_attrs *args, const struct rtnl_link *link);

#endif /* steps/tap-args.h */
