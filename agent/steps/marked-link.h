/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STEPS_MARKED_LINK_H
#define STEPS_MARKED_LINK_H 1

/* A link that a step makes and marks as ours in its alias, so that it is told
 * from a stranger's whatever it is called by now, after a crash too.  What has
 * another mark or none is a stranger's, and never changed or deleted.  Knows
 * nothing of what kind of link it is. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <vif/error.h>

#include "kernel/rtnl.h"
#include "steps/step.h"

struct marked_link {
    const char *what;           /* "tap": for messages. */
    const char *kind;           /* "tun": as the kernel calls it. */
    const char *name;
    int ifindex;                /* As it was known last; 0: not yet. */
    char mark[RTNL_ALIAS_SIZE];

    /* Where the kernel marks a link only after it was made, it is ours, too,
     * while it has this group and no alias; 0 where it has its mark at once.
     * It follows from the mark and is the same in every release. */
    uint32_t birth_group;
};

/* Fills in the name and the mark of the port, and the index that is in the
 * step's output. */
void marked_link_init(struct marked_link *, const char *what,
                      const char *kind, const struct step *,
                      const struct step_env *);
uint32_t marked_link_birth_group(const char *mark);

/* By its mark, or being made. */
bool marked_link_is_ours(const struct marked_link *,
                         const struct rtnl_link *);

/* Whether somebody has taken the mark of ours away and put none of his own
 * there: the kernel gives no index a second time before the next boot. */
bool marked_link_lost_mark(const struct marked_link *,
                           const struct rtnl_link *);

/* Looks up what has the name, whoever's it is; '*foundp' tells whether there
 * is something.  The other one looks under the last index for ours, whatever
 * it is called. */
struct vif_error *marked_link_look(const struct marked_link *, struct rtnl *,
                                   struct rtnl_link *, bool *foundp);
struct vif_error *marked_link_look_known(const struct marked_link *,
                                         struct rtnl *, struct rtnl_link *,
                                         bool *foundp);

/* The error that 'link', which has the name, is a stranger's: what it is, and
 * who has it open if it is a tap. */
struct vif_error *marked_link_taken(const struct marked_link *,
                                    const struct rtnl_link *);

/* For verify(): reads ours into '*link'.  An error says that it is not there,
 * was renamed, has lost its mark, or that a stranger has the name. */
struct vif_error *marked_link_check(const struct marked_link *, struct rtnl *,
                                    struct rtnl_link *);

/* All links, read once it turns out that one has to be looked for.  The
 * caller frees 'links'. */
struct link_list {
    struct rtnl_link *links;
    size_t n;
    bool known;
};

/* For revert(): finds ours by its index or by its name or, if no index was
 * ever noted, by its mark among all links.  'link->ifindex' is 0 if it is
 * gone.  That the name is a stranger's by now becomes 'step's "warning". */
struct vif_error *marked_link_find(const struct marked_link *, struct step *,
                                   struct rtnl *, struct link_list *,
                                   struct rtnl_link *);

/* The result of a deletion: gone already is as good. */
struct vif_error *marked_link_deleted(const struct marked_link *,
                                      struct vif_error *);

#endif /* steps/marked-link.h */
