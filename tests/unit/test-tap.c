/* SPDX-License-Identifier: Apache-2.0 */
/* Step "tap" on the real kernel: put in place, changed, taken back; and what
 * it does about strangers, guests and crashes. */

#include <config.h>

#include "steps/step.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <linux/rtnetlink.h>

#include <cmocka.h>

#include "kernel/rtnl-private.h"
#include "tests/unit/own-netns.h"

#define KEY "5d6bc5e8-0000-4000-8000-000000000001"
#define MARK "vifd:" KEY ":port-1"

static void
step_init(struct step *step, const char *name, const char *port_id)
{
    *step = (struct step) {
        .class = &step_tap_class,
        .object = strdup(name),
        .port_id = strdup(port_id),
    };
    vif_attrs_set(&step->args, "multi_queue", "true");
    vif_attrs_set(&step->args, "queues", "4");
    vif_attrs_set(&step->args, "mtu", "1450");
    vif_attrs_set(&step->args, "mac", "fa:16:3e:00:00:01");
    vif_attrs_set(&step->args, "up", "true");
}

static void
step_end(struct step *step)
{
    free(step->object);
    free(step->port_id);
    vif_attrs_destroy(&step->args);
    vif_attrs_destroy(&step->previous);
    vif_attrs_destroy(&step->original);
    vif_attrs_destroy(&step->output);
}
#define STEP(NAME)                                  \
    struct step NAME CLEANUP(step_end);             \
    step_init(&NAME, "tap0", "port-1")

static struct step_env
env_of(struct rtnl *rtnl)
{
    return (struct step_env) { .rtnl = rtnl, .key = KEY };
}

/* As the engine carries a step out. */
static struct vif_error *
plug(struct step *step, struct rtnl *rtnl)
{
    const struct step_env env = env_of(rtnl);
    struct vif_error *error = step_tap_class.capture(step, &env);

    error = error ? error : step_tap_class.apply(step, &env);
    return error ? error : step_tap_class.verify(step, &env);
}

static struct vif_error *
verify(struct step *step, struct rtnl *rtnl)
{
    const struct step_env env = env_of(rtnl);

    return step_tap_class.verify(step, &env);
}

static struct vif_error *
revert(struct step *step, struct rtnl *rtnl)
{
    const struct step_env env = env_of(rtnl);

    return step_tap_class.revert(step, &env);
}

/* From what is in place to arguments with 'key' set to 'value'. */
static struct vif_error *
alter(struct step *step, struct rtnl *rtnl, const char *key,
      const char *value)
{
    step->has_previous = true;
    vif_attrs_destroy(&step->previous);
    vif_attrs_clone(&step->previous, &step->args);
    vif_attrs_set(&step->args, key, value);
    return plug(step, rtnl);
}

static bool
look(struct rtnl *rtnl, const char *name, struct rtnl_link *link)
{
    struct vif_error *error CLEANUP_ERROR = rtnl_get_by_name(rtnl, name,
                                                             link);

    assert_true(!error || error->code == VIF_ERR_NOT_FOUND);
    return !error;
}

static void
assert_error(struct vif_error *error, enum vif_error_code code,
             const char *words)
{
    assert_non_null(error);
    if (error->code != code || !strstr(error->message, words)) {
        fail_msg("%s: %s", vif_error_code_name(error->code), error->message);
    }
    vif_error_destroy(error);
}

static void
test_plug_and_unplug(void **state)
{
    struct rtnl *rtnl = *state;
    struct rtnl_link link;

    STEP(step);
    assert_null(plug(&step, rtnl));
    assert_true(look(rtnl, "tap0", &link));
    assert_true(link.is_tap && link.multi_queue && link.persist && link.up);
    assert_int_equal(link.mtu, 1450);
    assert_string_equal(link.alias, MARK);
    assert_int_equal(link.mac.octets[5], 1);
    assert_int_equal(vif_attrs_get_uint(&step.output, "ifindex", 0),
                     link.ifindex);
    assert_string_equal(vif_attrs_get(&step.output, "n_queues_open"), "0");
    assert_string_equal(vif_attrs_get(&step.original, "existed"), "false");
    assert_null(vif_attrs_get(&step.output, "warning"));

    assert_null(revert(&step, rtnl));
    assert_false(look(rtnl, "tap0", &link));
    assert_null(vif_attrs_get(&step.output, "warning"));
    assert_null(revert(&step, rtnl));
}

