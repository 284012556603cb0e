/* SPDX-License-Identifier: Apache-2.0 */

/* A daemon whose journal cannot be used.  It answers what only looks, refuses
 * everything else and says why, and touches nothing on the host, least of all
 * what carries its mark and seems to belong to no port: the ports are there,
 * only the journal does not tell.  What may pass by itself is tried again each
 * second; the rest is left to an operator.
 *
 * No journal at all is the first start on a host, or a journal that was lost.
 * The host knows which: on one where nothing carries a mark of vifd's a new
 * journal is made.  Until that is known, requests wait. */

#include <config.h>

#include "agent/vifd-private.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/marks.h"
#include "agent/systemd.h"
#include "engine/journal.h"
#include "engine/lanes.h"
#include "lib/cleanup.h"
#include "openvswitch/json.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "ovs/ovs.h"
#include "plugin/plugins.h"
#include "rpc/message.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(vifd_journal);

#define REOPEN_MS 1000

/* How long Open vSwitch's database is waited for, without a journal: as long
 * as a plug waits for it. */
#define DECIDE_MS 2000

bool
vifd_journal_is_whole(const struct vifd *vifd)
{
    return (vifd->journal_taken && !vifd->rebuild
            && !engine_journal_error(vifd->engine));
}

struct json *
vifd_journal_to_json(void *vifd_)
{
    const struct vifd *vifd = vifd_;
    const struct vif_error *error = engine_journal_error(vifd->engine);
    struct json *json;

    if (!error || vifd->journal_undecided) {
        return NULL;
    }
    json = json_object_create();
    json_object_put_string(json, "state", journal_trouble_name(
                               journal_sqlite_trouble(vifd->journal)));
    json_object_put_string(json, "path", journal_sqlite_path(vifd->journal));
    json_object_put_string(json, "message", error->message);
    return json;
}

/* Says why nothing new is begun. */
static void
tell_refusal(const struct vifd *vifd)
{
    const struct vif_error *why = journal_refusal(vifd->journal);

    VLOG_ERR("%s; until then nothing is plugged or unplugged, and what is "
             "plugged stays as it is", why->message);
    systemd_notify("STATUS=refusing requests: %s", why->message);
}

/* Everybody who marks things on the host uses the journal's key. */
void
vifd_take_key(struct vifd *vifd)
{
    const char *key = journal_sqlite_key(vifd->journal);

    ovs_set_key(vifd->ovs, key);
    lanes_set_key(vifd->lanes, key);
}

/* A journal whose records cannot be understood is as good as none. */
static void
refuse_records(struct vifd *vifd, struct vif_error *error)
{
    journal_sqlite_refuse(vifd->journal, JOURNAL_CORRUPT,
                          vif_error_wrap(error, "read journal %s",
                                         journal_sqlite_path(vifd->journal)));
    tell_refusal(vifd);
}

/* The journal is open: takes up what is in it. */
static void
take_journal(struct vifd *vifd)
{
    struct engine_config config;
    struct engine_stats stats;
    struct vif_error *error;

    vifd_take_key(vifd);
    config = vifd_engine_config(vifd);
    engine_set_config(vifd->engine, &config);
    error = engine_recover(vifd->engine);
    if (error) {
        refuse_records(vifd, error);
        return;
    }

    vifd->journal_taken = vifd->recovering = true;
    vifd->collected = false;
    engine_get_stats(vifd->engine, &stats);
    VLOG_INFO("%"PRIuSIZE" ports in the journal%s", stats.n_ports,
              (journal_sqlite_rebooted(vifd->journal)
               ? ", the host was started anew" : ""));
    systemd_notify("STATUS=%"PRIuSIZE" ports in the journal", stats.n_ports);
}

