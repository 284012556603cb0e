/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_JOURNAL_PLACE_H
#define TESTS_JOURNAL_PLACE_H 1

/* A place for a journal, and short words for what tests of the journal do
 * with it.  Whatever goes wrong here fails the test. */

#include "engine/journal.h"

/* A directory of its own for each test; the journal's is made in it. */
struct place {
    char directory[64];
    char path[96];
};

/* For cmocka: '*state' is a struct place. */
int place_set_up(void **state);
int place_tear_down(void **state);

struct journal *open_journal(const struct place *);

/* Opening must fail with 'code' and a message that names the file.  Returns
 * the message; the caller frees. */
char *refusal(const struct place *, enum vif_error_code);

/* The operator's view: runs 'sql' on the file.  Returns the first column of
 * the first row, or NULL; the caller frees. */
char *sqlite(const struct place *, const char *sql);
void sqlite_run(const struct place *, const char *sql);

/* One commit and what came of it. */
struct verdict {
    int *order;                 /* Counts verdicts, if not NULL. */
    int position;               /* 1 for the first; 0: none yet. */
    struct vif_error *error;
};
void got_verdict(void *verdict, struct vif_error *);    /* journal_done_cb. */
void await(struct journal *, const struct verdict *);

/* Commits what was put, waits, and wants it to succeed. */
void commit(struct journal *);
/* Wants it to fail with 'code'.  The caller frees the error. */
struct vif_error *commit_failing(struct journal *, enum vif_error_code);

/* All that is in the journal: "port a=1;claim tap:t=a;". */
void assert_holds(struct journal *, const char *expected);

void assert_contains(const char *text, const char *part);

#endif /* tests/unit/journal-place.h */
