/* SPDX-License-Identifier: Apache-2.0 */

/* Who holds a function through VFIO, and that nothing is done to it
 * meanwhile.  On a fake host, whose nodes are real ones of other devices; the
 * rule that a group can be open but once is kept here. */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/cleanup.h"
#include "privilege/verbs.h"
#include "tests/unit/fake-sys.h"
#include "tests/unit/until.h"

#define until(CONDITION) UNTIL(CONDITION, (void) 0, poll_timer_wait(2))

#define DEVICE FAKE_NIC_DIR "/"
#define GROUP_NODE "dev/vfio/12"
#define DEVICE_NODE "dev/vfio/devices/vfio3"

static const struct fake_sys *fake;     /* NULL while it is made. */

/* The kernel's part. */

static int refusal;             /* What opening the group fails with, or 0. */
static atomic_int group_fd = -1;
static atomic_int n_waiting;
static const char *proc;
static mode_t mode_at_unbind;   /* Of the function's own node. */

static bool
ends_with(const char *s, const char *end)
{
    size_t length = strlen(s);

    return (length >= strlen(end)
            && !strcmp(s + length - strlen(end), end));
}

static mode_t
mode_of(const char *name)
{
    char path[256];
    struct stat st;

    snprintf(path, sizeof path, "%s/%s", fake->dir, name);
    return stat(path, &st) ? 0 : st.st_mode & 07777;
}

int __real_open(const char *, int, ...);
int __wrap_open(const char *, int, ...);
int
__wrap_open(const char *path, int flags, ...)
{
    va_list args;

    va_start(args, flags);
    mode_t mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;
    va_end(args);
    if (fake && ends_with(path, "/unbind") && flags & O_WRONLY) {
        mode_at_unbind = mode_of(DEVICE_NODE);
    } else if (ends_with(path, "12") && strstr(path, "/vfio/")
               && !(flags & O_PATH)) {
        if (refusal || group_fd >= 0) {
            errno = refusal ? refusal : EBUSY;
            return -1;
        }
        int fd = __real_open(path, flags, mode);
        group_fd = fd;
        return fd;
    }
    return __real_open(path, flags, mode);
}

int __real_close(int);
int __wrap_close(int);
int
__wrap_close(int fd)
{
    if (fd == group_fd) {
        group_fd = -1;
    }
    return __real_close(fd);
}

int __real_pthread_cond_wait(pthread_cond_t *, pthread_mutex_t *);
int __wrap_pthread_cond_wait(pthread_cond_t *, pthread_mutex_t *);
int
__wrap_pthread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex)
{
    n_waiting++;
    return __real_pthread_cond_wait(cond, mutex);
}

/* The host. */

static void
make_node(const char *name, unsigned int minor_number, const char *kernel_name)
{
    char path[256], known[64];

    snprintf(path, sizeof path, "%s/%s", fake->dir, name);
    if (mknod(path, S_IFCHR | 0640, makedev(1, minor_number))) {
        skip();                 /* Not root. */
    }
    snprintf(known, sizeof known, "sys/dev/char/1:%u", minor_number);
    snprintf(path, sizeof path, "../../devices/%s", kernel_name);
    fake_sys_link(fake, known, path);
}

static void
bind_to(const char *driver)
{
    char name[64], target[64];

    snprintf(name, sizeof name, "sys/bus/pci/drivers/%s", driver);
    snprintf(target, sizeof target, "../../drivers/%s", driver);
    fake_sys_make_folder(fake, name);
    fake_sys_link(fake, DEVICE "driver", target);
    snprintf(name, sizeof name, "sys/bus/pci/drivers/%s/unbind", driver);
    fake_sys_write(fake, name, "");
}

/* A function that is bound to vfio-pci, in group 12. */
static int
set_up(void **state)
{
    fake_sys_set_up(state);
    fake = *state;
    refusal = 0;
    n_waiting = 0;
    proc = "/proc";
    mode_at_unbind = 07777;
    fake_sys_make_folder(fake, "dev/vfio");
    fake_sys_link(fake, DEVICE "iommu_group",
                  "../../../kernel/iommu_groups/12");
    bind_to("vfio-pci");
    return 0;
}

