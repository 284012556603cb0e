/* SPDX-License-Identifier: Apache-2.0 */

/* Making the journal anew.  What the engine knows is written again; what it
 * does not know, and carries our key on the host, is told to it from the memos
 * in Open vSwitch's rows.  Nothing on the host is changed.
 *
 * One at a time: look for marks, put the old file aside and open a new one,
 * tell the engine, wait until all is written, and only then say in the file
 * that it is whole.  Whoever asked hears of a failure at once; once there is a
 * new file it goes on by itself all the same. */

#include <config.h>

#include "agent/vifd-private.h"

#include <stdlib.h>
#include <string.h>

#include "agent/marks.h"
#include "engine/journal.h"
#include "lib/cleanup.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "ovs/ovs.h"
#include "plugin/memo.h"
#include "report/details.h"
#include "rpc/message.h"
#include "simap.h"
#include "sset.h"
#include "steps/link-mark.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(rebuild);

#define WINDOW 256              /* Ports told to the engine at once. */
#define FINISH_RETRY_MS 1000

/* How long Open vSwitch's database is waited for, as plugs do. */
#define SYNC_MS 2000

#define NEW_KEY "new"           /* What is asked for to begin afresh. */

enum rebuild_stage {
    REBUILD_WAITING,            /* Until the rows can be looked at. */
    REBUILD_LOOKING,            /* For marks. */
    REBUILD_OPENING,            /* A new file. */
    REBUILD_TELLING,            /* The engine, which writes. */
    REBUILD_FINISHING,          /* The file is being told that it is whole. */
};

/* A port that a row speaks of. */
struct found_port {
    struct rebuild *rebuild;
    char *port_id, *name, *memo;
    bool partial;
};

struct rebuild {
    struct vifd *vifd;
    enum rebuild_stage stage;
    char *asked_key;            /* NULL: nobody says. */
    rpc_rebuild_cb *done;       /* NULL once answered. */
    void *aux;

    struct marks marks;
    struct found_port *ports;
    size_t n_ports, allocated_ports, n_told, n_answered;
    bool telling;               /* Within tell_engine(). */
    size_t n_known;             /* Ports that the engine knew before. */
    long long started;          /* ms. */
    long long finish_due;       /* ms. */

    struct json *rebuilt, *lost;
};

static void
rebuild_free(struct rebuild *rebuild)
{
    free(rebuild->marks.marks);
    for (size_t i = 0; i < rebuild->n_ports; i++) {
        free(rebuild->ports[i].port_id);
        free(rebuild->ports[i].name);
        free(rebuild->ports[i].memo);
    }
    free(rebuild->ports);
    free(rebuild->asked_key);
    json_destroy(rebuild->rebuilt);
    json_destroy(rebuild->lost);
    free(rebuild);
}

/* Answers with 'error', which is taken over, and ends. */
static void
rebuild_fail(struct rebuild *rebuild, struct vif_error *error)
{
    rebuild->vifd->rebuild = NULL;
    VLOG_ERR("the journal was not made anew: %s", error->message);
    rebuild->done(rebuild->aux, error, NULL);
    vif_error_destroy(error);
    rebuild_free(rebuild);
}

/* Which key is ours. */

static void
count_owned(void *keys, const struct ovs_owned_port *port)
{
    simap_increase(keys, port->key, 1);
}

/* How much on the host carries which key. */
static void
count_keys(const struct rebuild *rebuild, struct simap *keys)
{
    ovs_for_each_owned(rebuild->vifd->ovs, count_owned, keys);
    for (size_t i = 0; i < rebuild->marks.n; i++) {
        simap_increase(keys, rebuild->marks.marks[i].key, 1);
    }
}

