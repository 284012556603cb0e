/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPORT_DETAILS_H
#define REPORT_DETAILS_H 1

/* What vifd says about a port and about a failure, as JSON.  Reads what the
 * engine hands it and changes nothing; knows neither plugins nor sockets.
 * The shapes are in doc/protocol.md. */

struct json;
struct port_result;
struct vif_attrs;
struct vif_error;

/* The details of a port.  Of one that is gone there are only its id, how the
 * request ended, and what it took. */
struct json *details_to_json(const struct port_result *);

/* Dotted names as an object of objects, each value of the type that its name
 * has: "queues.effective" "4" becomes {"queues": {"effective": 4}}.  Only the
 * first dot counts. */
struct json *attrs_to_json(const struct vif_attrs *);

/* The "error" of an answer.  'code' is JSON-RPC's; 'more', an object with
 * further members of "data" or NULL, is taken over. */
struct json *error_to_json(int code, const struct vif_error *,
                           struct json *more);

#endif /* report/details.h */
