/* SPDX-License-Identifier: Apache-2.0 */

/* The journal when things go wrong at any moment.
 *
 * A writer in a process of its own is killed with SIGKILL again and again:
 * every commit that it has reported durable is there, and none is there by
 * half.  And random changes with a disk that fails now and then leave the
 * file as a model says.  VIFD_SEED repeats a run. */

#include <config.h>

#include "engine/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/cleanup.h"
#include "tests/unit/failing-vfs.h"
#include "tests/unit/journal-place.h"
#include "tests/unit/until.h"
#include "util.h"

#define N_KILLS 50
#define N_KEYS 7

static unsigned int seed;

/* The writer. */

/* Commits that the writer has in flight at most. */
#define MAX_IN_FLIGHT 8

struct writer {
    struct journal *journal;
    int report_fd;
    uint32_t n_sealed;          /* The number of the last commit. */
    uint32_t n_durable;
    unsigned int random;
};

static void
report_durable(void *writer_, struct vif_error *error)
{
    struct writer *writer = writer_;

    if (error) {
        fprintf(stderr, "commit %u: %s\n", writer->n_durable + 1,
                error->message);
        _exit(1);
    }
    writer->n_durable++;
    if (write(writer->report_fd, &writer->n_durable,
              sizeof writer->n_durable) < 0) {
        _exit(1);
    }
}

/* Commit number I gives N_KEYS records the value I and moves the one claim
 * from I - 1 to I.  Some values are long, so that commits are of many pages
 * and checkpoints are due. */
static void
write_once(struct writer *writer)
{
    uint32_t i = ++writer->n_sealed;
    char value[6000], old[16], new[16];
    int pad = rand_r(&writer->random) % 5 ? 10 : sizeof value - 1;

    snprintf(value, sizeof value, "%-*u", pad, i);
    for (int k = 0; k < N_KEYS; k++) {
        char key[16];

        snprintf(key, sizeof key, "key%d", k);
        journal_put(writer->journal,
                    k % 2 ? JOURNAL_PORT : JOURNAL_RESOURCE, key, value);
    }
    snprintf(old, sizeof old, "%u", i - 1);
    snprintf(new, sizeof new, "%u", i);
    journal_del(writer->journal, JOURNAL_CLAIM, old);
    journal_insert(writer->journal, JOURNAL_CLAIM, new, value);
    journal_commit(writer->journal, report_durable, writer);
}

/* Now and then nothing is written for as long as a checkpoint waits for. */
static void
turn(struct writer *writer)
{
    long long idle_until = 0;

    if (writer->n_sealed - writer->n_durable < MAX_IN_FLIGHT
        && rand_r(&writer->random) % 8) {
        write_once(writer);
    } else if (!(rand_r(&writer->random) % 10)) {
        idle_until = time_msec() + 60;
    }
    do {
        writer->journal->class->wait(writer->journal);
        if (idle_until) {
            poll_timer_wait_until(idle_until);
        } else if (writer->n_sealed == writer->n_durable) {
            poll_immediate_wake();
        }
        poll_block();
        writer->journal->class->run(writer->journal);
    } while (time_msec() < idle_until);
}

/* Main program of the writer: --write JOURNAL LAST SEED, reports on standard
 * output.  Ends when it is killed. */
static int
write_for_ever(char *argv[])
{
    struct writer writer = {
        .report_fd = STDOUT_FILENO,
        .n_sealed = strtoul(argv[3], NULL, 10),
        .n_durable = strtoul(argv[3], NULL, 10),
        .random = strtoul(argv[4], NULL, 10),
    };
    struct vif_error *error = journal_sqlite_open(argv[2], &writer.journal);

    if (error) {
        fprintf(stderr, "%s\n", error->message);
        return 1;
    }
    for (;;) {
        turn(&writer);
    }
}

