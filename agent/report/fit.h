/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPORT_FIT_H
#define REPORT_FIT_H 1

/* The answer to "fit": doc/protocol.md. */

#include <stddef.h>

#include <vif/error.h>

struct device_request;
struct fit_answer;
struct json;

/* The member "ports" for 'n' requests: the device of each, and where devices
 * went for those that fit none. */
struct json *fit_ports_to_json(const struct device_request *,
                               const struct fit_answer *, size_t n);

#endif /* report/fit.h */
