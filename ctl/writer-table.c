/* SPDX-License-Identifier: Apache-2.0 */
/* For humans: fields below one another, and tables with aligned columns.
 * Nothing is cut off.  A block is kept until it ends, because only then is it
 * known how wide its columns are; the rows of a stream are written as they
 * come, with the widths known so far. */

#include <config.h>

#include "ctl/writer.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "lib/alloc.h"
#include "lib/cleanup.h"

#define COLUMN_GAP 2
#define NOTHING "-"

struct cell {
    char *text;             /* NULL: the row has nothing here. */
    enum tone tone;
};

struct column {
    char *tag;
    char *title;
    size_t width;
    bool numeric;           /* Every cell is a number: aligned to the right. */
};

struct row {
    struct cell *cells;
    size_t n;
};

struct table_writer {
    struct writer up;

    enum block block;       /* Of the outer one under way. */
    bool in_row;
    bool written;           /* A block came before. */
    bool headed;            /* BLOCK_STREAM: the titles were written. */

    struct column *columns; /* BLOCK_FIELDS: each field is a column. */
    size_t n_columns;
    struct row *rows;
    size_t n_rows;
};

static struct table_writer *
table_writer_cast(struct writer *writer)
{
    return (struct table_writer *) writer;
}

/* Keeping. */

static size_t
find_column(struct table_writer *table, const char *tag, const char *title)
{
    for (size_t i = 0; i < table->n_columns; i++) {
        if (!strcmp(table->columns[i].tag, tag)
            && table->block != BLOCK_FIELDS) {
            return i;
        }
    }
    table->columns = vif_xreallocarray(table->columns, table->n_columns + 1,
                                       sizeof *table->columns);
    table->columns[table->n_columns] = (struct column) {
        .tag = vif_xstrdup(tag),
        .title = vif_xstrdup(title),
        .width = text_width(title),
        .numeric = true,
    };
    return table->n_columns++;
}

static struct row *
add_row(struct table_writer *table)
{
    table->rows = vif_xreallocarray(table->rows, table->n_rows + 1,
                                    sizeof *table->rows);
    table->rows[table->n_rows] = (struct row) { .cells = NULL };
    return &table->rows[table->n_rows++];
}

static bool
is_number(const char *text)
{
    return *text && strspn(text, "0123456789") == strlen(text);
}

static void
set_cell(struct row *row, size_t i, const char *text, enum tone tone)
{
    while (row->n <= i) {
        row->cells = vif_xreallocarray(row->cells, row->n + 1,
                                       sizeof *row->cells);
        row->cells[row->n++] = (struct cell) { .text = NULL };
    }
    free(row->cells[i].text);
    row->cells[i] = (struct cell) { text_printable(text, false), tone };
}

static void
forget_rows(struct table_writer *table)
{
    for (size_t i = 0; i < table->n_rows; i++) {
        for (size_t j = 0; j < table->rows[i].n; j++) {
            free(table->rows[i].cells[j].text);
        }
        free(table->rows[i].cells);
    }
    free(table->rows);
    table->rows = NULL;
    table->n_rows = 0;
}

static void
forget(struct table_writer *table)
{
    forget_rows(table);
    for (size_t i = 0; i < table->n_columns; i++) {
        free(table->columns[i].tag);
        free(table->columns[i].title);
    }
    free(table->columns);
    table->columns = NULL;
    table->n_columns = 0;
    table->headed = false;
}

/* Writing. */

static void
put_spaces(FILE *stream, size_t n)
{
    fprintf(stream, "%*s", (int) n, "");
}

/* Without spaces after the last column. */
static void
put_cell(struct table_writer *table, const char *text, enum tone tone,
         size_t width, bool right, bool last)
{
    struct terminal *terminal = table->up.terminal;
    size_t used = text_width(text);
    size_t fill = used < width ? width - used : 0;

    if (right) {
        put_spaces(terminal->stream, fill);
    }
    terminal_put(terminal, tone, text);
    if (!last) {
        put_spaces(terminal->stream, COLUMN_GAP + (right ? 0 : fill));
    }
}

static char *
upper(const char *title)
{
    char *text = vif_xstrdup(title);

    for (char *p = text; *p; p++) {
        *p = (char) toupper((unsigned char) *p);
    }
    return text;
}

static void
put_titles(struct table_writer *table)
{
    for (size_t i = 0; i < table->n_columns; i++) {
        const struct column *column = &table->columns[i];
        CLEANUP_FREE char *title = upper(column->title);

        put_cell(table, title, TONE_HEADING, column->width, column->numeric,
                 i + 1 == table->n_columns);
    }
    fputc('\n', table->up.terminal->stream);
}

static void
put_row(struct table_writer *table, const struct row *row)
{
    for (size_t i = 0; i < table->n_columns; i++) {
        const struct column *column = &table->columns[i];
        bool empty = i >= row->n || !row->cells[i].text
                     || !row->cells[i].text[0];

        put_cell(table, empty ? NOTHING : row->cells[i].text,
                 empty ? TONE_FAINT : row->cells[i].tone,
                 column->width, column->numeric, i + 1 == table->n_columns);
    }
    fputc('\n', table->up.terminal->stream);
}