static int
tear_down(void **state)
{
    fake = NULL;
    return fake_sys_tear_down(state);
}

/* Null and zero. */
static void
make_group_node(void)
{
    make_node(GROUP_NODE, 3, "12");
}

static void
make_device_node(void)
{
    fake_sys_make_folder(fake, "dev/vfio/devices");
    make_node(DEVICE_NODE, 5, "vfio3");
    fake_sys_make_folder(fake, DEVICE "vfio-dev");
    fake_sys_make_folder(fake, DEVICE "vfio-dev/vfio3");
}

/* A guest: a process that has 'name' open. */
static pid_t
start_guest(const char *name)
{
    char path[256], byte;
    int pair[2];

    assert_int_equal(pipe(pair), 0);
    snprintf(path, sizeof path, "%s/%s", fake->dir, name);
    pid_t guest = fork();
    if (!guest) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (__real_open(path, O_RDWR) >= 0 && write(pair[1], "", 1) == 1) {
            pause();
        }
        _exit(1);
    }
    close(pair[1]);
    assert_int_equal(read(pair[0], &byte, 1), 1);
    close(pair[0]);
    return guest;
}

static void
end_guest(pid_t guest)
{
    kill(guest, SIGKILL);
    assert_int_equal(waitpid(guest, NULL, 0), guest);
}

static struct vif_error *
order(enum privilege_verb verb)
{
    const struct privilege_request request = {
        .version = PRIVILEGE_VERSION, .verb = verb,
        .pci = { .bus = 3, .function = 1 },
    };
    struct privilege_host host = fake->host;
    char text[256];
    int fd;

    host.proc = proc;
    return privilege_carry_out(&host, &request, text, sizeof text, &fd);
}

static void
assert_fails(enum privilege_verb verb, enum vif_error_code code,
             const char *words)
{
    CLEANUP_ERROR struct vif_error *error = order(verb);

    assert_non_null(error);
    if (!strstr(error->message, words)) {
        fail_msg("\"%s\" has no \"%s\"", error->message, words);
    }
    assert_int_equal(error->code, code);
}

/* Neither looked at as free, nor reset, nor unbound. */
static void
assert_held(const char *by)
{
    assert_fails(PRIVILEGE_PCI_UNHELD, VIF_ERR_IN_USE, by);
    assert_fails(PRIVILEGE_PCI_RESET, VIF_ERR_IN_USE, by);
    assert_fails(PRIVILEGE_PCI_UNBIND, VIF_ERR_IN_USE, by);
    assert_string_equal(fake_sys_read(fake, DEVICE "reset"), "");
    assert_string_equal(fake_sys_read(fake, DEVICE "driver/unbind"), "");
    assert_int_equal(group_fd, -1);
}

static void
assert_free(void)
{
    assert_null(order(PRIVILEGE_PCI_UNHELD));
    assert_null(order(PRIVILEGE_PCI_RESET));
    assert_null(order(PRIVILEGE_PCI_UNBIND));
    assert_string_equal(fake_sys_read(fake, DEVICE "reset"), "1");
    assert_string_equal(fake_sys_read(fake, DEVICE "driver/unbind"),
                        FAKE_NIC);
    assert_int_equal(group_fd, -1);
}

/* The tests. */

static void
test_nobody_has_it(void **state)
{
    (void) state;
    make_group_node();
    assert_free();
}

static void
test_a_guest_has_its_group(void **state)
{
    char pid[32];

    (void) state;
    make_group_node();
    pid_t guest = start_guest(GROUP_NODE);
    refusal = EBUSY;
    snprintf(pid, sizeof pid, "by pid %d (", (int) guest);
    assert_held(pid);
    assert_held("/vfio/12");
    assert_held("detach it from the guest first");
    end_guest(guest);

    /* In a container whose processes are not to be seen. */
    assert_held("by a process that /proc does not show");
    refusal = 0;
    assert_free();
}

