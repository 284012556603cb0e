/* SPDX-License-Identifier: Apache-2.0 */

/* What vifd asks its helper for, on a fake host: that it is done, that what
 * is not allowed is not, and that one request does not wait for another. */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/cleanup.h"
#include "privilege/helper.h"
#include "privilege/privilege.h"
#include "tests/unit/fake-sys.h"
#include "tests/unit/until.h"

/* For what only /proc or the kernel can tell. */
#define until(CONDITION) UNTIL(CONDITION, (void) 0, poll_timer_wait(2))

#define DEVICE FAKE_NIC_DIR "/"

static void
start(const struct fake_sys *fake)
{
    assert_null(privilege_start(&fake->host));
    assert_true(privilege_started());
}

/* Fails the test unless there is an error that speaks of 'word'. */
static void
refused(struct vif_error *error, enum vif_error_code code, const char *word)
{
    assert_non_null(error);
    if (!strstr(error->message, word)) {
        fail_msg("\"%s\" has no \"%s\"", error->message, word);
    }
    assert_int_equal(error->code, code);
    vif_error_destroy(error);
}

/* The same for what a helper does and for vifd by itself. */
static void
test_each_attribute(void **state)
{
    const struct fake_sys *fake = *state;

    start(fake);
    assert_null(privilege_pci_driver_override(&fake_nic, "vfio-pci"));
    assert_string_equal(fake_sys_read(fake, DEVICE "driver_override"),
                        "vfio-pci\n");
    fake_sys_write(fake, DEVICE "driver_override", "");
    assert_null(privilege_pci_driver_override(&fake_nic, NULL));
    assert_string_equal(fake_sys_read(fake, DEVICE "driver_override"), "\n");

    assert_null(privilege_pci_set_numvfs(&fake_nic, 64));
    assert_string_equal(fake_sys_read(fake, DEVICE "sriov_numvfs"), "64");
    assert_null(privilege_pci_reset(&fake_nic));
    assert_string_equal(fake_sys_read(fake, DEVICE "reset"), "1");

    assert_null(privilege_pci_unbind(&fake_nic));
    assert_string_equal(fake_sys_read(fake,
                                      "sys/bus/pci/drivers/igb/unbind"),
                        FAKE_NIC);
    assert_null(privilege_pci_bind(&fake_nic, "igb"));
    assert_string_equal(fake_sys_read(fake, "sys/bus/pci/drivers/igb/bind"),
                        FAKE_NIC);
    assert_null(privilege_pci_probe(&fake_nic));
    assert_string_equal(fake_sys_read(fake, "sys/bus/pci/drivers_probe"),
                        FAKE_NIC);
}

/* What is opened for vifd can be read, and nothing else. */
static void
test_vpd(void **state)
{
    const struct fake_sys *fake = *state;
    CLEANUP_CLOSE int fd = -1;
    char text[16];

    start(fake);
    refused(privilege_pci_open_vpd(&fake_nic, &fd), VIF_ERR_KERNEL,
            "No such file");
    assert_int_equal(fd, -1);
    fake_sys_write(fake, DEVICE "vpd", "serial");
    assert_null(privilege_pci_open_vpd(&fake_nic, &fd));
    assert_int_equal(read(fd, text, sizeof text), 6);
    assert_memory_equal(text, "serial", 6);
    assert_int_equal(write(fd, text, 6), -1);
}

