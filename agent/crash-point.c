/* SPDX-License-Identifier: Apache-2.0 */

/* Dying on purpose: see crash-point.h.  Compiled only with
 * --enable-crash-points.  It must know nothing of who passes its points. */

#include <config.h>

#include "crash-point.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NAME_MAX_LEN 160

static pthread_once_t once = PTHREAD_ONCE_INIT;
static char crash_at[NAME_MAX_LEN];     /* Empty: nowhere. */
static atomic_long passes_left;
static int log_fd = -1;

static void
refuse_environment(const char *variable, const char *value)
{
    fprintf(stderr, "%s=%s: %s\n", variable, value,
            errno ? strerror(errno) : "not of the form NAME[:N]");
    abort();
}

static void
read_environment(void)
{
    const char *at = getenv("VIFD_CRASH_AT");
    const char *log = getenv("VIFD_CRASH_LOG");

    if (at && at[0]) {
        const char *colon = strchr(at, ':');
        size_t len = colon ? (size_t) (colon - at) : strlen(at);
        char *end = NULL;
        long n = colon ? strtol(colon + 1, &end, 10) : 1;

        if (!len || len >= sizeof crash_at || n < 1 || (end && *end)) {
            errno = 0;
            refuse_environment("VIFD_CRASH_AT", at);
        }
        memcpy(crash_at, at, len);
        atomic_store(&passes_left, n);
    }
    if (log && log[0]) {
        log_fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        if (log_fd < 0) {
            refuse_environment("VIFD_CRASH_LOG", log);
        }
    }
}

/* One write() a line: lines of several threads do not mix (O_APPEND). */
static void
log_point(const char *name)
{
    char line[NAME_MAX_LEN + 1];
    int len = snprintf(line, sizeof line, "%s\n", name);

    if (write(log_fd, line, len) != len) {
        refuse_environment("VIFD_CRASH_LOG", getenv("VIFD_CRASH_LOG"));
    }
}

void
crash_point(const char *room, const char *act, const char *moment)
{
    char name[NAME_MAX_LEN];

    pthread_once(&once, read_environment);
    if (log_fd < 0 && !crash_at[0]) {
        return;
    }

    snprintf(name, sizeof name, "%s/%s/%s", room, act, moment);
    if (log_fd >= 0) {
        log_point(name);
    }
    if (!strcmp(name, crash_at) && atomic_fetch_sub(&passes_left, 1) == 1) {
        kill(getpid(), SIGKILL);
    }
}
