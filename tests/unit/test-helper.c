/* SPDX-License-Identifier: Apache-2.0 */

/* The helper's process, talked to by somebody who has taken vifd over: packets
 * of every kind.  It answers or drops them, goes on, and does none of it; and
 * it never outlives vifd. */

#include <config.h>

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/cleanup.h"
#include "privilege/helper.h"
#include "privilege/protocol.h"
#include "random.h"
#include "tests/unit/fake-sys.h"
#include "tests/unit/until.h"

#define until(CONDITION) UNTIL(CONDITION, (void) 0, poll_timer_wait(2))

#define MAX_PASSED 4

static pid_t helper;
static int channel = -1;

static int
set_up(void **state)
{
    int pair[2];
    char ready;
    pid_t self = getpid();

    fake_sys_set_up(state);
    const struct fake_sys *fake = *state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0,
                                pair), 0);
    helper = fork();
    if (!helper) {
        helper_main(&fake->host, pair[1], self);
    }
    close(pair[1]);
    channel = pair[0];
    assert_int_equal(read(channel, &ready, 1), 1);
    return 0;
}

static int
tear_down(void **state)
{
    int status;

    close(channel);
    assert_int_equal(waitpid(helper, &status, 0), helper);
    assert_int_equal(status, 0);
    return fake_sys_tear_down(state);
}

/* Sends 'n' bytes with 'n_passed' descriptors. */
static void
send_packet(const void *bytes, size_t n, const int *passed, size_t n_passed)
{
    struct iovec iov = { .iov_base = (void *) bytes, .iov_len = n };
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(MAX_PASSED * sizeof(int))];
    } control = { .bytes = { 0 } };
    struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1 };

    if (n_passed) {
        message.msg_control = &control;
        message.msg_controllen = CMSG_SPACE(n_passed * sizeof *passed);
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(n_passed * sizeof *passed);
        memcpy(CMSG_DATA(header), passed, n_passed * sizeof *passed);
    }
    assert_true(sendmsg(channel, &message, MSG_NOSIGNAL) >= 0);
}

/* Sends 'bytes' as a request, and waits for the end that follows the answer;
 * false if the helper drops it. */
static bool
ask(const void *bytes, size_t n, struct privilege_answer *answer)
{
    int pair[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
    CLEANUP_CLOSE int ours = pair[0];
    send_packet(bytes, n, &pair[1], 1);
    close(pair[1]);
    ssize_t got = recv(ours, answer, sizeof *answer, 0);
    assert_true(got == 0 || got == sizeof *answer);

    char more;
    assert_int_equal(recv(ours, &more, sizeof more, 0), 0);
    return got > 0;
}

static struct privilege_request
request_of(enum privilege_verb verb)
{
    return (struct privilege_request) { .version = PRIVILEGE_VERSION,
                                        .verb = verb };
}

/* One that is well-formed, for which it must still be there. */
static void
assert_serves(void)
{
    struct privilege_request request = request_of(PRIVILEGE_TAP_HOLDERS);
    struct privilege_answer answer;

    strcpy(request.name, "no-such-tap");
    assert_true(ask(&request, sizeof request, &answer));
    assert_int_equal(answer.failed, 0);
    assert_string_equal(answer.text, "");
}

static void
assert_malformed(const struct privilege_request *request)
{
    struct privilege_answer answer;

    assert_true(ask(request, sizeof *request, &answer));
    assert_int_equal(answer.failed, 1);
    assert_int_equal(answer.code, VIF_ERR_INTERNAL);
    assert_non_null(strstr(answer.text, "not well-formed"));
}

static void
test_wrong_sizes(void **state)
{
    static char bytes[1 << 16];
    struct privilege_request request = request_of(PRIVILEGE_PCI_RESET);
    struct privilege_answer answer;

    request.pci.bus = 3;
    request.pci.function = 1;
    memcpy(bytes, &request, sizeof request);
    for (size_t n = 1; n < sizeof request; n++) {
        assert_false(ask(bytes, n, &answer));
    }
    assert_false(ask(bytes, sizeof request + 1, &answer));
    assert_false(ask(bytes, sizeof bytes, &answer));
    assert_false(ask(bytes, 0, &answer));
    assert_serves();
    fake_sys_assert_untouched(*state);
}

static void
test_wrong_descriptors(void **state)
{
    struct privilege_request request = request_of(PRIVILEGE_PCI_RESET);
    int passed[MAX_PASSED];

    request.pci.bus = 3;
    request.pci.function = 1;
    send_packet(&request, sizeof request, NULL, 0);
    for (size_t i = 0; i < MAX_PASSED; i++) {
        passed[i] = dup(0);
    }
    for (size_t n = 2; n <= MAX_PASSED; n++) {
        send_packet(&request, sizeof request, passed, n);
    }
    assert_serves();
    fake_sys_assert_untouched(*state);

    /* Nowhere to answer, and nobody who listens there. */
    request.pci.bus = 4;
    send_packet(&request, sizeof request, passed, 1);
    for (size_t i = 0; i < MAX_PASSED; i++) {
        close(passed[i]);
    }
    assert_serves();

    /* None of the descriptors stays with it. */
    char name[64];
    snprintf(name, sizeof name, "/proc/%d/fd/4", (int) helper);
    until(access(name, F_OK));
}

static void
test_wrong_versions_and_verbs(void **state)
{
    static const uint32_t verbs[] = { 0, PRIVILEGE_N_VERBS, 255, 256,
                                      INT32_MAX, UINT32_MAX };
    struct privilege_request request;

    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        request = request_of(verbs[i]);
        request.pci.bus = 3;
        request.pci.function = 1;
        assert_malformed(&request);
    }
    request = request_of(PRIVILEGE_OPEN_TUN);
    request.version++;
    assert_malformed(&request);
    fake_sys_assert_untouched(*state);
}