static struct vif_error *
several_keys(const struct simap *keys)
{
    struct ds list = DS_EMPTY_INITIALIZER;
    const struct simap_node **nodes = simap_sort(keys);

    for (size_t i = 0; i < simap_count(keys) && i < 8; i++) {
        ds_put_format(&list, "%s%s (on %u)", i ? ", " : "", nodes[i]->name,
                      nodes[i]->data);
    }

    struct vif_error *error = vif_error_with_where(
        vif_error_create(VIF_ERR_REFUSED, "links and ports of this host carry "
                         "several keys, say which one is ours: %s",
                         ds_cstr(&list)), "params.key");
    free(nodes);
    ds_destroy(&list);
    return error;
}

static struct vif_error *
check_asked_key(const struct rebuild *rebuild, const struct simap *keys)
{
    const char *asked = rebuild->asked_key;
    const char *known = journal_sqlite_key(rebuild->vifd->journal);
    struct uuid uuid;

    if (rebuild->vifd->journal_taken) {
        return (!strcmp(asked, known) ? NULL
                : vif_error_create(VIF_ERR_REFUSED, "this vifd has ports, and "
                                   "its key is %s", known));
    } else if (strcmp(asked, NEW_KEY) && !uuid_from_string(&uuid, asked)) {
        return vif_error_create(VIF_ERR_INVALID, "the key \"%.64s\" is "
                                "neither a UUID nor \""NEW_KEY"\"", asked);
    } else if (strcmp(asked, NEW_KEY) && !simap_contains(keys, asked)
               && strcmp(asked, known)) {
        return vif_error_create(VIF_ERR_NOT_FOUND, "nothing on this host "
                                "carries the key %s", asked);
    }
    return NULL;
}

/* Stores our key into '*keyp', to be freed; NULL for a new one. */
static struct vif_error *
choose_key(const struct rebuild *rebuild, char **keyp)
{
    const char *asked = rebuild->asked_key;
    const char *known = journal_sqlite_key(rebuild->vifd->journal);
    struct simap keys = SIMAP_INITIALIZER(&keys);
    struct vif_error *error = NULL;

    *keyp = NULL;
    count_keys(rebuild, &keys);
    if (asked) {
        error = vif_error_with_where(check_asked_key(rebuild, &keys),
                                     "params.key");
        *keyp = !error && strcmp(asked, NEW_KEY) ? xstrdup(asked) : NULL;
    } else if (*known) {
        *keyp = xstrdup(known);
    } else if (simap_count(&keys) > 1) {
        error = several_keys(&keys);
    } else {
        const struct simap_node *node;

        SIMAP_FOR_EACH (node, &keys) {
            *keyp = xstrdup(node->name);        /* The only one. */
        }
    }
    simap_destroy(&keys);
    return error;
}

/* Telling the engine. */

static bool
is_known(const struct rebuild *rebuild, const char *port_id)
{
    struct engine_port_view view;

    return engine_find_port(rebuild->vifd->engine, port_id, &view);
}

static void
add_found(void *rebuild_, const struct ovs_owned_port *port)
{
    struct rebuild *rebuild = rebuild_;

    if (strcmp(port->key, journal_sqlite_key(rebuild->vifd->journal))
        || !port->port_id || is_known(rebuild, port->port_id)) {
        return;
    }
    if (rebuild->n_ports >= rebuild->allocated_ports) {
        rebuild->ports = x2nrealloc(rebuild->ports,
                                    &rebuild->allocated_ports,
                                    sizeof *rebuild->ports);
    }
    rebuild->ports[rebuild->n_ports++] = (struct found_port) {
        .port_id = xstrdup(port->port_id),
        .name = xstrdup(port->name),
        .memo = nullable_xstrdup(port->memo),
    };
}

/* 'object' carries the mark of 'port_id', which cannot be made known again. */
static void
add_lost(struct rebuild *rebuild, const char *port_id, const char *object,
         const struct vif_error *why)
{
    struct json *lost = json_object_create();

    VLOG_WARN("port %s: %s: %s", port_id, object, why->message);
    json_object_put_string(lost, "port_id", port_id);
    json_object_put_string(lost, "object", object);
    json_object_put(lost, "error", error_to_json(rpc_code_of(why), why,
                                                 NULL));
    json_array_add(rebuild->lost, lost);
}

