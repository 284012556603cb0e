/* SPDX-License-Identifier: Apache-2.0 */
/* vifctl version */

#include <config.h>

#include <string.h>

#include "ctl/session.h"
#include "lib/cleanup.h"

/* What vifd says, in words; what a later one adds has its own name. */
static const struct {
    const char *tag;
    const char *title;      /* NULL: not shown. */
} titles[] = {
    { "server", NULL },
    { "release", "vifd" },
    { "version", "protocol" },
    { "plugin_abi", "plugin ABI" },
};

static const char *
title_of(const char *tag)
{
    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++) {
        if (!strcmp(titles[i].tag, tag)) {
            return titles[i].title;
        }
    }
    return tag;
}

static void
version_write(struct session *session, const json_t *result)
{
    struct writer *writer = session->writer;
    const char *key;
    json_t *value;

    writer_start(writer, BLOCK_FIELDS, "version", NULL);
    writer_attr(writer, "vifctl", "vifctl", PACKAGE_VERSION, TONE_PLAIN);
    json_object_foreach ((json_t *) result, key, value) {
        if (title_of(key)) {
            writer_member(writer, result, key, title_of(key), TONE_PLAIN);
        }
    }
    writer_attr(writer, "socket", "socket", session->path, TONE_PLAIN);
    writer_end(writer);
}

static enum status
version_execute(struct session *session, const struct invocation *invocation)
{
    CLEANUP_JSON json_t *result = NULL;

    (void) invocation;
    enum status status = session_call(session, "version", json_object(),
                                      "version", &result);
    if (!status && !writer_answer(session->writer, result)) {
        version_write(session, result);
    }
    return status;
}

const struct command version_command = {
    .word = "version",
    .help = "Print the versions of vifd and vifctl",
    .examples = {
        { "version", "is vifd there, and which one" },
        { "--version", "vifctl alone; vifd need not run" },
    },
    .execute = version_execute,
};
