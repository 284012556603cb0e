/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_VF_WATCH_H
#define AGENT_VF_WATCH_H 1

/* Notices that somebody sets a VF by its PF ("ip link set PF vf N ...").  The
 * kernel only says that there was something about the PF's link, and of one
 * that is down it does so when it is set up.  What it was can be found out by
 * reading all of its VFs, which takes the longer the more it has, and vifd's
 * own doings cause the same notifications.  So a thread reads a PF once for
 * many of them: a moment after the first, and not again before a quarter of a
 * second has passed.  A reading that fails is made good. */

#include "kernel/rtnl-vf.h"

struct vf_watch;

/* The VFs of a PF at one moment; [i] is VF i. */
struct vf_view {
    const char *pf;             /* The device. */
    const struct rtnl_vf *vfs;
    size_t n;
};

/* 'changed' is called in vf_watch_run() for each PF that was read. */
struct vf_watch *vf_watch_create(void (*changed)(void *aux,
                                                 const struct vf_view *),
                                 void *aux);
void vf_watch_destroy(struct vf_watch *);       /* NULL is allowed. */

/* There was something about the link 'ifindex' of 'pf'. */
void vf_watch_link(struct vf_watch *, const char *pf, int ifindex);

void vf_watch_run(struct vf_watch *);
void vf_watch_wait(struct vf_watch *);

#endif /* agent/vf-watch.h */
