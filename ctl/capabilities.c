/* SPDX-License-Identifier: Apache-2.0 */
/* vifctl capabilities */

#include <config.h>

#include <stdlib.h>

#include "ctl/session.h"
#include "lib/alloc.h"
#include "lib/cleanup.h"

/* A member under its own name, in words. */
static void
write_named(struct writer *writer, const json_t *object, const char *name)
{
    CLEANUP_FREE char *title = vif_xstrdup(name);

    for (char *p = title; *p; p++) {
        *p = *p == '_' ? ' ' : *p;
    }
    writer_member(writer, object, name, title, TONE_PLAIN);
}

static void
write_vnic_types(struct session *session, const json_t *types)
{
    struct writer *writer = session->writer;
    const char *name;
    json_t *type;

    if (!json_object_size(types)) {
        return;
    }
    writer_start(writer, BLOCK_ROWS, "vnic_types", NULL);
    json_object_foreach ((json_t *) types, name, type) {
        bool there = json_is_true(json_object_get(type, "available"));

        writer_start(writer, BLOCK_ROW, "vnic_type", NULL);
        writer_attr(writer, "vnic_type", "vnic type", name, TONE_PLAIN);
        writer_attr(writer, "available", "works", there ? "yes" : "no",
                    there ? TONE_GOOD : TONE_NOTICE);
        writer_member(writer, type, "plugins", "plugins", TONE_PLAIN);
        writer_member(writer, type, "missing", "missing", TONE_PLAIN);
        writer_end(writer);
    }
    writer_end(writer);
}

/* A table of 'list', in which each element is an object: the members that
 * 'columns' names, ends with NULL, in that order. */
static void
write_list(struct session *session, const char *tag, const char *title,
           const json_t *list, const char *const columns[])
{
    struct writer *writer = session->writer;
    const json_t *element;
    size_t i;

    if (!json_array_size(list)) {
        return;
    }
    writer_start(writer, BLOCK_ROWS, tag, title);
    json_array_foreach (list, i, element) {
        writer_start(writer, BLOCK_ROW, tag, NULL);
        for (size_t j = 0; columns[j]; j++) {
            write_named(writer, element, columns[j]);
        }
        writer_end(writer);
    }
    writer_end(writer);
}

static void
write_object(struct session *session, const char *tag, const char *title,
             const json_t *object)
{
    const char *key;
    json_t *value;

    if (!json_object_size(object)) {
        return;
    }
    writer_start(session->writer, BLOCK_FIELDS, tag, title);
    json_object_foreach ((json_t *) object, key, value) {
        write_named(session->writer, object, key);
    }
    writer_end(session->writer);
}

static void
write_drained(struct session *session, const json_t *drained)
{
    struct writer *writer = session->writer;
    const json_t *pf;
    size_t i;

    if (!json_array_size(drained)) {
        return;
    }
    writer_start(writer, BLOCK_ROWS, "drained", NULL);
    json_array_foreach (drained, i, pf) {
        writer_start(writer, BLOCK_ROW, "pf", NULL);
        writer_attr(writer, "drained", "drained PF", json_string_value(pf),
                    TONE_NOTICE);
        writer_end(writer);
    }
    writer_end(writer);
}

static const char *const plugin_columns[] = {
    "name", "summary", "loaded", "missing", "refused", "file", NULL
};
static const char *const step_columns[] = { "kind", "summary", NULL };

static void
capabilities_write(struct session *session, const json_t *result)
{
    write_vnic_types(session, json_object_get(result, "vnic_types"));
    write_drained(session, json_object_get(result, "drained"));
    write_list(session, "plugins", "Plugins",
               json_object_get(result, "plugins"), plugin_columns);
    write_list(session, "steps", "Steps", json_object_get(result, "steps"),
               step_columns);
    write_object(session, "ovs", "Open vSwitch",
                 json_object_get(result, "ovs"));
    write_object(session, "kernel", "Kernel",
                 json_object_get(result, "kernel"));
    write_object(session, "limits", "Limits",
                 json_object_get(result, "limits"));
}

static enum status
capabilities_execute(struct session *session,
                     const struct invocation *invocation)
{
    CLEANUP_JSON json_t *result = NULL;

    (void) invocation;
    enum status status = session_call(session, "capabilities", json_object(),
                                      "capabilities", &result);
    if (!status && !writer_answer(session->writer, result)) {
        capabilities_write(session, result);
    }
    return status;
}

const struct command capabilities_command = {
    .word = "capabilities",
    .help = "Show what can be plugged on this host, and what is missing",
    .examples = {
        { "capabilities", "which vnic types work here, and why others don't" },
    },
    .execute = capabilities_execute,
};
