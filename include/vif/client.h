/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VIF_CLIENT_H
#define VIF_CLIENT_H 1

/* libvifclient: asks the daemon vifd to plug and unplug ports, over its UNIX
 * socket.  Link with 'pkg-config --libs vifclient'.
 *
 * There are three layers, to be mixed freely on one connection:
 *
 *   - typed calls: a struct vif_binding goes in, a struct vif_details comes
 *     out (vif_client_plug() and its neighbours);
 *   - any method by name, with JSON text in and out (vif_client_call());
 *   - many requests under way at once, collected as they are answered, with a
 *     file descriptor for the caller's own poll loop (vif_client_submit(),
 *     vif_client_run(), vif_client_take()).
 *
 * Threads: a client belongs to one thread at a time; two clients know nothing
 * of each other.  The library starts no thread, keeps no global state, writes
 * nothing to stdout or stderr, and raises no SIGPIPE.
 *
 * Time: a deadline is a point of CLOCK_MONOTONIC in milliseconds, as
 * vif_client_deadline() makes it.  No function waits longer than the deadline
 * it is given.
 *
 * Memory: strings that a function returns are freed with free(), structs with
 * their own destroy function.  A failed allocation ends the program.
 *
 * Errors: NULL is success.  What vifd itself refused or failed to do, and
 * what kept it from answering at all, are both a struct vif_error; they are
 * told apart by whether there is a struct vif_answer.  Without an answer the
 * code is VIF_ERR_UNAVAILABLE (nobody listens, or the connection ended),
 * VIF_ERR_DEADLINE, VIF_ERR_ACCESS (the socket may not be opened),
 * VIF_ERR_INVALID (the request was never sent) or VIF_ERR_INTERNAL (vifd
 * broke the protocol). */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <vif/binding.h>
#include <vif/details.h>
#include <vif/error.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

struct vif_client;

/* The version of the protocol that this library speaks. */
#define VIF_CLIENT_PROTOCOL 1

/* The environment variable that names vifd's socket. */
#define VIF_CLIENT_SOCKET_ENV "VIFD_SOCKET"

/* The longest lines, in bytes.  Ours is what vifd says in "hello", this at
 * most; an answer that is longer ends the connection. */
#define VIF_CLIENT_REQUEST_MAX (1024 * 1024)
#define VIF_CLIENT_ANSWER_MAX (16 * 1024 * 1024)

/* Notifications kept for vif_client_take_event(); the oldest go first. */
#define VIF_CLIENT_EVENTS_MAX 4096

/* Time. */

#define VIF_CLIENT_NO_DEADLINE INT64_MAX

/* The point in time 'timeout_ms' milliseconds from now; with a negative
 * 'timeout_ms' VIF_CLIENT_NO_DEADLINE. */
int64_t vif_client_deadline(int64_t timeout_ms);

/* Connecting. */

/* The path that vif_client_open() takes for NULL: the value of VIFD_SOCKET if
 * it is set and not empty, else where vifd listens unless it is told
 * otherwise, which is /run/vifd/vifd.sock if the library was not built for
 * another place.  Static, or part of the environment. */
const char *vif_client_default_path(void);

/* Connects to the socket 'path' (NULL: vif_client_default_path()) and says
 * hello.  The caller closes '*clientp', which is NULL after an error.  A
 * daemon that does not speak our version of the protocol is an error of code
 * VIF_ERR_UNSUPPORTED. */
struct vif_error *vif_client_open(const char *path, int64_t deadline,
                                  struct vif_client **clientp)
    VIF_WARN_UNUSED;

/* Ends the connection.  What is under way in vifd goes on: a client that
 * leaves changes nothing.  NULL is allowed. */
void vif_client_close(struct vif_client *);

/* What the daemon said in "hello", and the path it was reached at.  They live
 * as long as the client. */
const char *vif_client_path(const struct vif_client *);
const char *vif_client_release(const struct vif_client *);  /* "0.1.0" */
bool vif_client_has_method(const struct vif_client *, const char *method);

/* One request after the other. */

/* The name in JSON: "failed-clean", "failed-undoing"; "none" if nothing was
 * begun. */
const char *vif_outcome_name(enum vif_outcome);

/* What vifd answered. */
struct vif_answer {
    uint64_t id;            /* Of the request, from vif_client_submit(). */
    char *result;           /* JSON text; NULL if it is an error. */

    struct vif_error *error;    /* vifd's verdict; NULL if it is a result. */
    char *port_id;          /* Of an error: which port; NULL if not one. */
    char *error_json;       /* The error object as it came: with what vifd
                             * says of each port of a group.  NULL if it is a
                             * result. */
};
void vif_answer_destroy(struct vif_answer *);       /* NULL is allowed. */

/* The error that 'json', the text of an error object, tells of: what vifd
 * says of one port of a group in 'error_json' or in a result.  Never NULL; of
 * code VIF_ERR_INTERNAL if 'json' is no object.  The caller owns it. */
