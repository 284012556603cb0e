/* SPDX-License-Identifier: Apache-2.0 */
/* The socket that clients come to: made, found, taken over, left alone. */

#include <config.h>

#include "rpc/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/cleanup.h"
#include "openvswitch/util.h"
#include "util.h"

struct place {
    char directory[64];
    char path[96];
};

static int
setup(void **state)
{
    struct place *place = xzalloc(sizeof *place);

    strcpy(place->directory, "/tmp/vifd-test-listen-XXXXXX");
    assert_non_null(mkdtemp(place->directory));
    snprintf(place->path, sizeof place->path, "%s/sock", place->directory);
    *state = place;
    return 0;
}

static int
teardown(void **state)
{
    struct place *place = *state;

    unlink(place->path);
    rmdir(place->directory);
    free(place);
    return 0;
}

/* Connects; returns the descriptor, or a negative errno value. */
static int
try_connect(const char *path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    ovs_strlcpy(address.sun_path, path, sizeof address.sun_path);
    if (connect(fd, (struct sockaddr *) &address, sizeof address)) {
        int errnum = errno;
        close(fd);
        return -errnum;
    }
    return fd;
}

static bool
is_there(const char *path)
{
    struct stat st;

    return !lstat(path, &st);
}

static void
test_makes_it(void **state)
{
    const struct place *place = *state;
    struct rpc_listener listener;
    struct stat st;
    mode_t old = umask(0);

    assert_null(rpc_listen(place->path, 0660, getegid(), &listener));
    umask(old);
    assert_int_equal(stat(place->path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0660);
    assert_true(S_ISSOCK(st.st_mode));
    assert_int_equal(listener.gid, getegid());
    assert_true(fcntl(listener.fd, F_GETFL) & O_NONBLOCK);
    assert_true(fcntl(listener.fd, F_GETFD) & FD_CLOEXEC);

    int client = try_connect(place->path);
    assert_true(client >= 0);
    close(client);
    rpc_listener_close(&listener);
    assert_false(is_there(place->path));
}

static void
test_private_socket_has_no_group(void **state)
{
    const struct place *place = *state;
    struct rpc_listener listener;

    assert_null(rpc_listen(place->path, 0600, UINT32_MAX, &listener));
    assert_int_equal(listener.gid, UINT32_MAX);
    rpc_listener_close(&listener);
}

static void
test_makes_the_directory(void **state)
{
    const struct place *place = *state;
    CLEANUP_FREE char *directory = xasprintf("%s/d", place->directory);
    CLEANUP_FREE char *path = xasprintf("%s/sock", directory);
    struct rpc_listener listener;

    assert_null(rpc_listen(path, 0600, UINT32_MAX, &listener));
    rpc_listener_close(&listener);
    assert_int_equal(rmdir(directory), 0);
}

/* The file of a vifd that was killed. */
static void
test_replaces_a_stale_one(void **state)
{
    const struct place *place = *state;
    struct rpc_listener first, second;

    assert_null(rpc_listen(place->path, 0600, UINT32_MAX, &first));
    close(first.fd);
    first.fd = -1;
    assert_int_equal(try_connect(place->path), -ECONNREFUSED);

    assert_null(rpc_listen(place->path, 0600, UINT32_MAX, &second));
    int client = try_connect(place->path);
    assert_true(client >= 0);
    close(client);
    rpc_listener_close(&first);
    rpc_listener_close(&second);
    assert_false(is_there(place->path));
}

/* Somebody removed the file, and another vifd has made its own. */
static void
test_leaves_its_successor_alone(void **state)
{
    const struct place *place = *state;
    struct rpc_listener first, second;

    assert_null(rpc_listen(place->path, 0600, UINT32_MAX, &first));
    assert_int_equal(unlink(place->path), 0);
    assert_null(rpc_listen(place->path, 0600, UINT32_MAX, &second));
    rpc_listener_close(&first);
    assert_true(is_there(place->path));
    rpc_listener_close(&second);
    assert_false(is_there(place->path));
}

static void
test_leaves_a_live_one_alone(void **state)
{
    const struct place *place = *state;
    struct rpc_listener first, second;

    assert_null(rpc_listen(place->path, 0600, UINT32_MAX, &first));
    CLEANUP_ERROR struct vif_error *error
        = rpc_listen(place->path, 0600, UINT32_MAX, &second);
    assert_int_equal(error->code, VIF_ERR_CONFLICT);
    assert_int_equal(second.fd, -1);
    int client = try_connect(place->path);
    assert_true(client >= 0);
    close(client);
    rpc_listener_close(&first);
}

static void
test_leaves_files_alone(void **state)
{
    const struct place *place = *state;
    struct rpc_listener listener;

    close(open(place->path, O_CREAT | O_WRONLY, 0600));
    CLEANUP_ERROR struct vif_error *error
        = rpc_listen(place->path, 0600, UINT32_MAX, &listener);
    assert_int_equal(error->code, VIF_ERR_CONFLICT);
    assert_true(is_there(place->path));
}

static void
test_impossible_places(void **state)
{
    const struct place *place = *state;
    CLEANUP_FREE char *deep = xasprintf("%s/no/such/sock", place->directory);
    char longer[200];
    struct rpc_listener listener;

    CLEANUP_ERROR struct vif_error *missing
        = rpc_listen(deep, 0600, UINT32_MAX, &listener);
    assert_int_equal(missing->errnum, ENOENT);

    memset(longer, 'x', sizeof longer);
    longer[0] = '/';
    longer[108] = '\0';
    CLEANUP_ERROR struct vif_error *too_long
        = rpc_listen(longer, 0600, UINT32_MAX, &listener);
    assert_int_equal(too_long->code, VIF_ERR_INVALID);
}

/* In a child, whose descriptor 3 and environment are as a service manager
 * would have them; its exit status tells. */
static int
activated(int fd, const char *pid, const char *n, const char *path)
{
    pid_t child = fork();

    if (!child) {
        char own[16];
        struct rpc_listener listener;

        snprintf(own, sizeof own, "%d", (int) getpid());
        setenv("LISTEN_PID", pid ? pid : own, 1);
        setenv("LISTEN_FDS", n, 1);
        dup2(fd, 3);

        struct vif_error *error = rpc_listen_activated(&listener);
        int status = (error ? 1
                      : getenv("LISTEN_FDS") || getenv("LISTEN_PID") ? 2
                      : listener.fd < 0 ? 3
                      : listener.fd != 3 ? 4
                      : !(fcntl(3, F_GETFD) & FD_CLOEXEC) ? 5
                      : !(fcntl(3, F_GETFL) & O_NONBLOCK) ? 6
                      : !listener.path || strcmp(listener.path, path) ? 7
                      : listener.gid != getegid() ? 8
                      : 0);
        if (!error) {
            rpc_listener_close(&listener);
        }
        vif_error_destroy(error);
        _exit(status);
    }

    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void
test_activation(void **state)
{
    const struct place *place = *state;
    struct rpc_listener made;
    int pipes[2];

    assert_null(rpc_listen(place->path, 0660, getegid(), &made));
    assert_int_equal(fcntl(made.fd, F_SETFL, 0), 0);
    assert_int_equal(activated(made.fd, NULL, "1", place->path), 0);

    /* The file is the service manager's: it stays. */
    assert_true(is_there(place->path));

    assert_int_equal(activated(made.fd, "1", "1", place->path), 3);
    assert_int_equal(activated(made.fd, NULL, "0", place->path), 3);
    assert_int_equal(activated(made.fd, NULL, "x", place->path), 3);
    assert_int_equal(activated(made.fd, NULL, "2", place->path), 1);
    assert_int_equal(pipe(pipes), 0);
    assert_int_equal(activated(pipes[0], NULL, "1", place->path), 1);
    close(pipes[0]);
    close(pipes[1]);
    rpc_listener_close(&made);
}

int
main(void)
{
#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_makes_it),
        TEST(test_private_socket_has_no_group),
        TEST(test_makes_the_directory),
        TEST(test_replaces_a_stale_one),
        TEST(test_leaves_its_successor_alone),
        TEST(test_leaves_a_live_one_alone),
        TEST(test_leaves_files_alone),
        TEST(test_impossible_places),
        TEST(test_activation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