/* Links of ports that no row speaks of. */
static void
add_lost_links(struct rebuild *rebuild)
{
    const char *key = journal_sqlite_key(rebuild->vifd->journal);
    struct sset ids = SSET_INITIALIZER(&ids);

    for (size_t i = 0; i < rebuild->n_ports; i++) {
        sset_add(&ids, rebuild->ports[i].port_id);
    }
    for (size_t i = 0; i < rebuild->marks.n; i++) {
        const struct mark *mark = &rebuild->marks.marks[i];

        if (!strcmp(mark->key, key) && mark_is_port_id(mark->port_id)
            && !is_known(rebuild, mark->port_id)
            && !sset_contains(&ids, mark->port_id)) {
            CLEANUP_ERROR struct vif_error *why = vif_error_create(
                VIF_ERR_NOT_FOUND, "the link carries its mark, but no port of "
                "Open vSwitch tells what was asked for: plug it again");

            add_lost(rebuild, mark->port_id, mark->name, why);
        }
    }
    sset_destroy(&ids);
}

static void tell_engine(struct rebuild *);

static void
port_told(void *port_, const struct port_result *result, size_t n OVS_UNUSED)
{
    struct found_port *port = port_;
    struct rebuild *rebuild = port->rebuild;

    if (result->outcome != OUTCOME_DONE) {
        add_lost(rebuild, port->port_id, port->name, result->error);
    } else {
        json_array_add(rebuild->rebuilt, json_string_create(port->port_id));
        VLOG_INFO("port %s: known again%s", port->port_id,
                  port->partial ? ", but for its profile or its hints" : "");
    }
    rebuild->n_answered++;
    tell_engine(rebuild);
}

static struct vif_error *
read_memo(struct found_port *port, struct vif_binding *binding)
{
    CLEANUP_FREE char *plugin = NULL;

    if (!port->memo) {
        return vif_error_create(VIF_ERR_NOT_FOUND, "its row does not tell "
                                "what was asked for: plug it again");
    }
    return memo_read(port->memo, port->port_id, binding, &plugin,
                     &port->partial);
}

static void
tell_port(struct found_port *port)
{
    struct rebuild *rebuild = port->rebuild;
    struct vif_binding binding;
    struct request request = {
        .kind = REQUEST_REBUILD,
        .bindings = &binding,
        .n = 1,
        .done = port_told,
        .aux = port,
    };
    CLEANUP_ERROR struct vif_error *error = read_memo(port, &binding);

    if (error) {
        add_lost(rebuild, port->port_id, port->name, error);
        rebuild->n_answered++;
    } else {
        engine_submit(rebuild->vifd->engine, &request);
        vif_binding_destroy(&binding);
    }
}

static void
tell_engine(struct rebuild *rebuild)
{
    if (rebuild->telling) {
        return;
    }
    rebuild->telling = true;
    while (rebuild->n_told < rebuild->n_ports
           && rebuild->n_told - rebuild->n_answered < WINDOW) {
        tell_port(&rebuild->ports[rebuild->n_told++]);
    }
    rebuild->telling = false;
}

static void
start_telling(struct rebuild *rebuild)
{
    struct engine_stats stats;

    engine_get_stats(rebuild->vifd->engine, &stats);
    rebuild->n_known = stats.n_ports;
    rebuild->stage = REBUILD_TELLING;
    ovs_for_each_owned(rebuild->vifd->ovs, add_found, rebuild);
    for (size_t i = 0; i < rebuild->n_ports; i++) {
        rebuild->ports[i].rebuild = rebuild;
    }
    add_lost_links(rebuild);
    tell_engine(rebuild);
}

/* Stages. */