/* There is no journal, though things on the host carry marks of vifd's. */
static void
refuse_marked_host(struct vifd *vifd, size_t n_rows, size_t n_links)
{
    const char *path = journal_sqlite_path(vifd->journal);

    vifd->journal_lost = vif_error_create(
        VIF_ERR_JOURNAL, "journal %s is %s, but %"PRIuSIZE" links and "
        "%"PRIuSIZE" ports of Open vSwitch on this host carry a mark of "
        "vifd's", path, access(path, F_OK) ? "not there" : "empty", n_links,
        n_rows);
    journal_sqlite_refuse(vifd->journal, JOURNAL_MISSING,
                          vif_error_clone(vifd->journal_lost));
    tell_refusal(vifd);
}

static size_t
count_marked_links(void)
{
    struct marks marks;
    CLEANUP_ERROR struct vif_error *error = marks_read(&marks);

    if (error) {
        VLOG_WARN("%s", error->message);
    }
    free(marks.marks);
    return marks.n;
}

/* Once all parts are there.  Blocks. */
void
vifd_start_journal(struct vifd *vifd)
{
    if (!journal_refusal(vifd->journal)) {
        take_journal(vifd);
    } else if (journal_sqlite_trouble(vifd->journal) != JOURNAL_MISSING) {
        tell_refusal(vifd);
    } else {
        size_t n = count_marked_links();

        if (n) {
            refuse_marked_host(vifd, 0, n);
        } else {
            vifd->journal_undecided = true;
            vifd->journal_due = time_msec() + DECIDE_MS;
            engine_hold(vifd->engine, true);
        }
    }
}

static void
count_row(void *n_, const struct ovs_owned_port *port OVS_UNUSED)
{
    ++*(size_t *) n_;
}

static void
journal_opened(void *vifd_, struct vif_error *error)
{
    struct vifd *vifd = vifd_;
    bool was_undecided = vifd->journal_undecided;

    vifd->journal_opening = vifd->journal_undecided = false;
    vifd->journal_due = time_msec() + REOPEN_MS;
    if (!error) {
        VLOG_INFO("journal %s can be used now",
                  journal_sqlite_path(vifd->journal));
        vif_error_destroy(TAKE(vifd->journal_lost));
        take_journal(vifd);
    } else if (vifd->journal_lost
               && (journal_sqlite_trouble(vifd->journal)
                   == JOURNAL_MISSING)) {
        journal_sqlite_refuse(vifd->journal, JOURNAL_MISSING,
                              vif_error_clone(vifd->journal_lost));
    } else if (was_undecided) {
        tell_refusal(vifd);
    }
    engine_hold(vifd->engine, false);
    vif_error_destroy(error);
}

/* Whether this is the first vifd of the host, as far as can be known. */
static void
decide(struct vifd *vifd)
{
    bool synced = ovs_synced(vifd->ovs);
    size_t n = 0;

    if (!synced && time_msec() < vifd->journal_due) {
        return;
    }
    if (synced) {
        ovs_for_each_owned(vifd->ovs, count_row, &n);
    }
    if (n) {
        vifd->journal_undecided = false;
        refuse_marked_host(vifd, n, 0);
        engine_hold(vifd->engine, false);
    } else {
        vifd->journal_opening = true;
        journal_sqlite_reopen(vifd->journal, true, journal_opened, vifd);
    }
}

static bool
reopening_may_help(const struct vifd *vifd)
{
    return (!vifd->journal_taken && !vifd->journal_opening && !vifd->rebuild
            && journal_trouble_passes(journal_sqlite_trouble(vifd->journal)));
}

void
vifd_run_journal(struct vifd *vifd)
{
    if (vifd->journal_opening) {
        return;
    } else if (vifd->journal_undecided) {
        decide(vifd);
    } else if (reopening_may_help(vifd)
               && time_msec() >= vifd->journal_due) {
        vifd->journal_opening = true;
        journal_sqlite_reopen(vifd->journal, false, journal_opened, vifd);
    }
}

void
vifd_wait_journal(const struct vifd *vifd)
{
    if (!vifd->journal_opening
        && (vifd->journal_undecided || reopening_may_help(vifd))) {
        poll_timer_wait_until(vifd->journal_due);
    }
}
