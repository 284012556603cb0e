/* SPDX-License-Identifier: Apache-2.0 */

/* Looking for links that carry a mark of vifd's. */

#include <config.h>

#include "agent/marks.h"

#include <stdlib.h>
#include <string.h>

#include "latch.h"
#include "lib/cleanup.h"
#include "ovs-thread.h"
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

struct marks_look {
    pthread_t thread;
    struct latch over;          /* Set by the thread as its last act. */
    struct marks marks;
    struct vif_error *error;
};

static void *
look_main(void *look_)
{
    struct marks_look *look = look_;

    look->error = marks_read(&look->marks);
    latch_set(&look->over);
    return NULL;
}

struct marks_look *
marks_look_start(void)
{
    struct marks_look *look = xzalloc(sizeof *look);

    latch_init(&look->over);
    look->thread = ovs_thread_create("marks", look_main, look);
    return look;
}

bool
marks_look_take(struct marks_look *look, struct marks *marks,
                struct vif_error **errorp)
{
    if (!latch_poll(&look->over)) {
        return false;
    }
    *marks = look->marks;
    look->marks = (struct marks) { .n = 0 };
    *errorp = TAKE(look->error);
    return true;
}

void
marks_look_wait(const struct marks_look *look)
{
    latch_wait(&look->over);
}

void
marks_look_destroy(struct marks_look *look)
{
    if (look) {
        xpthread_join(look->thread, NULL);
        free(look->marks.marks);
        vif_error_destroy(look->error);
        latch_destroy(&look->over);
        free(look);
    }
}