static pid_t
start_writer(const struct place *place, uint32_t last, int *report_fd)
{
    char last_text[16], seed_text[16];
    int fds[2];
    pid_t pid;

    snprintf(last_text, sizeof last_text, "%u", last);
    snprintf(seed_text, sizeof seed_text, "%u", seed + last);
    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (!pid) {
        dup2(fds[1], STDOUT_FILENO);
        execl("/proc/self/exe", "writer", "--write", place->path, last_text,
              seed_text, NULL);
        _exit(127);
    }
    close(fds[1]);
    *report_fd = fds[0];
    return pid;
}

/* Reads reports until 'n' have come or the writer is gone; returns the number
 * of the last durable commit. */
static uint32_t
read_reports(int fd, int n, uint32_t last)
{
    uint32_t durable;

    for (int i = 0; i < n; i++) {
        if (read(fd, &durable, sizeof durable) != sizeof durable) {
            break;
        }
        assert_int_equal(durable, last + 1);
        last = durable;
    }
    return last;
}

/* So that kills do not all come just after a report. */
static void
burn_microseconds(unsigned int us)
{
    for (long long end = time_usec() + us; time_usec() < end; ) {
        continue;
    }
}

/* What the file says. */
struct found {
    bool any;
    uint32_t value;             /* Of all records. */
    int n[JOURNAL_N_TABLES];
    uint32_t claim;
};

static void
find_record(enum journal_table table, const char *key, const char *value,
            void *found_)
{
    struct found *found = found_;
    uint32_t number = strtoul(value, NULL, 10);

    if (found->any) {
        assert_int_equal(number, found->value);     /* Else: half of one. */
    }
    found->any = true;
    found->value = number;
    found->n[table]++;
    if (table == JOURNAL_CLAIM) {
        found->claim = strtoul(key, NULL, 10);
    }
}

static uint32_t
assert_whole(const struct place *place, uint32_t durable)
{
    struct journal *journal = open_journal(place);
    struct found found = { .any = false };

    assert_null(journal->class->load(journal, find_record, &found));
    journal_sqlite_close(journal);
    assert_true(found.value >= durable);
    if (found.value) {
        assert_int_equal(found.n[JOURNAL_PORT], N_KEYS / 2);
        assert_int_equal(found.n[JOURNAL_RESOURCE], N_KEYS - N_KEYS / 2);
        assert_int_equal(found.n[JOURNAL_CLAIM], 1);
        assert_int_equal(found.claim, found.value);
    }
    return found.value;
}

static void
test_killed_at_random_moments(void **state)
{
    const struct place *place = *state;
    uint32_t last = 0;

    print_message("# VIFD_SEED=%u\n", seed);
    srand(seed);
    for (int i = 0; i < N_KILLS; i++) {
        uint32_t durable;
        int report_fd, status;
        pid_t pid = start_writer(place, last, &report_fd);

        durable = read_reports(report_fd, 1 + rand() % 100, last);
        burn_microseconds(rand() % 2000);
        assert_int_equal(kill(pid, SIGKILL), 0);
        durable = read_reports(report_fd, INT_MAX, durable);
        close(report_fd);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status));       /* Else it has complained. */
        assert_true(durable > last);

        last = assert_whole(place, durable);
    }
}

/* Random changes against a model. */

#define N_MODEL_KEYS 20

struct model {
    char value[JOURNAL_N_TABLES][N_MODEL_KEYS][24];    /* "": not there. */
};

struct change {
    enum journal_table table;
    int key;
    char value[24];
    bool insert;
};

#define MAX_CHANGES 6

struct random_commit {
    struct change changes[MAX_CHANGES];
    int n;
    struct verdict verdict;
};

static void
random_change(struct journal *journal, struct random_commit *commit, int i)
{
    struct change *change = &commit->changes[commit->n++];
    char key[16];

    change->table = rand() % JOURNAL_N_TABLES;
    change->key = rand() % N_MODEL_KEYS;
    snprintf(key, sizeof key, "k%02d", change->key);
    snprintf(change->value, sizeof change->value, "v%d", i);
    change->insert = false;
    switch (rand() % 4) {
    case 0:
        change->value[0] = '\0';
        journal_del(journal, change->table, key);
        break;
    case 1:
        change->insert = true;
        journal_insert(journal, change->table, key, change->value);
        break;
    default:
        journal_put(journal, change->table, key, change->value);
        break;
    }
}

