/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPORT_INVENTORY_H
#define REPORT_INVENTORY_H 1

/* The devices of the host and their pools as an answer: doc/protocol.md. */

#include <stdbool.h>

struct device_host;
struct json;

/* Whether who asked may call 'method' for a physical network: for
 * '*networkp', which may be NULL; with 'networkp' NULL for all of them. */
typedef bool inventory_may_cb(void *aux, const char *method,
                              const char *const *networkp);

/* What 'may' hides is not in it: devices of physical networks for which
 * "inventory" may not be called, those of none in particular unless it may be
 * for all, and who holds a device where "show" may not be called. */
struct json *inventory_to_json(const struct device_host *,
                               inventory_may_cb *may, void *aux);

#endif /* report/inventory.h */
