/* SPDX-License-Identifier: Apache-2.0 */
/* See fake-pf.h. */

#include <config.h>

#include "tests/unit/fake-pf.h"

#include <errno.h>
#include <string.h>

#include "steps/held.h"

struct fake_pf fake_pf;

void
fake_pf_reset(void)
{
    memset(&fake_pf, 0, sizeof fake_pf);
    fake_pf.pf = (struct rtnl_pf) {
        .link = { .ifindex = FAKE_PF_IFINDEX, .name = "eth1", .up = true,
                  .running = true },
        .n_vfs = 8,
        .tells = true,
        .found = true,
        .vf = { .fields = RTNL_VF_BIT(RTNL_VF_N_FIELDS) - 1, .spoofchk = 1 },
    };
}

/* Overlays 'wrong', field by field. */
static void
distort(struct rtnl_vf *vf)
{
    const struct rtnl_vf *wrong = &fake_pf.wrong;

    if (wrong->fields & RTNL_VF_BIT(RTNL_VF_MAC)) {
        vf->mac = wrong->mac;
    }
    if (wrong->fields & RTNL_VF_BIT(RTNL_VF_MAX_TX_RATE)) {
        vf->max_tx_rate = wrong->max_tx_rate;
    }
}

struct vif_error *
rtnl_get_vf(struct rtnl *rtnl, int ifindex, unsigned int number,
            struct rtnl_pf *pf)
{
    (void) rtnl;
    fake_pf.n_gets++;
    if (ifindex != FAKE_PF_IFINDEX) {
        return vif_error_create(VIF_ERR_NOT_FOUND, "no link %d", ifindex);
    }
    *pf = fake_pf.pf;
    pf->found = pf->found && number == FAKE_PF_VF;
    distort(&pf->vf);
    return NULL;
}

struct vif_error *
rtnl_get_vfs(struct rtnl *rtnl, int ifindex, struct rtnl_pf *pf,
             rtnl_vf_cb *tell, void *aux)
{
    struct vif_error *error = rtnl_get_vf(rtnl, ifindex, FAKE_PF_VF, pf);

    if (!error) {
        tell(aux, FAKE_PF_VF, &pf->vf);
    }
    return error;
}

/* Why the driver does not take 'values'; 0 if it does. */
static int
refuse(enum rtnl_vf_request request, const struct rtnl_vf *values)
{
    if (request == RTNL_VF_SET_MAC && fake_pf.no_zero_mac
        && vif_mac_is_zero(&values->mac)) {
        return EINVAL;
    }
    if (request == RTNL_VF_SET_RATES && fake_pf.no_min_rate
        && values->min_tx_rate) {
        return EINVAL;
    }
    return fake_pf.errnums[request];
}

struct vif_error *
rtnl_set_vf(struct rtnl *rtnl, int ifindex, unsigned int number,
            enum rtnl_vf_request request, const struct rtnl_vf *values)
{
    struct rtnl_vf *vf = &fake_pf.pf.vf;

    (void) rtnl;
    if (ifindex != FAKE_PF_IFINDEX || number != FAKE_PF_VF) {
        return vif_error_create(VIF_ERR_INTERNAL, "VF %u of %d", number,
                                ifindex);
    }
    if (fake_pf.n_busy) {
        fake_pf.n_busy--;
        return vif_error_from_errno(EAGAIN, "kernel");
    }
    fake_pf.sets[fake_pf.n_sets++ % FAKE_PF_MAX_SETS] = request;
    int errnum = refuse(request, values);
    if (errnum) {
        return vif_error_with_source(vif_error_from_errno(errnum, "kernel"),
                                     fake_pf.source);
    }

    switch (request) {
    case RTNL_VF_SET_MAC:
        vf->mac = values->mac;
        break;
    case RTNL_VF_SET_VLAN:
        vf->vlan = values->vlan;
        break;
    case RTNL_VF_SET_RATES:
        vf->min_tx_rate = values->min_tx_rate;
        vf->max_tx_rate = values->max_tx_rate;
        break;
    case RTNL_VF_SET_SPOOFCHK:
        vf->spoofchk = values->spoofchk;
        break;
    case RTNL_VF_SET_TRUST:
        vf->trust = values->trust;
        break;
    case RTNL_VF_SET_LINK_STATE:
    case RTNL_VF_N_REQUESTS:
    default:
        vf->link_state = values->link_state;
        break;
    }
    return NULL;
}

static struct vif_error *
check_holder(const char *device_name)
{
    return (fake_pf.holder
            ? vif_error_create(VIF_ERR_IN_USE, "%s is held by %s",
                               device_name, fake_pf.holder)
            : NULL);
}

struct vif_error *
device_check_unheld(const char *device_name)
{
    return check_holder(device_name);
}

struct vif_error *
device_check_links(struct step *step, const struct step_env *env)
{
    (void) env;
    return check_holder(step->object);
}

struct vif_error *
device_check_unused(struct step *step, const struct step_env *env)
{
    (void) env;
    return check_holder(step->object);
}

struct vif_error *
device_check_new(struct step *step, const struct step_env *env)
{
    (void) env;
    return (step->has_previous || step->original.n ? NULL
            : check_holder(step->object));
}