static void
test_few_requests(void **state)
{
    struct rtnl *rtnl = *state;
    const struct step_env env = env_of(rtnl);

    STEP(step);
    uint32_t seq = rtnl->seq;
    assert_null(step_tap_class.capture(&step, &env));
    assert_int_equal(rtnl->seq, seq + 1);
    assert_null(step_tap_class.apply(&step, &env));
    assert_int_equal(rtnl->seq, seq + 2);
    assert_null(step_tap_class.verify(&step, &env));
    assert_int_equal(rtnl->seq, seq + 3);
    assert_null(step_tap_class.revert(&step, &env));
    assert_int_equal(rtnl->seq, seq + 5);
}

static void
test_owner(void **state)
{
    struct rtnl *rtnl = *state;
    struct rtnl_link link;

    STEP(step);
    vif_attrs_set(&step.args, "uid", "0");
    vif_attrs_set(&step.args, "gid", "0");
    assert_null(plug(&step, rtnl));
    assert_true(look(rtnl, "tap0", &link));
    assert_int_equal(link.owner, 0);
    assert_int_equal(link.owner_group, 0);

    vif_attrs_set(&step.args, "gid", NULL);
    assert_error(verify(&step, rtnl), VIF_ERR_CONFLICT, "owning group");
    vif_attrs_set(&step.args, "uid", "4");
    assert_error(verify(&step, rtnl), VIF_ERR_CONFLICT, "another owner");
}

static void
test_altered_in_place(void **state)
{
    static const char *const changes[][2] = {
        { "mtu", "9000" },
        { "mac", "fa:16:3e:00:00:02" },
        { "up", "false" },
    };
    struct rtnl *rtnl = *state;
    struct rtnl_link before, after;

    STEP(step);
    assert_null(plug(&step, rtnl));
    int fd = own_netns_open_tap("tap0", IFF_MULTI_QUEUE);
    assert_true(fd >= 0);
    assert_true(look(rtnl, "tap0", &before));
    for (size_t i = 0; i < 3; i++) {
        assert_null(alter(&step, rtnl, changes[i][0], changes[i][1]));
    }
    assert_true(look(rtnl, "tap0", &after));
    assert_int_equal(after.ifindex, before.ifindex);
    assert_int_equal(after.mtu, 9000);
    assert_int_equal(after.mac.octets[5], 2);
    assert_false(after.up);
    assert_string_equal(vif_attrs_get(&step.output, "n_queues_open"), "1");
    close(fd);
}

/* Given that nothing differs, then nothing is asked of the kernel but how it
 * is. */
static void
test_nothing_to_alter(void **state)
{
    struct rtnl *rtnl = *state;

    STEP(step);
    assert_null(plug(&step, rtnl));
    uint32_t seq = rtnl->seq;
    assert_null(alter(&step, rtnl, "queues", "2"));
    assert_int_equal(rtnl->seq, seq + 3);       /* Three looks. */
}

static void
test_strangers_tap(void **state)
{
    struct rtnl *rtnl = *state;
    struct rtnl_link before, after;

    STEP(step);
    own_netns_make_tap(rtnl, "tap0", true);
    int fd = own_netns_open_tap("tap0", IFF_MULTI_QUEUE);
    assert_true(fd >= 0);
    assert_true(look(rtnl, "tap0", &before));

    char who[64];
    snprintf(who, sizeof who, "open by pid %d (", getpid());
    assert_error(plug(&step, rtnl), VIF_ERR_CONFLICT, who);
    assert_error(plug(&step, rtnl), VIF_ERR_CONFLICT,
                 "a tap with MTU 1450, MAC address fa:16:3e:00:00:01, "
                 "alias 'test'");

    /* He was quicker: between our look and our act. */
    const struct step_env env = env_of(rtnl);
    assert_error(step_tap_class.apply(&step, &env), VIF_ERR_CONFLICT, who);
    assert_error(verify(&step, rtnl), VIF_ERR_CONFLICT, who);
    assert_null(revert(&step, rtnl));
    assert_non_null(strstr(vif_attrs_get(&step.output, "warning"),
                           "left as it is"));

    assert_true(look(rtnl, "tap0", &after));
    assert_memory_equal(&before, &after, sizeof before);
    close(fd);
}