/* With the rights and the filter of the helper; test-vfio has the rest. */
static void
test_who_holds_it(void **state)
{
    const struct privilege_pci_address nobody = { .bus = 0xff };
    const struct fake_sys *fake = *state;

    start(fake);
    assert_null(privilege_pci_check_unheld(&nobody));
    assert_null(privilege_pci_check_unheld(&fake_nic));
    refused(privilege_pci_check_unheld(&fake_disk), VIF_ERR_REFUSED,
            FAKE_DISK);
    fake_sys_link(fake, DEVICE "driver", "../../drivers/vfio-pci");
    refused(privilege_pci_check_unheld(&fake_nic), VIF_ERR_KERNEL,
            "no IOMMU group");
    fake_sys_link(fake, DEVICE "iommu_group",
                  "../../../kernel/iommu_groups/12");
    refused(privilege_pci_check_unheld(&fake_nic), VIF_ERR_UNAVAILABLE,
            "no node");

    char node[256];
    fake_sys_make_folder(fake, "dev/vfio");
    snprintf(node, sizeof node, "%s/vfio/12", fake->dev);
    if (mknod(node, S_IFCHR | 0600, makedev(1, 3))) {
        skip();
    }
    fake_sys_link(fake, "sys/dev/char/1:3", "../../devices/virtual/vfio/12");
    assert_null(privilege_pci_check_unheld(&fake_nic));
    assert_null(privilege_pci_reset(&fake_nic));
}

/* Whoever has taken vifd over must not get at the host's disks. */
static void
test_only_network_controllers(void **state)
{
    const struct fake_sys *fake = *state;
    int fd = -1;

    start(fake);
    refused(privilege_pci_unbind(&fake_disk), VIF_ERR_REFUSED, FAKE_DISK);
    refused(privilege_pci_bind(&fake_disk, "ahci"), VIF_ERR_REFUSED,
            "0x010601");
    refused(privilege_pci_driver_override(&fake_disk, "vfio-pci"),
            VIF_ERR_REFUSED, "network");
    refused(privilege_pci_probe(&fake_disk), VIF_ERR_REFUSED, FAKE_DISK);
    refused(privilege_pci_reset(&fake_disk), VIF_ERR_REFUSED, FAKE_DISK);
    refused(privilege_pci_open_vpd(&fake_disk, &fd), VIF_ERR_REFUSED,
            FAKE_DISK);
    assert_int_equal(fd, -1);
    fake_sys_assert_untouched(fake);
}

static void
test_what_is_not_there(void **state)
{
    const struct privilege_pci_address nobody = { .domain = 0x10000,
                                                  .bus = 0xff };

    start(*state);
    refused(privilege_pci_reset(&nobody), VIF_ERR_KERNEL, "10000:ff:00.0");
    refused(privilege_pci_bind(&fake_nic, "nouveau"), VIF_ERR_KERNEL,
            "nouveau/bind");
    refused(privilege_give_vdpa_node(7, &(struct privilege_owner) {
        .mode = 0600 }), VIF_ERR_KERNEL, "vhost-vdpa-7");
}

/* Names that would lead elsewhere. */
static void
test_names_are_no_paths(void **state)
{
    static const char *const bad[] = {
        "../igb", "..", ".", "/etc", "igb/../ahci", "i gb", "igb\n", "\x80",
        "a-name-that-is-longer-than-any-driver-has",
    };
    const struct fake_sys *fake = *state;

    start(fake);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CLEANUP_ERROR struct vif_error *error = NULL;

        error = privilege_pci_bind(&fake_nic, bad[i]);
        assert_non_null(error);
        assert_true(error->code == VIF_ERR_INTERNAL
                    || error->code == VIF_ERR_INVALID);
    }
    refused(privilege_pci_bind(&fake_nic, ""), VIF_ERR_INTERNAL, "name");
    const struct privilege_pci_address wrong = { .device = 32 };
    refused(privilege_pci_reset(&wrong), VIF_ERR_INTERNAL, "PCI address");
    fake_sys_assert_untouched(fake);
}

/* An attribute may have been replaced by whoever mounts something there. */
static void
test_links_are_not_followed(void **state)
{
    const struct fake_sys *fake = *state;
    char path[256], elsewhere[256];

    start(fake);
    fake_sys_write(fake, "elsewhere", "");
    snprintf(path, sizeof path, "%s/" DEVICE "reset", fake->dir);
    snprintf(elsewhere, sizeof elsewhere, "%s/elsewhere", fake->dir);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink(elsewhere, path), 0);
    refused(privilege_pci_reset(&fake_nic), VIF_ERR_KERNEL, "reset");
    assert_string_equal(fake_sys_read(fake, "elsewhere"), "");
}

/* Nodes. */

