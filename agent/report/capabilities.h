/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPORT_CAPABILITIES_H
#define REPORT_CAPABILITIES_H 1

/* What can be plugged here, with what, and for what cannot the one thing that
 * is missing.  Looks, and changes nothing: no module is loaded by asking. */

struct config;
struct device_claims;
struct json;
struct ovs;
struct plugins;

/* The answer to "capabilities": doc/protocol.md. */
struct json *capabilities_to_json(const struct config *,
                                  const struct plugins *,
                                  const struct ovs *,
                                  const struct device_claims *);

#endif /* report/capabilities.h */
