/* SPDX-License-Identifier: Apache-2.0 */

/* See vf-quirks.h.  What is not told here is told by the kernel itself. */

#include <config.h>

#include "steps/vf-quirks.h"

#include <errno.h>
#include <string.h>

#include "steps/vf-args.h"
#include "util.h"

/* The kernel's own, in include/linux/errno.h; drivers let it out. */
#define KERNEL_ENOTSUPP 524

#define MAX_RATE RTNL_VF_BIT(RTNL_VF_MAX_TX_RATE)
#define MIN_RATE RTNL_VF_BIT(RTNL_VF_MIN_TX_RATE)
#define RATES (MAX_RATE | MIN_RATE)

/* Below drivers/net/ethernet/ of Linux 6.12, unless it says else. */
static const struct {
    const char *driver;
    unsigned int fields;
    bool link;                  /* The PF must have a link as well. */
} needs_pf_up[] = {
    /* broadcom/bnxt/bnxt_sriov.c, bnxt_vf_ndo_prep(): "vf ndo called though
     * PF is down". */
    { "bnxt_en", VF_ALL_FIELDS, false },
    /* intel/igb/igb_main.c, igb_ndo_set_vf_bw(): E1000_STATUS_LU. */
    { "igb", RATES, true },
    /* intel/ixgbe/ixgbe_sriov.c, ixgbe_ndo_set_vf_bw(): adapter->link_up. */
    { "ixgbe", RATES, true },
};

#define NO_MINIMUM "this driver has no minimum rate"
#define NO_8021AD "this driver knows no 802.1ad"

static const struct {
    const char *driver;
    unsigned int fields;
    int errnum;
    const char *why;
} lacks[] = {
    /* igb_ndo_set_vf_bw(), ixgbe_ndo_set_vf_bw(). */
    { "igb", MIN_RATE, EINVAL, NO_MINIMUM },
    { "ixgbe", MIN_RATE, EINVAL, NO_MINIMUM },
    /* intel/i40e/i40e_virtchnl_pf.c, i40e_ndo_set_vf_bw(). */
    { "i40e", MIN_RATE, EINVAL, NO_MINIMUM },
    /* igb_ndo_set_vf_vlan() and those like it. */
    { "igb", RTNL_VF_BIT(RTNL_VF_VLAN), EPROTONOSUPPORT, NO_8021AD },
    { "ixgbe", RTNL_VF_BIT(RTNL_VF_VLAN), EPROTONOSUPPORT, NO_8021AD },
    { "i40e", RTNL_VF_BIT(RTNL_VF_VLAN), EPROTONOSUPPORT, NO_8021AD },
    { "bnxt_en", RTNL_VF_BIT(RTNL_VF_VLAN), EPROTONOSUPPORT, NO_8021AD },
    /* igb_netdev_ops has no ndo_set_vf_link_state. */
    { "igb", RTNL_VF_BIT(RTNL_VF_LINK_STATE), EOPNOTSUPP,
      "this driver has no link state of VFs" },
};

bool
vf_driver_needs_pf_up(const char *driver, unsigned int fields,
                      bool *needs_link)
{
    for (size_t i = 0; i < ARRAY_SIZE(needs_pf_up); i++) {
        if (!strcmp(needs_pf_up[i].driver, driver)
            && needs_pf_up[i].fields & fields) {
            *needs_link = needs_pf_up[i].link;
            return true;
        }
    }
    return false;
}

/* A rate of 0 is what such a driver has anyway. */
static bool
is_asked(enum rtnl_vf_field field, const struct rtnl_vf *values)
{
    return field != RTNL_VF_MIN_TX_RATE || values->min_tx_rate;
}

const char *
vf_driver_lacks(const char *driver, unsigned int fields,
                const struct rtnl_vf *values, int errnum)
{
    for (size_t i = 0; i < ARRAY_SIZE(lacks); i++) {
        if (strcmp(lacks[i].driver, driver) || lacks[i].errnum != errnum) {
            continue;
        }
        for (int field = 0; field < RTNL_VF_N_FIELDS; field++) {
            if (lacks[i].fields & fields & RTNL_VF_BIT(field)
                && is_asked(field, values)) {
                return lacks[i].why;
            }
        }
    }
    return NULL;
}

bool
vf_is_refusal(int errnum)
{
    /* EPERM: mlx5's on the host side of a SmartNIC, whose embedded processor
     * manages the VFs. */
    static const int refusals[] = {
        EOPNOTSUPP, EINVAL, EPROTONOSUPPORT, ERANGE, ENOSYS, EPERM,
        KERNEL_ENOTSUPP,
    };

    for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
        if (errnum == refusals[i]) {
            return true;
        }
    }
    return false;
}

/* i40e and ice while a VF resets itself, which a change of its MAC address or
 * of its trust causes: "VF still in reset, try again". */
bool
vf_is_busy(int errnum)
{
    return errnum == EAGAIN || errnum == EBUSY;
}
