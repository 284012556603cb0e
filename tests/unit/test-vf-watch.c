/* SPDX-License-Identifier: Apache-2.0 */
/* A chore, and the watch for changes of VFs that reads PFs in one: how often,
 * and what of it is told.  This file plays the kernel. */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/chore.h"
#include "agent/vf-watch.h"
#include "ovs-atomic.h"
#include "ovs-thread.h"
#include "tests/unit/no-descriptors.h"
#include "tests/unit/until.h"
#include "util.h"

/* The kernel. */

struct rtnl {
    int nothing;
};

/* Reading link I is counted here, and fails if it is odd; so often as this
 * says for want of something, if it is 0. */
static atomic_count n_reads[8];
static atomic_count n_wanting;
static enum vif_error_code want;

struct vif_error *
rtnl_open(struct rtnl **rtnlp)
{
    *rtnlp = xzalloc(sizeof **rtnlp);
    return NULL;
}

void
rtnl_close(struct rtnl *rtnl)
{
    free(rtnl);
}

struct vif_error *
rtnl_get_vfs(struct rtnl *rtnl OVS_UNUSED, int ifindex, struct rtnl_pf *pf,
             rtnl_vf_cb *tell, void *aux)
{
    struct rtnl_vf vf = { .fields = RTNL_VF_BIT(RTNL_VF_TRUST), .trust = 1 };

    memset(pf, 0, sizeof *pf);
    atomic_count_inc(&n_reads[ifindex]);
    if (!ifindex && atomic_count_get(&n_wanting)) {
        atomic_count_dec(&n_wanting);
        return vif_error_create(want, "no memory");
    }
    if (ifindex % 2) {
        return vif_error_create(VIF_ERR_NOT_FOUND, "no such link");
    }
    tell(aux, 0, &vf);
    /* The driver refuses to describe VF 1, and the last makes no sense. */
    vf.trust = 0;
    tell(aux, 100, &vf);
    tell(aux, UINT32_MAX, &vf);
    return NULL;
}

/* Who listens. */

struct told {
    unsigned int n;
    char pf[32];
};

static void
changed(void *told_, const struct vf_view *view)
{
    struct told *told = told_;

    told->n++;
    ovs_strlcpy(told->pf, view->pf, sizeof told->pf);
    assert_int_equal(view->n, 101);
    assert_int_equal(view->vfs[0].trust, 1);
    assert_int_equal(view->vfs[1].fields, 0);
    assert_int_equal(view->vfs[100].fields, RTNL_VF_BIT(RTNL_VF_TRUST));
}

static void
test_a_burst_is_read_once(void **state OVS_UNUSED)
{
    struct told told = { .n = 0 };
    struct vf_watch *watch = vf_watch_create(changed, &told);
    long long started = time_msec();

    for (int i = 0; i < 1000; i++) {
        vf_watch_link(watch, "pci/0000:03:00.0", 2);
        vf_watch_run(watch);
    }
    UNTIL(told.n, vf_watch_run(watch), vf_watch_wait(watch));
    assert_string_equal(told.pf, "pci/0000:03:00.0");
    assert_int_equal(atomic_count_get(&n_reads[2]), 1);

    /* The next burst soon after waits a little. */
    vf_watch_link(watch, "pci/0000:03:00.0", 4);
    vf_watch_link(watch, "pci/0000:03:00.0", 4);
    UNTIL(told.n == 2, vf_watch_run(watch), vf_watch_wait(watch));
    assert_true(time_msec() - started >= 300);
    assert_int_equal(atomic_count_get(&n_reads[4]), 1);
    vf_watch_destroy(watch);
}

/* A PF does not wait for another one's pause. */
static void
test_each_pf_has_its_own_time(void **state OVS_UNUSED)
{
    struct told told = { .n = 0 };
    struct vf_watch *watch = vf_watch_create(changed, &told);

    vf_watch_link(watch, "a", 3);
    vf_watch_link(watch, "b", 6);
    UNTIL(told.n, vf_watch_run(watch), vf_watch_wait(watch));
    assert_string_equal(told.pf, "b");
    UNTIL(atomic_count_get(&n_reads[3]), vf_watch_run(watch),
          vf_watch_wait(watch));
    assert_int_equal(told.n, 1);
    vf_watch_link(watch, "a", 3);
    vf_watch_destroy(watch);
    vf_watch_destroy(NULL);
}

