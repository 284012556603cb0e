/* SPDX-License-Identifier: Apache-2.0 */
/* What "check" and "repair" have in common.  See verify.h. */

#include <config.h>

#include "ctl/verify.h"

#include <stdlib.h>

#include "ctl/batch.h"
#include "ctl/details.h"
#include "ctl/invocation.h"
#include "ctl/session.h"
#include "lib/alloc.h"
#include "lib/cleanup.h"

const struct argument verify_arguments[] = {
    { .name = "PORT", .kind = ARGUMENT_PORT, .repeated = true,
      .help = "The ids of the ports; all of them if none is given" },
    ARGUMENTS_END
};

/* What one answer says of the journal holds for all. */
static void
keep_journal(json_t *answer, const json_t *result)
{
    json_t *journal = json_object_get(result, "journal");

    if (journal) {
        json_object_set(answer, "journal", journal);
    }
}

/* All ports that the answers are about, in one list. */
static json_t *
merge(const struct batch *batch)
{
    json_t *ports = json_array();
    json_t *answer = json_pack("{s:o}", "ports", ports);

    for (size_t i = 0; i < batch->n; i++) {
        json_t *some = json_object_get(batch->items[i].result, "ports");

        if (some && !batch->items[i].error) {
            json_array_extend(ports, some);
            keep_journal(answer, batch->items[i].result);
        }
    }
    return answer;
}

static bool
port_is_ok(const json_t *port)
{
    return json_is_true(json_object_get(port, "ok"));
}

static void
write_port(struct session *session, const json_t *port)
{
    struct writer *writer = session->writer;
    CLEANUP_FREE char *trouble
        = value_in_words(json_object_get(json_object_get(port, "error"),
                                         "message"));

    writer_start(writer, BLOCK_ROW, "port", NULL);
    writer_member(writer, port, "port_id", "port", TONE_PLAIN);
    writer_attr(writer, "ok", "as asked", port_is_ok(port) ? "yes" : "no",
                port_is_ok(port) ? TONE_GOOD : TONE_BAD);
    details_write_state(session, port);
    writer_attr(writer, "error", "trouble", trouble, TONE_PLAIN);
    writer_end(writer);
}

/* Returns how many are not as they should be. */
static size_t
count_bad(const json_t *ports)
{
    const json_t *port;
    size_t i, n = 0;

    json_array_foreach (ports, i, port) {
        n += !port_is_ok(port);
    }
    return n;
}

static void
write_ports(struct session *session, const json_t *ports)
{
    size_t n = json_array_size(ports);
    size_t n_bad = count_bad(ports);
    const json_t *port;
    size_t i;

    writer_start(session->writer, BLOCK_ROWS, "ports", NULL);
    json_array_foreach (ports, i, port) {
        write_port(session, port);
    }
    writer_end(session->writer);
    session_say(session, n_bad ? TONE_BAD : TONE_GOOD,
                "%zu of %zu ports are as asked", n - n_bad, n);
}

enum status
verify_execute(struct session *session, const char *method, const char *doing)
{
    struct batch batch;

    batch_init(&batch, method, doing, "");
    batch_add_ports(session, &batch, true);
    if (!batch.n) {
        batch_add(&batch, "all ports",
                  batch_port_params(session, NULL, true));
    }
    enum status status = batch_run(session, &batch);
    if (!status) {
        CLEANUP_JSON json_t *answer = merge(&batch);
        const json_t *ports = json_object_get(answer, "ports");

        session_say_journal(session, answer);
        if (!writer_answer(session->writer, answer)) {
            write_ports(session, ports);
        }
        status = batch_complain(session, &batch);
        if (!status && count_bad(ports)) {
            status = STATUS_FAILED;
        }
    }
    batch_destroy(&batch);
    return status;
}
