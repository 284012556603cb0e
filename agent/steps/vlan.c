/* SPDX-License-Identifier: Apache-2.0 */

/* Step "vlan": a VLAN device, which ports share.  One that is there already,
 * on that link and with that id, is used and never deleted; one with other
 * parameters is refused.  One that this step made carries a mark
 * (marked-link.h) that names no port, and is deleted after the last of them
 * unless somebody else has put something on it or given it an address.  What
 * is on it in another network namespace, or by other means than as a link, is
 * not seen.
 *
 * Arguments: what it sits on, "link" or "lower_ifindex"; "id"; "up" (true
 * unless it says false); "undo" and "replace" are the engine's.
 * Original: "existed"; "up", if it did.  Outputs: "ifindex", "lower_ifindex",
 * "warning". */

#include <config.h>

#include "steps/step.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "crash-point.h"
#include "kernel/rtnl-address.h"
#include "kernel/rtnl-upper.h"
#include "kernel/rtnl.h"
#include "lib/cleanup.h"
#include "steps/args.h"
#include "steps/marked-link.h"
#include "steps/link-mark.h"

#define MAX_ATTEMPTS 4

static const char *
id_fault(const char *s)
{
    return step_args_is_number(s, 1, 4094) ? NULL : "must be 1 to 4094";
}

static struct vif_error *
vlan_check(const struct vif_attrs *args, bool partial)
{
    static const struct step_argument arguments[] = {
        { "id", true, id_fault },
        { "link", false, step_args_netdev_fault },
        { "lower_ifindex", false, step_args_ifindex_fault },
        { "replace", false, step_args_bool_fault },
        { "undo", false, step_args_bool_fault },
        { "up", false, step_args_bool_fault },
    };
    struct vif_error *error = step_args_check(
        "vlan", arguments, sizeof arguments / sizeof *arguments, args,
        partial);

    if (!error && !partial && !vif_attrs_get(args, "link")
        && !vif_attrs_get(args, "lower_ifindex")) {
        error = vif_error_with_where(
            vif_error_create(VIF_ERR_INVALID, "vlan: neither 'link' nor "
                             "'lower_ifindex' tells what it sits on"),
            "link");
    }
    return error;
}

static bool
same(const struct vif_attrs *a, const struct vif_attrs *b, const char *key)
{
    const char *x = vif_attrs_get(a, key), *y = vif_attrs_get(b, key);

    return x && y ? !strcmp(x, y) : x == y;
}

/* To sit elsewhere or have another id it would have to be made anew, and what
 * guests have on it would go with the old one. */
static enum step_change
vlan_compare(const struct vif_attrs *old, const struct vif_attrs *new)
{
    return (!same(old, new, "link") || !same(old, new, "lower_ifindex")
            || (vif_attrs_get_uint(old, "id", 0)
                != vif_attrs_get_uint(new, "id", 0))
            ? STEP_REFUSE_IN_USE
            : vif_attrs_get_bool(old, "up", true)
              != vif_attrs_get_bool(new, "up", true)
            ? STEP_ALTER : STEP_KEEP);
}

/* What is wanted, read from a step. */
struct wish {
    struct marked_link vlan;
    struct rtnl_link lower;     /* Once it was looked up. */
    uint16_t id;
    bool up;
};

static void
init_vlan(struct marked_link *vlan, const struct step *step,
          const struct step_env *env)
{
    marked_link_init(vlan, "VLAN device", "vlan", step, env);
    shared_mark_format(vlan->mark, env->key, step->object);
    vlan->birth_group = marked_link_birth_group(vlan->mark);
}

static struct vif_error *
look_below(struct wish *wish, const struct step *step,
           const struct step_env *env)
{
    const char *link = vif_attrs_get(&step->args, "link");
    uint64_t ifindex = vif_attrs_get_uint(&step->args, "lower_ifindex", 0);

    return vif_error_wrap(link ? rtnl_get_by_name(env->rtnl, link,
                                                  &wish->lower)
                          : rtnl_get(env->rtnl, ifindex, &wish->lower),
                          "what VLAN device %s is to sit on", step->object);
}

static struct vif_error *
read_wish(const struct step *step, const struct step_env *env,
          struct wish *wish)
{
    struct vif_error *error = vlan_check(&step->args, false);

    if (!error) {
        init_vlan(&wish->vlan, step, env);
        wish->id = vif_attrs_get_uint(&step->args, "id", 0);
        wish->up = vif_attrs_get_bool(&step->args, "up", true);
        error = look_below(wish, step, env);
    }
    return error;
}

/* An error that says how 'link', which has the name, differs from what is
 * wanted, but for being up. */
