/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STEPS_MACVTAP_ARGS_H
#define STEPS_MACVTAP_ARGS_H 1

/* The arguments of step "macvtap", as text and as values.  Pure. */

#include <stdbool.h>
#include <stdint.h>

#include <vif/attrs.h>
#include <vif/binding.h>
#include <vif/error.h>

#include "steps/step.h"

struct macvtap_args {
    enum vif_macvtap_mode mode;
    int lower_ifindex;          /* What it sits on; 0: 'link' says. */
    const char *link;           /* Within the step's arguments. */
    bool up;
    bool has_mac;
    struct vif_mac mac;
    uint32_t mtu;               /* 0: as it is. */
    uint32_t uid, gid;          /* VIF_NO_ID: as the kernel made the node. */
};

/* struct step_class's functions of these names. */
struct vif_error *macvtap_args_check(const struct vif_attrs *, bool partial)
    VIF_WARN_UNUSED;
enum step_change macvtap_args_compare(const struct vif_attrs *old,
                                      const struct vif_attrs *new);

/* Checks and reads. */
struct vif_error *macvtap_args_read(const struct vif_attrs *,
                                    struct macvtap_args *) VIF_WARN_UNUSED;

#endif /* steps/macvtap-args.h */
