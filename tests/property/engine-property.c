/* SPDX-License-Identifier: Apache-2.0 */
/* The property test of the engine: random histories on a simulated host, in
 * several processes, with one line of TAP for each family of histories.  What
 * must hold is in oracle.c, watch.c and differs.c. */

#include <config.h>

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "history.h"
#include "life.h"
#include "mutation.h"
#include "openvswitch/vlog.h"
#include "shrink.h"
#include "util.h"
#include "verdict.h"

enum { MAX_JOBS = 64 };

/* So many histories may be needed to notice a mutation. */
#define MUTATION_HISTORIES 20000

/* A watchdog is wound up so often; one history takes a millisecond. */
#define WATCHDOG_HISTORIES 500
#define WATCHDOG_SECONDS 60

struct options {
    uint64_t seed;
    uint64_t histories;     /* Of all families together. */
    const struct family *family;        /* NULL: all. */
    bool one;               /* Only history 'number'. */
    uint64_t number;
    struct selection selection;
    unsigned int jobs;
    unsigned int shrink_seconds;
    enum mutation mutation;
    bool self_test;
    bool verbose;
};

static struct verdict *verdicts;    /* One for each job; shared. */

static double
now(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double) ts.tv_sec + (double) ts.tv_nsec / 1e9;
}

/* Lives through histories 'first', 'first' + 'stride' ... below 'end'. */
static void
work(const struct options *options, const struct family *family,
     uint64_t first, uint64_t end, uint64_t stride)
{
    static struct history history;

    for (uint64_t i = first; i < end; i += stride) {
        if ((i - first) / stride % WATCHDOG_HISTORIES == 0) {
            alarm(WATCHDOG_SECONDS);
        }
        verdict->number = i;
        history_make(&history, family, options->seed, i);
        live(&history, SELECT_ALL, options->mutation, false,
             &verdict->tally);
    }
}

static void
tally_add(struct tally *to, const struct tally *from)
{
    for (size_t i = 0; i < sizeof *to / sizeof(uint64_t); i++) {
        ((uint64_t *) to)[i] += ((const uint64_t *) from)[i];
    }
}

/* Lives through 'n' histories of 'family'.  True, and which of them it was, if
 * one failed. */
static bool
run(const struct options *options, const struct family *family, uint64_t n,
    struct tally *tally, uint64_t *failed)
{
    pid_t pids[MAX_JOBS];
    bool any = false;

    memset(tally, 0, sizeof *tally);
    fflush(stdout);
    for (unsigned int i = 0; i < options->jobs; i++) {
        memset(&verdicts[i], 0, sizeof verdicts[i]);
        pids[i] = fork();
        if (pids[i] < 0) {
            ovs_fatal(errno, "cannot start a process");
        }
        if (!pids[i]) {
            verdict = &verdicts[i];
            work(options, family, i, n, options->jobs);
            exit(0);        /* Not _exit(): leaks are looked for now. */
        }
    }
    for (unsigned int i = 0; i < options->jobs; i++) {
        int status;

        if (waitpid(pids[i], &status, 0) != pids[i]) {
            ovs_fatal(errno, "cannot wait for a process");
        }
        tally_add(tally, &verdicts[i].tally);
        if (!status || (any && WIFSIGNALED(status)
                        && WTERMSIG(status) == SIGTERM)) {
            continue;
        }
        if (!any || verdicts[i].number < *failed) {
            *failed = verdicts[i].number;
        }
        any = true;
        for (unsigned int j = i + 1; j < options->jobs; j++) {
            kill(pids[j], SIGTERM);
        }
    }
    return any;
}

/* As a script, each line of which is one of the history's events. */
static void
print_history(const struct history *history, struct selection selection,
              const char *prefix)
{
    char buf[1024];

    for (size_t i = 0; i < history->n; i++) {
        if (selection.events & UINT64_C(1) << i) {
            printf("%s%3zu. %s\n", prefix, i,
                   event_describe(&history->events[i], buf, sizeof buf));
        }
    }
}

static void
print_command(const struct options *options, const struct history *history,
              struct selection selection)
{
    printf("#   engine-property --seed %"PRIu64" --family %s --history"
           " %"PRIu64, history->seed, history->family->name,
           history->number);
    if (options->mutation) {
        printf(" --mutate %s", mutations[options->mutation].name);
    }
    printf(" --events %"PRIx64" --ports %x -v\n", selection.events,
           selection.ports);
}