/* It says nothing about a NIC that its driver has. */
static void
test_another_driver(void **state)
{
    (void) state;
    make_group_node();
    refusal = EBUSY;
    bind_to("igbvf");
    assert_free();
}

/* Who opens the function's own node keeps nobody else from opening either
 * node, and yet unbinding would wait for him. */
static void
test_a_guest_has_its_own_node(void **state)
{
    char pid[32];

    (void) state;
    make_group_node();
    make_device_node();
    pid_t guest = start_guest(DEVICE_NODE);
    snprintf(pid, sizeof pid, "by pid %d (", (int) guest);
    assert_held(pid);
    assert_held("/vfio/devices/vfio3");
    assert_int_equal(mode_of(DEVICE_NODE), 0640);
    end_guest(guest);

    /* Nobody can come while it is unbound. */
    assert_free();
    assert_int_equal(mode_at_unbind, 0);
    assert_int_equal(mode_of(DEVICE_NODE), 0640);
}

/* A kernel without nodes of groups. */
static void
test_own_node_alone(void **state)
{
    (void) state;
    make_device_node();
    pid_t guest = start_guest(DEVICE_NODE);
    assert_held("/vfio/devices/vfio3");
    end_guest(guest);
    assert_free();
}

/* A sandbox that does not allow the node: /proc tells. */
static void
test_the_node_is_out_of_reach(void **state)
{
    (void) state;
    make_group_node();
    refusal = EPERM;
    pid_t guest = start_guest(GROUP_NODE);
    assert_held("/vfio/12");
    end_guest(guest);
    assert_free();
}

/* Then what is not seen may be there. */
static void
test_without_proc(void **state)
{
    (void) state;
    make_group_node();
    refusal = EPERM;
    proc = "/nonexistent";
    assert_fails(PRIVILEGE_PCI_UNHELD, VIF_ERR_BUSY, "could not be found out");
    assert_fails(PRIVILEGE_PCI_UNBIND, VIF_ERR_BUSY, "could not be found out");
    refusal = 0;
    assert_free();
}

static void
test_a_node_that_is_something_else(void **state)
{
    (void) state;
    make_node(GROUP_NODE, 3, "null");
    assert_fails(PRIVILEGE_PCI_UNHELD, VIF_ERR_REFUSED, "not the node");
    assert_fails(PRIVILEGE_PCI_UNBIND, VIF_ERR_REFUSED, "not the node");
}

static void
remove_driver_link(void)
{
    char path[256];

    snprintf(path, sizeof path, "%s/" DEVICE "driver", fake->dir);
    assert_int_equal(unlink(path), 0);
}

/* Somebody unbinds it under a guest: the kernel has taken the link to the
 * driver away and waits. */
static void
test_leaving_its_driver(void **state)
{
    char pid[32];

    (void) state;
    make_group_node();
    remove_driver_link();
    pid_t guest = start_guest(GROUP_NODE);
    refusal = EBUSY;
    snprintf(pid, sizeof pid, "by pid %d (", (int) guest);
    assert_fails(PRIVILEGE_PCI_UNHELD, VIF_ERR_IN_USE, pid);
    assert_fails(PRIVILEGE_PCI_RESET, VIF_ERR_IN_USE, pid);
    assert_string_equal(fake_sys_read(fake, DEVICE "reset"), "");
    end_guest(guest);

    /* Others of its group are there, and nobody has them. */
    refusal = 0;
    assert_null(order(PRIVILEGE_PCI_UNHELD));
    assert_null(order(PRIVILEGE_PCI_RESET));
    assert_string_equal(fake_sys_read(fake, DEVICE "reset"), "1");
    assert_int_equal(group_fd, -1);
}

