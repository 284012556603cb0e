/* SPDX-License-Identifier: Apache-2.0 */
/* A simulated vifd and a client of it.  See client-fixture.h. */

#include <config.h>

#include "tests/unit/client-fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

int64_t
soon(void)
{
    return vif_client_deadline(LONG_MS);
}

void
no_error(struct vif_error *error)
{
    if (error) {
        fail_msg("%s", error->message);
    }
}

void
connect_to(struct fixture *f, const char *const quirks[])
{
    simulated_start(&f->simulated, quirks);
    no_error(vif_client_open(f->simulated.socket, soon(), &f->client));
}

void
close_all(struct fixture *f)
{
    vif_client_close(f->client);
    simulated_stop(&f->simulated);
}

void
expect(struct vif_error *error, enum vif_error_code code, const char *part)
{
    assert_non_null(error);
    if (error->code != code || !strstr(error->message, part)) {
        fail_msg("%s: %s", vif_error_code_name(error->code), error->message);
    }
    vif_error_destroy(error);
}
