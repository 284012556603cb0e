/* SPDX-License-Identifier: Apache-2.0 */

/* Looking users up. */

#include <config.h>

#include "privilege/account.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/alloc.h"
#include "lib/cleanup.h"

/* More than the kernel takes (NGROUPS_MAX is 65536) is nobody's. */
#define MAX_GROUPS 65536

/* False if 'text' is no number that an id can have. */
static bool
parse_id(const char *text, uint32_t *idp)
{
    if (!*text || text[strspn(text, "0123456789")] || strlen(text) > 10) {
        return false;
    }
    unsigned long long id = strtoull(text, NULL, 10);
    *idp = id;
    return id < UINT32_MAX;
}

static struct vif_error *
find_group(const char *text, gid_t *gidp)
{
    const struct group *group;

    if (parse_id(text, gidp)) {
        return NULL;
    }
    errno = 0;
    group = getgrnam(text);
    if (!group) {
        return errno && errno != ENOENT
               ? vif_error_from_errno(errno, "look up group \"%s\"", text)
               : vif_error_create(VIF_ERR_INVALID, "there is no group \"%s\"",
                                  text);
    }
    *gidp = group->gr_gid;
    return NULL;
}

/* NULL without an error: a number that nobody has. */
static struct vif_error *
find_user(const char *text, uint32_t *uidp, const struct passwd **pwp)
{
    bool number = parse_id(text, uidp);

    errno = 0;
    *pwp = number ? getpwuid(*uidp) : getpwnam(text);
    if (*pwp) {
        *uidp = (*pwp)->pw_uid;
    } else if (errno && errno != ENOENT) {
        return vif_error_from_errno(errno, "look up user \"%s\"", text);
    } else if (!number) {
        return vif_error_create(VIF_ERR_INVALID, "there is no user \"%s\"",
                                text);
    }
    return NULL;
}

static void
add_groups(struct account *account, const struct passwd *pw)
{
    int n = 16;

    while (n <= MAX_GROUPS) {
        int room = n;

        account->groups = vif_xreallocarray(account->groups, n,
                                            sizeof *account->groups);
        if (getgrouplist(pw->pw_name, account->gid, account->groups,
                         &n) >= 0) {
            account->n_groups = n;
            return;
        }
        n = n > room ? n : 2 * room;
    }
}

struct vif_error *
account_find(const char *text, struct account **accountp)
{
    CLEANUP_FREE char *user = vif_xstrdup(text);
    char *colon = strchr(user, ':');
    struct account *account = vif_xcalloc(1, sizeof *account);
    const struct passwd *pw = NULL;

    *accountp = NULL;
    account->name = vif_xstrdup(text);
    if (colon) {
        *colon = '\0';
    }
    struct vif_error *error = find_user(user, &account->uid, &pw);
    if (!error && pw) {
        account->gid = pw->pw_gid;
    } else if (!error && !colon) {
        error = vif_error_create(VIF_ERR_INVALID, "no user has the number %s: "
                                 "it needs a group, as in %s:GROUP", user,
                                 user);
    }
    if (!error && colon) {
        error = find_group(colon + 1, &account->gid);
    }
    if (error) {
        account_destroy(account);
        return error;
    }
    if (pw) {
        add_groups(account, pw);
    }
    *accountp = account;
    return NULL;
}

bool
account_exists(const char *name)
{
    return getpwnam(name) != NULL;
}

void
account_open_databases(void)
{
    /* Nobody is called so: every module is asked. */
    getpwnam("*");
    getgrnam("*");
}

void
account_destroy(struct account *account)
{
    if (account) {
        free(account->name);
        free(account->groups);
        free(account);
    }
}