/* Says how history 'number' fails, as shortly as that can be said. */
static void
explain(const struct options *options, const struct family *family,
        uint64_t number)
{
    static struct history history;
    struct verdict failure;
    struct selection selection;

    verdict = &verdicts[0];
    history_make(&history, family, options->seed, number);
    if (!try_history(&history, SELECT_ALL, options->mutation, &failure)) {
        printf("# history %"PRIu64" failed, but not by itself: perhaps a"
               " leak, or the history before it\n", number);
        return;
    }
    selection = shrink(&history, options->mutation, &failure,
                       options->shrink_seconds);
    printf("# history %"PRIu64" breaks '%s':\n#   ", number,
           failure.invariant);
    for (const char *p = failure.text; *p; p++) {
        fputs(*p == '\n' ? "\n#   " : (char []) { *p, 0 }, stdout);
    }
    printf("\n# what happens, of %zu events:\n", history.n);
    print_history(&history, selection, "#   ");
    printf("# to see it:\n");
    print_command(options, &history, selection);
}

static bool
test_family(const struct options *options, const struct family *family,
            unsigned int test, uint64_t n)
{
    double start = now();
    struct tally t;
    uint64_t number = 0;
    bool failed = run(options, family, n, &t, &number);

    printf("%sok %u - %s: %"PRIu64" histories\n", failed ? "not " : "", test,
           family->name, t.histories);
    printf("# %s\n# seed %"PRIu64", %.1f s; %"PRIu64" events, %"PRIu64
           " requests (%"PRIu64" done, %"PRIu64" failed-clean, %"PRIu64
           " failed-undoing),\n# %"PRIu64" operations, %"PRIu64" of them"
           " faulty, %"PRIu64" commits, %"PRIu64" crashes\n", family->what,
           options->seed, now() - start, t.events, t.requests, t.outcomes[0],
           t.outcomes[1], t.outcomes[2], t.tasks, t.hits, t.commits,
           t.crashes);
    if (failed) {
        explain(options, family, number);
    }
    fflush(stdout);
    return !failed;
}

static int
test_all(const struct options *options)
{
    unsigned int n = options->family ? 1 : (unsigned int) n_families;
    bool ok = true;

    printf("1..%u\n", n);
    for (unsigned int i = 0; i < n; i++) {
        const struct family *family = options->family ? options->family
                                      : &families[i];
        uint64_t share = options->family ? options->histories
                         : MAX(1, options->histories * family->share / 100);

        ok &= test_family(options, family, i + 1, share);
    }
    return ok ? 0 : 1;
}

/* Each mutation has to be noticed, or the test proves nothing. */
static int
self_test(struct options *options)
{
    bool ok = true;

    printf("1..%d\n", N_MUTATIONS - 1);
    for (int i = 1; i < N_MUTATIONS; i++) {
        const struct mutation_class *mutation = &mutations[i];
        struct tally tally;
        uint64_t number;
        bool noticed;

        options->mutation = (enum mutation) i;
        noticed = run(options, family_find(mutation->family),
                      MUTATION_HISTORIES, &tally, &number);
        ok &= noticed;
        printf("%sok %d - notices that %s\n", noticed ? "" : "not ", i,
               mutation->what);
        if (noticed) {
            for (unsigned int j = 0; j < options->jobs; j++) {
                if (verdicts[j].invariant[0]) {
                    printf("# history %"PRIu64" of %s breaks '%s': %s\n",
                           verdicts[j].number, mutation->family,
                           verdicts[j].invariant, verdicts[j].text);
                    break;
                }
            }
        }
        fflush(stdout);
    }
    return ok ? 0 : 1;
}

static int
live_one(const struct options *options)
{
    static struct history history;

    verdict = &verdicts[0];
    history_make(&history, options->family, options->seed, options->number);
    print_history(&history, options->selection, "");
    live(&history, options->selection, options->mutation, options->verbose,
         &verdict->tally);
    printf("all invariants hold\n");
    return 0;
}