static void
rebuild_opened(void *vifd_, struct vif_error *error)
{
    struct vifd *vifd = vifd_;
    struct rebuild *rebuild = vifd->rebuild;

    if (!rebuild) {
        vif_error_destroy(error);
        return;
    } else if (error) {
        rebuild_fail(rebuild, error);
        return;
    }
    VLOG_INFO("a new journal %s is made; the old one is kept as %s",
              journal_sqlite_path(vifd->journal),
              journal_sqlite_aside(vifd->journal)
              ? journal_sqlite_aside(vifd->journal) : "nothing");
    vifd_take_key(vifd);
    vifd->journal_taken = true;
    vif_error_destroy(TAKE(vifd->journal_lost));
    engine_rewrite(vifd->engine);
    start_telling(rebuild);
}

static void
rebuild_looked(struct rebuild *rebuild)
{
    struct vifd *vifd = rebuild->vifd;
    CLEANUP_FREE char *key = NULL;
    struct vif_error *error = choose_key(rebuild, &key);

    if (error) {
        rebuild_fail(rebuild, error);
    } else if (vifd->journal_taken
               && !engine_journal_error(vifd->engine)) {
        start_telling(rebuild);         /* Only what is not in it. */
    } else {
        rebuild->stage = REBUILD_OPENING;
        journal_sqlite_replace(vifd->journal, key, rebuild_opened, vifd);
    }
}

static void
rebuild_succeed(struct rebuild *rebuild)
{
    struct vifd *vifd = rebuild->vifd;
    const char *aside = journal_sqlite_aside(vifd->journal);
    struct json *result = json_object_create();

    VLOG_INFO("the journal is whole: %"PRIuSIZE" ports were known, %"PRIuSIZE
              " are known again, %"PRIuSIZE" things are not",
              rebuild->n_known, json_array(rebuild->rebuilt)->n,
              json_array(rebuild->lost)->n);
    json_object_put_string(result, "path",
                           journal_sqlite_path(vifd->journal));
    json_object_put_string(result, "key", journal_sqlite_key(vifd->journal));
    json_object_put(result, "aside", aside ? json_string_create(aside)
                    : json_null_create());
    json_object_put(result, "known", json_integer_create(rebuild->n_known));
    json_object_put(result, "rebuilt", TAKE(rebuild->rebuilt));
    json_object_put(result, "lost", TAKE(rebuild->lost));
    vifd->rebuild = NULL;
    vifd->collected = false;
    if (rebuild->done) {
        rebuild->done(rebuild->aux, NULL, result);
    } else {
        json_destroy(result);
    }
    rebuild_free(rebuild);
}

/* Whoever asked need not wait for a journal that cannot be written. */
static void
rebuild_tell_failure(struct rebuild *rebuild, const struct vif_error *error)
{
    if (rebuild->done) {
        rebuild->done(rebuild->aux, error, NULL);
        rebuild->done = NULL;
    }
}

static void
rebuild_finished(void *vifd_, struct vif_error *error)
{
    struct vifd *vifd = vifd_;
    struct rebuild *rebuild = vifd->rebuild;

    if (rebuild && error) {
        rebuild->stage = REBUILD_TELLING;
        rebuild->finish_due = time_msec() + FINISH_RETRY_MS;
        rebuild_tell_failure(rebuild, error);
    } else if (rebuild) {
        rebuild_succeed(rebuild);
    }
    vif_error_destroy(error);
}

static void
run_telling(struct rebuild *rebuild)
{
    struct vifd *vifd = rebuild->vifd;
    const struct vif_error *error = engine_journal_error(vifd->engine);

    if (error) {
        rebuild_tell_failure(rebuild, error);
        if (journal_refusal(vifd->journal)
            && rebuild->n_answered == rebuild->n_told) {
            vifd->rebuild = NULL;       /* That one is no good either. */
            rebuild_free(rebuild);
        }
    } else if (rebuild->n_answered == rebuild->n_ports
               && engine_is_written(vifd->engine)
               && time_msec() >= rebuild->finish_due) {
        rebuild->stage = REBUILD_FINISHING;
        journal_sqlite_finish(vifd->journal, rebuild_finished, vifd);
    }
}