static void
test_strangers_link_of_another_kind(void **state)
{
    struct rtnl *rtnl = *state;
    struct rtnl_link before, after;

    STEP(step);
    own_netns_add_veth(rtnl, "tap0", "ve1");
    assert_true(look(rtnl, "tap0", &before));
    assert_error(plug(&step, rtnl), VIF_ERR_CONFLICT, "a veth device");
    assert_null(revert(&step, rtnl));
    assert_true(look(rtnl, "tap0", &after));
    assert_memory_equal(&before, &after, sizeof before);
}

/* The alias of a veth may look like ours: it is no tap. */
static void
test_mark_on_something_else(void **state)
{
    struct rtnl *rtnl = *state;
    const struct rtnl_change change = { .set_alias = true, .alias = MARK };
    struct rtnl_link link;

    STEP(step);
    int ifindex = own_netns_add_veth(rtnl, "tap0", "ve1");
    assert_null(rtnl_set(rtnl, ifindex, &change));
    assert_error(plug(&step, rtnl), VIF_ERR_CONFLICT, "a veth device");
    assert_null(revert(&step, rtnl));
    assert_true(look(rtnl, "tap0", &link));
}

static void
test_another_ports_tap(void **state)
{
    struct rtnl *rtnl = *state;
    struct rtnl_link link;

    STEP(step);
    struct step other CLEANUP(step_end);
    step_init(&other, "tap0", "port-2");
    assert_null(plug(&other, rtnl));
    assert_error(plug(&step, rtnl), VIF_ERR_CONFLICT, ":port-2'");
    assert_null(revert(&step, rtnl));
    assert_true(look(rtnl, "tap0", &link));
}

/* Given that we died after it was made and before we noted that, then doing
 * it again ends as if nothing had happened. */
static void
test_left_over_from_a_crash(void **state)
{
    struct rtnl *rtnl = *state;
    struct rtnl_link before, after;

    STEP(lost);
    STEP(step);
    vif_attrs_set(&lost.args, "mtu", "2000");
    vif_attrs_set(&lost.args, "up", "false");
    assert_null(plug(&lost, rtnl));
    assert_true(look(rtnl, "tap0", &before));

    assert_null(plug(&step, rtnl));
    assert_true(look(rtnl, "tap0", &after));
    assert_int_equal(after.ifindex, before.ifindex);
    assert_int_equal(after.mtu, 1450);
    assert_true(after.up);
    assert_null(revert(&step, rtnl));
    assert_false(look(rtnl, "tap0", &after));
}

static void
test_left_over_of_the_wrong_shape(void **state)
{
    struct rtnl *rtnl = *state;
    struct rtnl_link link;

    STEP(lost);
    STEP(step);
    vif_attrs_set(&lost.args, "multi_queue", "false");
    assert_null(plug(&lost, rtnl));

    int fd = own_netns_open_tap("tap0", 0);
    assert_true(fd >= 0);
    assert_error(plug(&step, rtnl), VIF_ERR_IN_USE, "it is not multi-queue");
    assert_true(look(rtnl, "tap0", &link));
    assert_false(link.multi_queue);
    close(fd);

    assert_null(plug(&step, rtnl));
    assert_true(look(rtnl, "tap0", &link));
    assert_true(link.multi_queue);
}

static void
test_replace_while_open(void **state)
{
    struct rtnl *rtnl = *state;
    struct rtnl_link link;
    char who[32];

    STEP(step);
    assert_null(plug(&step, rtnl));
    int fd = own_netns_open_tap("tap0", IFF_MULTI_QUEUE);
    assert_true(fd >= 0);

    vif_attrs_set(&step.args, "replace", "true");
    snprintf(who, sizeof who, "by pid %d (", getpid());
    assert_error(revert(&step, rtnl), VIF_ERR_IN_USE, who);
    assert_true(look(rtnl, "tap0", &link));

    /* An unplug takes it away all the same, and says so. */
    vif_attrs_set(&step.args, "replace", NULL);
    assert_null(revert(&step, rtnl));
    assert_false(look(rtnl, "tap0", &link));
    assert_string_equal(vif_attrs_get(&step.output, "warning"),
                        "tap0 was deleted while somebody had it open");
    close(fd);
}