/* What a verb does not use must be zero, and what it uses fine. */
static void
test_wrong_members(void **state)
{
    struct privilege_request request;

    request = request_of(PRIVILEGE_PCI_RESET);
    request.pci = (struct privilege_pci) { .bus = 3, .function = 9 };
    assert_malformed(&request);
    request.pci = (struct privilege_pci) { .bus = 3, .function = 1,
                                           .device = 0x20 };
    assert_malformed(&request);
    request.pci = (struct privilege_pci) { .bus = 3, .function = 1,
                                           .zero = 1 };
    assert_malformed(&request);
    request.pci = (struct privilege_pci) { .bus = 3, .function = 1 };
    request.number = 1;
    assert_malformed(&request);
    request.number = 0;
    request.uid = 1;
    assert_malformed(&request);
    request.uid = 0;
    request.name[PRIVILEGE_NAME_SIZE - 1] = 'x';
    assert_malformed(&request);

    request = request_of(PRIVILEGE_PCI_BIND);
    request.pci = (struct privilege_pci) { .bus = 3, .function = 1 };
    assert_malformed(&request);                 /* No name. */
    memset(request.name, 'x', sizeof request.name);
    assert_malformed(&request);                 /* One without an end. */
    memset(request.name, 0, sizeof request.name);
    memcpy(request.name, "igb\0x", 5);
    assert_malformed(&request);                 /* Something behind it. */

    request = request_of(PRIVILEGE_TAP_HOLDERS);
    memcpy(request.name, "tap0\nx", 6);
    assert_malformed(&request);
    strcpy(request.name, "sixteen-letters-");
    assert_malformed(&request);

    request = request_of(PRIVILEGE_CONNECT_OVSDB);
    assert_malformed(&request);                 /* There is none. */
    request.number = UINT32_MAX;
    assert_malformed(&request);
    fake_sys_assert_untouched(*state);
}

/* Bytes at random: whatever they are, nothing happens to the host.  Half of
 * them have a right beginning. */
static void
test_garbage(void **state)
{
    random_set_seed(3);
    for (int i = 0; i < 4000; i++) {
        struct privilege_request request = request_of(0);
        struct privilege_answer answer;

        random_bytes(&request, sizeof request);
        if (i % 2) {
            request.version = PRIVILEGE_VERSION;
            request.verb %= PRIVILEGE_N_VERBS;
        }
        if (ask(&request, sizeof request, &answer)) {
            assert_int_equal(answer.failed, 1);
        }
    }
    assert_serves();
    fake_sys_assert_untouched(*state);
}

