/* SPDX-License-Identifier: Apache-2.0 */
/* Links and taps of the real kernel, in a network namespace of our own. */

#include <config.h>

#include "kernel/rtnl-private.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

#include <linux/if.h>
#include <linux/if_tun.h>

#include <cmocka.h>

#include "privilege/holders.h"
#include "tests/unit/own-netns.h"

static struct rtnl_link
look(struct rtnl *rtnl, const char *name)
{
    struct rtnl_link link;

    assert_null(rtnl_get_by_name(rtnl, name, &link));
    return link;
}

static void
assert_gone(struct rtnl *rtnl, const char *name)
{
    struct rtnl_link link;
    struct vif_error *error CLEANUP_ERROR = rtnl_get_by_name(rtnl, name,
                                                             &link);

    assert_non_null(error);
    assert_int_equal(error->code, VIF_ERR_NOT_FOUND);
    assert_int_equal(error->errnum, ENODEV);
}

static void
test_loopback(void **state)
{
    struct rtnl *rtnl = *state;
    struct rtnl_link link, same;

    link = look(rtnl, "lo");
    assert_null(rtnl_get(rtnl, link.ifindex, &same));
    assert_string_equal(same.name, "lo");
    assert_string_equal(link.kind, "");
    assert_false(link.is_tap || link.up);
    assert_int_equal(link.mtu, 65536);
}

static void
test_no_such_link(void **state)
{
    struct rtnl *rtnl = *state;
    struct rtnl_link link;

    assert_gone(rtnl, "tap0");

    struct vif_error *by_index CLEANUP_ERROR = rtnl_get(rtnl, 9999, &link);
    assert_int_equal(by_index->code, VIF_ERR_NOT_FOUND);
    struct vif_error *deleting CLEANUP_ERROR = rtnl_delete(rtnl, 9999);
    assert_int_equal(deleting->code, VIF_ERR_NOT_FOUND);
    assert_string_equal(deleting->message,
                        "delete link 9999: kernel: No such device");
}

static void
test_tap_is_as_asked(void **state)
{
    struct rtnl *rtnl = *state;
    const uint8_t mac[] = { 0xfa, 0x16, 0x3e, 0, 0, 1 };

    int ifindex = own_netns_make_tap(rtnl, "tap0", true);
    struct rtnl_link link = look(rtnl, "tap0");

    assert_int_equal(link.ifindex, ifindex);
    assert_string_equal(link.kind, "tun");
    assert_string_equal(link.alias, "test");
    assert_true(link.is_tap && link.multi_queue && link.persist
                && link.vnet_hdr && link.no_pi && link.up);
    assert_int_equal(link.mtu, 1450);
    assert_int_equal(link.n_queues, 0);
    assert_int_equal(link.owner, UINT32_MAX);
    assert_int_equal(link.owner_group, UINT32_MAX);
    assert_true(link.has_mac);
    assert_memory_equal(link.mac.octets, mac, sizeof mac);
    assert_int_equal(link.group, 0);
    assert_int_equal(link.master, 0);

    assert_null(rtnl_delete(rtnl, ifindex));
    assert_gone(rtnl, "tap0");
}

static void
test_tap_with_owner(void **state)
{
    struct rtnl *rtnl = *state;
    const struct rtnl_tap tap = { .name = "tap0", .owner = 0, .group = 0 };
    const struct rtnl_change change = { .set_mtu = false };
    int ifindex;

    assert_null(rtnl_tap_create(rtnl, &tap, &change, &ifindex));
    struct rtnl_link link = look(rtnl, "tap0");
    assert_int_equal(link.owner, 0);
    assert_int_equal(link.owner_group, 0);
    assert_false(link.multi_queue || link.up);
}

/* libvirt finds that the flag is right or that it cannot open the tap. */
static void
test_multi_queue_flag(void **state)
{
    struct rtnl *rtnl = *state;

    own_netns_make_tap(rtnl, "many", true);
    own_netns_make_tap(rtnl, "one", false);

    int q1 = own_netns_open_tap("many", IFF_MULTI_QUEUE | IFF_VNET_HDR);
    int q2 = own_netns_open_tap("many", IFF_MULTI_QUEUE | IFF_VNET_HDR);
    int q3 = own_netns_open_tap("one", IFF_VNET_HDR);
    assert_true(q1 >= 0 && q2 >= 0 && q3 >= 0);
    assert_int_equal(own_netns_open_tap("many", IFF_VNET_HDR), -EINVAL);
    assert_int_equal(own_netns_open_tap("one", IFF_MULTI_QUEUE), -EINVAL);

    assert_int_equal(look(rtnl, "many").n_queues, 2);
    assert_int_equal(look(rtnl, "one").n_queues, 1);

    /* A queue that the guest has not enabled counts. */
    struct ifreq ifr = { .ifr_flags = IFF_DETACH_QUEUE };
    assert_int_equal(ioctl(q2, TUNSETQUEUE, &ifr), 0);
    assert_int_equal(look(rtnl, "many").n_queues, 2);

    close(q1);
    close(q2);
    close(q3);
    assert_int_equal(look(rtnl, "many").n_queues, 0);
    assert_int_equal(look(rtnl, "one").n_queues, 0);
}

