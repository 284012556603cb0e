/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BINDING_BINDING_FIELDS_H
#define BINDING_BINDING_FIELDS_H 1

/* How a table says what a binding is made of; the rest of this room walks it.
 * Private to agent/binding. */

#include <stddef.h>
#include <stdint.h>

#include <vif/binding.h>
#include <vif/error.h>

struct json;

/* What a member is in JSON. */
enum field_kind {
    FIELD_TEXT,             /* String; NULL in the binding if absent. */
    FIELD_NULLABLE_TEXT,    /* String or null, which is the same as absent. */
    FIELD_NUMBER,           /* Number; 0 if absent. */
    FIELD_POSITIVE,         /* Number; 0, which is refused, if absent. */
    FIELD_ID,               /* Number; VIF_NO_ID if absent. */
    FIELD_BOOL,             /* Boolean; false if absent. */
    FIELD_TRUE,             /* Boolean; true if absent. */
    FIELD_WORD,             /* One of 'words'; the value is its number. */
    FIELD_MAC,
    FIELD_BITS,             /* Array of numbers below 64; a bit for each. */
    FIELD_STRINGS,          /* Object whose values are strings. */
    FIELD_VALUES,           /* Object with values of any kind. */
    FIELD_OBJECT,           /* Object with members of its own, 'members'. */
};

/* The words of FIELD_WORD: those of the numbers 'first' to 'n' - 1. */
struct field_words {
    const char *what;       /* "vnic type" */
    unsigned int first, n;
    const char *(*name)(unsigned int);
    bool always;            /* Written even when it is number 0. */
};

struct field {
    const char *name;
    enum field_kind kind;
    size_t offset;          /* Of the member in struct vif_binding. */
    size_t size;            /* Its bytes. */
    size_t has;             /* Offset of the bool that says whether it was
                             * asked for; 0: none, its default says so. */
    uint32_t max;           /* The greatest number. */
    const struct field_words *words;
    const struct field_table *members;
};

struct field_table {
    const struct field *fields;
    size_t n;
    bool whole;             /* All of a binding, not an object within. */
};

static inline void *
field_at(const struct vif_binding *binding, size_t offset)
{
    return (char *) (uintptr_t) binding + offset;
}

/* Reads 'json', an object, into the members that 'table' lists.  'where' is
 * the path to it. */
struct vif_error *fields_read(const struct field_table *table,
                              const struct json *json, const char *where,
                              struct vif_binding *) VIF_WARN_UNUSED;

/* An object of the members that do not have their default. */
struct json *fields_write(const struct field_table *table,
                          const struct vif_binding *);

/* An error at member 'name' of 'where'; either may be "". */
struct vif_error *fields_refuse(const char *where, const char *name,
                                const char *format, ...)
    VIF_PRINTF(3, 4) VIF_WARN_UNUSED;

#endif /* binding/binding-fields.h */
