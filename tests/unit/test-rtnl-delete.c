/* SPDX-License-Identifier: Apache-2.0 */
/* Deleting many links at once: all of them go, nobody else's does.  The
 * stranger of these stories comes when the links are in their group and its
 * members have not been read yet. */

#include <config.h>

#include "kernel/rtnl-private.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/own-netns.h"

#define MANY 500

/* What somebody else does each time, with a socket of his own. */
struct stranger {
    struct rtnl *rtnl;
    int ifindex;            /* Whose group he sets. */
    int times_left;         /* How often he does so. */
    bool leave;             /* Not our group, but the default one. */
    bool delete;            /* He deletes it. */
    int n_groups;           /* That he has seen. */
};

static void
interfere(void *stranger_, uint32_t group)
{
    struct stranger *stranger = stranger_;
    const struct rtnl_change change = {
        .set_group = true,
        .group = stranger->leave ? 0 : group,
    };

    assert_true(group >= 0x40000000);
    stranger->n_groups++;
    if (stranger->ifindex && stranger->times_left-- > 0) {
        assert_null(stranger->delete
                    ? rtnl_delete(stranger->rtnl, stranger->ifindex)
                    : rtnl_set(stranger->rtnl, stranger->ifindex, &change));
    }
}

static void
let_in(struct rtnl *rtnl, struct stranger *stranger)
{
    assert_null(rtnl_open(&stranger->rtnl));
    rtnl->moved = interfere;
    rtnl->moved_aux = stranger;
}

static void
make_taps(struct rtnl *rtnl, int *ifindexes, size_t n)
{
    char name[RTNL_NAME_SIZE];

    for (size_t i = 0; i < n; i++) {
        snprintf(name, sizeof name, "tap%zu", i);
        ifindexes[i] = own_netns_make_tap(rtnl, name, i % 8 == 7);
    }
}

/* Deletes; all must succeed, and 'n_left' links besides "lo" remain. */
static void
delete_all(struct rtnl *rtnl, const int *ifindexes, size_t n, size_t n_left)
{
    struct vif_error **errors CLEANUP_FREE = calloc(n, sizeof *errors);
    struct rtnl_link *links CLEANUP_FREE = NULL;
    size_t n_links;

    rtnl_delete_many(rtnl, ifindexes, errors, n);
    for (size_t i = 0; i < n; i++) {
        assert_null(errors[i]);
    }
    assert_null(rtnl_dump(rtnl, &links, &n_links));
    assert_int_equal(n_links, n_left + 1);
}

static struct rtnl_link
look(struct rtnl *rtnl, const char *name)
{
    struct rtnl_link link;

    assert_null(rtnl_get_by_name(rtnl, name, &link));
    return link;
}

static void
test_many(void **state)
{
    struct rtnl *rtnl = *state;
    struct stranger nobody = { .n_groups = 0 };
    int ifindexes[MANY];

    let_in(rtnl, &nobody);
    own_netns_add_veth(rtnl, "ve0", "ve1");
    make_taps(rtnl, ifindexes, MANY);
    delete_all(rtnl, ifindexes, MANY, 2);
    assert_int_equal(nobody.n_groups, (MANY + 63) / 64);
    rtnl_close(nobody.rtnl);
}

static void
test_few(void **state)
{
    struct rtnl *rtnl = *state;
    struct stranger nobody = { .n_groups = 0 };
    int ifindexes[3];

    let_in(rtnl, &nobody);
    make_taps(rtnl, ifindexes, 3);
    rtnl_delete_many(rtnl, NULL, NULL, 0);
    delete_all(rtnl, ifindexes, 1, 2);
    assert_int_equal(nobody.n_groups, 0);   /* One needs no group. */
    delete_all(rtnl, ifindexes + 1, 2, 0);
    assert_int_equal(nobody.n_groups, 1);
    rtnl_close(nobody.rtnl);
}

/* Given that a stranger's link is in the group, then another one is used. */
static void
test_stranger_joins(void **state)
{
    struct rtnl *rtnl = *state;
    struct stranger stranger = { .times_left = 1 };
    int ifindexes[MANY];

    let_in(rtnl, &stranger);
    stranger.ifindex = own_netns_add_veth(rtnl, "ve0", "ve1");
    make_taps(rtnl, ifindexes, MANY);
    delete_all(rtnl, ifindexes, MANY, 2);
    assert_int_equal(stranger.n_groups, (MANY + 63) / 64 + 1);
    assert_int_equal(look(rtnl, "ve0").ifindex, stranger.ifindex);
    rtnl_close(stranger.rtnl);
}

