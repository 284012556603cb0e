/* SPDX-License-Identifier: Apache-2.0 */

/* See python-regex.h.  The two languages share most of what is written for
 * two to four digits; the table says what is called differently. */

#include <config.h>

#include "inventory/python-regex.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "inventory/regex-size.h"
#include "lib/alloc.h"
#include "lib/cleanup.h"

#define MAX_PATTERN 256
#define MAX_SIZE 4096           /* See regex-size.h. */

/* What follows a backslash, and what it is in POSIX: outside and within
 * brackets.  NULL: nothing. */
static const struct {
    char letter;
    const char *outside, *within;
} escapes[] = {
    { 'd', "[0-9]", "0-9" },
    { 'D', "[^0-9]", NULL },
    { 'w', "[[:alnum:]_]", "[:alnum:]_" },
    { 'W', "[^[:alnum:]_]", NULL },
    { 's', "[[:space:]]", "[:space:]" },
    { 'S', "[^[:space:]]", NULL },
    { 'A', "^", NULL },
    { 'Z', "$", NULL },
};
#define N_ESCAPES (sizeof escapes / sizeof *escapes)

struct translation {
    const char *pattern;        /* As it was. */
    const char *next;           /* What is still to be done. */
    char *to;                   /* End of what is done. */
    bool within;                /* Brackets. */
};

static struct vif_error *
refuse(const struct translation *t, const char *what)
{
    return vif_error_create(VIF_ERR_INVALID, "regular expression \"%s\": %s",
                            t->pattern, what);
}

static void
append(struct translation *t, const char *text)
{
    size_t length = strlen(text);

    memcpy(t->to, text, length);
    t->to += length;
}

/* 'next' is at a backslash. */
static struct vif_error *
translate_escape(struct translation *t)
{
    char letter = t->next[1];

    t->next += 2;
    for (size_t i = 0; i < N_ESCAPES; i++) {
        if (escapes[i].letter == letter) {
            const char *text = (t->within ? escapes[i].within
                                : escapes[i].outside);
            if (!text) {
                return refuse(t, "that escape is not known within brackets");
            }
            append(t, text);
            return NULL;
        }
    }
    if (!letter || strchr("0123456789bBnrtfvxuUNagkQE", letter)
        || (letter >= 'a' && letter <= 'z')
        || (letter >= 'A' && letter <= 'Z')) {
        return refuse(t, "an escape that is not known here");
    }
    if (!t->within) {
        *t->to++ = '\\';
    } else if (strchr("]^-\\", letter)) {
        return refuse(t, "an escape that is not known within brackets");
    }
    *t->to++ = letter;
    return NULL;
}

/* 'next' is at "[": copies up to the first member, which may be "]". */
static void
begin_brackets(struct translation *t)
{
    t->within = true;
    *t->to++ = *t->next++;
    if (*t->next == '^') {
        *t->to++ = *t->next++;
    }
    if (*t->next == ']') {
        *t->to++ = *t->next++;
    }
}

static struct vif_error *
translate_one(struct translation *t)
{
    char c = *t->next;

    if (c == '\\') {
        return translate_escape(t);
    } else if (t->within) {
        t->within = c != ']';
        if (c == '[' && t->next[1] && strchr(":.=", t->next[1])) {
            return refuse(t, "\"[\" within brackets");
        }
    } else if (c == '[') {
        begin_brackets(t);
        return NULL;
    } else if (strchr("*+?", c) && strchr("(|^", t->to[-1])) {
        return refuse(t, "nothing to repeat");
    } else if (c == '(' && t->next[1] == '?') {
        if (t->next[2] != ':') {
            return refuse(t, "only \"(?:\" is known of what begins with "
                          "\"(?\"");
        }
        append(t, "(");
        t->next += 3;
        return NULL;
    } else if (strchr("*+?}", c) && t->next[1] == '?') {
        /* Greedy or not is the same to one who asks whether it matches. */
        *t->to++ = c;
        t->next += 2;
        return NULL;
    }
    *t->to++ = c;
    t->next++;
    return NULL;
}

struct vif_error *
python_regex_compile(const char *pattern, regex_t *regex)
{
    if (strlen(pattern) > MAX_PATTERN) {
        return vif_error_create(VIF_ERR_INVALID, "regular expression: has "
                                "more than %d bytes", MAX_PATTERN);
    }

    /* A byte becomes at most the longest of the table. */
    CLEANUP_FREE char *posix = vif_xmalloc(strlen(pattern) * 16 + 8);
    struct translation t = { .pattern = pattern, .next = pattern,
                             .to = posix };
    struct vif_error *error = NULL;

    append(&t, "^(");
    while (*t.next && !error) {
        error = translate_one(&t);
    }
    append(&t, ")");
    *t.to = '\0';
    if (error) {
        return error;
    }
    if (regex_size(posix, MAX_SIZE) > MAX_SIZE) {
        return refuse(&t, "it repeats too much");
    }

    int failure = regcomp(regex, posix, REG_EXTENDED | REG_NOSUB);
    if (failure) {
        char text[128];

        regerror(failure, regex, text, sizeof text);
        return refuse(&t, text);
    }
    return NULL;
}
