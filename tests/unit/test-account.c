/* SPDX-License-Identifier: Apache-2.0 */

/* Users by name and number, and files that change hands. */

#include <config.h>

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/cleanup.h"
#include "privilege/account.h"
#include "tests/unit/fake-sys.h"

static struct account *
find(const char *text)
{
    struct account *account;
    CLEANUP_ERROR struct vif_error *error = account_find(text, &account);

    if (error) {
        fail_msg("%s", error->message);
    }
    return account;
}

static void
not_found(const char *text, const char *word)
{
    struct account *account;
    CLEANUP_ERROR struct vif_error *error = account_find(text, &account);

    assert_non_null(error);
    assert_int_equal(error->code, VIF_ERR_INVALID);
    assert_non_null(strstr(error->message, word));
    assert_null(account);
}

static void
test_find(void **state)
{
    (void) state;
    struct account *account = find("root");
    assert_int_equal(account->uid, 0);
    assert_int_equal(account->gid, 0);
    assert_true(account->n_groups >= 1);
    account_destroy(account);

    account = find("0");
    assert_int_equal(account->uid, 0);
    account_destroy(account);

    account = find("64917:64918");
    assert_int_equal(account->uid, 64917);
    assert_int_equal(account->gid, 64918);
    assert_int_equal(account->n_groups, 0);
    account_destroy(account);

    account = find("root:64918");
    assert_int_equal(account->uid, 0);
    assert_int_equal(account->gid, 64918);
    account_destroy(account);

    assert_true(account_exists("root"));
    assert_false(account_exists("no-such-user"));
}

static void
test_not_found(void **state)
{
    (void) state;
    not_found("no-such-user", "no user");
    not_found("root:no-such-group", "no group");
    not_found("64917", "needs a group");
    not_found("", "no user");
    not_found(":0", "no user");
    not_found("4294967295:0", "no user");       /* Means "leave it". */
    not_found("99999999999:0", "no user");
    not_found("-1:0", "no user");
}

/* Files. */

static const struct account somebody = { .name = (char *) "somebody",
                                         .uid = 64917, .gid = 64918 };

static bool
is_of(const struct fake_sys *fake, const char *name, uid_t uid)
{
    char path[256];
    struct stat st;

    snprintf(path, sizeof path, "%s/%s", fake->dir, name);
    assert_int_equal(lstat(path, &st), 0);
    return st.st_uid == uid && st.st_gid == (uid ? 64918 : 0);
}

static void
take_over(const struct fake_sys *fake, const char *name, size_t expected)
{
    char path[256];
    size_t n;

    snprintf(path, sizeof path, "%s/%s", fake->dir, name);
    assert_null(account_take_over(&somebody, path, &n));
    assert_int_equal(n, expected);
}

static int
set_up(void **state)
{
    char path[256];

    fake_sys_set_up(state);
    const struct fake_sys *fake = *state;
    snprintf(path, sizeof path, "%s/state", fake->dir);
    return mkdir(path, 0755);
}

/* Only root can give files away. */
#define NEEDS_ROOT()            \
    do {                        \
        if (geteuid()) {        \
            skip();             \
        }                       \
    } while (0)

static void
test_takes_over_a_journal(void **state)
{
    const struct fake_sys *fake = *state;

    NEEDS_ROOT();
    fake_sys_write(fake, "state/journal.db", "");
    fake_sys_write(fake, "state/journal.db-wal", "");
    fake_sys_write(fake, "state/journal.db-lock", "");
    take_over(fake, "state/journal.db", 4);
    assert_true(is_of(fake, "state/journal.db", somebody.uid));
    assert_true(is_of(fake, "state/journal.db-wal", somebody.uid));
    assert_true(is_of(fake, "state/journal.db-lock", somebody.uid));
    assert_true(is_of(fake, "state", somebody.uid));

    /* And again: nothing is left to do. */
    take_over(fake, "state/journal.db", 0);
}

static void
test_makes_the_directory(void **state)
{
    const struct fake_sys *fake = *state;

    NEEDS_ROOT();
    take_over(fake, "new/journal.db", 1);
    assert_true(is_of(fake, "new", somebody.uid));
}

/* A directory with other things in it is somebody else's. */
static void
test_leaves_others_alone(void **state)
{
    const struct fake_sys *fake = *state;

    NEEDS_ROOT();
    fake_sys_write(fake, "state/journal.db", "");
    fake_sys_write(fake, "state/mail", "");
    take_over(fake, "state/journal.db", 1);
    assert_true(is_of(fake, "state", 0));
    assert_true(is_of(fake, "state/mail", 0));
}

/* The user may have put them there since. */
static void
test_follows_no_links(void **state)
{
    const struct fake_sys *fake = *state;
    char path[256], other[256];

    NEEDS_ROOT();
    fake_sys_write(fake, "shadow", "");
    snprintf(path, sizeof path, "%s/shadow", fake->dir);
    snprintf(other, sizeof other, "%s/state/journal.db", fake->dir);
    assert_int_equal(symlink(path, other), 0);
    snprintf(other, sizeof other, "%s/state/journal.db-wal", fake->dir);
    assert_int_equal(link(path, other), 0);
    snprintf(other, sizeof other, "%s/state/journal.db-shm", fake->dir);
    assert_int_equal(mkfifo(other, 0600), 0);
    take_over(fake, "state/journal.db", 1);     /* The directory. */
    assert_true(is_of(fake, "shadow", 0));
    assert_true(is_of(fake, "state/journal.db-shm", 0));
}

int
main(void)
{
#define TEST(FUNCTION) \
    cmocka_unit_test_setup_teardown(FUNCTION, set_up, fake_sys_tear_down)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_not_found),
        TEST(test_takes_over_a_journal),
        TEST(test_makes_the_directory),
        TEST(test_leaves_others_alone),
        TEST(test_follows_no_links),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
