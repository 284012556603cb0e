/* SPDX-License-Identifier: Apache-2.0 */

/* The socket on which vifd listens. */

#include <config.h>

#include "rpc/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "util.h"

#define BACKLOG 1024

/* First descriptor of sd_listen_fds(3). */
#define LISTEN_FDS_START 3

static struct vif_error *
fill_address(const char *path, struct sockaddr_un *address)
{
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    if (strlen(path) >= sizeof address->sun_path) {
        return vif_error_create(VIF_ERR_INVALID, "%s: the path of a socket "
                                "has at most %"PRIuSIZE" bytes", path,
                                sizeof address->sun_path - 1);
    }
    ovs_strlcpy(address->sun_path, path, sizeof address->sun_path);
    return NULL;
}

/* Removes 'path' if it is a socket on which nobody answers. */
static struct vif_error *
remove_stale(const char *path, const struct sockaddr_un *address)
{
    struct stat st;
    if (lstat(path, &st)) {
        return (errno == ENOENT ? NULL
                : vif_error_from_errno(errno, "%s", path));
    } else if (!S_ISSOCK(st.st_mode)) {
        return vif_error_create(VIF_ERR_CONFLICT, "%s is there and is no "
                                "socket", path);
    }

    CLEANUP_CLOSE int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC
                                  | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return vif_error_from_errno(errno, "socket");
    }
    if (!connect(fd, (const struct sockaddr *) address, sizeof *address)
        || errno == EAGAIN) {
        return vif_error_create(VIF_ERR_CONFLICT, "somebody, perhaps another "
                                "vifd, already listens on %s", path);
    } else if (errno != ECONNREFUSED && errno != ENOENT) {
        return vif_error_from_errno(errno, "connect to %s", path);
    }
    if (unlink(path) && errno != ENOENT) {
        return vif_error_from_errno(errno, "remove %s", path);
    }
    return NULL;
}

static struct vif_error *
make_directory(const char *path)
{
    CLEANUP_FREE char *copy = xstrdup(path);
    const char *directory = dirname(copy);

    if (mkdir(directory, 0755) && errno != EEXIST) {
        return vif_error_from_errno(errno, "make directory %s", directory);
    }
    return NULL;
}

/* The group whose members may connect. */
static uint32_t
connecting_group(const struct stat *st)
{
    return st->st_mode & S_IWGRP ? st->st_gid : UINT32_MAX;
}

static struct vif_error *
bind_and_listen(int fd, const char *path, const struct sockaddr_un *address,
                unsigned int mode, uint32_t gid, struct stat *st)
{
    /* The file is made with the mode of the descriptor less the umask (Linux,
     * unix_bind()): nobody else can connect before group and mode are set. */
    if (fchmod(fd, 0600)
        || bind(fd, (const struct sockaddr *) address, sizeof *address)) {
        return vif_error_from_errno(errno, "bind to %s", path);
    }
    if ((gid != UINT32_MAX && chown(path, -1, gid)) || chmod(path, mode)
        || stat(path, st)) {
        struct vif_error *error = vif_error_from_errno(
            errno, "set group and mode of %s", path);
        unlink(path);
        return error;
    }
    if (listen(fd, BACKLOG)) {
        struct vif_error *error = vif_error_from_errno(errno, "listen on %s",
                                                       path);
        unlink(path);
        return error;
    }
    return NULL;
}

struct vif_error *
rpc_listen(const char *path, unsigned int mode, uint32_t gid,
           struct rpc_listener *listener)
{
    struct sockaddr_un address;
    struct stat st = { .st_mode = 0 };

    memset(listener, 0, sizeof *listener);
    listener->fd = -1;
    struct vif_error *error = fill_address(path, &address);
    if (!error) {
        error = make_directory(path);
    }
    if (!error) {
        error = remove_stale(path, &address);
    }
    if (error) {
        return error;
    }

    CLEANUP_CLOSE int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC
                                  | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return vif_error_from_errno(errno, "socket");
    }
    error = bind_and_listen(fd, path, &address, mode, gid, &st);
    if (error) {
        return error;
    }
    listener->fd = fd;
    fd = -1;
    listener->path = xstrdup(path);
    listener->gid = connecting_group(&st);
    listener->made = true;
    listener->dev = st.st_dev;
    listener->ino = st.st_ino;
    return NULL;
}

/* Reads a variable that sd_listen_fds(3) describes; -1 if it is no number. */
static long
number_from_environment(const char *name)
{
    const char *text = getenv(name);
    if (!text || !*text || text[strspn(text, "0123456789")]
        || strlen(text) > 9) {
        return -1;
    }
    return atol(text);
}

/* Fills in path and group of a socket that somebody else made. */
static void
look_at_file(struct rpc_listener *listener)
{
    struct sockaddr_un address = { .sun_family = AF_UNSPEC };
    socklen_t length = sizeof address;
    struct stat st;

    if (!getsockname(listener->fd, (struct sockaddr *) &address, &length)
        && address.sun_family == AF_UNIX
        && length > offsetof(struct sockaddr_un, sun_path)
        && address.sun_path[0]) {
        listener->path = xasprintf("%.*s", (int) sizeof address.sun_path,
                                   address.sun_path);
        if (!stat(listener->path, &st) && S_ISSOCK(st.st_mode)) {
            listener->gid = connecting_group(&st);
        }
    }
}

struct vif_error *
rpc_listen_activated(struct rpc_listener *listener)
{
    memset(listener, 0, sizeof *listener);
    listener->fd = -1;
    listener->gid = UINT32_MAX;

    long pid = number_from_environment("LISTEN_PID");
    long n = number_from_environment("LISTEN_FDS");
    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDS");
    unsetenv("LISTEN_FDNAMES");
    if (pid != getpid() || n <= 0) {
        return NULL;
    }
    if (n > 1) {
        return vif_error_create(VIF_ERR_INVALID, "the service manager passes "
                                "%ld sockets instead of one", n);
    }

    int fd = LISTEN_FDS_START;
    int type = 0, listening = 0;
    socklen_t length = sizeof type;
    if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length)
        || getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &length)
        || type != SOCK_STREAM || !listening) {
        return vif_error_create(VIF_ERR_INVALID, "what the service manager "
                                "passes is no listening stream socket");
    }
    if (fcntl(fd, F_SETFD, FD_CLOEXEC)
        || fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK)) {
        return vif_error_from_errno(errno, "socket of the service manager");
    }
    listener->fd = fd;
    look_at_file(listener);
    return NULL;
}

void
rpc_listener_close(struct rpc_listener *listener)
{
    struct stat st;

    if (listener->fd >= 0) {
        if (listener->made && !stat(listener->path, &st)
            && st.st_dev == listener->dev && st.st_ino == listener->ino) {
            unlink(listener->path);
        }
        close(listener->fd);
        listener->fd = -1;
    }
    free(listener->path);
    listener->path = NULL;
}
