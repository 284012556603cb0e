/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLIENT_FAILURE_H
#define CLIENT_FAILURE_H 1

/* vifd's error objects as struct vif_error. */

#include <jansson.h>

#include <vif/error.h>

/* Makes an error of 'object', the "error" of an answer or of an event: what it
 * lacks is filled in with the least that can be said.  Never NULL. */
struct vif_error *failure_from_json(const json_t *object) VIF_WARN_UNUSED;

#endif /* client/failure.h */
