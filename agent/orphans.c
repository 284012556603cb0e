/* SPDX-License-Identifier: Apache-2.0 */

/* What an orphan is, and lists of them.  Changes nothing on the host. */

#include <config.h>

#include "agent/orphans.h"

#include <stdlib.h>
#include <string.h>

#include "engine/engine.h"
#include "lib/cleanup.h"
#include "ovs/ovs.h"
#include "steps/link-mark.h"
#include "steps/step.h"
#include "util.h"
#include "uuid.h"

static void
orphan_free(struct orphan *orphan)
{
    free(orphan->object);
    free(orphan->port_id);
    free(orphan->bridge);
    vif_error_destroy(orphan->error);
    free(orphan);
}

static void
add(struct shash *orphans, const struct orphan *like)
{
    CLEANUP_FREE char *key = xasprintf("%s %s %d "UUID_FMT" %s",
                                       like->port_id, like->kind,
                                       like->ifindex, UUID_ARGS(&like->uuid),
                                       like->object);

    if (!shash_find(orphans, key)) {
        struct orphan *orphan = xmemdup(like, sizeof *like);

        orphan->object = xstrdup(like->object);
        orphan->port_id = xstrdup(like->port_id);
        orphan->bridge = nullable_xstrdup(like->bridge);
        shash_add_nocopy(orphans, TAKE(key), orphan);
    }
}

/* "KIND NAME PORT_ID", taken apart where it is. */
static void
add_link(struct shash *orphans, int ifindex, char *text,
         const struct engine *engine)
{
    char *rest = text;
    const char *word = strsep(&rest, " ");
    const struct step_class *class = step_class_lookup(word);
    char *name = strsep(&rest, " ");
    char number[16];

    ovs_assert(class && name && rest);
    snprintf(number, sizeof number, "%d", ifindex);
    if (!engine_port_has(engine, rest, class->kind, name, "ifindex",
                         number)) {
        add(orphans, &(struct orphan) {
            .kind = class->kind,
            .object = name,
            .port_id = rest,
            .ifindex = ifindex,
        });
    }
}

void
orphans_add_links(struct shash *orphans, const struct vif_attrs *links,
                  const struct engine *engine)
{
    for (size_t i = 0; i < links->n; i++) {
        CLEANUP_FREE char *text = xstrdup(links->attrs[i].value);

        add_link(orphans, atoi(links->attrs[i].key), text, engine);
    }
}

struct rows {
    struct shash *orphans;
    const struct engine *engine;
};

static void
add_row(void *rows_, const struct ovs_port_view *row)
{
    struct rows *rows = rows_;

    if (row->ours && row->port_id && mark_is_port_id(row->port_id)
        && !engine_port_has(rows->engine, row->port_id, "ovs-port",
                            row->name, NULL, NULL)) {
        add(rows->orphans, &(struct orphan) {
            .kind = "ovs-port",
            .object = CONST_CAST(char *, row->name),
            .port_id = CONST_CAST(char *, row->port_id),
            .uuid = row->port_uuid,
            .bridge = CONST_CAST(char *, row->bridge),
        });
    }
}

void
orphans_add_rows(struct shash *orphans, const struct ovs *ovs,
                 const struct engine *engine)
{
    struct rows rows = { .orphans = orphans, .engine = engine };

    ovs_for_each_ours(ovs, add_row, &rows);
}

void
orphans_keep_common(struct shash *orphans, const struct shash *others)
{
    struct shash_node *node;

    SHASH_FOR_EACH_SAFE (node, orphans) {
        if (!shash_find(others, node->name)) {
            orphan_free(node->data);
            shash_delete(orphans, node);
        }
    }
}

void
orphans_clear(struct shash *orphans)
{
    struct shash_node *node;

    SHASH_FOR_EACH (node, orphans) {
        orphan_free(node->data);
    }
    shash_clear(orphans);
}

void
orphan_for_engine(const struct orphan *orphan, struct engine_orphan *e)
{
    *e = (struct engine_orphan) {
        .kind = orphan->kind,
        .object = orphan->object,
        .original = VIF_ATTRS_INIT,
        .output = VIF_ATTRS_INIT,
    };
    if (orphan->ifindex) {
        vif_attrs_setf(&e->output, "ifindex", "%d", orphan->ifindex);
    } else {
        vif_attrs_setf(&e->original, "port_uuid", UUID_FMT,
                       UUID_ARGS(&orphan->uuid));
    }
}
