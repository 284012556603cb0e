/* SPDX-License-Identifier: Apache-2.0 */
/* Makes failing histories shorter: see shrink.h. */

#include <config.h>

#include "shrink.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "util.h"

/* So long may one history take. */
#define MAX_SECONDS 10

bool
try_history(const struct history *history, struct selection selection,
            enum mutation mutation, struct verdict *result)
{
    int status;
    pid_t pid;

    memset(verdict, 0, sizeof *verdict);
    fflush(stdout);
    fflush(stderr);
    pid = fork();
    if (!pid) {
        alarm(MAX_SECONDS);
        live(history, selection, mutation, false, &verdict->tally);
        _exit(0);
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid) {
        ovs_fatal(errno, "cannot start a process");
    }
    if (!status) {
        return false;
    }
    if (!verdict->invariant[0]) {
        bool killed = WIFSIGNALED(status);

        snprintf(verdict->invariant, sizeof verdict->invariant,
                 killed && WTERMSIG(status) == SIGALRM ? "ends" : "survives");
        snprintf(verdict->text, sizeof verdict->text, "%s %d",
                 killed ? "killed by signal" : "exit status",
                 killed ? WTERMSIG(status) : WEXITSTATUS(status));
    }
    *result = *verdict;
    return true;
}

struct shrinker {
    const struct history *history;
    enum mutation mutation;
    struct selection best;
    struct verdict *failure;
    time_t until;
};

static bool
try_without(struct shrinker *shrinker, uint64_t events, uint8_t ports)
{
    struct selection selection = {
        .events = shrinker->best.events & ~events,
        .ports = shrinker->best.ports & (uint8_t) ~ports,
    };
    struct verdict result;

    if ((selection.events == shrinker->best.events
         && selection.ports == shrinker->best.ports)
        || time(NULL) >= shrinker->until
        || !try_history(shrinker->history, selection, shrinker->mutation,
                        &result)
        || strcmp(result.invariant, shrinker->failure->invariant)) {
        return false;
    }
    shrinker->best = selection;
    *shrinker->failure = result;
    return true;
}

/* One round of leaving out; true if something could be. */
static bool
shrink_round(struct shrinker *shrinker)
{
    size_t n = shrinker->history->n;
    bool progress = false;

    for (unsigned int port = 0; port < N_PORTS; port++) {
        progress |= try_without(shrinker, 0, (uint8_t) (1u << port));
    }
    for (size_t chunk = (n + 1) / 2; chunk; chunk /= 2) {
        for (size_t at = 0; at < n; at += chunk) {
            uint64_t mask = ((UINT64_C(1) << chunk) - 1) << at;

            progress |= try_without(shrinker, mask, 0);
        }
    }
    return progress;
}

struct selection
shrink(const struct history *history, enum mutation mutation,
       struct verdict *failure, unsigned int seconds)
{
    struct shrinker shrinker = {
        .history = history, .mutation = mutation, .failure = failure,
        .until = time(NULL) + (time_t) seconds,
        .best = {
            .events = (UINT64_C(1) << history->n) - 1,
            .ports = (1u << history->n_ports) - 1,
        },
    };

    while (shrink_round(&shrinker)) {
        continue;
    }
    return shrinker.best;
}
