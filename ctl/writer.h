/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CTL_WRITER_H
#define CTL_WRITER_H 1

/* How a command says what it has found out.  It describes that once, as blocks
 * with attributes, and does not know the format:
 *
 *     if (!writer_answer(w, answer)) {
 *         writer_start(w, BLOCK_ROWS, "ports", NULL);
 *         for (each port) {
 *             writer_start(w, BLOCK_ROW, "port", NULL);
 *             writer_attr(w, "port_id", "port", id, TONE_PLAIN);
 *             writer_end(w);
 *         }
 *         writer_end(w);
 *     }
 *
 * The formats for programs, JSON and key=value, are made of vifd's own answer
 * alone: nothing that it says is lost for them because a command did not
 * think it worth showing. */

#include <stdbool.h>
#include <stdio.h>

#include <jansson.h>

#include "ctl/terminal.h"

enum block {
    BLOCK_FIELDS,           /* Attributes, one below the other. */
    BLOCK_ROWS,             /* A table of BLOCK_ROWs. */
    BLOCK_STREAM,           /* The same, each row shown as it ends. */
    BLOCK_ROW,
    BLOCK_TEXT,             /* Attributes' values as they are. */
};

struct writer;

struct writer_class {
    const char *name;       /* As "--format" has it. */

    /* The whole answer, before all that follows.  Returns true if the format
     * needs no more than that: then it may leave the next three NULL.
     * 'stream' says that other answers will come. */
    bool (*answer)(struct writer *, const json_t *answer, bool stream);

    /* Optional: the column 'tag' of a BLOCK_STREAM will need that 'width'. */
    void (*reserve)(struct writer *, const char *tag, const char *title,
                    size_t width);

    /* Begins a block.  'tag' is its name in JSON, 'title' what a human reads
     * above it, or NULL. */
    void (*start)(struct writer *, enum block, const char *tag,
                  const char *title);

    /* One value: 'tag' and 'title' as above; 'value' may be NULL: there is
     * none. */
    void (*attr)(struct writer *, const char *tag, const char *title,
                 const char *value, enum tone);

    /* Ends the innermost block. */
    void (*end)(struct writer *);

    void (*destroy)(struct writer *);
};

struct writer {
    const struct writer_class *class;
    struct terminal *terminal;
};

extern const struct writer_class table_writer_class, json_writer_class,
    kv_writer_class;

struct writer *table_writer_create(struct terminal *);
struct writer *json_writer_create(struct terminal *);
struct writer *kv_writer_create(struct terminal *);

/* A writer for the format 'name', one of those of "--format". */
struct writer *writer_create(const char *name, struct terminal *);
void writer_destroy(struct writer *);       /* NULL is allowed. */

bool writer_answer(struct writer *, const json_t *answer);
bool writer_answer_in_stream(struct writer *, const json_t *answer);
void writer_start(struct writer *, enum block, const char *tag,
                  const char *title);
void writer_reserve(struct writer *, const char *tag, const char *title,
                    size_t width);
void writer_attr(struct writer *, const char *tag, const char *title,
                 const char *value, enum tone);
void writer_attrf(struct writer *, const char *tag, const char *title,
                  enum tone, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));
void writer_end(struct writer *);

/* The member 'tag' of 'object' as an attribute, whatever its type is. */
void writer_member(struct writer *, const json_t *object, const char *tag,
                   const char *title, enum tone);

/* 'value' in words: a string as it is, "yes" and "no", a list with commas, an
 * object as "key=value, key=value"; NULL for null, none, or an empty one.  The
 * caller frees the result. */
char *value_in_words(const json_t *value);

#endif /* ctl/writer.h */