static struct vif_error *
check_link(const struct wish *wish, const struct rtnl_link *link)
{
    if (strcmp(link->kind, "vlan")) {
        return vif_error_create(VIF_ERR_CONFLICT, "%s exists and is no VLAN "
                                "device but a %s", wish->vlan.name,
                                link->is_tap ? "tap"
                                : link->kind[0] ? link->kind : "device");
    } else if (link->vlan_id != wish->id || link->vlan_is_8021ad) {
        return vif_error_create(VIF_ERR_CONFLICT, "VLAN device %s has %s "
                                "%"PRIu16" instead of 802.1Q's %"PRIu16,
                                wish->vlan.name,
                                link->vlan_is_8021ad ? "802.1ad's id" : "id",
                                link->vlan_id, wish->id);
    } else if (link->lower != wish->lower.ifindex) {
        return vif_error_create(VIF_ERR_CONFLICT, "VLAN device %s sits on "
                                "link %d instead of %s, which is %d",
                                wish->vlan.name, link->lower,
                                wish->lower.name, wish->lower.ifindex);
    }
    return NULL;
}

static struct vif_error *
vlan_capture(struct step *step, const struct step_env *env)
{
    struct rtnl_link link;
    struct wish wish;
    bool found;
    struct vif_error *error = read_wish(step, env, &wish);

    error = error ? error : marked_link_look(&wish.vlan, env->rtnl, &link,
                                             &found);
    if (!error && found) {
        error = check_link(&wish, &link);
    }
    if (error || step->has_previous) {
        return error;
    }

    /* One with our mark was left over: as good as none. */
    bool existed = found && !marked_link_is_ours(&wish.vlan, &link);
    vif_attrs_set_bool(&step->original, "existed", existed);
    vif_attrs_set(&step->original, "up",
                  !existed ? NULL : link.up ? "true" : "false");
    return NULL;
}

static struct vif_error *
set_up(const struct wish *wish, const struct step_env *env,
       const struct rtnl_change *change, int ifindex)
{
    struct vif_error *error = rtnl_set(env->rtnl, ifindex, change);

    if (error && error->errnum == ENETDOWN) {
        error = vif_error_wrap(error, "%s, which it sits on, is down",
                               wish->lower.name);
    }
    return vif_error_wrap(error, "change VLAN device %s", wish->vlan.name);
}

/* Makes of 'link', which has the right parameters, what 'wish' says.  The
 * mark is for one that was just made, or is known to be ours. */
static struct vif_error *
finish(struct step *step, const struct step_env *env,
       const struct wish *wish, const struct rtnl_link *link)
{
    bool ours = (marked_link_is_ours(&wish->vlan, link)
                 || (marked_link_lost_mark(&wish->vlan, link)
                     && !vif_attrs_get_bool(&step->original, "existed",
                                            true)));
    const struct rtnl_change mark = {
        .set_alias = true,
        .alias = wish->vlan.mark,
    };
    const struct rtnl_change rest = {
        .set_group = link->group == wish->vlan.birth_group,
        .set_up = link->up != wish->up,
        .up = wish->up,
    };
    struct vif_error *error = NULL;

    if (ours && strcmp(link->alias, wish->vlan.mark)) {
        error = rtnl_set(env->rtnl, link->ifindex, &mark);
        crash_point("vlan", "create", "marked");
    }
    if (!error && (rest.set_group || rest.set_up)) {
        error = set_up(wish, env, &rest, link->ifindex);
    }
    if (!error) {
        vif_attrs_set_uint(&step->output, "ifindex", link->ifindex);
        vif_attrs_set_uint(&step->output, "lower_ifindex", link->lower);
    }
    return error;
}

/* The name is free, but the link has such a device under another one. */
static struct vif_error *
explain_other(const struct step_env *env, const struct wish *wish,
              struct vif_error *error)
{
    struct rtnl_link *links CLEANUP_FREE = NULL;
    size_t n;
    struct vif_error *unknown = rtnl_dump(env->rtnl, &links, &n);

    for (size_t i = 0; i < n && !unknown; i++) {
        if (!strcmp(links[i].kind, "vlan") && links[i].vlan_id == wish->id
            && links[i].lower == wish->lower.ifindex
            && !links[i].vlan_is_8021ad) {
            return vif_error_wrap(error, "VLAN %"PRIu16" of %s is there "
                                  "already, as %s", wish->id,
                                  wish->lower.name, links[i].name);
        }
    }
    vif_error_destroy(unknown);
    return error;
}

static struct vif_error *
create(const struct step_env *env, const struct wish *wish)
{
    const struct rtnl_upper upper = {
        .name = wish->vlan.name,
        .lower = wish->lower.ifindex,
        .group = wish->vlan.birth_group,
    };
    struct vif_error *error = rtnl_vlan_create(env->rtnl, &upper, wish->id);

    if (!error) {
        crash_point("vlan", "create", "unmarked");
    }
    return error;
}

static struct vif_error *
vlan_apply(struct step *step, const struct step_env *env)
{
    struct wish wish;
    struct vif_error *error = read_wish(step, env, &wish);

    if (error) {
        return error;
    }
    for (int i = 0; i < MAX_ATTEMPTS && !error; i++) {
        struct rtnl_link link;
        bool found;

        error = marked_link_look(&wish.vlan, env->rtnl, &link, &found);
        if (!error && found) {
            error = check_link(&wish, &link);
            return error ? error : finish(step, env, &wish, &link);
        }
        error = error ? error : create(env, &wish);
        if (error && error->errnum == EEXIST && i + 1 < MAX_ATTEMPTS) {
            vif_error_destroy(error);   /* What is it? */
            error = NULL;
        }
    }
    return (!error
            ? vif_error_create(VIF_ERR_CONFLICT, "somebody makes and deletes "
                               "links named %s all the time", step->object)
            : error->errnum == EEXIST ? explain_other(env, &wish, error)
            : error);
}