/* Whether it is up or down makes no difference to who has it open. */
static void
test_open_queue_of_a_tap_that_is_down(void **state)
{
    struct rtnl *rtnl = *state;
    const struct rtnl_change down = { .set_up = true, .up = false };

    int ifindex = own_netns_make_tap(rtnl, "one", false);
    assert_null(rtnl_set(rtnl, ifindex, &down));
    int fd = own_netns_open_tap("one", IFF_VNET_HDR);
    assert_true(fd >= 0);
    assert_int_equal(look(rtnl, "one").n_queues, 1);
    assert_false(look(rtnl, "one").running);
    close(fd);
}

static void
test_altered_in_one_request(void **state)
{
    struct rtnl *rtnl = *state;
    const struct rtnl_change change = {
        .set_mtu = true, .mtu = 9000,
        .set_mac = true, .mac = { { 2, 0, 0, 0, 0, 7 } },
        .set_up = true, .up = false,
        .set_alias = true, .alias = "other",
        .set_group = true, .group = 42,
    };
    const struct rtnl_change nothing = { .mtu = 1 };

    int ifindex = own_netns_make_tap(rtnl, "tap0", false);
    uint32_t seq = rtnl->seq;
    assert_null(rtnl_set(rtnl, ifindex, &change));
    assert_int_equal(rtnl->seq, seq + 1);

    struct rtnl_link link = look(rtnl, "tap0");
    assert_int_equal(link.mtu, 9000);
    assert_int_equal(link.mac.octets[5], 7);
    assert_string_equal(link.alias, "other");
    assert_int_equal(link.group, 42);
    assert_false(link.up);

    assert_null(rtnl_set(rtnl, ifindex, &nothing));
    struct rtnl_link after = look(rtnl, "tap0");
    assert_memory_equal(&link, &after, sizeof link);
}

static void
test_taken_name(void **state)
{
    struct rtnl *rtnl = *state;
    const struct rtnl_tap taps[] = {
        { .name = "tap0", .owner = UINT32_MAX, .group = UINT32_MAX },
        { .name = "ve0", .owner = UINT32_MAX, .group = UINT32_MAX },
    };
    const struct rtnl_change change = { .set_mtu = true, .mtu = 2000 };

    own_netns_make_tap(rtnl, "tap0", false);
    own_netns_add_veth(rtnl, "ve0", "ve1");
    for (size_t i = 0; i < 2; i++) {
        struct rtnl_link before = look(rtnl, taps[i].name);
        int ifindex = -1;
        struct vif_error *error CLEANUP_ERROR
            = rtnl_tap_create(rtnl, &taps[i], &change, &ifindex);

        assert_non_null(error);
        assert_int_equal(error->code, VIF_ERR_CONFLICT);
        assert_int_equal(error->errnum, EBUSY);
        assert_false(error->retry);
        struct rtnl_link after = look(rtnl, taps[i].name);
        assert_memory_equal(&before, &after, sizeof before);
    }
}

static void
test_names_that_the_kernel_would_complete(void **state)
{
    struct rtnl *rtnl = *state;
    const char *const names[] = { "", "tap%d", "sixteen.letters." };
    const struct rtnl_change change = { .set_mtu = false };
    struct rtnl_link *links CLEANUP_FREE = NULL;
    size_t n;

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const struct rtnl_tap tap = { .name = names[i] };
        int ifindex;
        struct vif_error *error CLEANUP_ERROR
            = rtnl_tap_create(rtnl, &tap, &change, &ifindex);

        assert_non_null(error);
        assert_int_equal(error->code, VIF_ERR_INVALID);
    }
    assert_null(rtnl_dump(rtnl, &links, &n));
    assert_int_equal(n, 1);
}

