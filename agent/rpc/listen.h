/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RPC_LISTEN_H
#define RPC_LISTEN_H 1

/* Where clients come in: a UNIX stream socket that vifd makes, or that the
 * service manager made before (sd_listen_fds(3)).  Only at start, so it may
 * block for a moment. */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <vif/error.h>

struct rpc_listener {
    int fd;                     /* Non-blocking. */
    char *path;                 /* NULL if it has none. */
    uint32_t gid;               /* Group of the socket's file, or UINT32_MAX
                                 * if its members may not connect. */
    bool made;                  /* By us: the file goes with us, if it is
                                 * still the one that we made. */
    dev_t dev;
    ino_t ino;
};

/* Makes the socket.  A file left behind by a vifd that is gone is replaced; if
 * somebody answers on it, or it is no socket, that is an error.  'gid' is
 * UINT32_MAX to leave the group as it is.  The directory is made if only that
 * is missing. */
struct vif_error *rpc_listen(const char *path, unsigned int mode,
                             uint32_t gid, struct rpc_listener *)
    VIF_WARN_UNUSED;

/* Takes over the socket that the service manager passes, if there is one:
 * 'listener->fd' is -1 otherwise.  Forgets the environment variables, so that
 * no child takes them for its own. */
struct vif_error *rpc_listen_activated(struct rpc_listener *)
    VIF_WARN_UNUSED;

void rpc_listener_close(struct rpc_listener *);

#endif /* rpc/listen.h */
