/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_RTNL_VF_H
#define KERNEL_RTNL_VF_H 1

/* What a PF's driver does for its VFs: "ip link set PF vf N ...".  The VF
 * itself need not have a driver, nor be in this namespace.
 *
 * There is no question about one VF alone: the kernel tells all of a PF's, so
 * each read costs as much as the PF has VFs. */

#include <stdbool.h>
#include <stdint.h>

#include <vif/binding.h>
#include <vif/error.h>

#include "kernel/rtnl.h"

enum rtnl_vf_field {
    RTNL_VF_MAC,
    RTNL_VF_VLAN,
    RTNL_VF_MIN_TX_RATE,
    RTNL_VF_MAX_TX_RATE,
    RTNL_VF_SPOOFCHK,
    RTNL_VF_TRUST,
    RTNL_VF_LINK_STATE,
    RTNL_VF_N_FIELDS
};
#define RTNL_VF_BIT(FIELD) (1U << (FIELD))

/* Without padding, so that two can be compared as they are. */
struct rtnl_vf_vlan {
    uint16_t id;                /* 0: none. */
    uint8_t qos;
    uint8_t is_8021ad;          /* 802.1ad's tag, not 802.1Q's. */
};

/* Values of some of the fields. */
struct rtnl_vf {
    unsigned int fields;        /* RTNL_VF_BIT() of each that is set. */
    struct vif_mac mac;         /* Zero: the VF chooses. */
    struct rtnl_vf_vlan vlan;
    uint32_t min_tx_rate, max_tx_rate;  /* Mbit/s; 0: no limit. */
    uint32_t spoofchk, trust;   /* 0 or 1. */
    uint32_t link_state;        /* enum vif_link_state. */
};

/* What a PF says about one of its VFs. */
struct rtnl_pf {
    struct rtnl_link link;      /* The PF itself. */
    unsigned int n_vfs;         /* That it has at present. */
    bool tells;                 /* Its driver describes VFs at all. */
    bool found;                 /* It describes this VF: 'vf' is filled. */
    struct rtnl_vf vf;
};

/* Reads VF 'number' of the PF whose link is 'ifindex'.  A field that the
 * driver does not report is not set in 'pf->vf'; the kernel itself makes up
 * a link state of "auto" and rates of 0 for drivers that have none.  Only
 * that the link itself cannot be read, or the kernel's list of VFs is cut
 * off, is an error. */
struct vif_error *rtnl_get_vf(struct rtnl *, int ifindex, unsigned int number,
                              struct rtnl_pf *pf) VIF_WARN_UNUSED;

/* The same of all of its VFs that it describes, by their numbers.  'pf->vf' is
 * not filled. */
typedef void rtnl_vf_cb(void *aux, unsigned int number,
                        const struct rtnl_vf *);
struct vif_error *rtnl_get_vfs(struct rtnl *, int ifindex, struct rtnl_pf *pf,
                               rtnl_vf_cb *tell, void *aux) VIF_WARN_UNUSED;

/* What the kernel takes as one: each is a request of its own, because of
 * several it tells neither which failed nor which were carried out. */
enum rtnl_vf_request {
    RTNL_VF_SET_MAC,
    RTNL_VF_SET_VLAN,
    RTNL_VF_SET_RATES,          /* Both: what is left out would be set to 0. */
    RTNL_VF_SET_SPOOFCHK,
    RTNL_VF_SET_TRUST,
    RTNL_VF_SET_LINK_STATE,
    RTNL_VF_N_REQUESTS
};

/* Sets of VF 'number' what 'request' is about, from 'values', whatever
 * 'values->fields' says. */
struct vif_error *rtnl_set_vf(struct rtnl *, int ifindex, unsigned int number,
                              enum rtnl_vf_request request,
                              const struct rtnl_vf *values) VIF_WARN_UNUSED;

#endif /* kernel/rtnl-vf.h */
