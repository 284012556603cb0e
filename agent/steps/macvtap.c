/* SPDX-License-Identifier: Apache-2.0 */

/* Step "macvtap": a macvtap on a netdev, which a guest will open by its node,
 * /dev/tapIFINDEX.  Its mark (marked-link.h) tells ours from a stranger's;
 * what has another mark or none is never changed or deleted, and ours is not
 * while somebody has it open.
 *
 * Arguments: "mode"; what it sits on, "lower_ifindex" or "link"; "up" (true
 * unless it says false), "mac", "mtu", "uid", "gid" (who may open the node);
 * "queues" is for people, because a guest makes as many as it opens; "replace"
 * is the engine's.  What is absent is neither set nor verified.
 * Outputs: "ifindex", "lower_ifindex", "node", "mac", "warning".
 *
 * In mode passthru the kernel changes what is below: that has the macvtap's
 * MAC address and, while the macvtap is up, is promiscuous.  When the macvtap
 * goes, the kernel gives the address back that it found as the macvtap was
 * made (macvlan_port_destroy(), drivers/net/macvlan.c). */

#include <config.h>

#include "steps/step.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <vif/binding.h>

#include "crash-point.h"
#include "kernel/rtnl-upper.h"
#include "kernel/rtnl.h"
#include "privilege/privilege.h"
#include "steps/macvtap-args.h"
#include "steps/macvtap-node.h"
#include "steps/marked-link.h"

/* The name may change hands between a look and an act; not for ever. */
#define MAX_ATTEMPTS 4

/* What is wanted, read from a step. */
struct wish {
    struct marked_link macvtap;
    struct macvtap_args args;
    struct rtnl_link lower;     /* Once it was looked up. */
};

static void
init_macvtap(struct marked_link *macvtap, const struct step *step,
             const struct step_env *env)
{
    marked_link_init(macvtap, "macvtap", "macvtap", step, env);
    macvtap->birth_group = marked_link_birth_group(macvtap->mark);
}

static struct vif_error *
read_wish(const struct step *step, const struct step_env *env,
          struct wish *wish)
{
    init_macvtap(&wish->macvtap, step, env);
    return macvtap_args_read(&step->args, &wish->args);
}

static struct vif_error *
look_below(struct wish *wish, const struct step_env *env)
{
    const struct macvtap_args *args = &wish->args;
    struct vif_error *error = (
        args->link ? rtnl_get_by_name(env->rtnl, args->link, &wish->lower)
        : rtnl_get(env->rtnl, args->lower_ifindex, &wish->lower));

    return vif_error_wrap(error, "what macvtap %s is to sit on",
                          wish->macvtap.name);
}

/* Comparing. */

/* Why 'link' cannot become what 'wish' says by changing it, or NULL. */
static const char *
unalterable(const struct wish *wish, const struct rtnl_link *link)
{
    /* A name may be found as another's alternative one (Linux 5.5). */
    return (strcmp(link->name, wish->macvtap.name) ? "it was renamed"
            : link->macvtap_mode != wish->args.mode ? "it has another mode"
            : link->lower != wish->lower.ifindex ? "it sits on another link"
            : NULL);
}

/* What must be set in 'link', but for its mark.  False if nothing. */
static bool
needed_change(const struct wish *wish, const struct rtnl_link *link,
              struct rtnl_change *change)
{
    const struct macvtap_args *args = &wish->args;

    *change = (struct rtnl_change) {
        .mtu = args->mtu,
        .mac = args->mac,
        .up = args->up,
        .set_group = link->group == wish->macvtap.birth_group,
        .set_mtu = args->mtu && link->mtu != args->mtu,
        .set_mac = (args->has_mac
                    && (!link->has_mac
                        || memcmp(&link->mac, &args->mac,
                                  sizeof link->mac))),
        .set_up = link->up != args->up,
    };
    return (change->set_mtu || change->set_mac || change->set_up
            || change->set_group);
}