static _Noreturn void
usage(void)
{
    printf("usage: %s [OPTION]...\n"
           "Lives through random histories of the engine on a simulated"
           " host, in TAP.\n\n"
           "  --histories N    of all families together [10000]\n"
           "  --seed N         [1]\n"
           "  --family NAME    only this one\n"
           "  --jobs N         processes [number of cores]\n"
           "  --shrink SECONDS how long to make a failure shorter [20]\n"
           "  --self-test      breaks things that have to be noticed\n"
           "  --mutate NAME    breaks one of them\n"
           "  --history K      lives through that one alone, and with\n"
           "    -v             says what happens\n"
           "    --events MASK, --ports MASK   leaves out the others\n\n"
           "Families:\n", program_name);
    for (size_t i = 0; i < n_families; i++) {
        printf("  %-14s %s\n", families[i].name, families[i].what);
    }
    printf("\nMutations:\n");
    for (size_t i = 1; i < N_MUTATIONS; i++) {
        printf("  %-14s %s\n", mutations[i].name, mutations[i].what);
    }
    exit(0);
}

static uint64_t
number_argument(int base)
{
    char *end;
    uint64_t value;

    errno = 0;
    value = strtoull(optarg, &end, base);
    if (errno || *end || end == optarg) {
        ovs_fatal(0, "'%s' is not a number", optarg);
    }
    return value;
}

static enum mutation
mutation_argument(void)
{
    for (int i = 1; i < N_MUTATIONS; i++) {
        if (!strcmp(mutations[i].name, optarg)) {
            return (enum mutation) i;
        }
    }
    ovs_fatal(0, "there is no mutation '%s'", optarg);
}

static void
parse(int argc, char *argv[], struct options *options)
{
    static const struct option long_options[] = {
        { "histories", required_argument, NULL, 'n' },
        { "seed", required_argument, NULL, 's' },
        { "family", required_argument, NULL, 'f' },
        { "history", required_argument, NULL, 'k' },
        { "jobs", required_argument, NULL, 'j' },
        { "shrink", required_argument, NULL, 't' },
        { "events", required_argument, NULL, 'e' },
        { "ports", required_argument, NULL, 'p' },
        { "mutate", required_argument, NULL, 'm' },
        { "self-test", no_argument, NULL, 'T' },
        { "verbose", no_argument, NULL, 'v' },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 },
    };
    int c;

    while ((c = getopt_long(argc, argv, "vh", long_options, NULL)) != -1) {
        switch (c) {
        case 'n': options->histories = number_argument(10); break;
        case 's': options->seed = number_argument(10); break;
        case 'f':
            options->family = family_find(optarg);
            if (!options->family) {
                ovs_fatal(0, "there is no family '%s'", optarg);
            }
            break;
        case 'k':
            options->one = true;
            options->number = number_argument(10);
            break;
        case 'j':
            options->jobs = (unsigned int) MIN(MAX_JOBS,
                                               MAX(1, number_argument(10)));
            break;
        case 't':
            options->shrink_seconds = (unsigned int) number_argument(10);
            break;
        case 'e': options->selection.events = number_argument(16); break;
        case 'p':
            options->selection.ports = (uint8_t) number_argument(16);
            break;
        case 'm': options->mutation = mutation_argument(); break;
        case 'T': options->self_test = true; break;
        case 'v': options->verbose = true; break;
        case 'h': usage();
        default: exit(2);
        }
    }
    if (options->one && !options->family) {
        ovs_fatal(0, "--history needs --family");
    }
}

int
main(int argc, char *argv[])
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    struct options options = {
        .seed = 1, .histories = 10000, .selection = SELECT_ALL,
        .jobs = (unsigned int) MIN(MAX_JOBS, MAX(1, cores)),
        .shrink_seconds = 20,
    };

    set_program_name(argv[0]);
    parse(argc, argv, &options);
    setenv("VIFD_STRICT_STATES", "1", 1);
    vlog_set_levels(NULL, VLF_ANY_DESTINATION,
                    options.one && options.verbose ? VLL_WARN : VLL_OFF);
    verdicts = mmap(NULL, MAX_JOBS * sizeof *verdicts,
                    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
                    0);
    if (verdicts == MAP_FAILED) {
        ovs_fatal(errno, "no memory to share");
    }
    return options.self_test ? self_test(&options)
           : options.one ? live_one(&options) : test_all(&options);
}
