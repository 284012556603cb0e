/* SPDX-License-Identifier: Apache-2.0 */

/* Users and capabilities of both processes: capabilities(7), and libcap-ng,
 * which knows in which order they must be given up. */

#include <config.h>

#include "privilege/rights.h"

#include <errno.h>
#include <grp.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/prctl.h>

#include <cap-ng.h>

#include "privilege/account.h"
#include "privilege/filter.h"

/* What the helper needs, and why it is not less.  Of each it keeps what it
 * has: a service manager may have given it less. */
static const unsigned int helper_capabilities[] = {
    /* ovsdb-server's socket and the directories of other users' processes
     * need not be open to root without it; nor is a node that was handed
     * over. */
    CAP_DAC_OVERRIDE,
    /* /proc/PID/fd of other users' processes: ptrace(2), "Ptrace access mode
     * checking"; proc(5). */
    CAP_SYS_PTRACE,
    /* Owner, and mode, of device nodes. */
    CAP_CHOWN,
    CAP_FOWNER,
};

static struct vif_error *
give_up_new_privileges(void)
{
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
           ? vif_error_from_errno(errno, "PR_SET_NO_NEW_PRIVS") : NULL;
}

/* The bounding set bounds what execve() could bring back.  Giving it up takes
 * a capability that need not be there; with no_new_privs nothing comes back
 * in any case. */
static bool
may_clear_bounding(void)
{
    capng_get_caps_process();
    return capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP);
}

struct vif_error *
rights_become(const struct account *account)
{
    int flags = (CAPNG_CLEAR_AMBIENT
                 | (may_clear_bounding() ? CAPNG_CLEAR_BOUNDING : 0));

    if (setgroups(account->n_groups, account->groups)) {
        return vif_error_from_errno(errno, "set the groups of user %s",
                                    account->name);
    }
    capng_clear(CAPNG_SELECT_ALL);
    capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, CAP_NET_ADMIN);
    int result = capng_change_id(account->uid, account->gid, flags);
    if (result) {
        /* capng_change_id(3) numbers what failed. */
        return vif_error_create(VIF_ERR_KERNEL, "become user %s, keeping "
                                "CAP_NET_ADMIN: step %d of it failed",
                                account->name, -result);
    }

    /* The kernel has made the process one that nobody may attach to and that
     * leaves no core file but root's (prctl(2), PR_SET_DUMPABLE): so it
     * stays.  Only the leak sanitizer must attach to it. */
    if (!filter_is_built()) {
        prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
    }
    return give_up_new_privileges();
}

struct vif_error *
rights_keep_for_helper(void)
{
    bool keep[sizeof helper_capabilities / sizeof *helper_capabilities];
    capng_select_t set = (may_clear_bounding() ? CAPNG_SELECT_ALL
                          : CAPNG_SELECT_CAPS);

    for (size_t i = 0; i < sizeof keep / sizeof *keep; i++) {
        keep[i] = capng_have_capability(CAPNG_PERMITTED,
                                        helper_capabilities[i]);
    }
    capng_clear(CAPNG_SELECT_ALL);
    for (size_t i = 0; i < sizeof keep / sizeof *keep; i++) {
        if (keep[i]) {
            capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED,
                         helper_capabilities[i]);
        }
    }
    int result = capng_apply(set);
    return result ? vif_error_create(VIF_ERR_KERNEL, "give up capabilities: "
                                     "step %d of it failed", -result)
           : give_up_new_privileges();
}