static struct vif_error *
not_as_wished(const struct wish *wish, const struct rtnl_link *link,
              const struct rtnl_change *change)
{
    char is[VIF_MAC_BUFSIZE] = "none", wanted[VIF_MAC_BUFSIZE];

    if (change->set_mtu) {
        return vif_error_create(VIF_ERR_CONFLICT, "%s has MTU %"PRIu32
                                " instead of %"PRIu32, link->name, link->mtu,
                                change->mtu);
    } else if (change->set_mac) {
        if (link->has_mac) {
            vif_mac_format(&link->mac, is);
        }
        return vif_error_create(VIF_ERR_CONFLICT, "%s has MAC address %s "
                                "instead of %s", link->name, is,
                                vif_mac_format(&change->mac, wanted));
    } else if (change->set_up) {
        return vif_error_create(VIF_ERR_CONFLICT, "%s is %s", link->name,
                                link->up ? "up, not down" : "down, not up");
    }
    return vif_error_create(VIF_ERR_CONFLICT, "%s is not finished: it has "
                            "group %"PRIu32, link->name,
                            wish->macvtap.birth_group);
}

/* The kernel puts what is made on a macvlan on the link below that
 * (macvlan_common_newlink(), drivers/net/macvlan.c). */
static struct vif_error *
check_kind(const struct wish *wish)
{
    const struct rtnl_link *lower = &wish->lower;

    return (strcmp(lower->kind, "macvlan") && strcmp(lower->kind, "macvtap")
            ? NULL
            : vif_error_create(VIF_ERR_INVALID, "%s is a %s itself: macvtap "
                               "%s can only sit on what that sits on",
                               lower->name, lower->kind,
                               wish->macvtap.name));
}

/* Nothing that is larger gets through. */
static struct vif_error *
check_mtu(const struct wish *wish)
{
    return (wish->args.mtu <= wish->lower.mtu ? NULL
            : vif_error_with_where(
                vif_error_create(VIF_ERR_INVALID, "MTU %"PRIu32" of macvtap "
                                 "%s is above the %"PRIu32" of %s, which it "
                                 "sits on", wish->args.mtu,
                                 wish->macvtap.name, wish->lower.mtu,
                                 wish->lower.name), "mtu"));
}

/* The class. */

static struct vif_error *
macvtap_capture(struct step *step, const struct step_env *env)
{
    struct rtnl_link link;
    struct wish wish;
    bool found;
    struct vif_error *error = read_wish(step, env, &wish);

    error = error ? error : look_below(&wish, env);
    error = error ? error : check_kind(&wish);
    error = error ? error : check_mtu(&wish);
    error = error ? error : marked_link_look(&wish.macvtap, env->rtnl, &link,
                                             &found);
    if (error) {
        return error;
    }
    /* Whether one without any mark is ours, which somebody has changed, is
     * for apply() to say. */
    if (found && !marked_link_is_ours(&wish.macvtap, &link)
        && !(step->has_previous && !link.alias[0])) {
        return marked_link_taken(&wish.macvtap, &link);
    }

    /* One with our mark was left over from a crash: as good as none. */
    vif_attrs_set_bool(&step->original, "existed", false);
    return NULL;
}

/* Deletes 'link', which is ours, unless somebody has it open. */
static struct vif_error *
remove_unheld(const struct marked_link *macvtap, const struct step_env *env,
              const struct rtnl_link *link)
{
    struct vif_error *error = privilege_close_tap_node(link->ifindex);

    if (error) {
        return vif_error_wrap(error, "delete macvtap %s", macvtap->name);
    }
    return marked_link_deleted(macvtap, rtnl_delete(env->rtnl,
                                                    link->ifindex));
}

/* Makes one that is known by its group until it has its mark, unless one of
 * ours, which was renamed, must go first. */
