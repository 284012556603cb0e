/* SPDX-License-Identifier: Apache-2.0 */

/* Which rights vifd gives up at its start: privilege/ knows how. */

#include <config.h>

#include "agent/vifd-private.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/config.h"
#include "daemon.h"
#include "dirs.h"
#include "lib/cleanup.h"
#include "openvswitch/vlog.h"
#include "privilege/account.h"
#include "privilege/filter.h"
#include "privilege/privilege.h"
#include "privilege/rights.h"
#include "rpc/listen.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(privilege);

#define DEFAULT_USER "vifd"

static void
destroy_account(struct account **accountp)
{
    account_destroy(*accountp);
}

/* Leaves NULL in '*accountp' if vifd stays who it is. */
static struct vif_error *
choose_account(const struct config *config, struct account **accountp)
{
    const char *user = config->user;

    *accountp = NULL;
    if (!user && geteuid()) {
        return NULL;
    } else if (!user && !account_exists(DEFAULT_USER)) {
        VLOG_WARN("there is no user "DEFAULT_USER": vifd stays root");
        return NULL;
    }

    struct vif_error *error = account_find(user ? user : DEFAULT_USER,
                                           accountp);
    if (error || (*accountp)->uid == geteuid()) {
        account_destroy(*accountp);
        *accountp = NULL;
    } else if (geteuid()) {
        account_destroy(*accountp);
        *accountp = NULL;
        error = vif_error_create(VIF_ERR_INVALID, "vifd was not started as "
                                 "root and cannot become another user");
    }
    return vif_error_wrap(error, "user");
}

/* The sockets among the remotes. */
static void
add_ovsdb(const char *remotes, struct privilege_host *host)
{
    CLEANUP_FREE char *copy = xstrdup(remotes);
    char *save = NULL;

    for (const char *remote = strtok_r(copy, ",", &save); remote;
         remote = strtok_r(NULL, ",", &save)) {
        CLEANUP_FREE char *path
            = (!strncmp(remote, "unix:", 5)
               ? abs_file_name(ovs_rundir(), remote + 5) : NULL);

        if (path && strlen(path) < PRIVILEGE_SOCKET_SIZE
            && host->n_ovsdb < PRIVILEGE_MAX_SOCKETS) {
            ovs_strlcpy(host->ovsdb[host->n_ovsdb++], path,
                        PRIVILEGE_SOCKET_SIZE);
        }
    }
}

/* What stands in a directory of its own vifd removes itself. */
static void
add_remove(const char *path, const struct account *account,
           struct privilege_host *host)
{
    CLEANUP_FREE char *directory = path ? dir_name(path) : NULL;
    struct stat st;

    if (path && !stat(directory, &st) && st.st_uid != account->uid) {
        ovs_assert(host->n_remove < PRIVILEGE_MAX_REMOVE);
        host->remove[host->n_remove++] = path;
    }
}

static struct vif_error *
start_helper(struct vifd *vifd, const struct account *account,
             const struct rpc_listener *listener)
{
    struct privilege_host host = privilege_real_host();
    CLEANUP_FREE char *remote = vifd_ovsdb_remote(vifd);

    add_ovsdb(remote, &host);
    add_remove(vifd->options.pidfile, account, &host);
    add_remove(vifd->options.unixctl, account, &host);
    add_remove(listener->made ? listener->path : NULL, account, &host);
    host.detached = get_detach();
    return vif_error_wrap(privilege_start(&host), "start the helper");
}

static struct vif_error *
take_over_journal(const struct vifd *vifd, const struct account *account)
{
    size_t n;
    struct vif_error *error = account_take_over(account,
                                                vifd->config->journal, &n);

    if (!error && n) {
        VLOG_INFO("the journal now belongs to user %s", account->name);
    }
    return vif_error_wrap(error, "journal");
}

struct vif_error *
vifd_drop_rights(struct vifd *vifd, const struct rpc_listener *listener)
{
    CLEANUP(destroy_account) struct account *account;
    struct vif_error *error = choose_account(vifd->config, &account);

    if (error || !account) {
        return error;
    }
    error = start_helper(vifd, account, listener);
    error = error ? error : take_over_journal(vifd, account);
    if (!error) {
        vlog_change_owner_unix(account->uid, account->gid);
        error = rights_become(account);
    }
    if (!error) {
        VLOG_INFO("runs as user %s with CAP_NET_ADMIN alone; its helper is "
                  "process %d", account->name, privilege_pid());
    }
    return error;
}

/* A file that only root can read has been read once, and never again. */
static void
check_readable(const char *path)
{
    if (path && access(path, R_OK)) {
        VLOG_WARN("%s: the user that vifd runs as may not read it: reloading "
                  "it will be refused", path);
    }
}

struct vif_error *
vifd_filter_calls(struct vifd *vifd)
{
    if (!privilege_started()) {
        return NULL;
    }
    check_readable(vifd_config_path(&vifd->options));
    account_open_databases();
    if (!filter_is_built()) {
        VLOG_INFO("system calls are not filtered: vifd was built with "
                  "sanitizers");
    }
    return filter_install(FILTER_VIFD);
}

void
vifd_run_helper(struct vifd *vifd)
{
    CLEANUP_ERROR struct vif_error *error = privilege_run();

    if (error) {
        VLOG_ERR("%s: vifd ends too, so that both can be started again",
                 error->message);
        vifd->failed = true;
        vifd_stop(vifd, error->message);
    }
}
