/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "tests/unit/some-binding.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

void
set_text(char **member, const char *value)
{
    free(*member);
    *member = value ? strdup(value) : NULL;
}

struct vif_binding
make_binding(void)
{
    struct vif_binding b;

    vif_binding_init(&b);
    set_text(&b.port_id, PORT_ID);
    set_text(&b.instance_id, "0f1aa4b6-15a5-4a4b-8a3c-2e3a5c9b1f00");
    b.has_mac = true;
    assert_true(vif_mac_from_string("fa:16:3e:00:00:01", &b.mac));
    return b;
}

void
expect_refusal(const struct vif_binding *b, const char *where,
               const char *text)
{
    struct vif_error *error CLEANUP_ERROR = vif_binding_check(b);

    if (!error) {
        fail_msg("%s was accepted: should say '%s'", where, text);
        return;
    }
    assert_int_equal(error->code, VIF_ERR_INVALID);
    assert_string_equal(error->where, where);
    if (!strstr(error->message, text)) {
        fail_msg("'%s' lacks '%s'", error->message, text);
    }
}

void
expect_accepted(const struct vif_binding *b)
{
    struct vif_error *error CLEANUP_ERROR = vif_binding_check(b);

    if (error) {
        fail_msg("refused: %s", error->message);
    }
}
