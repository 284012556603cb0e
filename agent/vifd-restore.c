/* SPDX-License-Identifier: Apache-2.0 */

/* 'vifd --restore', which runs once after a reboot, before guests start: asks
 * the vifd that runs to put every port back in place, waits until it has, and
 * says of which it could not.  That vifd does so by itself; here is who waits
 * and tells.  A process of its own and a client like others: it may block. */

#include <config.h>

#include "agent/vifd.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "agent/config.h"
#include "agent/vifd-private.h"
#include "binding/json-array.h"
#include "lib/cleanup.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "timeval.h"
#include "util.h"

/* Between two tries, while vifd or Open vSwitch is not there yet. */
#define PAUSE_MS 200

/* No answer is longer. */
#define MAX_ANSWER (64 * 1024 * 1024)

/* What became of the ports. */
struct verdict {
    size_t n, n_ok;
    bool worth_another_try;     /* What failed may succeed later. */
};

static void
pause_until(long long deadline)
{
    long long left = deadline - time_msec();

    poll(NULL, 0, MAX(0, MIN(left, PAUSE_MS)));
}

/* Talking to vifd. */

static struct vif_error *
system_error(const char *doing, const char *path)
{
    int errnum = errno;

    return vif_error_create(VIF_ERR_UNAVAILABLE, "%s %s: %s", doing, path,
                            ovs_strerror(errnum));
}

static struct vif_error *
connect_once(const char *path, int *fdp)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    CLEANUP_CLOSE int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (strlen(path) >= sizeof address.sun_path) {
        return vif_error_create(VIF_ERR_INVALID, "%s: the path is too long",
                                path);
    }
    ovs_strzcpy(address.sun_path, path, sizeof address.sun_path);
    if (fd < 0 || connect(fd, (struct sockaddr *) &address, sizeof address)) {
        return system_error("connect to", path);
    }
    *fdp = fd;
    fd = -1;
    return NULL;
}

static struct vif_error *
send_line(int fd, const char *line, const char *path)
{
    for (size_t left = strlen(line); left; ) {
        ssize_t n = send(fd, line, left, MSG_NOSIGNAL);

        if (n < 0 && errno != EINTR) {
            return system_error("write to", path);
        } else if (n > 0) {
            line += n;
            left -= n;
        }
    }
    return NULL;
}

static struct vif_error *
receive_line(int fd, long long deadline, const char *path, struct ds *line)
{
    for (;;) {
        struct pollfd pfd = { .fd = fd, .events = POLLIN };
        long long left = deadline - time_msec();
        char buf[16384];
        ssize_t n;

        if (left <= 0 || !poll(&pfd, 1, left)) {
            return vif_error_create(VIF_ERR_DEADLINE, "vifd has not answered "
                                    "in time");
        }
        n = recv(fd, buf, sizeof buf, 0);
        if (n < 0 && errno == EINTR) {
            continue;
        } else if (n < 0) {
            return system_error("read from", path);
        } else if (!n || line->length > MAX_ANSWER) {
            return vif_error_create(VIF_ERR_UNAVAILABLE, "vifd ended the "
                                    "conversation");
        }
        ds_put_buffer(line, buf, n);
        if (memchr(buf, '\n', n)) {
            return NULL;
        }
    }
}

/* Calls "repair" for all ports; '*answerp' is the caller's. */
static struct vif_error *
ask(const char *path, long long deadline, struct json **answerp)
{
    struct ds line = DS_EMPTY_INITIALIZER;
    CLEANUP_CLOSE int fd = -1;
    struct vif_error *error = connect_once(path, &fd);

    if (!error) {
        /* A little less than there is, so that the answer still comes. */
        long long left = (deadline - time_msec()) / 20 * 19;

        ds_put_format(&line, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":"
                      "\"repair\",\"params\":{\"timeout_ms\":%lld}}\n",
                      MAX(1, left));
        error = send_line(fd, ds_cstr(&line), path);
        ds_clear(&line);
    }
    if (!error) {
        error = receive_line(fd, deadline, path, &line);
    }
    if (!error) {
        *answerp = json_from_string(ds_cstr(&line));
    }
    ds_destroy(&line);
    return error;
}

