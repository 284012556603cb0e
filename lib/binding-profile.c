/* SPDX-License-Identifier: Apache-2.0 */

/* See binding-profile.h. */

#include <config.h>

#include "lib/binding-profile.h"

#include <string.h>
#include <strings.h>

/* The quotes are of a string that would be a boolean without them
 * (agent/binding/binding-value.h). */
enum profile_answer
binding_profile_trusted(const struct vif_binding *binding)
{
    static const struct {
        const char *text;
        enum profile_answer answer;
    } answers[] = {
        { "true", PROFILE_YES }, { "\"true\"", PROFILE_YES },
        { "false", PROFILE_NO }, { "\"false\"", PROFILE_NO },
    };
    const char *value = vif_attrs_get(&binding->profile, "trusted");

    if (!value) {
        return PROFILE_UNSAID;
    }
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        if (!strcasecmp(value, answers[i].text)) {
            return answers[i].answer;
        }
    }
    return PROFILE_WRONG;
}

bool
binding_has_vf(const struct vif_binding *binding)
{
    return (binding->vnic_type == VIF_VNIC_DIRECT
            || (binding->vnic_type == VIF_VNIC_MACVTAP
                && !binding->macvtap.source));
}

bool
binding_has_tap(enum vif_vnic_type type)
{
    return type == VIF_VNIC_NORMAL || type == VIF_VNIC_MACVTAP;
}

void
binding_complete(struct vif_binding *binding)
{
    enum profile_answer trusted = binding_profile_trusted(binding);

    if (binding_has_vf(binding) && !binding->vf.has_trust
        && (trusted == PROFILE_YES || trusted == PROFILE_NO)) {
        binding->vf.has_trust = true;
        binding->vf.trust = trusted == PROFILE_YES;
    }
}
