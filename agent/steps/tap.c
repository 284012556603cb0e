/* SPDX-License-Identifier: Apache-2.0 */

/* Step "tap": a persistent tap that vifd makes, which a guest will open.  Its
 * mark, "vifd:KEY:PORT_ID" in ifalias, tells ours from a stranger's; what has
 * another mark or none is never changed or deleted.  Knows nothing about
 * switches or guests.
 *
 * Arguments: "multi_queue", "up" (true unless it says false), "mac", "mtu",
 * "uid", "gid" (who may open it); "qdisc", none or "noqueue", given to a tap
 * that is made and never compared, for whoever shapes its traffic gives it
 * another; "queues" is for people; "replace" is set for a revert() that is
 * half of a replacement.  What is absent is neither set nor verified.
 * Outputs: "ifindex", "n_queues_open", "warning". */

#include <config.h>

#include "steps/step.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vif/binding.h>

#include "kernel/rtnl.h"
#include "lib/alloc.h"
#include "lib/cleanup.h"
#include "privilege/privilege.h"
#include "steps/marked-link.h"
#include "steps/tap-args.h"

/* The name may change hands between a look and an act; not for ever. */
#define MAX_ATTEMPTS 4

/* What is wanted, read from a step. */
struct wish {
    struct marked_link tap;
    struct tap_args args;
};

static void
init_tap(struct marked_link *tap, const struct step *step,
         const struct step_env *env)
{
    marked_link_init(tap, "tap", "tun", step, env);
}

static struct vif_error *
read_wish(const struct step *step, const struct step_env *env,
          struct wish *wish)
{
    init_tap(&wish->tap, step, env);
    return tap_args_read(&step->args, &wish->args);
}

/* Who has 'name' open, for the end of a sentence. */
static const char *
holders(const char *name, char *buf, size_t size)
{
    if (!privilege_tap_holders(name, buf, size)) {
        snprintf(buf, size, "a process that /proc does not show");
    }
    return buf;
}

static struct vif_error *
in_use(const char *name, const struct rtnl_link *link, const char *why)
{
    char who[512];

    return vif_error_create(VIF_ERR_IN_USE, "%s must be made anew (%s), but "
                            "%"PRIu32" of its queues %s open, by %s", name,
                            why, link->n_queues,
                            link->n_queues == 1 ? "is" : "are",
                            holders(link->name, who, sizeof who));
}

/* Comparing. */

/* Why 'link' cannot become what 'wish' says by changing it, or NULL. */
static const char *
unalterable(const struct wish *wish, const struct rtnl_link *link)
{
    const struct tap_args *args = &wish->args;

    /* A name may be found as another's alternative one (Linux 5.5). */
    return (strcmp(link->name, wish->tap.name) ? "it was renamed"
            : !link->is_tap
            ? "the kernel does not describe it as a tap, which takes Linux "
              "4.18"
            : link->multi_queue != args->multi_queue
            ? (link->multi_queue ? "it is multi-queue"
               : "it is not multi-queue")
            : link->owner != args->uid ? "it has another owner"
            : link->owner_group != args->gid ? "it has another owning group"
            : !link->persist ? "it is not persistent"
            : NULL);
}

/* What must be set in 'link' (NULL: in a new tap).  False if nothing. */
static bool
needed_change(const struct wish *wish, const struct rtnl_link *link,
              struct rtnl_change *change)
{
    const struct tap_args *args = &wish->args;

    *change = (struct rtnl_change) {
        .mtu = args->mtu,
        .mac = args->mac,
        .up = args->up,
        .alias = wish->tap.mark,
        .set_mtu = args->mtu && (!link || link->mtu != args->mtu),
        .set_mac = (args->has_mac
                    && (!link || !link->has_mac
                        || memcmp(&link->mac, &args->mac,
                                  sizeof link->mac))),
        .set_up = link ? link->up != args->up : args->up,
        .set_alias = !link || strcmp(link->alias, wish->tap.mark),
    };
    return (change->set_mtu || change->set_mac || change->set_up
            || change->set_alias);
}

static struct vif_error *
not_as_wished(const struct rtnl_link *link, const struct rtnl_change *change)
{
    char is[VIF_MAC_BUFSIZE] = "none", wanted[VIF_MAC_BUFSIZE];

    if (change->set_mtu) {
        return vif_error_create(VIF_ERR_CONFLICT, "%s has MTU %"PRIu32
                                " instead of %"PRIu32, link->name, link->mtu,
                                change->mtu);
    }
    if (change->set_mac) {
        if (link->has_mac) {
            vif_mac_format(&link->mac, is);
        }
        return vif_error_create(VIF_ERR_CONFLICT, "%s has MAC address %s "
                                "instead of %s", link->name, is,
                                vif_mac_format(&change->mac, wanted));
    }
    return vif_error_create(VIF_ERR_CONFLICT, "%s is %s", link->name,
                            link->up ? "up, not down" : "down, not up");
}

