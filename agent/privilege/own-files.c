/* SPDX-License-Identifier: Apache-2.0 */

/* Files that an earlier vifd made as root, handed over to its user. */

#include <config.h>

#include "privilege/account.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/alloc.h"
#include "lib/cleanup.h"

/* In a directory with more than that are not only our files. */
#define MAX_ENTRIES 256

struct family {
    const struct account *account;
    const char *name;           /* What the files' names begin with. */
    DIR *dir;
    bool has_others;            /* The directory holds something else. */
    size_t n;                   /* Handed over. */
};

static void
close_directory(DIR **dirp)
{
    if (*dirp) {
        closedir(*dirp);
    }
}
#define CLEANUP_DIR CLEANUP(close_directory)

static struct vif_error *
hand_over(struct family *family, const char *name)
{
    struct stat st;
    CLEANUP_CLOSE int fd = openat(dirfd(family->dir), name,
                                  O_PATH | O_NOFOLLOW | O_CLOEXEC);

    if (fd < 0 || fstat(fd, &st)) {
        return errno == ENOENT ? NULL : vif_error_from_errno(errno, "%s",
                                                             name);
    }
    if (!S_ISREG(st.st_mode) || st.st_nlink != 1 || st.st_uid) {
        return NULL;
    }
    if (fchownat(fd, "", family->account->uid, family->account->gid,
                 AT_EMPTY_PATH)) {
        return vif_error_from_errno(errno, "change the owner of %s", name);
    }
    family->n++;
    return NULL;
}

static struct vif_error *
hand_over_files(struct family *family)
{
    struct vif_error *error = NULL;
    unsigned int n = 0;

    for (const struct dirent *entry;
         !error && (entry = readdir(family->dir)) != NULL; ) {
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")) {
            continue;
        } else if (++n > MAX_ENTRIES) {
            family->has_others = true;
            break;
        } else if (!strncmp(entry->d_name, family->name,
                            strlen(family->name))) {
            error = hand_over(family, entry->d_name);
        } else {
            family->has_others = true;
        }
    }
    return error;
}

/* The directory too, so that files can be added.  Not if it is shared with
 * something else: then it is for the operator to say who may write there. */
static struct vif_error *
hand_over_directory(struct family *family, bool made)
{
    struct stat st;

    if (fstat(dirfd(family->dir), &st)) {
        return vif_error_from_errno(errno, "fstat");
    } else if (!made && (family->has_others || st.st_uid
                         || st.st_mode & (S_IWGRP | S_IWOTH))) {
        return NULL;
    }
    if (fchown(dirfd(family->dir), family->account->uid,
               family->account->gid)) {
        return vif_error_from_errno(errno, "change its owner");
    }
    family->n++;
    return NULL;
}

struct vif_error *
account_take_over(const struct account *account, const char *path, size_t *np)
{
    CLEANUP_FREE char *copy = vif_xstrdup(path);
    CLEANUP_FREE char *copy2 = vif_xstrdup(path);
    const char *directory = dirname(copy);
    struct family family = { .account = account, .name = basename(copy2) };

    *np = 0;
    bool made = !mkdir(directory, 0700);
    if (!made && errno != EEXIST) {
        return vif_error_from_errno(errno, "make directory %s", directory);
    }
    DIR *dir CLEANUP_DIR = opendir(directory);
    if (!dir) {
        return vif_error_from_errno(errno, "open directory %s", directory);
    }
    family.dir = dir;
    struct vif_error *error = hand_over_files(&family);
    error = error ? error : hand_over_directory(&family, made);
    *np = family.n;
    return vif_error_wrap(error, "hand %s over to %s", directory,
                          account->name);
}
