/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_VIFD_H
#define AGENT_VIFD_H 1

/* The daemon as a whole: makes its parts, wires them to one another and gives
 * each its turn.  Decides nothing that one of them could decide. */

#include <stdbool.h>

#include <vif/error.h>

struct ds;
struct simap;
struct vifd;

/* From the command line; NULL where nothing was said.  The strings must
 * outlive the daemon. */
struct vifd_options {
    const char *config;     /* NULL: the default file, if there is one. */
    const char *socket;
    const char *journal;
    const char *plugins;
    const char *ovsdb;
    const char *user;

    /* Files that vifd has made and that go when it ends; or NULL. */
    const char *pidfile;
    const char *unixctl;
};

/* Whether the daemon would take the configuration. */
struct vif_error *vifd_check_config(const struct vifd_options *)
    VIF_WARN_UNUSED;

/* For 'vifd --restore': asks the vifd that runs to put every port back, waits
 * for at most 'limit_ms', and says on stdout and stderr how it went.  True if
 * all are in place.  Blocks. */
bool vifd_restore(const struct vifd_options *, unsigned int limit_ms);

/* Starts it.  Blocks.  Threads are started: no fork() afterwards. */
struct vif_error *vifd_create(const struct vifd_options *, struct vifd **)
    VIF_WARN_UNUSED;
void vifd_destroy(struct vifd *);       /* NULL is allowed. */

void vifd_run(struct vifd *);
void vifd_wait(struct vifd *);

/* Reads the configuration again, in the background; the log has the result. */
void vifd_reload(struct vifd *);

/* Takes no further request and finishes what is under way.  vifd_stopped()
 * once that is done, or shutdown_ms have passed. */
void vifd_stop(struct vifd *, const char *why);
bool vifd_stopped(const struct vifd *);

/* Whether it stops because it could not go on: the exit status says so. */
bool vifd_failed(const struct vifd *);

/* For memory/show and vifd/stats. */
void vifd_get_memory_usage(const struct vifd *, struct simap *);
void vifd_format_stats(const struct vifd *, struct ds *);

#endif /* agent/vifd.h */
