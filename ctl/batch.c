/* SPDX-License-Identifier: Apache-2.0 */
/* One method for many ports.  See batch.h. */

#include <config.h>

#include "ctl/batch.h"

#include <stdlib.h>
#include <string.h>

#include <vif/client.h>

#include "ctl/complaint.h"
#include "ctl/details.h"
#include "ctl/invocation.h"
#include "ctl/session.h"
#include "ctl/units.h"
#include "lib/alloc.h"
#include "lib/cleanup.h"

/* Requests handed to the library at a time, so that a long file is not all
 * twice in memory. */
#define WINDOW 1024

/* How often the line of progress changes. */
#define PROGRESS_MS 100

/* Failures that are told in full; more of them only scroll away the first. */
#define FULL_COMPLAINTS 20

void
batch_init(struct batch *batch, const char *method, const char *doing,
           const char *done)
{
    *batch = (struct batch) {
        .method = method,
        .doing = doing,
        .done = done,
    };
}

void
batch_destroy(struct batch *batch)
{
    for (size_t i = 0; i < batch->n; i++) {
        struct batch_item *item = &batch->items[i];

        free(item->port_id);
        json_decref(item->params);
        json_decref(item->result);
        vif_error_destroy(item->error);
    }
    free(batch->items);
    vif_error_destroy(batch->lost);
}

void
batch_add(struct batch *batch, const char *port_id, json_t *params)
{
    /* A power of two is full. */
    if (!(batch->n & (batch->n - 1))) {
        batch->items = vif_xreallocarray(batch->items,
                                         batch->n ? batch->n * 2 : 1,
                                         sizeof *batch->items);
    }
    batch->items[batch->n++] = (struct batch_item) {
        .port_id = vif_xstrdup(port_id),
        .params = params,
    };
}

json_t *
batch_port_params(const struct session *session, const char *port_id,
                  bool takes_timeout)
{
    int64_t ms = takes_timeout ? session_daemon_timeout_ms(session) : 0;
    const char *wait = invocation_get(session->invocation, "--wait");
    json_t *params = json_object();

    if (port_id) {
        json_object_set_new(params, "port_id", json_string(port_id));
    }
    if (ms) {
        json_object_set_new(params, "timeout_ms", json_integer(ms));
    }
    if (wait) {
        json_object_set_new(params, "wait", json_string(wait));
    }
    return params;
}

void
batch_add_ports(struct session *session, struct batch *batch,
                bool takes_timeout)
{
    const char *port_id;
    size_t cursor = 0;

    while ((port_id = invocation_next(session->invocation, "PORT",
                                      &cursor)) != NULL) {
        batch_add(batch, port_id,
                  batch_port_params(session, port_id, takes_timeout));
    }
    batch->many = batch->n > 1;
}

/* Where a batch under way is. */
struct progress {
    size_t next;            /* The first item not handed over. */
    size_t n_done, n_failed;
    int64_t shown;          /* When the line was written. */
};

static void
show_progress(struct session *session, const struct batch *batch,
              struct progress *progress)
{
    int64_t now = vif_client_deadline(0);

    if (batch->n < 2 || now - progress->shown < PROGRESS_MS) {
        return;
    }
    progress->shown = now;

    CLEANUP_FREE char *failed
        = progress->n_failed ? vif_xasprintf(", %zu failed",
                                             progress->n_failed)
                             : vif_xstrdup("");
    CLEANUP_FREE char *line
        = vif_xasprintf("%s: %zu of %zu%s", batch->doing,
                        progress->n_done + progress->n_failed, batch->n,
                        failed);
    terminal_progress(&session->err, line);
}

/* Ids grow in the order of the items. */
static struct batch_item *
find_item(struct batch *batch, uint64_t id, size_t n)
{
    size_t low = 0;

    while (n > low) {
        size_t middle = low + (n - low) / 2;

        if (batch->items[middle].id < id) {
            low = middle + 1;
        } else {
            n = middle;
        }
    }
    return &batch->items[low];
}

/* Takes 'error' and 'object', vifd's error as JSON, as the verdict. */
static void
fail_item(struct batch_item *item, struct progress *progress,
          struct vif_error *error, json_t *object)
{
    item->error = error;
    item->result = json_pack("{s:s, s:o}", "port_id", item->port_id,
                             "error", object);
    progress->n_failed++;
}

static void
keep_answer(struct batch *batch, struct progress *progress,
            struct vif_answer *answer)
{
    struct batch_item *item = find_item(batch, answer->id, progress->next);

    if (answer->error) {
        fail_item(item, progress, TAKE(answer->error),
                  json_loads(answer->error_json, 0, NULL));
    } else {
        item->result = json_loads(answer->result, JSON_DECODE_ANY, NULL);
        progress->n_done++;
    }
    vif_answer_destroy(answer);
}

