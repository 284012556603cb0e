/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PRIVILEGE_VERBS_H
#define PRIVILEGE_VERBS_H 1

/* What the helper can do, and the checks before it does it. */

#include <stddef.h>

#include <vif/error.h>

#include "privilege/privilege.h"
#include "privilege/protocol.h"

/* Checks all of a request and carries it out.  On success '*fdp' is a
 * descriptor that the caller owns, or -1, and 'text' the answer, perhaps "".
 * May block as long as the kernel likes.  Any thread. */
struct vif_error *privilege_carry_out(const struct privilege_host *,
                                      const struct privilege_request *,
                                      char *text, size_t size, int *fdp)
    VIF_WARN_UNUSED;

/* One of each kind; they need not look at what the verb does not use.
 * pci.c: attributes of a network controller, and who holds it. */
struct vif_error *pci_carry_out(const struct privilege_host *,
                                const struct privilege_request *, int *fdp)
    VIF_WARN_UNUSED;

/* nodes.c: who may open the device node of a macvtap or vDPA device; taking a
 * macvtap's from everybody; whether somebody has that open. */
struct vif_error *node_carry_out(const struct privilege_host *,
                                 const struct privilege_request *)
    VIF_WARN_UNUSED;
struct vif_error *node_close(const struct privilege_host *,
                             const struct privilege_request *)
    VIF_WARN_UNUSED;
struct vif_error *node_check_unheld(const struct privilege_host *,
                                    const struct privilege_request *)
    VIF_WARN_UNUSED;

#endif /* privilege/verbs.h */
