/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CTL_SESSION_H
#define CTL_SESSION_H 1

/* What a command works with: the connection to vifd, made when it is first
 * needed, the time that is left, and where to write.  A failure is told to
 * the user here, once, so that a command only passes the status on. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include <vif/client.h>

#include "ctl/command.h"
#include "ctl/terminal.h"
#include "ctl/writer.h"

struct invocation;

struct session {
    const struct invocation *invocation;
    const char *path;           /* Of the socket. */
    int64_t timeout_ms;         /* Less than 0: none. */
    int64_t deadline;
    struct vif_client *client;  /* NULL until session_connect(). */
    struct terminal out, err;   /* stdout and stderr. */
    struct writer *writer;      /* To 'out'. */
};

/* Prepares 'session' for 'invocation', which must live as long. */
void session_init(struct session *, const struct invocation *);
void session_destroy(struct session *);

/* The time that there is without "--timeout"; less than 0 is no limit.  To be
 * called before the first other function. */
void session_set_default_timeout(struct session *, int64_t timeout_ms);

/* Something has come: unless the user has limited the whole by "--timeout",
 * the time without it begins anew, so that a thousand ports get more of it
 * than one. */
void session_renew_deadline(struct session *);

/* Connects, unless that has been done.  Tells the user why it failed. */
enum status session_connect(struct session *);

/* Calls 'method' with 'params', which it takes over, and stores the result
 * into '*resultp', to be released by the caller; NULL unless STATUS_DONE.
 * Tells the user why it failed: "what: reason". */
enum status session_call(struct session *, const char *method, json_t *params,
                         const char *what, json_t **resultp);

/* Tells the user if 'result' says that vifd's journal cannot be used.
 * session_call() does so by itself. */
void session_say_journal(struct session *, const json_t *result);

/* The milliseconds that vifd gets for a request that has a "timeout_ms": less
 * than we wait, so that its verdict still arrives.  0: what it is configured
 * to, because the user did not say. */
int64_t session_daemon_timeout_ms(const struct session *);

/* The status that stands for 'error'; 'answered' says that it is vifd's own
 * verdict. */
enum status session_status(const struct vif_error *error, bool answered);

/* Tells the user what 'method' could not do: 'what' ("plug PORT") and 'error'.
 * With 'error_json', vifd's error as JSON, also what it says of each port of a
 * group, and the formats for programs get that object.  Does not take anything
 * over. */
void session_complain(struct session *, const char *method, const char *what,
                      const struct vif_error *error, const char *error_json);

/* Says one sentence on stderr: "vifctl: ...". */
void session_say(struct session *, enum tone, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Text for cleanup attributes. */
void session_cleanup_json(json_t **);
#define CLEANUP_JSON CLEANUP(session_cleanup_json)

#endif /* ctl/session.h */
