/* SPDX-License-Identifier: Apache-2.0 */

/* Goes through /proc/PID/fd.  The link of each descriptor is read first,
 * because that never blocks and excludes almost all. */

#include <config.h>

#include "privilege/holders.h"

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
#define MAX_MS 1000             /* For a message ... */
#define MAX_WHOLE_MS 10000      /* ... and for a decision. */

struct search {
    /* Whether descriptor 'fd' of the process with directory 'process' is one
     * of those that are looked for.  'link' is where it leads. */
    bool (*is_one)(const struct search *, int process, const char *fd,
                   const char *link);
    char line[32];              /* A tap: "iff:\tNAME\n". */
    const char *part;           /* A device: what its node's path has, */
    const dev_t *devices;       /* and the numbers that it may have. */
    size_t n_devices;

    long long deadline;
    bool whole;                 /* All processes were looked at. */
    struct stat own_netns;
    bool own_netns_known;       /* And of interest. */
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

/* The kernel writes the device's name into the fdinfo of each descriptor of
 * /dev/net/tun (drivers/net/tun.c, tun_chr_show_fdinfo()). */
static bool
is_queue(const struct search *search, int process, const char *fd,
         const char *link)
{
    static const char suffix[] = "/net/tun";
    size_t length = strlen(link);
    char path[64], text[512];

    if (length < strlen(suffix)
        || strcmp(link + length - strlen(suffix), suffix)) {
        return false;
    }
    snprintf(path, sizeof path, "fdinfo/%.16s", fd);
    read_text(process, path, text, sizeof text);
    return strstr(text, search->line) != NULL;
}

/* Whether a descriptor does not open what it stands for, as the helper's own
 * (O_PATH): then its link can be neither read nor written by its mode. */
static bool
only_names_it(int process, const char *path)
{
    struct stat st;

    return (!fstatat(process, path, &st, AT_SYMLINK_NOFOLLOW)
            && !(st.st_mode & (S_IRUSR | S_IWUSR)));
}

/* The node may be in a /dev of the process's own, and removed by now: so it
 * is the device that counts. */
static bool
is_device(const struct search *search, int process, const char *fd,
          const char *link)
{
    char path[64];
    struct stat st;

    snprintf(path, sizeof path, "fd/%.16s", fd);
    if (!strstr(link, search->part) || only_names_it(process, path)
        || fstatat(process, path, &st, 0) || !S_ISCHR(st.st_mode)) {
        return false;
    }
    for (size_t i = 0; i < search->n_devices; i++) {
        if (st.st_rdev == search->devices[i]) {
            return true;
        }
    }
    return false;
}

static bool
is_looked_for(const struct search *search, int process, const char *fd)
{
    char path[64], link[256];

    snprintf(path, sizeof path, "fd/%.16s", fd);
    ssize_t n = readlinkat(process, path, link, sizeof link - 1);
    if (n < 0) {
        return false;
    }
    link[n] = '\0';
    return search->is_one(search, process, fd, link);
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
                && is_looked_for(search, process, entry->d_name)) {
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

/* 'except' is a process that does not count, or "". */
static bool
look(struct search *search, const char *root, const char *except, int max_ms)
{
    DIR *proc CLEANUP_DIR = open_directory(AT_FDCWD, root);

    search->deadline = now_ms() + max_ms;
    search->buf[0] = '\0';
    if (!proc) {
        return false;
    }
    for (const struct dirent *entry;
         search->n < MAX_HOLDERS && now_ms() <= search->deadline
         && (entry = readdir(proc)) != NULL; ) {
        if (isdigit((unsigned char) entry->d_name[0])
            && strcmp(entry->d_name, except)) {
            int process CLEANUP_CLOSE
                = openat(dirfd(proc), entry->d_name,
                         O_RDONLY | O_DIRECTORY | O_CLOEXEC);

            if (process >= 0 && holds(search, process)) {
                add_holder(search, process, entry->d_name);
            }
        }
    }
    search->whole = now_ms() <= search->deadline;
    return search->used > 0;
}

bool
tap_holders_describe(const char *root, const char *name, char *buf,
                     size_t size)
{
    struct search search = { .is_one = is_queue, .buf = buf, .size = size };
    char own[64];

    snprintf(search.line, sizeof search.line, "iff:\t%s\n", name);
    snprintf(own, sizeof own, "%.32s/thread-self/ns/net", root);
    search.own_netns_known = !stat(own, &search.own_netns);
    return look(&search, root, "", MAX_MS);
}

bool
vfio_holders_describe(const char *root, const dev_t *devices, size_t n,
                      char *buf, size_t size, bool *wholep)
{
    struct search search = {
        .is_one = is_device, .part = "/vfio/",
        .devices = devices, .n_devices = n,
        .buf = buf, .size = size,
    };
    char self[16];

    snprintf(self, sizeof self, "%d", (int) getpid());
    bool found = look(&search, root, self, MAX_WHOLE_MS);
    *wholep = search.whole;
    return found;
}

bool
node_holders_describe(const char *root, const char *name, dev_t device,
                      char *buf, size_t size, bool *wholep)
{
    char part[32];
    struct search search = {
        .is_one = is_device, .part = part, .devices = &device,
        .n_devices = 1, .buf = buf, .size = size,
    };

    snprintf(part, sizeof part, "/%s", name);
    bool found = look(&search, root, "", MAX_WHOLE_MS);
    *wholep = search.whole;
    return found;
}
