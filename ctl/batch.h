/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CTL_BATCH_H
#define CTL_BATCH_H 1

/* One method for one or many ports: the requests are under way together, each
 * has its own verdict, and a line on the terminal says how far it has come. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include <vif/error.h>

#include "ctl/command.h"

struct session;

struct batch_item {
    char *port_id;          /* For the user. */
    json_t *params;
    uint64_t id;            /* Of the request; 0: not handed over yet. */

    /* The verdict: a result, or an error and {"port_id", "error"}.  Both NULL
     * if none has come. */
    json_t *result;
    struct vif_error *error;
};

struct batch {
    const char *method;
    const char *doing;      /* "plugging", for the line of progress. */
    const char *done;       /* "plugged", for the summary. */
    bool many;              /* The answer is a list, be it of one. */
    struct batch_item *items;
    size_t n;

    struct vif_error *lost; /* Why some have no verdict; else NULL. */
    int64_t took_ms;        /* All together. */
};

void batch_init(struct batch *, const char *method, const char *doing,
                const char *done);
void batch_destroy(struct batch *);

/* Adds a request about 'port_id' with 'params', which it takes over. */
void batch_add(struct batch *, const char *port_id, json_t *params);

/* Sends all, collects all, writes the results and tells the user of every
 * failure.  For programs it is the only result as it is or, of many,
 * {"ports": [...]}; a human gets one by 'write_one', many as a table with a
 * line below that counts.  Returns STATUS_DONE if every request was done. */
enum status batch_execute(struct session *, struct batch *,
                          void (*write_one)(struct session *,
                                            const json_t *result));

/* The same in pieces, for a command that writes the results in its own way:
 * sending and collecting, STATUS_DONE if vifd was reached; the results that
 * came, as {"ports": [...]}; and telling of failures. */
enum status batch_run(struct session *, struct batch *);
json_t *batch_results(const struct batch *);
enum status batch_complain(struct session *, const struct batch *);

/* Adds one request for each operand PORT, params {"port_id": PORT}, and makes
 * the answer a list if there are several.  With 'takes_timeout' "--timeout" is
 * passed on. */
void batch_add_ports(struct session *, struct batch *, bool takes_timeout);

/* {"port_id": 'port_id'}, unless that is NULL, and, if 'takes_timeout',
 * "timeout_ms"; and "wait", if the command has such an option. */
json_t *batch_port_params(const struct session *, const char *port_id,
                          bool takes_timeout);

#endif /* ctl/batch.h */