static void
test_drift(void **state)
{
    static const struct {
        struct rtnl_change change;
        const char *words;
    } cases[] = {
        { { .set_mtu = true, .mtu = 1600 },
          "tap0 has MTU 1600 instead of 1450" },
        { { .set_mac = true, .mac = { { 2, 0, 0, 0, 0, 9 } } },
          "has MAC address 02:00:00:00:00:09 instead of fa:16:3e:00:00:01" },
        { { .set_up = true, .up = false }, "is down, not up" },
    };
    struct rtnl *rtnl = *state;
    struct rtnl_link link;

    STEP(step);
    assert_null(plug(&step, rtnl));
    assert_true(look(rtnl, "tap0", &link));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_null(rtnl_set(rtnl, link.ifindex, &cases[i].change));
        assert_error(verify(&step, rtnl), VIF_ERR_CONFLICT, cases[i].words);
        assert_null(alter(&step, rtnl, "queues", "4"));     /* Repair. */
        assert_null(verify(&step, rtnl));
    }

    int fd = own_netns_open_tap("tap0", IFF_MULTI_QUEUE);
    assert_int_equal(ioctl(fd, TUNSETPERSIST, 0), 0);
    assert_error(verify(&step, rtnl), VIF_ERR_CONFLICT, "not persistent");
    close(fd);
    assert_error(verify(&step, rtnl), VIF_ERR_NOT_FOUND, "is not there");
    assert_null(alter(&step, rtnl, "queues", "4"));
    assert_true(look(rtnl, "tap0", &link));
}

static void
rename_link(struct rtnl *rtnl, const char *from, const char *to)
{
    const struct rtnl_change down = { .set_up = true, .up = false };
    struct rtnl_link link;

    assert_true(look(rtnl, from, &link));
    assert_null(rtnl_set(rtnl, link.ifindex, &down));

    struct nl_msg *msg CLEANUP_MSG = rtnl_link_msg(RTM_NEWLINK, NLM_F_ACK,
                                                   link.ifindex);
    nla_put_string(msg, IFLA_IFNAME, to);
    assert_null(rtnl_request(rtnl, msg, NULL, NULL));
}

static void
test_renamed(void **state)
{
    struct rtnl *rtnl = *state;
    struct rtnl_link link;

    STEP(step);
    assert_null(plug(&step, rtnl));
    rename_link(rtnl, "tap0", "other");
    assert_error(verify(&step, rtnl), VIF_ERR_NOT_FOUND,
                 "was renamed to other");

    /* Repaired: one tap, under its name. */
    assert_null(alter(&step, rtnl, "queues", "4"));
    assert_true(look(rtnl, "tap0", &link));
    assert_false(look(rtnl, "other", &link));

    /* Unplugged: gone, whatever it is called, and whoever has its name. */
    rename_link(rtnl, "tap0", "other");
    own_netns_make_tap(rtnl, "tap0", false);
    assert_null(revert(&step, rtnl));
    assert_false(look(rtnl, "other", &link));
    assert_true(look(rtnl, "tap0", &link));
}

static void
add_alternative_name(struct rtnl *rtnl, const char *name,
                     const char *alternative)
{
    struct rtnl_link link;

    assert_true(look(rtnl, name, &link));

    struct nl_msg *msg CLEANUP_MSG
        = rtnl_link_msg(RTM_NEWLINKPROP,
                        NLM_F_ACK | NLM_F_CREATE | NLM_F_APPEND,
                        link.ifindex);
    struct nlattr *list = nla_nest_start(msg, IFLA_PROP_LIST | NLA_F_NESTED);
    nla_put_string(msg, IFLA_ALT_IFNAME, alternative);
    nla_nest_end(msg, list);
    assert_null(rtnl_request(rtnl, msg, NULL, NULL));
}

/* It can still be found by its name, but that is no longer its name. */
static void
test_name_became_an_alternative_one(void **state)
{
    struct rtnl *rtnl = *state;
    struct rtnl_link link;

    STEP(step);
    assert_null(plug(&step, rtnl));
    rename_link(rtnl, "tap0", "other");
    add_alternative_name(rtnl, "other", "tap0");
    assert_true(look(rtnl, "tap0", &link));
    assert_string_equal(link.name, "other");

    assert_error(verify(&step, rtnl), VIF_ERR_CONFLICT, "it was renamed");
    assert_null(alter(&step, rtnl, "queues", "4"));
    assert_true(look(rtnl, "tap0", &link));
    assert_string_equal(link.name, "tap0");
    assert_false(look(rtnl, "other", &link));
}