/* A request that the library does not send, such as one that is too long, has
 * its verdict by that; every other error ends the whole. */
static struct vif_error *
hand_over_item(struct session *session, const struct batch *batch,
               struct batch_item *item, struct progress *progress)
{
    CLEANUP_FREE char *params = json_dumps(item->params, JSON_COMPACT);
    struct vif_error *error = vif_client_submit(session->client,
                                                batch->method,
                                                params ? params : "",
                                                &item->id);

    if (error && error->code == VIF_ERR_INVALID) {
        /* find_item() wants ids in order. */
        item->id = item > batch->items ? item[-1].id : 0;
        fail_item(item, progress, error,
                  json_pack("{s:s, s:{s:s}}", "message", error->message,
                            "data", "code", "invalid"));
        return NULL;
    }
    return error;
}

/* Hands over what the window has room for. */
static struct vif_error *
hand_over(struct session *session, struct batch *batch,
          struct progress *progress)
{
    struct vif_error *error = NULL;

    while (!error && progress->next < batch->n
           && vif_client_pending(session->client) < WINDOW) {
        error = hand_over_item(session, batch,
                               &batch->items[progress->next], progress);
        progress->next += !error;
    }
    return error;
}

/* Waits for an answer, on a terminal only until the line of progress is due:
 * that nothing comes is also a progress to be shown. */
static struct vif_error *
wait_some(struct session *session)
{
    int64_t due = vif_client_deadline(PROGRESS_MS);
    bool early = session->err.is_terminal && due < session->deadline;
    struct vif_error *error
        = vif_client_wait(session->client, early ? due : session->deadline);

    if (error && early && error->code == VIF_ERR_DEADLINE) {
        vif_error_destroy(error);
        error = NULL;
    }
    return error;
}

static struct vif_error *
collect(struct session *session, struct batch *batch,
        struct progress *progress)
{
    while (progress->n_done + progress->n_failed < batch->n) {
        struct vif_error *error = hand_over(session, batch, progress);
        struct vif_answer *answer;

        if (!error && vif_client_pending(session->client)) {
            error = wait_some(session);
        }
        while ((answer = vif_client_take(session->client, 0)) != NULL) {
            keep_answer(batch, progress, answer);
            session_renew_deadline(session);
        }
        if (error) {
            return error;
        }
        show_progress(session, batch, progress);
    }
    return NULL;
}

enum status
batch_run(struct session *session, struct batch *batch)
{
    int64_t started = vif_client_deadline(0);
    struct progress progress = { .shown = started };
    enum status status = session_connect(session);

    if (!status) {
        batch->lost = collect(session, batch, &progress);
        batch->took_ms = vif_client_deadline(0) - started;
        terminal_progress(&session->err, "");
    }
    return status;
}

/* What went wrong. */

/* "plug PORT". */
static char *
describe(const struct batch *batch, const struct batch_item *item)
{
    return vif_xasprintf("%s %s", batch->method, item->port_id);
}

static enum status
complain_of_items(struct session *session, const struct batch *batch)
{
    enum status status = STATUS_DONE;
    size_t n = 0;

    for (size_t i = 0; i < batch->n; i++) {
        const struct batch_item *item = &batch->items[i];

        if (!item->error) {
            continue;
        }
        if (n++ < FULL_COMPLAINTS) {
            CLEANUP_FREE char *what = describe(batch, item);

            complain(session, batch->method, what, item->error);
        }
        if (status != STATUS_FAILED) {
            status = session_status(item->error, true);
        }
    }
    if (n > FULL_COMPLAINTS) {
        session_say(session, TONE_BAD,
                    "and %zu more failed; --format json says of each why",
                    n - FULL_COMPLAINTS);
    }
    return status;
}

/* The connection failed, or time ran out, with requests under way. */
static enum status
complain_of_rest(struct session *session, const struct batch *batch)
{
    CLEANUP_FREE char *what = NULL;
    size_t n = 0;

    for (size_t i = 0; i < batch->n; i++) {
        n += !batch->items[i].result;
    }
    what = (batch->n == 1 ? describe(batch, &batch->items[0])
            : vif_xasprintf("%s %zu of %zu ports", batch->method, n,
                            batch->n));
    complain_lost(session, batch->method, what, batch->lost);
    return session_status(batch->lost, false);
}

enum status
batch_complain(struct session *session, const struct batch *batch)
{
    enum status status = complain_of_items(session, batch);

    return batch->lost ? complain_of_rest(session, batch) : status;
}

/* What has been found out. */

/* What has no verdict is not in it. */
json_t *
batch_results(const struct batch *batch)
{
    json_t *ports = json_array();

    for (size_t i = 0; i < batch->n; i++) {
        if (batch->items[i].result) {
            json_array_append(ports, batch->items[i].result);
        }
    }
    return json_pack("{s:o}", "ports", ports);
}

