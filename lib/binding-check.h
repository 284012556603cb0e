/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LIB_BINDING_CHECK_H
#define LIB_BINDING_CHECK_H 1

/* The pieces of vif_binding_check(), and how they say no.  Each is pure, and
 * relies on those before it having said yes. */

#include <stdint.h>

#include <vif/binding.h>
#include <vif/error.h>

#define CHECK_ALNUM \
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

/* "WHERE 'VALUE': WHY".  'where' is the member's name in JSON. */
struct vif_error *check_invalid(const char *where, const char *value,
                                const char *why) VIF_WARN_UNUSED;

/* Any other sentence about the member 'where'. */
struct vif_error *check_refuse(const char *where, const char *fmt, ...)
    VIF_PRINTF(2, 3) VIF_WARN_UNUSED;

struct vif_error *check_number(const char *where, uint32_t value,
                               uint32_t min, uint32_t max) VIF_WARN_UNUSED;

/* Why 's' is no name of a network device, or NULL. */
const char *check_device_name_fault(const char *s);

/* Members against one another. */
struct vif_error *check_together(const struct vif_binding *) VIF_WARN_UNUSED;

/* vf, macvtap and driver: their numbers, and what does not go together. */
struct vif_error *check_vf(const struct vif_binding *) VIF_WARN_UNUSED;

/* The keys and values of port_profile, and where it can be. */
struct vif_error *check_port_profile(const struct vif_binding *)
    VIF_WARN_UNUSED;

#endif /* lib/binding-check.h */
