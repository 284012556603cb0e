/* SPDX-License-Identifier: Apache-2.0 */

/* See vf-watch.h.  Knows nothing of ports. */

#include <config.h>

#include "agent/vf-watch.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "agent/chore.h"
#include "lib/cleanup.h"
#include "openvswitch/list.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/shash.h"
#include "openvswitch/vlog.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(vf_watch);

/* After the first notification, so that a burst is one. */
#define SETTLE_MS 50

/* From one reading of a PF to the next. */
#define PAUSE_MS 250

/* After one that failed, when it has failed again and again. */
#define PAUSE_MAX_MS 32000

/* No PF has more: a number above is not believed. */
#define MAX_VFS 65536

struct watched_pf {
    int ifindex;
    long long due;              /* Read it then; LLONG_MAX: no need. */
    long long earliest;         /* Not before. */
    unsigned int n_failures;    /* In a row. */
};

/* What the thread reads: its own until that is over. */
struct reading {
    char *pf;
    int ifindex;
    struct rtnl_vf *vfs;
    size_t n, allocated;
    struct vif_error *error;
};

struct vf_watch {
    void (*changed)(void *aux, const struct vf_view *);
    void *aux;
    struct shash pfs;           /* struct watched_pf by name. */
    struct reading *reading;    /* Under way, or NULL. */
    struct chore_thread *chores;
};

/* The thread. */

static void
reading_destroy(void *reading_)
{
    struct reading *reading = reading_;

    free(reading->pf);
    free(reading->vfs);
    vif_error_destroy(reading->error);
    free(reading);
}

static void
take_vf(void *reading_, unsigned int number, const struct rtnl_vf *vf)
{
    struct reading *reading = reading_;

    if (number >= MAX_VFS) {
        return;
    }
    while (number >= reading->allocated) {
        size_t before = reading->allocated;

        reading->vfs = x2nrealloc(reading->vfs, &reading->allocated,
                                  sizeof *reading->vfs);
        memset(&reading->vfs[before], 0,
               (reading->allocated - before) * sizeof *reading->vfs);
    }
    reading->vfs[number] = *vf;
    reading->n = MAX(reading->n, number + 1);
}

static void
read_pf(void *reading_)
{
    struct reading *reading = reading_;
    struct rtnl_pf pf;
    struct rtnl *rtnl;

    reading->error = rtnl_open(&rtnl);
    if (!reading->error) {
        reading->error = rtnl_get_vfs(rtnl, reading->ifindex, &pf, take_vf,
                                      reading);
        rtnl_close(rtnl);
    }
}

/* The main loop. */

struct vf_watch *
vf_watch_create(void (*changed)(void *aux, const struct vf_view *), void *aux)
{
    struct vf_watch *watch = xzalloc(sizeof *watch);

    watch->changed = changed;
    watch->aux = aux;
    shash_init(&watch->pfs);
    watch->chores = chore_thread_create("vf-watch");
    return watch;
}

void
vf_watch_destroy(struct vf_watch *watch)
{
    if (watch) {
        chore_thread_destroy(watch->chores);
        shash_destroy_free_data(&watch->pfs);
        free(watch);
    }
}

void
vf_watch_link(struct vf_watch *watch, const char *name, int ifindex)
{
    struct watched_pf *pf = shash_find_data(&watch->pfs, name);

    if (!pf) {
        pf = xmalloc(sizeof *pf);
        *pf = (struct watched_pf) { .due = LLONG_MAX };
        shash_add(&watch->pfs, name, pf);
    }
    pf->ifindex = ifindex;
    if (pf->due == LLONG_MAX) {
        pf->due = MAX(time_msec() + SETTLE_MS, pf->earliest);
    }
}

/* The PF to be read first, or NULL. */
static struct shash_node *
first_due(const struct vf_watch *watch)
{
    struct shash_node *node, *first = NULL;

    SHASH_FOR_EACH (node, &watch->pfs) {
        const struct watched_pf *pf = node->data;
        const struct watched_pf *best = first ? first->data : NULL;

        if (pf->due < (best ? best->due : LLONG_MAX)) {
            first = node;
        }
    }
    return first;
}

/* What there was to be seen has not been. */
static void
read_again(struct watched_pf *pf)
{
    pf->due = time_msec() + MIN(PAUSE_MAX_MS,
                                PAUSE_MS << MIN(pf->n_failures, 16u));
    pf->n_failures++;
}

/* A PF whose link has gone tells so by itself; what the kernel cannot
 * describe it cannot a second time. */
static void
take_reading(struct vf_watch *watch)
{
    static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(6, 10);
    struct reading *reading = TAKE(watch->reading);
    struct watched_pf *pf = shash_find_data(&watch->pfs, reading->pf);

    pf->earliest = time_msec() + PAUSE_MS;
    if (pf->due < LLONG_MAX) {
        pf->due = MAX(pf->due, pf->earliest);
    }
    if (!reading->error) {
        pf->n_failures = 0;
        watch->changed(watch->aux, &(struct vf_view) {
            .pf = reading->pf, .vfs = reading->vfs, .n = reading->n,
        });
    } else if (reading->error->code != VIF_ERR_NOT_FOUND) {
        VLOG_WARN_RL(&rl, "%s: %s", reading->pf, reading->error->message);
        if (reading->error->code != VIF_ERR_UNSUPPORTED) {
            read_again(pf);
        }
    }
    reading_destroy(reading);
}

void
vf_watch_run(struct vf_watch *watch)
{
    if (chore_take(watch->chores)) {
        take_reading(watch);
    }

    const struct shash_node *node = watch->reading ? NULL : first_due(watch);
    struct watched_pf *pf = node ? node->data : NULL;
    if (pf && pf->due <= time_msec()) {
        struct reading *reading = xzalloc(sizeof *reading);

        reading->pf = xstrdup(node->name);
        reading->ifindex = pf->ifindex;
        pf->due = LLONG_MAX;
        watch->reading = reading;
        chore_start(watch->chores, read_pf, reading_destroy, reading);
    }
}

void
vf_watch_wait(struct vf_watch *watch)
{
    const struct shash_node *node = first_due(watch);

    if (watch->reading) {
        chore_wait(watch->chores);
    } else if (node) {
        const struct watched_pf *pf = node->data;

        poll_timer_wait_until(pf->due);
    }
}
