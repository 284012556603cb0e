/* SPDX-License-Identifier: Apache-2.0 */

/* What devlink and ethtool answer and tell, in whatever datagrams, cut off
 * anywhere.  Each request ends, with a verdict.
 *
 * The input is what is done, then datagrams, each with its length in two bytes
 * before it. */

#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "kernel/devlink.h"
#include "kernel/ethtool.h"
#include "kernel/genl-monitor.h"
#include "kernel/genl.h"
#include "tests/fuzz/fuzz.h"
#include "util.h"

#define PORT 7          /* Our address: seeds have it, and both families. */
#define DEVLINK_ID 31
#define ETHTOOL_ID 32
#define MAX_DATAGRAMS 8

enum { DEVLINK, ETHTOOL, MONITOR, FAMILY, N_ACTS };

static void
check_error(struct vif_error *error)
{
    ovs_assert(!error || (error->message && *error->message));
    vif_error_destroy(error);
}

static void
check_text(void *aux OVS_UNUSED, const char *text)
{
    ovs_assert(strlen(text) < 64 * 1024);
}

static void
check_handle(void *aux OVS_UNUSED, const char *handle)
{
    ovs_assert(strlen(handle) < DEVLINK_HANDLE_SIZE);
    ovs_assert(strchr(handle, '/'));
}

static void
check_ifindex(void *aux OVS_UNUSED, int ifindex)
{
    ovs_assert(ifindex > 0);
}

static void
lose(void *aux OVS_UNUSED)
{
}

static void
ask_devlink(int fd)
{
    struct genl *genl = genl_create_for_test(fd, PORT, 0, DEVLINK_ID);
    struct devlink_answer answer;

    check_error(devlink_get(genl, "pci/0000:03:00.0", &answer));
    ovs_assert(answer.mode <= DEVLINK_MODE_SWITCHDEV_INACTIVE);
    genl_close(genl);
}

static void
ask_ethtool(int fd)
{
    struct genl *genl = genl_create_for_test(fd, PORT, 0, ETHTOOL_ID);
    bool present;

    check_error(ethtool_features(genl, 3, "eth0", check_text, NULL,
                                 &present));
    genl_close(genl);
}

static void
hear(int fd)
{
    static const struct genl_monitor_callbacks callbacks = {
        check_handle, check_ifindex, lose,
    };
    struct genl_monitor *monitor = genl_monitor_create_for_test(
        fd, DEVLINK_ID, ETHTOOL_ID, &callbacks, NULL);

    genl_monitor_run(monitor);
    genl_monitor_close(monitor);
}

static void
find_family(int fd)
{
    struct genl_family family;

    check_error(genl_find_for_test(fd, PORT, 0, DEVLINK_FAMILY,
                                   DEVLINK_GROUP, &family));
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static void (*const acts[N_ACTS])(int fd) = {
        [DEVLINK] = ask_devlink, [ETHTOOL] = ask_ethtool, [MONITOR] = hear,
        [FAMILY] = find_family,
    };
    struct fuzz_input input = { bytes, n };
    int act = fuzz_take_byte(&input) % N_ACTS;
    int fds[2];

    if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
                   fds)) {
        abort();
    }
    fuzz_send_datagrams(&input, fds[1], MAX_DATAGRAMS);
    acts[act](fds[0]);
    close(fds[0]);
    close(fds[1]);
    return 0;
}