static void
test_nodes(void **state)
{
    const struct fake_sys *fake = *state;
    const struct privilege_owner owner = { 64917, 64918, 0660 };
    const struct privilege_owner back = { 0, 0, 0600 };
    char node[256], known[256];
    struct stat st;

    snprintf(node, sizeof node, "%s/vhost-vdpa-3", fake->dev);
    if (geteuid() || mknod(node, S_IFCHR | 0600, makedev(510, 3))) {
        skip();
    }
    start(fake);

    /* Not what it is called: the kernel knows that device by no name. */
    refused(privilege_give_vdpa_node(3, &owner), VIF_ERR_REFUSED,
            "vhost-vdpa-3");
    snprintf(known, sizeof known, "%s/dev/char/510:3", fake->sys);
    assert_int_equal(symlink("../../devices/vdpa0/vhost-vdpa-3", known), 0);
    assert_null(privilege_give_vdpa_node(3, &owner));
    assert_int_equal(stat(node, &st), 0);
    assert_int_equal(st.st_uid, 64917);
    assert_int_equal(st.st_gid, 64918);
    assert_int_equal(st.st_mode & 07777, 0660);
    assert_null(privilege_give_vdpa_node(3, &back));
    assert_int_equal(stat(node, &st), 0);
    assert_int_equal(st.st_uid, 0);
    assert_int_equal(st.st_mode & 07777, 0600);

    /* Neither for everybody, nor with anything besides. */
    static const uint32_t modes[] = { 0666, 0601, 04600, 0700, 0x8000 };
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        refused(privilege_give_vdpa_node(3, &(struct privilege_owner) {
            UINT32_MAX, UINT32_MAX, modes[i] }), VIF_ERR_INTERNAL, "mode");
    }

    /* A file of the right name. */
    fake_sys_write(fake, "dev/tap9", "");
    refused(privilege_give_tap_node(9, &owner), VIF_ERR_REFUSED, "tap9");
}

