/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STEPS_HELD_H
#define STEPS_HELD_H 1

/* Whether a guest, or another process, has a device open by itself, through
 * VFIO.  Nothing of such a device may be taken back: its guest would lose its
 * network without a word, and the kernel makes whoever unbinds the driver
 * wait until the guest is gone. */

#include <vif/error.h>

/* VIF_ERR_IN_USE, with the name of who holds it, if device 'device_name'
 * ("pci/0000:03:10.0") has a driver of VFIO and somebody has its node open.
 * NULL if nobody has, if it has another driver or none, or if it is not on
 * PCI or not there at all.  Any other error: it could not be found out, and
 * then it must be taken to be held.
 *
 * It is a look: whoever unbinds or resets a function need not look before,
 * because the helper does so while nobody else can open it.  For the threads
 * of lanes: asks the helper and may take as long as ten seconds. */
struct vif_error *device_check_unheld(const char *device_name)
    VIF_WARN_UNUSED;

#endif /* steps/held.h */
