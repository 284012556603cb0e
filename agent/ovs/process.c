/* SPDX-License-Identifier: Apache-2.0 */

/* A look at the process ovs-vswitchd.  Must not conclude anything from it. */

#include <config.h>

#include "ovs/process.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "util.h"

#define PIDFILE "ovs-vswitchd.pid"

/* NULL if 'remote' is not on this host.  The caller frees. */
static char *
pidfile_name(const char *remote)
{
    static const char prefix[] = "unix:";
    const char *path, *slash;

    if (strncmp(remote, prefix, strlen(prefix))) {
        return NULL;
    }
    path = remote + strlen(prefix);
    slash = strrchr(path, '/');
    return slash ? xasprintf("%.*s/"PIDFILE, (int) (slash - path), path)
                 : NULL;
}

/* The third field of /proc/PID/stat, after the name in parentheses, see
 * proc(5). */
static enum switch_process
state_of(int pid)
{
    char name[32], text[512];
    const char *state;
    ssize_t n;

    snprintf(name, sizeof name, "/proc/%d/stat", pid);
    int fd CLEANUP_CLOSE = open(name, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || (n = read(fd, text, sizeof text - 1)) <= 0) {
        return SWITCH_UNKNOWN;
    }
    text[n] = '\0';
    state = strrchr(text, ')');
    if (!state || !state[1] || !state[2]) {
        return SWITCH_UNKNOWN;
    }
    return (strchr("Tt", state[2]) ? SWITCH_STOPPED
            : strchr("ZXx", state[2]) ? SWITCH_GONE
            : SWITCH_RUNS);
}

/* There is no pidfile: a process that ended in order has removed it, or there
 * never was one. */
static enum switch_process
look_without_pidfile(const struct switch_sighting *sighting)
{
    enum switch_process process = SWITCH_UNKNOWN;

    if (!sighting->pid) {
        return SWITCH_UNKNOWN;
    } else if (sighting->visible) {
        process = state_of(sighting->pid);
    }
    return process == SWITCH_UNKNOWN ? SWITCH_GONE : process;
}

enum switch_process
switch_process_look(struct switch_sighting *sighting, const char *remote)
{
    char *name CLEANUP_FREE = pidfile_name(remote);
    struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    enum switch_process process;

    int fd CLEANUP_CLOSE = name ? open(name, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0) {
        return look_without_pidfile(sighting);
    } else if (fcntl(fd, F_GETLK, &lock)) {
        return SWITCH_UNKNOWN;
    } else if (lock.l_type == F_UNLCK) {
        return SWITCH_GONE;
    } else if (lock.l_pid <= 0) {
        return SWITCH_RUNS; /* In another namespace: it has no id here. */
    }
    process = state_of(lock.l_pid);
    sighting->pid = lock.l_pid;
    sighting->visible = process != SWITCH_UNKNOWN;
    return process;
}

const char *
switch_process_text(enum switch_process process)
{
    switch (process) {
    case SWITCH_RUNS:
        return "its process runs";
    case SWITCH_STOPPED:
        return "its process is stopped";
    case SWITCH_GONE:
        return "its process has gone";
    case SWITCH_UNKNOWN:
    default:
        return "its process is not to be seen";
    }
}
