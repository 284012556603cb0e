/* SPDX-License-Identifier: Apache-2.0 */

/* connect(2) as libopenvswitch calls it in vifd: the program is linked with
 * --wrap=connect.  Open vSwitch's library has no place where a descriptor that
 * somebody else has connected could be handed to it, and ovsdb-server's socket
 * is root's alone in some distributions (Debian: root, 0750).  So where the
 * kernel refuses vifd a socket of OVSDB, the helper connects, and its socket
 * takes the place of the one that was to be connected. */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "privilege/privilege.h"

int __real_connect(int fd, const struct sockaddr *, socklen_t);
int __wrap_connect(int fd, const struct sockaddr *, socklen_t);

static int
connect_by_helper(int fd, const struct sockaddr *address, socklen_t length)
{
    struct sockaddr_un un = { .sun_family = AF_UNSPEC };
    int connected;

    /* The last byte stays a NUL. */
    memcpy(&un, address, length < sizeof un ? length : sizeof un - 1);
    int error = privilege_connect_ovsdb(&un, &connected);
    if (!error) {
        if (dup3(connected, fd, O_CLOEXEC) < 0) {
            error = errno;
        }
        close(connected);
    }
    errno = error;
    return error ? -1 : 0;
}

int
__wrap_connect(int fd, const struct sockaddr *address, socklen_t length)
{
    int retval = __real_connect(fd, address, length);

    return (retval && errno == EACCES && address->sa_family == AF_UNIX
            ? connect_by_helper(fd, address, length) : retval);
}