/* The owner of the host has taken it over. */
static void
test_mark_removed(void **state)
{
    struct rtnl *rtnl = *state;
    const struct rtnl_change change = { .set_alias = true,
                                        .alias = "mine\x1b\xff" };
    struct rtnl_link link;

    STEP(step);
    assert_null(plug(&step, rtnl));
    assert_true(look(rtnl, "tap0", &link));
    assert_null(rtnl_set(rtnl, link.ifindex, &change));
    assert_error(verify(&step, rtnl), VIF_ERR_CONFLICT, "alias 'mine\?\?'");
    assert_null(revert(&step, rtnl));
    assert_true(look(rtnl, "tap0", &link));
    assert_non_null(strstr(vif_attrs_get(&step.output, "warning"),
                           "alias 'mine\?\?'"));
}

static void
test_bad_arguments_touch_nothing(void **state)
{
    struct rtnl *rtnl = *state;
    struct rtnl_link link;

    STEP(step);
    vif_attrs_set(&step.args, "mtu", "12");
    const struct step_env env = env_of(rtnl);
    assert_error(step_tap_class.apply(&step, &env), VIF_ERR_INVALID, "mtu");
    assert_false(look(rtnl, "tap0", &link));

    /* What the kernel refuses comes back with its words. */
    vif_attrs_set(&step.args, "mtu", "65535");
    struct vif_error *error CLEANUP_ERROR = plug(&step, rtnl);
    assert_non_null(error);
    assert_string_equal(error->source, "mtu greater than device maximum");
    assert_false(look(rtnl, "tap0", &link));
}

#define MANY 130

static void
test_many_reverted(void **state)
{
    struct rtnl *rtnl = *state;
    const struct step_env env = env_of(rtnl);
    struct step steps[MANY], *pointers[MANY];
    struct vif_error *errors[MANY];
    struct rtnl_link link;

    for (int i = 0; i < MANY; i++) {
        char name[RTNL_NAME_SIZE];

        snprintf(name, sizeof name, "tap%d", i);
        step_init(&steps[i], name, "port-1");
        pointers[i] = &steps[i];
        if (i == 7) {
            own_netns_make_tap(rtnl, name, false);      /* A stranger's. */
        } else if (i != 8) {                            /* Never made. */
            assert_null(plug(&steps[i], rtnl));
        }
    }
    vif_attrs_set(&steps[9].args, "replace", "true");
    int fd = own_netns_open_tap("tap9", IFF_MULTI_QUEUE);

    step_tap_class.revert_many(pointers, errors, MANY, &env);
    for (int i = 0; i < MANY; i++) {
        if (i == 9) {
            assert_error(errors[i], VIF_ERR_IN_USE, "tap9 must be made anew");
        } else {
            assert_null(errors[i]);
        }
        assert_int_equal(look(rtnl, steps[i].object, &link),
                         i == 7 || i == 9);
        assert_int_equal(vif_attrs_get(&steps[i].output, "warning") != NULL,
                         i == 7);
        step_end(&steps[i]);
    }
    close(fd);
}

int
main(void)
{
#define TEST(NAME)                                                  \
    cmocka_unit_test_setup_teardown(NAME, own_netns_set_up,         \
                                    own_netns_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_plug_and_unplug),
        TEST(test_few_requests),
        TEST(test_owner),
        TEST(test_altered_in_place),
        TEST(test_nothing_to_alter),
        TEST(test_strangers_tap),
        TEST(test_strangers_link_of_another_kind),
        TEST(test_mark_on_something_else),
        TEST(test_another_ports_tap),
        TEST(test_left_over_from_a_crash),
        TEST(test_left_over_of_the_wrong_shape),
        TEST(test_replace_while_open),
        TEST(test_drift),
        TEST(test_renamed),
        TEST(test_name_became_an_alternative_one),
        TEST(test_mark_removed),
        TEST(test_bad_arguments_touch_nothing),
        TEST(test_many_reverted),
    };

    return own_netns_run(tests);
}