static struct vif_error *
create(const struct step_env *env, const struct wish *wish)
{
    const struct rtnl_upper upper = {
        .name = wish->macvtap.name,
        .lower = wish->lower.ifindex,
        .group = wish->macvtap.birth_group,
        .mtu = wish->args.mtu,
    };
    struct rtnl_link old;
    bool renamed;
    struct vif_error *error = marked_link_look_known(
        &wish->macvtap, env->rtnl, &old, &renamed);

    if (!error && renamed && strcmp(old.name, wish->macvtap.name)) {
        error = vif_error_wrap(remove_unheld(&wish->macvtap, env, &old),
                               "it was renamed to %s", old.name);
    }
    if (!error) {
        error = rtnl_macvtap_create(
            env->rtnl, &upper, wish->args.mode,
            wish->args.has_mac ? &wish->args.mac : NULL);
    }
    if (!error) {
        crash_point("macvtap", "create", "unmarked");
    }
    return error;
}

/* Who was given the node by a step that is changed now may be nobody in
 * particular from now on. */
static struct vif_error *
give_node(const struct step *step, const struct wish *wish, int ifindex)
{
    const struct vif_attrs *previous = &step->previous;
    uint32_t uid = wish->args.uid, gid = wish->args.gid;

    if (step->has_previous) {
        uid = (uid == VIF_NO_ID && vif_attrs_get(previous, "uid") ? 0 : uid);
        gid = (gid == VIF_NO_ID && vif_attrs_get(previous, "gid") ? 0 : gid);
    }
    return vif_error_wrap(macvtap_node_give(ifindex, uid, gid,
                                            step->deadline),
                          "macvtap %s", wish->macvtap.name);
}

/* Makes of 'link', which can become it, what 'wish' says: the mark first,
 * because the group that stands for it goes with the rest. */
static struct vif_error *
finish(struct step *step, const struct step_env *env,
       const struct wish *wish, const struct rtnl_link *link)
{
    const struct rtnl_change mark = {
        .set_alias = true,
        .alias = wish->macvtap.mark,
    };
    struct vif_error *error = NULL;
    struct rtnl_change change;

    if (strcmp(link->alias, wish->macvtap.mark)) {
        error = rtnl_set(env->rtnl, link->ifindex, &mark);
        crash_point("macvtap", "create", "marked");
    }
    if (!error && needed_change(wish, link, &change)) {
        error = rtnl_set(env->rtnl, link->ifindex, &change);
    }
    if (error) {
        return vif_error_wrap(error, "change macvtap %s",
                              wish->macvtap.name);
    }
    vif_attrs_set_uint(&step->output, "ifindex", link->ifindex);
    vif_attrs_set_uint(&step->output, "lower_ifindex", link->lower);
    return give_node(step, wish, link->ifindex);
}

/* Makes of the link that has the name what 'wish' says.  Sets '*gonep' if
 * there is none, or none any more. */
static struct vif_error *
converge(struct step *step, const struct step_env *env,
         const struct wish *wish, bool *gonep)
{
    struct rtnl_link link;
    bool found;
    struct vif_error *error = marked_link_look(&wish->macvtap, env->rtnl,
                                               &link, &found);

    *gonep = !found;
    if (error || !found) {
        return error;
    }
    if (!marked_link_is_ours(&wish->macvtap, &link)
        && !marked_link_lost_mark(&wish->macvtap, &link)) {
        return marked_link_taken(&wish->macvtap, &link);
    }

    const char *why = unalterable(wish, &link);
    if (why) {
        *gonep = true;
        return vif_error_wrap(remove_unheld(&wish->macvtap, env, &link),
                              "it must be made anew (%s)", why);
    }
    return finish(step, env, wish, &link);
}