/* A macvtap's node, with the number of /dev/null, so that it can be opened. */
static void
test_nodes_of_macvtaps(void **state)
{
    const struct fake_sys *fake = *state;
    const struct privilege_owner owner = { 64917, UINT32_MAX, 0600 };
    char node[256], self[32];
    struct stat st;

    snprintf(node, sizeof node, "%s/tap9", fake->dev);
    if (geteuid() || mknod(node, S_IFCHR | 0400, makedev(1, 3))) {
        skip();
    }
    fake_sys_link(fake, "sys/dev/char/1:3", "../../devices/m0/macvtap/tap9");
    fake_sys_make_folder(fake, "sys/class");
    fake_sys_make_folder(fake, "sys/class/macvtap");
    fake_sys_make_folder(fake, "sys/class/macvtap/tap9");
    fake_sys_write(fake, "sys/class/macvtap/tap9/dev", "1:3\n");
    start(fake);

    /* Who only names it does not hold it. */
    CLEANUP_CLOSE int named = open(node, O_PATH | O_CLOEXEC);
    int held = open(node, O_RDWR | O_CLOEXEC);
    assert_true(named >= 0 && held >= 0);
    snprintf(self, sizeof self, "pid %d (", getpid());
    refused(privilege_tap_node_check_unheld(9), VIF_ERR_IN_USE, self);
    refused(privilege_close_tap_node(9), VIF_ERR_IN_USE, self);
    refused(privilege_close_tap_node(9), VIF_ERR_IN_USE, "tap9 is open");
    assert_int_equal(stat(node, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0400);
    close(held);
    assert_null(privilege_tap_node_check_unheld(9));
    assert_int_equal(stat(node, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0400);
    assert_null(privilege_close_tap_node(9));
    assert_int_equal(stat(node, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0);
    assert_null(privilege_give_tap_node(9, &owner));
    assert_int_equal(stat(node, &st), 0);
    assert_int_equal(st.st_uid, 64917);
    assert_int_equal(st.st_mode & 07777, 0600);

    /* The device of this number is another one here: the node belongs to one
     * in another network namespace. */
    fake_sys_write(fake, "sys/class/macvtap/tap9/dev", "1:5\n");
    refused(privilege_give_tap_node(9, &owner), VIF_ERR_REFUSED,
            "another network namespace");
    assert_null(privilege_close_tap_node(9));
    assert_int_equal(stat(node, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_null(privilege_close_tap_node(10));
    assert_null(privilege_tap_node_check_unheld(10));
}

/* Sockets. */

static int
listen_at(const char *path, struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    *address = (struct sockaddr_un) { .sun_family = AF_UNIX };
    strcpy(address->sun_path, path);
    assert_int_equal(bind(fd, (struct sockaddr *) address, sizeof *address),
                     0);
    assert_int_equal(listen(fd, 1), 0);
    return fd;
}

static void
test_connects_to_ovsdb_alone(void **state)
{
    struct fake_sys *fake = *state;
    struct sockaddr_un ovsdb, other;
    char path[108], byte;
    int fd = -1;

    snprintf(path, sizeof path, "%s/other.sock", fake->dir);
    CLEANUP_CLOSE int listener2 = listen_at(path, &other);
    snprintf(path, sizeof path, "%s/db.sock", fake->dir);
    CLEANUP_CLOSE int listener = listen_at(path, &ovsdb);
    strcpy(fake->host.ovsdb[fake->host.n_ovsdb++], "/nonexistent/db.sock");
    strcpy(fake->host.ovsdb[fake->host.n_ovsdb++], path);

    /* Without a helper there is nobody who could do more than we can. */
    assert_int_equal(privilege_connect_ovsdb(&ovsdb, &fd), EACCES);
    start(fake);
    assert_true(listener2 >= 0);
    assert_int_equal(privilege_connect_ovsdb(&other, &fd), EACCES);
    assert_int_equal(privilege_connect_ovsdb(&ovsdb, &fd), 0);
    CLEANUP_CLOSE int ours = fd;
    CLEANUP_CLOSE int theirs = accept(listener, NULL, NULL);
    assert_int_equal(write(theirs, "x", 1), 1);
    until(read(ours, &byte, 1) == 1);

    /* And with what the kernel says of it. */
    close(listener);
    listener = -1;
    assert_int_equal(privilege_connect_ovsdb(&ovsdb, &fd), ECONNREFUSED);
}

/* Stuck. */

struct waiter {
    pthread_t thread;
    struct vif_error *error;
};

static void *
reset_main(void *waiter_)
{
    struct waiter *waiter = waiter_;

    waiter->error = privilege_pci_reset(&fake_nic);
    return NULL;
}

static void
reset_in_thread(struct waiter *waiter)
{
    waiter->error = NULL;
    assert_int_equal(pthread_create(&waiter->thread, NULL, reset_main,
                                    waiter), 0);
}

/* An attribute whose driver takes its time: opening a FIFO waits for whoever
 * reads from it. */
static void
make_stuck(const struct fake_sys *fake, char path[256])
{
    snprintf(path, 256, "%s/" DEVICE "reset", fake->dir);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
}

static unsigned int
count_threads(int pid)
{
    char name[64], line[128];
    unsigned int n = 0;

    snprintf(name, sizeof name, "/proc/%d/status", pid);
    FILE *status = fopen(name, "r");
    while (status && fgets(line, sizeof line, status)) {
        if (sscanf(line, "Threads: %u", &n) == 1) {
            break;
        }
    }
    if (status) {
        fclose(status);
    }
    return n;
}

static void
test_a_stuck_one_holds_up_nobody(void **state)
{
    const struct fake_sys *fake = *state;
    struct waiter waiters[HELPER_MAX_UNDER_WAY];
    char path[256];

    make_stuck(fake, path);
    start(fake);
    for (size_t i = 0; i < HELPER_MAX_UNDER_WAY - 1; i++) {
        reset_in_thread(&waiters[i]);
    }
    until(count_threads(privilege_pid()) == HELPER_MAX_UNDER_WAY);
    assert_null(privilege_pci_set_numvfs(&fake_nic, 2));
    until(count_threads(privilege_pid()) == HELPER_MAX_UNDER_WAY);

    /* There is a limit, and it is said. */
    reset_in_thread(&waiters[HELPER_MAX_UNDER_WAY - 1]);
    until(count_threads(privilege_pid()) > HELPER_MAX_UNDER_WAY);
    CLEANUP_ERROR struct vif_error *error = privilege_pci_probe(&fake_nic);
    assert_non_null(error);
    assert_int_equal(error->code, VIF_ERR_BUSY);
    assert_true(error->retry);

    CLEANUP_CLOSE int reader = open(path, O_RDONLY | O_NONBLOCK);
    assert_true(reader >= 0);
    for (size_t i = 0; i < HELPER_MAX_UNDER_WAY; i++) {
        pthread_join(waiters[i].thread, NULL);
        assert_null(waiters[i].error);
    }
    until(count_threads(privilege_pid()) == 1);
    assert_null(privilege_pci_probe(&fake_nic));
}

/* Its end. */

static void
test_a_helper_that_is_killed_is_missed(void **state)
{
    struct waiter waiter;
    char path[256];

    make_stuck(*state, path);
    start(*state);
    assert_null(privilege_run());
    reset_in_thread(&waiter);
    until(count_threads(privilege_pid()) > 1);
    kill(privilege_pid(), SIGKILL);

    /* Who waits for it is told, too. */
    pthread_join(waiter.thread, NULL);
    refused(waiter.error, VIF_ERR_UNAVAILABLE, "ended");
    struct vif_error *error = NULL;
    until((error = privilege_run()) != NULL);
    refused(error, VIF_ERR_INTERNAL, "helper");
    assert_null(privilege_run());       /* Said once. */
    refused(privilege_pci_probe(&fake_nic), VIF_ERR_UNAVAILABLE, "ended");
}

/* A service manager tells every process of a service to stop. */
static void
test_signals_do_not_end_it(void **state)
{
    /* Open vSwitch's handlers would keep it alive, too. */
    signal(SIGTERM, SIG_DFL);
    signal(SIGINT, SIG_DFL);
    signal(SIGHUP, SIG_DFL);
    start(*state);
    kill(privilege_pid(), SIGTERM);
    kill(privilege_pid(), SIGINT);
    kill(privilege_pid(), SIGHUP);
    assert_null(privilege_pci_probe(&fake_nic));
    assert_null(privilege_run());
}

static void
test_removes_files_at_its_end(void **state)
{
    struct fake_sys *fake = *state;
    char gone[256], kept[256], other[256];

    fake_sys_write(fake, "gone", "");
    fake_sys_write(fake, "kept", "");
    snprintf(gone, sizeof gone, "%s/gone", fake->dir);
    snprintf(kept, sizeof kept, "%s/kept", fake->dir);
    snprintf(other, sizeof other, "%s/other", fake->dir);
    fake->host.remove[fake->host.n_remove++] = gone;
    fake->host.remove[fake->host.n_remove++] = kept;
    fake->host.remove[fake->host.n_remove++] = "/nonexistent/file";
    start(fake);

    /* Another one of the same name is not ours. */
    fake_sys_write(fake, "other", "");
    assert_int_equal(rename(other, kept), 0);
    privilege_end();
    assert_int_equal(access(gone, F_OK), -1);
    assert_int_equal(access(kept, F_OK), 0);
}

int
main(void)
{
#define TEST(FUNCTION) \
    cmocka_unit_test_setup_teardown(FUNCTION, fake_sys_set_up, \
                                    fake_sys_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_each_attribute),
        TEST(test_vpd),
        TEST(test_who_holds_it),
        TEST(test_only_network_controllers),
        TEST(test_what_is_not_there),
        TEST(test_names_are_no_paths),
        TEST(test_links_are_not_followed),
        TEST(test_nodes),
        TEST(test_nodes_of_macvtaps),
        TEST(test_connects_to_ovsdb_alone),
        TEST(test_a_stuck_one_holds_up_nobody),
        TEST(test_a_helper_that_is_killed_is_missed),
        TEST(test_signals_do_not_end_it),
        TEST(test_removes_files_at_its_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