/* Carries out 'commit' in 'model', unless it must fail: returns false. */
static bool
model_commit(struct model *model, const struct random_commit *commit)
{
    struct model next = *model;

    for (int i = 0; i < commit->n; i++) {
        const struct change *change = &commit->changes[i];
        char *value = next.value[change->table][change->key];

        if (change->insert && value[0]) {
            return false;
        }
        ovs_strlcpy(value, change->value, sizeof change->value);
    }
    *model = next;
    return true;
}

static void
compare_record(enum journal_table table, const char *key, const char *value,
               void *model_)
{
    struct model *model = model_;
    char *expected = model->value[table][atoi(key + 1)];

    assert_string_equal(value, expected);
    expected[0] = '\0';         /* Seen. */
}

static void
assert_like_model(struct journal *journal, const struct model *model)
{
    struct model rest = *model;

    assert_null(journal->class->load(journal, compare_record, &rest));
    for (int table = 0; table < JOURNAL_N_TABLES; table++) {
        for (int key = 0; key < N_MODEL_KEYS; key++) {
            assert_string_equal(rest.value[table][key], "");
        }
    }
}

/* Several commits at once, so that some share a transaction; which of them
 * fail is known, unless the disk fails too: then it is their own verdict
 * that tells. */
static void
random_round(struct journal *journal, struct model *model, int round)
{
    struct random_commit commits[5];
    int n = 1 + rand() % ARRAY_SIZE(commits);
    bool faulty = !(rand() % 4);

    if (faulty) {
        failing_vfs_fail_writes(SQLITE_FULL, rand() % 8);
    }
    for (int i = 0; i < n; i++) {
        struct random_commit *commit = &commits[i];

        memset(commit, 0, sizeof *commit);
        for (int j = rand() % MAX_CHANGES; j > 0; j--) {
            random_change(journal, commit, round);
        }
        journal_commit(journal, got_verdict, &commit->verdict);
    }
    await(journal, &commits[n - 1].verdict);
    failing_vfs_fail_writes(SQLITE_OK, 0);

    for (int i = 0; i < n; i++) {
        struct vif_error *error = commits[i].verdict.error;

        if (!error || error->code == VIF_ERR_CONFLICT) {
            assert_int_equal(model_commit(model, &commits[i]), !error);
        } else {
            assert_true(faulty);
            assert_int_equal(error->code, VIF_ERR_JOURNAL);
        }
        vif_error_destroy(error);
    }
}

static void
test_random_changes_match_a_model(void **state)
{
    const struct place *place = *state;
    struct journal *journal = open_journal(place);
    static struct model model;

    print_message("# VIFD_SEED=%u\n", seed);
    srand(seed);
    for (int round = 0; round < 3000; round++) {
        random_round(journal, &model, round);
        if (!(rand() % 100)) {
            assert_like_model(journal, &model);
        }
        if (!(rand() % 300)) {
            journal_sqlite_close(journal);
            journal = open_journal(place);
            assert_like_model(journal, &model);
        }
    }
    journal_sqlite_close(journal);
}

int
main(int argc, char *argv[])
{
#define TEST(NAME) \
    cmocka_unit_test_setup_teardown(NAME, place_set_up, place_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_killed_at_random_moments),
        TEST(test_random_changes_match_a_model),
    };
    const char *seed_text = getenv("VIFD_SEED");

    if (argc == 5 && !strcmp(argv[1], "--write")) {
        return write_for_ever(argv);
    }
    seed = seed_text ? strtoul(seed_text, NULL, 10) : time_usec() & 0xffffff;
    failing_vfs_install();
    return cmocka_run_group_tests_name("journal-crash", tests, NULL, NULL);
}
