/* SPDX-License-Identifier: Apache-2.0 */

/* See python-regex.h. */

#include <config.h>

#include "inventory/python-regex.h"

#include <stdlib.h>
#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "lib/alloc.h"
#include "openvswitch/vlog.h"

VLOG_DEFINE_THIS_MODULE(python_regex);

/* Of one pattern, in bytes and in groups within groups. */
#define MAX_PATTERN 256
#define MAX_NESTING 16

/* Of one comparison, in PCRE2's units: calls of its matching function, and
 * KiB.  What compares up to four digits needs some dozens and one. */
#define MAX_CALLS 10000
#define MAX_KIB 256

struct python_regex {
    pcre2_code *code;
    pcre2_match_data *result;
    pcre2_match_context *limits;
    char *pattern;
};

static void *
allocate(size_t n, void *aux OVS_UNUSED)
{
    return vif_xmalloc(n);
}

static void
release(void *p, void *aux OVS_UNUSED)
{
    free(p);
}

static pcre2_code *
compile(const char *pattern, pcre2_general_context *memory, int *errorp,
        size_t *offsetp)
{
    pcre2_compile_context *context = pcre2_compile_context_create(memory);

    pcre2_set_max_pattern_length(context, MAX_PATTERN);
    pcre2_set_parens_nest_limit(context, MAX_NESTING);

    pcre2_code *code = pcre2_compile((PCRE2_SPTR) pattern,
                                     PCRE2_ZERO_TERMINATED,
                                     PCRE2_ANCHORED | PCRE2_NEVER_UTF
                                     | PCRE2_NEVER_BACKSLASH_C,
                                     errorp, offsetp, context);

    pcre2_compile_context_free(context);
    return code;
}

/* What follows the class that begins at 's', or the end of the text. */
static const char *
skip_class(const char *s)
{
    s += s[1] == '^' ? 2 : 1;
    for (const char *first = s; *s && (*s != ']' || s == first); s++) {
        s += *s == '\\' && s[1];
    }
    return *s ? s + 1 : s;
}

/* The first "{,2}" or "{,}" of 'pattern' that is a quantifier, or NULL. */
static const char *
find_open_quantifier(const char *pattern)
{
    const char *s = pattern;

    while (*s) {
        if (*s == '[') {
            s = skip_class(s);
        } else if (*s == '\\' && s[1]) {
            s += 2;
        } else if (*s == '{' && s[1] == ','
                   && s[2 + strspn(s + 2, "0123456789")] == '}') {
            return s;
        } else {
            s++;
        }
    }
    return NULL;
}

/* Python reads "{,2}" as "{0,2}", but PCRE2 before 10.43 as these four
 * letters: the same text must not mean different devices. */
static struct vif_error *
check_quantifiers(const char *pattern)
{
    const char *s = find_open_quantifier(pattern);

    return (s ? vif_error_create(VIF_ERR_INVALID, "regular expression "
                                 "\"%.*s\": \"{,\" must be written \"{0,\" "
                                 "(byte %zu)", MAX_PATTERN, pattern,
                                 (size_t) (s - pattern))
            : NULL);
}

struct vif_error *
python_regex_compile(const char *pattern, struct python_regex **regexp)
{
    struct vif_error *error = check_quantifiers(pattern);
    if (error) {
        return error;
    }

    pcre2_general_context *memory
        = pcre2_general_context_create(allocate, release, NULL);
    size_t offset;
    int number;
    pcre2_code *code = compile(pattern, memory, &number, &offset);

    if (code) {
        struct python_regex *regex = vif_xmalloc(sizeof *regex);

        regex->code = code;
        regex->result = pcre2_match_data_create(1, memory);
        regex->limits = pcre2_match_context_create(memory);
        regex->pattern = vif_xstrdup(pattern);
        pcre2_set_match_limit(regex->limits, MAX_CALLS);
        pcre2_set_heap_limit(regex->limits, MAX_KIB);
        *regexp = regex;
    } else {
        char reason[256];

        pcre2_get_error_message(number, (PCRE2_UCHAR *) reason,
                                sizeof reason);
        error = vif_error_create(VIF_ERR_INVALID, "regular expression "
                                 "\"%.*s\": %s (byte %zu)", MAX_PATTERN,
                                 pattern, reason, offset);
    }
    pcre2_general_context_free(memory);
    return error;
}

bool
python_regex_matches(const struct python_regex *regex, const char *text)
{
    int n = pcre2_match(regex->code, (PCRE2_SPTR) text, PCRE2_ZERO_TERMINATED,
                        0, 0, regex->result, regex->limits);

    if (n < 0 && n != PCRE2_ERROR_NOMATCH) {
        static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(1, 5);
        char reason[256];

        pcre2_get_error_message(n, (PCRE2_UCHAR *) reason, sizeof reason);
        VLOG_WARN_RL(&rl, "regular expression \"%s\" counts as not matching "
                     "\"%s\": %s", regex->pattern, text, reason);
    }
    return n >= 0;
}

void
python_regex_destroy(struct python_regex *regex)
{
    if (regex) {
        pcre2_match_context_free(regex->limits);
        pcre2_match_data_free(regex->result);
        pcre2_code_free(regex->code);
        free(regex->pattern);
        free(regex);
    }
}
