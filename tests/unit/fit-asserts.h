/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_FIT_ASSERTS_H
#define TESTS_FIT_ASSERTS_H 1

/* What device_fit() answers one port. */

#include <vif/error.h>

struct device_request;
struct some_host;

/* It gets the device 'expected'. */
void assert_gets(struct some_host *, const struct device_request *,
                 const char *expected);

/* Port "p" is refused with 'code'; 'expected' is what is left after each
 * filter. */
void assert_refused(struct some_host *, const struct device_request *,
                    enum vif_error_code code, const char *expected);

#endif /* tests/unit/fit-asserts.h */
