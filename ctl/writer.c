/* SPDX-License-Identifier: Apache-2.0 */
/* What all writers share.  See writer.h. */

#include <config.h>

#include "ctl/writer.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "lib/alloc.h"
#include "lib/cleanup.h"

static const struct {
    const char *name;
    struct writer *(*create)(struct terminal *);
} formats[] = {
    { "table", table_writer_create },
    { "json", json_writer_create },
    { "kv", kv_writer_create },
};

struct writer *
writer_create(const char *name, struct terminal *terminal)
{
    size_t i = 0;

    while (strcmp(formats[i].name, name) != 0) {
        i++;
    }
    return formats[i].create(terminal);
}

void
writer_destroy(struct writer *writer)
{
    if (writer) {
        writer->class->destroy(writer);
    }
}

bool
writer_answer(struct writer *writer, const json_t *answer)
{
    return writer->class->answer(writer, answer, false);
}

bool
writer_answer_in_stream(struct writer *writer, const json_t *answer)
{
    return writer->class->answer(writer, answer, true);
}

void
writer_start(struct writer *writer, enum block block, const char *tag,
             const char *title)
{
    if (writer->class->start) {
        writer->class->start(writer, block, tag, title);
    }
}

void
writer_reserve(struct writer *writer, const char *tag, const char *title,
               size_t width)
{
    if (writer->class->reserve) {
        writer->class->reserve(writer, tag, title, width);
    }
}

void
writer_attr(struct writer *writer, const char *tag, const char *title,
            const char *value, enum tone tone)
{
    if (writer->class->attr) {
        writer->class->attr(writer, tag, title, value, tone);
    }
}

void
writer_attrf(struct writer *writer, const char *tag, const char *title,
             enum tone tone, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    CLEANUP_FREE char *value = vif_xvasprintf(fmt, args);
    va_end(args);
    writer_attr(writer, tag, title, value, tone);
}

void
writer_end(struct writer *writer)
{
    if (writer->class->end) {
        writer->class->end(writer);
    }
}

void
writer_member(struct writer *writer, const json_t *object, const char *tag,
              const char *title, enum tone tone)
{
    CLEANUP_FREE char *value = value_in_words(json_object_get(object, tag));

    writer_attr(writer, tag, title, value, tone);
}

/* Appends 'more' to '*text', with ", " between. */
static void
append(char **text, char *more)
{
    if (!*text) {
        *text = more;
    } else {
        char *both = vif_xasprintf("%s, %s", *text, more);

        free(*text);
        free(more);
        *text = both;
    }
}

static char *
list_in_words(const json_t *list)
{
    char *text = NULL;
    json_t *element;
    size_t i;

    json_array_foreach (list, i, element) {
        char *words = value_in_words(element);

        if (words) {
            append(&text, words);
        }
    }
    return text;
}

static char *
object_in_words(const json_t *object)
{
    char *text = NULL;
    const char *key;
    json_t *element;

    json_object_foreach ((json_t *) object, key, element) {
        CLEANUP_FREE char *words = value_in_words(element);

        append(&text, vif_xasprintf("%s=%s", key, words ? words : ""));
    }
    return text;
}

char *
value_in_words(const json_t *value)
{
    switch (value ? json_typeof(value) : JSON_NULL) {
    case JSON_NULL:
        return NULL;
    case JSON_TRUE:
        return vif_xstrdup("yes");
    case JSON_FALSE:
        return vif_xstrdup("no");
    case JSON_STRING:
        return (json_string_length(value)
                ? vif_xstrdup(json_string_value(value)) : NULL);
    case JSON_INTEGER:
        return vif_xasprintf("%lld", (long long) json_integer_value(value));
    case JSON_REAL:
        return vif_xasprintf("%g", json_real_value(value));
    case JSON_ARRAY:
        return list_in_words(value);
    case JSON_OBJECT:
        return object_in_words(value);
    }
    return NULL;
}
