/* SPDX-License-Identifier: Apache-2.0 */

/* The limit of descriptors.  Must not know who has them. */

#include <config.h>

#include "agent/descriptors.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "openvswitch/vlog.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(descriptors);

/* What vifd itself needs at most: sockets and taps of the workers, the
 * journal, OVSDB, the log, the helper. */
#define OWN 128

/* With the most clients that can be configured. */
#define WANTED (4096 + OWN)

void
descriptors_raise(void)
{
    struct rlimit limit;

    if (!getrlimit(RLIMIT_NOFILE, &limit) && limit.rlim_cur < WANTED) {
        limit.rlim_cur = MIN(limit.rlim_max, WANTED);
        if (setrlimit(RLIMIT_NOFILE, &limit)) {
            VLOG_WARN("raise the limit of descriptors: %s",
                      ovs_strerror(errno));
        }
    }
}

void
descriptors_check_clients(size_t n_clients)
{
    size_t n = descriptors_for_clients();

    if (n < n_clients) {
        VLOG_WARN("only %"PRIuSIZE" of the %"PRIuSIZE" clients that "
                  "max_clients allows can be served, because of the limit of "
                  "descriptors (LimitNOFILE= in vifd's unit)", n, n_clients);
    }
}

size_t
descriptors_for_clients(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit)) {
        return SIZE_MAX;
    }
    return limit.rlim_cur - MIN(limit.rlim_cur, OWN);
}

bool
descriptors_exhausted(void)
{
    int fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);

    if (fd >= 0) {
        close(fd);
        return false;
    }
    return errno == EMFILE || errno == ENFILE;
}