static struct vif_error *
not_there(const struct wish *wish, const struct step_env *env)
{
    struct rtnl_link link;
    bool renamed;
    struct vif_error *error = marked_link_look_known(&wish->vlan, env->rtnl,
                                                     &link, &renamed);

    return (error ? error
            : renamed
            ? vif_error_create(VIF_ERR_NOT_FOUND, "VLAN device %s was "
                               "renamed to %s", wish->vlan.name, link.name)
            : vif_error_create(VIF_ERR_NOT_FOUND, "VLAN device %s is not "
                               "there", wish->vlan.name));
}

static struct vif_error *
vlan_verify(struct step *step, const struct step_env *env)
{
    struct rtnl_link link;
    struct wish wish;
    bool found;
    struct vif_error *error = read_wish(step, env, &wish);

    error = error ? error : marked_link_look(&wish.vlan, env->rtnl, &link,
                                             &found);
    if (error) {
        return error;
    } else if (!found) {
        return not_there(&wish, env);
    }
    error = check_link(&wish, &link);
    if (!error && link.up != wish.up) {
        error = vif_error_create(VIF_ERR_CONFLICT, "%s is %s",
                                 wish.vlan.name, link.up ? "up, not down"
                                 : "down, not up");
    }
    if (!error) {
        vif_attrs_set_uint(&step->output, "ifindex", link.ifindex);
        vif_attrs_set_uint(&step->output, "lower_ifindex", link.lower);
    }
    return error;
}

/* Whether something is on 'link': a guest's macvtap that libvirt made, or
 * what others do with a device that they found.  A VXLAN's way out is not told
 * as what it sits on. */
static struct vif_error *
find_user(const struct step_env *env, const struct rtnl_link *link,
          char user[RTNL_NAME_SIZE])
{
    struct rtnl_link *links CLEANUP_FREE = NULL;
    size_t n;
    struct vif_error *error = rtnl_dump(env->rtnl, &links, &n);

    user[0] = '\0';
    for (size_t i = 0; i < n && !error; i++) {
        if (links[i].lower == link->ifindex
            || links[i].ifindex == link->master) {
            memcpy(user, links[i].name, RTNL_NAME_SIZE);
        }
    }
    return error;
}

static struct vif_error *
remove_unused(struct step *step, const struct step_env *env,
              const struct marked_link *vlan, const struct rtnl_link *link)
{
    char user[RTNL_NAME_SIZE];
    bool has_address = false;
    struct vif_error *error = find_user(env, link, user);

    if (!error && !user[0]) {
        error = rtnl_has_address(env->rtnl, link->ifindex, &has_address);
    }
    if (error) {
        return error;
    } else if (user[0] || has_address) {
        vif_attrs_setf(&step->output, "warning", "VLAN device %s, which vifd "
                       "made, is left: %s%s", link->name,
                       has_address ? "it was given an IP address" : user,
                       has_address ? "" : " uses it");
        return NULL;
    }
    return marked_link_deleted(vlan, rtnl_delete(env->rtnl, link->ifindex));
}

/* One that was down is so again. */
static struct vif_error *
give_back(const struct step *step, const struct step_env *env,
          const struct marked_link *vlan)
{
    const struct rtnl_change down = { .set_up = true, .up = false };
    struct rtnl_link link;
    bool found;

    if (vif_attrs_get_bool(&step->original, "up", true)
        || !vif_attrs_get_bool(&step->args, "up", true)) {
        return NULL;
    }
    struct vif_error *error = marked_link_look(vlan, env->rtnl, &link,
                                               &found);
    if (error || !found || strcmp(link.kind, "vlan")
        || link.ifindex != vlan->ifindex || !link.up) {
        return error;
    }
    error = rtnl_set(env->rtnl, link.ifindex, &down);
    return marked_link_deleted(vlan, error);
}

static struct vif_error *
vlan_revert(struct step *step, const struct step_env *env)
{
    struct link_list all = { .n = 0 };
    struct marked_link vlan;
    struct rtnl_link link;

    init_vlan(&vlan, step, env);
    if (vif_attrs_get_bool(&step->original, "existed", true)) {
        return give_back(step, env, &vlan);
    }

    struct vif_error *error = marked_link_find(&vlan, step, env->rtnl, &all,
                                               &link);
    free(all.links);
    return (error || !link.ifindex ? error
            : remove_unused(step, env, &vlan, &link));
}

const struct step_class step_vlan_class = {
    .kind = "vlan",
    .version = 1,
    .summary = "a VLAN device",
    .rank = 18,
    .check = vlan_check,
    .compare = vlan_compare,
    .capture = vlan_capture,
    .apply = vlan_apply,
    .verify = vlan_verify,
    .revert = vlan_revert,
};
