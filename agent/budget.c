/* SPDX-License-Identifier: Apache-2.0 */

/* How much memory is left: see budget.h.  Must not know what it is for. */

#include <config.h>

#include "agent/budget.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "openvswitch/vlog.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(budget);

#define MIB (1024 * 1024)

/* When to try again: what is under way then is over, as a rule. */
#define RETRY_MS 1000

/* A group and those that it is in. */
#define MAX_GROUPS 8

/* What a use leaves alone, and what each port under way may need until its
 * request is answered: at most 8 KiB stay, the rest is the transaction, its
 * echo and the answer, all as JSON. */
static const struct {
    uint64_t reserve, per_port;
} needs[] = {
    [BUDGET_ADD] = { 16 * MIB, 32 * 1024 },
    [BUDGET_LOOK] = { 8 * MIB, 16 * 1024 },
    [BUDGET_FREE] = { 4 * MIB, 8 * 1024 },
};

struct budget {
    int usage_fd;               /* PROC/statm, or -1. */
    int group_fds[MAX_GROUPS];  /* memory.max of each group. */
    size_t n_groups;
    uint64_t option;
    uint64_t page;

    long long looked_ms;        /* When what follows was found out. */
    uint64_t left, max;         /* UINT64_MAX: no limit. */
    const char *whose;          /* The limit that leaves the least. */

    uint64_t n_refused;
};

/* Reads a small file from its beginning; an empty string if that fails. */
static void
read_text(int fd, char *buf, size_t size)
{
    ssize_t n = fd >= 0 ? pread(fd, buf, size - 1, 0) : 0;

    buf[MAX(n, 0)] = '\0';
}

/* The path of the process's group within 'cgroups', as /proc/self/cgroup
 * tells it of version 2: "0::/system.slice/vifd.service".  NULL if it is in
 * none.  The caller frees. */
static char *
group_path(const char *proc, const char *cgroups)
{
    CLEANUP_FREE char *name = xasprintf("%s/cgroup", proc);
    CLEANUP_CLOSE int fd = open(name, O_RDONLY | O_CLOEXEC);
    char text[4096];
    char *save = NULL;

    read_text(fd, text, sizeof text);
    for (char *line = strtok_r(text, "\n", &save); line;
         line = strtok_r(NULL, "\n", &save)) {
        if (!strncmp(line, "0::/", 4)) {
            return xasprintf("%s%s", cgroups, line + 3);
        }
    }
    return NULL;
}

/* Opens the limit of each group, from the process's own upwards. */
static void
open_groups(struct budget *budget, const char *proc, const char *cgroups)
{
    CLEANUP_FREE char *path = group_path(proc, cgroups);

    while (path && strlen(path) >= strlen(cgroups)
           && budget->n_groups < MAX_GROUPS) {
        CLEANUP_FREE char *name = xasprintf("%s/memory.max", path);
        int fd = open(name, O_RDONLY | O_CLOEXEC);
        char *slash = strrchr(path, '/');

        if (fd >= 0) {
            budget->group_fds[budget->n_groups++] = fd;
        }
        *slash = '\0';
    }
}

struct budget *
budget_create(const char *proc, const char *cgroups)
{
    struct budget *budget = xzalloc(sizeof *budget);
    CLEANUP_FREE char *usage = xasprintf("%s/statm", proc);

    budget->usage_fd = open(usage, O_RDONLY | O_CLOEXEC);
    budget->page = sysconf(_SC_PAGESIZE);
    budget->looked_ms = -1;
    open_groups(budget, proc, cgroups);
    return budget;
}

void
budget_destroy(struct budget *budget)
{
    if (budget) {
        if (budget->usage_fd >= 0) {
            close(budget->usage_fd);
        }
        for (size_t i = 0; i < budget->n_groups; i++) {
            close(budget->group_fds[i]);
        }
        free(budget);
    }
}

void
budget_set_limit(struct budget *budget, uint64_t bytes)
{
    budget->option = bytes;
    budget->looked_ms = -1;
}

static void
consider(struct budget *budget, const char *whose, uint64_t max,
         uint64_t used)
{
    uint64_t left = max - MIN(used, max);

    if (left < budget->left) {
        budget->left = left;
        budget->max = max;
        budget->whose = whose;
    }
}

static void
consider_resource(struct budget *budget, int resource, const char *whose,
                  uint64_t used)
{
    struct rlimit limit;

    if (!getrlimit(resource, &limit) && limit.rlim_cur != RLIM_INFINITY) {
        consider(budget, whose, limit.rlim_cur, used);
    }
}

/* proc_pid_statm(5): pages, in this order. */
struct usage {
    uint64_t size, resident, shared, text, library, data;
};

static bool
read_usage(const struct budget *budget, struct usage *usage)
{
    char text[256];

    read_text(budget->usage_fd, text, sizeof text);
    return ovs_scan(text, "%"SCNu64" %"SCNu64" %"SCNu64" %"SCNu64" %"SCNu64
                    " %"SCNu64, &usage->size, &usage->resident,
                    &usage->shared, &usage->text, &usage->library,
                    &usage->data);
}

static void
look(struct budget *budget)
{
    long long now = time_msec();
    struct usage usage;
    char text[32];

    if (now == budget->looked_ms) {
        return;
    }
    budget->looked_ms = now;
    budget->left = budget->max = UINT64_MAX;
    budget->whose = NULL;
    if (!read_usage(budget, &usage)) {
        return;
    }

    uint64_t own = (usage.resident - MIN(usage.shared, usage.resident))
                   * budget->page;
    consider_resource(budget, RLIMIT_AS, "RLIMIT_AS",
                      usage.size * budget->page);
    consider_resource(budget, RLIMIT_DATA, "RLIMIT_DATA",
                      usage.data * budget->page);
    if (budget->option) {
        consider(budget, "memory_limit in vifd.yaml", budget->option, own);
    }
    for (size_t i = 0; i < budget->n_groups; i++) {
        unsigned long long max;

        read_text(budget->group_fds[i], text, sizeof text);
        if (ovs_scan(text, "%llu", &max)) {     /* Not "max". */
            consider(budget, "memory.max of its control group", max, own);
        }
    }
}

struct vif_error *
budget_check(struct budget *budget, enum budget_use use, size_t n_ports)
{
    static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(6, 10);

    if (!budget) {
        return NULL;
    }
    look(budget);

    uint64_t need = needs[use].reserve + n_ports * needs[use].per_port;
    if (budget->left >= need) {
        return NULL;
    }
    budget->n_refused++;
    struct vif_error *error = vif_error_create(
        VIF_ERR_BUSY, "vifd is short of memory: %"PRIu64" MiB are left of "
        "the %"PRIu64" MiB that %s allows, and it begins this with no less "
        "than %"PRIu64" MiB", budget->left / MIB, budget->max / MIB,
        budget->whose, (need + MIB - 1) / MIB);
    VLOG_WARN_RL(&rl, "%s", error->message);
    error->errnum = ENOMEM;
    return vif_error_with_retry(error, RETRY_MS);
}

uint64_t
budget_left(struct budget *budget)
{
    look(budget);
    return budget->left;
}

uint64_t
budget_refused(const struct budget *budget)
{
    return budget->n_refused;
}
