/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_VIFCTL_PORTS_H
#define TESTS_VIFCTL_PORTS_H 1

/* Running vifctl again and again on the ports of one simulated vifd. */

#include <jansson.h>

#include "tests/unit/vifctl-run.h"

/* Set-up and tear-down of a test: '*state' is the struct simulated. */
int ports_start(void **state);
int ports_stop(void **state);

/* Runs "vifctl WORDS" and fails unless its exit status is 'status'.  What it
 * wrote lives until the next call. */
const struct run *vifctl(struct simulated *, int status, const char *words);

/* The only line of its standard output as JSON, to be released by the
 * caller. */
json_t *vifctl_json(struct simulated *, int status, const char *words);

/* Fails unless the value at 'path', written "a.0.b", is the JSON 'text'. */
void assert_at(const json_t *, const char *path, const char *text);

#endif /* tests/unit/vifctl-ports.h */
