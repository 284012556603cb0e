/* SPDX-License-Identifier: Apache-2.0 */
/* vifd's answer as lines "name=value" for shell scripts.  A name is the path
 * of the value in JSON, with dots and, in a list, numbers from 0; a value
 * stands as it is, but for \\, \n, \t and \xNN.  Answers of a stream are
 * separated by an empty line. */

#include <config.h>

#include "ctl/writer.h"

#include <stdlib.h>

#include "lib/alloc.h"
#include "lib/cleanup.h"

struct kv_writer {
    struct writer up;
    bool written;           /* Something came before. */
};

static void
put_value(FILE *stream, const char *value)
{
    for (; *value; value++) {
        unsigned char c = (unsigned char) *value;

        if (c == '\\') {
            fputs("\\\\", stream);
        } else if (c == '\n') {
            fputs("\\n", stream);
        } else if (c == '\t') {
            fputs("\\t", stream);
        } else if (c < 0x20 || c == 0x7f) {
            fprintf(stream, "\\x%02x", c);
        } else {
            fputc(c, stream);
        }
    }
}

static void
put_line(FILE *stream, const char *name, const json_t *value)
{
    put_value(stream, name);
    fputc('=', stream);
    if (json_is_string(value)) {
        put_value(stream, json_string_value(value));
    } else if (json_is_boolean(value)) {
        fputs(json_is_true(value) ? "true" : "false", stream);
    } else if (!json_is_null(value)) {
        json_dumpf(value, stream, JSON_ENCODE_ANY | JSON_COMPACT);
    }
    fputc('\n', stream);
}

static char *
join(const char *path, const char *name)
{
    return vif_xasprintf("%s%s%s", path, *path ? "." : "", name);
}

static void
put_tree(FILE *stream, const char *path, const json_t *value)
{
    const char *key;
    json_t *element;
    size_t i;

    if (json_is_object(value) && json_object_size(value)) {
        json_object_foreach ((json_t *) value, key, element) {
            CLEANUP_FREE char *name = join(path, key);

            put_tree(stream, name, element);
        }
    } else if (json_is_array(value) && json_array_size(value)) {
        json_array_foreach (value, i, element) {
            char number[24];

            snprintf(number, sizeof number, "%zu", i);
            CLEANUP_FREE char *name = join(path, number);
            put_tree(stream, name, element);
        }
    } else if (*path) {
        put_line(stream, path, value);
    }
}

static bool
kv_answer(struct writer *writer, const json_t *answer, bool stream)
{
    struct kv_writer *kv = (struct kv_writer *) writer;

    if (stream && kv->written) {
        fputc('\n', writer->terminal->stream);
    }
    kv->written = true;
    put_tree(writer->terminal->stream, "", answer);
    return true;
}

static void
kv_destroy(struct writer *writer)
{
    free(writer);
}

const struct writer_class kv_writer_class = {
    .name = "kv",
    .answer = kv_answer,
    .destroy = kv_destroy,
};

struct writer *
kv_writer_create(struct terminal *terminal)
{
    struct kv_writer *writer = vif_xcalloc(1, sizeof *writer);

    writer->up.class = &kv_writer_class;
    writer->up.terminal = terminal;
    return &writer->up;
}
