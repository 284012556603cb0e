/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LIB_BINDING_PROFILE_H
#define LIB_BINDING_PROFILE_H 1

/* What one member of a binding says of another; for vifd, not for plugins,
 * which see the result. */

#include <vif/binding.h>

enum profile_answer {
    PROFILE_UNSAID,
    PROFILE_NO,
    PROFILE_YES,
    PROFILE_WRONG,          /* Neither true nor false. */
};

/* What the profile's "trusted" says: a boolean of JSON, or, as Nova has it, a
 * string that says as much. */
enum profile_answer binding_profile_trusted(const struct vif_binding *);

/* Whether the port gets a VF whose attributes can be set: one of vnic_type
 * direct or macvtap, but not the form of Neutron's macvtap agent. */
bool binding_has_vf(const struct vif_binding *);

/* Whether ports of this type have a tap, or a macvtap, which is much like one:
 * a device with a name that somebody opens. */
bool binding_has_tap(enum vif_vnic_type);

/* Fills in what was left out and the binding says elsewhere: vf.trust after
 * the profile's "trusted".  To be called by who has made a binding out of
 * something else; doing it again changes nothing. */
void binding_complete(struct vif_binding *);

#endif /* lib/binding-profile.h */
