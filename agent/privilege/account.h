/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PRIVILEGE_ACCOUNT_H
#define PRIVILEGE_ACCOUNT_H 1

/* The user that vifd becomes, and what must belong to that user. */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <vif/error.h>

struct account {
    char *name;             /* As it was asked for. */
    uid_t uid;
    gid_t gid;
    gid_t *groups;          /* Supplementary ones, 'gid' included. */
    int n_groups;
};

/* Looks up 'text': "USER" or "USER:GROUP", each a name or a number.  A number
 * that no user has needs a group.  Blocks: it asks the user database. */
struct vif_error *account_find(const char *text, struct account **)
    VIF_WARN_UNUSED;
void account_destroy(struct account *);         /* NULL is allowed. */

/* Whether there is a user 'name'. */
bool account_exists(const char *name);

/* Has the C library load what it asks for users and groups (nsswitch.conf(5))
 * now, because a filter will keep it from loading code later. */
void account_open_databases(void);

/* Hands the file 'path' and those beside it whose names begin with its name
 * over to 'account', with the directory if it has nothing else in it; makes
 * the directory if there is none.  Only what belongs to root, is a regular
 * file and has no other name: nobody gets what is not vifd's by a link.
 * '*np' is how many changed hands.  To be called as root. */
struct vif_error *account_take_over(const struct account *, const char *path,
                                    size_t *np) VIF_WARN_UNUSED;

#endif /* privilege/account.h */