static struct vif_error *
macvtap_apply(struct step *step, const struct step_env *env)
{
    struct wish wish;
    struct vif_error *error = read_wish(step, env, &wish);

    error = error ? error : look_below(&wish, env);
    error = error ? error : check_kind(&wish);
    error = error ? error : check_mtu(&wish);
    if (error) {
        return error;
    }
    for (int i = 0; i < MAX_ATTEMPTS; i++) {
        bool gone;

        error = converge(step, env, &wish, &gone);
        if (error || !gone) {
            return error;
        }
        error = create(env, &wish);
        if (error && error->code != VIF_ERR_CONFLICT) {
            return error;
        }
        vif_error_destroy(error);
    }
    return vif_error_create(VIF_ERR_CONFLICT, "somebody makes and deletes "
                            "links named %s all the time", wish.macvtap.name);
}

/* Whether it sits where it should.  What is below may have got another name
 * since it was looked up. */
static struct vif_error *
check_below(const struct step *step, const struct step_env *env,
            struct wish *wish, const struct rtnl_link *link)
{
    uint64_t known = vif_attrs_get_uint(&step->output, "lower_ifindex", 0);

    if (wish->args.link && link->lower && (uint64_t) link->lower == known) {
        wish->lower.ifindex = link->lower;
        return NULL;
    }
    return look_below(wish, env);
}

static struct vif_error *
macvtap_verify(struct step *step, const struct step_env *env)
{
    char node[MACVTAP_NODE_SIZE], mac[VIF_MAC_BUFSIZE];
    struct rtnl_change change;
    struct rtnl_link link;
    struct wish wish;
    struct vif_error *error = read_wish(step, env, &wish);

    error = error ? error : marked_link_check(&wish.macvtap, env->rtnl,
                                              &link);
    error = error ? error : check_below(step, env, &wish, &link);
    if (error) {
        return error;
    }

    const char *why = unalterable(&wish, &link);
    if (why) {
        return vif_error_create(VIF_ERR_CONFLICT, "macvtap %s is not as it "
                                "was made: %s", wish.macvtap.name, why);
    }
    if (needed_change(&wish, &link, &change)) {
        return not_as_wished(&wish, &link, &change);
    }
    error = macvtap_node_check(link.ifindex, wish.args.uid, wish.args.gid);
    if (!error) {
        vif_attrs_set_uint(&step->output, "ifindex", link.ifindex);
        vif_attrs_set_uint(&step->output, "lower_ifindex", link.lower);
        vif_attrs_set(&step->output, "node",
                      macvtap_node_path(link.ifindex, node));
        vif_attrs_set(&step->output, "mac",
                      link.has_mac ? vif_mac_format(&link.mac, mac) : NULL);
    }
    return error;
}

/* Finds what apply() has made, whatever its name is now; 'link->ifindex' is 0
 * if it is not there. */
static struct vif_error *
find_made(struct step *step, const struct step_env *env,
          struct marked_link *macvtap, struct rtnl_link *link)
{
    struct link_list all = { .n = 0 };

    init_macvtap(macvtap, step, env);
    struct vif_error *error = marked_link_find(macvtap, step, env->rtnl,
                                               &all, link);

    free(all.links);
    return error;
}

static struct vif_error *
macvtap_revert(struct step *step, const struct step_env *env)
{
    struct marked_link macvtap;
    struct rtnl_link link;
    struct vif_error *error = find_made(step, env, &macvtap, &link);

    return (error || !link.ifindex ? error
            : remove_unheld(&macvtap, env, &link));
}

static struct vif_error *
macvtap_check_unused(struct step *step, const struct step_env *env)
{
    struct marked_link macvtap;
    struct rtnl_link link;
    struct vif_error *error = find_made(step, env, &macvtap, &link);

    return (error || !link.ifindex ? error
            : privilege_tap_node_check_unheld(link.ifindex));
}

const struct step_class step_macvtap_class = {
    .kind = "macvtap",
    .version = 1,
    .summary = "a macvtap",
    .rank = 22,
    .check = macvtap_args_check,
    .compare = macvtap_args_compare,
    .capture = macvtap_capture,
    .apply = macvtap_apply,
    .verify = macvtap_verify,
    .revert = macvtap_revert,
    .check_unused = macvtap_check_unused,
};