/* The class. */

/* One with our mark was left over from a crash: as good as none. */
static void
tap_presume(struct step *step)
{
    vif_attrs_set_bool(&step->original, "existed", false);
}

static struct vif_error *
tap_capture(struct step *step, const struct step_env *env)
{
    struct rtnl_link link;
    struct wish wish;
    bool found;
    struct vif_error *error = read_wish(step, env, &wish);

    error = error ? error : marked_link_look(&wish.tap, env->rtnl, &link,
                                             &found);
    if (error) {
        return error;
    }
    /* Whether one without any mark is ours, which somebody has changed, is
     * for apply() to say. */
    if (found && !marked_link_is_ours(&wish.tap, &link)
        && !(step->has_previous && !link.alias[0])) {
        return marked_link_taken(&wish.tap, &link);
    }

    tap_presume(step);
    return NULL;
}

/* Deletes a tap of ours that nobody has open. */
static struct vif_error *
remove_unused(const struct wish *wish, const struct step_env *env,
              const struct rtnl_link *link, const char *why)
{
    if (link->n_queues) {
        return in_use(wish->tap.name, link, why);
    }

    return marked_link_deleted(&wish->tap,
                               rtnl_delete(env->rtnl, link->ifindex));
}

static struct vif_error *
may_last(const void *env)
{
    return step_await_arming(env);
}

static struct vif_error *
create(struct step *step, const struct step_env *env, const struct wish *wish)
{
    const struct rtnl_tap tap = {
        .name = wish->tap.name,
        .multi_queue = wish->args.multi_queue,
        .unqueued = wish->args.unqueued,
        .owner = wish->args.uid,
        .group = wish->args.gid,
        .may_last = may_last,
        .aux = env,
    };
    struct rtnl_change change;
    struct rtnl_link old;
    int ifindex;
    bool renamed;
    struct vif_error *error;

    error = marked_link_look_known(&wish->tap, env->rtnl, &old, &renamed);
    if (!error && renamed && strcmp(old.name, wish->tap.name)) {
        error = remove_unused(wish, env, &old, "it was renamed");
    }
    if (error) {
        return error;
    }

    needed_change(wish, NULL, &change);
    error = rtnl_tap_create(env->rtnl, &tap, &change, &ifindex);
    if (!error) {
        step->fresh = env->await_arming ? ifindex : 0;
        vif_attrs_set_uint(&step->output, "ifindex", ifindex);
    }
    return error;
}

/* Makes of the link that has the name what 'wish' says.  Sets '*gonep' if
 * there is none, or none any more. */
static struct vif_error *
converge(struct step *step, const struct step_env *env,
         const struct wish *wish, bool *gonep)
{
    struct rtnl_link link;
    bool found;
    struct vif_error *error = marked_link_look(&wish->tap, env->rtnl, &link,
                                               &found);

    *gonep = !found;
    if (error || !found) {
        return error;
    }
    if (!marked_link_is_ours(&wish->tap, &link)
        && !marked_link_lost_mark(&wish->tap, &link)) {
        return marked_link_taken(&wish->tap, &link);
    }

    const char *why = unalterable(wish, &link);
    if (why) {
        *gonep = true;
        return remove_unused(wish, env, &link, why);
    }

    struct rtnl_change change;
    if (needed_change(wish, &link, &change)) {
        error = vif_error_wrap(rtnl_set(env->rtnl, link.ifindex, &change),
                               "change tap %s", wish->tap.name);
    }
    if (!error) {
        vif_attrs_set_uint(&step->output, "ifindex", link.ifindex);
    }
    return error;
}

static struct vif_error *
tap_apply(struct step *step, const struct step_env *env)
{
    struct wish wish;
    struct vif_error *error = read_wish(step, env, &wish);

    if (error) {
        return error;
    }

    /* A first plug finds nothing, and creating tells if that is wrong. */
    bool may_be_there = step->has_previous;
    for (int i = 0; i < MAX_ATTEMPTS; i++) {
        if (may_be_there) {
            bool gone;

            error = converge(step, env, &wish, &gone);
            if (error || !gone) {
                return error;
            }
        }

        error = create(step, env, &wish);
        if (!error || error->code != VIF_ERR_CONFLICT) {
            return error;
        }
        vif_error_destroy(error);
        may_be_there = true;
        error = step_await_arming(env);     /* It is changed where it is. */
        if (error) {
            return error;
        }
    }
    return vif_error_create(VIF_ERR_CONFLICT, "somebody makes and deletes "
                            "links named %s all the time", wish.tap.name);
}

