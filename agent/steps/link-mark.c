/* SPDX-License-Identifier: Apache-2.0 */

/* The mark of a link: written, read, looked for.  A mark is one only as a
 * whole: whoever else writes aliases that begin like ours, or another vifd,
 * keeps what is his. */

#include <config.h>

#include "steps/link-mark.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cleanup.h"

#define MARK_PREFIX "vifd:"

/* As vif_binding_check() has them. */
#define PORT_ID_CHARS "abcdefghijklmnopqrstuvwxyz" \
                      "ABCDEFGHIJKLMNOPQRSTUVWXYZ" \
                      "0123456789_.:-"

bool
mark_is_port_id(const char *s)
{
    size_t length = strspn(s, PORT_ID_CHARS);

    return length && length <= VIF_PORT_ID_MAX && !s[length];
}

void
link_mark_format(char mark[RTNL_ALIAS_SIZE], const char *key,
                const char *port_id)
{
    snprintf(mark, RTNL_ALIAS_SIZE, MARK_PREFIX"%s:%s", key, port_id);
}

void
shared_mark_format(char mark[RTNL_ALIAS_SIZE], const char *key,
                   const char *name)
{
    snprintf(mark, RTNL_ALIAS_SIZE, MARK_PREFIX"%s:+%s", key, name);
}

const char *
link_mark_step_kind(const struct rtnl_link *link)
{
    static const char *const kinds[][2] = {
        { "macvtap", "macvtap" },
        { "tun", "tap" },
    };

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (!strcmp(link->kind, kinds[i][0])) {
            return kinds[i][1];
        }
    }
    return NULL;
}

/* What follows our key in the alias, or NULL. */
static const char *
after_key(const struct rtnl_link *link, const char *key)
{
    const char *p = link->alias;
    size_t length = strlen(key);

    if (strncmp(p, MARK_PREFIX, strlen(MARK_PREFIX))) {
        return NULL;
    }
    p += strlen(MARK_PREFIX);
    return strncmp(p, key, length) || p[length] != ':' ? NULL
           : p + length + 1;
}

const char *
link_mark_port_id(const struct rtnl_link *link, const char *key)
{
    const char *id = link_mark_step_kind(link) ? after_key(link, key) : NULL;

    return id && mark_is_port_id(id) ? id : NULL;
}

const char *
link_mark_shared_name(const struct rtnl_link *link, const char *key)
{
    const char *name = after_key(link, key);

    return name && name[0] == '+' ? name + 1 : NULL;
}

static struct vif_error *
marked_links_verify(struct step *step, const struct step_env *env)
{
    CLEANUP_FREE struct rtnl_link *links = NULL;
    size_t n = 0;
    struct vif_error *error = rtnl_dump(env->rtnl, &links, &n);

    for (size_t i = 0; i < n && !error; i++) {
        const char *port_id = link_mark_port_id(&links[i], env->key);

        if (port_id) {
            char ifindex[16];

            snprintf(ifindex, sizeof ifindex, "%d", links[i].ifindex);
            vif_attrs_setf(&step->output, ifindex, "%s %s %s",
                           link_mark_step_kind(&links[i]), links[i].name,
                           port_id);
        }
    }
    return error;
}

const struct step_class marked_links_class = {
    .kind = "marked-links",
    .version = 1,
    .summary = "all links with our mark",
    .verify = marked_links_verify,
};