/* Given that he follows us into every group, then no group is deleted. */
static void
test_stranger_always_joins(void **state)
{
    struct rtnl *rtnl = *state;
    struct stranger stranger = { .times_left = 1000 };
    int ifindexes[5];

    let_in(rtnl, &stranger);
    stranger.ifindex = own_netns_add_veth(rtnl, "ve0", "ve1");
    make_taps(rtnl, ifindexes, 5);
    delete_all(rtnl, ifindexes, 5, 2);
    assert_int_equal(stranger.n_groups, 4);
    assert_int_equal(look(rtnl, "ve0").ifindex, stranger.ifindex);
    rtnl_close(stranger.rtnl);
}

static void
test_one_is_taken_out_of_the_group(void **state)
{
    struct rtnl *rtnl = *state;
    struct stranger stranger = { .times_left = 1, .leave = true };
    int ifindexes[5];

    let_in(rtnl, &stranger);
    make_taps(rtnl, ifindexes, 5);
    stranger.ifindex = ifindexes[3];
    delete_all(rtnl, ifindexes, 5, 0);
    rtnl_close(stranger.rtnl);
}

static void
test_one_is_deleted_meanwhile(void **state)
{
    struct rtnl *rtnl = *state;
    struct stranger stranger = { .times_left = 1, .delete = true };
    int ifindexes[5];

    let_in(rtnl, &stranger);
    make_taps(rtnl, ifindexes, 5);
    stranger.ifindex = ifindexes[3];
    delete_all(rtnl, ifindexes, 5, 0);
    rtnl_close(stranger.rtnl);
}

static void
test_each_has_its_own_result(void **state)
{
    struct rtnl *rtnl = *state;
    struct vif_error *errors[6];
    int ifindexes[6];

    make_taps(rtnl, ifindexes, 3);
    ifindexes[3] = 99999;
    ifindexes[4] = 0;
    ifindexes[5] = look(rtnl, "lo").ifindex;    /* Can't be deleted. */
    rtnl_delete_many(rtnl, ifindexes, errors, 6);

    for (int i = 0; i < 3; i++) {
        struct rtnl_link link;
        struct vif_error *error CLEANUP_ERROR = rtnl_get(rtnl, ifindexes[i],
                                                         &link);

        assert_null(errors[i]);
        assert_non_null(error);
        assert_int_equal(error->code, VIF_ERR_NOT_FOUND);
    }
    assert_int_equal(errors[3]->code, VIF_ERR_NOT_FOUND);
    assert_int_equal(errors[4]->code, VIF_ERR_INVALID);
    assert_int_equal(errors[5]->code, VIF_ERR_UNSUPPORTED);
    assert_non_null(strstr(errors[5]->message, "delete link "));
    assert_int_equal(look(rtnl, "lo").group, 0);
    for (int i = 3; i < 6; i++) {
        vif_error_destroy(errors[i]);
    }
}

static void
test_nothing_there(void **state)
{
    struct rtnl *rtnl = *state;
    struct vif_error *errors[3];

    rtnl_delete_many(rtnl, (const int[]) { 1001, 1002, 1003 }, errors, 3);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(errors[i]->code, VIF_ERR_NOT_FOUND);
        vif_error_destroy(errors[i]);
    }
}

/* Asked for twice in one call: gone once, and the other time not there or
 * gone as well. */
static void
test_twice(void **state)
{
    struct rtnl *rtnl = *state;
    int taps[2];

    make_taps(rtnl, taps, 2);
    delete_all(rtnl, (const int[]) { taps[0], taps[1], taps[0] }, 3, 0);
}

/* A guest has it open: it goes all the same, and the descriptor is dead. */
static void
test_open_taps(void **state)
{
    struct rtnl *rtnl = *state;
    int taps[2];
    char byte;

    make_taps(rtnl, taps, 2);
    int fd = own_netns_open_tap("tap0", 0);
    assert_true(fd >= 0);
    delete_all(rtnl, taps, 2, 0);
    assert_int_equal(read(fd, &byte, 1), -1);
    close(fd);
}

int
main(void)
{
#define TEST(NAME)                                                  \
    cmocka_unit_test_setup_teardown(NAME, own_netns_set_up,         \
                                    own_netns_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_many),
        TEST(test_few),
        TEST(test_stranger_joins),
        TEST(test_stranger_always_joins),
        TEST(test_one_is_taken_out_of_the_group),
        TEST(test_one_is_deleted_meanwhile),
        TEST(test_each_has_its_own_result),
        TEST(test_nothing_there),
        TEST(test_twice),
        TEST(test_open_taps),
    };

    return own_netns_run(tests);
}
