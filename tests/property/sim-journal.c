/* SPDX-License-Identifier: Apache-2.0 */
/* A journal in memory: see sim-journal.h. */

#include <config.h>

#include "sim-journal.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "world.h"

static struct sim_journal *
sim_journal_cast(struct journal *journal)
{
    return CONTAINER_OF(journal, struct sim_journal, base);
}

static struct sim_record *
find_record(const struct sim_journal *journal, enum journal_table table,
            const char *key)
{
    for (size_t i = 0; i < journal->n_records; i++) {
        const struct sim_record *record = &journal->records[i];

        if (record->table == table && !strcmp(record->key, key)) {
            return CONST_CAST(struct sim_record *, record);
        }
    }
    return NULL;
}

static struct vif_error *
sim_load(struct journal *journal_, journal_visit_cb *visit, void *aux)
{
    struct sim_journal *journal = sim_journal_cast(journal_);
    size_t skip = SIZE_MAX;

    if (journal->n_records
        && world_mutates(journal->world, MUT_RECOVER_SKIPPED, 100)) {
        skip = dice_below(&journal->world->dice,
                          (unsigned int) journal->n_records);
    }
    for (size_t i = 0; i < journal->n_records; i++) {
        const struct sim_record *record = &journal->records[i];

        if (i != skip) {
            visit(record->table, record->key, record->value, aux);
        }
    }
    return NULL;
}

static void
add_write(struct journal *journal_, enum sim_write_kind kind,
          enum journal_table table, const char *key, const char *value)
{
    struct sim_commit *open = &sim_journal_cast(journal_)->open;

    if (open->n == open->allocated) {
        open->writes = x2nrealloc(open->writes, &open->allocated,
                                  sizeof *open->writes);
    }
    open->writes[open->n++] = (struct sim_write) {
        .kind = kind, .table = table, .key = xstrdup(key),
        .value = value ? xstrdup(value) : NULL,
    };
}

static void
sim_put(struct journal *journal, enum journal_table table, const char *key,
        const char *value)
{
    add_write(journal, WRITE_PUT, table, key, value);
}

static void
sim_insert(struct journal *journal, enum journal_table table,
           const char *key, const char *value)
{
    add_write(journal, WRITE_INSERT, table, key, value);
}

static void
sim_del(struct journal *journal, enum journal_table table, const char *key)
{
    add_write(journal, WRITE_DEL, table, key, NULL);
}

static void
sim_commit(struct journal *journal_, journal_done_cb *done, void *aux)
{
    struct sim_journal *journal = sim_journal_cast(journal_);
    struct world *world = journal->world;
    struct sim_commit *commit;

    if (journal->n_commits == MAX_COMMITS || world->dying) {
        world_fail(world, "commits-too-much", "a commit too many");
    }
    commit = &journal->commits[journal->n_commits++];
    *commit = journal->open;
    memset(&journal->open, 0, sizeof journal->open);
    commit->done = done;
    commit->aux = aux;
    commit->ready_us = world->now_us + 100
                       + dice_below(&world->dice, 2000)
                       + dice_below(&world->dice, journal->slow_ms + 1)
                         * 1000LL;
    TRACE(world, "  commit of %zu records is sealed", commit->n);
}

static void
sim_run(struct journal *journal OVS_UNUSED)
{
}

static void
sim_wait(struct journal *journal OVS_UNUSED)
{
    /* The world knows when a commit is ready. */
}

static const struct journal_class sim_journal_class = {
    .load = sim_load,
    .put = sim_put,
    .insert = sim_insert,
    .del = sim_del,
    .commit = sim_commit,
    .run = sim_run,
    .wait = sim_wait,
};

void
journal_init(struct sim_journal *journal, struct world *world)
{
    memset(journal, 0, sizeof *journal);
    journal->base.class = &sim_journal_class;
    journal->world = world;
}

/* The first write of 'commit' that breaks the unique key, or NULL. */
static const struct sim_write *
find_clash(const struct sim_journal *journal, const struct sim_commit *commit)
{
    for (size_t i = 0; i < commit->n; i++) {
        const struct sim_write *write = &commit->writes[i];
        bool there = find_record(journal, write->table, write->key);

        if (write->kind != WRITE_INSERT) {
            continue;
        }
        for (size_t j = 0; j < i; j++) {
            const struct sim_write *earlier = &commit->writes[j];

            if (earlier->table == write->table
                && !strcmp(earlier->key, write->key)) {
                there = earlier->kind != WRITE_DEL;
            }
        }
        if (there) {
            return write;
        }
    }
    return NULL;
}