struct vif_error *vif_client_error_from_json(const char *json)
    VIF_WARN_UNUSED;

/* Calls 'method' with 'params', the text of a JSON object (NULL: {}), and
 * waits for the answer.
 *
 * Returns NULL if vifd did it.  Else returns an error that the caller owns;
 * 'error' in the answer is NULL then, for it has been handed over.  Unless
 * 'answerp' is NULL, '*answerp' becomes the answer, to be destroyed by the
 * caller, or NULL if there was none.
 *
 * After VIF_ERR_DEADLINE without an answer nobody knows yet whether vifd did
 * it: the client stays usable, and the late answer is dropped. */
struct vif_error *vif_client_call(struct vif_client *, const char *method,
                                  const char *params, int64_t deadline,
                                  struct vif_answer **answerp)
    VIF_WARN_UNUSED;

/* Many requests at once. */

/* Hands 'method' with 'params' to the client, which sends it as soon as vifd
 * takes more requests (its limit of requests in flight is kept here), and
 * stores a number greater than 0, by which to know the answer, in '*idp'.
 * Does not block; something is written at the earliest by vif_client_run() or
 * vif_client_wait().  What is handed over waits in memory: that is for the
 * caller to bound.
 *
 * Fails with VIF_ERR_INVALID if 'params' is no JSON object or the request is
 * longer than vifd takes, and as vif_client_run() does. */
struct vif_error *vif_client_submit(struct vif_client *, const char *method,
                                    const char *params, uint64_t *idp)
    VIF_WARN_UNUSED;

/* For poll(): wait for vif_client_poll_events() on vif_client_fd(), then call
 * vif_client_run(), then take what has come.  Ask anew before each poll(). */
int vif_client_fd(const struct vif_client *);
short vif_client_poll_events(const struct vif_client *);

/* Writes and reads what can be without blocking.  Fails if the connection has
 * ended, for good; what came before can still be taken. */
struct vif_error *vif_client_run(struct vif_client *) VIF_WARN_UNUSED;

/* Waits until there is an answer or an event to take: returns at once if
 * there is.  Fails as vif_client_run() does, or with VIF_ERR_DEADLINE. */
struct vif_error *vif_client_wait(struct vif_client *, int64_t deadline)
    VIF_WARN_UNUSED;

/* The answer to request 'id', or with 0 the one that has waited longest; NULL
 * if there is none yet.  The caller destroys it. */
struct vif_answer *vif_client_take(struct vif_client *, uint64_t id);

/* Requests handed over and not yet answered. */
size_t vif_client_pending(const struct vif_client *);

/* Nobody wants the answer to 'id' any more: it is dropped when it comes.  A
 * request that was not sent yet is not sent; then returns true. */
bool vif_client_forget(struct vif_client *, uint64_t id);

/* Notifications. */

/* A port's change of state.  All strings but 'event' may be NULL. */
struct vif_event {
    char *event;            /* "plugged", "unplugged", "failed", "drifted",
                             * "state"; or "lost": only 'lost' counts. */
    char *port_id;
    char *from, *to;        /* States. */
    char *time;             /* RFC 3339. */
    struct vif_error *error;    /* Why, if something failed or drifted. */
    uint64_t lost;          /* Events before this one that were dropped, here
                             * or by vifd, since nobody took them. */
    char *json;             /* The notification's params, as JSON text. */
};
void vif_event_destroy(struct vif_event *);         /* NULL is allowed. */

/* Asks for notifications from now on; with 'replay' vifd first sends one for
 * each port that there is. */
struct vif_error *vif_client_watch(struct vif_client *, bool replay,
                                   int64_t deadline) VIF_WARN_UNUSED;

/* The oldest event that has come and was not taken, or NULL.  The caller
 * destroys it. */
struct vif_event *vif_client_take_event(struct vif_client *);

/* Waits for an event and takes it.  Answers to other requests stay where they
 * are.  '*eventp' is NULL after an error. */
struct vif_error *vif_client_next_event(struct vif_client *, int64_t deadline,
                                        struct vif_event **eventp)
    VIF_WARN_UNUSED;

/* Typed calls. */

/* When a plug or an unplug is answered. */
enum vif_wait {
    VIF_WAIT_OFPORT,        /* When it is proven that the switch uses it; or
                             * has let go of it, and it is gone. */
    VIF_WAIT_COMMITTED,     /* As soon as everything is written: the proof
                             * follows as an event.  Or as soon as it is out
                             * of the database, and its devices gone. */
};

struct vif_call_options {
    int64_t deadline;       /* Ours: how long to wait for the answer. */
    unsigned int timeout_ms;    /* vifd's, from when it reads the request: it
                             * then gives up and takes back what it began.
                             * 0: what vifd is configured to.  Less than the
                             * time to 'deadline', or nobody hears of it.  Of
                             * plug, unplug, activate and abort only: the
                             * other calls ignore it. */
    enum vif_wait wait;     /* Of a plug or unplug only. */
};

