/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_NO_DESCRIPTORS_H
#define TESTS_NO_DESCRIPTORS_H 1

/* Opening anything fails with EMFILE in between. */

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

struct no_descriptors {
    struct rlimit before;
};

/* 'left' can still be opened. */
static inline void
no_descriptors_but(struct no_descriptors *none, unsigned int left)
{
    int next = open("/", O_RDONLY | O_CLOEXEC);

    assert_true(next >= 0);
    assert_int_equal(close(next), 0);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &none->before), 0);
    const struct rlimit few = { (unsigned int) next + left,
                                none->before.rlim_max };
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
}

static inline void
no_descriptors_begin(struct no_descriptors *none)
{
    no_descriptors_but(none, 0);
}

static inline void
no_descriptors_end(const struct no_descriptors *none)
{
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none->before), 0);
}

#endif /* tests/unit/no-descriptors.h */