/* Whether the tap that was just made is as wished, as far as that can be
 * another's doing: the kernel has said yes to its flags and its mark a moment
 * ago.  What is not so may still turn out to be, by a closer look. */
static bool
fresh_is_as_wished(const struct step *step, const struct step_env *env,
                   const struct wish *wish)
{
    const struct tap_args *args = &wish->args;
    struct rtnl_glance now;
    struct vif_error *error = rtnl_glance(env->rtnl, wish->tap.name,
                                          &now);
    bool good = (!error && now.ifindex == step->fresh
                 && (!args->mtu || now.mtu == args->mtu)
                 && now.up == args->up
                 && (!args->has_mac
                     || !memcmp(&now.mac, &args->mac, sizeof now.mac)));

    vif_error_destroy(error);
    return good;
}

static struct vif_error *
tap_verify(struct step *step, const struct step_env *env)
{
    struct rtnl_change change;
    struct rtnl_link link;
    struct wish wish;
    struct vif_error *error = read_wish(step, env, &wish);

    if (!error && step->fresh && fresh_is_as_wished(step, env, &wish)) {
        vif_attrs_set_uint(&step->output, "n_queues_open", 0);
        return NULL;
    }
    error = error ? error : marked_link_check(&wish.tap, env->rtnl, &link);
    if (error) {
        return error;
    }

    const char *why = unalterable(&wish, &link);
    if (why) {
        return vif_error_create(VIF_ERR_CONFLICT, "tap %s is not as it was "
                                "made: %s", wish.tap.name, why);
    }
    if (needed_change(&wish, &link, &change)) {
        return not_as_wished(&link, &change);
    }
    vif_attrs_set_uint(&step->output, "ifindex", link.ifindex);
    vif_attrs_set_uint(&step->output, "n_queues_open", link.n_queues);
    return NULL;
}

/* Finds what revert() has to delete: 'link->ifindex' is 0 if nothing. */
static struct vif_error *
find_victim(struct step *step, const struct step_env *env,
            struct link_list *all, struct rtnl_link *link)
{
    struct marked_link tap;

    init_tap(&tap, step, env);
    struct vif_error *error = marked_link_find(&tap, step, env->rtnl, all,
                                               link);
    if (error || !link->ifindex) {
        return error;
    }

    if (link->n_queues) {
        if (vif_attrs_get_bool(&step->args, "replace", false)) {
            return in_use(step->object, link,
                          "its flags or its owner are to change");
        }
        vif_attrs_setf(&step->output, "warning", "%s was deleted while "
                       "somebody had it open", step->object);
    }
    return NULL;
}

/* One deletion's result.  The kernel acknowledges when the link is gone. */
static struct vif_error *
take_deletion(const struct step *step, const struct step_env *env,
              struct vif_error *error)
{
    struct marked_link tap;

    init_tap(&tap, step, env);
    return marked_link_deleted(&tap, error);
}

static struct vif_error *
tap_revert(struct step *step, const struct step_env *env)
{
    struct link_list all = { .n = 0 };
    struct rtnl_link link;
    struct vif_error *error = find_victim(step, env, &all, &link);

    free(all.links);
    if (error || !link.ifindex) {
        return error;
    }
    return take_deletion(step, env, rtnl_delete(env->rtnl, link.ifindex));
}

static void
tap_revert_many(struct step **steps, struct vif_error **errors, size_t n,
                const struct step_env *env)
{
    int *ifindexes CLEANUP_FREE = vif_xcalloc(n, sizeof *ifindexes);
    size_t *which CLEANUP_FREE = vif_xcalloc(n, sizeof *which);
    struct vif_error **results CLEANUP_FREE = vif_xcalloc(n, sizeof *results);
    struct link_list all = { .n = 0 };
    size_t n_victims = 0;

    for (size_t i = 0; i < n; i++) {
        struct rtnl_link link;

        errors[i] = find_victim(steps[i], env, &all, &link);
        if (!errors[i] && link.ifindex) {
            which[n_victims] = i;
            ifindexes[n_victims++] = link.ifindex;
        }
    }

    free(all.links);

    rtnl_delete_many(env->rtnl, ifindexes, results, n_victims);
    for (size_t i = 0; i < n_victims; i++) {
        errors[which[i]] = take_deletion(steps[which[i]], env, results[i]);
    }
}

const struct step_class step_tap_class = {
    .kind = "tap",
    .version = 1,
    .summary = "a tap device",
    .rank = 20,
    .begins_early = true,
    .check = tap_args_check,
    .compare = tap_args_compare,
    .presume = tap_presume,
    .capture = tap_capture,
    .apply = tap_apply,
    .verify = tap_verify,
    .revert = tap_revert,
    .revert_many = tap_revert_many,
};