static void
store(struct sim_journal *journal, struct sim_write *write)
{
    struct sim_record *record = find_record(journal, write->table,
                                            write->key);

    if (write->kind == WRITE_DEL) {
        if (record) {
            free(record->key);
            free(record->value);
            *record = journal->records[--journal->n_records];
        }
        return;
    }
    if (!record) {
        ovs_assert(journal->n_records < MAX_RECORDS);
        record = &journal->records[journal->n_records++];
        record->table = write->table;
        record->key = xstrdup(write->key);
        record->value = NULL;
    }
    free(record->value);
    record->value = write->value;
    write->value = NULL;
}

/* Carries out 'commit', of which only the first 'n' writes. */
static void
make_durable(struct sim_journal *journal, struct sim_commit *commit, size_t n)
{
    const struct sim_write *clash = find_clash(journal, commit);

    commit->durable = true;
    if (clash) {
        world_fail(journal->world, "claimed-twice",
                   "%s is inserted and is there already", clash->key);
    }
    if (journal->failing) {
        journal->failing--;
        commit->error = vif_error_create(VIF_ERR_JOURNAL, "disk full");
        return;
    }
    journal->n_durable++;
    if (n > 1 && world_mutates(journal->world, MUT_COMMIT_LOST, 20)) {
        return;
    }
    for (size_t i = 0; i < n; i++) {
        store(journal, &commit->writes[i]);
    }
}

static void
commit_free(struct sim_commit *commit)
{
    for (size_t i = 0; i < commit->n; i++) {
        free(commit->writes[i].key);
        free(commit->writes[i].value);
    }
    free(commit->writes);
    memset(commit, 0, sizeof *commit);
}

/* Calls back the oldest commit. */
static void
report(struct sim_journal *journal)
{
    struct sim_commit commit = journal->commits[0];

    journal->n_commits--;
    memmove(&journal->commits[0], &journal->commits[1],
            journal->n_commits * sizeof commit);
    TRACE(journal->world, "  commit of %zu records %s", commit.n,
          commit.error ? "has failed" : "is durable");
    journal->n_done++;
    if (commit.done) {
        commit.done(commit.aux, commit.error);
    }
    commit_free(&commit);
}

bool
journal_step(struct sim_journal *journal)
{
    struct sim_commit *commit = &journal->commits[0];

    if (!journal->n_commits || commit->ready_us > journal->world->now_us) {
        return false;
    }
    if (!commit->durable) {
        if (commit->done
            && world_mutates(journal->world, MUT_COMMIT_EARLY, 20)) {
            journal_done_cb *done = commit->done;

            commit->done = NULL;
            commit->ready_us += 20000;
            done(commit->aux, NULL);
            return true;
        }
        make_durable(journal, commit, commit->n);
        commit->ready_us += dice_below(&journal->world->dice, 200);
    } else {
        report(journal);
    }
    return true;
}

long long
journal_next_us(const struct sim_journal *journal)
{
    return journal->n_commits ? journal->commits[0].ready_us : LLONG_MAX;
}

bool
journal_idle(const struct sim_journal *journal)
{
    return !journal->n_commits && !journal->open.n;
}

void
journal_crash(struct sim_journal *journal)
{
    struct dice *dice = &journal->world->dice;
    size_t n = dice_below(dice, (unsigned int) journal->n_commits + 1);

    for (size_t i = 0; i < journal->n_commits; i++) {
        struct sim_commit *commit = &journal->commits[i];

        if (i < n && !commit->durable) {
            bool torn = commit->n > 1
                        && world_mutates(journal->world, MUT_COMMIT_TORN, 80);

            make_durable(journal, commit, torn ? commit->n / 2 : commit->n);
        }
        if (commit->done) {
            commit->done(commit->aux, commit->error);
        }
        commit_free(commit);
    }
    journal->n_commits = 0;
    commit_free(&journal->open);
}

void
journal_heal(struct sim_journal *journal)
{
    journal->failing = 0;
    journal->slow_ms = 0;
}

void
journal_destroy(struct sim_journal *journal)
{
    journal_crash(journal);
    for (size_t i = 0; i < journal->n_records; i++) {
        free(journal->records[i].key);
        free(journal->records[i].value);
    }
    journal->n_records = 0;
}

const char *
journal_find(const struct sim_journal *journal, enum journal_table table,
             const char *key)
{
    const struct sim_record *record = find_record(journal, table, key);

    return record ? record->value : NULL;
}

bool
journal_contains(const struct sim_journal *journal, enum journal_table table,
                 const char *key, const char *text)
{
    const char *value = journal_find(journal, table, key);

    return value && strstr(value, text);
}
