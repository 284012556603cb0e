/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_FAKE_PF_H
#define TESTS_FAKE_PF_H 1

/* A PF whose driver is played: it stands for kernel/rtnl-vf.c, and for
 * steps/held.c.  It has one VF, number FAKE_PF_VF; what it reports and how it
 * refuses is for the test to say. */

#include "kernel/rtnl-vf.h"

#define FAKE_PF_IFINDEX 7
#define FAKE_PF_VF 3
#define FAKE_PF_MAX_SETS 32

struct fake_pf {
    struct rtnl_pf pf;          /* What is read. */
    struct rtnl_vf wrong;       /* Fields that are set are read so, whatever
                                 * was written. */
    int errnums[RTNL_VF_N_REQUESTS];    /* How each request is answered. */
    const char *source;         /* The extack text of refusals. */
    bool no_zero_mac;           /* That of zero is EINVAL. */
    bool no_min_rate;           /* One that is not 0 is EINVAL, as igb's. */
    unsigned int n_busy;        /* So many requests are answered EAGAIN. */
    const char *holder;         /* Who holds the VF; NULL: nobody. */

    unsigned int n_gets, n_sets;
    enum rtnl_vf_request sets[FAKE_PF_MAX_SETS];    /* That were answered. */
};
extern struct fake_pf fake_pf;

/* A VF without anything: spoof checking on, no MAC address, link "auto", all
 * of it reported; the PF is up. */
void fake_pf_reset(void);

#endif /* tests/unit/fake-pf.h */