/* How many descriptors the helper has of files whose path ends so. */
static unsigned int
n_open_in_helper(const char *end)
{
    char path[64], target[PATH_MAX];
    unsigned int n = 0;

    snprintf(path, sizeof path, "/proc/%d/fd", (int) helper);
    DIR *dir = opendir(path);
    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir)); ) {
        ssize_t length = readlinkat(dirfd(dir), entry->d_name, target,
                                    sizeof target - 1);

        target[MAX(length, 0)] = '\0';
        n += (length >= (ssize_t) strlen(end)
              && !strcmp(target + length - strlen(end), end));
    }
    closedir(dir);
    return n;
}

/* From now on the helper does not run while we can: what wakes us is the last
 * that it has done.  Returns the processors that we had. */
static cpu_set_t
run_before_helper(void)
{
    const struct sched_param none = { .sched_priority = 0 };
    cpu_set_t before, one;

    assert_int_equal(sched_getaffinity(0, sizeof before, &before), 0);
    CPU_ZERO(&one);
    CPU_SET(sched_getcpu(), &one);
    assert_int_equal(sched_setaffinity(0, sizeof one, &one), 0);
    assert_int_equal(sched_setaffinity(helper, sizeof one, &one), 0);
    assert_int_equal(sched_setscheduler(helper, SCHED_IDLE, &none), 0);
    return before;
}

/* An answer of a size that no caller expects, or of another process, is none:
 * what is passed beside it is what was asked for, or nothing. */
static void
test_answers_pass_what_was_opened(void **state)
{
    const struct fake_sys *fake = *state;
    struct privilege_request request = request_of(PRIVILEGE_OPEN_TUN);
    struct privilege_answer answer;

    assert_true(ask(&request, sizeof request, &answer));
    assert_int_equal(answer.failed, 1);
    assert_int_equal(answer.errnum, ENOENT);
    fake_sys_write(fake, "dev/net/tun", "");
    cpu_set_t before = run_before_helper();
    for (int i = 0; i < 20; i++) {
        assert_true(ask(&request, sizeof request, &answer));
        assert_int_equal(answer.failed, 0);
        assert_int_equal(n_open_in_helper("/dev/net/tun"), 0);
    }
    sched_setaffinity(0, sizeof before, &before);
}

/* Its life: a process between us and it is killed, and it goes as well, even
 * if a request is stuck. */
static void
end_with_its_parent(const struct fake_sys *fake, bool stuck)
{
    int tell[2];
    pid_t inner;

    prctl(PR_SET_CHILD_SUBREAPER, 1);
    assert_int_equal(pipe(tell), 0);
    pid_t parent = fork();
    if (!parent) {
        if (privilege_start(&fake->host)) {
            _exit(1);
        }
        inner = privilege_pid();
        if (write(tell[1], &inner, sizeof inner) == sizeof inner) {
            vif_error_destroy(stuck ? privilege_pci_reset(&fake_nic) : NULL);
            pause();
        }
        _exit(1);
    }
    close(tell[1]);
    assert_int_equal(read(tell[0], &inner, sizeof inner), sizeof inner);
    close(tell[0]);
    if (stuck) {
        char task[64];
        struct stat st;

        /* Its second thread is a link more. */
        snprintf(task, sizeof task, "/proc/%d/task", (int) inner);
        until(!stat(task, &st) && st.st_nlink > 3);
    }
    kill(parent, SIGKILL);
    assert_int_equal(waitpid(parent, NULL, 0), parent);
    assert_int_equal(waitpid(inner, NULL, 0), inner);
    prctl(PR_SET_CHILD_SUBREAPER, 0);
}

static void
test_ends_with_vifd(void **state)
{
    end_with_its_parent(*state, false);
}

static void
test_ends_with_vifd_though_a_request_is_stuck(void **state)
{
    const struct fake_sys *fake = *state;
    char path[256];

    snprintf(path, sizeof path, "%s/" FAKE_NIC_DIR "/reset",
             fake->dir);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    end_with_its_parent(*state, true);
}

int
main(void)
{
#define TEST(FUNCTION) \
    cmocka_unit_test_setup_teardown(FUNCTION, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_wrong_sizes),
        TEST(test_wrong_descriptors),
        TEST(test_wrong_versions_and_verbs),
        TEST(test_wrong_members),
        TEST(test_garbage),
        TEST(test_answers_pass_what_was_opened),
        cmocka_unit_test_setup_teardown(test_ends_with_vifd, fake_sys_set_up,
                                        fake_sys_tear_down),
        cmocka_unit_test_setup_teardown(
            test_ends_with_vifd_though_a_request_is_stuck, fake_sys_set_up,
            fake_sys_tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
