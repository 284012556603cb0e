/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROPERTY_JOURNAL_H
#define PROPERTY_JOURNAL_H 1

/* A journal in memory that takes its time, fails, and loses in a crash
 * exactly what was not durable yet. */

#include <stdbool.h>
#include <stddef.h>

#include "engine/journal.h"

struct world;

enum { MAX_RECORDS = 128, MAX_COMMITS = 64 };

struct sim_record {
    enum journal_table table;
    char *key, *value;
};

enum sim_write_kind { WRITE_PUT, WRITE_INSERT, WRITE_DEL };

struct sim_write {
    enum sim_write_kind kind;
    enum journal_table table;
    char *key, *value;
};

struct sim_commit {
    struct sim_write *writes;
    size_t n, allocated;
    journal_done_cb *done;
    void *aux;
    long long ready_us;
    bool durable;           /* Only to be reported yet. */
    struct vif_error *error;
};

struct sim_journal {
    struct journal base;
    struct world *world;
    struct sim_record records[MAX_RECORDS];     /* Durable. */
    size_t n_records;
    struct sim_commit commits[MAX_COMMITS];     /* Sealed, in order. */
    size_t n_commits;
    struct sim_commit open;
    unsigned int failing;   /* So many commits will fail. */
    unsigned int slow_ms;   /* And so long may each take. */
    unsigned int n_done;    /* Commits reported. */
    unsigned int n_durable; /* In this life of the daemon. */
};

void journal_init(struct sim_journal *, struct world *);
/* Makes the oldest commit durable, or reports it.  False: too early. */
bool journal_step(struct sim_journal *);
long long journal_next_us(const struct sim_journal *);
bool journal_idle(const struct sim_journal *);
/* Of what is sealed a random part, from the oldest on, becomes durable.  Call
 * after engine_destroy(). */
void journal_crash(struct sim_journal *);
void journal_heal(struct sim_journal *);
void journal_destroy(struct sim_journal *);

const char *journal_find(const struct sim_journal *, enum journal_table,
                         const char *key);
/* Whether the durable record of ('table', 'key') contains 'text'. */
bool journal_contains(const struct sim_journal *, enum journal_table,
                      const char *key, const char *text);

#endif /* journal.h */
