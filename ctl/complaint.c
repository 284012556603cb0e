/* SPDX-License-Identifier: Apache-2.0 */
/* What went wrong, in words.  See complaint.h. */

#include <config.h>

#include "ctl/complaint.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <vif/client.h>

#include "ctl/session.h"
#include "ctl/units.h"
#include "lib/alloc.h"
#include "lib/cleanup.h"

static const char *const outcomes[] = {
    [VIF_OUTCOME_NONE] = "nothing was begun",
    [VIF_OUTCOME_FAILED_CLEAN] = "the host is as it was before "
                                 "(failed-clean)",
    [VIF_OUTCOME_FAILED_UNDOING] = "not everything is taken back yet; vifd "
                                   "goes on trying (failed-undoing)",
};

/* Methods that only look: what they leave on the host is no question. */
static const char *const looking[] = {
    "capabilities", "check", "fit", "hello", "inventory", "list", "plan",
    "show", "version", "watch",
};

static bool
only_looks(const char *method)
{
    for (size_t i = 0; i < sizeof looking / sizeof *looking; i++) {
        if (!strcmp(looking[i], method)) {
            return true;
        }
    }
    return false;
}

/* What to do about an error that will not go away by itself. */
static const char *
advice(enum vif_error_code code)
{
    switch (code) {
    case VIF_ERR_INVALID:
        return "no: the request has to change";
    case VIF_ERR_UNSUPPORTED:
        return "no: this host cannot do it";
    case VIF_ERR_ACCESS:
        return "no: 'access' in vifd.yaml does not allow it";
    case VIF_ERR_INTERNAL:
        return "no: this is a fault in vifd, please report it";
    default:
        return "not before what is in the way has gone";
    }
}

static void
put_note(struct session *session, const char *label, const char *text)
{
    fprintf(session->err.stream, "  %-11s ", label);
    terminal_put(&session->err, TONE_PLAIN, text);
    fputc('\n', session->err.stream);
}

static void
put_retry(struct session *session, const struct vif_error *error)
{
    if (!error->retry) {
        put_note(session, "try again:", advice(error->code));
    } else if (error->retry_ms) {
        char buf[UNITS_BUFSIZE];
        CLEANUP_FREE char *text
            = vif_xasprintf("yes, in %s",
                            units_duration(error->retry_ms * 1000LL, buf));

        put_note(session, "try again:", text);
    } else {
        put_note(session, "try again:",
                 "yes, the same request may succeed later");
    }
}

/* "what: message", or the message alone if it says all of that. */
static void
put_sentence(struct session *session, const char *what, const char *message)
{
    bool says = !strncmp(message, what, strlen(what));

    session_say(session, TONE_BAD, "%s%s%s", says ? "" : what,
                says ? "" : ": ", message);
}

void
complain(struct session *session, const char *method, const char *what,
         const struct vif_error *error)
{
    bool looks = only_looks(method);

    put_sentence(session, what, error->message);
    if (error->source && !strstr(error->message, error->source)) {
        put_note(session, "in full:", error->source);
    }
    if (error->where) {
        put_note(session, "look at:", error->where);
    }
    if (!looks) {
        put_note(session, "outcome:", outcomes[error->outcome]);
    }
    if (!looks || error->retry) {
        put_retry(session, error);
    }
}

void
complain_ports(struct session *session, const json_t *error)
{
    const json_t *data = json_object_get(error, "data");
    const json_t *port;
    size_t i;

    json_array_foreach (json_object_get(data, "ports"), i, port) {
        const char *id = json_string_value(json_object_get(port, "port_id"));
        const json_t *why = json_object_get(port, "error");
        const char *message
            = json_string_value(json_object_get(why, "message"));
        const char *outcome
            = json_string_value(json_object_get(port, "outcome"));
        CLEANUP_FREE char *text
            = vif_xasprintf("%s: %s", id ? id : "?",
                            message ? message
                            : outcome ? outcome : "not done");

        put_note(session, "port:", text);
    }
}

void
complain_unreachable(struct session *session, const struct vif_error *error)
{
    const char *hint = NULL;

    if (error->code == VIF_ERR_ACCESS && error->errnum) {
        hint = ": run vifctl as root, or as a member of the group that the "
               "socket belongs to";
    } else if (error->errnum == ENOENT || error->errnum == ECONNREFUSED) {
        hint = ": start vifd ('systemctl start vifd'), or name its socket "
               "with --socket or VIFD_SOCKET";
    } else if (error->code == VIF_ERR_DEADLINE) {
        hint = ": vifd is there but does not answer; see its log "
               "('journalctl -u vifd')";
    } else if (error->code == VIF_ERR_UNAVAILABLE) {
        hint = ": see vifd's log ('journalctl -u vifd')";
    }
    session_say(session, TONE_BAD, "%s%s%s",
                hint ? "vifd cannot be reached: " : "", error->message,
                hint ? hint : "");
}

void
complain_lost(struct session *session, const char *method, const char *what,
              const struct vif_error *error)
{
    put_sentence(session, what, error->message);
    if (error->code == VIF_ERR_INVALID) {
        put_note(session, "outcome:", "nothing was sent");
    } else if (!only_looks(method)) {
        put_note(session, "outcome:", "not known: see 'vifctl list' and "
                 "vifd's log ('journalctl -u vifd')");
    }
}
