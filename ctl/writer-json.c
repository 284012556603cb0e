/* SPDX-License-Identifier: Apache-2.0 */
/* vifd's JSON, as it came: indented for a human at a terminal, else on one
 * line.  A stream has one line for each of its answers. */

#include <config.h>

#include "ctl/writer.h"

#include <stdlib.h>

#include "lib/alloc.h"

static bool
json_answer(struct writer *writer, const json_t *answer, bool stream)
{
    bool pretty = writer->terminal->is_terminal && !stream;

    json_dumpf(answer, writer->terminal->stream,
               JSON_ENCODE_ANY | (pretty ? JSON_INDENT(2) : JSON_COMPACT));
    fputc('\n', writer->terminal->stream);
    return true;
}

static void
json_destroy(struct writer *writer)
{
    free(writer);
}

const struct writer_class json_writer_class = {
    .name = "json",
    .answer = json_answer,
    .destroy = json_destroy,
};

struct writer *
json_writer_create(struct terminal *terminal)
{
    struct writer *writer = vif_xcalloc(1, sizeof *writer);

    writer->class = &json_writer_class;
    writer->terminal = terminal;
    return writer;
}