/* What has changed is not forgotten because it could not be read. */
static void
test_what_fails_is_read_again(void **state OVS_UNUSED)
{
    struct told told = { .n = 0 };
    struct vf_watch *watch = vf_watch_create(changed, &told);

    want = VIF_ERR_KERNEL;
    atomic_count_set(&n_wanting, 2);
    vf_watch_link(watch, "a", 0);
    UNTIL(told.n, vf_watch_run(watch), vf_watch_wait(watch));
    assert_int_equal(atomic_count_get(&n_reads[0]), 3);

    /* What will never be told is not asked again. */
    want = VIF_ERR_UNSUPPORTED;
    atomic_count_set(&n_wanting, 1);
    vf_watch_link(watch, "a", 0);
    vf_watch_link(watch, "b", 2);
    UNTIL(!atomic_count_get(&n_wanting), vf_watch_run(watch),
          vf_watch_wait(watch));
    long long started = time_msec();
    for (int i = 0; i < 3; i++) {
        unsigned int n = told.n;

        vf_watch_link(watch, "b", 2);
        UNTIL(told.n > n, vf_watch_run(watch), vf_watch_wait(watch));
    }
    assert_true(time_msec() - started >= 300);
    assert_int_equal(atomic_count_get(&n_reads[0]), 4);
    vf_watch_destroy(watch);
}

/* Chores. */

static atomic_count destroyed;

struct pause {
    struct ovs_mutex *mutex;
    bool over;
};

static void
pause_work(void *pause_)
{
    struct pause *pause = pause_;

    ovs_mutex_lock(pause->mutex);
    pause->over = true;
    ovs_mutex_unlock(pause->mutex);
}

static void
pause_destroy(void *pause)
{
    free(pause);
    atomic_count_inc(&destroyed);
}

static struct pause *
make_pause(struct ovs_mutex *mutex)
{
    struct pause *pause = xzalloc(sizeof *pause);

    pause->mutex = mutex;
    return pause;
}

static void
start_pause(struct chore_thread *chores, struct ovs_mutex *mutex)
{
    chore_start(chores, pause_work, pause_destroy, make_pause(mutex));
}

static void
test_chores(void **state OVS_UNUSED)
{
    struct ovs_mutex mutex = OVS_MUTEX_INITIALIZER;
    struct chore_thread *chores = chore_thread_create("test");
    bool over;

    /* Taken, once; the same thread does the next. */
    assert_false(chore_take(chores));
    for (int i = 0; i < 2; i++) {
        struct pause *pause = make_pause(&mutex);

        ovs_mutex_lock(&mutex);
        chore_start(chores, pause_work, pause_destroy, pause);
        assert_false(chore_take(chores));
        ovs_mutex_unlock(&mutex);
        UNTIL(over, over = chore_take(chores), chore_wait(chores));
        assert_false(chore_take(chores));
        assert_true(pause->over);
        assert_int_equal(atomic_count_get(&destroyed), 0);
        free(pause);
    }

    /* Given up while the thread is stuck: it frees everything. */
    ovs_mutex_lock(&mutex);
    start_pause(chores, &mutex);
    chore_thread_destroy(chores);
    assert_int_equal(atomic_count_get(&destroyed), 0);
    ovs_mutex_unlock(&mutex);
    UNTIL(atomic_count_get(&destroyed) == 1, , poll_immediate_wake());

    /* Given up when it is over and not yet taken. */
    chores = chore_thread_create("test");
    start_pause(chores, &mutex);
    chore_finish(chores);
    chore_thread_destroy(chores);
    assert_int_equal(atomic_count_get(&destroyed), 2);

    /* Nothing to give up. */
    chore_thread_destroy(chore_thread_create("test"));
    chore_thread_destroy(NULL);
}

/* What has happened to a PF is read also when nothing more can be opened. */
static void
test_no_descriptor(void **state OVS_UNUSED)
{
    struct told told = { .n = 0 };
    struct vf_watch *watch = vf_watch_create(changed, &told);
    struct no_descriptors none;

    no_descriptors_begin(&none);
    vf_watch_link(watch, "c", 2);
    UNTIL(told.n, vf_watch_run(watch), vf_watch_wait(watch));
    no_descriptors_end(&none);
    vf_watch_destroy(watch);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_burst_is_read_once),
        cmocka_unit_test(test_each_pf_has_its_own_time),
        cmocka_unit_test(test_what_fails_is_read_again),
        cmocka_unit_test(test_chores),
        cmocka_unit_test(test_no_descriptor),
    };

    return cmocka_run_group_tests_name("VF watch", tests, NULL, NULL);
}
