/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_MARKS_H
#define AGENT_MARKS_H 1

/* Links that carry a mark of vifd's, "vifd:KEY:PORT" in their alias, whoever's
 * KEY that is. */

#include <stdbool.h>
#include <stddef.h>

#include <vif/binding.h>
#include <vif/error.h>

#include "kernel/rtnl.h"
#include "uuid.h"

struct mark {
    char name[RTNL_NAME_SIZE];
    char key[UUID_LEN + 1];
    char port_id[VIF_PORT_ID_MAX + 1];
};

struct marks {
    struct mark *marks;         /* The caller frees. */
    size_t n;
};

/* Whether 'link' carries one, which is stored into '*mark'. */
bool mark_read(const struct rtnl_link *link, struct mark *mark);

/* All there are.  Blocks. */
struct vif_error *marks_read(struct marks *) VIF_WARN_UNUSED;

/* The same in a thread of its own, which is made at the start. */
struct marks_look;
struct marks_look *marks_look_create(void);
/* Not before the one before has been taken. */
void marks_look_start(struct marks_look *);
/* Whether it is over.  Once: '*marks' is the caller's. */
bool marks_look_take(struct marks_look *, struct marks *,
                     struct vif_error **);
void marks_look_wait(const struct marks_look *);
/* One that is under way is left behind.  NULL is allowed. */
void marks_look_destroy(struct marks_look *);

#endif /* agent/marks.h */
