/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_UNIT_SOME_BINDING_H
#define TESTS_UNIT_SOME_BINDING_H 1

/* A binding to change a member of, and what vif_binding_check() says then. */

#include <vif/binding.h>

#include "lib/cleanup.h"

#define CLEANUP_BINDING CLEANUP(vif_binding_destroy)

#define PORT_ID "b679325f-ca89-4ee0-a8be-6db1409b69ea"

/* One that is in order, of vnic_type normal. */
struct vif_binding make_binding(void);

/* Sets a member that is text; NULL removes it. */
void set_text(char **member, const char *value);

/* Fails unless the binding is refused at 'where', in words that have 'text'
 * among them. */
void expect_refusal(const struct vif_binding *, const char *where,
                    const char *text);
void expect_accepted(const struct vif_binding *);

#endif /* tests/unit/some-binding.h */
