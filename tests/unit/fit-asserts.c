/* SPDX-License-Identifier: Apache-2.0 */
/* See fit-asserts.h. */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/fit-asserts.h"

#include "inventory/fit.h"
#include "lib/cleanup.h"
#include "tests/unit/some-nics.h"
#include "util.h"

void
assert_gets(struct some_host *host, const struct device_request *r,
            const char *expected)
{
    struct fit_answer answer;
    CLEANUP_ERROR struct vif_error *error = device_fit(&host->view, r, 1,
                                                       &answer);

    if (error) {
        fail_msg("%s", error->message);
    }
    assert_string_equal(answer.device->name, expected);
}

void
assert_refused(struct some_host *host, const struct device_request *r,
               enum vif_error_code code, const char *expected)
{
    struct fit_answer answer;
    CLEANUP_ERROR struct vif_error *error = device_fit(&host->view, r, 1,
                                                       &answer);
    CLEANUP_FREE char *message = xasprintf(
        "port p: no device fits; left after each filter: %s", expected);

    assert_non_null(error);
    assert_string_equal(error->message, message);
    assert_int_equal(error->code, code);
    assert_null(answer.device);
}