static void
measure(struct table_writer *table)
{
    for (size_t r = 0; r < table->n_rows; r++) {
        const struct row *row = &table->rows[r];

        for (size_t i = 0; i < row->n; i++) {
            struct column *column = &table->columns[i];
            const char *text = row->cells[i].text;

            if (text && *text) {
                size_t width = text_width(text);

                column->width = width > column->width ? width
                                                      : column->width;
                column->numeric = column->numeric && is_number(text);
            }
        }
    }
}

/* Columns without a number are not numeric. */
static void
settle_numeric(struct table_writer *table)
{
    for (size_t i = 0; i < table->n_columns; i++) {
        bool any = false;

        for (size_t r = 0; r < table->n_rows; r++) {
            const struct row *row = &table->rows[r];

            any = any || (i < row->n && row->cells[i].text
                          && row->cells[i].text[0]);
        }
        table->columns[i].numeric = table->columns[i].numeric && any;
    }
}

static void
put_rows(struct table_writer *table)
{
    measure(table);
    settle_numeric(table);
    if (table->n_rows) {
        put_titles(table);
    }
    for (size_t r = 0; r < table->n_rows; r++) {
        put_row(table, &table->rows[r]);
    }
}

/* The row of a stream that has just ended, with the titles before the first
 * one. */
static void
put_last_row(struct table_writer *table)
{
    measure(table);
    for (size_t i = 0; i < table->n_columns; i++) {
        table->columns[i].numeric = false;
    }
    if (!table->headed) {
        put_titles(table);
        table->headed = true;
    }
    put_row(table, &table->rows[0]);
    fflush(table->up.terminal->stream);
    forget_rows(table);
}

/* Fields have one row.  Those without a value are left out. */
static void
put_fields(struct table_writer *table)
{
    struct terminal *terminal = table->up.terminal;
    size_t width = 0;

    for (size_t i = 0; i < table->n_columns; i++) {
        if (table->columns[i].width > width) {
            width = table->columns[i].width;
        }
    }
    for (size_t i = 0; i < table->n_columns; i++) {
        const struct column *column = &table->columns[i];
        const struct cell *cell = &table->rows[0].cells[i];
        size_t fill = width - column->width + COLUMN_GAP;

        fputs("  ", terminal->stream);
        terminal_put(terminal, TONE_FAINT, column->title);
        put_spaces(terminal->stream, fill);
        terminal_put(terminal, cell->tone, cell->text);
        fputc('\n', terminal->stream);
    }
}

/* The interface. */

/* A human gets what the command describes. */
static bool
table_answer(struct writer *writer, const json_t *answer, bool stream)
{
    (void) writer;
    (void) answer;
    (void) stream;
    return false;
}

static void
table_start(struct writer *writer, enum block block, const char *tag,
            const char *title)
{
    struct table_writer *table = table_writer_cast(writer);

    (void) tag;
    if (block == BLOCK_ROW) {
        table->in_row = true;
        add_row(table);
        return;
    }

    table->block = block;
    if (table->written) {
        fputc('\n', writer->terminal->stream);
    }
    table->written = true;
    if (title) {
        terminal_put(writer->terminal, TONE_HEADING, title);
        fputc('\n', writer->terminal->stream);
    }
    if (block == BLOCK_FIELDS) {
        add_row(table);
    }
}

static void
table_reserve(struct writer *writer, const char *tag, const char *title,
              size_t width)
{
    struct table_writer *table = table_writer_cast(writer);
    size_t i = find_column(table, tag, title);

    if (table->columns[i].width < width) {
        table->columns[i].width = width;
    }
}

static void
table_attr(struct writer *writer, const char *tag, const char *title,
           const char *value, enum tone tone)
{
    struct table_writer *table = table_writer_cast(writer);

    if (table->block == BLOCK_TEXT) {
        CLEANUP_FREE char *text = text_printable(value ? value : "", true);
        size_t length = strlen(text);

        fputs(text, writer->terminal->stream);
        if (!length || text[length - 1] != '\n') {
            fputc('\n', writer->terminal->stream);
        }
    } else if (table->block != BLOCK_FIELDS || (value && *value)) {
        size_t i = find_column(table, tag, title);

        set_cell(&table->rows[table->n_rows - 1], i, value ? value : "",
                 tone);
    }
}

static void
table_end(struct writer *writer)
{
    struct table_writer *table = table_writer_cast(writer);

    if (table->in_row) {
        table->in_row = false;
        if (table->block == BLOCK_STREAM) {
            put_last_row(table);
        }
        return;
    }
    if (table->block == BLOCK_ROWS) {
        put_rows(table);
    } else if (table->block == BLOCK_FIELDS) {
        put_fields(table);
    }
    forget(table);
}

static void
table_destroy(struct writer *writer)
{
    forget(table_writer_cast(writer));
    free(writer);
}

const struct writer_class table_writer_class = {
    .name = "table",
    .answer = table_answer,
    .reserve = table_reserve,
    .start = table_start,
    .attr = table_attr,
    .end = table_end,
    .destroy = table_destroy,
};

struct writer *
table_writer_create(struct terminal *terminal)
{
    struct table_writer *writer = vif_xcalloc(1, sizeof *writer);

    writer->up.class = &table_writer_class;
    writer->up.terminal = terminal;
    return &writer->up;
}