static void
test_without_a_driver(void **state)
{
    char path[256];

    (void) state;
    remove_driver_link();
    assert_null(order(PRIVILEGE_PCI_UNHELD));
    snprintf(path, sizeof path, "%s/" DEVICE "iommu_group", fake->dir);
    assert_int_equal(unlink(path), 0);
    assert_null(order(PRIVILEGE_PCI_UNHELD));
    assert_null(order(PRIVILEGE_PCI_RESET));
}

/* As a helper that was killed has left it. */
static void
test_a_node_that_was_left_shut(void **state)
{
    char path[256];

    (void) state;
    make_group_node();
    make_device_node();
    snprintf(path, sizeof path, "%s/" DEVICE_NODE, fake->dir);
    assert_int_equal(chmod(path, 0), 0);
    assert_null(order(PRIVILEGE_PCI_UNHELD));
    assert_int_equal(mode_of(DEVICE_NODE), 0600);
}

static void
test_no_node_at_all(void **state)
{
    (void) state;
    assert_fails(PRIVILEGE_PCI_UNHELD, VIF_ERR_UNAVAILABLE, "no node");
    assert_fails(PRIVILEGE_PCI_UNBIND, VIF_ERR_UNAVAILABLE, "no node");
}

static void
test_no_group(void **state)
{
    char path[256];

    (void) state;
    snprintf(path, sizeof path, "%s/" DEVICE "iommu_group", fake->dir);
    assert_int_equal(unlink(path), 0);
    assert_fails(PRIVILEGE_PCI_UNHELD, VIF_ERR_KERNEL, "no IOMMU group");
}

/* Without an IOMMU, where the administrator insists. */
static void
test_no_iommu(void **state)
{
    (void) state;
    make_node("dev/vfio/noiommu-12", 3, "noiommu-12");
    pid_t guest = start_guest("dev/vfio/noiommu-12");
    refusal = EPERM;
    assert_held("/vfio/noiommu-12");
    end_guest(guest);
    assert_free();
}

static void
test_a_function_that_is_gone(void **state)
{
    char path[256];

    (void) state;
    snprintf(path, sizeof path, "%s/" DEVICE "class", fake->dir);
    assert_int_equal(unlink(path), 0);
    assert_null(order(PRIVILEGE_PCI_UNHELD));
    assert_fails(PRIVILEGE_PCI_RESET, VIF_ERR_KERNEL, "No such file");
}

/* Two threads of ours: neither is a guest to the other. */

static void *
reset_main(void *errorp)
{
    *(struct vif_error **) errorp = order(PRIVILEGE_PCI_RESET);
    return NULL;
}

static void
test_two_threads(void **state)
{
    struct vif_error *errors[2];
    pthread_t threads[2];
    char path[256];

    (void) state;
    make_group_node();
    snprintf(path, sizeof path, "%s/" DEVICE "reset", fake->dir);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);

    /* The first is stuck in the driver, the second waits for it. */
    pthread_create(&threads[0], NULL, reset_main, &errors[0]);
    until(group_fd >= 0);
    pthread_create(&threads[1], NULL, reset_main, &errors[1]);
    until(n_waiting > 0);

    CLEANUP_CLOSE int reader = __real_open(path, O_RDONLY | O_NONBLOCK);
    assert_true(reader >= 0);
    for (int i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
        assert_null(errors[i]);
    }
    assert_int_equal(group_fd, -1);
}

int
main(void)
{
#define TEST(FUNCTION) \
    cmocka_unit_test_setup_teardown(FUNCTION, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_nobody_has_it),
        TEST(test_a_guest_has_its_group),
        TEST(test_another_driver),
        TEST(test_a_guest_has_its_own_node),
        TEST(test_own_node_alone),
        TEST(test_the_node_is_out_of_reach),
        TEST(test_without_proc),
        TEST(test_a_node_that_is_something_else),
        TEST(test_leaving_its_driver),
        TEST(test_without_a_driver),
        TEST(test_a_node_that_was_left_shut),
        TEST(test_no_node_at_all),
        TEST(test_no_group),
        TEST(test_no_iommu),
        TEST(test_a_function_that_is_gone),
        TEST(test_two_threads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
