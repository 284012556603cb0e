/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_VIFCTL_RUN_H
#define TESTS_VIFCTL_RUN_H 1

/* Running vifctl, and the simulated vifd beside it, in tests.  Whatever fails
 * here fails the test. */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* A simulated vifd in a folder of its own. */
struct simulated {
    pid_t pid;
    char folder[64];
    char socket[80];
};

/* Starts it with 'quirks', which end with NULL (see simulated-vifd.c); it
 * listens when this returns. */
void simulated_start(struct simulated *, const char *const quirks[]);
void simulated_stop(struct simulated *);

/* The same for tests that want none: only the folder. */
void simulated_absent(struct simulated *);

/* "FOLDER/NAME", in one of a few static buffers, with 'text' in it. */
const char *simulated_file(const struct simulated *, const char *name,
                           const char *text);

/* What a program has done. */
struct run {
    int status;             /* Exit status; 128 and more: the signal. */
    char *out, *err;        /* On a terminal both are in 'out'. */
};
void run_destroy(struct run *);

struct run_options {
    const char *input;      /* Standard input; NULL: nothing. */
    const char *const *environment;     /* "NAME=VALUE"..., NULL. */
    bool terminal;          /* stdout and stderr are a terminal. */
    size_t read_at_most;    /* Of a terminal: then it is closed. */
};

/* Runs 'argv', the last of which is NULL, and waits for its end. */
void run_program(struct run *, const struct run_options *,
                 const char *const argv[]);

/* Runs "vifctl --socket SOCKET WORD...", the words split at spaces. */
void run_vifctl(struct run *, const struct simulated *, const char *words);
void run_vifctl_with(struct run *, const struct simulated *,
                     const struct run_options *, const char *words);

/* Fails unless the exit status is 'status', with both outputs. */
#define assert_status(RUN, STATUS) \
    assert_status_at(RUN, STATUS, __FILE__, __LINE__)
void assert_status_at(const struct run *, int status, const char *file,
                      int line);

/* Fail unless 'text' contains, or does not contain, 'part'. */
#define assert_contains(TEXT, PART) \
    assert_contains_at(TEXT, PART, true, __FILE__, __LINE__)
#define assert_lacks(TEXT, PART) \
    assert_contains_at(TEXT, PART, false, __FILE__, __LINE__)
void assert_contains_at(const char *text, const char *part, bool yes,
                        const char *file, int line);

#endif /* tests/unit/vifctl-run.h */
