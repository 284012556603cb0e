/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STEPS_HELD_H
#define STEPS_HELD_H 1

/* Whether a guest, or another process, has a device: open by itself, through
 * VFIO, or by a link that sits on the device's netdev.  Nothing of such a
 * device may be taken back, nor may it be given to a new port: its guest would
 * lose its network without a word, and the kernel makes whoever unbinds the
 * driver wait until the guest is gone.
 *
 * These are looks: whoever unbinds or resets a function need not look for VFIO
 * before, because the helper does so while nobody else can open it.  For the
 * threads of lanes: with a driver of VFIO, or none, the helper is asked, which
 * may take as long as ten seconds. */

#include <vif/error.h>

#include "steps/step.h"

/* VIF_ERR_IN_USE, with the name of who holds it, if device 'device_name'
 * ("pci/0000:03:10.0") has a driver of VFIO and somebody has its node open.
 * NULL if nobody has, if it has another driver or none, or if it is not on
 * PCI or not there at all.  Any other error: it could not be found out, and
 * then it must be taken to be held. */
struct vif_error *device_check_unheld(const char *device_name)
    VIF_WARN_UNUSED;

/* VIF_ERR_IN_USE, with the name of the link, if there is one by which a guest
 * or a container has the netdev of 'step->object': a macvtap that libvirt has
 * made, a macvlan, an ipvlan.  Not one that is marked as that of the step's
 * port, which other steps see to.  Any other error: likewise. */
struct vif_error *device_check_links(struct step *step,
                                     const struct step_env *)
    VIF_WARN_UNUSED;

/* Both.  These two are check_unused() of steps. */
struct vif_error *device_check_unused(struct step *, const struct step_env *)
    VIF_WARN_UNUSED;

/* Both, for capture(), before it has written an original: NULL without a look
 * if the step's port has had the device already.  Then the guest may be its
 * own, also after a reboot, when the original is void and the guest may have
 * been started before the port was put back. */
struct vif_error *device_check_new(struct step *, const struct step_env *)
    VIF_WARN_UNUSED;

#endif /* steps/held.h */