/* Why a new journal would be of no use, or cannot be made. */
static struct vif_error *
check_rebuild(const struct vifd *vifd)
{
    const struct vif_error *error = engine_journal_error(vifd->engine);
    enum journal_trouble trouble = journal_sqlite_trouble(vifd->journal);

    if (error && (trouble == JOURNAL_FULL || trouble == JOURNAL_READ_ONLY
                  || trouble == JOURNAL_LOCKED)
        && !(vifd->journal_taken && journal_refusal(vifd->journal))) {
        return vif_error_wrap(vif_error_clone(error), "a new journal would "
                              "fare no better");
    } else if (!ovs_synced(vifd->ovs) && !vifd->journal_taken) {
        return vif_error_with_retry(
            vif_error_create(VIF_ERR_UNAVAILABLE, "what is plugged is told by "
                             "Open vSwitch's database, which does not "
                             "answer"), 1000);
    }
    return NULL;
}

/* Begins once the journal's thread and Open vSwitch's database have said what
 * there is. */
static void
run_waiting(struct rebuild *rebuild)
{
    const struct vifd *vifd = rebuild->vifd;
    struct vif_error *error;

    if (vifd->journal_opening || vifd->journal_undecided) {
        return;
    }
    error = check_rebuild(vifd);
    if (!error) {
        rebuild->stage = REBUILD_LOOKING;
        marks_look_start(vifd->marks_look);
    } else if (error->code == VIF_ERR_UNAVAILABLE
               && time_msec() < rebuild->started + SYNC_MS) {
        vif_error_destroy(error);
    } else {
        rebuild_fail(rebuild, error);
    }
}

void
vifd_run_rebuild(struct vifd *vifd)
{
    struct rebuild *rebuild = vifd->rebuild;
    struct vif_error *error;

    if (rebuild && rebuild->stage == REBUILD_WAITING) {
        run_waiting(rebuild);
        rebuild = vifd->rebuild;
    }
    if (rebuild && rebuild->stage == REBUILD_LOOKING
        && marks_look_take(vifd->marks_look, &rebuild->marks, &error)) {
        if (error) {
            rebuild_fail(rebuild, error);
        } else {
            rebuild_looked(rebuild);
        }
    }
    rebuild = vifd->rebuild;
    if (rebuild && rebuild->stage == REBUILD_TELLING) {
        run_telling(rebuild);
    }
}

void
vifd_wait_rebuild(const struct vifd *vifd)
{
    const struct rebuild *rebuild = vifd->rebuild;

    if (rebuild && rebuild->stage == REBUILD_WAITING) {
        poll_timer_wait_until(rebuild->started + SYNC_MS);
    } else if (rebuild && rebuild->stage == REBUILD_LOOKING) {
        marks_look_wait(vifd->marks_look);
    } else if (rebuild && rebuild->finish_due > time_msec()) {
        poll_timer_wait_until(rebuild->finish_due);
    }
}

void
vifd_start_rebuild(void *vifd_, const char *key, rpc_rebuild_cb *done,
                   void *aux)
{
    struct vifd *vifd = vifd_;

    if (vifd->rebuild) {
        CLEANUP_ERROR struct vif_error *error = vif_error_with_retry(
            vif_error_create(VIF_ERR_BUSY, "the journal is just being made "
                             "anew"), 1000);

        done(aux, error, NULL);
        return;
    }

    struct rebuild *rebuild = xzalloc(sizeof *rebuild);

    rebuild->vifd = vifd;
    rebuild->asked_key = nullable_xstrdup(key);
    rebuild->done = done;
    rebuild->aux = aux;
    rebuild->rebuilt = json_array_create_empty();
    rebuild->lost = json_array_create_empty();
    rebuild->started = time_msec();
    vifd->rebuild = rebuild;
}

/* The daemon goes: nobody is answered any more. */
void
vifd_forget_rebuild(struct vifd *vifd)
{
    if (vifd->rebuild) {
        rebuild_free(vifd->rebuild);
        vifd->rebuild = NULL;
    }
}
