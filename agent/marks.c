/* SPDX-License-Identifier: Apache-2.0 */

/* Looking for links that carry a mark of vifd's. */

#include <config.h>

#include "agent/marks.h"

#include <stdlib.h>
#include <string.h>

#include "agent/chore.h"
#include "lib/cleanup.h"
#include "util.h"

#define PREFIX "vifd:"

bool
mark_read(const struct rtnl_link *link, struct mark *mark)
{
    const char *key = link->alias + strlen(PREFIX);
    const char *port_id = key + UUID_LEN + 1;
    struct uuid uuid;

    if (strncmp(link->alias, PREFIX, strlen(PREFIX))
        || strlen(key) < UUID_LEN + 2 || port_id[-1] != ':'
        || strlen(port_id) > VIF_PORT_ID_MAX) {
        return false;
    }
    ovs_strlcpy(mark->name, link->name, sizeof mark->name);
    ovs_strlcpy(mark->key, key, sizeof mark->key);
    ovs_strlcpy(mark->port_id, port_id, sizeof mark->port_id);
    return uuid_from_string(&uuid, mark->key);
}

struct vif_error *
marks_read(struct marks *marks)
{
    CLEANUP_FREE struct rtnl_link *links = NULL;
    struct rtnl *rtnl;
    size_t n = 0;
    struct vif_error *error = rtnl_open(&rtnl);

    *marks = (struct marks) { .n = 0 };
    if (!error) {
        error = rtnl_dump(rtnl, &links, &n);
        rtnl_close(rtnl);
    }
    if (!error) {
        marks->marks = xcalloc(MAX(n, 1), sizeof *marks->marks);
        for (size_t i = 0; i < n; i++) {
            marks->n += mark_read(&links[i], &marks->marks[marks->n]);
        }
    }
    return vif_error_wrap(error, "look for links that carry vifd's mark");
}

/* What the thread finds. */
struct found_marks {
    struct marks marks;
    struct vif_error *error;
};

struct marks_look {
    struct chore_thread *chores;
    struct found_marks *found;      /* The thread's, or NULL. */
};

static void
look(void *found_)
{
    struct found_marks *found = found_;

    found->error = marks_read(&found->marks);
}

static void
found_destroy(void *found_)
{
    struct found_marks *found = found_;

    free(found->marks.marks);
    vif_error_destroy(found->error);
    free(found);
}

struct marks_look *
marks_look_create(void)
{
    struct marks_look *marks_look = xzalloc(sizeof *marks_look);

    marks_look->chores = chore_thread_create("marks");
    return marks_look;
}

void
marks_look_start(struct marks_look *marks_look)
{
    marks_look->found = xzalloc(sizeof *marks_look->found);
    chore_start(marks_look->chores, look, found_destroy, marks_look->found);
}

bool
marks_look_take(struct marks_look *marks_look, struct marks *marks,
                struct vif_error **errorp)
{
    if (!chore_take(marks_look->chores)) {
        return false;
    }
    *marks = marks_look->found->marks;
    *errorp = marks_look->found->error;
    free(TAKE(marks_look->found));
    return true;
}

void
marks_look_wait(const struct marks_look *marks_look)
{
    chore_wait(marks_look->chores);
}

void
marks_look_destroy(struct marks_look *marks_look)
{
    if (marks_look) {
        chore_thread_destroy(marks_look->chores);
        free(marks_look);
    }
}