/* The answer. */

static const struct json *
member(const struct json *json, const char *name, enum json_type type)
{
    const struct json *value = (json && json->type == JSON_OBJECT
                                ? shash_find_data(json_object(json), name)
                                : NULL);

    return value && value->type == type ? value : NULL;
}

static const char *
text_of(const struct json *json, const char *name)
{
    const struct json *text = member(json, name, JSON_STRING);

    return text ? json_string(text) : "?";
}

/* Of each port what has become of it; NULL if 'answer' does not tell. */
static const struct json *
ports_of(const struct json *answer)
{
    return member(member(answer, "result", JSON_OBJECT), "ports", JSON_ARRAY);
}

static bool
is_true(const struct json *json, const char *name)
{
    return member(json, name, JSON_TRUE) != NULL;
}

/* Whether 'port' was on its way out when the machine went down: nobody wants
 * it in place. */
static bool
is_gone(const struct json *port)
{
    return !strcmp(text_of(port, "state"), "gone");
}

static void
judge_port(const struct json *port, struct verdict *verdict)
{
    const struct json *error = member(port, "error", JSON_OBJECT);

    if (is_gone(port)) {
        return;
    }
    verdict->n++;
    if (is_true(port, "ok")) {
        verdict->n_ok++;
    } else if (is_true(member(error, "data", JSON_OBJECT), "retry")) {
        verdict->worth_another_try = true;
    }
}

/* Adds up what 'answer' says. */
static struct vif_error *
judge(const struct json *answer, struct verdict *verdict)
{
    const struct json *error = member(answer, "error", JSON_OBJECT);
    const struct json *ports = ports_of(answer);

    *verdict = (struct verdict) { .n = 0 };
    if (error || !ports) {
        bool retry = is_true(member(error, "data", JSON_OBJECT), "retry");

        return vif_error_create(retry ? VIF_ERR_UNAVAILABLE : VIF_ERR_REFUSED,
                                "vifd: %s", text_of(error, "message"));
    }
    for (size_t i = 0; i < json_array_size(ports); i++) {
        judge_port(json_array_at(ports, i), verdict);
    }
    return NULL;
}

/* Says of each port that is not in place why. */
static void
tell(const struct json *answer)
{
    const struct json *ports = ports_of(answer);

    for (size_t i = 0; i < json_array_size(ports); i++) {
        const struct json *port = json_array_at(ports, i);

        if (!is_true(port, "ok") && !is_gone(port)) {
            fprintf(stderr, "port %s is not in place (%s): %s\n",
                    text_of(port, "port_id"), text_of(port, "state"),
                    text_of(member(port, "error", JSON_OBJECT), "message"));
        }
    }
}

/* Asks until all ports are in place, there is no hope or no time. */
static struct vif_error *
restore(const char *path, long long deadline, struct verdict *verdict)
{
    for (;;) {
        struct json *answer = NULL;
        struct vif_error *error = ask(path, deadline, &answer);
        bool late = time_msec() + PAUSE_MS >= deadline;

        if (!error) {
            error = judge(answer, verdict);
        }
        if (late || (error ? error->code != VIF_ERR_UNAVAILABLE
                     : !verdict->worth_another_try)) {
            if (!error) {
                tell(answer);
            }
            json_destroy(answer);
            return error;
        }
        json_destroy(answer);
        vif_error_destroy(error);
        pause_until(deadline);
    }
}

bool
vifd_restore(const struct vifd_options *options, unsigned int limit_ms)
{
    struct vifd_options copy = *options;
    struct config *config = NULL;
    struct verdict verdict = { .n = 0 };
    long long start = time_msec();
    struct vif_error *error = vifd_load_config(&copy, &config);

    if (!error) {
        error = restore(config->socket, start + limit_ms, &verdict);
    }
    config_destroy(config);
    if (error) {
        fprintf(stderr, "%s: %s\n", program_name, error->message);
        vif_error_destroy(error);
        return false;
    }
    printf("%"PRIuSIZE" of %"PRIuSIZE" ports are in place, after %.3f s\n",
           verdict.n_ok, verdict.n, (time_msec() - start) / 1000.0);
    return verdict.n_ok == verdict.n;
}
