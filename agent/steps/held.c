/* SPDX-License-Identifier: Apache-2.0 */

/* See held.h.  The helper looks (agent/privilege/vfio.c): the nodes below
 * /dev/vfio are root's, and who has them open is in other users'
 * processes. */

#include <config.h>

#include "steps/held.h"

#include "steps/device-path.h"

struct vif_error *
device_check_unheld(const char *device_name)
{
    struct privilege_pci_address address;

    /* Only PCI functions are driven by VFIO. */
    return (device_path_pci(device_name, &address)
            ? privilege_pci_check_unheld(&address) : NULL);
}