/* 'devices': the table has columns for them. */
static void
write_row(struct session *session, const struct batch_item *item,
          bool devices)
{
    struct writer *writer = session->writer;
    const json_t *result = item->result;
    const json_t *us = json_object_get(result, "total_us");
    const char *state = json_string_value(json_object_get(result, "state"));
    char buf[UNITS_BUFSIZE];

    writer_start(writer, BLOCK_ROW, "port", NULL);
    writer_attr(writer, "port_id", "port", item->port_id, TONE_PLAIN);
    writer_attr(writer, "state", "state",
                item->error ? "failed" : !result ? "no answer" : state,
                item->error || !result ? TONE_BAD : state_tone(state));
    if (devices) {
        details_write_device(session, result);
        details_write_ofport(session, result, "ofport");
    }
    writer_attr(writer, "total_us", "took",
                us ? units_duration(json_integer_value(us), buf) : NULL,
                TONE_PLAIN);
    writer_end(writer);
}

static void
write_table(struct session *session, const struct batch *batch)
{
    bool devices = false;

    for (size_t i = 0; i < batch->n && !devices; i++) {
        devices = json_object_get(batch->items[i].result, "devices") != NULL;
    }
    writer_start(session->writer, BLOCK_ROWS, "ports", NULL);
    for (size_t i = 0; i < batch->n; i++) {
        write_row(session, &batch->items[i], devices);
    }
    writer_end(session->writer);
}

/* Counts the ports that have the warning 'text' into 'counts', an object of
 * {text: [first port, count]}. */
static void
count_warning(json_t *counts, const char *text, const char *port_id)
{
    json_t *count = json_object_get(counts, text);

    if (!count) {
        json_object_set_new(counts, text,
                            json_pack("[s, i]", port_id, 1));
    } else {
        json_t *number = json_array_get(count, 1);

        json_integer_set(number, json_integer_value(number) + 1);
    }
}

/* Each warning once, with the first port that has it: what is wrong with all
 * ports of a file is no thousand different things. */
static void
say_warnings(struct session *session, const struct batch *batch)
{
    CLEANUP_JSON json_t *counts = json_object();
    const char *text;
    json_t *count, *warning;

    for (size_t i = 0; i < batch->n; i++) {
        size_t j;

        json_array_foreach (json_object_get(batch->items[i].result,
                                            "warnings"), j, warning) {
            CLEANUP_FREE char *words = value_in_words(warning);

            count_warning(counts, words ? words : "",
                          batch->items[i].port_id);
        }
    }
    json_object_foreach (counts, text, count) {
        const char *first = json_string_value(json_array_get(count, 0));
        json_int_t more = json_integer_value(json_array_get(count, 1)) - 1;

        if (more) {
            session_say(session, TONE_NOTICE, "%s and %lld more: warning: "
                        "%s", first, (long long) more, text);
        } else {
            session_say(session, TONE_NOTICE, "%s: warning: %s", first,
                        text);
        }
    }
}

static void
say_summary(struct session *session, const struct batch *batch)
{
    char buf[UNITS_BUFSIZE];
    size_t n_failed = 0;
    size_t n_done = 0;

    for (size_t i = 0; i < batch->n; i++) {
        n_failed += batch->items[i].error != NULL;
        n_done += batch->items[i].result && !batch->items[i].error;
    }
    units_duration(batch->took_ms * 1000, buf);
    if (n_done == batch->n) {
        session_say(session, TONE_GOOD, "%s %zu ports in %s", batch->done,
                    n_done, buf);
    } else {
        session_say(session, TONE_BAD, "%s %zu of %zu ports in %s; %zu "
                    "failed%s", batch->done, n_done, batch->n, buf, n_failed,
                    n_done + n_failed < batch->n
                    ? ", the others were not answered" : "");
    }
}

static void
write_only(struct session *session, const struct batch_item *item,
           void (*write_one)(struct session *, const json_t *result))
{
    if (item->error) {
        CLEANUP_JSON json_t *wrapped
            = json_pack("{s:O}", "error",
                        json_object_get(item->result, "error"));

        writer_answer(session->writer, wrapped);
    } else if (item->result && !writer_answer(session->writer,
                                              item->result)) {
        write_one(session, item->result);
    }
}

enum status
batch_execute(struct session *session, struct batch *batch,
              void (*write_one)(struct session *, const json_t *result))
{
    enum status status = batch_run(session, batch);

    if (status) {
        return status;
    }
    if (!batch->many) {
        write_only(session, &batch->items[0], write_one);
        return batch_complain(session, batch);
    }

    CLEANUP_JSON json_t *all = batch_results(batch);
    bool human = !writer_answer(session->writer, all);
    if (human) {
        write_table(session, batch);
        say_warnings(session, batch);
    }
    status = batch_complain(session, batch);
    if (human) {
        say_summary(session, batch);
    }
    return status;
}