/* What a NULL 'options' stands for: 60 s, the rest as vifd is configured. */
#define VIF_CLIENT_TIMEOUT_MS 60000
void vif_call_options_init(struct vif_call_options *);

/* Plugs one port.  Unless 'detailsp' is NULL the caller destroys '*detailsp',
 * which is NULL after an error. */
struct vif_error *vif_client_plug(struct vif_client *,
                                  const struct vif_binding *,
                                  const struct vif_call_options *,
                                  struct vif_details **detailsp)
    VIF_WARN_UNUSED;

/* Plugs the 'n' ports of an instance in one request: all or none.  Unless
 * 'details' is NULL it has room for 'n' pointers, which become the ports'
 * details in the order of 'bindings', or NULL after an error. */
struct vif_error *vif_client_plug_all(struct vif_client *,
                                      const struct vif_binding *bindings,
                                      size_t n,
                                      const struct vif_call_options *,
                                      struct vif_details **details)
    VIF_WARN_UNUSED;

/* Unplugs a port.  One that is not plugged is a success with a warning. */
struct vif_error *vif_client_unplug(struct vif_client *, const char *port_id,
                                    const struct vif_call_options *,
                                    struct vif_details **detailsp)
    VIF_WARN_UNUSED;

/* A port that was plugged with 'prepare': activate lets it carry traffic,
 * abort takes it back. */
struct vif_error *vif_client_activate(struct vif_client *,
                                      const char *port_id,
                                      const struct vif_call_options *,
                                      struct vif_details **detailsp)
    VIF_WARN_UNUSED;
struct vif_error *vif_client_abort(struct vif_client *, const char *port_id,
                                   const struct vif_call_options *,
                                   struct vif_details **detailsp)
    VIF_WARN_UNUSED;

/* The devices of vifd's host, which of them may be used, and who has them.
 * Unless 'resultp' is NULL, '*resultp' becomes what "inventory" has answered,
 * as JSON text to be freed by the caller, or NULL after an error. */
struct vif_error *vif_client_inventory(struct vif_client *,
                                       const struct vif_call_options *,
                                       char **resultp) VIF_WARN_UNUSED;

/* Whether the host has devices for the 'n' ports of an instance: for all of
 * them together, or none.  Nothing is claimed.  Unless 'resultp' is NULL,
 * '*resultp' becomes what "fit" has answered, as JSON text to be freed by the
 * caller, or NULL after an error; that they do not fit is no error. */
struct vif_error *vif_client_fit(struct vif_client *,
                                 const struct vif_binding *bindings, size_t n,
                                 const struct vif_call_options *,
                                 char **resultp) VIF_WARN_UNUSED;

/* Gives no port the PF 'device' (its device, PCI address or netdev) or a VF of
 * it any more, or gives them again, and tells which ports are there.  Unless
 * 'resultp' is NULL, '*resultp' becomes what "drain" or "undrain" has
 * answered, as JSON text to be freed by the caller, or NULL after an error. */
struct vif_error *vif_client_drain(struct vif_client *, const char *device,
                                   const struct vif_call_options *,
                                   char **resultp) VIF_WARN_UNUSED;
struct vif_error *vif_client_undrain(struct vif_client *, const char *device,
                                     const struct vif_call_options *,
                                     char **resultp) VIF_WARN_UNUSED;

/* Makes vifd's journal anew, after it was damaged or lost, from what is on the
 * host; 'key' is NULL, vifd's key, or "new" for none of those that there are.
 * Unless 'resultp' is NULL, '*resultp' becomes what "rebuild" has answered, as
 * JSON text to be freed by the caller, or NULL after an error. */
struct vif_error *vif_client_rebuild(struct vif_client *, const char *key,
                                     const struct vif_call_options *,
                                     char **resultp) VIF_WARN_UNUSED;

/* What is known of a port that is plugged; VIF_ERR_NOT_FOUND if none is. */
struct vif_error *vif_client_show(struct vif_client *, const char *port_id,
                                  const struct vif_call_options *,
                                  struct vif_details **detailsp)
    VIF_WARN_UNUSED;

/* The same in pieces, for vif_client_submit(): the binding as JSON text, the
 * params of "plug" for one binding (n = 1) or a group, and those of "fit".  A
 * value of 'profile' and 'hints' that is the JSON text of a number, a boolean,
 * null, an array or an object is sent as that, any other as a string.  The
 * caller frees the result with free(). */
char *vif_binding_to_json(const struct vif_binding *);
char *vif_client_plug_params(const struct vif_binding *bindings, size_t n,
                             const struct vif_call_options *);
char *vif_client_fit_params(const struct vif_binding *bindings, size_t n);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif /* vif/client.h */