/* The kernel's own words come along, and the half-made tap is gone. */
static void
test_extack_and_nothing_left(void **state)
{
    struct rtnl *rtnl = *state;
    const struct rtnl_tap tap = { .name = "tap0", .owner = UINT32_MAX,
                                  .group = UINT32_MAX };
    const struct rtnl_change change = { .set_mtu = true, .mtu = 70000 };
    int ifindex;

    struct vif_error *error CLEANUP_ERROR
        = rtnl_tap_create(rtnl, &tap, &change, &ifindex);
    assert_non_null(error);
    assert_int_equal(error->errnum, EINVAL);
    assert_string_equal(error->source, "mtu greater than device maximum");
    assert_non_null(strstr(error->message, "create tap tap0: change link "));
    assert_gone(rtnl, "tap0");
}

static void
test_dump_holds_all(void **state)
{
    struct rtnl *rtnl = *state;
    struct rtnl_link *links CLEANUP_FREE = NULL;
    char name[RTNL_NAME_SIZE];
    size_t n, taps = 0;

    for (int i = 0; i < 100; i++) {
        snprintf(name, sizeof name, "tap%d", i);
        own_netns_make_tap(rtnl, name, false);
    }
    assert_null(rtnl_dump(rtnl, &links, &n));
    assert_int_equal(n, 101);
    for (size_t i = 0; i < n; i++) {
        taps += links[i].is_tap;
        assert_true(links[i].ifindex > 0 && links[i].name[0]);
    }
    assert_int_equal(taps, 100);
}

/* The socket cannot take all answers: what became of the others is not
 * known, and that is said. */
static void
test_answers_dropped_by_the_kernel(void **state)
{
    struct rtnl *rtnl = *state;
    struct nl_msg *msgs[RTNL_MAX_REQUESTS];
    struct vif_error *errors[RTNL_MAX_REQUESTS];
    struct rtnl_link link;
    const int tiny = 1;
    int lost = 0;

    int lo = look(rtnl, "lo").ifindex;
    setsockopt(rtnl->fd, SOL_SOCKET, SO_RCVBUF, &tiny, sizeof tiny);
    for (int i = 0; i < RTNL_MAX_REQUESTS; i++) {
        msgs[i] = rtnl_question(lo);
    }
    rtnl_request_many(rtnl, msgs, errors, RTNL_MAX_REQUESTS);
    for (int i = 0; i < RTNL_MAX_REQUESTS; i++) {
        if (errors[i]) {
            assert_int_equal(errors[i]->errnum, ENOBUFS);
            assert_true(errors[i]->retry);
            lost++;
        }
        vif_error_destroy(errors[i]);
        nlmsg_free(msgs[i]);
    }
    assert_true(lost > 0);

    /* And the next question is answered. */
    assert_null(rtnl_get_by_name(rtnl, "lo", &link));
}

static void
test_holders(void **state)
{
    char buf[256], small[8];

    own_netns_make_tap(*state, "tap0", true);
    own_netns_make_tap(*state, "tap01", true);
    int fd = own_netns_open_tap("tap01", IFF_MULTI_QUEUE);
    int fd2 = own_netns_open_tap("tap01", IFF_MULTI_QUEUE);

    assert_false(tap_holders_describe("/proc", "tap0", buf, sizeof buf));
    assert_string_equal(buf, "");
    assert_true(tap_holders_describe("/proc", "tap01", buf, sizeof buf));
    assert_int_equal(strncmp(buf, "pid ", 4), 0);
    assert_null(strchr(buf, ','));              /* One process, told once. */
    assert_false(tap_holders_describe("/proc", "tap01", small, sizeof small));
    assert_string_equal(small, "");
    close(fd);
    close(fd2);
}

#define N_WORKERS 4
#define TAPS_PER_WORKER 25

static void *
worker(void *number)
{
    struct rtnl *rtnl;
    char name[RTNL_NAME_SIZE];
    int made = 0;

    vif_error_destroy(rtnl_open(&rtnl));
    for (int i = 0; i < TAPS_PER_WORKER; i++) {
        const struct rtnl_tap tap = { .name = name, .owner = UINT32_MAX,
                                      .group = UINT32_MAX };
        const struct rtnl_change change = { .set_up = true, .up = true };
        struct rtnl_link link;
        int ifindex;

        snprintf(name, sizeof name, "tap%d-%d", *(int *) number, i);
        struct vif_error *error = rtnl_tap_create(rtnl, &tap, &change,
                                                  &ifindex);
        error = error ? error : rtnl_get(rtnl, ifindex, &link);
        made += !error && link.up && !strcmp(link.name, name);
        vif_error_destroy(error);
    }
    rtnl_close(rtnl);
    *(int *) number = made;
    return NULL;
}

/* Each thread has its own socket, and gets its own answers. */
static void
test_threads(void **state)
{
    pthread_t threads[N_WORKERS];
    int numbers[N_WORKERS];

    (void) state;
    for (int i = 0; i < N_WORKERS; i++) {
        numbers[i] = i;
        assert_int_equal(pthread_create(&threads[i], NULL, worker,
                                        &numbers[i]), 0);
    }
    for (int i = 0; i < N_WORKERS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(numbers[i], TAPS_PER_WORKER);
    }
}

