/* SPDX-License-Identifier: Apache-2.0 */

/* Looking for links of ours, and saying what is there instead. */

#include <config.h>

#include "steps/marked-link.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <vif/binding.h>

#include "privilege/privilege.h"
#include "steps/link-mark.h"

void
marked_link_init(struct marked_link *m, const char *what, const char *kind,
                 const struct step *step, const struct step_env *env)
{
    uint64_t ifindex = vif_attrs_get_uint(&step->output, "ifindex", 0);

    *m = (struct marked_link) {
        .what = what,
        .kind = kind,
        .name = step->object,
        .ifindex = ifindex <= INT32_MAX ? ifindex : 0,
    };
    link_mark_format(m->mark, env->key, step->port_id);
}

/* FNV-1a, between the small numbers that people choose and those that
 * rtnl-delete.c does. */
uint32_t
marked_link_birth_group(const char *mark)
{
    uint32_t hash = UINT32_C(2166136261);

    for (const char *p = mark; *p; p++) {
        hash = (hash ^ (unsigned char) *p) * UINT32_C(16777619);
    }
    return UINT32_C(0x20000000) | (hash & UINT32_C(0x1fffffff));
}

bool
marked_link_is_ours(const struct marked_link *m, const struct rtnl_link *link)
{
    return (!strcmp(link->kind, m->kind)
            && (!strcmp(link->alias, m->mark)
                || (m->birth_group && link->group == m->birth_group
                    && !link->alias[0])));
}

bool
marked_link_lost_mark(const struct marked_link *m,
                      const struct rtnl_link *link)
{
    return (!strcmp(link->kind, m->kind) && !link->alias[0]
            && link->ifindex == m->ifindex);
}

/* Words. */

/* The alias of 'link' for a message: anybody may write anything there. */
#define ALIAS_BUFSIZE 80
static const char *
describe_alias(const struct rtnl_link *link, char buf[ALIAS_BUFSIZE])
{
    if (!link->alias[0]) {
        return "no alias";
    }
    snprintf(buf, ALIAS_BUFSIZE, "alias '%.64s'", link->alias);
    for (char *p = buf; *p; p++) {
        if (*p < ' ' || *p > '~') {
            *p = '?';
        }
    }
    return buf;
}

struct vif_error *
marked_link_taken(const struct marked_link *m, const struct rtnl_link *link)
{
    char mac[VIF_MAC_BUFSIZE] = "none";
    char alias[ALIAS_BUFSIZE], who[512] = "";

    if (link->has_mac) {
        vif_mac_format(&link->mac, mac);
    }
    if (link->n_queues
        && !privilege_tap_holders(link->name, who, sizeof who)) {
        snprintf(who, sizeof who, "a process that /proc does not show");
    }
    return vif_error_create(
        VIF_ERR_CONFLICT, "%s exists and is not this port's: a %s%s with MTU "
        "%"PRIu32", MAC address %s, %s%s%s", m->name,
        link->is_tap ? "tap" : link->kind[0] ? link->kind : "device",
        link->is_tap || !link->kind[0] ? "" : " device", link->mtu, mac,
        describe_alias(link, alias), link->n_queues ? ", open by " : "", who);
}

/* Looking. */

static struct vif_error *
take_look(struct vif_error *error, bool *foundp)
{
    *foundp = !error;
    if (error && error->code == VIF_ERR_NOT_FOUND) {
        vif_error_destroy(error);
        error = NULL;
    }
    return error;
}

struct vif_error *
marked_link_look(const struct marked_link *m, struct rtnl *rtnl,
                 struct rtnl_link *link, bool *foundp)
{
    return take_look(rtnl_get_by_name(rtnl, m->name, link), foundp);
}

struct vif_error *
marked_link_look_known(const struct marked_link *m, struct rtnl *rtnl,
                       struct rtnl_link *link, bool *foundp)
{
    *foundp = false;
    if (!m->ifindex) {
        return NULL;
    }

    struct vif_error *error = take_look(rtnl_get(rtnl, m->ifindex, link),
                                        foundp);
    *foundp = *foundp && (marked_link_is_ours(m, link)
                          || marked_link_lost_mark(m, link));
    return error;
}

/* Ours is not under its name: says so, and where it is, if it was renamed.
 * 'stranger' is what has the name, or NULL. */
static struct vif_error *
missing(const struct marked_link *m, struct rtnl *rtnl,
        const struct rtnl_link *stranger)
{
    struct rtnl_link ours;
    bool found;
    struct vif_error *error = marked_link_look_known(m, rtnl, &ours, &found);

    if (error) {
        return error;
    } else if (stranger) {
        error = marked_link_taken(m, stranger);
        return (found ? vif_error_wrap(error, "it was renamed to %s",
                                       ours.name) : error);
    }
    return (found
            ? vif_error_create(VIF_ERR_NOT_FOUND, "%s %s was renamed to %s",
                               m->what, m->name, ours.name)
            : vif_error_create(VIF_ERR_NOT_FOUND, "%s %s is not there",
                               m->what, m->name));
}

struct vif_error *
marked_link_check(const struct marked_link *m, struct rtnl *rtnl,
                  struct rtnl_link *link)
{
    bool found;
    struct vif_error *error = marked_link_look(m, rtnl, link, &found);

    if (error) {
        return error;
    } else if (!found) {
        return missing(m, rtnl, NULL);
    } else if (marked_link_lost_mark(m, link)) {
        return vif_error_create(VIF_ERR_CONFLICT, "%s has lost its mark: it "
                                "has no alias instead of '%s'", m->name,
                                m->mark);
    } else if (!marked_link_is_ours(m, link)) {
        return missing(m, rtnl, link);
    }
    return NULL;
}

/* Looks for one of which only the mark is known: it was made and renamed
 * before its index could be noted. */
static struct vif_error *
look_by_mark(const struct marked_link *m, struct rtnl *rtnl,
             struct link_list *all, struct rtnl_link *link, bool *foundp)
{
    if (!all->known) {
        struct vif_error *error = rtnl_dump(rtnl, &all->links, &all->n);

        if (error) {
            return error;
        }
        all->known = true;
    }
    for (size_t i = 0; i < all->n && !*foundp; i++) {
        *foundp = marked_link_is_ours(m, &all->links[i]);
        if (*foundp) {
            *link = all->links[i];
        }
    }
    return NULL;
}

struct vif_error *
marked_link_find(const struct marked_link *m, struct step *step,
                 struct rtnl *rtnl, struct link_list *all,
                 struct rtnl_link *link)
{
    char alias[ALIAS_BUFSIZE];
    bool found;
    struct vif_error *error = marked_link_look_known(m, rtnl, link, &found);

    if (!error && !found) {
        error = marked_link_look(m, rtnl, link, &found);
        if (found && !marked_link_is_ours(m, link)) {
            vif_attrs_setf(&step->output, "warning", "%s is not vifd's any "
                           "more (%s): left as it is", m->name,
                           describe_alias(link, alias));
            found = false;
        }
        if (!error && !found && !m->ifindex) {
            error = look_by_mark(m, rtnl, all, link, &found);
        }
    }
    if (!found) {
        link->ifindex = 0;
    }
    return error;
}

struct vif_error *
marked_link_deleted(const struct marked_link *m, struct vif_error *error)
{
    if (error && error->code == VIF_ERR_NOT_FOUND) {
        vif_error_destroy(error);
        return NULL;
    }
    return vif_error_wrap(error, "delete %s %s", m->what, m->name);
}
