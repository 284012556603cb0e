/* SPDX-License-Identifier: Apache-2.0 */

/* Who has a tap open: the kernel writes the device's name into the fdinfo of
 * each descriptor of /dev/net/tun (drivers/net/tun.c,
 * tun_chr_show_fdinfo()). */

#include <config.h>

#include "privilege/tap-holders.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/cleanup.h"

#define MAX_HOLDERS 8
#define MAX_MS 1000

struct search {
    char line[32];              /* "iff:\tNAME\n". */
    long long deadline;
    struct stat own_netns;
    bool own_netns_known;
    char *buf;
    size_t size, used;
    int n;
};

static long long
now_ms(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

static void
close_directory(DIR **dirp)
{
    if (*dirp) {
        closedir(*dirp);
    }
}
#define CLEANUP_DIR CLEANUP(close_directory)

/* Opens directory 'name' in 'parent'; NULL if that is not to be. */
static DIR *
open_directory(int parent, const char *name)
{
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;

    if (!dir && fd >= 0) {
        close(fd);
    }
    return dir;
}

/* Reads at most 'size' - 1 bytes of a file; an empty string on failure. */
static void
read_text(int parent, const char *name, char *buf, size_t size)
{
    int fd CLEANUP_CLOSE = openat(parent, name, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, buf, size - 1) : 0;

    buf[n > 0 ? n : 0] = '\0';
}

/* Whether descriptor 'fd' of the process with directory 'process' is a queue
 * of the tap.  The link is read first, because it never blocks and excludes
 * almost all. */
static bool
is_queue(const struct search *search, int process, const char *fd)
{
    static const char suffix[] = "/net/tun";
    char path[64], target[256], text[512];

    snprintf(path, sizeof path, "fd/%.16s", fd);
    ssize_t n = readlinkat(process, path, target, sizeof target);
    if (n < (ssize_t) strlen(suffix)
        || memcmp(target + n - strlen(suffix), suffix, strlen(suffix))) {
        return false;
    }

    snprintf(path, sizeof path, "fdinfo/%.16s", fd);
    read_text(process, path, text, sizeof text);
    return strstr(text, search->line) != NULL;
}

static bool
holds(const struct search *search, int process)
{
    DIR *fds CLEANUP_DIR = open_directory(process, "fd");

    if (fds) {
        for (const struct dirent *entry; (entry = readdir(fds)) != NULL; ) {
            if (now_ms() > search->deadline) {
                return false;
            }
            if (isdigit((unsigned char) entry->d_name[0])
                && is_queue(search, process, entry->d_name)) {
                return true;
            }
        }
    }
    return false;
}

static bool
elsewhere(const struct search *search, int process)
{
    struct stat netns;

    return (search->own_netns_known && !fstatat(process, "ns/net", &netns, 0)
            && (netns.st_ino != search->own_netns.st_ino
                || netns.st_dev != search->own_netns.st_dev));
}

static void
add_holder(struct search *search, int process, const char *pid)
{
    char comm[32];

    read_text(process, "comm", comm, sizeof comm);
    for (char *p = comm; *p; p++) {
        if (*p == '\n') {
            *p = '\0';
            break;
        }
        if (!isprint((unsigned char) *p)) {
            *p = '?';   /* A process may call itself what it likes. */
        }
    }

    int n = snprintf(search->buf + search->used, search->size - search->used,
                     "%spid %.16s (%s%s)", search->n ? ", " : "", pid, comm,
                     elsewhere(search, process)
                     ? ", in another network namespace" : "");
    if (n < 0 || (size_t) n >= search->size - search->used) {
        search->buf[search->used] = '\0';       /* No half entries. */
        search->n = MAX_HOLDERS;
        return;
    }
    search->used += n;
    search->n++;
}

bool
tap_holders_describe(const char *root, const char *name, char *buf,
                     size_t size)
{
    char own[64];
    struct search search = {
        .deadline = now_ms() + MAX_MS,
        .buf = buf,
        .size = size,
    };
    DIR *proc CLEANUP_DIR = open_directory(AT_FDCWD, root);

    buf[0] = '\0';
    snprintf(search.line, sizeof search.line, "iff:\t%s\n", name);
    snprintf(own, sizeof own, "%.32s/thread-self/ns/net", root);
    search.own_netns_known = !stat(own, &search.own_netns);
    if (!proc) {
        return false;
    }
    for (const struct dirent *entry;
         search.n < MAX_HOLDERS && now_ms() <= search.deadline
         && (entry = readdir(proc)) != NULL; ) {
        if (isdigit((unsigned char) entry->d_name[0])) {
            int process CLEANUP_CLOSE
                = openat(dirfd(proc), entry->d_name,
                         O_RDONLY | O_DIRECTORY | O_CLOEXEC);

            if (process >= 0 && holds(&search, process)) {
                add_holder(&search, process, entry->d_name);
            }
        }
    }
    return search.used > 0;
}