/* In a child with another /dev/net: what rtnl_tap_create() says. */
static void
create_without_tun(mode_t node, dev_t dev, char *answer, size_t size)
{
    int fds[2];

    assert_int_equal(pipe(fds), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (!pid) {
        const struct rtnl_tap tap = { .name = "tap0" };
        const struct rtnl_change change = { .set_mtu = false };
        struct rtnl *rtnl;
        int ifindex;

        if (unshare(CLONE_NEWNS)
            || mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL)
            || mount("none", "/dev/net", "tmpfs", 0,
                     "size=64k")
            || (node && mknod("/dev/net/tun", node, dev))) {
            dprintf(fds[1], "no node");
            _exit(0);
        }
        vif_error_destroy(rtnl_open(&rtnl));
        struct vif_error *error = rtnl_tap_create(rtnl, &tap, &change,
                                                  &ifindex);
        if (error) {
            dprintf(fds[1], "%s|%d|%s", vif_error_code_name(error->code),
                    error->errnum, error->message);
        }
        vif_error_destroy(error);
        rtnl_close(rtnl);
        _exit(0);
    }
    close(fds[1]);

    int status;
    ssize_t n = read(fds[0], answer, size - 1);
    answer[n > 0 ? n : 0] = '\0';
    close(fds[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static void
test_no_tun_module(void **state)
{
    const struct {
        mode_t node;
        dev_t dev;
        const char *start;
    } cases[] = {
        { 0, 0, "unsupported|2|" },                     /* ENOENT */
        /* The last of misc's numbers, which nobody has: ENODEV. */
        { S_IFCHR | 0600, makedev(10, 254), "unsupported|19|" },
    };

    (void) state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char answer[512];

        create_without_tun(cases[i].node, cases[i].dev, answer,
                           sizeof answer);
        if (!strcmp(answer, "no node")) {
            assert_true(cases[i].node);     /* Takes more than we may do. */
            continue;
        }
        assert_memory_equal(answer, cases[i].start, strlen(cases[i].start));
        assert_non_null(strstr(answer, "create tap tap0: the kernel has no "
                               "tun module"));
    }
}

#ifdef VIFD_CRASH_POINTS
#define MAKE_TAP "--make-tap"
static const char *self;            /* argv[0]. */

/* Runs this program anew, in our namespace, to make a tap and die on the
 * way. */
static void
die_at(const char *point)
{
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (!pid) {
        setenv("VIFD_CRASH_AT", point, 1);
        execl(self, self, MAKE_TAP, NULL);
        _exit(1);
    }

    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGKILL);
}

static void
test_killed_before_it_is_persistent(void **state)
{
    die_at("tap/create/before-persist");
    assert_gone(*state, "tap0");
}

static void
test_killed_when_it_is_persistent(void **state)
{
    die_at("tap/create/persistent");

    struct rtnl_link link = look(*state, "tap0");
    assert_string_equal(link.alias, "test");
    assert_true(link.up && link.persist && link.multi_queue);
    assert_int_equal(link.n_queues, 0);
}
#endif

int
main(int argc, char *argv[])
{
#ifdef VIFD_CRASH_POINTS
    self = argv[0];
    if (argc > 1 && !strcmp(argv[1], MAKE_TAP)) {
        struct rtnl *rtnl;

        vif_error_destroy(rtnl_open(&rtnl));
        own_netns_make_tap(rtnl, "tap0", true);
        return 0;
    }
#else
    (void) argc;
    (void) argv;
#endif

#define TEST(NAME)                                                  \
    cmocka_unit_test_setup_teardown(NAME, own_netns_set_up,         \
                                    own_netns_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_loopback),
        TEST(test_no_such_link),
        TEST(test_tap_is_as_asked),
        TEST(test_tap_with_owner),
        TEST(test_multi_queue_flag),
        TEST(test_open_queue_of_a_tap_that_is_down),
        TEST(test_altered_in_one_request),
        TEST(test_taken_name),
        TEST(test_names_that_the_kernel_would_complete),
        TEST(test_extack_and_nothing_left),
        TEST(test_dump_holds_all),
        TEST(test_answers_dropped_by_the_kernel),
        TEST(test_holders),
        TEST(test_threads),
        TEST(test_no_tun_module),
#ifdef VIFD_CRASH_POINTS
        TEST(test_killed_before_it_is_persistent),
        TEST(test_killed_when_it_is_persistent),
#endif
    };

    return own_netns_run(tests);
}
